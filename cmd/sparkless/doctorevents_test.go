package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparkless/cmd/sparkless/doctor"
)

// The hunts need events of their own, and doctor looks for those of the hunts that run.
func TestDoctorLooksForTheEventsOfEachHunt(t *testing.T) {
	t.Parallel()
	const (
		created  = `{"TimeGenerated":"2026-11-20T00:00:01Z","EventID":4688,"Computer":"c","NewProcessName":"C:\\a.exe"}`
		commands = `{"TimeGenerated":"2026-11-20T00:00:02Z","EventID":4688,"Computer":"c","NewProcessName":"C:\\a.exe","CommandLine":"a -b"}`
		logons   = `{"TimeGenerated":"2026-11-20T00:00:03Z","EventID":4625,"Computer":"c","TargetUserName":"u"}`
		other    = `{"TimeGenerated":"2026-11-20T00:00:04Z","EventID":4672,"Computer":"c"}`
	)
	for _, c := range []struct {
		detect string
		lines  []string
		state  doctor.State
		says   string
	}{
		{"masquerade", []string{created}, doctor.Passed, "1 of them 4688 (a process was created), 0 with a command line"},
		{"masquerade,process", []string{created, logons}, doctor.Warning, "Include command line in process creation events"},
		{"masquerade,process", []string{commands}, doctor.Passed, "1 with a command line"},
		{"logon", []string{created}, doctor.Warning, `audit "Logon"`},
		{"logon", []string{other, logons}, doctor.Passed, "and 1 event 4624 or 4625 (logons)"},
		{"process,logon", []string{commands, other}, doctor.Warning, "without 4624 and 4625"},
		{"process,logon", []string{logons}, doctor.Warning, `audit "Process Creation"`},
		{"process,logon", []string{logons, commands}, doctor.Passed, "1 event 4624"},
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "f.jsonl"), []byte(strings.Join(c.lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		expect{"events": {c.state, c.says}}.of(t, c.detect+" "+c.lines[0], consult(t, 0, nil, "--folder", folder, "--detect", c.detect))
		expect{"events": {doctor.Unchecked, "names no hunt"}, "network export": {doctor.Failed, "0 of them of the network"}}.of(t, "network", consult(t, 1, nil, "--folder", folder, "--detect", "network"))
	}
}
