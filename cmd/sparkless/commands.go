package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
)

// version is set by the linker; without it the module's own is shown.
var version = ""

// app is what the commands share.
type app struct {
	stdout, stderr io.Writer
	log            *slog.Logger
	now            func() time.Time
}

func newApp(stdout, stderr io.Writer) *app {
	return &app{stdout, stderr, newLogger(stderr, "auto", slog.LevelInfo), time.Now}
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
defaults, in this order; "sparkless config show" prints each with its origin.

Exit codes: 0 done, 1 failed, 2 usage or settings, 3 done on partial input,
4 not authorised, 5 findings kept but not delivered, 130 interrupted.`,
		Version:       buildVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("sparkless {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(a.runCommand(), a.backfillCommand(), a.publishCommand(), a.explainCommand(), a.reportCommand(), a.suppressCommand(), a.evaluateCommand(), a.sampleCommand(), a.configCommand())
	for _, c := range allCommands(root) {
		if c.Args == nil {
			c.Args = noArguments
		}
		if c.RunE == nil { // a command of commands
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
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
		return usageError{fmt.Errorf("unknown command %q; `%s --help` lists them", args[0], cmd.CommandPath())}
	}
	return usageError{fmt.Errorf("%s takes no argument %q", cmd.CommandPath(), args[0])}
}

func (a *app) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Hunt through one day: yesterday (UTC) unless told",
		Long: `Run reads a day's exports, or what came late of them, and prints, writes and sends
what it finds. The profile says how much that is:

  strict     findings with a score of 50 or more: medium and high
  balanced   40 or more: low, too; this is the default
  hunt       20 or more: for somebody who looks for more than alerts
  notebook   the pairs that the Synapse notebook finds, and nothing else

--min-score sets another least score, --weight the points of a piece of evidence,
--facts adds what is known of your own programs. Another profile shows in the next
run over the same day, which reads nothing again.`,
		Example: `  sparkless run --folder ./export --day 2026-11-20
  sparkless run --folder ./export --day 2026-11-20 --profile hunt --weight folder=60
  sparkless run --account mystorage --workspace my-sentinel --out findings-{day}.csv
  SPARKLESS_STORAGE_CONNECTION_STRING=… sparkless run --dry-run`,
	}
	day := cmd.Flags().String("day", "", "the UTC day to analyse, like 2026-11-20")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		date := midnight(a.now()).AddDate(0, 0, -1)
		if *day != "" {
			var err error
			if date, err = parseDay("--day", *day); err != nil {
				return err
			}
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.runDay(cmd.Context(), v, date)
	}
	return cmd
}

func (a *app) backfillCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backfill --from DAY --to DAY",
		Short: "Hunt through each day of a range",
		Long: `Backfill hunts through each UTC day from --from up to, not including, --to. Days
that an earlier run has read are not read again, findings that were delivered
are not sent again. A day that fails does not stop the others.`,
		Example: `  sparkless backfill --account mystorage --from 2026-11-01 --to 2026-12-01`,
	}
	from := cmd.Flags().String("from", "", "the first UTC day")
	to := cmd.Flags().String("to", "", "the day after the last")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		first, err := parseDay("--from", *from)
		if err != nil {
			return err
		}
		end, err := parseDay("--to", *to)
		if err != nil {
			return err
		}
		if !first.Before(end) {
			return usageError{fmt.Errorf("--from %s is not before --to %s, which is the day after the last", *from, *to)}
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.runDays(cmd.Context(), v, first, end)
	}
	return cmd
}

func (a *app) publishCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Send what earlier runs have found and could not deliver",
		Long: `Publish sends findings that are in the work store and have no receipt of a
destination that is set up. It reads no export. Without --day it sends all that
earlier runs owe to the destinations they knew; with --day it sends what that day
lacks at every destination, also one that was set up since.`,
		Example: `  sparkless publish --account mystorage
  sparkless publish --account mystorage --day 2026-11-20`,
	}
	day := cmd.Flags().String("day", "", "the UTC day whose findings are sent, like 2026-11-20")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var date time.Time
		var err error
		if *day != "" {
			if date, err = parseDay("--day", *day); err != nil {
				return err
			}
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		if *day == "" {
			return a.publishAll(cmd.Context(), v)
		}
		return a.publishDay(cmd.Context(), v, date)
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
	return v, a.readVault(cmd.Context(), v)
}

// loadHere does the same without asking a key vault.
func (a *app) loadHere(cmd *cobra.Command) (*values, error) {
	v, err := loadSettings(cmd.Flags())
	if err != nil {
		return nil, usageError{err}
	}
	level, err := logLevel(v.text("log.level"))
	format := v.text("log.format")
	if format != "auto" && format != "text" && format != "json" {
		err = errors.Join(err, fmt.Errorf("log.format: %s is not auto, text or json", address(format)))
	}
	if err != nil {
		return nil, usageError{err}
	}
	a.log = newLogger(a.stderr, format, level)
	return v, nil
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
