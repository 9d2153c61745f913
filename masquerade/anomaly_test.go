package masquerade

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sparkless/masquerade/windows"
	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/publish/schema"
)

// anomalySchema is the published schema of anomalies.
func anomalySchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schema.Text("anomaly")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("anomaly", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("anomaly")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// anomalyOf is the view of a record, with the finding.
func anomalyOf(t *testing.T, r publish.Record, facts *windows.Facts) (f Finding, a anomaly.Finding, view publish.Record) {
	t.Helper()
	view, err := AnomalyOf(r, facts)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(r.Body, &f); err != nil {
		t.Fatal(err)
	}
	if a, err = anomaly.Of(view); err != nil {
		t.Fatal(err)
	}
	return f, a, view
}

// impostorDay has impostors of a name of most hosts: one that looks like it, and one that
// has its name in another folder, which is nowhere told to be usual.
func impostorDay() []happened {
	events := onHosts("svchost.exe", system+"svchost.exe", 18, 20)
	for i := range events {
		events[i].parent, events[i].account = system+"services.exe", `NT AUTHORITY\SYSTEM`
	}
	events = append(events, onHosts("notepad.exe", `C:\Windows\notepad.exe`, 20, 3)...)
	at := november20.UnixNano() + 25_500_000_000_000
	return append(events, happened{at, "Svch0st.exe", `C:\Users\Public\Svch0st.exe`, "h7", `C:\Windows\explorer.exe`, `CONTOSO\jo`, `"C:\Users\Public\Svch0st.exe" -x <1>`},
		happened{at + 1e9, "lsass.exe", `C:\Temp\lsass.exe`, "h3", `C:\Windows\explorer.exe`, `CONTOSO\jo`, none},
		happened{at + 2e9, "svchost.exe", `C:\Temp\svchost.exe`, "h3", system + "services.exe", none, none})
}

func TestAnomalyGolden(t *testing.T) {
	events := impostorDay()
	day := countsOf(events)
	records := mustFinish(t, paramsOf(t, Balanced), day, historyOf(t, day, seenOn(0, 9, events)))
	records = append(records, mustFinish(t, NotebookParams(), day, NewCounts())...)
	var got bytes.Buffer
	for _, r := range records {
		_, _, view := anomalyOf(t, r, nil)
		if err := json.Indent(&got, view.Body, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
	}
	const golden = "testdata/anomaly.json"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%v; got\n%s\nwant\n%s", err, got.Bytes(), want)
	}
}

// Every finding of whatever day and profile is an anomaly by the schema, with the same
// ID, score and times, and its reasons are all that speaks for it, each once.
func TestEveryFindingIsAnAnomaly(t *testing.T) {
	t.Parallel()
	valid := anomalySchema(t)
	seen := 0
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 51))
		events := randomEstate(rng)
		p := randomParams(t, rng)
		if seed%5 == 4 {
			p = NotebookParams()
		}
		day := countsOf(events)
		var past [][]happened
		if seed%2 == 0 {
			past = seenOn(rng.IntN(9), 9, events)
		}
		ids := map[string]bool{}
		for _, r := range mustFinish(t, p, day, historyOf(t, day, past)) {
			seen++
			f, a, view := anomalyOf(t, r, p.Facts)
			checkHarmless(t, view.Body)
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(view.Body))
			if err != nil {
				t.Fatal(err)
			}
			if err := valid.Validate(doc); err != nil {
				t.Errorf("seed %d: %s: %v", seed, view.Body, err)
			}
			if ids[view.ID] || view.ID != a.FindingId || view.ID[3:] != r.ID[3:] || view.Day != r.Day || view.Revision != r.Revision {
				t.Errorf("seed %d: %s of %s, %+v", seed, view.ID, r.ID, view)
			}
			ids[view.ID] = true
			if a.Events != f.MaliciousCount || a.StartTime != f.FirstSeen || a.EndTime != f.LastSeen || a.DataDay != f.DataDay || a.HistoryDays != f.HistoryDays || a.DaysSeen != f.DaysSeen {
				t.Errorf("seed %d: %s is not %s", seed, view.Body, r.Body)
			}
			checkReasons(t, f, a)
		}
	}
	if seen < 400 {
		t.Errorf("only %d findings were looked at", seen)
	}
}

