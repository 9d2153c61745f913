package browser

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed checks.js
var checks string

// LowContrast tells of all visible text, also in pictures, whose contrast to what it
// stands on is below least (the contrast ratio of WCAG 2.2, 1 to 21).
func (p *Page) LowContrast(least float64) (wrong []string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf("%s.lowContrast(%v)", checks, least), &wrong)
	return wrong
}

// Overflowing tells what is wider than its place: a page or an element that scrolls
// sideways, text that leaves the window.
func (p *Page) Overflowing() (wrong []string) {
	p.t.Helper()
	p.Eval(checks+".overflowing()", &wrong)
	return wrong
}

// SmallTargets tells of buttons, fields and links of navigation that are less than
// least CSS pixels high.
func (p *Page) SmallTargets(least int) (wrong []string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf("%s.smallTargets(%d)", checks, least), &wrong)
	return wrong
}

// Accessibility tells what axe-core finds against WCAG 2.2 (levels A and AA) and its
// own best practices.
func (p *Page) Accessibility() (wrong []string) {
	p.t.Helper()
	script, err := axe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.Eval("typeof axe === 'object' || (() => {"+script+"; return true; })()", nil)
	const run = `axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((all) =>
		all.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.html.slice(0, 150) + ' ' + n.failureSummary)))`
	p.Eval(run, &wrong)
	return wrong
}

// axe is the script of axe-core, which package-lock.json beside this file pins.
func axe() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("there is no go.mod above the working directory: run this inside the module")
		}
		dir = filepath.Dir(dir)
	}
	script, err := os.ReadFile(filepath.Join(dir, "publish", "report", "browser", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", errors.New("axe-core is not installed: run `make chromium` (needs Node.js and npm)")
	}
	return string(script), nil
}

// quoted is a text as a JavaScript string.
func quoted(text string) string {
	b, _ := json.Marshal(text) // a string always has a form in JSON
	return string(b)
}
