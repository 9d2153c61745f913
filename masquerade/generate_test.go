package masquerade

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// realSets returns the lines of each real export, if they are there.
func realSets(t *testing.T) map[string][][]byte {
	files, err := filepath.Glob("../../shared/data/export/*.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string][][]byte{}
	for _, file := range files {
		sets[filepath.Base(file)] = archiveLines(t, file)
	}
	return sets
}

func archiveLines(t *testing.T, file string) (lines [][]byte) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(z); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(header.Name, "/am-securityevent/") || header.FileInfo().Mode()&fs.ModeType != 0 {
			continue
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				lines = append(lines, line)
			}
		}
	}
}

func TestRealExportsAgainstOracle(t *testing.T) {
	sets := realSets(t)
	if len(sets) == 0 {
		t.Log("the folder with real exports is absent; only generated events are compared")
	}
	for name, lines := range sets {
		t.Run(name, func(t *testing.T) {
			if pairs := agree(t, lines); pairs == 0 {
				t.Error("nothing was compared")
			}
		})
	}
}

func TestGeneratedEventsAgainstOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(80, 20))
	pairs := 0
	for range 10 {
		pairs += agree(t, randomLines(rng))
	}
	if pairs < 200 {
		t.Errorf("only %d pairs were compared", pairs)
	}
}

var stems = []string{"svchost", "conhost", "powershell", "systeminfo", "abcdefghijklmnopqrst", "setup_3fa9c1", "İstanbul", "свчост", "a.b.c", "", "x", "日本語プロセス"}
var extensions = []string{".exe", ".exe", ".exe", ".com", ".EXE", ".", "", ".tar.gz"}

// randomLines makes events of names that often tie and are often near to each
// other, in many spellings.
func randomLines(rng *rand.Rand) (lines [][]byte) {
	pick := func(from []string) string { return from[rng.IntN(len(from))] }
	for range 5 + rng.IntN(60) {
		name := pick(stems)
		for range rng.IntN(4) {
			name = edited(rng, name)
		}
		name += pick(extensions)
		events := 1 + rng.IntN(3)
		if rng.IntN(4) == 0 {
			events = 1 + rng.IntN(40)
		}
		for range events {
			lines = append(lines, randomLine(rng, name))
		}
	}
	for range rng.IntN(4) {
		lines = append(lines, []byte(`{"EventID":"4688","TimeGenerated":"2026-11-20T00:00:00Z","Process":null}`),
			[]byte(`{"EventID":4688,"TimeGenerated":"2026-11-20T00:00:00Z","Process":""}`),
			[]byte(`{"EventID":4624,"TimeGenerated":"2026-11-20T00:00:00Z","Process":"svchost.exe"}`))
	}
	rng.Shuffle(len(lines), reflect.Swapper(lines))
	return lines
}

// edited inserts, removes, replaces or swaps characters.
func edited(rng *rand.Rand, name string) string {
	r := []rune(name)
	at := rng.IntN(len(r) + 1)
	letter := []rune("abcх0é")[rng.IntN(6)]
	switch rng.IntN(4) {
	case 0:
		r = slices.Insert(r, at, letter)
	case 1:
		r = slices.Delete(r, at, min(at+1, len(r)))
	case 2:
		if at < len(r) {
			r[at] = letter
		}
	default:
		if at+1 < len(r) {
			r[at], r[at+1] = r[at+1], r[at]
		}
	}
	return string(r)
}

func randomLine(rng *rand.Rand, name string) []byte {
	if rng.IntN(3) == 0 {
		name = strings.ToTitle(name)
	}
	fields := map[string]any{
		"EventID":           4688,
		"TimeGenerated":     time.Date(2026, 11, 20, 7, rng.IntN(60), 0, rng.IntN(10)*100_000_000, time.UTC).Format(time.RFC3339Nano),
		"Process":           name,
		"NewProcessName":    fmt.Sprintf(`C:\dir%d\%s`, rng.IntN(20), name),
		"Computer":          fmt.Sprintf("host%d", rng.IntN(12)),
		"ParentProcessName": `C:\Windows\explorer.exe`,
		"CommandLine":       strings.Repeat("é", rng.IntN(2)*(254+rng.IntN(5))) + fmt.Sprint(rng.IntN(3)),
		"Account":           "",
	}
	line, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	if rng.IntN(4) == 0 { // the same text in another spelling
		line = bytes.ReplaceAll(line, []byte("s"), []byte(`\u0073`))
	}
	return line
}
