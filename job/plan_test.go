package job_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/event"
)

var spec = event.Spec{Detector: "d", Version: 1, Container: "c", Query: event.Query{EventIDs: []int{4688}, Columns: []string{"Process"}}}

// randomBlobs are in name order; sizes go from empty to a few times the shard
// size, but mostly far below it.
func randomBlobs(rng *rand.Rand, n int) []storage.Blob {
	var blobs []storage.Blob
	for _, i := range rng.Perm(3 * n)[:n] {
		blobs = append(blobs, randomBlob(rng, i))
	}
	slices.SortFunc(blobs, byName)
	return blobs
}

func randomBlob(rng *rand.Rand, i int) storage.Blob {
	b := storage.Blob{Name: fmt.Sprintf("h=%02d/m=%05d/PT05M.json", i%24, i), Size: rng.Int64N(shardSize / 4), ETag: fmt.Sprint(rng.Uint32())}
	switch rng.IntN(20) {
	case 0:
		b.Size = 0
	case 1:
		b.Size = rng.Int64N(5 * shardSize)
	case 2:
		b.Name, b.Size = b.Name+".gz", rng.Int64N(3*shardSize)
	case 3:
		b.Size = shardSize * rng.Int64N(4) // exactly at a cut
	}
	return b
}

func byName(a, b storage.Blob) int { return cmp.Compare(a.Name, b.Name) }

func TestPlanReadsEveryByteOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	for range 300 {
		blobs := randomBlobs(rng, rng.IntN(80))
		plan := job.NewPlan("somewhere", spec, event.Day(day), blobs, shardSize)
		var parts []event.Range
		for _, s := range plan.Shards {
			if len(s.Parts) == 0 {
				t.Fatal("a shard of nothing")
			}
			var bytes int64
			for _, p := range s.Parts {
				bytes += p.Length
			}
			if s.Bytes() != bytes || bytes > 4*shardSize+3*shardSize {
				t.Errorf("a shard of %d bytes says %d", bytes, s.Bytes())
			}
			parts = append(parts, s.Parts...)
		}
		var total int64
		for _, b := range blobs { // the parts follow the blobs, byte after byte
			total += b.Size
			for at := int64(0); ; {
				if len(parts) == 0 || parts[0].Blob != b || parts[0].Offset != at || parts[0].Length == 0 && b.Size > 0 {
					t.Fatalf("%+v from byte %d on: next is %+v", b, at, parts)
				}
				if strings.HasSuffix(b.Name, ".gz") && parts[0].Length != b.Size {
					t.Fatalf("%+v is cut", b)
				}
				if !strings.HasSuffix(b.Name, ".gz") && parts[0].Length > shardSize {
					t.Fatalf("%+v is not cut: %+v", b, parts[0])
				}
				at += parts[0].Length
				if parts = parts[1:]; at >= b.Size {
					break
				}
			}
		}
		if len(parts) > 0 || plan.Bytes != total {
			t.Fatalf("left over %+v; %d bytes of %d", parts, plan.Bytes, total)
		}
		if again := job.NewPlan("somewhere", spec, event.Day(day), slices.Clone(blobs), shardSize); again.Key != plan.Key || !slices.Equal(keys(again), keys(plan)) {
			t.Fatal("a plan of the same blobs differs")
		}
		if n := len(slices.Compact(slices.Sorted(slices.Values(keys(plan))))); n != len(plan.Shards) {
			t.Fatalf("%d shards, %d keys", len(plan.Shards), n)
		}
	}
}

func keys(p job.Plan) (out []string) {
	for _, s := range p.Shards {
		out = append(out, s.Key)
	}
	return out
}

// newShards are those of the second plan that the first one lacks; ranges of the
// blob named except are left out.
func newShards(before, after job.Plan, except string) (out []job.Shard) {
	known := map[string]bool{}
	for _, k := range keys(before) {
		known[k] = true
	}
	for _, s := range after.Shards {
		if !known[s.Key] && !(len(s.Parts) == 1 && s.Parts[0].Blob.Name == except && s.Parts[0].Length < s.Parts[0].Blob.Size) {
			out = append(out, s)
		}
	}
	return out
}

