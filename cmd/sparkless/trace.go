package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"sparkless/cmd/sparkless/telemetry"
	"sparkless/job"
	"sparkless/masquerade"
)

// startTelemetry begins the span of the run, in the command's context, if the
// environment asks for telemetry.
func (a *app) startTelemetry(cmd *cobra.Command, v *values) {
	a.telemetry = telemetry.Start(cmd.Context(), telemetry.Config{
		Version: buildVersion(), Getenv: os.Getenv, Warn: func(text string) { a.log.Warn(text) },
	})
	ctx, ran := a.telemetry.Run(cmd.Context(), cmd.CommandPath())
	cmd.SetContext(ctx)
	a.ran, v.tracing = ran, a.telemetry.Azure()
}

// trace makes a span of a step of a day.
func (a *app) trace(ctx context.Context, s job.Step) (context.Context, func(error)) {
	switch {
	case s.Day != "":
		return a.telemetry.Day(ctx, s.Day)
	case s.Delivery == nil:
		return a.telemetry.Phase(ctx, string(s.Phase))
	}
	ctx, end := a.telemetry.Deliver(ctx, s.Delivery.Sink)
	return ctx, func(err error) {
		d := s.Delivery
		end(telemetry.Delivery{Sink: d.Sink, Sent: d.Sent, Before: d.Already, Left: d.Left, Refused: d.Refused}, err)
	}
}

// count tells telemetry what a day gave.
func (a *app) count(ctx context.Context, r *job.Result[*masquerade.Counts]) {
	a.telemetry.Count(ctx, telemetry.Totals{Bytes: r.Bytes, Events: r.Stats.Records, Malformed: r.Stats.MalformedLines(),
		Names: r.Day.Names(), Findings: len(r.Records), Suppressed: len(r.Suppressed)})
}
