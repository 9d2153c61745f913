package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"sparkless/bench/sample"
)

// podContainer is a container of sparkless as a manifest has it.
type podContainer struct {
	Name, File string
	Args       []string
	Env        []struct {
		Name, Value string
		ValueFrom   struct {
			SecretKeyRef struct{ Name string } `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	}
	EnvFrom []struct {
		ConfigMapRef struct{ Name string } `yaml:"configMapRef"`
	} `yaml:"envFrom"`
}

// manifest is what the tests look at in a document; deploy/kubernetes/check looks at
// all of it.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     yaml.Node
}

// manifests are the documents below deploy/kubernetes, by their file.
func manifests(t *testing.T) map[string][]manifest {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(moduleRoot(t), "deploy/kubernetes/*/*.yaml"))
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	all := map[string][]manifest{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^- \{?op:`).Match(text) {
			continue // a patch without a container
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		for {
			var m manifest
			if err := d.Decode(&m); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(name, err)
			}
			file := filepath.Base(filepath.Dir(name)) + "/" + filepath.Base(name)
			all[file] = append(all[file], m)
		}
	}
	return all
}

// podContainers are those of sparkless in all manifests, by the object and its file.
func podContainers(t *testing.T) map[string]podContainer {
	t.Helper()
	all := map[string]podContainer{}
	for file, list := range manifests(t) {
		for _, m := range list {
			for _, c := range containersIn(t, &m.Spec) {
				if c.Name == "sparkless" {
					all[m.Metadata.Name+" in "+file] = c
				}
			}
		}
	}
	if len(all) < 8 {
		t.Fatalf("%d containers", len(all))
	}
	return all
}

// containersIn finds the lists of containers at any depth.
func containersIn(t *testing.T, n *yaml.Node) (all []podContainer) {
	t.Helper()
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == "containers" {
			if err := child.Decode(&all); err != nil {
				t.Fatal(err)
			}
			return all
		}
		all = append(all, containersIn(t, child)...)
	}
	return all
}

// filledIn are the values of what a reader fills in.
func filledIn(value string) string {
	return strings.NewReplacer("<name of the storage account>", "mystorage", "<resource ID of the workspace>", "/subscriptions/1/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/law-soc",
		"<ingestionEndpoint of the deployment>", "https://sparkless-a1b2-westeurope.logs.z1.ingest.monitor.azure.com", "<ingestionRule of the deployment>", testRule,
		"<host and port of Temporal>", "soc.a1b2c.tmprl.cloud:7233", "<namespace in Temporal>", "soc.a1b2c").Replace(value)
}

// environOf is the environment of a container, and which of it comes from secrets.
func environOf(t *testing.T, c podContainer) (environ map[string]string, secret map[string]bool) {
	t.Helper()
	environ, secret = map[string]string{}, map[string]bool{}
	for _, from := range c.EnvFrom {
		found := false
		for _, list := range manifests(t) {
			for _, m := range list {
				if m.Kind == "ConfigMap" && m.Metadata.Name == from.ConfigMapRef.Name {
					found = true
					maps.Copy(environ, m.Data)
				}
			}
		}
		if !found {
			t.Errorf("there is no map %s", from.ConfigMapRef.Name)
		}
	}
	for _, v := range c.Env {
		environ[v.Name] = v.Value
		if v.ValueFrom.SecretKeyRef.Name != "" {
			environ[v.Name], secret[v.Name] = testKey, true
		}
	}
	for name, value := range environ {
		environ[name] = filledIn(value)
	}
	return environ, secret
}

