package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"sparkless/storage/printable"
)

// Text returns what prints lines for people, and what to call behind the last.
// Quiet leaves out what passed and what was not looked at. Wide is the length of
// the longest name in characters.
func Text(w io.Writer, wide int, quiet bool) (show func(Line) error, end func() error) {
	return func(l Line) error {
		if quiet && (l.State == Passed || l.State == Unchecked) {
			return nil
		}
		pad := strings.Repeat(" ", max(wide-utf8.RuneCountInString(l.Name), 0))
		if _, err := fmt.Fprintf(w, "%-11s  %s%s  %s\n", l.State, l.Name, pad, l.Text); err != nil {
			return err
		}
		for step := range strings.Lines(l.Advice) {
			if _, err := fmt.Fprintf(w, "%s  -> %s\n", strings.Repeat(" ", 11), strings.TrimSuffix(step, "\n")); err != nil {
				return err
			}
		}
		return nil
	}, func() error { return nil }
}

// JSONLines returns what prints a JSON object for each line at once.
func JSONLines(w io.Writer) (show func(Line) error, end func() error) {
	return func(l Line) error { return encode(w, l) }, func() error { return nil }
}

// JSON returns what prints all lines as one JSON array, at the end.
func JSON(w io.Writer) (show func(Line) error, end func() error) {
	all := []Line{}
	return func(l Line) error {
		all = append(all, l)
		return nil
	}, func() error { return encode(w, all) }
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(printable.JSONWriter(w))
	e.SetEscapeHTML(false)
	if _, many := v.([]Line); many {
		e.SetIndent("", "  ")
	}
	return e.Encode(v)
}
