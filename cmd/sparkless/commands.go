package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/progress"
	"sparkless/cmd/sparkless/telemetry"
	"sparkless/cmd/sparkless/terminal"
	"sparkless/job/cluster"
	"sparkless/publish"
	"sparkless/storage/event"
)

// app is what the commands share.
type app struct {
	stdout, stderr io.Writer
	log            *slog.Logger
	now            func() time.Time
	summary        *recorder         // of a command that has one
	display        *progress.Display // of stderr: whatever is written there goes through it
	at             place
	telemetry      *telemetry.Telemetry
	ran            func(code int, err error) // ends the span of the run
	screen         terminal.Screen           // what stdout is
	tables         int                       // that were written to it
	dial           func(context.Context, cluster.Config) (server, error)
	reaches        [2]publish.Reach // of either API, for the hunts of a run
}

func newApp(stdout, stderr io.Writer) *app {
	d := progress.New(stderr)
	return &app{stdout: stdout, stderr: stderr, log: newLogger(d, isTerminal(stderr), "auto", slog.LevelInfo), now: time.Now, display: d, screen: terminal.Of(stdout, os.Getenv, false), ran: func(int, error) {}, dial: dial}
}

// write writes a table to stdout, below a blank line if there is one before.
func (a *app) write(t *terminal.Table) error {
	if a.tables++; a.tables > 1 {
		if _, err := fmt.Fprintln(a.stdout); err != nil {
			return err
		}
	}
	return a.screen.Write(a.stdout, t)
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "sparkless",
		Short: "Hunt through Azure Monitor blob exports without a Spark cluster",
		Long: `sparkless reads a day of SecurityEvent exports from blob storage, finds processes
that masquerade (MITRE ATT&CK T1036), and publishes them to Log Analytics: names
that look like a Windows program's or a frequent one, names that hide their type,
and Windows' own names in a wrong folder or under a wrong parent. Each finding has
its evidence in words, a score and a severity.

Settings come from flags, SPARKLESS_… environment variables, config.yaml and
defaults, in this order; "sparkless config show" prints each with its origin.`,
		Example: `  sparkless sample --out sample
  sparkless run --folder sample
  sparkless run --account mystorage --report day.html`,
		Version:       buildVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate(thisBuild().String())
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.runCommand(), a.backfillCommand(), a.workerCommand(), a.statusCommand(), a.cancelCommand(), a.shardCommand(), a.mergeCommand(), a.publishCommand(), a.explainCommand(), a.diffCommand(), a.reportCommand(), a.exportCommand(), a.suppressCommand(), a.evaluateCommand(), a.trainCommand(), a.scoreCommand(), a.benchModelsCommand(), a.sampleCommand(),
		a.configCommand(), a.initCommand(), a.doctorCommand(), a.completionCommand(), a.manCommand(), a.schemaCommand(), a.versionCommand())
	root.AddCommand(helpTopics()...)
	setHelp(root)
	root.InitDefaultHelpCmd()
	for _, c := range allCommands(root) {
		if c.Args == nil {
			c.Args = noArguments
		}
		if c.RunE == nil && c.HasSubCommands() {
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
		hideIdleFlags(c)
	}
	return root
}

func allCommands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, child := range c.Commands() {
		all = append(all, allCommands(child)...)
	}
	return all
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return unknownCommand(cmd, args[0])
	}
	return usageError{fmt.Errorf("%s takes no argument %q", cmd.CommandPath(), address(args[0]))}
}

func (a *app) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Hunt through one day: yesterday (UTC) unless told",
		Long: `Run reads a day's exports, or what came late of them, and prints, writes and sends
what it finds. With --from and --to, or with --last, it does so for another window of
up to 31 days, as one analysis of all its events: from the first moment up to, not
including, the last. Findings of a window are kept and delivered apart from those of
its days. Of plain files, in no folders of an export, --all takes all the days.

The profile says how much is found:

  strict     findings with a score of 50 or more: medium and high
  balanced   40 or more: low, too; this is the default
  hunt       20 or more: for somebody who looks for more than alerts
  notebook   the pairs that the Synapse notebook finds, and nothing else

--min-score sets another least score, --weight the points of a piece of evidence,
--facts adds what is known of your own programs. Another profile shows in the next
run over the same day, which reads nothing again.`,
		Example: `  sparkless run --folder ./export --day 2026-11-20
  sparkless run --folder ./export --day 2026-11-20 --profile hunt --weight folder=60
  sparkless run --folder ./logs --fields sysmon --all
  sparkless run --account mystorage --last 24h
  sparkless run --account mystorage --from 2026-11-19T18:00:00Z --to 2026-11-20T06:00:00Z
  sparkless run --account mystorage --workspace my-sentinel --out findings-{day}.csv
  SPARKLESS_STORAGE_CONNECTION_STRING=… sparkless run --dry-run`,
	}
	f := addWindowFlags(cmd)
	f.addLast(cmd)
	f.addAll(cmd)
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, w, err := f.load(a, cmd, func(f *windowFlags) (event.Window, error) {
			w, err := a.window(f)
			return w, join(f.moves(), err, notTooLong(w))
		})
		if err != nil {
			return err
		}
		if f.all {
			return a.runAll(cmd.Context(), v)
		}
		return a.runWindow(cmd.Context(), v, w)
	}
	return cmd
}

