package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/storage"
	"sparkless/storage/azure"
	"sparkless/storage/local"
	"sparkless/storage/printable"
)

// export opens the container or folder and lists what is on top of it.
func (x *exam) export(ctx context.Context) doctor.Finding {
	var err error
	if x.input, err = x.openContainer(mainContainer(x.v)); err != nil {
		return doctor.Fail(usageError{err}, x.siblingFolders()...)
	}
	if found, plain := x.plainFiles(ctx); plain {
		return found
	}
	ids, err := storage.Workspaces(ctx, x.input, "")
	if err != nil {
		return doctor.Fail(err, x.exportAdvice(ctx, err, mainContainer(x.v))...)
	}
	if len(ids) == 0 {
		return doctor.Fail(fmt.Errorf("%s can be listed and holds no export: neither a folder WorkspaceResourceId=… nor workspaceId/…", address(x.draft.Source)), x.emptyAdvice()...)
	}
	return doctor.Pass("%s can be listed, with exports of %d workspace(s): %s", address(x.draft.Source), len(ids), quoted(ids))
}

// openContainer is openInput without its patience.
func (x *exam) openContainer(container string) (storage.Reader, error) {
	if !fromAccount(x.v) {
		s, err := local.New(local.Config{Folder: exportFolder(x.v, container)})
		if err != nil {
			return nil, fmt.Errorf("storage.folder (%s): %w", x.v.origin["storage.folder"], err)
		}
		return s, nil
	}
	s, err := azure.New(azureConfig(x.v, container))
	if err != nil {
		return nil, err
	}
	return storage.Retry(s, briefly()), nil
}

// exportAdvice says what to do about a container that cannot be listed.
func (x *exam) exportAdvice(ctx context.Context, err error, container string) []string {
	key, flag, table := "storage.container", "--container", "SecurityEvent"
	if container == x.v.text("network.container") {
		key, flag, table = "network.container", "--network-container", "DeviceNetworkEvents"
	}
	if !errors.Is(err, storage.ErrNotExist) || !fromAccount(x.v) {
		return x.accessAdvice(ctx, err, container, "Storage Blob Data Reader", "rl")
	}
	advice := []string{fmt.Sprintf("a data export rule makes its container about half an hour after it was made, once the table gets events: az monitor log-analytics workspace data-export list --resource-group <group> --workspace-name <workspace>   # tables %s, this account (%s)", table, shellWord(x.signIn.Account))}
	others, err := azureConfig(x.v, container).Containers(ctx)
	if err != nil || len(others) == 0 {
		return advice
	}
	exports := slices.DeleteFunc(slices.Clone(others), func(name string) bool { return !strings.HasPrefix(name, "am-") })
	if near := meant(container, others); near != "" {
		return append([]string{fmt.Sprintf("did you mean %q? set %s (%s)", near, key, flag)}, advice...)
	}
	return append([]string{fmt.Sprintf("the account has the containers %s; of an export: %s", quoted(others), listed(exports))}, advice...)
}

// emptyAdvice says where an export may be if not here.
func (x *exam) emptyAdvice() []string {
	if fromAccount(x.v) {
		return []string{"check storage.container, and that the data export rule writes to this account: it takes about half an hour after it was made, and leaves no history"}
	}
	return []string{"name the folder that holds the container's content, or am-securityevent, the folder of the container: storage.folder (--folder)"}
}

// siblingFolders suggests a folder beside one that is not there.
func (x *exam) siblingFolders() []string {
	folder := filepath.Clean(x.v.text("storage.folder"))
	siblings, err := filepath.Glob(filepath.Join(globbed(filepath.Dir(folder)), "*"))
	if err != nil {
		return nil
	}
	for i, s := range siblings {
		siblings[i] = filepath.Base(s)
	}
	if near := meant(filepath.Base(folder), siblings); near != "" {
		return []string{"did you mean " + address(filepath.Join(filepath.Dir(folder), near)) + "?"}
	}
	return nil
}

