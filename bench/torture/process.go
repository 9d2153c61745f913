package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// program is the binary and how it is called.
type program struct {
	binary string
	args   []string
	env    []string
	folder string // to work in: one without a settings file
}

// outcome is how a process ended.
type outcome struct {
	pid    int
	killed bool // by us
	code   int  // exit code, -1 if killed
	phase  string
	log    string
	took   time.Duration
}

// run runs the program to its end, which is after the time until at the latest,
// unless that is 0.
func (p program) run(ctx context.Context, until time.Duration) (outcome, error) {
	cmd := exec.CommandContext(ctx, p.binary, p.args...)
	cmd.Env, cmd.Dir = p.env, p.folder
	var log bytes.Buffer
	cmd.Stderr = &log
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return outcome{}, err
	}
	if until > 0 {
		kill := time.AfterFunc(until, func() { _ = cmd.Process.Kill() }) // it may have ended just before
		defer kill.Stop()
	}
	err := cmd.Wait()
	o := outcome{pid: cmd.Process.Pid, log: log.String(), took: time.Since(begun)}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		o.code = exit.ExitCode()
		o.killed = o.code == -1
	} else if err != nil {
		return o, err
	}
	o.phase = lastPhase(o.log)
	return o, ctx.Err()
}

// phases are those that a run tells of, in order.
var phases = [...]string{"starting", "waiting", "listing", "reading", "merging", "finishing", "delivering"}

// entry is a line of the log.
type entry struct {
	Msg    string
	Shards int
	Before int `json:"reused"`
}

func entries(log string) []entry {
	var out []entry
	for line := range strings.Lines(log) {
		var e entry
		if json.Unmarshal([]byte(line), &e) == nil {
			out = append(out, e)
		}
	}
	return out
}

// lastPhase is the last phase that a log tells of.
func lastPhase(log string) string {
	phase := phases[0]
	for _, e := range entries(log) {
		for _, p := range phases {
			if e.Msg == p {
				phase = p
			}
		}
	}
	return phase
}

// wantNothingRead: the log says that every shard was read before.
func wantNothingRead(log string) error {
	for _, e := range entries(log) {
		if e.Msg == "done" {
			if e.Shards == 0 || e.Before != e.Shards {
				return fmt.Errorf("a further run read %d of %d shards", e.Shards-e.Before, e.Shards)
			}
			return nil
		}
	}
	return errors.New("the log does not say what was read")
}
