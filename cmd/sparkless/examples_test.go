package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"sparkless/job/cluster"
)

// exampleCalls are the calls of the program in a command's examples: its arguments.
func exampleCalls(t *testing.T, c *cobra.Command) [][]string {
	var calls [][]string
	for line := range strings.SplitSeq(strings.ReplaceAll(c.Example, "\\\n", " "), "\n") {
		_, call, ok := strings.Cut(line, "sparkless ")
		if !ok {
			continue
		}
		call, _, _ = strings.Cut(call, " > ") // where a shell puts what is printed
		var args []string
		for _, word := range regexp.MustCompile(`'[^']*'|[^\s']+`).FindAllString(call, -1) {
			args = append(args, strings.Trim(word, "'"))
		}
		if strings.Contains(line, "…") {
			t.Logf("not run: %s", line)
			continue
		}
		calls = append(calls, args)
	}
	return calls
}

// askOurServer runs a command that asks a Temporal server, which has runs of all that
// examples name. It lets a worker go at once.
func askOurServer(t *testing.T, args []string) (int, string) {
	t.Setenv("SPARKLESS_TEMPORAL_ADDRESS", "nowhere:7233")
	ctx, cancel := context.WithCancel(t.Context())
	f := &fakeServer{worked: func() {}}
	for _, label := range []string{"2026-11-20", "20261101T000000Z-20261201T000000Z"} {
		f.statuses = append(f.statuses, cluster.Status{Execution: cluster.Execution{ID: label}, Window: label, State: running})
	}
	if args[0] == "worker" {
		f.worked = cancel
	}
	code, _, log := execute(ctx, f, args...)
	if args[0] == "worker" && code == exitInterrupted {
		code = exitDone
	}
	cancel()
	return code, log
}

// someBETH is a file of that data set, as far as its columns are read.
var someBETH = "processId,threadId,parentProcessId,userId,mountNamespace,eventId,stackAddresses,argsNum,returnValue,sus\n" +
	strings.Repeat("1,1,0,0,4026531840,3,[],1,0,0\n400,400,1,1000,4026531840,5,[],2,1,0\n", 10) + "9,8,7,1001,1,99,\"[1, 2]\",5,-1,1\n"

// takeInput has the standard input be a file, until the test ends.
func takeInput(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = f
	t.Cleanup(func() { os.Stdin = before; _ = f.Close() })
}

// writeExampleFiles writes the files that examples name.
func writeExampleFiles(t *testing.T) {
	t.Helper()
	for name, text := range map[string]string{
		"impostors.csv":     "impostor,target\nsvch0st.exe,svchost.exe\n",
		"pairs.csv":         "name_a,name_b\nfoo.exe,fooo.exe\n",
		"names.csv":         "name\nbar.exe\n",
		"logs/sysmon.jsonl": `{"UtcTime":"2026-11-20 07:00:00.000","EventID":1,"Image":"C:\\Windows\\System32\\svchost.exe"}` + "\n",
		"settings.yaml":     "storage:\n  folder: export\n",
		"table.csv":         "a,outlier\n" + strings.Repeat("1,0\n2,0\n3,0\n", 20) + strings.Repeat("50,1\n", 5),

		"labels.csv":   "Program,CommandLine,Label\nsvchost.exe,,1\n*,,0\n",
		"events.jsonl": `{"TimeGenerated":"2026-11-20T12:00:00Z","EventID":4688,"Computer":"pc","NewProcessName":"C:\\Windows\\System32\\svchost.exe"}` + "\n",

		"labelled_training_data.csv":   someBETH,
		"labelled_validation_data.csv": someBETH,
		"labelled_testing_data.csv":    someBETH,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Every example does what it says; an account is a folder here.
func TestExamplesRun(t *testing.T) {
	t.Chdir(t.TempDir())
	call := func(args ...string) (int, string) {
		if slices.Contains([]string{"worker", "status", "cancel"}, args[0]) {
			return askOurServer(t, args)
		}
		var out, log bytes.Buffer
		code := run(context.Background(), args, &out, &log)
		return code, log.String()
	}
	if code, log := call("sample", "--out", "export", "--day", "2026-11-20", "--events", "3000", "--names", "300", "--hosts", "20"); code != 0 {
		t.Fatal(log)
	}
	writeExampleFiles(t)
	yesterday := regexp.MustCompile(`^(explain|report|publish)$`)
	if code, log := call("sample", "--out", "export", "--day", "2026-11-19", "--events", "3000", "--names", "300", "--hosts", "20"); code != 0 {
		t.Fatal(log)
	}
	if code, log := call("run", "--folder", "export", "--day", "2026-11-20", "--out", "findings.jsonl"); code != 0 {
		t.Fatal(log)
	}
	if code, log := call("backfill", "--folder", "export", "--from", "2026-11-19", "--to", "2026-11-21"); code != 0 {
		t.Fatal(log)
	}
	if code, log := call("train", "--folder", "export", "--day", "2026-11-20", "--out", "process.json"); code != 0 {
		t.Fatal(log)
	}
	t.Setenv("SPARKLESS_STORAGE_FOLDER", "export")
	t.Setenv(indexVariable, "3")
	if code, log := call("shard", "--plan", "nightly-29", "--day", "2026-11-20", "--of", "1", "--index", "0"); code != 0 {
		t.Fatal(log)
	}
	replaced := map[string]string{"5000000": "3000", "50000": "300", "3000": "20"}
	for _, c := range allCommands(testRoot(t)) {
		for _, args := range exampleCalls(t, c) {
			command := strings.Join(args, " ")
			if i := slices.Index(args, "<"); i >= 0 {
				takeInput(t, args[i+1])
				args = args[:i]
			}
			if i := slices.Index(args, "--account"); i >= 0 && args[0] != "init" {
				args = slices.Delete(args, i, i+2)
			}
			if args[0] == "publish" {
				args = append(args, "--out", "sent-{day}.jsonl") // a destination, of which examples tell none
			}
			if i := slices.Index(args, "--workspace"); i >= 0 && args[0] != "init" {
				args = slices.Delete(args, i, i+2)
			}
			for i, arg := range args {
				if small, ok := replaced[arg]; ok && args[0] == "sample" {
					args[i] = small
				}
			}
			if yesterday.MatchString(args[0]) && !slices.Contains(args, "--day") && !slices.Contains(args, "--from") {
				args = append(args, "--day", "2026-11-20")
			}
			if args[0] == "evaluate" && !slices.Contains(args, "--base") {
				args = append(args, "--base", "export")
			}
			if code, log := call(args...); code != exitDone && code != exitPartial && args[0] != "doctor" {
				t.Errorf("%s: exit code %d\n%s", command, code, log)
			}
			if args[0] == "init" {
				_ = os.Remove(defaultConfig) // the next one is asked to write it, too
			}
		}
	}
}
