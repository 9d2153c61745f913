package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// namer names the blobs of a day.
type namer struct {
	base, format, ending string
	spark                bool
	year, month, day     int
}

func newNamer(cfg Config) namer {
	year, month, day := cfg.Day.UTC().Date()
	n := namer{
		base:   "WorkspaceResourceId=" + strings.ToLower(cfg.Workspace) + "/",
		format: "y=%04d/m=%02d/d=%02d/h=%02d/m=%02d/PT05M",
		ending: ".json",
		spark:  cfg.Layout.Spark,
		year:   year, month: int(month), day: day,
	}
	if n.spark {
		job := appendGUID(nil, rand.New(rand.NewPCG(cfg.Seed, 1<<32)))
		n.format = "y=%d/m=%d/d=%d/h=%d/m=%d/part-00000-" + string(job) + ".c000"
	}
	if cfg.Layout.Gzip {
		n.ending += ".gz"
	}
	return n
}

// blob names the part-th blob of window w.
func (n namer) blob(w, part int) string {
	name := n.base + fmt.Sprintf(n.format, n.year, n.month, n.day, w/12, w%12*5)
	if part > 0 {
		name += fmt.Sprintf("_%d", part)
	}
	return name + n.ending
}

// marker names Spark's sign of success.
func (n namer) marker() string { return n.base + "_SUCCESS" }

// order lists the windows in the byte order of their names: unpadded, hour 10
// comes before hour 2.
func (n namer) order() []int {
	windows := make([]int, windowCount)
	for w := range windows {
		windows[w] = w
	}
	slices.SortFunc(windows, func(a, b int) int { return strings.Compare(n.blob(a, 0), n.blob(b, 0)) })
	return windows
}
