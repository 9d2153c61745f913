package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/job"
	"sparkless/process"
	"sparkless/publish"
	"sparkless/storage/event"
)

// train is what the command was asked for.
type train struct {
	labels, out string
	window      event.Window
}

func (a *app) trainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "train --out FILE",
		Short: "Learn from days of executions how to judge those of other days",
		Long: `Train reads the process creations of one day, or of each day of a range, and writes a
model: an isolation forest over their features, how often each program ran under each
parent, and with --labels a random forest that knows malicious executions from others.
The hunt process judges with it (setting process.model), and so does sparkless score.

A file of labels is CSV with a header, or JSON lines. Its columns are FindingId, Program
and CommandLine, of which one is needed, and Label: 1 for malicious, 0 for not. Program is
compared with the path or the name of a program, CommandLine with its command line; in
both * stands for any text and ? for any character, and case does not matter. Of several
lines that match an execution the first counts:

  FindingId,Program,CommandLine,Label
  an-1d2c3b4a5f6e7d8c9b0a,,,1
  ,powershell.exe,*-enc*,1
  ,*,*,0

A FindingId alone is of those executions of the finding's program that have a score of 0.4
or more over the days of the training, and not of all that the program did; with a
CommandLine it is of that line. Of executions with the same features one command line is
kept, with which patterns are compared; a whole CommandLine, with its Program or FindingId,
is of all executions of the program that have its features. A label of no execution is told
with its line and what can be done.

How good the random forest is, is measured on three tenths of the labelled rows, which
another one, trained on the rest, has not seen.

What is read is kept in the work store as a run keeps it: days that the hunt process has
read are not read again. Nothing is published.`,
		Example: `  sparkless train --account mystorage --last 14d --out process.json
  sparkless train --folder ./export --from 2026-11-01 --to 2026-11-15 --labels labels.csv --out process.json`,
	}
	t := &train{}
	f := addWindowFlags(cmd)
	f.addLast(cmd)
	cmd.Flags().StringVar(&t.labels, "labels", "", "file of labels, CSV or JSON lines")
	cmd.Flags().StringVar(&t.out, "out", "", "write the model to this file, whole or not at all")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if t.out == "" {
			return usageError{errors.New("--out FILE is missing: where the model is written to")}
		}
		var err error
		if t.window, err = a.trainedWindow(f); err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.train(cmd.Context(), v, t)
	}
	return cmd
}

// trainedWindow is the time that a model is trained on. Days up to today are whole.
func (a *app) trainedWindow(f *windowFlags) (event.Window, error) {
	if strings.HasSuffix(f.last, "d") && f.check() == nil {
		return a.lastDays(f)
	}
	return a.window(f)
}

// train is the story of a training: events of days, one state, a model, a file.
func (a *app) train(ctx context.Context, v *values, t *train) error {
	labels, err := readLabels(t.labels)
	if err != nil {
		return usageError{err}
	}
	h, err := a.newHunt(ctx, v)
	if err == nil {
		err = a.findLayout(ctx, v, h)
	}
	if err != nil {
		return err
	}
	p := process.DefaultParams()
	p.Notebook = v.text("hunts.mode") == modeNotebook
	state, days, partial := a.gatherExecutions(ctx, v, h, p, t.window)
	if state == nil {
		return partial
	}
	m, unmatched, err := process.New(p, h.Scope, h.Workers).Train(ctx, state, labels, days)
	a.tellUnmatched(t.labels, unmatched)
	if err != nil {
		return join(partial, fmt.Errorf("training a model: %w", err))
	}
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		return join(partial, err)
	}
	if err := replaceFile(t.out, file.Bytes()); err != nil {
		return join(partial, fmt.Errorf("--out %s: %w", address(t.out), withoutPath(err)))
	}
	a.log.Info("the model is written", "file", t.out, "executions", m.Events(), "windows", len(days), "bytes", file.Len())
	return join(partial, a.tellModel(m))
}

