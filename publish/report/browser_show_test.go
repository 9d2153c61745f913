package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sparkless/publish/report"
	"sparkless/publish/report/browser"
)

// What a finding opens to has all that is known of it.
func testEvidence(t *testing.T, v *viewer) {
	p := v.open(t, "day", wide)
	p.Eval(opening(), nil)
	findings := reports(t)["day"].Days[0].Findings
	details := p.Texts(".detail")
	if len(details) != len(findings) {
		t.Fatalf("%d of %d are open", len(details), len(findings))
	}
	for i, f := range findings {
		for _, want := range knownOf(f) {
			if !strings.Contains(details[i], strings.ReplaceAll(want, "\u202e", "U+202E")) {
				t.Errorf("%q is not with %q:\n%s", want, f.PotentiallyMaliciousProcess, details[i])
			}
		}
	}
	var drawn []struct{ Marks, NormalMarks, Bars, Ends int }
	p.Eval(`[...document.querySelectorAll(".detail")].map((d) => ({
		Marks: d.querySelectorAll(".grid .ch:nth-child(1).differs:not(.none)").length, NormalMarks: d.querySelectorAll(".grid .ch:nth-child(2).differs:not(.none)").length,
		Bars: d.querySelectorAll(".timeline .bar").length, Ends: d.querySelectorAll(".timeline .dot").length }))`, &drawn)
	for i, f := range findings {
		d, hours := drawn[i], len(f.HoursSeen)
		if f.NormalProcess != "" && (d.Marks != len(f.Marks) || d.NormalMarks != len(f.NormalMarks)) || d.Bars != hours || d.Ends != 2 {
			t.Errorf("%q: %+v are drawn of %v, %v, %d hours", f.PotentiallyMaliciousProcess, d, f.Marks, f.NormalMarks, hours)
		}
	}
}

// knownOf are the texts that a finding's evidence has to show.
func knownOf(f report.Finding) []string {
	all := []string{f.FirstSeen[11:19], f.LastSeen[11:19], f.FindingId, f.Technique, f.Scope}
	for _, p := range append(slices.Clone(f.Evidence), f.Modifiers...) {
		all = append(all, p.Name, p.Reason)
	}
	for _, list := range [][]report.Tally{f.Paths, f.Hosts, f.Parents, f.Accounts, f.CommandLines, f.NormalPaths} {
		for _, tally := range list {
			all = append(all, strings.TrimRight(tally.Value, " "))
		}
	}
	all = append(append(all, f.Reasons...), f.AlsoLike...)
	if s := f.Story; s != nil {
		all = append(all, s.Verdict[1:], s.Windows, s.History[1:], s.Nearest[4].Name, fmt.Sprintf("%.3f", s.Nearest[4].Similarity), s.Rules[17].Name, s.Rules[17].Why)
	}
	return all
}

// The charts have what they are to show, and say what they leave out.
func testCharts(t *testing.T, v *viewer) {
	p := v.open(t, "day", wide)
	day := reports(t)["day"].Days[0]
	for selector, want := range map[string]int{
		"#curve path.line": 1, "#curve .threshold": 2, "#curve rect.band": 2, "#map path.edge": len(day.Findings), "#map .dot": len(day.Findings),
		"#hours rect.bar": 23, "#hours rect.gap": 2, "#hours path.malformed": 1, ".row .strip": len(day.Findings),
	} {
		if n := p.Count(selector); n != want {
			t.Errorf("%d times %s, want %d", n, selector, want)
		}
	}
	if n := p.Count("#curve circle.dot"); n == 0 || n > len(day.Findings) {
		t.Errorf("%d bubbles on the curve", n)
	}
	for selector, want := range map[string]string{
		"#curve figcaption": "below percent rank 0.2, frequent from 0.8 on", "#hours figcaption": "Without blobs: 03–04. With malformed lines: 13.",
		"#selftest": "40 of 41 synthetic impostors caught", "#input": "damaged gzip", "#quiet": "our own updater, ticket 4711", "#delivered": "logsingestion", "#settings": "config.yaml", "#foot": "1.2.3",
	} {
		if got := strings.Join(p.Texts(selector), ""); !strings.Contains(got, want) {
			t.Errorf("%s says %q, not %q", selector, got, want)
		}
	}
}

