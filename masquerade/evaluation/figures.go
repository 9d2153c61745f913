package evaluation

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Report is everything that was measured. Its JSON names are never changed.
type Report struct {
	Base     BaseFacts `json:"base"`
	Batch    float64   `json:"batch"` // Options.Batch
	Planted  Planted   `json:"planted"`
	Profiles []Figures `json:"profiles"`
}

// BaseFacts say into what was planted.
type BaseFacts struct {
	Name   string `json:"name"`
	Days   int    `json:"days"` // that its events are of
	Events int64  `json:"events"`
	Names  int    `json:"names"`
	Hosts  int    `json:"hosts"`
}

// Planted says what was planted.
type Planted struct {
	Impostors       int `json:"impostors"`
	ShortStems      int `json:"short_stems"`          // of them, whose target has a stem of at most six characters
	ImpostorsInBase int `json:"impostors_in_base"`    // names that the base has, too
	NotRare         int `json:"impostors_not_rare"`   // of a percent rank of 0.2 or above once planted
	Targets         int `json:"targets"`              // distinct
	TargetsInBase   int `json:"targets_in_base"`      // these are as frequent as they are
	TargetsFrequent int `json:"targets_frequent"`     // of them, of a percent rank of 0.8 or above
	TargetsPlanted  int `json:"targets_planted"`      // made frequent names
	Pairs           int `json:"pairs"`                // each is planted twice, either name being the rare one
	PairsInBase     int `json:"pairs_in_base"`        // of whose names the base has at least one: as rare as it is
	Names           int `json:"benign_names"`         // planted
	NamesInBase     int `json:"benign_names_in_base"` // left out
	Batches         int `json:"batches"`              // with something planted
	Displaced       int `json:"displaced"`            // most of the base's frequent names that a batch makes less than frequent
}

// Figures are what the findings of one profile of settings come to.
type Figures struct {
	Profile string `json:"profile"`
	// Recall counts the impostors that are the suspect of a finding, RightTarget
	// those of them whose target such a finding names, ShortStems those whose
	// target has a stem of at most six characters.
	Recall      Share `json:"recall"`
	RightTarget Share `json:"right_target"`
	ShortStems  Share `json:"short_stems"`
	// Targets is the recall by target, in order of their names.
	Targets []TargetShare `json:"targets"`
	// Missed are the impostors without a finding, in order of their list.
	Missed []Impostor `json:"missed"`
	// BaseFalse are the findings on the base alone, BaseShifted those on names of
	// the base, or on targets, that come only with what is planted.
	BaseFalse   []Finding `json:"base_false"`
	BaseShifted []Finding `json:"base_shifted"`
	// PairsHit are the pairs of which one name is found to imitate the other, when
	// either is the rare one. PairsHitElse are those of which a name is found for
	// another reason, or to imitate another.
	PairsHit     Share     `json:"pairs_hit"`
	PairsHitElse Share     `json:"pairs_hit_else"`
	PairsFound   []Finding `json:"pairs_found"`
	// NamesHit are the benign names with a finding; PerThousand is the number of
	// their findings for a thousand of them.
	NamesHit    Share     `json:"benign_names_hit"`
	PerThousand float64   `json:"false_pairs_per_thousand"`
	NamesFound  []Finding `json:"benign_names_found"`
	// Severities counts by severity the impostors that were found, each by its
	// highest, and the false findings: on the base, of pairs, of benign names.
	// Findings without a severity are counted under "none".
	Severities struct {
		Impostors map[string]int `json:"impostors"`
		False     map[string]int `json:"false"`
	} `json:"severities"`
}

// Share is some of all.
type Share struct {
	Found int `json:"found"`
	All   int `json:"all"`
}

// Rate is the share, 0 of none.
func (s Share) Rate() float64 {
	if s.All == 0 {
		return 0
	}
	return float64(s.Found) / float64(s.All)
}

func (s *Share) add(found bool) {
	s.All++
	if found {
		s.Found++
	}
}

// TargetShare is the recall of the impostors of one target.
type TargetShare struct {
	Target string `json:"target"`
	Share
}

// Planted says what the plan plants.
func (p *Plan) Planted() Planted { return p.facts }

// count fills in what the plan plants.
func (p *Plan) count() {
	f := &p.facts
	f.Batches = len(p.batches) - 1
	targets := map[string]bool{}
	for _, one := range p.lists.Impostors {
		f.Impostors++
		f.ShortStems += number(isShort(one.Target))
		f.ImpostorsInBase += number(p.base.count(fold(one.Name)) > 0)
		targets[fold(one.Target)] = true
	}
	for t := range targets {
		n := p.base.count(t)
		f.Targets++
		f.TargetsInBase += number(n > 0)
		f.TargetsFrequent += number(n > 0 && p.base.rankOf(n) >= frequentRank)
		f.TargetsPlanted += number(n == 0 && p.options.PlantTargets)
	}
	for _, one := range p.lists.Pairs {
		f.Pairs++
		f.PairsInBase += number(p.base.count(fold(one.A)) > 0 || p.base.count(fold(one.B)) > 0)
	}
	for _, b := range p.batches {
		counts := p.countsOf(b)
		displaced := 0
		for _, n := range p.base.counts {
			displaced += number(p.base.rankOf(n) >= frequentRank && rankAmong(counts, n) < frequentRank)
		}
		f.Displaced = max(f.Displaced, displaced)
		for _, it := range b.items {
			f.Names += number(it.kind == names)
			n := p.base.count(fold(it.name)) + int64(it.events)
			f.NotRare += number(it.kind == impostors && rankAmong(counts, n) >= rareRank)
		}
	}
	f.NamesInBase = len(p.lists.Names) - f.Names
}

