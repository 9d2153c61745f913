package job_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
)

// machines is an engine on many machines that lives in memory, and outlives all
// processes: of each run it remembers which task was completed, and with what.
type machines struct {
	many int // pieces that are merged at a time
	rng  *rand.Rand

	mu     sync.Mutex
	runs   map[string]*history // that have not ended, by Frozen.Run
	served atomic.Int64        // processes

	// For defects: what is handed to MergePieces and Conclude in place of what was
	// completed.
	instead func(work storage.Store, f job.Frozen, pieces []job.Piece) []job.Piece
}

// history is that of one run.
type history struct {
	frozen job.Frozen
	pieces map[[2]int]job.Piece // by their batches, First and Last
	done   *job.Conclusion
}

func newMachines(seed uint64, many int) *machines {
	return &machines{many: many, rng: rand.New(rand.NewPCG(seed, 8)), runs: map[string]*history{}}
}

// join is the history of the run that f names, which this begins if there is none.
func (m *machines) join(f job.Frozen) *history {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs[f.Run] == nil {
		m.runs[f.Run] = &history{frozen: f, pieces: map[[2]int]job.Piece{}}
	}
	return m.runs[f.Run]
}

// forget loses all histories, as when their time is over.
func (m *machines) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.runs)
}

// complete notes a completion, unless the task has one already, and returns the one
// that counts.
func (m *machines) complete(h *history, p job.Piece) job.Piece {
	m.mu.Lock()
	defer m.mu.Unlock()
	if first, ok := h.pieces[[2]int{p.First, p.Last}]; ok {
		return first
	}
	h.pieces[[2]int{p.First, p.Last}] = p
	return p
}

// due are those of the tasks that are not completed, and now and then one that is, in
// any order.
func (m *machines) due(h *history, tasks [][2]int) [][2]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due [][2]int
	for _, i := range m.rng.Perm(len(tasks)) {
		if _, ok := h.pieces[tasks[i]]; !ok || m.rng.IntN(6) == 0 {
			due = append(due, tasks[i])
		}
	}
	return due
}

// of are the completed pieces of tasks.
func (m *machines) of(h *history, tasks [][2]int) []job.Piece {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []job.Piece
	for _, t := range tasks {
		all = append(all, h.pieces[t])
	}
	return all
}

// end ends a run, unless it has ended, and returns how it did.
func (m *machines) end(h *history, c job.Conclusion) job.Conclusion {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.done == nil {
		h.done = &c
		delete(m.runs, h.frozen.Run)
	}
	return *h.done
}

func (m *machines) ended(h *history) (job.Conclusion, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.done == nil {
		return job.Conclusion{}, false
	}
	return *h.done, true
}

// process is one of identical replicas: it freezes the window, starts or joins the
// run, works until that has ended, and returns what it came to. With a plan that has
// become stale it begins anew, three times.
func process[S job.State[S]](ctx context.Context, m *machines, h *job.Hunt[S], w event.Window, workers int) (*job.Result[S], error) {
	h.Identity = fmt.Sprint("process ", m.served.Add(1))
	var err error
	for range 3 {
		var f job.Frozen
		if f, err = h.Freeze(ctx, w); err != nil {
			return nil, err
		}
		run := m.join(f)
		if err = m.workOn(ctx, run, tasked[S]{h, workers}); errors.Is(err, job.ErrStale) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, _ := m.ended(run)
		r, err := h.Concluded(ctx, run.frozen, c)
		if c.By != h.Identity && err != nil && job.KindOf(err) == c.Kind {
			return r, nil // which is the other's to report
		}
		return r, err
	}
	return nil, err
}

// worker carries out the tasks of one process, whatever its states are.
type worker interface {
	many() int
	fold(ctx context.Context, f job.Frozen, batch int) (job.Piece, error)
	merge(ctx context.Context, f job.Frozen, pieces []job.Piece) (job.Piece, error)
	conclude(ctx context.Context, f job.Frozen, all job.Piece) (job.Conclusion, error)
	store() storage.Store
}

type tasked[S job.State[S]] struct {
	h       *job.Hunt[S]
	workers int
}

func (s tasked[S]) many() int { return s.workers }

func (s tasked[S]) fold(ctx context.Context, f job.Frozen, batch int) (job.Piece, error) {
	return s.h.FoldBatch(ctx, f, batch, func(job.Beat) {})
}

func (s tasked[S]) merge(ctx context.Context, f job.Frozen, pieces []job.Piece) (job.Piece, error) {
	return s.h.MergePieces(ctx, f, pieces)
}

func (s tasked[S]) conclude(ctx context.Context, f job.Frozen, all job.Piece) (job.Conclusion, error) {
	return s.h.Conclude(ctx, f, all)
}

func (s tasked[S]) store() storage.Store { return s.h.Work }

// workOn takes the tasks of a run that are due, until it has ended.
func (m *machines) workOn(ctx context.Context, run *history, w worker) error {
	f := run.frozen
	var tasks [][2]int
	for i := range f.Batches {
		tasks = append(tasks, [2]int{i, i + 1})
	}
	err := m.each(ctx, run, w, tasks, func(ctx context.Context, task [2]int) (job.Piece, error) { return w.fold(ctx, f, task[0]) })
	for err == nil && len(tasks) > 1 {
		var parents [][2]int
		children := map[[2]int][][2]int{}
		for at := 0; at < len(tasks); at += m.many {
			some := tasks[at:min(at+m.many, len(tasks))]
			parent := [2]int{some[0][0], some[len(some)-1][1]}
			parents, children[parent] = append(parents, parent), some
		}
		err = m.each(ctx, run, w, parents, func(ctx context.Context, task [2]int) (job.Piece, error) {
			return w.merge(ctx, f, m.handed(w, f, m.of(run, children[task])))
		})
		tasks = parents
	}
	if err != nil {
		return err
	}
	var all job.Piece
	if len(tasks) == 1 {
		all = m.handed(w, f, m.of(run, tasks))[0]
	}
	if _, ended := m.ended(run); ended {
		return nil
	}
	c, err := w.conclude(ctx, f, all)
	if err == nil {
		m.end(run, c)
	}
	return err
}

func (m *machines) handed(w worker, f job.Frozen, pieces []job.Piece) []job.Piece {
	if m.instead == nil {
		return pieces
	}
	return m.instead(w.store(), f, pieces)
}

// each carries out those of the tasks that are due, some at a time.
func (m *machines) each(ctx context.Context, run *history, w worker, tasks [][2]int, do func(context.Context, [2]int) (job.Piece, error)) error {
	due := m.due(run, tasks)
	return job.Local(w.many()).Run(ctx, len(due), func(ctx context.Context, i int) error {
		p, err := do(ctx, due[i])
		if err == nil {
			m.complete(run, p)
		}
		return err
	})
}

// shared is the world's small hunt, shared out among many machines.
func (w *world) shared(m *machines) subject {
	s := w.sightings()
	s.hunt = func(ctx context.Context, p parts, workers int) error {
		h := &job.Hunt[*sightings]{Detector: p.detector, Input: p.input, Work: p.work, Engine: p.engine,
			Lanes: event.NewLanes(workers, workers), Sinks: fixed(p.sinks), Config: config(workers)}
		h.BatchSize, h.Code = 1<<10, "code"
		_, err := process(ctx, m, h, event.Day(day), workers)
		if errors.Is(err, job.ErrUndelivered) && w.poison != "" {
			err = fmt.Errorf("%w: %w", publish.ErrRefused, err) // which a result tells as text
		}
		return err
	}
	return s
}
