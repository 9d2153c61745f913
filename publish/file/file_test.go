package file

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparkless/publish"
	"sparkless/publish/publishtest"
)

func sinkAt(t *testing.T, path, format string) *Sink {
	t.Helper()
	sink, err := New(Config{Path: path, Format: format, Row: suiteRow{}})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

func bodies(texts ...string) []publish.Record {
	records := make([]publish.Record, len(texts))
	for i, text := range texts {
		records[i] = publish.Record{ID: fmt.Sprintf("r%d", i), Day: "2026-11-20", Body: json.RawMessage(text)}
	}
	return records
}

// written returns what the sink makes of bodies in the format.
func written(t *testing.T, format string, texts ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new", "folder", "out."+format)
	if n, err := sinkAt(t, path, "").Send(t.Context(), bodies(texts...)); n != len(texts) || err != nil {
		t.Fatal(n, err)
	}
	return read(t, path)
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSuite(t *testing.T) {
	held := map[string]func([]byte) ([]string, error){"jsonl": heldLines, "json": heldArray, "csv": heldCSV, "parquet": heldParquet}
	for format, look := range held {
		t.Run(format, func(t *testing.T) {
			publishtest.TestSink(t, func(t *testing.T) publishtest.Destination {
				path := filepath.Join(t.TempDir(), "findings."+format)
				return publishtest.Destination{
					Sink: sinkAt(t, path, ""), Again: sinkAt(t, path, format),
					Held: func() ([]string, error) {
						data, err := os.ReadFile(path)
						if errors.Is(err, fs.ErrNotExist) {
							return nil, nil
						}
						if err != nil {
							return nil, err
						}
						return look(data)
					},
					Refuse: func() func() {
						if err := os.Mkdir(path, 0o755); err != nil {
							t.Fatal(err)
						}
						return func() {
							if err := os.Remove(path); err != nil {
								t.Fatal(err)
							}
						}
					},
				}
			})
		})
	}
}

func heldLines(data []byte) (ids []string, err error) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var row struct{ FindingId string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, err
		}
		ids = append(ids, row.FindingId)
	}
	return ids, nil
}

func heldArray(data []byte) (ids []string, err error) {
	var rows []struct{ FindingId string }
	err = json.Unmarshal(data, &rows)
	for _, row := range rows {
		ids = append(ids, row.FindingId)
	}
	return ids, err
}

func heldCSV(data []byte) (ids []string, err error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	column := slices.Index(rows[0], "FindingId")
	for _, row := range rows[1:] {
		ids = append(ids, row[column])
	}
	return ids, nil
}

func TestJSONKeepsValuesAndNumbers(t *testing.T) {
	in := []string{`{ "z" : 1.50,"a":12345678901234567890 }`, "{\"s\":\"\u202e\u009b2J\x7f\u2028\U000E0041<é>\xff\"}", `{}`}
	want := []string{`{"z":1.50,"a":12345678901234567890}`,
		`{"s":"\u202e\u009b2J\u007f\u2028\udb40\udc41<é>` + "\uFFFD" + `"}`, `{}`}
	if got := written(t, "jsonl", in...); got != strings.Join(want, "\n")+"\n" {
		t.Errorf("%s", got)
	}
	if got := written(t, "json", in...); got != "[\n"+strings.Join(want, ",\n")+"\n]\n" {
		t.Errorf("%s", got)
	}
	if written(t, "json") != "[]\n" || written(t, "jsonl") != "" || written(t, "csv") != "" {
		t.Error("nothing is not written as nothing")
	}
}

