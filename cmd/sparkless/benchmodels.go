package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/outlier/benchmark"
	"sparkless/storage/printable"
)

// benchModels is what the command was asked for.
type benchModels struct {
	files                   []string
	train, validation, test string
	format, experiment      string
	memory                  string
	features                string
	read                    benchmark.ReadOptions
	options                 benchmark.Options
}

func (a *app) benchModelsCommand() *cobra.Command {
	b := &benchModels{options: benchmark.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "bench-models FILE…",
		Short: "Measure how well the models find the labelled outliers of tables",
		Long:  benchModelsHelp,
		Example: `  sparkless bench-models 6_cardio.npz 30_satellite.npz … --models isolation-forest --seeds 10
  sparkless bench-models table.csv --label outlier --test-share 0.4
  sparkless bench-models --train labelled_training_data.csv --validation labelled_validation_data.csv \
    --test labelled_testing_data.csv --features beth-paper --contamination 0.05 --seeds 5`,
		Args: func(_ *cobra.Command, args []string) error { b.files = args; return nil },
	}
	flags := cmd.Flags()
	flags.StringVar(&b.train, "train", "", "file to learn from, instead of FILE; with --validation, --test or both")
	flags.StringVar(&b.validation, "validation", "", "file that models learnt from --train are judged on")
	flags.StringVar(&b.test, "test", "", "another one")
	flags.Float64Var(&b.options.Validation, "validation-share", 0, "share of FILE to be judged on and not learnt from, drawn by the seed")
	flags.Float64Var(&b.options.Test, "test-share", 0, "another one")
	flags.StringVar(&b.read.Label, "label", "", "column of a CSV file that holds the labels: 0 or 1; sus for --features of BETH")
	flags.StringVar(&b.features, "features", "", "columns made of BETH's CSV files: beth-notebook or beth-paper")
	flags.StringSliceVar(&b.options.Models, "models", b.options.Models, "models to measure")
	flags.Uint64Var(&b.options.Seed, "seed", b.options.Seed, "the first seed")
	flags.IntVar(&b.options.Seeds, "seeds", b.options.Seeds, "how many seeds to take the mean of")
	flags.Float64Var(&b.options.Contamination, "contamination", 0, "share of outliers, up to 0.5, that isolation forest and elliptic envelope take for given; each model's own default unless set")
	flags.BoolVar(&b.options.Scale, "scale", true, "scale columns to mean 0 and deviation 1")
	flags.StringVar(&b.memory, "memory", "auto", "memory the process may take, like 4GiB; auto is GOMEMLIMIT, or nine tenths of the container's or the machine's")
	flags.StringVar(&b.format, "format", "table", "table, csv or json")
	flags.StringVar(&b.experiment, "experiment", "sparkless", "experiment on the MLflow server of MLFLOW_TRACKING_URI")
	noColor := flags.Bool("no-color", false, "print no colours; so does the environment variable NO_COLOR")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		a.screen = terminal.Of(a.stdout, os.Getenv, *noColor)
		b.read.Features = benchmark.Features(b.features)
		return a.benchModels(cmd.Context(), b)
	}
	return cmd
}

const benchModelsHelp = `Bench-models fits each model on a table of numbers, and says how well its scores tell
the rows that are labelled as outliers from the others: the area under the ROC curve,
the average precision, and the times of fitting and scoring.

Without more a model is fitted on all rows of FILE and judged on the same, as
detectors of outliers often are. With --validation-share and --test-share it is judged
on rows that it has not seen, drawn anew for each seed. With --train it is judged on
the rows of other files. The random forest, which learns from labels, is measured in
these two cases alone.

The area of hard labels is that of what a model calls an outlier and what not,
which is the mean of recall and specificity. Notebooks print it as AUROC; it is not
the area of the scores.

Files are .csv with a header, .npz with the arrays X and y as those of ADBench, or two
.npy with a comma between: x.npy,y.npy. A label is 1 for an outlier and 0 for others.
Columns of texts are left out, empty ones, and those that do not vary; what was left
out is said. A column is one of texts if the first of its cells that is not empty is no
number. A gap among numbers is an error.

A table is read only if there is memory for it and for what the models make of it:
20 bytes for each value, 28 where rows are drawn, and more for each row, 3 kB where the
random forest is measured. --memory bounds it.

Of the CSV files of BETH --features beth-paper makes the seven columns of its authors,
and beth-notebook ten of the notebook's forty: its other thirty are word vectors,
which its own code cannot make twice alike.

Where MLFLOW_TRACKING_URI is set, each model's figures are logged as a run there.
MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, let
in. What is wrong with that server loses no figure: they are printed first, and the
exit code is 5.
`

// parts says that models are judged on other files than those they learn from.
func (b *benchModels) parts() bool { return b.train != "" || b.validation != "" || b.test != "" }

// check names all that is wrong with what was asked for.
func (b *benchModels) check() error {
	parted := b.parts()
	errs := []error{b.options.Validate(), b.read.Validate(), b.options.CheckRows(parted)}
	for _, file := range append([]string{b.train, b.validation, b.test}, b.files...) {
		if file != "" {
			errs = append(errs, b.read.CheckFile(file))
		}
	}
	if b.format != "table" && b.format != "csv" && b.format != "json" {
		errs = append(errs, fmt.Errorf("--format %s is not table, csv or json", address(b.format)))
	}
	switch {
	case len(b.files) > 0 && parted:
		errs = append(errs, errors.New("give FILE, or --train with --validation and --test"))
	case len(b.files) == 0 && !parted:
		errs = append(errs, errors.New("nothing to measure on: give FILE, or --train with --validation and --test"))
	case parted && (b.train == "" || b.validation+b.test == ""):
		errs = append(errs, errors.New("--train wants --validation, --test or both, and they want --train"))
	case parted && b.options.Validation+b.options.Test > 0:
		errs = append(errs, errors.New("--validation-share and --test-share part a FILE, and not --train"))
	}
	return errors.Join(errs...)
}

