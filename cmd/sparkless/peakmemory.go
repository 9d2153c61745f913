package main

import (
	"bufio"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
)

// peakMemory is the most memory, in bytes, that the process has held: Linux keeps
// it as VmHWM. Elsewhere it is what the Go runtime has mapped, which it hardly ever
// gives back.
func peakMemory() int64 {
	if n := residentPeak("/proc/self/status"); n > 0 {
		return n
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(sample[0].Value.Uint64())
}

// residentPeak reads VmHWM of a file as Linux writes it (proc_pid_status(5)), in
// bytes; 0 if there is none.
func residentPeak(file string) int64 {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
