package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// The kinds of impostor. The notebook's rule can catch the first nine, one edit
// in a name that is long enough, and none of the others but a changed Extension
// of a name of twenty letters or more.
const (
	Transposition   = "transposition"    // scvhost.exe
	Digit           = "digit"            // svch0st.exe
	Omission        = "omission"         // svhost.exe
	Repetition      = "repetition"       // svchosst.exe
	Insertion       = "insertion"        // svchoost.exe, svchostx.exe
	Replacement     = "replacement"      // svchast.exe
	LetterL         = "letter-l"         // expIorer.exe, with a capital I
	Homoglyph       = "homoglyph"        // one Cyrillic letter
	TrailingSpace   = "trailing-space"   // "svchost.exe "
	ShortStem       = "short-stem"       // lsas.exe: one edit in five letters or fewer
	Homoglyphs      = "homoglyphs"       // all letters Cyrillic that can be
	DoubleExtension = "double-extension" // svchost.exe.scr
	Bidi            = "bidi"             // a right-to-left override hides the extension
	Extension       = "extension"        // svchost.com
	Affix           = "affix"            // svchost_x64.exe
	WrongFolder     = "wrong-folder"     // the very name, from elsewhere
)

// planted is the order in which kinds are planted, over and over: about six
// of ten can be caught by the notebook's rule.
func planted() []string {
	return []string{
		Transposition, Digit, ShortStem, Omission, Insertion, DoubleExtension, Replacement, LetterL,
		WrongFolder, Homoglyph, Transposition, Bidi, Repetition, Digit, Homoglyphs, TrailingSpace,
		ShortStem, Replacement, Extension, Omission, Affix, Insertion,
	}
}

// targets are the names worth imitating, best first.
const targets = `svchost.exe explorer.exe lsass.exe csrss.exe services.exe winlogon.exe wininit.exe taskhostw.exe
	rundll32.exe dllhost.exe conhost.exe powershell.exe cmd.exe chrome.exe msedge.exe smss.exe dwm.exe spoolsv.exe
	RuntimeBroker.exe SearchIndexer.exe OUTLOOK.EXE WINWORD.EXE OneDrive.exe Teams.exe msiexec.exe MsMpEng.exe
	WmiPrvSE.exe backgroundTaskHost.exe SearchProtocolHost.exe LogonUI.exe userinit.exe sihost.exe fontdrvhost.exe
	wscript.exe ctfmon.exe GoogleUpdate.exe smartscreen.exe MicrosoftEdgeUpdate.exe`

// classics are impostors that analysts know; each second choice is one of them.
func classics() map[string][]string {
	return map[string][]string{
		Transposition: {"scvhost.exe svchost.exe", "exlporer.exe explorer.exe", "serivces.exe services.exe", "winolgon.exe winlogon.exe"},
		Digit:         {"svch0st.exe svchost.exe", "exp1orer.exe explorer.exe", "w1nlogon.exe winlogon.exe", "serv1ces.exe services.exe"},
		Omission:      {"svhost.exe svchost.exe", "explorr.exe explorer.exe", "servics.exe services.exe"},
		Repetition:    {"svchosst.exe svchost.exe", "explorrer.exe explorer.exe", "winnlogon.exe winlogon.exe"},
		Insertion:     {"svchosts.exe svchost.exe", "iexplorer.exe explorer.exe", "rundll322.exe rundll32.exe"},
		Replacement:   {"svcnost.exe svchost.exe", "winlogin.exe winlogon.exe", "rundll31.exe rundll32.exe"},
		ShortStem:     {"lsas.exe lsass.exe", "cssrs.exe csrss.exe", "lssas.exe lsass.exe", "crss.exe csrss.exe", "cmb.exe cmd.exe", "Isass.exe lsass.exe"},
		LetterL:       {"expIorer.exe explorer.exe", "wlnlogon.exe winlogon.exe"},
	}
}

