package publishtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	workspace = "0f0e0d0c-1a2b-3c4d-5e6f-708192a3b4c5"
	sharedKey = "c2VjcmV0"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, accepted func(Row)) *DataCollector {
	t.Helper()
	d, err := NewDataCollector(DataCollectorConfig{WorkspaceID: workspace, SharedKey: sharedKey,
		Now: func() time.Time { return noon }, Accepted: accepted})
	if err == nil {
		err = d.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// answer is what a client sees of the server.
type answer struct {
	status int
	code   string
	header http.Header
}

// request sends one that the server takes; change spoils it before it is signed,
// spoil afterwards.
func request(t *testing.T, d *DataCollector, body string, change, spoil func(*http.Request)) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL()+"/api/logs?api-version=2016-04-01", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Log-Type", "Test")
	r.Header.Set("x-ms-date", "Fri, 20 Nov 2026 12:00:00 GMT")
	if change != nil {
		change(r)
	}
	mac := hmac.New(sha256.New, []byte("secret"))
	fmt.Fprintf(mac, "POST\n%d\napplication/json\nx-ms-date:%s\n/api/logs", len(body), r.Header.Get("x-ms-date"))
	r.Header.Set("Authorization", "SharedKey "+workspace+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	if spoil != nil {
		spoil(r)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	var said struct{ Error string }
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = json.Unmarshal(data, &said)
	}
	return answer{resp.StatusCode, said.Error, resp.Header}, err
}

func TestTheServerVerifies(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	query := func(q string) func(*http.Request) { return func(r *http.Request) { r.URL.RawQuery = q } }
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		spoil  func(*http.Request)
		status int
		code   string
	}{
		{"in order", nil, nil, 200, ""},
		{"14 minutes early", set("x-ms-date", "Fri, 20 Nov 2026 11:46:00 GMT"), nil, 200, ""},
		{"no version", query(""), nil, 400, "MissingApiVersion"},
		{"other version", query("api-version=2020-01-01"), nil, 400, "InvalidApiVersion"},
		{"no content type", func(r *http.Request) { r.Header.Del("Content-Type") }, nil, 400, "MissingContentType"},
		{"content type with charset", set("Content-Type", "application/json; charset=utf-8"), nil, 400, "UnsupportedContentType"},
		{"no log type", func(r *http.Request) { r.Header.Del("Log-Type") }, nil, 400, "MissingLogType"},
		{"log type with a dash", set("Log-Type", "a-b"), nil, 400, "InvalidLogType"},
		{"long log type", set("Log-Type", strings.Repeat("a", 101)), nil, 400, "InvalidLogType"},
		{"method", nil, func(r *http.Request) { r.Method = http.MethodPut }, 404, "NotFound"},
		{"path", nil, func(r *http.Request) { r.URL.Path = "/api/log" }, 404, "NotFound"},
		{"no date", func(r *http.Request) { r.Header.Del("x-ms-date") }, nil, 403, "InvalidAuthorization"},
		{"ISO date", set("x-ms-date", "2026-11-20T12:00:00Z"), nil, 403, "InvalidAuthorization"},
		{"date without GMT", set("x-ms-date", "Fri, 20 Nov 2026 12:00:00 UTC"), nil, 403, "InvalidAuthorization"},
		{"16 minutes early", set("x-ms-date", "Fri, 20 Nov 2026 11:44:00 GMT"), nil, 403, "InvalidAuthorization"},
		{"16 minutes late", set("x-ms-date", "Fri, 20 Nov 2026 12:16:00 GMT"), nil, 403, "InvalidAuthorization"},
		{"date changed after signing", nil, set("x-ms-date", "Fri, 20 Nov 2026 12:00:01 GMT"), 403, "InvalidAuthorization"},
		{"not signed", nil, func(r *http.Request) { r.Header.Del("Authorization") }, 403, "InvalidAuthorization"},
		{"other scheme", nil, set("Authorization", "Bearer x"), 403, "InvalidAuthorization"},
		{"signature is no base64", nil, set("Authorization", "SharedKey "+workspace+":?"), 403, "InvalidAuthorization"},
		{"other workspace", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "0f", "0a", 1))
		}, 403, "InvalidAuthorization"},
		{"workspace is no GUID", nil, set("Authorization", "SharedKey x:eA=="), 400, "InvalidCustomerId"},
		{"body changed after signing", nil, func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`[{"a":"é!"}]`)), 13
		}, 403, "InvalidAuthorization"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := start(t, nil)
			got, err := request(t, d, `[{"a":"é"}]`, c.change, c.spoil)
			taken := len(d.Rows()) > 0
			if got.status != c.status || got.code != c.code || err != nil || taken != (c.status == 200) {
				t.Errorf("%d %s %v, %d rows", got.status, got.code, err, len(d.Rows()))
			}
		})
	}
}

