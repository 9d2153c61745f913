package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// constants are what large days are worked out with.
type constants struct {
	// Measured by -measure.
	taskWall, taskServer  float64 // seconds a task takes beside its work: of wall time, and of the server's and its database's CPU
	taskEvents, taskBytes float64 // of history
	shardReads, shardPuts float64 // requests to the work store, by shard
	taskReads, taskPuts   float64 // by task
	replicaReads          float64 // by process
	replicaPuts           float64
	replicaLists          float64
	pieceName             float64 // bytes of a piece, by name in it
	// Measured by the benchmarks of storage/azure and masquerade, and by bench/compare.
	foldCPU   float64 // CPU seconds a GB, over HTTPS
	mergeRate float64 // bytes of pieces that are decoded and merged in a second
	conclude  float64 // seconds, by name of the day
	// Of the program.
	readSize float64 // bytes of a request for a part of a blob
	fan      int     // pieces that are merged at a time
	days     int     // of a backfill at once
	// Of a worker on Container Apps, and of an account as Azure limits it unless asked
	// (learn.microsoft.com, scalability targets for standard storage accounts).
	cores  float64
	egress float64 // bytes a second
	// Assumed.
	runWall  float64 // seconds until the first batch begins
	names    float64 // in a batch
	growth   float64 // how many times as many names a merge has as each of its pieces
	dayNames float64 // in a day
	spread   float64 // of the time that equal batches take, as a share of it
}

// known are the constants; bench/runs has the measurements.
var known = constants{
	taskWall: 0.1, taskServer: 0.023, taskEvents: 6.3, taskBytes: 1750,
	shardReads: 1, shardPuts: 1, taskReads: 5, taskPuts: 1, replicaReads: 9, replicaPuts: 1, replicaLists: 28,
	pieceName: 167,
	foldCPU:   4.7, mergeRate: 20e6, conclude: 24e-6,
	readSize: 8 << 20, fan: 32, days: 4,
	cores: 4, egress: 50e9 / 8,
	runWall: 5, names: 50_000, growth: 8, dayNames: 1e6, spread: 0.25,
}

// load is what is to be gone through.
type load struct {
	days    int
	bytes   float64 // a day
	workers int
	egress  float64 // of all accounts together, bytes a second
}

// forecast is what a load would take.
type forecast struct {
	load
	tasks           int     // of all days
	batch           float64 // bytes
	fold            float64 // seconds that a batch takes a worker
	wall            float64 // seconds
	reads, puts     float64
	lists           float64
	events, history float64 // of the workflow of one day, and its bytes
	tail            float64 // of it, merging and concluding when all is folded
	server          float64 // processors that the server and its database take
	bound           string
}

// forecast works a load out.
func (c constants) forecast(l load) forecast {
	f := forecast{load: l}
	f.batch = min(max(l.bytes/512, 2<<30), 8<<30)
	batches := int(math.Ceil(l.bytes / f.batch))
	levels := c.levels(batches)
	tasks := batches + 1
	for _, n := range levels {
		tasks += n
	}
	f.tasks = tasks * l.days
	rate := c.cores / c.foldCPU * 1e9
	f.bound = "processors of the workers"
	if all := rate * float64(l.workers); all > l.egress {
		rate, f.bound = l.egress/float64(l.workers), "egress of the storage account"
	}
	f.fold = f.batch/rate + c.taskWall
	f.wall = c.makespan(batches*l.days, l.workers, f.fold)
	f.tail = c.tail(batches, levels, l.workers)
	if l.days > 1 {
		// The ends of all days but the last pass while others are folded, as far as one
		// day after the other is concluded fast enough.
		f.wall += float64(l.days-1) * f.tail / float64(l.workers)
		if inTurn := float64(l.days) * c.conclude * c.dayNames; inTurn > f.wall {
			f.wall, f.bound = inTurn, "concluding in turn"
		}
	}
	f.wall += c.runWall + f.tail
	shards := math.Ceil(l.bytes/(1<<30)) * float64(l.days)
	n := float64(f.tasks)
	f.reads = float64(l.days)*l.bytes/c.readSize + shards*c.shardReads + n*c.taskReads + float64(l.workers)*c.replicaReads
	f.puts = shards*c.shardPuts + n*c.taskPuts + float64(l.workers)*c.replicaPuts
	f.lists = float64(l.workers+l.days) * c.replicaLists
	f.events, f.history = float64(tasks)*c.taskEvents, float64(tasks)*c.taskBytes
	f.server = n * c.taskServer / f.wall
	return f
}