// earlierImpostors are those of a day before: of those to come, each fourth has been
// there for some days; and a few that do not come again.
func (g *generator) earlierImpostors(rng *rand.Rand, toCome []*program, common []*program) []*program {
	var list []*program
	for i, p := range toCome {
		if i%4 == 0 && g.cfg.Earlier <= 1+i/4%4 {
			list = append(list, p)
		}
	}
	return append(list, g.newImpostors(rng, common, g.cfg.Impostors/10)...)
}

// newImpostors draws n names that imitate one of common.
func (g *generator) newImpostors(rng *rand.Rand, common []*program, n int) []*program {
	d := &disguise{rng: rng, g: g, classics: classics()}
	for _, name := range strings.Fields(targets) {
		if slices.ContainsFunc(common, func(p *program) bool { return p.base == name }) {
			d.targets = append(d.targets, name)
		}
	}
	var list []*program
	kinds := planted()
	for i := 0; len(list) < n; i++ {
		if imp := d.draw(kinds[i%len(kinds)], i); imp != nil {
			list = append(list, g.newImpostor(rng, imp))
		}
	}
	return list
}

// disguise draws impostors.
type disguise struct {
	rng      *rand.Rand
	g        *generator
	targets  []string
	classics map[string][]string
}

// draw invents the i-th impostor, of the given kind; nil if the name it came
// upon is taken or does not exist.
func (d *disguise) draw(kind string, i int) *Impostor {
	imp := &Impostor{Kind: kind, Count: 1}
	if c := d.classics[kind]; len(c) > 0 && i%2 == 0 {
		k := d.rng.IntN(len(c))
		imp.Name, imp.Imitates, _ = strings.Cut(c[k], " ")
		d.classics[kind] = slices.Delete(c, k, k+1)
	} else {
		imp.Imitates = pick(d.rng, d.targets)
		imp.Name = d.alter(kind, imp.Imitates)
		if d.rng.IntN(5) == 0 {
			imp.Count = 2 // no longer rare, so that the notebook's rule is blind to it
		}
	}
	if imp.Name == "" || !slices.Contains(d.targets, imp.Imitates) {
		return nil
	}
	if kind != WrongFolder && !d.g.claim(strings.ToLower(imp.Name)) {
		return nil
	}
	imp.Process = strings.ToLower(imp.Name)
	imp.Similarity, imp.Passes = similarity(imp.Process, strings.ToLower(imp.Imitates))
	return imp
}

// alter changes name in the manner of kind; "" if it does not lend itself.
func (d *disguise) alter(kind, name string) string {
	stem, ext, _ := cutExtension(name)
	if isOneEdit(kind) && len(stem) < 7 || kind == ShortStem && len(stem) > 5 {
		return ""
	}
	switch kind {
	case TrailingSpace:
		return name + " "
	case DoubleExtension:
		return name + pick(d.rng, []string{".scr", ".exe", ".com"})
	case Bidi:
		return stem + "\u202e" + pick(d.rng, []string{"fdp", "gpj", "xcod"}) + ext
	case Extension:
		return stem + pick(d.rng, []string{".com", ".scr", ".pif"})
	case Affix:
		return stem + pick(d.rng, []string{"_x64", "-helper", "Update", "32svc"}) + ext
	case WrongFolder:
		return name
	case Homoglyph:
		return d.swap(stem, cyrillic, 1) + ext
	case Homoglyphs:
		return d.swap(stem, cyrillic, len(stem)) + ext
	case ShortStem:
		kind = pick(d.rng, []string{Transposition, Omission, Repetition, Replacement, Digit})
	}
	if stem = d.edit(kind, stem); stem == "" {
		return ""
	}
	return stem + ext
}

func isOneEdit(kind string) bool {
	switch kind {
	case Transposition, Digit, Omission, Repetition, Insertion, Replacement, LetterL, Homoglyph:
		return true
	}
	return false
}

