package rules

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"sparkless/publish/rules/rulestest"
)

func made(t testing.TB, findings ...Finding) []Rule {
	t.Helper()
	all, left := New(findings)
	if len(left) > 0 {
		t.Fatalf("left: %v", left)
	}
	return all
}

func sigmaOf(t testing.TB, findings ...Finding) []rulestest.Rule {
	t.Helper()
	text, err := Sigma(made(t, findings...))
	if err != nil {
		t.Fatal(err)
	}
	all, err := rulestest.Read(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return all
}

func matching(t *testing.T, r rulestest.Rule, image, parent string) bool {
	t.Helper()
	e := rulestest.Event{"Image": image, "ParentImage": parent}
	if parent == "" {
		delete(e, "ParentImage")
	}
	is, err := r.Matches(e)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

// A rule finds the very events that its finding is of.
func TestSigmaFindsTheFindingsOwnEvents(t *testing.T) {
	for _, f := range corpus() {
		r := sigmaOf(t, f)[0]
		for _, p := range f.Paths {
			if !matching(t, r, p.Value, `C:\Users\Public\run.exe`) {
				t.Errorf("%q: not found in %q", f.Name, p.Value)
			}
		}
	}
}

// What is asked of a name: the path, the parent, and whether it is an impostor.
func TestSigmaTellsImpostorsFromPrograms(t *testing.T) {
	const services = `C:\Windows\System32\services.exe`
	both := outside("svchost.exe", `C:\Windows\Temp\svchost.exe`)
	both.Evidence = append(both.Evidence, "parent")
	folder := outside("svchost.exe", `C:\Windows\Temp\svchost.exe`)
	kelvin := found("taskhost.exe", "taskhost.exe", "C:\\Windows\\Temp\\tas\u212Ahost.exe")
	store := outside("csrss.exe", `C:\Windows\WinSxS\a_b_c_d_e_f\deep\csrss.exe`)
	for _, c := range []struct {
		finding       Finding
		image, parent string
		want          bool
	}{
		{found("svch0st.exe", "svchost.exe"), `D:\any\SVCH0ST.exe`, services, true},
		{found("svch0st.exe", "svchost.exe"), `C:\Windows\System32\svchost.exe`, services, false},
		{found("svch0st.exe", "svchost.exe"), `C:\asvch0st.exe`, services, false},
		{folder, `C:\Users\bob\SvcHost.exe`, services, true},
		{folder, `\\files\public\svchost.exe`, services, true},
		{folder, `\Device\HarddiskVolume3\Users\svchost.exe`, services, true},
		{folder, `C:\Users\windows\system32\svchost.exe`, services, true},
		{folder, `C:\Windows\System32\svchost.exe`, `C:\Temp\evil.exe`, false},
		{folder, `d:\windows\SysArm32\svchost.exe`, services, false},
		{folder, `\Device\HarddiskVolume12\Windows\SysWOW64\svchost.exe`, services, false},
		{folder, `\??\C:\Windows\System32\svchost.exe`, services, false},
		{folder, `\SystemRoot\System32\svchost.exe`, services, false},
		{folder, `C:\Windows\WinSxS\amd64_a_b_c_d_e\svchost.exe`, services, false},
		{folder, `C:\ProgramData\Docker\windowsfilter\0a1b\Files\Windows\System32\svchost.exe`, services, false},
		{folder, `C:\ProgramData\Docker\windowsfilter\0a1b\Files\svchost.exe`, services, true},
		{folder, `C:\WINNT\System32\svchost.exe`, services, false},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, services, false},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, `services.exe`, false},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, ``, false},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, `-`, false},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, `D:\x\agent.exe`, false},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, `System`, false},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, `C:\Windows\System`, true},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, `C:\Windows\services.exe`, true},
		{fostered("svchost.exe"), `C:\Windows\System32\svchost.exe`, `C:\Windows\explorer.exe`, true},
		{both, `C:\Windows\System32\svchost.exe`, services, false},
		{both, `C:\Windows\svchost.exe`, services, true},
		{both, `C:\Windows\System32\svchost.exe`, `C:\x.exe`, true},
		{kelvin, "C:\\Temp\\tas\u212Ahost.exe", services, true},
		{kelvin, `C:\Windows\System32\taskhost.exe`, services, false},
		{found("\u017Fvchost.exe", "svchost.exe"), `C:\Windows\System32\svchost.exe`, services, false},
		{found("\u017Fvchost.exe", "svchost.exe"), "C:\\Windows\\\u017Fvchost.exe", services, true},
		{store, `C:\Windows\WinSxS\a_b_c_d_e_f\csrss.exe`, services, false},
	} {
		if got := matching(t, sigmaOf(t, c.finding)[0], c.image, c.parent); got != c.want {
			t.Errorf("%q (%v): %q under %q: %v", c.finding.Name, c.finding.Evidence, c.image, c.parent, got)
		}
		// Sigma has wildcards, the others have expressions: all say the same here.
		if got := made(t, c.finding)[0].finds(c.image, c.parent); got != c.want {
			t.Errorf("by expressions: %q (%v): %q under %q: %v", c.finding.Name, c.finding.Evidence, c.image, c.parent, got)
		}
	}
}

