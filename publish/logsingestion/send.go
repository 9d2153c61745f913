package logsingestion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/monitor/ingestion/azlogs"

	"sparkless/publish"
	"sparkless/publish/ingest"
	"sparkless/storage/secret"
)

// requestTime bounds one request, signing in included.
const requestTime = 2 * time.Minute

// Send uploads one batch of at most 900,000 bytes of JSON and 5,000 records. The
// service takes it whole or not at all. When the answer is lost the rows may be
// stored although the error is a passing one.
func (s *Sink) Send(ctx context.Context, records []publish.Record) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	body, n, err := s.format.Batch(records)
	if n == 0 {
		return 0, err
	}
	if err := s.upload(ctx, body); err != nil {
		return 0, fmt.Errorf("upload %d record(s), %d bytes: %w", n, len(body), err)
	}
	return n, nil
}

func (s *Sink) upload(ctx context.Context, body []byte) error {
	packed, err := compress(body)
	if err != nil {
		return err
	}
	err = s.call(ctx, packed, &azlogs.UploadOptions{ContentEncoding: to.Ptr("gzip")})
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w while uploading; the records may have been stored", ctx.Err())
	}
	return s.explain(err, ingest.NoAnswer)
}

// call makes one request and returns the SDK's error.
func (s *Sink) call(ctx context.Context, body []byte, o *azlogs.UploadOptions) error {
	limit, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	_, err := s.client.Upload(limit, s.config.RuleID, s.config.Stream, body, o)
	return err
}

// explain makes the error for one of the SDK's, noAnswer where there was none. It wraps none of them: they hold
// requests and whole answers.
func (s *Sink) explain(err error, noAnswer func(error, string, ...secret.Text) error) error {
	if noToken, ok := errors.AsType[*signInError](err); ok {
		return noToken.explain(s.config.Now())
	}
	hide := s.signIn.token()
	refused, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return noAnswer(err, "logsingestion.endpoint", hide)
	}
	a := read(refused, hide)
	hint, kind := s.verdict(a)
	return a.Err(kind, hint, s.config.Now())
}

// read reads the error that the service gives as {"error":{"code":…,"message":…}},
// the code also in a header.
func read(refused *azcore.ResponseError, hide secret.Text) ingest.Answer {
	var said struct {
		Error struct{ Code, Message string }
	}
	text, _ := runtime.Payload(refused.RawResponse) // what there is of it
	// Only the first value: whatever a proxy appends is no reason to miss the code.
	err := json.NewDecoder(bytes.NewReader(text)).Decode(&said)
	code, message := refused.ErrorCode, said.Error.Message
	if err != nil || message == "" {
		message = string(text)
	}
	if code == "" {
		code = said.Error.Code
	}
	return ingest.Answer{
		Status:     refused.StatusCode,
		Code:       ingest.OneLine(code, hide),
		Message:    ingest.OneLine(message, hide),
		RetryAfter: refused.RawResponse.Header.Get("Retry-After"),
	}
}

const checkAccess = `give the identity the role "Monitoring Metrics Publisher" on the data collection rule of logsingestion.rule-id ` +
	`(it takes up to 30 minutes to have effect), and check logsingestion.audience outside the public cloud`

// verdict sorts an answer other than 204, and says where to look.
func (s *Sink) verdict(a ingest.Answer) (hint string, kind error) {
	switch kind = a.Kind(); {
	case a.Status == http.StatusServiceUnavailable:
		return "if this stays, " + checkAccess, nil // so the documentation of the API
	case kind == nil:
		return "", nil
	case errors.Is(kind, publish.ErrDenied):
		return checkAccess, kind
	case a.Status == http.StatusNotFound:
		return "check logsingestion.rule-id, logsingestion." + s.config.streamSetting() + " and logsingestion.endpoint (of the same rule, in its region)", kind
	case a.Status == http.StatusRequestEntityTooLarge:
		return "the service, or something between here and it, takes smaller requests only", kind
	case a.Status == http.StatusBadRequest:
		return s.badRequest(a)
	}
	return "this is no answer of the Logs Ingestion API, check logsingestion.endpoint and any proxy", publish.ErrSettings
}

// badRequest tells what is wrong with the address from what is wrong with the
// records. The codes are not documented; their words, and the names that a
// message repeats, say what is meant.
func (s *Sink) badRequest(a ingest.Answer) (hint string, kind error) {
	about := func(word, name string) bool {
		return strings.Contains(strings.ToLower(a.Code), word) || name != "" && strings.Contains(a.Message, name)
	}
	switch {
	case about("stream", s.config.Stream):
		return "check logsingestion." + s.config.streamSetting() + ": the data collection rule has to declare it and to send it to a table", publish.ErrSettings
	case about("rule", s.config.RuleID), about("dcr", ""):
		return "check logsingestion.rule-id", publish.ErrSettings
	case about("endpoint", ""), about("apiversion", ""):
		return "check logsingestion.endpoint and any proxy", publish.ErrSettings
	}
	return "the service does not take these records, look at their fields in the outbox", publish.ErrRefused
}
