// Package network is a bad network: a proxy on a port of this machine, between
// any HTTP client and a server, that misbehaves when told to. Bytes, connections
// and their ends are real.
package network

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Kind is what becomes of a request.
type Kind int

// What can become of a request. Pass is the zero value.
const (
	// Pass hands request and answer on.
	Pass Kind = iota
	// Reset resets the connection; the server does not see the request.
	Reset
	// Refuse answers Status, with RetryAfter if that is set; the server does not
	// see the request.
	Refuse
	// Lose resets the connection after the server has acted.
	Lose
	// Stall never answers; the server does not see the request.
	Stall
	// StallBody hands on the answer's head and Bytes of its body, then nothing.
	StallBody
	// Truncate ends the connection in good order after the head and Bytes of the
	// body, of which the head declares more.
	Truncate
	// ResetBody is Truncate with a reset.
	ResetBody
	// Slow hands on the body in small pieces with pauses of a millisecond.
	Slow
)

// Fault says what becomes of one request.
type Fault struct {
	Kind Kind
	// Status and RetryAfter (a header's value) are for Refuse.
	Status     int
	RetryAfter string
	// Bytes is how much of a body comes before its fault.
	Bytes int64
	// Then, if set, is called when Bytes of a body have been sent, before its
	// fault. It may change what the server holds.
	Then func()
}

// Call is a request that reached the proxy.
type Call struct {
	Method, Path, Query string
	// N is how many calls with the same Method, Path and Query came before.
	N int
}

// Proxy is a running proxy.
type Proxy struct {
	// URL leads to the server through the proxy, without a slash at the end.
	URL string

	server *httptest.Server
	target *url.URL
	out    *http.Transport
	closed chan struct{} // ends what stalls

	mu     sync.Mutex
	script func(Call) Fault
	calls  map[Call]int
	faults int
}

// Start runs a proxy for the duration of the test t. target is the URL of the
// server; its path, if any, is part of Proxy.URL. Until Use is called it passes
// everything on.
func Start(t testing.TB, target string) *Proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: u, out: &http.Transport{DisableCompression: true}, closed: make(chan struct{}), calls: map[Call]int{}}
	p.server = httptest.NewServer(p)
	p.URL = p.server.URL + u.Path
	t.Cleanup(func() {
		close(p.closed)
		p.server.CloseClientConnections()
		p.server.Close()
		p.out.CloseIdleConnections()
	})
	return p
}

// Use has script decide from now on, which may be called from many goroutines,
// and counts calls and faults anew. A nil script passes everything on.
func (p *Proxy) Use(script func(Call) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script, p.calls, p.faults = script, map[Call]int{}, 0
}

// Faults is how many requests since Use were not just passed on.
func (p *Proxy) Faults() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults
}

// Seeded returns a script that lets about share (0 to 1) of the calls fail, in
// ways that follow from seed and the call alone, not from the order in which
// requests arrive. Of calls that are alike never more than two in a row fail,
// so that retries succeed. The faults are of the given kinds.
func Seeded(seed uint64, share float64, kinds ...Kind) func(Call) Fault {
	return func(c Call) Fault {
		h := fnv.New64a()
		fmt.Fprint(h, c)
		random := rand.New(rand.NewPCG(seed, h.Sum64()))
		if c.N%3 == 2 || random.Float64() >= share {
			return Fault{}
		}
		f := Fault{Kind: kinds[random.IntN(len(kinds))], Bytes: random.Int64N(1 << random.IntN(20))}
		f.Status = []int{500, 503, 429}[random.IntN(3)]
		return f
	}
}

func (p *Proxy) fault(r *http.Request) Fault {
	p.mu.Lock()
	c := Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
	n, script := p.calls[c], p.script
	p.calls[c]++
	p.mu.Unlock()
	if script == nil {
		return Fault{}
	}
	c.N = n
	f := script(c)
	if f.Kind != Pass {
		p.mu.Lock()
		p.faults++
		p.mu.Unlock()
	}
	return f
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.fault(r)
	switch f.Kind {
	case Reset:
		reset(w)
	case Refuse:
		io.Copy(io.Discard, r.Body)
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		w.WriteHeader(f.Status)
	case Stall:
		io.Copy(io.Discard, r.Body) // or the server would not notice that the client leaves
		p.stall(r.Context())
	default:
		answer, err := p.ask(r)
		if err != nil {
			reset(w)
			return
		}
		defer answer.Body.Close()
		if f.Kind == Lose {
			io.Copy(io.Discard, answer.Body)
			reset(w)
			return
		}
		p.answer(w, r, answer, f)
	}
}

// ask passes the request on.
func (p *Proxy) ask(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = p.target.Scheme, p.target.Host, ""
	out.Header.Del("Connection")
	if r.ContentLength == 0 {
		out.Body = http.NoBody
	}
	return p.out.RoundTrip(out)
}

// answer hands the answer on, as far as the fault lets it.
func (p *Proxy) answer(w http.ResponseWriter, r *http.Request, answer *http.Response, f Fault) {
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	out := http.NewResponseController(w)
	switch f.Kind {
	case StallBody, Truncate, ResetBody:
		_, err := io.CopyN(w, answer.Body, f.Bytes)
		out.Flush()
		if f.Then != nil {
			f.Then()
		}
		if r.Method == http.MethodHead || err == io.EOF {
			return // there is no more to lose
		}
		switch f.Kind {
		case StallBody:
			p.stall(r.Context())
		case ResetBody:
			reset(w)
		}
		panic(http.ErrAbortHandler) // ends the connection
	case Slow:
		slowly(r.Context(), w, answer.Body)
	default:
		if _, err := io.Copy(w, answer.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// stall waits for the client to give up.
func (p *Proxy) stall(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-p.closed:
	}
	panic(http.ErrAbortHandler)
}

// slowly copies in at most 20 pieces.
func slowly(ctx context.Context, w http.ResponseWriter, body io.Reader) {
	data, err := io.ReadAll(body)
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	for piece := len(data)/20 + 1; len(data) > 0; data = data[min(piece, len(data)):] {
		w.Write(data[:min(piece, len(data))])
		http.NewResponseController(w).Flush()
		select {
		case <-pause.C:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// reset ends the client's connection without a word (TCP RST).
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
