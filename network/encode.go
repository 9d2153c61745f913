package network

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"sparkless/storage/table"
)

// format is the kind and version of the rows below.
//
// History: 1, the first.
const format = "network-connections/1"

// columns are those of a partial or profile file: a row for each process, by name,
// place, and parent. hours has the number of connections by the hour of the day, UTC.
// Each sample has the values of the smallest hashes.
func columns() []table.Column {
	return []table.Column{
		{Name: "name", Kind: table.Text}, {Name: "place", Kind: table.Text}, {Name: "parent", Kind: table.Text},
		{Name: "count", Kind: table.Int}, {Name: "ipv4", Kind: table.Int}, {Name: "named", Kind: table.Int},
		{Name: "first", Kind: table.Time}, {Name: "last", Kind: table.Time}, {Name: "hours", Kind: table.Tallies},
		{Name: "hosts", Kind: table.Tallies}, {Name: "remotes", Kind: table.Tallies}, {Name: "urls", Kind: table.Tallies},
		{Name: "ports", Kind: table.Tallies}, {Name: "commands", Kind: table.Tallies},
		{Name: "accounts", Kind: table.Tallies}, {Name: "paths", Kind: table.Tallies},
	}
}

const (
	columnName = iota
	columnPlace
	columnParent
	columnCount
	columnIPv4
	columnNamed
	columnFirst
	columnLast
	columnHours
	columnSamples // of the first kind; the others follow
)

// groupRows is how many processes are written, and read, at a time.
const groupRows = 1 << 13

// extra is what a file says of all rows together.
type extra struct {
	Totals totals
	Hosts  string // hashes in order, eight bytes each, as base64
}

// errPast: what a past keeps is not enough for a file.
var errPast = errors.New("network: what is kept of earlier days is not written")

// Encode returns the connections as one Parquet file that proves itself, with a note of
// the caller's. Equal connections and notes give equal bytes.
func (c *Connections) Encode(note string) ([]byte, error) {
	if c.past != nil {
		return nil, errPast
	}
	var b []byte
	for _, v := range c.hosts.values {
		b = binary.BigEndian.AppendUint64(b, v.hash)
	}
	text, err := json.Marshal(extra{c.totals, base64.StdEncoding.EncodeToString(b)})
	if err != nil {
		return nil, err
	}
	w := table.NewWriter(format, columns())
	w.Extra = string(text)
	var v table.Values
	for rows := range slices.Chunk(c.sorted(), groupRows) {
		if err := w.Write(len(rows), func(column int) *table.Values { return fill(&v, rows, column) }); err != nil {
			return nil, err
		}
	}
	return w.Close(note)
}

// fill puts one column of the rows into v.
func fill(v *table.Values, rows []*entry, column int) *table.Values {
	v.Reset()
	switch column {
	case columnName, columnPlace, columnParent:
		for _, e := range rows {
			v.Lens = append(v.Lens, 1)
			v.Texts.Add([]byte([...]string{e.name, e.place.String(), e.parent}[column]))
		}
	case columnHours:
		fillHours(v, rows)
	case columnCount, columnIPv4, columnNamed, columnFirst, columnLast:
		for _, e := range rows {
			v.Ints = append(v.Ints, [...]int64{e.count, e.ipv4, e.named, e.first, e.last}[column-columnCount])
		}
	default:
		fillSamples(v, rows, column-columnSamples)
	}
	return v
}

func fillHours(v *table.Values, rows []*entry) {
	for h := range 24 {
		v.Texts.Add([]byte(strconv.Itoa(h)))
	}
	for _, e := range rows {
		n := byte(0)
		for h, count := range e.hours {
			if count > 0 {
				v.Refs, v.Ints = append(v.Refs, int32(h)), append(v.Ints, count)
				n++
			}
		}
		v.Lens = append(v.Lens, n)
	}
}

func fillSamples(v *table.Values, rows []*entry, kind int) {
	refs := map[*interned]int32{}
	for _, e := range rows {
		values := e.samples[kind].values
		v.Lens = append(v.Lens, byte(len(values)))
		for _, k := range values {
			ref, ok := refs[k.text]
			if !ok {
				ref = int32(len(refs))
				refs[k.text] = ref
				v.Texts.Add([]byte(k.text.text))
			}
			v.Refs, v.Ints = append(v.Refs, ref), append(v.Ints, k.count)
		}
	}
}

// Decode replaces the connections by those in a file that Encode wrote, and returns its
// note. It fails with table.ErrDamaged or table.ErrFormat. A past takes of it what it
// is to know.
func (c *Connections) Decode(file []byte) (note string, err error) {
	r, err := table.Open(format, columns(), file)
	if err != nil {
		return "", err
	}
	fresh := NewConnections()
	fresh.past = c.past
	*c = *fresh
	if err := c.decodeExtra(r.Extra); err != nil {
		return "", fmt.Errorf("%w: %v", table.ErrDamaged, err)
	}
	values := make([]table.Values, len(columns()))
	var last *key
	for i := range r.Groups() {
		rows, err := r.Read(i, values)
		if err == nil {
			d := decoder{Connections: c, values: values}
			if last, err = d.take(rows, last); err != nil {
				err = fmt.Errorf("%w: %v", table.ErrDamaged, err)
			}
		}
		if err != nil {
			return "", err
		}
	}
	return r.Note, nil
}

