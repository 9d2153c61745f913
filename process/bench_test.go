package process_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"sparkless/bench/sample"
	"sparkless/process"
	"sparkless/storage"
	"sparkless/storage/event"
)

// memory is a Reader of one blob.
type memory []byte

func (m memory) List(context.Context, string) iter.Seq2[storage.Blob, error] { panic("not used") }

func (m memory) Open(_ context.Context, _ storage.Blob, offset, length int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m[offset : offset+length])), nil
}

// benchSample reads the default sample day.
func benchSample(b *testing.B, each func(*event.Record)) {
	cfg := sample.Default()
	var lines bytes.Buffer
	if _, err := sample.Generate(cfg, func(_ string, data []byte) error {
		lines.Write(data)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	blob := storage.Blob{Name: "PT05M.json", Size: int64(lines.Len())}
	events, start := int64(0), usedTime()
	b.SetBytes(blob.Size)
	b.ReportAllocs()
	for b.Loop() {
		s := event.NewScanner(process.New(process.DefaultParams(), "bench", 1).Spec().Query, event.Day(cfg.Day))
		if err := s.Open(b.Context(), memory(lines.Bytes()), event.Whole(blob)); err != nil {
			b.Fatal(err)
		}
		for s.Scan() {
			each(s.Record())
		}
		events = s.Stats().Records
		s.Close()
	}
	b.ReportMetric(float64(usedTime()-start)/float64(b.N)/float64(events), "cpu-ns/event")
}

// The difference of the two is what the hunt adds to the reading.
func BenchmarkRead(b *testing.B) { benchSample(b, func(*event.Record) {}) }

func BenchmarkReadAndAdd(b *testing.B) {
	s := process.NewState()
	benchSample(b, s.Add)
}

func ptr(s string) *string { return &s }

// startOf is an execution.
func startOf(at int64, path, host, parent, account, command string) *event.Record {
	return event.NewRecord(at, nil, ptr(path), ptr(host), ptr(parent), ptr(account), ptr(command))
}

const typical = `"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" --type=renderer --lang=en-GB --device-scale-factor=1 --num-raster-threads=4 `

// usedTime is the processor time that the program has used: on a busy machine it says more
// than the clock.
func usedTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAddAgain(b *testing.B) {
	s := process.NewState()
	r := startOf(1e18, `C:\Windows\System32\svchost.exe`, "HOST1", `C:\Windows\System32\services.exe`, `CONTOSO\HOST1$`, typical)
	b.ReportAllocs()
	start := usedTime()
	for b.Loop() {
		s.Add(r)
	}
	b.ReportMetric(float64(usedTime()-start)/float64(b.N), "cpu-ns/op")
}

func BenchmarkAddNewCommand(b *testing.B) {
	var all []*event.Record
	for i := range 1 << 18 {
		all = append(all, startOf(1e18, `C:\Windows\System32\svchost.exe`, fmt.Sprint("HOST", i%500), `C:\Windows\System32\services.exe`, `CONTOSO\HOST1$`, fmt.Sprint(typical, i)))
	}
	s := process.NewState()
	b.ReportAllocs()
	i, start := 0, usedTime()
	for b.Loop() {
		s.Add(all[i%len(all)])
		i++
	}
	b.ReportMetric(float64(usedTime()-start)/float64(b.N), "cpu-ns/op")
}

// A day is read into many states. Cold, each finds out by itself what texts mean; warm, it
// goes on with what the ones before it knew.
func BenchmarkAddToManyStates(b *testing.B) {
	const states, each = 16, 4000
	rng := rand.New(rand.NewPCG(1, 1))
	all := make([]*event.Record, states*each)
	for i := range all {
		host, user := fmt.Sprint("HOST", rng.IntN(1000)), fmt.Sprint("user", rng.IntN(1000))
		path, command := fmt.Sprintf(`C:\Program Files\Vendor\Tool %d\tool.exe`, rng.IntN(500)), typical
		if rng.IntN(3) == 0 {
			path = fmt.Sprintf(`C:\Users\%s\AppData\Local\Vendor\App%d\app.exe`, user, rng.IntN(9))
		}
		if rng.IntN(3) == 0 {
			command = fmt.Sprint(typical, i)
		}
		all[i] = startOf(1e18+int64(i)*1e9, path, host, `C:\Windows\System32\services.exe`, `CONTOSO\`+user, command)
	}
	d := process.New(process.DefaultParams(), "bench", 1)
	for _, of := range []struct {
		name  string
		empty func() *process.State
	}{{"cold", process.NewState}, {"warm", d.New}} {
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			start := usedTime()
			for b.Loop() {
				for some := range slices.Chunk(all, each) {
					s := of.empty()
					for _, r := range some {
						s.Add(r)
					}
					s.Rest()
				}
			}
			b.ReportMetric(float64(usedTime()-start)/float64(b.N)/float64(len(all)), "cpu-ns/event")
		})
	}
}
