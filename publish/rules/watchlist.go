package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"sparkless/storage/printable"
)

// SearchKey is the column of a watchlist by which events are found: the end of an
// impostor's path, lower-cased, `\` and its name, or the whole path without its drive
// where the name is a Windows program's own.
const SearchKey = "ImageSuffix"

// MostUpload is how many bytes a watchlist may have that is uploaded from a local file;
// larger ones go through a storage account. Source: Microsoft Learn, "Watchlists in
// Microsoft Sentinel".
const MostUpload = 3_800_000

// Watchlist returns rules as a watchlist of Microsoft Sentinel: CSV (RFC 4180) with a
// header, UTF-8, a row for each name and for each path where the name is not enough.
// A list cannot say what a parent has to be, nor tell letters whose case is all that
// sets them apart: such rules are left.
//
// Sentinel takes cells as they are, so the key is exact. It begins with a backslash,
// which begins no formula in a spreadsheet, and is always in quotes. All other cells
// are for people: what cannot be seen is spelled out, and nothing begins a formula.
func Watchlist(rules []Rule) (text []byte, left []Left) {
	out := row(SearchKey, "Name", "LooksLike", "Sign", "Severity", "Score", "FindingId", "FirstDay", "LastDay", "Why")
	seen := map[string]bool{}
	for _, r := range rules {
		keys := r.suffixes()
		if len(keys) == 0 {
			left = append(left, Left{r.IDs[0], r.Name, "a watchlist has paths that can be written in a cell, and its sign is " + strings.Join(r.Signs(), ", ")})
		}
		for _, key := range keys {
			if !seen[key] {
				out += row(key, printable.Whole(r.Name), printable.Whole(r.imitates()), strings.Join(r.Signs(), " "), r.severity(), fmt.Sprint(r.best.Score), r.IDs[0],
					r.first.Format(time.DateOnly), r.last.Format(time.DateOnly), r.why())
			}
			seen[key] = true
		}
	}
	return []byte(out), left
}

// row is a line with every cell in quotes. The first is the key, as it is.
func row(key string, cells ...string) string {
	text := quotedCell(key)
	for _, cell := range cells {
		text += "," + quotedCell(harmless(cell))
	}
	return text + "\r\n"
}

func quotedCell(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// suffixes are the keys of a rule's rows. Control characters, which no file of Windows
// has in its name, are nothing to put into a cell.
func (r *Rule) suffixes() (keys []string) {
	if r.byName {
		keys = append(keys, `\`+r.Name)
	}
	for _, f := range r.Days {
		for _, p := range f.Paths {
			if !r.byName && (p.Wrong || p.Shared) && !strings.HasSuffix(p.Value, "…") {
				keys = append(keys, lower(withoutDrive(p.Value)))
			}
		}
	}
	return slices.DeleteFunc(keys, func(key string) bool { return strings.ContainsFunc(key, unicode.IsControl) })
}

// withoutDrive is a path from the root of its drive on, or a path that has none as it
// is, behind a backslash.
func withoutDrive(path string) string {
	if len(path) > 2 && path[1] == ':' && path[2] == '\\' {
		return path[2:]
	}
	if !strings.HasPrefix(path, `\`) {
		return `\` + path
	}
	return path
}

// harmless keeps a spreadsheet from taking a printable text for a formula, also where
// it parts cells at semicolons.
func harmless(text string) string {
	var b strings.Builder
	begins := true
	for _, c := range text {
		if begins && strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫", c) {
			b.WriteByte('\'')
		}
		b.WriteRune(c)
		begins = c == ';' || begins && (c == ' ' || c == '"')
	}
	return b.String()
}
