package report_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparkless/publish/report/browser"
)

// On paper the evidence is open, and afterwards all is as it was.
func testPrints(t *testing.T, v *viewer) {
	p := v.open(t, "day", wide)
	p.Eval(opening(2), nil)
	p.Eval(`addEventListener("beforeprint", () => { window.onPaper = { details: document.querySelectorAll(".detail").length, closed: document.querySelectorAll("details:not(.without):not([open])").length,
		wide: [...document.querySelectorAll(".chart svg")].filter((s) => s.getAttribute("width") > 700).length }; })`, nil)
	file := filepath.Join(pictures, "day.pdf")
	p.PDF(file)
	content, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(content, []byte("%PDF-")) || len(content) < 50000 {
		t.Errorf("a PDF of %d bytes, %v", len(content), err)
	}
	var paper struct{ Details, Closed, Wide int }
	p.Eval("window.onPaper", &paper)
	if paper.Details != 29 || paper.Closed != 0 || paper.Wide != 0 {
		t.Errorf("printed were %+v", paper)
	}
	p.Look(wide)
	if got := p.Texts(`.opener[aria-expanded="true"] .name`); len(got) != 1 || p.Count("details[open]") != 0 || p.Count(".findings > thead th") != 8 {
		t.Errorf("after printing %q are open, and there are %d columns", got, p.Count(".findings > thead th"))
	}
}

// elements and attributes are all that the page makes.
const (
	elements = "html head meta title link style body a noscript header main footer script p span h1 h2 h3 dl dt dd div nav section form label input fieldset legend button select option " +
		"table caption colgroup col thead tbody tfoot tr th td bdi mark br ul li strong details summary figure figcaption svg g path rect circle line text tspan defs pattern"
	attributes = "class id type role href rel target title lang charset name content http-equiv tabindex for value selected placeholder autocomplete spellcheck scope colspan dir hidden open " +
		"aria-label aria-labelledby aria-hidden aria-sort aria-expanded aria-controls aria-pressed aria-keyshortcuts aria-selected data-severity data-key data-label focusable " +
		"viewBox width height x y x1 x2 y1 y2 d cx cy r dx text-anchor transform rx patternUnits patternTransform"
)

// Hostile text makes nothing: no script runs, no element or attribute is there that the
// page does not make itself, no link leads elsewhere.
func testHostile(t *testing.T, v *viewer) {
	for _, name := range []string{"hostile", "hunt-hostile"} {
		t.Run(name, func(t *testing.T) { inert(t, v, name) })
	}
}

func inert(t *testing.T, v *viewer, name string) {
	t.Helper()
	p := v.open(t, name, wide)
	p.Eval(opening(), nil)
	p.Eval(`document.querySelectorAll("summary").forEach((s) => s.click())`, nil)
	p.Press("/<script")
	p.Eval(`(() => { const s = document.querySelector("input.search"); s.value = ""; s.dispatchEvent(new Event("input")); })()`, nil)
	var found struct {
		Hacked                      bool
		Elements, Attributes, Links []string
		Frames                      int
		Where                       string
	}
	p.Eval(`(() => { const all = [...document.querySelectorAll("*")], set = (list) => [...new Set(list)]; return {
		Hacked: "hacked" in window, Elements: set(all.map((e) => e.localName)), Attributes: set(all.flatMap((e) => e.getAttributeNames())),
		Links: set(all.filter((e) => e.hasAttribute("href") || e.hasAttribute("src")).map((e) => e.getAttribute("href") || e.getAttribute("src"))),
		Frames: frames.length, Where: location.pathname }; })()`, &found)
	if found.Hacked || found.Frames > 0 || !strings.HasSuffix(found.Where, "/"+name+".html") {
		t.Errorf("a script ran, or the page is another: %+v", found)
	}
	for _, e := range found.Elements {
		if !slices.Contains(strings.Fields(elements), e) {
			t.Errorf("the page makes no element %q", e)
		}
	}
	for _, a := range found.Attributes {
		if !slices.Contains(strings.Fields(attributes), a) {
			t.Errorf("the page sets no attribute %q", a)
		}
	}
	for _, link := range found.Links {
		if !strings.HasPrefix(link, "#") && !strings.HasPrefix(link, "https://attack.mitre.org/techniques/T") && !strings.HasPrefix(link, "data:image/svg+xml,") {
			t.Errorf("a link to %q", link)
		}
	}
	if n := p.Count(".detail"); n != len(hostile()) {
		t.Errorf("%d details", n)
	}
	testUnseen(t, p)
}

