package progress

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hinshun/vt10x"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen is a terminal, and how wide it is.
type screen struct {
	vt10x.Terminal
}

func newScreen() *screen { return &screen{Terminal: vt10x.New(vt10x.WithSize(100, 12))} }

func (s *screen) Write(p []byte) (int, error) {
	// A terminal's driver makes both of one (termios, ONLCR).
	s.Terminal.Write([]byte(strings.ReplaceAll(string(p), "\n", "\r\n")))
	return len(p), nil
}

func (s *screen) width() int {
	s.Lock()
	defer s.Unlock()
	w, _ := s.Size()
	return w
}

// at is where the cursor is, and whether it shows.
func (s *screen) at() (vt10x.Cursor, bool) {
	s.Lock()
	defer s.Unlock()
	return s.Cursor(), s.CursorVisible()
}

// rows are what is on the screen.
func (s *screen) rows() []string {
	var rows []string
	for row := range strings.Lines(s.String()) {
		rows = append(rows, strings.TrimRight(row, " \n"))
	}
	return rows
}

// Whatever is logged, shown, hidden, and however the window changes: the screen has
// the log, below it the line or nothing, and the cursor is where the next text
// belongs.
func TestScreen(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			screen, plain := newScreen(), newScreen() // plain gets the log alone
			d := New(screen)
			d.Set(Mode{Width: screen.width})
			shown := false
			for i := range 200 {
				switch rng.IntN(6) {
				case 0:
					n := rng.Int64N(1000)
					of := 1000 * rng.Int64N(2) // with much to show, or little
					d.Show(func() State { return State{Phase: "reading", Bytes: of, BytesDone: n, Blobs: 7, Events: n} })
					shown = true
				case 1:
					d.Hide()
					shown = false
				case 2:
					width := 30 + rng.IntN(100)
					screen.Resize(width, 12)
					plain.Resize(width, 12)
				case 3:
					time.Sleep(2 * drawEvery)
					synctest.Wait()
				default:
					text := fmt.Sprintf("line %d%s\n", i, strings.Repeat(" and another\n", rng.IntN(3)))
					for _, w := range []io.Writer{d, plain} {
						if n, err := io.WriteString(w, text); n != len(text) || err != nil {
							t.Error(n, err)
						}
					}
				}
				check(t, screen, plain, shown)
			}
			d.Close()
			d.Show(func() State { return State{Phase: "reading"} })
			time.Sleep(time.Second)
			where, _ := screen.at()
			if want, _ := plain.at(); screen.String() != plain.String() || where != want {
				t.Errorf("remains at the end:\n%s", screen)
			}
		})
	}
}

// oneLine is a line that was drawn once. A window that was made narrower may have
// cut it.
var oneLine = regexp.MustCompile(`^reading(  \d:\d\d| \[[#.]*(\](   ?\d+%)?(  .*)?)?)?$`)

// check compares a screen with one that got the log alone.
func check(t *testing.T, screen, plain *screen, shown bool) {
	t.Helper()
	got, want := screen.rows(), plain.rows()
	at, _ := plain.at()
	if shown && oneLine.MatchString(got[at.Y]) {
		got[at.Y] = ""
	}
	if where, visible := screen.at(); strings.Join(got, "\n") != strings.Join(want, "\n") || where != at || !visible {
		t.Fatalf("shown %v: got\n%s\nwant\n%s", shown, screen, plain)
	}
}

// The line is there while it is shown, and moves.
func TestLineIsDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		screen := newScreen()
		d := New(screen)
		d.Set(Mode{Width: screen.width})
		start := time.Now()
		d.Show(func() State {
			n := time.Since(start).Milliseconds()
			return State{Phase: "reading", Bytes: 60_000, BytesDone: n, Blobs: 60, BlobsDone: int(n / 1000), Events: 1000 * n}
		})
		if screen.rows()[0] != "" {
			t.Error("drawn at once")
		}
		time.Sleep(30*time.Second + drawEvery/2)
		want := "reading [###############...............]   50%  29.3/58.6 KiB  1.0M events/s  30/60 blobs  0:30"
		if got := screen.rows()[0]; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		d.Write([]byte("half a "))
		time.Sleep(time.Second)
		if got := screen.rows()[0]; got != "half a" {
			t.Errorf("drawn into a line: %q", got)
		}
		d.Write([]byte("line\n"))
		time.Sleep(time.Second)
		if got := screen.rows(); got[0] != "half a line" || !strings.HasPrefix(got[1], "reading [") || got[2] != "" {
			t.Errorf("%q", got)
		}
		d.Hide()
	})
}

