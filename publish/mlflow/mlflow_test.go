package mlflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sparkless/storage"
	"sparkless/storage/secret"
)

// server is a tracking server that checks requests as the documentation of the API has
// them, and keeps what it is told. It answers in place of a network.
type server struct {
	t    *testing.T
	want string // of the header Authorization

	mu          sync.Mutex
	experiments map[string]string
	runs        []map[string]any
	calls       []string
	// fail, if it returns a status, has a call fail: before or after it took effect.
	fail func(call string, n int) (status int, after bool)
	wait http.Header // of failures
}

func newServer(t *testing.T) *server {
	return &server{t: t, experiments: map[string]string{}, fail: func(string, int) (int, bool) { return 0, false }}
}

// RoundTrip implements http.RoundTripper.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := strings.TrimPrefix(r.URL.Path, "/at/api/2.0/mlflow/")
	n := 0
	for _, c := range s.calls {
		if c == call {
			n++
		}
	}
	s.calls = append(s.calls, call)
	status, after := s.fail(call, n)
	w := httptest.NewRecorder()
	if status == 0 || after {
		s.answer(w, r, call)
	}
	switch {
	case status == -1:
		return nil, errors.New("connection reset by peer")
	case status > 0:
		w = httptest.NewRecorder()
		maps.Copy(w.Header(), s.wait)
		w.WriteHeader(status)
		fmt.Fprint(w, "<html>it is s3cret</html>")
	}
	return w.Result(), nil
}

func (s *server) answer(w http.ResponseWriter, r *http.Request, call string) {
	if got := r.Header.Get("Authorization"); got != s.want {
		refuse(w, http.StatusUnauthorized, "UNAUTHENTICATED", "not with s3cret")
		return
	}
	var body map[string]any
	if r.Method == http.MethodPost {
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &body); err != nil || r.Header.Get("Content-Type") != "application/json" {
			s.t.Errorf("%s: %v, %s", call, err, text)
		}
	}
	switch r.Method + " " + call {
	case "GET experiments/get-by-name":
		name := r.URL.Query().Get("experiment_name")
		if id, ok := s.experiments[name]; ok {
			reply(w, map[string]any{"experiment": map[string]any{"experiment_id": id, "name": name, "added": 1}})
			return
		}
		refuse(w, http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "no experiment")
	case "POST experiments/create":
		name, _ := body["name"].(string)
		if _, ok := s.experiments[name]; ok || name == "" {
			refuse(w, http.StatusBadRequest, "RESOURCE_ALREADY_EXISTS", name)
			return
		}
		s.experiments[name] = fmt.Sprint(len(s.experiments) + 1)
		reply(w, map[string]any{"experiment_id": s.experiments[name]})
	case "POST runs/create":
		s.runs = append(s.runs, body)
		body["status"] = "RUNNING"
		reply(w, map[string]any{"run": map[string]any{"info": map[string]any{"run_id": fmt.Sprint("r", len(s.runs)-1)}}})
	case "POST runs/log-batch":
		s.logBatch(body)
		reply(w, map[string]any{})
	case "POST runs/update":
		run := s.run(body)
		run["status"], run["end_time"] = body["status"], body["end_time"]
		reply(w, map[string]any{})
	default:
		s.t.Errorf("%s %s is no call", r.Method, r.URL)
	}
}

func (s *server) run(body map[string]any) map[string]any {
	var i int
	if _, err := fmt.Sscanf(fmt.Sprint(body["run_id"]), "r%d", &i); err != nil || i >= len(s.runs) {
		s.t.Fatalf("no run %v", body["run_id"])
	}
	return s.runs[i]
}

// logBatch keeps to the limits of the API.
func (s *server) logBatch(body map[string]any) {
	run := s.run(body)
	params, _ := body["params"].([]any)
	metrics, _ := body["metrics"].([]any)
	if len(params) > 100 || len(metrics) > 1000 || len(params)+len(metrics) > 1000 || len(params)+len(metrics) == 0 {
		s.t.Errorf("%d params, %d metrics", len(params), len(metrics))
	}
	for _, p := range params {
		p := p.(map[string]any)
		value := p["value"].(string)
		if before, ok := run["param "+p["key"].(string)]; ok && before != value || len(value) > 6000 {
			s.t.Errorf("param %v of %d bytes, before %v", p["key"], len(value), before)
		}
		run["param "+p["key"].(string)] = value
	}
	for _, m := range metrics {
		m := m.(map[string]any)
		if m["timestamp"] == nil || m["step"] == nil {
			s.t.Errorf("metric %v", m)
		}
		run["metric "+m["key"].(string)] = m["value"]
	}
}

