package record

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Processor is what this machine's processors are called.
func Processor() string {
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

// Machine says what this machine is.
func Machine() string {
	return fmt.Sprintf("%s, %d processors, %s", Processor(), runtime.NumCPU(), FirstLine("uname", "-sr"))
}

// GoVersion is that of the compiler.
func GoVersion() string { return runtime.Version() }

// FirstLine is the first line that a program prints, or why there is none.
func FirstLine(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return fmt.Sprintf("%s: version unknown (%v)", filepath.Base(name), err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

// Printer prints, and adds to a file if it has one.
type Printer struct {
	File string // "" for none
}

// Print prints a text, and adds it to the file.
func (p Printer) Print(text string) error {
	fmt.Print(text)
	if p.File == "" {
		return nil
	}
	f, err := os.OpenFile(p.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
