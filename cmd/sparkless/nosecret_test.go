package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"sparkless/publish/publishtest"
	"sparkless/storage/storagetest/azurite"
)

// forms are the ways in which a text may hold a secret: as it is, decoded,
// encoded, or a part of any of these.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret)
	all := []string{secret, string(quoted[1 : len(quoted)-1]), url.QueryEscape(secret), url.PathEscape(secret), url.QueryEscape(url.QueryEscape(secret)),
		strings.ToLower(secret), hex.EncodeToString([]byte(secret)), fmt.Sprint([]byte(secret))}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding} {
		for shift := range 3 { // where it begins within what is encoded
			all = append(all, encoding.EncodeToString([]byte(strings.Repeat(" ", shift)+secret)))
		}
	}
	if raw, err := base64.StdEncoding.DecodeString(secret); err == nil {
		all = append(all, string(raw), hex.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw))
	}
	return all
}

// enough characters of a secret are a leak: tools cut what they log.
const enough = 16

// search knows every piece of enough characters of every form of some secrets.
type search map[string]bool

func searchFor(secrets ...string) search {
	s := search{}
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			for i := 0; i+enough <= len(form); i++ {
				s[form[i:i+enough]] = true
			}
		}
	}
	return s
}

// in returns the first piece of a secret in a text, or nothing.
func (s search) in(text string) string {
	for i := 0; i+enough <= len(text); i++ {
		if piece := text[i : i+enough]; s[piece] {
			return piece
		}
	}
	return ""
}

func TestLeakIsFound(t *testing.T) {
	secrets := []string{testKey, azurite.Key, "sig/with+signs=and%more&of<them>", identityProof}
	s := searchFor(secrets...)
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			if s.in("before "+form+" behind") == "" || s.in("…"+form[3:len(form)-1]) == "" {
				t.Errorf("%q is not found", form)
			}
		}
	}
	if piece := s.in("nothing of the kind, AccountKey=[redacted];sig="); piece != "" {
		t.Errorf("%q is found in nothing", piece)
	}
}

// secretRun is one call of the program with secrets.
type secretRun struct {
	name        string
	environment []string
	args        []string
	code        int
	says        string // in the log, which says that the run was what it is meant to be
}

// estate is what such runs read and send to.
type estate struct {
	day, folder               string
	endpoint                  azurite.Endpoint
	signature, forged, badKey string // SAS, one with another signature, a key that does not fit
	collector                 *publishtest.DataCollector
	vault                     *vaultServer
	vaultEnvironment, deliver []string
}

func (e *estate) secrets() search {
	var all []string
	for _, query := range []string{e.signature, e.forged} {
		values, _ := url.ParseQuery(query)
		all = append(all, values.Get("sig"))
	}
	return searchFor(append(all, azurite.Key, e.badKey, testKey, wrongWorkspaceKey, vaultToken, identityProof, temporalKey)...)
}

const wrongWorkspaceKey = "bm90LXRoZS1yaWdodC1rZXktb2YtdGhlLXdvcmtzcGFjZQ=="

// temporalKey is like an API key of Temporal Cloud.
const temporalKey = "eyJhbGciOiJFUzI1NiIsImtpZCI6Ild2ZHdhQSJ9.eyJhY2NvdW50X2lkIjoieDdrMm0iLCJhdWQiOlsidGVtcG9yYWwuaW8iXX0.c2lnbmF0dXJlLW9mLXRoZS1rZXk"

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{endpoint: azurite.Start(t), folder: t.TempDir(), badKey: base64.StdEncoding.EncodeToString([]byte("a key of some other account, of 64 bytes, as all of them have them"))}
	credential, err := container.NewSharedKeyCredential(azurite.Account, azurite.Key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := container.NewClientWithSharedKeyCredential(string(e.endpoint)+"/am-securityevent", credential, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	e.day = smallDay(t, func(name string, data []byte) error {
		_, err := client.NewBlockBlobClient(name).Upload(t.Context(), streaming.NopCloser(bytes.NewReader(data)), nil)
		return err
	})
	signed, err := client.GetSASURL(sas.ContainerPermissions{Read: true, List: true}, time.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, e.signature, _ = strings.Cut(signed, "?")
	unsigned, _, _ := strings.Cut(e.signature, "&sig=")
	e.forged = unsigned + "&sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("a forged signature of 32 bytes..")))
	if e.collector, err = publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey}); err != nil {
		t.Fatal(err)
	}
	if err := e.collector.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.collector.Close() })
	e.deliver = []string{"SPARKLESS_DATACOLLECTOR_ENDPOINT=" + e.collector.URL(), "SPARKLESS_DATACOLLECTOR_WORKSPACE_ID=" + testWorkspace}
	e.vault = startVault(t, map[string]string{"saConnectionString": e.endpoint.ConnectionString() + "\n", "wsId": testWorkspace, "wsSharedKey": testKey + "\r\n"})
	e.vaultEnvironment = append(e.vault.environment(t), "SPARKLESS_KEY_VAULT_URL=https://"+vaultHost, e.deliver[0])
	return e
}

