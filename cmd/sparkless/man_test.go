package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// The pages are the same whenever they are written, are roff that man knows, and hold
// every word of the help.
func TestManPages(t *testing.T) {
	first, second := manPages(testRoot(t)), manPages(testRoot(t))
	if len(first) < 15 || len(first) != len(second) {
		t.Fatalf("%d and %d pages", len(first), len(second))
	}
	known := []string{".nh", ".TH", ".SH", ".SS", ".TP", ".PP", ".EX", ".EE", ".RS", ".RE", ".IP"}
	for i, p := range first {
		if !bytes.Equal(p.text, second[i].text) {
			t.Errorf("%s is another page each time", p.file)
		}
		for line := range strings.Lines(string(p.text)) {
			macro, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !slices.Contains(known, macro) {
				t.Errorf("%s: %q", p.file, line)
			}
		}
	}
	for _, c := range allCommands(testRoot(t)) {
		i := slices.IndexFunc(first, func(p manPage) bool { return p.file == manName(c)+"."+section(c) })
		if i < 0 && c.Name() == "help" {
			continue // each page says what it does
		} else if i < 0 {
			t.Errorf("%s has no page", c.CommandPath())
			continue
		}
		page := strings.NewReplacer(`\-`, "-", `\&`, "", `\e`, `\`, `\\`, `\`, `\(aq`, "'").Replace(string(first[i].text))
		for _, word := range slices.Concat(strings.Fields(c.Long), strings.Fields(c.Example), flagWords(c)) {
			if word != "#" && !strings.Contains(page, word) {
				t.Errorf("%s lacks %q", first[i].file, word)
			}
		}
	}
}

func flagWords(c *cobra.Command) []string {
	var words []string
	if c.IsAdditionalHelpTopicCommand() {
		return nil
	}
	for _, r := range slices.Concat(flagRows(c)...) {
		words = append(words, strings.Fields(r.term+" "+r.text)...)
	}
	return words
}
