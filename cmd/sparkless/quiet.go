package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sparkless/cmd/sparkless/terminal"
	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/suppress"
)

// quiet applies the rules of suppression to one day after the other.
type quiet struct {
	rules *suppress.Rules
	now   time.Time // of the run: what has expired is expired for all its days
	show  bool
	sieve *suppress.Sieve // of the day that was finished last
	shown bool            // it was
	told  map[int]bool    // lines of the expired rules that the run has warned of
}

// suppressFields says where a masquerading finding has what rules ask for.
func suppressFields() suppress.Fields {
	return suppress.Fields{Name: "PotentiallyMaliciousProcess", Target: "NormalProcess", Paths: "Paths", Parents: "Parents", Hosts: "Hosts", Accounts: "Accounts",
		Kinds: "Evidence", HostCount: "HostCount", Events: "MaliciousCount", Sample: 8, Cut: "…"}
}

// newQuiet reads the rules, if there are any to read; otherwise it returns nil.
func newQuiet(v *values, now time.Time) (*quiet, error) {
	file := v.text("suppress.file")
	if file == "" {
		if v.on("suppress.show") && v.origin["suppress.show"] != "default" {
			return nil, fmt.Errorf("suppress.show (%s) needs suppress.file (--suppressions), which is not set", v.origin["suppress.show"])
		}
		return nil, nil
	}
	rules, err := suppress.Load(file)
	if err != nil {
		return nil, fmt.Errorf("suppress.file (%s): %w", v.origin["suppress.file"], err)
	}
	return &quiet{rules: rules, now: now, show: v.on("suppress.show"), told: map[int]bool{}}, nil
}

// suppress is the job's hook.
func (q *quiet) suppress() func(publish.Record) (bool, error) {
	q.sieve, q.shown = q.rules.Sieve(q.now, suppressFields()), false
	return q.sieve.Covers
}

// adviseRules says once in a run which rules nobody will look at for long.
func (a *app) adviseRules(q *quiet) {
	for _, r := range q.rules.All {
		if r.FarAhead(q.now) {
			a.log.Warn("a rule of suppression expires more than two years ahead: sooner, somebody looks at it again", q.of(r)...)
		}
	}
}

// of are a rule's attributes in the log.
func (q *quiet) of(r suppress.Rule) []any {
	return []any{"rule", fmt.Sprintf("%s:%d", q.rules.File, r.Line), "reason", r.Reason, "expires", r.Expires.Format(time.DateOnly)}
}

// showSuppressed says what the rules did to the day that was finished last, and
// prints what they suppress if that is wished for.
func (a *app) showSuppressed(ctx context.Context, h *hunt) error {
	q := h.quiet
	if q == nil || q.sieve == nil || q.shown {
		return nil
	}
	o := q.sieve.Outcome()
	q.shown = true
	a.logRules(q, o)
	if !q.show {
		return nil
	}
	return a.printSuppressed(ctx, h.output, o.Suppressed)
}

// logRules says which rules keep findings quiet, and which would.
func (a *app) logRules(q *quiet, o *suppress.Outcome) {
	for _, c := range o.Applied {
		a.log.Info("findings are suppressed", append([]any{"findings", c.Findings}, q.of(c.Rule)...)...)
	}
	for _, c := range o.Unsure {
		a.log.Info("a rule is not applied: more hosts, paths, parents, accounts or addresses may have been seen than the findings list", append([]any{"findings", c.Findings}, q.of(c.Rule)...)...)
	}
	for _, c := range o.Expired {
		if !q.told[c.Rule.Line] {
			q.told[c.Rule.Line] = true
			a.log.Warn("a rule expired on "+c.Rule.Expires.Format(time.DateOnly)+": its finding is shown again", append([]any{"findings", c.Findings}, q.of(c.Rule)...)...)
		}
	}
}

// suppressedTable is suppressed findings for people, and which rule says so.
func suppressedTable(all []suppress.Suppressed) (*terminal.Table, error) {
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "DAY", Rank: 2, Above: true}, {Title: "SUPPRESSED", Rank: -1, Least: 14, Wish: 18, Fit: terminal.Middle}, {Title: "SEEN", Rank: 5, Right: true},
		{Title: "LOOKS LIKE", Least: 11, Fit: terminal.Middle}, {Title: "HOST", Rank: 4, Least: 10, Fit: terminal.Middle}, {Title: "PATH", Rank: 3, Least: 18, Fit: terminal.Path},
		{Title: "EXPIRES", Rank: 1}, {Title: "RULE"}, {Title: "REASON", Least: 12, Wish: 24},
	}}
	for _, s := range all {
		var f masquerade.Finding
		if err := json.Unmarshal(s.Body, &f); err != nil {
			return nil, fmt.Errorf("finding %s: %w", s.ID, err)
		}
		suspect, normal := namesOf(f)
		t.Row(terminal.Text(s.Day), suspect, terminal.Text(fmt.Sprint(f.MaliciousCount)), normal, first(f.Hosts), first(f.Paths),
			terminal.Text(s.Rule.Expires.Format(time.DateOnly)), terminal.Text(fmt.Sprint("line ", s.Rule.Line)), terminal.Text(s.Rule.Reason))
	}
	return t, nil
}

// logSuperseded says which findings that were owed are not sent, and why.
func (a *app) logSuperseded(r *job.Outcome) {
	suppressed := map[string]bool{}
	for _, s := range r.Suppressed {
		suppressed[s.ID] = true
	}
	var gone, quiet []string
	for _, id := range r.Superseded {
		if suppressed[id] {
			quiet = append(quiet, id)
		} else {
			gone = append(gone, id)
		}
	}
	if len(gone) > 0 {
		a.log.Warn("findings that an earlier run could not deliver are none any more: the day, or the settings, are others now", "findings", len(gone), "ids", gone[:min(len(gone), 10)])
	}
	if len(quiet) > 0 {
		a.log.Warn("findings that an earlier run could not deliver are suppressed now, and not sent while they are", "findings", len(quiet), "ids", quiet[:min(len(quiet), 10)])
	}
}

// ruleState is in a word whether a rule applies.
func ruleState(r suppress.Rule, now time.Time) string {
	switch {
	case !r.InForce(now):
		return "expired"
	case r.FarAhead(now):
		return "in force, for more than two years"
	}
	return "in force"
}

// rulesTable is rules for people, those that expire first on top.
func rulesTable(rules []suppress.Rule, now time.Time) *terminal.Table {
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b suppress.Rule) int { return a.Expires.Compare(b.Expires) })
	t := &terminal.Table{Columns: []terminal.Column{
		{Title: "LINE"}, {Title: "EXPIRES"}, {Title: "STATE", Least: 8, Fit: terminal.Wrap}, {Title: "COVERS", Least: 14, Fit: terminal.Wrap}, {Title: "REASON", Least: 12, Fit: terminal.Wrap},
	}}
	for _, r := range rules {
		t.Row(terminal.Text(fmt.Sprint(r.Line)), terminal.Text(r.Expires.Format(time.DateOnly)), terminal.Text(ruleState(r, now)), terminal.Text(r.Covers()), terminal.Text(r.Reason))
	}
	return t
}