// runs covers each way in which secrets come in, and each in which they fail.
func (e *estate) runs(t *testing.T) []secretRun {
	key := "SPARKLESS_DATACOLLECTOR_SHARED_KEY=" + testKey
	connection := "SPARKLESS_STORAGE_CONNECTION_STRING=" + e.endpoint.ConnectionString()
	account := []string{"SPARKLESS_STORAGE_ACCOUNT=" + azurite.Account, "SPARKLESS_STORAGE_ENDPOINT=" + string(e.endpoint)}
	wrong := "AccountName=" + azurite.Account + ";AccountKey=" + e.badKey + ";BlobEndpoint=" + string(e.endpoint)
	with := func(base []string, more ...string) []string { return append(slices.Clone(base), more...) }
	return []secretRun{
		{"connection string", with(e.deliver, key, connection), []string{"run"}, 0, `"sent":`},
		{"again", with(e.deliver, key, connection), []string{"run"}, 0, `"left":0`},
		{"dry run", with(e.deliver, key, connection), []string{"run", "--dry-run"}, 0, `"dry_run":true`},
		{"work container", []string{connection}, []string{"run", "--work-folder", "", "--work-container", "kept-here"}, 0, `"msg":"done"`},
		{"files", with(e.deliver, "SPARKLESS_DATACOLLECTOR_SHARED_KEY_FILE="+e.file(t, testKey), "SPARKLESS_STORAGE_CONNECTION_STRING_FILE="+e.file(t, e.endpoint.ConnectionString())), []string{"run"}, 0, `"left":0`},
		{"settings file", nil, []string{"run", "--config", e.file(t, "storage:\n  connection-string: "+e.endpoint.ConnectionString())}, 0, `"msg":"done"`},
		{"account key", with(account, "SPARKLESS_STORAGE_ACCOUNT_KEY="+azurite.Key), []string{"run"}, 0, `"msg":"done"`},
		{"signature", with(account[1:], "SPARKLESS_STORAGE_SAS=?"+e.signature), []string{"run"}, 0, `"msg":"done"`},
		{"vault", e.vaultEnvironment, []string{"run"}, 0, "settings read from the key vault"},

		{"wrong account key", with(account, "SPARKLESS_STORAGE_ACCOUNT_KEY="+e.badKey), []string{"run"}, 4, "AuthorizationFailure"},
		{"wrong connection string", []string{"SPARKLESS_STORAGE_CONNECTION_STRING=" + wrong}, []string{"run"}, 4, "AuthorizationFailure"},
		{"forged signature", with(account[1:], "SPARKLESS_STORAGE_SAS="+e.forged), []string{"run"}, 4, "AuthorizationFailure"},
		{"signature without a right", with(account[1:], "SPARKLESS_STORAGE_SAS="+e.signature), []string{"run", "--work-folder", "", "--work-container", "elsewhere"}, 4, "elsewhere"},
		{"wrong workspace key", with(e.deliver, connection, "SPARKLESS_DATACOLLECTOR_SHARED_KEY="+wrongWorkspaceKey), []string{"run", "--work-folder", "other"}, 5, "datacollector.shared-key"},

		{"doctor", with(e.deliver, key, connection), []string{"doctor"}, 1, "failed: yesterday"},
		{"doctor of a vault", e.vaultEnvironment, []string{"doctor"}, 1, "failed: yesterday"},
		{"doctor of a signature", with(account[1:], "SPARKLESS_STORAGE_SAS=?"+e.signature), []string{"doctor", "--work-folder", "", "--work-container", "elsewhere"}, 1, "failed: yesterday, work store"},
		{"doctor of a wrong key", with(e.deliver, "SPARKLESS_STORAGE_CONNECTION_STRING="+wrong, "SPARKLESS_DATACOLLECTOR_SHARED_KEY="+wrongWorkspaceKey), []string{"doctor"}, 4, "Data Collector API"},

		{"malformed", []string{"SPARKLESS_STORAGE_CONNECTION_STRING=" + e.endpoint.ConnectionString() + strings.TrimRight(azurite.Key, "=")}, []string{"run"}, 2, "malformed"},
		{"everything at once", with(account, key, connection, "SPARKLESS_STORAGE_ACCOUNT_KEY="+azurite.Key, "SPARKLESS_STORAGE_SAS="+e.signature), []string{"run"}, 2, "contradict"},
		{"a key where an account belongs", []string{"SPARKLESS_STORAGE_ACCOUNT=" + azurite.Key}, []string{"run"}, 2, "storage.account"},
		{"a signature in an address", []string{"SPARKLESS_STORAGE_ENDPOINT=" + string(e.endpoint) + "?" + e.signature}, []string{"run"}, 2, "storage.sas"},
		{"a connection string where a number belongs", []string{"SPARKLESS_JOB_WORKERS=" + wrong}, []string{"run"}, 2, "job.workers"},
		{"plain http", []string{"SPARKLESS_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=" + azurite.Key}, []string{"run"}, 2, "plain http"},
		{"variable and file", []string{connection, "SPARKLESS_STORAGE_CONNECTION_STRING_FILE=" + e.file(t, wrong)}, []string{"run"}, 2, "both set"},
		{"half a workspace", []string{connection, key}, []string{"run"}, 2, "datacollector.workspace-id"},
		{"config show", with(account, key, connection, "SPARKLESS_STORAGE_ACCOUNT_KEY="+azurite.Key, "SPARKLESS_STORAGE_SAS="+e.signature), []string{"config", "show"}, 0, ""},
		{"config show of a file", nil, []string{"config", "show", "--config", e.file(t, "storage:\n  sas: "+e.signature)}, 0, ""},
		{"key of Temporal without TLS", []string{connection, "TEMPORAL_ADDRESS=127.0.0.1:1", "SPARKLESS_TEMPORAL_API_KEY=" + temporalKey}, []string{"run", "--engine", "temporal", "--temporal-tls", "off"}, 2, "temporal.tls"},
		{"key of Temporal in its address", []string{connection, "TEMPORAL_ADDRESS=" + temporalKey}, []string{"run", "--engine", "temporal"}, 2, "temporal.address"},
		{"key of Temporal twice", []string{connection, "SPARKLESS_TEMPORAL_API_KEY_FILE=" + e.file(t, temporalKey), "SPARKLESS_TEMPORAL_API_KEY=" + temporalKey}, []string{"run", "--engine", "temporal"}, 2, "both set"},
		{"config show of Temporal", []string{"TEMPORAL_API_KEY=" + temporalKey}, []string{"config", "show"}, 0, ""},
		{"config show of a vault", e.vaultEnvironment, []string{"config", "show"}, 0, ""},
	}
}

