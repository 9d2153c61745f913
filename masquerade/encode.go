package masquerade

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"

	"sparkless/storage/table"
)

// format is the kind and version of the rows below.
//
// History: 1, the first.
const format = "masquerade-counts/1"

// row is one name in a partial or profile file.
type row struct {
	Name     *string `parquet:"name,optional"` // null: events without a name
	Count    int64   `parquet:"count"`
	First    int64   `parquet:"first,timestamp(nanosecond)"`
	Last     int64   `parquet:"last,timestamp(nanosecond)"`
	Paths    []value `parquet:"paths,list"`
	Hosts    []value `parquet:"hosts,list"`
	Parents  []value `parquet:"parents,list"`
	Accounts []value `parquet:"accounts,list"`
	Commands []value `parquet:"commands,list"`
}

type value struct {
	Value string `parquet:"value"`
	Count int64  `parquet:"count"`
}

// Encode returns the counts as one Parquet file that proves itself, with a note
// of the caller's. Equal counts and notes give equal bytes.
func (c *Counts) Encode(note string) ([]byte, error) {
	rows := make([]row, 0, c.Names())
	for name, e := range c.names {
		rows = append(rows, e.row(&name))
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(*a.Name, *b.Name) })
	if c.absent != nil {
		rows = slices.Insert(rows, 0, c.absent.row(nil))
	}
	return table.Encode(format, note, rows)
}

// Decode replaces the counts by those in a file that Encode wrote, and returns
// its note. It fails with table.ErrDamaged or table.ErrFormat.
func (c *Counts) Decode(file []byte) (note string, err error) {
	rows, note, err := table.Decode[row](format, file)
	if err != nil {
		return "", err
	}
	*c = *NewCounts()
	for _, r := range rows {
		if r.Name == nil {
			c.absent = r.entry()
		} else {
			c.names[*r.Name] = r.entry()
		}
	}
	return note, nil
}

func (e *entry) row(name *string) row {
	return row{name, e.count, e.first, e.last, e.context[paths].values(), e.context[hosts].values(),
		e.context[parents].values(), e.context[accounts].values(), e.context[commands].values()}
}

func (r row) entry() *entry {
	return &entry{r.Count, r.First, r.Last, [kinds]sample{
		sampleOf(r.Paths), sampleOf(r.Hosts), sampleOf(r.Parents), sampleOf(r.Accounts), sampleOf(r.Commands)}}
}

func (s sample) values() []value {
	out := make([]value, len(s))
	for i, k := range s {
		out[i] = value{k.value, k.count}
	}
	return out
}

func sampleOf(values []value) sample {
	if len(values) == 0 {
		return nil
	}
	s := make(sample, len(values))
	for i, v := range values {
		s[i] = kept{xxhash.Sum64String(v.Value), v.Value, v.Count}
	}
	return s
}
