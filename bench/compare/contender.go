package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// gives says what a contender writes.
type gives uint8

const (
	nothing gives = iota
	counts
	findings
)

// job is what a contender is to do.
type job struct {
	day     day
	threads int
	level   string // of the peers: read or hunt
	out     string // file for the result
	work    string // folder that is empty at the start
}

// contender is one program that is measured.
type contender struct {
	name    string
	short   string // of a peer, on the page
	gives   gives
	argv    func(job) []string
	missing string // why it cannot be run here; "" if it can
	// quiet are flags of the timed runs, in which it then writes no result.
	quiet []string
	// mayRefuse: this input may be too much for it; then the table says so.
	mayRefuse bool
}

// command is the contender's command line and environment for a job. With fewer
// threads than processors it is held to as many processors.
func (c contender) command(j job, timed bool) (argv, env []string) {
	argv = c.argv(j)
	if timed {
		argv = append(argv, c.quiet...)
	}
	if pin, err := exec.LookPath("taskset"); err == nil && j.threads < runtime.NumCPU() {
		argv = append([]string{pin, "-c", "0-" + strconv.Itoa(j.threads-1)}, argv...)
	}
	return argv, []string{"GOMAXPROCS=" + strconv.Itoa(j.threads), "SPARKLESS_LOG_FORMAT=json"}
}

// tools are where the programs are.
type tools struct {
	sparkless, reader, goPeers string
	scripts                    string // folder of the Python peers' scripts
	peers                      string // folder that setup.sh has filled
}

func (t tools) hunt(name string, flags ...string) contender {
	return contender{name: name, gives: findings, argv: func(j job) []string {
		return append([]string{t.sparkless, "run", "--profile", "notebook", "--folder", j.day.folder, "--day", date.Format("2006-01-02"),
			"--work-folder", j.work, "--workers", strconv.Itoa(j.threads), "--out", j.out}, flags...)
	}}
}

func (t tools) read(name, mode string, flags ...string) contender {
	c := contender{name: name, argv: func(j job) []string {
		return append([]string{t.reader, "-mode", mode, "-folder", j.day.blobs(), "-day", date.Format("2006-01-02"),
			"-threads", strconv.Itoa(j.threads), "-out", j.out}, flags...)
	}}
	if mode == "narrow" || mode == "context" {
		c.gives = counts
	}
	if mode == "context" {
		c.quiet = []string{"-table=false"}
	}
	return c
}

func (t tools) goPeer(name, short, reader string) contender {
	return contender{name: name, short: short, argv: func(j job) []string {
		return []string{t.goPeers, "-reader", reader, "-level", j.level, "-folder", j.day.blobs(),
			"-threads", strconv.Itoa(j.threads), "-out", j.out}
	}}
}

func (t tools) script(name, short, environment, script string, flags ...string) contender {
	return contender{name: name, short: short, missing: t.missing(environment), argv: func(j job) []string {
		argv := []string{filepath.Join(t.peers, environment, "bin/python"), filepath.Join(t.scripts, script),
			"--folder", j.day.blobs(), "--threads", strconv.Itoa(j.threads), "--out", j.out}
		return append(argv, flags...)
	}}
}

// missing says why a peer is not there.
func (t tools) missing(name string) string {
	if why, err := os.ReadFile(filepath.Join(t.peers, name+".missing")); err == nil {
		return strings.TrimSpace(string(why))
	}
	if _, err := os.Stat(filepath.Join(t.peers, name)); err != nil {
		return "not set up (bench/peers/setup.sh)"
	}
	return ""
}

// withLevel hands the level of the job on as a flag.
func withLevel(c contender) contender {
	argv := c.argv
	c.argv = func(j job) []string { return append(argv(j), "--level", j.level) }
	return c
}

func (t tools) duckdb() contender {
	c := withLevel(t.script("DuckDB", "DuckDB", "python", "duckdb_peer.py"))
	argv := c.argv
	c.argv = func(j job) []string { return append(argv(j), "--ending", j.day.ending) }
	return c
}

// duckdbStart is the part of DuckDB's time that does not grow with the data.
func (t tools) duckdbStart() contender {
	return t.script("Python and DuckDB started, nothing read", "", "python", "duckdb_peer.py", "--level", "start")
}

func (t tools) polars() contender {
	return withLevel(t.script("Polars", "Polars", "python", "polars_peer.py"))
}

func (t tools) notebook() contender {
	return t.script("the notebook's algorithm in PySpark", "the notebook's algorithm, PySpark", "spark", "notebook.py")
}

// simdjson counts only. Ordered: it asks for fields in the order of the files.
func (t tools) simdjson(ordered bool) contender {
	name, order := "C++ simdjson On-Demand, fields in file order", []string{}
	if !ordered {
		name, order = "C++ simdjson On-Demand, fields in any order", []string{"unordered"}
	}
	return contender{name: name, short: "C++ simdjson", missing: t.missing("simdjson"), argv: func(j job) []string {
		return append([]string{filepath.Join(t.peers, "simdjson/peer"), j.day.blobs(), strconv.Itoa(j.threads), j.out}, order...)
	}}
}

// goPeersAll are the JSON libraries of Go.
func (t tools) goPeersAll() []contender {
	return []contender{
		t.goPeer("Go, sonic ast.Searcher, a search for each field", "sonic, `ast.Searcher`", "sonic-get"),
		t.goPeer("Go, sonic into a struct, CaseSensitive", "sonic, struct", "sonic-struct"),
		t.goPeer("Go, encoding/json into a struct", "`encoding/json`", "encoding-json"),
	}
}

// all gives contenders that kind of result.
func all(kind gives, contenders ...contender) []contender {
	for i := range contenders {
		contenders[i].gives = kind
	}
	return contenders
}

func refusing(c contender) contender {
	c.mayRefuse = true
	return c
}
