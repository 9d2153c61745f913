package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sparkless/bench/record"
)

// header says when, where and with what the tables came about.
func (t tools) header(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", now.UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(&b, "%s\n", record.Machine())
	fmt.Fprintf(&b, "%s, %s\n", record.FirstLine(t.sparkless, "--version"), record.GoVersion())
	if why := t.missing("python"); why == "" {
		fmt.Fprintf(&b, "%s\n", record.FirstLine(filepath.Join(t.peers, "python/bin/python"), "-c",
			"import sys, duckdb, polars, rapidfuzz; print('Python', sys.version.split()[0] + ', DuckDB', duckdb.__version__ + ', Polars', polars.__version__ + ', rapidfuzz', rapidfuzz.__version__)"))
	}
	if why := t.missing("spark"); why == "" {
		fmt.Fprintf(&b, "%s\n", record.FirstLine(filepath.Join(t.peers, "spark/bin/python"), "-c",
			"import sys, pyspark; from importlib.metadata import version; print('Python', sys.version.split()[0] + ', PySpark', pyspark.__version__ + ', fastDamerauLevenshtein', version('fastDamerauLevenshtein'))"))
	}
	if why := t.missing("simdjson"); why == "" {
		fmt.Fprintf(&b, "%s\n", record.FirstLine(filepath.Join(t.peers, "simdjson/peer"), "--version"))
	}
	fmt.Fprintf(&b, "%s\n", sonicVersion(t.goPeers))
	b.WriteString(`Medians of interleaved rounds over files in the page cache; each result was compared before it was timed. "x ours" is
wall time by that of sparkless in the same round. Peak is that of the largest process; CPU includes all of them.
`)
	return b.String() + "\n"
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