// file keeps a text outside of the folder that is searched.
func (e *estate) file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// No secret stands in anything that the program leaves behind, whether it succeeds
// or not: its output, all logs at their most talkative, the SDK's as well, every
// file and every object.
func TestNoSecretIsLeftBehind(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	secrets := e.secrets()
	o := startOTLP(t)
	talkative := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + o.url, "OTEL_TRACES_SAMPLER=always_on", "SPARKLESS_LOG_LEVEL=debug", "AZURE_SDK_GO_LOGGING=all", "SPARKLESS_WORK_FOLDER=work", "SPARKLESS_MASQUERADE_SELF_TEST=false", "SPARKLESS_OUTPUT_FILES=found-{day}.jsonl,found-{day}.csv"}
	for i, r := range e.runs(t) {
		if r.args[0] == "run" {
			r.args = append(r.args, "--day", e.day)
		}
		code, stdout, log := program(t, e.folder, slices.Concat(talkative, []string{fmt.Sprintf("SPARKLESS_OUTPUT_SUMMARY=summary-%d.json", i)}, r.environment), r.args...)
		if code != r.code || !strings.Contains(log, r.says) {
			t.Errorf("%s: exit code %d, want %d and %q in\n%s", r.name, code, r.code, r.says, log)
		}
		if piece := secrets.in(stdout + log); piece != "" {
			t.Errorf("%s: the output shows %q:\n%s\n%s", r.name, piece, stdout, log)
		}
	}
	e.searchFiles(t, secrets)
	e.searchContainer(t, secrets, "kept-here")
	o.mu.Lock()
	defer o.mu.Unlock()
	if piece := secrets.in(o.raw.String()); piece != "" || len(o.spans) == 0 {
		t.Errorf("the collector is told %q in %d spans", piece, len(o.spans))
	}
	if len(e.collector.Rows()) == 0 {
		t.Error("nothing was sent")
	}
}

