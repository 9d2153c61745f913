package main

import (
	"os"
	"time"

	"golang.org/x/term"

	"sparkless/cmd/sparkless/progress"
	"sparkless/job"
	"sparkless/storage/printable"
)

// place is which day a run is at, and of a range which of how many.
type place struct {
	what       string
	number, of int
}

// progressMode is how the settings want progress to be shown: in a line on the
// terminal, or in the log now and then where there is none that can draw it.
func (a *app) progressMode(v *values) progress.Mode {
	switch {
	case v.on("display.quiet") || v.on("display.no-progress"):
		return progress.Mode{}
	case v.text("log.format") == "json" || os.Getenv("TERM") == "dumb" || !isTerminal(a.stderr):
		return progress.Mode{Log: a.logProgress}
	}
	return progress.Mode{Width: func() int {
		const usual = 80
		width, _, err := term.GetSize(int(a.stderr.(*os.File).Fd()))
		if err != nil || width <= 0 {
			return usual
		}
		return width
	}}
}

// observe shows how far a day is, and logs its phases.
func (a *app) observe() func(job.Progress) {
	return func(p job.Progress) {
		switch {
		case p.Phase == job.Over:
			a.display.Hide() // before anything of the result is printed
			return
		case p.Phase == job.Waiting:
			a.log.Info(string(p.Phase))
		case p.Phase != job.Reading:
			a.log.Debug(string(p.Phase))
		case p.Done == 0:
			a.log.Info("reading", "shards", p.Shards, "bytes", p.Bytes, "blobs", p.Blobs)
		}
		at := a.at
		a.display.Show(func() progress.State { return stateOf(at, p) })
	}
}

// stateOf is a day's progress, as it is by now, in words that are harmless to show.
func stateOf(at place, p job.Progress) progress.State {
	if p.Now != nil {
		p = p.Now()
	}
	s := progress.State{Phase: string(p.Phase), What: at.what, Number: at.number, Of: at.of,
		Bytes: p.Bytes, BytesDone: p.BytesDone, Blobs: p.Blobs, BlobsDone: p.BlobsDone, Events: p.Lines}
	if p.Sink != "" {
		s.To = printable.Text(p.Sink)
	}
	if p.Phase == job.Waiting {
		s.What, s.Of = "", 0 // the phase says it
	}
	return s
}

// logProgress logs what a terminal would show.
func (a *app) logProgress(s progress.State) {
	var of []any
	if s.Of > 1 {
		of = []any{"number", s.Number, "of", s.Of}
	}
	if s.What != "" {
		of = append([]any{"day", s.What}, of...)
	}
	if s.To != "" {
		of = append(of, "sink", s.To)
	}
	if s.Bytes > 0 {
		of = append(of, "bytes done", s.BytesDone, "bytes", s.Bytes, "events", s.Events)
	}
	if s.Blobs > 0 {
		of = append(of, "blobs done", s.BlobsDone, "blobs", s.Blobs)
	}
	a.log.Info(s.Phase, append(of, "elapsed", s.Elapsed.Round(time.Second).String())...)
}
