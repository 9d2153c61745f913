package outlier

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do for every item below n, on as many goroutines as workers
// says; 0 means one for each processor. Items are taken in turn, so a worker
// may use what start gave it for one item after the other. It returns when all
// is done.
func parallel[S any](n, workers int, start func() S, do func(scratch S, item int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	work := func() {
		scratch := start()
		for item := int(next.Add(1)) - 1; item < n; item = int(next.Add(1)) - 1 {
			do(scratch, item)
		}
	}
	if workers = min(workers, n); workers <= 1 {
		work()
		return
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(work)
	}
	group.Wait()
}
