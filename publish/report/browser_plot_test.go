package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparkless/publish/chart"
	"sparkless/publish/report/browser"
)

// Each kind of chart is drawn with all that it has.
func testPlots(t *testing.T, v *viewer) {
	for _, view := range []browser.View{wide, {Width: 375, Height: 800, Phone: true}} {
		p := v.open(t, "hunt", view)
		bins := 0 // that hold something
		for _, n := range reports(t)["hunt"].Hunts[0].Days[0].Charts[3].Series[0].Values {
			bins += min(int(n), 1)
		}
		for selector, want := range map[string]int{
			"#chart-0 path.series": 3, "#chart-0 .ring-mark": 1, "#chart-0 rect.column": 60,
			"#chart-1 rect.block": 20, "#chart-1 rect.marked": 1, "#chart-1 .name": 20, "#chart-1 .baseline": 1,
			"#chart-2 path.series": 1, "#chart-2 rect.column": 40, "#chart-3 rect.block": bins, "#chart-3 rect.column": 24,
			"#chart-4 path.found": 12, "#chart-5 rect.square": 64, "#chart-5 text.in-square": 64, "#chart-5 [transform]": 8,
			"#chart-6 rect.block": 8, "#chart-7 svg": 0, ".plot svg[role=img][aria-label]": 7,
		} {
			if n := p.Count(selector + ":not(.sample *)"); n != want {
				t.Errorf("at %d: %d times %s, want %d", view.Width, n, selector, want)
			}
		}
		for selector, want := range map[string]string{
			"#chart-0 svg[role=img]": "Failed sign-ins by day: lines, 3 lines over 60; the greatest is", "#chart-5 svg[role=img]": "Correlation of the features: matrix, 8 by 8",
		} {
			var label string
			p.Eval(`document.querySelector("`+selector+`").getAttribute("aria-label")`, &label)
			if !strings.HasPrefix(label, want) {
				t.Errorf("%s is %q", selector, label)
			}
		}
		if got := p.Texts("#chart-7")[0]; !strings.Contains(got, "There is nothing to draw.") {
			t.Errorf("an empty chart says %q", got)
		}
		testTicks(t, p, view)
	}
}

// testTicks looks at axes: ticks do not touch each other, and a logarithmic axis has
// powers of ten.
func testTicks(t *testing.T, p *browser.Page, view browser.View) {
	t.Helper()
	var touching []string
	p.Eval(`[...document.querySelectorAll(".plot svg[role=img]")].flatMap((s) => {
		const all = [...s.querySelectorAll("text.tick")].map((e) => ({ text: e.textContent, b: e.getBoundingClientRect() }));
		return all.flatMap((x, i) => all.slice(i + 1).filter((y) => x.b.left < y.b.right && y.b.left < x.b.right && x.b.top + 2 < y.b.bottom && y.b.top + 2 < x.b.bottom).map((y) => x.text + " and " + y.text)); })`, &touching)
	if len(touching) > 0 {
		t.Errorf("ticks touch: %q", touching)
	}
	if got := p.Texts("#chart-3 .tick"); slices.Contains(got, "10") != (view == wide) || !slices.Contains(got, "10k") || slices.Contains(got, "20") {
		t.Errorf("the ticks of four powers of ten are %q", got)
	}
	if got := p.Texts("#chart-2 .tick"); !slices.Contains(got, "1k") || !slices.Contains(got, "0") || !slices.Contains(got, "1") {
		t.Errorf("the ticks of scores are %q", got)
	}
}

