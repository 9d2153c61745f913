package main

import (
	"strings"
	"testing"
)

// A number of days is written with its unit, and 0 may stand alone.
func TestHistorySetting(t *testing.T) {
	for text, want := range map[string]int{"30d": 30, "0": 0, "0d": 0, "1d": 1, "366d": 366,
		"": -1, "d": -1, "30": -1, "-1d": -1, "+1d": -1, "1.5d": -1, "30D": -1, "30dd": -1, "30 d": -1, "720h": -1, "367d": -1, "99999999999d": -1, "4294967297d": -1} {
		t.Setenv("SPARKLESS_JOB_HISTORY", "")
		a := newApp(t.Output(), t.Output())
		cmd := a.runCommand()
		if err := cmd.Flags().Set("history", text); err != nil {
			t.Fatal(err)
		}
		v, err := loadSettings(cmd.Flags())
		if err != nil {
			t.Fatal(err)
		}
		c, err := jobConfig(v)
		if (err == nil) != (want >= 0) || err == nil && c.History != want {
			t.Errorf("%q: %d, %v", text, c.History, err)
		}
		if err != nil && !strings.Contains(err.Error(), "job.history") {
			t.Errorf("%q: the setting is not named in %v", text, err)
		}
	}
}
