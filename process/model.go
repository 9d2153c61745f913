package process

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"sparkless/outlier"
)

// Model judges executions by what was usual on the days that it was trained on and, if
// there were labels, by these. It may be used by several goroutines at once.
type Model struct {
	saved  *outlier.Saved
	about  about
	census *census
}

// about is what a model knows beside its forests.
type about struct {
	Notebook   bool           `json:"notebook"`
	Seed       uint64         `json:"seed"`
	Days       []string       `json:"days"` // labels of windows
	Events     int64          `json:"events"`
	Hosts      int            `json:"hosts"`
	Least      float64        `json:"least"` // oddities between which the notebook's risk lies
	Most       float64        `json:"most"`
	Median     float64        `json:"median"` // of the anomaly of executions
	Tail       []float64      `json:"tail"`   // tailOf
	Benign     int            `json:"benign"` // distinct rows with that label
	Malicious  int            `json:"malicious"`
	Evaluation *Evaluation    `json:"evaluation,omitempty"`
	Programs   []savedProgram `json:"programs"`
	Pairs      []savedPair    `json:"pairs"`
	// Spread is of each column the executions by value, for those that are compared with
	// later days.
	Spread map[string][]int64 `json:"spread"`
}

type savedProgram struct {
	Path  string `json:"path"`
	Count int64  `json:"count"`
	Hosts int    `json:"hosts"`
}

type savedPair struct {
	Program int    `json:"program"` // a place in Programs
	Parent  string `json:"parent"`
	Count   int64  `json:"count"`
}

// Evaluation is how well a classifier does on labelled rows that it was not trained on.
type Evaluation struct {
	Rows      int     `json:"rows"` // held out
	Malicious int     `json:"malicious"`
	AUROC     float64 `json:"auroc"`
	Average   float64 `json:"average_precision"`
	Precision float64 `json:"precision"` // at a probability of a half
	Recall    float64 `json:"recall"`
}

// Importance is how much of the classifier's decisions hangs on a column; all add up to
// 1.
type Importance struct {
	Column string
	Share  float64
}

// Importances are those of the classifier, the greatest first; nil without one.
func (m *Model) Importances() []Importance {
	if m.saved.Classifier == nil {
		return nil
	}
	var all []Importance
	for i, share := range m.saved.Classifier.Importances() {
		all = append(all, Importance{m.saved.Columns[i], share})
	}
	slices.SortStableFunc(all, func(a, b Importance) int { return cmp.Compare(b.Share, a.Share) })
	return all
}

// Evaluation is how well the classifier does; nil where labels did not suffice.
func (m *Model) Evaluation() *Evaluation { return m.about.Evaluation }

// Events is how many executions the model was trained on.
func (m *Model) Events() int64 { return m.about.Events }

// Labelled is how many distinct rows had a label: benign ones and malicious ones.
func (m *Model) Labelled() (benign, malicious int) { return m.about.Benign, m.about.Malicious }

// Notebook reports whether the model does as the notebook.
func (m *Model) Notebook() bool { return m.about.Notebook }

// Train makes a model of the executions of day, which may be that of many days, and of
// labels, if there are any. Windows name these days. It depends on nothing else. Of the
// labels it returns those that are of no execution, also with an error.
func (d *Detector) Train(ctx context.Context, day *State, labels Labels, windows []string) (*Model, []Unmatched, error) {
	rows := day.rows()
	if len(rows) == 0 {
		return nil, nil, errors.New("there are no executions to train a model on")
	}
	j := &judge{notebook: d.params.Notebook, columns: columnsOf(d.params.Notebook), census: day.census(), workers: d.workers}
	table, counts := j.table(rows)
	if err := j.fit(table, j.weigh(counts), d.params.Seed); err != nil {
		return nil, nil, err
	}
	all, err := j.judge(ctx, rows, nil)
	if err != nil {
		return nil, nil, err
	}
	m := &Model{census: j.census, saved: &outlier.Saved{Columns: namesOf(j.columns), Forest: j.forest}}
	m.about = about{Notebook: d.params.Notebook, Seed: d.params.Seed, Days: windows, Events: day.events, Hosts: j.census.hosts, Least: j.least, Most: j.most, Tail: j.tail,
		Median: medianScore(all), Spread: spreads(all, j)}
	m.about.Programs, m.about.Pairs = j.census.list()
	if labels.Len() == 0 {
		return m, nil, nil
	}
	l := newLabeller(labels, d.scope, d.params.MinScore)
	if err := m.learn(d, j, all, l); err != nil {
		return nil, l.unmatched(), err
	}
	return m, l.unmatched(), nil
}

// list puts a census into a file's order.
func (c *census) list() (programs []savedProgram, pairs []savedPair) {
	places := map[string]int{}
	for path, p := range c.programs {
		programs = append(programs, savedProgram{path, p.count, p.hosts})
	}
	slices.SortFunc(programs, func(a, b savedProgram) int { return strings.Compare(a.Path, b.Path) })
	for i, p := range programs {
		places[p.Path] = i
	}
	for key, n := range c.pairs {
		pairs = append(pairs, savedPair{places[key.program], key.parent, n})
	}
	slices.SortFunc(pairs, func(a, b savedPair) int {
		return cmp.Or(cmp.Compare(a.Program, b.Program), strings.Compare(a.Parent, b.Parent))
	})
	return programs, pairs
}

