package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/publish"
	"sparkless/publish/anomaly"
)

// showAnomalies prints the findings of a hunt to stdout, and warns of what a reader
// should worry about.
func (a *app) showAnomalies(ctx context.Context, h *hunt, p pursuit, r *anomalies) error {
	if !h.told(p) {
		a.logDay(&r.Outcome)
	}
	if r.Stats.Records == 0 {
		if !h.told(p) {
			r.looks = p.look(ctx, r)
		}
		a.log.Warn(r.nothing().String(), append(named(r.Window), "hunt", p.name(), "other events", r.Stats.Other)...)
	} else if len(r.findings) == 0 {
		a.log.Info("no findings", append(named(r.Window), "hunt", p.name(), "events", r.Stats.Records, "suppressed", len(r.Suppressed))...)
	}
	if r.OverBudget > 0 {
		a.log.Info("more findings are beyond the budget", append(named(r.Window), "hunt", p.name(), "findings", r.OverBudget, "hunts.budget", len(r.findings))...)
	}
	for _, note := range r.notes {
		a.log.Info(note, append(named(r.Window), "hunt", p.name())...)
	}
	if err := a.printAnomalies(ctx, h.output, r); err != nil {
		return err
	}
	if err := a.showHushed(ctx, h, r); err != nil {
		return err
	}
	var unwritten bool
	for _, d := range r.Deliveries {
		unwritten = unwritten || isFile(d.Sink) && d.Left > 0
	}
	if files := p.files(r.Window); len(files) > 0 && !unwritten && !h.DryRun {
		a.log.Info("findings are in", "hunt", p.name(), "files", strings.Join(files, " "))
	}
	return h.pages.addAnomalies(p, r)
}

// noEvents is the cause of a hunt that was given no event of the kind that it is about.
const noEvents = "no-events"

// nothing says that there was nothing to hunt through, and what was read instead if that
// is known; nil if there was something.
func (r *anomalies) nothing() *emptiness {
	if r == nil || r.Stats.Records > 0 {
		return nil
	}
	if s := r.Stats; s.OutsideDay > 0 {
		return &emptiness{emptyOutside, fmt.Sprintf("none of the %s lies in the window %s", counted(s.OutsideDay, "event"), r.Window), elsewhen(s)}
	}
	return &emptiness{noEvents, "there is no event of the kind that the hunt is about", r.looks}
}

// showHushed says what rules of suppression did to the findings of a hunt, and prints
// what they cover if that is wished for.
func (a *app) showHushed(ctx context.Context, h *hunt, r *anomalies) error {
	if r.hushed == nil {
		return nil
	}
	a.logRules(h.quiet, r.hushed)
	all := r.hushed.Suppressed
	if !h.quiet.show || len(all) == 0 {
		return nil
	}
	if h.output.format != formatTable {
		return a.printSuppressed(ctx, h.output, all)
	}
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "DAY", Rank: 2, Above: true}, {Title: "HUNT", Rank: 3, Above: true}, {Title: "SUPPRESSED", Rank: -1, Least: 14, Wish: 30, Fit: terminal.Middle},
		{Title: "EXPIRES", Rank: 1}, {Title: "RULE"}, {Title: "REASON", Least: 12, Wish: 24},
	}}
	for _, s := range all {
		f, err := anomaly.Of(s.Record)
		if err != nil {
			return err
		}
		t.Row(texts(s.Day, f.RuleName, f.Entity, s.Rule.Expires.Format(time.DateOnly), fmt.Sprint("line ", s.Rule.Line), s.Rule.Reason)...)
	}
	return a.write(t)
}

// told reports whether what was read of the pursuit's container is told by a hunt
// before it.
func (h *hunt) told(p pursuit) bool {
	if h.masquerades && p.container() == h.detector.Spec().Container {
		return true
	}
	for _, other := range h.pursuits {
		if other.name() == p.name() {
			return false
		}
		if other.container() == p.container() {
			return true
		}
	}
	return false
}

func (a *app) printAnomalies(ctx context.Context, o *output, r *anomalies) error {
	o.days++
	if o.format != formatTable {
		return a.encode(ctx, o, r.Records)
	}
	if len(r.findings) == 0 {
		return nil
	}
	return a.write(anomaliesTable(r.findings))
}

// anomaliesTable is findings for people. At 60 columns it has severity, score, who or
// what, and why.
func anomaliesTable(findings []anomaly.Finding) *terminal.Table {
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "DAY", Rank: 3, Above: true}, {Title: "HUNT", Rank: 4, Above: true}, {Title: "SEVERITY", Least: 8}, {Title: "SCORE", Right: true},
		{Title: "WHO OR WHAT", Rank: -1, Least: 14, Wish: 30, Fit: terminal.Middle}, {Title: "WHY", Least: 20, Wish: 60, Fit: terminal.Wrap},
		{Title: "HOST", Rank: 2, Least: 10, Wish: 14, Fit: terminal.Middle}, {Title: "FIRST SEEN", Rank: 1},
	}}
	for _, f := range findings {
		day, _, _ := strings.Cut(f.DataDay, "T")
		seen, _, _ := strings.Cut(f.FirstSeen, "T")
		t.Row(terminal.Text(day), terminal.Text(f.RuleName), severity(f.Severity), terminal.Text(fmt.Sprintf("%.2f", f.Score)), terminal.Text(f.Entity),
			terminal.Text(f.Description), terminal.Text(hostIn(f)), terminal.Text(orDash(seen)))
	}
	return t
}

// hostIn is a host that the finding names, and how many others there are.
func hostIn(f anomaly.Finding) string {
	var hosts []string
	for _, e := range f.Entities {
		if e.Kind == "host" {
			hosts = append(hosts, e.Value)
		}
	}
	switch {
	case len(hosts) > 1:
		return fmt.Sprintf("%s (+%d)", hosts[0], len(hosts)-1)
	case len(hosts) == 1:
		return hosts[0]
	case f.SourceDevice != "":
		return f.SourceDevice
	}
	return orDash(f.DestinationDevice)
}

// severitiesOf counts findings by severity.
func severitiesOf(records []publish.Record) FindingCounts {
	return FindingCounts{Total: len(records), BySeverity: severities(records)}
}
