package publishtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	rule   = "dcr-0abc"
	stream = "Custom-Test"
)

var everyType = []Column{{"s", "string"}, {"i", "int"}, {"l", "long"}, {"r", "real"}, {"b", "boolean"}, {"d", "dynamic"},
	{"t", "datetime"}, {"g", "guid"}, {"TimeGenerated", "datetime"}, {"a", "string"}}

func startStream(t *testing.T, change func(*LogsIngestionConfig)) *LogsIngestion {
	t.Helper()
	c := LogsIngestionConfig{RuleID: rule, Stream: stream, Columns: everyType, Now: func() time.Time { return noon }}
	if change != nil {
		change(&c)
	}
	l, err := NewLogsIngestion(c)
	if err == nil {
		err = l.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := io.WriteString(w, text)
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// do sends a request, and returns status, error code, header and body.
func do(t *testing.T, r *http.Request) (answer, string, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	var said struct{ Error struct{ Code string } }
	if resp.StatusCode >= 300 && err == nil {
		err = json.Unmarshal(data, &said)
	}
	return answer{resp.StatusCode, said.Error.Code, resp.Header}, string(data), err
}

// ingest sends records that the server takes; change spoils the request.
func ingest(t *testing.T, l *LogsIngestion, body string, change func(*http.Request)) (answer, error) {
	t.Helper()
	path := "/dataCollectionRules/" + rule + "/streams/" + stream + "?api-version=2023-01-01"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	token, _ := l.Token()
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	got, _, err := do(t, r)
	return got, err
}

func TestTheStreamVerifies(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	path := func(p string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = p } }
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		status int
		code   string
	}{
		{"in order", nil, 204, ""},
		{"method", func(r *http.Request) { r.Method = http.MethodPut }, 404, "NotFound"},
		{"path", path("/dataCollectionRules/" + rule), 404, "NotFound"},
		{"other rule", path("/dataCollectionRules/dcr-1/streams/" + stream), 404, "NotFound"},
		{"other stream", path("/dataCollectionRules/" + rule + "/streams/Custom-Other"), 400, "InvalidStream"},
		{"no version", func(r *http.Request) { r.URL.RawQuery = "" }, 400, "InvalidApiVersion"},
		{"other version", func(r *http.Request) { r.URL.RawQuery = "api-version=2021-11-01-preview" }, 400, "InvalidApiVersion"},
		{"content type", set("Content-Type", "text/plain"), 415, "UnsupportedMediaType"},
		{"not signed in", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "InvalidToken"},
		{"other scheme", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Bearer", "SharedKey", 1))
		}, 401, "InvalidToken"},
		{"token of nobody", set("Authorization", "Bearer eyJ.x.y"), 401, "InvalidToken"},
		{"empty token", set("Authorization", "Bearer "), 401, "InvalidToken"},
		{"other encoding", set("Content-Encoding", "deflate"), 415, "UnsupportedContentEncoding"},
		{"not in gzip", set("Content-Encoding", "gzip"), 400, "InvalidPayload"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := startStream(t, nil)
			got, err := ingest(t, l, `[{"a":"é"}]`, c.change)
			taken := len(l.Rows()) > 0
			if got.status != c.status || got.code != c.code || err != nil || taken != (c.status == 204) || got.header.Get("x-ms-error-code") != c.code {
				t.Errorf("%d %s %v, %d rows", got.status, got.code, err, len(l.Rows()))
			}
		})
	}
}

