package windows

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realData returns the folder of real telemetry, or "" where there is none.
func realData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SPARKLESS_DATA")
	if _, err := os.Stat(filepath.Join(dir, "names")); dir == "" || err != nil {
		t.Log("SPARKLESS_DATA names no folder of real telemetry: nothing is measured")
		return ""
	}
	return dir
}

// foreign are real programs of other makers that have a name of Windows and lie
// elsewhere: what the facts cannot tell from a masquerade.
var foreign = map[string]bool{
	`\program files (x86)\spybot - search & destroy 2\explorer.exe`: true,
}

func TestRealExecutables(t *testing.T) {
	dir := realData(t)
	if dir == "" {
		return
	}
	file, err := os.Open(filepath.Join(dir, "names", "windows-executables.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	f := Builtin()
	of, missing := 0, map[string]bool{}
	for _, row := range rows[1:] {
		p := Normalise(row[1])
		if f.Folder(p.Base, p) == Wrong && !foreign[p.String()] {
			t.Errorf("%s is told to lie wrong", row[1])
		}
		if place := p.Place(); place < System32 || place > Windows || !strings.HasPrefix(row[2], "Microsoft") {
			continue
		}
		of++
		if _, ok := f.Name(p.Base); !ok {
			missing[p.Base] = true
		}
	}
	t.Logf("of %d programs of Microsoft below \\Windows, %d names are not known", of, len(missing))
	if len(missing)*20 > of {
		t.Errorf("names that are not known: %v", missing)
	}
}

// attacks are the hits on real telemetry that are right.
var attacks = map[string]bool{
	`\windows\cmd.exe`: true, // a copy that an intruder made
}

func TestRealEvents(t *testing.T) {
	dir := realData(t)
	if dir == "" {
		return
	}
	archives, err := filepath.Glob(filepath.Join(dir, "export", "*.tar.gz"))
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	f := Builtin()
	for _, archive := range archives {
		events, parents := 0, 0
		eachCreation(t, archive, func(path, parent string) {
			events++
			p := Normalise(path)
			if _, fixed := f.Parents(p.Base); fixed && parent != "" {
				parents++
			}
			if f.Folder(p.Base, p) == Wrong && !attacks[p.String()] {
				t.Errorf("%s: %s is told to lie wrong", archive, path)
			}
			if f.OddParent(p.Base, parent) {
				t.Errorf("%s: %s from %s is told to be odd", archive, path, parent)
			}
		})
		t.Logf("%s: %d creations, %d with a fixed parent", filepath.Base(archive), events, parents)
	}
}

// eachCreation calls do for every process creation (4688) of an export.
func eachCreation(t *testing.T, archive string, do func(path, parent string)) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(header.Name, "PT05M.json") && strings.Contains(header.Name, "am-securityevent") {
			eachLine(t, files, do)
		}
	}
}

func eachLine(t *testing.T, r io.Reader, do func(path, parent string)) {
	t.Helper()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e struct {
			EventID                           json.Number
			NewProcessName, ParentProcessName string
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if e.EventID == "4688" {
			do(e.NewProcessName, e.ParentProcessName)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
