package sentinel_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// What follows are limits of the service and of the checks that the Azure-Sentinel
// repository runs over its own content (its .script/tests and its style guide).

var (
	isGUID      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	isVersion   = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	isColumn    = regexp.MustCompile(`^[A-Za-z_]\w*$`)
	isDetail    = regexp.MustCompile(`^[A-Za-z]\w*$`)
	placeholder = regexp.MustCompile(`\{\{(.*?)\}\}`)
)

// identifiers are those that an entity may have, and of which it needs one.
var identifiers = map[string]struct{ may, needs []string }{
	"Account": {[]string{"Name", "FullName", "NTDomain", "DnsDomain", "UPNSuffix", "Sid", "AadTenantId", "AadUserId", "PUID", "IsDomainJoined", "DisplayName", "ObjectGuid"},
		[]string{"FullName", "Sid", "Name", "AadUserId", "PUID", "ObjectGuid"}},
	"AzureResource": {[]string{"ResourceId"}, []string{"ResourceId"}},
	"File":          {[]string{"Directory", "Name"}, []string{"Name"}},
	"Host": {[]string{"DnsDomain", "NTDomain", "HostName", "FullName", "NetBiosName", "AzureID", "OMSAgentID", "OSFamily", "OSVersion", "IsDomainJoined"},
		[]string{"FullName", "HostName", "NetBiosName", "AzureID", "OMSAgentID"}},
	"IP":      {[]string{"Address"}, []string{"Address"}},
	"Process": {[]string{"ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"}, []string{"CommandLine", "ProcessId"}},
}

// tactics are those that we use, with their techniques.
var tactics = map[string][]string{
	"InitialAccess": {"T1078"}, "Execution": {"T1059", "T1204"}, "PrivilegeEscalation": {"T1078", "T1543"}, "DefenseEvasion": {"T1027", "T1036", "T1218", "T1562", "T1564"},
	"CredentialAccess": {"T1110"}, "LateralMovement": {"T1021"}, "CommandAndControl": {"T1071", "T1105"},
}

func TestLimitsOfQueries(t *testing.T) {
	for _, q := range load(t).queries() {
		for _, p := range problemsOfQuery(q) {
			t.Errorf("%s: %s", q.file, p)
		}
	}
}

func problemsOfQuery(q query) (problems []string) {
	say := func(bad bool, format string, values ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, values...))
		}
	}
	say(!isGUID.MatchString(q.ID), "id %q is no GUID", q.ID)
	say(q.Name == "" || len(q.Name) > 50 || strings.HasSuffix(q.Name, "."), "name %q: up to 50 characters, no full stop", q.Name)
	say(len(q.Description) > 5000, "a description of %d characters; 5000 may be", len(q.Description))
	say(!strings.HasPrefix(q.Description, "Identifies ") && !strings.HasPrefix(q.Description, "This query searches for "),
		"the description starts with %.40q", q.Description)
	say(len(q.Query) == 0 || len(q.Query) > 10_000, "a query of %d characters; 10,000 may be", len(q.Query))
	say(strings.Contains(q.Query, "search *") || strings.Contains(q.Query, "union *"), "the query asks all tables")
	say(!isVersion.MatchString(q.Version) || len(q.Version) > 20, "version %q", q.Version)
	say(len(q.Tactics) == 0, "no tactics")
	for _, tactic := range q.Tactics {
		say(tactics[tactic] == nil, "unknown tactic %s", tactic)
	}
	for _, technique := range q.RelevantTechniques {
		base, _, _ := strings.Cut(technique, ".")
		say(!slices.ContainsFunc(q.Tactics, func(tactic string) bool { return slices.Contains(tactics[tactic], base) }),
			"%s belongs to no tactic of %v", technique, q.Tactics)
	}
	for _, c := range q.RequiredDataConnectors {
		say(!slices.Contains([]string{"SecurityEvents", "WindowsSecurityEvents"}, c.ConnectorID) || len(c.DataTypes) == 0, "connector %+v", c)
	}
	say(len(q.EntityMappings) > 10, "%d entity mappings; 10 may be", len(q.EntityMappings))
	for _, e := range q.EntityMappings {
		problems = append(problems, problemsOfEntity(e)...)
	}
	return problems
}

func problemsOfEntity(e entityMapping) (problems []string) {
	allowed, ok := identifiers[e.EntityType]
	if !ok {
		return []string{"unknown entity " + e.EntityType}
	}
	if n := len(e.FieldMappings); n < 1 || n > 3 {
		problems = append(problems, fmt.Sprintf("%s has %d fields; 1 to 3 may be", e.EntityType, n))
	}
	seen := map[string]bool{}
	needed := false
	for _, f := range e.FieldMappings {
		if !slices.Contains(allowed.may, f.Identifier) || seen[f.Identifier] || !isColumn.MatchString(f.ColumnName) {
			problems = append(problems, fmt.Sprintf("%s: field %+v", e.EntityType, f))
		}
		seen[f.Identifier] = true
		needed = needed || slices.Contains(allowed.needs, f.Identifier)
	}
	if !needed {
		problems = append(problems, fmt.Sprintf("%s has none of %v", e.EntityType, allowed.needs))
	}
	return problems
}