func TestTheStreamReadsBodies(t *testing.T) {
	sized := func(n int) string { return `[{"a":"` + strings.Repeat("x", n-len(`[{"a":""}]`)) + `"}]` }
	gzipped := func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }
	for _, c := range []struct {
		body   string
		change func(*http.Request)
		status int
		plain  int
	}{
		{`[{"a":"1"},{"b":true}]`, nil, 204, 22}, {packed(t, `[{"a":"1"}]`), gzipped, 204, 11},
		{``, nil, 400, 0}, {`{}`, nil, 400, 2}, {`[]`, nil, 400, 2}, {`[1]`, nil, 400, 3}, {`[{"a":1}`, nil, 400, 8},
		{"[{\"a\":\"\xff\"}]", nil, 400, 11}, {`[{"a":1,"a":2}]`, nil, 400, 15},
		{packed(t, `[{"a":"1"}]`)[:20], gzipped, 400, 0}, {"", gzipped, 400, 0},
		{sized(1 << 20), nil, 204, 1 << 20}, {sized(1<<20 + 1), nil, 413, 0},
		{packed(t, sized(1<<20)), gzipped, 204, 1 << 20}, {packed(t, sized(1<<20+1)), gzipped, 413, 1<<20 + 1},
		{packed(t, sized(3<<20)), gzipped, 413, 1<<20 + 1}, // no more is unpacked
	} {
		l := startStream(t, nil)
		got, err := ingest(t, l, c.body, c.change)
		posts := l.Posts()
		if got.status != c.status || err != nil || len(l.Rows()) > 0 != (c.status == 204) || len(posts) != 1 || posts[0].Plain != c.plain ||
			posts[0].Status != c.status || posts[0].Records != len(l.Rows()) || posts[0].Bytes != min(len(c.body), 1<<20+1) {
			t.Errorf("%.40q: %d %v, %+v", c.body, got.status, err, posts)
		}
	}
}

// TestDeclaredColumns: what is not declared, or is of another type, is dropped.
func TestDeclaredColumns(t *testing.T) {
	all := []string{`"x"`, `7`, `9007199254740993`, `-1.5e3`, `true`, `[ 1, {"a" : null} ]`, `"2026-11-20T01:02:03.1234567+01:00"`,
		`"0F0E0D0C-1a2b-3c4d-5e6f-708192a3b4c5"`, `null`, `99999999999999999999`}
	at := time.Date(2026, 11, 20, 0, 2, 3, 123456700, time.UTC)
	text := func(i int) string { return strings.Trim(all[i], `"`) }
	for name, want := range map[string][]any{
		"s": {"x", nil, nil, nil, nil, nil, text(6), text(7), nil, nil},
		"i": {nil, int32(7), nil, nil, nil, nil, nil, nil, nil, nil},
		"l": {nil, int64(7), int64(9007199254740993), nil, nil, nil, nil, nil, nil, nil},
		"r": {nil, 7.0, 9007199254740992.0, -1500.0, nil, nil, nil, nil, nil, 1e20},
		"b": {nil, nil, nil, nil, true, nil, nil, nil, nil, nil},
		"t": {nil, nil, nil, nil, nil, nil, at, nil, nil, nil},
		"g": {nil, nil, nil, nil, nil, nil, nil, strings.ToLower(text(7)), nil, nil},
		"d": {json.RawMessage(`"x"`), json.RawMessage(`7`), json.RawMessage(all[2]), json.RawMessage(all[3]), json.RawMessage(`true`),
			json.RawMessage(`[1,{"a":null}]`), json.RawMessage(all[6]), json.RawMessage(all[7]), nil, json.RawMessage(all[9])},
		"undeclared": make([]any, len(all)), "S": make([]any, len(all)),
	} {
		l := startStream(t, nil)
		for i, value := range all {
			got, err := ingest(t, l, `[{"`+name+`":`+value+`}]`, nil)
			rows := l.Rows()
			if got.status != 204 || err != nil || len(rows) != i+1 {
				t.Fatal(got, err)
			}
			row := rows[i]
			if !reflect.DeepEqual(row.Values[name], want[i]) || len(row.Values) != len(row.Columns) || (want[i] != nil) != slices.Equal(row.Columns, []string{name}) {
				t.Errorf("%s: %s becomes %#v in %q", name, value, row.Values[name], row.Columns)
			}
		}
	}
}

