package publishtest

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"time"
)

// maxPost is the size in bytes over which a post is answered with 404. It takes
// the documented 30 MB in the narrower, decimal sense.
const maxPost = 30_000_000

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

// DataCollector is an HTTP server on a loopback port that verifies requests as
// the Data Collector API does and stores what it takes, in columns with the
// suffixes _s and _g (string), _b (bool), _d (float64) and _t (time.Time). Its
// methods may be called from many goroutines.
type DataCollector struct {
	server
	config DataCollectorConfig
	key    []byte
	tables map[string]map[string]bool // columns by table; server.mu guards it
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
	d := &DataCollector{config: c, key: key, tables: map[string]map[string]bool{}}
	d.serve, d.accepted = d.ServeHTTP, c.Accepted
	d.usual = map[int]string{400: "InvalidDataFormat", 403: "InvalidAuthorization", 429: "TooManyRequests",
		500: "UnspecifiedError", 503: "ServiceUnavailable"}
	return d, nil
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
		post.Records, no = d.take(d.rowsOf(r, objects), d.admit)
	}
	post.Status = http.StatusOK
	if no != nil {
		post.Status = no.status
	}
	d.note(post)
	reply(w, http.StatusOK, no, func(no *refusal) any {
		return map[string]string{"Error": no.code, "Message": no.message}
	})
}
