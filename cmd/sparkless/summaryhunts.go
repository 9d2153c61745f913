package main

import "slices"

// huntTotal adds up the days of a hunt beside the one for masquerading names.
type huntTotal struct {
	Hunt       string        `json:"hunt"`
	Events     int64         `json:"events"`
	Findings   FindingCounts `json:"findings"`
	Suppressed int           `json:"suppressed"`
	OverBudget int           `json:"over_budget"`
	Failed     int           `json:"failed_days"` // without a result
	Without    int           `json:"-"`           // days with a result, and no event that it is about
}

// hunts are the totals of each, in order.
func (s *Summary) hunts() (all []huntTotal) {
	for _, d := range s.Days {
		for _, h := range d.Hunts {
			at := slices.IndexFunc(all, func(t huntTotal) bool { return t.Hunt == h.Hunt })
			if at < 0 {
				at, all = len(all), append(all, huntTotal{Hunt: h.Hunt})
			}
			t := &all[at]
			t.Events += h.Events
			t.Findings.add(h.Findings)
			t.Suppressed += h.Suppressed
			t.OverBudget += h.OverBudget
			if h.Error != "" && !h.Partial {
				t.Failed++
			} else if h.Events == 0 {
				t.Without++
			}
		}
	}
	return all
}
