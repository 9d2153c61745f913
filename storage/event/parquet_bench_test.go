package event_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"sparkless/storage/event"
)

// creation is an event as a row: optional columns, as most writers make them.
type creation struct {
	TimeGenerated     string  `parquet:"TimeGenerated,optional"`
	EventID           *int32  `parquet:"EventID,optional,dict"`
	Computer          *string `parquet:"Computer,optional,dict"`
	Account           *string `parquet:"Account,optional,dict"`
	Activity          *string `parquet:"Activity,optional,dict"`
	Process           *string `parquet:"Process,optional,dict"`
	NewProcessName    *string `parquet:"NewProcessName,optional,dict"`
	ParentProcessName *string `parquet:"ParentProcessName,optional,dict"`
	CommandLine       *string `parquet:"CommandLine,optional"`
}

// creations writes rows of which half are process creations.
func creations(tb testing.TB, n int, options ...parquet.WriterOption) []byte {
	rng := rand.New(rand.NewPCG(4688, uint64(n)))
	var file bytes.Buffer
	w := parquet.NewGenericWriter[creation](&file, append(options, parquet.MaxRowsPerRowGroup(122_880))...)
	text := func(format string, of int) *string {
		s := fmt.Sprintf(format, int(float64(of)*rng.Float64()*rng.Float64()*rng.Float64()))
		return &s
	}
	rows := make([]creation, 0, 1000)
	at := day.From
	for i := range n {
		at = at.Add(time.Duration(rng.Int64N(100)) * time.Millisecond)
		id := int32(4624 + 64*rng.IntN(2))
		r := creation{TimeGenerated: at.Format("2006-01-02T15:04:05.0000000Z"), EventID: &id, Computer: text("host%d.corp.example", 2000), Account: text(`CORP\user%d`, 3000)}
		if id == 4688 {
			r.Process, r.NewProcessName, r.ParentProcessName = text("process%d.exe", 20000), text(`C:\Program Files\Vendor\process%d.exe`, 30000), text(`C:\Windows\System32\parent%d.exe`, 300)
			r.CommandLine = text(`"C:\Program Files\Vendor\tool.exe" --quiet --job=%d`, 1<<30)
		}
		if rows = append(rows, r); len(rows) == cap(rows) || i == n-1 {
			if _, err := w.Write(rows); err != nil {
				tb.Fatal(err)
			}
			rows = rows[:0]
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

func BenchmarkParquet(b *testing.B) {
	const n = 250_000
	for name, options := range map[string][]parquet.WriterOption{
		"zstd":   {parquet.Compression(&parquet.Zstd)},
		"snappy": {parquet.Compression(&parquet.Snappy)},
		"plain":  {parquet.DictionaryMaxBytes(1)},
	} {
		file := creations(b, n, options...)
		for columns, q := range map[string]event.Query{
			"narrow": {EventIDs: []int{4688}, Columns: []string{"Process"}},
			"wide":   {EventIDs: []int{4688}, Columns: []string{"Process", "NewProcessName", "Computer", "ParentProcessName", "Account", "CommandLine"}},
		} {
			b.Run(name+"/"+columns, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(file)))
				for b.Loop() {
					s := event.NewScanner(q, day)
					if err := s.Open(b.Context(), blob{data: file}, event.Whole(parquetBlob(file))); err != nil {
						b.Fatal(err)
					}
					for s.Scan() {
						for i := range q.Columns {
							_ = s.Record().Value(i).Raw()
						}
					}
					if s.Err() != nil || s.Stats().Lines != n || s.Stats().Records < n/3 {
						b.Fatal(s.Err(), s.Stats())
					}
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