func reply(w http.ResponseWriter, value any) { _ = json.NewEncoder(w).Encode(value) }

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	reply(w, map[string]any{"error_code": code, "message": message})
}

func (s *server) client(c Config) *Client {
	c.URI, c.Client = "https://ml.example/at/", &http.Client{Transport: s}
	if err := c.Validate(); err != nil {
		s.t.Fatal(err)
	}
	return New(c)
}

func someRuns(n int) []Run {
	var all []Run
	for i := range n {
		all = append(all, Run{Name: fmt.Sprint("run ", i), Start: time.UnixMilli(1000), End: time.UnixMilli(2000), Params: map[string]string{"model": "a", "empty": ""},
			Tags: map[string]string{"v": "1"}, Metrics: map[string]float64{"auroc": 0.5, "none": math.NaN(), "far": math.Inf(1)}})
	}
	return all
}

// wantLogged fails unless each run is there as it was, once and ended.
func (s *server) wantLogged(what string, n int) {
	s.t.Helper()
	ended := 0
	for _, r := range s.runs {
		if r["status"] != "FINISHED" {
			continue
		}
		ended++
		_, nan := r["metric none"]
		if r["metric auroc"] != 0.5 || nan || r["param model"] != "a" || r["end_time"] != 2000.0 || r["start_time"] != 1000.0 || r["experiment_id"] != "1" {
			s.t.Errorf("%s: %v", what, r)
		}
	}
	if ended != n {
		s.t.Errorf("%s: %d runs of %d: %v", what, ended, n, s.calls)
	}
}

func TestLog(t *testing.T) {
	s := newServer(t)
	for i := 1; i <= 2; i++ { // the experiment is there at the second time
		n, err := s.client(Config{}).Log(t.Context(), "an experiment/é&x=1", someRuns(2))
		if n != 2 || err != nil {
			t.Fatal(n, err)
		}
		s.wantLogged("all", 2*i)
	}
	want := []string{"experiments/get-by-name", "experiments/create", "runs/create", "runs/log-batch", "runs/update"}
	if !slices.Equal(s.calls[:5], want) || s.experiments["an experiment/é&x=1"] != "1" || len(s.experiments) != 1 {
		t.Errorf("%v, %v", s.calls, s.experiments)
	}
}

// Whichever call fails in passing, before or after it took effect, all is logged once in
// the end. A run is not begun twice: where it may have been, that is an error.
func TestPassingFailures(t *testing.T) {
	for _, call := range []string{"experiments/get-by-name", "experiments/create", "runs/create", "runs/log-batch", "runs/update"} {
		for _, status := range []int{-1, 429, 500, 502, 503} {
			for _, after := range []bool{false, true} {
				if (status == 429 || status == 503) && after {
					continue // which say that nothing was done
				}
				synctest.Test(t, func(t *testing.T) {
					s := newServer(t)
					s.wait = http.Header{"Retry-After": {"7"}}
					s.fail = func(c string, n int) (int, bool) {
						if c == call && n < 2 {
							return status, after
						}
						return 0, false
					}
					n, err := s.client(Config{}).Log(t.Context(), "e", someRuns(1))
					what := fmt.Sprint(call, " ", status, " ", after)
					if unsure := call == "runs/create" && status != 429 && status != 503; unsure {
						if n != 0 || !errors.Is(err, ErrNotLogged) || len(s.runs) > 1 {
							t.Errorf("%s: %d, %v", what, n, err)
						}
						return
					}
					if n != 1 || err != nil || len(s.runs) != 1 {
						t.Errorf("%s: %d, %v, %d runs", what, n, err, len(s.runs))
					}
					s.wantLogged(what, 1)
				})
			}
		}
	}
}

