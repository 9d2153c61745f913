package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// fieldsOf reads how the source names its fields: nil where it does as SecurityEvent.
func fieldsOf(v *values) (*event.Fields, error) {
	preset, err := presetOf(v)
	f := preset.Fields
	own, errOwn := ownPaths(v)
	kinds, errKinds := eventKinds(v)
	if err := errors.Join(err, errOwn, errKinds); err != nil {
		return nil, err
	}
	if preset.Name == event.SecurityEvent && len(own) == 0 && len(kinds) == 0 {
		return nil, nil
	}
	if f.Paths == nil {
		f.Paths = map[string][]string{}
	}
	for column, paths := range own {
		preset := f.Paths[column]
		if len(preset) == 0 {
			preset = []string{column} // as it is looked for without any
		}
		f.Paths[column] = append(paths, preset...)
	}
	if len(kinds) > 0 {
		f.Events = kinds
	}
	return &f, nil
}

func presetOf(v *values) (event.Preset, error) {
	name := v.text("fields.preset")
	p, ok := event.FindPreset(name)
	if !ok {
		names := event.PresetNames()
		return p, fmt.Errorf("fields.preset (%s): %s is none of %s%s", v.origin["fields.preset"], address(name), strings.Join(names, ", "), didYouMean(nearest(name, names), "`sparkless help fields` says what they are"))
	}
	return p, nil
}

// mappedColumns are what can be looked for elsewhere.
func mappedColumns() []string {
	columns := masquerade.New(masquerade.NotebookParams(), job.DefaultConfig().Scope, 1).Spec().Columns
	return append([]string{"TimeGenerated", "EventID", event.Provider}, columns...)
}

// longestPath is how long a path may be.
const longestPath = 500

// ownPaths reads fields.map: a column several times has several paths, the first of
// which goes before the others.
func ownPaths(v *values) (map[string][]string, error) {
	own := map[string][]string{}
	var errs []error
	for _, text := range v.list("fields.map") {
		column, path, ok := strings.Cut(text, "=")
		column, path = strings.TrimSpace(column), strings.TrimSpace(path)
		switch known := mappedColumns(); {
		case !ok || path == "":
			errs = append(errs, fmt.Errorf("fields.map (%s): %s is not like NewProcessName=process.executable", v.origin["fields.map"], address(text)))
		case !slices.Contains(known, column):
			errs = append(errs, fmt.Errorf("fields.map (%s): %s is none of %s%s", v.origin["fields.map"], address(column), strings.Join(known, ", "), didYouMean(nearest(column, known), "the part before = is the name here")))
		case !isPath(path):
			errs = append(errs, fmt.Errorf("fields.map (%s): %s is no path: keys with dots between, or two paths with a backslash between", v.origin["fields.map"], address(path)))
		default:
			own[column] = append(own[column], path)
		}
	}
	return own, errors.Join(errs...)
}

// isPath reports whether a text is one path, or two with a backslash between.
func isPath(text string) bool {
	parts := strings.Split(text, `\`)
	if len(text) > longestPath || len(parts) > 2 {
		return false
	}
	for _, part := range parts {
		if slices.Contains(strings.Split(part, "."), "") {
			return false
		}
	}
	return true
}

// eventKinds reads fields.events: 4688, or 1@Microsoft-Windows-Sysmon.
func eventKinds(v *values) (kinds []event.Kind, err error) {
	for _, text := range v.list("fields.events") {
		number, provider, at := strings.Cut(strings.TrimSpace(text), "@")
		id, bad := strconv.ParseUint(number, 10, 31)
		if bad != nil || at && provider == "" {
			err = errors.Join(err, fmt.Errorf("fields.events (%s): %s is neither an ID such as 4688 nor one with its provider, 1@Microsoft-Windows-Sysmon", v.origin["fields.events"], address(text)))
			continue
		}
		kinds = append(kinds, event.Kind{ID: int(id), Provider: provider})
	}
	return kinds, err
}

// eventsText names the events that a hunt reads: "event 4688".
func eventsText(f *event.Fields) string {
	if f == nil || len(f.Events) == 0 {
		return "event 4688"
	}
	names := make([]string, len(f.Events))
	for i, k := range f.Events {
		names[i] = strconv.Itoa(k.ID)
		if k.Provider != "" {
			names[i] += " of " + k.Provider
		}
	}
	return "event " + strings.Join(names, " or ")
}

// lookAt says which fields the first records of the blobs have, and which preset they
// look like, for whoever finds none of those that were asked for; "" if that cannot be
// told.
func lookAt(ctx context.Context, v *values, r storage.Reader, blobs []storage.Blob) string {
	sample, fields := inspected(ctx, r, blobs)
	if len(fields) == 0 {
		return ""
	}
	return suggestion(v, sample.Name, fields)
}

// fieldsIn says which fields those records have, for a hunt whose table has no presets;
// "" if that cannot be told.
func fieldsIn(ctx context.Context, r storage.Reader, blobs []storage.Blob) string {
	sample, fields := inspected(ctx, r, blobs)
	if len(fields) == 0 {
		return ""
	}
	return shownFields(sample.Name, fields)
}

// inspected are the fields of the first records of one of the blobs.
func inspected(ctx context.Context, r storage.Reader, blobs []storage.Blob) (storage.Blob, []string) {
	sample := sampleOf(blobs)
	if sample.Name == "" {
		return sample, nil
	}
	fields, err := event.Inspect(ctx, r, sample)
	if err != nil {
		return sample, nil
	}
	return sample, fields
}

// mostFields is how many fields are named.
const mostFields = 12

// shownFields names the fields of a blob's first records.
func shownFields(blob string, fields []string) string {
	shown := make([]string, 0, mostFields)
	for _, f := range fields[:min(len(fields), mostFields)] {
		shown = append(shown, printable.Text(f))
	}
	text := fmt.Sprintf("the first records of %q have the fields %s", printable.Whole(blob), strings.Join(shown, ", "))
	if more := len(fields) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func suggestion(v *values, blob string, fields []string) string {
	set, looks := v.text("fields.preset"), event.Looks(fields)
	if looks == set && len(v.list("fields.map")) == 0 {
		return ""
	}
	text := shownFields(blob, fields)
	switch {
	case looks == "":
		text += "; fields.map (--field) says where the columns are"
	case looks != set:
		text += fmt.Sprintf("; this looks like %s: set fields.preset (--fields %s)", looks, looks)
	}
	return text
}
