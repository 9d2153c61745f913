package network

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// memory is a reader of one blob.
type memory struct{ data []byte }

func (m memory) List(context.Context, string) iter.Seq2[storage.Blob, error] { panic("not used") }

func (m memory) Open(_ context.Context, _ storage.Blob, offset, length int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m.data[offset : offset+length])), nil
}

// realDays are the lines of DeviceNetworkEvents of the real export by day, if it is there.
func realDays(t *testing.T) map[string][]byte {
	file, err := os.Open("../../shared/data/export/otrf-atomic-compound.tar.gz")
	if err != nil {
		t.Log("the folder with real exports is absent: ", err)
		return nil
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	days := map[string][]byte{}
	for archive := tar.NewReader(z); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return days
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(header.Name, "/"+Container+"/") || header.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			_, rest, _ := bytes.Cut(line, []byte(`"TimeGenerated":"`))
			days[string(rest[:10])] = append(days[string(rest[:10])], line...)
		}
	}
}

// TestRealConnections looks back on all days before: of nine laboratories, few of whose
// attacks reach out of their networks. What was attacked with, mshta.exe and
// powershell.exe, is among the findings; what Azure's agents do is not.
func TestRealConnections(t *testing.T) {
	days := realDays(t)
	if days == nil {
		return
	}
	var before []*Connections
	found := map[string][]string{}
	kept := int64(0)
	for _, date := range slices.Sorted(maps.Keys(days)) {
		at, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		c := scanned(t, event.Day(at), days[date])
		kept += c.totals.Kept
		for _, f := range finish(t, DefaultParams(), event.Day(at), c, before[max(0, len(before)-7):]) {
			found[f.Entity] = append(found[f.Entity], date)
			t.Logf("%s %.2f %s %v", date, f.Score, f.Description, reasons(f))
		}
		before = append(before, c)
	}
	if kept < 900 {
		t.Errorf("%d connections", kept)
	}
	for _, name := range []string{"mshta.exe", "powershell.exe"} {
		if len(found[name]) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	for _, name := range []string{"svchost.exe", "waappagent.exe", "windowsazureguestagent.exe", "dns.exe"} {
		if len(found[name]) > 0 {
			t.Errorf("%s is found on %v", name, found[name])
		}
	}
}

func scanned(t *testing.T, w event.Window, lines []byte) *Connections {
	c := NewConnections()
	s := event.NewScanner(New(DefaultParams(), "", 1).Spec().Query, w)
	lane := event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(lines))})
	if err := s.Open(t.Context(), memory{lines}, lane); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for s.Scan() {
		c.Add(s.Record())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}
