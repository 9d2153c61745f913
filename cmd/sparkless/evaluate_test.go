package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sparkless/masquerade/evaluation"
)

// smallBase writes exports of two days with twenty names: sixteen are seen once,
// and four ten times or more, so that those are frequent (16 of 19 others below)
// and the others rare. One of the rare ones resembles a frequent one.
func smallBase(t *testing.T) (folder string) {
	folder = t.TempDir()
	seen := map[string]int{"supervisor.exe": 10, "quarterly-reports.exe": 12, "thunderbolt.exe": 14, "watermelon.exe": 16, "quarterly-report.exe": 1, "mountainous.exe": 1}
	for i := range 14 {
		seen[strings.Repeat(string(rune('a'+i)), 9)+".exe"] = 1
	}
	days := [2]strings.Builder{}
	n := 0
	for name, count := range seen {
		for range count {
			n++
			fmt.Fprintf(&days[n%2], `{"TimeGenerated":"2026-03-%02dT%02d:00:00Z","EventID":4688,"Computer":"H%d","Account":"C\\ann","Process":"%s","NewProcessName":"C:\\Apps\\%s"}`+"\n", 8+n%2, n%24, n%3, name, name)
		}
	}
	days[0].WriteString(`{"TimeGenerated":"2026-03-08T01:00:00Z","EventID":4624}` + "\n")
	for i := range days {
		file := filepath.Join(folder, "am-securityevent/WorkspaceResourceId=/subscriptions/s/resourcegroups/r/providers/microsoft.operationalinsights/workspaces/w",
			fmt.Sprintf("y=2026/m=03/d=%02d/h=00/m=00/PT05M.json", 8+i))
		write(t, file, days[i].String())
	}
	return folder
}

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// evaluated runs the command in a temporary folder of its own, and checks that it
// leaves nothing there.
func evaluated(t *testing.T, args ...string) string {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp) // Windows
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), append([]string{"evaluate", "--profile", "notebook"}, args...), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return stdout.String()
}

func smallLists(t *testing.T) []string {
	dir := t.TempDir()
	return []string{
		"--impostors", write(t, filepath.Join(dir, "impostors.csv"), `impostor,target,source
supervis0r.exe,supervisor.exe,"one edit of ten letters: found"
svpervis0r.exe,supervisor.exe,two: not found
1sass.exe,lsass.exe,one of five: not found
enterprlse.exe,enterprise.exe,one of ten; the base lacks the target
m0untainous.exe,mountainous.exe,the base has the target but it is rare
`),
		"--benign", write(t, filepath.Join(dir, "pairs.csv"), "name_a,name_b\ncalendars.exe,calendarx.exe\nalpha.exe,omega.exe\nsupervisor.exe,supervisors.exe\n"),
		"--benign", write(t, filepath.Join(dir, "names.csv"), "name\nsupervizor.exe\nharmless.exe\nmountainous.exe\n"),
	}
}

// The figures are those that were counted by hand.
func TestEvaluate(t *testing.T) {
	base := smallBase(t)
	before := contents(t, base)
	args := append(smallLists(t), "--base", base, "--format", "json")
	text := evaluated(t, args...)
	var r evaluation.Report
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	r.Base.Name = ""
	if want := (evaluation.BaseFacts{Days: 2, Events: 68, Names: 20, Hosts: 3}); r.Base != want {
		t.Errorf("base %+v, want %+v", r.Base, want)
	}
	p, f := r.Planted, r.Profiles[0]
	if p.Targets != 4 || p.TargetsInBase != 2 || p.TargetsFrequent != 1 || p.TargetsPlanted != 2 || p.NotRare != 0 || p.Names != 2 || p.NamesInBase != 1 || p.PairsInBase != 1 || p.Displaced != 0 {
		t.Errorf("planted %+v", p)
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"recall", f.Recall, evaluation.Share{Found: 2, All: 5}},
		{"right target", f.RightTarget, evaluation.Share{Found: 2, All: 5}},
		{"short stems", f.ShortStems, evaluation.Share{Found: 0, All: 1}},
		{"missed", f.Missed, []evaluation.Impostor{{Name: "svpervis0r.exe", Target: "supervisor.exe"}, {Name: "1sass.exe", Target: "lsass.exe"}, {Name: "m0untainous.exe", Target: "mountainous.exe"}}},
		{"base", f.BaseFalse, []evaluation.Finding{{Suspect: "quarterly-report.exe", Target: "quarterly-reports.exe", Score: f.BaseFalse[0].Score}}},
		{"base, planted", len(f.BaseShifted), 0},
		{"pairs", f.PairsHit, evaluation.Share{Found: 2, All: 3}},
		{"pairs otherwise", f.PairsHitElse, evaluation.Share{Found: 0, All: 3}},
		{"pair findings", len(f.PairsFound), 3}, // supervisor.exe is never rare
		{"names", f.NamesHit, evaluation.Share{Found: 1, All: 2}},
		{"per thousand", f.PerThousand, 500.0},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	if again := evaluated(t, args...); again != text {
		t.Error("another run says something else")
	}
	if after := contents(t, base); !reflect.DeepEqual(before, after) {
		t.Error("the base has changed")
	}
	text = evaluated(t, append(args, "--plant-targets=false")...)
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.Profiles[0].Recall.Found != 1 || r.Planted.TargetsPlanted != 0 {
		t.Errorf("without planted targets %+v", r)
	}
}

