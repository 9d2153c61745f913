package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sparkless/publish/anomaly"
	"sparkless/publish/report/browser"
)

// shownTab is which tab is selected, which panels are shown, and what the address says.
func shownTab(p *browser.Page) string {
	var s struct {
		Tabs, Panels []string
		Hash         string
	}
	p.Eval(`({ Tabs: [...document.querySelectorAll('[role=tab][aria-selected="true"][tabindex="0"]')].map((e) => e.id),
		Panels: [...document.querySelectorAll('[role=tabpanel]:not([hidden])')].map((e) => e.id), Hash: location.hash })`, &s)
	return strings.Join(s.Tabs, ",") + " " + strings.Join(s.Panels, ",") + " " + s.Hash
}

// Tabs are chosen by the mouse and by keys, one at a time, and each has its sections.
func testTabs(t *testing.T, v *viewer) {
	p := v.open(t, "hunts", wide)
	if got := shownTab(p); got != "tab-names hunt-names " {
		t.Errorf("at first: %s", got)
	}
	if n := p.Count(`[role=tablist][aria-label] > [role=tab][aria-controls]`); n != 4 || p.Count("h1") != 1 {
		t.Errorf("%d tabs", n)
	}
	failed := []string{"Programs, Sign-ins on 2026-11-18 to 2026-11-19: the container is not there", "Files on 2026-11-20: not authorised"}
	if got := p.Texts("header #failed li, #head #failed li"); !slices.Equal(got, failed) {
		t.Errorf("without a result are %q, want %q", got, failed)
	}
	p.Click("#tab-programs")
	for _, c := range []struct{ key, want string }{
		{"", "programs"}, {kb.ArrowRight, "traffic"}, {kb.ArrowRight, "names"}, {kb.ArrowLeft, "traffic"}, {kb.Home, "names"}, {kb.End, "traffic"}, {kb.ArrowLeft, "programs"},
	} {
		if c.key != "" {
			p.Press(c.key)
		}
		if got, want := shownTab(p), fmt.Sprintf("tab-%s hunt-%s #%s", c.want, c.want, c.want); got != want {
			t.Errorf("after %q: %s, want %s", c.key, got, want)
		}
		if at := focus(p); c.key != "" && (at.Is != "tab "+tabClasses[c.want] || at.Outline < 2 || !at.Inside) {
			t.Errorf("after %q the focus is at %+v", c.key, at)
		}
	}
	for _, name := range []string{"names", "sign-ins", "programs", "traffic"} {
		panel := "#hunt-" + name
		links, heads := p.Texts(panel+" nav a"), p.Texts(panel+" section h2")
		if strings.Join(links, "|") != strings.Join(append(heads, "Settings"), "|") || len(heads) < 2 {
			t.Errorf("%s: the links %q, the sections %q", name, links, heads)
		}
	}
	if got := p.Texts("#hunt-programs .empty"); len(got) != 1 || !strings.Contains(got[0], "Nothing was found.No program was like no other.") {
		t.Errorf("without findings it says %q", got)
	}
	for _, name := range []string{"day", "hunt"} {
		if n := v.open(t, name, wide).Count("[role=tab], [role=tabpanel]"); n != 0 {
			t.Errorf("%s: %d tabs where there is one hunt", name, n)
		}
	}
}

// tabClasses are the severities of the tabs.
var tabClasses = map[string]string{"names": "sev-high", "sign-ins": "sev-high", "programs": "sev-none", "traffic": "sev-high"}

// The address leads to a tab, to a section in one, and to a finding.
func testAddresses(t *testing.T, v *viewer) {
	p := v.open(t, "hunts", wide)
	last := reports(t)["hunts"].Hunts[2].Days[0].Findings[499]
	names := reports(t)["hunts"].Days[0].Findings[20]
	for _, c := range []struct{ hash, tab, opened string }{
		{"traffic", "traffic", ""}, {"sign-ins-charts", "sign-ins", ""}, {"curve", "names", ""}, {last.FindingId, "traffic", last.Entity},
		{"programs", "programs", ""}, {names.FindingId, "names", told(names.PotentiallyMaliciousProcess)}, {"%E0%A4%A", "names", ""}, {"nobody", "names", ""}, {"hunt-sign-ins", "sign-ins", ""},
	} {
		p.Eval("void (location.hash = '#"+c.hash+"')", nil)
		p.Look(wide)
		if got := shownTab(p); !strings.HasPrefix(got, "tab-"+c.tab+" hunt-"+c.tab+" ") {
			t.Errorf("#%s leads to %s", c.hash, got)
		}
		if c.opened == "" {
			continue
		}
		if got := p.Texts("#hunt-" + c.tab + ` .opener[aria-expanded="true"] .name`); !slices.Equal(got, []string{c.opened}) {
			t.Errorf("#%s opens %q, not %q", c.hash, got, c.opened)
		}
		if at := focus(p); at.Is != "opener" || !at.Inside {
			t.Errorf("#%s: the focus is at %+v", c.hash, at)
		}
	}
}

// entities are the names of findings, in their order.
func entities(findings []anomaly.Finding) (names []string) {
	for _, f := range findings {
		names = append(names, f.Entity)
	}
	return names
}

