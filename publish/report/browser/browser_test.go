package browser_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparkless/publish/report/browser"
)

// faulty is a page with something of all that a page must not do.
const faulty = `<!doctype html>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src http: 'unsafe-inline'; script-src 'unsafe-inline'; style-src 'none'">
<body>
<button>x</button>
<p><font color="#999999">faint</font></p>
<p><font color="#000000">dark</font></p>
<svg width="100" height="40"><rect width="100" height="40" fill="#777777"/><text x="5" y="25" fill="#666666">in a picture</text></svg>
<pre>` + "wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide wide" + `</pre>
<p style="color: red">styled</p>
<img src="http://example.invalid/picture.png">
<script>
console.log("a line");
alert("a dialog");
setTimeout(() => { throw new Error("an exception"); });
new ResizeObserver(() => { document.querySelector("button").append("x"); }).observe(document.querySelector("button"));
</script>`

// What is wrong with a page is heard and measured: a report's tests could not fail
// if it were not.
func TestFaultsAreFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "faulty.html")
	if err := os.WriteFile(file, []byte(faulty), 0o600); err != nil {
		t.Fatal(err)
	}
	b := browser.Start(t)
	p := b.Open(t, file, browser.View{Width: 360, Height: 600, Phone: true})
	heard := strings.Join(p.Messages(), "\n")
	for _, want := range []string{"console.log", "a line", "dialog: a dialog", "an exception", "ResizeObserver loop", "log: security", "asked for http://example.invalid/picture.png"} {
		if !strings.Contains(heard, want) {
			t.Errorf("%q was not heard:\n%s", want, heard)
		}
	}
	if asked := b.Asked(); !slices.ContainsFunc(asked, func(s string) bool { return strings.Contains(s, "example.invalid") }) {
		t.Errorf("the request was not taken: %q", asked)
	}
	for name, found := range map[string]struct {
		wrong []string
		want  string
		none  string
	}{
		"contrast":      {p.LowContrast(4.5), "faint", `"dark"`},
		"in a picture":  {p.LowContrast(4.5), "in a picture", `"dark"`},
		"overflow":      {p.Overflowing(), "wide wide", "faint"},
		"targets":       {p.SmallTargets(44), "BUTTON", "faint"},
		"accessibility": {p.Accessibility(), "document-title", "h1 is here"},
	} {
		all := strings.Join(found.wrong, "\n")
		if !strings.Contains(all, found.want) || strings.Contains(all, found.none) {
			t.Errorf("%s: %q is not there, or %q is:\n%s", name, found.want, found.none, all)
		}
	}
	p.Eval("void (location.href = 'about:blank')", nil)
	p.Look(browser.View{Width: 360, Height: 600})
	if heard := strings.Join(p.Messages(), "\n"); !strings.Contains(heard, "navigated to about:blank") {
		t.Errorf("the navigation was not heard:\n%s", heard)
	}
}
