// Package progress shows how far a run is: as one line at the bottom of a terminal,
// or where there is no terminal in the log now and then.
//
// The line is drawn from the first column, where the cursor then stays. So whatever
// is erased from the cursor on is the line and nothing else, also when a narrower
// window has folded it; and the cursor is never hidden, so that nobody has to bring
// it back.
package progress

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	drawEvery = 100 * time.Millisecond
	logEvery  = 30 * time.Second
)

// Sequences of ECMA-48 (ED): from the cursor on, or from the first column.
const (
	eraseRest = "\x1b[J"
	erase     = "\r" + eraseRest
)

// State is how far a run is. Its texts are printed as they are: they have to be
// harmless.
type State struct {
	Phase string // like "reading"
	What  string // the day
	To    string // where something is sent
	// Number and Of say which day of several it is; Of is 0 for a single one.
	Number, Of int
	// Bytes is 0 where nothing is counted.
	Bytes, BytesDone int64
	Blobs, BlobsDone int
	Events           int64         // so far
	Elapsed          time.Duration // since the first Show; Display fills it in
}

// Mode says how progress is shown. Zero is not at all.
type Mode struct {
	// Width, if set, asks for the line on a terminal, and tells the width of its
	// window in columns. It is asked for each drawing.
	Width func() int
	// Log, if set and Width is not, is called every 30 seconds, by a goroutine of its
	// own.
	Log func(State)
}

// Display is what is written to standard error: log lines, and below them how far
// the run is. Its methods may be called from many goroutines.
type Display struct {
	mu      sync.Mutex
	out     io.Writer
	mode    Mode
	state   func() State // nil: nothing is shown
	start   time.Time    // of the first Show
	drawn   bool         // the line is on the screen
	midLine bool         // the last Write did not end its line
	closed  bool
	rate    rate
	stop    chan struct{} // ends the goroutine that draws; nil if there is none
	stopped chan struct{}
}

// New returns a display that shows no progress yet.
func New(out io.Writer) *Display { return &Display{out: out} }

// Set changes how progress is shown from the next Show on.
func (d *Display) Set(m Mode) {
	d.Hide()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mode = m
}

// Show begins to show what state returns, which is called whenever that is drawn or
// logged, by another goroutine. A run that is quick enough shows nothing.
func (d *Display) Show(state func() State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.mode.Width == nil && d.mode.Log == nil {
		return
	}
	if d.start.IsZero() {
		d.start = time.Now()
	}
	d.state = state
	if d.stop == nil {
		d.stop, d.stopped = make(chan struct{}), make(chan struct{})
		go d.keepOn(d.stop, d.stopped)
	}
}

// Hide ends showing. When it returns nothing of the line is left on the screen, and
// no goroutine runs.
func (d *Display) Hide() {
	d.mu.Lock()
	stop, stopped := d.stop, d.stopped
	d.state, d.stop = nil, nil
	d.clear()
	d.mu.Unlock()
	if stop != nil {
		close(stop)
		<-stopped
	}
}

// Close is Hide for good: nothing is shown any more. Write goes on.
func (d *Display) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.Hide()
}

// Write prints lines above the progress, which is erased before and drawn again
// behind them.
func (d *Display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.drawn {
		d.midLine = !bytes.HasSuffix(p, []byte("\n"))
		return d.out.Write(p)
	}
	d.midLine = !bytes.HasSuffix(p, []byte("\n"))
	// One write, so that the line does not flicker, and no other process's output
	// comes between.
	all := append([]byte(erase), p...)
	d.drawn = false
	if line, ok := d.line(); ok {
		all = append(all, line...)
		d.drawn = true
	}
	if n, err := d.out.Write(all); err != nil {
		return min(max(n-len(erase), 0), len(p)), err
	}
	return len(p), nil
}

// keepOn draws or logs until stop is closed.
func (d *Display) keepOn(stop, stopped chan struct{}) {
	defer close(stopped)
	d.mu.Lock()
	mode := d.mode
	d.mu.Unlock()
	every := logEvery
	if mode.Width != nil {
		every = drawEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if mode.Width != nil {
			d.draw()
		} else if s, ok := d.now(); ok {
			mode.Log(s) // which writes: not while d is locked
		}
	}
}

// now is the present state, if one is to be shown.
func (d *Display) now() (State, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.present()
}

func (d *Display) present() (State, bool) {
	if d.state == nil {
		return State{}, false
	}
	s := d.state()
	s.Elapsed = time.Since(d.start)
	return s, true
}

func (d *Display) draw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	line, ok := d.line()
	if !ok {
		return
	}
	// An error would be the same for the log, which tells nobody either.
	_, _ = io.WriteString(d.out, line)
	d.drawn = true
}

// line is the line to draw, with the cursor at its beginning afterwards.
func (d *Display) line() (string, bool) {
	s, ok := d.present()
	if !ok || d.midLine {
		return "", false
	}
	speed := d.rate.add(time.Now(), s)
	// The last column stays empty: some terminals go on to the next line behind it.
	return layout(s, speed, d.mode.Width()-1) + eraseRest + "\r", true
}

// clear takes the line off the screen.
func (d *Display) clear() {
	if d.drawn {
		_, _ = io.WriteString(d.out, erase)
		d.drawn = false
	}
}

// rate knows how many events a second were read lately.
type rate struct {
	seen []sample
}

type sample struct {
	at     time.Time
	events int64
}

// lately is the time over which the speed is taken.
const lately = 5 * time.Second

// add returns the speed, 0 while nothing is known of it.
func (r *rate) add(now time.Time, s State) (perSecond float64) {
	if n := len(r.seen); n > 0 && s.Events < r.seen[n-1].events || s.Bytes == 0 {
		r.seen = nil // another day has begun, or another phase
	}
	if s.Bytes == 0 {
		return 0
	}
	r.seen = append(r.seen, sample{now, s.Events})
	for len(r.seen) > 2 && now.Sub(r.seen[1].at) >= lately {
		r.seen = r.seen[1:]
	}
	first, last := r.seen[0], r.seen[len(r.seen)-1]
	return float64(last.events-first.events) / max(last.at.Sub(first.at).Seconds(), drawEvery.Seconds())
}