func (e *estate) searchFiles(t *testing.T, secrets search) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(e.folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if piece := secrets.in(path + "\n" + string(data)); piece != "" {
			t.Errorf("%s holds %q", path, piece)
		}
		files++
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files searched, error %v", files, err)
	}
}

func (e *estate) searchContainer(t *testing.T, secrets search, name string) {
	t.Helper()
	client, err := container.NewClientFromConnectionString(e.endpoint.ConnectionString(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	objects := 0
	for pager := client.NewListBlobsFlatPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Segment.BlobItems {
			answer, err := client.NewBlobClient(*item.Name).DownloadStream(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(answer.Body)
			if piece := secrets.in(*item.Name + "\n" + string(data)); piece != "" || err != nil {
				t.Errorf("%s holds %q, error %v", *item.Name, piece, err)
			}
			objects++
		}
	}
	if objects < 2 {
		t.Errorf("%d objects searched", objects)
	}
}

// While it runs, the program's command line holds no secret, and it has no
// children to hand one to. Interrupted in the middle of a request, it shows none.
func TestNoSecretInProcesses(t *testing.T) {
	t.Parallel()
	secrets := searchFor(testKey, azurite.Key)
	asked, released := make(chan struct{}, 100), make(chan struct{})
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-released:
		case <-r.Context().Done():
		}
	}))
	defer stuck.Close()
	defer close(released)
	cmd := exec.Command("sparkless", "run", "--day", "2026-11-20", "--work-folder", "work")
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &out, &out
	cmd.Env = append(cmd.Environ(), "SPARKLESS_LOG_LEVEL=debug", "AZURE_SDK_GO_LOGGING=all", "SPARKLESS_DATACOLLECTOR_WORKSPACE_ID="+testWorkspace,
		"SPARKLESS_DATACOLLECTOR_SHARED_KEY="+testKey, "SPARKLESS_STORAGE_CONNECTION_STRING="+azurite.Endpoint(stuck.URL+"/"+azurite.Account).ConnectionString())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "cmdline"))
	if piece := secrets.in(string(line)); piece != "" || err != nil || !bytes.Contains(line, []byte("run")) {
		t.Errorf("the command line %q holds %q, error %v", line, piece, err)
	}
	if children := childrenOf(t, cmd.Process.Pid); len(children) > 0 {
		t.Errorf("it has the children %v", children)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if piece := secrets.in(out.String()); piece != "" {
		t.Errorf("the output shows %q:\n%s", piece, out.String())
	}
}

// childrenOf lists the processes that a process has started.
func childrenOf(t *testing.T, parent int) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		t.Fatalf("no processes to be seen: %v", err)
	}
	var children []string
	for _, file := range files {
		data, _ := os.ReadFile(file) // it may be gone
		_, behind, _ := strings.Cut(string(data), ") ")
		if fields := strings.Fields(behind); len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			children = append(children, string(data))
		}
	}
	return children
}
