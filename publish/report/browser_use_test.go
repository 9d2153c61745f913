package report_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sparkless/publish/report"
	"sparkless/publish/report/browser"
)

const suspectNames = ".row .opener .name"

// Each column sorts both ways, in the order that Go finds; equals stay as they were.
func testSorts(t *testing.T, v *viewer) {
	p := v.open(t, "day", wide)
	findings := reports(t)["day"].Days[0].Findings
	down := func(n int) int { return -n }
	orders := map[string]func(a, b report.Finding) int{
		"score": func(a, b report.Finding) int { return down(cmp.Compare(a.Score, b.Score)) },
		"suspect": func(a, b report.Finding) int {
			return cmp.Compare(a.PotentiallyMaliciousProcess, b.PotentiallyMaliciousProcess)
		},
		"imitated":   func(a, b report.Finding) int { return cmp.Compare(a.NormalProcess, b.NormalProcess) },
		"similarity": func(a, b report.Finding) int { return down(cmp.Compare(a.AnomalyScore, b.AnomalyScore)) },
		"events":     func(a, b report.Finding) int { return down(cmp.Compare(a.MaliciousCount, b.MaliciousCount)) },
		"hosts":      func(a, b report.Finding) int { return down(cmp.Compare(a.HostCount, b.HostCount)) },
		"first":      func(a, b report.Finding) int { return cmp.Compare(a.FirstSeen, b.FirstSeen) },
		"technique":  func(a, b report.Finding) int { return cmp.Compare(fmt.Sprint(a.Techniques), fmt.Sprint(b.Techniques)) },
	}
	if heads := p.Count("thead th[data-key]"); heads != len(orders) {
		t.Errorf("%d columns, want %d", heads, len(orders))
	}
	p.Click(`th[data-key="suspect"] button`) // the table starts by score; a first click on it would turn the order
	for key, order := range orders {
		for turned := range 2 {
			if key != "suspect" || turned > 0 {
				p.Click(`th[data-key="` + key + `"] button`)
			}
			sorted := slices.Clone(findings)
			slices.SortStableFunc(sorted, func(a, b report.Finding) int {
				if turned > 0 {
					return -order(a, b)
				}
				return order(a, b)
			})
			if got := p.Texts(suspectNames); !slices.Equal(got, suspects(sorted)) {
				t.Errorf("%s, turned %d times:\n%q, want\n%q", key, turned, got, suspects(sorted))
			}
			var said []string
			p.Eval(`[...document.querySelectorAll("th[aria-sort]")].map((e) => e.dataset.key + " " + e.getAttribute("aria-sort"))`, &said)
			descending := (key == "score" || key == "similarity" || key == "events" || key == "hosts") != (turned > 0)
			if want := key + map[bool]string{true: " descending", false: " ascending"}[descending]; len(said) != 1 || said[0] != want {
				t.Errorf("aria-sort says %q, want %s", said, want)
			}
		}
		p.Click(`th[data-key="suspect"] button`)
	}
}

// Text, severity and technique narrow the table down; Escape and a button widen it.
func testFilters(t *testing.T, v *viewer) {
	p := v.open(t, "day", wide)
	findings := reports(t)["day"].Days[0].Findings
	p.Press("/")
	p.Press(kb.Escape) // this driver types the slash, too
	for _, c := range []struct {
		text string
		fits func(report.Finding) bool
	}{
		{"SVCHOST", func(f report.Finding) bool { return holds(f, "svchost") }},
		{"u+202e", func(f report.Finding) bool { return holds(f, "\u202e") }},
		{`c:\perflogs`, func(f report.Finding) bool { return holds(f, `c:\perflogs`) }},
		{"srv-", func(f report.Finding) bool { return holds(f, "srv-") }},
		{"/update", func(f report.Finding) bool { return holds(f, "/update") }},
	} {
		p.Press(c.text)
		var want []report.Finding
		for _, f := range findings {
			if c.fits(f) {
				want = append(want, f)
			}
		}
		if got := p.Texts(suspectNames); len(want) == 0 || !slices.Equal(got, suspects(want)) {
			t.Errorf("%s: %q, want %q", c.text, got, suspects(want))
		}
		if said := p.Texts("[role=status]")[0]; said != fmt.Sprintf("%d of 29 findings", len(want)) {
			t.Errorf("%s: it says %q", c.text, said)
		}
		p.Press(kb.Escape)
	}
	p.Press("nobody")
	if got := p.Texts(".findings tbody tr"); len(got) != 1 || got[0] != "No finding fits the filters." {
		t.Errorf("no finding: %q", got)
	}
	p.Click(".said-line button")
	testToggles(t, p)
}

// holds tells whether a text stands in what a search looks at.
func holds(f report.Finding, text string) bool {
	parts := append([]string{f.PotentiallyMaliciousProcess, f.NormalProcess, f.Scope}, append(f.Reasons, f.AlsoLike...)...)
	for _, list := range [][]report.Tally{f.Paths, f.Hosts, f.Parents, f.Accounts, f.CommandLines} {
		for _, tally := range list {
			parts = append(parts, tally.Value)
		}
	}
	return slices.ContainsFunc(parts, func(s string) bool { return strings.Contains(strings.ToLower(s), text) })
}

