//go:build !linux

package main

// maxrssUnit: other systems state peak memory in bytes.
const maxrssUnit = 1

func adoptOrphans() {}
