package sentinel_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write azuredeploy.json and the .kql files anew")

const (
	templateFile = "azuredeploy.json"

	// Versions of the services' interfaces: stable ones that know all that we use.
	rulesVersion     = "2024-09-01"
	searchesVersion  = "2020-08-01"
	workbooksVersion = "2023-06-01"

	workbookID = "8bd6ad6e-1f5b-4a8e-9d7b-2c0f6b0f4c11"
)

// template is an Azure Resource Manager template, its keys in the order in which
// people read them.
type template struct {
	Schema         string                `json:"$schema"`
	ContentVersion string                `json:"contentVersion"`
	Metadata       map[string]string     `json:"metadata"`
	Parameters     map[string]armInput   `json:"parameters"`
	Variables      map[string]string     `json:"variables"`
	Resources      []resource            `json:"resources"`
	Outputs        map[string]armOutcome `json:"outputs"`
}

type armInput struct {
	Type         string            `json:"type"`
	DefaultValue any               `json:"defaultValue,omitempty"`
	Metadata     map[string]string `json:"metadata"`
}

type armOutcome struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type resource struct {
	Type       string         `json:"type"`
	APIVersion string         `json:"apiVersion"`
	Name       string         `json:"name"`
	Scope      string         `json:"scope,omitempty"`
	Location   string         `json:"location,omitempty"`
	Kind       string         `json:"kind,omitempty"`
	DependsOn  []string       `json:"dependsOn,omitempty"`
	Properties map[string]any `json:"properties"`
}

const searchType = "Microsoft.OperationalInsights/workspaces/savedSearches"

// templateOf is the template that deploys the content into a workspace that has
// Microsoft Sentinel. Rules stand for themselves: the service tries their queries when
// it takes them, and may not know a function yet that was made a moment before. Hunts
// and workbook call the functions, and so come after them.
func templateOf(c content) template {
	t := template{
		Schema:         "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
		ContentVersion: "1.0.0.0",
		Metadata:       map[string]string{"description": "Rules, functions, hunting queries and a workbook for the findings and runs of sparkless. Written by go test ./deploy/sentinel -update."},
		Parameters: map[string]armInput{
			"workspaceName": {Type: "string", Metadata: map[string]string{"description": "The Log Analytics workspace, in this resource group, that has Microsoft Sentinel."}},
			"location":      {Type: "string", DefaultValue: "[resourceGroup().location]", Metadata: map[string]string{"description": "The region of the workspace."}},
			"rulesEnabled":  {Type: "bool", DefaultValue: true, Metadata: map[string]string{"description": "Whether the analytics rules run."}},
		},
		Variables: map[string]string{
			"workspaceId": "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))]",
		},
		Outputs: map[string]armOutcome{"workbookId": {"string", "[resourceId('Microsoft.Insights/workbooks', guid(variables('workspaceId'), '" + workbookID + "'))]"}},
	}
	var functions []string
	for _, p := range c.parsers {
		t.Resources = append(t.Resources, functionResource(p))
		functions = append(functions, "[resourceId('"+searchType+"', parameters('workspaceName'), '"+p.name()+"')]")
	}
	for _, r := range c.rules {
		t.Resources = append(t.Resources, ruleResource(r))
	}
	for _, q := range c.hunts {
		t.Resources = append(t.Resources, huntResource(q, functions))
	}
	t.Resources = append(t.Resources, resource{
		Type: "Microsoft.Insights/workbooks", APIVersion: workbooksVersion, Kind: "shared", DependsOn: functions,
		Name: "[guid(variables('workspaceId'), '" + workbookID + "')]", Location: "[parameters('location')]",
		Properties: map[string]any{
			"displayName": "Masquerading process names (sparkless)", "category": "sentinel", "version": "1.0",
			"sourceId": "[variables('workspaceId')]", "serializedData": literal(c.workbook),
		},
	})
	return t
}

