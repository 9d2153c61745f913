// Package publishtest holds the suite that every sink passes, and a local server
// that takes records as the HTTP Data Collector API does.
package publishtest

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// maxPost is the size in bytes over which a post is answered with 404. It takes
// the documented 30 MB in the narrower, decimal sense.
const maxPost = 30_000_000

// closeTime is how long Close waits for requests in progress.
const closeTime = 5 * time.Second

// DataCollectorConfig says whose data the server takes.
type DataCollectorConfig struct {
	WorkspaceID string // a GUID
	SharedKey   string // base64
	// Now replaces the clock. Optional.
	Now func() time.Time
	// Accepted is called for each stored row, in order and one call at a time,
	// before the request is answered. Optional. It must not call the server.
	Accepted func(Row)
}

// Row is a record as the service stores it.
type Row struct {
	Table         string    // Log-Type with _CL
	TimeGenerated time.Time // from the field that time-generated-field names, or the time of arrival
	ResourceID    string    // from x-ms-AzureResourceId
	// Columns are the names with their suffixes, in the order of the record.
	Columns []string
	// Values by column: string (_s and _g), bool (_b), float64 (_d), time.Time (_t).
	Values map[string]any
}

// Post is one request that the server has read, whatever the answer.
type Post struct {
	Date    string // x-ms-date
	Bytes   int    // of the body
	Records int    // taken
	Status  int    // answered, or 0 when the connection was dropped
}

// Fault spoils the answer to one request that is in order.
type Fault struct {
	// Status to answer with; 0 drops the connection without an answer.
	Status int
	// Code is the error code in the answer; empty for the documented one.
	Code string
	// RetryAfter is sent in whole seconds, if it is at least one.
	RetryAfter time.Duration
	// Taken stores the records all the same, as when an answer is lost.
	Taken bool
}

// DataCollector is an HTTP server on a loopback port that verifies requests as
// the Data Collector API does and stores what it takes. Its methods may be
// called from many goroutines.
type DataCollector struct {
	config DataCollectorConfig
	key    []byte
	server *http.Server
	url    string
	ended  chan error

	taking sync.Mutex // held while the rows of one request are stored and reported
	mu     sync.Mutex // guards what follows
	rows   []Row
	posts  []Post
	script []Fault
	tables map[string]map[string]bool // columns by table
}

// NewDataCollector returns a server that is not yet started.
func NewDataCollector(c DataCollectorConfig) (*DataCollector, error) {
	key, err := base64.StdEncoding.DecodeString(c.SharedKey)
	if err != nil || len(key) == 0 {
		return nil, errors.New("the shared key has to be base64")
	}
	if !dashedGUID.MatchString(c.WorkspaceID) {
		return nil, errors.New("the workspace ID has to be a GUID")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &DataCollector{config: c, key: key, tables: map[string]map[string]bool{}}, nil
}

// Start listens on address, a loopback host with a port; empty means any free
// port of 127.0.0.1. It returns when the server takes requests.
func (d *DataCollector) Start(address string) error {
	if d.server != nil {
		return errors.New("the server was started before")
	}
	l, err := net.Listen("tcp", cmp.Or(address, "127.0.0.1:0"))
	if err != nil {
		return err
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("%s is no loopback address", address), l.Close())
	}
	d.url = "http://" + l.Addr().String()
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second}
	d.ended = make(chan error, 1)
	go func() { d.ended <- d.server.Serve(l) }()
	return nil
}

// URL is the endpoint for a client, http://127.0.0.1:<port>, after Start.
func (d *DataCollector) URL() string { return d.url }

// Close ends the server. What was stored stays readable.
func (d *DataCollector) Close() error {
	if d.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := d.server.Shutdown(ctx)
	if err != nil {
		err = d.server.Close() // somebody keeps a request open
	}
	if end := <-d.ended; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	d.server = nil
	return err
}

// Rows returns what is stored, in order of arrival.
func (d *DataCollector) Rows() []Row {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.rows)
}

// Posts returns the requests so far whose body was read.
func (d *DataCollector) Posts() []Post {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.posts)
}

// Script adds faults for the next requests that are in order, one for each.
func (d *DataCollector) Script(faults ...Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.script = append(d.script, faults...)
}

// refusal is an answer other than 200.
type refusal struct {
	status        int // 0: none, the connection is dropped
	code, message string
	after         time.Duration // Retry-After
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message}
}

// ServeHTTP takes or refuses one request.
func (d *DataCollector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPost+1))
	if err != nil {
		return // the client went away
	}
	post := Post{Date: r.Header.Get("x-ms-date"), Bytes: len(body)}
	no := d.verify(r, len(body))
	var objects [][]member
	if no == nil {
		objects, no = parse(body)
	}
	if no == nil {
		post.Records, no = d.take(r, objects)
	}
	post.Status = http.StatusOK
	if no != nil {
		post.Status = no.status
	}
	d.mu.Lock()
	d.posts = append(d.posts, post)
	d.mu.Unlock()
	reply(w, no)
}

// take stores the rows of one request, unless a fault says otherwise.
func (d *DataCollector) take(r *http.Request, objects [][]member) (int, *refusal) {
	d.taking.Lock()
	defer d.taking.Unlock()
	rows := d.rowsOf(r, objects)
	d.mu.Lock()
	columns, no := d.columns(rows)
	store := no == nil
	if store && len(d.script) > 0 {
		fault := d.script[0]
		d.script, store = d.script[1:], fault.Taken
		no = fault.refusal()
	}
	if store {
		d.rows = append(d.rows, rows...)
		d.tables[rows[0].Table] = columns
	}
	d.mu.Unlock()
	if !store {
		return 0, no
	}
	if d.config.Accepted != nil {
		for _, row := range rows {
			d.config.Accepted(row)
		}
	}
	return len(rows), no
}

func (f Fault) refusal() *refusal {
	documented := map[int]string{400: "InvalidDataFormat", 403: "InvalidAuthorization", 429: "TooManyRequests",
		500: "UnspecifiedError", 503: "ServiceUnavailable"}
	no := refuse(f.Status, cmp.Or(f.Code, documented[f.Status]), "scripted")
	no.after = f.RetryAfter
	return no
}

func reply(w http.ResponseWriter, no *refusal) {
	if no == nil {
		w.WriteHeader(http.StatusOK)
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
	_ = json.NewEncoder(w).Encode(map[string]string{"Error": no.code, "Message": no.message})
}
