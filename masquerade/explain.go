package masquerade

import (
	"context"
	"fmt"
	"time"

	"sparkless/publish"
	"sparkless/storage/event"
)

// Story is all that speaks for and against one name on one day.
type Story struct {
	Name        string      `json:"name"` // lower-cased
	Day         string      `json:"day"`  // such as 2026-11-20, or a window as event.Window.String has it
	Count       int64       `json:"count"`
	PercentRank float64     `json:"percentRank"`
	Group       string      `json:"group"`       // frequent, rare, between, or not seen
	Names       int         `json:"names"`       // distinct names of the day
	Hosts       string      `json:"hosts"`       // such as "3" or "about 120"
	EstateHosts string      `json:"estateHosts"` // of the day
	FirstSeen   string      `json:"firstSeen"`   // on that day
	LastSeen    string      `json:"lastSeen"`    //
	History     string      `json:"history"`     // in words
	Windows     string      `json:"windows"`     // what is known of it as a Windows program, if it is one
	Context     []Values    `json:"context"`     // paths, hosts, parents, accounts, command lines
	Nearest     []Neighbour `json:"nearest"`     // names that it may imitate, the most similar first
	Rules       []Rule      `json:"rules"`       // all, in the order of WeightList
	Modifiers   []Point     `json:"modifiers"`   // of the score
	Score       int         `json:"score"`       // 0 to 100
	Severity    string      `json:"severity"`    //
	Reported    bool        `json:"reported"`    // as a finding
	Verdict     string      `json:"verdict"`     // why it is, or is not
	Target      string      `json:"target"`      // the name that it imitates, if it does; its own, if it is Windows' and the program is not
	Finding     *Finding    `json:"finding"`     // if it is one
}

// Values are what a name keeps of one kind.
type Values struct {
	Kind   string  `json:"kind"`
	Values []Tally `json:"values"`
	Whole  bool    `json:"whole"` // these are all there were
}

// Neighbour is a name that another may imitate.
type Neighbour struct {
	Name     string  `json:"name"`
	Count    int64   `json:"count"` // on that day
	Percent  float64 `json:"percentRank"`
	Distance int     `json:"distance"` // edits
	Score    float32 `json:"similarity"`
	Frequent bool    `json:"frequent"`
	Windows  bool    `json:"windows"` // it ships with Windows
}

// Rule is a kind of evidence, and whether it speaks against the name.
type Rule struct {
	Name   string `json:"name"`
	Fired  bool   `json:"fired"`
	Points int    `json:"points"`
	Why    string `json:"why"` // or why it does not
}

// Record is the story's finding as it is published.
func (s Story) Record() (publish.Record, error) { return s.Finding.record() }

// nearest is how many neighbours a story tells of.
const nearest = 5

// Explain tells the story of a name, seen or not. It decides as Finish does.
func (d *Detector) Explain(ctx context.Context, w event.Window, day, history *Counts, name string) (Story, error) {
	if name = lower(name); !day.has(name) { // few names have separators in them
		name = baseName(name)
	}
	stories, err := d.stories(ctx, w, day, history, []string{name}, 0)
	if err != nil {
		return Story{}, err
	}
	return stories[0], nil
}

// story is what is known of a suspect, without the verdict and its neighbours.
func (l *lineup) story(a *assessment) Story {
	v := l.day.view(a.name, nil)
	s := Story{Name: a.name, Day: l.window.String(), Count: v.count, PercentRank: a.percent, Group: l.group(a.ranked),
		Names: l.day.Names(), Hosts: l.hostsOf(v).String(), EstateHosts: l.hosts.String()}
	if v.count > 0 {
		s.FirstSeen, s.LastSeen = timestamp(v.first), timestamp(v.last)
	}
	for kind, name := range [kinds]string{"paths", "hosts", "parents", "accounts", "command lines"} {
		if values := v.shown(kind); len(values) > 0 {
			s.Context = append(s.Context, Values{name, values, v.whole(kind)})
		}
	}
	if days := l.history.Days(); days > 0 && v.count > 0 { // it knows the names of the day alone
		before := l.history.Before(a.name)
		s.History = fmt.Sprintf("not seen on any of the %s before that are kept", plural(int64(days), "day"))
		if before.Days > 0 {
			s.History = fmt.Sprintf("seen %s on %d of the %s before that are kept, first on %s", plural(before.Count, "time"), before.Days,
				plural(int64(days), "day"), before.First.Format(time.DateOnly))
		}
	}
	if facts, ok := l.facts.Name(a.name); ok {
		s.Windows = fmt.Sprintf("ships with Windows (%s)", facts.Kind)
		if where := facts.Where(); where != "" {
			s.Windows += ", belongs in " + where
		}
		if parents, ok := l.facts.Parents(a.name); ok {
			s.Windows += ", started by " + either(parents)
		}
	}
	return s
}

