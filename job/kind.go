package job

import (
	"errors"
	"slices"

	"sparkless/storage"
)

// ErrStale means that a plan names a version of a blob that is there no more: listing
// again helps.
var ErrStale = errStale

// kinds name the errors that decide how a run goes on or ends, the more telling first.
// The names go between machines and stay.
func kinds() []kind {
	return []kind{
		{"stale", ErrStale, false},
		{"damaged", ErrDamaged, false},
		{"no-blobs", ErrNoBlobs, false},
		{"malformed", ErrMalformed, false},
		{"memory", ErrMemory, false},
		{"busy", ErrBusy, true},
		{"undelivered", ErrUndelivered, false},
		{"partial", ErrPartial, false},
		{"denied", storage.ErrDenied, false},
		{"invalid", storage.ErrInvalid, false},
	}
}

type kind struct {
	name   string
	err    error
	passes bool // trying the same again may help
}

// KindOf names the kind of an error for other machines: "" if there is none, "failed" if
// it is of no kind that has a name.
func KindOf(err error) string {
	if err == nil {
		return ""
	}
	for _, k := range kinds() {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return failed
}

const failed = "failed"

// kindsOf names all kinds of an error.
func kindsOf(err error) []string {
	var names []string
	for _, k := range kinds() {
		if errors.Is(err, k.err) {
			names = append(names, k.name)
		}
	}
	if err != nil && names == nil {
		names = []string{failed}
	}
	return names
}

// Passes reports whether an error of that kind may be gone at another try.
func Passes(name string) bool {
	for _, k := range kinds() {
		if k.name == name {
			return k.passes
		}
	}
	return name == failed
}

// OfKind is an error as another machine had it: with its text, and errors.Is finds the
// error that its kind stands for. It is nil for the kind "".
func OfKind(name, text string) error {
	if name == "" {
		return nil
	}
	return ofKinds([]string{name}, text)
}

// ofKinds is OfKind of several at once.
func ofKinds(names []string, text string) error {
	if len(names) == 0 {
		return nil
	}
	e := remoteError{text: text}
	for _, k := range kinds() {
		if slices.Contains(names, k.name) {
			e.kinds = append(e.kinds, k.err)
		}
	}
	return e
}

// remoteError is an error of another machine.
type remoteError struct {
	text  string
	kinds []error
}

func (e remoteError) Error() string { return e.text }

func (e remoteError) Unwrap() []error { return e.kinds }