// Each stream of a rule has columns of its own.
func TestStreamsOfOneRule(t *testing.T) {
	l := startStream(t, func(c *LogsIngestionConfig) { c.Others = map[string][]Column{"Custom-Other": {{"o", "int"}}} })
	to := func(stream string) func(*http.Request) {
		return func(r *http.Request) { r.URL.Path = "/dataCollectionRules/" + rule + "/streams/" + stream }
	}
	for name, status := range map[string]int{stream: 204, "Custom-Other": 204, "Custom-Third": 400} {
		before := len(l.Rows())
		got, err := ingest(t, l, `[{"o":1,"i":2}]`, to(name))
		if err != nil || got.status != status {
			t.Errorf("%s: %d, %v", name, got.status, err)
		}
		for _, row := range l.Rows()[before:] {
			if want := map[string]string{stream: "i", "Custom-Other": "o"}[name]; row.Table != name || !slices.Equal(row.Columns, []string{want}) {
				t.Errorf("%s: %q in %s", name, row.Columns, row.Table)
			}
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	l := startStream(t, nil)
	long := strings.Repeat("é", 33_000)
	for _, body := range []string{`[{"s":"x` + long + `","d":["` + long + `"],"TimeGenerated":"2026-11-20T11:00:00Z"}]`, `[{"TimeGenerated":"2026-11-10T11:00:00Z"}]`} {
		if got, err := ingest(t, l, body, nil); got.status != 204 || err != nil {
			t.Fatal(got, err)
		}
	}
	rows := l.Rows()
	if rows[0].Values["s"] != "x"+long[:64<<10-2] || rows[0].Values["d"] != `["`+long[:64<<10-2] {
		t.Errorf("%.20q, %.20q", rows[0].Values["s"], rows[0].Values["d"])
	}
	if !rows[0].TimeGenerated.Equal(noon.Add(-time.Hour)) || !rows[1].TimeGenerated.Equal(noon) || rows[0].Table != stream {
		t.Errorf("%v, %v", rows[0].TimeGenerated, rows[1].TimeGenerated)
	}
}

func TestStreamFaults(t *testing.T) {
	var seen []string
	l := startStream(t, func(c *LogsIngestionConfig) { c.Accepted = func(r Row) { seen = append(seen, r.Values["a"].(string)) } })
	l.Script(Fault{Status: 503}, Fault{Status: 429, RetryAfter: 7 * time.Second}, Fault{}, Fault{Taken: true}, Fault{Status: 403}, Fault{Status: 400, Code: "X"})
	for i, want := range []struct {
		status, rows int
		code, after  string
	}{
		{503, 0, "ServiceUnavailable", ""}, {429, 0, "TooManyRequests", "7"}, {0, 0, "", ""}, {0, 2, "", ""},
		{403, 2, "OperationFailed", ""}, {400, 2, "X", ""}, {204, 4, "", ""},
	} {
		got, err := ingest(t, l, `[{"a":"x"},{"a":"y"}]`, nil)
		if got.status != want.status || (err == nil) != (want.status != 0) || got.code != want.code || got.header.Get("Retry-After") != want.after || len(l.Rows()) != want.rows {
			t.Errorf("request %d: %d %s %v, %d rows", i, got.status, got.code, err, len(l.Rows()))
		}
	}
	if strings.Join(seen, "") != "xyxy" {
		t.Errorf("accepted %q", seen)
	}
}

// askToken does what a credential does in a container; change spoils it.
func askToken(t *testing.T, l *LogsIngestion, change func(r *http.Request, q url.Values)) (answer, map[string]string) {
	t.Helper()
	env := map[string]string{}
	for _, variable := range l.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env["IDENTITY_ENDPOINT"], nil)
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"api-version": {"2019-08-01"}, "resource": {"https://monitor.azure.com/"}, "client_id": {"some-id"}}
	r.Header.Set("X-IDENTITY-HEADER", env["IDENTITY_HEADER"])
	if change != nil {
		change(r, q)
	}
	r.URL.RawQuery = q.Encode()
	got, body, err := do(t, r)
	var said map[string]string
	if err == nil && got.status == 200 {
		err = json.Unmarshal([]byte(body), &said)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got, said
}

func TestTheTokenEndpointVerifies(t *testing.T) {
	l := startStream(t, func(c *LogsIngestionConfig) { c.ClientID = "some-id" })
	for name, spoil := range map[string]func(r *http.Request, q url.Values){
		"method":       func(r *http.Request, _ url.Values) { r.Method = http.MethodPost },
		"no header":    func(r *http.Request, _ url.Values) { r.Header.Del("X-IDENTITY-HEADER") },
		"other header": func(r *http.Request, _ url.Values) { r.Header.Set("X-IDENTITY-HEADER", "x") },
		"no version":   func(_ *http.Request, q url.Values) { q.Del("api-version") },
		"no resource":  func(_ *http.Request, q url.Values) { q.Del("resource") },
		"no client":    func(_ *http.Request, q url.Values) { q.Del("client_id") },
		"other client": func(_ *http.Request, q url.Values) { q.Set("client_id", "x") },
	} {
		if got, _ := askToken(t, l, spoil); got.status < 400 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	l.ScriptTokens(Fault{Status: 429, RetryAfter: 7 * time.Second})
	if got, _ := askToken(t, l, nil); got.status != 429 || got.header.Get("Retry-After") != "7" {
		t.Errorf("%+v", got)
	}
}

// TestTokens: one is good for one audience and for a time.
func TestTokens(t *testing.T) {
	now := noon
	l := startStream(t, func(c *LogsIngestionConfig) {
		c.Now, c.TokenLife, c.ClientID = func() time.Time { return now }, time.Hour, "some-id"
	})
	_, said := askToken(t, l, nil)
	_, other := askToken(t, l, func(_ *http.Request, q url.Values) { q.Set("resource", "https://storage.azure.com") })
	ours := said["access_token"]
	delete(said, "access_token")
	if want := map[string]string{"token_type": "Bearer", "resource": "https://monitor.azure.com/",
		"expires_on": strconv.FormatInt(noon.Add(time.Hour).Unix(), 10)}; !maps.Equal(said, want) || ours == other["access_token"] {
		t.Errorf("%v", said)
	}
	for i, c := range []struct {
		token  string
		after  time.Duration
		status int
	}{{ours, 0, 204}, {other["access_token"], 0, 401}, {ours, time.Hour - time.Second, 204}, {ours, time.Hour, 401}} {
		now = noon.Add(c.after)
		with := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+c.token) }
		if got, err := ingest(t, l, `[{"a":"x"}]`, with); got.status != c.status || err != nil {
			t.Errorf("%d: %d, %v", i, got.status, err)
		}
	}
}