// medianScore is the median anomaly of executions.
func medianScore(all []judged) float64 {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b judged) int { return cmp.Compare(a.parts.score(), b.parts.score()) })
	total, sum := int64(0), int64(0)
	for i := range sorted {
		total += sorted[i].group.count
	}
	for i := range sorted {
		if sum += sorted[i].group.count; 2*sum >= total {
			return sorted[i].parts.score()
		}
	}
	return 0
}

const (
	modelFormat = "sparkless process model"
	// modelVersion 1: the first.
	modelVersion = 1
	maxModel     = 512 << 20
)

// ErrModel is the kind of every error of a model file that cannot be used.
var ErrModel = errors.New("unusable model of processes")

// modelFile is the envelope of a file.
type modelFile struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	SHA256  string          `json:"sha256"` // of About and Models as they stand
	About   json.RawMessage `json:"about"`
	Models  json.RawMessage `json:"models"` // outlier.Saved
}

func (f *modelFile) digest() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%d:%s%s", len(f.About), f.About, f.Models) // writing to a hash cannot fail
	return hex.EncodeToString(h.Sum(nil))
}

// Write writes the model as JSON. Equal models give equal bytes.
func (m *Model) Write(w io.Writer) error {
	var models bytes.Buffer
	if err := m.saved.Write(&models); err != nil {
		return err
	}
	text, err := json.Marshal(m.about)
	if err != nil {
		return err
	}
	file := modelFile{Format: modelFormat, Version: modelVersion, About: text, Models: bytes.TrimSpace(models.Bytes())}
	file.SHA256 = file.digest()
	text, err = json.Marshal(file)
	if err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	return err
}

// ReadModel reads what Write wrote. It refuses, as ErrModel, everything else.
func ReadModel(r io.Reader) (*Model, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxModel+1))
	if err != nil {
		return nil, err
	}
	var file modelFile
	if len(data) > maxModel {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrModel, maxModel)
	}
	if err := outlier.Strict(data, &file); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrModel, err)
	}
	switch {
	case file.Format != modelFormat:
		return nil, fmt.Errorf("%w: it is none", ErrModel)
	case file.Version != modelVersion:
		return nil, fmt.Errorf("%w: of version %d, and this program reads %d: train it anew", ErrModel, file.Version, modelVersion)
	case file.SHA256 != file.digest():
		return nil, fmt.Errorf("%w: damaged or changed since it was written", ErrModel)
	}
	m := &Model{}
	if err := outlier.Strict(file.About, &m.about); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrModel, err)
	}
	if m.saved, err = outlier.Read(bytes.NewReader(file.Models)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return m, m.restore()
}

// restore checks what was read, and makes a census of it.
func (m *Model) restore() error {
	a := &m.about
	refused := func(what string) error { return fmt.Errorf("%w: %s", ErrModel, what) }
	if !slices.Equal(m.saved.Columns, namesOf(columnsOf(a.Notebook))) || m.saved.Forest == nil || m.saved.Classifier != nil && m.saved.Classifier.Classes() != 2 {
		return refused("its columns are not those of this program: train it anew")
	}
	for _, v := range []float64{a.Least, a.Most, a.Median} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return refused("numbers that are none")
		}
	}
	if !slices.IsSorted(a.Tail) || len(a.Tail) > tailSteps*tailDecades+1 {
		return refused("a tail that Write does not write")
	}
	if a.Events < 1 || a.Hosts < 0 {
		return refused("no executions")
	}
	m.census = emptyCensus()
	m.census.events, m.census.hosts = a.Events, a.Hosts
	for i, p := range a.Programs {
		if p.Count < 1 || p.Count > a.Events || p.Hosts < 0 || i > 0 && a.Programs[i-1].Path >= p.Path {
			return refused("programs that Write does not write")
		}
		m.census.programs[p.Path] = programCount{count: p.Count, hosts: p.Hosts}
	}
	for _, p := range a.Pairs {
		if p.Program < 0 || p.Program >= len(a.Programs) || p.Count < 1 || p.Count > a.Programs[p.Program].Count {
			return refused("parents that Write does not write")
		}
		m.census.pairs[pairKey{a.Programs[p.Program].Path, p.Parent}] = p.Count
	}
	for _, counts := range a.Spread {
		for _, n := range counts {
			if n < 0 || n > a.Events {
				return refused("a spread that Write does not write")
			}
		}
	}
	m.census.relate()
	return nil
}

// judge is how the model judges.
func (m *Model) judge(workers int) *judge {
	return &judge{notebook: m.about.Notebook, columns: columnsOf(m.about.Notebook), census: m.census, forest: m.saved.Forest, classifier: m.saved.Classifier,
		least: m.about.Least, most: m.about.Most, tail: m.about.Tail, workers: workers}
}
