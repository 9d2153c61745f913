package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
)

// recorder makes the summary of a run while it runs. Commands that have none have
// a nil recorder, which records nothing.
type recorder struct {
	Summary
	file  string // to be written, as it was set; "" for none
	quiet bool   // nobody reads the closing lines
	json  bool   // the log is for machines
	now   func() time.Time

	health func() ([]publish.Sink, error) // where the records of the run go
	facts  []dayFacts                     // of the days, in their order
	others map[string]map[string]bool     // by hunt, windows by label: whether somebody else accounts for them
	first  string                         // of the hunts: who accounts for it sends the record

	started time.Time
	window  event.Window // that was asked for
	failOn  failOn
	atLeast int // findings that are as severe as failOn says

	phase   job.Phase // that is under way
	since   time.Time // it is
	phases  map[string]float64
	reading float64 // seconds, of all days
}

// newRecorder begins the summary of a command.
func newRecorder(v *values, command string, jsonLog bool) *recorder {
	r := &recorder{Summary: newSummary(), file: v.text("output.summary"), quiet: v.on("display.quiet"), json: jsonLog, now: time.Now}
	r.started, r.health = r.now(), func() ([]publish.Sink, error) { return healthSinks(v) }
	r.Command, r.DryRun, r.Profile = command, v.on("job.dry-run"), v.text("masquerade.profile")
	if hunts, err := chosen(v); err == nil {
		r.first = hunts[0]
	}
	for _, s := range settings() {
		if s.secret || v.origin[s.key] == "default" {
			continue
		}
		if value := v.shown(s); value != shownDefault(s) {
			r.Settings = append(r.Settings, SettingSummary{s.key, value, v.origin[s.key]})
		}
	}
	return r
}

// shownDefault is a setting's default as values.shown has it.
func shownDefault(s setting) string {
	switch d := s.value.(type) {
	case []string:
		return strings.Join(d, " ")
	case string:
		if d == "" {
			return "-"
		}
	}
	return fmt.Sprint(s.value)
}

// asked notes the time that was asked for.
func (r *recorder) asked(w event.Window) {
	if r != nil {
		r.window = w
		r.Window = &TimeWindow{rfc3339(w.From), rfc3339(w.To)}
	}
}

// hunting notes what the hunt is about.
func (r *recorder) hunting(h *hunt) {
	if r != nil {
		r.Scope, r.failOn = h.Scope, h.failOn
	}
}

// observing measures how long each phase takes, and passes progress on.
func (r *recorder) observing(next func(job.Progress)) func(job.Progress) {
	if r == nil {
		return next
	}
	return func(p job.Progress) {
		if p.Phase == job.Over {
			r.rest()
		} else if p.Phase != r.phase {
			r.rest()
			r.phase, r.since = p.Phase, r.now()
		}
		next(p)
	}
}

// rest ends the phase that is under way.
func (r *recorder) rest() {
	if r == nil || r.phase == "" {
		return
	}
	if r.phases == nil {
		r.phases = map[string]float64{}
	}
	took := seconds(r.now().Sub(r.since))
	r.phases[strings.Fields(string(r.phase))[0]] += took
	if r.phase == job.Reading {
		r.reading += took
	}
	r.phase = ""
}

// day notes what became of a day; without a result, err says why.
func (r *recorder) day(h *hunt, w event.Window, result *job.Result[*masquerade.Counts], err error) {
	if r == nil {
		return
	}
	d := newDaySummary(w)
	d.Partial = result != nil && errors.Is(err, job.ErrPartial)
	if err != nil {
		d.Error = err.Error()
	}
	d.Empty = (*EmptySummary)(h.whyEmpty(result, err))
	if r.phases != nil {
		d.PhaseSeconds, r.phases = r.phases, nil
	}
	var outcome *job.Outcome
	if result != nil {
		outcome = &result.Outcome
		d.read(outcome)
		d.Names, d.History = result.Day.Names(), len(result.History.Days)
		d.found(h, result)
		r.atLeast += r.failOn.count(d.Findings)
	}
	r.Days, r.facts = append(r.Days, d), append(r.facts, factsOf(w, outcome, err))
	r.Totals.add(d, result != nil)
}

