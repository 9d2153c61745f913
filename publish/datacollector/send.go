package datacollector

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sparkless/publish"
)

const (
	resource    = "/api/logs"
	contentType = "application/json"
	// requestTime bounds one request; 25 MB in this time are 1.7 Mbit/s.
	requestTime = 2 * time.Minute
	// longestWait bounds what a Retry-After can ask for.
	longestWait = 24 * time.Hour
)

// Send posts one batch of at most 25 MB and 5,000 records. The service takes it
// whole or not at all. When the answer is lost the rows may be stored although
// the error is a passing one.
func (s *Sink) Send(ctx context.Context, records []publish.Record) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	body, n, err := s.limits.batch(records)
	if n == 0 {
		return 0, err
	}
	if err := s.post(ctx, body); err != nil {
		return 0, fmt.Errorf("post %d record(s), %d bytes: %w", n, len(body), err)
	}
	return n, nil
}

// post makes one request, dated and signed anew: a signature is good for 15
// minutes only.
func (s *Sink) post(ctx context.Context, body []byte) error {
	limit, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	req, err := http.NewRequestWithContext(limit, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: datacollector.endpoint makes no request", publish.ErrRefused)
	}
	date := s.config.Now().UTC().Format(http.TimeFormat)
	signed := signature(s.key, len(body), date)
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
	resp, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w while posting; the records may have been stored", ctx.Err())
		}
		// Not wrapped: the time limit of one request would look like the end of
		// the run, which nobody retries.
		return fmt.Errorf("no answer, the records may have been stored: %s", s.oneLine(err.Error(), signed))
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return s.verdict(resp, s.answer(resp, signed))
}

// signature is the value after "SharedKey <workspace ID>:", over the number of
// bytes in the body.
func signature(key []byte, bytes int, date string) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "POST\n%d\n%s\nx-ms-date:%s\n%s", bytes, contentType, date, resource)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// answer is the error that the service documents as {"Error":…,"Message":…}.
type answer struct {
	Error   string
	Message string
}

func (s *Sink) answer(resp *http.Response, signed string) answer {
	var a answer
	text := limited(resp.Body, 64<<10)
	// Only the first value: whatever a proxy appends is no reason to miss the code.
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&a); err != nil || a.Error == "" && a.Message == "" {
		a = answer{Message: text}
	}
	return answer{Error: s.oneLine(a.Error, signed), Message: s.oneLine(a.Message, signed)}
}

// oneLine makes foreign text fit for a message: no line breaks or characters
// that steer a terminal, a bounded length, and nothing secret that it echoes.
func (s *Sink) oneLine(text, signed string) string {
	const longest = 300
	text = strings.NewReplacer(s.config.SharedKey, "[key]", signed, "[signature]").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return c
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

// verdict sorts an answer other than 200 into refused, denied and passing.
func (s *Sink) verdict(resp *http.Response, a answer) error {
	said := fmt.Sprintf("the service answered %d %s %q", resp.StatusCode, a.Error, a.Message)
	switch code := resp.StatusCode; {
	case code == 408 || code == 429 || code >= 500:
		return s.passing(resp, said)
	case code == 401 || code == 403:
		return fmt.Errorf("%w: %s: check datacollector.workspace-id and datacollector.shared-key (of the same workspace, "+
			"not regenerated since), and that the clock of this machine is right to a few minutes", publish.ErrDenied, said)
	case code == 400:
		return fmt.Errorf("%w: %s: %s", publish.ErrRefused, said, hint(a.Error))
	case code == 404:
		return fmt.Errorf("%w: %s: datacollector.endpoint is wrong, or the request is larger than the service takes",
			publish.ErrRefused, said)
	}
	return fmt.Errorf("%w: %s: this is no answer of the Data Collector API, check datacollector.endpoint and any proxy",
		publish.ErrRefused, said)
}

// passing keeps the wait that the service asks for, if it does.
func (s *Sink) passing(resp *http.Response, said string) error {
	err := fmt.Errorf("%s", said)
	if after := retryAfter(resp.Header.Get("Retry-After"), s.config.Now()); after > 0 {
		return &publish.Backoff{After: after, Err: err}
	}
	return err
}

// retryAfter reads seconds or an HTTP date (RFC 9110, section 10.2.3); 0 means
// no wish.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longestWait)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), longestWait)
	}
	return 0
}

// hint says where to look for each documented error code of a 400.
func hint(code string) string {
	switch code {
	case "InactiveCustomer":
		return "the workspace is closed or being deleted, check datacollector.workspace-id"
	case "InvalidCustomerId":
		return "check datacollector.workspace-id"
	case "InvalidLogType", "MissingLogType":
		return "check datacollector.log-type"
	case "InvalidDataFormat":
		return "the service does not take these records as JSON, look at their fields in the outbox"
	case "InvalidApiVersion", "MissingApiVersion", "MissingContentType", "UnsupportedContentType":
		return "something between here and the service changes requests, check datacollector.endpoint and any proxy"
	}
	return "look at the records in the outbox and at the settings datacollector.*"
}
