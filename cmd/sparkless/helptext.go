package main

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// row is a term and what it means.
type row struct{ term, text string }

// block is a part of a help text: a heading, a paragraph, rows, or lines that stay
// as they are. One of them is set.
type block struct {
	heading, paragraph string
	rows               []row
	lines              []string
}

// blocks are the parts of a help text. Lines that begin with two spaces are rows,
// if each has a term and, behind two spaces or more, a text, and stay as they are
// otherwise. A line "# …" is a heading. Everything else is paragraphs.
func blocks(text string) []block {
	var all []block
	var lines []string
	end := func() {
		if len(lines) > 0 {
			all = append(all, newBlock(lines))
		}
		lines = nil
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			end()
			all = append(all, block{heading: heading})
			continue
		}
		if line == "" || len(lines) > 0 && isIndented(line) != isIndented(lines[0]) {
			end()
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	end()
	return all
}

func isIndented(line string) bool { return strings.HasPrefix(line, "  ") }

func newBlock(lines []string) block {
	if !isIndented(lines[0]) {
		return block{paragraph: strings.Join(lines, " ")}
	}
	pattern := regexp.MustCompile(`^  (\S.*?)   *(\S.*)$`)
	var b block
	for _, line := range lines {
		found := pattern.FindStringSubmatch(line)
		if found == nil {
			return block{lines: lines}
		}
		b.rows = append(b.rows, row{found[1], found[2]})
	}
	return b
}

// layout writes help texts for a window of some width, in characters.
type layout struct {
	strings.Builder
	width int
}

func (l *layout) line(text string) { l.WriteString(text + "\n") }

// gap parts blocks by one empty line.
func (l *layout) gap() {
	if l.Len() > 0 && !strings.HasSuffix(l.String(), "\n\n") {
		l.line("")
	}
}

// text writes the blocks of a help text.
func (l *layout) text(text string) {
	for _, b := range blocks(text) {
		switch {
		case b.heading != "":
			l.heading(b.heading)
		case b.paragraph != "":
			l.gap()
			for _, line := range wrap(b.paragraph, l.width) {
				l.line(line)
			}
		case b.rows != nil:
			l.gap()
			l.rows(b.rows)
		default:
			l.gap()
			for _, line := range b.lines {
				l.line(line)
			}
		}
	}
}

// heading writes the title of what follows without an empty line between.
func (l *layout) heading(title string) {
	l.gap()
	l.line(title + ":")
}

// rows writes terms with their texts beside them, or below those that are long.
func (l *layout) rows(rows []row) {
	column := 0
	for _, r := range rows {
		if n := utf8.RuneCountInString(r.term); n <= l.width/3 {
			column = max(column, n)
		}
	}
	const margin = 2
	column += margin + 2
	for _, r := range rows {
		lead := strings.Repeat(" ", margin) + r.term
		texts := wrap(r.text, l.width-column)
		if pad := column - utf8.RuneCountInString(lead); pad >= 2 && len(texts) > 0 {
			l.line(lead + strings.Repeat(" ", pad) + texts[0])
			texts = texts[1:]
		} else {
			l.line(lead)
		}
		for _, text := range texts {
			l.line(strings.Repeat(" ", column) + text)
		}
	}
}

// wrap breaks a text between words into lines of a width, in characters. A longer
// word has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line == "" {
		return nil
	}
	return append(lines, line)
}

// Texts are not wrapped to less than the first of these widths, nor to more than
// the last; the other is for what is no window.
const (
	leastWidth = 40
	usualWidth = 80
	mostWidth  = 110
)

// textWidth is how wide the help may be: as the variable COLUMNS says, or the
// window that w writes to.
func textWidth(w io.Writer) int {
	width := usualWidth
	if n, err := strconv.Atoi(os.Getenv(columnsVariable)); err == nil && n > 0 {
		width = n
	} else if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			width = n
		}
	}
	return min(max(width, leastWidth), mostWidth)
}

// columnsVariable names the environment variable with the width of the window.
const columnsVariable = "COLUMNS"
