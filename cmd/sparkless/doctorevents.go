package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/job"
	"sparkless/logon"
	"sparkless/masquerade"
	"sparkless/process"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// events reads the beginning of one blob as a run would.
func (x *exam) events(ctx context.Context) doctor.Finding {
	if x.sample.Name == "" {
		return doctor.Skip("there is no blob to read")
	}
	if !x.hunts(masquerade.Name) && !x.hunts(process.Name) && !x.hunts(logon.Name) {
		return doctor.Skip("hunts.detect names no hunt that reads what it counts, process creations and logons")
	}
	spec := masquerade.New(x.draft.params, job.DefaultConfig().Scope, 1).Spec()
	query := event.Query{Columns: append(slices.Clone(spec.Columns), "EventID"), Mode: event.Strict, Arrays: x.plain}
	if f := x.draft.Fields; f != nil {
		query.EventIDs = spec.EventIDs
		query = query.With(f)
	}
	var seen sampled
	stats, err := beginning(ctx, x.input, query, x.sample, func(r *event.Record) { seen.add(r, query) })
	seen.events += int(stats.Other)
	return x.judge(ctx, seen, stats.MalformedLines(), err)
}

// beginning reads the first events of a blob, of whatever time, as a run would.
func beginning(ctx context.Context, r storage.Reader, q event.Query, b storage.Blob, add func(*event.Record)) (event.Stats, error) {
	s := event.NewScanner(q, event.Window{From: time.Unix(0, 0), To: time.Unix(1<<33, 0)})
	part := event.Whole(b)
	if q.Splittable(b) {
		part.Length = min(part.Length, sampleBytes)
	}
	err := s.Open(ctx, r, part)
	for n := 0; err == nil && n < sampleEvents && s.Scan(); n++ {
		add(s.Record())
	}
	err = errors.Join(err, s.Err(), s.Close())
	return s.Stats(), err
}

// hunts reports whether the hunt is one of those to run.
func (x *exam) hunts(name string) bool {
	names, err := chosen(x.v)
	return err == nil && slices.Contains(names, name)
}

// sampled counts events.
type sampled struct{ events, created, named, commands, logons int }

func (s *sampled) add(r *event.Record, q event.Query) {
	s.events++
	text := func(name string) string { return r.Value(slices.Index(q.Columns, name)).Text() }
	if len(q.EventIDs) == 0 {
		switch text("EventID") {
		case "4688":
		case "4624", "4625":
			s.logons++
			return
		default:
			return
		}
	}
	s.created++
	if text("Process") != "" || text("NewProcessName") != "" {
		s.named++
	}
	if text("CommandLine") != "" {
		s.commands++
	}
}

// judge says what the sample means.
func (x *exam) judge(ctx context.Context, seen sampled, malformed int64, err error) doctor.Finding {
	blob := fmt.Sprintf("%q", printable.Whole(x.sample.Name))
	if err != nil {
		return doctor.Fail(fmt.Errorf("%s: %w", blob, err), x.accessAdvice(ctx, err, x.v.text("storage.container"), "Storage Blob Data Reader", "r")...)
	}
	text := fmt.Sprintf("the beginning of %s has %d events, %d of them %s (a process was created), %d with a command line, and %d malformed lines",
		blob, seen.events, seen.created, strings.TrimPrefix(eventsText(x.draft.Fields), "event "), seen.commands, malformed)
	if x.hunts(logon.Name) {
		text += fmt.Sprintf(", and %s 4624 or 4625 (logons)", count(int64(seen.logons), "event"))
	}
	creations := x.hunts(masquerade.Name) || x.hunts(process.Name)
	looks := ""
	if creations && seen.named == 0 {
		looks = lookAt(ctx, x.v, x.input, []storage.Blob{x.sample})
	}
	switch {
	case looks != "":
		return doctor.Warn(text, looks)
	case seen.events == 0:
		return hollow(text, malformed)
	}
	if lacking := x.lacking(text, seen); lacking != nil {
		return *lacking
	}
	if malformed > 0 {
		return doctor.Warn(text, "a run keeps malformed lines aside, and fails above job.max-malformed")
	}
	return doctor.Pass("%s", text)
}

// hollow is said of a blob whose beginning has no event.
func hollow(text string, malformed int64) doctor.Finding {
	if malformed > 0 {
		return doctor.Fail(errors.New(text), "is this the container of a table's export? a run reads JSON lines, also compressed with gzip or zstd, and Parquet")
	}
	return doctor.Warn(text, "the blob is empty: look at another")
}

// lacking is what a hunt needs and the sample has none of; nil if there is all.
func (x *exam) lacking(text string, seen sampled) *doctor.Finding {
	creations := x.hunts(masquerade.Name) || x.hunts(process.Name)
	var f doctor.Finding
	switch {
	case creations && seen.created == 0 && x.draft.Fields != nil:
		f = doctor.Warn(text, "without "+eventsText(x.draft.Fields)+" there is nothing to find: fields.preset (--fields) or fields.events (--event) says which events are process creations")
	case creations && seen.created == 0:
		f = doctor.Warn(text, `without 4688 there is nothing to find: have the machines audit "Process Creation" (auditpol /set /subcategory:"Process Creation" /success:enable), and the data collection rule collect it (Common or All Events)`)
	case creations && seen.named == 0:
		f = doctor.Fail(errors.New(text+": none has a Process or NewProcessName"), "is this the table SecurityEvent, or a transformation of it that leaves these columns out?")
	case x.hunts(process.Name) && seen.commands == 0:
		f = doctor.Warn(text, `the hunt process judges command lines, and there are none: have the machines "Include command line in process creation events" (group policy: Administrative Templates, System, Audit Process Creation)`)
	case x.hunts(logon.Name) && seen.logons == 0:
		f = doctor.Warn(text, `without 4624 and 4625 the hunt logon finds nothing: have the machines audit "Logon" (auditpol /set /subcategory:"Logon" /success:enable /failure:enable), and the data collection rule collect it (Common or All Events)`)
	default:
		return nil
	}
	return &f
}