// testUnseen looks for characters that turn text around or cannot be seen.
func testUnseen(t *testing.T, p *browser.Page) {
	t.Helper()
	var unseen []string
	p.Eval(`(() => { const shown = [...document.body.children].filter((e) => e.localName !== "script").map((e) => e.textContent).join(" ");
		return [...new Set(shown.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu) || [])].map((c) => "U+" + c.codePointAt(0).toString(16)); })()`, &unseen)
	if len(unseen) > 0 {
		t.Errorf("there are %q in the page", unseen)
	}
}

// Thousands of findings and a curve of 200,000 names are a page of bounded size, which
// says what it leaves out.
func testLarge(t *testing.T, v *viewer) {
	p := v.open(t, "large", wide)
	if n := p.Count("*"); n > 5000 {
		t.Errorf("%d elements", n)
	}
	var length int
	p.Eval(`document.querySelector("#curve path.line").getAttribute("d").length`, &length)
	if length > 40000 {
		t.Errorf("the curve is drawn in %d characters", length)
	}
	for selector, want := range map[string]string{
		"[role=status]": "5,000 findings, the first 50 shown", "#curve figcaption": "The curve is sampled", "#map figcaption": "The 40 strongest are drawn; 4,960 more are in the table.",
	} {
		if got := p.Texts(selector)[0]; !strings.Contains(got, want) {
			t.Errorf("%s says %q, not %q", selector, got, want)
		}
	}
	p.Eval(`void dispatchEvent(new Event("beforeprint"))`, nil)
	if said := p.Texts(".printed")[0]; !strings.HasPrefix(said, "The first 500 of 5,000 findings are printed.") || p.Count(".row") != 500 || p.Count(".detail") != 40 {
		t.Errorf("on paper it says %q", said)
	}
	p.Eval(`void dispatchEvent(new Event("afterprint"))`, nil)
	p.Click(".more-box button")
	if n := p.Count(".row"); n != 150 {
		t.Errorf("%d rows after asking for more", n)
	}
	if f := focus(p); f.Is != "opener" || !f.Inside {
		t.Errorf("the focus is at %+v", f)
	}
	p.Eval(`document.querySelector("#search").focus()`, nil)
	p.Press("n4999-")
	if got := p.Texts(suspectNames); len(got) != 1 || !strings.HasPrefix(got[0], "n4999-") {
		t.Errorf("a search finds %q", got)
	}
}

// A day without findings says why.
func testEmpty(t *testing.T, v *viewer) {
	p := v.open(t, "quiet", phone)
	if got := fmt.Sprint(p.Texts("#findings .empty p")); !strings.Contains(got, "Check --day and --workspace.") {
		t.Errorf("it says %q", got)
	}
	if n := p.Count("table.findings, .filters, figure"); n != 0 {
		t.Errorf("there are %d charts or tables of nothing", n)
	}
}

// Without script a reader learns what to do.
func testNoScript(t *testing.T, v *viewer) {
	view := wide
	view.NoScript = true
	p := v.open(t, "day", view)
	var text string
	p.Eval("document.body.innerText", &text)
	if !strings.Contains(text, "Open the file in a browser") {
		t.Errorf("the page says %q", text)
	}
}
