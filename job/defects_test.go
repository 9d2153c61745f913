package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
)

// defect is a mistake of the program, made at its seams.
type defect struct {
	name    string
	install func(*parts)
}

// defects are mistakes that programs of this kind make.
func defects() []defect {
	return []defect{
		{"a receipt before the record", receiptFirst},
		{"receipts that are not kept", func(p *parts) { p.work = forgetful{p.work} }},
		{"the receipts of two batches swapped", func(p *parts) { eachSink(p, func(s publish.Sink) publish.Sink { return swapped{s} }) }},
		{"a batch skipped after a passing error", func(p *parts) { eachSink(p, func(s publish.Sink) publish.Sink { return skipping{s} }) }},
		{"a sink that counts one record too many", func(p *parts) { eachSink(p, func(s publish.Sink) publish.Sink { return overcounting{s} }) }},
		{"an answer lost, and the batch sent again at once", func(p *parts) { eachSink(p, func(s publish.Sink) publish.Sink { return doubling{s} }) }},
		{"the outbox written behind the first batch", outboxLate},
		{"a short body taken for a whole one", func(p *parts) { p.input = shortIsWhole{p.input} }},
		{"the last blob of a listing dropped", func(p *parts) { p.input = dropsLast{p.input} }},
		{"a listing that broke taken for a whole one", func(p *parts) { p.input = brokenIsWhole{p.input} }},
		{"the version of a blob not looked at", func(p *parts) { p.input = blind{p.input} }},
		{"a state used again after an error", func(p *parts) { p.detector = &reusing{Detector: p.detector} }},
		{"the first of a context instead of the least", func(p *parts) { p.detector = firstOnes{p.detector} }},
		{"the context of one side lost in merging", func(p *parts) { p.detector = oneSided{p.detector} }},
		{"objects that are not put as a whole", func(p *parts) { p.work = tearing{p.work} }},
	}
}

// The harness notices each of the defects within that many lives, and, in the
// same lives, none where there is none.
func TestDefectsAreNoticed(t *testing.T) {
	const within = 60
	for _, d := range defects() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(within) {
				var found complaints
				w := newWorld(t, &found, seed, 6)
				w.defect = &d
				w.live()
				if len(found.texts) > 0 {
					t.Logf("noticed at seed %d: %.200s", seed, found.texts[0])
					return
				}
			}
			t.Errorf("not noticed in %d lives", within)
		})
	}
}

func eachSink(p *parts, wrap func(publish.Sink) publish.Sink) {
	for i, s := range p.sinks {
		p.sinks[i] = wrap(s)
	}
}

// receiptFirst says yes to every batch and sends it once the next call to the
// work store, that of its receipts, has been made.
func receiptFirst(p *parts) {
	late := &lateSender{Store: p.work}
	p.work = late
	eachSink(p, func(s publish.Sink) publish.Sink { return eager{s, late} })
}

type eager struct {
	publish.Sink
	late *lateSender
}

func (s eager) Send(ctx context.Context, records []publish.Record) (int, error) {
	n := min(2, len(records))
	batch := slices.Clone(records[:n])
	s.late.queue = append(s.late.queue, func() { s.Sink.Send(ctx, batch) })
	return n, nil
}

type lateSender struct {
	storage.Store
	queue []func()
}

func (l *lateSender) Put(ctx context.Context, name string, data []byte) error {
	err := l.Store.Put(ctx, name, data)
	if strings.HasPrefix(name, "receipts/") {
		for _, send := range l.queue {
			send()
		}
		l.queue = nil
	}
	return err
}

// forgetful keeps no receipts.
type forgetful struct{ storage.Store }

func (f forgetful) Put(ctx context.Context, name string, data []byte) error {
	if strings.HasPrefix(name, "receipts/") {
		return nil
	}
	return f.Store.Put(ctx, name, data)
}

// swapped sends the second batch first and reports it as the first.
type swapped struct{ publish.Sink }

func (s swapped) Send(ctx context.Context, records []publish.Record) (int, error) {
	if len(records) != 4 {
		return s.Sink.Send(ctx, records[:min(2, len(records))])
	}
	return s.Sink.Send(ctx, records[2:])
}

// skipping goes on behind a batch that failed.
type skipping struct{ publish.Sink }

func (s skipping) Send(ctx context.Context, records []publish.Record) (int, error) {
	n, err := s.Sink.Send(ctx, records)
	if err != nil {
		return 1, nil
	}
	return n, err
}

// overcounting reports more than the destination has taken.
type overcounting struct{ publish.Sink }

