package network

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"sparkless/storage/event"
)

// Connections is what the detector remembers of some events: of each process, by its
// name, the kind of folder that it runs from, and its parent, how often it connected to
// the internet, when, and samples of the rest. Merging is associative and commutative.
// Connections is not safe for concurrent use.
type Connections struct {
	entries map[key]*entry
	texts   texts
	above   uint64 // entries of hashes above are left out; math.MaxUint64 for none
	held    int    // bytes of the entries, apart from texts
	hosts   sample // of all kept connections; the texts are empty
	totals  totals
	days    []int64 // UTC days since 1970, of a past; in order
	past    *filter // of a past

	memo *memo // for Add
}

// totals are of all connections, those of the entries that are left out included.
type totals struct {
	Events int64 // that were read
	Kept   int64 // successful ones to public addresses
	Named  int64 // of those, with a name of the other side
	Parent int64 // of those, with a parent
}

// key is a process.
type key struct {
	name, parent string // file names in lower case; the parent may be ""
	place        place
}

func (k key) hash() uint64 { return hashOf(k.name + "\x00" + k.place.String() + "\x00" + k.parent) }

func (k key) compare(o key) int {
	return cmp.Or(strings.Compare(k.name, o.name), cmp.Compare(k.place, o.place), strings.Compare(k.parent, o.parent))
}

// entry is what is known of one process.
type entry struct {
	key
	hash        uint64
	count, ipv4 int64 // connections; of them to IPv4 addresses
	named       int64 // of them with the name of the other side
	first, last int64 // nanoseconds since 1970, UTC
	hours       [24]int64
	samples     [kinds]sample
	days        []int64 // of a past: UTC days since 1970 on which it was seen, in order
}

const entrySize = 720 // with its place in the map and its key

// The kinds of samples.
const (
	hosts = iota
	remotes
	names // of the other sides
	ports // such as 443/tcp
	commands
	accounts
	paths
	kinds
)

// keeps is how many values of a kind a process keeps. Hosts and other sides are counted
// by them.
func keeps() [kinds]int {
	return [kinds]int{hosts: 64, remotes: 64, names: 8, ports: 8, commands: 8, accounts: 8, paths: 8}
}

const (
	mostEntries = 1 << 15 // processes that are kept
	mostHosts   = 1 << 12 // hosts that are counted one by one
	longest     = 256     // bytes of a text
	longestLine = 512     // of a command line
)

// NewConnections returns connections of nothing, the zero of Merge.
func NewConnections() *Connections {
	return &Connections{entries: map[key]*entry{}, above: math.MaxUint64}
}

