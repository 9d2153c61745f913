package masquerade

import "unsafe"

// What the parts of Counts take, in bytes.
const (
	entrySize   = int(unsafe.Sizeof(entry{}))
	samplesSize = int(unsafe.Sizeof(samples{}))
	keptSize    = int(unsafe.Sizeof(kept{}))
	recallSize  = int(unsafe.Sizeof([2]recall{}))
)

// Size returns how many bytes of memory the counts hold, within a fifth. It takes
// no time worth mention, however much was counted.
func (c *Counts) Size() int {
	memos := len(c.spellings.pairs) + len(c.usual.pairs) + len(c.commands.pairs)
	return c.names.size() + c.heads.size(4) + c.values.size() + c.hosts.size() + c.entries.size(entrySize) + memos*recallSize + c.past.size()
}

func (t *texts) size() int {
	const slice = int(unsafe.Sizeof([]byte{}))
	return len(t.index)*int(unsafe.Sizeof(place{})) + t.kept.size(int(unsafe.Sizeof(text{}))) +
		t.held + cap(t.blocks)*slice + t.sampled
}

// size is what the list takes with elements of that size.
func (l *list[T]) size(element int) int {
	return len(l.chunks)*chunk*element + cap(l.chunks)*int(unsafe.Sizeof([]T{}))
}

// size is what the samples of one name take.
func (s *samples) size() int {
	size := samplesSize + cap(s.kept)*keptSize
	if s.crowded != nil {
		size += len(s.crowded)
	}
	return size
}