// pointAt moves the mouse to a finding on a scatter, and clicks if asked to.
func pointAt(p *browser.Page, selector, event string) {
	p.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q), b = e.getBoundingClientRect();
		e.ownerSVGElement.dispatchEvent(new PointerEvent(%q, { bubbles: true, clientX: b.left + b.width / 2, clientY: b.top + b.height / 2 })); })()`, selector, event), nil)
}

// Every point of a scatter is drawn; who points at one learns what it is, and a click
// on a finding leads to it.
func testScatter(t *testing.T, v *viewer) {
	p := v.open(t, "hunt", wide)
	hunt := reports(t)["hunt"].Hunts[0].Days[0]
	var drawn []int
	p.Eval(`[...document.querySelectorAll("#chart-4 .chart path.points")].map((e) => (e.getAttribute("d").match(/M/g) || []).length)`, &drawn)
	sum := 0
	for _, n := range drawn {
		sum += n
	}
	if want := len(hunt.Charts[4].Points) - 12; sum != want || len(drawn) > 40 {
		t.Errorf("%d points in %d paths, want %d", sum, len(drawn), want)
	}
	first := hunt.Findings[0]
	pointAt(p, "#chart-4 .chart path.found", "pointermove")
	if got := fmt.Sprint(p.Texts("#chart-4 .tip text")); !strings.Contains(got, first.Entity) || !strings.Contains(got, first.Description) || !strings.Contains(got, "9, 8") {
		t.Errorf("of the first finding it says %q", got)
	}
	pointAt(p, "#chart-4 .chart path.found", "click")
	p.Look(wide)
	if got := p.Texts(`.opener[aria-expanded="true"] .name`); !slices.Equal(got, []string{first.Entity}) {
		t.Errorf("a click leads to %q", got)
	}
	if at := focus(p); at.Is != "opener" || !at.Inside {
		t.Errorf("the focus is at %+v", at)
	}
	p.Eval(`document.querySelector("#chart-4 .chart svg").dispatchEvent(new PointerEvent("pointerleave"))`, nil)
	if n := p.Count("#chart-4 .tip text"); n != 0 {
		t.Errorf("%d lines stay", n)
	}
}

// The numbers of each chart are in a table that is made when it is opened; it has the
// links of findings, and says what it leaves out.
func testNumbers(t *testing.T, v *viewer) {
	p := v.open(t, "hunt", wide)
	if n := p.Count(".numbers table"); n != 0 {
		t.Errorf("%d tables before one is opened", n)
	}
	p.Eval(`document.querySelectorAll(".numbers summary").forEach((s) => s.click())`, nil)
	p.Look(wide)
	for i, want := range []int{60, 20, 40, 24, 200, 64, 5} {
		if n := p.Count(fmt.Sprintf("#chart-%d .numbers tbody tr", i)); n != want {
			t.Errorf("chart %d: %d rows, want %d", i, n, want)
		}
	}
	hunt := reports(t)["hunt"].Hunts[0].Days[0]
	if got := p.Texts("#chart-4 .numbers tbody tr:nth-child(-n+12) a"); !slices.Equal(got, entities(hunt.Findings)) {
		t.Errorf("the findings are %q", got)
	}
	if got := p.Texts("#chart-4 .numbers p")[0]; got != "The first 200 of 5,000 rows, findings and large ones first." {
		t.Errorf("it says %q", got)
	}
	if got := p.Texts("#chart-5 .numbers tbody tr:last-child td"); len(got) != 3 || got[2] != "0.00209055" {
		t.Errorf("the least correlation is %q", got)
	}
	p.Click("#chart-4 .numbers a")
	p.Look(wide)
	if got := p.Texts(`.opener[aria-expanded="true"] .name`); !slices.Equal(got, entities(hunt.Findings[:1])) {
		t.Errorf("the link leads to %q", got)
	}
}

// Scatters of as many points as there may be are a page of bounded size.
func testManyPoints(t *testing.T, v *viewer) {
	p := v.open(t, "hunt-large", wide)
	var points int
	p.Eval(`[...document.querySelectorAll(".chart path.points")].reduce((n, e) => n + (e.getAttribute("d").match(/M/g) || []).length, 0)`, &points)
	if want := 3 * (chart.MaxPoints - 12); points != want || p.Count("*") > 2000 {
		t.Errorf("%d points, want %d, in %d elements", points, want, p.Count("*"))
	}
}
