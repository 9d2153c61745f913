package masquerade

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/publish"
	"sparkless/storage/event"
)

// revisions are those of findings, and their suspects, by ID.
func revisions(t *testing.T, p Params, events []happened, days [][]happened) (revision, suspect map[string]string) {
	t.Helper()
	day := countsOf(events)
	records, err := New(p, "", 1).Finish(t.Context(), event.Day(november20), day, historyOf(t, day, days))
	if err != nil {
		t.Fatal(err)
	}
	revision, suspect = map[string]string{}, map[string]string{}
	for _, r := range records {
		var f Finding
		if err := json.Unmarshal(r.Body, &f); err != nil {
			t.Fatal(err)
		}
		revision[r.ID], suspect[r.ID] = r.Revision, f.PotentiallyMaliciousProcess
	}
	return revision, suspect
}

// late are events that arrive late: of all names but one, on hosts that nobody saw.
func late(rng *rand.Rand, events []happened, but string) (more []happened) {
	for _, h := range events {
		if name, _ := h.name(); name != but && rng.IntN(3) == 0 {
			h.host, h.at = pick(rng, []string{"new1", "new2", "new3", h.host}), h.at+1
			more = append(more, h)
		}
	}
	return append(more, onHosts("somethingnew.exe", `C:\Program Files\new\somethingnew.exe`, 30, 1)...)
}

// What arrives late of others, on other hosts and of earlier days is no news of a
// finding, whatever becomes of its score; an event of the suspect is.
func TestRevisions(t *testing.T) {
	t.Parallel()
	same, changed := 0, 0
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 39))
		events := randomEstate(rng)
		p := randomParams(t, rng)
		p.MinScore = 0
		if seed == 7 {
			p = NotebookParams()
		}
		before, suspect := revisions(t, p, events, nil)
		for _, id := range slices.Sorted(maps.Keys(suspect)) {
			name := suspect[id]
			if rng.IntN(4) > 0 {
				continue
			}
			revision, _ := revisions(t, p, append(late(rng, events, name), events...), nil)
			if revision[id] != "" {
				same++
				if revision[id] != before[id] {
					t.Errorf("seed %d: %q: what is late of others shows in the revision", seed, name)
				}
			}
			one := slices.IndexFunc(events, func(h happened) bool { n, ok := h.name(); return ok && n == name })
			revision, _ = revisions(t, p, append(slices.Clone(events), events[one]), nil)
			if rest := revision[id]; rest == before[id] && !windowsOf(p).windows(name) {
				t.Errorf("seed %d: %q: one event more, and the same revision", seed, name)
			}
			changed++
		}
		revision, _ := revisions(t, p, events, seenOn(3, 30, events))
		for id := range before {
			if revision[id] != "" && revision[id] != before[id] {
				t.Errorf("seed %d: %q: history shows in the revision", seed, suspect[id])
			}
		}
	}
	if same < 20 || changed < 20 {
		t.Errorf("only %d and %d findings were looked at", same, changed)
	}
}

// That a suspect stays rare, or that an estimate of its hosts stays within the
// estate, hangs on others, too.
func TestRevisionsAsRanksMove(t *testing.T) {
	p := paramsOf(t, Balanced)
	events := append(onHosts("svchost.exe", system+"svchost.exe", 61, 9), onHosts("svch0st.exe", temp+"svch0st.exe", 61, 1)...)
	before, _ := revisions(t, p, events, nil)
	var others []happened
	for i := range 10 {
		name := strings.Repeat(string(rune('b'+i)), 9) + ".exe"
		others = append(others, onHosts(name, system+name, 1, 1)...)
	}
	others = append(others, onHosts("explorer.exe", `C:\Windows\explorer.exe`, 70, 30)...)
	after, _ := revisions(t, p, append(others, events...), nil)
	if len(before) != 1 || len(after) != 1 {
		t.Fatalf("%v, %v", before, after)
	}
	for id := range before {
		if before[id] != after[id] {
			t.Error("the ranks of others show in the revision")
		}
	}
}

func windowsOf(p Params) *judge { return newJudge(p, nil, nil, newPairs()) }

// The notebook's findings have the members that they had before there was evidence,
// however much is known, and no others.
func TestNotebookHasNoOtherMembers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 40))
	allowed := map[string]bool{}
	for _, name := range strings.Fields(`TimeStamp NormalProcess PotentiallyMaliciousProcess AnomalyScore FindingId DataDay Scope Distance MaliciousCount NormalCount
		MaliciousPercentRank NormalPercentRank FirstSeen LastSeen Paths Hosts Parents Accounts CommandLines NormalPaths Reasons Technique`) {
		allowed[name] = true
	}
	found := 0
	for range 10 {
		events := randomEstate(rng)
		day := countsOf(events)
		p := NotebookParams()
		p.Similarity, p.MinScore, p.Weights, p.Facts = 0.7, 100, Weights{"notebook": -100}, userFacts(t) // of no use
		records := mustFinish(t, p, day, historyOf(t, day, seenOn(5, 20, events)))
		p = NotebookParams()
		p.Similarity = 0.7
		plain := mustFinish(t, p, day, NewCounts())
		if len(records) != len(plain) {
			t.Fatalf("%d and %d findings", len(records), len(plain))
		}
		for i, r := range records {
			if string(r.Body) != string(plain[i].Body) || r.Revision != plain[i].Revision {
				t.Errorf("history, facts and weights show in %s", r.Body)
			}
			fields, err := r.Fields()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fields {
				if !allowed[f.Name] {
					t.Errorf("a new member %s", f.Name)
				}
			}
			found++
		}
	}
	if found < 10 {
		t.Errorf("only %d findings", found)
	}
}

func mustFinish(t testing.TB, p Params, day, history *Counts) []publish.Record {
	t.Helper()
	records, err := New(p, "", 1).Finish(t.Context(), event.Day(november20), day, history)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// The self-test of every profile leaves the day as it is, and plants nothing.
func TestSelfTestOfEveryProfile(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 41))
	for _, events := range [][]happened{nil, randomEstate(rng), randomEstate(rng)} {
		c := countsOf(events)
		file, names := string(encoded(t, c)), c.Names()
		caught := map[string]int{}
		for _, profile := range Profiles() {
			p := paramsOf(t, profile)
			d := New(p, "", 2)
			before := mustFinish(t, p, c, NewCounts())
			r := selfTest(t, d, c)
			if again := selfTest(t, New(p, "other", 1), c); again.Caught != r.Caught || !slices.Equal(again.Missed, r.Missed) {
				t.Errorf("%s: %+v, then %+v", profile, r, again)
			}
			if r.Caught+len(r.Missed) != r.Total || r.Total < 40 {
				t.Errorf("%s: %+v", profile, r)
			}
			if string(encoded(t, c)) != file || c.Names() != names {
				t.Fatalf("%s: the self-test changed the day", profile)
			}
			after := mustFinish(t, p, c, NewCounts())
			if len(after) != len(before) {
				t.Fatalf("%s: %d findings, then %d", profile, len(before), len(after))
			}
			for i := range after {
				if string(after[i].Body) != string(before[i].Body) {
					t.Errorf("%s: %s", profile, after[i].Body)
				}
			}
			caught[profile] = r.Caught
			for _, m := range r.Missed {
				if c.has(m) {
					t.Errorf("%s: the day has %s", profile, m)
				}
			}
		}
		if caught["hunt"] < caught["balanced"] || caught["balanced"] < caught["strict"] {
			t.Errorf("caught: %v", caught)
		}
	}
}
