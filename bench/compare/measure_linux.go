package main

import "syscall"

// maxrssUnit: Linux states peak memory in KiB.
const maxrssUnit = 1024

// adoptOrphans makes this process the parent of what its children leave running.
func adoptOrphans() {
	const setChildSubreaper = 36
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0) // older kernels: orphans are not counted
}