// pursuit notes what became of a window for a hunt beside the one for masquerading
// names. Where that one does not run, the first of these says what was read.
func (r *recorder) pursuit(p pursuit, w event.Window, result *anomalies, err error) {
	if r == nil {
		return
	}
	from := rfc3339(w.From)
	at := slices.IndexFunc(r.Days, func(d DaySummary) bool { return d.From == from && d.To == rfc3339(w.To) })
	if at < 0 {
		at = len(r.Days)
		d := newDaySummary(w)
		d.PhaseSeconds = r.phases
		if result != nil {
			d.read(&result.Outcome)
			d.History = len(result.History.Days)
			d.Empty = (*EmptySummary)(result.nothing())
		}
		if d.Partial = result != nil && errors.Is(err, job.ErrPartial); err != nil {
			d.Error = err.Error()
		}
		r.Days, r.facts = append(r.Days, d), append(r.facts, factsOf(w, outcomeOf(result), err))
		r.Totals.add(d, result != nil)
	}
	if errors.Is(err, job.ErrPartial) || errors.Is(err, job.ErrNoBlobs) {
		r.facts[at].short = true
	}
	s := huntSummaryOf(p.name(), result, err)
	if r.phases != nil {
		s.PhaseSeconds, r.phases = r.phases, nil
	}
	r.atLeast += r.failOn.count(s.Findings)
	r.Days[at].Hunts = append(r.Days[at].Hunts, s)
}

// outcomeOf is that of a result, or nil if there is none.
func outcomeOf(r *anomalies) *job.Outcome {
	if r == nil {
		return nil
	}
	return &r.Outcome
}

// huntSummaryOf is what a window gave to a hunt.
func huntSummaryOf(name string, result *anomalies, err error) HuntSummary {
	s := HuntSummary{Hunt: name, Findings: FindingCounts{BySeverity: &SeverityCounts{}}, Deliveries: []DeliverySummary{}, PhaseSeconds: map[string]float64{}}
	if err != nil {
		s.Error = err.Error()
	}
	if result == nil {
		return s
	}
	s.Events, s.ReadBytes, s.Shards, s.Reused = result.Stats.Records, result.BytesRead, result.Shards, result.Reused
	s.Findings, s.Suppressed, s.History = severitiesOf(result.Records), len(result.Suppressed), len(result.History.Days)
	s.OverBudget = result.OverBudget
	s.Partial = errors.Is(err, job.ErrPartial)
	s.Deliveries = append(s.Deliveries, deliverySummaries(result.Deliveries)...)
	return s
}

// read fills in what was read.
func (d *DaySummary) read(r *job.Outcome) {
	s := r.Stats
	d.Workspaces = append(d.Workspaces, r.Export.Workspaces...)
	d.Blobs, d.Bytes, d.ReadBytes, d.Shards, d.Reused = len(r.Export.Blobs), r.Bytes, r.BytesRead, r.Shards, r.Reused
	d.Lines, d.Events, d.OtherEvents, d.OutsideWindow = s.Lines, s.Records, s.Other, s.OutsideDay
	d.MalformedLines = s.MalformedLines()
	for reason, n := range s.Malformed {
		d.Malformed[string(reason)] = n
	}
	hours := map[time.Time]bool{}
	if r.Export.Plain {
		d.Layout = string(storage.LayoutPlain)
	}
	for _, b := range r.Export.Blobs {
		if hour, ok := storage.ExportTime(b.Name); ok && !r.Export.Plain {
			hours[hour] = true
		}
	}
	d.Hours = len(hours)
	for _, g := range r.Missing.Gaps {
		m := MissingSummary{Workspace: g.Workspace, Hours: g.Hours}
		if !g.Day.IsZero() {
			m.Day = g.Day.Format(time.DateOnly)
		}
		d.Missing = append(d.Missing, m)
		d.MissingHours += len(g.Hours)
	}
	for _, u := range r.Missing.Unreadable {
		d.Unreadable = append(d.Unreadable, UnreadableSummary(u))
	}
	d.UnreadableBlobs = len(d.Unreadable)
}

