package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/masquerade/evaluation"
	"sparkless/publish"
	"sparkless/storage/event"
	"sparkless/storage/local"
)

// evaluatedProfiles are the profiles of settings that can be compared.
func evaluatedProfiles() []string { return masquerade.Profiles() }

// evaluatedDetector is the hunt of a profile.
func evaluatedDetector(profile string) (job.Detector[*masquerade.Counts], error) {
	p, err := masquerade.ParamsOf(profile)
	return masquerade.New(p, evaluationScope, runtime.GOMAXPROCS(0)), err
}

const evaluationScope = "evaluation"

// evaluate is what the command was asked for.
type evaluate struct {
	impostors, benign []string
	base, day         string
	profiles          []string
	format            string
	list              bool
	options           evaluation.Options
}

func (a *app) evaluateCommand() *cobra.Command {
	e := evaluate{options: evaluation.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "evaluate --impostors CSV --benign CSV",
		Short: "Measure how many impostors each profile finds, and how many others",
		Long: evaluateHelp + `Impostors whose list has no path run from one of these folders, drawn by the name:
  ` + strings.Join(evaluation.ImpostorFolders(), "\n  ") + "\n",
		Example: `  sparkless evaluate --impostors impostors.csv --benign pairs.csv --benign names.csv
  sparkless evaluate --impostors impostors.csv --base ./export --day 2026-11-20 --list`,
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&e.impostors, "impostors", nil, "CSV file with the columns impostor,target[,path]; repeatable")
	flags.StringArrayVar(&e.benign, "benign", nil, "CSV file with the columns name_a,name_b[,path_a,path_b], file_name[,file_path] or name[,path]; repeatable")
	flags.StringVar(&e.base, "base", "", "folder with exports to plant into; a sample day, made on the spot, unless set")
	flags.StringVar(&e.day, "day", "", "the one UTC day of the base to take, like 2026-11-20; all of its days, as one, unless set")
	flags.StringArrayVar(&e.profiles, "profile", evaluatedProfiles(), "profile to measure; repeatable")
	flags.IntVar(&e.options.Events, "events", e.options.Events, "how often each impostor is seen")
	flags.BoolVar(&e.options.PlantTargets, "plant-targets", e.options.PlantTargets, "make targets that the base lacks frequent names of it")
	flags.Float64Var(&e.options.Batch, "batch", e.options.Batch, "how many names to plant at a time, as a share of the base's")
	flags.StringVar(&e.format, "format", "table", "table or json")
	flags.BoolVar(&e.list, "list", false, "in the table, also list recall by target, what was missed, and every false finding")
	noColor := flags.Bool("no-color", false, "print no colours; so does the environment variable NO_COLOR")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		a.screen = terminal.Of(a.stdout, os.Getenv, *noColor)
		return a.evaluate(cmd.Context(), e)
	}
	return cmd
}

const evaluateHelp = `Evaluate plants names into a copy of a real day, the base, and takes it through
the whole hunt, ranks included, once for each profile of settings. It publishes
nothing, keeps nothing, and never writes to the base. It is about the hunt masquerade
alone.

Planted are: each impostor, seen once (--events) on one host; its target, as a
frequent name, if the base lacks it; each pair of benign names twice, either name
being the frequent one; each single benign name, rare. Names that the base has
are as frequent as they are, except the frequent one of a pair. A base of several
days becomes one day: its events keep their time of day. Of the base are taken
the process creations, with the columns that the hunt reads.

Too many new names would change the ranks of a small base. So names are planted in
batches of at most a tenth (--batch) of the base's distinct names, at least one
impostor, pair or name each, and the hunt runs once a batch.

An impostor is found if it is the suspect of a finding. A pair is hit if one of
its names is found to imitate the other. Short stems are those of targets of at
most six characters without the extension. Suppression and history have no part.

With --format json the figures come as one object with the keys base, planted and
profiles; names are in lower case where the hunt has them so.

`

// evaluate is the story of an evaluation.
func (a *app) evaluate(ctx context.Context, e evaluate) (err error) {
	lists, err := e.read()
	if err != nil {
		return usageError{err}
	}
	folder, err := os.MkdirTemp("", "sparkless-evaluate-")
	if err != nil {
		return fmt.Errorf("a temporary folder: %w", err)
	}
	defer func() { err = join(err, os.RemoveAll(folder)) }()
	t, err := a.trialOf(ctx, e, folder)
	if err != nil {
		return err
	}
	plan, err := evaluation.NewPlan(t.base, lists, e.options)
	if err != nil {
		return err
	}
	findings, err := t.hunt(ctx, plan, e.profiles)
	if err != nil {
		return err
	}
	report := evaluation.Report{Base: t.facts, Batch: e.options.Batch, Planted: plan.Planted()}
	for i, profile := range e.profiles {
		report.Profiles = append(report.Profiles, plan.Judge(profile, findings[i]))
	}
	if e.format == "json" {
		return writeJSON(a.stdout, report)
	}
	return a.writeEvaluation(report, e.list)
}

