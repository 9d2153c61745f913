package evaluation

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadImpostors(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       []Impostor
		err        string
	}{
		{"columns by name, others ignored", "source,target,impostor\nx,lsass.exe,1sass.exe\n", []Impostor{{"1sass.exe", "lsass.exe", ""}}, ""},
		{"byte order mark, CRLF, quotes", "\ufeffimpostor,\"target\"\r\n\"a,b.exe\",\"say \"\"hi\"\".exe\"\r\n", []Impostor{{"a,b.exe", `say "hi".exe`, ""}}, ""},
		{"names as written", "impostor,target,path\nIsass.exe,lsass.exe,C:\\Temp\\Isass.exe\n\u0455vchost.exe,svchost.exe,\nsvchost.exe ,svchost.exe,\na\u202egpj.exe,a.exe,\n",
			[]Impostor{{"Isass.exe", "lsass.exe", `C:\Temp\Isass.exe`}, {"\u0455vchost.exe", "svchost.exe", ""}, {"svchost.exe ", "svchost.exe", ""}, {"a\u202egpj.exe", "a.exe", ""}}, ""},
		{"rows that end early lack what is optional", "impostor,target,path\na.exe,b.exe\n", []Impostor{{"a.exe", "b.exe", ""}}, ""},
		{"headers in any case", " Impostor ,TARGET\na.exe,b.exe\n", []Impostor{{"a.exe", "b.exe", ""}}, ""},
		{"itself from elsewhere", "impostor,target,path\nLSASS.EXE,lsass.exe,C:\\Temp\\\n", []Impostor{{"LSASS.EXE", "lsass.exe", `C:\Temp\`}}, ""},
		{"itself", "impostor,target\na.exe,b.exe\nLSASS.EXE,lsass.exe\n", nil, `list.csv: line 3: "LSASS.EXE" imitates itself`},
		{"no such columns", "name,imitated\na,b\n", nil, `list.csv: line 1: no columns impostor,target[,path]; its header is "name,imitated"`},
		{"no header", "", nil, "list.csv: empty"},
		{"no rows", "impostor,target\n\n", nil, "list.csv: no line behind"},
		{"no name", "impostor,target\na.exe,b.exe\n\n,b.exe\n", nil, "list.csv: line 4: impostor is empty"},
		{"no target", "impostor,target\na.exe\n", nil, "list.csv: line 2: target is empty"},
		{"a path for a name", "impostor,target\nC:\\a.exe,b.exe\n", nil, `list.csv: line 2: impostor "C:\\a.exe" is no file name`},
		{"not UTF-8", "impostor,target\na\xff.exe,b.exe\n", nil, "list.csv: line 2: impostor is not UTF-8"},
		{"a quote that never ends", "impostor,target\n\"a.exe,b.exe\n", nil, "list.csv: parse error on line 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Lists
			err := l.ReadImpostors("list.csv", strings.NewReader(c.file))
			check(t, err, c.err)
			if err == nil && !slices.Equal(l.Impostors, c.want) {
				t.Errorf("got %q, want %q", l.Impostors, c.want)
			}
		})
	}
}

func check(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestReadBenign(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       Lists
		err        string
	}{
		{"pairs", "similarity,name_b,name_a\n1,b.exe,a.exe\n", Lists{Pairs: []Pair{{A: "a.exe", B: "b.exe"}}}, ""},
		{"the case of the path", "name_a,name_b,path_a,path_b\nab.exe,ac.exe,C:\\Ab.exe,C:\\x\\\n", Lists{Pairs: []Pair{{"Ab.exe", "ac.exe", `C:\Ab.exe`, `C:\x\`}}}, ""},
		{"files", "file_name,file_path,company\n7z.exe,C:\\7-Zip\\7z.exe,\"P, I\"\n", Lists{Names: []Name{{"7z.exe", `C:\7-Zip\7z.exe`}}}, ""},
		{"names", "name\na.exe\nb.exe\n", Lists{Names: []Name{{Name: "a.exe"}, {Name: "b.exe"}}}, ""},
		{"names with paths", "path,name\n/opt/x,x\n", Lists{Names: []Name{{"x", "/opt/x"}}}, ""},
		{"neither", "file,hash\na,b\n", Lists{}, "benign.csv: line 1: no columns name_a,name_b"},
		{"half a pair", "name_a,company\na,b\n", Lists{}, "benign.csv: line 1: no columns"},
		{"one name twice", "name_a,name_b\na.exe,A.EXE\n", Lists{}, "benign.csv: line 2: both names of the pair"},
		{"no name", "name\n\"\"\n", Lists{}, "benign.csv: line 2: name is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Lists
			err := l.ReadBenign("benign.csv", strings.NewReader(c.file))
			check(t, err, c.err)
			if err == nil && !reflect.DeepEqual(l, c.want) {
				t.Errorf("got %q, want %q", l, c.want)
			}
		})
	}
}

// Whatever the bytes, there is an error or there are names that can be planted, and
// what was written as CSV comes back as it was.
func FuzzLists(f *testing.F) {
	f.Add([]byte("impostor,target\nIsass.exe,lsass.exe\n"))
	f.Add([]byte("\ufeffname_a,name_b,path_a\r\n\"a\"\"b\",c,d\\\r\n"))
	f.Add([]byte("file_name\n \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var l Lists
		if l.ReadImpostors("f", bytes.NewReader(data)) == nil {
			for _, i := range l.Impostors {
				plantable(t, i.Name, i.Target)
			}
		}
		if l.ReadBenign("f", bytes.NewReader(data)) == nil {
			for _, p := range l.Pairs {
				plantable(t, p.A, p.B)
			}
			for _, n := range l.Names {
				plantable(t, n.Name)
			}
		}
		name := string(data)
		if !utf8.ValidString(name) || name == "" || strings.ContainsAny(name, "\\/\x00") || strings.Contains(name, "\r\n") { // CSV has one line end
			return
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.WriteAll([][]string{{"impostor", "target"}, {name, "other than " + name}})
		var back Lists
		if err := back.ReadImpostors("f", &b); err != nil || back.Impostors[0].Name != name {
			t.Errorf("%q came back as %q, %v", name, back.Impostors, err)
		}
	})
}

func plantable(t *testing.T, names ...string) {
	for _, n := range names {
		if n == "" || strings.ContainsAny(n, "\\/\x00") || !utf8.ValidString(n) {
			t.Errorf("%q was taken for a name", n)
		}
	}
}