// tail is how long merging and concluding take a day.
func (c constants) tail(pieces int, levels []int, workers int) float64 {
	names, all := c.names, 0.0
	for _, merges := range levels {
		fan := float64(min(c.fan, pieces))
		all += math.Ceil(float64(merges)/float64(workers)) * (fan*names*c.pieceName/c.mergeRate + c.taskWall)
		names, pieces = min(names*c.growth, c.dayNames), merges
	}
	// Whoever waits makes the findings of the kept profile once more.
	return all + 2*c.conclude*names
}

// levels are how many merges there are, level by level.
func (c constants) levels(pieces int) []int {
	var all []int
	for pieces > 1 {
		pieces = (pieces + c.fan - 1) / c.fan
		all = append(all, pieces)
	}
	return all
}

// makespan is how long workers take over equal tasks that do not take equally long: who
// is free takes the next.
func (c constants) makespan(tasks, workers int, seconds float64) float64 {
	rng := rand.New(rand.NewPCG(1, 1))
	free := make([]float64, workers)
	for range tasks {
		i := 0
		for j, at := range free {
			if at < free[i] {
				i = j
			}
		}
		free[i] += seconds * (1 + c.spread*(2*rng.Float64()-1))
	}
	return slices.Max(free)
}

// loads are those that are told of.
func loads(egress float64) []load {
	var all []load
	for _, workers := range []int{1, 4, 8, 25, 100} {
		all = append(all, load{1, 10e12, workers, egress})
	}
	all = append(all, load{1, 10e12, 25, 4 * egress}, load{1, 10e12, 100, 4 * egress})
	for _, workers := range []int{8, 25} {
		all = append(all, load{90, 1e12, workers, egress})
	}
	return append(all, load{90, 1e12, 25, 4 * egress}, load{90, 1e12, 100, 4 * egress})
}

// simulate prints what large days would take, and records it.
func (o options) simulate(now time.Time) error {
	return o.printer(now).Print(fmt.Sprintf("# %s\n", stamp(now)) + known.text() + "\n")
}

func (c constants) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, `Worked out, not run: large days with the constants that were measured. A worker has %.0f processors and reads a GB over HTTPS
in %.1f s of CPU time; an account gives %.0f Gbit/s, or %.0f where Azure has raised that; a batch holds %.0f names, a piece
%.0f bytes for each; equal batches take %.0f %% more or less than their mean. A task costs %.0f ms beside its work, %.1f events
and %.1f kB of history, and %.0f ms of CPU time of the server and its database.

`, c.cores, c.foldCPU, c.egress*8/1e9, 4*c.egress*8/1e9, c.names, c.pieceName, 100*c.spread, 1e3*c.taskWall, c.taskEvents, c.taskBytes/1e3, 1e3*c.taskServer)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "days\tTB each\tworkers\tGbit/s\ttasks\tbatch GiB\ts a batch\twall\treads\twrites\tlists\tevents a day\thistory MB\tserver CPUs\tbound by\t")
	for _, l := range loads(c.egress) {
		f := c.forecast(l)
		fmt.Fprintf(w, "%d\t%.0f\t%d\t%.0f\t%d\t%.1f\t%.0f\t%s\t%.2f M\t%.0f k\t%.1f k\t%.0f\t%.1f\t%.2f\t%s\t\n",
			l.days, l.bytes/1e12, l.workers, l.egress*8/1e9, f.tasks, f.batch/(1<<30), f.fold, span(f.wall),
			f.reads/1e6, f.puts/1e3, f.lists/1e3, f.events, f.history/1e6, f.server, f.bound)
	}
	_ = w.Flush() // into memory
	b.WriteString(hundred)
	return b.String()
}

// hundred is how a load would be gone through that is not in the table.
const hundred = `
  100 TB a day: the plan still fits into one workflow, since batches grow to 64 GiB, 80 s for a worker. Reading is bound by the accounts:
  4.5 hours at 50 Gbit/s, 70 minutes at 200; an export of that size comes from several workspaces, and goes to an account of each, which
  add up: four of 200 Gbit/s and 120 workers read it in 17 minutes. What does not grow is the end: the names of the day are merged and
  judged by one process, some 2 kB of memory each, so ten million names are 20 GB, and merging them one level after the other 20 minutes.
  Beyond that the pieces have to be cut by a hash of the name, merged by as many workers at once, and each share of rare names compared
  with all the frequent ones, which are few. That is not built. More than 1,500 tasks would be a workflow an hour below the day's.
`

// span is a time for people.
func span(seconds float64) string {
	return (time.Duration(seconds/60+0.5) * time.Minute).String()
}
