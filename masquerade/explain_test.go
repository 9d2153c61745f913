package masquerade

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/storage/event"
)

// reportedBy are the findings of a day by the suspect's name; of several about one
// name, which the notebook's rule makes, the first.
func reportedBy(t *testing.T, d *Detector, day, history *Counts) map[string]json.RawMessage {
	t.Helper()
	records, err := d.Finish(t.Context(), event.Day(november20), day, history)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]json.RawMessage{}
	for _, r := range records {
		var f Finding
		if err := json.Unmarshal(r.Body, &f); err != nil {
			t.Fatal(err)
		}
		if found[f.PotentiallyMaliciousProcess] == nil {
			found[f.PotentiallyMaliciousProcess] = r.Body
		}
	}
	return found
}

// explains compares a story with what Finish says of the name.
func explains(t *testing.T, d *Detector, day, history *Counts, name string, body json.RawMessage) Story {
	t.Helper()
	s, err := d.Explain(t.Context(), event.Day(november20), day, history, name)
	if err != nil {
		t.Fatalf("%q: %v", name, err)
	}
	if s.Reported != (body != nil) || s.Reported != (s.Finding != nil) || s.Verdict == "" {
		t.Errorf("%q: reported %v (%s), and found is %.200s", name, s.Reported, s.Verdict, body)
	}
	if body == nil || s.Finding == nil {
		return s
	}
	r, err := s.Record()
	if err != nil || !bytes.Equal(r.Body, body) {
		t.Errorf("%q: the story's finding is\n%s\n%s (%v)", name, r.Body, body, err)
	}
	if s.Score != s.Finding.Score || s.Severity != s.Finding.Severity && s.Finding.Severity != "" || s.Target != s.Finding.NormalProcess {
		t.Errorf("%q: %d, %q, %q; its finding has %d, %q, %q", name, s.Score, s.Severity, s.Target, s.Finding.Score, s.Finding.Severity, s.Finding.NormalProcess)
	}
	if _, err := json.Marshal(s); err != nil {
		t.Error(err)
	}
	return s
}

// A story decides as Finish does, for every name, and for names that nobody saw.
func TestExplainAgrees(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 38))
		events := randomEstate(rng)
		before := randomPast(rng, events)
		events = append(events, happened{at: 1, process: `C:\with\folder.exe`, path: none}, happened{at: 1, process: `up/svch0st.exe`, path: none},
			happened{at: 1, process: strings.Repeat("svchost", 200) + ".exe", path: none})
		day := countsOf(events)
		history := historyOf(t, day, before)
		p := randomParams(t, rng)
		if seed == 2 {
			p = NotebookParams()
			p.Similarity = 0.6
		}
		d := New(p, "s", 1)
		found := reportedBy(t, d, day, history)
		all := p
		all.MinScore = 0
		scores := reportedBy(t, New(all, "s", 1), day, history)
		names, _ := byName(events)
		list := []string{"", ".", ".exe", "x", "svch0st.exe", "nobody.exe", "scvhost.exe.pdf.exe", "\x00", "\xff\xfe", hostile[8] + ".exe", strings.Repeat("a", 3000)}
		for name := range names {
			if len(list) < 30 || found[name] != nil {
				list = append(list, name, strings.ToUpper(name))
			}
		}
		for _, name := range list {
			key := lower(name)
			s := explains(t, d, day, history, name, found[key])
			var f Finding
			if scores[key] != nil && p.Evidence {
				if err := json.Unmarshal(scores[key], &f); err != nil {
					t.Fatal(err)
				}
			}
			if p.Evidence && len(names[key]) > 0 && s.Score != f.Score && scores[key] != nil {
				t.Errorf("%q: a score of %d, and would be reported with %d", name, s.Score, f.Score)
			}
			if s.Count != int64(len(names[key])) && len(name) <= longestName {
				t.Errorf("%q: seen %d times, not %d", name, s.Count, len(names[key]))
			}
			if p.Evidence && len(s.Rules) != len(evidenceWeights()) || !p.Evidence && len(s.Rules) != 1 {
				t.Errorf("%q: rules %+v", name, s.Rules)
			}
			for _, r := range s.Rules {
				if r.Why == "" || r.Fired != (slices.ContainsFunc(firedIn(s), func(e string) bool { return e == r.Why })) && s.Reported {
					t.Errorf("%q: %+v", name, r)
				}
			}
		}
	}
}

// firedIn are the reasons of a story's finding.
func firedIn(s Story) []string {
	if s.Finding == nil {
		return nil
	}
	return s.Finding.Reasons
}

// Nothing is said of the history of a name that nobody saw on the day: a past knows
// the names of its day alone.
func TestStoryOfANameThatIsNotThere(t *testing.T) {
	day := countsOf([]happened{{at: 1, process: "svchost.exe", path: `C:\Windows\System32\svchost.exe`, host: "h"}})
	var days [][]happened
	for range 8 {
		days = append(days, []happened{{at: 1, process: "svch0st.exe", path: none}, {at: 1, process: "svchost.exe", path: none}})
	}
	d := New(paramsOf(t, Balanced), "", 1)
	s, err := d.Explain(t.Context(), event.Day(november20), day, historyOf(t, day, days), "svch0st.exe")
	if err != nil || s.Count != 0 || s.Reported || s.Group != "not seen" || s.Score == 0 || s.FirstSeen != "" || s.Target != "svchost.exe" {
		t.Errorf("%+v, %v", s, err)
	}
	if text := fmt.Sprint(s.History, s.Modifiers); strings.Contains(text, "not seen") || strings.Contains(text, "first-seen") {
		t.Errorf("a name that was seen on all days before: %s", text)
	}
	if s, err = d.Explain(t.Context(), event.Day(november20), day, historyOf(t, day, days), "SvcHost.exe"); err != nil || s.Reported || !strings.Contains(s.History, "seen 8 times on 8 of the 8 days") {
		t.Errorf("%+v, %v", s, err)
	}
}
