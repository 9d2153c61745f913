package masquerade

import (
	"strings"

	"sparkless/storage/event"
)

// processName returns the lower-cased name of the new process: the column
// Process or, where that is absent or empty, the base name of NewProcessName. It
// is absent only if there is neither.
func processName(r *event.Record) (name string, absent bool) {
	process := r.Value(colProcess)
	if s := process.Text(); s != "" {
		return lower(s), false
	}
	path := r.Value(colNewProcessName)
	if s := baseName(path.Text()); s != "" {
		return lower(s), false
	}
	return "", process.Absent() && path.Absent()
}

// baseName returns what follows the last slash of either kind. That serves drive
// paths, UNC paths and the device forms \??\C:\… and \Device\HarddiskVolume1\….
func baseName(path string) string {
	return path[strings.LastIndexAny(path, `\/`)+1:]
}

// lower is Java's lower-casing, which the notebook's counts rest on. It differs
// from Go's in U+0130, the capital dotted I, which Java takes apart.
func lower(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "\u0130", "i\u0307"))
}