// edit makes one edit, never of the first letter, which the eye checks.
func (d *disguise) edit(kind, stem string) string {
	i := 1 + d.rng.IntN(len(stem)-1)
	letter := string(rune('a' + d.rng.IntN(26)))
	switch kind {
	case Transposition:
		if i+1 == len(stem) || stem[i] == stem[i+1] {
			return ""
		}
		return stem[:i] + stem[i+1:i+2] + stem[i:i+1] + stem[i+2:]
	case Omission:
		return stem[:i] + stem[i+1:]
	case Repetition:
		return stem[:i] + stem[i:i+1] + stem[i:]
	case Insertion:
		return stem[:i] + letter + stem[i:]
	case Replacement:
		return stem[:i] + letter + stem[i+1:]
	case Digit:
		return d.swap(stem, "o0O0l1i1e3s5", 1)
	default: // LetterL
		return d.swap(stem, "lIIlil", 1)
	}
}

// cyrillic pairs Latin letters with Cyrillic ones of the same look.
const cyrillic = "aаcсeеoоpрxхyуsѕiіEЕOОTТMМ"

// swap replaces up to n letters of stem by their partners in pairs, one at a
// random place if n is 1; "" if there is none to replace.
func (d *disguise) swap(stem, pairs string, n int) string {
	partner := map[rune]rune{}
	for p := []rune(pairs); len(p) > 1; p = p[2:] {
		partner[p[0]] = p[1]
	}
	letters := []rune(stem)
	var places []int
	for i, r := range letters {
		if partner[r] != 0 {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return ""
	}
	if n == 1 {
		k := d.rng.IntN(len(places))
		places = places[k : k+1]
	}
	for _, i := range places {
		letters[i] = partner[letters[i]]
	}
	return string(letters)
}

// newImpostor makes a program of imp: a folder that everyone may write to, a
// parent that opens what people send or runs what is sent to a server, a
// harmless command line.
func (g *generator) newImpostor(rng *rand.Rand, imp *Impostor) *program {
	dir := pick(rng, []string{
		`C:\Users\Public\`, `C:\Users\Public\Libraries\`, roam, roam + `Microsoft\`, local + `Temp\`,
		`C:\Users\{user}\Downloads\`, pdata, pdata + string(appendHex(nil, rng.Uint64(), 6)) + `\`,
		`C:\Windows\Temp\`, `C:\Windows\Fonts\`, `C:\PerfLogs\`, `C:\Intel\Logs\`,
	})
	on, parents := wks, "WINWORD.EXE EXCEL.EXE OUTLOOK.EXE explorer.exe wscript.exe powershell.exe cmd.exe mshta.exe rundll32.exe"
	if rng.IntN(5) == 0 {
		on, parents = srv, "w3wp.exe powershell.exe cmd.exe wsmprovhost.exe WmiPrvSE.exe rundll32.exe"
	}
	command := pick(rng, []string{
		`"{path}"`, `{path}`, `"{path}" /silent`, `"{path}" -k netsvcs`, `"{path}" -k {svc}`,
		`"{path}" --config C:\ProgramData\{hex}.dat`, `"{path}" /update https://{site}/feed/{hex}`,
	})
	p := &program{base: imp.Name, impostor: imp}
	p.shape = newShape(entry{dirs: dir, who: usr, on: on, commands: command})
	p.shape.parents = g.parentsOf(pick(rng, strings.Fields(parents)))
	return p
}

// record notes that the impostor of p was seen on a host.
func (imp *Impostor) record(s *scene) {
	imp.Hosts = insertSorted(imp.Hosts, s.on.fqdn)
	imp.Paths = insertSorted(imp.Paths, unquote(s.path))
}

// unquote takes back quote.
func unquote(escaped []byte) string {
	return strings.ReplaceAll(string(escaped), `\\`, `\`)
}

func insertSorted(list []string, s string) []string {
	i, found := slices.BinarySearch(list, s)
	if found {
		return list
	}
	return slices.Insert(list, i, s)
}

// String is a one-line account for messages.
func (imp Impostor) String() string {
	return fmt.Sprintf("%+q imitates %s (%s, seen %d times)", imp.Name, imp.Imitates, imp.Kind, imp.Count)
}