func functionResource(p parser) resource {
	properties := map[string]any{
		"etag": "*", "displayName": p.title(), "category": "sparkless", "functionAlias": p.name(), "query": literal(p.body()), "version": 2,
	}
	if all := p.parameters(); all != "" {
		properties["functionParameters"] = all
	}
	return resource{Type: searchType, APIVersion: searchesVersion, Name: "[concat(parameters('workspaceName'), '/" + p.name() + "')]", Properties: properties}
}

func huntResource(q query, functions []string) resource {
	type tag struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	return resource{
		Type: searchType, APIVersion: searchesVersion, Name: "[concat(parameters('workspaceName'), '/" + q.ID + "')]", DependsOn: functions,
		Properties: map[string]any{
			"etag": "*", "displayName": q.Name, "category": "Hunting Queries", "query": literal(q.Query), "version": 2,
			"tags": []tag{{"description", oneLine(q.Description)}, {"tactics", strings.Join(q.Tactics, ",")}, {"techniques", strings.Join(baseTechniques(q.RelevantTechniques), ",")}},
		},
	}
}

func ruleResource(r rule) resource {
	return resource{
		Type: "Microsoft.SecurityInsights/alertRules", APIVersion: rulesVersion, Name: r.ID, Kind: r.Kind,
		Scope: "[concat('Microsoft.OperationalInsights/workspaces/', parameters('workspaceName'))]",
		Properties: map[string]any{
			"displayName": r.Name, "description": oneLine(r.Description), "severity": r.Severity, "enabled": "[parameters('rulesEnabled')]",
			"query": literal(r.Query), "queryFrequency": iso(r.QueryFrequency), "queryPeriod": iso(r.QueryPeriod),
			"triggerOperator": map[string]string{"gt": "GreaterThan"}[r.TriggerOperator], "triggerThreshold": r.TriggerThreshold,
			"suppressionEnabled": r.SuppressionEnabled, "suppressionDuration": r.SuppressionDuration,
			"tactics": r.Tactics, "techniques": baseTechniques(r.RelevantTechniques),
			"entityMappings": r.EntityMappings, "customDetails": r.CustomDetails, "alertDetailsOverride": r.AlertDetailsOverride,
			"eventGroupingSettings": r.EventGroupingSettings, "incidentConfiguration": r.IncidentConfiguration,
		},
	}
}

