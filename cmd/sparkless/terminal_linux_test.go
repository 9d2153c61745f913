package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/cmd/sparkless/terminal/terminaltest"
)

// Colours are where somebody looks, and nothing but colours: without them the same
// is shown.
func TestColorsOnATerminal(t *testing.T) {
	t.Setenv("COLUMNS", "")
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	for _, arg := range []string{"", "--no-color"} {
		window, seen := terminaltest.Open(t, 100)
		a := newApp(window, t.Output())
		if arg != "" {
			a.screen = terminal.Of(window, os.Getenv, true)
		}
		if err := a.write(judgedTable(hostileFindings())); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(seen(), "\r\n", "\n")
		if strings.Contains(text, "\x1b[1;31mHigh\x1b[0m") != (arg == "") || strings.Contains(text, "svch\x1b[1;31m[0]\x1b[0mst.exe") != (arg == "") {
			t.Errorf("%q: %q", arg, text)
		}
		for _, style := range []string{"\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[33m", "\x1b[36m"} {
			text = strings.ReplaceAll(text, style, "")
		}
		if want := shown(t, terminal.Screen{Width: 100}, judgedTable(hostileFindings())); text != want {
			t.Errorf("%q: %s\nwant\n%s", arg, text, want)
		}
	}
}

// A format that nobody can read is not sent to a terminal.
func TestNoParquetOnATerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	window, seen := terminaltest.Open(t, 100)
	var log bytes.Buffer
	if code := run(t.Context(), []string{"run", "--folder", ".", "--format", "parquet"}, window, &log); code != exitUsage || !strings.Contains(log.String(), "> findings.parquet") {
		t.Errorf("exit code %d\n%s", code, log.String())
	}
	if text := seen(); text != "" {
		t.Errorf("%q on the terminal", text)
	}
}
