package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kubectl stands in for the real one, which needs a cluster. It writes down how it is
// called, and has jobs end as $SHARD and $MERGE say, after one wait in vain.
const kubectl = `#!/bin/sh
echo "$*" >> "$CALLS"
case "$1" in
create) case "$*" in *--dry-run*) echo "job $3" ;; *) cat > /dev/null ;; esac ;;
set) cat ;;
wait)
  case "$2" in job/shard-*) end=$SHARD ;; *) end=$MERGE ;; esac
  test -e "$CALLS.$end" || { touch "$CALLS.$end"; exit 1; }
  case "$*" in *"condition=$end"*) exit 0 ;; *) exit 1 ;; esac ;;
logs) test -z "$LOGS" && echo findings || cat "$LOGS" ;;
esac
`

// inPath puts the stand-in into a folder, and returns an environment that has a script find
// it there, with more variables, and the file of its calls.
func inPath(t *testing.T, dir string, more ...string) (environ []string, calls string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte(kubectl), 0o755); err != nil {
		t.Fatal(err)
	}
	calls = filepath.Join(dir, "calls")
	return append([]string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CALLS=" + calls}, more...), calls
}

// runScript runs one-day.sh for a day with jobs that end so, and returns what kubectl
// was called for and whether the script succeeded.
func runScript(t *testing.T, shard, merge string, args ...string) ([]string, bool) {
	t.Helper()
	environ, calls := inPath(t, t.TempDir(), "SHARD="+shard, "MERGE="+merge)
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"../indexed/one-day.sh"}, args...)...)
	return runWith(t, cmd, environ, calls)
}

// runWith runs a script, and returns what kubectl was called for, as it is in the file
// calls, and whether the script succeeded.
func runWith(t *testing.T, cmd *exec.Cmd, environ []string, calls string) ([]string, bool) {
	t.Helper()
	cmd.Env = environ
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	text, readErr := os.ReadFile(calls)
	if readErr != nil {
		t.Fatal(readErr)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n"), err == nil
}

// The merge is started when the shards are done, of the same day and plan, and not at all
// when they have failed; what is wrong ends the script.
func TestOneDay(t *testing.T) {
	const done, failed = "Complete", "Failed"
	for _, c := range []struct {
		shard, merge string
		ok, merged   bool
	}{{done, done, true, true}, {failed, done, false, false}, {done, failed, false, true}} {
		calls, ok := runScript(t, c.shard, c.merge, "2026-11-20")
		merge := slices.IndexFunc(calls, func(call string) bool { return strings.HasPrefix(call, "create job merge-") })
		if ok != c.ok || merge >= 0 != c.merged {
			t.Errorf("%s, %s: %v\n%s", c.shard, c.merge, ok, strings.Join(calls, "\n"))
		}
		var plans []string
		last := ""
		for i, call := range calls {
			if _, env, ok := strings.Cut(call, "DAY=2026-11-20 PLAN="); ok {
				plans = append(plans, env)
			}
			if i < merge && strings.HasPrefix(call, "wait ") {
				last = call
			}
		}
		if merge >= 0 && (len(plans) != 2 || plans[0] != plans[1] || !strings.Contains(last, "condition="+done)) {
			t.Errorf("plans %q, merged after %q", plans, last)
		}
	}
}

// Without a day it is yesterday, in UTC.
func TestOneDayIsYesterday(t *testing.T) {
	want, err := exec.CommandContext(t.Context(), "date", "-u", "-d", "yesterday", "+DAY=%Y-%m-%d").Output()
	if err != nil {
		t.Fatal(err)
	}
	if calls, ok := runScript(t, "Complete", "Complete"); !ok || !strings.Contains(strings.Join(calls, "\n"), strings.TrimSpace(string(want))+" PLAN=") {
		t.Errorf("%q", calls)
	}
}