// globbed takes the meaning out of a path's characters that patterns are made of.
func globbed(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}

// workspace looks for the one that is to be read.
func (x *exam) workspace(ctx context.Context) doctor.Finding {
	if x.plain {
		return doctor.Skip("plain files are of no workspace")
	}
	want := x.v.text("storage.workspace")
	all, err := storage.Workspaces(ctx, x.input, "")
	if err != nil {
		return doctor.Fail(err)
	}
	if want == "" {
		if len(all) > 1 {
			return doctor.Warn(fmt.Sprintf("storage.workspace is not set: a run reads all %d", len(all)), "set storage.workspace (--workspace) to read one of them")
		}
		return doctor.Pass("storage.workspace is not set: a run reads the one that is there")
	}
	found, err := storage.Workspaces(ctx, x.input, want)
	setting := fmt.Sprintf("storage.workspace (%s)", x.v.origin["storage.workspace"])
	switch {
	case err != nil:
		return doctor.Fail(err)
	case len(found) == 1:
		return doctor.Pass("%s is there: %s", setting, quoted(found))
	case len(found) > 1 && !strings.Contains(want, "/"):
		return doctor.Fail(usageError{fmt.Errorf("%s: %s is the name of several workspaces", setting, address(want))}, "give the resource ID, one of "+quoted(found))
	case len(found) > 1:
		return doctor.Pass("%s is there, in several spellings: %s", setting, quoted(found))
	}
	candidates := slices.Clone(all)
	for i, id := range all {
		if !strings.Contains(want, "/") {
			candidates[i] = path.Base(id)
		}
	}
	advice := "the export has " + quoted(all)
	if near := meant(want, candidates); near != "" {
		advice = fmt.Sprintf("did you mean %q? %s", near, advice)
	}
	return doctor.Fail(usageError{fmt.Errorf("%s: there is no export of %s", setting, address(want))}, advice)
}

// quoted shows names that others gave.
func quoted(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		if len(name) > 300 { // a resource ID is shorter
			name = printable.Text(name)
		}
		shown[i] = fmt.Sprintf("%q", printable.Whole(name))
	}
	return listed(shown)
}

// dayBefore looks at the day that a run takes unless it is told another.
func (x *exam) dayBefore(ctx context.Context) doctor.Finding {
	if x.plain {
		return doctor.Skip("plain files do not tell their days: sparkless run --all takes all")
	}
	day := midnight(x.a.now()).AddDate(0, 0, -1)
	yesterday, err := storage.ListDay(ctx, x.input, x.v.text("storage.workspace"), day)
	if err != nil {
		return doctor.Fail(err, x.accessAdvice(ctx, err, x.v.text("storage.container"), "Storage Blob Data Reader", "rl")...)
	}
	if len(yesterday.Blobs) == 0 {
		return x.noYesterday(ctx, day)
	}
	_, at, _ := yesterday.Newest(day)
	x.sample = sampleOf(yesterday.Blobs)
	text := fmt.Sprintf("%s has %s, the newest of %s UTC", day.Format(time.DateOnly), blobsOf(yesterday), at.Format("15:04"))
	var gaps []string
	for _, g := range storage.Gaps(yesterday.Coverage(), day, day.AddDate(0, 0, 1)) {
		gaps = append(gaps, g.String())
	}
	switch {
	case len(gaps) > 0:
		return doctor.Warn(fmt.Sprintf("%s; no blobs of the hours %s", text, listed(gaps)),
			"a run says that its result is partial (exit code 3) if more than job.missing-hours are missing; Azure retries an export for 12 hours, so look again at noon UTC, or at whether the machines sent events then")
	case len(yesterday.Unknown) > 0:
		return doctor.Warn(fmt.Sprintf("%s; %d names there are no export's, such as %s", text, len(yesterday.Unknown), quoted(yesterday.Unknown[:1])), "a run leaves them out: is this the container of the export alone?")
	}
	return doctor.Pass("%s, and blobs of every hour", text)
}

