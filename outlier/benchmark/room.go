package benchmark

import (
	"fmt"
	"runtime"
	"strings"
)

// What a table takes at the most while models are fitted on it and judged by it. A test
// holds it against what is measured.
const (
	// valueBytes are those of a value, as it is read and as it is scaled or copied by a
	// model; drawnBytes are more, where rows are drawn. Both have something to spare for
	// what the garbage collector leaves.
	valueBytes = 20
	drawnBytes = 8
	// judgedBytes are those of a row whatever the model: its label, its score, whether
	// it is an outlier, and its place among all.
	judgedBytes = 48
)

// Room is the memory that tables may take with all that models make of them. The zero
// value knows no more than that maxValues is too much.
type Room struct {
	bytes  int64 // that are left; below 0 where there are none
	known  bool
	value  int64 // bytes that a value takes
	row    int64 // bytes that a row takes beside its values
	pair   int64 // bytes that a pair of columns takes
	models string
}

// Room is that of a process which may take so many bytes; 0: nobody can tell. parted
// says that models are judged on the rows of other files.
func (o Options) Room(memory int64, parted bool) Room {
	r := Room{bytes: memory, known: memory > 0, value: valueBytes, row: judgedBytes, pair: 8}
	if o.apart() {
		r.value += drawnBytes
	}
	all, _ := chosen(o.Models) // Validate says what is wrong with them
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var names []string
	most := int64(0)
	for _, m := range all {
		if !m.learns || parted || o.apart() {
			names = append(names, m.name)
			r.pair = max(r.pair, m.pair)
			most = max(most, m.row+m.worker*int64(min(workers, m.workers)))
		}
	}
	r.row += most
	r.models = strings.Join(names, ", ")
	return r
}

// Less is the room that t leaves.
func (r Room) Less(t *Table) Room {
	r.bytes -= r.need(int64(t.X.Rows), int64(t.X.Cols))
	return r
}

// need is how many bytes a table takes. Rows and columns are below 2^31.
func (r Room) need(rows, cols int64) int64 {
	need := float64(rows)*float64(cols*r.value+r.row) + float64(cols)*float64(cols)*float64(r.pair)
	return int64(min(need, 1<<62))
}

// fits refuses a table that there is no room for. It is asked before memory is taken.
func (r Room) fits(rows, cols int) error {
	need := r.need(int64(rows), int64(cols))
	switch {
	case !r.known && cols > 0 && rows > maxValues/cols:
		return fmt.Errorf("%d rows of %d columns, and nothing says how much memory there is: %d values are the most then; set --memory", rows, cols, maxValues)
	case !r.known || need <= r.bytes:
		return nil
	}
	return fmt.Errorf("%d rows of %d columns take %s with what is made of them for %s, and %s are there for them: give more memory (--memory), name fewer models (--models), or take fewer rows", rows, cols, inMiB(need), r.models, inMiB(max(r.bytes, 0)))
}

func inMiB(bytes int64) string { return fmt.Sprintf("%d MiB", (bytes-1)>>20+1) }
