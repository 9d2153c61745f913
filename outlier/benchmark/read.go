package benchmark

import (
	"archive/zip"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"sparkless/outlier"
	"sparkless/storage/printable"
)

// ReadOptions say how a file is read.
type ReadOptions struct {
	// Label is the column of a CSV file that holds the labels, 0 or 1; a file without
	// that column is refused. "" for a file of BETH is its column sus.
	Label string
	// Features is how columns are made of a CSV file.
	Features Features
	// Room is the memory that the table may take.
	Room Room
}

// Features is how columns are made of a CSV file.
type Features string

// The ways. Those of BETH (Highnam et al., 2021) read its labelled process events.
const (
	Plain        Features = ""              // the columns that are numbers, as they are
	BETHNotebook Features = "beth-notebook" // ten columns, those of the notebook without its thirty of word2vec, whose training by several threads cannot be repeated
	BETHPaper    Features = "beth-paper"    // the seven columns of the data set's authors
)

// Validate refuses unknown features.
func (o ReadOptions) Validate() error {
	switch o.Features {
	case Plain, BETHNotebook, BETHPaper:
		return nil
	}
	return fmt.Errorf("features %s: want %s or %s, or none", printable.Text(string(o.Features)), BETHNotebook, BETHPaper)
}

// CheckFile refuses options that the file has no use for.
func (o ReadOptions) CheckFile(path string) error {
	if strings.HasSuffix(strings.ToLower(path), ".csv") {
		return nil
	}
	var errs []error
	if o.Label != "" {
		errs = append(errs, fmt.Errorf("--label is a column of a CSV file, and %s is none: leave it out; the labels of an .npz are its array y, and those of an .npy follow behind a comma", printable.Whole(path)))
	}
	if o.Features != Plain {
		errs = append(errs, fmt.Errorf("--features are made of CSV files, and %s is none: leave it out", printable.Whole(path)))
	}
	return errors.Join(errs...)
}

// Read reads a table: a CSV file with a header, an .npz archive with the arrays X and y,
// as those of ADBench are, or an .npy array. The labels of an .npy array are in another
// one, whose name follows behind a comma: "x.npy,y.npy".
func Read(path string, o ReadOptions) (*Table, error) {
	first, second, paired := strings.Cut(path, ".npy,")
	if paired {
		first += ".npy"
	}
	t, err := readFile(first, o)
	if err == nil && paired {
		err = t.label(second)
	}
	if err != nil {
		return nil, err
	}
	return t, t.check()
}

func readFile(path string, o ReadOptions) (*Table, error) {
	name := printable.Whole(path)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch lower := strings.ToLower(path); {
	case strings.HasSuffix(lower, ".npz"):
		return readNPZ(name, f, o.Room)
	case strings.HasSuffix(lower, ".npy"):
		a, err := readNPYFile(name, f, o.Room.takes)
		if err != nil {
			return nil, err
		}
		return a.table(name), nil
	case strings.HasSuffix(lower, ".csv"):
		return readCSV(name, f, o)
	}
	return nil, bad(name, "want a name that ends in .csv, .npy or .npz")
}

// takes refuses an array that there is no room for.
func (r Room) takes(h npyShape) error { return r.fits(h.rows, h.cols) }

func readNPYFile(name string, f *os.File, take func(npyShape) error) (array, error) {
	info, err := f.Stat()
	if err != nil {
		return array{}, err
	}
	return readNPY(name, f, info.Size(), take)
}

func (a array) table(name string) *Table {
	return &Table{Name: name, Columns: numbered(a.cols), X: outlier.Matrix{Rows: a.rows, Cols: a.cols, Data: a.data}}
}

// label reads the labels of t from an .npy file.
func (t *Table) label(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	name := printable.Whole(path)
	y, err := readNPYFile(name, f, t.takes)
	if err != nil {
		return err
	}
	return t.setLabels(name, y)
}

// takes refuses labels that are not as many as there are rows.
func (t *Table) takes(y npyShape) error {
	if y.cols != 1 || y.rows != t.X.Rows {
		return fmt.Errorf("labels of the shape %d by %d for %d rows", y.rows, y.cols, t.X.Rows)
	}
	return nil
}

func (t *Table) setLabels(name string, y array) error {
	t.Positive = make([]bool, y.rows)
	for i, v := range y.data {
		var err error
		if t.Positive[i], err = labelOf(name, i+1, v); err != nil {
			return err
		}
	}
	return nil
}

// readNPZ reads the arrays X and y of an archive, which may lack y.
func readNPZ(name string, f *os.File, room Room) (*Table, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, bad(name, "%w", err)
	}
	x, found, err := readMember(name, z, "X.npy", room.takes)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, bad(name, "it has no array X; it has %s", few(members(z)))
	}
	t := x.table(name)
	y, found, err := readMember(name, z, "y.npy", t.takes)
	if err == nil && found {
		err = t.setLabels(name+": y", y)
	}
	return t, err
}

func readMember(name string, z *zip.Reader, member string, take func(npyShape) error) (array, bool, error) {
	for _, f := range z.File {
		if f.Name != member {
			continue
		}
		body, err := f.Open()
		if err != nil {
			return array{}, false, bad(name, "%s: %w", member, err)
		}
		a, err := readNPY(name+": "+strings.TrimSuffix(member, ".npy"), body, int64(min(f.UncompressedSize64, math.MaxInt64)), take)
		return a, true, errors.Join(err, body.Close())
	}
	return array{}, false, nil
}

func members(z *zip.Reader) []string {
	var names []string
	for _, f := range z.File {
		names = append(names, printable.Text(strings.TrimSuffix(f.Name, ".npy")))
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	return names
}
