package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// instruments are the metrics, by the names in newInstruments.
type instruments struct {
	phases                   metric.Float64Histogram
	bytes, events, malformed metric.Int64Counter
	names                    metric.Int64Gauge
	findings, suppressed     metric.Int64Counter
	delivered, left, retries metric.Int64Counter
}

// newInstruments makes the metrics. Their names and units are all fit, so there is no
// error; a test makes them.
func newInstruments(m metric.Meter) instruments {
	counter := func(name, unit, what string) metric.Int64Counter {
		c, _ := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(what))
		return c
	}
	var i instruments
	i.phases, _ = m.Float64Histogram("sparkless.phase.duration", metric.WithUnit("s"), metric.WithDescription("How long the phases of a day took."),
		metric.WithExplicitBucketBoundaries(0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600))
	i.bytes = counter("sparkless.input.bytes", "By", "Bytes of the analysed days' blobs, as stored.")
	i.events = counter("sparkless.input.events", "{event}", "Events of the analysed days with an ID that the hunt wants.")
	i.malformed = counter("sparkless.input.malformed", "{line}", "Lines that could not be used.")
	i.names, _ = m.Int64Gauge("sparkless.names", metric.WithUnit("{name}"), metric.WithDescription("Distinct process names of the day that was analysed last."))
	i.findings = counter("sparkless.findings", "{finding}", "Findings of the analysed days.")
	i.suppressed = counter("sparkless.suppressed", "{finding}", "Findings that rules kept quiet.")
	i.delivered = counter("sparkless.records.delivered", "{record}", "Records that a destination took.")
	i.left = counter("sparkless.records.left", "{record}", "Records that a destination did not take.")
	i.retries = counter("sparkless.retries", "{retry}", "Requests that were repeated after a passing failure.")
	return i
}

// Totals are what a day gave.
type Totals struct {
	Bytes, Events, Malformed    int64
	Names, Findings, Suppressed int
}

// Count adds what a day gave.
func (t *Telemetry) Count(ctx context.Context, d Totals) {
	if t == nil {
		return
	}
	ctx = context.WithoutCancel(ctx) // what was done counts
	t.bytes.Add(ctx, d.Bytes)
	t.events.Add(ctx, d.Events)
	t.malformed.Add(ctx, d.Malformed)
	t.names.Record(ctx, int64(d.Names))
	t.findings.Add(ctx, int64(d.Findings))
	t.suppressed.Add(ctx, int64(d.Suppressed))
}

// Retry counts a repetition at storage, or at a sink by its name.
func (t *Telemetry) Retry(target string) {
	if t == nil {
		return
	}
	t.retries.Add(context.Background(), 1, metric.WithAttributes(attribute.String("sparkless.target", target)))
}