// The speed is that of the last seconds, and of one day.
func TestSpeed(t *testing.T) {
	var r rate
	now := time.Now()
	at := func(seconds, events, bytes int64) float64 {
		return r.add(now.Add(time.Duration(seconds)*time.Second), State{Bytes: bytes, Events: events})
	}
	at(0, 0, 1)
	for i, want := range []float64{100, 100, 100, 100, 100, 100} {
		if got := at(int64(i)+1, 100*(int64(i)+1), 1); got != want {
			t.Errorf("second %d: %v", i+1, got)
		}
	}
	for s := int64(7); s < 20; s++ {
		at(s, 600, 1)
	}
	if got := at(20, 600, 1); got != 0 {
		t.Errorf("%v events/s long after the last one", got)
	}
	if at(21, 0, 0) != 0 || at(22, 50, 1) != 0 || at(23, 80, 1) != 30 || at(24, 10, 1) != 0 {
		t.Error("another day begins with the events of the one before")
	}
}

// Without a terminal there is a log line every 30 seconds, in every phase.
func TestLogEvery30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged []State
		var out strings.Builder
		d := New(&out)
		d.Set(Mode{Log: func(s State) {
			fmt.Fprintln(d, s.Phase) // a log line: d must not be locked
			logged = append(logged, s)
		}})
		d.Show(func() State { return State{Phase: "reading"} })
		time.Sleep(61 * time.Second)
		d.Show(func() State { return State{Phase: "merging"} })
		time.Sleep(30 * time.Second)
		d.Hide()
		time.Sleep(time.Hour)
		d.Show(func() State { return State{Phase: "delivering"} })
		time.Sleep(29 * time.Second)
		d.Hide()
		want := []State{{Phase: "reading", Elapsed: 30 * time.Second}, {Phase: "reading", Elapsed: time.Minute}, {Phase: "merging", Elapsed: 90 * time.Second}}
		if fmt.Sprint(logged) != fmt.Sprint(want) || out.String() != "reading\nreading\nmerging\n" {
			t.Errorf("got %v, %q", logged, out.String())
		}
	})
}

// Without a mode nothing is shown, and no goroutine is started.
func TestOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		d := New(&out)
		d.Show(func() State { t.Error("asked"); return State{} })
		if d.stop != nil {
			t.Error("a goroutine runs")
		}
		time.Sleep(time.Hour)
		d.Close()
		if out.Len() > 0 {
			t.Errorf("%q", out.String())
		}
	})
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write(p []byte) (int, error) { return len(p) / 2, errBroken }

// An output that fails does so for the log; the display goes on.
func TestBrokenOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(broken{})
		d.Set(Mode{Width: func() int { return 80 }})
		d.Show(func() State { return State{Phase: "reading"} })
		time.Sleep(time.Second)
		if n, err := d.Write([]byte("text\n")); !errors.Is(err, errBroken) || n < 0 || n > 5 {
			t.Error(n, err)
		}
		d.Hide()
	})
}

// Lines that many goroutines write stay whole.
func TestManyWriters(t *testing.T) {
	screen := newScreen()
	var out strings.Builder
	d := New(io.MultiWriter(&out, screen))
	d.Set(Mode{Width: screen.width})
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for range 200 {
				d.Show(func() State { return State{Phase: "reading"} })
				fmt.Fprintf(d, "<%d>\n", i)
				d.draw()
				if i == 0 {
					d.Hide()
				}
			}
		})
	}
	writers.Wait()
	d.Close()
	lines := 0
	pieces := strings.Split(out.String(), "\n")
	for _, line := range pieces[:len(pieces)-1] {
		if i := strings.LastIndex(line, "\x1b[J"); i >= 0 {
			line = line[i+3:]
		}
		if len(line) != 3 || line[0] != '<' {
			t.Fatalf("%q", line)
		}
		lines++
	}
	if lines != 8*200 || strings.Contains(screen.String(), "reading") {
		t.Errorf("%d lines\n%s", lines, screen)
	}
}
