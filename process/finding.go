package process

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// Name is that of the hunt, in findings, settings and the work store.
const Name = "process"

// Detector is the hunt for odd executions. It is safe for concurrent use.
type Detector struct {
	params  Params
	scope   string
	workers int
	observe func(Outcome)
	pool    knowledgePool // of what states know of texts
}

// New returns a detector. Scope says which estate the findings belong to and is part of
// their IDs; workers is how many goroutines score.
func New(p Params, scope string, workers int) *Detector {
	return &Detector{params: p, scope: scope, workers: workers, pool: newKnowledgePool(workers)}
}

// Outcome is what Finish looked at, and what it left out.
type Outcome struct {
	Executions int64
	Programs   int
	Groups     int    // of executions that are alike
	LeftOut    int64  // executions of programs for which there was no room
	Below      int    // programs whose score is below Params.MinScore
	Drift      *Drift // from the model, if there is one
}

// Observe has f told what came out of Finish or Rank, each time before it returns. It is
// to be called before anything else.
func (d *Detector) Observe(f func(Outcome)) { d.observe = f }

// Spec tells what the detector reads: event 4688, "A new process has been created", of
// the table SecurityEvent.
func (d *Detector) Spec() event.Spec {
	return event.Spec{
		Detector:  Name,
		Version:   addVersion,
		Container: Container,
		Query: event.Query{
			EventIDs: []int{4688},
			Columns:  []string{"Process", "NewProcessName", "Computer", "ParentProcessName", "Account", "CommandLine"},
		},
	}
}

// New returns the state of no events.
func (d *Detector) New() *State { return newState(d.pool) }

// Finish returns the findings of a window, whose events are in day, the highest score
// first: one for a program. History is a Past, or the state of no events.
//
// A score is 0 for what is as usual as can be, and 1 at the most. It is what speaks of an
// attack in an execution, its evidence, of which a quarter hangs on how unusual program,
// parent and the rest are; by itself that gives 0.4 at the most, which is Low (weigh.go).
// With a classifier the score is 0.4 of this and 0.6 of the classifier's probability. In
// notebook mode the anomaly is the forest's decision, scaled between the least and the most odd execution of the day.
func (d *Detector) Finish(ctx context.Context, w event.Window, day, history *State) ([]publish.Record, error) {
	_, found, err := d.Rank(ctx, w, day, history)
	if err != nil {
		return nil, err
	}
	return anomaly.Records(found)
}

// Rank is Finish that makes a finding when it is asked for it, and returns how many there
// are.
func (d *Detector) Rank(ctx context.Context, w event.Window, day, history *State) (int, iter.Seq2[publish.Record, error], error) {
	d.pool.drain()
	v, err := d.view(ctx, day, history)
	if err != nil {
		return 0, nil, err
	}
	found, out := v.findings(d, w)
	if d.observe != nil {
		d.observe(out)
	}
	return len(found), anomaly.Rank(found), nil
}

// view is a day as it was judged.
type view struct {
	day, history *State
	rows         []row
	judge        *judge
	all          []judged
	worst        map[string][]*judged // by program, the highest score first
	drift        *Drift
}

// view judges a day.
func (d *Detector) view(ctx context.Context, day, history *State) (*view, error) {
	v := &view{day: day, history: history, rows: day.rows(), worst: map[string][]*judged{}}
	if len(v.rows) == 0 {
		v.judge = &judge{}
		return v, nil
	}
	var err error
	if d.params.Model != nil {
		v.judge, err = d.params.Model.judge(d.workers), d.params.Validate()
	} else {
		v.judge = &judge{notebook: d.params.Notebook, columns: columnsOf(d.params.Notebook), census: day.census(), workers: d.workers}
		m, counts := v.judge.table(v.rows)
		err = v.judge.fit(m, v.judge.weigh(counts), d.params.Seed)
	}
	if err == nil {
		v.all, err = v.judge.judge(ctx, v.rows, history)
	}
	if err != nil {
		return nil, fmt.Errorf("judging the executions: %w", err)
	}
	if d.params.Model != nil {
		v.drift = d.params.Model.drift(v)
	}
	for i := range v.all {
		path := v.all[i].program.path
		v.worst[path] = append(v.worst[path], &v.all[i])
	}
	for _, all := range v.worst {
		slices.SortStableFunc(all, func(a, b *judged) int { return cmp.Compare(b.score, a.score) })
	}
	return v, nil
}

// findings are those of the day.
func (v *view) findings(d *Detector, w event.Window) ([]anomaly.Candidate, Outcome) {
	out := Outcome{Executions: v.day.events, Programs: len(v.day.programs), Groups: len(v.all), LeftOut: v.day.events, Drift: v.drift}
	var all []anomaly.Candidate
	for path, groups := range v.worst {
		out.LeftOut -= groups[0].program.count
		if groups[0].score < d.params.MinScore {
			out.Below++
			continue
		}
		f := anomaly.Finding{FindingId: anomaly.ID(Name, d.scope, path), Scope: d.scope, RuleName: Name, Score: groups[0].score}
		if d.params.Notebook {
			f.Mode = "notebook"
		}
		f.In(w)
		all = append(all, anomaly.Candidate{ID: f.FindingId, Score: f.Score, Tell: func() (anomaly.Finding, error) { return v.fill(f, groups, d.params.MinScore) }})
	}
	return all, out
}

