package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// line is one line of a result: the count of a name, or a finding, as sparkless
// or a peer writes it.
type line struct {
	Name  *string `json:"name"`
	Count int64   `json:"count"`
	First string  `json:"first"`
	Last  string  `json:"last"`
	Path  string  `json:"path"`

	Normal string   `json:"normal"`
	Rare   string   `json:"rare"`
	Score  *float64 `json:"score"`

	NormalProcess               string
	PotentiallyMaliciousProcess string
	AnomalyScore                *float64
}

// value is what is said of a name or a pair.
type value struct {
	text string
	path string // the least path of a name, from those who keep it
}

func (v value) same(o value) bool {
	return v.text == o.text && (v.path == o.path || v.path == "" || o.path == "")
}

// result is what a contender found, by name or pair.
type result map[string]value

// readResult reads JSON lines.
func readResult(path string) (result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := result{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		key, value := l.entry()
		if _, twice := r[key]; twice {
			return nil, fmt.Errorf("%s: %s is there twice", path, key)
		}
		r[key] = value
	}
	return r, lines.Err()
}

// entry is a line's key and value. Scores are equal as float32.
func (l line) entry() (string, value) {
	switch {
	case l.AnomalyScore != nil:
		return fmt.Sprintf("%q ~ %q", l.PotentiallyMaliciousProcess, l.NormalProcess), value{text: fmt.Sprint(float32(*l.AnomalyScore))}
	case l.Score != nil:
		return fmt.Sprintf("%q ~ %q", l.Rare, l.Normal), value{text: fmt.Sprint(float32(*l.Score))}
	}
	key := "no name"
	if l.Name != nil {
		key = fmt.Sprintf("%q", *l.Name)
	}
	return key, value{fmt.Sprintf("%d, %s to %s", l.Count, l.First, l.Last), l.Path}
}

// shownDifferences is how many differences an error shows.
const shownDifferences = 20

// compare returns an error that shows how got differs from want.
func compare(want, got result) error {
	var diff []string
	for key, w := range want {
		if g, ok := got[key]; !ok {
			diff = append(diff, fmt.Sprintf("- %s: %v", key, w))
		} else if !w.same(g) {
			diff = append(diff, fmt.Sprintf("! %s: %v, not %v", key, g, w))
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			diff = append(diff, fmt.Sprintf("+ %s: %v", key, g))
		}
	}
	if len(diff) == 0 {
		return nil
	}
	slices.Sort(diff)
	shown := diff[:min(len(diff), shownDifferences)]
	return fmt.Errorf("the result is another in %d places (- missing, + too much, ! other):\n  %s", len(diff), strings.Join(shown, "\n  "))
}
