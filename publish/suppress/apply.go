package suppress

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"sparkless/publish"
)

// Fields are the names of the members of a record's Body that rules look at. What
// has no name, or is not in a record, no pattern matches.
type Fields struct {
	Name   string // a text: the suspect's name
	Target string // a text: the imitated name
	// Paths, Parents, Hosts, Accounts and Addresses are lists of texts, or of objects with
	// a text "value" and a number "count": of how many events.
	Paths, Parents, Hosts, Accounts, Addresses string
	// Entities, if it has a name, holds all of these instead: it is a list of objects with
	// the texts "Kind" and "Value" and the number "Count", and the names above are kinds.
	// The first object's Count is of all events. Those of a kind are all there if their
	// counts add up to it.
	Entities string
	// Kinds is a list of texts, or of objects with a text, whose member KindName names:
	// "name" if empty.
	Kinds, KindName string
	// PathCount and HostCount are numbers: how many paths and hosts there are, listed
	// or not. A list is complete if it has as many.
	PathCount, HostCount string
	// Events is a number: how many events the finding is about. Its parents and accounts
	// are all there if their counts add up to it; some events may tell none.
	Events string
	// Sample is how long a list of paths, parents or hosts without such a number is at
	// most, if more are left out: one as long may lack some. 0 is without bound.
	Sample int
	// Cut ends values that are cut short. Optional.
	Cut string
	// Spelled begins what stands for a character that cannot be seen. No pattern matches a
	// value with one, as none does where the character itself is there. Optional.
	Spelled string
}

// Outcome is what rules make of findings.
type Outcome struct {
	Kept       []publish.Record // in their order
	Suppressed []Suppressed     // in their order
	Applied    []Count          // rules in force that apply
	// Expired are rules that would apply to kept findings, were they in force.
	Expired []Count
	// Unsure are rules in force that match all a kept finding lists, while it may
	// have more paths, parents, hosts, accounts or addresses than it lists.
	Unsure []Count
}

// Suppressed is a finding and the first rule that applies to it.
type Suppressed struct {
	publish.Record
	Rule Rule
}

// Count is a rule and to how many findings it applies, or would.
type Count struct {
	Rule     Rule
	Findings int
}

// Sieve asks the rules of one finding after the other, those of a day. It is used by one
// goroutine at a time.
type Sieve struct {
	of                       *Rules
	fields                   Fields
	rules                    []compiled
	applied, expired, unsure []int
	outcome                  Outcome
}

// Sieve returns one that applies the rules that are in force now.
func (r *Rules) Sieve(now time.Time, fields Fields) *Sieve {
	n := len(r.All)
	return &Sieve{of: r, fields: fields, rules: compile(r.All, now), applied: make([]int, n), expired: make([]int, n), unsure: make([]int, n)}
}

// Covers reports whether a rule in force covers the finding. A record whose Body is not
// as fields say is an error.
func (s *Sieve) Covers(record publish.Record) (bool, error) {
	f, err := s.fields.read(record)
	if err != nil {
		return false, err
	}
	v := judge(s.rules, f)
	if v.applies >= 0 {
		s.applied[v.applies]++
		s.outcome.Suppressed = append(s.outcome.Suppressed, Suppressed{record, s.of.All[v.applies]})
		return true, nil
	}
	note(s.unsure, v.unsure)
	note(s.expired, v.expired)
	s.outcome.Kept = append(s.outcome.Kept, record)
	return false, nil
}

// Outcome is what came of the findings so far.
func (s *Sieve) Outcome() *Outcome {
	o := s.outcome
	o.Applied, o.Expired, o.Unsure = s.of.counts(s.applied), s.of.counts(s.expired), s.of.counts(s.unsure)
	return &o
}

// Apply tells the findings to publish from those that a rule covers which is in
// force now. A record whose Body is not as fields say is an error.
func (r *Rules) Apply(now time.Time, fields Fields, records []publish.Record) (*Outcome, error) {
	s := r.Sieve(now, fields)
	for _, record := range records {
		if _, err := s.Covers(record); err != nil {
			return nil, err
		}
	}
	return s.Outcome(), nil
}

