// Package terminaltest opens terminals for tests: real ones of the kernel, which
// nobody looks at. There are some on Linux only.
package terminaltest
