package network

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// echo answers with what it was sent, and counts.
func echo(t *testing.T) (url string, seen *atomic.Int32) {
	seen = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		data, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Path", r.URL.RequestURI())
		w.Header().Set("X-Got", r.Header.Get("X-Sent"))
		w.Write(data)
	}))
	t.Cleanup(server.Close)
	return server.URL, seen
}

// answer is the head of an answer; a status of 0 is none.
type answer struct {
	status int
	header http.Header
}

// post sends data and returns what arrives.
func post(ctx context.Context, url string, data []byte) (head answer, got []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return answer{}, nil, err
	}
	r.Header.Set("X-Sent", "sent")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return answer{}, nil, err
	}
	defer resp.Body.Close()
	got, err = io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header}, got, err
}

// Each kind does what it says, to the client and to the server.
func TestKinds(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	for _, test := range []struct {
		fault  Fault
		status int   // 0: no answer
		bytes  int   // of the body
		err    error // nil: none
		acts   int32 // requests that the server sees
	}{
		{Fault{}, 200, len(data), nil, 1},
		{Fault{Kind: Slow}, 200, len(data), nil, 1},
		{Fault{Kind: Reset}, 0, 0, syscall.ECONNRESET, 0},
		{Fault{Kind: Lose}, 0, 0, syscall.ECONNRESET, 1},
		{Fault{Kind: Stall}, 0, 0, context.DeadlineExceeded, 0},
		{Fault{Kind: StallBody, Bytes: 77}, 200, 77, context.DeadlineExceeded, 1},
		{Fault{Kind: Truncate, Bytes: 77}, 200, 77, io.ErrUnexpectedEOF, 1},
		{Fault{Kind: Truncate}, 200, 0, io.ErrUnexpectedEOF, 1},
		{Fault{Kind: Truncate, Bytes: 1 << 40}, 200, len(data), nil, 1},
		{Fault{Kind: Refuse, Status: 429, RetryAfter: "9"}, 429, 0, nil, 0},
		{Fault{Kind: Refuse, Status: 503}, 503, 0, nil, 0},
	} {
		url, seen := echo(t)
		p := Start(t, url+"/base")
		p.Use(func(Call) Fault { return test.fault })
		ctx, cancel := context.WithCancel(t.Context())
		if test.err == context.DeadlineExceeded {
			ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		}
		head, got, err := post(ctx, p.URL+"/x?a=%2Fb", data)
		cancel()
		// While the request is still being written a reset has many names.
		broken := test.err == syscall.ECONNRESET && err != nil
		if !errors.Is(err, test.err) && !broken || seen.Load() != test.acts || !bytes.Equal(got, data[:test.bytes]) {
			t.Errorf("%+v: %d bytes, %v, the server sees %d requests", test.fault, len(got), err, seen.Load())
		}
		if head.status != test.status {
			t.Errorf("%+v: status %d", test.fault, head.status)
		}
		if test.status == 200 && (head.header.Get("X-Path") != "/base/x?a=%2Fb" || head.header.Get("X-Got") != "sent") {
			t.Errorf("%+v: the server sees %v", test.fault, head.header)
		}
		if test.fault.RetryAfter != "" && head.header.Get("Retry-After") != test.fault.RetryAfter {
			t.Errorf("%+v: %v", test.fault, head.header)
		}
		if want := min(int(test.fault.Kind), 1); p.Faults() != want {
			t.Errorf("%+v: %d faults", test.fault, p.Faults())
		}
	}
}

// A reset may overtake bytes that were sent before it, but it is an error.
func TestResetBody(t *testing.T) {
	url, _ := echo(t)
	p := Start(t, url)
	var called atomic.Int32
	p.Use(func(Call) Fault { return Fault{Kind: ResetBody, Bytes: 5000, Then: func() { called.Add(1) }} })
	_, got, err := post(t.Context(), p.URL, make([]byte, 10_000))
	if err == nil || len(got) > 5000 || called.Load() != 1 {
		t.Errorf("%d bytes, %v, called %d times", len(got), err, called.Load())
	}
}

// A server that is not there is a connection that breaks.
func TestNoServer(t *testing.T) {
	const nobody = "http://127.0.0.1:1" // a port that no server is given
	if head, _, err := post(t.Context(), Start(t, nobody).URL, nil); err == nil {
		t.Errorf("answered %v", head.status)
	}
}

// A seed always gives the same faults, and never three in a row.
func TestSeeded(t *testing.T) {
	kinds := []Kind{Reset, Refuse, Truncate}
	one, again, other := Seeded(1, 0.5, kinds...), Seeded(1, 0.5, kinds...), Seeded(2, 0.5, kinds...)
	faults, same, row := 0, 0, 0
	seen := map[Kind]int{}
	for i := range 3000 {
		c := Call{Method: "GET", Path: "/" + strings.Repeat("x", i/30), N: i % 30}
		f := one(c)
		if g := again(c); f.Kind != g.Kind || f.Bytes != g.Bytes || f.Status != g.Status {
			t.Fatalf("%+v: %+v and %+v", c, f, g)
		}
		seen[f.Kind]++
		if f.Kind == Pass {
			row = 0
			continue
		}
		if faults++; f.Kind == other(c).Kind {
			same++
		}
		if row++; row > 2 {
			t.Fatalf("%+v: three in a row", c)
		}
	}
	if faults < 850 || faults > 1150 || same > faults/2 || len(seen) != 4 {
		t.Errorf("%d faults, %d as with another seed, of kinds %v", faults, same, seen)
	}
}
