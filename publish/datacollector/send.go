package datacollector

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"sparkless/publish"
	"sparkless/publish/ingest"
	"sparkless/storage/secret"
)

const (
	resource    = "/api/logs"
	contentType = "application/json"
	// requestTime bounds one request; 25 MB in this time are 1.7 Mbit/s.
	requestTime = 2 * time.Minute
)

// Send posts one batch of at most 25 MB and 5,000 records. The service takes it
// whole or not at all. When the answer is lost the rows may be stored although
// the error is a passing one.
func (s *Sink) Send(ctx context.Context, records []publish.Record) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	body, n, err := s.format.Batch(records)
	if n == 0 {
		return 0, err
	}
	if err := s.post(ctx, body); err != nil {
		return 0, fmt.Errorf("post %d record(s), %d bytes: %w", n, len(body), err)
	}
	return n, nil
}

func (s *Sink) post(ctx context.Context, body []byte) error {
	answer, err := s.ask(ctx, body, s.key)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w while posting; the records may have been stored", ctx.Err())
	}
	if err != nil {
		return ingest.Unsure(err)
	}
	if answer.Status == http.StatusOK {
		return nil
	}
	hint, kind := s.verdict(answer)
	return answer.Err(kind, hint, s.config.Now())
}

// ask makes one request, dated and signed anew: a signature is good for 15 minutes
// only. Its errors say why there is no answer.
func (s *Sink) ask(ctx context.Context, body, key []byte) (ingest.Answer, error) {
	none := ingest.Answer{}
	limit, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	req, err := http.NewRequestWithContext(limit, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return none, errors.New("datacollector.endpoint makes no request") // New has looked at it
	}
	date := s.config.Now().UTC().Format(http.TimeFormat)
	signed := signature(key, len(body), date)
	req.Header.Set("Authorization", "SharedKey "+s.config.WorkspaceID+":"+signed)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Log-Type", s.config.LogType)
	req.Header.Set("x-ms-date", date)
	if s.config.ResourceID != "" {
		req.Header.Set("x-ms-AzureResourceId", s.config.ResourceID)
	}
	if s.config.TimeGeneratedField != "" {
		req.Header.Set("time-generated-field", s.config.TimeGeneratedField)
	}
	hide := []secret.Text{s.config.SharedKey, secret.New(signed)}
	resp, err := s.client.Do(req)
	if err != nil {
		return none, ingest.Silent(err, "datacollector.endpoint", hide...)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return ingest.Answer{Status: http.StatusOK}, nil
	}
	return read(resp, hide), nil
}

// signature is the value after "SharedKey <workspace ID>:", over the number of
// bytes in the body.
func signature(key []byte, bytes int, date string) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "POST\n%d\n%s\nx-ms-date:%s\n%s", bytes, contentType, date, resource)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// read reads the error that the service documents as {"Error":…,"Message":…}.
func read(resp *http.Response, hide []secret.Text) ingest.Answer {
	var said struct{ Error, Message string }
	text, _ := io.ReadAll(resp.Body) // what there is of it
	// Only the first value: whatever a proxy appends is no reason to miss the code.
	err := json.NewDecoder(bytes.NewReader(text)).Decode(&said)
	if err != nil || said.Error == "" && said.Message == "" {
		said.Error, said.Message = "", string(text)
	}
	return ingest.Answer{
		Status:     resp.StatusCode,
		Code:       ingest.OneLine(said.Error, hide...),
		Message:    ingest.OneLine(said.Message, hide...),
		RetryAfter: resp.Header.Get("Retry-After"),
	}
}

// verdict sorts an answer other than 200, and says where to look.
func (s *Sink) verdict(a ingest.Answer) (hint string, kind error) {
	switch kind = a.Kind(); {
	case kind == nil:
		return "", nil
	case errors.Is(kind, publish.ErrDenied):
		return "check datacollector.workspace-id and datacollector.shared-key (of the same workspace, " +
			"not regenerated since), and that the clock of this machine is right to a few minutes", kind
	case a.Status == http.StatusBadRequest:
		return s.badRequest(a.Code)
	case a.Status == http.StatusRequestEntityTooLarge:
		return "something between here and the service takes smaller requests only, check any proxy", kind
	case a.Status == http.StatusNotFound:
		return "datacollector.endpoint is wrong, or the request is larger than the service takes", kind
	}
	return "this is no answer of the Data Collector API, check datacollector.endpoint and any proxy", publish.ErrSettings
}

// badRequest knows each documented error code of a 400.
func (s *Sink) badRequest(code string) (hint string, kind error) {
	switch code {
	case "InactiveCustomer":
		return "the workspace is closed or being deleted, check datacollector.workspace-id", publish.ErrSettings
	case "InvalidCustomerId":
		return "check datacollector.workspace-id", publish.ErrSettings
	case "InvalidLogType", "MissingLogType":
		return "check datacollector." + s.config.logTypeSetting(), publish.ErrSettings
	case "InvalidApiVersion", "MissingApiVersion", "MissingContentType", "UnsupportedContentType":
		return "something between here and the service changes requests, check datacollector.endpoint and any proxy", publish.ErrSettings
	case "InvalidDataFormat":
		return "the service does not take these records as JSON, look at their fields in the outbox", publish.ErrRefused
	}
	return "look at the records in the outbox and at the settings datacollector.*", publish.ErrRefused
}
