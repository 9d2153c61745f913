package benchmark

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file writes a file of a test.
func file(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// npz is an archive of arrays.
func npz(t *testing.T, method uint16, arrays map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range arrays {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: method})
		if err == nil {
			_, err = f.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	someX = npy(1, header("|u1", "False", "3, 2"), []byte{1, 2, 3, 4, 5, 6})
	someY = npy(1, header("|b1", "False", "3,"), []byte{0, 1, 0})
)

func wantTable(t *testing.T, tab *Table, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if tab.X.Rows != 3 || tab.X.Cols != 2 || !slices.Equal(tab.X.Data, []float64{1, 2, 3, 4, 5, 6}) || !slices.Equal(tab.Positive, []bool{false, true, false}) || len(tab.Columns) != 2 {
		t.Errorf("%+v", tab)
	}
}

// The same table comes of every kind of file.
func TestKindsOfFiles(t *testing.T) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		tab, err := Read(file(t, "a.npz", npz(t, method, map[string][]byte{"X": someX, "y": someY, "other": {1}})), ReadOptions{})
		wantTable(t, tab, err)
	}
	tab, err := Read(file(t, "x.npy", someX)+","+file(t, "y.npy", someY), ReadOptions{})
	wantTable(t, tab, err)
	csv := "\xef\xbb\xbfname,a,y,b\nfred,1,0,2\n=evil,3.0,True,4e0\n\"x,y\",5,false, 6\n"
	tab, err = Read(file(t, "t.CSV", []byte(csv)), ReadOptions{Label: "y"})
	wantTable(t, tab, err)
	if !slices.Equal(tab.Columns, []string{"a", "b"}) || len(tab.Notes) != 1 || !strings.Contains(tab.Notes[0], "name") {
		t.Errorf("%+v", tab)
	}
	for _, f := range []string{"a.npz", "x.npy"} {
		text := someX
		if f == "a.npz" {
			text = npz(t, zip.Deflate, map[string][]byte{"X": someX})
		}
		if tab, err := Read(file(t, f, text), ReadOptions{}); err != nil || tab.Positive != nil {
			t.Errorf("%s without labels: %+v, %v", f, tab, err)
		}
	}
}

