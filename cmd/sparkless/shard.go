package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/storage/event"
)

// indexVariable is where Kubernetes tells the pods of an Indexed Job apart.
// (kubernetes.io/docs/concepts/workloads/controllers/job, "Completion mode")
const indexVariable = "JOB_COMPLETION_INDEX"

// share is what one of several processes does of a plan: the batches whose number
// leaves index when divided by of.
type share struct{ index, of int }

func (a *app) shardCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shard",
		Short: "Read one of several shares of a day, for sparkless merge",
		Long: `Shard reads a part of a day on one of several machines that know nothing of each
other, as the pods of an Indexed Job of Kubernetes: without a Temporal server, and so
without anybody who notices that one is gone. --of says how many they are, and
--index, or the variable JOB_COMPLETION_INDEX, which of them this is, from 0.

The first to come freezes what is read, under the name of --plan; all the others with
this name read the same, whatever comes late. So each run wants a name of its own,
like that of the Job. When all are done, sparkless merge makes findings of it. Both
want the same version of the program, and the same settings of what is read and how
it is cut; what is found, shown and sent is for merge to say. Run again, a share that
is there is not read again. It prints and sends nothing.`,
		Example: `  sparkless shard --account mystorage --plan nightly-29 --day 2026-11-20 --of 20 --index 3
  JOB_COMPLETION_INDEX=3 sparkless shard --account mystorage --plan nightly-29 --day 2026-11-20 --of 20`,
	}
	f, plan := addPlanFlags(cmd)
	index := cmd.Flags().Int("index", -1, "which of the machines this is, from 0; the variable "+indexVariable+" unless told")
	of := cmd.Flags().Int("of", 0, "how many machines there are")
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := a.plannedWindow(f, *plan)
		if err != nil {
			return err
		}
		s, err := shareOf(*index, cmd.Flags().Changed("index"), *of)
		if err != nil {
			return usageError{err}
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.shard(cmd.Context(), v, w, *plan, s)
	}
	return cmd
}

func (a *app) mergeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "merge",
		Short: "Make findings of what sparkless shard has read",
		Long: `Merge takes what all the machines have read that ran sparkless shard with the same
plan, and prints, writes and sends what it finds, as sparkless run does. It fails,
and names what is missing, if a share is not there: run that again first. Run again,
it reads no export and sends nothing twice.`,
		Example: `  sparkless merge --account mystorage --plan nightly-29 --day 2026-11-20 --report day.html`,
	}
	f, plan := addPlanFlags(cmd)
	addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := a.plannedWindow(f, *plan)
		if err != nil {
			return err
		}
		v, err := a.load(cmd)
		if err != nil {
			return err
		}
		return a.merge(cmd.Context(), v, told{w, f.by()}, *plan)
	}
	return cmd
}

// addPlanFlags adds the flags of both.
func addPlanFlags(cmd *cobra.Command) (*windowFlags, *string) {
	f := addWindowFlags(cmd)
	cmd.Flags().Lookup("day").Usage = "the UTC day, like 2026-11-20"
	cmd.Flags().Lookup("to").Usage = "its end, which is not included"
	return f, cmd.Flags().String("plan", "", "name of the plan, the same for all that work on it")
}

// plannedWindow is the time that a plan is of. It has to be told: machines that start
// at another time would take another day for yesterday.
func (a *app) plannedWindow(f *windowFlags, plan string) (event.Window, error) {
	if plan == "" {
		return event.Window{}, usageError{errors.New("--plan is missing: a name that all share which work on the same, like nightly-29")}
	}
	if err := job.CheckPlanName(plan); err != nil {
		return event.Window{}, usageError{fmt.Errorf("--plan: %w", err)}
	}
	if f.day == "" && (f.from == "" || f.to == "") {
		return event.Window{}, usageError{errors.New("--day is missing, or --from and --to: all that work on a plan have to mean the same time, so none is taken for granted")}
	}
	w, err := a.window(f)
	return w, join(err, notTooLong(w))
}

// shareOf is what flags and environment say this process does.
func shareOf(index int, told bool, of int) (share, error) {
	name := "--index"
	if !told {
		text := os.Getenv(indexVariable)
		if name = indexVariable; text == "" {
			return share{}, errors.New("--index is missing, and so is " + indexVariable + ": which of the machines is this, from 0?")
		}
		var err error
		if index, err = strconv.Atoi(text); err != nil {
			return share{}, fmt.Errorf("%s: %s is not a whole number", name, address(text))
		}
	}
	switch {
	case of < 1:
		return share{}, errors.New("--of is missing: how many machines there are")
	case index < 0 || index >= of:
		return share{}, fmt.Errorf("%s is %d, and of %d machines the first is 0 and the last %d", name, index, of, of-1)
	}
	return share{index, of}, nil
}

