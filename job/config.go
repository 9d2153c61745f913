package job

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// Config holds the settings of a job.
type Config struct {
	// Workspace is the resource ID, or the name, of the workspace to read; empty
	// for every workspace of the container.
	Workspace string
	// Source says where the export is, a folder or a container, in a way that
	// tells it from every other.
	Source string
	// Scope names the estate: its folder in the work store, and part of the IDs
	// of its findings.
	Scope string
	// Workers is how many goroutines merge and finish, at least 1. How many shards
	// are under way is up to Hunt.Engine, how much is read at a time to Hunt.Lanes.
	Workers int
	// ShardSize is about how many bytes make a shard; 0 chooses by the day.
	ShardSize int64
	// BatchSize is about how many bytes make a batch, which is what an engine on many
	// machines gives out as one task; 0 chooses by the day.
	BatchSize int64
	// Code is a digest of the program and of its settings: what runs on many machines
	// with another one is another run.
	Code string
	// Identity tells this process from all others that work on the same run.
	Identity string
	// History is how many days before the analysed one are looked back on, as far
	// as their profiles are kept.
	History int
	// Budget is how many findings a window has at most, the first ones; 0 sets no bound.
	// Those that are suppressed do not count.
	Budget int
	// Memory is how many bytes the process may take; 0 sets no bound. Past what
	// UsableMemory leaves of it a day fails with ErrMemory.
	Memory int64
	// MaxMalformed is the share of lines, 0 to 1, that may be unreadable.
	MaxMalformed float64
	// PartialMalformed is the share of them above which the result counts as
	// partial.
	PartialMalformed float64
	// MissingHours is how many hours without blobs, over all workspaces, a result
	// may have before it counts as partial.
	MissingHours int
	// Wait is how long to wait for another run of the same day.
	Wait time.Duration
	// Layout says how the input is listed: as an export unless it is
	// storage.LayoutPlain. What the events of plain files lack is not known.
	Layout storage.Layout
	// AllFiles has plain files read whatever day their folders are named by.
	AllFiles bool
	// Fields says how the source names what the detector reads; nil as SecurityEvent
	// does.
	Fields *event.Fields
	// Strict checks every line to its end (event.Strict).
	Strict bool
	// DryRun makes a run deliver nothing.
	DryRun bool
}

// DefaultConfig reads with every processor, and waits longer than a run that died
// can be in the way.
func DefaultConfig() Config {
	return Config{Scope: "all", Workers: runtime.GOMAXPROCS(0), History: 30, MaxMalformed: 0.01, PartialMalformed: 0.001, Wait: 90 * time.Second}
}

// Validate names every setting that cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.Workers < 1 || c.Workers > 1024 {
		errs = append(errs, fmt.Errorf("job.workers: %d is not between 1 and 1024", c.Workers))
	}
	if c.ShardSize != 0 && c.ShardSize < 1<<10 {
		errs = append(errs, fmt.Errorf("job.shard-size: %d is neither auto nor at least 1024 bytes", c.ShardSize))
	}
	if c.BatchSize != 0 && c.BatchSize < 1<<10 {
		errs = append(errs, fmt.Errorf("job.batch-size: %d is neither auto nor at least 1024 bytes", c.BatchSize))
	}
	if c.History < 0 || c.History > 366 {
		errs = append(errs, fmt.Errorf("job.history: %d is not between 0 and 366 days", c.History))
	}
	if !(c.MaxMalformed >= 0 && c.MaxMalformed <= 1) {
		errs = append(errs, fmt.Errorf("job.max-malformed: %v is not a share between 0 and 1", c.MaxMalformed))
	}
	if !(c.PartialMalformed >= 0 && c.PartialMalformed <= 1) {
		errs = append(errs, fmt.Errorf("job.partial-malformed: %v is not a share between 0 and 1", c.PartialMalformed))
	}
	if c.MissingHours < 0 {
		errs = append(errs, fmt.Errorf("job.missing-hours: %d is less than none", c.MissingHours))
	}
	if c.Wait < 0 {
		errs = append(errs, fmt.Errorf("job.wait: %v is no time to wait", c.Wait))
	}
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	if c.Scope == "" || c.Scope[0] == '.' || strings.Trim(c.Scope, allowed) != "" || len(c.Scope) > 100 {
		errs = append(errs, fmt.Errorf("job.scope: %q must be 1 to 100 letters, digits, '-', '_' or '.', not '.' first", c.Scope))
	}
	return errors.Join(errs...)
}
