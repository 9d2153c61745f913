package sentinel_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// workbook is the shape of a workbook, as far as its tests ask.
type workbook struct {
	Version             string         `json:"version"`
	Items               []workbookItem `json:"items"`
	FallbackResourceIDs []string       `json:"fallbackResourceIds"`
	FromTemplateID      string         `json:"fromTemplateId"`
	Schema              string         `json:"$schema"`
}

type workbookItem struct {
	Type    int    `json:"type"`
	Name    string `json:"name"`
	Content struct {
		JSON                     string              `json:"json"`
		Version                  string              `json:"version"`
		Query                    string              `json:"query"`
		Title                    string              `json:"title"`
		TimeContextFromParameter string              `json:"timeContextFromParameter"`
		QueryType                int                 `json:"queryType"`
		ResourceType             string              `json:"resourceType"`
		Visualization            string              `json:"visualization"`
		ExportParameterName      string              `json:"exportParameterName"`
		ExportFieldName          string              `json:"exportFieldName"`
		Parameters               []workbookParameter `json:"parameters"`
		GridSettings             struct {
			Formatters []struct {
				ColumnMatch string `json:"columnMatch"`
			} `json:"formatters"`
		} `json:"gridSettings"`
		TileSettings struct {
			TitleContent, LeftContent struct {
				ColumnMatch string `json:"columnMatch"`
			}
		} `json:"tileSettings"`
		ChartSettings struct {
			XAxis string   `json:"xAxis"`
			YAxis []string `json:"yAxis"`
			Group string   `json:"group"`
		} `json:"chartSettings"`
	} `json:"content"`
	ConditionalVisibility struct {
		ParameterName string `json:"parameterName"`
	} `json:"conditionalVisibility"`
}

type workbookParameter struct {
	ID       string `json:"id"`
	Version  string `json:"version"`
	Name     string `json:"name"`
	Type     int    `json:"type"`
	JSONData string `json:"jsonData"`
}

// Kinds of items and of parameters.
const (
	textItem       = 1
	queryItem      = 3
	parametersItem = 9

	dropDownParameter = 2
	timeParameter     = 4
)

func readWorkbook(t *testing.T) workbook {
	t.Helper()
	var w workbook
	if err := json.Unmarshal(readFile(t, workbookFile), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// samples are what the portal may write in the place of a parameter.
var samples = strings.NewReplacer("{Severity}", "'High','Low'", "{FindingId}", "mq-00000000000000000000")

// inWorkbook are the queries as the portal sends them.
func inWorkbook(t *testing.T) []place {
	t.Helper()
	lines := strings.Split(string(readFile(t, workbookFile)), "\n")
	var all []place
	next := 0
	for _, item := range readWorkbook(t).Items {
		if item.Type == queryItem {
			next += 1 + slices.IndexFunc(lines[next:], func(l string) bool { return strings.Contains(l, `"query": `) })
			all = append(all, place{"deploy/sentinel/" + workbookFile, samples.Replace(item.Content.Query), next})
		}
	}
	return all
}

func TestWorkbookHasTheShape(t *testing.T) {
	w := readWorkbook(t)
	if w.Version != "Notebook/1.0" || !strings.HasSuffix(w.Schema, "/schema/workbook.json") {
		t.Errorf("version %q, schema %q", w.Version, w.Schema)
	}
	if !strings.HasPrefix(w.FromTemplateID, "sentinel-") || w.FromTemplateID == "sentinel-UserWorkbook" {
		t.Errorf("fromTemplateId %q", w.FromTemplateID)
	}
	text := string(readFile(t, workbookFile))
	if regexp.MustCompile(`(?i)/subscriptions/[0-9a-f]{8}-`).MatchString(text) || w.FallbackResourceIDs == nil || len(w.FallbackResourceIDs) > 0 {
		t.Error("a workbook for others names no resource")
	}
	names := map[string]bool{}
	for _, item := range w.Items {
		if item.Name == "" || names[item.Name] {
			t.Errorf("the name %q is empty or there twice", item.Name)
		}
		names[item.Name] = true
		checkItem(t, item)
	}
}

func checkItem(t *testing.T, item workbookItem) {
	c := item.Content
	switch item.Type {
	case textItem:
		if c.JSON == "" {
			t.Errorf("%s: no text", item.Name)
		}
	case queryItem:
		if c.Version != "KqlItem/1.0" || c.QueryType != 0 || c.ResourceType != "microsoft.operationalinsights/workspaces" || c.Title == "" || c.TimeContextFromParameter != "TimeRange" {
			t.Errorf("%s: %+v", item.Name, c)
		}
		if !slices.Contains([]string{"table", "tiles", "barchart", "timechart"}, c.Visualization) {
			t.Errorf("%s is shown as %q", item.Name, c.Visualization)
		}
	case parametersItem:
		if c.Version != "KqlParameterItem/1.0" || len(c.Parameters) == 0 {
			t.Errorf("%s: %+v", item.Name, c)
		}
	default:
		t.Errorf("%s is of kind %d", item.Name, item.Type)
	}
}

// A parameter that is not there stays in a query as it is written, and that is a
// syntax error only when somebody opens the workbook.
func TestWorkbookParametersResolve(t *testing.T) {
	has := map[string]int{}
	for _, item := range readWorkbook(t).Items {
		for _, p := range item.Content.Parameters {
			has[p.Name] = p.Type
			if !isGUID.MatchString(p.ID) || p.Version != "KqlParameterItem/1.0" {
				t.Errorf("parameter %+v", p)
			}
			if p.JSONData != "" && !json.Valid([]byte(p.JSONData)) {
				t.Errorf("%s: jsonData is no JSON", p.Name)
			}
		}
		if name := item.Content.ExportParameterName; name != "" {
			has[name] = -1
		}
	}
	if has["TimeRange"] != timeParameter || has["Severity"] != dropDownParameter {
		t.Errorf("parameters %v", has)
	}
	used := regexp.MustCompile(`\{([A-Za-z]+)[:}]`)
	for _, item := range readWorkbook(t).Items {
		names := []string{item.ConditionalVisibility.ParameterName, item.Content.TimeContextFromParameter}
		if item.Type == queryItem {
			for _, m := range used.FindAllStringSubmatch(strings.ReplaceAll(item.Content.Query, `\p{`, ""), -1) {
				names = append(names, m[1])
			}
			if strings.Contains(samples.Replace(item.Content.Query), "{Severity}") {
				t.Errorf("%s is checked with a parameter in it", item.Name)
			}
		}
		for _, name := range names {
			if name != "" && has[name] == 0 {
				t.Errorf("%s uses the parameter %s, which is not there", item.Name, name)
			}
		}
	}
}

// What is coloured, drawn or handed on is a column of the query.
func TestWorkbookShowsColumnsOfItsQueries(t *testing.T) {
	r := results(t)
	for _, item := range readWorkbook(t).Items {
		if item.Type != queryItem {
			continue
		}
		c := item.Content
		wanted := append([]string{c.ExportFieldName, c.TileSettings.TitleContent.ColumnMatch, c.TileSettings.LeftContent.ColumnMatch,
			c.ChartSettings.XAxis, c.ChartSettings.Group}, c.ChartSettings.YAxis...)
		for _, f := range c.GridSettings.Formatters {
			wanted = append(wanted, f.ColumnMatch)
		}
		has := columnTypes(r.full[samples.Replace(c.Query)])
		for _, name := range wanted {
			if name != "" && has[name] == "" {
				t.Errorf("%s shows %s, and its query has %v", item.Name, name, has)
			}
		}
	}
}