func testToggles(t *testing.T, p *browser.Page) {
	t.Helper()
	high := `[data-severity="High"]`
	for _, c := range []struct {
		click string
		rows  int
		press string
	}{{high, 12, "true false"}, {`[data-severity="Medium"]`, 29, "true true"}, {high, 17, "false true"}} {
		p.Click(c.click)
		var pressed []string
		p.Eval(`[...document.querySelectorAll("[data-severity]")].map((e) => e.getAttribute("aria-pressed"))`, &pressed)
		if n := p.Count(".row"); n != c.rows || strings.Join(pressed, " ") != c.press {
			t.Errorf("after a click on %s: %d rows, pressed %q", c.click, n, pressed)
		}
	}
	p.Eval(`(() => { const s = document.querySelector("#technique"); s.value = "T1036.002"; s.dispatchEvent(new Event("change")); })()`, nil)
	if n := p.Count(".row"); n != 0 {
		t.Errorf("%d rows of medium severity with a direction override", n)
	}
	p.Click(".said-line button")
	if n := p.Count(".row"); n != 29 || p.Count(`[aria-pressed="true"]`) != 0 {
		t.Errorf("%d rows after clearing", n)
	}
}

// focused is what has the focus, and whether one sees that.
type focused struct {
	Is      string
	Outline float64
	Inside  bool
}

func focus(p *browser.Page) (f focused) {
	p.Eval(`(() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
		return { Is: e.className || e.id || e.tagName, Outline: s.outlineStyle === "none" ? 0 : parseFloat(s.outlineWidth), Inside: b.bottom > 0 && b.top < innerHeight && b.right > 0 && b.left < innerWidth }; })()`, &f)
	return f
}

// All can be done by keys alone, and one sees where one is.
func testKeyboard(t *testing.T, v *viewer) {
	p := v.open(t, "day", wide)
	p.Press(kb.Tab)
	if f := focus(p); f.Is != "skip" || !f.Inside {
		t.Errorf("first there is %+v", f)
	}
	p.Press(kb.Enter)
	for range 60 {
		p.Press(kb.Tab)
		if f := focus(p); f.Outline < 2 || !f.Inside {
			t.Errorf("the focus is not to be seen: %+v", f)
		} else if f.Is == "opener" {
			break
		}
	}
	rows := []struct {
		key      string
		row      int
		expanded bool
		details  int
	}{
		{kb.Enter, 0, true, 1}, {kb.Enter, 0, false, 0}, {" ", 0, true, 1}, {kb.ArrowDown, 1, false, 1}, {kb.ArrowDown, 2, false, 1}, {" ", 2, true, 2},
		{kb.ArrowUp, 1, false, 2}, {kb.End, 28, false, 2}, {kb.ArrowDown, 28, false, 2}, {kb.Home, 0, true, 2}, {kb.Escape, 0, false, 1}, {kb.Escape, 0, false, 1},
	}
	for i, c := range rows {
		p.Press(c.key)
		var at struct {
			Row      int
			Expanded string
		}
		p.Eval(`({ Row: [...document.querySelectorAll(".opener")].indexOf(document.activeElement), Expanded: document.activeElement.getAttribute("aria-expanded") })`, &at)
		if n := p.Count(".detail"); at.Row != c.row || at.Expanded != fmt.Sprint(c.expanded) || n != c.details {
			t.Fatalf("key %d: %+v with %d open, want %+v", i, at, n, c)
		}
	}
	p.Press(kb.ArrowDown + kb.ArrowDown + kb.Tab) // into the evidence that is open
	if f := focus(p); f.Is == "opener" || f.Outline < 2 {
		t.Errorf("within the evidence: %+v", f)
	}
	p.Press(kb.Escape)
	if f := focus(p); f.Is != "opener" || p.Count(".detail") != 0 {
		t.Errorf("after Escape: %+v", f)
	}
}

// A click on a row opens it, another closes it; text in it can be selected.
func testMouse(t *testing.T, v *viewer) {
	for _, view := range []browser.View{wide, phone} {
		p := v.open(t, "day", view)
		for i, want := range []int{1, 0} {
			p.Click(".row .c-events")
			if n := p.Count(".detail"); n != want {
				t.Errorf("%d details after click %d", n, i+1)
			}
		}
		p.Click(".row .opener")
		if n := p.Count(".detail"); n != 1 {
			t.Errorf("%d details after a click on the name", n)
		}
		p.Eval(`getSelection().selectAllChildren(document.querySelector(".row .path"))`, nil)
		p.Eval(`document.querySelector(".row .path").click()`, nil)
		if n := p.Count(".detail"); n != 1 {
			t.Error("the row closed under a selection")
		}
	}
}

// The link of a finding opens it, whatever is filtered.
func testLink(t *testing.T, v *viewer) {
	p := v.open(t, "day", wide)
	f := reports(t)["day"].Days[0].Findings[20]
	p.Press("/ctfmon")
	p.Eval("void (location.hash = '"+f.FindingId+"')", nil)
	p.Look(wide)
	if got := p.Texts(`.opener[aria-expanded="true"] .name`); !slices.Equal(got, suspects([]report.Finding{f})) {
		t.Errorf("%q are open", got)
	}
	if at := focus(p); at.Is != "opener" || !at.Inside {
		t.Errorf("the focus is at %+v", at)
	}
}
