package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/rules"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// export is what the command was asked for.
type export struct {
	format, table, out, findings, least string
	ids                                 []string
	suppressed                          bool
	window                              event.Window
	label                               string // of the window, for names of files
}

// exportFormats are what findings can be made into.
func exportFormats() []row {
	return []row{
		{"sigma", "Sigma rules, a document of YAML each; in a folder, a file each"},
		{"kql", "one query over SecurityEvent, or another table that --table names"},
		{"watchlist", "a watchlist of Microsoft Sentinel, CSV with the search key " + rules.SearchKey},
		{"stix", "a bundle of STIX 2.1: indicators, techniques, sightings"},
	}
}

func exportNames() []string {
	var names []string
	for _, f := range exportFormats() {
		names = append(names, f.term)
	}
	return names
}

// exportLines are the formats in a help text.
func exportLines() (lines string) {
	for _, f := range exportFormats() {
		lines += fmt.Sprintf("  %-10s %s\n", f.term, f.text)
	}
	return lines
}

func (a *app) exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export FORMAT",
		Short: "Make rules for other programs of a day's findings",
		Long: `Export makes rules of findings that catch the same impostors from now on:

` + exportLines() + `
One name is one rule, however many days it was found on. A name that looks like another
is a rule by itself. Where a Windows program's own name ran in a wrong folder or under a
wrong parent, the rule leaves out the folders and parents that are right. Equal findings
make equal bytes.

It reads the profiles that runs have kept, and no export; --findings reads records that
a run has written instead. Suppressed findings are left out, and what no rule can be made
of is named. It is about the findings of the hunt masquerade alone.`,
		Example: `  sparkless export sigma --account mystorage --day 2026-11-20 --out rules/
  sparkless export kql --account mystorage --from 2026-11-01 --to 2026-12-01 --min-severity high --out impostors.kql
  sparkless export stix --findings findings.jsonl --out impostors.json`,
		ValidArgs: exportNames(),
	}
	e := &export{}
	cmd.Args = func(_ *cobra.Command, args []string) error {
		takes := "export takes one format: " + eitherOf(exportNames())
		if len(args) != 1 {
			return usageError{errors.New(takes)}
		}
		if !slices.Contains(exportNames(), args[0]) {
			return usageError{fmt.Errorf("there is no format %s%s", address(args[0]), didYouMean(nearest(args[0], exportNames()), takes))}
		}
		return nil
	}
	f := addWindowFlags(cmd)
	e.addFlags(cmd)
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		e.format = args[0]
		if err := e.check(cmd, f); err != nil {
			return usageError{err}
		}
		var err error
		if e.window, err = a.window(f); err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err == nil && e.findings == "" {
			err = namesOnly(v, "export")
		}
		if err != nil {
			return err
		}
		return a.export(cmd, v, e)
	}
	return cmd
}

// addFlags gives the command its own flags. --out is one: what it writes are rules, not
// findings.
func (e *export) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&e.ids, "finding", nil, "take this FindingId alone; repeatable")
	flags.StringVar(&e.least, "min-severity", "", "take findings that are at least so severe: low, medium or high")
	flags.BoolVar(&e.suppressed, "suppressed", false, "take suppressed findings, too")
	flags.StringVar(&e.findings, "findings", "", "read findings from this file, .jsonl or .json as a run writes them, not from the work store; - is the standard input")
	flags.StringVar(&e.table, "table", rules.Tables()[0], "what a query in KQL asks: "+eitherOf(rules.Tables()))
	flags.StringVar(&e.out, "out", "", "write to this file, whole or not at all, or into this folder, if it is there or ends in /; stdout unless told")
}

// check refuses flags that contradict each other.
func (e *export) check(cmd *cobra.Command, f *windowFlags) error {
	severities := []string{"", "low", "medium", "high"}
	e.least = strings.ToLower(e.least)
	switch {
	case e.findings != "" && f.given():
		return errors.New("--findings and --day, --from or --to contradict each other: a file of findings is taken whole")
	case !slices.Contains(severities, e.least):
		return fmt.Errorf("--min-severity: %s is none of low, medium and high", address(e.least))
	case !slices.Contains(rules.Tables(), e.table):
		return fmt.Errorf("--table: %s is none of %s", address(e.table), eitherOf(rules.Tables()))
	case cmd.Flags().Changed("table") && e.format != "kql":
		return fmt.Errorf("--table is for kql: %s asks no table", e.format)
	}
	return nil
}

// export is the story of an export: findings, rules, a file.
func (a *app) export(cmd *cobra.Command, v *values, e *export) error {
	p, err := huntParams(v)
	if err != nil {
		return usageError{err}
	}
	var records []publish.Record
	if e.findings != "" {
		records, err = recordsOf(cmd.InOrStdin(), e)
	} else {
		records, err = a.recalled(cmd.Context(), v, e)
	}
	if err != nil {
		return err
	}
	findings, err := findingsOf(records)
	if err == nil {
		findings, err = e.pick(findings)
	}
	if err != nil {
		return err
	}
	if e.label == "" {
		e.label = labelOf(findings)
	}
	var given []rules.Finding
	for _, f := range findings {
		one, err := ruleFinding(f, p.Facts)
		if err != nil {
			return err
		}
		given = append(given, one)
	}
	made, left := rules.New(given)
	if len(made) == 0 {
		a.log.Warn("there is no finding to make a rule of", "findings", len(records))
	}
	return a.writeRules(e, made, left)
}