// A server that is away for long, hangs, or is none of MLflow, takes a bounded time.
func TestServersThatFail(t *testing.T) {
	for what, c := range map[string]struct {
		transport http.RoundTripper
		want      string
		within    time.Duration
	}{
		"away":     {answering(-1, ""), "no answer", 10 * time.Second},
		"hangs":    {answering(0, ""), "no answer", 2 * time.Minute},
		"throttle": {answering(429, "{}"), "429", 10 * time.Second},
		"moved":    {answering(302, ""), "is there an MLflow server", 0},
		"other":    {answering(404, "not found"), "is there an MLflow server", 0},
		"page":     {answering(200, "<html>"), "is there an MLflow server", 0},
		"endless":  {answering(200, strings.Repeat("[", 1<<20)), "none of MLflow", 0},
		"denied":   {answering(403, `{"error_code":"PERMISSION_DENIED","message":"x\u001b[2Jy"}`), "PERMISSION_DENIED: x<U+001B>[2Jy; look at MLFLOW_TRACKING_USERNAME", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			n, err := New(Config{URI: "https://ml.example", Client: &http.Client{Transport: c.transport}}).Log(t.Context(), "e", someRuns(1))
			if n != 0 || !errors.Is(err, ErrNotLogged) || !strings.Contains(fmt.Sprint(err), c.want) || time.Since(began) > c.within {
				t.Errorf("%s: %d, %v after %v", what, n, err, time.Since(began))
			}
			if errors.Is(err, storage.ErrDenied) != (what == "denied") {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
}

// answering is a server that always says the same; -1 breaks the connection, 0 hangs.
func answering(status int, text string) http.RoundTripper {
	return trip(func(r *http.Request) (*http.Response, error) {
		switch status {
		case -1:
			return nil, errors.New("connection refused")
		case 0:
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		w := httptest.NewRecorder()
		w.Header().Set("Location", "https://elsewhere.example")
		w.WriteHeader(status)
		fmt.Fprint(w, text)
		return w.Result(), nil
	})
}

type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// Secrets let in, and are in no error.
func TestSecrets(t *testing.T) {
	basic := Config{Username: "me", Password: secret.New("s3cret")}
	for want, c := range map[string]Config{"Basic bWU6czNjcmV0": basic, "Bearer s3cret": {Token: secret.New("s3cret")}} {
		s := newServer(t)
		s.want = want
		if n, err := s.client(c).Log(t.Context(), "e", someRuns(1)); n != 1 || err != nil {
			t.Errorf("%s: %v", want, err)
		}
		s.want = "other"
		_, err := s.client(c).Log(t.Context(), "e", someRuns(1))
		if !errors.Is(err, storage.ErrDenied) || strings.Contains(fmt.Sprintf("%v %+v", err, c), "s3cret") {
			t.Errorf("%s: %v", want, err)
		}
	}
	for want, c := range map[string]Config{
		"want a server":  {URI: "file:///tmp/mlruns"},
		"no user":        {URI: "https://me:s3cret@ml.example"},
		"use https":      {URI: "http://ml.example", Token: secret.New("s3cret")},
		"set both":       {URI: "https://ml.example", Username: "me"},
		"keep one":       {URI: "https://ml.example", Username: "me", Password: secret.New("s3cret"), Token: secret.New("s3cret")},
		"or fragment":    {URI: "https://ml.example?x=s3cret"},
		" want a server": {URI: "https://%s3cret"},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, c := range []Config{{URI: "http://ml.example:5000"}, {URI: "http://127.0.0.1:5000/x", Token: secret.New("x")}} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// What is more than a request may hold goes in several, and texts are cut at a character.
func TestLimits(t *testing.T) {
	s := newServer(t)
	r := someRuns(1)
	for i := range 2500 {
		r[0].Metrics[fmt.Sprint("m", i)] = 1
	}
	for i := range 150 {
		r[0].Params[fmt.Sprint("p", i)] = strings.Repeat("é", 5000)
	}
	if n, err := s.client(Config{}).Log(t.Context(), "e", r); n != 1 || err != nil {
		t.Fatal(err)
	}
	kept := 0
	for key := range s.runs[0] {
		if strings.HasPrefix(key, "metric ") || strings.HasPrefix(key, "param ") {
			kept++
		}
	}
	if kept != 2501+152 {
		t.Errorf("%d are kept", kept)
	}
	if got := cut("aéb", 2); got != "a" {
		t.Errorf("%q", got)
	}
}

func TestLogStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newServer(t)
	s.fail = func(string, int) (int, bool) { return 503, false }
	if _, err := s.client(Config{}).Log(ctx, "e", someRuns(1)); !errors.Is(err, ErrNotLogged) || len(s.calls) > 1 {
		t.Error(err, s.calls)
	}
}
