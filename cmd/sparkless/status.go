package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/job/cluster"
	"sparkless/masquerade"
	"sparkless/publish/file"
	"sparkless/storage/event"
)

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how far runs of many machines are, and who works on them",
		Long: `Status shows runs and backfills that were started with --engine temporal, those that
started last first: how far they are, what is under way and by whom, what failed and is
tried again, and who works for the task queues of these settings. It looks at the
Temporal server, which forgets runs some days after they ended, and reads no export.

Each hunt that hunts.detect names has runs and a task queue of its own. --queue prints
the names of the queues, a line each in the order of the hunts, and asks no server. Run
it with the program and the settings that the workers have: both are in the name.`,
		Example: `  sparkless status --account mystorage
  sparkless status --account mystorage --day 2026-11-20 --format json
  sparkless status --account mystorage --queue`,
	}
	f := addWindowFlags(cmd)
	cmd.Flags().Lookup("day").Usage = "the UTC day, like 2026-11-20; all that the server knows of unless told"
	queue := cmd.Flags().Bool("queue", false, "print the names of the task queues and nothing else")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := a.window(f)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		format, err := askedFormat(cmd, v, formatTable, file.JSON)
		if err != nil {
			return err
		}
		if *queue {
			return a.printQueues(cmd.Context(), v)
		}
		var filter cluster.Filter
		if f.given() {
			filter.Window = w.Label()
		}
		return a.status(cmd.Context(), v, filter, format)
	}
	return cmd
}

// printQueues prints the name of the task queue of each hunt.
func (a *app) printQueues(ctx context.Context, v *values) error {
	h, err := a.newHuntAside(ctx, v)
	if err != nil {
		return err
	}
	var names []string
	if h.masquerades {
		err = enlist(v, &h.Config)
		names = append(names, queue(&h.Config, masquerade.Name))
	}
	for _, p := range h.pursuits {
		name, failed := p.queue(v)
		names, err = append(names, name), join(err, failed)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, strings.Join(names, "\n"))
	return err
}

// newHuntAside makes a hunt that reads and writes nothing, of a command that is about
// the runs of others.
func (a *app) newHuntAside(ctx context.Context, v *values) (*hunt, error) {
	d, err := a.draft(v)
	if err != nil {
		return nil, usageError{err}
	}
	h := &d.hunt
	if h.Scope, err = h.scope(ctx, v); err != nil {
		return nil, err
	}
	h.detector = a.newDetector(h)
	h.Detector = h.detector
	if err := a.pursuits(v, h); err != nil {
		return nil, err
	}
	return h, a.findLayout(ctx, v, h)
}

// status is the story of looking at the runs of many machines.
func (a *app) status(ctx context.Context, v *values, filter cluster.Filter, format string) error {
	h, err := a.newHuntAside(ctx, v)
	if err != nil {
		return err
	}
	posts, end, err := a.posts(ctx, v, h)
	if err != nil {
		return err
	}
	defer end()
	for i := range posts {
		if err := posts[i].look(ctx, filter); err != nil {
			return inHunt(posts[i].hunt, err)
		}
	}
	if format == file.JSON {
		return writeJSON(a.stdout, newStanding(posts))
	}
	if !slices.ContainsFunc(posts, func(p post) bool { return len(p.runs) > 0 }) {
		a.log.Info("the server knows of no run")
	}
	for _, t := range standingTables(posts) {
		if err := a.write(t); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) cancelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cancel",
		Short: "Cancel a run or a backfill of many machines",
		Long: `Cancel ends runs of a day or of another window that were started with --engine
temporal, or a backfill of just these days, on all machines, of each hunt that
hunts.detect names: who waits for them exits with code 130. What has been read stays, and a later run goes on from there. To take
one machine off a run, stop its process instead.`,
		Example: `  sparkless cancel --account mystorage --day 2026-11-20
  sparkless cancel --account mystorage --from 2026-11-01 --to 2026-12-01`,
	}
	f := addWindowFlags(cmd)
	cmd.Flags().Lookup("day").Usage = "the UTC day, like 2026-11-20"
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.day == "" && (f.from == "" || f.to == "") {
			return usageError{fmt.Errorf("--day is missing, or --from and --to: nothing is cancelled unless told")}
		}
		w, err := a.window(f)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.cancel(cmd.Context(), v, w)
	}
	return cmd
}

// cancel is the story of ending the runs of a window.
func (a *app) cancel(ctx context.Context, v *values, w event.Window) error {
	h, err := a.newHuntAside(ctx, v)
	if err != nil {
		return err
	}
	posts, end, err := a.posts(ctx, v, h)
	if err != nil {
		return err
	}
	defer end()
	cancelled := 0
	var errs []error
	for _, p := range posts {
		n, err := a.cancelAt(ctx, p, w)
		cancelled += n
		errs = append(errs, err)
	}
	if err := join(errs...); err != nil || cancelled > 0 {
		return err
	}
	return fmt.Errorf("no run of %s is under way", w)
}

// cancelAt cancels the runs of one hunt, and returns how many it could.
func (a *app) cancelAt(ctx context.Context, p post, w event.Window) (cancelled int, err error) {
	all, err := p.server.Status(ctx, cluster.Filter{Window: w.Label()})
	if err != nil {
		return 0, inHunt(p.hunt, err)
	}
	for _, s := range all {
		if s.State != running {
			continue
		}
		if err := p.server.Cancel(ctx, s.ID); err != nil {
			return cancelled, fmt.Errorf("cancelling %s: %w", s.ID, err)
		}
		cancelled++
		a.log.Info("asked to end; `sparkless status` says when it has", "hunt", p.hunt, "workflow", s.ID)
	}
	return cancelled, nil
}
