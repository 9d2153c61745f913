package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// command is how a process is started.
type command struct {
	name   string // for messages
	argv   []string
	env    []string
	folder string
	apart  bool // stdout is no part of the log
}

// process is a process that was started here.
type process struct {
	command
	cmd   *exec.Cmd
	begun time.Time
	out   *transcript // stdout, if that is apart
	log   *transcript
	ended chan struct{} // closed once it is gone

	// What follows may be read when it has ended.
	took time.Duration
	code int // exit code, -1 if a signal ended it
	cpu  time.Duration
}

// start starts a process, which is killed when ctx ends.
func start(ctx context.Context, c command) (*process, error) {
	p := &process{command: c, out: &transcript{}, log: &transcript{}, ended: make(chan struct{}), begun: time.Now()}
	p.cmd = exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	p.cmd.Env, p.cmd.Dir = c.env, c.folder
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if c.apart {
		p.cmd.Stdout = p.out
	}
	p.cmd.WaitDelay = 5 * time.Second
	// A group of its own: a signal to this program is not one to that.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.name, err)
	}
	go p.reap()
	return p, nil
}

// reap waits for the end.
func (p *process) reap() {
	_ = p.cmd.Wait() // the state tells it
	state := p.cmd.ProcessState
	p.took, p.code = time.Since(p.begun), state.ExitCode()
	p.cpu = state.UserTime() + state.SystemTime()
	close(p.ended)
}

// signal sends a signal to a process that has not ended.
func (p *process) signal(s syscall.Signal) error {
	err := p.cmd.Process.Signal(s)
	if errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s has ended before it got the signal %v:\n%s", p.name, s, p.log.tail())
	}
	return err
}

// kill ends a process at once, and returns when it is gone.
func (p *process) kill(ctx context.Context) error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	return p.wait(ctx)
}

// stop stops a process. It returns when none of its threads runs any more, which is
// later than the signal.
func (p *process) stop(ctx context.Context) error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		fields, err := statOf(p.cmd.Process.Pid)
		if err != nil || fields[0] == "T" {
			return err
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

// wait returns when the process is gone.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for %s: %w; its last words:\n%s", p.name, ctx.Err(), p.log.tail())
	}
}

// run runs a command to its end. It fails if the command does.
func run(ctx context.Context, c command) (*process, error) {
	p, err := start(ctx, c)
	if err != nil {
		return nil, err
	}
	<-p.ended // which the end of ctx brings about
	if err := ctx.Err(); err != nil {
		return p, err
	}
	return p, p.wantCode(0)
}

func (p *process) wantCode(code int) error {
	if p.code != code {
		return fmt.Errorf("%s ended with exit code %d, want %d; its last words:\n%s", p.name, p.code, code, p.log.tail())
	}
	return nil
}

// transcript is what a process says, while it does.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// tail is the end of it.
func (t *transcript) tail() string {
	const lines, width = 15, 1000
	all := strings.Split(strings.TrimSpace(t.String()), "\n")
	all = all[max(0, len(all)-lines):]
	for i, line := range all {
		all[i] = line[:min(len(line), width)]
	}
	return strings.Join(all, "\n")
}

// entry is a line of the program's log.
type entry struct {
	Msg        string
	Workflow   string // ID
	WorkerType string // of the SDK's own lines
	Error      string
	Shards     int
	Names      int
}

// entries are the lines of the program's log so far.
func (t *transcript) entries() []entry {
	var out []entry
	for line := range strings.Lines(t.String()) {
		var e entry
		if json.Unmarshal([]byte(line), &e) == nil {
			out = append(out, e)
		}
	}
	return out
}

// workflows are those that the log names.
func (t *transcript) workflows() []string {
	var ids []string
	for _, e := range t.entries() {
		if e.Workflow != "" && !slices.Contains(ids, e.Workflow) {
			ids = append(ids, e.Workflow)
		}
	}
	return ids
}
