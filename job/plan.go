package job

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"sparkless/storage"
	"sparkless/storage/event"
)

// Plan is exactly what a run reads.
type Plan struct {
	Window event.Window
	Shards []Shard // in name order; together all lines of the blobs
	Bytes  int64   // of all blobs, as stored
	// ShardSize is about how many bytes make a shard.
	ShardSize int64
	// Key changes whenever anything that the detector could see changes.
	Key string
}

// Shard is the unit of work and of restart.
type Shard struct {
	Key   string // names the partial: it changes with what Add would see
	Parts []event.Range
}

// Bytes is the size of the shard as stored.
func (s Shard) Bytes() int64 {
	var n int64
	for _, p := range s.Parts {
		n += p.Length
	}
	return n
}

// NewPlan cuts the blobs of a window, given in name order, into shards of about
// size bytes. Source says where the blobs lie: an ETag means something only
// there. A shard's key covers it, the detector and its version, what it reads and
// how, the window, and the exact versions and ranges of the blobs.
//
// A blob larger than that is cut into ranges. For the others the cuts depend on
// each blob alone: a shard ends behind a blob with a chance of the blob's size
// over the shard's, drawn from a hash of the blob's name. So a blob that arrives
// late changes the shard it falls into and leaves the others, and their
// partials, as they are.
func NewPlan(source string, spec event.Spec, w event.Window, blobs []storage.Blob, size int64) Plan {
	plan := Plan{Window: w, ShardSize: size}
	when := inKey(w)
	var parts []event.Range
	var bytes int64
	end := func() {
		if len(parts) > 0 {
			plan.Shards = append(plan.Shards, Shard{digest(readingVersion, source, spec, when, parts), parts})
		}
		parts, bytes = nil, 0
	}
	for _, b := range blobs {
		plan.Bytes += b.Size
		if b.Size > size && spec.Splittable(b) {
			end()
			for _, r := range ranges(b, size) {
				parts = []event.Range{r}
				end()
			}
			continue
		}
		parts = append(parts, event.Whole(b))
		bytes += b.Size
		if endsShard(b, size) || bytes >= 4*size {
			end()
		}
	}
	end()
	keys := []string{digest(readingVersion, source, spec, when)}
	for _, s := range plan.Shards {
		keys = append(keys, s.Key)
	}
	plan.Key = digest(keys)
	return plan
}

// inKey is a window as keys have it. A day is its midnight, as it was before there
// were other windows: what was read of it stays of use.
func inKey(w event.Window) any {
	if w.IsDay() {
		return w.From.UTC()
	}
	return w.Label()
}

// shardSizeFor cuts a day into about sixteen shards or more: enough to share out
// among workers, large enough that a partial costs little beside reading.
func shardSizeFor(blobs []storage.Blob) int64 {
	var total int64
	for _, b := range blobs {
		total += b.Size
	}
	size := int64(16 << 20)
	for size < 1<<30 && 2*size*16 <= total {
		size *= 2
	}
	return size
}

// ranges cuts a blob every size bytes.
func ranges(b storage.Blob, size int64) []event.Range {
	var out []event.Range
	for at := int64(0); at < b.Size; at += size {
		out = append(out, event.Range{Blob: b, Offset: at, Length: min(size, b.Size-at)})
	}
	return out
}

func endsShard(b storage.Blob, size int64) bool {
	sum := sha256.Sum256([]byte(b.Name))
	const scale = 1 << 32
	return float64(binary.BigEndian.Uint32(sum[:]))/scale < float64(b.Size)/float64(size)
}

// readingVersion counts the ways in which lines have been read: it changes with
// the records that the same bytes give.
//
// History: 1, the first; 2, which damaged lines the fast mode takes depends on the
// line alone; 3, malformed lines are counted by hour and kept aside.
const readingVersion = 3

// digest names a value by its JSON: 32 hexadecimal digits.
func digest(v ...any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("job: digest: %v", err)) // only plain structs get here
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