// mostSamples is how many groups a finding tells of its program.
const mostSamples = 5

// details are what a finding tells beside its columns.
type details struct {
	Program     string   // the path that stands for all of its users and versions
	Probability *float64 `json:",omitempty"` // of the model of labels
	Forest      float64  // parts of the score, which is their sum or, with a model of labels, 0.4 of it
	Rarity      float64
	Signs       float64 // the evidence
	Hosts       int
	Users       int
	Samples     []detail
}

// detail is one group of executions.
type detail struct {
	Score               float64
	Count               int64
	Path, Parent        string `json:",omitempty"`
	CommandLine         string
	Computer, Account   string `json:",omitempty"`
	FirstTime, LastTime string
}

// fill tells all of a finding about a program's groups. Those of at least that score
// would be findings by themselves.
func (v *view) fill(f anomaly.Finding, groups []*judged, least float64) (anomaly.Finding, error) {
	one := groups[0]
	p, x := one.program, &one.group.sample
	f.Entity, f.EntityKind = printable.Whole(cmp.Or(strings.ToLower(x.path), p.path, "(no name)")), "process"
	f.Severity = severity(f.Score)
	f.StartTime, f.EndTime, f.Events = anomaly.Timestamp(one.group.first), anomaly.Timestamp(one.group.last), one.group.count
	f.UserName, f.SourceDevice = shown(x.account), shown(x.host)
	reasons, err := v.judge.reasons(one, usually(v.rows, one), v.history)
	if err != nil {
		return f, err
	}
	for _, r := range reasons {
		r.Value, r.Usual = printable.Whole(r.Value), printable.Whole(r.Usual)
		f.AnomalyReasons = append(f.AnomalyReasons, r.Reason)
		f.Tactics = appendNew(f.Tactics, r.tactics)
		f.Techniques = appendNew(f.Techniques, r.techniques)
	}
	if len(f.Tactics) == 0 {
		f.Tactics, f.Techniques = []string{"Execution"}, []string{"T1059"}
	}
	f.Description = describe(&f, one)
	f.Entities = entities(groups, least)
	v.before(&f, p)
	f.AnomalyDetails, err = v.details(groups)
	return f, err
}

func appendNew(all, more []string) []string {
	for _, one := range more {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// before says what earlier days know of the program.
func (v *view) before(f *anomaly.Finding, p *program) {
	first := p.first
	if f.HistoryDays = v.history.Days(); f.HistoryDays > 0 {
		b := v.history.past.programs[p.path]
		if f.DaysSeen = b.days; b.days > 0 {
			first = min(first, b.first)
		}
	}
	f.FirstSeen = anomaly.Timestamp(first)
}

// shown is a text of an event as it is shown: spaces at its end, which Windows itself
// leaves there, are no news.
func shown(s string) string { return printable.Whole(strings.TrimRight(s, " ")) }

// describe is the finding in a line.
func describe(f *anomaly.Finding, one *judged) string {
	var why []string
	for _, r := range f.AnomalyReasons[:min(3, len(f.AnomalyReasons))] {
		text := r.Why + ": " + r.Value
		if r.Usual != "" {
			text += " (usually " + r.Usual + ")"
		}
		why = append(why, text)
	}
	return fmt.Sprintf("%s, started by %s, %s: %s", printable.Text(nameOf(one.program.path)), printable.Text(orNone(one.key.parent)), count(one.group.count, "time"), strings.Join(why, "; "))
}

// others are the worst group and those that come near it.
func others(groups []*judged) (some []*judged) {
	const near = 0.5
	for _, g := range groups[:min(mostSamples, len(groups))] {
		if g.score >= near*groups[0].score {
			some = append(some, g)
		}
	}
	return some
}

func (v *view) details(groups []*judged) (json.RawMessage, error) {
	one := groups[0]
	d := details{Program: printable.Whole(one.program.path), Forest: one.parts.forest, Rarity: one.parts.rarity, Signs: one.parts.signs,
		Hosts: one.program.hosts.count(mostMembers), Users: one.program.users.count(mostMembers)}
	if v.judge.classifier != nil {
		d.Probability = &one.probability
	}
	for _, g := range others(groups) {
		x := &g.group.sample
		d.Samples = append(d.Samples, detail{g.score, g.group.count, shown(x.path), shown(g.key.parent), shown(x.command),
			shown(x.host), shown(x.account), anomaly.Timestamp(g.group.first), anomaly.Timestamp(g.group.last)})
	}
	return json.Marshal(d)
}

// severity puts a score into words.
func severity(score float64) string {
	return anomaly.Scale{Low: low, Medium: medium, High: highRisk}.Severity(score)
}
