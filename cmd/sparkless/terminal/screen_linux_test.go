package terminal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparkless/cmd/sparkless/terminal/terminaltest"
)

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestOf(t *testing.T) {
	window, _ := terminaltest.Open(t, 97)
	unknown, _ := terminaltest.Open(t, 0)
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for what, c := range map[string]struct {
		got, want Screen
	}{
		"a window":               {Of(window, environment("TERM=xterm"), false), Screen{97, true, true}},
		"without TERM":           {Of(window, environment(), false), Screen{97, true, true}},
		"TERM=dumb":              {Of(window, environment("TERM=dumb"), false), Screen{97, false, true}},
		"NO_COLOR":               {Of(window, environment("NO_COLOR=0"), false), Screen{97, false, true}},
		"--no-color":             {Of(window, environment(), true), Screen{97, false, true}},
		"COLUMNS":                {Of(window, environment("COLUMNS=60"), false), Screen{60, true, true}},
		"COLUMNS without sense":  {Of(window, environment("COLUMNS=-3"), false), Screen{97, true, true}},
		"COLUMNS of 0":           {Of(window, environment("COLUMNS=0"), false), Screen{97, true, true}},
		"a window of no width":   {Of(unknown, environment(), false), Screen{80, true, true}},
		"a file":                 {Of(file, environment("TERM=xterm"), false), Screen{}},
		"a file and COLUMNS":     {Of(file, environment("COLUMNS=60"), false), Screen{60, false, false}},
		"something else":         {Of(&bytes.Buffer{}, environment(), false), Screen{}},
		"something, and COLUMNS": {Of(&bytes.Buffer{}, environment("COLUMNS=200"), false), Screen{200, false, false}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", what, c.got, c.want)
		}
	}
}