// found fills in what was made of it.
func (d *DaySummary) found(h *hunt, r *job.Result[*masquerade.Counts]) {
	d.Findings = FindingCounts{Total: len(r.Records)}
	if h.judged {
		d.Findings.BySeverity = severities(r.Records)
	}
	d.Suppressed = len(r.Suppressed)
	if t := h.tested; t != nil {
		d.SelfTest = &SelfTestSummary{t.Caught, t.Total, append([]string{}, t.Missed...), t.Note}
	}
	d.Deliveries = append(d.Deliveries, deliverySummaries(r.Deliveries)...)
}

// severities counts records by their severity.
func severities(records []publish.Record) *SeverityCounts {
	var n SeverityCounts
	for _, r := range records {
		var f struct{ Severity string }
		_ = json.Unmarshal(r.Body, &f) // it was encoded in this run
		switch f.Severity {
		case "High":
			n.High++
		case "Medium":
			n.Medium++
		case "Low":
			n.Low++
		default:
			n.Informational++
		}
	}
	return &n
}

func deliverySummaries(all []publish.Delivery) []DeliverySummary {
	var out []DeliverySummary
	for _, d := range all {
		out = append(out, DeliverySummary{path.Base(d.Key), d.Sink, d.Sent, d.Already, d.Left, d.Refused})
	}
	return out
}

// settled notes what was sent for runs of earlier days.
func (r *recorder) settled(late []publish.Delivery) {
	if r != nil {
		r.Earlier = append(r.Earlier, deliverySummaries(late)...)
	}
}

// leave notes whether somebody else accounts for a window of a hunt, who works on the
// same run.
func (r *recorder) leave(hunt string, w event.Window, others bool) {
	if r != nil {
		if r.others == nil {
			r.others = map[string]map[string]bool{}
		}
		if r.others[hunt] == nil {
			r.others[hunt] = map[string]bool{}
		}
		r.others[hunt][w.Label()] = others
	}
}

// own reports whether there is anything of a hunt that nobody else accounts for.
func (r *recorder) own(hunt string) bool {
	if r == nil || len(r.others[hunt]) == 0 {
		return true
	}
	for _, others := range r.others[hunt] {
		if !others {
			return true
		}
	}
	return false
}

// severe is an error if findings are as severe as the settings say.
func (r *recorder) severe() error {
	if r == nil || r.atLeast == 0 {
		return nil
	}
	return foundError{r.atLeast, r.failOn}
}

// finish fills in how the run ended.
func (r *recorder) finish(code int, err error) {
	ended := r.now()
	r.Started, r.Finished = rfc3339(r.started), rfc3339(ended)
	r.DurationSeconds = seconds(ended.Sub(r.started))
	r.ExitCode, r.ExitMeaning = code, meaningOf(code)
	if err != nil {
		for _, one := range steps(err) {
			r.Errors = append(r.Errors, one.Error())
		}
	}
	if r.reading > 0 && r.Totals.ReadBytes > 0 {
		r.ReadBytesPerSecond = int64(float64(r.Totals.ReadBytes) / r.reading)
	}
	r.PeakMemoryBytes = peakMemory()
}

// seconds are those of a time to the microsecond, and none of one that a clock which
// was put right makes less than nothing.
func seconds(d time.Duration) float64 { return max(d.Round(time.Microsecond).Seconds(), 0) }

// rfc3339 writes a time in UTC.
func rfc3339(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// isFile tells the sinks that are files.
func isFile(sink string) bool { return strings.HasPrefix(sink, "file-") }