func (l *lineup) group(n ranked) string {
	switch {
	case n.count == 0:
		return "not seen"
	case n.percent >= l.params.Frequent:
		return "frequent"
	case n.percent < l.params.Rare:
		return "rare"
	}
	return "between"
}

// judge says which rules fired, and what comes of them.
func (l *lineup) judge(s *Story, a *assessment) {
	for _, w := range evidenceWeights() {
		r := Rule{Name: w.Name, Points: l.weights[w.Name], Why: l.whyNot(w, s, a)}
		for _, c := range a.evidence {
			if c.Name == w.Name {
				r.Fired, r.Why = true, c.Reason
			}
		}
		s.Rules = append(s.Rules, r)
	}
	s.Modifiers, s.Score, s.Severity = a.modifiers, a.score, severity(a.score)
	s.Target = a.normal()
	switch least := l.params.MinScore; {
	case s.Count == 0 && len(a.evidence) > 0:
		s.Verdict = fmt.Sprintf("not seen that day; by its name alone it would score %d", a.score)
	case s.Count == 0:
		s.Verdict = "not seen that day, and nothing speaks against the name"
	case len(a.evidence) == 0:
		s.Verdict = "not reported: nothing speaks against it"
	case a.score < least:
		s.Verdict = fmt.Sprintf("not reported: a score of %d is below masquerade.min-score (%d)", a.score, least)
	default:
		s.Reported = true
		s.Verdict = fmt.Sprintf("reported: a score of %d reaches masquerade.min-score (%d)", a.score, least)
		f := l.report(*a)
		s.Finding = &f
	}
}

// whyNot says why a kind of evidence does not speak against a name.
func (l *lineup) whyNot(w Weight, s *Story, a *assessment) string {
	_, own := l.facts.Name(a.name)
	if l.weights[w.Name] == 0 {
		return "switched off: it has no points"
	}
	switch w.Name {
	case "folder", "common-folder", "parent":
		if !own {
			return "no Windows program has this name"
		}
		if s.Count == 0 {
			return "not seen"
		}
		return "none seen that is not Windows'"
	case "notebook":
		return l.whyNotNotebook(s, a)
	}
	if own {
		return "it is a Windows program's own name"
	}
	switch w.Name {
	case "edits", "more-edits":
		if len(s.Nearest) > 0 {
			n := s.Nearest[0]
			return fmt.Sprintf("the most similar is %s, %s away", n.Name, plural(int64(n.Distance), "edit"))
		}
		return "no other name is similar"
	case "skeleton":
		return "no name that is seen more often, or is Windows', looks the same"
	case "extension":
		return "its stem is no other program's name"
	case "addition":
		return "it holds no Windows name that would be played upon"
	}
	return "nothing of that kind in the name"
}

func (l *lineup) whyNotNotebook(s *Story, a *assessment) string {
	switch {
	case s.Count == 0:
		return "not seen"
	case a.percent >= l.params.Rare:
		return fmt.Sprintf("not rare: its percent rank %.3f is not below %v", a.percent, l.params.Rare)
	}
	for _, n := range s.Nearest {
		if n.Frequent && float64(n.Score) <= l.params.Similarity {
			return fmt.Sprintf("the most similar frequent name is %s with %.3f, not above %v", n.Name, n.Score, l.params.Similarity)
		}
	}
	return "no frequent name is similar"
}
