package masquerade

import (
	"math"
	"math/bits"
	"strings"

	"sparkless/masquerade/windows"
	"sparkless/storage/event"
)

// origin says how a process was started, as far as it tells impostors from the
// ones they imitate: where its file lies, whether a Windows program lies where
// Windows has none, and whether a core process has a parent that it never has. The
// events of a name are counted apart by origin, so that the hosts, accounts and
// command lines of the few odd ones are not lost among those of the many usual
// ones.
type origin uint8

// What marks an origin; the bits below are a windows.Place.
const (
	oddParent origin = 1 << (3 + iota)
	oddFolder
	originEnd
)

func (o origin) place() windows.Place { return windows.Place(o &^ (oddParent | oddFolder)) }

// spelling returns what is known of the record's path and, above all, its entry, by
// the spellings of the path and of the column Process. The name follows from these,
// so that of nearly every event nothing is decoded.
func (c *Counts) spelling(r *event.Record, keys *[kinds]uint64) *recall {
	key := keys[paths]
	if key == 0 {
		v := r.Value(colProcess)
		if len(v.Raw()) == 0 { // absent and empty are two
			return c.spelled(r, keys, &recall{})
		}
		key = both(1, keyOf(v))
	}
	s := c.spellings.at(key)
	if s.key != key {
		s = c.spellings.fill(*c.spelled(r, keys, &recall{key: key}))
	}
	return s
}

// both is a key of two spellings.
func both(a, b uint64) uint64 { return bits.RotateLeft64(a, 17) ^ b>>1 | 1<<63 }

// asksParent is in place of an entry that depends on the parent.
const asksParent = math.MaxUint32

// spelled fills in what spelling is to remember.
func (c *Counts) spelled(r *event.Record, keys *[kinds]uint64, s *recall) *recall {
	name, has := c.name(r)
	if has {
		from, asks := c.originOf(c.names.at(name), r, keys)
		if s.entry = asksParent; !asks {
			s.entry = c.entryOf(name, from)
		}
	}
	if keys[paths] != 0 {
		s.order = orderOf(c.decoded(r.Value(colNewProcessName), keys[paths]))
	}
	return s
}

// entryOfEvent returns the entry that a record's spelling leads to, for the few
// names with usual parents by the spelling of the parent, too.
func (c *Counts) entryOfEvent(r *event.Record, path *recall, keys *[kinds]uint64) uint32 {
	if path.entry != asksParent {
		return path.entry
	}
	key := both(path.key, keys[parents])
	s := c.usual.at(key)
	if s.key != key {
		name, _ := c.name(r)
		from, _ := c.originOf(c.names.at(name), r, keys)
		s = c.usual.fill(recall{key: key, entry: c.entryOf(name, from)})
	}
	return s.entry
}

// originOf returns the origin of a record's process, and whether it depends on
// the parent.
func (c *Counts) originOf(name []byte, r *event.Record, keys *[kinds]uint64) (o origin, asks bool) {
	path, facts := r.Value(colNewProcessName), windows.Builtin()
	if keys[paths] != 0 {
		o = origin(c.placeOf(path, keys[paths]))
	}
	if _, known := facts.Name(string(name)); known {
		if f := facts.Folder(string(name), windows.Normalise(path.Text())); f == windows.Wrong || f == windows.Shared {
			o |= oddFolder
		}
	}
	if _, asks = facts.Parents(string(name)); asks {
		parent := r.Value(colParentProcessName)
		if facts.OddParent(string(name), parent.Text()) {
			o |= oddParent
		}
	}
	return o, asks
}

// placeOf returns the place of a path, which it leaves decoded.
func (c *Counts) placeOf(path event.Value, key uint64) windows.Place {
	if text := c.decoded(path, key); len(text) < longest/2 { // otherwise it may be cut
		return windows.PlaceOf(text)
	}
	return windows.PlaceOf(path.Text())
}

// marks are what stands behind the place in a file.
var marks = [...]struct {
	bit  origin
	text string
}{{oddFolder, " odd-folder"}, {oddParent, " odd-parent"}}

// String is how an origin stands in a file.
func (o origin) String() string {
	var b strings.Builder
	b.WriteString(o.place().String())
	for _, m := range marks {
		if o&m.bit != 0 {
			b.WriteString(m.text)
		}
	}
	return b.String()
}

// origins are all that there are, by their text.
var origins = func() map[string]origin {
	all := map[string]origin{}
	for o := range originEnd {
		all[o.String()] = o
	}
	return all
}()
