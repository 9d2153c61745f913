package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// header says when, where and with what the tables came about.
func (t tools) header(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", now.UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(&b, "%s, %d processors, %s\n", processor(), runtime.NumCPU(), firstLine("uname", "-sr"))
	fmt.Fprintf(&b, "%s, %s\n", firstLine(t.sparkless, "--version"), runtime.Version())
	if why := t.missing("python"); why == "" {
		fmt.Fprintf(&b, "%s\n", firstLine(filepath.Join(t.peers, "python/bin/python"), "-c",
			"import sys, duckdb, polars, rapidfuzz; print('Python', sys.version.split()[0] + ', DuckDB', duckdb.__version__ + ', Polars', polars.__version__ + ', rapidfuzz', rapidfuzz.__version__)"))
	}
	if why := t.missing("spark"); why == "" {
		fmt.Fprintf(&b, "%s\n", firstLine(filepath.Join(t.peers, "spark/bin/python"), "-c",
			"import sys, pyspark; from importlib.metadata import version; print('Python', sys.version.split()[0] + ', PySpark', pyspark.__version__ + ', fastDamerauLevenshtein', version('fastDamerauLevenshtein'))"))
	}
	if why := t.missing("simdjson"); why == "" {
		fmt.Fprintf(&b, "%s\n", firstLine(filepath.Join(t.peers, "simdjson/peer"), "--version"))
	}
	fmt.Fprintf(&b, "%s\n", sonicVersion(t.goPeers))
	b.WriteString(`Medians of interleaved rounds over files in the page cache; each result was compared before it was timed. "x ours" is
wall time by that of sparkless in the same round. Peak is that of the largest process; CPU includes all of them.
`)
	return b.String() + "\n"
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if key, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

func firstLine(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return fmt.Sprintf("%s: version unknown (%v)", filepath.Base(name), err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

// sonicVersion is the one that is built into the Go peers.
func sonicVersion(binary string) string {
	out, err := exec.Command("go", "version", "-m", binary).Output()
	if err != nil {
		return "sonic: version unknown"
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 2 && strings.HasSuffix(fields[1], "bytedance/sonic") {
			return "sonic " + fields[2]
		}
	}
	return "sonic: version unknown"
}
