package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/azure"
	"sparkless/storage/event"
	"sparkless/storage/local"
)

// defaultWork is the folder or container of the work store unless set.
const defaultWork = "sparkless-work"

// overNetwork is how many requests to an account are under way at a time: one
// connection to blob storage gives a fraction of what the network does.
const overNetwork = 16

// engine shares out the reading. From a folder each worker reads a shard of its
// own. Over the network many requests are worth more than they cost: the workers
// share a few shards, so that none is left with too few requests.
func engine(v *values, workers int) (job.Engine, *event.Lanes) {
	if fromAccount(v) {
		return job.Local(min(workers, 2*runtime.GOMAXPROCS(0))), event.NewLanes(workers, workers)
	}
	return job.Local(workers), event.NewLanes(workers, 1)
}

func jobConfig(v *values) (job.Config, error) {
	size, err := v.size("job.shard-size")
	batch, errBatch := v.size("job.batch-size")
	wait, errWait := time.ParseDuration(v.text("job.wait"))
	if errWait != nil {
		errWait = fmt.Errorf("job.wait (%s): %s is not a time such as 90s or 5m", v.origin["job.wait"], address(v.text("job.wait")))
	}
	memory, errMemory := v.memory()
	history, errHistory := v.days("job.history")
	layout, errLayout := layoutOf(v)
	fields, errFields := fieldsOf(v)
	c := job.Config{
		Workspace:        v.text("storage.workspace"),
		Scope:            v.text("job.scope"),
		Workers:          v.whole("job.workers"),
		ShardSize:        size,
		BatchSize:        batch,
		History:          history,
		Memory:           memory,
		MaxMalformed:     v.number("job.max-malformed"),
		PartialMalformed: v.number("job.partial-malformed"),
		MissingHours:     v.whole("job.missing-hours"),
		Wait:             wait,
		Strict:           v.on("job.strict"),
		DryRun:           v.on("job.dry-run"),
		Layout:           layout,
		Fields:           fields,
	}
	if c.Workers == 0 {
		c.Workers = job.DefaultConfig().Workers
		if fromAccount(v) {
			c.Workers = max(c.Workers, overNetwork)
		}
	}
	if c.Scope == "" {
		c.Scope = job.DefaultConfig().Scope // until resolveScope knows better
	}
	return c, errors.Join(err, errBatch, errMemory, errHistory, errWait, errLayout, errFields, c.Validate())
}

// resolveScope names the estate after the one workspace that is read, whether it
// was set or is the only one; its name is unique within a resource group alone,
// so a digest of the resource ID follows. Several workspaces are "all".
func resolveScope(ctx context.Context, v *values, input storage.Reader) (string, error) {
	if scope := v.text("job.scope"); scope != "" {
		return scope, nil
	}
	want := v.text("storage.workspace")
	found, err := storage.Workspaces(ctx, input, want)
	if err != nil {
		return "", err
	}
	ids := map[string]bool{} // in lower case: the export writes them so, others do not
	for _, id := range found {
		ids[strings.ToLower(id)] = true
	}
	switch {
	case len(ids) > 1 && want != "":
		return "", usageError{fmt.Errorf("storage.workspace (%s): %s is the name of several workspaces: give the resource ID, one of %q", v.origin["storage.workspace"], address(want), found)}
	case len(ids) != 1:
		return job.DefaultConfig().Scope, nil
	}
	id := strings.ToLower(found[0])
	sum := sha256.Sum256([]byte(id))
	return path.Base(id) + "-" + hex.EncodeToString(sum[:4]), nil
}

// scope is that of the first container which tells it.
func (h *hunt) scope(ctx context.Context, v *values) (string, error) {
	scope, failed := resolveScope(ctx, v, h.Input)
	for _, p := range h.pursuits {
		own := p.apart()
		if own == nil || !errors.Is(failed, storage.ErrNotExist) && !errors.Is(failed, storage.ErrDenied) {
			continue
		}
		var err error
		if scope, err = resolveScope(ctx, v, own); err == nil {
			return scope, nil
		}
	}
	return scope, failed
}

// accountSettings are those that make sense only for a storage account.
var accountSettings = []string{"storage.account", "storage.endpoint",
	"storage.connection-string", "storage.account-key", "storage.sas", "storage.emulator"}

func azureConfig(v *values, container string) azure.Config {
	c := azure.Config{
		Account:          v.text("storage.account"),
		Endpoint:         v.text("storage.endpoint"),
		Container:        container,
		ConnectionString: v.secret("storage.connection-string"),
		AccountKey:       v.secret("storage.account-key"),
		SAS:              v.secret("storage.sas"),
		ClientID:         v.text("storage.client-id"),
		Emulator:         v.on("storage.emulator"),
		Tracing:          v.tracing,
	}
	if v.origin["storage.connection-string"] == v.vaultOrigin() {
		c.ClientID = "" // the identity was for the vault
	}
	return c
}

// fromAccount reports whether exports come from a storage account.
func fromAccount(v *values) bool { return v.text("storage.folder") == "" }