// shard is the story of one share of a plan.
func (a *app) shard(ctx context.Context, v *values, w event.Window, plan string, s share) error {
	h, err := a.newPlannedHunt(ctx, v)
	if err != nil {
		return err
	}
	if bar := h.barred(); bar != nil {
		for _, one := range steps(bar) {
			a.log.Warn(one.Error()) // the run is partial, which is for merge to say
		}
	}
	empty := map[string]bool{} // containers of which there is nothing to read
	if h.masquerades && h.bar == nil {
		err = a.shared(v, masquerade.Name, empty, shareOfPlan(ctx, a, &h.Hunt, w, plan, s))
	}
	for _, p := range h.pursuits {
		if err != nil {
			return err
		}
		if p.barred() == nil && !empty[p.container()] {
			err = a.shared(v, p.name(), empty, p.share(ctx, w, plan, s))
		}
	}
	return err
}

// shared is what went wrong with a hunt's share. That there is nothing to read is for
// merge to say, as of a container that is not there: others may have their shares.
func (a *app) shared(v *values, hunt string, empty map[string]bool, err error) error {
	if !errors.Is(err, job.ErrNoBlobs) {
		return err
	}
	empty[exportOf(hunt)] = true
	a.log.Warn(inContainer(v, exportOf(hunt), err).Error(), "hunt", hunt)
	return nil
}

// shareOfPlan reads one share of a plan of a hunt.
func shareOfPlan[S job.State[S]](ctx context.Context, a *app, h *job.Hunt[S], w event.Window, plan string, s share) error {
	f, err := h.FreezeAs(ctx, w, plan)
	if err != nil {
		return staleNamed(err, plan)
	}
	a.at = place{what: w.Label()}
	a.log.Info("a share of a plan", append(named(w), "plan", plan, "run", f.Run, "index", s.index, "of", s.of, "batches", f.Batches)...)
	done := 0
	for number := s.index; number < f.Batches; number += s.of {
		p, err := h.FoldBatch(ctx, f, number, func(job.Beat) {})
		if err != nil {
			return staleNamed(fmt.Errorf("batch %d of %d: %w", number, f.Batches, err), plan)
		}
		done++
		a.log.Info("batch done", "batch", number, "shards", p.Shards, "reused", p.Reused, "bytes", p.Bytes, "lines", p.Lines, "events", p.Records)
	}
	a.log.Info("the share is done", append(named(w), "plan", plan, "index", s.index, "of", s.of, "batches", done)...)
	return nil
}

// newPlannedHunt makes a hunt whose work is shared by a plan.
func (a *app) newPlannedHunt(ctx context.Context, v *values) (*hunt, error) {
	h, err := a.newPrintingHunt(ctx, v)
	if err != nil {
		return nil, err
	}
	// The settings of what is read are in the plan's key.
	h.Identity = processName()
	h.Code, err = thisProgram()
	return h, err
}

// staleNamed says what to do about a plan whose blobs are not there any more.
func staleNamed(err error, plan string) error {
	if errors.Is(err, job.ErrStale) {
		return fmt.Errorf("%w; the plan %s stays as it was frozen: choose another name to read what is there now", err, plan)
	}
	return err
}

// merge is the story of what comes of a plan.
func (a *app) merge(ctx context.Context, v *values, asked told, plan string) error {
	h, err := a.newPlannedHunt(ctx, v)
	if err != nil {
		return err
	}
	return a.carryOut(ctx, v, h, asked, way{
		names: func(ctx context.Context, w event.Window) (*dayResult, error) {
			r, err := gatherPlan(ctx, &h.Hunt, w, plan, h.bar)
			return r, staleNamed(err, plan)
		},
		anomalies: func(ctx context.Context, p pursuit, w event.Window) (*anomalies, error) {
			return p.gather(ctx, w, plan)
		},
	})
}

// gatherPlan is what a plan comes to whose batches are all read. Bar is why the container
// cannot be read, which matters only where there is no plan.
func gatherPlan[S job.State[S]](ctx context.Context, h *job.Hunt[S], w event.Window, plan string, bar error) (*job.Result[S], error) {
	f, err := h.FrozenAs(ctx, w, plan)
	if errors.Is(err, job.ErrNoPlan) {
		if bar != nil {
			return nil, bar
		}
		if nothing := h.Readable(ctx, w); nothing != nil { // of which there is no plan
			return nil, nothing
		}
		return nil, fmt.Errorf("%w: `sparkless shard --plan %s %s` makes it", err, plan, job.Asked(w))
	}
	if err != nil {
		return nil, err
	}
	pieces, missing, err := h.Pieces(ctx, f)
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("%d of the %d batches of the plan %s are missing: %s; run `sparkless shard` again where they belong: where the index is what is left of a number when it is divided by --of", len(missing), f.Batches, plan, ranges(missing))
	}
	var all job.Piece
	if err == nil {
		all, err = h.MergeAll(ctx, f, pieces)
	}
	var end job.Conclusion
	if err == nil {
		end, err = h.Conclude(ctx, f, all)
	}
	if err != nil {
		return nil, err
	}
	return h.Concluded(ctx, f, end)
}

// ranges writes ascending numbers, those that follow each other as 3-7.
func ranges(numbers []int) string {
	var all []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		text := strconv.Itoa(numbers[i])
		if j > i {
			text += "-" + strconv.Itoa(numbers[j])
		}
		all = append(all, text)
		i = j + 1
	}
	return strings.Join(all, ", ")
}
