package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"sparkless/publish/publishtest"
)

// otlp is a collector: what programs have told it.
type otlp struct {
	url string

	mu       sync.Mutex
	raw      bytes.Buffer // all requests, with their headers
	requests int
	spans    map[string]*trace.Span // by ID
	metrics  map[string]*metrics.Metric
	resource map[string]string
	bad      []error
}

func startOTLP(t *testing.T) *otlp {
	t.Helper()
	o := &otlp{spans: map[string]*trace.Span{}, metrics: map[string]*metrics.Metric{}, resource: map[string]string{}}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

func (o *otlp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	o.raw.Write(body)
	var traces collectortrace.ExportTraceServiceRequest
	var measured collectormetrics.ExportMetricsServiceRequest
	switch {
	case err != nil:
	case r.Header.Get("Content-Type") != "application/x-protobuf":
		err = fmt.Errorf("a request of type %q", r.Header.Get("Content-Type"))
	case r.URL.Path == "/v1/traces":
		if err = proto.Unmarshal(body, &traces); err == nil {
			o.addTraces(&traces)
		}
	case r.URL.Path == "/v1/metrics":
		if err = proto.Unmarshal(body, &measured); err == nil {
			o.addMetrics(&measured)
		}
	default:
		err = fmt.Errorf("a request for %s", r.URL.Path)
	}
	if err != nil {
		o.bad = append(o.bad, err)
		w.WriteHeader(http.StatusBadRequest)
	}
}

// asked is how many requests came.
func (o *otlp) asked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.requests
}

func (o *otlp) addTraces(r *collectortrace.ExportTraceServiceRequest) {
	for _, rs := range r.ResourceSpans {
		o.addResource(rs.Resource)
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				o.spans[string(s.SpanId)] = s
			}
		}
	}
}

func (o *otlp) addMetrics(r *collectormetrics.ExportMetricsServiceRequest) {
	for _, rm := range r.ResourceMetrics {
		o.addResource(rm.Resource)
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				o.metrics[m.Name] = m
			}
		}
	}
}

func (o *otlp) addResource(r *resource.Resource) { maps.Copy(o.resource, textsOf(r.Attributes)) }

func textsOf(attributes []*common.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		switch v := a.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			all[a.Key] = v.StringValue
		case *common.AnyValue_IntValue:
			all[a.Key] = fmt.Sprint(v.IntValue)
		}
	}
	return all
}

// paths are the spans by the names of those they are in, with how many there are.
func (o *otlp) paths() map[string]int {
	all := map[string]int{}
	for _, s := range o.spans {
		path := s.Name
		for in := o.spans[string(s.ParentSpanId)]; in != nil; in = o.spans[string(in.ParentSpanId)] {
			path = in.Name + "/" + path
		}
		all[path]++
	}
	return all
}

func (o *otlp) span(name string) *trace.Span {
	for _, s := range o.spans {
		if s.Name == name {
			return s
		}
	}
	return &trace.Span{}
}

// sums are the values of a metric by one attribute of its points, or by "".
func (o *otlp) sums(name, attribute string) map[string]int64 {
	all := map[string]int64{}
	m := o.metrics[name]
	points := m.GetSum().GetDataPoints()
	if points == nil {
		points = m.GetGauge().GetDataPoints()
	}
	for _, p := range points {
		all[textsOf(p.Attributes)[attribute]] = p.GetAsInt()
	}
	return all
}

// TestTelemetry has a run over blob storage that delivers to both APIs tell a
// collector about itself.
func TestTelemetry(t *testing.T) {
	e := newEstate(t)
	o := startOTLP(t)
	ingestion := startIngestion(t)
	environ := append(slices.Clone(e.deliver), "SPARKLESS_DATACOLLECTOR_SHARED_KEY="+testKey,
		"SPARKLESS_STORAGE_ENDPOINT="+string(e.endpoint), "SPARKLESS_STORAGE_SAS="+e.signature,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+o.url, "OTEL_RESOURCE_ATTRIBUTES=team=soc,service.version=7", "OTEL_SERVICE_NAME=hunter")
	code, stdout, log := program(t, e.folder, append(environ, ingestion...), "run", "--day", e.day, "--work-folder", "work")
	o.mu.Lock()
	defer o.mu.Unlock()
	if code != exitDone || strings.Contains(log, "telemetry") || len(o.bad) > 0 {
		t.Fatal(code, log, o.bad)
	}
	if o.resource["service.name"] != "hunter" || o.resource["team"] != "soc" || o.resource["service.version"] != "7" || o.resource["telemetry.sdk.language"] != "go" {
		t.Errorf("resource %v", o.resource)
	}
	paths := o.paths()
	for path, want := range map[string]int{
		"sparkless run": 1, "sparkless run/day": 1, "sparkless run/day/listing": 1, "sparkless run/day/reading": 1, "sparkless run/day/merging": 1,
		"sparkless run/day/finishing": 1, "sparkless run/day/delivering": 1, "sparkless run/day/delivering/deliver": 2,
	} {
		if paths[path] != want {
			t.Errorf("%d spans %s, want %d; there are %v", paths[path], path, want, paths)
		}
	}
	for _, part := range []string{"listing/List Blobs/HTTP GET", "reading/Get Blob/HTTP GET", "delivering/deliver/Client.Upload/HTTP POST", "delivering/deliver/Client.Upload/HTTP GET"} { // the last signs in
		if paths["sparkless run/day/"+part] == 0 {
			t.Errorf("no span %s; there are %v", part, paths)
		}
	}
	if n := paths["sparkless run/day/reading/Get Blob"]; n < 10 {
		t.Errorf("%d blobs were read", n)
	}
	if s := o.span("sparkless run"); textsOf(s.Attributes)["process.exit.code"] != "0" || s.Status.GetCode() == trace.Status_STATUS_CODE_ERROR || s.EndTimeUnixNano <= s.StartTimeUnixNano {
		t.Errorf("%v", s)
	}
	if day := textsOf(o.span("day").Attributes)["sparkless.day"]; day != e.day {
		t.Errorf("day %q", day)
	}
	o.checkMetrics(t, log)
	if piece := e.secrets().in(o.raw.String() + stdout + log); piece != "" {
		t.Errorf("the collector is told %q", piece)
	}
	if !strings.Contains(o.raw.String(), "sig=REDACTED") {
		t.Error("no span has a signed address: this test proves nothing of signatures")
	}
}