// openInput opens the export container and says where it is. It sends nothing yet.
func (a *app) openInput(v *values, container string) (r storage.Reader, source string, err error) {
	if fromAccount(v) {
		if v.text("storage.account") == "" && v.text("storage.connection-string") == "" && !v.on("storage.emulator") && v.text("storage.endpoint") == "" {
			return nil, "", errors.New("nothing to read: set storage.folder (--folder), storage.account (--account), storage.connection-string or storage.emulator (--emulator)")
		}
		s, err := azure.New(azureConfig(v, container))
		if err != nil {
			return nil, "", err
		}
		return storage.Retry(s, a.policy()), s.URL(), nil
	}
	for _, key := range accountSettings {
		if v.v.IsSet(key) && v.origin[key] != "default" && v.text(key) != "false" {
			return nil, "", fmt.Errorf("storage.folder (%s) and %s (%s) contradict each other: leave one out", v.origin["storage.folder"], key, v.origin[key])
		}
	}
	folder := exportFolder(v, container)
	s, err := local.New(local.Config{Folder: folder})
	source, unresolved := resolved(folder)
	if err = cmp.Or(err, unresolved); err != nil {
		return nil, source, fmt.Errorf("storage.folder (%s): %w", v.origin["storage.folder"], err)
	}
	return storage.Retry(s, a.policy()), source, nil
}

// resolved is the one path of a folder, without symbolic links. The folder need
// not be there yet.
func resolved(folder string) (string, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		real, err = resolved(filepath.Dir(path))
		real = filepath.Join(real, filepath.Base(path))
	}
	return real, err
}

// policy retries, and says so: silence would look like a hang.
func (a *app) policy() storage.Policy {
	p := storage.DefaultPolicy()
	p.Notify = func(err error) {
		a.telemetry.Retry("storage")
		a.log.Warn("trying again", "after", err)
	}
	return p
}

// exportFolder is the folder of a container: the one in the folder that was set, or
// beside it, that is named like the container, or the one that was set.
func exportFolder(v *values, container string) string {
	folder := v.text("storage.folder")
	inside, beside := filepath.Join(folder, container), filepath.Join(folder, "..", container)
	name := filepath.Base(filepath.Clean(folder))
	others := slices.DeleteFunc([]string{v.text("storage.container"), v.text("network.container")}, func(one string) bool { return one == container })
	switch {
	case isFolder(inside):
		return inside
	case slices.Contains(others, name):
		return beside
	case name == container:
		return folder
	case container != mainContainer(v):
		return inside
	case slices.ContainsFunc(others, func(one string) bool { return filepath.IsLocal(one) && isFolder(filepath.Join(folder, one)) }) && !holdsExport(v, folder):
		return inside // where it would be, since the other is there
	}
	return folder
}

// holdsExport reports whether a folder has the content of a container, as far as that is
// clear without reading it.
func holdsExport(v *values, folder string) bool {
	entries, err := os.ReadDir(folder)
	return err != nil || v.text("storage.layout") == string(storage.LayoutPlain) ||
		slices.ContainsFunc(entries, func(e os.DirEntry) bool { return storage.BeginsExport(e.Name() + "/") })
}

// workPlace is where the work store is: a folder or a container.
type workPlace struct{ folder, container string }

// findWork says where the settings put the work store.
func findWork(v *values) (workPlace, error) {
	w := workPlace{v.text("work.folder"), v.text("work.container")}
	switch {
	case w.folder != "" && w.container != "":
		return w, fmt.Errorf("work.folder (%s) and work.container (%s) contradict each other: leave one out", v.origin["work.folder"], v.origin["work.container"])
	case w.container != "" && !fromAccount(v):
		return w, fmt.Errorf("work.container (%s) needs a storage account, but exports come from storage.folder: set work.folder", v.origin["work.container"])
	case w.folder == "" && w.container == "" && fromAccount(v):
		w.container = defaultWork
	case w.folder == "" && w.container == "":
		w.folder = defaultWork
	}
	if w.container != "" && w.container == v.text("storage.container") {
		return w, fmt.Errorf("work.container (%s) and storage.container (%s) are both %s: the job never writes where exports are",
			v.origin["work.container"], v.origin["storage.container"], address(w.container))
	}
	return w, nil
}

// checkWork refuses work stores that cannot be. Source is where the export is.
func checkWork(v *values, w workPlace, source string) error {
	if w.folder == "" {
		if w.container == "" || azureConfig(v, v.text("storage.container")).Validate() != nil {
			return nil // which others have said
		}
		if err := azureConfig(v, w.container).Validate(); err != nil {
			return fmt.Errorf("work.container: %w", err)
		}
		return nil
	}
	place, err := resolved(w.folder)
	if err != nil {
		return fmt.Errorf("work.folder (%s): %w", v.origin["work.folder"], err)
	}
	if rel, err := filepath.Rel(source, place); err == nil && !fromAccount(v) && source != "" && filepath.IsLocal(rel) {
		return fmt.Errorf("work.folder (%s): %s lies in the export's folder %s, where the job never writes: name another", v.origin["work.folder"], place, source)
	}
	return nil
}

// openWork opens the work store, and makes it where it is missing.
func (a *app) openWork(ctx context.Context, v *values, w workPlace) (storage.Store, error) {
	if w.folder == "" {
		s, err := azure.New(azureConfig(v, w.container))
		if err != nil {
			return nil, usageError{fmt.Errorf("work.container: %w", err)}
		}
		if err := a.policy().Do(ctx, func() error { return s.EnsureContainer(ctx) }); err != nil {
			return nil, fmt.Errorf("work.container: %w; work.folder keeps the work store on this machine instead", err)
		}
		return storage.RetryStore(s, a.policy()), nil
	}
	s, err := local.New(local.Config{Folder: w.folder, Create: true})
	if err != nil {
		return nil, fmt.Errorf("work.folder (%s): %w", v.origin["work.folder"], err)
	}
	return s, nil
}
