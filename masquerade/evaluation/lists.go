package evaluation

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Impostor is a name that imitates another.
type Impostor struct {
	Name   string `json:"name"` // as written: case and every character matter
	Target string `json:"target"`
	Path   string `json:"path,omitempty"` // full, or a folder that ends in a slash; empty if the list has none
}

// Pair is two names of which neither imitates the other.
type Pair struct {
	A, B         string
	PathA, PathB string // as Impostor.Path
}

// Name is a name that imitates none.
type Name struct {
	Name string
	Path string // as Impostor.Path
}

// Lists are what is planted.
type Lists struct {
	Impostors []Impostor
	Pairs     []Pair
	Names     []Name
}

// The columns that lists may have, besides others that nothing is done with.
const (
	impostorColumns = "impostor,target[,path]"
	benignColumns   = "name_a,name_b[,path_a,path_b] of pairs, or file_name[,file_path] or name[,path] of single names"
)

// ReadImpostors adds a CSV file to the impostors: a header with the columns
// impostor and target, also path, then a name a line. Errors name the file and
// the line.
func (l *Lists) ReadImpostors(file string, r io.Reader) error {
	t, err := openTable(file, r)
	if err != nil {
		return err
	}
	name, target, path := t.column("impostor"), t.column("target"), t.column("path")
	if name < 0 || target < 0 {
		return t.unknown(impostorColumns)
	}
	return t.each(func() error {
		one := Impostor{t.name(name), t.name(target), t.cell(path)}
		if one.Path == "" && fold(one.Name) == fold(one.Target) {
			return t.wrong("%q imitates itself: the column path has to say from where", one.Name)
		}
		l.Impostors = append(l.Impostors, one)
		return nil
	})
}

// ReadBenign adds a CSV file to the pairs or to the single names, as its header
// says. Errors name the file and the line.
func (l *Lists) ReadBenign(file string, r io.Reader) error {
	t, err := openTable(file, r)
	if err != nil {
		return err
	}
	a, b := t.column("name_a"), t.column("name_b")
	if a >= 0 && b >= 0 {
		pathA, pathB := t.column("path_a"), t.column("path_b")
		return t.each(func() error {
			p := Pair{t.name(a), t.name(b), t.cell(pathA), t.cell(pathB)}
			p.A, p.B = written(p.A, p.PathA), written(p.B, p.PathB)
			if fold(p.A) == fold(p.B) {
				return t.wrong("both names of the pair are %q", p.A)
			}
			l.Pairs = append(l.Pairs, p)
			return nil
		})
	}
	name, path := t.column("file_name"), t.column("file_path")
	if name < 0 {
		name, path = t.column("name"), t.column("path")
	}
	if name < 0 {
		return t.unknown(benignColumns)
	}
	return t.each(func() error {
		n := Name{t.name(name), t.cell(path)}
		n.Name = written(n.Name, n.Path)
		l.Names = append(l.Names, n)
		return nil
	})
}

// written is a name in the case in which its path has it: lists of benign names
// are often lower-cased.
func written(name, path string) string {
	if b := baseName(path); strings.EqualFold(b, name) {
		return b
	}
	return name
}

// table is a CSV file under way.
type table struct {
	file   string
	csv    *csv.Reader
	header []string
	row    []string
	err    error // of the row
}

func openTable(file string, r io.Reader) (*table, error) {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	t := &table{file: file, csv: csv.NewReader(b)}
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: empty: no line with the names of the columns", file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, h := range header {
		t.header = append(t.header, strings.ToLower(strings.TrimSpace(h)))
	}
	return t, nil
}

// column is where a column is, or -1.
func (t *table) column(name string) int { return slices.Index(t.header, name) }

func (t *table) unknown(known string) error {
	return fmt.Errorf("%s: line 1: no columns %s; its header is %q", t.file, known, strings.Join(t.header, ","))
}

// each reads the rows. What name and cell find wrong comes before add's error.
func (t *table) each(add func() error) error {
	rows := 0
	for {
		var err error
		t.row, err = t.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.file, err)
		}
		rows++
		err = add()
		if t.err != nil {
			return t.err
		}
		if err != nil {
			return err
		}
	}
	if rows == 0 {
		return fmt.Errorf("%s: no line behind the names of the columns", t.file)
	}
	return nil
}

// name is a cell that must be a file name. It is taken as it is: a space at its
// end, or a character that looks like another, may be the point of it.
func (t *table) name(column int) string {
	s := t.cell(column)
	switch {
	case s == "":
		t.note(t.wrong("%s is empty", t.header[column]))
	case strings.ContainsAny(s, "\\/\x00"):
		t.note(t.wrong("%s %q is no file name: it has a slash or a NUL", t.header[column], s))
	}
	return s
}

// cell is what a column holds; empty if the row or the file lacks it.
func (t *table) cell(column int) string {
	if column < 0 || column >= len(t.row) {
		return ""
	}
	s := t.row[column]
	if !utf8.ValidString(s) {
		t.note(t.wrong("%s is not UTF-8", t.header[column]))
	}
	return strings.Clone(s) // else the whole row stays
}

func (t *table) note(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *table) wrong(format string, args ...any) error {
	line, _ := t.csv.FieldPos(0)
	return fmt.Errorf("%s: line %d: %s", t.file, line, fmt.Sprintf(format, args...))
}