func TestCSV(t *testing.T) {
	got := written(t, "csv",
		`{"b":"x,y","a":-1.50,"n":null}`,
		`{"a":"say \"hi\"","c":["p",{"q":1}],"b":true}`,
		`{"d":"=1+1","a":12345678901234567890}`)
	want := "b,a,n,c,d\r\n" +
		"\"x,y\",-1.50,,,\r\n" +
		"true,\"say \"\"hi\"\"\",,\"[\"\"p\"\",{\"\"q\"\":1}]\",\r\n" +
		",12345678901234567890,,,'=1+1\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCells(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "svchost.exe": "svchost.exe", `C:\new\table.exe`: `C:\new\table.exe`, "日本語": "日本語",
		"=1+1": "'=1+1", "+1": "'+1", "-cmd": "'-cmd", "@SUM(A1)": "'@SUM(A1)", "-": "'-", "--5": "'--5", "-5x": "'-5x",
		"-5": "-5", "-1.5e-7": "-1.5e-7", "0": "0", "-1\n": "'-1<U+000A>",
		"\t=1": "'<U+0009>'=1", "\r": "'<U+000D>", "\nx": "'<U+000A>x",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠a": "'＠a", "﹦1": "'﹦1",
		" =1": " '=1", "\u00a0=1": "<U+00A0>'=1", "a\ufe0f.exe": "a<U+FE0F>.exe", "a\u0301": "a\u0301", "\u200b=1": "<U+200B>'=1", "\"=1\"": "\"'=1\"", "\ufeff@": "<U+FEFF>'@",
		"a;=1": "a;'=1", "a; \"-x": "a; \"'-x", "a=1;b": "a=1;b",
		"a\u202eexe": "a<U+202E>exe", "a\x00b\x1b[2J\u0085": "a<U+0000>b<U+001B>[2J<U+0085>", "a\u2028b": "a<U+2028>b",
		"a\xffb": "a\uFFFDb", "\U000E0041": "<U+E0041>",
	} {
		if got := safeCell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzCSV writes two records with hostile keys and values. A CSV reader has to
// find the rows and cells that went in, none of which begins a formula.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "=1", "a\r\nb,\"c\"", ";\t@x", "\xff\u202e", "'", "-1", " ", "\"", "\r", ",", "\n=1"} {
		f.Add(s, s, "k")
		f.Add("x", s, s)
	}
	f.Fuzz(func(t *testing.T, a, b, key string) {
		first, err1 := json.Marshal(map[string]any{key: a, "nested": []string{b}})
		second, err2 := json.Marshal(map[string]any{key: b})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if strings.ToValidUTF8(key, "\uFFFD") == "nested" {
			return
		}
		for _, records := range [][]publish.Record{bodies(string(first), string(second)), bodies(string(second)), bodies(string(second), string(first), "{}")} {
			checkCSV(t, records)
		}
	})
}

func checkCSV(t *testing.T, records []publish.Record) {
	t.Helper()
	var out bytes.Buffer
	if err := writeCSV(t.Context(), &out, records); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, r := range records {
		fields, err := r.Fields()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			names[f.Name] = true
		}
	}
	rows, err := csv.NewReader(&out).ReadAll() // also checks that all rows are equally long
	if err != nil || len(rows) != len(records)+1 || len(rows[0]) != len(names) {
		t.Fatalf("%d rows, %v: %q", len(rows), err, rows)
	}
	for _, c := range slices.Concat(rows...) {
		if number.MatchString(c) {
			continue
		}
		// A reader that splits at semicolons must not find a formula either.
		for part := range strings.SplitSeq(c, ";") {
			part = strings.TrimLeft(part, " \"\u00a0\u3000")
			if strings.IndexAny(part, "=+-@\t\r＝＋－＠") == 0 {
				t.Fatalf("cell %q begins a formula", c)
			}
		}
		if strings.IndexFunc(c, steering) >= 0 {
			t.Fatalf("cell %q steers", c)
		}
	}
}

// FuzzJSON: any body that is taken reads back as the same value, on one line.
func FuzzJSON(f *testing.F) {
	f.Add("{\"a\":\"\u202e\\n\x7f\"}")
	f.Add("{\"\U000E0041\":[1.0e5,{\"\u0085\":null}]}")
	f.Fuzz(func(t *testing.T, body string) {
		body = strings.ToValidUTF8(body, "\uFFFD")
		var out bytes.Buffer
		if err := writeLines(t.Context(), &out, bodies(body)); err != nil {
			if !errors.Is(err, publish.ErrRefused) {
				t.Fatal(err)
			}
			return
		}
		line, rest, _ := strings.Cut(out.String(), "\n")
		if rest != "" || strings.IndexFunc(line, steering) >= 0 || decoded(t, line) != decoded(t, body) {
			t.Fatalf("%q became %q", body, out.String())
		}
	})
}

func decoded(t *testing.T, text string) string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%#v", v)
}

