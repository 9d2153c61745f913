package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"sparkless/publish"
	"sparkless/publish/health"
)

// How long sending the records of a run may take, at each destination. Who
// interrupts a run waits for it: Azure kills a container 30 seconds after SIGTERM.
const (
	recordTime      = 20 * time.Second
	recordTimeAtEnd = 5 * time.Second
)

// executionVariable names the execution of a job in Azure Container Apps, which is
// the same in all its attempts.
const executionVariable = "CONTAINER_APP_JOB_EXECUTION_NAME"

// healthSinks are where the records of runs go: into tables of their own at the
// destinations of findings.
func healthSinks(v *values) ([]publish.Sink, error) {
	var all []publish.Sink
	var errs []error
	for _, to := range []struct {
		section, setting string
		findings         []string
		open             func(v *values, setting string) (publish.Sink, error)
	}{
		{"datacollector.", "health-log-type", []string{"log-type", "anomaly-log-type"}, dataCollectorTo},
		{"logsingestion.", "health-stream", []string{"stream", "anomaly-stream"}, logsIngestionTo},
	} {
		name := v.text(to.section + to.setting)
		if name == "" {
			continue
		}
		s, err := to.open(v, to.setting)
		for _, findings := range to.findings {
			if strings.EqualFold(name, v.text(to.section+findings)) {
				err = fmt.Errorf("%s%s (%s) and %s%s are both %s: the records of runs go into a table of their own",
					to.section, to.setting, v.origin[to.section+to.setting], to.section, findings, address(name))
			}
		}
		if errs = append(errs, err); err == nil {
			all = append(all, s)
		}
	}
	return all, errors.Join(errs...)
}

// recordRun sends what became of a run, where the settings say so. It is sent once,
// at the end; when it cannot be, that is said and changes nothing else.
func (a *app) recordRun(ctx context.Context, r *recorder) {
	if r.DryRun {
		return
	}
	sinks, err := r.health()
	if err != nil {
		if r.ExitCode != exitUsage { // it has said so
			a.log.Warn("no record of this run is sent", "because", err)
		}
		return
	}
	limit := recordTime
	if ctx.Err() != nil {
		limit = recordTimeAtEnd
	}
	host, _ := os.Hostname() // without a name the record has none
	runs := r.runs(runID(r.started), host)
	if len(runs) == 0 {
		return
	}
	for _, s := range sinks {
		a.sendRecords(context.WithoutCancel(ctx), s, runs, limit)
	}
}

// sendRecords sends records to one destination within a time.
func (a *app) sendRecords(ctx context.Context, s publish.Sink, runs []health.Run, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p := a.sinkPolicy(s.Name())
	p.Total = limit
	n, err := health.Send(ctx, publish.Retry(s, p), runs)
	if err != nil {
		a.log.Warn("the record of this run could not be sent; nothing sends it later", "sink", s.Name(), "because", err)
		return
	}
	a.log.Info("the run is recorded", "sink", s.Name(), "records", n)
}

// runID names the run: by the job's execution, else by its time and by chance. It
// looks like no GUID and like no time, which the Data Collector API would put into
// other columns.
func runID(started time.Time) string {
	var chance [4]byte
	_, _ = rand.Read(chance[:]) // never fails, and fills all of it
	return cmp.Or(os.Getenv(executionVariable), "run-"+started.UTC().Format("20060102T150405Z")+"-"+hex.EncodeToString(chance[:]))
}