// An expression goes by elements of a path, as the homes do.
func TestExpressionsGoByElements(t *testing.T) {
	h := svchost().Homes
	for path, want := range map[string]bool{
		`C:\Windows\System32\csrss.exe`:                                              true,
		`C:\Windows\WinSxS\a_b_c_d_e_f\csrss.exe`:                                    true,
		`C:\Windows\WinSxS\a_b_c_d_e_f\deep\csrss.exe`:                               false,
		`C:\ProgramData\Docker\windowsfilter\0a\Files\Windows\System32\csrss.exe`:    true,
		`C:\ProgramData\Docker\windowsfilter\0a\1b\Files\Windows\System32\csrss.exe`: false,
		`C:\ProgramData\Docker\windowsfilter\0a\Files\Windows\SysArm32\csrss.exe`:    false,
		`C:\mount\mount\Windows\System32\csrss.exe`:                                  true,
		`C:\Users\bob\mount\Windows\System32\csrss.exe`:                              false,
		`\\?\C:\Windows\System32\csrss.exe`:                                          true,
		`\Device\VhdHardDisk{1}\Windows\System32\csrss.exe`:                          true,
		`\Device\CdRom0\Windows\System32\csrss.exe`:                                  false,
	} {
		if got := regexp.MustCompile(h.imageExpression("csrss.exe")).MatchString(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	// Sigma has no elements, and lets no copy through that anybody may make anywhere.
	if !matching(t, sigmaOf(t, outside("csrss.exe", `C:\x\csrss.exe`))[0], `C:\Users\bob\mount\Windows\System32\csrss.exe`, "") {
		t.Error("a folder called mount is enough for Sigma")
	}
	r := sigmaOf(t, fostered("wininit.exe"))[0]
	if is, err := r.Matches(rulestest.Event{"Image": `C:\Windows\System32\wininit.exe`, "ParentImage": ""}); is || err != nil {
		t.Errorf("an empty parent is odd: %v, %v", is, err)
	}
}

// A sighting is of when the events were.
func TestSightings(t *testing.T) {
	text, err := STIX(made(t, found("svch0st.exe", "svchost.exe", `C:\a\svch0st.exe`)))
	if err != nil {
		t.Fatal(err)
	}
	var b struct{ Objects []object }
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(b.Objects, func(o object) bool { return o.Type == "sighting" })
	if o := b.Objects[at]; o.FirstSeen != "2026-11-20T01:00:00.000Z" || o.LastSeen != "2026-11-20T02:00:00.000Z" || o.Count != 2 || o.Created != "2026-11-21T00:00:00.000Z" {
		t.Errorf("%+v", o)
	}
}

// finds applies the expressions that KQL and STIX have.
func (r *Rule) finds(image, parent string) bool {
	base := baseName(image)
	named := strings.ToLower(base) == r.Name && unsafeCase(base) == unsafeCase(r.Name)
	is := func(expression, s string) bool { return regexp.MustCompile(expression).MatchString(s) }
	return r.byName && named || slices.Contains(r.spelled, base) || slices.Contains(r.places, image) ||
		r.folder != nil && named && !is(r.folder.imageExpression(r.Name), image) ||
		r.fixed && named && parent != "" && parent != "-" && !is(parentExpression(r.parents), parent)
}

// One name is one rule, whatever the day, the order or the name that it imitates.
func TestOneRuleForAName(t *testing.T) {
	first, second := found("svch0st.exe", "svchost.exe", `C:\a\svch0st.exe`), found("svch0st.exe", "svchost.exe", `C:\b\svch0st.exe`)
	second.From, second.To, second.Score, second.Reasons = day(22), day(23), 85, []string{"later"}
	other := found("svch0st.exe", "svchosts.exe")
	rules := made(t, second, other, first, first)
	if len(rules) != 1 || len(rules[0].IDs) != 2 || len(rules[0].Days) != 3 {
		t.Fatalf("%+v", rules)
	}
	r := sigmaOf(t, second, other, first)[0]
	if r.Date != "2026-11-20" || r.Modified != "2026-11-22" || !strings.HasPrefix(r.Description, "later. Findings mq-") {
		t.Errorf("%+v", r)
	}
	if alone := sigmaOf(t, first)[0]; alone.ID != r.ID || alone.Modified != "" {
		t.Errorf("%s is another rule than %s", alone.ID, r.ID)
	}
}

// A finding without anything to go by is said, and makes no rule of its name.
func TestNoRuleForAWindowsNameAlone(t *testing.T) {
	f := outside("svchost.exe", `C:\Windows\Temp\svchost.exe`)
	f.Paths, f.Evidence = nil, []string{"common-folder"}
	g := fostered("wininit.exe")
	g.Program = nil
	rules, left := New([]Finding{f, g})
	if len(rules) != 0 || len(left) != 2 {
		t.Errorf("%v, %v", rules, left)
	}
}

func TestOrderOfFindingsDoesNotMatter(t *testing.T) {
	all := corpus()
	want := everything(t, all)
	r := rand.New(rand.NewPCG(5, 6))
	for range 4 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := everything(t, all); got != want {
			t.Fatal("another order makes other rules")
		}
	}
}

// everything is findings in all formats.
func everything(t testing.TB, findings []Finding) string {
	t.Helper()
	rules := made(t, findings...)
	sigma, err := Sigma(rules)
	if err != nil {
		t.Fatal(err)
	}
	stix, err := STIX(rules)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := Watchlist(rules)
	text := string(sigma) + string(stix) + string(list)
	for _, table := range Tables() {
		q, err := KQL(rules, table)
		if err != nil {
			t.Fatal(err)
		}
		text += q
	}
	return text
}

// Nothing that cannot be seen stands in a file, but in the keys of a watchlist.
func TestNothingUnseen(t *testing.T) {
	rules := made(t, corpus()...)
	sigma, _ := Sigma(rules)
	stix, _ := STIX(rules)
	query, _ := KQL(rules, Tables()[0])
	for _, text := range []string{string(sigma), string(stix), query} {
		for _, line := range strings.Split(text, "\n") {
			if strings.ContainsFunc(line, func(c rune) bool { return c < ' ' || c > '~' }) {
				t.Errorf("%q", line)
			}
		}
	}
}

// A name comes back from each format as it is.
func checkName(t *testing.T, name string) {
	t.Helper()
	if name == "" || name == "explorer.exe" || lower(name) != name || strings.ToValidUTF8(name, "") != name {
		return
	}
	rules := made(t, found(name, "explorer.exe"))
	sigma := sigmaOf(t, found(name, "explorer.exe"))[0]
	search := "selection"
	if unsafeCase(name) {
		search = "selection_spelling"
	}
	if got := sigma.Values(search, "Image"); !slices.Equal(got, []string{`\` + name}) {
		t.Errorf("sigma: %q, not %q", got, name)
	}
	query, err := KQL(rules, Tables()[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := literals(t, query); !slices.Contains(got, name) {
		t.Errorf("kql: %q is not in %q", name, got)
	}
	stix, err := STIX(rules)
	if err != nil {
		t.Fatal(err)
	}
	checkPattern(t, stix, name)
	list, left := Watchlist(rules)
	rows, err := csv.NewReader(bytes.NewReader(list)).ReadAll()
	if err != nil || len(rows)+len(left) != 2 || len(left) == 0 && rows[1][0] != `\`+name {
		t.Errorf("watchlist: %q, %v, %v", rows, left, err)
	}
	if want := regexp.MustCompile(`[\x00-\x1f\x7f-\x9f]`).MatchString(name) || unsafeCase(name); want != (len(left) == 1) {
		t.Errorf("watchlist: %q is left: %v", name, left)
	}
}

// checkPattern reads the first indicator's pattern.
func checkPattern(t *testing.T, text []byte, name string) {
	t.Helper()
	var b struct{ Objects []object }
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(b.Objects, func(o object) bool { return o.Type == "indicator" })
	found := regexp.MustCompile(`^\[process:image_ref\.name (MATCHES|=) '((?s:.*))'\]$`).FindStringSubmatch(b.Objects[at].Pattern)
	if found == nil {
		t.Fatalf("stix: %q", b.Objects[at].Pattern)
	}
	literal := regexp.MustCompile(`(?s)\\(.)`).ReplaceAllString(found[2], "$1")
	if found[1] == "=" {
		if literal != name {
			t.Errorf("stix: %q, not %q", literal, name)
		}
		return
	}
	if e := regexp.MustCompile("(?s)" + literal); !e.MatchString(name) || e.MatchString(name+"x") || e.MatchString("x"+name) {
		t.Errorf("stix: %q does not tell %q", literal, name)
	}
}

// literals reads the string literals of a query as KQL does.
func literals(t *testing.T, query string) (all []string) {
	t.Helper()
	for _, line := range strings.Split(query, "\n") {
		if strings.HasPrefix(line, "//") {
			continue
		}
		for _, found := range regexp.MustCompile(`@"((?:[^"]|"")*)"|"((?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(line, -1) {
			if strings.HasPrefix(found[0], "@") {
				all = append(all, strings.ReplaceAll(found[1], `""`, `"`))
				continue
			}
			all = append(all, unescaped(t, found[2]))
		}
	}
	return all
}

func unescaped(t *testing.T, text string) string {
	t.Helper()
	var units []uint16
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && text[i+1] == 'u':
			n, err := strconv.ParseUint(text[i+2:i+6], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			units, i = append(units, uint16(n)), i+5
		case text[i] == '\\':
			i++
			units = append(units, uint16(text[i]))
		default:
			r := []rune(text[i:])[0]
			units, i = append(units, utf16.Encode([]rune{r})...), i+len(string(r))-1
		}
	}
	return string(utf16.Decode(units))
}

