package logsingestion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sparkless/publish"
	"sparkless/publish/publishtest"
	"sparkless/storage"
)

const someToken = "eyJzZWNyZXQiOiJ0b2tlbiJ9.c2VjcmV0.c2lnbmF0dXJl"

// checkKind wants an error of one kind (nil: a passing one, or none) that says
// want, and that is fit to be shown.
func checkKind(t *testing.T, err, kind error, want string) {
	t.Helper()
	for _, k := range []error{publish.ErrRefused, publish.ErrSettings, publish.ErrDenied} {
		if errors.Is(err, k) != (k == kind) {
			t.Errorf("want %v, got %v", kind, err)
		}
	}
	if err == nil {
		return
	}
	text := err.Error()
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in %q", want, text)
	}
	if strings.ContainsAny(text, "\r\n\x1b\u202e") || len(text) > 1_000 || strings.Contains(text, someToken) || strings.Contains(text, "-----") {
		t.Errorf("not fit to be shown: %q", text)
	}
}

// TestAnswers sorts every answer, and looks for what must not be in an error:
// each echoes the token.
func TestAnswers(t *testing.T) {
	says := func(code, message string) string {
		message += " see the\r\n\u001b[31mdocs\u202e " + someToken
		text, err := json.Marshal(map[string]any{"error": map[string]string{"code": code, "message": message}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + someToken
	}
	for _, c := range []struct {
		status int
		body   string
		kind   error
		want   string
	}{
		{200, ``, publish.ErrSettings, "logsingestion.endpoint"},
		{202, ``, publish.ErrSettings, "proxy"},
		{302, ``, publish.ErrSettings, "logsingestion.endpoint"},
		{307, ``, publish.ErrSettings, "proxy"},
		{400, says("InvalidPayload", "no JSON"), publish.ErrRefused, "outbox"},
		{400, says("SomethingNew", "?"), publish.ErrRefused, "SomethingNew"},
		{400, ``, publish.ErrRefused, "outbox"},
		{400, says("InvalidStream", "?"), publish.ErrSettings, "logsingestion.stream"},
		{400, says("BadRequest", "stream '"+stream+"' is not configured"), publish.ErrSettings, "logsingestion.stream"},
		{400, says("InvalidDcrId", "?"), publish.ErrSettings, "logsingestion.rule-id"},
		{400, says("BadRequest", "rule '"+rule+"' is no"), publish.ErrSettings, "logsingestion.rule-id"},
		{400, says("InvalidEndpoint", "?"), publish.ErrSettings, "logsingestion.endpoint"},
		{401, says("InvalidToken", "?"), publish.ErrDenied, "logsingestion.audience"},
		{403, says("OperationFailed", "?"), publish.ErrDenied, "Monitoring Metrics Publisher"},
		{403, ``, publish.ErrDenied, "30 minutes"},
		{404, says("NotFound", "rule not found"), publish.ErrSettings, "logsingestion.rule-id"},
		{404, `<html>`, publish.ErrSettings, "logsingestion.endpoint"},
		{407, ``, publish.ErrSettings, "proxy"},
		{413, says("ContentLengthLimitExceeded", "?"), publish.ErrRefused, "413"},
		{415, ``, publish.ErrSettings, "proxy"},
		{408, ``, nil, "408"},
		{429, ``, nil, "429"},
		{500, says("InternalServerError", "?"), nil, "InternalServerError"},
		{502, "<html>\n" + strings.Repeat("x", 1<<20), nil, "502"},
		{503, ``, nil, "Monitoring Metrics Publisher"},
		{504, ``, nil, "504"},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.want), func(t *testing.T) {
			n, err := sinkAt(t, answering(t, c.status, c.body), fixed(someToken)).Send(t.Context(), bodies(`{"a":"1"}`))
			if n != 0 || err == nil {
				t.Fatalf("%d, %v", n, err)
			}
			checkKind(t, err, c.kind, c.want)
		})
	}
}

