package datacollector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish"
	"sparkless/publish/publishtest"
	"sparkless/storage"
	"sparkless/storage/secret"
)

const (
	workspace = "0F0E0D0C-1a2b-3c4d-5e6f-708192a3b4c5"
	sharedKey = "c2VjcmV0IGtleSBvZiBhIHRlc3Q+Pz8/"
)

func start(t *testing.T) *publishtest.DataCollector {
	t.Helper()
	server, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: workspace, SharedKey: sharedKey})
	if err == nil {
		err = server.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func sinkAt(t *testing.T, url string) *Sink {
	t.Helper()
	sink, err := New(Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey), Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

func bodies(texts ...string) []publish.Record {
	records := make([]publish.Record, len(texts))
	for i, text := range texts {
		records[i] = publish.Record{ID: fmt.Sprintf("r%d", i), Day: "2026-11-20", Body: json.RawMessage(text)}
	}
	return records
}

func TestSuite(t *testing.T) {
	publishtest.TestSink(t, func(t *testing.T) publishtest.Destination {
		server := start(t)
		script := func(f publishtest.Fault) func() func() {
			return func() func() {
				server.Script(f)
				return func() {}
			}
		}
		return publishtest.Destination{
			Sink: sinkAt(t, server.URL()), Again: sinkAt(t, server.URL()),
			Held: func() ([]string, error) {
				var ids []string
				for _, row := range server.Rows() {
					ids = append(ids, row.Values["FindingId_s"].(string))
				}
				return ids, nil
			},
			Refuse:  script(publishtest.Fault{Status: 400}),
			Misset:  script(publishtest.Fault{Status: 400, Code: "InvalidLogType"}),
			Deny:    script(publishtest.Fault{Status: 403}),
			Disturb: script(publishtest.Fault{Status: 503}),
		}
	})
}

func TestColumns(t *testing.T) {
	server := start(t)
	sink, err := New(Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey), Endpoint: server.URL() + "/", LogType: "Other_1",
		ResourceID: "/subscriptions/s/resourceGroups/r", TimeGeneratedField: "TimeStamp"})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	records := bodies(fmt.Sprintf(`{"TimeStamp":%q,"NormalProcess":"svchost.exe","None":null,"AnomalyScore":0.8666667,`+
		`"Known":true,"Paths":["C:\\x\u202e", 1.50],"Big":12345678901234567890}`, now.Format(time.RFC3339)))
	if n, err := sink.Send(t.Context(), records); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	row := server.Rows()[0]
	want := []string{"TimeStamp_t", "NormalProcess_s", "AnomalyScore_d", "Known_b", "Paths_s", "Big_d"}
	if !slices.Equal(row.Columns, want) || row.Table != "Other_1_CL" || row.ResourceID != "/subscriptions/s/resourceGroups/r" || !row.TimeGenerated.Equal(now) {
		t.Errorf("%+v", row)
	}
	if row.Values["AnomalyScore_d"] != 0.8666667 || row.Values["Paths_s"] != `["C:\\x\u202e",1.50]` {
		t.Errorf("%v", row.Values)
	}
	if want := "datacollector-" + strings.ToLower(workspace) + "-Other_1"; !strings.HasPrefix(sink.Name(), want+"-") {
		t.Errorf("a server of its own does not show in the name %s", sink.Name())
	}
}

// TestSignature has values that openssl made: a signature over runes instead of
// bytes, or another order of the parts, differs.
func TestSignature(t *testing.T) {
	got := signature([]byte("secret key of a test>???"), 1024, "Fri, 20 Nov 2026 01:02:03 GMT")
	if want := "PLy8OjY2my1NIZOMK0ukxR3GHkaDkpHj2jlyQ8m+C7I="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEachAttemptIsDatedAnew(t *testing.T) {
	now := time.Date(2026, 11, 20, 23, 50, 0, 0, time.FixedZone("", 3600))
	server, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{
		WorkspaceID: workspace, SharedKey: sharedKey, Now: func() time.Time { return now }})
	if err == nil {
		err = server.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sink, err := New(Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey), Endpoint: server.URL(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := sink.Send(t.Context(), bodies(`{"é":1}`, `{"a":"日本語"}`)[1:]); err != nil {
			t.Error(err)
		}
		now = now.Add(time.Hour)
	}
	posts := server.Posts()
	if len(posts) != 2 || posts[0].Date != "Fri, 20 Nov 2026 22:50:00 GMT" || posts[1].Date != "Fri, 20 Nov 2026 23:50:00 GMT" {
		t.Errorf("%+v", posts)
	}
}

// TestAnswers sorts every answer, and looks for what must not be in an error.
func TestAnswers(t *testing.T) {
	documented := func(code string) string {
		return fmt.Sprintf(`{"Error":%q,"Message":"see the\r\n\u001b[31mdocs\u202e"}`, code)
	}
	for _, c := range []struct {
		status int
		body   string
		kind   error
		want   string
	}{
		{400, documented("InactiveCustomer"), publish.ErrSettings, "workspace-id"},
		{400, documented("InvalidCustomerId"), publish.ErrSettings, "workspace-id"},
		{400, documented("InvalidLogType"), publish.ErrSettings, "log-type"},
		{400, documented("MissingLogType"), publish.ErrSettings, "log-type"},
		{400, documented("InvalidDataFormat"), publish.ErrRefused, "fields"},
		{400, documented("InvalidApiVersion"), publish.ErrSettings, "endpoint"},
		{400, documented("UnsupportedContentType"), publish.ErrSettings, "proxy"},
		{400, documented("SomethingNew"), publish.ErrRefused, "SomethingNew"},
		{400, ``, publish.ErrRefused, "datacollector."},
		{403, documented("InvalidAuthorization"), publish.ErrDenied, "shared-key"},
		{401, ``, publish.ErrDenied, "clock"},
		{404, ``, publish.ErrSettings, "larger"},
		{413, ``, publish.ErrRefused, "413"},
		{204, ``, publish.ErrSettings, "endpoint"},
		{302, ``, publish.ErrSettings, "endpoint"},
		{307, ``, publish.ErrSettings, "proxy"},
		{408, ``, nil, "408"},
		{429, ``, nil, "429"},
		{500, documented("UnspecifiedError"), nil, "UnspecifiedError"},
		{502, "<html>\n" + strings.Repeat("x", 1<<20), nil, "502"},
		{503, ``, nil, "503"},
		{504, ``, nil, "504"},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.want), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.status/100 == 3 {
					w.Header().Set("Location", "/elsewhere")
				}
				if r.URL.Path != "/api/logs" {
					t.Error("a redirect was followed")
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body, " ", r.Header.Get("Authorization"), " ", sharedKey)
			}))
			defer server.Close()
			n, err := sinkAt(t, server.URL).Send(t.Context(), bodies(`{"a":1}`))
			if n != 0 || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%d, %v", n, err)
			}
			for _, k := range []error{publish.ErrRefused, publish.ErrSettings, publish.ErrDenied} {
				if errors.Is(err, k) != (k == c.kind) {
					t.Errorf("want %v, got %v", c.kind, err)
				}
			}
			checkText(t, err)
		})
	}
}

