package logon

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

// notebookFindings are the outliers of the notebook among the network logons of the
// window, whose forest is grown over those of the history, too.
func (d *Detector) notebookFindings(_ context.Context, w event.Window, day, history *State) ([]anomaly.Candidate, error) {
	var days []UserDay
	today := map[key]*row{}
	for _, r := range day.accounts.sorted(&day.store) {
		if r.logonType == network {
			today[r.key] = r
			days = append(days, r.userDay())
		}
	}
	days = append(days, history.networkDays(today)...)
	scored, err := d.params.Score(days, d.workers)
	if err != nil {
		return nil, err
	}
	others := daysOfOutliers(days, scored)
	seen := map[string]bool{}
	var found []anomaly.Candidate
	for _, s := range scored {
		r := today[key{day: dayOf(s.Date.UnixNano()), domain: s.DstDomain, user: s.DstUser, logonType: network}]
		if !s.Outlier || r == nil {
			continue
		}
		f, err := d.notebookFinding(s, r, others[r.who()], history)
		if err != nil {
			return nil, err
		}
		if !seen[f.FindingId] { // scored is in order
			seen[f.FindingId] = true
			f.In(w)
			found = append(found, anomaly.Told(f))
		}
	}
	return found, nil
}

// daysOfOutliers are the days of the accounts that have an outlier.
func daysOfOutliers(days []UserDay, scored []ScoredDay) map[who][]UserDay {
	of := map[who][]UserDay{}
	for _, s := range scored {
		if s.Outlier {
			of[who{s.DstDomain, s.DstUser}] = nil
		}
	}
	for _, u := range days {
		name := who{u.DstDomain, u.DstUser}
		if list, ok := of[name]; ok {
			of[name] = append(list, u)
		}
	}
	return of
}

// networkDays are the user-days of network logons that a Past of the notebook knows, but
// for those of keys that are there already, in order.
func (s *State) networkDays(but map[key]*row) (days []UserDay) {
	if s == nil || s.past == nil {
		return nil
	}
	var names []key
	for name := range s.past.accounts {
		if name.logonType == network {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, key.order)
	for _, name := range names {
		for _, n := range s.past.accounts[name].days {
			name.day = n.day
			if but[name] == nil && n.user != nil {
				days = append(days, *n.user)
			}
		}
	}
	return days
}

// notebookFinding is the finding of an outlier, of which days are the account's. Its score is 0.4 at the threshold, and
// twice the distance from it above.
func (d *Detector) notebookFinding(s ScoredDay, r *row, days []UserDay, history *State) (anomaly.Finding, error) {
	var shapes []shape
	for f, name := range notebookFeatures {
		share := -s.Path.Contributions[f]
		if share <= 0 {
			continue
		}
		usual := usualOf(days, s.UserDay, f)
		value := number(s.notebookFeatures()[f])
		shapes = append(shapes, shape{score: share, reason: anomaly.Reason{Name: name, Value: value, Usual: usual,
			Why: fmt.Sprintf("%s %s, usual %s: shortens the mean path in the forest by %.2f", name, value, usual, share)}})
	}
	slices.SortStableFunc(shapes, func(a, b shape) int { return compareDown(a.score, b.score) })
	if len(shapes) == 0 {
		shapes = []shape{{reason: anomaly.Reason{Name: "forest", Value: fmt.Sprintf("%.4f", s.Score), Usual: notKnown, Why: "an outlier of the isolation forest"}, score: 1}}
	}
	f := d.finding("account", accountName(r.domain, r.user), shapes)
	f.Score = round(min(1, low+2*math.Max(0, s.Score)))
	f.Severity, f.Mode, f.UserName = severity(f.Score), "notebook", f.Entity
	f.Tactics, f.Techniques = []string{"InitialAccess"}, []string{"T1078"}
	a := &account{rows: []*judged{{row: r, values: r.features(), past: history.earlier(r.key)}}}
	a.describe(&f)
	a.remember(&f, history)
	var err error
	f.AnomalyDetails, err = json.Marshal(map[string]any{"Score": s.Score, "Features": s.Features})
	return f, err
}

// usualOf is a number on the other ones of an account's days.
func usualOf(days []UserDay, of UserDay, f int) string {
	var values [][features]float64
	for _, u := range days {
		if !u.Date.Equal(of.Date) {
			values = append(values, [features]float64{u.notebookFeatures()[f]})
		}
	}
	if len(values) == 0 {
		return notKnown
	}
	return newBaseline(values).usual(0)
}
