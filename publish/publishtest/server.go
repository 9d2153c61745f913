// Package publishtest holds the suite that every sink passes, and local servers
// that take records as the ingestion APIs of Azure Monitor do.
package publishtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// closeTime is how long Close waits for requests in progress.
const closeTime = 5 * time.Second

// Row is a record as the service stores it.
type Row struct {
	Table         string    // Log-Type with _CL, or the name of the stream
	TimeGenerated time.Time // from the field that is meant for it, or the time of arrival
	ResourceID    string    // from x-ms-AzureResourceId
	// Columns are the names, in the order of the record.
	Columns []string
	// Values by column: string, bool, float64, int32, int64, time.Time, and
	// json.RawMessage where the type is dynamic.
	Values map[string]any
}

// Post is one request that the server has read, whatever the answer.
type Post struct {
	Date    string // x-ms-date
	Bytes   int    // of the body as it came
	Plain   int    // of the body without its content encoding; 0 where none can be
	Records int    // taken
	Status  int    // answered, or 0 when the connection was dropped
}

// Fault spoils the answer to one request that is in order.
type Fault struct {
	// Status to answer with; 0 drops the connection without an answer.
	Status int
	// Code is the error code in the answer; empty for the usual one.
	Code string
	// Message is the text in the answer.
	Message string
	// RetryAfter is sent in whole seconds, if it is at least one.
	RetryAfter time.Duration
	// Taken stores the records all the same, as when an answer is lost.
	Taken bool
}

// refusal is an answer other than success.
type refusal struct {
	status        int // 0: none, the connection is dropped
	code, message string
	after         time.Duration // Retry-After
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message}
}

// refusal is the answer of a fault; usual has the code for each status.
func (f Fault) refusal(usual map[int]string) *refusal {
	no := refuse(f.Status, cmp.Or(f.Code, usual[f.Status]), cmp.Or(f.Message, "scripted"))
	no.after = f.RetryAfter
	return no
}

// server is what the local servers have in common: a life on a loopback port,
// what they store, and faults that are played in turn.
type server struct {
	serve    http.HandlerFunc
	accepted func(Row)
	usual    map[int]string // error code by status

	http  *http.Server
	url   string
	ended chan error

	taking sync.Mutex // held while the rows of one request are stored and reported
	mu     sync.Mutex // guards what follows
	rows   []Row
	posts  []Post
	script []Fault
}

// Start listens on address, a loopback host with a port; empty means any free
// port of 127.0.0.1. It returns when the server takes requests.
func (s *server) Start(address string) error {
	if s.http != nil {
		return errors.New("the server was started before")
	}
	l, err := net.Listen("tcp", cmp.Or(address, "127.0.0.1:0"))
	if err != nil {
		return err
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("%s is no loopback address", address), l.Close())
	}
	s.url = "http://" + l.Addr().String()
	s.http = &http.Server{Handler: s.serve, ReadHeaderTimeout: 10 * time.Second}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.http.Serve(l) }()
	return nil
}

// URL is the endpoint for a client, http://127.0.0.1:<port>, after Start.
func (s *server) URL() string { return s.url }

// Close ends the server. What was stored stays readable.
func (s *server) Close() error {
	if s.http == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close() // somebody keeps a request open
	}
	if end := <-s.ended; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	s.http = nil
	return err
}

// Rows returns what is stored, in order of arrival.
func (s *server) Rows() []Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rows)
}

// Posts returns the requests so far whose body was read.
func (s *server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posts)
}

// Script adds faults for the next requests that are in order, one for each.
func (s *server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, faults...)
}

// note keeps a request and what became of it.
func (s *server) note(post Post) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts = append(s.posts, post)
}

// take stores the rows of one request, unless a fault says otherwise, and returns
// how many. Admit, which may be nil, refuses rows or returns what else to store;
// both are called under s.mu.
func (s *server) take(rows []Row, admit func([]Row) (store func(), no *refusal)) (int, *refusal) {
	s.taking.Lock()
	defer s.taking.Unlock()
	no, taken := s.keep(rows, admit)
	if !taken {
		return 0, no
	}
	if s.accepted != nil {
		for _, row := range rows {
			s.accepted(row)
		}
	}
	return len(rows), no
}

func (s *server) keep(rows []Row, admit func([]Row) (func(), *refusal)) (no *refusal, taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	store, no := func() {}, (*refusal)(nil)
	if admit != nil {
		if store, no = admit(rows); no != nil {
			return no, false
		}
	}
	if len(s.script) > 0 {
		fault := s.script[0]
		s.script, no = s.script[1:], fault.refusal(s.usual)
		if !fault.Taken {
			return no, false
		}
	}
	s.rows = append(s.rows, rows...)
	store()
	return no, true
}

// reply answers with success, or with no and what says makes of it.
func reply(w http.ResponseWriter, success int, no *refusal, says func(*refusal) any) {
	if no == nil {
		w.WriteHeader(success)
		return
	}
	if no.status == 0 {
		panic(http.ErrAbortHandler) // drops the connection
	}
	if seconds := int(no.after / time.Second); seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(no.status)
	// A client that went away needs no answer.
	_ = json.NewEncoder(w).Encode(says(no))
}