func TestLimitsOfRules(t *testing.T) {
	for _, r := range load(t).rules {
		for _, p := range problemsOfRule(r) {
			t.Errorf("%s: %s", r.file, p)
		}
	}
}

func problemsOfRule(r rule) (problems []string) {
	say := func(bad bool, format string, values ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, values...))
		}
	}
	severities := []string{"Informational", "Low", "Medium", "High"}
	say(r.Kind != "Scheduled" || r.Status != "Available" || !slices.Contains(severities, r.Severity), "kind %s, status %s, severity %s", r.Kind, r.Status, r.Severity)
	every, period := duration(r.QueryFrequency), duration(r.QueryPeriod)
	say(every < 5*time.Minute || every > 14*24*time.Hour || period < 5*time.Minute || period > 14*24*time.Hour, "runs every %v over %v; 5 minutes to 14 days may be", every, period)
	say(period < every, "runs every %v over only %v", every, period)
	say(period >= 48*time.Hour && every < time.Hour, "runs every %v over %v; over two days or more once an hour may be", every, period)
	say(r.TriggerOperator != "gt" || r.TriggerThreshold < 0 || r.TriggerThreshold > 10_000, "trigger %s %d", r.TriggerOperator, r.TriggerThreshold)
	pause := duration(r.SuppressionDuration)
	say(pause < 5*time.Minute || pause > 24*time.Hour, "is suppressed for %v; 5 minutes to 24 hours may be", pause)
	say(len(r.CustomDetails) > 20, "%d custom details; 20 may be", len(r.CustomDetails))
	for key, column := range r.CustomDetails {
		say(len(key) > 20 || !isDetail.MatchString(key) || !isColumn.MatchString(column), "custom detail %s: %s", key, column)
	}
	details := r.AlertDetailsOverride
	for _, f := range []struct {
		text    string
		longest int
	}{{details.AlertDisplayNameFormat, 256}, {details.AlertDescriptionFormat, 5000}} {
		say(f.text == "" || len(f.text) > f.longest, "a text of %d characters; %d may be", len(f.text), f.longest)
		say(len(placeholder.FindAllString(f.text, -1)) > 3, "%q has more than 3 columns in it", f.text)
	}
	say(!slices.Contains([]string{"SingleAlert", "AlertPerResult"}, r.EventGroupingSettings.AggregationKind), "aggregation %s", r.EventGroupingSettings.AggregationKind)
	g := r.IncidentConfiguration.GroupingConfiguration
	say(!slices.Contains([]string{"AllEntities", "AnyAlert", "Selected"}, g.MatchingMethod), "matching method %s", g.MatchingMethod)
	within := duration(g.LookbackDuration)
	say(within < 5*time.Minute || within > 7*24*time.Hour, "groups within %v; 5 minutes to 7 days may be", within)
	say(g.MatchingMethod == "Selected" && len(g.GroupByEntities)+len(g.GroupByAlertDetails)+len(g.GroupByCustomDetails) == 0, "groups by nothing")
	for _, entity := range g.GroupByEntities {
		say(!slices.ContainsFunc(r.EntityMappings, func(e entityMapping) bool { return e.EntityType == entity }), "groups by %s, which it does not map", entity)
	}
	return problems
}

var durations = regexp.MustCompile(`^(?:(\d+)([mhd])|P(?:T(\d+)([MH])|(\d+)(D)))$`)

// duration reads 5m, 1h, 14d, PT24H or P7D; anything else is -1.
func duration(text string) time.Duration {
	m := durations.FindStringSubmatch(text)
	if m == nil {
		return -1
	}
	n, unit := m[1]+m[3]+m[5], strings.ToLower(m[2]+m[4]+m[6])
	if unit == "d" {
		d, err := time.ParseDuration(n + "h")
		if err != nil {
			return -1
		}
		return 24 * d
	}
	d, err := time.ParseDuration(n + unit)
	if err != nil {
		return -1
	}
	return d
}

// The rule that looks for what arrived since it last ran must run that often.
func TestRulesLookAtTheTimeThatTheyRunOver(t *testing.T) {
	for _, r := range load(t).rules {
		if m := regexp.MustCompile(`let Every = (\w+);`).FindStringSubmatch(r.Query); m != nil && m[1] != r.QueryFrequency {
			t.Errorf("%s: Every is %s, queryFrequency %s", r.file, m[1], r.QueryFrequency)
		}
	}
	found := load(t).rules[0]
	m := regexp.MustCompile(`let Oldest = (\w+);`).FindStringSubmatch(found.Query)
	if m == nil || duration(m[1]) >= duration(found.QueryPeriod) {
		t.Errorf("%s: a finding of %v ago is forgotten before its day is too old for an alert", found.file, m)
	}
}