func (s overcounting) Send(ctx context.Context, records []publish.Record) (int, error) {
	n, err := s.Sink.Send(ctx, records)
	if err == nil && n < len(records) {
		n++
	}
	return n, err
}

// doubling sends every batch twice.
type doubling struct{ publish.Sink }

func (s doubling) Send(ctx context.Context, records []publish.Record) (int, error) {
	s.Sink.Send(ctx, records)
	return s.Sink.Send(ctx, records)
}

// outboxLate holds the outbox back until something was sent.
func outboxLate(p *parts) {
	held := &holding{Store: p.work}
	p.work = held
	eachSink(p, func(s publish.Sink) publish.Sink { return releasing{s, held} })
}

type holding struct {
	storage.Store
	held func() error
}

func (h *holding) Put(ctx context.Context, name string, data []byte) error {
	if strings.HasPrefix(name, "outbox/") {
		data = slices.Clone(data)
		h.held = func() error { return h.Store.Put(ctx, name, data) }
		return nil
	}
	return h.Store.Put(ctx, name, data)
}

type releasing struct {
	publish.Sink
	h *holding
}

func (s releasing) Send(ctx context.Context, records []publish.Record) (int, error) {
	n, err := s.Sink.Send(ctx, records)
	if s.h.held != nil {
		err = errors.Join(err, s.h.held())
		s.h.held = nil
	}
	return n, err
}

// shortIsWhole does not notice that a body ends early: what is missing is taken
// for blank lines.
type shortIsWhole struct{ storage.Reader }

func (r shortIsWhole) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	body, err := r.Reader.Open(ctx, b, offset, length)
	if err != nil {
		return nil, err
	}
	return padded{io.LimitReader(io.MultiReader(body, newlines{}), length), body}, nil
}

type padded struct {
	io.Reader
	io.Closer
}

type newlines struct{}

func (newlines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

// dropsLast forgets the last blob of a page.
type dropsLast struct{ storage.Reader }

func (r dropsLast) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		var held *storage.Blob
		for b, err := range r.Reader.List(ctx, prefix) {
			if err != nil {
				yield(storage.Blob{}, err)
				return
			}
			if held != nil && !yield(*held, nil) {
				return
			}
			held = &b
		}
	}
}

// brokenIsWhole takes the end of a listing for its end, whatever the reason.
type brokenIsWhole struct{ storage.Reader }

func (r brokenIsWhole) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		for b, err := range r.Reader.List(ctx, prefix) {
			if err != nil || !yield(b, nil) {
				return
			}
		}
	}
}

// Folders implements storage.FolderLister.
func (r brokenIsWhole) Folders(ctx context.Context, prefix string) ([]string, error) {
	return r.Reader.(storage.FolderLister).Folders(ctx, prefix)
}

// blind takes blobs of equal names and sizes for equal, so that a partial of
// another version is used.
type blind struct{ storage.Reader }

func (r blind) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		for b, err := range r.Reader.List(ctx, prefix) {
			if b.ETag = ""; !yield(b, err) {
				return
			}
		}
	}
}

func (r blind) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	present, err := storage.Find(ctx, r.Reader, b.Name)
	if err != nil {
		return nil, err
	}
	return r.Reader.Open(ctx, present, offset, length)
}

// reusing goes on with a state that a fold filled and did not finish.
type reusing struct {
	job.Detector[*sightings]
	dirty *sightings
}

func (r *reusing) New() *sightings {
	s := r.Detector.New()
	s.onAdd = func() {
		if r.dirty != nil && r.dirty != s {
			s.Merge(r.dirty)
		}
		r.dirty = s
	}
	s.onEncode = func() {
		if r.dirty == s {
			r.dirty = nil
		}
	}
	return s
}

// firstOnes keeps the first times that come along.
type firstOnes struct{ job.Detector[*sightings] }

func (f firstOnes) New() *sightings {
	s := f.Detector.New()
	s.keepFirst = true
	return s
}

// oneSided merges counts and leaves the context as it is.
type oneSided struct{ job.Detector[*sightings] }

func (o oneSided) New() *sightings {
	s := o.Detector.New()
	s.deaf = true
	return s
}

// tearing leaves half an object behind when a put fails.
type tearing struct{ storage.Store }

func (s tearing) Put(ctx context.Context, name string, data []byte) error {
	err := s.Store.Put(ctx, name, data)
	if err != nil {
		return fmt.Errorf("%w after half of it: %w", err, s.Store.Put(context.WithoutCancel(ctx), name, data[:len(data)/2]))
	}
	return err
}
