package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparkless/publish/report"
	"sparkless/publish/report/browser"
)

// pictures is where screenshots are left to be looked at.
const pictures = "../../out/screenshots"

var (
	wide   = browser.View{Width: 1280, Height: 900}
	middle = browser.View{Width: 768, Height: 900}
	phone  = browser.View{Width: 360, Height: 740, Phone: true}
)

func dark(v browser.View) browser.View {
	v.Dark = true
	return v
}

// viewer shows the reports of the fixtures in one browser.
type viewer struct {
	b   *browser.Browser
	dir string
}

// open shows a report, and expects that it behaves until the test t ends.
func (v *viewer) open(t *testing.T, name string, view browser.View) *browser.Page {
	t.Helper()
	p := v.b.Open(t, filepath.Join(v.dir, name+".html"), view)
	t.Cleanup(func() {
		for _, m := range p.Messages() {
			t.Errorf("%s: %s", name, m)
		}
	})
	return p
}

// TestInBrowser looks at reports in a real browser.
func TestInBrowser(t *testing.T) {
	v := &viewer{b: browser.Start(t), dir: t.TempDir()}
	for name, d := range reports(t) {
		if err := os.WriteFile(filepath.Join(v.dir, name+".html"), []byte(written(t, d)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		run  func(*testing.T, *viewer)
	}{
		{"behaves", testBehaves},
		{"pictures", testPictures},
		{"sorts", testSorts},
		{"filters", testFilters},
		{"keyboard", testKeyboard},
		{"mouse", testMouse},
		{"evidence", testEvidence},
		{"charts", testCharts},
		{"range", testRange},
		{"fits", testFits},
		{"accessible", testAccessible},
		{"contrast", testContrast},
		{"prints", testPrints},
		{"hostile", testHostile},
		{"large", testLarge},
		{"link", testLink},
		{"empty", testEmpty},
		{"no script", testNoScript},
		{"tabs", testTabs},
		{"addresses", testAddresses},
		{"hunts", testHunts},
		{"hunt's evidence", testHuntEvidence},
		{"hunt's range", testHuntRange},
		{"plots", testPlots},
		{"scatter", testScatter},
		{"numbers", testNumbers},
		{"many points", testManyPoints},
		{"prints tabs", testPrintsTabs},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, v) })
	}
	for _, line := range v.b.Asked() {
		t.Errorf("the network was asked: %s", line)
	}
}

// Every report has a title, a verdict and its sections, and says nothing in the console.
func testBehaves(t *testing.T, v *viewer) {
	for name, d := range reports(t) {
		p := v.open(t, name, wide)
		var title, lang string
		p.Eval("document.title", &title)
		p.Eval("document.documentElement.lang", &lang)
		if first := append(dates(d), "")[0]; !strings.HasPrefix(title, "sparkless report "+first) || lang != "en" {
			t.Errorf("%s: title %q, language %q", name, title, lang)
		}
		if n := p.Count("h1"); n != 1 || p.Texts("h1")[0] != verdicts[name] {
			t.Errorf("%s: %d verdicts: %q", name, n, p.Texts("h1"))
		}
		if len(d.Hunts)+min(len(d.Days), 1) > 1 {
			continue // testTabs looks at those
		}
		if links, heads := p.Texts("nav a"), p.Texts("main h2"); strings.Join(links, "|") != strings.Join(heads, "|") || len(heads) < 3 {
			t.Errorf("%s: the links %q, the sections %q", name, links, heads)
		}
	}
}

// dates are the days of a report.
func dates(d report.Data) (all []string) {
	for _, day := range d.Days {
		all = append(all, day.Date)
	}
	for _, hunt := range d.Hunts {
		for _, day := range hunt.Days {
			all = append(all, day.Date)
		}
	}
	return all
}

// verdicts are what somebody reads who reads one line.
var verdicts = map[string]string{
	"day": "29 process names masquerade: 12 high, 17 medium.", "range": "29 process names masquerade: 12 high, 17 medium.",
	"pairs": "29 process names masquerade.", "quiet": "No process creation was read.", "hostile": "25 process names masquerade: 18 high.",
	"large": "5,000 process names masquerade: 2,076 high, 2,924 medium.",
	"hunts": "530 findings of 4 hunts: 18 high, 22 medium, 5 low, 485 informational.", "hunts-range": "20 findings of 2 hunts: 10 high, 10 medium.",
	"hunt": "12 findings: 5 high, 5 medium, 2 low.", "hunt-large": "12 findings: 5 high, 5 medium, 2 low.", "hunt-hostile": "25 findings of 2 hunts: 3 high, 3 medium, 4 low, 6 informational.",
}

// opening is JavaScript that opens the rows of these positions, or all without any.
func opening(rows ...int) string {
	if len(rows) == 0 {
		return "document.querySelectorAll('.opener[aria-expanded=\"false\"]').forEach((o) => o.click())"
	}
	return fmt.Sprintf("%s.map((i) => document.querySelectorAll('.opener')[i]).forEach((o) => o.click())", strings.ReplaceAll(fmt.Sprint(rows), " ", ","))
}

// Pictures are for people to look at; here they have to come about.
func testPictures(t *testing.T, v *viewer) {
	for _, c := range []struct {
		report string
		view   browser.View
		name   string
		open   []int
	}{
		{"day", wide, "day-1280", []int{1}}, {"day", dark(wide), "day-1280-dark", []int{1}}, {"day", middle, "day-768", []int{4}},
		{"day", phone, "day-360", []int{0}}, {"day", dark(phone), "day-360-dark", []int{3}},
		{"range", wide, "range-1280", []int{0}}, {"range", phone, "range-360", []int{0}}, {"quiet", wide, "quiet-1280", nil},
	} {
		p := v.open(t, c.report, c.view)
		if c.open != nil {
			p.Eval(opening(c.open...), nil)
			p.Look(c.view)
		}
		p.Screenshot(filepath.Join(pictures, c.name+".png"), c.name == "day-1280")
		if content, err := os.ReadFile(filepath.Join(pictures, c.name+".png")); err != nil || len(content) < 10000 {
			t.Errorf("%s: a picture of %d bytes: %v", c.name, len(content), err)
		}
	}
}

// told is how the page writes a name of the sample day.
func told(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "\u202e", "U+202E"), " ", "U+0020")
}

// suspects are the names of findings, as the page writes them.
func suspects(findings []report.Finding) (names []string) {
	for _, f := range findings {
		names = append(names, told(f.PotentiallyMaliciousProcess))
	}
	return names
}