// countsOf are how often all names of a batch are seen, ascending.
func (p *Plan) countsOf(b *batch) []int64 {
	level := int64(0)
	for name, n := range b.frequent {
		if n > 0 {
			level = p.base.count(name) + int64(n)
		}
	}
	return p.countsIn(b, level)
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Judge makes figures of the findings of a profile, a list for each batch.
func (p *Plan) Judge(profile string, findings [][]Finding) Figures {
	f := Figures{Profile: profile, BaseFalse: slices.Clone(findings[0])}
	f.Severities.Impostors, f.Severities.False = map[string]int{}, map[string]int{}
	j := judge{plan: p, figures: &f, targets: map[string]*Share{}, alone: map[Finding]bool{}, shifted: map[Finding]bool{}, missed: map[int]bool{}, pairs: map[int]bool{}, pairsElse: map[int]bool{}}
	for _, one := range findings[0] {
		j.alone[one.key()] = true
	}
	for i, b := range p.batches {
		j.batch(b, findings[i])
	}
	j.finish()
	return f
}

// key is what tells findings of different batches apart.
func (f Finding) key() Finding { return Finding{Suspect: f.Suspect, Target: f.Target} }

// judge goes through the batches of one profile.
type judge struct {
	plan             *Plan
	figures          *Figures
	targets          map[string]*Share
	alone, shifted   map[Finding]bool // on the base alone, on it with what is planted
	missed           map[int]bool
	pairs, pairsElse map[int]bool
}

func (j *judge) batch(b *batch, findings []Finding) {
	bySuspect := map[string][]Finding{}
	for _, f := range findings {
		if b.rare[f.Suspect] {
			bySuspect[f.Suspect] = append(bySuspect[f.Suspect], f)
		} else if !j.alone[f.key()] && !j.shifted[f.key()] {
			j.shifted[f.key()] = true
			j.figures.BaseShifted = append(j.figures.BaseShifted, f)
		}
	}
	for _, it := range b.items {
		found := bySuspect[fold(it.name)]
		switch it.kind {
		case impostors:
			j.impostor(it, found)
		case pairs:
			j.pair(it, found)
		case names:
			j.figures.NamesHit.add(len(found) > 0)
			j.figures.NamesFound = append(j.figures.NamesFound, found...)
		}
	}
}

func (j *judge) impostor(it item, found []Finding) {
	f, target := j.figures, fold(it.target)
	right := slices.ContainsFunc(found, func(one Finding) bool { return one.Target == target })
	f.Recall.add(len(found) > 0)
	f.RightTarget.add(right)
	if isShort(it.target) {
		f.ShortStems.add(len(found) > 0)
	}
	if j.targets[target] == nil {
		j.targets[target] = &Share{}
	}
	j.targets[target].add(len(found) > 0)
	if len(found) == 0 {
		j.missed[it.index] = true
		return
	}
	f.Severities.Impostors[highest(found)]++
}

// pair leaves out what the base alone has of a name, unless it is of the pair.
func (j *judge) pair(it item, found []Finding) {
	for _, one := range found {
		switch {
		case one.Target == fold(it.target):
			j.pairs[it.index] = true
		case j.alone[one.key()]:
			continue
		default:
			j.pairsElse[it.index] = true
		}
		j.figures.PairsFound = append(j.figures.PairsFound, one)
	}
}

func (j *judge) finish() {
	f, lists := j.figures, j.plan.lists
	f.PairsHit = Share{len(j.pairs), len(lists.Pairs)}
	f.PairsHitElse = Share{len(j.pairsElse), len(lists.Pairs)}
	if f.NamesHit.All > 0 {
		f.PerThousand = 1000 * float64(len(f.NamesFound)) / float64(f.NamesHit.All)
	}
	f.Missed = []Impostor{}
	for _, i := range slices.Sorted(maps.Keys(j.missed)) {
		f.Missed = append(f.Missed, lists.Impostors[i])
	}
	f.Targets = []TargetShare{}
	for _, t := range slices.Sorted(maps.Keys(j.targets)) {
		f.Targets = append(f.Targets, TargetShare{t, *j.targets[t]})
	}
	for _, list := range []*[]Finding{&f.BaseFalse, &f.BaseShifted, &f.PairsFound, &f.NamesFound} {
		if *list == nil {
			*list = []Finding{}
		}
		slices.SortStableFunc(*list, func(a, b Finding) int {
			return cmp.Or(strings.Compare(a.Suspect, b.Suspect), strings.Compare(a.Target, b.Target))
		})
	}
	for _, list := range [][]Finding{f.BaseFalse, f.PairsFound, f.NamesFound} {
		for _, one := range list {
			f.Severities.False[one.severity()]++
		}
	}
}

// Severities are those that a finding may have, the highest first.
func Severities() []string { return []string{"high", "medium", "low", "informational", unrated} }

const unrated = "none"

func (f Finding) severity() string {
	if f.Severity == "" {
		return unrated
	}
	return f.Severity
}

// highest is the highest severity of findings.
func highest(found []Finding) string {
	at := func(f Finding) int { return slices.Index(Severities(), f.severity()) }
	return slices.MinFunc(found, func(a, b Finding) int { return cmp.Compare(at(a), at(b)) }).severity()
}
