package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// onlooker looks how far a day is at every report and whenever something is read.
type onlooker struct {
	*export
	t testing.TB

	mu       sync.Mutex
	reported job.Progress // last
	read     job.Progress // what Now told last
	inside   int          // how often that moved while no shard ended
	hook     func()       // is called once, in the middle of reading
	given    int64        // bytes
	exact    bool         // nothing else can have been read
}

func (o *onlooker) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	body, err := o.export.Open(ctx, b, offset, length)
	if o.look(); err != nil {
		return nil, err
	}
	return lookedAt{body, o}, nil
}

type lookedAt struct {
	io.ReadCloser
	o *onlooker
}

func (l lookedAt) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p[:min(len(p), 100)])
	l.o.mu.Lock()
	l.o.given += int64(n)
	l.o.mu.Unlock()
	l.o.look()
	return n, err
}

// look asks for the progress.
func (o *onlooker) look() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reported.Now == nil {
		return
	}
	p := o.reported.Now()
	o.compare(o.read, p)
	if p.Done == o.read.Done && p.BytesDone > o.read.BytesDone {
		o.inside++
	}
	o.read = p
	if o.hook != nil && p.BytesDone > p.Bytes/2 {
		hook := o.hook
		o.hook = nil
		hook()
	}
}

// observe is Hunt.Observe.
func (o *onlooker) observe(p job.Progress) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p.Phase == job.Reading {
		o.compare(o.reported, p)
		o.reported = p
	}
}

func (o *onlooker) compare(last, p job.Progress) {
	if p.BytesDone < min(last.BytesDone, p.Bytes) || p.BlobsDone < min(last.BlobsDone, p.Blobs) || p.Lines < last.Lines ||
		p.BytesDone > p.Bytes || p.BlobsDone > p.Blobs || p.Done > p.Shards || p.BlobsDone == p.Blobs && p.BytesDone < p.Bytes {
		o.t.Errorf("%+v after %+v", p, last)
	}
	if o.exact && p.BytesDone > o.given {
		o.t.Errorf("%d bytes of %+v", o.given, p)
	}
}

// However a day is read, progress neither falls nor exceeds what there is, moves
// while a shard is read, and has all of it at the end.
func TestProgressIsSteady(t *testing.T) {
	for seed := range uint64(24) {
		input := newExport(t, seed).fill(day, 20)
		input.put(blobName(day, 250), input.lines(day, 200)) // is cut
		o := &onlooker{export: input, t: t}
		work := storagetest.NewMem()
		h := newHunt(o, work, &sink{name: "api"})
		h.Observe = o.observe
		h.Lanes = event.NewLanes(4, 1+int(seed%4))
		if seed%3 == 0 {
			h.Engine = twice{}
		}
		switch seed % 4 {
		case 0:
			o.exact = seed%3 > 0
		case 1: // planned anew, with another total
			o.hook = func() { input.put(blobName(day, 250), input.lines(day, 100)) }
		case 2:
			input.put(blobName(day, 8)+".gz", "\x1f\x8b\x08 is no gzip")
			h.PartialMalformed = 1
		case 3: // an earlier run stopped half-way
			ctx, cancel := context.WithCancel(t.Context())
			o.hook = cancel
			if _, err := h.Day(ctx, day); err == nil {
				t.Error("not interrupted")
			}
			o.read, o.reported = job.Progress{}, job.Progress{}
		}
		r, err := h.Day(t.Context(), day)
		if err != nil && !errors.Is(err, job.ErrPartial) {
			t.Fatal(err)
		}
		p := o.reported.Now()
		if p.BytesDone != r.Bytes || p.Bytes != r.Bytes || p.BlobsDone != len(r.Export.Blobs) || p.Blobs != p.BlobsDone || p.Done != r.Shards {
			t.Errorf("seed %d: %+v at the end of %d bytes in %d blobs", seed, p, r.Bytes, len(r.Export.Blobs))
		}
		if r.Reused == 0 && seed%4 == 0 && p.Lines != r.Stats.Lines {
			t.Errorf("seed %d: %d lines were read, %d counted", seed, r.Stats.Lines, p.Lines)
		}
		if o.inside < 10 {
			t.Errorf("seed %d: moved %d times while shards were read", seed, o.inside)
		}
	}
}

// Every step is told of once and ended with what came of it, steps within steps get
// their context, and the reports come in the same order.
func TestTrace(t *testing.T) {
	input := newExport(t, 3).fill(day, 4)
	broken := &sink{name: "broken", fail: func() error { return publish.ErrRefused }}
	h := newHunt(input, storagetest.NewMem(), &sink{name: "api"}, broken)
	type key struct{}
	var steps []string
	h.Trace = func(ctx context.Context, s job.Step) (context.Context, func(error)) {
		name := fmt.Sprint(ctx.Value(key{}), "/", s.Phase)
		if s.Delivery != nil {
			name += " " + s.Delivery.Sink
		}
		if s.Day != "" {
			name = fmt.Sprint(ctx.Value(key{}), "/", s.Day)
			s.Phase = job.Phase(s.Day)
		}
		return context.WithValue(ctx, key{}, s.Phase), func(err error) {
			if s.Delivery != nil {
				name += fmt.Sprint(" sent ", s.Delivery.Sent > 0, " left ", s.Delivery.Left > 0)
			}
			steps = append(steps, fmt.Sprint(name, " ", errors.Is(err, publish.ErrRefused)))
		}
	}
	var sinks []string
	h.Observe = func(p job.Progress) {
		if p.Sink != "" {
			sinks = append(sinks, p.Sink)
		}
	}
	if _, err := h.Day(t.Context(), day); !errors.Is(err, job.ErrUndelivered) {
		t.Error(err)
	}
	in := day.Format(time.DateOnly)
	want := []string{in + "/listing false", in + "/reading false", in + "/merging false", in + "/finishing false",
		"delivering/delivering api sent true left false false", "delivering/delivering broken sent false left true true", in + "/delivering true", "<nil>/" + in + " true"}
	if !slices.Equal(steps, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(steps, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(sinks, []string{"api", "broken"}) {
		t.Errorf("%q", sinks)
	}
}