func note(counts []int, at int) {
	if at >= 0 {
		counts[at]++
	}
}

func (r *Rules) counts(of []int) []Count {
	var out []Count
	for i, n := range of {
		if n > 0 {
			out = append(out, Count{r.All[i], n})
		}
	}
	return out
}

// compiled is a rule that can be matched.
type compiled struct {
	name, target pattern
	lists        [lists]pattern
	kinds        []pattern
	inForce      bool
}

func compile(rules []Rule, now time.Time) []compiled {
	out := make([]compiled, len(rules))
	for i, r := range rules {
		out[i] = compiled{name: fold(r.Name), target: fold(r.Target), inForce: r.InForce(now),
			lists: [lists]pattern{fold(r.Path), fold(r.Parent), fold(r.Host), fold(r.Account), fold(r.Address)}}
		for _, k := range r.Kinds {
			out[i].kinds = append(out[i].kinds, fold(k))
		}
	}
	return out
}

// verdict are the places of the first rules that apply, would if the lists were
// complete, and would if they were in force; -1 for none.
type verdict struct{ applies, unsure, expired int }

func judge(rules []compiled, f finding) verdict {
	v := verdict{-1, -1, -1}
	for i := range rules {
		r := &rules[i]
		listed, known := r.match(f)
		switch {
		case !listed:
		case r.inForce && known:
			v.applies = i
			return v
		case r.inForce && v.unsure < 0:
			v.unsure = i
		case !r.inForce && known && v.expired < 0:
			v.expired = i
		}
	}
	return v
}

// match reports whether all that a finding lists matches, and whether what it lists
// is known to be all, as far as the rule asks for it.
func (r *compiled) match(f finding) (listed, known bool) {
	listed, known = r.name.one(f.name) && r.target.one(f.target) && all(f.kinds, r.kinds...), true
	for i, p := range r.lists {
		listed = listed && all(f.lists[i], p)
		known = known && (len(p) == 0 || f.lists[i].complete)
	}
	return listed, known
}

// one reports whether a pattern, if there is one, matches a value, if there is one.
func (p pattern) one(v value) bool {
	return len(p) == 0 || v.whole && p.match(v.text)
}

// all reports whether each value of a list matches one of the patterns. An empty
// list matches none, unless there is no pattern.
func all(l list, patterns ...pattern) bool {
	if len(patterns) == 0 || len(patterns[0]) == 0 {
		return true
	}
	for _, v := range l.values {
		matched := false
		for _, p := range patterns {
			matched = matched || p.one(v)
		}
		if !matched {
			return false
		}
	}
	return len(l.values) > 0
}

// finding is what rules look at.
type finding struct {
	name, target value
	lists        [lists]list
	kinds        list
}

// The lists that rules have a pattern of.
const (
	paths = iota
	parents
	hosts
	accounts
	addresses
	lists
)

// value is a folded text. It is whole if it is there, not cut short, and no path that
// leads elsewhere than it seems.
type value struct {
	text  []rune
	whole bool
}

type list struct {
	values   []value
	complete bool
}

func (f Fields) read(r publish.Record) (out finding, err error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return out, fmt.Errorf("finding %q: its body is no JSON object: %w", r.ID, err)
	}
	fail := func(name string, cause error) {
		if cause != nil && err == nil {
			err = fmt.Errorf("finding %q: %s is not as rules of suppression expect it: %w", r.ID, name, cause)
		}
	}
	one := func(name string) value {
		var text string
		if v, ok := body[name]; ok {
			fail(name, json.Unmarshal(v, &text))
		}
		return f.value(text)
	}
	out = finding{name: one(f.Name), target: one(f.Target)}
	var cause error
	out.kinds, cause = f.list(body, f.Kinds, source{text: cmp.Or(f.KindName, "name")})
	fail(f.Kinds, cause)
	for i, of := range f.sources() {
		if f.Entities != "" {
			out.lists[i], cause = f.entities(body, of.name)
			fail(f.Entities, cause)
			continue
		}
		out.lists[i], cause = f.list(body, of.name, of)
		fail(of.name, cause)
	}
	out.name.whole = out.name.whole && !strays(string(out.name.text)) // it may be a path
	for _, l := range out.lists[paths:hosts] {
		for i, v := range l.values {
			l.values[i].whole = v.whole && !strays(string(v.text))
		}
	}
	return out, err
}