// Every refusal names the file, and says where in it.
func TestFilesThatAreRefused(t *testing.T) {
	archive := npz(t, zip.Deflate, map[string][]byte{"X": someX, "y": someY})
	broken := slices.Clone(npz(t, zip.Store, map[string][]byte{"X": someX}))
	broken[len("PK")+40] ^= 1 // of the values or the header: the sum of the member tells
	for what, c := range map[string]struct {
		name string
		text []byte
		o    ReadOptions
		want string
	}{
		"ending":               {"x.txt", nil, ReadOptions{}, "ends in .csv"},
		"no archive":           {"x.npz", []byte("PK"), ReadOptions{}, "zip"},
		"cut archive":          {"x.npz", archive[:len(archive)-30], ReadOptions{}, "zip"},
		"damaged member":       {"x.npz", broken, ReadOptions{}, ""},
		"no X":                 {"x.npz", npz(t, zip.Store, map[string][]byte{"x\x1b": someX}), ReadOptions{}, "no array X; it has x<U+001B>"},
		"labels too few":       {"x.npz", npz(t, zip.Store, map[string][]byte{"X": someX, "y": npy(1, header("|b1", "False", "2,"), []byte{0, 1})}), ReadOptions{}, "for 3 rows"},
		"labels odd":           {"x.npz", npz(t, zip.Store, map[string][]byte{"X": someX, "y": npy(1, header("|u1", "False", "3,"), []byte{0, 1, 2})}), ReadOptions{}, "row 3: the label is 2"},
		"objects":              {"x.npz", npz(t, zip.Store, map[string][]byte{"X": npy(1, header("|O", "False", "3, 2"), nil)}), ReadOptions{}, "astype"},
		"no rows":              {"x.npy", npy(1, header("<f8", "False", "0, 2"), nil), ReadOptions{}, "0 rows"},
		"no columns":           {"x.npy", npy(1, header("<f8", "False", "5, 0"), nil), ReadOptions{}, "of 0 columns"},
		"gaps":                 {"x.npy", npy(1, header("<f4", "False", "1, 2"), []byte{0, 0, 0, 0, 0, 0, 0xc0, 0x7f}), ReadOptions{}, "row 1, column 2: NaN"},
		"empty CSV":            {"x.csv", nil, ReadOptions{}, "the header"},
		"header alone":         {"x.csv", []byte("a,y\n"), ReadOptions{Label: "y"}, "0 rows"},
		"texts alone":          {"x.csv", []byte("a,y\nx,0\n"), ReadOptions{Label: "y"}, "of 0 columns"},
		"no label column":      {"x.csv", []byte("a,b\n1,2\n"), ReadOptions{Label: "y"}, "no column y for the labels; there are a, b"},
		"text below numbers":   {"x.csv", []byte("a,y\n1,0\nx,0\n"), ReadOptions{Label: "y"}, "row 2, column a: no number"},
		"gap in CSV":           {"x.csv", []byte("a,y\n1,0\n,0\n"), ReadOptions{Label: "y"}, "row 2, column a: empty; models take numbers alone: fill the gap"},
		"gap in row 1":         {"x.csv", []byte("b,a,y\n1,,0\n2,1,0\n"), ReadOptions{Label: "y"}, "row 1, column a: empty; models take numbers alone: fill the gap"},
		"long gap":             {"x.csv", []byte("a,b,y\n,x,0\n NaN,x,0\n,x,1\n-2,x,0\n"), ReadOptions{Label: "y"}, "row 1, column a: empty"},
		"gap that is infinite": {"x.csv", []byte("a,b,y\n,1,0\ninf,1,0\n"), ReadOptions{Label: "y"}, "row 1, column a: empty"},
		"infinite in row 1":    {"x.csv", []byte("a,y\n-inf,0\n2,0\n"), ReadOptions{Label: "y"}, "row 1, column a: no finite number"},
		"too large in row 1":   {"x.csv", []byte("a,y\n1e999,0\n2,0\n"), ReadOptions{Label: "y"}, "row 1, column a: no finite number"},
		"gap among labels":     {"x.csv", []byte("a,y\n1,0\n2,\n"), ReadOptions{Label: "y"}, "row 2, the label: empty"},
		"empty alone":          {"x.csv", []byte("a,y\n,0\nNA,1\n"), ReadOptions{Label: "y"}, "2 rows of 0 columns"},
		"infinite":             {"x.csv", []byte("a,y\n1,0\nInf,0\n"), ReadOptions{Label: "y"}, "row 2, column a"},
		"odd label":            {"x.csv", []byte("a,y\n1,maybe\n"), ReadOptions{Label: "y"}, "row 1, the label"},
		"label 2":              {"x.csv", []byte("a,y\n1,2\n"), ReadOptions{Label: "y"}, "row 1: the label is 2"},
		"ragged":               {"x.csv", []byte("a,y\n1,0\n1\n"), ReadOptions{Label: "y"}, "line 3"},
		"no BETH":              {"x.csv", []byte("a,sus\n1,0\n"), ReadOptions{Features: BETHPaper}, "no column processId"},
	} {
		_, err := Read(file(t, c.name, c.text), c.o)
		if !errors.Is(err, ErrTable) || !strings.Contains(fmt.Sprint(err), c.want) || !strings.Contains(fmt.Sprint(err), c.name) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Read("nowhere.npz", ReadOptions{}); !errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrTable) {
		t.Error(err)
	}
	if _, err := Read(file(t, "x.npy", someX)+",nowhere.npy", ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := (ReadOptions{Features: "x\x1b"}).Validate(); err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Error(err)
	}
}

