// Package publish delivers records to their destinations and keeps receipts, so
// that a second run sends nothing twice.
package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
)

// Record is one finding on its way to a destination.
type Record struct {
	// ID says what was found, never when: the same finding on another day, or
	// in another run, has the same ID.
	ID string `json:"id"`
	// Day is the data day, "2006-01-02" in UTC.
	Day string `json:"day"`
	// Body is the published record: one JSON object whose keys stand in the
	// order of publication.
	Body json.RawMessage `json:"body"`
	// Revision tells two contents of the same finding apart: a record is sent
	// again when it changes. It covers what the finding is about, and not what
	// moves with every late event, such as ranks; Digest makes one. Empty stands
	// for the digest of Body.
	Revision string `json:"revision,omitempty"`
}

// Digest makes a revision of a text: 16 hexadecimal digits of its SHA-256.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// revision is Revision, or what stands for it.
func (r Record) revision() string {
	if r.Revision != "" {
		return r.Revision
	}
	return Digest(r.Body)
}

// Errors that a Sink wraps. Every other error is taken for a passing one.
var (
	// ErrRefused: the destination will never take these records as they are.
	// Others it may take: Deliver looks for the record that is at fault.
	ErrRefused = errors.New("refused")
	// ErrSettings: as it is set up the destination takes no record at all, such
	// as where an address or the name of a table is wrong.
	ErrSettings = errors.New("wrong settings")
	// ErrDenied: the destination does not accept the credentials.
	ErrDenied = errors.New("not authorised")
)

// Sink is a destination. Deliver calls it from one goroutine.
type Sink interface {
	// Name is unique among destinations and stays the same from run to run; it
	// is part of the name of the receipts. Letters, digits, '-', '_' and '.'.
	Name() string

	// Send delivers a leading part of records, as much as fits into one batch
	// of the destination, and returns how many records the destination has
	// accepted. Without an error it is at least one (records is never empty).
	// With an error the accepted ones, if any, must not be sent again, the
	// others may be. Send does not retain records.
	Send(ctx context.Context, records []Record) (accepted int, err error)
}

// Replacer marks a Sink whose destination holds exactly the records of the last
// Send, like a file that is written anew. Deliver gives it every record at once
// (an empty slice included) and keeps no receipts for it.
type Replacer interface {
	Sink
	// Replaces has no effect; it tells the two kinds apart.
	Replaces()
}
