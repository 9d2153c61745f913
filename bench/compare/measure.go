package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// cost is what one run of a program took, its children included.
type cost struct {
	Wall   float64 // seconds, until the program ended
	User   float64 // CPU seconds
	System float64
	Peak   int64 // bytes of memory of the largest process
	Failed string
}

func (c cost) cpu() float64 { return c.User + c.System }

// measureMain is the launcher: it runs one program and prints what it took. It
// is a process of its own since a program's peak memory counts that of whoever
// started it, and the launcher has next to none.
func measureMain(argv []string) int {
	c := launch(argv)
	if err := json.NewEncoder(os.Stdout).Encode(c); err != nil {
		return 1
	}
	return 0
}

func launch(argv []string) (c cost) {
	adoptOrphans()
	cmd := exec.Command(argv[0], argv[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &limited{w: &stderr, left: 1 << 16}
	start := time.Now()
	err := cmd.Run()
	c.Wall = time.Since(start).Seconds()
	waitForOrphans()
	var usage syscall.Rusage
	err = errors.Join(err, syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage))
	if err != nil {
		c.Failed = fmt.Sprintf("%v: %s", err, lastLines(stderr.String()))
	}
	c.User, c.System = seconds(usage.Utime), seconds(usage.Stime)
	c.Peak = usage.Maxrss * maxrssUnit
	return c
}

func seconds(t syscall.Timeval) float64 { return time.Duration(t.Nano()).Seconds() }

// waitForOrphans waits for what the program has left running, as Python leaves
// Spark's Java, so that it is counted.
func waitForOrphans() {
	for {
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}

// limited drops what is too much.
type limited struct {
	w    *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	l.w.Write(p[:n])
	return len(p), nil
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}

// measure runs a program in a launcher.
func measure(ctx context.Context, argv, env []string) (cost, error) {
	self, err := os.Executable()
	if err != nil {
		return cost{}, err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{"measure"}, argv...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return cost{}, fmt.Errorf("launching %s: %w", argv[0], err)
	}
	var c cost
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("launching %s: %w", argv[0], err)
	}
	if c.Failed != "" {
		return c, fmt.Errorf("%s: %s", strings.Join(argv, " "), c.Failed)
	}
	return c, nil
}
