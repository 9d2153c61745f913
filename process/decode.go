package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sparkless/storage/table"
)

// Decode replaces the state by the one in a file that Encode wrote, and returns its
// note. It fails with table.ErrDamaged or table.ErrFormat.
func (s *State) Decode(file []byte) (note string, err error) {
	if s.past != nil {
		return s.past.decode(file)
	}
	s.Rest()
	*s = *newState(s.pool)
	note, about, err := decodeRows(file, s.take)
	if err != nil {
		return "", err
	}
	if s.hosts, err = decodeBottom([]byte(about.Hosts), mostHosts); err != nil {
		return "", fmt.Errorf("%w: hosts: %v", table.ErrDamaged, err)
	}
	s.events, s.limit = about.Events, about.Limit
	sum := int64(0)
	for _, p := range s.programs {
		sum += p.count
		if p.rank > s.limit || sum < p.count {
			return "", fmt.Errorf("%w: programs that Encode leaves out", table.ErrDamaged)
		}
		if len(p.groups) == mostGroups {
			s.pruneFull(p)
		}
	}
	if sum > s.events || s.kept > mostKept {
		return "", fmt.Errorf("%w: %d executions of %d, in %d rows", table.ErrDamaged, sum, s.events, s.kept)
	}
	return note, nil
}

// pruneFull sets the limit of a program with as many groups as are kept.
func (s *State) pruneFull(p *program) {
	p.limit = 0
	for _, g := range p.groups {
		p.limit = max(p.limit, g.rank)
	}
}

// take puts a row in.
func (s *State) take(r *stored) error {
	if r.vector == ofAll {
		p := s.programNamed(r.program)
		p.add(r.count, r.first, r.last)
		p.hosts, p.users = r.hosts, r.users
		s.bytes += 8 * (len(p.hosts) + len(p.users))
		return nil
	}
	p := s.programs[r.program]
	if len(p.groups) == mostGroups {
		return errors.New("more groups than Encode writes")
	}
	g := s.groupOf(p, groupKey{r.parent, vector(r.vector)})
	s.offer(g, r.sample.order(), r.sample)
	g.add(r.count, r.first, r.last)
	g.hour = r.hour
	if r.hours != nil {
		g.hours = r.hours
		s.bytes += hoursSize
	}
	return nil
}

// stored is one row of a file, checked.
type stored struct {
	program, parent string
	vector          int64
	span
	hosts, users bottom
	hour         uint8
	hours        *[24]int64
	sample       sample
}

// decodeRows gives the rows of a file to take, each with all that is to be true of it
// and of the one before.
func decodeRows(file []byte, take func(*stored) error) (note string, about extra, err error) {
	src, err := table.Open(format, columns, file)
	if err != nil {
		return "", about, err
	}
	d := json.NewDecoder(strings.NewReader(src.Extra))
	d.DisallowUnknownFields()
	if err := d.Decode(&about); err != nil || about.Events < 0 {
		return "", about, fmt.Errorf("%w: what is kept of all rows: %v", table.ErrDamaged, err)
	}
	c := checker{values: make([]table.Values, len(columns))}
	for i := range src.Groups() {
		rows, err := src.Read(i, c.values)
		if err == nil {
			err = c.each(rows, take)
		}
		if err != nil {
			return "", about, err
		}
	}
	return src.Note, about, nil
}

// checker takes rows apart.
type checker struct {
	values []table.Values
	texts  [13]int // used up of each column
	hours  int     // of the tallies
	before *stored
	left   int64 // executions of the program that no group had yet
}

func (c *checker) each(rows int, take func(*stored) error) error {
	c.texts, c.hours = [13]int{}, 0
	for i := range rows {
		r, err := c.row(i)
		if err == nil {
			err = c.follows(r)
		}
		if err == nil {
			err = take(r)
		}
		if err != nil {
			return fmt.Errorf("%w: row %d: %v", table.ErrDamaged, i, err)
		}
		c.before = r
	}
	return nil
}

