package masquerade

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"sparkless/storage/event"
)

// processName returns the lower-cased name of the new process: the column
// Process or, where that is absent or empty, the base name of NewProcessName. It
// is absent only if there is neither.
func processName(r *event.Record) (name string, absent bool) {
	process := r.Value(colProcess)
	if s := process.Text(); s != "" {
		return bounded(lower(s)), false
	}
	path := r.Value(colNewProcessName)
	if s := baseName(path.Text()); s != "" {
		return bounded(lower(s)), false
	}
	return "", process.Absent() && path.Absent()
}

// appendUsualName appends what processName returns, where that takes no more than
// lower-casing ASCII letters, and reports whether it does.
func appendUsualName(dst, process []byte) ([]byte, bool) {
	if len(process) == 0 || len(process) > longestName {
		return dst, false
	}
	for _, c := range process {
		if c >= utf8.RuneSelf || c == '\\' {
			return dst, false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, true
}

// longestName is how many bytes a name may have. No file system knows names of a
// quarter of that; longer ones, which only a forged event can hold, would fill
// the memory, and comparing them takes time by the square of their length.
const longestName = 1024

// forged starts the key that stands for a name that is too long. No file name
// holds a NUL.
const forged = "\x00"

// bounded returns the name, or a key that takes its place in the counts.
func bounded(name string) string {
	if len(name) <= longestName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return forged + hex.EncodeToString(sum[:])
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