// tellUnmatched warns of labels that are of no execution: nothing was learnt of them.
func (a *app) tellUnmatched(file string, all []process.Unmatched) {
	for _, one := range all[:min(len(all), toldLines)] {
		a.log.Warn("a label matches no execution", "file", file, "line", one.Line, "label", one.Text, "why", one.Why)
	}
	if n := len(all) - toldLines; n > 0 {
		a.log.Warn("more labels match no execution", "file", file, "labels", n)
	}
}

// readLabels reads a file of labels; without one there are none.
func readLabels(name string) (process.Labels, error) {
	if name == "" {
		return process.Labels{}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return process.Labels{}, fmt.Errorf("--labels %s: %w", address(name), withoutPath(err))
	}
	defer f.Close()
	l, err := process.ReadLabels(f)
	if err != nil {
		return l, fmt.Errorf("--labels %s: %w", address(name), err)
	}
	return l, nil
}

// learner is the detector of a training: it reads as the hunt does, and finds nothing.
type learner struct{ pursued[*process.State] }

// Finish implements job.Detector.
func (learner) Finish(context.Context, event.Window, *process.State, *process.State) ([]publish.Record, error) {
	return nil, nil
}

// gatherExecutions reads the windows and merges their states, and returns which windows
// these are. With an error that says that some are missing, or partial, the rest is there;
// else the state is nil.
func (a *app) gatherExecutions(ctx context.Context, v *values, h *hunt, p process.Params, w event.Window) (*process.State, []string, error) {
	c, err := newChase(a, v, h, true, func() pursued[*process.State] { return learner{process.New(p, h.Scope, h.Workers)} })
	if err == nil {
		err = join(c.follow(ctx, h), c.barred())
	}
	if err != nil {
		return nil, nil, err
	}
	c.History, c.DryRun = 0, true
	c.Suppress = nil
	c.Sinks = func(event.Window) ([]publish.Sink, error) { return nil, nil }
	windows := []event.Window{w}
	if w.WholeDays() {
		windows = w.Days()
	}
	var state *process.State
	var labels []string
	var errs []error
	for _, one := range windows {
		r, err := c.Window(ctx, one)
		if r == nil && !errors.Is(err, job.ErrNoBlobs) {
			return nil, nil, join(append(errs, err)...)
		}
		errs = append(errs, err)
		if r == nil {
			continue
		}
		a.log.Info("read", append(named(one), "executions", r.Day.Events())...)
		if state == nil {
			state = process.NewState()
		}
		state.Merge(r.Day)
		labels = append(labels, one.Label())
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	return state, labels, join(errs...)
}

// mostImportances is how many columns are told.
const mostImportances = 10

// tellModel prints what a classifier was made of, and how good it is.
func (a *app) tellModel(m *process.Model) error {
	benign, malicious := m.Labelled()
	if malicious == 0 {
		return nil
	}
	t := &terminal.Table{Columns: []terminal.Column{{Title: "WHAT"}, {Title: "VALUE", Right: true}}}
	add := func(what string, value any) { t.Row(terminal.Text(what), terminal.Text(fmt.Sprint(value))) }
	add("malicious rows", malicious)
	add("other rows", benign)
	if e := m.Evaluation(); e == nil {
		a.log.Warn("there are too few labelled rows of one kind to say how good the model is")
	} else {
		add("held out", fmt.Sprintf("%d, %d malicious", e.Rows, e.Malicious))
		add("area under the curve", fmt.Sprintf("%.3f", e.AUROC))
		add("average precision", fmt.Sprintf("%.3f", e.Average))
		add("precision at 0.5", fmt.Sprintf("%.3f", e.Precision))
		add("recall at 0.5", fmt.Sprintf("%.3f", e.Recall))
	}
	all := m.Importances()
	for _, one := range all[:min(len(all), mostImportances)] {
		add("importance of "+one.Column, fmt.Sprintf("%.3f", one.Share))
	}
	return a.write(t)
}