func checkText(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	if strings.ContainsAny(text, "\r\n\x1b\u202e") || len(text) > 1000 {
		t.Errorf("hostile text: %q", text)
	}
	if strings.Contains(text, sharedKey) || strings.Contains(text, "secret key") || strings.Contains(text, "=\"") {
		t.Errorf("a secret: %q", text)
	}
}

// TestSecretsOfAnAnswer: a service or a proxy may echo what it was sent.
func TestSecretsOfAnAnswer(t *testing.T) {
	var signed string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, signed, _ = strings.Cut(r.Header.Get("Authorization"), ":")
		w.WriteHeader(403)
		_ = json.NewEncoder(w).Encode(map[string]string{"Error": signed, "Message": "key " + sharedKey + " sig " + signed})
	}))
	defer server.Close()
	_, err := sinkAt(t, server.URL).Send(t.Context(), bodies(`{"a":1}`))
	if !errors.Is(err, publish.ErrDenied) || signed == "" || strings.Contains(err.Error(), signed) || !strings.Contains(err.Error(), secret.Redacted) {
		t.Errorf("%v", err)
	}
	checkText(t, err)
}

func TestRetryAfter(t *testing.T) {
	server := start(t)
	server.Script(publishtest.Fault{Status: 429, RetryAfter: 90 * time.Second})
	_, err := sinkAt(t, server.URL()).Send(t.Context(), bodies(`{"a":1}`))
	if b, ok := errors.AsType[*storage.Backoff](err); !ok || b.After != 90*time.Second {
		t.Errorf("%v", err)
	}
}

// TestFaultsAreRetried also shows the one way to store a record twice.
func TestFaultsAreRetried(t *testing.T) {
	quick := publish.Policy{Attempts: 4, Base: time.Millisecond, Max: time.Millisecond, Total: time.Minute}
	for _, c := range []struct {
		name   string
		faults []publishtest.Fault
		rows   int
	}{
		{"busy", []publishtest.Fault{{Status: 503}, {Status: 500}, {Status: 429}}, 2},
		{"dropped before", []publishtest.Fault{{}, {}}, 2},
		{"answer lost", []publishtest.Fault{{Taken: true}}, 4},
		{"stored, then 500", []publishtest.Fault{{Taken: true, Status: 500}}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := start(t)
			server.Script(c.faults...)
			n, err := publish.Retry(sinkAt(t, server.URL()), quick).Send(t.Context(), bodies(`{"FindingId":"a"}`, `{"FindingId":"b"}`))
			rows := server.Rows()
			if n != 2 || err != nil || len(server.Posts()) != len(c.faults)+1 || len(rows) != c.rows {
				t.Fatalf("%d, %v, %d rows, %+v", n, err, len(rows), server.Posts())
			}
			for i, row := range rows {
				if row.Values["FindingId_s"] != []string{"a", "b"}[i%2] {
					t.Errorf("row %d: %v", i, row.Values)
				}
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	server := start(t)
	url := server.URL()
	server.Close()
	_, err := sinkAt(t, url).Send(t.Context(), bodies(`{"a":1}`))
	if err == nil || errors.Is(err, publish.ErrRefused) || errors.Is(err, publish.ErrDenied) || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("%v", err)
	}
	checkText(t, err)
}

// TestOwnTimeLimitIsPassing: only the caller's context may look like its end.
func TestOwnTimeLimitIsPassing(t *testing.T) {
	release := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	sink, err := New(Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey), Endpoint: server.URL,
		Client: &http.Client{Timeout: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sink.Send(t.Context(), bodies(`{"a":1}`)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := sinkAt(t, server.URL).Send(ctx, bodies(`{"a":1}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
