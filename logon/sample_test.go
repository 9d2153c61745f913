package logon

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"testing"

	company "sparkless/bench/sample"
	"sparkless/publish/anomaly"
	"sparkless/storage"
	"sparkless/storage/event"
)

// memory is a Reader of one blob.
type memory []byte

func (m memory) List(context.Context, string) iter.Seq2[storage.Blob, error] { panic("not used") }

func (m memory) Open(_ context.Context, _ storage.Blob, offset, length int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m[offset : offset+length])), nil
}

// sampleDay is the state of a day of an invented company, with the habits of its people,
// and what was planted.
func sampleDay(t *testing.T, cfg company.Config) (*State, company.Truth) {
	t.Helper()
	var lines bytes.Buffer
	truth, err := company.Generate(cfg, func(_ string, data []byte) error {
		lines.Write(data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newState()
	scanner := event.NewScanner(New(DefaultParams(), "", 1).Spec().Query, event.Day(cfg.Day))
	if err := scanner.Open(t.Context(), memory(lines.Bytes()), event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(lines.Len())})); err != nil {
		t.Fatal(err)
	}
	defer scanner.Close()
	for scanner.Scan() {
		s.Add(scanner.Record())
	}
	if scanner.Err() != nil {
		t.Fatal(scanner.Err())
	}
	return s, truth
}

// In a company whose people have habits, what is planted is found, but for what is subtle,
// and hardly anybody else.
func TestPlantedCases(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 1; seed++ {
		cfg := company.Default()
		cfg.Cases, cfg.Seed, cfg.Events, cfg.Names, cfg.Impostors = true, seed, 3000, 300, 0
		today, truth := sampleDay(t, cfg)
		var before []*State
		for back := 1; back <= 10; back++ {
			c := cfg
			c.Earlier, c.Day = back, cfg.Day.AddDate(0, 0, -back)
			s, _ := sampleDay(t, c)
			before = append(before, s)
		}
		p := DefaultParams()
		d := New(p, "all", 2)
		records, err := d.Finish(t.Context(), event.Day(cfg.Day), today, pastOf(t, d, today, before...))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]anomaly.Finding{}
		for _, r := range records {
			f, err := anomaly.Of(r)
			if err != nil {
				t.Fatal(err)
			}
			found[fold(f.Entity)] = f
		}
		planted, missed := 0, 0
		for _, c := range truth.Cases {
			if c.Hunt != Name {
				continue
			}
			planted++
			f, ok := found[fold(c.Entity)]
			delete(found, fold(c.Entity))
			if !ok {
				missed++
				t.Logf("seed %d: not found: %s %s, %s", seed, c.Strength, c.Kind, c.What)
			}
			if !ok && c.Strength != company.Subtle {
				t.Errorf("seed %d: %s, and not found", seed, c.Strength)
			}
			shaped := map[string]string{"brute-force": "T1110.001", "success-after-failures": "T1078", "password-spraying": "T1110.003", "lateral-breadth": "T1021"}[c.Kind]
			if ok && shaped != "" && !slices.Contains(f.Techniques, shaped) {
				t.Errorf("seed %d: %s: %q", seed, c.Kind, f.Techniques)
			}
		}
		t.Logf("seed %d: %d planted, %d not found, %d other findings", seed, planted, missed, len(found))
		for _, f := range found {
			if len(found) > 2 || f.Severity != anomaly.Low {
				t.Errorf("seed %d: %s %s", seed, f.Severity, f.Description)
			}
		}
	}
}

func fold(name string) string { return string(bytes.ToLower([]byte(name))) }