// noYesterday says since when there is nothing.
func (x *exam) noYesterday(ctx context.Context, day time.Time) doctor.Finding {
	text := "no blobs of " + day.Format(time.DateOnly)
	newest, err := storage.NewestDay(ctx, x.input, x.v.text("storage.workspace"))
	if err != nil {
		return doctor.Fail(err)
	}
	if newest.IsZero() {
		return doctor.Fail(errors.New(text+", nor of any other day"), x.emptyAdvice()...)
	}
	name := newest.Format(time.DateOnly)
	last, err := storage.ListDay(ctx, x.input, x.v.text("storage.workspace"), newest)
	if err != nil {
		return doctor.Fail(err)
	}
	x.sample = sampleOf(last.Blobs)
	switch {
	case !newest.Before(day):
		return doctor.Warn(text+": the export seems to have begun after it", "sparkless run takes yesterday (UTC) unless --day says another")
	case fromAccount(x.v):
		return doctor.Fail(fmt.Errorf("%s: the export has stopped, the newest day is %s", text, name),
			"look at the data export rule: az monitor log-analytics workspace data-export list --resource-group <group> --workspace-name <workspace>   # enabled, and with the table SecurityEvent",
			"to hunt through that day: sparkless run --day "+name)
	}
	return doctor.Warn(fmt.Sprintf("%s: the newest day in the folder is %s", text, name), "to hunt through that day: sparkless run --day "+name)
}

func blobsOf(e storage.Export) string {
	var bytes int64
	for _, b := range e.Blobs {
		bytes += b.Size
	}
	return fmt.Sprintf("%d blobs, %.1f MB", len(e.Blobs), float64(bytes)/1e6)
}

// late is how far behind an export may be: it writes about every five minutes.
const late = time.Hour

func (x *exam) thisDay(ctx context.Context) doctor.Finding {
	if x.plain {
		return doctor.Skip("plain files do not tell their days")
	}
	now := x.a.now().UTC()
	day := midnight(now)
	today, err := storage.ListDay(ctx, x.input, x.v.text("storage.workspace"), day)
	if err != nil {
		return doctor.Fail(err)
	}
	_, at, ok := today.Newest(day)
	switch {
	case !ok && !fromAccount(x.v):
		return doctor.Skip("the folder has no blobs of " + day.Format(time.DateOnly))
	case !ok && now.Sub(day) < late:
		return doctor.Pass("no blobs of %s yet, which has just begun", day.Format(time.DateOnly))
	case !ok:
		return doctor.Warn("no blobs of "+day.Format(time.DateOnly), "an export writes about every five minutes: look at the data export rule, and at whether machines send events")
	}
	if x.sample.Name == "" {
		x.sample = sampleOf(today.Blobs)
	}
	text := fmt.Sprintf("%s has %s, the newest of %s UTC, %s ago", day.Format(time.DateOnly), blobsOf(today), at.Format("15:04"), rounded(now.Sub(at)))
	if now.Sub(at) > late && fromAccount(x.v) {
		return doctor.Warn(text, "an export writes about every five minutes: look at the data export rule, and at whether machines send events")
	}
	return doctor.Pass("%s", text)
}

// Of a blob no more is read than this, where it can be read in parts, and no more
// events are looked at.
const (
	sampleBytes  = 1 << 20
	sampleEvents = 5000
)

// largestSample is the size of a blob that is certainly worth a look: most of a
// Parquet file has to be there before its first row can be read.
const largestSample = 64 << 20

// sampleOf picks the largest blob that is not larger than that, or else the
// smallest.
func sampleOf(blobs []storage.Blob) storage.Blob {
	worth := func(b storage.Blob) int64 {
		if b.Size > largestSample {
			return -b.Size
		}
		return b.Size
	}
	var best storage.Blob
	for _, b := range blobs {
		if best.Name == "" || worth(b) > worth(best) {
			best = b
		}
	}
	return best
}
