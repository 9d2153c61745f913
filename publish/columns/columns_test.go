package columns_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sparkless/publish"
	"sparkless/publish/columns"
	"sparkless/publish/datacollector"
	"sparkless/publish/publishtest"
	"sparkless/storage/secret"
)

func TestOf(t *testing.T) {
	type inner struct{ A int }
	type record struct {
		Text    string
		Time    string `column:"datetime" json:",omitempty"`
		Count   int    `json:"count,omitempty"`
		Big     *int64
		Share   float32
		Yes     *bool
		List    []string
		Map     map[string]int
		Nested  inner
		When    *string         `column:"datetime"`
		Raw     json.RawMessage `column:"dynamic"`
		Objects []inner
		Nowhere string `json:"-"`
		private string
	}
	_ = record{}.private
	got, err := columns.Of(reflect.TypeFor[record]())
	if err != nil {
		t.Fatal(err)
	}
	want := []columns.Column{{Name: "Text", Type: "string"}, {Name: "Time", Type: "datetime"}, {Name: "count", Type: "int"}, {Name: "Big", Type: "long"},
		{Name: "Share", Type: "real"}, {Name: "Yes", Type: "boolean"}, {Name: "List", Type: "dynamic"}, {Name: "Map", Type: "dynamic"}, {Name: "Nested", Type: "dynamic"}, {Name: "When", Type: "datetime"}, {Name: "Raw", Type: "dynamic"}, {Name: "Objects", Type: "dynamic"}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for what, bad := range map[string]reflect.Type{
		"no struct":          reflect.TypeFor[int](),
		"a channel":          reflect.TypeFor[struct{ C chan int }](),
		"an unsigned number": reflect.TypeFor[struct{ U uint64 }](),
		"an interface":       reflect.TypeFor[struct{ V any }](),
		"a time in a number": reflect.TypeFor[struct {
			N int `column:"datetime"`
		}](),
		"any JSON": reflect.TypeFor[struct{ R json.RawMessage }](),
		"a list in a column": reflect.TypeFor[struct {
			L []string `column:"datetime"`
		}](),
		"an unknown type": reflect.TypeFor[struct {
			S string `column:"date"`
		}](),
	} {
		if all, err := columns.Of(bad); err == nil {
			t.Errorf("%s: %v", what, all)
		}
	}
}

// Each rule of either API about names can fail, and nothing else does.
func TestNames(t *testing.T) {
	long := strings.Repeat("a", columns.MaxName)
	for name, want := range map[string][2]bool{ // taken by the new API, by the old one
		"TimeStamp": {true, true}, "a": {true, true}, "A_1": {true, true}, long: {true, true}, long + "a": {false, false},
		"": {false, false}, "1a": {false, true}, "_a": {false, true}, "a b": {false, false}, "a-b": {false, false}, "a.b": {false, false}, "ä": {false, false}, "a\n": {false, false},
		"Title": {false, true}, "title": {false, true}, "Type": {false, true}, "id": {false, true}, "ID": {false, true}, "TenantId": {false, true},
		"UniqueId": {false, true}, "_ResourceId": {false, true}, "_SubscriptionId": {false, true},
		"TimeGenerated": {true, false}, "timegenerated": {true, false}, "tenant": {true, false}, "RawData": {true, false}, "Titles": {true, true},
	} {
		if got := [2]bool{columns.Check(name) == nil, columns.CheckClassic(name) == nil}; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestCheckAll(t *testing.T) {
	some := func(n int) (all []columns.Column) {
		for i := range n {
			all = append(all, columns.Column{Name: fmt.Sprintf("c%d", i), Type: "string"})
		}
		return all
	}
	for what, test := range map[string]struct {
		all  []columns.Column
		says string
	}{
		"as many as a table takes": {some(columns.MaxColumns), ""},
		"one more":                 {some(columns.MaxColumns + 1), "501 columns"},
		"a reserved name":          {[]columns.Column{{Name: "Title", Type: "string"}}, `column "Title": the service reserves it`},
		"a type of nobody":         {[]columns.Column{{Name: "a", Type: "text"}}, `type "text" is none of string`},
		"twice":                    {[]columns.Column{{Name: "a", Type: "int"}, {Name: "A", Type: "int"}}, "there is another of that name"},
	} {
		err := columns.CheckAll(test.all)
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: %v, want %q", what, err, test.says)
		}
	}
	err := columns.CheckAll([]columns.Column{{Name: "1", Type: "x"}, {Name: "id", Type: "int"}})
	if err == nil || strings.Count(err.Error(), "column ") != 3 {
		t.Errorf("not all that is wrong: %v", err)
	}
}

func TestClassic(t *testing.T) {
	for kind, want := range map[string][2]string{
		"string": {"a_s", "string"}, "dynamic": {"a_s", "string"}, "int": {"a_d", "real"}, "long": {"a_d", "real"}, "real": {"a_d", "real"},
		"boolean": {"a_b", "boolean"}, "datetime": {"a_t", "datetime"},
	} {
		got, err := columns.Classic(columns.Column{Name: "a", Type: kind, Description: "x"})
		if err != nil || got != (columns.Column{Name: want[0], Type: want[1], Description: "x"}) {
			t.Errorf("%s: %v, %v", kind, got, err)
		}
	}
	for _, kind := range columns.Types() {
		if _, err := columns.Classic(columns.Column{Name: "a", Type: kind}); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []columns.Column{{Name: "a", Type: "guid"}, {Name: "RawData", Type: "string"}} {
		if got, err := columns.Classic(bad); err == nil {
			t.Errorf("%v: %v", bad, got)
		}
	}
}

// values are of all kinds, with texts that are almost of another one.
func values() map[string]string {
	const guid = "0f0e0d0c-1a2b-3c4d-5e6f-708192a3b4c5"
	bare := strings.ReplaceAll(guid, "-", "")
	return map[string]string{
		`null`: "", `true`: "_b", `false`: "_b", `0`: "_d", `-1.5e3`: "_d", `12345678901234567890`: "_d", `[]`: "_s", `{"a":1}`: "_s", `[true]`: "_s",
		`""`: "_s", `"x"`: "_s", `"1"`: "_s", `"true"`: "_s",
		`"` + guid + `"`: "_g", `"{` + guid + `}"`: "_g", `"` + strings.ToUpper(guid) + `"`: "_g", `"` + bare + `"`: "_g",
		`"{` + guid + `"`: "_s", `"` + guid + `}"`: "_s", `"{` + bare + `}"`: "_s", `"` + guid + `.exe"`: "_s", `" ` + guid + `"`: "_s", `"` + bare[1:] + `"`: "_s", `"mq-` + bare[:20] + `"`: "_s",
		`"2026-11-20T00:00:00Z"`: "_t", `"2026-11-20T00:00:00.1234567Z"`: "_t", `"2026-11-20T01:00:00+01:00"`: "_t",
		`"2026-11-20"`: "_s", `"2026-13-20T00:00:00Z"`: "_s", `"2026-11-20T00:00:00"`: "_s", `"20261120T000000Z"`: "_s", `"run-20261120T000000Z-0011aabb"`: "_s",
	}
}

// A value goes into the column that the service makes for it.
func TestClassicOfIsTheServices(t *testing.T) {
	const workspace, key = "0f0e0d0c-1a2b-3c4d-5e6f-708192a3b4c5", "c2VjcmV0"
	server, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: workspace, SharedKey: key})
	if err == nil {
		err = server.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sink, err := datacollector.New(datacollector.Config{WorkspaceID: workspace, SharedKey: secret.New(key), Endpoint: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	var records []publish.Record
	var want []string
	for value, suffix := range values() {
		column := "a" + suffix
		if suffix == "" {
			column = "" // a null makes none
		}
		got, err := columns.ClassicOf("a", json.RawMessage(value))
		if err != nil || got != column {
			t.Errorf("%s: %q, %v, want %q", value, got, err, column)
		}
		records = append(records, publish.Record{ID: value, Body: json.RawMessage(`{"a":` + value + `}`)})
		want = append(want, got)
	}
	if n, err := sink.Send(t.Context(), records); err != nil || n != len(records) {
		t.Fatal(n, err)
	}
	for i, row := range server.Rows() {
		if got := strings.Join(row.Columns, " "); got != want[i] {
			t.Errorf("%s: the service has column %q, ClassicOf %q", records[i].ID, got, want[i])
		}
	}
	if got, err := columns.ClassicOf("tenant", json.RawMessage(`1`)); err == nil {
		t.Errorf("a reserved name has column %q", got)
	}
	if got, err := columns.ClassicOf("a", json.RawMessage(`{`)); err == nil {
		t.Errorf("what is no JSON has column %q", got)
	}
}
