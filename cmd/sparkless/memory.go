package main

import (
	"fmt"
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryShare is how much of a container's memory, or else of the machine's, the
// process takes: files that it has read stand in the rest.
const memoryShare = 0.9

// memory is how many bytes the process may take: what is set, or GOMEMLIMIT, or
// most of what the container or the machine has. It is 0, without a bound, where
// nobody can tell.
func (v *values) memory() (int64, error) {
	const key = "job.memory"
	if v.text(key) != "auto" {
		n, err := v.size(key)
		if err == nil && n < leastMemory {
			err = fmt.Errorf("%s (%s): %s is less than 64MiB, with which nothing can be read", key, v.origin[key], address(v.text(key)))
		}
		return n, err
	}
	if n := debug.SetMemoryLimit(-1); n < math.MaxInt64 {
		return n, nil // GOMEMLIMIT
	}
	n, err := memlimit.ApplyRatio(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem), memoryShare)()
	if err != nil || n > math.MaxInt64 {
		return 0, nil
	}
	return int64(n), nil
}

const leastMemory = 64 << 20

// keepTo has the garbage collector work harder before the process takes more.
func keepTo(memory int64) {
	if memory > 0 && debug.SetMemoryLimit(-1) > memory {
		debug.SetMemoryLimit(memory)
	}
}
