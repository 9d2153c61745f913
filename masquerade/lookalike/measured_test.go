package lookalike

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// data is the path of a file of real names, or "" where there is none on this
// machine: then a test has nothing to measure and says so.
func data(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("SPARKLESS_DATA")
	if root == "" {
		t.Log("SPARKLESS_DATA is not set: nothing is measured")
		return ""
	}
	return filepath.Join(append([]string{root}, path...)...)
}

// table reads a CSV file without its head.
func rows(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatal(path, err)
	}
	return records[1:]
}

// executables are the names of real Windows executables, each once, in lower case,
// and those of them that Windows has in its own folders.
func executables(t testing.TB) (names []string, windows map[string]bool) {
	t.Helper()
	path := data(t, "names", "windows-executables.csv")
	if path == "" {
		return nil, nil
	}
	windows = map[string]bool{}
	for _, row := range rows(t, path) {
		name := strings.ToLower(row[0])
		names = append(names, name)
		folder := strings.ToLower(strings.TrimSuffix(row[1], row[0]))
		if slices.Contains([]string{`c:\windows\`, `c:\windows\system32\`, `c:\windows\syswow64\`}, folder) {
			windows[name] = true
		}
	}
	slices.Sort(names)
	return slices.Compact(names), windows
}

// executed are the names of what ran in real telemetry, as written, each once.
func executed(t testing.TB) []string {
	t.Helper()
	path := data(t, "export", "*.tar.gz")
	if path == "" {
		return nil
	}
	archives, _ := filepath.Glob(path)
	names := map[string]bool{}
	for _, archive := range archives {
		f, err := os.Open(archive)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for files := tar.NewReader(unpacked); ; {
			header, err := files.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(header.Name, "am-securityevent") && strings.HasSuffix(header.Name, ".json") {
				newProcesses(t, files, names)
			}
		}
		f.Close()
	}
	var sorted []string
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	return sorted
}

func newProcesses(t testing.TB, file io.Reader, names map[string]bool) {
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var event struct {
			EventID        any
			NewProcessName string
		}
		if json.Unmarshal(lines.Bytes(), &event) == nil && event.NewProcessName != "" {
			names[event.NewProcessName[strings.LastIndexAny(event.NewProcessName, `\/`)+1:]] = true
		}
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
}

func TestRealNamesHaveSkeletonsOfTheirOwn(t *testing.T) {
	names, _ := executables(t)
	all := slices.Clone(names)
	for _, name := range executed(t) {
		all = append(all, strings.ToLower(name))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	owner := map[string]string{}
	equal := 0
	for _, name := range all {
		s := Skeleton(name)
		if other, ok := owner[s]; ok {
			equal++
			t.Logf("%s and %s", name, other)
		}
		owner[s] = name
	}
	t.Logf("%d names, %d with the skeleton of another", len(all), equal)
	if equal > len(all)/1000 {
		t.Error("too many")
	}
}

func TestShapesOfRealNames(t *testing.T) {
	names, _ := executables(t)
	ran := executed(t)
	for i, list := range [][]string{names, ran} {
		strong := 0
		for _, name := range list {
			for _, s := range Shapes(name) {
				t.Logf("%+q: %s, %s", name, s.Strength, s.Sentence)
				if s.Strength == Strong {
					strong++
				}
			}
		}
		t.Logf("list %d: %d names, %d strong", i, len(list), strong)
		if strong > 1 {
			t.Error("too many")
		}
	}
}

func TestAdditionsToRealNames(t *testing.T) {
	names, windows := executables(t)
	var targets []string
	for name := range windows {
		targets = append(targets, name)
	}
	stems := NewStems(targets)
	counts := map[AdditionKind]int{}
	for _, name := range names {
		if a, ok := stems.Addition(name); ok && !windows[name] {
			counts[a.Kind]++
			t.Logf("%s: %s, %s", name, a.Kind, a)
		}
	}
	t.Logf("%d names, %d targets: %v", len(names), len(targets), counts)
	if counts[AddedDigits]+counts[AddedWord]+counts[AddedLetters] > len(names)/50 {
		t.Error("too many")
	}
}

func TestPairsOfRealNames(t *testing.T) {
	path := data(t, "names", "impostors.csv")
	if path == "" {
		return
	}
	var skeletons, additions, families, edits int
	impostors := rows(t, path)
	for _, row := range impostors {
		name, target := row[0], row[1]
		if Skeleton(name) == Skeleton(target) {
			skeletons++
			if len(Explain(name, target)) == 0 {
				t.Errorf("%q looks like %q, without an explanation", name, target)
			}
		}
		if _, ok := Addition(strings.ToLower(name), strings.ToLower(target)); ok {
			additions++
		}
		if reason, ok := Family(strings.ToLower(name), strings.ToLower(target)); ok {
			families++
			t.Logf("%s and %s: %s", name, target, reason)
		}
		if e := Class(strings.ToLower(name), strings.ToLower(target)); e.Distance == 1 {
			edits++
		}
	}
	t.Logf("%d impostors: %d of equal skeleton, %d with an addition, %d one edit away, %d family", len(impostors), skeletons, additions, edits, families)
	honest := rows(t, data(t, "names", "legitimate-lookalikes.csv"))
	alike, family := 0, 0
	for _, row := range honest {
		if Skeleton(row[0]) == Skeleton(row[1]) {
			alike++
		}
		if _, ok := Family(row[0], row[1]); ok {
			family++
		} else {
			t.Logf("no family: %s, %s", row[0], row[1])
		}
	}
	t.Logf("%d honest pairs: %d of equal skeleton, %d family", len(honest), alike, family)
}

func TestGeneratedAmongRealNames(t *testing.T) {
	names, _ := executables(t)
	made := 0
	for _, name := range names {
		if Generated(name) {
			made++
			t.Log(name)
		}
	}
	t.Logf("%d of %d names", made, len(names))
}

func BenchmarkSkeleton(b *testing.B) {
	for _, name := range []string{"svchost.exe", "vendor_app-1.2.3_x64-setup.exe", "\u0455v\u0441h\u043Est.exe"} {
		b.Run(Printable(name), func(b *testing.B) {
			b.ReportAllocs()
			var buffer []byte
			for b.Loop() {
				buffer = AppendSkeleton(buffer[:0], name)
			}
		})
	}
}

func BenchmarkShapes(b *testing.B) {
	for _, name := range []string{"svchost.exe", "vendor_app-1.2.3_x64-setup.exe", "\u0455v\u0441h\u043Est.exe"} {
		b.Run(Printable(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Shapes(name)
			}
		})
	}
}

func BenchmarkClass(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Class("svch0sts.exe", "svchost.exe")
	}
}

func BenchmarkFamily(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Family("vendor_app-1.2.3_x64-setup.exe", "vendor_app-1.2.4_x64-setup.exe")
	}
}
