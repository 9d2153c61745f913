package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// What was stamped is told, else what Go has noted, and nothing of both.
func TestVersionTellsTheTruth(t *testing.T) {
	system := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	clone := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-20T00:00:00Z"}, {Key: "vcs.modified", Value: "true"}}}
	clone.Main.Version = "v0.0.0-20261120000000-abc+dirty"
	installed := &debug.BuildInfo{}
	installed.Main.Version = "v1.2.3"
	for _, c := range []struct {
		set  build
		info *debug.BuildInfo
		want string
	}{
		{build{"v1", "c0ffee", "2026-11-21T01:02:03Z"}, clone, "sparkless v1\ncommit c0ffee of 2026-11-21T01:02:03Z\n"},
		{build{"v1", "", ""}, clone, "sparkless v1\n"},
		{build{"v1", "c0ffee", ""}, nil, "sparkless v1\ncommit c0ffee\n"},
		{build{}, clone, "sparkless v0.0.0-20261120000000-abc+dirty\ncommit abc of 2026-11-20T00:00:00Z\n"},
		{build{}, installed, "sparkless v1.2.3\n"},
		{build{}, &debug.BuildInfo{}, "sparkless (unknown)\n"},
		{build{}, nil, "sparkless (unknown)\n"},
	} {
		if got := buildOf(c.set, c.info).String(); got != c.want+system {
			t.Errorf("%+v: %q, want %q", c.set, got, c.want+system)
		}
	}
}

// The command and the flag say the same, and the first line is all that other
// programs need to read.
func TestVersionCommandAndFlag(t *testing.T) {
	_, command, _ := invoke(t, "version")
	_, flag, _ := invoke(t, "--version")
	if command != flag || command != thisBuild().String() {
		t.Errorf("version: %q, --version: %q", command, flag)
	}
	if first, _, _ := strings.Cut(command, "\n"); first != "sparkless "+buildVersion() {
		t.Errorf("the first line is %q", first)
	}
}