// checkMetrics compares the metrics of a run with its log.
func (o *otlp) checkMetrics(t *testing.T, log string) {
	t.Helper()
	done := logLine(t, log, "done")
	findings := done["findings"].(map[string]any)["total"].(float64)
	for name, want := range map[string]any{"sparkless.input.bytes": done["bytes"], "sparkless.input.events": done["events"], "sparkless.names": done["names"],
		"sparkless.findings": findings, "sparkless.suppressed": done["suppressed"]} {
		if got := o.sums(name, "")[""]; float64(got) != want {
			t.Errorf("%s is %d, the log says %v", name, got, want)
		}
	}
	if o.metrics["sparkless.input.malformed"] == nil || o.metrics["sparkless.input.bytes"].GetUnit() != "By" {
		t.Error("metrics are missing")
	}
	delivered, left := o.sums("sparkless.records.delivered", "sparkless.sink"), o.sums("sparkless.records.left", "sparkless.sink")
	if len(delivered) != 2 || len(left) != 2 {
		t.Errorf("delivered %v, left %v", delivered, left)
	}
	for sink, n := range delivered {
		if float64(n) != findings || left[sink] != 0 {
			t.Errorf("%s: %d delivered, %d left", sink, n, left[sink])
		}
	}
	phases := map[string]uint64{}
	for _, p := range o.metrics["sparkless.phase.duration"].GetHistogram().GetDataPoints() {
		phases[textsOf(p.Attributes)["sparkless.phase"]] = p.Count
	}
	if want := map[string]uint64{"listing": 1, "reading": 1, "merging": 1, "finishing": 1, "delivering": 1}; !maps.Equal(phases, want) {
		t.Errorf("phases %v", phases)
	}
}

// A run that fails says so in its spans, and counts its retries.
func TestTelemetryOfAFailure(t *testing.T) {
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	o := startOTLP(t)
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	dead := "SPARKLESS_DATACOLLECTOR_ENDPOINT=" + down.URL
	code, _, log := program(t, ".", []string{"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + o.url + "/v1/traces", dead,
		"SPARKLESS_DATACOLLECTOR_WORKSPACE_ID=" + testWorkspace, "SPARKLESS_DATACOLLECTOR_SHARED_KEY=" + testKey}, "backfill", "--folder", "day", "--from", "2026-11-19", "--to", "2026-11-21")
	o.mu.Lock()
	defer o.mu.Unlock()
	paths := o.paths()
	if code == exitDone || paths["sparkless backfill"] != 1 || paths["sparkless backfill/day"] != 2 || paths["sparkless backfill/day/delivering/deliver"] != 1 {
		t.Errorf("exit code %d, %v\n%s", code, paths, log)
	}
	for _, name := range []string{"sparkless backfill", "day", "delivering", "deliver"} {
		if s := o.span(name); s.Status.GetCode() != trace.Status_STATUS_CODE_ERROR || s.Status.GetMessage() == "" {
			t.Errorf("%s: %v", name, s.Status)
		}
	}
	if got := textsOf(o.span("deliver").Attributes); got["sparkless.records.sent"] != "0" || got["sparkless.records.left"] == "0" || got["sparkless.records.left"] == "" {
		t.Errorf("%v", got)
	}
	if len(o.metrics) > 0 {
		t.Error("metrics were sent that nobody asked for")
	}
}

