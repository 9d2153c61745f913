package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/spf13/pflag"

	"sparkless/deploy/azure/armtest"
	"sparkless/deploy/azure/template"
	"sparkless/publish/health"
	"sparkless/publish/publishtest"
	"sparkless/storage/storagetest/azurite"
)

// azureJob is a job's container as the template deploys it.
type azureJob struct {
	Name string
	Args []string
	Env  []struct{ Name, Value, SecretRef string }
}

// azureJobs are the containers of both jobs, with these parameters beside the usual ones.
func azureJobs(t *testing.T, more map[string]any, endpoint string) []azureJob {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "deploy/azure/azuredeploy.json"))
	if err != nil {
		t.Fatal(err)
	}
	const group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/soc/providers/"
	params := map[string]any{"image": "r.azurecr.io/sparkless:v1", "workspaceId": group + "Microsoft.OperationalInsights/workspaces/law-soc", "storageAccountId": group + "Microsoft.Storage/storageAccounts/socexports"}
	maps.Copy(params, more)
	d, err := armtest.ARM(text, params, armtest.Azure{
		Group: armtest.Group{Subscription: "00000000-0000-0000-0000-000000000001", Name: "sparkless"},
		Properties: func(_, kind string) map[string]any {
			return map[string]any{
				"principalId": "00000000-0000-0000-0000-00000000aaaa", "clientId": "00000000-0000-0000-0000-00000000bbbb", "customerId": testWorkspace,
				"immutableId": testRule, "endpoints": map[string]any{"logsIngestion": endpoint},
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var jobs []azureJob
	for _, r := range d.Of("Microsoft.App/jobs") {
		raw, err := json.Marshal(r.Body["properties"].(map[string]any)["template"].(map[string]any)["containers"])
		var containers []azureJob
		if err == nil {
			err = json.Unmarshal(raw, &containers)
		}
		if err != nil || len(containers) != 1 {
			t.Fatalf("%v: %s", err, raw)
		}
		jobs = append(jobs, containers[0])
	}
	return jobs
}

// What the template gives to the jobs are settings, each has a value that is right, and
// the jobs start commands.
func TestAzureTemplateSetsSettings(t *testing.T) {
	const endpoint = "https://sparkless-a1b2-westeurope.logs.z1.ingest.monitor.azure.com"
	const vault = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/soc/providers/Microsoft.KeyVault/vaults/kv-soc"
	for name, params := range map[string]map[string]any{
		"plain": nil, "collector": {"vaultId": vault}, "all hunts": {"detect": "all", "networkContainer": "am-devicenetworkevents"},
		"temporal": {"replicas": 3, "temporalAddress": "soc.a1b2c.tmprl.cloud:7233", "temporalNamespace": "soc.a1b2c", "vaultId": vault, "sharedKeyName": "", "temporalKeyName": "temporal-key"},
	} {
		for _, job := range azureJobs(t, params, endpoint) {
			t.Run(name+" "+strings.Join(job.Args, " "), func(t *testing.T) {
				t.Chdir(t.TempDir())
				for _, v := range job.Env {
					i := slices.IndexFunc(settings(), func(s setting) bool { return envName(s.key) == v.Name })
					if i < 0 || settings()[i].secret != (v.SecretRef != "") {
						t.Errorf("%s is no setting, or a secret that stands in the template", v.Name)
					}
					if v.SecretRef != "" {
						v.Value = testKey
					}
					t.Setenv(v.Name, v.Value)
				}
				var out, log bytes.Buffer
				if code := run(context.Background(), []string{"config", "validate"}, &out, &log); code != exitDone {
					t.Errorf("exit code %d\n%s", code, log.String())
				}
				v, err := loadSettings(pflag.NewFlagSet("", pflag.ContinueOnError))
				if err != nil {
					t.Fatal(err)
				}
				for _, key := range []string{"storage.account", "storage.container", "storage.client-id", "work.container", "logsingestion.endpoint", "logsingestion.rule-id", "logsingestion.stream", "logsingestion.anomaly-stream", "hunts.detect"} {
					if !strings.HasPrefix(v.origin[key], "environment ") {
						t.Errorf("%s comes from %s", key, v.origin[key])
					}
				}
				if names, err := chosen(v); err != nil || (len(names) > 1) != (name == "all hunts") {
					t.Errorf("hunts %q, %v", names, err)
				}
				if v.usesDataCollector() != (name == "collector") || v.usesTemporal() != (name == "temporal") {
					t.Errorf("the Data Collector API is used: %v, Temporal: %v", v.usesDataCollector(), v.usesTemporal())
				}
				if cmd, _, err := testRoot(t).Find(job.Args); err != nil || cmd.Name() != job.Args[0] {
					t.Errorf("%q is no command: %v", job.Args, err)
				}
			})
		}
	}
}

// Several replicas without a Temporal server are refused, and certificates are given by
// settings.
func TestAzureReplicasNeedTemporal(t *testing.T) {
	lone := azureJobs(t, map[string]any{"replicas": 3}, "https://sparkless.logs.z1.ingest.monitor.azure.com")[0]
	const vault = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/soc/providers/Microsoft.KeyVault/vaults/kv-soc"
	certified := azureJobs(t, map[string]any{"temporalAddress": "a:7233", "vaultId": vault, "temporalCertificateName": "a", "temporalCertificateKeyName": "b", "temporalAuthorityName": "c"}, "https://sparkless.logs.z1.ingest.monitor.azure.com")[0]
	t.Chdir(t.TempDir())
	for _, v := range lone.Env {
		t.Setenv(v.Name, v.Value)
	}
	var out, log bytes.Buffer
	if code := run(context.Background(), []string{"config", "validate"}, &out, &log); code != exitUsage || !strings.Contains(log.String(), "temporal.address") {
		t.Errorf("exit code %d\n%s", code, log.String())
	}
	var files []string
	for _, v := range certified.Env {
		if !slices.ContainsFunc(settings(), func(s setting) bool { return envName(s.key) == v.Name }) {
			t.Errorf("%s is no setting", v.Name)
		}
		if strings.HasPrefix(v.Value, "/mnt/") {
			files = append(files, v.Name)
		}
	}
	if len(files) != 3 {
		t.Errorf("files %q", files)
	}
}

// The bodies that start a backfill set settings, too, and what is for the reader to fill
// in is all that is wrong with them.
func TestAzureStartSetsSettings(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "deploy/azure/start-backfill.json"))
	if err != nil {
		t.Fatal(err)
	}
	var body struct{ Containers []azureJob }
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatal(err)
	}
	for _, v := range body.Containers[0].Env {
		if !slices.ContainsFunc(settings(), func(s setting) bool { return envName(s.key) == v.Name }) {
			t.Errorf("%s is no setting", v.Name)
		}
	}
}

