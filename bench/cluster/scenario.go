package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"sparkless/bench/scene"
)

// scenario is what befalls a run on several processes. Play brings it about, and returns
// when all processes that are to end well have.
type scenario struct {
	name   string
	what   string
	server string // that it needs; "" for any
	play   func(ctx context.Context, p *play) error
	args   func(*stage) []string // what the local engine is asked for the truth
	over   int                   // workflows that have to be there in the end; 0 for 1
}

// workers is how many processes share the work.
const workers = 3

func scenarios() []scenario {
	run := (*stage).run
	return []scenario{
		{name: "plain", what: "nothing happens", play: plain, args: run},
		{name: "kill", what: "SIGKILL a worker in the middle of a batch", play: kill, args: run},
		{name: "leave", what: "SIGTERM a worker in the middle of a batch", play: leave, args: run},
		{name: "stop", what: "SIGSTOP a worker past its heartbeat, SIGCONT after the end", play: suspend, args: run},
		{name: "server", what: "SIGKILL the server, start it again", play: killServer, args: run},
		{name: "database", what: "stop the database at once, start it again", server: realServer, play: stopDatabase, args: run},
		{name: "again", what: "SIGKILL one of three equal replicas, start it again after the end", play: again, args: run},
		{name: "backfill", what: "several days, SIGKILL a worker", play: backfill, args: (*stage).backfill},
		{name: "cancel", what: "cancel in the middle, run again later", play: cancel, args: run},
		{name: "changed", what: "another program joins while the first is at work", play: changed, args: run, over: 2},
	}
}

// disturb holds one of the processes up in the middle of its work, and has do befall it
// before it goes on. It returns that process and the others.
func (p *play) disturb(ctx context.Context, all []*replica, match func(scene.Request) bool, do func(victim *replica) error) (victim *replica, others []*replica, err error) {
	n, at := p.rng.IntN(len(all)), 1+p.rng.IntN(3)
	victim = all[n]
	others = append(append(others, all[:n]...), all[n+1:]...)
	h := victim.door.holdUp(at, match)
	if err := victim.await(ctx, h); err != nil {
		return nil, nil, err
	}
	p.note("%s at request %d", victim.name, at)
	err = do(victim)
	h.release()
	return victim, others, err
}

func (p *play) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

func plain(ctx context.Context, p *play) error {
	all, err := p.crew(ctx, p.binary, workers, p.run())
	if err != nil {
		return err
	}
	if err := finish(ctx, all...); err != nil {
		return err
	}
	if n := p.healthy(); n != 1 {
		return fmt.Errorf("%d processes have recorded the run, want one", n)
	}
	return nil
}

// leave has a worker leave the run to the others.
func leave(ctx context.Context, p *play) error {
	all, err := p.crew(ctx, p.binary, workers, p.run())
	if err != nil {
		return err
	}
	var told time.Time
	victim, others, err := p.disturb(ctx, all, exportRead, func(victim *replica) error {
		told = time.Now()
		return victim.signal(syscall.SIGTERM)
	})
	if err != nil {
		return err
	}
	if err := victim.wait(ctx); err != nil {
		return err
	}
	p.note("left within %.1f s", time.Since(told).Seconds())
	return errors.Join(victim.wantCode(interrupted), finish(ctx, others...))
}

// interrupted is the exit code of a process that was told to stop, or whose run was
// cancelled.
const interrupted = 130

func kill(ctx context.Context, p *play) error { return p.killOne(ctx, p.run()) }

func backfill(ctx context.Context, p *play) error { return p.killOne(ctx, p.backfill()) }

func (p *play) killOne(ctx context.Context, args []string) error {
	all, err := p.crew(ctx, p.binary, workers, args)
	if err != nil {
		return err
	}
	_, others, err := p.disturb(ctx, all, exportRead, func(victim *replica) error { return victim.kill(ctx) })
	if err != nil {
		return err
	}
	return finish(ctx, others...)
}

