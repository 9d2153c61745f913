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
	n, err := memoryOf(v.text(key))
	if err != nil {
		err = fmt.Errorf("%s (%s): %w", key, v.origin[key], err)
	}
	return n, err
}

// memoryOf is memory for a text such as 1GiB or auto.
func memoryOf(text string) (int64, error) {
	if text != "auto" {
		n, err := bytesOf(text)
		if err == nil && n < leastMemory {
			err = fmt.Errorf("%s is less than 64MiB, with which nothing can be read", address(text))
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
