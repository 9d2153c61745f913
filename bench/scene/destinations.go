package scene

import (
	"errors"
	"strings"

	"sparkless/publish/publishtest"
)

// Whose records the destinations take, and where they put them.
const (
	workspaceID = "11111111-2222-3333-4444-555555555555"
	sharedKey   = "bm8gb25lJ3Mga2V5"
	ruleID      = "dcr-00000000000000000000000000000000"
	stream      = "Custom-MasqueradingProcessName"
	runs        = "Custom-SparklessRun"
	// ruleFile is the template, as seen from the folder that make runs in.
	ruleFile = "deploy/logs-ingestion/rule.json"
)

// Collector makes a Data Collector server, which is not started.
func Collector(accepted func(publishtest.Row)) (*publishtest.DataCollector, error) {
	return publishtest.NewDataCollector(publishtest.DataCollectorConfig{
		WorkspaceID: workspaceID, SharedKey: sharedKey, Accepted: accepted,
	})
}

// CollectorEnv is the environment of a process that sends to a Collector at url.
func CollectorEnv(url string) []string {
	return []string{
		"SPARKLESS_DATACOLLECTOR_WORKSPACE_ID=" + workspaceID,
		"SPARKLESS_DATACOLLECTOR_SHARED_KEY=" + sharedKey,
		"SPARKLESS_DATACOLLECTOR_ENDPOINT=" + url,
	}
}

// Ingestion makes a Logs Ingestion server, which is not started.
func Ingestion(accepted func(publishtest.Row)) (*publishtest.LogsIngestion, error) {
	findings, err := publishtest.RuleColumns(ruleFile, stream)
	if err != nil {
		return nil, err
	}
	health, err := publishtest.RuleColumns(ruleFile, runs)
	if err != nil {
		return nil, err
	}
	return publishtest.NewLogsIngestion(publishtest.LogsIngestionConfig{
		RuleID: ruleID, Stream: stream, Columns: findings, Accepted: accepted,
		Others: map[string][]publishtest.Column{runs: health},
	})
}

// IngestionEnv is the environment of a process that sends to an Ingestion server at
// url. It signs in there as the managed identity of its host.
func IngestionEnv(s *publishtest.LogsIngestion, url string) []string {
	env := []string{
		"SPARKLESS_LOGSINGESTION_ENDPOINT=" + url,
		"SPARKLESS_LOGSINGESTION_RULE_ID=" + ruleID,
		"SPARKLESS_LOGSINGESTION_STREAM=" + stream,
	}
	const identity = "IDENTITY_ENDPOINT="
	for _, v := range s.Environ() {
		env = append(env, strings.Replace(v, identity+s.URL(), identity+url, 1))
	}
	return env
}

// HealthEnv has a process send a record of each run, too. IsHealth tells these rows
// from findings.
func HealthEnv() []string { return []string{"SPARKLESS_LOGSINGESTION_HEALTH_STREAM=" + runs} }

// IsHealth reports whether a row is the record of a run.
func IsHealth(r publishtest.Row) bool { return r.Table == runs }

// Destinations are both servers, started.
type Destinations struct {
	collector *publishtest.DataCollector
	ingestion *publishtest.LogsIngestion
}

// Start starts both servers, which call accepted with every row that they take, one at
// a time each. Collected is whether it came by the Data Collector API.
func Start(accepted func(collected bool, r publishtest.Row)) (*Destinations, error) {
	c, err := Collector(func(r publishtest.Row) { accepted(true, r) })
	if err != nil {
		return nil, err
	}
	i, err := Ingestion(func(r publishtest.Row) { accepted(false, r) })
	if err != nil {
		return nil, err
	}
	if err := c.Start(""); err != nil {
		return nil, err
	}
	if err := i.Start(""); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &Destinations{c, i}, nil
}

// Env is the environment of a process that sends to both.
func (d *Destinations) Env() []string {
	return append(CollectorEnv(d.collector.URL()), IngestionEnv(d.ingestion, d.ingestion.URL())...)
}

// Close ends both servers.
func (d *Destinations) Close() error { return errors.Join(d.collector.Close(), d.ingestion.Close()) }
