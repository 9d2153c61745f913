package main

import (
	"slices"
	"time"

	"sparkless/publish/report"
	"sparkless/storage/event"
)

// fail notes that a window has no result of a hunt, and why. Days that follow each other
// and fail for the same reason are noted as one.
func (p *pages) fail(title string, w event.Window, why error) {
	first, last := w.From.Format(time.DateOnly), w.To.Add(-1).Format(time.DateOnly)
	before := w.From.AddDate(0, 0, -1).Format(time.DateOnly)
	for i, f := range p.failed {
		if f.Hunts[0] == title && f.Last == before && f.Why == why.Error() {
			p.failed[i].Last = last
			return
		}
	}
	p.failed = append(p.failed, report.Failed{Hunts: []string{title}, First: first, Last: last, Why: why.Error()})
}

// joined has those once that several hunts say of the same days in the same words.
func joined(failed []report.Failed) (all []report.Failed) {
	for _, f := range failed {
		i := slices.IndexFunc(all, func(one report.Failed) bool {
			return one.First == f.First && one.Last == f.Last && one.Why == f.Why
		})
		if i >= 0 {
			all[i].Hunts = append(slices.Clone(all[i].Hunts), f.Hunts...)
		} else {
			all = append(all, f)
		}
	}
	return all
}