// A range shows its days, on which of them a finding was there, and each day by choice.
func testRange(t *testing.T, v *viewer) {
	p := v.open(t, "range", wide)
	d := reports(t)["range"]
	seen := map[string]int{}
	for _, day := range d.Days {
		for _, f := range day.Findings {
			seen[told(f.PotentiallyMaliciousProcess)]++
		}
	}
	names, days := p.Texts(suspectNames), p.Texts(".row .c-days")
	for i, name := range names {
		if want := fmt.Sprintf("%d of 6 days", seen[name]); days[i] != want {
			t.Errorf("%s: %q, want %q", name, days[i], want)
		}
	}
	if n := p.Count("#days tbody tr"); len(names) != len(seen) || n != 6 {
		t.Errorf("%d findings, want %d; %d days", len(names), len(seen), n)
	}
	if n := p.Count("#hours rect.gap"); n != 0 {
		t.Errorf("%d gaps on the last day", n)
	}
	p.Eval(`(() => { const s = document.querySelector("#day"); s.value = "2026-11-20"; s.dispatchEvent(new Event("change")); })()`, nil)
	p.Look(wide)
	if n := p.Count("#hours rect.gap"); n != 2 {
		t.Errorf("%d gaps on the day before", n)
	}
	p.Eval(opening(0), nil)
	p.Click(".detail .toggle.day")
	var pressed []bool
	p.Eval(`[...document.querySelectorAll(".detail .toggle.day")].map((b) => b.getAttribute("aria-pressed") === "true")`, &pressed)
	if len(pressed) < 2 || !pressed[0] || pressed[1] {
		t.Errorf("of the finding's days are pressed %v", pressed)
	}
}

// Nothing scrolls sideways or leaves the window, at any width, whatever is in it.
func testFits(t *testing.T, v *viewer) {
	for name := range reports(t) {
		t.Run(name, func(t *testing.T) { fits(t, v, name) })
	}
}

func fits(t *testing.T, v *viewer, name string) {
	t.Helper()
	p := v.open(t, name, wide)
	switch name {
	case "day", "hostile":
		p.Eval(opening(), nil)
	case "range", "pairs":
		p.Eval(opening(0, 1, 5, 11, 23), nil)
	case "hunts":
		p.Click("#tab-traffic")
		p.Eval(opening(29+1, 29+2), nil)
	case "hunts-range", "hunt", "hunt-hostile":
		p.Eval(opening(), nil)
		p.Eval(`document.querySelectorAll(".numbers summary").forEach((s) => s.click())`, nil)
	}
	for _, view := range []browser.View{wide, middle, phone} {
		if name == "hostile" && view == middle {
			continue // it takes long, and shows what the phone does
		}
		p.Look(view)
		for _, wrong := range p.Overflowing() {
			t.Errorf("at %d: %s", view.Width, wrong)
		}
		if view.Phone {
			for _, wrong := range p.SmallTargets(36) {
				t.Errorf("on a phone: %s", wrong)
			}
		}
	}
}

// axe-core has nothing against any state of the page, and every field has a label that
// stays when it is filled.
func testAccessible(t *testing.T, v *viewer) {
	for _, c := range []struct {
		name string
		view browser.View
	}{{"day", wide}, {"range", dark(phone)}, {"quiet", wide}, {"hunts", wide}, {"hunts-range", dark(phone)}, {"hunt", phone}} {
		p := v.open(t, c.name, c.view)
		if c.name == "hunts" {
			p.Click("#tab-sign-ins")
		}
		if strings.HasPrefix(c.name, "hunt") {
			p.Eval(opening(0, 1), nil)
			p.Eval(`document.querySelectorAll(".numbers summary").forEach((s) => s.click())`, nil)
		} else if c.name != "quiet" {
			p.Press("/") // fewer rows make the same kinds of elements
			p.Press(kb.Escape + "svc")
			p.Eval(opening(0, 1), nil)
		}
		var unlabelled int
		p.Eval(`[...document.querySelectorAll("input, select")].filter((e) => e.labels.length === 0).length`, &unlabelled)
		if unlabelled > 0 {
			t.Errorf("%s at %d: %d fields without a label", c.name, c.view.Width, unlabelled)
		}
		for _, wrong := range p.Accessibility() {
			t.Errorf("%s at %d: %s", c.name, c.view.Width, wrong)
		}
	}
}

// All text can be read, in both schemes and on paper.
func testContrast(t *testing.T, v *viewer) {
	for _, name := range []string{"day", "range", "quiet", "hunt", "hunts-range"} {
		p := v.open(t, name, wide)
		if name != "quiet" {
			p.Eval(opening(0, 1, 2, 3), nil)
			p.Click(`[data-severity="High"]`)
		}
		paper := dark(wide)
		paper.Print = true
		for _, view := range []browser.View{wide, dark(wide), paper} {
			p.Look(view)
			for _, wrong := range p.LowContrast(4.5) {
				t.Errorf("%s, dark %v, print %v: %s", name, view.Dark, view.Print, wrong)
			}
		}
	}
}