// sources says how each of the lists is read.
func (f Fields) sources() [lists]source {
	return [lists]source{
		paths:     {name: f.Paths, text: "value", counter: f.PathCount, sample: f.Sample},
		parents:   {name: f.Parents, text: "value", events: f.Events, sample: f.Sample},
		hosts:     {name: f.Hosts, text: "value", counter: f.HostCount, sample: f.Sample},
		accounts:  {name: f.Accounts, text: "value", events: f.Events, sample: f.Sample},
		addresses: {name: f.Addresses, text: "value", sample: f.Sample},
	}
}

// entities is the list of a kind, and whether it is known to be complete.
func (f Fields) entities(body map[string]json.RawMessage, kind string) (l list, err error) {
	var items []struct {
		Kind, Value *string
		Count       int64
	}
	if text := body[f.Entities]; len(text) > 0 {
		err = json.Unmarshal(text, &items)
	}
	var events int64
	for _, e := range items {
		if e.Kind == nil || e.Value == nil {
			return l, errors.New("one has no Kind, or no Value")
		}
		if *e.Kind == kind {
			l.values = append(l.values, f.value(*e.Value))
			events += e.Count
		}
	}
	l.complete = len(items) > 0 && events == items[0].Count
	return l, err
}

func (f Fields) value(text string) value {
	return value{fold(text), text != "" && (f.Cut == "" || !strings.HasSuffix(text, f.Cut)) && (f.Spelled == "" || !strings.Contains(text, f.Spelled))}
}

// source says how a list is read.
type source struct {
	name    string // the member of the body
	text    string // the member of its objects that is looked at
	counter string // the number of values, listed or not, if there is such a member
	events  string // the number that the counts of all values add up to, likewise
	sample  int    // how long it is at most if more are left out; 0 without bound
}

// list reads a list, and whether it is known to be complete.
func (f Fields) list(body map[string]json.RawMessage, name string, of source) (l list, err error) {
	var items []json.RawMessage
	if text := body[name]; len(text) > 0 {
		err = json.Unmarshal(text, &items)
	}
	events := 0
	for _, item := range items {
		text, count, ok := of.read(item)
		if !ok {
			return l, fmt.Errorf("%s is neither a text nor has one as %s", item, of.text)
		}
		events += count
		l.values = append(l.values, f.value(text))
	}
	l.complete = of.sample == 0 || len(items) < of.sample
	for _, c := range []struct {
		member string
		listed int
	}{{of.counter, len(items)}, {of.events, events}} {
		if number := body[c.member]; len(number) > 0 && err == nil {
			var n int
			err = json.Unmarshal(number, &n)
			l.complete = n == c.listed
		}
	}
	return l, err
}

// read returns the text of an item and of how many events it is, 0 if it does not
// say so.
func (of source) read(item json.RawMessage) (text string, count int, ok bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(item, &object) == nil && object != nil {
		item = object[of.text]
		if json.Unmarshal(object["count"], &count) != nil {
			count = 0
		}
	}
	var found *string
	if json.Unmarshal(item, &found) != nil || found == nil {
		return "", 0, false
	}
	return *found, count, true
}

// strays reports whether a path has a part that is . or .., with which it leads
// elsewhere than it begins.
func strays(path string) bool {
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '\\' || r == '/' }) {
		if part = strings.TrimRight(part, " "); part == "." || part == ".." {
			return true
		}
	}
	return false
}
