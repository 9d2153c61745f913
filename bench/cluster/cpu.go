package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit in which /proc tells CPU time (proc(5), _SC_CLK_TCK).
const tick = 10 * time.Millisecond

// cpuOf is the CPU time that a process has taken so far, with that of its children that
// have ended.
func cpuOf(pid int) (time.Duration, error) {
	fields, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	var all time.Duration
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		all += time.Duration(n) * tick
	}
	return all, nil
}

// statOf are the fields of /proc/<pid>/stat from the third on. The second may hold blanks.
func statOf(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	_, rest, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return nil, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	return fields, nil
}

// cpu is what the database has taken so far, all its processes together.
func (d *database) cpu() (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(d.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0, err
	}
	all, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, stat := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err != nil {
			return 0, err
		}
		fields, err := statOf(child)
		if errors.Is(err, os.ErrNotExist) || err == nil && fields[1] != first {
			continue // it has ended, or is no part of the database
		}
		more, err := cpuOf(child)
		if err == nil {
			all += more
		}
	}
	return all, nil
}
