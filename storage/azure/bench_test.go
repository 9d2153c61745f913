package azure

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"sparkless/bench/sample"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/secret"
)

// The benchmarks read from a server in a process of its own, so that the CPU time
// of this one is the client's. They report it as MB per CPU second: rates on one
// machine depend on what else it does.

// serverVariable tells the test binary to be that server.
const serverVariable = "BLOB_SERVER"

// blobServer answers range requests over TLS as the service does. Blobs below
// "slow/" come with the delays of a distant account.
func blobServer() {
	cfg := sample.Default()
	cfg.Events = 60_000
	var data []byte
	if _, err := sample.Generate(cfg, func(_ string, blob []byte) error {
		data = append(data, blob...)
		return nil
	}); err != nil {
		panic(err)
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var first, last int
		if _, err := fmt.Sscanf(r.Header.Get("x-ms-range"), "bytes=%d-%d", &first, &last); err != nil {
			refuse(w, 400, "InvalidHeaderValue")
			return
		}
		var out io.Writer = w
		if strings.Contains(r.URL.Path, "/slow/") {
			time.Sleep(firstByte)
			out = &throttle{w, time.Now()}
		}
		sendPart(w, nil, first, len(data), func(h http.Header) {
			h.Set("Content-Length", fmt.Sprint(last-first+1))
			h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(data)))
		})
		out.Write(data[first : last+1])
	}))
	fmt.Println(server.URL, len(data))
	io.Copy(io.Discard, os.Stdin) // until the benchmark ends
}

// A connection to a storage account, as far as it is simulated.
const (
	firstByte      = 25 * time.Millisecond
	bytesPerSecond = 60e6
)

// throttle lets through what one connection carries.
type throttle struct {
	w    io.Writer
	next time.Time // when more may be sent
}

func (t *throttle) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		chunk := p[:min(len(p), 256<<10)]
		time.Sleep(time.Until(t.next))
		t.next = t.next.Add(time.Duration(float64(len(chunk)) / bytesPerSecond * 1e9))
		var m int
		m, err = t.w.Write(chunk)
		n, p = n+m, p[len(chunk):]
	}
	return n, err
}

// distant is the server and a store that reads from it.
type distant struct {
	url   string
	size  int64
	store *Store
}

func startDistant(b *testing.B) *distant {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVariable+"=1")
	cmd.Stderr = os.Stderr
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil || err1 != nil || err2 != nil {
		b.Fatal(err, err1, err2)
	}
	b.Cleanup(func() { stdin.Close(); cmd.Wait() })
	d := &distant{}
	text, err := bufio.NewReader(stdout).ReadString('\n')
	if _, scanErr := fmt.Sscan(text, &d.url, &d.size); scanErr != nil {
		b.Fatal(text, err, scanErr)
	}
	if d.store, err = New(Config{Endpoint: d.url + "/acct", SAS: secret.New(someSAS), Container: "am-securityevent"}); err != nil {
		b.Fatal(err)
	}
	twin := httptest.NewTLSServer(nil) // all of them have one certificate
	twin.Close()
	d.store.transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	d.store.transport.TLSClientConfig.RootCAs.AddCert(twin.Certificate())
	return d
}

// measure calls read for the whole blob, and reports its cost.
func (d *distant) measure(b *testing.B, bytes int64, read func() error) {
	b.SetBytes(bytes)
	before := cpu(b)
	for b.Loop() {
		if err := read(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(bytes)*float64(b.N)/1e6/(cpu(b)-before).Seconds(), "MB/cpu-s")
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchLanes = 4

// inPieces calls do for the blob's pieces of 8 MiB, a few at a time.
func (d *distant) inPieces(do func(offset, length int64) (io.ReadCloser, error)) error {
	var group errgroup.Group
	var next atomic.Int64
	for range benchLanes {
		group.Go(func() error {
			buf := make([]byte, 256<<10)
			for {
				const piece = 8 << 20
				at := next.Add(piece) - piece
				if at >= d.size {
					return nil
				}
				body, err := do(at, min(piece, d.size-at))
				if err != nil {
					return err
				}
				for err == nil {
					_, err = body.Read(buf)
				}
				if body.Close(); !errors.Is(err, io.EOF) {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// scan reads parts in lanes and counts the records.
func scan(l *event.Lanes, r storage.Reader, parts []event.Range) error {
	cfg := sample.Default()
	q := event.Query{EventIDs: []int{4688}, Columns: []string{"Process", "NewProcessName", "Computer"}}
	reading := l.Read(r, q, event.Day(cfg.Day), parts)
	var group errgroup.Group
	var found atomic.Int64
	for range reading.Lanes() {
		group.Go(func() error {
			n := int64(0)
			defer func() { found.Add(n) }()
			return reading.Lane(context.Background(), func(*event.Record) { n++ })
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if s := reading.Stats(); s.Records == 0 || s.Records != found.Load() {
		return fmt.Errorf("%d records, %+v", found.Load(), s)
	}
	return nil
}

// BenchmarkHTTPS compares a scan with receiving and discarding the same bytes.
func BenchmarkHTTPS(b *testing.B) {
	d := startDistant(b)
	blob := storage.Blob{Name: "x.json", Size: d.size, ETag: "0x1"}
	retry := storage.Retry(d.store, storage.Policy{})
	b.Run("discard", func(b *testing.B) {
		client := &http.Client{Transport: d.store.transport}
		d.measure(b, d.size, func() error {
			return d.inPieces(func(offset, length int64) (io.ReadCloser, error) {
				r, err := http.NewRequest("GET", d.url+"/acct/am-securityevent/x.json", nil)
				if err != nil {
					return nil, err
				}
				r.Header.Set("x-ms-range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
				answer, err := client.Do(r)
				if err != nil {
					return nil, err
				}
				return answer.Body, nil
			})
		})
	})
	b.Run("store", func(b *testing.B) {
		d.measure(b, d.size, func() error {
			return d.inPieces(func(offset, length int64) (io.ReadCloser, error) {
				return retry.Open(context.Background(), blob, offset, length)
			})
		})
	})
	b.Run("scan", func(b *testing.B) {
		l := event.NewLanes(benchLanes, benchLanes)
		d.measure(b, d.size, func() error {
			return scan(l, retry, []event.Range{event.Whole(blob)})
		})
	})
}

// BenchmarkDistant reads from an account where each connection gives 60 MB/s
// after 25 ms: blobs that are cut, and 300 small ones that are not.
func BenchmarkDistant(b *testing.B) {
	d := startDistant(b)
	retry := storage.Retry(d.store, storage.Policy{})
	parts := func(count, size int64) (parts []event.Range) {
		for n := range count {
			blob := storage.Blob{Name: fmt.Sprintf("slow/%d.json", n), Size: size, ETag: "0x1"}
			parts = append(parts, event.Whole(blob))
		}
		return parts
	}
	for _, c := range []struct {
		name  string
		parts []event.Range
	}{{"large", parts(8, d.size)}, {"4MiB", parts(300, 4<<20)}, {"1MiB", parts(300, 1<<20)}} {
		for _, lanes := range []int{1, 4, 16, 32} {
			b.Run(fmt.Sprintf("%s/%d", c.name, lanes), func(b *testing.B) {
				l := event.NewLanes(lanes, lanes)
				d.measure(b, int64(len(c.parts))*c.parts[0].Length, func() error { return scan(l, retry, c.parts) })
			})
		}
	}
}
