// Package telemetry tells OpenTelemetry about a run: spans of what took how long, and
// metrics of what came of it. The standard environment variables say whether and to
// where; without them nothing is started.
package telemetry

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"
	"github.com/Azure/azure-sdk-for-go/sdk/tracing/azotel"
	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
)

// flushTime bounds how long the end of a run waits for the collector.
const flushTime = 5 * time.Second

// Config is what Start needs.
type Config struct {
	Version string              // of the program
	Getenv  func(string) string // os.Getenv: OpenTelemetry itself reads that
	// Warn is told once when telemetry does not work. What it is told holds no value of
	// a variable: headers have keys in them.
	Warn func(text string)
}

// Telemetry is what a run is told to. Nil is none: all methods do nothing then. They
// may be called from many goroutines.
type Telemetry struct {
	traces  *sdktrace.TracerProvider // nil if there are none
	metrics *sdkmetric.MeterProvider // nil if there are none
	tracer  trace.Tracer
	instruments
	warn func(string)
}

// Start reads the environment and starts what it asks for, nil if that is nothing.
// Nothing is sent yet, and nothing that is wrong with telemetry is an error of the
// run.
func Start(ctx context.Context, c Config) *Telemetry {
	t := &Telemetry{}
	var once sync.Once
	t.warn = func(text string) { once.Do(func() { c.Warn("no telemetry, or not all of it: " + text) }) }
	env := environment(c.Getenv)
	forTraces, err := env.protocol("TRACES")
	forMetrics, err2 := env.protocol("METRICS")
	if err = errors.Join(err, err2); err != nil {
		t.warn(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if forTraces == "" && forMetrics == "" {
		return nil
	}
	// Both are OpenTelemetry's, for the whole process, and would print to stderr.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { t.warn(reason(err)) }))
	otel.SetLogger(logr.New(complaints{t.warn}))
	res := t.resource(ctx, c.Version)
	if err := errors.Join(t.startTraces(ctx, forTraces, res), t.startMetrics(ctx, forMetrics, res)); err != nil {
		t.warn(reason(err))
	}
	t.begin()
	return t
}

// resource describes the program. What the environment says goes before.
func (t *Telemetry) resource(ctx context.Context, version string) *resource.Resource {
	r, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "sparkless"), attribute.String("service.version", version)),
		resource.WithFromEnv())
	if err != nil {
		t.warn("OTEL_RESOURCE_ATTRIBUTES: not a list of the form name=value,name=value")
	}
	return r
}

func (t *Telemetry) startTraces(ctx context.Context, protocol string, r *resource.Resource) error {
	var exporter sdktrace.SpanExporter
	var err error
	switch protocol {
	case "":
		return nil
	case protocolGRPC:
		exporter, err = otlptracegrpc.New(ctx)
	default:
		exporter, err = otlptracehttp.New(ctx)
	}
	if err != nil {
		return err
	}
	t.traces = sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(r))
	return nil
}

func (t *Telemetry) startMetrics(ctx context.Context, protocol string, r *resource.Resource) error {
	var exporter sdkmetric.Exporter
	var err error
	switch protocol {
	case "":
		return nil
	case protocolGRPC:
		exporter, err = otlpmetricgrpc.New(ctx)
	default:
		exporter, err = otlpmetrichttp.New(ctx)
	}
	if err != nil {
		return err
	}
	t.metrics = sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)), sdkmetric.WithResource(r))
	return nil
}

// scope names what spans and metrics come from.
const scope = "sparkless"

// begin makes tracer and instruments, which do nothing where their signal is off.
func (t *Telemetry) begin() {
	t.tracer = nooptrace.NewTracerProvider().Tracer(scope)
	if t.traces != nil {
		t.tracer = t.traces.Tracer(scope)
	}
	var meters metric.MeterProvider = noopmetric.NewMeterProvider()
	if t.metrics != nil {
		meters = t.metrics
	}
	t.instruments = newInstruments(meters.Meter(scope))
}

// Azure makes spans of what Azure's clients do, as children of those in their
// contexts. The clients leave the values of query parameters out of URLs.
func (t *Telemetry) Azure() tracing.Provider {
	if t == nil || t.traces == nil {
		return tracing.Provider{}
	}
	return azotel.NewTracingProvider(t.traces, nil)
}

// Close sends what is left, for five seconds at most. It is also for runs that were
// interrupted.
func (t *Telemetry) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), flushTime, errors.New("the collector did not take it in time"))
	defer cancel()
	var both sync.WaitGroup
	if t.traces != nil {
		both.Go(func() { t.closed(ctx, t.traces.Shutdown(ctx)) })
	}
	if t.metrics != nil {
		both.Go(func() { t.closed(ctx, t.metrics.Shutdown(ctx)) })
	}
	both.Wait()
}

func (t *Telemetry) closed(ctx context.Context, err error) {
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		t.warn(reason(err))
	}
}

// longest is how much of an error is told.
const longest = 200

// reason is an error without what may be secret: addresses, and what a collector
// answered, which may repeat what it was sent.
func reason(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	text, _, _ := strings.Cut(err.Error(), "body:")
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}

// complaints is where OpenTelemetry logs what is wrong with variables. Their values
// are left out.
type complaints struct{ warn func(string) }

func (complaints) Init(logr.RuntimeInfo)                 {}
func (complaints) Enabled(int) bool                      { return false }
func (complaints) Info(int, string, ...any)              {}
func (c complaints) WithValues(...any) logr.LogSink      { return c }
func (c complaints) WithName(string) logr.LogSink        { return c }
func (c complaints) Error(_ error, msg string, _ ...any) { c.warn("a variable OTEL_…: " + msg) }
