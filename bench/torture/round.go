package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// arena is where rounds take place.
type arena struct {
	day     *day
	judge   *judge
	place   place
	sinks   []*recorder
	program program       // without the environment of a round
	whole   time.Duration // that an undisturbed run takes
	out     string        // file of findings
}

// round is one fresh work store: processes are killed, and in the end one is not.
type round struct {
	*arena
	fresh   program
	rng     *rand.Rand
	now     int // the present step
	steps   map[int]step
	dead    map[int]bool // IDs of killed processes
	late    bool         // the late blob is there
	patient bool         // locks are left to time
	score   *score
}

// score sums up rounds.
type score struct {
	rounds, kills int
	phases        map[string]int // of the killed processes
	pairs         int            // of processes at once
	waits         int            // that locks of killed processes were left to time
	lates         int            // late blobs
	leftovers     int            // unfinished files in work stores
	records       int            // that destinations took
	repeats       int            // of records, that were there already
}

// String is the line for the README.
func (s *score) String() string {
	var where []string
	for _, p := range phases {
		if n := s.phases[p]; n > 0 {
			where = append(where, fmt.Sprintf("%d %s", n, p))
		}
	}
	return fmt.Sprintf("%d rounds, %d kills (%s), %d pairs of runs at once, %d rounds that wait for locks to end, %d late blobs: %d records delivered, none lost, none wrong, %d twice; %d unfinished files left",
		s.rounds, s.kills, strings.Join(where, ", "), s.pairs, s.waits, s.lates, s.records, s.repeats, s.leftovers)
}

// play plays a round.
func (a *arena) play(ctx context.Context, seed uint64, number int, s *score) (err error) {
	r := &round{arena: a, rng: rand.New(rand.NewPCG(seed, uint64(number))), steps: map[int]step{}, dead: map[int]bool{}, score: s}
	if r.fresh, err = a.fresh(ctx, number); err != nil {
		return err
	}
	defer func() {
		if r.late {
			err = errors.Join(err, a.place.remove(ctx, a.day.late))
		}
		err = errors.Join(err, a.place.end(ctx), os.RemoveAll(a.out))
	}()
	s.rounds++
	if err := r.disturb(ctx); err != nil {
		return err
	}
	return r.settle(ctx)
}