func TestTheServerReadsBodies(t *testing.T) {
	var wide []string
	for i := range 501 {
		wide = append(wide, fmt.Sprintf(`"f%d":1`, i))
	}
	for _, c := range []struct {
		body   string
		status int
	}{
		{`[{"a":1},{"b":2}]`, 200}, {`[{}]`, 200}, {" [ {\"a\" : 1 } ]\n", 200},
		{``, 400}, {`{}`, 400}, {`[]`, 400}, {`[1]`, 400}, {`[null]`, 400}, {`[[]]`, 400}, {`[{"a":1}`, 400}, {`[{"a":1}]x`, 400},
		{"[{\"a\":\"\xff\"}]", 400}, {`[{"a b":1}]`, 400}, {`[{"":1}]`, 400}, {`[{"a-b":1}]`, 400}, {`[{"é":1}]`, 400},
		{`[{"a":1,"a":2}]`, 400}, {`[{"ok":1},{"TimeGenerated":1}]`, 400}, {`[{"tenant":1}]`, 400}, {`[{"RawData":1}]`, 400},
		{`[{"` + strings.Repeat("a", 45) + `":1}]`, 200}, {`[{"` + strings.Repeat("a", 46) + `":1}]`, 400},
		{`[{` + strings.Join(wide[:500], ",") + `}]`, 200}, {`[{` + strings.Join(wide, ",") + `}]`, 400},
		{`[{` + strings.Join(wide[:250], ",") + `},{` + strings.Join(wide[250:], ",") + `}]`, 400},
		{strings.Repeat("x", maxPost), 400}, {strings.Repeat("x", maxPost+1), 404},
	} {
		d := start(t, nil)
		got, err := request(t, d, c.body, nil, nil)
		if got.status != c.status || err != nil || len(d.Rows()) > 0 != (c.status == 200) {
			t.Errorf("%.40s: %d %v, %d rows", c.body, got.status, err, len(d.Rows()))
		}
	}
	// A table grows over requests too; another table is another count.
	d := start(t, nil)
	for i, want := range []int{200, 400, 200} {
		got, err := request(t, d, `[{`+strings.Join(wide[i*250:min(501, i*250+400)], ",")+`}]`,
			func(r *http.Request) { r.Header.Set("Log-Type", []string{"A", "A", "B"}[i]) }, nil)
		if got.status != want || err != nil {
			t.Errorf("request %d: %d, %v", i, got.status, err)
		}
	}
}

func TestColumnsByValue(t *testing.T) {
	d := start(t, nil)
	long := strings.Repeat("é", 20_000)
	got, err := request(t, d, `[{"s":"x","b":false,"d":-1.5e3,"none":null,"t":"2026-11-20T01:02:03.1234567+01:00","day":"2026-11-20",
		"g":"{0F0E0D0C-1A2B-3C4D-5E6F-708192A3B4C5}","h":"0F0E0D0C1A2B3C4D5E6F708192A3B4C5","half":"{0f0e0d0c-1a2b-3c4d-5e6f-708192a3b4c5",
		"not":"0123456789abcdef","bad":"2026-13-40T00:00:00Z","l":[ 1, {"a" : "b"} ],"long":"x`+long+`"},{"s":7}]`,
		func(r *http.Request) {
			r.Header.Set("time-generated-field", "t")
			r.Header.Set("x-ms-AzureResourceId", "/subscriptions/s")
		}, nil)
	rows := d.Rows()
	if got.status != 200 || err != nil || len(rows) != 2 {
		t.Fatal(got, err)
	}
	at := time.Date(2026, 11, 20, 0, 2, 3, 123456700, time.UTC)
	want := map[string]any{"s_s": "x", "b_b": false, "d_d": -1500.0, "t_t": at, "day_s": "2026-11-20",
		"g_g": workspace, "h_g": workspace, "half_s": "{" + workspace, "not_s": "0123456789abcdef", "bad_s": "2026-13-40T00:00:00Z",
		"l_s": `[1,{"a":"b"}]`, "long_s": "x" + long[:32766]}
	if !reflect.DeepEqual(rows[0].Values, want) {
		t.Errorf("%v", rows[0].Values)
	}
	if len(rows[0].Columns) != len(want) || rows[0].Columns[0] != "s_s" || rows[0].Columns[11] != "long_s" || !slices.Equal(rows[1].Columns, []string{"s_d"}) {
		t.Errorf("%q, %q", rows[0].Columns, rows[1].Columns)
	}
	if rows[0].Table != "Test_CL" || !rows[0].TimeGenerated.Equal(at) || !rows[1].TimeGenerated.Equal(noon) || rows[1].ResourceID != "/subscriptions/s" {
		t.Errorf("%v %v %v", rows[0].Table, rows[0].TimeGenerated, rows[1])
	}
	for at, kept := range map[time.Duration]bool{-47 * time.Hour: true, -49 * time.Hour: false, 23 * time.Hour: true, 25 * time.Hour: false} {
		if got := generated(noon.Add(at), noon); got.Equal(noon) == kept {
			t.Errorf("%v: %v", at, got)
		}
	}
}

