package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The launcher is the test binary itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "measure" {
		os.Exit(measureMain(os.Args[2:]))
	}
	// Under the race detector a program waits a second before it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// shell is a contender that runs a script, given the file for its result.
func shell(name, script string) contender {
	return contender{name: name, gives: counts, argv: func(j job) []string { return []string{"sh", "-c", script, name, j.out} }}
}

const one = `echo '{"name":"a","count":1,"first":"1","last":"1"}' > "$1"`

func trial(t *testing.T, contenders ...contender) ([]measured, error) {
	t.Helper()
	b := bench{work: t.TempDir(), rounds: 3, log: io.Discard}
	return b.run(t.Context(), section{id: "x", title: "Trial", threads: 64, contenders: contenders})
}

func TestContendersTakeTurns(t *testing.T) {
	turns := filepath.Join(t.TempDir(), "turns")
	taken, err := trial(t, shell("a", one+"; printf a >> "+turns), shell("b", one+"; printf b >> "+turns))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(turns)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != "a"+"ab"+"ababab" { // the reference, the check, the rounds
		t.Errorf("order %s", got)
	}
	for _, m := range taken {
		if len(m.runs) != 3 || m.runs[0].Wall <= 0 || m.runs[0].Peak <= 0 {
			t.Errorf("%s: %+v", m.name, m.runs)
		}
	}
}

func TestWrongResultStopsTheSection(t *testing.T) {
	wrong := shell("wrong", strings.ReplaceAll(one, `"count":1`, `"count":2`))
	if _, err := trial(t, shell("ours", one), wrong); !errors.Is(err, errWrong) || !strings.Contains(err.Error(), "wrong") {
		t.Error(err)
	}
	wrong.mayRefuse = true // that is to fail, not to answer otherwise
	if _, err := trial(t, shell("ours", one), wrong); !errors.Is(err, errWrong) {
		t.Error(err)
	}
}

func TestWrongResultInALaterRoundStopsTheSection(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	fickle := shell("fickle", one+"; if [ -e "+mark+" ]; then : > \"$1\"; fi; : > "+mark)
	if _, err := trial(t, shell("ours", one), fickle); !errors.Is(err, errWrong) {
		t.Error(err)
	}
}

func TestFailureStopsUnlessAllowed(t *testing.T) {
	failing := shell("failing", "echo cannot read this >&2; exit 3")
	if _, err := trial(t, shell("ours", one), failing); err == nil || !strings.Contains(err.Error(), "cannot read this") {
		t.Error(err)
	}
	failing.mayRefuse = true
	taken, err := trial(t, shell("ours", one), failing)
	if err != nil || !strings.Contains(taken[1].refuse, "cannot read this") {
		t.Error(taken, err)
	}
}

func TestMissingPeerIsShown(t *testing.T) {
	taken, err := trial(t, shell("ours", one), contender{name: "gone", gives: counts, missing: "not here"})
	if err != nil {
		t.Fatal(err)
	}
	if s := text(section{reference: 0}, taken); !strings.Contains(s, "gone") || !strings.Contains(s, "not here") {
		t.Error(s)
	}
}

func TestTruthMustBearOutTheReference(t *testing.T) {
	b := bench{work: t.TempDir(), rounds: 1, log: io.Discard}
	for _, truth := range []map[string]int64{{}, {"a": 2}, {"b": 1}, {"a": 1, "b": 1}} {
		if _, err := b.run(t.Context(), section{threads: 64, contenders: []contender{shell("ours", one)}, truth: truth}); !errors.Is(err, errWrong) {
			t.Errorf("%v: %v", truth, err)
		}
	}
	if _, err := b.run(t.Context(), section{threads: 64, contenders: []contender{shell("ours", one)}, truth: map[string]int64{"a": 1}}); err != nil {
		t.Error(err)
	}
}

func TestReadmePart(t *testing.T) {
	got, err := replacePart("a\n"+partStart+"old\n"+partEnd+"z\n", "new\n")
	if err != nil || got != "a\n"+partStart+"new\n"+partEnd+"z\n" {
		t.Errorf("%q %v", got, err)
	}
	for _, text := range []string{"", partStart, partEnd + partStart} {
		if _, err := replacePart(text, "new"); err == nil {
			t.Errorf("%q has no part and took one", text)
		}
	}
}

// What the README tells of the tables stands in them, cell by cell.
func TestHeadlinesAreMeasured(t *testing.T) {
	page := cellsOf(t, "../README.md")
	told := cellsOf(t, "../../README.md")
	if len(told) < 20 {
		t.Fatalf("%d cells in the README: %v", len(told), told)
	}
	for at, text := range told {
		if measured, ok := page[[2]string{at[1], at[0]}]; !ok || measured != text {
			t.Errorf("the README has %q for %q, the page of the bench %q", text, at, measured)
		}
	}
}

// cellsOf is the first table of wall times on a page, by the names of row and column.
func cellsOf(t *testing.T, path string) map[[2]string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n| wall time |")
	table, _, _ = strings.Cut("| wall time |"+table, "\n\n")
	table, _, _ = strings.Cut(table, "<!--")
	var columns []string
	cells := map[[2]string]string{}
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		row := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
		switch {
		case i == 0:
			columns = row
		case i > 1:
			for j := 1; j < len(row) && j < len(columns); j++ {
				cells[[2]string{row[0], columns[j]}] = strings.TrimSpace(row[j])
			}
		}
	}
	return cells
}

func TestLimitedDropsTheRest(t *testing.T) {
	var b bytes.Buffer
	l := limited{&b, 3}
	for _, s := range []string{"ab", "cd", "ef"} {
		if n, err := l.Write([]byte(s)); n != 2 || err != nil {
			t.Error(n, err)
		}
	}
	if b.String() != "abc" {
		t.Error(b.String())
	}
}

func TestDigestHasARowForEachPeer(t *testing.T) {
	ours := measured{contender: contender{name: "ours"}, runs: []cost{{Wall: 2}}}
	slow := measured{contender: contender{short: "slow"}, runs: []cost{{Wall: 6}}}
	cannot := measured{contender: contender{short: "cannot"}, refuse: "no"}
	got := digest([]taken{
		{section{label: "first", threads: 1, day: day{text: 4e9}}, []measured{ours, slow}},
		{section{label: "second", threads: 2, day: day{text: 4e9}}, []measured{ours, cannot}},
	})
	want := `| wall time | first, 4.00 GB, 1 thread | second, 4.00 GB, 2 threads |
|---|---:|---:|
| **sparkless** | **2.00 s**, 2.0 GB/s, 0 MB of memory | **2.00 s**, 2.0 GB/s, 0 MB of memory |
| slow | 3.0 × |  |
| cannot |  | no result |
`
	if got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
}
