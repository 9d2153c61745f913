// Package report writes what a day or a range of days gave as one HTML file that
// loads nothing and needs no network. What several hunts gave has a tab for each.
//
// What events hold is hostile. It lies in the file as JSON whose every character
// that could end the element, be taken for markup or not be seen is escaped, and
// the page's script puts it in place as text. A Content-Security-Policy allows that
// script and style by their digests and nothing else.
package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sparkless/storage/printable"
)

//go:embed page
var page embed.FS

// The files of the page, in the order in which they are put together.
const (
	scripts = "text.js model.js chart.js curve.js map.js hours.js detail.js filters.js table.js rows.js days.js input.js names.js " +
		"axis.js plot.js bars.js lines.js matrix.js scatter.js evidence.js hunt.js tabs.js main.js"
	styles = "base.css findings.css charts.css hunts.css print.css"
)

// Write writes the report as one HTML file. Equal data give equal bytes. Data
// without a day, with days out of order, or with a chart that cannot be drawn are an
// error, and nothing is written.
func Write(w io.Writer, d Data) error {
	if err := d.check(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	html, err := page.ReadFile("page/page.html")
	if err != nil {
		return err
	}
	style, err := joined(styles)
	if err != nil {
		return err
	}
	script, err := joined(scripts)
	if err != nil {
		return err
	}
	// One pass: what is put in is not looked at again.
	_, err = strings.NewReplacer(
		"{{policy}}", policy(style, script),
		"{{style}}", style,
		"{{script}}", script,
		"{{data}}", string(printable.JSON(text)),
	).WriteString(w, unixLines(html))
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// joined is the text of an element that the files of the page make.
func joined(names string) (string, error) {
	var b strings.Builder
	for name := range strings.FieldsSeq(names) {
		text, err := page.ReadFile("page/" + name)
		if err != nil {
			return "", err
		}
		b.WriteString("\n" + unixLines(text))
	}
	return b.String(), nil
}

// unixLines makes the lines end as a browser reads them, whose digest it takes.
func unixLines(text []byte) string { return strings.ReplaceAll(string(text), "\r\n", "\n") }

// policy allows the style, the script and pictures within the file. Trusted types
// make it an error to hand text to the browser as markup.
func policy(style, script string) string {
	return "default-src 'none'; style-src '" + digest(style) + "'; script-src '" + digest(script) + "'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

// digest is that of an element's text, as in Content Security Policy Level 3.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
