package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Logs are the tables and streams of the Logs Ingestion API.
type Logs struct {
	Tables  []Table
	Streams []Stream
}

// Table is a custom table.
type Table struct {
	Name    string
	Columns []Column
}

// Column is one of a table or a stream.
type Column struct{ Name, Type string }

// Stream is what a rule takes, and where it puts it.
type Stream struct {
	Name      string
	Columns   []Column
	Transform string // in KQL
	Output    string // the table's stream
	Variable  string // that tells the job of it
}

// streamVariables are the settings that name streams, as environment variables.
func streamVariables() map[string]string {
	return map[string]string{
		"Custom-MasqueradingProcessName": "SPARKLESS_LOGSINGESTION_STREAM",
		"Custom-SparklessAnomaly":        "SPARKLESS_LOGSINGESTION_ANOMALY_STREAM",
		"Custom-SparklessRun":            "SPARKLESS_LOGSINGESTION_HEALTH_STREAM",
	}
}

// logsFile is a file of deploy/logs-ingestion: a table, or a rule.
type logsFile struct {
	Properties struct {
		Schema             *Table
		StreamDeclarations map[string]struct{ Columns []Column }
		DataFlows          []struct {
			Streams                    []string
			TransformKql, OutputStream string
		}
	}
}

// ReadLogs reads the tables and rules of a folder, deploy/logs-ingestion, in the order
// of their names. Each stream has to have its table and a setting that names it.
func ReadLogs(folder fs.FS) (Logs, error) {
	var logs Logs
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return logs, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return logs, err
		}
		var file logsFile
		if err := json.Unmarshal(text, &file); err != nil {
			return logs, fmt.Errorf("%s: %w", name, err)
		}
		if err := logs.add(&file); err != nil {
			return logs, fmt.Errorf("%s: %w", name, err)
		}
	}
	return logs, logs.check()
}

func (l *Logs) add(file *logsFile) error {
	if t := file.Properties.Schema; t != nil {
		l.Tables = append(l.Tables, *t)
	}
	for _, flow := range file.Properties.DataFlows {
		if len(flow.Streams) != 1 {
			return fmt.Errorf("a flow has the streams %q: one flow for each stream", flow.Streams)
		}
		name := flow.Streams[0]
		l.Streams = append(l.Streams, Stream{Name: name, Columns: file.Properties.StreamDeclarations[name].Columns,
			Transform: flow.TransformKql, Output: flow.OutputStream, Variable: streamVariables()[name]})
	}
	return nil
}

func (l *Logs) check() error {
	var errs []error
	for _, s := range l.Streams {
		table, ok := strings.CutPrefix(s.Output, "Custom-")
		switch {
		case len(s.Columns) == 0:
			errs = append(errs, fmt.Errorf("%s: the rule declares no column", s.Name))
		case s.Variable == "":
			errs = append(errs, fmt.Errorf("%s: no setting names this stream", s.Name))
		case !ok || !slices.ContainsFunc(l.Tables, func(t Table) bool { return t.Name == table }):
			errs = append(errs, fmt.Errorf("%s goes to %s, of which there is no table", s.Name, s.Output))
		}
	}
	if len(l.Streams) == 0 {
		errs = append(errs, errors.New("there is no stream"))
	}
	return errors.Join(errs...)
}

// columnList are columns as Azure wants them. What a rule calls datetime a table calls
// dateTime.
func columnList(columns []Column, moment string) List {
	var list List
	for _, c := range columns {
		if c.Type == "datetime" {
			c.Type = moment
		}
		list = append(list, Object{{Name: "name", Value: Text(c.Name)}, {Name: "type", Value: Text(c.Type)}})
	}
	return list
}

// tableSymbol is a table's name in Bicep.
func tableSymbol(name string) string {
	name = strings.TrimSuffix(name, "_CL")
	return strings.ToLower(name[:1]) + name[1:]
}

func (t Table) note() string {
	switch t.Name {
	case "SparklessRun_CL":
		return "One record of each day or window that was hunted through, and of each run that failed before any."
	case "SparklessAnomaly_CL":
		return "One record of each finding of the hunts process, logon and network."
	}
	return "One record of each finding of a masquerading name."
}