// TestAFailedSendLeavesTheOldFile, whatever it fails at, and nothing beside it.
func TestAFailedSendLeavesTheOldFile(t *testing.T) {
	for _, format := range []string{"jsonl", "json", "csv"} {
		folder := t.TempDir()
		path := filepath.Join(folder, "out."+format)
		sink := sinkAt(t, path, "")
		if _, err := sink.Send(t.Context(), bodies(`{"a":"old"}`)); err != nil {
			t.Fatal(err)
		}
		old := read(t, path)
		inner := sink.encode
		for what, encode := range map[string]Encoder{
			"body":   inner,
			"full":   func(context.Context, io.Writer, []publish.Record) error { return errors.New("disk full") },
			"cancel": inner,
			"cancel late": func(_ context.Context, w io.Writer, r []publish.Record) error {
				return inner(context.Background(), w, r)
			},
		} {
			cancelled := strings.HasPrefix(what, "cancel")
			ctx, cancel := context.WithCancel(t.Context())
			sink.encode = func(_ context.Context, w io.Writer, r []publish.Record) error {
				if cancelled {
					cancel()
				}
				return encode(ctx, w, r)
			}
			records := bodies(`{"a":"new"}`, `{"a":1}`)
			if what == "body" {
				records[1].Body = []byte(`[1]`)
			}
			n, err := sink.Send(ctx, records)
			cancel()
			if n != 0 || err == nil || errors.Is(err, publish.ErrRefused) != (what == "body") || errors.Is(err, context.Canceled) != cancelled || !strings.Contains(err.Error(), path) {
				t.Errorf("%s %s: %d, %v", format, what, n, err)
			}
			files, err := os.ReadDir(folder)
			if err != nil || len(files) != 1 || read(t, path) != old {
				t.Errorf("%s %s: %v, %v", format, what, files, err)
			}
		}
	}
}

func TestReplacingIsAtomicForReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	sink := sinkAt(t, path, "")
	if _, err := sink.Send(t.Context(), bodies(`{"a":"old"}`)); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sink.Send(t.Context(), bodies(`{"a":"new"}`)); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(reader)
	if err != nil || string(data) != "{\"a\":\"old\"}\n" || read(t, path) != "{\"a\":\"new\"}\n" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a private file became %v, %v", info.Mode(), err)
	}
}

func TestALinkIsReplacedNotFollowed(t *testing.T) {
	folder := t.TempDir()
	target, path := filepath.Join(folder, "target"), filepath.Join(folder, "out.jsonl")
	if err := errors.Join(os.WriteFile(target, []byte("keep"), 0o600), os.Symlink(target, path)); err != nil {
		t.Fatal(err)
	}
	if _, err := sinkAt(t, path, "").Send(t.Context(), bodies(`{}`)); err != nil || read(t, target) != "keep" || read(t, path) != "{}\n" {
		t.Errorf("%v, %q, %q", err, read(t, target), read(t, path))
	}
}

func TestErrorsAreSorted(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "f"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sinkAt(t, filepath.Join(folder, "f", "out.jsonl"), "").Send(t.Context(), nil)
	if !errors.Is(err, publish.ErrRefused) {
		t.Errorf("a file as folder: %v", err)
	}
	if _, err := sinkAt(t, "/dev/null", "jsonl").Send(t.Context(), nil); !errors.Is(err, publish.ErrRefused) {
		t.Errorf("a device: %v", err)
	}
	if err := sorted(&fs.PathError{Op: "open", Path: "p", Err: fs.ErrPermission}); !errors.Is(err, publish.ErrDenied) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
	if err := sorted(errors.New("full")); errors.Is(err, publish.ErrDenied) || errors.Is(err, publish.ErrRefused) {
		t.Errorf("%v", err)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string // what is wrong
	}{
		{Config{Path: "a.jsonl"}, ""}, {Config{Path: "a.NDJSON"}, ""}, {Config{Path: "a.json"}, ""}, {Config{Path: "a.csv"}, ""},
		{Config{Path: "a", Format: "csv"}, ""}, {Config{Path: "a.csv", Format: "json"}, ""},
		{Config{Path: "a.parquet", Row: suiteRow{}}, ""}, {Config{Path: "a.parquet"}, "columns"},
		{Config{Path: "a"}, "format"}, {Config{Path: "a.txt"}, "format"}, {Config{Path: "a.csv", Format: "xml"}, "format"},
		{Config{Path: "a.csv/"}, "path"}, {Config{Path: "a\x00.csv"}, "path"}, {Config{}, "path format"},
	} {
		err := c.config.Validate()
		if (err == nil) != (c.want == "") {
			t.Errorf("%+v: %v", c.config, err)
		}
		for setting := range strings.FieldsSeq(c.want) {
			if !strings.Contains(err.Error(), setting) {
				t.Errorf("%+v: %v", c.config, err)
			}
		}
		if _, fromNew := New(c.config); (fromNew == nil) != (err == nil) {
			t.Errorf("%+v: New says %v", c.config, fromNew)
		}
	}
}

func TestNamesAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, path := range []string{"a.csv", "b/a.csv", "a/b.csv", "a b.csv", "a\u00e9b.csv", "[.csv", "@.csv", "..csv"} {
		name := sinkAt(t, path, "").Name()
		if seen[name] != "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
			t.Errorf("%q: %s, also of %q", path, name, seen[name])
		}
		seen[name] = path
	}
	if sinkAt(t, "b/../a.csv", "").Name() != sinkAt(t, "a.csv", "").Name() {
		t.Error("one file, two names")
	}
}
