package process

import (
	"iter"
	"time"

	"sparkless/outlier"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

// Execution is one start of a program, as the table SecurityEvent has it.
type Execution struct {
	TimeGenerated     time.Time
	Process           string
	NewProcessName    string
	Computer          string
	ParentProcessName string
	Account           string
	CommandLine       string
}

// Scored is what a model says of an execution.
type Scored struct {
	Anomaly     float64          // 0, as usual as can be, to 1
	Probability *float64         // that it is malicious, by the labels; nil without these
	Risk        float64          // of both 0.4 and 0.6; without labels the anomaly
	High        bool             // a risk of 0.7 or more
	Reasons     []anomaly.Reason // of a risk of 0.4 or more, the weightiest first
}

// Score judges an execution by itself.
func (m *Model) Score(e Execution) (Scored, error) {
	j := m.judge(1)
	one := e.judged()
	one.facts.rare = j.census.of(one.program.path, one.key.parent)
	x := outlier.Zeros(1, len(j.columns))
	j.put(x.Data, &one.facts)
	scores, err := j.forest.Scores(x, 1)
	if err != nil {
		return Scored{}, err
	}
	one.oddity = -scores[0]
	all := []judged{one}
	if j.classifier != nil {
		p, err := j.classifier.Probabilities(x, 1)
		if err != nil {
			return Scored{}, err
		}
		all[0].probability = p.Data[1]
	}
	j.conclude(&all[0], nil)
	out := Scored{Anomaly: all[0].parts.score(), Risk: all[0].score, High: all[0].score >= highRisk}
	if j.classifier != nil {
		out.Probability = &all[0].probability
	}
	if out.Risk < low {
		return out, nil
	}
	reasons, err := j.reasons(&all[0], m.usually, nil)
	for _, r := range reasons {
		out.Reasons = append(out.Reasons, r.Reason)
	}
	return out, err
}

// judged is the execution as a group of one.
func (e Execution) judged() judged {
	at := e.TimeGenerated.UnixNano()
	s := NewState()
	s.Add(event.NewRecord(at, &e.Process, &e.NewProcessName, &e.Computer, &e.ParentProcessName, &e.Account, &e.CommandLine))
	for _, p := range s.programs {
		for _, g := range p.groups {
			return judged{row: row{p, g.key, g}, facts: facts{parent: g.key.parent, vector: g.key.vector, hour: event.Hour(at), path: p.path}}
		}
	}
	return judged{row: row{program: &program{}, group: &group{}}} // an execution always makes a group
}

// usually compares with the training, if that has the feature.
func (m *Model) usually(c *feature) iter.Seq[usual] {
	return func(yield func(usual) bool) {
		counts, total, sum := m.about.Spread[c.name], int64(0), int64(0)
		for _, n := range counts {
			total += n
		}
		for v, n := range counts {
			if sum += n; total > 0 && 2*sum >= total {
				yield(usual{v, "in the training"})
				return
			}
		}
	}
}
