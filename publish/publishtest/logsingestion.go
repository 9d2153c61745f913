package publishtest

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

const (
	// maxCall is the size in bytes over which a call is answered with 413, the
	// body as it came and without its encoding. The service says so itself:
	// "Maximum allowed content length: 1048576 bytes (1 MB)".
	maxCall = 1 << 20
	// maxValue is where the Logs Ingestion API cuts a value, in bytes.
	maxValue = 64 << 10

	publicAudience = "https://monitor.azure.com"
)

// LogsIngestionConfig describes a data collection rule with a stream, or several, and
// the identity that may send to it.
type LogsIngestionConfig struct {
	RuleID  string // the immutable ID, dcr-…
	Stream  string // Custom-…
	Columns []Column
	// Others are further streams of the rule, with their columns. Optional.
	Others map[string][]Column
	// Audience is for whom tokens have to be; empty means https://monitor.azure.com.
	Audience string
	// ClientID is of the user-assigned identity that gets tokens; empty means the
	// one that the system has assigned.
	ClientID string
	// TokenLife is how long a token is good; zero means a day.
	TokenLife time.Duration
	// NoRole refuses every call, as where the identity that has the token lacks the
	// role on the rule.
	NoRole bool
	// Now replaces the clock. Optional.
	Now func() time.Time
	// Accepted is called for each stored row, in order and one call at a time,
	// before the request is answered. Optional. It must not call the server.
	Accepted func(Row)
}

// LogsIngestion is an HTTP server on a loopback port that verifies requests as
// the Logs Ingestion API does, and stores of each record what the stream declares.
// It also hands out the tokens, as the host of a managed identity does: see
// Environ. Its methods may be called from many goroutines.
type LogsIngestion struct {
	server
	config   LogsIngestionConfig
	streams  map[string]map[string]string // type by name, by stream
	identity identity
}

// NewLogsIngestion returns a server that is not yet started.
func NewLogsIngestion(c LogsIngestionConfig) (*LogsIngestion, error) {
	if !strings.HasPrefix(c.RuleID, "dcr-") {
		return nil, errors.New("the rule ID has to begin with dcr-")
	}
	streams, err := c.streams()
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Audience = cmp.Or(c.Audience, publicAudience)
	c.TokenLife = cmp.Or(c.TokenLife, 24*time.Hour)
	l := &LogsIngestion{config: c, streams: streams}
	l.identity = identity{header: randomText(), tokens: map[string]grant{}}
	l.serve, l.accepted = l.ServeHTTP, c.Accepted
	l.usual = map[int]string{400: "InvalidPayload", 401: "InvalidToken", 403: "OperationFailed", 404: "NotFound",
		413: "ContentLengthLimitExceeded", 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable"}
	return l, nil
}

// streams are the types of columns by name, by stream.
func (c LogsIngestionConfig) streams() (map[string]map[string]string, error) {
	all := maps.Clone(c.Others)
	if all == nil {
		all = map[string][]Column{}
	}
	if all[c.Stream] != nil {
		return nil, fmt.Errorf("the stream %s is declared twice", c.Stream)
	}
	all[c.Stream] = c.Columns
	streams := map[string]map[string]string{}
	for stream, columns := range all {
		types, err := declared(columns)
		if err == nil && !strings.HasPrefix(stream, "Custom-") {
			err = errors.New("its name has to begin with Custom-")
		}
		if err != nil {
			return nil, fmt.Errorf("stream %q: %w", stream, err)
		}
		streams[stream] = types
	}
	return streams, nil
}

// ServeHTTP takes or refuses one request, for a token or with records.
func (l *LogsIngestion) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == tokenPath {
		l.serveToken(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCall+1))
	if err != nil {
		return // the client went away
	}
	post := Post{Bytes: len(body), Status: http.StatusNoContent}
	stream, no := l.verify(r)
	var all [][]member
	if no == nil {
		all, post.Plain, no = read(body, r.Header.Get("Content-Encoding"))
	}
	if no == nil {
		post.Records, no = l.take(l.rowsOf(stream, all), nil)
	}
	if no != nil {
		post.Status = no.status
		w.Header().Set("x-ms-error-code", no.code)
	}
	l.note(post)
	reply(w, http.StatusNoContent, no, func(no *refusal) any {
		return map[string]any{"error": map[string]string{"code": no.code, "message": no.message}}
	})
}

// noRole is how the service says so, which names the identity and the rule.
// (Microsoft, "Troubleshoot Azure Monitor Ingestion library issues".)
const noRole = "The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '%s' " +
	"PipelineAccessResult: AccessGranted: False, IsRbacPresent: False, IsDcrDceBindingValid: , " +
	"DcrArmId: /subscriptions/0f0e0d0c-0b0a-0908-0706-050403020100/resourceGroups/soc/providers/Microsoft.Insights/dataCollectionRules/sparkless, " +
	"Message: Required authorization action was not found for tenantId 00000000-0000-0000-0000-00000000aaaa objectId 00000000-0000-0000-0000-00000000bbbb " +
	"on resourceId /subscriptions/0f0e0d0c-0b0a-0908-0706-050403020100/resourceGroups/soc/providers/Microsoft.Insights/dataCollectionRules/sparkless " +
	"ConfigurationId: 00000000-0000-0000-0000-00000000cccc.."

// verify checks everything about a request but its body, and returns the stream that
// it is for.
func (l *LogsIngestion) verify(r *http.Request) (string, *refusal) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/dataCollectionRules/")
	rule, stream, ok2 := strings.Cut(rest, "/streams/")
	if r.Method != http.MethodPost || !ok || !ok2 {
		return "", refuse(404, "NotFound", "there is no such resource")
	}
	if no := l.authorise(r); no != nil {
		return "", no
	}
	switch {
	case rule != l.config.RuleID:
		return "", refuse(404, "NotFound", fmt.Sprintf("Data collection rule with immutable Id '%s' not found.", rule))
	case l.config.NoRole:
		return "", refuse(403, "OperationFailed", fmt.Sprintf(noRole, rule))
	case l.streams[stream] == nil:
		return "", refuse(400, "InvalidStream", fmt.Sprintf("the rule declares no stream '%s'", stream))
	case r.URL.Query().Get("api-version") != "2023-01-01":
		return "", refuse(400, "InvalidApiVersion", "the api-version is missing or not supported")
	case r.Header.Get("Content-Type") != "application/json":
		return "", refuse(415, "UnsupportedMediaType", "the content type has to be application/json")
	}
	return stream, nil
}

// read unpacks the records of a body and returns its size without encoding.
func read(body []byte, encoding string) ([][]member, int, *refusal) {
	tooLarge := refuse(413, "ContentLengthLimitExceeded", fmt.Sprintf("Maximum allowed content length: %d bytes (1 MB).", maxCall))
	if len(body) > maxCall {
		return nil, 0, tooLarge
	}
	switch encoding {
	case "":
	case "gzip":
		unpack, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(io.LimitReader(unpack, maxCall+1))
		}
		if err != nil {
			return nil, 0, refuse(400, "InvalidPayload", "the body is not in gzip")
		}
	default:
		return nil, 0, refuse(415, "UnsupportedContentEncoding", "the content encoding has to be gzip or none")
	}
	if len(body) > maxCall {
		return nil, len(body), tooLarge
	}
	all, err := objects(body)
	if err != nil {
		return nil, len(body), refuse(400, "InvalidPayload", err.Error())
	}
	return all, len(body), nil
}
