package progress

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLayout(t *testing.T) {
	s := State{Phase: "reading", What: "2026-11-20", Bytes: 2 << 30, BytesDone: 1300 << 20, Blobs: 1440, BlobsDone: 812, Elapsed: 42 * time.Second}
	later := s
	later.Number, later.Of, later.Elapsed = 3, 30, 3*time.Hour+5*time.Minute+9*time.Second
	for _, c := range []struct {
		state State
		width int
		want  string
	}{
		{s, 120, "reading 2026-11-20 [###################...........]   63%  1.3/2.0 GiB  1.3M events/s   812/1440 blobs  0:42"},
		{s, 80, "reading 2026-11-20 [#####...]  1.3/2.0 GiB  1.3M events/s   812/1440 blobs  0:42"},
		{s, 60, "reading 2026-11-20 [########......]   63%  1.3/2.0 GiB  0:42"},
		{s, 40, "reading 2026-11-20 [###...]  1.3/2.0 GiB"},
		{s, 20, "reading 2026-11-20"},
		{s, 9, "reading 2"},
		{s, 0, ""},
		{later, 140, "reading day 3 of 30 [###################...........]  2026-11-20   63%  1.3/2.0 GiB  1.3M events/s   812/1440 blobs  3:05:09"},
		{later, 90, "reading day 3 of 30 [#####...]   63%  1.3/2.0 GiB  1.3M events/s   812/1440 blobs  3:05:09"},
		{State{Phase: "merging", What: "2026-11-20"}, 80, "merging 2026-11-20  0:00"},
		{State{Phase: "delivering", What: "2026-11-20", To: "api"}, 80, "delivering 2026-11-20  to api  0:00"},
		{State{Phase: "delivering", What: "2026-11-20", To: strings.Repeat("long", 30)}, 80, "delivering 2026-11-20  0:00"},
		{State{Phase: "日本語"}, 5, "日本"},
	} {
		if got := layout(c.state, 1.3e6, c.width); got != c.want {
			t.Errorf("in %d columns:\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
}

// Whatever is to be shown, it is one line that fits, and it does not jump about
// while bytes, blobs and speed grow.
func TestLayoutFits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	texts := []string{"", "reading", "2026-11-20", "файл", "日本語のファイル", "e\u0301e\u0301", "👩‍👩‍👧‍👦"}
	text := func() string { return texts[rng.IntN(len(texts))] + texts[rng.IntN(len(texts))] }
	for range 1500 {
		s := State{Phase: text(), What: text(), To: text(), Number: rng.IntN(40), Of: rng.IntN(40), Elapsed: time.Duration(rng.Int64N(1e14))}
		if rng.IntN(3) > 0 {
			s.Bytes, s.Blobs = rng.Int64N(int64(1)<<rng.IntN(62))+1, rng.IntN(1e6)+1
		}
		width := rng.IntN(200)
		starts := -1
		for range 5 {
			if s.Bytes > 0 {
				s.BytesDone, s.BlobsDone = min(s.BytesDone+rng.Int64N(s.Bytes+1), s.Bytes), min(s.BlobsDone+rng.IntN(s.Blobs+1), s.Blobs)
			}
			line := layout(s, rng.Float64()*2e7, width)
			if got := columns(line); got > width || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x1b") {
				t.Fatalf("%d columns of %d: %q", got, width, line)
			}
			if at := strings.Index(line, " events/s"); starts >= 0 && at != starts {
				t.Fatalf("it jumps from %d: %q", starts, line)
			} else {
				starts = at
			}
			if strings.Contains(line, "100%") != (s.Bytes > 0 && s.BytesDone == s.Bytes) && strings.Contains(line, "%") {
				t.Fatalf("%d of %d bytes: %q", s.BytesDone, s.Bytes, line)
			}
		}
	}
}

func TestShort(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 999.6: "1.0k", 1300: "1.3k", 9949: "9.9k", 9951: "10k", 123456: "123k", 1.26e6: "1.3M", 5e9: "5.0G", 5e12: "5000G"} {
		if got := short(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}
