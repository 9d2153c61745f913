package main

import (
	"fmt"
	"slices"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/publish/report"
	"sparkless/publish/suppress"
)

// empty reports whether there is nothing to show.
func (p *pages) empty() bool { return len(p.data.Days) == 0 && len(p.data.Hunts) == 0 }

// addAnomalies adds what a day gave to a hunt, if there is to be a report, to the tab of
// the hunt.
func (p *pages) addAnomalies(of pursuit, r *anomalies) error {
	if p.file == "" {
		return nil
	}
	charts, err := r.charts()
	if err != nil {
		return fmt.Errorf("charts of %s: %w", r.Window, err)
	}
	day := report.HuntDay{
		Date: r.Date.Format(time.DateOnly), Findings: r.findings, Charts: charts, Notes: r.notes,
		Input: inputOf(&r.Outcome), Hours: hoursOf(&r.Outcome), Deliveries: reportedDeliveries(r.Deliveries),
		Left: r.OverBudget, Suppressed: reportedBy(r.hushed, entityOf),
	}
	if !r.Missing.Nothing() {
		day.Partial = r.Missing.String()
	}
	if !r.Window.IsDay() {
		day.From, day.To = r.Window.From.Format(time.RFC3339), r.Window.To.Format(time.RFC3339)
	}
	if len(r.findings) == 0 {
		day.Empty = "nothing is unlike the usual"
		switch {
		case r.nothing() != nil:
			day.Empty = r.nothing().String()
		case len(r.Suppressed) > 0:
			day.Empty = fmt.Sprintf("all findings, %d, are suppressed", len(r.Suppressed))
		}
	}
	at := slices.IndexFunc(p.data.Hunts, func(h report.Hunt) bool { return h.Name == of.name() })
	if at < 0 {
		k := pursuitKindOf(of)
		at, p.data.Hunts = len(p.data.Hunts), append(p.data.Hunts, report.Hunt{Name: k.name, Title: k.title, Note: k.note})
	}
	p.data.Hunts[at].Days = append(p.data.Hunts[at].Days, day)
	return nil
}

// entityOf is who or what a suppressed finding is about.
func entityOf(s suppress.Suppressed) string {
	f, err := anomaly.Of(s.Record)
	if err != nil {
		return s.ID
	}
	return f.Entity
}

// pursuitKindOf is what kind of hunt it is.
func pursuitKindOf(p pursuit) pursuitKind {
	all := pursuitKinds()
	return all[slices.IndexFunc(all, func(k pursuitKind) bool { return k.name == p.name() })]
}