// An entity, a detail or a word of an alert whose column is not there is left empty
// by the service, without a word.
func TestAlertsUseColumnsOfTheirQueries(t *testing.T) {
	r := results(t)
	for _, q := range load(t).queries() {
		has := columnTypes(r.full[q.Query])
		for _, e := range q.EntityMappings {
			for _, f := range e.FieldMappings {
				if has[f.ColumnName] != "string" {
					t.Errorf("%s: %s is %s %q, want a string", q.file, e.EntityType, f.ColumnName, has[f.ColumnName])
				}
			}
		}
	}
	for _, rule := range load(t).rules {
		has := columnTypes(r.full[rule.Query])
		d := rule.AlertDetailsOverride
		for _, m := range placeholder.FindAllStringSubmatch(d.AlertDisplayNameFormat+d.AlertDescriptionFormat, -1) {
			if has[m[1]] != "string" {
				t.Errorf("%s: the alert's words have %s %q, want a string", rule.file, m[1], has[m[1]])
			}
		}
		if name := d.AlertSeverityColumnName; name != "" && has[name] != "string" {
			t.Errorf("%s: severity from %s %q", rule.file, name, has[name])
		}
		for key, column := range rule.CustomDetails {
			if has[column] == "" || has[column] == "dynamic" {
				t.Errorf("%s: detail %s from %s %q", rule.file, key, column, has[column])
			}
		}
	}
}

func TestIdentifiersAreUniqueAndStay(t *testing.T) {
	c := load(t)
	ids := map[string]string{"MasqueradingProcessName.yaml": "45c9c97d-408c-4aad-8ed6-8966a0d437af", "SparklessRun.yaml": "de885aa7-fad1-4819-99ff-cbbe4040cb80",
		"SparklessAnomaly.yaml": "42d83f60-58ec-432d-be68-b0097de26770"}
	for _, r := range c.rules { // a rule of another name would stand beside the one that is deployed
		if name := strings.TrimPrefix(r.file, "Analytic Rules/"); ids[name] != r.ID {
			t.Errorf("%s has the id %s, and had %s", name, r.ID, ids[name])
		}
	}
	seen := map[string]string{}
	add := func(file, id string) {
		if seen[id] != "" {
			t.Errorf("%s and %s have the id %s", file, seen[id], id)
		}
		seen[id] = file
	}
	for _, q := range c.queries() {
		add(q.file, q.ID)
		add(q.file, q.Name)
	}
	for _, p := range c.parsers {
		add(p.file, p.name())
		if p.FunctionQuery != "" {
			add(p.file, p.ID)
		}
	}
	for _, item := range readWorkbook(t).Items {
		for _, p := range item.Content.Parameters {
			add(workbookFile, p.ID)
		}
	}
}

// The limits hold because something checks them: each of these faults is found.
func TestFaultsAreFound(t *testing.T) {
	for name, spoil := range map[string]func(*rule){
		"id":            func(r *rule) { r.ID = "1" },
		"name":          func(r *rule) { r.Name = strings.Repeat("n", 51) },
		"description":   func(r *rule) { r.Description = "Finds things" },
		"query":         func(r *rule) { r.Query = strings.Repeat("q", 10_001) },
		"all tables":    func(r *rule) { r.Query = "union * | take 1" },
		"version":       func(r *rule) { r.Version = "1" },
		"tactic":        func(r *rule) { r.Tactics = []string{"Stealth"} },
		"technique":     func(r *rule) { r.RelevantTechniques = []string{"T1003.001"} },
		"entities":      func(r *rule) { r.EntityMappings = make([]entityMapping, 11) },
		"identifier":    func(r *rule) { r.EntityMappings[0].FieldMappings[0].Identifier = "Hostname" },
		"no identifier": func(r *rule) { r.EntityMappings[0].FieldMappings = r.EntityMappings[0].FieldMappings[1:] },
		"period":        func(r *rule) { r.QueryPeriod = "15d" },
		"frequency":     func(r *rule) { r.QueryFrequency = "30m" },
		"shorter":       func(r *rule) { r.QueryFrequency, r.QueryPeriod = "2d", "1d" },
		"suppression":   func(r *rule) { r.SuppressionDuration = "P2D" },
		"details":       func(r *rule) { r.CustomDetails = map[string]string{"ANameOfTwentyOneChars": "A"} },
		"placeholders":  func(r *rule) { r.AlertDetailsOverride.AlertDisplayNameFormat = "{{A}}{{B}}{{C}}{{D}}" },
		"grouping":      func(r *rule) { r.IncidentConfiguration.GroupingConfiguration.GroupByEntities = []string{"IP"} },
		"window":        func(r *rule) { r.IncidentConfiguration.GroupingConfiguration.LookbackDuration = "P8D" },
	} {
		r := load(t).rules[0]
		if problems := append(problemsOfQuery(r.query), problemsOfRule(r)...); len(problems) > 0 {
			t.Fatal(problems)
		}
		spoil(&r)
		if len(append(problemsOfQuery(r.query), problemsOfRule(r)...)) == 0 {
			t.Errorf("%s: nobody notices", name)
		}
	}
}
