package logon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sparkless/outlier"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// deviations are the findings of the default: accounts and sources. An attack on
// passwords may have one for each account, so of each no more is kept than its rank: who
// wants it has it made again.
func (d *Detector) deviations(ctx context.Context, w event.Window, day, history *State) ([]anomaly.Candidate, error) {
	all, forest, err := d.judge(ctx, day, history)
	if err != nil {
		return nil, err
	}
	best := ranks{}
	for _, a := range accountsOf(all, day) {
		tell := func() (f anomaly.Finding, ok bool, err error) { return d.ofAccount(a, forest, history) }
		if err := best.add(w, d.params.MinScore, tell); err != nil {
			return nil, err
		}
	}
	sources := day.sources.sorted(&day.store)
	others := sourcesOf(sources)
	for _, r := range sources {
		if s := sprayed(r, d.usualOfSource(day, history, r), others[r.day]); s != nil {
			tell := func() (f anomaly.Finding, ok bool, err error) {
				f, err = d.ofSource(r, s, history)
				return f, true, err
			}
			if err := best.add(w, d.params.MinScore, tell); err != nil {
				return nil, err
			}
		}
	}
	return best.candidates(), nil
}

// ranks are the findings of a window, which may have several days, by ID: the strongest
// of each, and of equals the first.
type ranks map[string]ranked

type ranked struct {
	anomaly.Candidate
	start string
}

// add adds a finding if there is one of at least that score.
func (all ranks) add(w event.Window, least float64, tell func() (anomaly.Finding, bool, error)) error {
	f, ok, err := tell()
	if err != nil || !ok || f.Score < least {
		return err
	}
	before, there := all[f.FindingId]
	if there && (f.Score < before.Score || f.Score == before.Score && f.StartTime >= before.start) {
		return nil
	}
	all[f.FindingId] = ranked{anomaly.Candidate{ID: f.FindingId, Score: f.Score, Tell: func() (anomaly.Finding, error) {
		f, _, err := tell()
		f.In(w)
		return f, err
	}}, f.StartTime}
	return nil
}

func (all ranks) candidates() (found []anomaly.Candidate) {
	for _, r := range all {
		found = append(found, r.Candidate)
	}
	return found
}

// accountsOf puts together what is known of each account on a day.
func accountsOf(all []judged, day *State) []*account {
	type accountDay struct {
		domain, user string
		day          int32
	}
	of, list := map[accountDay]*account{}, []*account{}
	for i := range all {
		j := &all[i]
		name := accountDay{j.domain, j.user, j.day}
		a := of[name]
		if a == nil {
			a = &account{}
			of[name] = a
			list = append(list, a)
		}
		a.rows = append(a.rows, j)
	}
	type nameDay struct {
		name string
		day  int32
	}
	named := map[nameDay]*account{} // nil where long names are cut alike: which it was is not known
	for _, a := range list {
		name := nameDay{shortened(a.name()), a.rows[0].day}
		if _, twice := named[name]; twice {
			a = nil
		}
		named[name] = a
	}
	for _, r := range day.sources.sorted(&day.store) {
		kept := r.kept(users)
		for _, i := range kept.items {
			if i.failed == 0 {
				continue
			}
			if a := named[nameDay{string(kept.texts.at(i.ref)), r.day}]; a != nil {
				a.sources = append(a.sources, r)
			}
		}
	}
	for _, a := range list {
		text := shortened(a.name())
		slices.SortStableFunc(a.sources, func(x, y *row) int {
			return cmp.Compare(y.kept(users).find(text).failed, x.kept(users).find(text).failed)
		})
	}
	return list
}

// usualOfSource is what the source did on other days, nil if nothing can be told of them.
func (d *Detector) usualOfSource(day, history *State, r *row) *baseline {
	days := history.earlier(r.key).valuesBut(r.day)
	for _, other := range day.sources.named(r.key.withoutDay(), &day.store) {
		if other.day != r.day {
			days = append(days, other.features())
		}
	}
	if len(days) < leastFew {
		return nil
	}
	return newBaseline(days)
}

// ofAccount is the finding of an account on a day, if there is any.
func (d *Detector) ofAccount(a *account, forest *outlier.Forest, history *State) (f anomaly.Finding, ok bool, err error) {
	shapes := a.shapes()
	for _, j := range a.rows {
		shapes = append(shapes, j.increases()...)
	}
	for _, j := range a.rows {
		s, err := j.oddTogether(forest)
		if err != nil {
			return f, false, err
		}
		if s != nil {
			shapes = append(shapes, *s)
		}
	}
	shapes = slices.DeleteFunc(shapes, func(s shape) bool { return s.score < minor })
	if len(shapes) == 0 {
		return f, false, nil
	}
	slices.SortStableFunc(shapes, func(x, y shape) int { return compareDown(x.score, y.score) })
	f = d.finding("account", a.name(), shapes)
	f.UserName = a.name()
	a.describe(&f)
	a.remember(&f, history)
	f.AnomalyDetails, err = json.Marshal(a.details())
	return f, true, err
}

// minor is the score below which something is not worth telling beside a finding.
const minor = 0.25

// shapes are those that the account's day has.
func (a *account) shapes() (all []shape) {
	for _, s := range []*shape{a.guessed(), a.bruteForce(), a.spread()} {
		if s != nil {
			all = append(all, *s)
		}
	}
	return all
}