// What manifests give to pods are settings, secrets come from secrets alone, the values
// are right, and the pods start commands that there are, with flags that these have.
func TestKubernetesSetsSettings(t *testing.T) {
	for name, c := range podContainers(t) {
		t.Run(name, func(t *testing.T) {
			environ, secret := environOf(t, c)
			t.Chdir(t.TempDir())
			args := slices.Clone(c.Args)
			for variable, value := range environ {
				if !strings.HasPrefix(variable, "SPARKLESS_") {
					said := map[string]string{"DAY": "2026-11-20", "PLAN": "2026-11-20-133000"}[variable] // by one-day.sh
					if !slices.Contains(args, "$("+variable+")") || value != "" {
						t.Errorf("%s is for nobody", variable)
					}
					args[slices.Index(args, "$("+variable+")")] = said
					continue
				}
				i := slices.IndexFunc(settings(), func(s setting) bool { return envName(s.key) == variable })
				if i < 0 || settings()[i].secret != secret[variable] {
					t.Errorf("%s is no setting, or a secret that stands in a manifest", variable)
				}
				if strings.HasPrefix(value, "/mnt/") {
					continue // certificates that are not here
				}
				t.Setenv(variable, value)
			}
			if strings.Contains(name, "mtls/") {
				return // a patch of the others
			}
			t.Setenv(indexVariable, "0")
			cmd, rest, err := testRoot(t).Find(args)
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err != nil || cmd.Name() != args[0] {
				t.Errorf("%q: %v", args, err)
			}
			var out, log bytes.Buffer
			if code := run(context.Background(), []string{"config", "validate"}, &out, &log); code != exitDone {
				t.Errorf("exit code %d\n%s", code, log.String())
			}
			v, err := loadSettings(pflag.NewFlagSet("", pflag.ContinueOnError))
			if err != nil || v.text("storage.client-id") != "" {
				t.Errorf("a managed identity of the machine, which a pod has not: %v", err)
			}
		})
	}
}

// The task queues of the worker are those that sparkless-queue prints, which hang on the
// settings, and queues.sh finds them in what that prints, however many hunts there are.
func TestKubernetesTellsTheTaskQueues(t *testing.T) {
	all := podContainers(t)
	queue := all["sparkless-queue in temporal/byhand.yaml"]
	if !slices.Equal(queue.Args, []string{"status", "--queue"}) {
		t.Fatalf("%q", queue.Args)
	}
	pattern := queuePattern(t)
	connection := accountWithDays(t, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) // which workspace it is, is in the name
	for detect, hunts := range map[string]int{"masquerade": 1, "process": 1, "masquerade,process": 2, "all": 4} {
		names := map[string]bool{}
		for _, name := range []string{"sparkless-queue in temporal/byhand.yaml", "sparkless-worker in temporal/worker.yaml", "sparkless-nightly in temporal/nightly.yaml", "sparkless-backfill in temporal/byhand.yaml"} {
			t.Run(detect+" of "+name, func(t *testing.T) {
				environ, _ := environOf(t, all[name])
				t.Chdir(t.TempDir())
				for variable, value := range environ {
					t.Setenv(variable, value)
				}
				t.Setenv("SPARKLESS_HUNTS_DETECT", detect)
				t.Setenv("SPARKLESS_STORAGE_ACCOUNT", "")
				t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", connection)
				t.Setenv("SPARKLESS_STORAGE_WORKSPACE", sample.Default().Workspace)
				var out, log bytes.Buffer
				if code := run(t.Context(), queue.Args, &out, &log); code != exitDone {
					t.Fatalf("exit code %d\n%s", code, log.String())
				}
				names[out.String()] = true
				found := pattern.FindAllString(log.String()+out.String(), -1)
				if strings.Join(found, "\n")+"\n" != out.String() || len(found) != hunts {
					t.Errorf("the script finds %q in %q", found, out.String())
				}
			})
		}
		if len(names) != 1 {
			t.Errorf("%v", names)
		}
	}
}

// queuePattern finds what queues.sh takes of what a pod has printed: lines that are the
// name of a queue from end to end.
func queuePattern(t *testing.T) *regexp.Regexp {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(moduleRoot(t), "deploy/kubernetes/temporal/queues.sh"))
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`grep -Ex '(sparkless-[^']+)'`).FindSubmatch(script)
	if pattern == nil {
		t.Fatal("the script looks for nothing")
	}
	return regexp.MustCompile(`(?m)^(?:` + string(pattern[1]) + `)$`)
}

// Everything that is left to the reader stands on the page.
func TestKubernetesPageSaysWhatToFillIn(t *testing.T) {
	page := documents(t)["deploy/kubernetes/README.md"]
	names, err := filepath.Glob(filepath.Join(moduleRoot(t), "deploy/kubernetes/*/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, blank := range regexp.MustCompile(`"(<[^"]+>)"`).FindAllStringSubmatch(string(text), -1) {
			if found++; !strings.Contains(page, blank[1]) {
				t.Errorf("the page does not say what %s in %s is", blank[1], name)
			}
		}
	}
	if found < 6 {
		t.Errorf("%d places to fill in", found)
	}
}