// literal is a text that Resource Manager does not take for an expression.
func literal(text string) string {
	if strings.HasPrefix(text, "[") {
		return "[" + text
	}
	return text
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// iso is 1h or 14d as the interface writes it.
func iso(text string) string {
	number, unit := text[:len(text)-1], strings.ToUpper(text[len(text)-1:])
	if unit == "D" {
		return "P" + number + unit
	}
	return "PT" + number + unit
}

// baseTechniques are techniques without their sub-techniques, which this version of
// the interface refuses.
func baseTechniques(techniques []string) []string {
	var all []string
	for _, technique := range techniques {
		base, _, _ := strings.Cut(technique, ".")
		all = append(all, base)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// generated are the files that are made of others, by name.
func generated(t *testing.T) map[string][]byte {
	t.Helper()
	c := load(t)
	all := map[string][]byte{templateFile: encoded(t, templateOf(c))}
	for _, p := range c.parsers {
		all[filepath.Join("Parsers", p.name()+".kql")] = []byte(p.body())
	}
	return all
}

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	all := generated(t)
	for name, want := range all {
		if *update {
			if err := os.WriteFile(name, want, 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the YAML files give (%v): run go test ./deploy/sentinel -update", name, err)
		}
	}
	for _, name := range files(t, "Parsers/*.kql") {
		if all[name] == nil {
			t.Errorf("%s belongs to no function", name)
		}
	}
}

var references = regexp.MustCompile(`(parameters|variables)\('(\w+)'\)`)

func TestTemplateResolves(t *testing.T) {
	var tpl template
	if err := json.Unmarshal(readFile(t, templateFile), &tpl); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, m := range references.FindAllStringSubmatch(string(readFile(t, templateFile)), -1) {
		used[m[2]] = true
		_, parameter := tpl.Parameters[m[2]]
		_, variable := tpl.Variables[m[2]]
		if m[1] == "parameters" && !parameter || m[1] == "variables" && !variable {
			t.Errorf("%s is not declared", m[0])
		}
	}
	for name := range tpl.Parameters {
		if !used[name] {
			t.Errorf("the parameter %s is not used", name)
		}
	}
	names := map[string]bool{}
	ids := map[string]bool{}
	for _, r := range tpl.Resources {
		if names[r.Type+r.Name] {
			t.Errorf("%s %s is there twice", r.Type, r.Name)
		}
		names[r.Type+r.Name] = true
		if m := regexp.MustCompile(`^\[concat\(parameters\('workspaceName'\), '/(.*)'\)\]$`).FindStringSubmatch(r.Name); m != nil {
			ids["[resourceId('"+r.Type+"', parameters('workspaceName'), '"+m[1]+"')]"] = true
		}
	}
	for _, r := range tpl.Resources {
		for _, d := range r.DependsOn {
			if !ids[d] {
				t.Errorf("%s depends on %s, which is not there", r.Name, d)
			}
		}
		checkExpressions(t, r)
	}
	if len(tpl.Resources) != len(load(t).parsers)+len(load(t).queries())+1 {
		t.Errorf("%d resources", len(tpl.Resources))
	}
}

// checkExpressions holds that what is a text is no expression, and the other way round.
func checkExpressions(t *testing.T, r resource) {
	for key, value := range r.Properties {
		text, ok := value.(string)
		expression := slices.Contains([]string{"enabled", "sourceId"}, key)
		if ok && expression != (strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") && !strings.HasPrefix(text, "[[")) {
			t.Errorf("%s: %s is %.60q", r.Name, key, text)
		}
	}
}

// calls are the functions that a text names.
func calls(text string, parsers []parser) (names []string) {
	for _, p := range parsers {
		if regexp.MustCompile(`\b` + p.name() + `\b`).MatchString(text) {
			names = append(names, p.name())
		}
	}
	return names
}

// A rule is refused when a function in it is not known yet, and what calls a function
// comes after it.
func TestWhoCallsFunctionsComesAfterThem(t *testing.T) {
	c := load(t)
	for _, r := range c.rules {
		if names := calls(r.Query, c.parsers); len(names) > 0 {
			t.Errorf("%s calls %v", r.file, names)
		}
	}
	for _, r := range templateOf(c).Resources {
		text, _ := r.Properties["query"].(string)
		if text == "" {
			text, _ = r.Properties["serializedData"].(string)
		}
		if alias, _ := r.Properties["functionAlias"].(string); alias != "" {
			continue // a function is looked up when it is called
		}
		for _, name := range calls(text, c.parsers) {
			if !slices.ContainsFunc(r.DependsOn, func(d string) bool { return strings.Contains(d, "'"+name+"'") }) {
				t.Errorf("%s calls %s and does not wait for it", r.Name, name)
			}
		}
	}
}

// What the interface of alert rules requires and knows, in the version that the
// template asks for.
func TestRulesAreCompleteForTheInterface(t *testing.T) {
	required := []string{"displayName", "enabled", "severity", "query", "queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold", "suppressionDuration", "suppressionEnabled"}
	known := append([]string{"description", "tactics", "techniques", "entityMappings", "customDetails", "alertDetailsOverride", "eventGroupingSettings", "incidentConfiguration"}, required...)
	for _, r := range templateOf(load(t)).Resources {
		if r.Type != "Microsoft.SecurityInsights/alertRules" {
			continue
		}
		for _, name := range required {
			if r.Properties[name] == nil || r.Properties[name] == "" {
				t.Errorf("%s has no %s", r.Name, name)
			}
		}
		for name := range r.Properties {
			if !slices.Contains(known, name) {
				t.Errorf("%s has %s, which the interface does not know", r.Name, name)
			}
		}
		if !isGUID.MatchString(r.Name) {
			t.Errorf("%s is no GUID", r.Name)
		}
		for _, name := range []string{"queryFrequency", "queryPeriod", "suppressionDuration"} {
			if text, _ := r.Properties[name].(string); !strings.HasPrefix(text, "P") || duration(text) <= 0 {
				t.Errorf("%s: %s is %s", r.Name, name, text)
			}
		}
	}
}
