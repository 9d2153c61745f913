package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"sparkless/masquerade"
	"sparkless/masquerade/windows"
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
	// as makes of a finding what goes there; nil if it goes as it is.
	as func(publish.Record) (publish.Record, error)
}

// ofNames are the findings of the hunt for masquerading names, ofAnomalies those of
// another one.
func ofNames() outlet {
	return outlet{hunt: masquerade.Name, logType: "log-type", stream: "stream", row: masquerade.Finding{}, first: true}
}

func ofAnomalies(hunt string, first bool) outlet {
	return outlet{hunt: hunt, logType: "anomaly-log-type", stream: "anomaly-stream", row: anomaly.Finding{}, first: first}
}

// namesAsAnomalies is the setting that has findings of masquerading names go where those
// of the other hunts go, too.
const namesAsAnomalies = "hunts.masquerade-anomalies"

// outletsOfNames are where the findings of masquerading names go: as what they are, and,
// if that is set, in the shape of the other hunts' as well.
func outletsOfNames(v *values, facts *windows.Facts) []outlet {
	all := []outlet{ofNames()}
	if v.on(namesAsAnomalies) {
		also := ofAnomalies("masquerade-anomalies", false)
		also.as = func(r publish.Record) (publish.Record, error) { return masquerade.AnomalyOf(r, facts) }
		all = append(all, also)
	}
	return all
}

// sinksOf returns what makes the destinations of one window's findings at all of the
// outlets, or all that is wrong with their settings.
func (a *app) sinksOf(v *values, outlets []outlet) (func(event.Window) ([]publish.Sink, error), error) {
	var all []func(event.Window) ([]publish.Sink, error)
	for _, p := range outlets {
		one, err := a.newSinks(v, p)
		if err != nil {
			return nil, err // what is wrong for one is wrong for all
		}
		all = append(all, one)
	}
	return func(w event.Window) (sinks []publish.Sink, err error) {
		for _, one := range all {
			some, failed := one(w)
			sinks, err = append(sinks, some...), errors.Join(err, failed)
		}
		return sinks, err
	}, nil
}

// newSinks returns what makes the destinations of one window's findings, or all that
// is wrong with their settings.
func (a *app) newSinks(v *values, p outlet) (func(event.Window) ([]publish.Sink, error), error) {
	var apis []publish.Sink
	var errs []error
	for i, open := range [len(a.reaches)]func(*values, outlet) (publish.Sink, error){dataCollector, logsIngestion} {
		s, err := open(v, p)
		if err != nil {
			errs = append(errs, err)
		} else if s != nil {
			policy := a.sinkPolicy(s.Name())
			policy.Reach = &a.reaches[i]
			apis = append(apis, publish.Retry(s, policy))
		}
	}
	forWindow := func(w event.Window) ([]publish.Sink, error) {
		files, err := fileSinks(v, p, w)
		return p.shaped(append(files, apis...)), err
	}
	_, err := forWindow(event.Day(a.now()))
	if errs = append(errs, err); errors.Join(errs...) == nil {
		_, err = healthSinks(v) // what is wrong with them is said before anything is read
		errs = append(errs, err)
	}
	return forWindow, errors.Join(errs...)
}

// shaped are sinks that get findings as the outlet has them.
func (p outlet) shaped(sinks []publish.Sink) []publish.Sink {
	if p.as == nil {
		return sinks
	}
	for i, s := range sinks {
		sinks[i] = publish.As(s, p.as)
	}
	return sinks
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
	for _, name := range outputFiles(v, w, p) {
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

// outputFiles are the files for one window's findings at the outlets. Findings of the
// first hunt go into files of the names that are set, those of another have its name
// before the ending, unless {hunt} says where it belongs.
func outputFiles(v *values, w event.Window, outlets ...outlet) []string {
	var files []string
	for _, p := range outlets {
		for _, name := range v.list("output.files") {
			if !p.first && !strings.Contains(name, "{hunt}") {
				ending := filepath.Ext(name)
				name = strings.TrimSuffix(name, ending) + "-{hunt}" + ending
			}
			files = append(files, strings.NewReplacer("{day}", w.Label(), "{hunt}", p.hunt).Replace(name))
		}
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
