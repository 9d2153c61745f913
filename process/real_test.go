package process_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sparkless/process"
	"sparkless/publish/anomaly"
	"sparkless/storage"
	"sparkless/storage/event"
)

// realState is the state of all events of a set of real telemetry, or nil where there is
// none.
func realState(t *testing.T, set string, w event.Window) *process.State {
	f, err := os.Open(filepath.Join("../../shared/data/export", set+".tar.gz"))
	if errors.Is(err, os.ErrNotExist) {
		t.Logf("%s is not there: nothing is shown", set)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s := process.NewState()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") || !strings.Contains(h.Name, process.Container) {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		read(t, data, w, s.Add)
	}
}

// read reads the lines of one blob.
func read(t testing.TB, lines []byte, w event.Window, each func(*event.Record)) {
	s := event.NewScanner(process.New(process.DefaultParams(), "all", 1).Spec().Query, w)
	defer s.Close()
	if err := s.Open(t.Context(), memory(lines), event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(lines))})); err != nil {
		t.Fatal(err)
	}
	for s.Scan() {
		each(s.Record())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}

// findings are those of a state.
func findings(t testing.TB, p process.Params, w event.Window, day, history *process.State) []anomaly.Finding {
	t.Helper()
	records, err := process.New(p, "all", 2).Finish(t.Context(), w, day, history)
	if err != nil {
		t.Fatal(err)
	}
	var all []anomaly.Finding
	for _, r := range records {
		f, err := anomaly.Of(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// Of two sets of attacks, each taken as one window, and of one laptop's 64 hours, the
// first twenty findings, which are what a hunt tells of a day unless told otherwise, are
// mostly what was done by the attackers: so many as are named here. The laptop was
// attacked as well: an archive's shell starts mshta with an address, a script starts
// PowerShell hidden, and rundll32 runs socks.dat. Of all else on it nothing is Medium.
func TestRealTelemetry(t *testing.T) {
	w := event.Window{From: time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		set     string
		attacks string // parts of command lines or paths of what attackers did
		least   int    // of the findings have one
		most    int    // findings, beyond the budget or not
	}{
		{"otrf-atomic-compound", "-enc|iex |mimikatz|psexec|purplesharp|happy_image|esentutl|payload|localgroup|sam sam|procdump|namedpipe|ntds|apt-simulator|http|minidump|lsass|base64|rubeus|cmstp|mavinject", 20, 28},
		{"evtx-to-mitre-attack", "-w hidden|urlcache|tvupu|ntds|mimikatz|minidump|hack|ubdxv|localgroup|http|shadowcopy|wbadmin|wevtutil|psexesvc|auditpol", 13, 18},
		{"mde-laptop-2021", "googledocpage|-w hidden|socks.dat", 4, 6},
	} {
		s := realState(t, c.set, w)
		if s == nil {
			continue
		}
		all := findings(t, process.DefaultParams(), w, s, process.NewState())
		attacks := 0
		for _, f := range all[:min(len(all), anomaly.Budget)] {
			text := strings.ToLower(string(f.AnomalyDetails) + f.Entity)
			found := false
			for _, part := range strings.Split(c.attacks, "|") {
				found = found || strings.Contains(text, part)
			}
			if found {
				attacks++
			}
			if !found && c.set == "mde-laptop-2021" && f.Severity != anomaly.Low {
				t.Errorf("%s on the laptop: %s", f.Severity, f.Description)
			}
			t.Logf("%s: %.3f %v %s", c.set, f.Score, found, f.Description)
			for _, r := range f.AnomalyReasons {
				if process.Ordinary(r) {
					t.Errorf("%s: %s: %s is %q, usually %q", c.set, f.Entity, r.Name, r.Value, r.Usual)
				}
			}
		}
		if attacks < c.least || len(all) > c.most {
			t.Errorf("%s: %d of %d findings are attacks, want at least %d of at most %d", c.set, attacks, len(all), c.least, c.most)
		}
	}
}
