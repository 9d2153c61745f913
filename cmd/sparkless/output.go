package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/publish/file"
	"sparkless/publish/suppress"
	"sparkless/storage/event"
)

// formatTable is for people; the other formats are those of files.
const formatTable = "table"

// output is what a run prints to stdout.
type output struct {
	format  string
	said    string           // where the format was set
	encode  file.Encoder     // nil for a table
	records []publish.Record // of all days, where they make one document
	days    int
}

// newOutput returns what the settings ask for, or which of them contradict each
// other.
func newOutput(v *values) (*output, error) {
	o := &output{format: v.text("output.format"), said: fmt.Sprintf("output.format (%s)", v.origin["output.format"])}
	switch {
	case o.format == "auto" && v.on("job.dry-run"):
		o.format = file.JSONLines
	case o.format == "auto":
		o.format = formatTable
	case !slices.Contains(formatNames(), o.format):
		return nil, fmt.Errorf("%s: %s is none of auto, %s", o.said, address(o.format), strings.Join(formatNames(), ", "))
	}
	if o.format == formatTable {
		return o, nil
	}
	var err error
	if o.encode, err = file.NewEncoder(o.format, rowOf(v)); err != nil {
		return nil, fmt.Errorf("%s: %w", o.said, err)
	}
	if (o.format == file.CSV || o.format == file.Parquet) && v.on("suppress.show") {
		return nil, fmt.Errorf("%s and suppress.show (%s) contradict each other: %s has findings alone; table, json and jsonl show what is suppressed apart from them", o.said, v.origin["suppress.show"], o.format)
	}
	return o, nil
}

// rowOf is what the columns of findings are those of: of one hunt, or of the first.
func rowOf(v *values) any {
	if names, err := chosen(v); err == nil && names[0] != masquerade.Name {
		return anomaly.Finding{}
	}
	return masquerade.Finding{}
}

// suits refuses to show on a terminal what nobody can read.
func (o *output) suits(s terminal.Screen) error {
	if o.format == file.Parquet && s.Terminal {
		return fmt.Errorf("%s: parquet is nothing to show on a terminal: send it to a file (> findings.parquet), or write one with --out findings.parquet", o.said)
	}
	return nil
}

// print prints the findings of a day, or keeps them until all days are there, where
// the format has one beginning and one end.
func (a *app) print(ctx context.Context, h *hunt, records []publish.Record, findings []masquerade.Finding) error {
	o := h.output
	o.days++
	if o.format != formatTable {
		return a.encode(ctx, o, records)
	}
	if len(findings) == 0 {
		return nil
	}
	return a.write(findingsTable(findings, h.judged))
}

// encode prints records in a format for programs, or keeps them.
func (a *app) encode(ctx context.Context, o *output, records []publish.Record) error {
	if o.format == file.JSONLines {
		return o.encode(ctx, a.stdout, records)
	}
	o.records = append(o.records, records...)
	return nil
}

// printKept prints what days have left to print, unless none went through.
func (a *app) printKept(ctx context.Context, o *output) error {
	if o.days == 0 || o.format == formatTable || o.format == file.JSONLines {
		return nil
	}
	w := bufio.NewWriter(a.stdout)
	if err := o.encode(ctx, w, o.records); err != nil {
		return err
	}
	return w.Flush()
}

// printSuppressed prints suppressed findings: in a table of their own, or as JSON in
// which no reader takes them for findings that would be published.
func (a *app) printSuppressed(ctx context.Context, o *output, all []suppress.Suppressed) error {
	if o.format == formatTable {
		if len(all) == 0 {
			return nil
		}
		t, err := suppressedTable(all)
		if err != nil {
			return err
		}
		return a.write(t)
	}
	var records []publish.Record
	for _, s := range all {
		body, err := publish.Body(struct {
			Suppressed json.RawMessage
			Reason     string
			Expires    string
			Rule       int
		}{s.Body, s.Rule.Reason, s.Rule.Expires.Format(time.DateOnly), s.Rule.Line})
		if err != nil {
			return err
		}
		records = append(records, publish.Record{ID: s.ID, Day: s.Day, Body: body})
	}
	return a.encode(ctx, o, records)
}

// keepApart refuses two outputs in one file: the later would replace the earlier.
func keepApart(v *values, w event.Window) error {
	type target struct{ key, path string }
	var all []target
	names, err := chosen(v)
	if err != nil {
		return nil // checkHunts says so
	}
	for i, hunt := range names {
		outlets := []outlet{{hunt: hunt, first: i == 0}}
		if hunt == masquerade.Name {
			outlets = outletsOfNames(v, nil)
		}
		for _, name := range outputFiles(v, w, outlets...) {
			all = append(all, target{"output.files", name})
		}
	}
	if name := v.text("output.report"); name != "" {
		all = append(all, target{"output.report", name})
	}
	var errs []error
	taken := map[string]target{}
	for _, one := range all {
		path, err := filepath.Abs(one.path)
		if err != nil || strings.TrimSpace(one.path) == "" {
			continue // whoever opens it says so
		}
		if other, ok := taken[path]; ok {
			errs = append(errs, fmt.Errorf("%s (%s) and %s (%s) both write %s", other.key, v.origin[other.key], one.key, v.origin[one.key], address(one.path)))
		}
		taken[path] = one
	}
	return errors.Join(errs...)
}