// A collector that is away, hangs or refuses, and variables that make no sense, are
// said once. The run is as it is without.
func TestTelemetryThatFails(t *testing.T) {
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	released := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released }))
	t.Cleanup(func() { close(released); hangs.Close() })
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "not with the key "+r.Header.Get("api-key"), http.StatusUnauthorized)
	}))
	t.Cleanup(refuses.Close)
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away.Close()
	const secret = "c2VjcmV0LW9mLXRoZS1jb2xsZWN0b3I"
	for name, c := range map[string]struct{ environ []string }{
		"away":     {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + away.Addr().String()}},
		"hangs":    {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + hangs.URL}},
		"refuses":  {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + refuses.URL, "OTEL_EXPORTER_OTLP_HEADERS=api-key=" + secret}},
		"headers":  {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + refuses.URL, "OTEL_EXPORTER_OTLP_HEADERS=api-key=%zz" + secret}},
		"address":  {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://user:" + secret + "@:::/%zz"}},
		"exporter": {[]string{"OTEL_TRACES_EXPORTER=" + secret, "OTEL_EXPORTER_OTLP_PROTOCOL=" + secret, "OTEL_METRICS_EXPORTER=otlp"}},
		"resource": {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + refuses.URL, "OTEL_RESOURCE_ATTRIBUTES=" + secret}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, log := program(t, ".", c.environ, "run", "--folder", "day", "--day", "2026-11-20", "--work-folder", t.TempDir())
			if code != exitDone || stdout == "" || strings.Count(log, "telemetry") != 1 {
				t.Errorf("exit code %d\n%s", code, log)
			}
			if searchFor(secret).in(stdout+log) != "" {
				t.Errorf("the log has a secret:\n%s", log)
			}
		})
	}
}

// Nothing is sent unless an exporter or an endpoint is named, nor where telemetry is
// switched off.
func TestTelemetryOff(t *testing.T) {
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	o := startOTLP(t)
	for _, environ := range [][]string{
		{"OTEL_SERVICE_NAME=hunter", "OTEL_RESOURCE_ATTRIBUTES=a=b"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=" + o.url, "OTEL_SDK_DISABLED=true"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=" + o.url, "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none"},
	} {
		code, _, log := program(t, ".", environ, "run", "--folder", "day", "--day", "2026-11-20")
		if code != exitDone || strings.Contains(log, "telemetry") || o.asked() > 0 {
			t.Errorf("%v: exit code %d, %d requests\n%s", environ, code, o.asked(), log)
		}
	}
	// Half of it.
	code, _, log := program(t, ".", []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + o.url, "OTEL_TRACES_EXPORTER=none"}, "run", "--folder", "day", "--day", "2026-11-20")
	o.mu.Lock()
	defer o.mu.Unlock()
	if code != exitDone || len(o.metrics) == 0 || len(o.spans) > 0 {
		t.Errorf("exit code %d, %d metrics, %d spans\n%s", code, len(o.metrics), len(o.spans), log)
	}
}

// grpcTraces is a collector that speaks gRPC.
type grpcTraces struct {
	collectortrace.UnimplementedTraceServiceServer
	*otlp
}

func (g grpcTraces) Export(_ context.Context, r *collectortrace.ExportTraceServiceRequest) (*collectortrace.ExportTraceServiceResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.addTraces(r)
	return &collectortrace.ExportTraceServiceResponse{}, nil
}

type grpcMetrics struct {
	collectormetrics.UnimplementedMetricsServiceServer
	*otlp
}

func (g grpcMetrics) Export(_ context.Context, r *collectormetrics.ExportMetricsServiceRequest) (*collectormetrics.ExportMetricsServiceResponse, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.addMetrics(r)
	return &collectormetrics.ExportMetricsServiceResponse{}, nil
}

// The agent of Azure Container Apps takes gRPC alone.
func TestTelemetryByGRPC(t *testing.T) {
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	o := startOTLP(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	collectortrace.RegisterTraceServiceServer(server, grpcTraces{otlp: o})
	collectormetrics.RegisterMetricsServiceServer(server, grpcMetrics{otlp: o})
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	code, _, log := program(t, ".", []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + listener.Addr().String(), "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, "run", "--folder", "day", "--day", "2026-11-20")
	o.mu.Lock()
	defer o.mu.Unlock()
	if code != exitDone || o.paths()["sparkless run/day/reading"] != 1 || len(o.metrics) < 6 || o.requests > 0 {
		t.Errorf("exit code %d, %v, %d metrics\n%s", code, o.paths(), len(o.metrics), log)
	}
}

// startIngestion runs the server of the Logs Ingestion API and returns what makes a
// run deliver to it.
func startIngestion(t *testing.T) (environ []string) {
	t.Helper()
	l, err := publishtest.NewLogsIngestion(publishtest.LogsIngestionConfig{RuleID: testRule, Stream: testStream, Columns: ruleColumns(t, testStream)})
	if err == nil {
		err = l.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return append(l.Environ(), "SPARKLESS_LOGSINGESTION_ENDPOINT="+l.URL(), "SPARKLESS_LOGSINGESTION_RULE_ID="+testRule, "SPARKLESS_LOGSINGESTION_STREAM="+testStream)
}

// logLine is the line of a JSON log with that message.
func logLine(t *testing.T, log, message string) map[string]any {
	t.Helper()
	for line := range strings.Lines(log) {
		var all map[string]any
		if json.Unmarshal([]byte(line), &all) == nil && all["msg"] == message {
			return all
		}
	}
	t.Fatalf("no line %q in\n%s", message, log)
	return nil
}
