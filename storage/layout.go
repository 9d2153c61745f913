package storage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Layout says how the data of a container or folder are found.
type Layout string

// The layouts. LayoutAuto is for settings: FindLayout resolves it.
const (
	LayoutAuto   Layout = "auto"
	LayoutExport Layout = "export" // by the folders of a continuous export or of export jobs
	LayoutPlain  Layout = "plain"  // every file of a known kind, wherever it lies
)

// Layouts returns the names of the layouts.
func Layouts() []string {
	return []string{string(LayoutAuto), string(LayoutExport), string(LayoutPlain)}
}

// FindLayout tells how the container is laid out: as an export where it has the
// folders of one, else as plain files if it has any. An empty container counts as
// an export that has not begun. Beside an export, beside names the folders on top
// that are none of it. It fails with ErrInvalid where an export lies deeper, since
// its files and others would be read as one.
func FindLayout(ctx context.Context, r Reader) (found Layout, beside []string, err error) {
	ids, err := Workspaces(ctx, r, "")
	if err != nil {
		return LayoutExport, nil, err
	}
	if len(ids) > 0 {
		top, err := foldersBelow(ctx, r, "")
		if err != nil {
			return LayoutExport, nil, fmt.Errorf("looking for the layout: %w", err)
		}
		beside = slices.DeleteFunc(top, BeginsExport)
		return LayoutExport, beside, nil
	}
	found = LayoutExport
	for b, err := range r.List(ctx, "") {
		if err != nil {
			return LayoutExport, nil, fmt.Errorf("looking for the layout: %w", err)
		}
		if inside := exportWithin(b.Name); inside != "" {
			return LayoutExport, nil, fmt.Errorf("an export lies deeper, in %q: name that folder (storage.folder), or set storage.layout to plain to read all files: %w", inside, ErrInvalid)
		}
		if !hidden(b.Name) && isPlainData(path.Base(b.Name)) {
			found = LayoutPlain
		}
	}
	return found, nil, nil
}

// BeginsExport reports whether a name at the top of a container is of a folder of an
// export, by how all of them begin. A folder ends in a slash.
func BeginsExport(name string) bool { return strings.HasPrefix(name, exportRoot) || name == jobRoot }

// exportWithin is the folder that holds an export, if the name tells of one below
// the top.
func exportWithin(name string) string {
	if i := strings.Index(name, "/"+exportRoot); i > 0 {
		return name[:i]
	}
	if i := strings.Index(name, "/"+jobRoot); i > 0 {
		if id, _, ok := strings.Cut(name[i+1+len(jobRoot):], jobFolder); ok && isGUID(id) {
			return name[:i]
		}
	}
	return ""
}

// ListPlain lists every file of a known kind: .json, .jsonl and .ndjson, also
// compressed as .gz or .zst, a bare .gz or .zst, and .parquet. What lies in folders
// whose names begin with "_" or ".", or is named so, is no data: writers keep
// their markers there.
//
// A file's name tells nothing of the hours that it holds. Only where a folder is
// named by a day (date=2026-11-20, or year=, month= and day= in a row) that is more
// than a day away from the span, the file is put aside.
//
// It fails with ErrInvalid at a table of Delta Lake, Hudi or Iceberg, since of its
// files some may be there no more, as its log says, and where a file lies beside its
// compressed self, since events may be there twice.
func ListPlain(ctx context.Context, r Reader, from, to time.Time) (Export, error) {
	e := Export{Plain: true}
	for b, err := range r.List(ctx, "") {
		if err != nil {
			return e, fmt.Errorf("listing plain files: %w", err)
		}
		if err := checkTable(b.Name); err != nil {
			return e, err
		}
		day, dated := folderDay(b.Name)
		switch {
		case hidden(b.Name):
		case !isPlainData(path.Base(b.Name)):
			e.Unknown = append(e.Unknown, b.Name)
		case dated && (!day.Add(2*wholeDay).After(from) || !day.Add(-wholeDay).Before(to)):
			e.Aside = append(e.Aside, b)
		default:
			e.Blobs = append(e.Blobs, b)
		}
	}
	return e, checkCopies(e.Blobs)
}

// checkCopies fails where a file lies beside what compressing it gives.
func checkCopies(blobs []Blob) error {
	names := make(map[string]bool, len(blobs))
	for _, b := range blobs {
		names[b.Name] = true
	}
	for _, b := range blobs {
		for _, ending := range []string{".gz", ".zst"} {
			if bare, ok := strings.CutSuffix(b.Name, ending); ok && names[bare] {
				return fmt.Errorf("%q lies beside %q, so that its events may be there twice: remove or rename one: %w", bare, b.Name, ErrInvalid)
			}
		}
	}
	return nil
}

// Dates returns the first and the last day that the folders of the blobs state;
// ok is false if none does.
func Dates(blobs []Blob) (first, last time.Time, ok bool) {
	for _, b := range blobs {
		day, dated := folderDay(b.Name)
		if !dated {
			continue
		}
		if !ok || day.Before(first) {
			first = day
		}
		if !ok || day.After(last) {
			last = day
		}
		ok = true
	}
	return first, last, ok
}

// folderDay is the day that a file's folders state.
func folderDay(name string) (time.Time, bool) {
	folders := strings.Split(path.Dir(name), "/")
	for i, folder := range folders {
		for _, key := range []string{"date=", "dt=", "day="} {
			if text, ok := strings.CutPrefix(folder, key); ok {
				if day, err := time.Parse(time.DateOnly, text); err == nil {
					return day, true
				}
			}
		}
		three := folders[i:min(i+3, len(folders))]
		for _, keys := range [][3]string{{"year", "month", "day"}, {"y", "m", "d"}} {
			if day, ok := dayIn(three, keys); ok {
				return day, true
			}
		}
	}
	return time.Time{}, false
}

// hidden reports whether a file, or a folder above it, is named as writers name
// their markers.
func hidden(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".")
	})
}

// isPlainData knows the kinds of files by their names.
func isPlainData(base string) bool {
	base = strings.ToLower(base)
	bare := strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".zst")
	switch path.Ext(bare) {
	case ".json", ".jsonl", ".ndjson":
		return true
	case ".parquet":
		return bare == base // Parquet compresses within
	case "":
		return bare != base
	}
	return false
}

// checkTable refuses the files of tables whose log says which of them count.
func checkTable(name string) error {
	folders := strings.Split(path.Dir(name), "/")
	for i, folder := range folders {
		kind := tableKind(folder)
		if folder == "metadata" && strings.HasSuffix(name, ".metadata.json") {
			kind = "an Iceberg"
		}
		if kind != "" {
			return notPlain(kind, path.Join(folders[:i]...))
		}
	}
	return nil
}

// tableKind knows the folder that a table keeps its log in.
func tableKind(folder string) string {
	switch folder {
	case "_delta_log":
		return "a Delta"
	case ".hoodie":
		return "a Hudi"
	}
	return ""
}

func notPlain(kind, place string) error {
	if place == "" {
		place = "."
	}
	return fmt.Errorf("%q is %s table: files that its log has removed would be read as if they still counted; write its rows out as Parquet files and read those: %w", place, kind, ErrInvalid)
}
