package main

import (
	"fmt"
	"sync/atomic"

	"sparkless/bench/scene"
	"sparkless/publish/publishtest"
)

// arrivals counts and prints the records that the destinations take.
type arrivals struct{ collected, ingested atomic.Int64 }

// start starts the destinations.
func (a *arrivals) start() (*scene.Destinations, error) {
	return scene.Start(func(collected bool, r publishtest.Row) {
		if collected {
			arrived(&a.collected, "Data Collector", r)
		} else {
			arrived(&a.ingested, "Logs Ingestion", r)
		}
	})
}

// arrived prints a row. The Data Collector API names columns after their types too.
func arrived(count *atomic.Int64, api string, r publishtest.Row) {
	count.Add(1)
	value := func(name, suffix string) any {
		if v, ok := r.Values[name]; ok {
			return v
		}
		return r.Values[name+suffix]
	}
	fmt.Printf("-> %s, %s: %q looks like %q, score %v\n", api, r.Table,
		value("PotentiallyMaliciousProcess", "_s"), value("NormalProcess", "_s"), value("AnomalyScore", "_d"))
}
