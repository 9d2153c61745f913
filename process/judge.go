package process

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"sparkless/outlier"
)

// judge scores executions by a forest, by how rare they are, by what speaks of an
// attack in them, and by examples where there are any.
type judge struct {
	notebook   bool
	columns    []feature
	census     *census
	forest     *outlier.Forest
	tail       []float64           // how odd the oddest are (tailOf)
	patterns   map[storedKey]int64 // executions of the day by program, parent and pattern
	classifier *outlier.Classifier // nil without labels
	// least and most are the oddities between which the notebook's risk is scaled.
	least, most float64
	workers     int
}

// judged is what is said of a group: of its oddest hour.
type judged struct {
	row
	facts       facts
	oddity      float64 // of the forest: from 0, deep in the crowd, to 1, alone
	probability float64 // of the classifier
	parts       parts
	score       float64 // 0 to 1
}

// mostFitted is how many rows a forest or a scaling is learnt from at most: a tree
// draws 256 of them.
const mostFitted = 100_000

// blockRows is how many rows are scored at a time.
const blockRows = 1 << 13

// hourly calls f with every group and every hour that it was seen in, in order.
func hourly(rows []row, f func(i, hour int, n int64)) {
	for i, r := range rows {
		if r.group == nil {
			continue
		}
		for hour, n := range r.group.byHour() {
			if n > 0 {
				f(i, hour, n)
			}
		}
	}
}

// factsOf are those of a group in an hour.
func (j *judge) factsOf(r row, hour int) facts {
	return facts{parent: r.key.parent, vector: r.key.vector, hour: hour, path: r.program.path, rare: j.census.of(r.program.path, r.key.parent)}
}

// factsInTurn returns a function that gives those of a row in an hour until it is called
// again: of one row after the other they are looked up once.
func (j *judge) factsInTurn(rows []row) func(i, hour int) *facts {
	var x facts
	of := -1
	return func(i, hour int) *facts {
		if i != of {
			x, of = j.factsOf(rows[i], hour), i
		}
		x.hour = hour
		return &x
	}
}

// put writes the columns of an execution.
func (j *judge) put(to []float64, x *facts) {
	for i := range j.columns {
		to[i] = j.columns[i].of(x)
	}
}

// table are rows for the models, each with how many executions are so, thinned by what
// they are where there are too many.
func (j *judge) table(rows []row) (outlier.Matrix, []int64) {
	total := 0
	hourly(rows, func(int, int, int64) { total++ })
	every := uint64(1 + total/mostFitted)
	var m outlier.Matrix
	var counts []int64
	m.Cols = len(j.columns)
	m.Data = make([]float64, 0, total/int(every)*m.Cols)
	of := j.factsInTurn(rows)
	hourly(rows, func(i, hour int, n int64) {
		if every > 1 && both(both(rows[i].program.rank, rows[i].group.rank), uint64(hour))>>8%every != 0 {
			return
		}
		m.Data = slices.Grow(m.Data, m.Cols)[:len(m.Data)+m.Cols]
		m.Rows++
		j.put(m.Row(m.Rows-1), of(i, hour))
		counts = append(counts, n)
	})
	return m, counts
}

// weigh says how often a row counts in a fit. The notebook's forest sees every
// execution. With that, of a day of millions, a tree of 256 knows nothing of what
// happened ten times, and a feature that is constant in it isolates nobody. So
// otherwise a row counts by the logarithm of its executions.
func (j *judge) weigh(counts []int64) []int {
	weights := make([]int, len(counts))
	for i, n := range counts {
		if weights[i] = bits.Len64(uint64(n)); j.notebook {
			weights[i] = int(min(n, 1<<30))
		}
	}
	return weights
}

// fit grows the forest over the rows.
func (j *judge) fit(m outlier.Matrix, weights []int, seed uint64) (err error) {
	j.forest, err = outlier.FitForest(m, weights, outlier.ForestParams{Seed: seed, Workers: j.workers})
	return err
}

// judge judges every group by its oddest hour, and returns them in the order of rows.
func (j *judge) judge(ctx context.Context, rows []row, history *State) ([]judged, error) {
	out, err := j.oddest(ctx, rows)
	if err != nil {
		return nil, err
	}
	if err := j.probabilities(ctx, out); err != nil {
		return nil, err
	}
	if j.notebook && j.most == 0 {
		j.scale(out)
	}
	if j.tail == nil {
		j.tail = tailOf(out)
	}
	j.patterns = map[storedKey]int64{}
	for i := range out {
		j.patterns[out[i].pattern()] += out[i].group.count
	}
	for i := range out {
		j.conclude(&out[i], history)
	}
	return out, nil
}

// oddest scores all hours of all groups, a block at a time.
func (j *judge) oddest(ctx context.Context, rows []row) ([]judged, error) {
	at := make([]int, len(rows)) // places in out, from 1
	var out []judged
	type place struct{ row, hour int }
	var places []place
	block := outlier.Zeros(blockRows, len(j.columns))
	var failed error
	flush := func() {
		if failed == nil {
			failed = ctx.Err()
		}
		if failed != nil || len(places) == 0 {
			return
		}
		m := outlier.Matrix{Rows: len(places), Cols: block.Cols, Data: block.Data[:len(places)*block.Cols]}
		var scores []float64
		if scores, failed = j.forest.Scores(m, j.workers); failed != nil {
			return
		}
		for i, p := range places {
			if at[p.row] == 0 {
				out = append(out, judged{row: rows[p.row], oddity: -1})
				at[p.row] = len(out)
			}
			if one := &out[at[p.row]-1]; -scores[i] > one.oddity {
				one.oddity, one.facts.hour = -scores[i], p.hour
			}
		}
		places = places[:0]
	}
	of := j.factsInTurn(rows)
	hourly(rows, func(i, hour int, _ int64) {
		j.put(block.Row(len(places)), of(i, hour))
		if places = append(places, place{i, hour}); len(places) == blockRows {
			flush()
		}
	})
	flush()
	for i := range out {
		out[i].facts = j.factsOf(out[i].row, out[i].facts.hour)
	}
	return out, failed
}

// probabilities asks the classifier.
func (j *judge) probabilities(ctx context.Context, all []judged) error {
	if j.classifier == nil {
		return nil
	}
	for start := 0; start < len(all); start += blockRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := all[start:min(start+blockRows, len(all))]
		m := outlier.Zeros(len(some), len(j.columns))
		for i := range some {
			j.put(m.Row(i), &some[i].facts)
		}
		p, err := j.classifier.Probabilities(m, j.workers)
		if err != nil {
			return err
		}
		for i := range some {
			some[i].probability = p.Row(i)[1]
		}
	}
	return nil
}

// scale notes between which oddities the notebook's risk lies.
func (j *judge) scale(all []judged) {
	j.least, j.most = math.Inf(1), math.Inf(-1)
	for i := range all {
		j.least, j.most = min(j.least, all[i].oddity), max(j.most, all[i].oddity)
	}
}

// The notebook's risk: what the two models weigh.
const (
	riskAnomaly     = 0.4
	riskProbability = 0.6
)

// risk joins an anomaly with what examples say, if there are any.
func (j *judge) risk(anomaly, probability float64) float64 {
	if j.classifier == nil {
		return anomaly
	}
	return riskAnomaly*anomaly + riskProbability*probability
}

// scaled is an oddity between the least, 0, and the most odd, 1: 1 less the notebook's
// min-max of the forest's decision.
func (j *judge) scaled(oddity float64) float64 {
	if j.most <= j.least {
		return 0
	}
	return max(0, min(1, (oddity-j.least)/(j.most-j.least)))
}