// A column is one of texts by the first cell that is not empty, and one without such a
// cell is empty. Neither loses the others a value.
func TestColumnsThatAreLeftOut(t *testing.T) {
	text := "late,a,none,text,y,b\n,1,,x,0,2\nNaN,3,n/a,,1,4\nx,5,null,7,0,6\n9,7,None,x,0,8\n"
	tab, err := Read(file(t, "x.csv", []byte(text)), ReadOptions{Label: "y"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"left out, since they are empty: none", "left out, since they are no numbers: late, text"}
	if !slices.Equal(tab.Columns, []string{"a", "b"}) || !slices.Equal(tab.X.Data, []float64{1, 2, 3, 4, 5, 6, 7, 8}) || tab.X.Rows != 4 || !slices.Equal(tab.Notes, want) {
		t.Errorf("%+v", tab)
	}
}

// Options of CSV files are not taken for others without a word.
func TestOptionsOfOtherFiles(t *testing.T) {
	o := ReadOptions{Label: "y", Features: BETHPaper}
	if err := o.CheckFile("a.CSV"); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"a.npz", "x.npy,y.npy"} {
		err := o.CheckFile(path)
		if s := fmt.Sprint(err); !strings.Contains(s, "--label") || !strings.Contains(s, "--features") || !strings.Contains(s, path) {
			t.Error(err)
		}
		if err := (ReadOptions{}).CheckFile(path); err != nil {
			t.Error(err)
		}
	}
}

// beth has a row for each edge of what is made of it.
const bethRows = `timestamp,processId,threadId,parentProcessId,userId,mountNamespace,processName,hostName,eventId,eventName,stackAddresses,argsNum,returnValue,args,sus,evil
1.5,1,1,0,0,4026531840,systemd,ubuntu,62,kill,"[1, 2]",3,0,"[{'name': 'pid', 'type': 'int', 'value': 1}]",0,0
2.5,381,382,3,999,4026532231,close,ubuntu,3,close,[],1,-9,[],1,0
3.5,2,2,1,1000,4026531840,bash,ubuntu,257,openat,"[140159195621643]",4,7,"['a, ""b""']",1,1
`

func TestColumnsOfBETH(t *testing.T) {
	for features, want := range map[Features][][]float64{
		BETHNotebook: {{62, 3, 0, 1, 1, 1, 0, 0, 1, 6}, {3, 1, -9, 0, 0, 0, 0, 0.999, 0, 2}, {257, 4, 7, 1, 1, 1, 1, 1, 1, 17}},
		BETHPaper:    {{0, 0, 0, 0, 62, 3, 0}, {1, 1, 0, 1, 3, 1, 2}, {0, 0, 1, 0, 257, 4, 1}},
	} {
		path := file(t, "b.csv", []byte(bethRows))
		tab, err := Read(path, ReadOptions{Features: features})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want {
			if !slices.Equal(tab.X.Row(i), row) {
				t.Errorf("%s, row %d: %v, want %v", features, i, tab.X.Row(i), row)
			}
		}
		if !slices.Equal(tab.Positive, []bool{false, true, true}) || len(tab.Columns) != len(want[0]) {
			t.Errorf("%s: %v, %v", features, tab.Positive, tab.Columns)
		}
		tab, err = Read(path, ReadOptions{Features: features, Label: "evil"})
		if err != nil || !slices.Equal(tab.Positive, []bool{false, false, true}) {
			t.Errorf("%s by evil: %v, %v", features, tab.Positive, err)
		}
		odd := strings.Replace(bethRows, "62,kill", "x,kill", 1)
		if _, err := Read(file(t, "b.csv", []byte(odd)), ReadOptions{Features: features}); !errors.Is(err, ErrTable) || !strings.Contains(err.Error(), "row 1, column eventId") {
			t.Errorf("%s: %v", features, err)
		}
	}
}

// Whatever the bytes are, there is a whole table or an error.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(bethRows), "sus", "beth-notebook")
	f.Add([]byte("a,y\n1,0\n2,1\n"), "y", "")
	f.Add([]byte("a\n1\n"), "", "")
	f.Fuzz(func(t *testing.T, text []byte, label, features string) {
		o := ReadOptions{Label: label, Features: Features(features)}
		if o.Validate() != nil {
			return
		}
		tab, err := readCSV("x.csv", bytes.NewReader(text), o)
		if err == nil {
			err = tab.check()
		}
		if err == nil && (len(tab.X.Data) != tab.X.Rows*tab.X.Cols || len(tab.Columns) != tab.X.Cols) {
			t.Errorf("%+v", tab)
		}
		if err != nil && !errors.Is(err, ErrTable) {
			t.Error(err)
		}
	})
}
