package logon_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/logon"
	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// realExport puts the blobs of a set of real telemetry into a store, and returns their
// days; false if the set is not on this machine.
func realExport(t *testing.T, set string) (*storagetest.Mem, []time.Time, bool) {
	t.Helper()
	f, err := os.Open("../../shared/data/export/" + set + ".tar.gz")
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("there is no real telemetry on this machine: ../shared/data/export/%s.tar.gz", set)
		return nil, nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	store, days := storagetest.NewMem(), map[string]bool{}
	for archive := tar.NewReader(z); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		_, name, ok := strings.Cut(header.Name, "/"+logon.Container+"/")
		if !ok || header.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(archive)
		if err == nil {
			err = store.Put(t.Context(), name, data)
		}
		if err != nil {
			t.Fatal(err)
		}
		m := dayOfBlob.FindStringSubmatch(name)
		days[m[1]+"-"+m[2]+"-"+m[3]] = true
	}
	var dates []time.Time
	for day := range days {
		date, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		dates = append(dates, date)
	}
	slices.SortFunc(dates, time.Time.Compare)
	return store, dates, true
}

var dayOfBlob = regexp.MustCompile(`y=(\d+)/m=(\d+)/d=(\d+)/`)

// On recorded attacks every one that guesses passwords is found, and little else. The
// recordings are of single attacks, so that no account has a history.
func TestRecordedAttacks(t *testing.T) {
	t.Parallel()
	for set, want := range map[string][]string{
		"evtx-to-mitre-attack": {
			`2021-05-20 Low brute-force FS01\nouser: 5 wrong passwords, up to 5 in a minute (12:49 UTC), from fs01; there is no such user`,
			`2021-05-21 Low brute-force admmig@offsec.lan: 5 wrong passwords, up to 5 in a minute (20:43 UTC), from fs01`,
			`2023-09-25 Low brute-force WIN\administrator: 8 wrong passwords, up to 8 in a minute (20:39 UTC), from win`,
			`2023-09-25 Low brute-force WIN\admin: 8 wrong passwords, up to 8 in a minute (20:39 UTC), from win`,
		},
		"otrf-atomic-compound": {`2020-10-22 Medium password-spraying workstation5: 7 wrong passwords for 7 users, up to 7 in a minute (08:29 UTC)`},
		"mde-laptop-2021":      nil,
	} {
		store, days, ok := realExport(t, set)
		if !ok {
			continue
		}
		var got []string
		work := storagetest.NewMem()
		for _, day := range days {
			hunt := &job.Hunt[*logon.State]{Detector: logon.New(logon.DefaultParams(), "all", 2), Input: store, Work: work,
				Sinks: func(event.Window) ([]publish.Sink, error) { return nil, nil }, Lanes: event.NewLanes(2, 2), Engine: job.Local(2), Config: job.Config{Scope: "all", Workers: 2, History: 30, MaxMalformed: 0.01, PartialMalformed: 1, MissingHours: 1000, Wait: time.Hour}}
			r, err := hunt.Day(t.Context(), day)
			if err != nil {
				t.Fatal(err)
			}
			for _, record := range r.Records {
				got = append(got, told(t, record))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s", set, strings.Join(got, "\n"))
		}
	}
}

// told is a finding in a line: the day, who, and why.
func told(t *testing.T, r publish.Record) string {
	t.Helper()
	f, err := anomaly.Of(r)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %s %s %s", f.DataDay[:len(time.DateOnly)], f.Severity, f.AnomalyReasons[0].Name, f.Description)
}
