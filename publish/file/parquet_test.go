package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"sparkless/publish"
)

// anything is a value of any kind, as its JSON.
type anything string

func (a *anything) UnmarshalJSON(text []byte) error {
	*a = anything(text)
	return nil
}

// suiteRow are the columns of the suite's records.
type suiteRow struct {
	TimeStamp, NormalProcess    string
	PotentiallyMaliciousProcess anything
	AnomalyScore                float32
	FindingId, DataDay          string
}

func heldParquet(data []byte) (ids []string, err error) {
	rows, err := parquet.Read[struct{ FindingId string }](bytes.NewReader(data), int64(len(data)))
	for _, row := range rows {
		ids = append(ids, row.FindingId)
	}
	return ids, err
}

type tally struct {
	Value string `json:"value" parquet:"value"`
	Count int64  `json:"count" parquet:"count"`
}

// finding has a field of each kind that findings have.
type finding struct {
	Name     string   `json:"n" parquet:"n"`
	Score    int      `json:",omitempty" parquet:",optional"`
	Severity string   `json:",omitempty" parquet:",optional"`
	Rank     float64  //
	Close    float32  //
	Seen     bool     `json:"seen"  parquet:"seen"`
	Paths    []tally  `json:",omitempty" parquet:",list"`
	Reasons  []string `parquet:",list"`
	inner    int      // not published
}

func encoded(t *testing.T, row any, texts ...string) []byte {
	t.Helper()
	encode, err := NewEncoder(Parquet, row)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := encode(t.Context(), &out, bodies(texts...)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What goes in comes out, in types that do not hang on the values of the day.
func TestParquetKeepsValues(t *testing.T) {
	data := encoded(t, finding{}, `{"n":"a\u202eb\u0000","Score":90,"Severity":"High","Rank":1,"Close":0.85714287,"seen":true,"Paths":[{"value":"C:\\x","count":12345678901},{"value":"","count":0}],"Reasons":["=1+1",""]}`,
		`{"n":"","Rank":0.2,"Close":1,"seen":false,"Reasons":null}`, `{}`)
	got, err := parquet.Read[finding](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	want := []finding{
		{Name: "a\u202eb\x00", Score: 90, Severity: "High", Rank: 1, inner: 0, Close: 0.85714287, Seen: true, Paths: []tally{{`C:\x`, 12345678901}, {"", 0}}, Reasons: []string{"=1+1", ""}},
		{Rank: 0.2, Close: 1}, {},
	}
	for i := range got {
		if len(got[i].Paths) == 0 {
			got[i].Paths = nil
		}
		if len(got[i].Reasons) == 0 {
			got[i].Reasons = nil
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	schema := file.Schema().String()
	for _, part := range []string{"required binary n (STRING)", "optional int64 Score (INT(64,true))", "required double Rank", "required float Close", "group Paths (LIST)", "repeated group list", "required binary value (STRING)", "required binary element (STRING)"} {
		if !strings.Contains(schema, part) {
			t.Errorf("%s lacks %q", schema, part)
		}
	}
	if strings.Contains(schema, "inner") {
		t.Errorf("%s has what is not published", schema)
	}
	// A day without findings has the same columns.
	none := encoded(t, finding{})
	if file, err = parquet.OpenFile(bytes.NewReader(none), int64(len(none))); err != nil || file.Schema().String() != schema || file.NumRows() != 0 {
		t.Errorf("%v: %v", err, file)
	}
}

// What a column cannot hold is refused, and not lost.
func TestParquetRefusesWhatItCannotHold(t *testing.T) {
	encode, err := NewEncoder(Parquet, finding{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`{"n":"a","New":1}`, `{"n":1}`, `{"Score":1.5}`, `{"Paths":[{"value":"a","more":1}]}`, `[1]`, `{"n":"a","n":"b"}`, `{}{}`} {
		var out bytes.Buffer
		if err := encode(t.Context(), &out, bodies(text)); !errors.Is(err, publish.ErrRefused) || !strings.Contains(err.Error(), "r0") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for what, row := range map[string]any{"nothing": nil, "no struct": 1, "a channel": struct{ C chan int }{}, "a map": struct{ M []map[string]int }{}} {
		if _, err := NewEncoder(Parquet, row); err == nil || !strings.Contains(err.Error(), "column") {
			t.Errorf("%s: %v", what, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := encode(ctx, &bytes.Buffer{}, bodies(`{}`)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The encoders write to any writer what a sink writes into its file.
func TestEncodersWriteWhatFilesHold(t *testing.T) {
	text := `{"n":"=a\u202e","Score":5,"Paths":[{"value":"x","count":1}]}`
	for _, format := range []string{JSONLines, JSON, CSV, Parquet} {
		path := filepath.Join(t.TempDir(), "out."+format)
		sink, err := New(Config{Path: path, Row: finding{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sink.Send(t.Context(), bodies(text)); err != nil {
			t.Fatal(err)
		}
		encode, err := NewEncoder(format, finding{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := encode(t.Context(), &out, bodies(text)); err != nil {
			t.Fatal(err)
		}
		if held, err := os.ReadFile(path); err != nil || !bytes.Equal(held, out.Bytes()) || len(held) == 0 {
			t.Errorf("%s: %q and %q, %v", format, held, out.Bytes(), err)
		}
	}
}

// FuzzParquet writes what an attacker may name things, and reads it again.
func FuzzParquet(f *testing.F) {
	for _, s := range []string{"", "a\x00\u202e", "\xff", "PAR1"} {
		f.Add(s, s, int64(7))
	}
	f.Fuzz(func(t *testing.T, a, b string, n int64) {
		in := finding{Name: strings.ToValidUTF8(a, "\uFFFD"), Paths: []tally{{strings.ToValidUTF8(b, "\uFFFD"), n}}, Reasons: []string{strings.ToValidUTF8(b, "\uFFFD")}}
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		data := encoded(t, finding{}, string(text))
		got, err := parquet.Read[finding](bytes.NewReader(data), int64(len(data)))
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], in) {
			t.Errorf("%+v, %v; want %+v", got, err, in)
		}
	})
}
