package process

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// fieldsOf is the vector of an execution, apart from its length, shares and entropy.
func fieldsOf(t *testing.T, one start) map[string]int {
	t.Helper()
	s := stateOf([]start{one})
	for _, p := range s.programs {
		for _, g := range p.groups {
			v := g.key.vector
			return map[string]int{"encodings": v.get(fieldEncodings), "network": v.get(fieldNetwork), "files": v.get(fieldFiles), "privilege": v.get(fieldPrivilege),
				"hidden": v.get(fieldHidden), "download": v.get(fieldDownload), "system": v.get(fieldSystem), "place": v.get(fieldPlace), "temporary": v.get(fieldTemporary),
				"weekend": v.get(fieldWeekend), "nb-encoded": v.get(fieldNbEncoded), "nb-privilege": v.get(fieldNbPriv)}
		}
	}
	t.Fatal("no group")
	return nil
}

func TestFeatures(t *testing.T) {
	base64 := strings.Repeat("SQBFAFgAIAAoAE4AZQB3", 4)
	for _, c := range []struct {
		path, account, command, want string
	}{
		{`C:\x.exe`, `D\u`, `dotnet build`, "nb-privilege=1"}, // "net " in any place
		{`C:\x.exe`, `D\u`, `net user`, "privilege=1 nb-privilege=1"},
		{`C:\x.exe`, `D\u`, `C:\Windows\System32\NET.EXE user`, "privilege=1 nb-privilege=1"},
		{`C:\x.exe`, `D\u`, `(New-Object Net.WebClient).DownloadString("https://a")`, "network=1 download=1"},
		{`C:\x.exe`, `D\u`, `curl http://a; wget ftp`, "network=3"},
		{`C:\x.exe`, `D\u`, `powershell -e`, "encodings=1"}, // the notebook misses the end of the line
		{`C:\x.exe`, `D\u`, `powershell -e `, "encodings=1 nb-encoded=1"},
		{`C:\x.exe`, `D\u`, `powershell -enc ` + base64, "encodings=2 nb-encoded=1"},
		{`C:\x.exe`, `D\u`, `powershell -EncodedCommand ` + base64, "encodings=2 nb-encoded=1"},
		{`C:\x.exe`, `D\u`, `powershell -EncodedCommandX`, "nb-encoded=1"},
		{`C:\x.exe`, `D\u`, `perl -e ` + "1", "nb-encoded=1"}, // no PowerShell
		{`C:\x.exe`, `D\u`, strings.Repeat("0123456789abcdef", 4), ""},
		{`C:\x.exe`, `D\u`, `x /` + base64[:39], "encodings=1 nb-encoded=1"}, // with the slash it is long enough
		{`C:\x.exe`, `D\u`, `x ` + base64[:39], ""},
		{`C:\x.exe`, `D\u`, `p^o^w^e^r`, "encodings=1"},
		{`C:\x.exe`, `D\u`, `powershell -w hidden`, "hidden=1"},
		{`C:\x.exe`, `D\u`, `powershell -WindowStyle 1`, "hidden=1"},
		{`C:\x.exe`, `D\u`, `powershell -win normal hidden`, ""},
		{`C:\x.exe`, `D\u`, `mshta https://a`, "network=1 download=1"},
		{`C:\x.exe`, `D\u`, `mshta a.hta`, ""},
		{`C:\Windows\System32\cmd.exe`, `NT AUTHORITY\SYSTEM`, ``, "system=1"},
		{`C:\Windows\System32\cmd.exe`, `CONTOSO\HOST1$`, ``, "system=1"},
		{`C:\Windows\System32\svchost.exe`, `NT AUTHORITY\SYSTEM`, ``, ""},
		{`C:\Windows\System32\cmd.exe`, `CONTOSO\ann`, `cmd /c C:\Windows\Temp\a.bat`, "temporary=1"},
		{`C:\Windows\System32\cmd.exe`, `CONTOSO\ann`, `cmd /c C:\Temporary\a.bat`, ""},
		{`C:\x.exe`, `CONTOSO\ann`, `x C:\Windows\Temp\a.bat`, ""},
		{`C:\Users\ann\a.exe`, `D\u`, ``, "place=1"},
		{`C:\Users\ann\AppData\Local\Temp\a.exe`, `D\u`, ``, "place=2"},
		{`C:\Users\Public\a.exe`, `D\u`, ``, "place=2"},
		{`C:\ProgramData\a\a.exe`, `D\u`, ``, "place=1"},
	} {
		got := fieldsOf(t, start{at: friday, path: c.path, account: c.account, host: "h", parent: "p", command: c.command})
		want := map[string]int{}
		for _, pair := range strings.Fields(c.want) {
			name, number, _ := strings.Cut(pair, "=")
			n := 0
			_, _ = fmt.Sscan(number, &n)
			want[name] = n
		}
		for name, n := range got {
			if n != want[name] {
				t.Errorf("%s %s: %s is %d, want %d", c.path, c.command, name, n, want[name])
			}
		}
	}
}

