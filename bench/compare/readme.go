package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"sparkless/bench/record"
)

// The part of the page between these lines is written here.
const (
	partStart = "<!-- bench: written by `make bench-readme` -->\n"
	partEnd   = "<!-- end of bench -->\n"
)

// updateReadme writes the marked part of a file anew.
func updateReadme(path string, now time.Time, tables string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	out, err := replacePart(string(text), fmt.Sprintf("Medians of interleaved rounds on %s (%s); each result was equal to ours before it was timed.\n\n%s",
		record.Processor(), now.UTC().Format(time.DateOnly), tables))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(out), 0o644)
}

func replacePart(text, part string) (string, error) {
	before, rest, ok := strings.Cut(text, partStart)
	_, after, ended := strings.Cut(rest, partEnd)
	if !ok || !ended {
		return "", fmt.Errorf("no part between %q and %q", strings.TrimSpace(partStart), strings.TrimSpace(partEnd))
	}
	return before + partStart + part + partEnd + after, nil
}

// taken is a section that was run.
type taken struct {
	section
	measured []measured
}

// digest is one table of all sections for the page: what sparkless took, and
// what the others took by that.
func digest(sections []taken) string {
	var b strings.Builder
	b.WriteString("| wall time |")
	for _, s := range sections {
		fmt.Fprintf(&b, " %s |", s.column())
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(sections)) + "\n| **sparkless** |")
	var peers []string
	for _, s := range sections {
		r := summary(s.section, s.measured[s.reference], s.measured[s.reference])
		fmt.Fprintf(&b, " **%.2f s**, %.1f GB/s, %.0f MB of memory |", r.wall, r.speed/1000, r.peak)
		for _, m := range s.measured {
			if m.short != "" && !slices.Contains(peers, m.short) {
				peers = append(peers, m.short)
			}
		}
	}
	for _, peer := range peers {
		fmt.Fprintf(&b, "\n| %s |", peer)
		for _, s := range sections {
			fmt.Fprintf(&b, " %s |", s.times(peer))
		}
	}
	return b.String() + "\n"
}

// column is what stands over a section's column.
func (s taken) column() string {
	plural := "s"
	if s.threads == 1 {
		plural = ""
	}
	return fmt.Sprintf("%s, %s, %d thread%s", s.label, size(s.day.text), s.threads, plural)
}

// times is a peer's time by ours.
func (s taken) times(peer string) string {
	for _, m := range s.measured {
		if m.short != peer {
			continue
		}
		if m.refuse != "" {
			return "no result"
		}
		return fmt.Sprintf("%.1f ×", summary(s.section, m, s.measured[s.reference]).ratio)
	}
	return ""
}