func TestStreamDeclarations(t *testing.T) {
	for _, c := range []LogsIngestionConfig{
		{}, {RuleID: rule, Stream: stream}, {RuleID: "rule", Stream: stream, Columns: everyType}, {RuleID: rule, Stream: "Test", Columns: everyType},
		{RuleID: rule, Stream: stream, Columns: []Column{{"a", "text"}}}, {RuleID: rule, Stream: stream, Columns: []Column{{"", "string"}}},
		{RuleID: rule, Stream: stream, Columns: []Column{{"a", "string"}, {"a", "int"}}},
		{RuleID: rule, Stream: stream, Columns: everyType, Others: map[string][]Column{"Other": everyType}},
		{RuleID: rule, Stream: stream, Columns: everyType, Others: map[string][]Column{"Custom-Other": nil}},
		{RuleID: rule, Stream: stream, Columns: everyType, Others: map[string][]Column{stream: everyType}},
	} {
		if _, err := NewLogsIngestion(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	var columns []Column // as a rule has them
	if err := json.Unmarshal([]byte(`[{"name":"a","type":"string"}]`), &columns); err != nil || columns[0] != (Column{"a", "string"}) {
		t.Error(columns, err)
	}
}

// FuzzStream: nothing that is posted brings the server down.
func FuzzStream(f *testing.F) {
	f.Add([]byte(`[{"s":"x","i":1,"d":[{}]}]`), "gzip")
	f.Add([]byte("\x1f\x8b\x08"), "gzip")
	f.Add([]byte(`[{"t":"2026-13-01T00:00:00Z","r":1e999,"l":1.0}]`), "")
	columns, err := declared(everyType)
	if err != nil {
		f.Fatal(err)
	}
	l := &LogsIngestion{streams: map[string]map[string]string{stream: columns}, config: LogsIngestionConfig{Now: time.Now}}
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		all, plain, no := read(body, encoding)
		if rows := l.rowsOf(stream, all); no == nil && (len(rows) != len(all) || plain == 0) || no != nil && len(all) != 0 {
			t.Errorf("%q: %d rows of %d, %+v", body, len(rows), len(all), no)
		}
	})
}