func (a *app) backfillCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backfill",
		Short: "Hunt through each day of a range",
		Long: `Backfill hunts through each UTC day from --from up to, not including, --to. Days
that an earlier run has read are not read again, findings that were delivered
are not sent again. A day that fails does not stop the others. --last takes so many
days before today. Without a flag the settings window.from and window.to tell the
days, or window.last: where a job is started with other variables, and not with other
arguments. The log says which days these are, and who has told them.`,
		Example: `  sparkless backfill --account mystorage --from 2026-11-01 --to 2026-12-01
  sparkless backfill --account mystorage --last 7d`,
	}
	var f windowFlags
	cmd.Flags().StringVar(&f.from, "from", "", "the first UTC day")
	cmd.Flags().StringVar(&f.to, "to", "", "the day after the last")
	cmd.Flags().StringVar(&f.last, "last", "", "so many days before today, like 7d")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, w, err := f.load(a, cmd, a.days)
		if err != nil {
			return err
		}
		return a.runDays(cmd.Context(), v, w)
	}
	return cmd
}

func (a *app) publishCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Send what earlier runs have found and could not deliver",
		Long: `Publish sends findings that are in the work store and have no receipt of a
destination that is set up. It reads no export. Without --day it sends all that
earlier runs owe to the destinations they knew; with --day, or with --from and --to of
a window as it was run, it sends what that lacks at every destination, also one that
was set up since.`,
		Example: `  sparkless publish --account mystorage
  sparkless publish --account mystorage --day 2026-11-20`,
	}
	f := addWindowFlags(cmd)
	cmd.Flags().Lookup("day").Usage = "the UTC day whose findings are sent, like 2026-11-20; all that is owed unless told"
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := a.window(f)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		if v.on("job.dry-run") {
			return usageError{fmt.Errorf("job.dry-run (%s): publish does nothing but send; `sparkless run --dry-run` shows what a run would", v.origin["job.dry-run"])}
		}
		if !f.given() {
			return a.publishAll(cmd.Context(), v)
		}
		return a.publishWindow(cmd.Context(), v, w)
	}
	return cmd
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func parseDay(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, usageError{fmt.Errorf("%s is missing: a UTC day like 2026-11-20", flag)}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usageError{fmt.Errorf("%s %q is not a day like 2026-11-20", flag, text)}
	}
	return t, nil
}

// load reads the settings of a command, also those that a key vault holds, and
// sets up logging as they say.
func (a *app) load(cmd *cobra.Command) (*values, error) {
	v, err := a.loadHere(cmd)
	if err != nil {
		return nil, err
	}
	if err := v.checkMisplaced(); err != nil {
		return nil, usageError{err}
	}
	if err := a.summarise(cmd, v); err != nil {
		return nil, err
	}
	a.startTelemetry(cmd, v)
	return v, a.readVault(cmd.Context(), v)
}

// loadHere does the same without asking a key vault.
func (a *app) loadHere(cmd *cobra.Command) (*values, error) {
	v, err := loadSettings(cmd.Flags())
	if err == nil {
		v.together = needsTemporal(cmd)
		err = a.setLog(v)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return v, nil
}

// setLog has the log and the tables be as the settings say.
func (a *app) setLog(v *values) error {
	level, err := logLevel(v.text("log.level"))
	format := v.text("log.format")
	if format != "auto" && format != "text" && format != "json" {
		err = errors.Join(err, fmt.Errorf("log.format (%s): %s is not auto, text or json", v.origin["log.format"], address(format)))
	}
	if err == nil {
		if v.on("display.quiet") {
			level = max(level, slog.LevelWarn)
		}
		a.log = newLogger(a.display, isTerminal(a.stderr), format, level)
		a.display.Set(a.progressMode(v))
	}
	a.screen = terminal.Of(a.stdout, os.Getenv, v.on("display.no-color"))
	return err
}
