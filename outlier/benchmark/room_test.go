package benchmark

import (
	"archive/zip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/outlier"
)

// allocated is how many bytes do takes, all in all.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// zeros is an archive of rows of zeros, which is a thousandth of its size.
func zeros(t *testing.T, rows, cols int, fortran string) string {
	x := npy(1, header("|u1", fortran, fmt.Sprintf("%d, %d", rows, cols)), make([]byte, rows*cols))
	y := npy(1, header("|u1", "False", fmt.Sprintf("%d,", rows)), make([]byte, rows))
	return file(t, "bomb.npz", npz(t, zip.Deflate, map[string][]byte{"X": x, "y": y}))
}

// Reading takes the memory of the table and of nothing else.
func TestReadingTakesNoMoreThanTheTable(t *testing.T) {
	const rows, cols = 200_000, 10
	for _, fortran := range []string{"False", "True"} {
		path := zeros(t, rows, cols, fortran)
		var err error
		n := allocated(func() { _, err = Read(path, ReadOptions{}) })
		if table := uint64(rows * (cols*8 + 9)); err != nil || n > table+1<<20 {
			t.Errorf("fortran %s: %d bytes for a table of %d, %v", fortran, n, table, err)
		}
	}
}

// A table that there is no room for is refused before memory is taken for it, whatever
// the kind of file, and the text says what to do.
func TestTablesThatThereIsNoRoomFor(t *testing.T) {
	const rows = 200_000
	room := DefaultOptions().Room(32<<20, false)
	csv := file(t, "bomb.csv", []byte("a,b,c,d,e,f,g,h,i,j\n"+strings.Repeat("1,1,1,1,1,1,1,1,1,1\n", rows)))
	x := file(t, "bomb.npy", npy(1, header("|u1", "False", "10, 200000"), make([]byte, 10*rows)))
	for path, shape := range map[string]string{zeros(t, rows, 10, "True"): "200000 rows of 10 columns", x: "10 rows of 200000 columns", csv: "rows of 10 columns"} {
		var err error
		n := allocated(func() { _, err = Read(path, ReadOptions{Room: room}) })
		if !errors.Is(err, ErrTable) || n > 40<<20 {
			t.Errorf("%s: %d bytes, %v", path, n, err)
		}
		for _, want := range []string{path, shape, "isolation-forest, ", "32 MiB", "--memory"} {
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%v lacks %s", err, want)
			}
		}
		if _, err := Read(path, ReadOptions{Room: DefaultOptions().Room(1<<60, false)}); err != nil {
			t.Error(err)
		}
	}
	// A shape larger than any memory takes none either, even where nobody knows how much there is.
	huge := file(t, "huge.npy", npy(1, header("|u1", "False", "2147483647, 2147483647"), nil))
	if err := os.Truncate(huge, 1<<30); err != nil { // a file with a hole
		t.Fatal(err)
	}
	for _, room := range []Room{{}, DefaultOptions().Room(1<<40, true)} {
		if _, err := Read(huge, ReadOptions{Room: room}); !errors.Is(err, ErrTable) || !strings.Contains(err.Error(), "2147483647 rows of 2147483647 columns") || !strings.Contains(err.Error(), "--memory") {
			t.Error(err)
		}
	}
}

// Several tables share the room.
func TestRoomThatIsLeft(t *testing.T) {
	o := DefaultOptions()
	one := cloud("x", 1000)
	room := o.Room(1<<20, true)
	need := room.need(int64(one.X.Rows), int64(one.X.Cols))
	room = o.Room(2*need+need/2, true)
	for i, fits := range []bool{true, true, false} {
		if err := room.fits(one.X.Rows, one.X.Cols); (err == nil) != fits {
			t.Errorf("table %d: %v", i, err)
		}
		room = room.Less(one)
	}
	// A forest that learns counts where it is measured alone.
	if whole, parted := o.Room(1, false), o.Room(1, true); whole.row >= parted.row || strings.Contains(whole.models, "random-forest") {
		t.Errorf("%+v, %+v", whole, parted)
	}
}

// peak is the most live memory while do runs, as a garbage collector that does hardly
// anything else sees it.
func peak(do func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	live := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	base, most := live(), int64(0)
	var group sync.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				most = max(most, live())
				time.Sleep(50 * time.Microsecond)
			}
		}
	})
	do()
	close(done)
	group.Wait()
	return most - base
}

// What is refused hangs on how much memory models are said to take: they must not take
// more, of few columns or many, whatever rows they are judged on.
func TestModelsKeepToTheRoom(t *testing.T) {
	for _, shape := range [][2]int{{8000, 1}, {20_000, 20}, {600, 40}} {
		for _, share := range []float64{0, 0.5} {
			for _, name := range Models() {
				o := options(name)
				o.Test, o.Workers = share, 2
				rows, cols := shape[0], shape[1]
				if name == "random-forest" && share == 0 || (name == "elliptic-envelope" || name == "random-forest") && rows*cols > 100_000 { // which take long
					continue
				}
				room := o.Room(1, false)
				need := room.need(int64(rows), int64(cols)) + 3<<20 // what does not depend on the table
				took := peak(func() {
					if r, err := Run(t.Context(), Parted{Name: "r", Train: noise(rows, cols), Whole: true}, o); err != nil || r.Results[0].Error != "" {
						t.Error(r, err)
					}
				})
				t.Logf("%-18s %6d x %3d, share %v: %5.1f of %5.1f MB", name, rows, cols, share, float64(took)/1e6, float64(need)/1e6)
				if took > need {
					t.Errorf("%s, %d rows of %d columns: took %d bytes, and %d were thought enough", name, rows, cols, took, need)
				}
			}
		}
	}
}

// noise has labels that nothing tells: trees that learn them are as deep as can be.
func noise(rows, cols int) *Table {
	r := rand.New(rand.NewPCG(1, 2))
	t := &Table{Name: "noise", Columns: numbered(cols), X: outlier.Zeros(rows, cols), Positive: make([]bool, rows)}
	for i := range t.X.Data {
		t.X.Data[i] = r.NormFloat64()
	}
	for i := range t.Positive {
		t.Positive[i] = r.IntN(2) == 1
	}
	return t
}