// The roles of the template are those that the README names, and those that doctor asks
// for.
func TestAzureTemplateGivesTheRolesThatAreNamed(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(moduleRoot(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "### Who may do what")
	table, _, _ = strings.Cut(table, "\n### ")
	var doctor []byte
	files, err := filepath.Glob("doctor*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doctor = append(doctor, source...)
	}
	for _, role := range template.Roles() {
		if role.ID == template.RolePull {
			continue // of the image, of which the program knows nothing
		}
		if !strings.Contains(table, "| "+role.Name+" |") {
			t.Errorf("the README does not name %s", role.Name)
		}
		if !bytes.Contains(doctor, []byte(`"`+role.Name+`"`)) {
			t.Errorf("doctor does not name %s", role.Name)
		}
	}
}

// The backfill as the template deploys it, with days of its own, goes through the sample
// day in an account: by the environment alone it finds, delivers and reports what a run
// over a folder finds. The account's key stands in for the identity, since Azurite
// signs nobody in.
func TestAzureBackfillOverTheSampleDay(t *testing.T) {
	dir := t.TempDir()
	program := func(environ []string, args ...string) (string, string) {
		cmd := exec.CommandContext(t.Context(), "sparkless", args...)
		var log bytes.Buffer
		cmd.Dir = dir
		cmd.Env, cmd.Stderr = slices.Concat(environ, []string{"GORACE=atexit_sleep_ms=0"}), &log
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, log.String())
		}
		return string(out), log.String()
	}
	program(nil, "sample", "--out", "day", "--day", "2026-11-20", "--events", "8000", "--names", "400", "--hosts", "40")
	folder, _ := program(nil, "run", "--folder", "day", "--day", "2026-11-20", "--format", "jsonl")

	store := azurite.Start(t)
	uploadExport(t, store, os.DirFS(filepath.Join(dir, "day/am-securityevent")))
	api, err := publishtest.NewLogsIngestion(publishtest.LogsIngestionConfig{RuleID: testRule, Stream: testStream, Columns: ruleColumns(t, testStream),
		Others: otherStreams(t)})
	if err == nil {
		err = api.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	const workspace = "/subscriptions/5d2b7c1e-8f40-4a6d-9b3e-71c0a4e8d215/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-brackwater"
	job := azureJobs(t, map[string]any{"workspaceId": workspace}, api.URL())[1]
	environ := append(api.Environ(), "SPARKLESS_WINDOW_FROM=2026-11-20", "SPARKLESS_WINDOW_TO=2026-11-21",
		"SPARKLESS_STORAGE_ACCOUNT="+azurite.Account, "SPARKLESS_STORAGE_ACCOUNT_KEY="+azurite.Key, "SPARKLESS_STORAGE_ENDPOINT="+string(store))
	for _, v := range job.Env {
		if !slices.Contains([]string{"SPARKLESS_STORAGE_ACCOUNT", "SPARKLESS_STORAGE_CLIENT_ID", "SPARKLESS_WINDOW_LAST"}, v.Name) {
			environ = append(environ, v.Name+"="+v.Value)
		}
	}
	_, log := program(environ, job.Args...)
	if !strings.Contains(log, "environment SPARKLESS_WINDOW_FROM") {
		t.Error(log)
	}
	found, runs := arrivedAt(api)
	var want []string
	for line := range strings.Lines(folder) {
		var f struct{ FindingId string }
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		want = append(want, f.FindingId)
	}
	slices.Sort(want)
	if len(want) == 0 || !slices.Equal(found, want) || !slices.Equal(runs, []string{"backfill 0"}) {
		t.Errorf("found %q, want %q; runs %q\n%s", found, want, runs, log)
	}
}

// arrivedAt are the IDs of the findings that have arrived, sorted, and what the records
// of runs say of command and exit code.
func arrivedAt(api *publishtest.LogsIngestion) (found, runs []string) {
	for _, row := range api.Rows() {
		if row.Table == health.Stream {
			runs = append(runs, fmt.Sprint(row.Values["Command"], " ", row.Values["ExitCode"]))
		} else {
			found = append(found, fmt.Sprint(row.Values["FindingId"]))
		}
	}
	slices.Sort(found)
	return found, runs
}

// uploadExport puts an export into its container.
func uploadExport(t *testing.T, store azurite.Endpoint, export fs.FS) {
	t.Helper()
	client, err := container.NewClientFromConnectionString(store.ConnectionString(), "am-securityevent", nil)
	if err == nil {
		_, err = client.Create(t.Context(), nil)
	}
	err = errors.Join(err, fs.WalkDir(export, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(export, name)
		if err == nil {
			_, err = client.NewBlockBlobClient(name).UploadBuffer(t.Context(), text, nil)
		}
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
}
