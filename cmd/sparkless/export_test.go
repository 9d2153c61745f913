package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparkless/bench/sample"
	"sparkless/masquerade"
	"sparkless/publish/rules/rulestest"
)

// The exported Sigma rules of the sample day, applied to every event of that day, find
// all events of all findings and no other: the impostors that were planted.
func TestExportedRulesFindTheSampleDaysImpostors(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	ran := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != exitDone {
			t.Fatalf("%q: exit code %d\n%s", args, code, &stderr)
		}
		return stdout.String()
	}
	ran("sample", "--day", "2026-11-20", "--out", "sample", "--events", "20000", "--seed", "3")
	found := ran("run", "--folder", "sample", "--day", "2026-11-20", "--format", "json", "-q")
	all, err := rulestest.Read([]byte(ran("export", "sigma", "--folder", "sample", "--day", "2026-11-20", "-q")))
	if err != nil {
		t.Fatal(err)
	}
	var findings []masquerade.Finding
	if err := json.Unmarshal([]byte(found), &findings); err != nil {
		t.Fatal(err)
	}
	var want int64
	for _, f := range findings {
		want += f.MaliciousCount
	}
	planted := plantedPaths(t, "sample/truth-2026-11-20.json")
	var caught, others, events int64
	for start, n := range processStarts(t, "sample") {
		events += n
		for _, r := range all {
			is, err := r.Matches(rulestest.Event{"Image": start.image, "ParentImage": start.parent})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case is && planted[start.image]:
				caught += n
			case is:
				others += n
				t.Errorf("%s also finds %q under %q", r.Title, start.image, start.parent)
			}
		}
	}
	t.Logf("%d rules of %d findings find %d of the %d events of findings, and %d of %d others", len(all), len(findings), caught, want, others, events-want)
	if len(all) != len(findings) || len(all) < 20 || caught != want || others != 0 || events < 9000 {
		t.Errorf("%d rules of %d findings find %d events, not %d, and %d of %d others", len(all), len(findings), caught, want, others, events-want)
	}
}

// start is what rules look at of a process creation.
type start struct{ image, parent string }

// processStarts counts the process creations of an export by what rules look at.
func processStarts(t *testing.T, folder string) map[start]int64 {
	t.Helper()
	all := map[start]int64{}
	err := filepath.WalkDir(filepath.Join(folder, masquerade.Container), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if !bytes.Contains(lines.Bytes(), []byte("4688")) {
				continue
			}
			var e struct {
				EventID                           int
				NewProcessName, ParentProcessName string
			}
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				return err
			}
			if e.EventID == 4688 {
				all[start{e.NewProcessName, e.ParentProcessName}]++
			}
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// plantedPaths are where impostors were planted.
func plantedPaths(t *testing.T, file string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var truth sample.Truth
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	planted := map[string]bool{}
	for _, i := range truth.Impostors {
		for _, path := range i.Paths {
			planted[path] = true
		}
	}
	return planted
}

// exportFolder holds findings and what they are exported as.
const exportedFolder = "testdata/export"

// The findings in the folder, with names that mean harm and signs of all kinds, are
// exported as they were.
func TestExportGolden(t *testing.T) {
	findings := filepath.Join(exportedFolder, "findings.jsonl")
	for name, args := range map[string][]string{
		"impostors.yml":        {"sigma"},
		"impostors.kql":        {"kql"},
		"impostors-device.kql": {"kql", "--table", "DeviceProcessEvents"},
		"impostors.csv":        {"watchlist"},
		"impostors.json":       {"stix"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"export", "--findings", findings, "-q"}, args...), &stdout, &stderr); code != exitDone {
			t.Fatalf("%q: exit code %d\n%s", args, code, &stderr)
		}
		file := filepath.Join(exportedFolder, name)
		if *update {
			if err := os.WriteFile(file, stdout.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(stdout.Bytes(), want) {
			t.Errorf("%s is another; -update writes it anew\n%s", file, firstDifference(stdout.String(), string(want)))
		}
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "got:  " + a[i] + "\nwant: " + b[i]
		}
	}
	return "one is longer"
}

// Other programs have read these very files: oracle.py asks pySigma, stix2 and
// stix2-patterns, and keeps what they say beside the digests.
func TestExportedFilesAreThoseThatOthersHaveRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(exportedFolder, "verdicts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var verdicts map[string]struct{ SHA256, Verdict string }
	if err := json.Unmarshal(text, &verdicts); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"impostors.json", "impostors.yml"} {
		data, err := os.ReadFile(filepath.Join(exportedFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
		if v := verdicts[name]; v.SHA256 != hex.EncodeToString(sum[:]) || v.Verdict == "" {
			t.Errorf("%s was not read by others as it is: run oracle.py", name)
		}
	}
}

// Findings of the file have every sign that rules go by.
func TestExportedFindingsHaveAllSigns(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(exportedFolder, "impostors.csv"))
	if err != nil {
		t.Fatal(err)
	}
	query, err := os.ReadFile(filepath.Join(exportedFolder, "impostors.kql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sign := range []string{`"name"`, `"folder"`, `"spelling"`, `"parent"`, `"folder, parent"`, `"file"`} {
		if !bytes.Contains(query, []byte(", "+sign+", ")) {
			t.Errorf("no finding has the sign %s", sign)
		}
	}
	if slices.Contains(strings.Split(string(text), "\r\n"), "") != true {
		t.Error("the watchlist has other ends of lines")
	}
}
