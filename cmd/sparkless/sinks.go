package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/publish/datacollector"
	"sparkless/publish/file"
	"sparkless/publish/logsingestion"
	"sparkless/storage/azure"
	"sparkless/storage/event"
)

// outlet says where the findings of a hunt go, and as what.
type outlet struct {
	hunt            string
	logType, stream string // the settings that name the table
	row             any    // what the columns of files are those of
	first           bool   // its files have the names that are set
}

// ofNames are the findings of the hunt for masquerading names, ofAnomalies those of
// another one.
func ofNames() outlet {
	return outlet{masquerade.Name, "log-type", "stream", masquerade.Finding{}, true}
}

func ofAnomalies(hunt string, first bool) outlet {
	return outlet{hunt, "anomaly-log-type", "anomaly-stream", anomaly.Finding{}, first}
}

// newSinks returns what makes the destinations of one window's findings, or all that
// is wrong with their settings.
func (a *app) newSinks(v *values, p outlet) (func(event.Window) ([]publish.Sink, error), error) {
	var apis []publish.Sink
	var errs []error
	for _, open := range []func(*values, outlet) (publish.Sink, error){dataCollector, logsIngestion} {
		s, err := open(v, p)
		if err != nil {
			errs = append(errs, err)
		} else if s != nil {
			apis = append(apis, publish.Retry(s, a.sinkPolicy(s.Name())))
		}
	}
	forWindow := func(w event.Window) ([]publish.Sink, error) {
		files, err := fileSinks(v, p, w)
		return append(files, apis...), err
	}
	_, err := forWindow(event.Day(a.now()))
	if errs = append(errs, err); errors.Join(errs...) == nil {
		_, err = healthSinks(v) // what is wrong with them is said before anything is read
		errs = append(errs, err)
	}
	return forWindow, errors.Join(errs...)
}

// sinkPolicy retries, and says so.
func (a *app) sinkPolicy(sink string) publish.Policy {
	p := publish.DefaultPolicy()
	p.Notify = func(err error) {
		a.telemetry.Retry(sink)
		a.log.Warn("trying again", "sink", sink, "after", err)
	}
	return p
}

func (v *values) usesDataCollector() bool {
	return v.any("datacollector.workspace-id", "datacollector.shared-key", "datacollector.health-log-type")
}

func (v *values) usesLogsIngestion() bool {
	return v.any("logsingestion.endpoint", "logsingestion.rule-id", "logsingestion.stream", "logsingestion.health-stream")
}

// dataCollector is the sink of that API for findings, nil if none of its settings
// says so.
func dataCollector(v *values, p outlet) (publish.Sink, error) {
	if !v.usesDataCollector() {
		return nil, nil
	}
	return dataCollectorTo(v, p.logType)
}

// dataCollectorTo sends to the table that the setting names.
func dataCollectorTo(v *values, setting string) (publish.Sink, error) {
	s, err := datacollector.New(datacollector.Config{
		WorkspaceID: v.text("datacollector.workspace-id"),
		SharedKey:   v.secret("datacollector.shared-key"),
		LogType:     v.text("datacollector." + setting), LogTypeSetting: setting,
		Endpoint:   v.text("datacollector.endpoint"),
		ResourceID: v.text("datacollector.resource-id"),
	})
	if err != nil {
		return nil, err // not s, which would be a Sink that is not nil
	}
	return s, nil
}

// logsIngestion is the sink of that API for findings, nil if none of its settings
// says so.
func logsIngestion(v *values, p outlet) (publish.Sink, error) {
	if !v.usesLogsIngestion() {
		return nil, nil
	}
	return logsIngestionTo(v, p.stream)
}

// logsIngestionTo sends to the stream that the setting names.
func logsIngestionTo(v *values, setting string) (publish.Sink, error) {
	identity, err := azure.TracedCredential(v.text("storage.client-id"), v.tracing)
	if err != nil {
		return nil, err
	}
	s, err := logsingestion.New(logsingestion.Config{
		Endpoint: v.text("logsingestion.endpoint"),
		RuleID:   v.text("logsingestion.rule-id"),
		Stream:   v.text("logsingestion." + setting), StreamSetting: setting,
		Audience:   v.text("logsingestion.audience"),
		Credential: identity,
		Tracing:    v.tracing,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// fileSinks are the files for one window's findings.
func fileSinks(v *values, p outlet, w event.Window) ([]publish.Sink, error) {
	var all []publish.Sink
	var errs []error
	for _, name := range outputFiles(v, p, w) {
		if mark := regexp.MustCompile(`\{[a-z]+\}`).FindString(name); mark != "" {
			errs = append(errs, fmt.Errorf("output.files (%s): %s: %s stands for nothing; {day} becomes the day, {hunt} the hunt", v.origin["output.files"], address(name), mark))
			continue
		}
		s, err := file.New(file.Config{Path: name, Row: p.row})
		if err != nil {
			errs = append(errs, fmt.Errorf("output.files (%s): %s: %w", v.origin["output.files"], address(name), err))
			continue
		}
		all = append(all, s)
	}
	return all, errors.Join(errs...)
}

// outputFiles are the files for one window's findings of a hunt. Findings of the first
// go into files of the names that are set, those of another have its name before the
// ending, unless {hunt} says where it belongs.
func outputFiles(v *values, p outlet, w event.Window) []string {
	var files []string
	for _, name := range v.list("output.files") {
		if !p.first && !strings.Contains(name, "{hunt}") {
			ending := filepath.Ext(name)
			name = strings.TrimSuffix(name, ending) + "-{hunt}" + ending
		}
		files = append(files, strings.NewReplacer("{day}", w.Label(), "{hunt}", p.hunt).Replace(name))
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
