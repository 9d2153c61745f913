// Package terminal lays tables out for the window in which they are shown.
//
// What it is given may be hostile: every text is spelled out where it cannot be
// seen, as storage/printable does, and nothing it writes but its own colours moves
// a cursor.
package terminal

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// Screen is what tables are written to.
type Screen struct {
	// Width is how many columns a line may have; 0 where nothing is cut, as in a
	// file or a pipe.
	Width int
	// Colours says that colours are shown.
	Colours bool
	// Terminal says that somebody is looking.
	Terminal bool
}

// usual is the width of a terminal that does not tell its own.
const usual = 80

// Of returns the screen behind an output. The width is that of the variable COLUMNS
// if it holds a number, else of the terminal's window; an output that is no
// terminal has none. Colours are for terminals alone, and not for one with TERM=dumb
// or where NO_COLOR is not empty (no-color.org).
func Of(out io.Writer, getenv func(string) string, uncoloured bool) Screen {
	var s Screen
	f, isFile := out.(*os.File)
	s.Terminal = isFile && term.IsTerminal(int(f.Fd()))
	if s.Terminal {
		s.Width = usual
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.Width = width
		}
		s.Colours = !uncoloured && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	}
	if columns, err := strconv.ParseUint(getenv("COLUMNS"), 10, 15); err == nil && columns > 0 {
		s.Width = int(columns)
	}
	return s
}
