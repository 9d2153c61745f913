package process

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sparkless/storage/table"
)

// format is the kind and version of the rows below.
//
// History: 1, the first.
const format = "process-executions/1"

// columns are those of a partial or profile file: a row for each program, of all its
// executions, and behind it a row for each of its groups, by parent, then vector. The
// former has the hashes of hosts and users; the latter has hours and a sample. vector is
// packed as in vector.go, and -1 in a row of all executions.
var columns = []table.Column{
	{Name: "program", Kind: table.Text}, {Name: "parent", Kind: table.Text}, {Name: "vector", Kind: table.Int},
	{Name: "count", Kind: table.Int}, {Name: "first", Kind: table.Time}, {Name: "last", Kind: table.Time}, {Name: "hours", Kind: table.Tallies},
	{Name: "path", Kind: table.Text}, {Name: "command", Kind: table.Text}, {Name: "host", Kind: table.Text}, {Name: "account", Kind: table.Text},
	{Name: "hosts", Kind: table.Text}, {Name: "users", Kind: table.Text},
}

const (
	columnProgram = iota
	columnParent
	columnVector
	columnCount
	columnFirst
	columnLast
	columnHours
	columnPath
	columnCommand
	columnHost
	columnAccount
	columnHosts
	columnUsers
)

// ofAll is the vector of a row of all executions.
const ofAll = -1

// groupRows is how many rows are written, and read, at a time.
const groupRows = 1 << 14

// extra is what is kept of all rows together.
type extra struct {
	Events int64  `json:"events"`
	Hosts  string `json:"hosts"` // bottom.encode
	Limit  uint64 `json:"limit"` // State.limit
}

// row is a program, or one of its groups.
type row struct {
	program *program
	key     groupKey
	group   *group // nil in the row of all executions
}

// errPast: a Past leaves out too much to be anybody's state of a day.
var errPast = errors.New("the executions of earlier days cannot be kept")

// Encode returns the state as one Parquet file that proves itself, with a note of the
// caller's. Equal states and notes give equal bytes.
func (s *State) Encode(note string) ([]byte, error) {
	if s.past != nil {
		return nil, errPast
	}
	w := table.NewWriter(format, columns)
	rows := s.rows()
	about, err := json.Marshal(extra{s.events, string(s.hosts.encode(nil)), s.limit})
	if err != nil {
		return nil, err
	}
	w.Extra = string(about)
	var v table.Values
	for some := range slices.Chunk(rows, groupRows) {
		err := w.Write(len(some), func(column int) *table.Values {
			v.Reset()
			fill(&v, some, column)
			return &v
		})
		if err != nil {
			return nil, err
		}
	}
	return w.Close(note)
}

// rows lists programs and groups in the order of a file.
func (s *State) rows() []row {
	s.settle()
	rows := make([]row, 0, s.kept)
	for _, p := range s.sorted() {
		rows = append(rows, row{program: p})
		start := len(rows)
		for _, g := range p.groups {
			rows = append(rows, row{p, g.key, g})
		}
		slices.SortFunc(rows[start:], func(a, b row) int { return a.key.compare(b.key) })
	}
	return rows
}

// sorted lists the programs by path.
func (s *State) sorted() []*program {
	all := make([]*program, 0, len(s.programs))
	for _, p := range s.programs {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *program) int { return strings.Compare(a.path, b.path) })
	return all
}

func (k groupKey) compare(o groupKey) int {
	return cmp.Or(strings.Compare(k.parent, o.parent), cmp.Compare(k.vector, o.vector))
}

// fill puts one column of the rows into v.
func fill(v *table.Values, rows []row, column int) {
	switch column {
	case columnVector, columnCount, columnFirst, columnLast:
		for i := range rows {
			v.Ints = append(v.Ints, rows[i].number(column))
		}
	case columnHours:
		fillHours(v, rows)
	case columnHosts, columnUsers:
		fillMembers(v, rows, column)
	default:
		fillTexts(v, rows, column)
	}
}

func (r *row) number(column int) int64 {
	of, v := &r.program.span, int64(ofAll)
	if r.group != nil {
		of, v = &r.group.span, int64(r.key.vector)
	}
	return [...]int64{v, of.count, of.first, of.last}[column-columnVector]
}

// fillHours puts tallies of "0" to "23", those with any execution.
func fillHours(v *table.Values, rows []row) {
	for _, text := range hourTexts {
		v.Texts.Add(text)
	}
	for i := range rows {
		v.Lens = append(v.Lens, 0)
		if rows[i].group == nil {
			continue
		}
		for hour, n := range rows[i].group.byHour() {
			if n > 0 {
				v.Lens[i]++
				v.Refs = append(v.Refs, int32(hour))
				v.Ints = append(v.Ints, n)
			}
		}
	}
}

// fillMembers puts the hosts or the users of programs.
func fillMembers(v *table.Values, rows []row, column int) {
	var text []byte
	for i := range rows {
		v.Lens = append(v.Lens, 0)
		if rows[i].group != nil {
			continue
		}
		members := rows[i].program.hosts
		if column == columnUsers {
			members = rows[i].program.users
		}
		text = members.encode(text[:0])
		v.Texts.Add(text)
		v.Lens[i] = 1
	}
}

// fillTexts puts the texts of programs, and of their groups.
func fillTexts(v *table.Values, rows []row, column int) {
	for i := range rows {
		v.Lens = append(v.Lens, 0)
		r := &rows[i]
		if column != columnProgram && r.group == nil {
			continue
		}
		v.Texts.AddString(r.text(column))
		v.Lens[i] = 1
	}
}

func (r *row) text(column int) string {
	switch column {
	case columnProgram:
		return r.program.path
	case columnParent:
		return r.key.parent
	case columnPath:
		return r.group.sample.path
	case columnCommand:
		return r.group.sample.command
	case columnHost:
		return r.group.sample.host
	}
	return r.group.sample.account
}

var hourTexts = textsOfHours()

func textsOfHours() (texts [][]byte) {
	for hour := range 24 {
		texts = append(texts, []byte(fmt.Sprint(hour)))
	}
	return texts
}