// suspend stops a worker that is about to say that a batch is done. Others do it again.
// What it says after the end is refused, and changes nothing.
func suspend(ctx context.Context, p *play) error {
	all, err := p.crew(ctx, p.binary, workers, p.run())
	if err != nil {
		return err
	}
	victim, others, err := p.disturb(ctx, all, pieceWrite, func(victim *replica) error { return victim.stop(ctx) })
	if err != nil {
		return err
	}
	if err := finish(ctx, others...); err != nil {
		return err
	}
	if err := victim.signal(syscall.SIGCONT); err != nil {
		return err
	}
	if err := finish(ctx, victim); err != nil {
		return err
	}
	h, err := p.server.history(ctx, p.workflows())
	if err == nil && h.again == 0 {
		err = errors.New("no task was given to another worker")
	}
	if err != nil {
		return err
	}
	return p.wantRefusal(victim)
}

// wantRefusal: the process tried to say what had become of a task that was not its own
// any more.
func (p *play) wantRefusal(r *replica) error {
	for _, e := range r.log.entries() {
		if e.WorkerType != "ActivityWorker" || e.Msg != "Task processing failed with error" {
			continue
		}
		for _, sign := range []string{"already completed", "already timed out", "invalid activityID"} {
			if strings.Contains(e.Error, sign) {
				p.note("refused: %s", e.Error)
				return nil
			}
		}
	}
	return fmt.Errorf("nothing in the log of %s says that it was refused:\n%s", r.name, r.log.tail())
}

// outage is how long what was stopped is away.
func (p *play) outage(ctx context.Context) error {
	d := 2*time.Second + time.Duration(p.rng.IntN(4000))*time.Millisecond
	p.note("away for %.1f s", d.Seconds())
	return pause(ctx, d)
}

func killServer(ctx context.Context, p *play) error {
	return p.interrupt(ctx, p.server.kill, p.server.start)
}

func stopDatabase(ctx context.Context, p *play) error {
	return p.interrupt(ctx, p.server.db.stop, p.server.db.start)
}

// interrupt takes something away while one worker is in the middle of a batch.
func (p *play) interrupt(ctx context.Context, stop, start func(context.Context) error) error {
	all, err := p.crew(ctx, p.binary, workers, p.run())
	if err != nil {
		return err
	}
	if _, _, err := p.disturb(ctx, all, exportRead, func(*replica) error { return stop(ctx) }); err != nil {
		return err
	}
	if err := errors.Join(p.outage(ctx), start(ctx)); err != nil {
		return err
	}
	return finish(ctx, all...)
}

// again starts the killed one of equal replicas after the end, as a platform does: it is
// done at once.
func again(ctx context.Context, p *play) error {
	if err := p.killOne(ctx, p.run()); err != nil {
		return err
	}
	late, err := p.crew(ctx, p.binary, 1, p.run())
	if err != nil {
		return err
	}
	if err := finish(ctx, late...); err != nil {
		return err
	}
	if _, reads := late[0].door.passed(); reads > 0 {
		return fmt.Errorf("%s read %d blobs of the export", late[0].name, reads)
	}
	p.note("then %.1f s, no blob read", late[0].took.Seconds())
	return nil
}

// cancel ends all processes; a later run finishes what they began.
func cancel(ctx context.Context, p *play) error {
	all, err := p.crew(ctx, p.binary, workers, p.run())
	if err != nil {
		return err
	}
	_, _, err = p.disturb(ctx, all, exportRead, func(*replica) error {
		c, err := p.launch(ctx, p.binary, "cancel", "--day", p.last())
		if err != nil {
			return err
		}
		return finish(ctx, c)
	})
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := r.wait(ctx); err != nil {
			return err
		}
		if err := r.wantCode(interrupted); err != nil {
			return err
		}
	}
	if n := p.received(); n > 0 {
		return fmt.Errorf("%d records were delivered of a run that was cancelled", n)
	}
	later, err := p.crew(ctx, p.binary, workers, p.run())
	if err != nil {
		return err
	}
	return finish(ctx, later...)
}

// changed starts another program while the first is at work on the same day.
func changed(ctx context.Context, p *play) error {
	if p.other == "" {
		return errors.New("-other: name another build of the program")
	}
	all, err := p.crew(ctx, p.binary, workers-1, p.run())
	if err != nil {
		return err
	}
	var others []*replica
	_, _, err = p.disturb(ctx, all, exportRead, func(*replica) error {
		if others, err = p.crew(ctx, p.other, workers-1, p.run()); err != nil {
			return err
		}
		h := others[0].door.holdUp(1, exportRead)
		defer h.release()
		return others[0].await(ctx, h)
	})
	if err != nil {
		return err
	}
	return finish(ctx, append(all, others...)...)
}
