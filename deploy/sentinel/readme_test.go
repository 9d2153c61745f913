package sentinel_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var shellFence = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

func TestReadmeCommandsAreShell(t *testing.T) {
	blocks := shellFence.FindAllStringSubmatch(string(readFile(t, "README.md")), -1)
	if len(blocks) == 0 {
		t.Fatal("the README has no commands")
	}
	for _, b := range blocks {
		cmd := exec.Command("bash", "-n")
		cmd.Stdin = strings.NewReader(b[1])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", b[1], err, out)
		}
	}
}

// What the README tells to change is there, under that name and with that value.
func TestReadmeNamesWhatIsThere(t *testing.T) {
	text := string(readFile(t, "README.md"))
	c := load(t)
	var queries string
	for _, r := range c.rules {
		queries += r.Query
	}
	lines := regexp.MustCompile("\\| `(\\w+ = [^`]+)` \\|").FindAllStringSubmatch(text, -1)
	for _, m := range lines {
		if !strings.Contains(queries, "let "+m[1]+";") {
			t.Errorf("no rule has %q", m[1])
		}
	}
	if len(lines) != 7 {
		t.Errorf("%d lines to tune, want 7: %v", len(lines), lines)
	}
	for _, p := range c.parsers {
		if !strings.Contains(text, "`"+p.name()+"`") {
			t.Errorf("the README does not mention %s", p.name())
		}
	}
	for _, m := range regexp.MustCompile(`(\w+)=(?:"\$|false)`).FindAllStringSubmatch(text, -1) {
		if _, ok := templateOf(c).Parameters[m[1]]; !ok {
			t.Errorf("the template has no parameter %s", m[1])
		}
	}
}