// read checks what was asked for, and reads the lists.
func (e evaluate) read() (evaluation.Lists, error) {
	var lists evaluation.Lists
	errs := []error{e.options.Validate()}
	if e.format != "table" && e.format != "json" {
		errs = append(errs, fmt.Errorf("--format %s is not table or json", address(e.format)))
	}
	if len(e.impostors)+len(e.benign) == 0 {
		errs = append(errs, errors.New("nothing to measure: give --impostors CSV, --benign CSV or both"))
	}
	for _, p := range e.profiles {
		if !slices.Contains(evaluatedProfiles(), p) {
			errs = append(errs, fmt.Errorf("--profile %s is none of %s", address(p), strings.Join(evaluatedProfiles(), ", ")))
		}
	}
	if e.day != "" {
		_, err := parseDay("--day", e.day)
		if err == nil && e.base == "" {
			err = errors.New("--day says which day of --base to take: give both")
		}
		errs = append(errs, err)
	}
	for _, file := range e.impostors {
		errs = append(errs, readList(file, lists.ReadImpostors))
	}
	for _, file := range e.benign {
		errs = append(errs, readList(file, lists.ReadBenign))
	}
	return lists, errors.Join(errs...)
}

func readList(file string, read func(string, io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return read(address(file), f)
}

// trial is a copy of the base in a temporary folder, and how to hunt through it.
type trial struct {
	folder string // of everything
	date   time.Time
	base   *evaluation.Base
	facts  evaluation.BaseFacts
	size   int64 // of the base's blob
}

// hunt runs each profile over each batch. The first index of what it returns is
// the profile's.
func (t *trial) hunt(ctx context.Context, plan *evaluation.Plan, profiles []string) ([][][]evaluation.Finding, error) {
	detectors := make([]job.Detector[*masquerade.Counts], len(profiles))
	for i, profile := range profiles {
		var err error
		if detectors[i], err = evaluatedDetector(profile); err != nil {
			return nil, err
		}
	}
	findings := make([][][]evaluation.Finding, len(profiles))
	for i := range findings {
		findings[i] = make([][]evaluation.Finding, plan.Batches())
	}
	for number := range plan.Batches() {
		remove, err := t.plant(number, plan.Events(number))
		if err != nil {
			return nil, err
		}
		for i, d := range detectors {
			findings[i][number], err = t.day(ctx, d)
			if err != nil {
				return nil, fmt.Errorf("profile %s, batch %d: %w", profiles[i], number, err)
			}
		}
		if err := remove(); err != nil {
			return nil, err
		}
	}
	return findings, nil
}

// plant writes the events of a batch as one more blob. Each batch has a name of its
// own for it, since the version of a file is no more than its time and size.
func (t *trial) plant(number int, events []evaluation.Event) (remove func() error, err error) {
	if len(events) == 0 {
		return func() error { return nil }, nil
	}
	var lines []byte
	for _, e := range events {
		if lines, err = e.AppendLine(lines, t.date); err != nil {
			return nil, err
		}
	}
	file := t.blob(23, fmt.Sprintf("PT05M_%d.json", number))
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return nil, err
	}
	return func() error { return os.Remove(file) }, os.WriteFile(file, lines, 0o600)
}

// day takes the day through the whole job, in a dry run: what is planted is read,
// what an earlier batch has read of the base is not read again.
func (t *trial) day(ctx context.Context, d job.Detector[*masquerade.Counts]) ([]evaluation.Finding, error) {
	input, err := local.New(local.Config{Folder: t.exports()})
	if err != nil {
		return nil, err
	}
	work, err := local.New(local.Config{Folder: filepath.Join(t.folder, "work"), Create: true})
	if err != nil {
		return nil, err
	}
	cfg := job.DefaultConfig()
	cfg.Source, cfg.Scope, cfg.DryRun = t.folder, evaluationScope, true
	cfg.MissingHours = 24 // all of the base is in one blob
	cfg.ShardSize = t.shardSize()
	h := job.Hunt[*masquerade.Counts]{Detector: d, Input: input, Work: work, Engine: job.Local(cfg.Workers), Lanes: event.NewLanes(cfg.Workers, 1),
		Sinks: func(event.Window) ([]publish.Sink, error) { return nil, nil }, Config: cfg}
	r, err := h.Day(ctx, t.date)
	if err != nil {
		return nil, err
	}
	return evaluation.FindingsOf(r.Records)
}

// shardSize is less than the base: a blob that is larger than a shard has shards of
// its own, which what is planted leaves as they are.
func (t *trial) shardSize() int64 {
	const most = 8 << 20
	return min(max(t.size-1, 1<<10), most)
}

func (t *trial) exports() string { return filepath.Join(t.folder, masquerade.Container) }

// blob is a file of the copy, laid out as Azure Monitor does.
func (t *trial) blob(hour int, name string) string {
	const workspace = "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/evaluation/providers/microsoft.operationalinsights/workspaces/evaluation"
	return filepath.Join(t.exports(), "WorkspaceResourceId="+filepath.FromSlash(workspace),
		t.date.Format("y=2006"), t.date.Format("m=01"), t.date.Format("d=02"), fmt.Sprintf("h=%02d", hour), "m=00", name)
}
