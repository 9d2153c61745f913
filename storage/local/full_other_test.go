//go:build !unix

package local

// putLimited needs a limit that this system does not have.
func putLimited(string) {}
