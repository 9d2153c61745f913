// Package sentinel_test holds the content for Microsoft Sentinel to the limits that it
// has, to the tables that sparkless fills, and to the template that deploys it.
package sentinel_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// fieldMapping and entityMapping say which columns of a result name a host, an account,
// a process, a file.
type fieldMapping struct {
	Identifier string `yaml:"identifier" json:"identifier"`
	ColumnName string `yaml:"columnName" json:"columnName"`
}

type entityMapping struct {
	EntityType    string         `yaml:"entityType" json:"entityType"`
	FieldMappings []fieldMapping `yaml:"fieldMappings" json:"fieldMappings"`
}

type connector struct {
	ConnectorID string   `yaml:"connectorId"`
	DataTypes   []string `yaml:"dataTypes"`
}

// query is what analytics rules and hunting queries have in common, under the keys of
// the Azure-Sentinel repository.
type query struct {
	ID                     string          `yaml:"id"`
	Name                   string          `yaml:"name"`
	Description            string          `yaml:"description"`
	RequiredDataConnectors []connector     `yaml:"requiredDataConnectors"`
	Tactics                []string        `yaml:"tactics"`
	RelevantTechniques     []string        `yaml:"relevantTechniques"`
	Query                  string          `yaml:"query"`
	EntityMappings         []entityMapping `yaml:"entityMappings"`
	Version                string          `yaml:"version"`
	file                   string
}

type rule struct {
	query                 `yaml:",inline"`
	Kind                  string            `yaml:"kind"`
	Severity              string            `yaml:"severity"`
	Status                string            `yaml:"status"`
	QueryFrequency        string            `yaml:"queryFrequency"`
	QueryPeriod           string            `yaml:"queryPeriod"`
	TriggerOperator       string            `yaml:"triggerOperator"`
	TriggerThreshold      int               `yaml:"triggerThreshold"`
	CustomDetails         map[string]string `yaml:"customDetails"`
	AlertDetailsOverride  alertDetails      `yaml:"alertDetailsOverride"`
	EventGroupingSettings eventGrouping     `yaml:"eventGroupingSettings"`
	IncidentConfiguration incidents         `yaml:"incidentConfiguration"`
	SuppressionEnabled    bool              `yaml:"suppressionEnabled"`
	SuppressionDuration   string            `yaml:"suppressionDuration"`
}

type alertDetails struct {
	AlertDisplayNameFormat  string `yaml:"alertDisplayNameFormat" json:"alertDisplayNameFormat"`
	AlertDescriptionFormat  string `yaml:"alertDescriptionFormat" json:"alertDescriptionFormat"`
	AlertSeverityColumnName string `yaml:"alertSeverityColumnName" json:"alertSeverityColumnName,omitempty"`
}

type eventGrouping struct {
	AggregationKind string `yaml:"aggregationKind" json:"aggregationKind"`
}

type incidents struct {
	CreateIncident        bool     `yaml:"createIncident" json:"createIncident"`
	GroupingConfiguration grouping `yaml:"groupingConfiguration" json:"groupingConfiguration"`
}

type grouping struct {
	Enabled              bool     `yaml:"enabled" json:"enabled"`
	ReopenClosedIncident bool     `yaml:"reopenClosedIncident" json:"reopenClosedIncident"`
	LookbackDuration     string   `yaml:"lookbackDuration" json:"lookbackDuration"`
	MatchingMethod       string   `yaml:"matchingMethod" json:"matchingMethod"`
	GroupByEntities      []string `yaml:"groupByEntities" json:"groupByEntities"`
	GroupByAlertDetails  []string `yaml:"groupByAlertDetails" json:"groupByAlertDetails"`
	GroupByCustomDetails []string `yaml:"groupByCustomDetails" json:"groupByCustomDetails"`
}

type parameter struct {
	Name    string `yaml:"Name"`
	Type    string `yaml:"Type"`
	Default string `yaml:"Default"`
}

type title struct {
	Title       string `yaml:"Title"`
	Version     string `yaml:"Version"`
	LastUpdated string `yaml:"LastUpdated"`
}

// parser is a function of the workspace. There are two forms of it: the plain one, and
// that of ASIM, whose keys start with Parser.
type parser struct {
	ID             string      `yaml:"id"`
	Function       title       `yaml:"Function"`
	Category       string      `yaml:"Category"`
	FunctionName   string      `yaml:"FunctionName"`
	FunctionAlias  string      `yaml:"FunctionAlias"`
	FunctionParams []parameter `yaml:"FunctionParams"`
	FunctionQuery  string      `yaml:"FunctionQuery"`

	Parser  title `yaml:"Parser"`
	Product struct {
		Name string `yaml:"Name"`
	} `yaml:"Product"`
	Normalization struct {
		Schema  string `yaml:"Schema"`
		Version string `yaml:"Version"`
	} `yaml:"Normalization"`
	References []struct {
		Title string `yaml:"Title"`
		Link  string `yaml:"Link"`
	} `yaml:"References"`
	Description             string      `yaml:"Description"`
	ParserName              string      `yaml:"ParserName"`
	EquivalentBuiltInParser string      `yaml:"EquivalentBuiltInParser"`
	ParserParams            []parameter `yaml:"ParserParams"`
	ParserQuery             string      `yaml:"ParserQuery"`

	file string
}

func (p parser) name() string  { return p.FunctionAlias + p.ParserName }
func (p parser) body() string  { return p.FunctionQuery + p.ParserQuery }
func (p parser) title() string { return p.Function.Title + p.Parser.Title }

// parameters is what stands in the brackets of the declaration, as a saved search and
// the language service take it.
func (p parser) parameters() string {
	var all []string
	for _, a := range append(slices.Clone(p.FunctionParams), p.ParserParams...) {
		all = append(all, a.Name+":"+a.Type+"="+a.Default)
	}
	return strings.Join(all, ",")
}

// content is all there is to deploy, each kind in the order of file names.
type content struct {
	rules    []rule
	hunts    []query
	parsers  []parser
	workbook string
}

const workbookFile = "Workbooks/SparklessMasqueradingProcessNames.json"

func load(t *testing.T) content {
	t.Helper()
	var c content
	for _, file := range files(t, "Analytic Rules/*.yaml") {
		r := rule{}
		readYAML(t, file, &r)
		r.file = file
		c.rules = append(c.rules, r)
	}
	for _, file := range files(t, "Hunting Queries/*.yaml") {
		q := query{}
		readYAML(t, file, &q)
		q.file = file
		c.hunts = append(c.hunts, q)
	}
	for _, file := range files(t, "Parsers/*.yaml") {
		p := parser{}
		readYAML(t, file, &p)
		p.file = file
		c.parsers = append(c.parsers, p)
	}
	c.workbook = string(readFile(t, workbookFile))
	return c
}

// queries are those of rules and hunts.
func (c content) queries() []query {
	var all []query
	for _, r := range c.rules {
		all = append(all, r.query)
	}
	return append(all, c.hunts...)
}

// files are those that a pattern matches, at least one.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s matches no file (%v)", pattern, err)
	}
	return found
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// readYAML reads a file that may hold no key but those of v.
func readYAML(t *testing.T, file string, v any) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(readFile(t, file)))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
