// Command release writes what is downloaded: for every system an archive with the
// binary, its bill of materials, completion scripts, man pages and texts, and one file of
// checksums. The same commit gives the same bytes, wherever and whenever it is built by
// the same Go. Run it from the root of the repository; `make release` does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context) error {
	var t toolchain
	flag.StringVar(&t.version, "version", "", "version of the release")
	flag.StringVar(&t.commit, "commit", "", "the commit that it is made of")
	flag.StringVar(&t.date, "date", "", "when that was made, RFC 3339; the time of all files in the archives")
	flag.StringVar(&t.sbom, "sbom", "", "the program cyclonedx-gomod")
	out := flag.String("out", "out/release", "folder to write to")
	only := flag.String("only", "", "build for this system alone, like linux/arm64")
	flag.Parse()
	if t.version == "" || t.sbom == "" {
		return errors.New("-version and -sbom are needed; `make release` gives them")
	}
	date, err := time.Parse(time.RFC3339, t.date)
	if err != nil {
		return fmt.Errorf("-date: %w; outside of a clone set SOURCE_DATE_EPOCH", err)
	}
	wanted, err := systems(*only)
	if err != nil {
		return err
	}
	r := release{version: t.version, date: date, out: *out, systems: wanted, parts: &t}
	names, err := r.write(ctx)
	for _, name := range names {
		fmt.Println(filepath.Join(*out, name))
	}
	return err
}

// toolchain makes the parts by make, the binary itself and cyclonedx-gomod.
type toolchain struct{ version, commit, date, sbom string }

// build has the Makefile build it, which knows how; the image is built by it, too.
func (t *toolchain) build(ctx context.Context, s system, binary string) error {
	return call(ctx, s, "make", "-s", "build", "BINARY="+binary, "VERSION="+t.version, "COMMIT="+t.commit, "DATE="+t.date)
}

// bill writes the bill of materials of a binary, and checks it against the binary.
func (t *toolchain) bill(ctx context.Context, s system, binary, file string) error {
	err := call(ctx, s, t.sbom, "app", "-json", "-licenses", "-std", "-noserial", "-notimestamp", "-main", "cmd/sparkless", "-output", file, ".")
	if err != nil {
		return err
	}
	return checkBill(s, binary, file)
}

// texts writes completion scripts and man pages, which a binary for this machine knows.
func (t *toolchain) texts(ctx context.Context, folder string) error {
	binary := filepath.Join(folder, "host")
	if err := t.build(ctx, system{}, binary); err != nil {
		return err
	}
	if err := call(ctx, system{}, binary, "man", "--dir", filepath.Join(folder, "man")); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(folder, "completion"), 0o755); err != nil {
		return err
	}
	for shell, file := range map[string]string{"bash": "sparkless.bash", "zsh": "_sparkless", "fish": "sparkless.fish", "powershell": "sparkless.ps1"} {
		script, err := exec.CommandContext(ctx, binary, "completion", shell).Output()
		if err != nil {
			return fmt.Errorf("completion %s: %w", shell, err)
		}
		if err := os.WriteFile(filepath.Join(folder, "completion", file), script, 0o644); err != nil {
			return err
		}
	}
	return os.Remove(binary)
}

// call runs a program for a system; the zero system is this machine.
func call(ctx context.Context, s system, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "GOOS="+s.os, "GOARCH="+s.arch, "CGO_ENABLED=0", "GOFLAGS=-tags=timetzdata", "MAKEFLAGS=")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, args[0], err, said.String())
	}
	return nil
}