func TestScriptedFaults(t *testing.T) {
	var seen []string
	d := start(t, func(r Row) { seen = append(seen, r.Values["a_s"].(string)) })
	d.Script(Fault{Status: 503}, Fault{Status: 429, RetryAfter: 7 * time.Second}, Fault{}, Fault{Taken: true})
	d.Script(Fault{Status: 500, Taken: true}, Fault{Status: 400, Code: "InactiveCustomer"})
	want := []struct {
		status, rows int
		code, after  string
	}{
		{503, 0, "ServiceUnavailable", ""}, {429, 0, "TooManyRequests", "7"}, {0, 0, "", ""}, {0, 2, "", ""},
		{500, 4, "UnspecifiedError", ""}, {400, 4, "InactiveCustomer", ""}, {200, 6, "", ""},
	}
	for i, w := range want {
		// A request that is not in order uses up no fault.
		if got, err := request(t, d, `{}`, nil, nil); got.status != 400 || err != nil {
			t.Fatal(got, err)
		}
		got, err := request(t, d, `[{"a":"x"},{"a":"y"}]`, nil, nil)
		if got.status != w.status || (err == nil) != (w.status != 0) || got.code != w.code || got.header.Get("Retry-After") != w.after || len(d.Rows()) != w.rows {
			t.Errorf("request %d: %d %s %q %v, %d rows", i, got.status, got.code, got.header.Get("Retry-After"), err, len(d.Rows()))
		}
	}
	if !slices.Equal(seen, strings.Split("xyxyxy", "")) {
		t.Errorf("accepted %q", seen)
	}
	posts := d.Posts()
	if len(posts) != 14 || posts[7] != (Post{Date: "Fri, 20 Nov 2026 12:00:00 GMT", Bytes: 21, Records: 2}) {
		t.Errorf("%+v", posts)
	}
}

func TestServerLife(t *testing.T) {
	for _, c := range []DataCollectorConfig{{}, {WorkspaceID: workspace}, {WorkspaceID: workspace, SharedKey: "?"}, {WorkspaceID: "x", SharedKey: sharedKey}} {
		if _, err := NewDataCollector(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	d, err := NewDataCollector(DataCollectorConfig{WorkspaceID: workspace, SharedKey: sharedKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("close before start: %v", err)
	}
	if err := d.Start("0.0.0.0:0"); err == nil {
		t.Error("it listens to the network")
	}
	if err := d.Start("no address"); err == nil {
		t.Error("started nowhere")
	}
	for range 2 {
		if err := d.Start("127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		if err := d.Start(""); err == nil {
			t.Error("started twice")
		}
		if got, err := request(t, d, "x", nil, nil); got.status != 403 || err != nil { // the real clock
			t.Error(got, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := request(t, d, "x", nil, nil); err == nil {
			t.Error("answers after Close")
		}
	}
}

// FuzzServer: nothing that is posted brings the server down or gets in half.
func FuzzServer(f *testing.F) {
	f.Add([]byte(`[{"a":1}]`))
	f.Add([]byte(`[{"a":{"b":[`))
	f.Add([]byte(`[{"a":"\ud800"},{"a":1e999}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		objects, no := parse(body)
		var plain []map[string]any
		err := json.NewDecoder(bytes.NewReader(body)).Decode(&plain)
		if no == nil && (len(objects) != len(plain) || err != nil && !strings.Contains(err.Error(), "cannot unmarshal number")) {
			t.Fatalf("%q: %d objects, %d, %v", body, len(objects), len(plain), err)
		}
		for _, object := range objects {
			for _, m := range object {
				column(m.value)
			}
		}
	})
}