// recalled are the records of findings that the work store's profiles give now.
func (a *app) recalled(ctx context.Context, v *values, e *export) (records []publish.Record, err error) {
	h, err := a.newHunt(ctx, v)
	if err != nil {
		return nil, err
	}
	e.label = e.window.Label()
	windows := []event.Window{e.window}
	if days := e.window.Days(); e.window.WholeDays() && len(days) > 1 {
		windows, e.label = days, days[0].Label()+"-to-"+days[len(days)-1].Label()
	}
	found, none, err := recallAll(ctx, h, windows)
	if err == nil && len(found) == 0 && len(windows) > 1 {
		if found, _, err = recallAll(ctx, h, []event.Window{e.window}); len(found) > 0 {
			none = nil
		}
	}
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, none[len(none)-1]
	}
	for _, err := range none {
		a.log.Warn(err.Error())
	}
	for _, r := range found {
		records = append(records, r.Records...)
		if e.suppressed {
			records = append(records, r.Suppressed...)
		}
	}
	return records, nil
}

// recallAll recalls each window, and returns those errors that say that nothing is
// kept of one.
func recallAll(ctx context.Context, h *hunt, windows []event.Window) (found []*job.Result[*masquerade.Counts], none []error, err error) {
	for _, w := range windows {
		r, err := h.Recall(ctx, w)
		switch {
		case errors.Is(err, job.ErrNoProfile):
			none = append(none, err)
		case err != nil:
			return nil, nil, err
		default:
			found = append(found, r)
		}
	}
	return found, none, nil
}

// pick takes the findings that were asked for. One that is asked for by its ID has to
// be there.
func (e *export) pick(findings []masquerade.Finding) (picked []masquerade.Finding, err error) {
	missing := map[string]bool{}
	for _, id := range e.ids {
		missing[id] = true
	}
	for _, f := range findings {
		delete(missing, f.FindingId)
		if (len(e.ids) == 0 || slices.Contains(e.ids, f.FindingId)) && e.severe(f.Severity) {
			picked = append(picked, f)
		}
	}
	for _, id := range e.ids {
		if missing[id] {
			err = errors.Join(err, fmt.Errorf("--finding %s: there is none among %s", address(id), count(len(findings), "finding")))
		}
	}
	return picked, err
}

// severe reports whether a severity is at least the one that was asked for. A finding
// of the notebook's profile has none, and no place in that order.
func (e *export) severe(severity string) bool {
	if e.least == "" {
		return true
	}
	place := func(s string) int {
		return slices.IndexFunc(rules.Levels(), func(level string) bool { return strings.EqualFold(level, s) })
	}
	at := place(severity)
	return at >= 0 && at <= place(e.least)
}

// labelOf is the days of findings from a file, for names of files.
func labelOf(findings []masquerade.Finding) string {
	if len(findings) == 0 {
		return "none"
	}
	first, last := dayOf(findings[0]), dayOf(findings[0])
	for _, f := range findings {
		first, last = min(first, dayOf(f)), max(last, dayOf(f))
	}
	if first == last {
		return first
	}
	return first + "-to-" + last
}

// writeRules writes rules to where they go, and says what could not be made.
func (a *app) writeRules(e *export, made []rules.Rule, left []rules.Left) error {
	text, name, more, err := e.text(made)
	if err != nil {
		return err
	}
	for _, l := range append(left, more...) {
		a.log.Warn("no rule is made of a finding: "+l.Why, "finding", l.ID, "name", printable.Text(l.Name))
	}
	if e.format == "watchlist" && len(text) > rules.MostUpload {
		a.log.Warn("a watchlist of more than 3.8 MB cannot be uploaded from a local file: put it into a storage account, and create the watchlist from there", "bytes", len(text))
	}
	if e.out == "" {
		_, err := a.stdout.Write(text)
		return err
	}
	file := e.out
	if namesFolder(e.out) {
		if e.format == "sigma" {
			return a.writeSigma(e, made)
		}
		file = filepath.Join(e.out, name)
	}
	if err := replaceFile(file, text); err != nil {
		return fmt.Errorf("--out %s: %w", address(e.out), withoutPath(err))
	}
	a.log.Info("rules are written", "format", e.format, "rules", len(made), "file", file)
	return nil
}

// text is rules in their format, and the file's name in a folder.
func (e *export) text(made []rules.Rule) (text []byte, name string, left []rules.Left, err error) {
	name = "impostors-" + e.label
	switch e.format {
	case "sigma":
		text, err = rules.Sigma(made)
		return text, name + ".yml", nil, err
	case "kql":
		query, err := rules.KQL(made, e.table)
		return []byte(query), name + ".kql", nil, err
	case "watchlist":
		text, left = rules.Watchlist(made)
		return text, name + ".csv", left, nil
	}
	text, err = rules.STIX(made)
	return text, name + ".json", nil, err
}

// writeSigma writes each rule into a file of its own, as the Sigma project keeps them.
func (a *app) writeSigma(e *export, made []rules.Rule) error {
	for _, r := range made {
		text, err := rules.SigmaRule(r)
		if err == nil {
			err = replaceFile(filepath.Join(e.out, rules.SigmaFile(r)), text)
		}
		if err != nil {
			return fmt.Errorf("--out %s: %w", address(e.out), withoutPath(err))
		}
	}
	a.log.Info("rules are written", "format", e.format, "rules", len(made), "folder", e.out)
	return nil
}

// namesFolder reports whether a name is that of a folder.
func namesFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir() || strings.HasSuffix(name, "/") || strings.HasSuffix(name, string(filepath.Separator))
}

// suppressedRecord is how a suppressed finding stands among others in a file.
type suppressedRecord struct{ Suppressed json.RawMessage }

// exportTables are what a query can ask.
func exportTables() []string { return rules.Tables() }
