package terminal

import (
	"slices"
	"strings"
)

// Fit says how a cell is made to fit a column that is narrower.
type Fit int

// The ways to fit.
const (
	End    Fit = iota // the end is left out: for sentences
	Middle            // something in the middle is left out, and no mark if that can be: for names
	Path              // the same, and drive and file name stay as far as they can
	Wrap              // nothing is left out: the cell goes on below
)

// more stands for what was left out.
func more() piece { return piece{text: "…", width: 1} }

// shorten is pieces in no more than width columns, which are one or more.
func shorten(pieces []piece, width int, fit Fit) []piece {
	if widthOf(pieces) <= width {
		return pieces
	}
	switch fit {
	case Middle:
		return shortenName(pieces, width)
	case Path:
		return shortenMiddle(pieces, width, fileName(pieces))
	}
	return join(trimRight(head(pieces, width-1)), []piece{more()})
}

// shortenMiddle leaves out pieces in the middle. The end gets the columns it wants,
// or what is left beside a short beginning, but half of all at least.
func shortenMiddle(pieces []piece, width, wanted int) []piece {
	const drive = len(`C:\`)
	room := width - 1
	end := tail(pieces, min(max(wanted, room/2), max(room-drive, room/2)))
	begin := head(pieces[:len(pieces)-len(end)], room-widthOf(end))
	return join(begin, []piece{more()}, end)
}

// fileName is the width of a path's last element, with what parts it off.
func fileName(pieces []piece) int {
	for i := len(pieces) - 1; i >= 0; i-- {
		if pieces[i].text == `\` || pieces[i].text == "/" {
			return widthOf(pieces[i:])
		}
	}
	return 0
}

// shortenName leaves out pieces in the middle unless the first mark would go: then it
// takes them from elsewhere.
func shortenName(pieces []piece, width int) []piece {
	first := slices.IndexFunc(pieces, isMarked)
	short := shortenMiddle(pieces, width, 0)
	if first < 0 || slices.ContainsFunc(short, isMarked) {
		return short
	}
	if toEnd := shortenMiddle(pieces, width, widthOf(pieces[first:])); slices.ContainsFunc(toEnd, isMarked) {
		return toEnd
	}
	room := width - 2                       // two times the sign for more
	spare := room - pieces[first].width - 2 // beside the mark and its brackets
	if spare < 0 {
		return short
	}
	before := tail(pieces[:first], spare/3)
	shown := head(pieces[first-len(before):], room)
	if first-len(before)+len(shown) == len(pieces) {
		return join([]piece{more()}, shown)
	}
	return join([]piece{more()}, shown, []piece{more()})
}

func isMarked(p piece) bool { return p.marked }

// head is as many pieces from the beginning as fit the width.
func head(pieces []piece, width int) []piece {
	for i := range pieces {
		if width -= pieces[i].width + brackets(pieces, i); width < 0 {
			return pieces[:i]
		}
	}
	return pieces
}

// tail is as many pieces from the end as fit the width.
func tail(pieces []piece, width int) []piece {
	for i := len(pieces) - 1; i >= 0; i-- {
		width -= pieces[i].width
		if pieces[i].marked && (i == len(pieces)-1 || !pieces[i+1].marked) {
			width -= 2
		}
		if width < 0 {
			return pieces[i+1:]
		}
	}
	return pieces
}

func join(parts ...[]piece) []piece { return slices.Concat(parts...) }

func trimRight(pieces []piece) []piece {
	for len(pieces) > 0 && pieces[len(pieces)-1].text == " " {
		pieces = pieces[:len(pieces)-1]
	}
	return pieces
}

// wrap cuts pieces into lines of no more than width columns, after a space where
// there is one. A piece that is wider than that is a line with a sign for more.
func wrap(pieces []piece, width int) [][]piece {
	var lines [][]piece
	for len(pieces) > 0 {
		line := head(pieces, width)
		switch {
		case len(line) == 0:
			lines = append(lines, []piece{more()})
			pieces = pieces[1:]
			continue
		case len(line) < len(pieces):
			line = toSpace(line, pieces[len(line):], width)
		}
		lines = append(lines, trimRight(line))
		pieces = trimLeft(pieces[len(line):])
	}
	if len(lines) == 0 {
		lines = append(lines, nil)
	}
	return lines
}

// toSpace is a line up to its last space, unless the word behind it, which goes on in
// rest, is too long for any line.
func toSpace(line, rest []piece, width int) []piece {
	last := len(line)
	for last > 0 && line[last-1].text != " " {
		last--
	}
	end := slices.IndexFunc(rest, func(p piece) bool { return p.text == " " })
	if end < 0 {
		end = len(rest)
	}
	if last == 0 || end == 0 || widthOf(line[last:])+widthOf(rest[:end]) > width {
		return line
	}
	return line[:last]
}

func trimLeft(pieces []piece) []piece {
	for len(pieces) > 0 && pieces[0].text == " " {
		pieces = pieces[1:]
	}
	return pieces
}

// pad fills a cell up to its column.
func pad(width int) string { return strings.Repeat(" ", max(width, 0)) }
