package main

import (
	"errors"
	"fmt"
	"sync/atomic"

	"sparkless/publish/publishtest"
)

const (
	workspaceID = "11111111-2222-3333-4444-555555555555"
	sharedKey   = "ZGVtby1rZXktb2Ytbm8taW50ZXJlc3Q="
	ruleID      = "dcr-00000000000000000000000000000000"
	stream      = "Custom-MasqueradingProcessName"
	// ruleFile is the template, as seen from the folder that make runs in.
	ruleFile = "deploy/logs-ingestion/rule.json"
)

// destinations are the servers that take records, and count and print them.
type destinations struct {
	collector           *publishtest.DataCollector
	ingestion           *publishtest.LogsIngestion
	collected, ingested atomic.Int64
}

// start starts both servers and returns the environment of a job that sends to
// them. For the Logs Ingestion API it signs in as a managed identity does.
func (d *destinations) start() (env []string, err error) {
	d.collector, err = publishtest.NewDataCollector(publishtest.DataCollectorConfig{
		WorkspaceID: workspaceID, SharedKey: sharedKey,
		Accepted: func(r publishtest.Row) { arrived(&d.collected, "Data Collector", r) },
	})
	if err != nil {
		return nil, err
	}
	columns, err := publishtest.RuleColumns(ruleFile, stream)
	if err != nil {
		return nil, err
	}
	d.ingestion, err = publishtest.NewLogsIngestion(publishtest.LogsIngestionConfig{
		RuleID: ruleID, Stream: stream, Columns: columns,
		Accepted: func(r publishtest.Row) { arrived(&d.ingested, "Logs Ingestion", r) },
	})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.collector.Start(""), d.ingestion.Start("")); err != nil {
		return nil, err
	}
	return append(d.ingestion.Environ(),
		"SPARKLESS_DATACOLLECTOR_WORKSPACE_ID="+workspaceID,
		"SPARKLESS_DATACOLLECTOR_SHARED_KEY="+sharedKey,
		"SPARKLESS_DATACOLLECTOR_ENDPOINT="+d.collector.URL(),
		"SPARKLESS_LOGSINGESTION_ENDPOINT="+d.ingestion.URL(),
		"SPARKLESS_LOGSINGESTION_RULE_ID="+ruleID,
		"SPARKLESS_LOGSINGESTION_STREAM="+stream), nil
}

// close ends the servers that were started.
func (d *destinations) close() (err error) {
	if d.collector != nil {
		err = d.collector.Close()
	}
	if d.ingestion != nil {
		err = errors.Join(err, d.ingestion.Close())
	}
	return err
}

// arrived prints a row. The Data Collector API names columns after their types too.
func arrived(count *atomic.Int64, api string, r publishtest.Row) {
	count.Add(1)
	value := func(name, suffix string) any {
		if v, ok := r.Values[name]; ok {
			return v
		}
		return r.Values[name+suffix]
	}
	fmt.Printf("-> %s, %s: %q looks like %q, score %v\n", api, r.Table,
		value("PotentiallyMaliciousProcess", "_s"), value("NormalProcess", "_s"), value("AnomalyScore", "_d"))
}