// A blob that arrives late, or has grown, makes at most two new shards beside
// its own ranges: the one it falls into, or the two that it cuts that into. Only
// where no blob has ended a shard for four times its size, so that it was cut by
// force, the next one may change too.
func TestLateBlobChangesOneShard(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 1))
	const rounds = 1000
	more := map[int]int{}
	for round := range rounds {
		blobs := randomBlobs(rng, 2+rng.IntN(80))
		before := job.NewPlan("somewhere", spec, event.Day(day), blobs, shardSize)
		changed := slices.Clone(blobs)
		var late storage.Blob
		if round%2 == 0 {
			late = randomBlob(rng, 1000+rng.IntN(240))
			changed = append(changed, late)
			slices.SortFunc(changed, byName)
		} else {
			i := rng.IntN(len(changed))
			changed[i].Size += 1 + rng.Int64N(shardSize/4)
			changed[i].ETag += "x"
			late = changed[i]
		}
		after := job.NewPlan("somewhere", spec, event.Day(day), changed, shardSize)
		if after.Key == before.Key {
			t.Fatal("the plan's key does not change")
		}
		fresh := newShards(before, after, late.Name)
		if len(fresh) > 2 {
			more[len(fresh)]++
			forced := slices.ContainsFunc(before.Shards, func(s job.Shard) bool { return s.Bytes() >= 4*shardSize }) ||
				slices.ContainsFunc(after.Shards, func(s job.Shard) bool { return s.Bytes() >= 4*shardSize })
			if !forced || len(fresh) > 4 {
				t.Errorf("%d new shards of %d by %+v", len(fresh), len(after.Shards), late)
			}
		}
	}
	if n := more[3] + more[4]; n > rounds/200 {
		t.Errorf("more than two new shards in %d of %d cases: %v", n, rounds, more)
	}
}

func TestRemovedOrReplacedBlobChangesOneShard(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 2))
	for range 250 {
		blobs := randomBlobs(rng, 2+rng.IntN(60))
		before := job.NewPlan("somewhere", spec, event.Day(day), blobs, shardSize)
		i := rng.IntN(len(blobs))
		replaced := slices.Clone(blobs)
		replaced[i].ETag += "x"
		after := job.NewPlan("somewhere", spec, event.Day(day), replaced, shardSize)
		if n := len(newShards(before, after, blobs[i].Name)); n > 1 || after.Key == before.Key {
			t.Errorf("a new version of %+v makes %d new shards", blobs[i], n)
		}
		without := job.NewPlan("somewhere", spec, event.Day(day), slices.Delete(slices.Clone(blobs), i, i+1), shardSize)
		if n := len(newShards(before, without, blobs[i].Name)); n > 2 || without.Key == before.Key {
			t.Errorf("without %+v there are %d new shards", blobs[i], n)
		}
	}
}

// What reaches Add is in every key, so that no partial is used for another hunt.
func TestKeysCoverTheSpecAndTheDay(t *testing.T) {
	blobs := randomBlobs(rand.New(rand.NewPCG(5, 5)), 40)
	before := job.NewPlan("somewhere", spec, event.Day(day), blobs, shardSize)
	old := map[string]bool{before.Key: true}
	for _, k := range keys(before) {
		old[k] = true
	}
	variants := map[string]func(*event.Spec){
		"detector":        func(s *event.Spec) { s.Detector = "e" },
		"version":         func(s *event.Spec) { s.Version++ },
		"container":       func(s *event.Spec) { s.Container = "other" },
		"column":          func(s *event.Spec) { s.Columns = []string{"NewProcessName"} },
		"another column":  func(s *event.Spec) { s.Columns = []string{"Process", "Computer"} },
		"event ID":        func(s *event.Spec) { s.EventIDs = []int{4624} },
		"mode":            func(s *event.Spec) { s.Mode = event.Strict },
		"all event IDs":   func(s *event.Spec) { s.EventIDs = nil },
		"order of events": func(s *event.Spec) { s.EventIDs = []int{4624, 4688} },
	}
	plans := map[string]job.Plan{
		"date":   job.NewPlan("somewhere", spec, event.Day(day.AddDate(0, 0, 1)), blobs, shardSize),
		"source": job.NewPlan("elsewhere", spec, event.Day(day), blobs, shardSize),
	}
	for name, change := range variants {
		other := spec
		change(&other)
		plans[name] = job.NewPlan("somewhere", other, event.Day(day), blobs, shardSize)
	}
	for _, name := range slices.Sorted(maps.Keys(plans)) {
		for _, k := range append(keys(plans[name]), plans[name].Key) {
			if old[k] {
				t.Errorf("%s: key %s again", name, k)
			}
			old[k] = true
		}
	}
	sum := job.NewPlan("somewhere", spec, event.Day(day.In(time.FixedZone("", 3600))), blobs, shardSize)
	if len(sum.Shards) != len(before.Shards) {
		t.Error("the zone of the date changes the cuts")
	}
}
