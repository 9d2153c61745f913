package masquerade

import (
	"context"

	"sparkless/masquerade/simjoin"
	"sparkless/storage/event"
)

// hardlySimilar is the similarity below which Stories tells of no neighbours. To look
// for them takes most of the time where nothing is similar.
const hardlySimilar = 0.5

// Stories tells the stories of different names of the day, lower-cased, in their
// order: of each what Explain tells, but for neighbours that are hardly similar. The
// day's names are ranked and compared once for all of them. One of the names may be of
// no event.
func (d *Detector) Stories(ctx context.Context, w event.Window, day, history *Counts, names []string) ([]Story, error) {
	return d.stories(ctx, w, day, history, names, hardlySimilar)
}

func (d *Detector) stories(ctx context.Context, w event.Window, day, history *Counts, names []string, least float32) ([]Story, error) {
	room, err := d.roomFor(day, finishPerName)
	if err != nil {
		return nil, err
	}
	l := newLineup(&estate{Detector: d, window: w, day: day, history: history, room: room})
	found, err := l.suspects(ctx, l.asked(names))
	if err != nil {
		return nil, err
	}
	teller := teller{lineup: l, near: simjoin.NewNearest(l.targetNames()), least: least}
	stories := make([]Story, len(names))
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := found[name]
		if s == nil {
			s = &suspect{ranked: l.ranked(name)}
		}
		stories[i] = teller.tell(s)
	}
	if !d.params.Evidence {
		err = l.estate.judge(ctx, stories)
	}
	return stories, err
}

// asked are the names in the day's order, behind them those that were not seen.
func (l *lineup) asked(names []string) []*ranked {
	missing := map[string]bool{}
	for _, name := range names {
		missing[name] = true
	}
	out := l.pick(func(n *ranked) bool {
		if n.absent || !missing[n.name] {
			return false
		}
		delete(missing, n.name)
		return true
	})
	for _, name := range names {
		if missing[name] {
			n := l.ranked(name)
			out = append(out, &n)
		}
	}
	return out
}

// teller tells the stories of suspects.
type teller struct {
	*lineup
	near  *simjoin.Nearest // of the targets
	least float32          // similarity of a neighbour
}

// tell tells one story; by the notebook's rule its end is still missing.
func (t *teller) tell(s *suspect) Story {
	a := t.assess(s)
	story := t.story(&a)
	for _, at := range t.near.Find(a.name, nearest, t.least) {
		n := &t.targets[at]
		story.Nearest = append(story.Nearest, Neighbour{n.name, n.count, n.percent, simjoin.Distance(n.name, a.name), simjoin.Similarity(n.name, a.name), n.frequent, n.known})
	}
	if t.params.Evidence {
		t.judge(&story, &a)
	}
	return story
}

func (l *lineup) targetNames() []string {
	names := make([]string, len(l.targets))
	for i := range l.targets {
		names[i] = l.targets[i].name
	}
	return names
}

// judge ends stories by the notebook's rule alone.
func (e *estate) judge(ctx context.Context, stories []Story) error {
	const none, rule = "not reported: the notebook's rule finds no pair", "notebook"
	byName := map[string]*Story{}
	for i := range stories {
		s := &stories[i]
		s.Rules, s.Verdict = append(s.Rules, Rule{Name: rule, Why: "no pair with this name"}), none
		byName[s.Name] = s
	}
	return e.pairs(ctx, func(f Finding) error {
		s := byName[f.PotentiallyMaliciousProcess]
		if s == nil || s.Reported {
			return nil
		}
		s.Rules[0].Fired, s.Rules[0].Why = true, f.Reasons[0]
		s.Reported, s.Target, s.Finding = true, f.NormalProcess, &f
		s.Verdict = "reported: the notebook's rule finds it"
		return nil
	})
}
