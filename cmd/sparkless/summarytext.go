package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"sparkless/storage"
	"sparkless/storage/printable"
)

// closing is a summary for people: some lines, each with a word in front.
type closing struct {
	w     io.Writer
	names bool // the hunt for masquerading names is one of them
}

// line writes one line; a label that is empty continues the line before.
func (c closing) line(label, format string, args ...any) {
	fmt.Fprintf(c.w, "%-12s%s\n", label, fmt.Sprintf(format, args...))
}

// writeSummary writes the closing lines of a run. What it cannot know, as a run
// that failed early has it, it leaves out, and what is about masquerading names if none
// were hunted for.
func writeSummary(w io.Writer, s *Summary, names bool) {
	c := closing{w, names}
	fmt.Fprintln(w) // apart from what was printed before
	if s.Window != nil {
		c.line("window", "%s", s.Window)
	}
	t := s.Totals
	if t.Days > 1 {
		c.line("days", "%d: %d done, %d on partial input, %d without a result", t.Days, t.Days-t.PartialDays-t.FailedDays, t.PartialDays, t.FailedDays)
	}
	if t.Blobs > 0 {
		c.input(s)
	}
	if t.Blobs > 0 && names {
		c.findings(s)
	}
	c.hunts(s.hunts())
	c.empty(s)
	c.late(s.Earlier)
	c.cost(s)
	if s.ExitCode != exitDone {
		c.line("exit code", "%d: %s", s.ExitCode, s.ExitMeaning)
	}
}

// String is the window to the minute, or more closely if it is narrower.
func (t *TimeWindow) String() string {
	short := func(text string) string {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return text
		}
		return strings.TrimSuffix(at.Format("2006-01-02 15:04:05.999999999"), ":00")
	}
	return short(t.From) + " to " + short(t.To) + " UTC"
}

// input writes what was read, and what was not.
func (c closing) input(s *Summary) {
	a := s.Totals.Amounts
	workspaces := map[string]bool{}
	for _, d := range s.Days {
		for _, w := range d.Workspaces {
			workspaces[strings.ToLower(w)] = true
		}
	}
	if plain(s.Days) {
		c.line("read", "%s (%s)%s; plain files do not tell which hours are missing", count(a.Blobs, "file"), size(a.Bytes), reused(a))
	} else {
		c.line("read", "%s (%s) of %s from %s%s", count(a.Blobs, "blob"), size(a.Bytes), count(a.Hours, "hour"), count(len(workspaces), "workspace"), reused(a))
	}
	c.missing(s)
	lines := "no malformed line"
	if a.MalformedLines > 0 {
		lines = count(a.MalformedLines, "malformed line") + " left out (" + byReason(a.Malformed) + ")"
	}
	events := count(a.Events, "process creation")
	if !c.names {
		events = comma(a.Events) + " to hunt through"
	}
	c.line("events", "%s, %s of other kinds; %s", events, comma(a.OtherEvents), lines)
	if a.OutsideWindow > 0 {
		c.line("", "%s outside of the window left out", count(a.OutsideWindow, "event"))
	}
	if len(s.Days) == 1 && c.names {
		d := s.Days[0]
		back := ""
		if d.History > 0 {
			back = ", looking back on " + count(d.History, "earlier day")
		}
		c.line("names", "%s%s", comma(d.Names), back)
	}
}

// plain reports whether plain files were read.
func plain(days []DaySummary) bool {
	return slices.ContainsFunc(days, func(d DaySummary) bool { return d.Layout == string(storage.LayoutPlain) })
}

// missing names the hours and blobs that were not there to be read.
func (c closing) missing(s *Summary) {
	var hours, blobs []string
	for _, d := range s.Days {
		day := ""
		if len(s.Days) > 1 {
			day = d.Date + ": "
		}
		for _, m := range d.Missing {
			hours = append(hours, fmt.Sprintf("%sno blob of hour %s of %s", day, strings.TrimPrefix(m.Day+" "+storage.Hours(m.Hours), " "), printable.Text(path.Base(m.Workspace))))
		}
		for _, u := range d.Unreadable {
			blobs = append(blobs, fmt.Sprintf("%s%s: %s", day, printable.Whole(u.Blob), printable.Text(u.Reason)))
		}
	}
	c.some("missing", hours)
	c.some("unreadable", blobs)
}

// most is how many lines of a kind are written.
const most = 5

// some writes the first of many lines, and how many others there are.
func (c closing) some(label string, lines []string) {
	for i, line := range lines {
		if i == most {
			c.line("", "and %d more", len(lines)-most)
			return
		}
		c.line(label, "%s", line)
		label = ""
	}
}