// text takes the text of a row.
func (c *checker) text(column, i, most int) (string, bool, error) {
	if c.values[column].Lens[i] == 0 {
		return "", false, nil
	}
	text := c.values[column].Texts.At(c.texts[column])
	c.texts[column]++
	if len(text) > most {
		return "", false, fmt.Errorf("a %s of %d bytes", columns[column].Name, len(text))
	}
	return string(text), true, nil
}

// mostBytes is how long the texts of a column may be, 0 where it has others than texts.
var mostBytes = [13]int{columnProgram: longestPath, columnParent: longestName, columnPath: longestPath, columnCommand: longestCommand,
	columnHost: longestName, columnAccount: longestName, columnHosts: 12 * mostMembers, columnUsers: 12 * mostMembers}

func (c *checker) row(i int) (*stored, error) {
	v := c.values
	r := &stored{vector: v[columnVector].Ints[i], span: span{v[columnCount].Ints[i], v[columnFirst].Ints[i], v[columnLast].Ints[i]}}
	var texts [13]string
	for column, most := range mostBytes {
		if most == 0 {
			continue
		}
		text, has, err := c.text(column, i, most)
		if err != nil {
			return nil, err
		}
		ofProgram := column == columnHosts || column == columnUsers
		if want := column == columnProgram || ofProgram == (r.vector == ofAll); has != want {
			return nil, fmt.Errorf("the column %s is there: %v", columns[column].Name, has)
		}
		texts[column] = text
	}
	r.program, r.parent = texts[columnProgram], texts[columnParent]
	r.sample = sample{texts[columnPath], texts[columnCommand], texts[columnHost], texts[columnAccount]}
	var errHosts, errUsers error
	r.hosts, errHosts = decodeBottom([]byte(texts[columnHosts]), mostMembers)
	r.users, errUsers = decodeBottom([]byte(texts[columnUsers]), mostMembers)
	return r, errors.Join(errHosts, errUsers, c.hoursOf(r, i), r.check())
}

// hoursOf takes the hours of a row.
func (c *checker) hoursOf(r *stored, i int) error {
	v := &c.values[columnHours]
	n := int(v.Lens[i])
	if (n == 0) != (r.vector == ofAll) || n > 24 {
		return fmt.Errorf("%d hours", n)
	}
	var hours [24]int64
	sum, last := int64(0), -1
	for ; n > 0; n-- {
		text, count := v.Texts.At(int(v.Refs[c.hours])), v.Ints[c.hours]
		c.hours++
		hour := slices.IndexFunc(hourTexts, func(t []byte) bool { return bytes.Equal(t, text) })
		if hour <= last || count < 1 || count > r.count-sum {
			return errors.New("hours that Encode does not write")
		}
		hours[hour], last, sum = count, hour, sum+count
	}
	if r.vector == ofAll {
		return nil
	}
	r.hour = uint8(last)
	if v.Lens[i] > 1 {
		r.hours, r.hour = &hours, 0
	}
	if sum != r.count {
		return errors.New("hours that do not add up")
	}
	return nil
}

// check says what can be said of a row by itself.
func (r *stored) check() error {
	if r.count < 1 || r.first > r.last || r.count == 1 && r.first != r.last {
		return errors.New("no executions that Encode writes")
	}
	if r.vector != ofAll && (r.vector < 0 || !vector(r.vector).valid()) {
		return fmt.Errorf("a vector %d", r.vector)
	}
	return nil
}

// follows says whether the row may stand behind the one before.
func (c *checker) follows(r *stored) error {
	if r.vector == ofAll {
		if c.before != nil && c.before.program >= r.program {
			return errors.New("programs out of order")
		}
		c.left = r.count
		return nil
	}
	if c.before == nil || c.before.program != r.program {
		return errors.New("executions without their program")
	}
	if c.before.vector != ofAll && (groupKey{c.before.parent, vector(c.before.vector)}).compare(groupKey{r.parent, vector(r.vector)}) >= 0 {
		return errors.New("executions out of order")
	}
	if c.left -= r.count; c.left < 0 {
		return errors.New("more executions than the program has")
	}
	return nil
}
