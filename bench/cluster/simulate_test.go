package main

import (
	"math"
	"slices"
	"testing"
)

func TestLevels(t *testing.T) {
	for pieces, want := range map[int][]int{1: nil, 2: {1}, 32: {1}, 33: {2, 1}, 1164: {37, 2, 1}} {
		if got := known.levels(pieces); !slices.Equal(got, want) {
			t.Errorf("%d pieces: %v, want %v", pieces, got, want)
		}
	}
}

// Without spread it is plain division; with it no worker is idle while a task waits.
func TestMakespan(t *testing.T) {
	even := known
	even.spread = 0
	if got := even.makespan(10, 4, 2); got != 6 {
		t.Errorf("ten tasks of 2 s by four take %v s", got)
	}
	for _, workers := range []int{1, 3, 50} {
		got, ideal := known.makespan(1000, workers, 10), 10_000/float64(workers)
		if got < ideal*0.95 || got > ideal*1.05+10*(1+known.spread) {
			t.Errorf("%d workers take %.0f s, and %.0f would be ideal", workers, got, ideal)
		}
	}
}

// More workers never take longer; what they take is bound by what the account gives.
func TestForecast(t *testing.T) {
	last := math.Inf(1)
	for _, workers := range []int{1, 2, 4, 8, 16, 32, 64} {
		f := known.forecast(load{1, 10e12, workers, known.egress})
		if f.wall > last*1.01 {
			t.Errorf("%d workers take %.0f s, fewer took %.0f", workers, f.wall, last)
		}
		if f.wall < 10e12/known.egress {
			t.Errorf("%d workers read faster than the account gives", workers)
		}
		last = f.wall
	}
	f := known.forecast(load{90, 1e12, 25, known.egress})
	if f.tasks < 90*466 || f.events > 51_200 || f.history > 50e6 {
		t.Errorf("%+v", f)
	}
}
