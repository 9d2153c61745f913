package job

import (
	"context"
	"iter"

	"sparkless/publish"
	"sparkless/storage/event"
)

// State is what a detector remembers of some events. Merging is associative and
// commutative, with Detector.New's value as its zero: the state of a day does
// not depend on how the day was cut, or in which order it was read. One
// goroutine at a time uses a state.
type State[S any] interface {
	// Add folds one event in. It does not retain the record.
	Add(*event.Record)
	// Merge folds another state in and leaves that one as it is; both must be
	// usable independently afterwards.
	Merge(S)
	// Encode returns the state and a note of the caller's as one file that can
	// tell whether it is whole. Equal states and notes give equal bytes.
	Encode(note string) ([]byte, error)
	// Decode replaces the state by the one in a file and returns its note. It
	// fails if the file is damaged, cut, or of another kind or version; the
	// state is then undefined.
	Decode(file []byte) (note string, err error)
}

// Rester is what a State offers that remembers, for Add, what it has worked out of
// texts. A day is read into many states, one after the other, and what one has worked
// out the next need not.
type Rester interface {
	// Rest is called when nothing more is added to the state for now: it gives up what
	// only Add needs, or hands it on to states that are still to come. Events may be
	// added later all the same.
	Rest()
}

// Detector is one hunt: what to read, how to fold it, what to make of it. Its
// methods may be called from many goroutines.
type Detector[S State[S]] interface {
	// Spec names the hunt and what it reads. It never changes.
	Spec() event.Spec
	// New returns the state of no events.
	New() S
	// Finish makes findings of the state of a whole window, which is a UTC day or
	// another span of whole seconds; history is the merged state of days before it
	// if the detector is Remembering and there are any, or New's value. It depends
	// on nothing else, and its records are ordered.
	Finish(ctx context.Context, w event.Window, day, history S) ([]publish.Record, error)
}

// Ranking is what a Detector offers that may find more than anybody is to read.
type Ranking[S any] interface {
	// Rank is Finish for who may not want all findings: it returns how many there are, and
	// makes each when it is asked for, in the order of Finish. They are asked for at most
	// once, and while nobody else uses the states.
	Rank(ctx context.Context, w event.Window, day, history S) (n int, found iter.Seq2[publish.Record, error], err error)
}