// contents are the files below a folder, with what is in them.
func contents(t *testing.T, folder string) map[string]string {
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, err := os.ReadFile(path)
			all[path] = string(text)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Neither the batches nor how the copy is cut has a say in what is found.
func TestEvaluateInOtherBatches(t *testing.T) {
	args := append(smallLists(t), "--base", smallBase(t), "--format", "json")
	var one, other evaluation.Report
	for _, c := range []struct {
		share string
		into  *evaluation.Report
	}{{"0.01", &one}, {"0.2", &other}} {
		if err := json.Unmarshal([]byte(evaluated(t, append(args, "--batch", c.share)...)), c.into); err != nil {
			t.Fatal(err)
		}
	}
	if one.Planted.Batches <= other.Planted.Batches {
		t.Errorf("%d and %d batches", one.Planted.Batches, other.Planted.Batches)
	}
	if !reflect.DeepEqual(one.Profiles, other.Profiles) {
		t.Errorf("\n%+v\n%+v", one.Profiles, other.Profiles)
	}
}

// What lists hold cannot harm a terminal, in either format.
func TestEvaluateShowsNothingRaw(t *testing.T) {
	list := write(t, filepath.Join(t.TempDir(), "l.csv"), "impostor,target\n\"\x1b[31mevil\n\u202e.exe\",\"tar\x07get\u200b.exe\"\n")
	for _, format := range []string{"table", "json"} {
		text := evaluated(t, "--impostors", list, "--base", smallBase(t), "--list", "--format", format)
		if strings.ContainsAny(text, "\x1b\x07\u202e\u200b") || !strings.Contains(strings.ToLower(text), "202e") {
			t.Errorf("%q", text)
		}
	}
}

func TestEvaluateOneDayOfTheBase(t *testing.T) {
	args := append(smallLists(t), "--base", smallBase(t), "--format", "json")
	var r evaluation.Report
	if err := json.Unmarshal([]byte(evaluated(t, append(args, "--day", "2026-03-09")...)), &r); err != nil {
		t.Fatal(err)
	}
	if r.Base.Days != 1 || r.Base.Events != 34 {
		t.Errorf("%+v", r.Base)
	}
}

// The copy of the base has what the base has, however it was written.
func TestEvaluateCompressedBase(t *testing.T) {
	base := smallBase(t)
	args := append(smallLists(t), "--base", base, "--format", "json")
	plain := evaluated(t, args...)
	for file, text := range contents(t, base) {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		write(t, file+".gz", b.String())
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if packed := evaluated(t, args...); packed != plain {
		t.Errorf("compressed:\n%s\nplain:\n%s", packed, plain)
	}
}

// An evaluation that is interrupted leaves nothing behind, either.
func TestEvaluateInterrupted(t *testing.T) {
	args := append(smallLists(t), "--base", smallBase(t))
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, append([]string{"evaluate"}, args...), &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 || stdout.Len() > 0 {
		t.Errorf("left behind: %v, printed %q", left, &stdout)
	}
}

// The version of a file in a folder is its time and its size, and batches may be
// alike in both: what is planted needs a name of its own each time.
func TestPlantedBlobsHaveNamesOfTheirOwn(t *testing.T) {
	tr := &trial{folder: t.TempDir()}
	seen := map[string]bool{}
	for number := range 3 {
		remove, err := tr.plant(number, []evaluation.Event{{Process: "a.exe"}})
		if err != nil {
			t.Fatal(err)
		}
		files := contents(t, tr.folder)
		if len(files) != 1 {
			t.Errorf("%d files", len(files))
		}
		for name := range files {
			if seen[name] {
				t.Errorf("%s was there before", name)
			}
			seen[name] = true
		}
		if err := remove(); err != nil {
			t.Fatal(err)
		}
	}
}
