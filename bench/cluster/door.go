package main

import (
	"context"
	"maps"
	"strings"
	"sync"

	"sparkless/bench/scene"
)

// door is the way of one process to the storage. It counts what passes, and can hold a
// request up, so that what is done to the process meanwhile hits it at work.
type door struct {
	proxy *scene.Proxy

	mu     sync.Mutex
	counts map[scene.Kind]int
	reads  int // of blobs of the export
	hold   *hold
}

// hold is a request that is to be held up.
type hold struct {
	match   func(scene.Request) bool
	left    int           // matching requests until it is the one
	reached chan struct{} // closed once it has come
	open    chan struct{} // it passes once this is closed
}

// newDoor opens a door to a storage.
func newDoor(s *scene.Storage) (*door, error) {
	d := &door{counts: map[scene.Kind]int{}}
	var err error
	d.proxy, err = s.Proxy(d.watch)
	return d, err
}

// holdUp holds the n-th request that matches from now on, until it is released or its
// process is gone.
func (d *door) holdUp(n int, match func(scene.Request) bool) *hold {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hold = &hold{match, n, make(chan struct{}), make(chan struct{})}
	return d.hold
}

func (h *hold) release() { close(h.open) }

func (d *door) watch(ctx context.Context, r scene.Request) {
	if h := d.count(r); h != nil {
		close(h.reached)
		select {
		case <-h.open:
		case <-ctx.Done():
		}
	}
}

// count counts a request, and returns the hold that is for it.
func (d *door) count(r scene.Request) *hold {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[r.Kind]++
	if exportRead(r) {
		d.reads++
	}
	if d.hold == nil || !d.hold.match(r) {
		return nil
	}
	if d.hold.left--; d.hold.left != 0 {
		return nil
	}
	return d.hold
}

// passed is how many requests of each kind have passed, and how many of them read the
// export.
func (d *door) passed() (counts map[scene.Kind]int, reads int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counts), d.reads
}

// exportRead: a worker is in the middle of a batch.
func exportRead(r scene.Request) bool { return r.Content && r.Container == scene.Export }

// pieceWrite: a worker commits a batch, and is about to tell the server.
func pieceWrite(r scene.Request) bool {
	return r.Kind == scene.Write && strings.HasPrefix(r.Blob, "runs/") && strings.Contains(r.Blob, "/part-")
}
