package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// The linker sets these (Makefile); `go install` and `go build` leave them empty. date
// is the commit's, RFC 3339 in UTC.
var version, commit, date string

// build is what is known of how this program was built.
type build struct {
	version      string // never empty
	commit, date string // empty if nobody has told
}

// thisBuild is what the linker set, else what Go itself has noted.
func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	return buildOf(build{version, commit, date}, info)
}

// buildOf adds what info (which may be nil) knows to what was set. A stamp is taken
// whole or not at all: a version of one source beside a commit of another may lie.
func buildOf(set build, info *debug.BuildInfo) build {
	if set.version != "" {
		return set
	}
	noted := build{version: "(unknown)"}
	if info == nil {
		return noted
	}
	noted.version = cmp.Or(info.Main.Version, noted.version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			noted.commit = s.Value
		case "vcs.time":
			noted.date = s.Value
		}
	}
	return noted
}

// buildVersion is the version alone.
func buildVersion() string { return thisBuild().version }

// String is what `sparkless version` prints: a line each for the version, the commit
// where it is known, and Go with the system.
func (b build) String() string {
	text := "sparkless " + b.version + "\n"
	switch {
	case b.commit != "" && b.date != "":
		text += fmt.Sprintf("commit %s of %s\n", b.commit, b.date)
	case b.commit != "":
		text += fmt.Sprintf("commit %s\n", b.commit)
	}
	return text + fmt.Sprintf("%s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Long: `Version prints the version, the commit and its date, and the version of Go and the
system that this program was built with and for. --version does the same.`,
		Example: `  sparkless version`,
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(a.stdout, thisBuild().String())
			return err
		},
	}
}
