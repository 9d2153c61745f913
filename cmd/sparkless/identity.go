package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"sparkless/job"
	"sparkless/storage/azure"
)

// decisive are the settings that can change what a worker does, or what it sends: two
// workers may do each other's work if all of these are the same. Others say the same
// in another way: where exports and the work store are, and which estate it is, see
// identity.
func decisive() []string {
	return []string{
		"storage.workspace", "fields.preset", "fields.map", "fields.events",
		"job.shard-size", "job.batch-size", "job.history", "job.max-malformed", "job.partial-malformed", "job.missing-hours", "job.strict", "job.dry-run",
		"masquerade.profile", "masquerade.min-score", "masquerade.weights", "masquerade.facts", "masquerade.frequent", "masquerade.rare", "masquerade.similarity", "masquerade.self-test",
		"hunts.mode", "hunts.budget", "hunts.masquerade-anomalies", "process.model",
		"suppress.file",
		"datacollector.workspace-id", "datacollector.log-type", "datacollector.health-log-type", "datacollector.anomaly-log-type", "datacollector.endpoint", "datacollector.resource-id",
		"logsingestion.endpoint", "logsingestion.rule-id", "logsingestion.stream", "logsingestion.health-stream", "logsingestion.anomaly-stream", "logsingestion.audience",
	}
}

// placing are the settings that say where exports and the work store are, how they are
// laid out, and which estate it is. What they come to is decisive, not their texts.
func placing() []string {
	return []string{"storage.folder", "storage.account", "storage.endpoint", "storage.container", "storage.emulator", "storage.layout", "network.container", "work.folder", "work.container", "job.scope"}
}

// indifferent are the settings that change nothing of what a worker does: who signs in
// and with what, how fast and with how much memory, which time is asked for, how the
// others are reached, and what is shown and written, and with which exit code, where
// somebody waits for it.
func indifferent() []string {
	return []string{
		"storage.client-id", "storage.connection-string", "storage.account-key", "storage.sas", "key-vault.url", "datacollector.shared-key",
		"job.workers", "job.memory", "job.wait", "job.engine", "job.fail-on-partial",
		"window.from", "window.to", "window.last",
		"temporal.address", "temporal.namespace", "temporal.api-key", "temporal.tls", "temporal.tls-ca", "temporal.tls-cert", "temporal.tls-key", "temporal.tls-server-name",
		"hunts.detect", "suppress.show", "output.format", "output.report", "output.summary", "output.files", "output.fail-on",
		"display.quiet", "display.no-color", "display.no-progress", "log.level", "log.format",
	}
}

// ofFiles are those of the decisive settings that name a file: its content counts, and
// not its name.
func ofFiles() []string { return []string{"masquerade.facts", "process.model", "suppress.file"} }

// unordered are those that are lists in which the order says nothing.
func unordered() []string { return []string{"fields.events", "masquerade.weights"} }

// identityLength is how many hexadecimal digits an identity has.
const identityLength = 16

// identity is a digest of the program and of all that decides what a worker does. Only
// workers of one identity work together: other code, or other settings, may come to
// another result. Program is a digest of the executable file.
func identity(v *values, c *job.Config, program string) (string, error) {
	work, err := workSource(v)
	if err != nil {
		return "", usageError{err}
	}
	sum := sha256.New()
	note := func(name, value string) { fmt.Fprintf(sum, "%s %d\n%s\n", name, len(value), value) }
	note("program", program)
	note("source", c.Source)
	note("work", work)
	note("scope", c.Scope)
	note("layout", string(c.Layout))
	note("all files", fmt.Sprint(c.AllFiles))
	keys := decisive()
	slices.Sort(keys)
	for _, key := range keys {
		text, err := v.decides(key)
		if err != nil {
			return "", err
		}
		note(key, text)
	}
	return hex.EncodeToString(sum.Sum(nil))[:identityLength], nil
}

// estateOf is a digest of where exports and the work store are. It is the same for all
// programs and settings that work there, which may see and cancel each other's runs.
func estateOf(v *values, source string) (string, error) {
	work, err := workSource(v)
	if err != nil {
		return "", usageError{err}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s", len(source), source, work))
	return hex.EncodeToString(sum[:])[:identityLength], nil
}

// decides is what a setting says, the same for all ways of saying it.
func (v *values) decides(key string) (string, error) {
	if slices.Contains(ofFiles(), key) {
		return digestOf(v.text(key))
	}
	switch at := slices.IndexFunc(settings(), func(s setting) bool { return s.key == key }); settings()[at].value.(type) {
	case []string:
		list := slices.Clone(v.list(key))
		if slices.Contains(unordered(), key) {
			slices.Sort(list)
		}
		return strings.Join(list, "\n"), nil
	case int:
		return fmt.Sprint(v.whole(key)), nil
	case float64:
		return fmt.Sprint(v.number(key)), nil
	case bool:
		return fmt.Sprint(v.on(key)), nil
	}
	if slices.Contains([]string{"job.shard-size", "job.batch-size"}, key) {
		n, err := v.size(key)
		return fmt.Sprint(n), err
	}
	return v.text(key), nil
}

// workSource says where the work store is in a way that tells it from every other.
func workSource(v *values) (string, error) {
	place, err := findWork(v)
	if err != nil {
		return "", err
	}
	if place.folder != "" {
		return resolved(place.folder)
	}
	s, err := azure.New(azureConfig(v, place.container))
	if err != nil {
		return "", err
	}
	defer s.Close()
	return s.URL(), nil
}

// thisProgram is the digest of the executable file.
func thisProgram() (string, error) {
	const running = "/proc/self/exe" // also where the file was replaced since
	if sum, err := digestOf(running); err == nil {
		return sum, nil
	}
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("which program is this? %w", err)
	}
	return digestOf(name)
}

// digestOf is the digest of a file's content, or "" for no file.
func digestOf(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", address(name), withoutPath(err))
	}
	defer func() { _ = f.Close() }() // nothing was written
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("%s: %w", address(name), withoutPath(err))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
