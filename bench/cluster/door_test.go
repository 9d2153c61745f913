package main

import (
	"context"
	"testing"

	"sparkless/bench/scene"
)

// The request that is to be held is held until it is released, and no other.
func TestHold(t *testing.T) {
	d := &door{counts: map[scene.Kind]int{}}
	read := scene.Request{Kind: scene.Read, Container: scene.Export, Blob: "b", Content: true}
	piece := scene.Request{Kind: scene.Write, Container: "work", Blob: "runs/s/d/2026/r/part-00001.parquet"}
	h := d.holdUp(2, exportRead)
	d.watch(t.Context(), read)
	d.watch(t.Context(), piece)
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		d.watch(t.Context(), read)
	}()
	<-h.reached
	d.watch(t.Context(), read) // others go on
	select {
	case <-passed:
		t.Fatal("it was not held")
	default:
	}
	h.release()
	<-passed
	if counts, reads := d.passed(); reads != 3 || counts[scene.Read] != 3 || counts[scene.Write] != 1 {
		t.Errorf("%v, %d reads", counts, reads)
	}
}

// A process that is gone asks for nothing any more.
func TestHoldEndsWithTheProcess(t *testing.T) {
	d := &door{counts: map[scene.Kind]int{}}
	h := d.holdUp(1, pieceWrite)
	ctx, gone := context.WithCancel(t.Context())
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		d.watch(ctx, scene.Request{Kind: scene.Write, Blob: "runs/s/d/2026/r/part-00001.parquet"})
	}()
	<-h.reached
	gone()
	<-passed
}
