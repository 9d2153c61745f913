package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/publish/suppress"
	"sparkless/storage/printable"
)

// defaultRules is the file that a rule is added to unless one is named.
const defaultRules = "suppressions.yaml"

func (a *app) suppressCommand() *cobra.Command {
	parent := &cobra.Command{Use: "suppress", Short: "Keep findings quiet that are known to be harmless"}
	parent.AddCommand(a.suppressAddCommand(), a.suppressListCommand())
	return parent
}

func (a *app) suppressAddCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a rule, with its reason and the day on which it expires",
		Long: `Add appends a rule to the file that --file or the setting suppress.file names, or
to suppressions.yaml, and makes the file where it is missing. What stands in it stays.

A rule covers a finding if every pattern it has matches: all paths, parents, hosts,
accounts, addresses and kinds of evidence of the finding, too. In a pattern * stands for
any characters and ? for one; case does not matter. The rule holds through the UTC day on
which it expires.

A rule is about a hunt other than masquerade if its target is the name of the hunt.`,
		Example: `  sparkless suppress add --name 'acmeupdate*.exe' --target acmeupdater.exe --path 'C:\Program Files\Acme\*' \
    --reason 'our own updater, ticket 4711' --expires 90d
  sparkless suppress add --name svchost.exe --kind parent --parent 'C:\Program Files\Acme EDR\sensor.exe' \
    --reason 'our EDR starts it, ticket 4712' --expires 180d
  sparkless suppress add --target process --name '*\powershell.exe' --parent ccmexec.exe --account 'NT AUTHORITY\SYSTEM' \
    --reason 'software distribution, ticket 4714' --expires 90d`,
	}
	var r suppress.Rule
	flags := cmd.Flags()
	flags.StringVar(&r.Name, "name", "", "pattern of the suspect's name")
	flags.StringVar(&r.Target, "target", "", "pattern of the name that it looks like; or the hunt that the rule is about, such as logon")
	flags.StringVar(&r.Path, "path", "", "pattern that all its paths match")
	flags.StringVar(&r.Parent, "parent", "", "pattern that all its parents match, as paths")
	flags.StringVar(&r.Host, "host", "", "pattern that all its hosts match")
	flags.StringVar(&r.Account, "account", "", "pattern that all its accounts match")
	flags.StringVar(&r.Address, "address", "", "pattern that all its addresses match")
	flags.StringArrayVar(&r.Kinds, "kind", nil, "pattern of its evidence, such as folder or edits; again for one more: all its evidence matches one of them")
	flags.StringVar(&r.Reason, "reason", "", "why its findings are harmless")
	flags.StringVar(&r.By, "by", "", "who says so")
	expires := flags.String("expires", "", "the last UTC day of the rule, like 2027-03-31, or how many days from today, like 90d")
	addRuleFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		file, known, err := a.rulesFile(cmd)
		if err != nil {
			return err
		}
		today := midnight(a.now())
		if r.Expires, err = parseExpiry(*expires, today); err != nil {
			return err
		}
		r.Added = today
		if err := r.Validate(); err != nil {
			return usageError{err}
		}
		added, err := suppress.Add(file, r, today)
		if err != nil {
			return err
		}
		return a.showAdded(file, known, added)
	}
	return cmd
}

// addRuleFlags gives a command the flags that say which file of rules.
func addRuleFlags(cmd *cobra.Command) {
	cmd.Flags().String("file", "", "file of rules; the setting suppress.file if empty, or "+defaultRules)
	cmd.Flags().String("config", "", "settings file; config.yaml in the working directory if it is there")
	cmd.Flags().Bool("no-color", false, "print no colours; so does the environment variable NO_COLOR")
}

// rulesFile is the file of rules to look at, and whether a run knows it by its
// settings.
func (a *app) rulesFile(cmd *cobra.Command) (file string, known bool, err error) {
	v, err := a.loadHere(cmd)
	if err != nil {
		return "", false, err
	}
	if err := v.checkMisplaced(); err != nil {
		return "", false, usageError{err}
	}
	set := v.text("suppress.file")
	file, err = cmd.Flags().GetString("file")
	switch {
	case err != nil:
		return "", false, err
	case file != "":
		return file, file == set, nil
	case set != "":
		return set, true, nil
	}
	return defaultRules, false, nil
}

// parseExpiry reads a day, or a number of days from today.
func parseExpiry(text string, today time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, usageError{errors.New("--expires is missing: the last UTC day of the rule, like 2027-03-31, or 90d")}
	}
	if number, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.ParseUint(number, 10, 16); err == nil {
			return today.AddDate(0, 0, int(days)), nil
		}
	}
	day, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil:
		return day, usageError{fmt.Errorf("--expires %q is neither a day like 2027-03-31 nor a number of days like 90d", text)}
	case day.Before(today):
		return day, usageError{fmt.Errorf("--expires %s is over: a rule holds from today on", text)}
	}
	return day, nil
}

// showAdded prints the rule as it stands in the file, and what it does.
func (a *app) showAdded(file string, known bool, r suppress.Rule) error {
	if err := a.write(rulesTable([]suppress.Rule{r}, a.now())); err != nil {
		return err
	}
	a.log.Info("rule added: findings are suppressed when "+r.Covers(), "file", file, "line", r.Line, "through", r.Expires.Format(time.DateOnly))
	if r.Path == "" && r.Host == "" {
		a.log.Info("it covers them on every host and in every folder; --path and --host would narrow it")
	}
	if r.FarAhead(a.now()) {
		a.log.Warn("it expires more than two years ahead: sooner, somebody looks at it again")
	}
	if !known {
		a.log.Info("a run applies it with --suppressions " + printable.Whole(file) + ", or the setting suppress.file")
	}
	return nil
}

func (a *app) suppressListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "Print each rule, and whether it is in force or has expired",
		Example: `  sparkless suppress list --file suppressions.yaml`,
	}
	addRuleFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		file, known, err := a.rulesFile(cmd)
		if err != nil {
			return err
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && !known && !cmd.Flags().Changed("file") {
			a.log.Info("there are no rules: neither the setting suppress.file nor a file " + defaultRules)
			return nil
		}
		rules, err := suppress.Load(file)
		if err != nil {
			return usageError{err}
		}
		a.log.Info("rules", "file", file, "rules", len(rules.All))
		if len(rules.All) == 0 {
			return nil
		}
		return a.write(rulesTable(rules.All, a.now()))
	}
	return cmd
}
