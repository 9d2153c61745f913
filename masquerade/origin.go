package masquerade

import (
	"math"
	"math/bits"

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
	if name, plain := c.plainName(r); plain {
		s.entry = c.entryOf(name, origin(c.placeOf(r, keys)))
	} else if name, has := c.name(r); has {
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

// plainName returns the reference of a record's name that the spelling of the column
// Process leads to, if it is one of which nothing is known but the place.
func (c *Counts) plainName(r *event.Record) (name uint32, plain bool) {
	v := r.Value(colProcess)
	if len(v.Raw()) == 0 {
		return 0, false
	}
	key := both(2, keyOf(v))
	s := c.usual.at(key)
	if s.key != key {
		found := recall{key: key}
		var usual bool
		if c.scratch, usual = appendUsualName(c.scratch[:0], v.Raw()); usual && !windows.Builtin().Tells(string(c.scratch)) {
			found.ref = c.named(c.scratch)
		}
		c.scratched = 0
		s = c.usual.fill(found)
	}
	return s.ref, s.ref > 0
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
	facts, path := windows.Builtin(), windows.Path{}
	if keys[paths] != 0 {
		path = windows.Normalise(c.path(r, keys))
	}
	o = origin(path.Place())
	if f := facts.Folder(string(name), path); f == windows.Wrong || f == windows.Shared {
		o |= oddFolder
	}
	if _, asks = facts.Parents(string(name)); asks {
		parent := r.Value(colParentProcessName)
		if facts.OddParent(string(name), parent.Text()) {
			o |= oddParent
		}
	}
	return o, asks
}

// placeOf returns the place of a record's path.
func (c *Counts) placeOf(r *event.Record, keys *[kinds]uint64) windows.Place {
	if keys[paths] == 0 {
		return windows.Unknown
	}
	return windows.PlaceOf(c.path(r, keys))
}

// path returns a record's path until the next call of decoded, which it leaves to
// find it decoded for the context.
func (c *Counts) path(r *event.Record, keys *[kinds]uint64) []byte {
	path := r.Value(colNewProcessName)
	if text := c.decoded(path, keys[paths]); len(text) < longest/2 { // otherwise it may be cut
		return text
	}
	return path.AppendText(nil)
}

// marks are what stands behind the place in a file.
var marks = [...]struct {
	bit  origin
	text string
}{{oddFolder, " odd-folder"}, {oddParent, " odd-parent"}}

// String is how an origin stands in a file.
func (o origin) String() string { return originTexts[o] }

var originTexts = func() (all [originEnd]string) {
	for o := range originEnd {
		all[o] = o.place().String()
		for _, m := range marks {
			if o&m.bit != 0 {
				all[o] += m.text
			}
		}
	}
	return all
}()

// origins are all that there are, by their text.
var origins = func() map[string]origin {
	all := map[string]origin{}
	for o, text := range originTexts {
		all[text] = origin(o)
	}
	return all
}()
