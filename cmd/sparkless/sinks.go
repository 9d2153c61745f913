package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"sparkless/publish"
	"sparkless/publish/datacollector"
	"sparkless/publish/file"
	"sparkless/publish/logsingestion"
	"sparkless/storage/azure"
)

// newSinks returns what makes the destinations of one day's findings, or all that
// is wrong with their settings.
func newSinks(v *values, today time.Time) (func(date time.Time) ([]publish.Sink, error), error) {
	var apis []publish.Sink
	var errs []error
	for _, open := range []func(*values) (publish.Sink, error){dataCollector, logsIngestion} {
		s, err := open(v)
		if err != nil {
			errs = append(errs, err)
		} else if s != nil {
			apis = append(apis, publish.Retry(s, publish.DefaultPolicy()))
		}
	}
	forDay := func(date time.Time) ([]publish.Sink, error) {
		files, err := fileSinks(v, date)
		return append(files, apis...), err
	}
	_, err := forDay(today)
	return forDay, errors.Join(append(errs, err)...)
}

func (v *values) usesDataCollector() bool {
	return v.any("datacollector.workspace-id", "datacollector.shared-key")
}

// dataCollector is the sink of that API, nil if none of its settings says so.
func dataCollector(v *values) (publish.Sink, error) {
	if !v.usesDataCollector() {
		return nil, nil
	}
	s, err := datacollector.New(datacollector.Config{
		WorkspaceID: v.text("datacollector.workspace-id"),
		SharedKey:   v.secret("datacollector.shared-key"),
		LogType:     v.text("datacollector.log-type"),
		Endpoint:    v.text("datacollector.endpoint"),
		ResourceID:  v.text("datacollector.resource-id"),
	})
	if err != nil {
		return nil, err // not s, which would be a Sink that is not nil
	}
	return s, nil
}

// logsIngestion is the sink of that API, nil if none of its settings says so.
func logsIngestion(v *values) (publish.Sink, error) {
	if !v.any("logsingestion.endpoint", "logsingestion.rule-id", "logsingestion.stream") {
		return nil, nil
	}
	identity, err := azure.Credential(v.text("storage.client-id"))
	if err != nil {
		return nil, err
	}
	s, err := logsingestion.New(logsingestion.Config{
		Endpoint:   v.text("logsingestion.endpoint"),
		RuleID:     v.text("logsingestion.rule-id"),
		Stream:     v.text("logsingestion.stream"),
		Audience:   v.text("logsingestion.audience"),
		Credential: identity,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// fileSinks are the files for one day's findings.
func fileSinks(v *values, date time.Time) ([]publish.Sink, error) {
	var all []publish.Sink
	var errs []error
	for _, name := range outputFiles(v, date) {
		s, err := file.New(file.Config{Path: name})
		if err != nil {
			errs = append(errs, fmt.Errorf("output.files (%s): %s: %w", v.origin["output.files"], address(name), err))
			continue
		}
		all = append(all, s)
	}
	return all, errors.Join(errs...)
}

// outputFiles are the files for one day's findings.
func outputFiles(v *values, date time.Time) []string {
	var files []string
	for _, name := range v.list("output.files") {
		files = append(files, strings.ReplaceAll(name, "{day}", date.Format(time.DateOnly)))
	}
	return files
}

// needDayInNames keeps the days of a range from overwriting each other's files.
func needDayInNames(files []string) error {
	for _, name := range files {
		if !strings.Contains(name, "{day}") {
			return usageError{fmt.Errorf("output.files: %s would be written anew for each day of the range: put {day} into its name", address(name))}
		}
	}
	return nil
}
