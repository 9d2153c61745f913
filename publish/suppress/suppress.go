// Package suppress keeps findings quiet that people know to be harmless. A file of
// rules says which, why, and for how long:
//
//	version: 1
//	suppressions:
//	  - name: 'acmeupdate*.exe'
//	    target: acmeupdater.exe
//	    path: 'C:\Program Files\Acme\*'
//	    parent: 'C:\Program Files\Acme\acmeservice.exe'
//	    host: 'ws-*.corp.example'
//	    kind: [edits, notebook]
//	    reason: our own updater, ticket 4711
//	    expires: 2027-03-31
//
// A rule applies to a finding only if every pattern that it has matches, all of the
// finding's paths, parents, hosts, accounts, addresses and kinds of evidence included: a
// new host, a new folder, a new parent or other evidence makes the finding show again. So does
// the day after the rule expires.
package suppress

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sparkless/storage/printable"
)

// Rule says which findings are known, why, and for how long. Of its patterns
// those that are empty are not there.
//
// In a pattern * stands for any number of characters and ? for one; all others,
// the backslash too, stand for themselves, in either case. A pattern is about
// a whole value. Neither * nor ? stands for a character that cannot be seen.
type Rule struct {
	Name   string // pattern of the suspect's name
	Target string // pattern of the imitated name
	Path   string // pattern of the suspect's paths: each of them has to match
	Parent string // pattern of the paths of what started it: each has to match
	Host   string // pattern of its hosts: each has to match
	// Account and Address are patterns of its accounts, and of the addresses that it names:
	// each has to match.
	Account, Address string
	// Kinds are patterns of the kinds of evidence: each kind that a finding has
	// needs one that matches it.
	Kinds   []string
	Reason  string
	Expires time.Time // midnight UTC of the last day on which the rule is in force
	Added   time.Time // midnight UTC of the day it was added; zero if not known
	By      string    // who added it; optional
	Line    int       // where it begins in its file, counted from 1
}

const (
	longestPattern = 1024 // bytes, as many as the longest process name has
	longestText    = 4096 // bytes of a reason
	// farAhead is how many years before its end a rule need not be looked at again.
	farAhead = 2
)

// InForce reports whether the rule applies at a moment: it does through the whole
// UTC day on which it expires.
func (r Rule) InForce(now time.Time) bool { return now.Before(r.Expires.AddDate(0, 0, 1)) }

// FarAhead reports whether the rule expires more than two years from now.
func (r Rule) FarAhead(now time.Time) bool { return r.Expires.After(now.AddDate(farAhead, 0, 0)) }

// Covers says in words which findings the rule is about, harmless to show.
func (r Rule) Covers() string {
	var parts []string
	part := func(format, pattern string) {
		if pattern != "" {
			parts = append(parts, fmt.Sprintf(format, printable.Text(pattern)))
		}
	}
	part("the suspect is %s", r.Name)
	part("it looks like %s", r.Target)
	part("all its paths are %s", r.Path)
	part("all its parents are %s", r.Parent)
	part("all its hosts are %s", r.Host)
	part("all its accounts are %s", r.Account)
	part("all its addresses are %s", r.Address)
	part("all evidence is %s", strings.Join(r.Kinds, " or "))
	return strings.Join(parts, ", ")
}

// Validate returns all that is wrong with a rule.
func (r Rule) Validate() error {
	var errs []error
	for _, p := range r.patterns() {
		if len(p.text) > longestPattern {
			errs = append(errs, fmt.Errorf("%s has %d bytes: at most %d can match", p.key, len(p.text), longestPattern))
		}
	}
	if slices.Contains(r.Kinds, "") {
		errs = append(errs, errors.New("kind is empty: write something or leave it out"))
	}
	places := []string{r.Name, r.Target, r.Path, r.Parent, r.Host, r.Account, r.Address}
	if !utf8.ValidString(strings.Join(places, "") + strings.Join(r.Kinds, "") + r.Reason + r.By) {
		errs = append(errs, errors.New("it is not valid UTF-8"))
	}
	if strings.Join(places, "") == "" {
		errs = append(errs, errors.New("it says nothing of which findings: give it a name, target, path, parent, host, account or address"))
	} else if !slices.ContainsFunc(places, says) {
		errs = append(errs, errors.New("its patterns match nearly everything: at least one of name, target, path, parent, host, account and address needs more than wildcards and an extension"))
	}
	switch {
	case r.Reason == "":
		errs = append(errs, errors.New("reason is missing: say why these findings are harmless"))
	case len(r.Reason) > longestText:
		errs = append(errs, fmt.Errorf("reason has %d bytes: at most %d are kept", len(r.Reason), longestText))
	}
	if r.Expires.IsZero() {
		errs = append(errs, errors.New("expires is missing: the last UTC day on which the rule holds, like 2027-03-31"))
	}
	return errors.Join(errs...)
}

// says reports whether a pattern tells values apart: something is left of it
// without wildcards, separators, and the extension that all programs have.
func says(pattern string) bool {
	return strings.Trim(strings.TrimSuffix(strings.ToLower(pattern), ".exe"), `*?.\/: `) != ""
}

// keyed is a text and the key that it has in the file.
type keyed struct{ key, text string }

func (r Rule) patterns() []keyed {
	all := []keyed{{"name", r.Name}, {"target", r.Target}, {"path", r.Path}, {"parent", r.Parent}, {"host", r.Host}, {"account", r.Account}, {"address", r.Address}}
	for _, k := range r.Kinds {
		all = append(all, keyed{"kind", k})
	}
	return slices.DeleteFunc(all, func(k keyed) bool { return k.text == "" })
}

// sameFindings reports whether two rules have the same patterns.
func (r Rule) sameFindings(o Rule) bool {
	return slices.EqualFunc(r.patterns(), o.patterns(), func(a, b keyed) bool {
		return a.key == b.key && slices.Equal(fold(a.text), fold(b.text))
	})
}
