// Package hunts measures what the hunts find of the cases that are planted in a sample
// day, after a week of history, or another time, and what else they report.
package hunts

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparkless/bench/sample"
	"sparkless/job"
	"sparkless/logon"
	"sparkless/masquerade"
	"sparkless/network"
	"sparkless/process"
	"sparkless/publish/anomaly"
	"sparkless/storage"
	"sparkless/storage/event"
)

// budget is how many findings a hunt may have.
const budget = 20

// What to measure, for figures beyond those of the test.
var (
	seedList   = flag.String("seeds", "1", "seeds of the companies")
	eventCount = flag.Int("events", 12_000, "events of a company's day, of a thousand names at least")
	daysBefore = flag.Int("days", 7, "days of history")
	asNotebook = flag.Bool("notebook", false, "as the notebooks do")
)

func seeds(t *testing.T) (list []uint64) {
	t.Helper()
	for text := range strings.SplitSeq(*seedList, ",") {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// memory is a reader of one blob.
type memory []byte

func (m memory) List(context.Context, string) iter.Seq2[storage.Blob, error] { panic("not used") }

func (m memory) Open(_ context.Context, _ storage.Blob, offset, length int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m[offset : offset+length])), nil
}

// config is a company so many days before the day with the cases.
func config(seed uint64, earlier int) sample.Config {
	c := sample.Default()
	c.Seed, c.Cases, c.Events, c.Names, c.Impostors = seed, true, *eventCount, max(1_000, *eventCount*3/100), 0
	c.Earlier, c.Day = earlier, c.Day.AddDate(0, 0, -earlier)
	return c
}

// lines are those of a day in a container, and the cases among them.
func lines(t *testing.T, c sample.Config, container string) (text []byte, cases []sample.Case) {
	t.Helper()
	put := func(_ string, data []byte) error {
		text = append(text, data...)
		return nil
	}
	if container == network.Container {
		_, cases, err := sample.GenerateNetwork(c, put)
		if err != nil {
			t.Fatal(err)
		}
		return text, cases
	}
	truth, err := sample.Generate(c, put)
	if err != nil {
		t.Fatal(err)
	}
	return text, truth.Cases
}

// hunted is what a hunt reports of a sample day after a week, and the cases it is to
// find.
func hunted[S job.State[S]](t *testing.T, d job.Detector[S], seed uint64) ([]anomaly.Finding, []sample.Case) {
	t.Helper()
	text, cases := lines(t, config(seed, 0), d.Spec().Container)
	day := folded(t, d, config(seed, 0), text)
	past := d.(job.Remembering[S]).Past(day)
	for earlier := 1; earlier <= *daysBefore; earlier++ {
		c := config(seed, earlier)
		before, _ := lines(t, c, d.Spec().Container)
		file, err := folded(t, d, c, before).Encode("")
		if err != nil {
			t.Fatal(err)
		}
		one := d.(job.Remembering[S]).Past(day)
		if _, err := one.Decode(file); err != nil {
			t.Fatal(err)
		}
		past.Merge(one)
	}
	records, err := d.Finish(t.Context(), event.Day(config(seed, 0).Day), day, past)
	if err != nil {
		t.Fatal(err)
	}
	var found []anomaly.Finding
	for _, r := range records[:min(budget, len(records))] {
		f, err := anomaly.Of(r)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, f)
	}
	cases = slices.DeleteFunc(cases, func(c sample.Case) bool { return c.Hunt != d.Spec().Detector })
	return found, cases
}

func folded[S job.State[S]](t *testing.T, d job.Detector[S], c sample.Config, text []byte) S {
	t.Helper()
	s := event.NewScanner(d.Spec().Query, event.Day(c.Day))
	whole := event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(text))})
	if err := s.Open(t.Context(), memory(text), whole); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	state := d.New()
	for s.Scan() {
		state.Add(s.Record())
	}
	if s.Err() != nil || s.Stats().Records == 0 {
		t.Fatal(s.Err(), s.Stats())
	}
	return state
}

// tally is what was found of cases of a strength.
type tally struct{ found, cases int }

// outcome is what a hunt makes of some sample days.
type outcome struct {
	by       map[string]*tally // by the strength of cases
	findings int
	others   int // findings of no case
}