// findings writes what was made of it.
func (c closing) findings(s *Summary) {
	c.line("findings", "%s; %s suppressed", s.Totals.Findings, comma(s.Totals.Suppressed))
	deliveries := s.Totals.Deliveries
	if len(s.Days) == 1 {
		deliveries = s.Days[0].Deliveries
	}
	c.delivered(deliveries, s.DryRun)
	if len(s.Days) == 1 {
		c.selfTest(s.Days[0].SelfTest)
	}
}

// hunts writes what the other hunts found, a line each.
func (c closing) hunts(all []huntTotal) {
	for _, h := range all {
		text := fmt.Sprintf("%s: %s; %s suppressed", h.Hunt, h.Findings, comma(h.Suppressed))
		if h.OverBudget > 0 {
			text += fmt.Sprintf("; %s more beyond the budget", comma(h.OverBudget))
		}
		if h.Without > 0 {
			text += fmt.Sprintf("; %s without an event of the kind that it is about", count(h.Without, "day"))
		}
		if h.Failed > 0 {
			text += fmt.Sprintf("; %s without a result", count(h.Failed, "day"))
		}
		c.line("hunt", "%s", text)
	}
}

// String is how many there are for people, by severity if they have one.
func (f FindingCounts) String() string {
	text := comma(f.Total)
	if n := f.BySeverity; n != nil && f.Total > 0 {
		text += fmt.Sprintf(": %d high, %d medium, %d low, %d informational", n.High, n.Medium, n.Low, n.Informational)
	}
	return text
}

// empty says why days have no findings.
func (c closing) empty(s *Summary) {
	var why []string
	for _, d := range s.Days {
		if e := d.Empty; e != nil {
			why = append(why, d.Date+": "+printable.Whole(strings.TrimSuffix(e.Text+": "+e.Advice, ": ")))
		}
	}
	c.some("empty", why)
}

func (c closing) selfTest(t *SelfTestSummary) {
	switch {
	case t == nil:
	case t.Note != "":
		c.line("self-test", "%s", printable.Whole(t.Note))
	default:
		c.line("self-test", "%d of %d synthetic impostors caught", t.Caught, t.Total)
	}
}

// delivered writes a line for each destination.
func (c closing) delivered(all []DeliverySummary, dry bool) {
	label := "delivered"
	for _, d := range all {
		c.line(label, "%s: %s", destination(d.Sink), d.outcome(dry))
		label = ""
	}
}

// late writes what was sent for runs of earlier days.
func (c closing) late(all []DeliverySummary) {
	label := "sent late"
	for _, d := range all {
		c.line(label, "%s, of %s: %s", destination(d.Sink), d.Day, d.outcome(false))
		label = ""
	}
}

// outcome is what became of the findings, for people.
func (d DeliverySummary) outcome(dry bool) string {
	text := comma(d.Sent) + " sent"
	if dry {
		text = "nothing sent in a dry run, " + comma(d.Left) + " would be"
	}
	if d.Before > 0 {
		text += ", " + comma(d.Before) + " before"
	}
	if d.Left > 0 && !dry {
		text += ", " + comma(d.Left) + " left"
	}
	if d.Refused > 0 {
		text += ", " + comma(d.Refused) + " of these refused"
	}
	return text
}

// destination is a sink's name without the digest that tells files apart.
func destination(sink string) string {
	const digest = len("-01234567")
	if name, ok := strings.CutPrefix(sink, "file-"); ok && len(name) > digest {
		sink = name[:len(name)-digest]
	}
	return printable.Text(sink)
}

// cost writes what the run took.
func (c closing) cost(s *Summary) {
	text := duration(s.DurationSeconds)
	if s.ReadBytesPerSecond > 0 {
		text += ", reading " + size(s.ReadBytesPerSecond) + " a second"
	}
	if s.PeakMemoryBytes > 0 {
		text += ", " + size(s.PeakMemoryBytes) + " of memory at most"
	}
	c.line("took", "%s", text)
}

func reused(a Amounts) string {
	switch {
	case a.Reused == 0:
		return ""
	case a.Reused == a.Shards:
		return ", all by an earlier run"
	}
	return fmt.Sprintf(", %d of %d shards by an earlier run", a.Reused, a.Shards)
}

// byReason names the reasons, the most frequent first.
func byReason(malformed map[string]int64) string {
	reasons := slices.SortedFunc(maps.Keys(malformed), func(a, b string) int {
		return cmp.Or(cmp.Compare(malformed[b], malformed[a]), strings.Compare(a, b))
	})
	for i, r := range reasons {
		reasons[i] = comma(malformed[r]) + ": " + printable.Text(r)
	}
	return strings.Join(reasons, "; ")
}

// comma writes a number with a comma at each third digit.
func comma[N int | int64](n N) string { return humanize.Comma(int64(n)) }

// count is a number with its unit.
func count[N int | int64](n N, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return comma(n) + " " + unit + "s"
}

// size is a number of bytes for people, as in 1.2 GB.
func size(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

// duration is a time with three digits or so.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
