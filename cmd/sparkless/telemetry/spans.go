package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"sparkless/storage/printable"
)

// span starts a span in the context's. The function ends it; an error is its status,
// in the words of explain.
func (t *Telemetry) span(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, func(error, ...attribute.KeyValue)) {
	ctx, s := t.tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, func(err error, more ...attribute.KeyValue) {
		if err != nil {
			s.SetStatus(codes.Error, explain(err))
		}
		s.SetAttributes(more...)
		s.End()
	}
}

// explain is an error as the log has it.
func explain(err error) string {
	const longest = 1000
	runes := []rune(err.Error())
	return printable.Whole(string(runes[:min(len(runes), longest)]))
}

// Run is the span of a whole command, like "sparkless run". The function is told the
// exit code and what went wrong.
func (t *Telemetry) Run(ctx context.Context, command string) (context.Context, func(code int, err error)) {
	if t == nil {
		return ctx, func(int, error) {}
	}
	ctx, end := t.span(ctx, command)
	return ctx, func(code int, err error) { end(err, attribute.Int("process.exit.code", code)) }
}

// Day is the span of one day's analysis.
func (t *Telemetry) Day(ctx context.Context, day string) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, end := t.span(ctx, "day", attribute.String("sparkless.day", day))
	return ctx, func(err error) { end(err) }
}

// Phase is the span of a phase of a day, and its duration.
func (t *Telemetry) Phase(ctx context.Context, phase string) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	start := time.Now()
	ctx, end := t.span(ctx, phase)
	return ctx, func(err error) {
		t.phases.Record(context.WithoutCancel(ctx), time.Since(start).Seconds(), metric.WithAttributes(attribute.String("sparkless.phase", phase)))
		end(err)
	}
}

// Delivery is what a destination was given.
type Delivery struct {
	Sink string
	// Sent are the records that it took, Before those that it had taken earlier, Left
	// those it has not taken, Refused of these the ones that it never will.
	Sent, Before, Left, Refused int
}

// Deliver is the span of a delivery to one destination, and what came of it.
func (t *Telemetry) Deliver(ctx context.Context, sink string) (context.Context, func(Delivery, error)) {
	if t == nil {
		return ctx, func(Delivery, error) {}
	}
	to := attribute.String("sparkless.sink", sink)
	ctx, end := t.span(ctx, "deliver", to)
	return ctx, func(d Delivery, err error) {
		ctx := context.WithoutCancel(ctx)
		t.delivered.Add(ctx, int64(d.Sent), metric.WithAttributes(to))
		t.left.Add(ctx, int64(d.Left), metric.WithAttributes(to))
		end(err, attribute.Int("sparkless.records.sent", d.Sent), attribute.Int("sparkless.records.before", d.Before),
			attribute.Int("sparkless.records.left", d.Left), attribute.Int("sparkless.records.refused", d.Refused))
	}
}
