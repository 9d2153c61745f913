package masquerade

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Weight is a number of points that a finding's score is made of.
type Weight struct {
	Name   string // in the settings
	Points int    // unless set otherwise
	What   string // in words
}

// Evidence is the strongest that speaks for a finding; its points are where the
// score starts.
func evidenceWeights() []Weight {
	return []Weight{
		{"notebook", 30, "the notebook's similarity is above masquerade.similarity"},
		{"edits", 40, "one edit from a name it may imitate"},
		{"more-edits", 30, "two or three edits from a long name"},
		{"skeleton", 60, "looks the same: homoglyphs, full-width, invisible characters, digits for letters, rn for m"},
		{"extension", 55, "the name of another program, or its stem, with another extension of a program"},
		{"addition", 35, "holds a Windows name and an addition"},
		{"direction", 85, "a right-to-left override or another control of text direction in the name"},
		{"double-extension", 60, "a document's extension before the executable one"},
		{"odd-characters", 50, "invisible characters, or letters of several scripts, in the name"},
		{"trailing", 55, "spaces or dots at the end of the name or before its extension"},
		{"file-type", 45, "a file was executed whose type says that it is none to execute"},
		{"weak-shape", 15, "something of the last five that honest names have at times"},
		{"folder", 50, "a Windows name outside of its folders"},
		{"common-folder", 15, "the same, of a name that other software brings along too"},
		{"parent", 50, "a core Windows process with a parent that it never has"},
	}
}

// modifierWeights are added to that.
func modifierWeights() []Weight {
	return []Weight{
		{"corroborated", 15, "evidence of another kind speaks for it too; once for each kind, twice at most"},
		{"core-target", 10, "the imitated name is a core Windows process"},
		{"user-writable", 10, "runs from a folder that users can write to"},
		{"windows-folder", 10, "lies among Windows' own files and is none of them, unless the imitated one does as well"},
		{"elsewhere", 5, "runs from a network share, another drive or a folder of its own"},
		{"programs", -25, "runs from Program Files, or is a driver's"},
		{"few-hosts", 5, "on one host of ten or more, or on at most 1 % of them"},
		{"many-hosts", -20, "on a tenth of the hosts or more, and on three at least"},
		{"first-seen", 10, "never seen in a week or more of kept profiles"},
		{"long-known", -20, "seen on at least half of a week or more of kept profiles"},
		{"lopsided", 5, "the imitated name is seen 100 times as often, or more"},
		{"even", -15, "the imitated name, which is none of Windows, is seen less than 10 times as often"},
		{"same-folder", -40, "always lies where the imitated program, which is none of Windows, lies most of the time, and users do not keep files"},
		{"same-system-folder", -15, "the same in a folder of Windows"},
		{"family", -40, "differs from the imitated name as versions or builds of one program do"},
		{"known-good", -80, "on the list of legitimate look-alikes"},
	}
}

// Weights are points by name; what is missing has its default.
type Weights map[string]int

// WeightList returns what can be weighed, with the defaults: first the evidence,
// then the modifiers.
func WeightList() []Weight { return slices.Concat(evidenceWeights(), modifierWeights()) }

// ParseWeights reads texts like "folder=40". It names all that is wrong.
func ParseWeights(texts []string) (Weights, error) {
	known := map[string]bool{}
	for _, w := range WeightList() {
		known[w.Name] = true
	}
	set := Weights{}
	var errs []error
	for _, text := range texts {
		name, number, _ := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		points, err := strconv.Atoi(strings.TrimSpace(number))
		_, again := set[name]
		switch {
		case !known[name]:
			errs = append(errs, fmt.Errorf("no weight is called %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		case err != nil || points < -100 || points > 100:
			errs = append(errs, fmt.Errorf("%q: points are a whole number from -100 to 100, as in %s=10", text, name))
		case again:
			errs = append(errs, fmt.Errorf("%s is there twice", name))
		}
		set[name] = points
	}
	return set, errors.Join(errs...)
}

// all returns the points of everything that can be weighed.
func (w Weights) all() Weights {
	all := Weights{}
	for _, d := range WeightList() {
		all[d.Name] = d.Points
	}
	maps.Copy(all, w)
	return all
}