// Add counts one event.
func (c *Connections) Add(r *event.Record) {
	c.totals.Events++
	if c.memo == nil {
		c.memo = newMemo()
	}
	if string(r.Value(colAction).Raw()) != "ConnectionSuccess" {
		return
	}
	at := c.memo.address(r.Value(colAddress))
	if !at.public {
		return
	}
	e := c.entryOf(r)
	c.totals.Kept++
	hasName, hasParent := len(r.Value(colURL).Raw()) > 0, len(r.Value(colParent).Raw()) > 0
	c.totals.Named += one(hasName)
	c.totals.Parent += one(hasParent)
	host := c.memo.value(r.Value(colDevice), event.Value{}, hosts)
	if host.text != "" {
		c.addHost(host.hash)
	}
	if e == nil {
		return
	}
	e.seen(r.Time, one(at.ipv4), one(hasName))
	c.sample(e, remotes, at.value)
	c.sample(e, hosts, host)
	c.sample(e, names, c.memo.value(r.Value(colURL), event.Value{}, names))
	c.sample(e, ports, c.memo.value(r.Value(colPort), r.Value(colProtocol), ports))
	c.sample(e, commands, c.memo.value(r.Value(colCommand), event.Value{}, commands))
	c.sample(e, accounts, c.memo.value(r.Value(colAccount), r.Value(colDomain), accounts))
	c.sample(e, paths, c.memo.value(r.Value(colPath), event.Value{}, paths))
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// entryOf returns the entry of an event, nil if it is none of those that are kept or
// the event names no process.
func (c *Connections) entryOf(r *event.Record) *entry {
	m := c.memo
	spelled := m.keyOf(r.Value(colFile)) ^ 3*m.keyOf(r.Value(colPath)) ^ 5*m.keyOf(r.Value(colParent))
	if e, ok := m.entries[spelled]; ok {
		return e
	}
	path := strings.ToLower(decoded(r.Value(colPath), 4*longest))
	k := key{
		name:   cut(strings.ToLower(decoded(r.Value(colFile), longest)), longest),
		parent: cut(base(strings.ToLower(decoded(r.Value(colParent), longest))), longest),
		place:  placeOf(path),
	}
	if k.name == "" {
		k.name = cut(base(path), longest)
	}
	var e *entry
	if k.name != "" {
		e = c.put(k, k.hash())
	}
	if len(m.entries) >= memoEntries {
		clear(m.entries)
	}
	if len(c.entries) > 2*mostEntries {
		c.prune()
		e = c.entries[k]
	}
	m.entries[spelled] = e
	return e
}

// put returns the entry of a process, nil if it is left out.
func (c *Connections) put(k key, hash uint64) *entry {
	if hash > c.above {
		return nil
	}
	e := c.entries[k]
	if e == nil {
		k.name, k.parent = strings.Clone(k.name), strings.Clone(k.parent)
		e = &entry{key: k, hash: hash}
		c.entries[k] = e
		c.held += entrySize + len(k.name) + len(k.parent)
	}
	return e
}

// prune leaves out all but the entries of the smallest hashes: which these are does not
// depend on the order of reading, and of each all events were counted.
func (c *Connections) prune() {
	if len(c.entries) <= mostEntries {
		return
	}
	hashes := make([]uint64, 0, len(c.entries))
	for _, e := range c.entries {
		hashes = append(hashes, e.hash)
	}
	slices.Sort(hashes)
	c.above = hashes[mostEntries-1]
	for k, e := range c.entries {
		if e.hash <= c.above {
			continue
		}
		delete(c.entries, k)
		c.held -= e.size()
		for kind := range e.samples {
			for _, v := range e.samples[kind].values {
				c.texts.drop(v.text)
			}
		}
	}
	if c.memo != nil {
		clear(c.memo.entries)
	}
}

func (e *entry) size() int {
	n := entrySize + len(e.name) + len(e.parent) + 8*cap(e.days)
	for kind := range e.samples {
		n += cap(e.samples[kind].values) * keptSize
	}
	return n
}

func (e *entry) seen(at, ipv4, named int64) {
	if e.count == 0 || at < e.first {
		e.first = at
	}
	if e.count == 0 || at > e.last {
		e.last = at
	}
	e.count++
	e.ipv4 += ipv4
	e.named += named
	const hour = 3600 * 1e9
	e.hours[((at/hour)%24+24)%24]++
}

func (c *Connections) sample(e *entry, kind int, v value) {
	if v.text != "" {
		c.held += e.samples[kind].add(kept{hash: v.hash, count: 1}, keeps()[kind], &c.texts, v.text)
	}
}

func (c *Connections) addHost(hash uint64) {
	c.held += c.hosts.add(kept{hash: hash, count: 1}, mostHosts, &c.texts, "")
}

// Merge adds what o has counted. It leaves o as it is.
func (c *Connections) Merge(o *Connections) {
	c.totals.Events += o.totals.Events
	c.totals.Kept += o.totals.Kept
	c.totals.Named += o.totals.Named
	c.totals.Parent += o.totals.Parent
	for _, v := range o.hosts.values {
		c.held += c.hosts.add(kept{hash: v.hash, count: v.count}, mostHosts, &c.texts, "")
	}
	c.days = union(c.days, o.days)
	c.above = min(c.above, o.above)
	for k, from := range o.entries {
		if e := c.put(k, from.hash); e != nil {
			c.mergeEntry(e, from)
		}
	}
	if len(c.entries) > 2*mostEntries {
		c.prune()
	}
}

func (c *Connections) mergeEntry(e, from *entry) {
	if e.count == 0 {
		e.first, e.last = from.first, from.last
	}
	e.first, e.last = min(e.first, from.first), max(e.last, from.last)
	e.count, e.ipv4, e.named = e.count+from.count, e.ipv4+from.ipv4, e.named+from.named
	for h, n := range from.hours {
		e.hours[h] += n
	}
	most := keeps()
	for kind := range e.samples {
		for _, v := range from.samples[kind].values {
			c.held += e.samples[kind].add(kept{hash: v.hash, count: v.count}, most[kind], &c.texts, v.text.text)
		}
	}
	days := union(e.days, from.days)
	c.held += 8 * (cap(days) - cap(e.days))
	e.days = days
}

// union is the elements of both, in order.
func union(a, b []int64) []int64 {
	if len(b) == 0 {
		return a
	}
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// sorted are the entries that are kept, in order.
func (c *Connections) sorted() []*entry {
	all := make([]*entry, 0, len(c.entries))
	for _, e := range c.entries {
		all = append(all, e)
	}
	if len(all) > mostEntries {
		slices.SortFunc(all, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), a.compare(b.key)) })
		all = all[:mostEntries]
	}
	slices.SortFunc(all, func(a, b *entry) int { return a.compare(b.key) })
	return all
}

// Size is about how many bytes the connections take; of a past, what it is expected to take
// if that is more.
func (c *Connections) Size() int {
	n := c.held + c.texts.bytes
	if c.past != nil {
		return max(c.past.size, n)
	}
	if c.memo != nil {
		n += c.memo.size()
	}
	return n
}

// Processes is how many distinct processes connected.
func (c *Connections) Processes() int { return len(c.sorted()) }
