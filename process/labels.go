package process

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sparkless/outlier"
	"sparkless/publish/anomaly"
)

// Labels say of executions whether they were malicious.
type Labels struct{ rules []labelRule }

// labelRule is one line of a file of labels. What is empty matches all.
type labelRule struct {
	id, program, command string
	malicious            bool
}

// maxLabels is how many lines a file of labels may have.
const maxLabels = 100_000

// labelLine is a line as JSON.
type labelLine struct {
	FindingId   string
	Program     string
	CommandLine string
	Label       *int
}

// ReadLabels reads CSV with the columns FindingId, Program, CommandLine and Label, of
// which Label and one other are needed, or JSON lines with these names. Label is 1 for
// malicious and 0 for not. Program is compared with a program's path or name,
// CommandLine with a command line, each without regard to case; '*' stands for any text
// and '?' for any character. Of several lines that match, the first counts.
func ReadLabels(r io.Reader) (Labels, error) {
	b := bufio.NewReader(r)
	if bom, err := b.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = b.Discard(3) // they are there
	}
	for {
		c, err := b.Peek(1)
		if errors.Is(err, io.EOF) {
			return Labels{}, errors.New("the file of labels is empty")
		}
		if err != nil {
			return Labels{}, err
		}
		if c[0] == '{' {
			return readLabelLines(b)
		}
		if !bytes.ContainsAny(c, " \t\r\n") {
			return readLabelTable(b)
		}
		_, _ = b.Discard(1) // it is there
	}
}

func readLabelLines(r io.Reader) (Labels, error) {
	var all Labels
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	for n := 1; ; n++ {
		var line labelLine
		err := d.Decode(&line)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err == nil && line.Label == nil {
			err = errors.New("there is no Label")
		}
		if err == nil {
			err = all.add(line)
		}
		if err != nil {
			return Labels{}, fmt.Errorf("label %d: %w", n, err)
		}
	}
}

func readLabelTable(r io.Reader) (Labels, error) {
	var all Labels
	c := csv.NewReader(r)
	head, err := c.Read()
	if err != nil {
		return all, err
	}
	for n := 2; ; n++ {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		var line labelLine
		for i := 0; i < len(fields) && err == nil; i++ {
			err = line.set(strings.TrimSpace(head[i]), fields[i])
		}
		if err == nil && line.Label == nil {
			err = errors.New("there is no Label")
		}
		if err == nil {
			err = all.add(line)
		}
		if err != nil {
			return Labels{}, fmt.Errorf("labels, line %d: %w", n, err)
		}
	}
}

func (l *labelLine) set(column, text string) error {
	switch strings.ToLower(column) {
	case "findingid":
		l.FindingId = text
	case "program":
		l.Program = text
	case "commandline":
		l.CommandLine = text
	case "label":
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("the Label %.40q is neither 0 nor 1", text)
		}
		l.Label = &n
	default:
		return fmt.Errorf("there is no column %.40q: there are FindingId, Program, CommandLine and Label", column)
	}
	return nil
}

func (l *Labels) add(line labelLine) error {
	switch {
	case *line.Label != 0 && *line.Label != 1:
		return errors.New("the Label is neither 0 nor 1")
	case line.FindingId+line.Program+line.CommandLine == "":
		return errors.New("it matches everything: FindingId, Program or CommandLine is needed")
	case len(l.rules) == maxLabels:
		return fmt.Errorf("there are more than %d", maxLabels)
	}
	l.rules = append(l.rules, labelRule{line.FindingId, strings.ToLower(line.Program), strings.ToLower(line.CommandLine), *line.Label == 1})
	return nil
}

// Len is how many lines there are.
func (l Labels) Len() int { return len(l.rules) }

// of returns the label of an execution, if it has one.
func (l Labels) of(id, program, command string) (malicious, has bool) {
	command = strings.ToLower(command)
	for _, r := range l.rules {
		if (r.id == "" || r.id == id) &&
			(r.program == "" || like(r.program, program) || like(r.program, nameOf(program))) &&
			(r.command == "" || like(r.command, command)) {
			return r.malicious, true
		}
	}
	return false, false
}

// like reports whether a pattern with '*' and '?' fits all of a text. It takes time by
// the product of their lengths at most.
func like(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// heldOut is the share of labelled rows that a classifier is evaluated on.
const heldOut = 0.3

// learn trains the classifier on the groups that have a label, by the execution that is
// kept of each. Rows that are equal and have the same label are one, so that none is
// both learnt and asked.
func (m *Model) learn(d *Detector, j *judge, all []judged, labels Labels) error {
	x := outlier.Matrix{Cols: len(j.columns)}
	var y []int
	seen := map[string]bool{}
	for i := range all {
		one := &all[i]
		malicious, has := labels.of(anomaly.ID(Name, d.scope, one.program.path), one.program.path, one.group.sample.command)
		if !has {
			continue
		}
		row := make([]float64, x.Cols)
		j.put(row, &one.facts)
		class := int(truth(malicious))
		if key := fmt.Sprint(class, row); !seen[key] {
			seen[key] = true
			x.Data = append(x.Data, row...)
			x.Rows++
			y = append(y, class)
		}
	}
	for _, class := range y {
		m.about.Malicious += class
	}
	m.about.Benign = len(y) - m.about.Malicious
	if m.about.Benign == 0 || m.about.Malicious == 0 {
		return fmt.Errorf("of the executions, labels match %d rows that are malicious and %d that are not: a model needs both", m.about.Malicious, m.about.Benign)
	}
	p := outlier.ClassifierParams{Seed: d.params.Seed, Workers: d.workers}
	var err error
	if m.about.Evaluation, err = evaluate(x, y, p); err != nil {
		return err
	}
	m.saved.Classifier, err = outlier.FitClassifier(x, y, nil, p)
	return err
}

// evaluate trains on most rows and asks the others; nil where a class would be missing
// in either.
func evaluate(x outlier.Matrix, y []int, p outlier.ClassifierParams) (*Evaluation, error) {
	first, second, err := outlier.Stratified(x, y, heldOut, p.Seed)
	if err != nil || !bothClasses(y, first) || !bothClasses(y, second) {
		return nil, err
	}
	c, err := outlier.FitClassifier(x.Select(first), pick(y, first), nil, p)
	if err != nil {
		return nil, err
	}
	all, err := c.Probabilities(x.Select(second), p.Workers)
	if err != nil {
		return nil, err
	}
	scores, predicted, positive := make([]float64, len(second)), make([]bool, len(second)), make([]bool, len(second))
	e := &Evaluation{Rows: len(second)}
	for i, at := range second {
		scores[i] = all.Row(i)[1]
		predicted[i], positive[i] = scores[i] >= 0.5, y[at] == 1
		e.Malicious += y[at]
	}
	confusion, errC := outlier.Confuse(predicted, positive)
	e.Precision, e.Recall = confusion.Precision(), confusion.Recall()
	var errA, errP error
	e.AUROC, errA = outlier.AUROC(scores, positive)
	e.Average, errP = outlier.AveragePrecision(scores, positive)
	return e, errors.Join(errC, errA, errP)
}

func bothClasses(y, rows []int) bool {
	n := 0
	for _, at := range rows {
		n += y[at]
	}
	return n > 0 && n < len(rows)
}

func pick(y, rows []int) (picked []int) {
	for _, at := range rows {
		picked = append(picked, y[at])
	}
	return picked
}
