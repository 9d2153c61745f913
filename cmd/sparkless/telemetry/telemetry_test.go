package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	noopmetric "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestProtocol(t *testing.T) {
	const traces, all = "OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"
	for _, c := range []struct {
		environ map[string]string
		want    string
		err     string
	}{
		{map[string]string{"OTEL_SERVICE_NAME": "x", all + "HEADERS": "a=b", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x", "OTEL_METRICS_EXPORTER": "otlp"}, "", ""},
		{map[string]string{all + "ENDPOINT": "http://x"}, protocolHTTP, ""},
		{map[string]string{all + "ENDPOINT": "  "}, "", ""},
		{map[string]string{traces + "ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "false"}, protocolHTTP, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, protocolHTTP, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "none", all + "ENDPOINT": "http://x"}, "", ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "TRUE"}, "", ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp", all + "PROTOCOL": "grpc"}, protocolGRPC, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp", all + "PROTOCOL": "grpc", traces + "PROTOCOL": "http/protobuf"}, protocolHTTP, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp", all + "PROTOCOL": "http/json"}, "", all + "PROTOCOL"},
		{map[string]string{"OTEL_TRACES_EXPORTER": "console"}, "", "OTEL_TRACES_EXPORTER"},
	} {
		got, err := environment(func(name string) string { return c.environ[name] }).protocol("TRACES")
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err+":") {
			t.Errorf("%v: %q, %v", c.environ, got, err)
		}
	}
}

// Without telemetry there is nothing, and nothing breaks.
func TestNil(t *testing.T) {
	ctx := t.Context()
	telemetry := Start(ctx, Config{Getenv: func(string) string { return "" }, Warn: func(text string) { t.Error(text) }})
	if telemetry != nil {
		t.Fatal("started")
	}
	same := func(got context.Context) {
		if got != ctx {
			t.Error("another context")
		}
	}
	run, ran := telemetry.Run(ctx, "x")
	day, ended := telemetry.Day(ctx, "x")
	phase, passed := telemetry.Phase(ctx, "x")
	deliver, delivered := telemetry.Deliver(ctx, "x")
	for _, got := range []context.Context{run, day, phase, deliver} {
		same(got)
	}
	ran(0, nil)
	ended(nil)
	passed(nil)
	delivered(Delivery{}, nil)
	telemetry.Count(ctx, Totals{})
	telemetry.Retry("x")
	if p := telemetry.Azure(); p.NewTracer("x", "").Enabled() {
		t.Error("spans of Azure")
	}
	telemetry.Close()
}

// Every metric has a name and a unit that OpenTelemetry takes.
func TestInstruments(t *testing.T) {
	real := newInstruments(sdkmetric.NewMeterProvider().Meter(scope))
	none := newInstruments(noopmetric.NewMeterProvider().Meter(scope))
	for _, i := range []instruments{real, none} {
		for v, n := reflect.ValueOf(i), 0; n < v.NumField(); n++ {
			if v.Field(n).IsNil() {
				t.Errorf("no instrument %s", v.Type().Field(n).Name)
			}
		}
	}
}

func TestReason(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("upload: %w", &url.Error{Op: "Post", URL: "http://u:secret@x/?key=secret", Err: errors.New("no\nroute")}), "no route"},
		{errors.New("failed to send to http://x/v1/traces: 401 body: secret"), "failed to send to http://x/v1/traces: 401 "},
		{errors.New("a\xffb"), "a?b"},
		{errors.New(strings.Repeat("é", 300)), strings.Repeat("é", longest) + "…"},
	} {
		if got := reason(c.err); got != strings.TrimSpace(c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
