package storage

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sparkless/storage/printable"
)

// Holder says who holds a lock. It is kept beside the lock for the message of
// whoever finds it taken, and may be anybody's text.
type Holder struct {
	// Host is the name of the machine.
	Host string `json:"host"`
	// PID is the number of the process there.
	PID string `json:"pid"`
	// Since is when the lock was taken, by that machine's clock.
	Since string `json:"since"`
}

// ThisProcess is the Holder of a lock taken now. It is ASCII.
func ThisProcess() Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	ascii := func(r rune) rune {
		if r > ' ' && r < unicode.MaxASCII {
			return r
		}
		return '?'
	}
	return Holder{Host: strings.Map(ascii, host), PID: strconv.Itoa(os.Getpid()), Since: time.Now().UTC().Format(time.RFC3339)}
}

// Locked is the ErrLocked of the lock name that h holds; the zero Holder stands
// for one that is not known.
func (h Holder) Locked(name string) error {
	if h == (Holder{}) {
		return fmt.Errorf("lock %q: %w", name, ErrLocked)
	}
	return fmt.Errorf("lock %q: %w: process %s on %s since %s", name, ErrLocked, shown(h.PID), shown(h.Host), shown(h.Since))
}

// shown makes a text that others wrote fit for a message.
func shown(text string) string {
	const most = 64
	var b strings.Builder
	for i, r := range []rune(text) {
		switch {
		case i == most:
			b.WriteString("…")
			return b.String()
		case printable.Rune(r) && r != unicode.ReplacementChar:
			b.WriteRune(r)
		default:
			b.WriteByte('?')
		}
	}
	if b.Len() == 0 {
		return "?"
	}
	return b.String()
}