// increases are the numbers that are above the account's usual ones.
func (j *judged) increases() (all []shape) {
	if j.usual == nil {
		return nil // being new is not unusual, and neither is being unlike others
	}
	for f, about := range featureList() {
		if j.values[f] < about.least || about.weight == 0 || j.z[f] < raised {
			continue
		}
		all = append(all, shape{
			reason: anomaly.Reason{Name: about.name, Value: number(j.values[f]), Usual: j.usual.usual(f),
				Why: fmt.Sprintf("%s %s (%s); usual %s", number(j.values[f]), about.what, typeName(j.logonType), j.usual.usual(f))},
			score: about.weight * scoreOf(j.z[f]),
		})
	}
	return all
}

// oddTogether is what the forest adds: numbers none of which is far out, and that are not
// seen together else.
func (j *judged) oddTogether(forest *outlier.Forest) (*shape, error) {
	score, together := j.combination()
	if score == 0 {
		return nil, nil
	}
	e, err := forest.Explain(j.asked)
	if err != nil {
		return nil, err
	}
	list := featureList()
	slices.SortStableFunc(together, func(a, b int) int { return cmp.Compare(e.Contributions[a], e.Contributions[b]) })
	var values, usual, parts []string
	for _, f := range together[:min(4, len(together))] {
		value, median := number(j.values[f])+" "+list[f].what, number(j.usual.median[f])
		values, usual = append(values, value), append(usual, median)
		parts = append(parts, fmt.Sprintf("%s (usual %s)", value, median))
	}
	return &shape{
		reason: anomaly.Reason{Name: "odd-together", Value: strings.Join(values, ", "),
			Usual: fmt.Sprintf("%s (medians of %s)", strings.Join(usual, ", "), counted(j.usual.n, "day")),
			Why:   fmt.Sprintf("unusual together (%s): %s", typeName(j.logonType), strings.Join(parts, ", "))},
		score: score, whole: true,
	}, nil
}

// finding begins a finding of the shapes, the strongest first.
func (d *Detector) finding(kind, entity string, shapes []shape) anomaly.Finding {
	f := anomaly.Finding{
		FindingId: anomaly.ID(Name, d.scope, kind, entity), Scope: d.scope, RuleName: Name,
		Entity: entity, EntityKind: kind, Score: round(shapes[0].score), Severity: severity(shapes[0].score),
	}
	sum := 0.0
	for _, s := range shapes {
		sum += s.score
	}
	for _, s := range shapes {
		s.reason.Weight = round(s.score / sum)
		f.AnomalyReasons = append(f.AnomalyReasons, s.reason)
		f.Tactics = union(f.Tactics, s.tactics)
		f.Techniques = union(f.Techniques, s.techniques)
	}
	f.Description = fmt.Sprintf("%s: %s", printable.Text(entity), shapes[0].told())
	return f
}

// told is the shape in a line, with the usual value.
func (s *shape) told() string {
	if s.whole || s.reason.Usual == notKnown || strings.Contains(s.reason.Why, s.reason.Usual) {
		return s.reason.Why
	}
	return s.reason.Why + "; usual " + s.reason.Usual
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// severity puts a score into words.
func severity(score float64) string {
	return anomaly.Scale{Low: low, Medium: medium, High: high}.Severity(score)
}

// ofSource is the finding of a source that sprays.
func (d *Detector) ofSource(r *row, s *shape, history *State) (anomaly.Finding, error) {
	kind := "host"
	if _, err := netip.ParseAddr(r.source); err == nil {
		kind = "ip"
	}
	f := d.finding(kind, r.source, []shape{*s})
	if kind == "ip" {
		f.SourceIpAddress = r.source
	} else {
		f.SourceDevice = r.source
	}
	seen := r.seen()
	f.StartTime, f.EndTime, f.Events = anomaly.Timestamp(seen.first), anomaly.Timestamp(seen.last), r.attempts()
	f.Entities = append(f.Entities, anomaly.Entity{Kind: kind, Value: r.source, Count: r.failed})
	failed := func(t tally) int64 { return t.failed }
	f.Entities = append(f.Entities, entities("account", r.kept(users).most(shown, failed), failed)...)
	f.Entities = append(f.Entities, entities("host", r.kept(computers).most(shown, failed), failed)...)
	remember(&f, history, seen.first, history.earlier(r.key))
	details := map[string]any{"FailedLogons": r.failed, "SuccessfulLogons": r.ok, "WrongPasswords": r.guesses, "UnknownUsers": r.unknown,
		"Users": r.kept(users).failing(), "SucceededAfterwards": r.broken()}
	var err error
	f.AnomalyDetails, err = json.Marshal(details)
	return f, err
}

// broken are users with failures and successes from the source.
func (r *row) broken() []string {
	all := []string{}
	both := func(t tally) int64 { return min(t.ok, t.failed) }
	for _, i := range r.kept(users).most(shown, both) {
		all = append(all, i.text)
	}
	return all
}

// shown is how many values of a kind a finding names.
const shown = 5

func entities(kind string, items []tally, of func(tally) int64) (all []anomaly.Entity) {
	for _, i := range items {
		all = append(all, anomaly.Entity{Kind: kind, Value: i.text, Count: of(i)})
	}
	return all
}
