// Package secret holds texts that must not be shown.
package secret

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Redacted is what every encoding and every verb of fmt makes of a Text that is
// not empty.
const Redacted = "[redacted]"

// Text is a secret: a key, a signature, a connection string. Its content comes
// out of Reveal alone; fmt with any verb, slog, encoding/json and everything else
// that honours TextMarshaler gives Redacted, or nothing for an empty Text.
//
// The content stands behind a pointer: where fmt calls no method, as on the
// unexported field of a struct, it prints an address, and so does a panic. Texts
// cannot be compared with ==, which would compare addresses.
type Text struct {
	_       [0]func()
	content *string
}

// New returns the secret s without the white space around it, which files and
// vaults add.
func New(s string) Text {
	s = strings.TrimSpace(s)
	if s == "" {
		return Text{}
	}
	return Text{content: &s}
}

// Reveal returns the content. Call it where the secret is used, and nowhere else.
func (t Text) Reveal() string {
	if t.content == nil {
		return ""
	}
	return *t.content
}

// Empty reports whether there is no secret.
func (t Text) Empty() bool { return t.content == nil }

// String is Redacted, or empty.
func (t Text) String() string {
	if t.Empty() {
		return ""
	}
	return Redacted
}

// Format implements fmt.Formatter: no verb and no flag shows the content.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText implements encoding.TextMarshaler.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Hide replaces the secret wherever text holds it.
func (t Text) Hide(text string) string {
	if t.Empty() {
		return text
	}
	return strings.ReplaceAll(text, t.Reveal(), Redacted)
}
