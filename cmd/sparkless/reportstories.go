package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish/report"
)

// Stories take most of a report's bytes. Of more findings than mostStories, or of
// those of a range of days, the strongest are told: nobody opens hundreds of them.
const (
	mostStories  = 500 // of a report
	leastStories = 20  // of each of its days
)

// share divides the stories among so many days.
func (p *pages) share(days int) { p.stories = max(mostStories/max(days, 1), leastStories) }

// addDay adds what a day gave to the report, if there is to be one.
func (a *app) addDay(ctx context.Context, p *pages, h *hunt, r *job.Result[*masquerade.Counts]) error {
	if p.file == "" || ctx.Err() != nil {
		return nil
	}
	told, err := a.stories(ctx, p, h, r)
	if err != nil {
		return err
	}
	return p.add(h, r, told)
}

// stories are those of the strongest findings, by the suspect's name. A day for which
// there is not enough memory to tell them has its report all the same.
func (a *app) stories(ctx context.Context, p *pages, h *hunt, r *job.Result[*masquerade.Counts]) (map[string]*report.Story, error) {
	names, err := p.strongest(r)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	stories, err := h.detector.Stories(ctx, r.Window, r.Day, r.Past, names)
	var limit *masquerade.LimitError
	switch {
	case errors.As(err, &limit):
		a.log.Warn("no stories in the report: " + err.Error())
		return nil, nil
	case err != nil:
		return nil, err
	}
	told := map[string]*report.Story{}
	for i := range stories {
		told[stories[i].Name] = storyOf(&stories[i])
	}
	return told, nil
}

// strongest are the suspects of the first findings, which are ordered.
func (p *pages) strongest(r *job.Result[*masquerade.Counts]) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for _, record := range r.Records {
		var f struct{ PotentiallyMaliciousProcess string }
		if err := json.Unmarshal(record.Body, &f); err != nil {
			return nil, fmt.Errorf("finding %s: %w", record.ID, err)
		}
		if name := f.PotentiallyMaliciousProcess; !seen[name] && len(names) < p.stories {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names, nil
}

// storyOf is a story as far as the report shows it beside the finding.
func storyOf(s *masquerade.Story) *report.Story {
	out := &report.Story{Verdict: s.Verdict, Windows: s.Windows, History: s.History}
	for _, n := range s.Nearest {
		out.Nearest = append(out.Nearest, report.Neighbour{Name: n.Name, Count: n.Count, Percent: n.Percent, Distance: n.Distance, Similarity: n.Score})
	}
	for _, r := range s.Rules {
		out.Rules = append(out.Rules, report.Rule{Name: r.Name, Fired: r.Fired, Points: r.Points, Why: r.Why})
	}
	return out
}
