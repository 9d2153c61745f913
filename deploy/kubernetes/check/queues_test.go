package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// manifestsCopied is the folder of the manifests, to be written to.
func manifestsCopied(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "kubernetes")
	for _, name := range []string{"base", "temporal", "mtls"} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS("../"+name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// runQueues runs queues.sh in a copy of the manifests, for a job that has printed so, and
// returns what kubectl was called for and whether the script succeeded.
func runQueues(t *testing.T, folder, printed, ended string) ([]string, bool) {
	t.Helper()
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	environ, calls := inPath(t, dir, "LOGS="+logs, "MERGE="+ended)
	if err := os.WriteFile(logs, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	waited := calls + "." + ended // no wait in vain, which only one-day.sh repeats
	if err := os.WriteFile(waited, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(folder, "temporal/queues.sh"))
	return runWith(t, cmd, environ, calls)
}

// watched are the queues that KEDA is told to watch by what a folder of manifests builds.
func watched(t *testing.T, folder string) (queues []string) {
	t.Helper()
	objects, err := built(filesys.MakeFsOnDisk(), filepath.Join(folder, "temporal"))
	if err != nil {
		t.Fatal(err)
	}
	scaled := of[*scaledObject](objects)["sparkless-worker"]
	first := scaled.Spec.Triggers[0]
	for _, trigger := range scaled.Spec.Triggers {
		queues = append(queues, trigger.Metadata["taskQueue"])
		delete(trigger.Metadata, "taskQueue")
		if trigger.Type != first.Type || trigger.AuthenticationRef != first.AuthenticationRef || len(trigger.Metadata) != len(first.Metadata) || trigger.Metadata["endpointFromEnv"] == "" {
			t.Errorf("%v is another trigger than %v", trigger, first)
		}
	}
	return queues
}

// The script makes a trigger of each queue that the program prints, however many hunts
// there are, and takes those away that there are no more.
func TestQueues(t *testing.T) {
	const code, other = "sparkless-0a1b2c3d4e5f6071", "sparkless-f2ea37ca046fbb32"
	folder := manifestsCopied(t)
	for _, queues := range [][]string{
		{code},
		{code, code + "-process"},
		{code, code + "-process", code + "-logon", other + "-network"},
		{code + "-process"},
	} {
		printed := "13:30:01 INF sparkless-worker looks\n" + strings.Join(queues, "\n") + "\nsparkless-" + "\n"
		calls, ok := runQueues(t, folder, printed, "Complete")
		if got := watched(t, folder); !ok || !slices.Equal(got, queues) {
			t.Errorf("%v: %q are watched, of %q", ok, got, queues)
		}
		verbs := make([]string, len(calls))
		for i, call := range calls {
			verbs[i], _, _ = strings.Cut(call, " ")
		}
		if !slices.Equal(verbs, []string{"create", "wait", "logs", "apply"}) {
			t.Errorf("%q", calls)
		}
	}
}

// Without a name nothing is changed and nothing applied.
func TestQueuesStay(t *testing.T) {
	folder := manifestsCopied(t)
	for _, c := range []struct{ printed, ended string }{
		{"13:30:01 ERR storage.account is missing\n", "Complete"},
		{"sparkless-0a1b2c3d4e5f6071\n", "Failed"},
	} {
		calls, ok := runQueues(t, folder, c.printed, c.ended)
		if got := watched(t, folder); ok || !slices.Equal(got, []string{"<name of the task queue>"}) || strings.HasPrefix(calls[len(calls)-1], "apply") {
			t.Errorf("%v: %q, after %q", ok, got, calls)
		}
	}
}

// What the page shows of the file is what the script writes.
func TestPageShowsTheQueues(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	folder := manifestsCopied(t)
	runQueues(t, folder, "sparkless-0a1b2c3d4e5f6071\nsparkless-0a1b2c3d4e5f6071-process\n", "Complete")
	written, err := os.ReadFile(filepath.Join(folder, "temporal/queues.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	comment, text, _ := strings.Cut(string(written), "\n")
	if !strings.Contains(string(page), "```yaml\n"+text+"```\n") {
		t.Errorf("the page does not show\n%s", text)
	}
	if shipped, err := os.ReadFile("../temporal/queues.yaml"); err != nil || !strings.HasPrefix(string(shipped), comment+"\n") {
		t.Errorf("%s\n%v", shipped, err)
	}
}