func (c *Connections) decodeExtra(text string) error {
	var x extra
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		return err
	}
	t := x.Totals
	if t.Kept < 0 || t.Events < t.Kept || t.Named < 0 || t.Named > t.Kept || t.Parent < 0 || t.Parent > t.Kept {
		return fmt.Errorf("totals %+v", t)
	}
	b, err := base64.StdEncoding.DecodeString(x.Hosts)
	if err != nil {
		return fmt.Errorf("hosts: %w", err)
	}
	if len(b)%8 != 0 || len(b)/8 > mostHosts {
		return fmt.Errorf("hosts of %d bytes", len(b))
	}
	for i := range len(b) / 8 {
		hash := binary.BigEndian.Uint64(b[8*i:])
		if i > 0 && hash <= c.hosts.values[i-1].hash {
			return errors.New("hosts out of order")
		}
		c.hosts.values = append(c.hosts.values, kept{hash: hash, text: c.texts.take(""), count: 1})
	}
	c.held += cap(c.hosts.values) * keptSize
	c.totals = t
	if again, err := json.Marshal(x); err != nil || string(again) != text {
		return errors.New("what is said of all rows is not as Encode writes it")
	}
	return nil
}

// decoder makes entries of the columns of a group.
type decoder struct {
	*Connections
	values []table.Values
	known  []value // the texts of a column
}

var errRow = errors.New("no process that Encode writes")

// take makes entries of the rows, of which the one before was of the process last.
func (d *decoder) take(rows int, last *key) (*key, error) {
	v := d.values
	for _, column := range []int{columnName, columnPlace, columnParent} {
		if v[column].Texts.Len() != rows {
			return nil, fmt.Errorf("rows without %s", columns()[column].Name)
		}
	}
	if len(d.entries)+rows > mostEntries {
		return nil, errors.New("more processes than Encode writes")
	}
	entries := make([]*entry, rows)
	for row := range rows {
		k, err := d.key(row)
		if err == nil && last != nil && last.compare(k) >= 0 {
			err = errors.New("out of order")
		}
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", row, err)
		}
		last = &k
		e := &entry{
			key: k, hash: k.hash(), count: v[columnCount].Ints[row], ipv4: v[columnIPv4].Ints[row], named: v[columnNamed].Ints[row],
			first: v[columnFirst].Ints[row], last: v[columnLast].Ints[row],
		}
		if e.count < 1 || e.first > e.last || e.ipv4 < 0 || e.ipv4 > e.count || e.named < 0 || e.named > e.count {
			return nil, fmt.Errorf("row %d: %w", row, errRow)
		}
		entries[row] = e
	}
	if err := d.hours(entries); err != nil {
		return nil, err
	}
	for kind := range kinds {
		if err := d.samples(entries, kind); err != nil {
			return nil, fmt.Errorf("column %s: %w", columns()[columnSamples+kind].Name, err)
		}
	}
	d.keep(entries)
	return last, nil
}

func (d *decoder) key(row int) (key, error) {
	v := d.values
	k := key{name: string(v[columnName].Texts.At(row)), parent: string(v[columnParent].Texts.At(row))}
	var ok bool
	if k.place, ok = placeNamed(string(v[columnPlace].Texts.At(row))); !ok || k.name == "" || len(k.name) > longest || len(k.parent) > longest {
		return k, errRow
	}
	return k, nil
}

func (d *decoder) hours(entries []*entry) error {
	v := &d.values[columnHours]
	at := 0
	for row, e := range entries {
		left := e.count
		for range v.Lens[row] {
			h, err := strconv.Atoi(string(v.Texts.At(int(v.Refs[at]))))
			n := v.Ints[at]
			if err != nil || h < 0 || h > 23 || n < 1 || n > left || e.hours[h] > 0 {
				return fmt.Errorf("row %d: hours: %w", row, errRow)
			}
			e.hours[h] = n
			left -= n
			at++
		}
		if left != 0 {
			return fmt.Errorf("row %d: hours: %w", row, errRow)
		}
	}
	return nil
}

// samples fills the samples of one kind.
func (d *decoder) samples(entries []*entry, kind int) error {
	v, most, limit := &d.values[columnSamples+kind], keeps()[kind], longest
	if kind == commands {
		limit = longestLine
	}
	d.known = d.known[:0]
	for i := range v.Texts.Len() {
		text := string(v.Texts.At(i))
		if text == "" || len(text) > limit {
			return fmt.Errorf("a value of %d bytes", len(text))
		}
		d.known = append(d.known, value{text, hashOf(text)})
	}
	at := 0
	for row, e := range entries {
		left, before := e.count, uint64(0)
		s := &e.samples[kind]
		for i := range int(v.Lens[row]) {
			x, n := d.known[v.Refs[at]], v.Ints[at]
			if i >= most || n < 1 || n > left || i > 0 && x.hash <= before {
				return fmt.Errorf("row %d: no sample that Encode writes", row)
			}
			s.values = append(s.values, kept{hash: x.hash, text: &interned{text: x.text}, count: n})
			left, before = left-n, x.hash
			at++
		}
	}
	return nil
}

// keep takes the entries over.
func (d *decoder) keep(entries []*entry) {
	for _, e := range entries {
		if d.past != nil {
			e.days = []int64{dayOf(e.first)}
			if !slices.Contains(d.days, e.days[0]) {
				d.days = union(d.days, e.days)
			}
		}
		if d.past != nil && !d.past.keeps(e) {
			continue
		}
		for kind := range e.samples {
			values := e.samples[kind].values
			if d.past != nil && kind != hosts && kind != remotes {
				e.samples[kind] = sample{}
				continue
			}
			for i := range values {
				text := values[i].text.text
				if d.past != nil {
					text = ""
				}
				values[i].text = d.texts.take(text)
			}
		}
		d.entries[e.key] = e
		d.held += e.size()
	}
}
