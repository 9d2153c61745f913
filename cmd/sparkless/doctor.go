package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/storage"
	"sparkless/storage/azure"
)

func (a *app) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check all that a run needs, and say what to do about what is missing",
		Long: `Doctor takes the settings of a run and looks at one thing after the other: settings,
key vault, sign-in, storage account, clock, the exports that the chosen hunts read,
work store, Temporal where job.engine is temporal, and the destinations of all of
their findings. Each line has passed, or is a warning, or has failed and says what to do, or was not
checked. It publishes nothing, and writes a probe into the work store and one into
each folder of an output file, which it takes away again.

It takes less than a minute, also when nothing answers. The exit code is 0 if
nothing failed, otherwise that of the first failure: 2 settings, 4 not authorised,
1 anything else. --format json prints a list of objects with name, state, text and
advice; jsonl one object a line.`,
		Example: `  sparkless doctor --account mystorage --workspace my-sentinel
  sparkless doctor --folder ./export --format json`,
	}
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		x := &exam{a: a}
		x.v, x.unread = a.loadHere(cmd)
		checks := x.checks()
		show, end, err := a.lines(cmd, x.v, checks)
		if err != nil {
			return err
		}
		failures, err := doctor.Run(cmd.Context(), checks, show)
		if err := errors.Join(err, end()); err != nil {
			return err
		}
		return unwell(failures)
	}
	return cmd
}

// lines says how the lines are printed. What other commands print as findings is a
// table here, if it does not come from the command line.
func (a *app) lines(cmd *cobra.Command, v *values, checks []doctor.Check) (show func(doctor.Line) error, end func() error, err error) {
	format, _ := cmd.Flags().GetString("format")
	quiet, _ := cmd.Flags().GetBool("quiet")
	if v != nil {
		format, quiet = v.text("output.format"), v.on("display.quiet")
	}
	wide := 0
	for _, c := range checks {
		wide = max(wide, utf8.RuneCountInString(c.Name))
	}
	switch {
	case format == "json":
		show, end = doctor.JSON(a.stdout)
	case format == "jsonl":
		show, end = doctor.JSONLines(a.stdout)
	case format == "auto", format == "table", !cmd.Flags().Changed("format"):
		show, end = doctor.Text(a.stdout, wide, quiet)
	default:
		err = usageError{fmt.Errorf("--format %s: doctor prints a table, json or jsonl", address(format))}
	}
	return show, end, err
}

// unhealthy is the error of a doctor that has found something. Its exit code is
// that of the first failure.
type unhealthy []doctor.Failure

func unwell(failures []doctor.Failure) error {
	if len(failures) == 0 {
		return nil
	}
	return unhealthy(failures)
}

func (u unhealthy) Error() string {
	names := make([]string, len(u))
	for i, f := range u {
		names[i] = f.Name
	}
	return fmt.Sprintf("failed: %s; the lines say what to do", strings.Join(names, ", "))
}

func (u unhealthy) Unwrap() error { return u[0].Err }

// exam is what the checks of one doctor share. Each field is set by one check and
// read by those that need that check.
type exam struct {
	a      *app
	v      *values // nil if they could not be read
	unread error   // why

	draft   *draft
	signIn  azure.SignIn
	who     azure.Principal
	reached doctor.Reached
	input   storage.Reader
	plain   bool         // files in no folders of an export
	sample  storage.Blob // to read from; no name if there is none
}

// The names of checks that others need.
const (
	nameRead     = "settings read"
	nameVault    = "key vault"
	nameSettings = "settings"
	nameSignIn   = "sign-in"
	nameReach    = "storage account"
	nameExport   = "export"
	nameEstate   = "workspace"
	nameDay      = "yesterday"
	nameToday    = "today"
	nameWork     = "work store"
)

func (x *exam) checks() []doctor.Check {
	here := func(name string, run func(context.Context) doctor.Finding, needs ...string) doctor.Check {
		return doctor.Check{Name: name, Needs: needs, Run: run}
	}
	there := func(name string, run func(context.Context) doctor.Finding, needs ...string) doctor.Check {
		return doctor.Check{Name: name, Needs: needs, Run: run, Slow: []string{
			"a firewall that drops what it does not let through looks like this: check the network's rules, the proxy (HTTPS_PROXY), and that names resolve to the private endpoint if there is one"}}
	}
	signIn := there(nameSignIn, x.signsIn, nameSettings)
	signIn.Slow = append([]string{"the service that gives tokens does not answer: is there an identity for this machine?"}, signInAdvice()...)
	return []doctor.Check{
		here("program", x.program),
		here(nameRead, x.settingsRead),
		there(nameVault, x.vault, nameRead),
		here(nameSettings, x.settings, nameRead, nameVault),
		here("memory", x.memory, nameSettings),
		here("facts", x.facts, nameSettings),
		here("suppressions", x.suppressions, nameSettings),
		signIn,
		there(nameReach, x.reach, nameSettings, nameSignIn),
		here("clock", x.clock, nameReach),
		there(nameExport, x.export, nameSettings, nameSignIn, nameReach),
		there(nameEstate, x.workspace, nameExport),
		there(nameDay, x.dayBefore, nameEstate),
		there(nameToday, x.thisDay, nameEstate),
		there("events", x.events, nameEstate, nameDay, nameToday),
		there("network export", x.networkExport, nameExport),
		there(nameWork, x.workStore, x.workNeeds()...),
		here("disk", x.disk, nameSettings),
		there("Temporal", x.temporal, nameSettings, nameExport),
		there("Data Collector API", x.dataCollector, nameSettings),
		there("Logs Ingestion API", x.logsIngestion, nameSettings),
		there("run health", x.health, nameSettings),
		here("columns", x.columns, nameSettings),
		here("output files", x.outputs, nameSettings),
	}
}

// workNeeds are the checks without which the work store is not looked at: a folder
// needs no account.
func (x *exam) workNeeds() []string {
	if x.v != nil && x.v.text("work.folder") != "" {
		return []string{nameSettings}
	}
	return []string{nameSettings, nameSignIn, nameReach}
}

// identity is what signs in with a token.
func (x *exam) identity() (azcore.TokenCredential, error) {
	return azure.TracedCredential(x.v.text("storage.client-id"), x.v.tracing)
}

// briefly tries twice: what passes by itself is no failure, and a run is more
// patient.
func briefly() storage.Policy {
	p := storage.DefaultPolicy()
	p.Attempts, p.Total = 2, doctor.DefaultLimit
	return p
}
