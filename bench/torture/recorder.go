package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// recorder is an HTTP server in front of a destination. It lets one request
// through after the other, so that what came in one batch is known, and holds
// some of them up, so that kills hit deliveries.
type recorder struct {
	name   string
	fresh  freshSink
	inner  http.Handler
	slow   time.Duration
	server *http.Server
	url    string
	ended  chan error

	serving sync.Mutex // held for a request
	got     []record   // of the present request

	mu      sync.Mutex
	closed  *sync.Cond
	open    int // connections
	step    int
	batches []batch
}

// freshSink makes a destination that holds nothing. It tells accepted of each row
// that it takes. Env is that of a process that sends to it at url.
type freshSink func(url string, accepted func(record)) (inner http.Handler, env []string, err error)

// newRecorder starts a server for what fresh makes, once renew was called.
func newRecorder(name string, slow time.Duration, fresh freshSink) (*recorder, error) {
	r := &recorder{name: name, fresh: fresh, slow: slow, ended: make(chan error, 1)}
	r.closed = sync.NewCond(&r.mu)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r.url = "http://" + l.Addr().String()
	r.server = &http.Server{Handler: r, ConnState: r.connection, ReadHeaderTimeout: 10 * time.Second}
	go func() { r.ended <- r.server.Serve(l) }()
	return r, nil
}

// renew forgets all that the destination holds, and returns the environment of a
// process that sends to it.
func (r *recorder) renew() (env []string, err error) {
	r.serving.Lock()
	defer r.serving.Unlock()
	r.take()
	r.inner, env, err = r.fresh(r.url, func(rec record) { r.got = append(r.got, rec) })
	return env, err
}

func (r *recorder) close() error {
	err := r.server.Close()
	if end := <-r.ended; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

func (r *recorder) connection(_ net.Conn, s http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch s {
	case http.StateNew:
		r.open++
	case http.StateClosed, http.StateHijacked:
		r.open--
		r.closed.Broadcast()
	}
}

// ServeHTTP passes a request on and notes what was taken.
func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == quietPath {
		return
	}
	r.serving.Lock()
	defer r.serving.Unlock()
	hold(req.Context(), r.slow)
	r.got = nil
	r.inner.ServeHTTP(delayed{w, func() { hold(req.Context(), r.slow) }}, req)
	if len(r.got) > 0 {
		r.mu.Lock()
		r.batches = append(r.batches, batch{r.step, r.got})
		r.mu.Unlock()
	}
}

// delayed answers later: what was sent is taken, and the client does not know.
type delayed struct {
	http.ResponseWriter
	wait func()
}

func (d delayed) WriteHeader(status int) {
	d.wait()
	d.ResponseWriter.WriteHeader(status)
}

// hold waits, or until the client has gone.
func hold(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// begin says to which step the following batches belong.
func (r *recorder) begin(step int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.step = step
}

// take returns the batches so far and forgets them.
func (r *recorder) take() []batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.batches
	r.batches = nil
	return b
}

const quietPath = "/quiet"

// quiet returns when no request of a process that is gone is left. A connection
// made now is accepted behind all of its connections.
func (r *recorder) quiet() error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(r.url + quietPath)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.open > 0 {
		r.closed.Wait()
	}
	return nil
}