// Words and runs are found wherever blocks of 64 bytes end.
func TestScanAtEveryPlace(t *testing.T) {
	run := strings.Repeat("aB3d", 10)
	for before := range 200 {
		for after := range 3 {
			var c command
			c.scan([]byte(strings.Repeat("~", before) + " Mimikatz.exe " + strings.Repeat("~", after)))
			if c.count(privilegeWord) != 1 {
				t.Fatalf("a word behind %d bytes, with %d behind it, is found %d times", before, after, c.count(privilegeWord))
			}
			c.scan([]byte(strings.Repeat("~", before) + run + strings.Repeat("~", after)))
			if !c.base64 {
				t.Fatalf("a run behind %d bytes is not found", before)
			}
			c.scan([]byte(strings.Repeat("~", before) + run[1:] + strings.Repeat("~", after)))
			if c.base64 {
				t.Fatalf("a run of 39 behind %d bytes is taken for base64", before)
			}
		}
	}
}

// The words of a line are those that a plain reading finds.
func TestScanFindsWords(t *testing.T) {
	words := regexp.MustCompile(`[-.\w\x80-\xff]+`) // of Latin-1
	marks := []string{" ", " ", `\`, `\`, `\`, "temp", ".", "..", "-", "/", `"`, "_", ".exe", ".EXE", "\x7f", "\x80", "\xff", "x", "=", "\r"}
	var texts []string
	for w := range known.words {
		texts = append(texts, w, strings.ToUpper(w), w+"x", w[1:])
	}
	slices.Sort(texts)
	rng := rand.New(rand.NewPCG(1, 6))
	for range 20_000 {
		var line []byte
		for range rng.IntN(14) {
			line = append(line, texts[rng.IntN(len(texts))]...)
			for range rng.IntN(5) {
				line = append(line, marks[rng.IntN(len(marks))]...)
			}
		}
		var c, want command
		c.scan(line)
		var latin []byte // each byte as a character, for the expression
		var at []int
		for i, b := range line {
			latin = utf8.AppendRune(latin, rune(b))
			for len(at) < len(latin) {
				at = append(at, i)
			}
		}
		at = append(at, len(line))
		for _, found := range words.FindAllIndex(latin, -1) {
			from, to := at[found[0]], at[found[1]]
			word := strings.ToLower(string(line[from:to]))
			if len(word) > 4 {
				word = strings.TrimSuffix(word, ".exe")
			}
			entry, has := known.words[strings.Trim(word, ".")]
			if !has {
				continue
			}
			want.known.put(entry.at)
			for kind := range want.words {
				want.words[kind] += uint16(entry.kinds >> kind & 1)
			}
			want.temporary = want.temporary || entry.kinds&folderWord != 0 && from > 0 && line[from-1] == '\\' && to < len(line) && line[to] == '\\'
		}
		if c.words != want.words || c.known != want.known || c.temporary != want.temporary {
			t.Fatalf("%q has %v, want %v; a folder for what does not stay: %v", line, c.words, want.words, c.temporary)
		}
	}
}

// A place is told by the folders that are anywhere in a path.
func TestPlaces(t *testing.T) {
	plain := func(path string) int {
		for _, part := range []string{`\temp\`, `\tmp\`, `\downloads\`, `:\users\public\`, `\perflogs\`, `\$recycle.bin\`, `\windows\tasks\`, `\inetcache\`, `\windows\debug\`} {
			if strings.Contains(path, part) {
				return temporary
			}
		}
		for _, part := range []string{`:\users\`, `:\programdata\`, `\appdata\`} {
			if strings.Contains(path, part) {
				return userWritable
			}
		}
		return elsewhere
	}
	bits := []string{"temp", "tmp", "downloads", "users", "public", "perflogs", "$recycle.bin", "windows", "tasks", "inetcache", "debug", "programdata", "appdata", "c:", ":", "x", ""}
	rng := rand.New(rand.NewPCG(1, 7))
	for range 100_000 {
		path := ""
		for range rng.IntN(7) {
			path += bits[rng.IntN(len(bits))] + []string{"", `\`, `\`, `\`}[rng.IntN(4)]
		}
		if got, want := placeOf(path), plain(path); got != want {
			t.Fatalf("%s is %d, want %d", path, got, want)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(`powershell -w hidden -enc SQBFAFgA`))
	f.Add([]byte("...\xff.exe-"))
	f.Fuzz(func(t *testing.T, line []byte) {
		line = line[:min(len(line), longestScanned)]
		var c command
		c.scan(line)
		var letters, upper, digits int
		var counts [256]float64
		for _, b := range line {
			counts[b]++
			isUpper := 'A' <= b && b <= 'Z'
			if isUpper || 'a' <= b && b <= 'z' || b >= 0x80 {
				letters++
			}
			if isUpper {
				upper++
			}
			if isDecimal(b) {
				digits++
			}
		}
		entropy := 0.0
		for _, n := range counts {
			if n > 0 {
				entropy -= n / float64(len(line)) * math.Log2(n/float64(len(line)))
			}
		}
		if c.letters != letters || c.upper != upper || c.digits != digits || math.Abs(float64(c.entropy)/2-entropy) > 0.26 {
			t.Errorf("%+v, want %d letters, %d upper, %d digits, entropy %v", c, letters, upper, digits, entropy)
		}
		if !vectorOf(&c).valid() {
			t.Error("no valid vector")
		}
	})
}

func TestProgramsAreNamedWithoutUsersAndVersions(t *testing.T) {
	for path, want := range map[string]string{
		`C:\Users\Ann\AppData\x.exe`:                                         `c:\users\*\appdata\x.exe`,
		`C:\Users\Public\x.exe`:                                              `c:\users\public\x.exe`,
		`C:\Users\x.exe`:                                                     `c:\users\x.exe`,
		`\Device\HarddiskVolume4\Windows\a.exe`:                              `?:\windows\a.exe`,
		`\??\C:\Windows\a.exe`:                                               `c:\windows\a.exe`,
		`C:\Program Files (x86)\Edge\91.0.864.54\a1.2.exe`:                   `c:\program files (x86)\edge\#\a1.2.exe`,
		`C:\Windows\WinSxS\amd64_x_31bf3856ad364e35_10.0.18362.957_none\t.x`: `c:\windows\winsxs\amd64_x_#_#_none\t.x`,
		`C:\T\EF2EDF0A-3F72-4E1D-A537-087B0AA53178\d.exe`:                    `c:\t\#\d.exe`,
		`C:\T\EF2EDF0A-3F72-4E1D-A537-087B0AA53178-setup.exe`:                `c:\t\#-setup.exe`,
		`C:\Users\Ann\AppData\Local\Temp\B3C1DD7B.exe`:                       `c:\users\*\appdata\local\temp\#.exe`,
		`C:\Users\Ann\AppData\Local\Temp\qxzkvwt.exe`:                        `c:\users\*\appdata\local\temp\#.exe`,
		`C:\Users\Ann\AppData\Local\Temp\tollgate.exe`:                       `c:\users\*\appdata\local\temp\tollgate.exe`,
		`C:\Windows\System32\qxzkvwt.exe`:                                    `c:\windows\system32\qxzkvwt.exe`,
		`C:/a/b.exe`:                                                         `c:\a\b.exe`,
		`b.exe`:                                                              `b.exe`,
		``:                                                                   ``,
	} {
		if got := programOf(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	long := `C:\` + strings.Repeat("ü", 400)
	if a, b := programOf(long+"a"), programOf(long+"b"); a == b || len(a) > longestPath || len(b) > longestPath {
		t.Error("long paths are not told apart, or are not cut")
	}
}

func TestHalfOctaves(t *testing.T) {
	for n := range longestScanned + 1 {
		want := int(math.Floor(2*math.Log2(float64(n+1)) + 1e-9))
		if got := halfOctaves(n); got != want || got > longestHalves {
			t.Fatalf("%d bytes are %d half octaves, want %d", n, got, want)
		}
	}
}

func TestFeaturesFitTheirModes(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range features() {
		if seen[f.name] || !f.ours && !f.notebook || (f.field == nil) == (f.value == nil) || f.field != nil && f.show == nil {
			t.Errorf("feature %s", f.name)
		}
		seen[f.name] = true
	}
	if n := len(columnsOf(true)); n != 11 {
		t.Errorf("the notebook has %d features", n)
	}
}