// checkReasons holds the reasons of a view against the finding.
func checkReasons(t *testing.T, f Finding, a anomaly.Finding) {
	t.Helper()
	total, last := 0.0, 1.0
	told := map[string]bool{}
	for _, r := range a.AnomalyReasons {
		total += r.Weight
		if r.Weight > last || r.Why == "" || r.Value == "" {
			t.Errorf("%s: %+v after a weight of %v", f.FindingId, r, last)
		}
		if r.Name == "few-hosts" && r.Why != "on "+r.Value {
			t.Errorf("%s: %q is said of %q", f.FindingId, r.Value, r.Why)
		}
		last, told[r.Name] = r.Weight, true
	}
	strength := 1
	if len(f.Evidence) > 0 {
		strength = max(f.Evidence[0].Points, 0)
		if a.Score != float64(f.Score)/100 || a.Severity != f.Severity || a.Mode != "" {
			t.Errorf("%s: score %v, severity %s, mode %q", f.FindingId, a.Score, a.Severity, a.Mode)
		}
	} else if a.Mode != "notebook" || float32(a.Score) != f.AnomalyScore {
		t.Errorf("%s: score %v, mode %q", f.FindingId, a.Score, a.Mode)
	}
	for _, p := range slices.Concat(f.Evidence, f.Modifiers) {
		if p.Points > 0 && p.Name != moreWitnesses && !told[p.Name] {
			t.Errorf("%s: %s is no reason", f.FindingId, p.Name)
		}
	}
	if strength > 0 && math.Abs(total-1) > 0.001 {
		t.Errorf("%s: the reasons weigh %v", f.FindingId, total)
	}
	checkShare(t, f, a)
	if f.NormalProcess != "" && f.NormalProcess != f.PotentiallyMaliciousProcess && f.NormalCount > 0 {
		usual := func(r anomaly.Reason) bool { return strings.Contains(r.Usual, plural(f.NormalCount, "time")) }
		if !slices.ContainsFunc(a.AnomalyReasons, usual) {
			t.Errorf("%s: nothing says how often the imitated name is seen: %+v", f.FindingId, a.AnomalyReasons)
		}
	}
}

// checkShare holds the weights of evidence against the score: of the first kind, however
// much there is, it is what the strongest adds to it.
func checkShare(t *testing.T, f Finding, a anomaly.Finding) {
	t.Helper()
	if len(f.Evidence) == 0 || f.Evidence[0].Points <= 0 {
		return
	}
	all, got := f.Evidence[0].Points, 0.0
	for _, m := range f.Modifiers {
		all += max(m.Points, 0)
	}
	for _, r := range a.AnomalyReasons {
		named := func(p Point) bool { return p.Name == r.Name }
		if slices.ContainsFunc(f.Evidence, named) && witnessOf(r.Name) == witnessOf(f.Evidence[0].Name) {
			got += r.Weight
		}
	}
	if want := float64(f.Evidence[0].Points) / float64(all); math.Abs(got-want) > 0.001 {
		t.Errorf("%s: evidence of the first kind weighs %v, not %v: %+v", f.FindingId, got, want, a.AnomalyReasons)
	}
}

// A view knows the witness of evidence by its name alone.
func TestWitnessesByName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 52))
		d, day := New(paramsOf(t, "hunt"), "", 1), countsOf(randomEstate(rng))
		room, err := d.roomFor(day, finishPerName)
		if err != nil {
			t.Fatal(err)
		}
		l := newLineup(&estate{Detector: d, day: day, history: NewCounts(), room: room})
		suspects, err := l.suspects(t.Context(), l.pick(func(*ranked) bool { return true }))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range suspects {
			for _, c := range l.assess(s).evidence {
				if seen[c.Name] = true; witnessOf(c.Name) != c.witness {
					t.Errorf("%s: witness %d, not %d", c.Name, witnessOf(c.Name), c.witness)
				}
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d kinds of evidence were seen", len(seen))
	}
}

// Names and texts that mean harm do none in the view either.
func TestAnomaliesOfHostileTexts(t *testing.T) {
	valid := anomalySchema(t)
	for _, h := range hostile {
		c := NewCounts()
		for range 3 {
			c.Add(record(1, "normalnormal"+h+".exe", h, h, h, h, h))
		}
		c.Add(record(1, "normalnormai"+h+".exe", h, h, h, h, h))
		c.Add(record(1, h, h, h, h, h, h))
		p := paramsOf(t, "hunt")
		p.MinScore = 0
		for _, q := range []Params{p, {Frequent: 0.8, Rare: 0.2, Similarity: 0.6}} {
			for _, r := range mustFinish(t, q, c, NewCounts()) {
				_, a, view := anomalyOf(t, r, nil)
				checkHarmless(t, view.Body)
				doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(view.Body))
				if err == nil {
					err = valid.Validate(doc)
				}
				if err != nil {
					t.Errorf("%.40q: %v", h, err)
				}
				shown := []string{a.Entity, a.Description, a.UserName, a.SourceDevice}
				for _, e := range a.Entities {
					shown = append(shown, e.Value)
				}
				for _, r := range a.AnomalyReasons {
					shown = append(shown, r.Value, r.Usual, r.Why)
				}
				if text := strings.Join(shown, " "); strings.ContainsAny(text, "\x00\x1b\r\n\u202e") {
					t.Errorf("%.40q: %q", h, text)
				}
			}
		}
	}
	if a, err := (Finding{FindingId: "mq-1"}).Anomaly(nil); err != nil || a.Entity != "(no name)" {
		t.Errorf("without a name it is of %q, %v", a.Entity, err)
	}
	if _, err := AnomalyOf(publish.Record{ID: "x", Body: json.RawMessage(`[]`)}, nil); err == nil {
		t.Error("what is no finding is an anomaly")
	}
}