func TestNamesComeBack(t *testing.T) {
	for _, name := range hostileNames() {
		checkName(t, name)
	}
	alphabet := []rune("ab.\\*?'\"`;=+-@,#:%{}[]()|<>&!~ \t\n\r\x00\x1b\u007f\u0085\u200b\u202e\u2028\ufeff\u017f\u0131é\u0301\u043e\U0001F600\U000E0041")
	r := rand.New(rand.NewPCG(7, 8))
	for range 250 {
		var name []rune
		for range 1 + r.IntN(8) {
			name = append(name, alphabet[r.IntN(len(alphabet))])
		}
		checkName(t, string(name))
	}
}

func FuzzNamesComeBack(f *testing.F) {
	for _, name := range hostileNames() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) { checkName(t, lower(name)) })
}

// No cell of a watchlist begins a formula, and its key begins with a backslash.
func TestWatchlistIsHarmlessInASpreadsheet(t *testing.T) {
	list, _ := Watchlist(made(t, corpus()...))
	rows, err := csv.NewReader(bytes.NewReader(list)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if !strings.HasPrefix(row[0], `\`) {
			t.Errorf("the key %q", row[0])
		}
		for _, cell := range row[1:] {
			if regexp.MustCompile(`(^|;)[ "]*[=+\-@]`).MatchString(cell) {
				t.Errorf("the cell %q", cell)
			}
		}
	}
}

// Without findings each format is one that its reader takes.
func TestNoFindings(t *testing.T) {
	sigma, err := Sigma(nil)
	if all, bad := rulestest.Read(sigma); err != nil || bad != nil || len(all) != 0 {
		t.Errorf("%v, %v, %v", all, err, bad)
	}
	list, _ := Watchlist(nil)
	if rows, err := csv.NewReader(bytes.NewReader(list)).ReadAll(); err != nil || len(rows) != 1 {
		t.Errorf("%q, %v", rows, err)
	}
	stix, err := STIX(nil)
	if err != nil || !json.Valid(stix) {
		t.Errorf("%s, %v", stix, err)
	}
	if _, err := KQL(nil, "Heartbeat"); err == nil {
		t.Error("any table will do")
	}
}