// disturb kills one process or several, some of two at once, and may let the
// late blob arrive between them.
func (r *round) disturb(ctx context.Context) error {
	kills := 1 + r.rng.IntN(4)
	lateAt := -1
	if r.rng.IntN(3) == 0 {
		lateAt = r.rng.IntN(kills + 1)
	}
	if r.patient = r.rng.IntN(12) == 0; r.patient {
		r.score.waits++
	}
	for kill := range kills {
		if kill == lateAt {
			if err := r.arrive(ctx); err != nil {
				return err
			}
		}
		step := r.single
		if r.rng.IntN(4) == 0 {
			step = r.double
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	if lateAt == kills {
		return r.arrive(ctx)
	}
	return nil
}

func (r *round) arrive(ctx context.Context) error {
	r.score.lates++
	r.late = true
	return r.place.put(ctx, r.day.late)
}

// moment is one in the time that a run takes.
func (r *round) moment() time.Duration {
	return time.Millisecond + time.Duration(r.rng.Int64N(int64(r.whole)))
}

// next begins a step: what arrives from now on belongs to it.
func (r *round) next() {
	r.now++
	for _, sink := range r.sinks {
		sink.begin(r.now)
	}
}

// single kills a process.
func (r *round) single(ctx context.Context) error {
	r.next()
	o, err := r.fresh.run(ctx, r.moment())
	if err != nil {
		return err
	}
	return r.after(ctx, o)
}

// double starts two processes one after the other and kills the first, and
// perhaps the second too.
func (r *round) double(ctx context.Context) error {
	r.next()
	r.score.pairs++
	first, second := r.moment(), time.Duration(0)
	if r.rng.IntN(2) == 0 {
		second = first + r.moment()
	}
	type ended struct {
		o   outcome
		err error
	}
	other := make(chan ended, 1)
	go func() {
		o, err := r.fresh.run(ctx, second)
		other <- ended{o, err}
	}()
	o, err := r.fresh.run(ctx, first)
	if err == nil {
		err = r.unlock(ctx, o) // or the second would wait for the first one's lock
	}
	e := <-other
	if err := errors.Join(err, e.err); err != nil {
		return err
	}
	return errors.Join(r.after(ctx, o), r.after(ctx, e.o))
}

// unlock frees the lock of a process that was killed, unless this round is one of
// those that leave it to time.
func (r *round) unlock(ctx context.Context, o outcome) error {
	if !o.killed || r.patient {
		return nil
	}
	r.dead[o.pid] = true
	return r.place.unlock(ctx, r.dead)
}

// after notes how a process ended, and waits until nothing of it is left.
func (r *round) after(ctx context.Context, o outcome) error {
	for _, sink := range r.sinks {
		if err := sink.quiet(); err != nil {
			return err
		}
	}
	of := r.steps[r.now]
	of.processes++
	switch {
	case o.killed:
		of.kills++
		r.score.kills++
		r.score.phases[o.phase]++
	case o.code != 0:
		return fmt.Errorf("step %d ended with exit code %d: %s", r.now, o.code, o.log)
	}
	r.steps[r.now] = of
	if err := r.file(o.code == 0); err != nil {
		return err
	}
	return r.unlock(ctx, o)
}

// file checks the file of findings.
func (r *round) file(ended bool) error {
	data, err := os.ReadFile(r.out)
	if errors.Is(err, fs.ErrNotExist) && !ended {
		return nil
	}
	if err != nil {
		return err
	}
	return r.judge.file(data, r.late, ended)
}

// settle lets a run come to its end, judges, and has another one do nothing.
func (r *round) settle(ctx context.Context) error {
	r.next()
	o, err := r.fresh.run(ctx, 0)
	if err != nil {
		return err
	}
	if err := r.after(ctx, o); err != nil {
		return err
	}
	n, err := r.place.leftovers()
	if err != nil {
		return err
	}
	r.score.leftovers += n
	for _, sink := range r.sinks {
		t, err := r.judge.round(sink.take(), r.steps, r.late)
		if err != nil {
			return fmt.Errorf("%s: %w", sink.name, err)
		}
		r.score.records += t.records
		r.score.repeats += t.repeats
	}
	return r.further(ctx)
}

// further runs the program once more: it reads and sends nothing.
func (r *round) further(ctx context.Context) error {
	before := r.place.opened()
	r.next()
	o, err := r.fresh.run(ctx, 0)
	if err != nil {
		return err
	}
	if o.code != 0 {
		return fmt.Errorf("a further run ended with exit code %d: %s", o.code, o.log)
	}
	if n := r.place.opened() - before; n > 0 {
		return fmt.Errorf("a further run read %d blobs", n)
	}
	for _, sink := range r.sinks {
		if n := len(sink.take()); n > 0 {
			return fmt.Errorf("a further run sent %d batches to %s", n, sink.name)
		}
	}
	return errors.Join(wantNothingRead(o.log), r.file(true))
}

// measure runs the program undisturbed, and remembers how long that takes.
func (a *arena) measure(ctx context.Context, number int) error {
	p, err := a.fresh(ctx, number)
	if err != nil {
		return err
	}
	o, err := p.run(ctx, 0)
	if err == nil && o.code != 0 {
		err = fmt.Errorf("an undisturbed run ended with exit code %d: %s", o.code, o.log)
	}
	if err != nil {
		return err
	}
	a.whole = o.took
	for _, sink := range a.sinks {
		batches := sink.take()
		t, err := a.judge.round(batches, nil, false)
		if err == nil && (t.repeats > 0 || t.records != len(a.day.early.pairs) || len(batches) < 2) {
			err = fmt.Errorf("an undisturbed run sent %d records in %d batches, %d of them twice", t.records, len(batches), t.repeats)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", sink.name, err)
		}
	}
	return errors.Join(a.place.end(ctx), os.Remove(a.out))
}

// fresh makes an empty work store, and returns the program that uses it.
func (a *arena) fresh(ctx context.Context, number int) (program, error) {
	p := a.program
	env, err := a.place.begin(ctx, number)
	p.env = slices.Concat(p.env, env)
	for _, sink := range a.sinks {
		env, problem := sink.renew()
		p.env, err = append(p.env, env...), errors.Join(err, problem)
	}
	return p, err
}