// A hunt's findings are sorted, filtered and searched as those of names are, and tabs
// do not mix.
func testHunts(t *testing.T, v *viewer) {
	p := v.open(t, "hunts", wide)
	findings := reports(t)["hunts"].Hunts[2].Days[0].Findings
	p.Click("#tab-traffic")
	rows := "#hunt-traffic " + suspectNames
	if got := p.Texts(rows); !slices.Equal(got, entities(findings[:50])) {
		t.Errorf("the first are %q", got)
	}
	p.Click(`#hunt-traffic th[data-key="events"] button`)
	p.Click(`#hunt-traffic th[data-key="events"] button`)
	turned := slices.Clone(findings)
	slices.Reverse(turned)
	if got := p.Texts(rows); !slices.Equal(got, entities(turned[:50])) {
		t.Errorf("by the fewest events the first are %q", got)
	}
	p.Press("/") // this driver types the slash, too
	p.Press(kb.Escape + "USER123")
	if got := p.Texts(rows); !slices.Equal(got, []string{`CONTOSO\user123`}) {
		t.Errorf("a search finds %q", got)
	}
	p.Press(kb.Escape)
	p.Click(`#hunt-traffic [data-severity="Medium"]`)
	if got := p.Texts("#hunt-traffic [role=status]")[0]; got != "5 of 500 findings" || p.Count("#hunt-traffic .row") != 5 || p.Count("#hunt-names .row") != 29 {
		t.Errorf("of medium severity: %q", got)
	}
	if got := p.Texts("#hunt-traffic .tiles dd"); fmt.Sprint(got) != "[30,000 83.3 MB 2 of 24 1,500 1 3 days]" {
		t.Errorf("the numbers are %q", got)
	}
}

// What a finding opens to has all that is known of it.
func testHuntEvidence(t *testing.T, v *viewer) {
	p := v.open(t, "hunts", wide)
	p.Click("#tab-sign-ins")
	p.Click("#hunt-sign-ins .opener")
	if got := fmt.Sprint(p.Texts("#sign-ins-notes p")); got != "[Half of the accounts are new: the model is older than they are.]" {
		t.Errorf("the notes are %q", got)
	}
	text := p.Texts("#hunt-sign-ins .detail")[0]
	f := reports(t)["hunts"].Hunts[0].Days[0].Findings[0]
	want := []string{f.Description, f.FindingId, f.SourceDevice, f.Tactics[0], "T1110.003 Password Spraying", "T1078", "02:11:09", "05:47:31", "Seen on 17 of 21 earlier days, first on 2026-10-30.",
		"4625 from 10.1.2.4 at 02:12", "12.25", "−0.4", "2, 3, 4, 5", "false", "0.990"}
	for _, r := range f.AnomalyReasons {
		want = append(want, r.Name, r.Value, r.Usual, r.Why, fmt.Sprintf("%.0f %%", r.Weight*100))
	}
	for _, e := range f.Entities {
		want = append(want, e.Value)
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in\n%s", w, text)
		}
	}
	if got := p.Texts("#hunt-sign-ins .reasons-table thead th"); fmt.Sprint(got) != "[Reason Actual Usual Share Why]" {
		t.Errorf("the reasons have %q", got)
	}
}

// A range shows a finding once, with all its days, and the charts of the day chosen.
func testHuntRange(t *testing.T, v *viewer) {
	p := v.open(t, "hunts-range", wide)
	hunt := reports(t)["hunts-range"].Hunts[1]
	p.Click("#tab-traffic")
	seen := map[string]int{}
	for _, day := range hunt.Days {
		for _, f := range day.Findings {
			seen[f.Entity]++
		}
	}
	names, days := p.Texts("#hunt-traffic "+suspectNames), p.Texts("#hunt-traffic .row .c-days")
	for i, name := range names {
		if want := fmt.Sprintf("%d of 5 days", seen[name]); days[i] != want {
			t.Errorf("%s: %q, want %q", name, days[i], want)
		}
	}
	if len(names) != len(seen) || p.Count("#traffic-days tbody tr") != 5 || p.Count("#hunt-traffic .plot") != 6 {
		t.Errorf("%d findings, want %d; %d plots", len(names), len(seen), p.Count("#hunt-traffic .plot"))
	}
	p.Eval(`(() => { const s = document.querySelector("#traffic-day"); s.value = "2026-11-16"; s.dispatchEvent(new Event("change")); })()`, nil)
	p.Look(wide)
	if n := p.Count("#hunt-traffic .plot svg[role=img]"); n != 2 {
		t.Errorf("%d plots on the first day", n)
	}
}

// On paper all tabs follow one another with their charts and evidence, and afterwards
// one is shown again.
func testPrintsTabs(t *testing.T, v *viewer) {
	p := v.open(t, "hunts", wide)
	p.Click("#tab-programs")
	p.Eval(`void dispatchEvent(new Event("beforeprint"))`, nil)
	var paper struct {
		Panels, Charts, Details int
		Widths                  []string
	}
	p.Eval(`({ Panels: document.querySelectorAll("[role=tabpanel]:not([hidden])").length, Charts: document.querySelectorAll(".plot svg[role=img]").length,
		Details: document.querySelectorAll(".detail").length, Widths: [...new Set([...document.querySelectorAll(".plot svg[role=img]")].map((s) => s.getAttribute("width")))] })`, &paper)
	if paper.Panels != 4 || paper.Charts != 7+2+7 || paper.Details != 29+1+40 || !slices.Equal(paper.Widths, []string{"680"}) {
		t.Errorf("printed were %+v", paper)
	}
	p.Eval(`void dispatchEvent(new Event("afterprint"))`, nil)
	p.Look(wide)
	if got := shownTab(p); got != "tab-programs hunt-programs #programs" || p.Count(".detail") != 0 {
		t.Errorf("after printing: %s, %d details", got, p.Count(".detail"))
	}
	p.Click("#tab-traffic")
	var width int
	p.Eval(`Number(document.querySelector("#traffic-chart-0 svg").getAttribute("width"))`, &width)
	if width < 1000 {
		t.Errorf("a chart has the width of paper, %d", width)
	}
}
