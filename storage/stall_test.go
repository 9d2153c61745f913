package storage_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/storage"
)

// stalling is a reader whose bodies hang after some bytes: until their context
// ends, or until release bytes were read altogether.
type stalling struct {
	stage
	after   int
	release int
	read    int
	offsets []int64
}

func (s *stalling) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	s.offsets = append(s.offsets, offset)
	return &stalledBody{s, ctx, s.data[offset : offset+length], s.after}, nil
}

type stalledBody struct {
	s    *stalling
	ctx  context.Context
	left []byte
	more int
}

func (b *stalledBody) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.more == 0 && b.s.read < b.s.release {
		<-b.ctx.Done()
		return 0, b.ctx.Err()
	}
	if len(b.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:1], b.left)
	b.left, b.more, b.s.read = b.left[n:], b.more-n, b.s.read+n
	return n, nil
}

func (b *stalledBody) Close() error { return nil }

// A body without a byte for a minute is broken: it is resumed where it stalled.
// What its reader does in between takes any time.
func TestRetryResumesStalledBodies(t *testing.T) {
	blob := storage.Blob{Name: "x", Size: 50}
	stalls := storage.Policy{Attempts: 3, Base: 1, Max: 1, Idle: time.Minute}
	synctest.Test(t, func(t *testing.T) {
		s := &stalling{stage: stage{data: digits(50)}, after: 20, release: 41}
		body, err := storage.Retry(s, stalls).Open(t.Context(), blob, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		start, slept := time.Now(), time.Duration(0)
		var data []byte
		for p := make([]byte, 7); ; {
			n, err := body.Read(p)
			if data = append(data, p[:n]...); err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Minute)
			slept += 2 * time.Minute
		}
		body.Close()
		if string(data) != string(s.data) || len(s.offsets) != 3 || s.offsets[1] != 20 || s.offsets[2] != 40 {
			t.Errorf("%q from %v", data, s.offsets)
		}
		if waited := time.Since(start) - slept; waited.Truncate(time.Second) != 2*time.Minute {
			t.Errorf("waited %v", waited)
		}
	})
	synctest.Test(t, func(t *testing.T) { // it stalls for good
		s := &stalling{stage: stage{data: digits(50)}, after: 0, release: 1}
		start := time.Now()
		body, err := storage.Retry(s, stalls).Open(t.Context(), blob, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(body)
		if err == nil || storage.Permanent(err) || len(s.offsets) != 3 || time.Since(start).Truncate(time.Second) != 3*time.Minute {
			t.Errorf("%v after %v, %d attempts", err, time.Since(start), len(s.offsets))
		}
	})
	synctest.Test(t, func(t *testing.T) { // the caller's wish comes first
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := &stalling{stage: stage{data: digits(50)}, after: 9, release: 10}
		body, err := storage.Retry(s, stalls).Open(ctx, blob, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.ReadAll(body); !errors.Is(err, context.DeadlineExceeded) || len(s.offsets) != 1 {
			t.Errorf("%v, %d attempts", err, len(s.offsets))
		}
	})
}