// answering returns the URL of a server that has one answer, and is not asked
// again.
func answering(t *testing.T, status int, body string) string {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked > 1 || r.Header.Get("Authorization") != "Bearer "+someToken {
			t.Errorf("request %d to %s", asked, r.URL)
		}
		w.Header().Set("Location", "/elsewhere")
		w.Header().Set("WWW-Authenticate", `Bearer realm="", error="insufficient_claims", claims="c29tZQ=="`)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for _, status := range []int{429, 503} {
		for value, want := range map[string]time.Duration{"90": 90 * time.Second, "Fri, 20 Nov 2026 12:01:00 GMT": time.Minute, "": 0, "soon": 0} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", value)
				w.WriteHeader(status)
			}))
			sink, err := New(Config{Endpoint: server.URL, RuleID: rule, Stream: stream, Credential: fixed(someToken), Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			_, err = sink.Send(t.Context(), bodies(`{"a":"1"}`))
			b, ok := errors.AsType[*storage.Backoff](err)
			if err == nil || ok != (want > 0) || ok && b.After != want {
				t.Errorf("%d, %q: %v", status, value, err)
			}
			server.Close()
		}
	}
}

// TestFaultsAreRetried also shows the one way to store a record twice, under
// the same ID.
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
			n, err := publish.Retry(sinkAt(t, server.URL(), tokensOf(server)), quick).Send(t.Context(), bodies(`{"FindingId":"a"}`, `{"FindingId":"b"}`))
			rows := server.Rows()
			if n != 2 || err != nil || len(server.Posts()) != len(c.faults)+1 || len(rows) != c.rows {
				t.Fatalf("%d, %v, %d rows, %+v", n, err, len(rows), server.Posts())
			}
			for i, row := range rows {
				if row.Values["FindingId"] != []string{"a", "b"}[i%2] {
					t.Errorf("row %d: %v", i, row.Values)
				}
			}
		})
	}
}

func TestWrongRuleAndStream(t *testing.T) {
	server := start(t)
	for setting, set := range map[string]func(*Config){
		"logsingestion.rule-id": func(c *Config) { c.RuleID = "dcr-1" },
		"logsingestion.stream":  func(c *Config) { c.Stream = "Custom-Other" },
	} {
		c := Config{Endpoint: server.URL(), RuleID: rule, Stream: stream, Credential: tokensOf(server)}
		set(&c)
		sink, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sink.Send(t.Context(), bodies(`{"a":"1"}`))
		checkKind(t, err, publish.ErrSettings, setting)
	}
}

func TestNobodyThere(t *testing.T) {
	server := start(t)
	sink := sinkAt(t, server.URL(), fixed(someToken))
	server.Close()
	_, err := sink.Send(t.Context(), bodies(`{"a":"1"}`))
	if err == nil {
		t.Fatal("sent to nobody")
	}
	checkKind(t, err, nil, "no answer")
}

// TestGarbledAnswer: also where the answer is no HTTP the token is kept out.
func TestGarbledAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the client still writes
		c, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(buf, "\x1b[31m%s\r\n\r\n", r.Header.Get("Authorization"))
		buf.Flush()
		c.Close()
	}))
	defer server.Close()
	_, err := sinkAt(t, server.URL, fixed(someToken)).Send(t.Context(), bodies(`{"a":"1"}`))
	if err == nil {
		t.Fatal("garbage is no success")
	}
	checkKind(t, err, nil, "[redacted]")
}

// TestOwnTimeLimitIsPassing: only the caller's context may look like its end.
func TestOwnTimeLimitIsPassing(t *testing.T) {
	release := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	sink := sinkAt(t, server.URL, fixed(someToken))
	sink.limit = time.Millisecond
	if _, err := sink.Send(t.Context(), bodies(`{"a":1}`)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := sinkAt(t, server.URL, fixed(someToken)).Send(ctx, bodies(`{"a":1}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestNothingOutlivesSend: no goroutine, and so no connection, also after an
// answer with much behind it, or none.
func TestNothingOutlivesSend(t *testing.T) {
	server := start(t)
	sink := sinkAt(t, server.URL(), tokensOf(server))
	before := goleak.IgnoreCurrent()
	server.Script(publishtest.Fault{Status: 503}, publishtest.Fault{}, publishtest.Fault{Taken: true})
	for i := range 5 {
		_, err := sink.Send(t.Context(), bodies(`{"a":"1"}`))
		if (err == nil) != (i > 2) {
			t.Errorf("Send %d: %v", i, err)
		}
		goleak.VerifyNone(t, before)
	}
}