// measure hunts through the sample days of some seeds, and logs what it finds.
func measure[S job.State[S]](t *testing.T, d job.Detector[S], seeds ...uint64) outcome {
	o := outcome{by: map[string]*tally{}}
	for _, seed := range seeds {
		found, cases := hunted(t, d, seed)
		o.findings += len(found)
		for i, f := range found {
			if !slices.ContainsFunc(cases, func(c sample.Case) bool { return strings.EqualFold(c.Entity, f.Entity) }) {
				o.others++
				t.Logf("seed %d: no case, place %d, %.2f %s", seed, i+1, f.Score, f.Description)
			}
		}
		for _, c := range cases {
			at := slices.IndexFunc(found, func(f anomaly.Finding) bool { return strings.EqualFold(c.Entity, f.Entity) })
			if o.by[c.Strength] == nil {
				o.by[c.Strength] = &tally{}
			}
			o.by[c.Strength].cases++
			if at < 0 {
				t.Logf("seed %d: not found: %s %s of %s, %d events: %s", seed, c.Strength, c.Kind, c.Entity, c.Events, c.What)
				continue
			}
			o.by[c.Strength].found++
			t.Logf("seed %d: %s %s at place %d, %.2f: %s", seed, c.Strength, c.Kind, at+1, found[at].Score, found[at].Description)
		}
	}
	t.Log(o)
	return o
}

// String is a row of a table.
func (o outcome) String() string {
	var parts []string
	for _, strength := range []string{sample.Blatant, sample.Plain, sample.Subtle} {
		if c := o.by[strength]; c != nil {
			parts = append(parts, fmt.Sprintf("%s %d of %d", strength, c.found, c.cases))
		}
	}
	return fmt.Sprintf("%s; %d findings, %d of no case", strings.Join(parts, ", "), o.findings, o.others)
}

// atLeast checks what share of the cases of a strength is found.
func (o outcome) atLeast(t *testing.T, strength string, share float64) {
	t.Helper()
	if c := o.by[strength]; !*asNotebook && (c == nil || float64(c.found) < share*float64(c.cases)) {
		t.Errorf("%s: %s", strength, o)
	}
}

func TestLogon(t *testing.T) {
	p := logon.DefaultParams()
	p.Notebook = *asNotebook
	o := measure(t, logon.New(p, "", 2), seeds(t)...)
	o.atLeast(t, sample.Blatant, 1)
	o.atLeast(t, sample.Plain, 0.6)
}

func TestProcess(t *testing.T) {
	p := process.DefaultParams()
	p.Notebook = *asNotebook
	o := measure(t, process.New(p, "", 2), seeds(t)...)
	o.atLeast(t, sample.Blatant, 1)
	o.atLeast(t, sample.Plain, 0.8)
	if few := 3 * len(seeds(t)); o.others > few && !*asNotebook {
		t.Errorf("%d findings of no case, want at most %d", o.others, few)
	}
}

func TestNetwork(t *testing.T) {
	p := network.DefaultParams()
	p.Notebook = *asNotebook
	o := measure(t, network.New(p, "", 2), seeds(t)...)
	o.atLeast(t, sample.Blatant, 1)
	o.atLeast(t, sample.Plain, 0.75)
}

// The cases change nothing that masquerading finds.
func TestMasqueradeFindsTheSame(t *testing.T) {
	p, err := masquerade.ParamsOf(masquerade.Balanced)
	if err != nil {
		t.Fatal(err)
	}
	found := func(cases bool) (ids []string) {
		c := sample.Default()
		c.Cases, c.Events = cases, 20_000
		text, _ := lines(t, c, masquerade.Container)
		d := masquerade.New(p, "", 2)
		records, err := d.Finish(t.Context(), event.Day(c.Day), folded(t, d, c, text), d.New())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			var f struct {
				FindingId    string
				AnomalyScore float64
			}
			if err := json.Unmarshal(r.Body, &f); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, fmt.Sprintf("%s %.2f", f.FindingId, f.AnomalyScore))
		}
		return ids
	}
	without, with := found(false), found(true)
	if len(without) < 5 || !slices.Equal(without, with) {
		t.Errorf("without cases %d findings, %v; with them %d, %v", len(without), without, len(with), with)
	}
}
