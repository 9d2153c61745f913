package job

import (
	"testing"

	"sparkless/storage"
)

// The automatic size gives large days sixteen shards or more, up to shards of
// 1 GiB, and small days shards that are worth a partial.
func TestShardSizeForADay(t *testing.T) {
	least := shardSizeFor(nil)
	if least < 1<<20 || least > 64<<20 {
		t.Errorf("%d bytes for nothing", least)
	}
	before := least
	for total := int64(1); total < 1<<50; total += total/7 + 1 {
		blobs := []storage.Blob{{Size: total / 3}, {}, {Size: total - total/3}}
		size := shardSizeFor(blobs)
		shards := total / size
		if size < before || size > 1<<30 || size > least && shards < 16 || size < 1<<30 && shards >= 32 {
			t.Errorf("%d bytes in shards of %d, after %d", total, size, before)
		}
		before = size
	}
	h := Hunt[*noState]{}
	if got := h.shardSize(note{ShardSize: 7}, nil); got != 7 {
		t.Errorf("cut before with 7: %d", got)
	}
	if got := h.shardSize(note{}, nil); got != least {
		t.Errorf("never cut: %d", got)
	}
	h.ShardSize = 9
	if got := h.shardSize(note{ShardSize: 7}, nil); got != 9 {
		t.Errorf("set to 9: %d", got)
	}
}

type noState struct{ State[*noState] }