// benchModels is the story of the command.
func (a *app) benchModels(ctx context.Context, b *benchModels) error {
	tracker, err := trackerOf(os.Getenv, b.experiment)
	memory, errMemory := memoryOf(b.memory)
	if errMemory != nil {
		errMemory = fmt.Errorf("--memory: %w", errMemory)
	}
	if err := errors.Join(b.check(), err, errMemory); err != nil {
		return usageError{err}
	}
	keepTo(memory)
	b.read.Room = b.options.Room(memory, b.parts())
	var all benchmark.Report
	measure := func(p benchmark.Parted) error {
		r, err := benchmark.Run(ctx, p, b.options)
		all.Results, all.Notes = append(all.Results, r.Results...), append(all.Notes, r.Notes...)
		return err
	}
	for _, file := range b.files {
		t, err := benchmark.Read(file, b.read)
		if err == nil {
			err = measure(benchmark.Parted{Name: t.Name, Train: t, Whole: true})
		}
		if err != nil {
			return err
		}
	}
	if b.train != "" {
		p, err := b.parted()
		if err == nil {
			err = measure(p)
		}
		if err != nil {
			return err
		}
	}
	if err := a.writeModels(b.format, all); err != nil {
		return err
	}
	return join(unfitted(all), a.track(ctx, tracker, b, all))
}

// parted reads the files of --train, --validation and --test.
func (b *benchModels) parted() (benchmark.Parted, error) {
	p, o := benchmark.Parted{Name: printable.Whole(b.train)}, b.read
	for _, f := range []struct {
		path string
		into **benchmark.Table
	}{{b.train, &p.Train}, {b.validation, &p.Validation}, {b.test, &p.Test}} {
		if f.path == "" {
			continue
		}
		t, err := benchmark.Read(f.path, o)
		if err != nil {
			return p, err
		}
		*f.into = t
		o.Room = o.Room.Less(t)
	}
	return p, nil
}

// unfitted is an error where a model could not be fitted.
func unfitted(r benchmark.Report) error {
	var errs []error
	for _, one := range r.Results {
		if one.Error != "" {
			errs = append(errs, fmt.Errorf("%s on %s: %s", one.Model, one.Data, one.Error))
		}
	}
	return join(errs...)
}

func (a *app) writeModels(format string, r benchmark.Report) error {
	if format == "json" {
		return writeJSON(a.stdout, r)
	}
	for _, n := range r.Notes {
		a.log.Info(n)
	}
	if format == "csv" {
		return a.writeModelsCSV(r)
	}
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "data", Least: 12, Fit: terminal.Path}, {Title: "model", Least: 10, Fit: terminal.Middle}, {Title: "rows"}, {Title: "AUROC", Right: true}, {Title: "hard", Right: true},
		{Title: "precision", Right: true, Rank: 1}, {Title: "fit s", Right: true, Rank: 2}, {Title: "score s", Right: true, Rank: 2},
	}}
	for _, one := range r.Results {
		cells := []terminal.Cell{terminal.Text(one.Data), terminal.Text(one.Model), terminal.Text(one.Rows)}
		if one.Error != "" {
			cells = append(cells, terminal.Text("-"))
			t.Row(cells...)
			continue
		}
		for _, f := range []benchmark.Figure{one.AUROC, one.Hard, one.Precision} {
			cells = append(cells, terminal.Text(spread(f, one.Seeds)))
		}
		t.Row(append(cells, terminal.Text(shortTime(one.Fit.Mean)), terminal.Text(shortTime(one.Score.Mean)))...)
	}
	return a.write(t)
}

// spread is a figure between 0 and 1, with its deviation if there is one.
func spread(f benchmark.Figure, seeds int) string {
	if seeds < 2 {
		return fmt.Sprintf("%.4f", f.Mean)
	}
	return fmt.Sprintf("%.4f ±%.4f", f.Mean, f.SD)
}

func shortTime(s float64) string { return strconv.FormatFloat(s, 'g', 3, 64) }

func (a *app) writeModelsCSV(r benchmark.Report) error {
	w := csv.NewWriter(a.stdout)
	_ = w.Write(strings.Split("data,model,rows,count,outliers,columns,seeds,auroc,auroc_sd,auroc_hard,auroc_hard_sd,average_precision,average_precision_sd,fit_seconds,score_seconds,error", ","))
	for _, one := range r.Results {
		row := []string{textCell(one.Data), one.Model, one.Rows, fmt.Sprint(one.Count), fmt.Sprint(one.Outliers), fmt.Sprint(one.Columns), fmt.Sprint(one.Seeds)}
		for _, v := range []float64{one.AUROC.Mean, one.AUROC.SD, one.Hard.Mean, one.Hard.SD, one.Precision.Mean, one.Precision.SD, one.Fit.Mean, one.Score.Mean} {
			text := strconv.FormatFloat(v, 'g', -1, 64)
			if one.Error != "" {
				text = ""
			}
			row = append(row, text)
		}
		_ = w.Write(append(row, textCell(one.Error)))
	}
	w.Flush()
	return w.Error()
}

// textCell is a text that no spreadsheet takes for a formula.
func textCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
