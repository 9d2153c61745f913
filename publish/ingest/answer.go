package ingest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/printable"
	"sparkless/storage/secret"
)

// longestWait bounds what a Retry-After can ask for.
const longestWait = 24 * time.Hour

// Answer is what a service said that did not take the records. Code and Message
// are foreign text: OneLine makes them fit to be shown.
type Answer struct {
	Status        int
	Code, Message string
	// RetryAfter is the header of that name.
	RetryAfter string
}

// Kind is what the status alone means: publish.ErrDenied, publish.ErrRefused for
// what is wrong with the content of a request, nil for what may pass, and
// publish.ErrSettings for all that no ingestion API answers with.
func (a Answer) Kind() error {
	switch code := a.Status; {
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500:
		return nil
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return publish.ErrDenied
	case code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge:
		return publish.ErrRefused
	}
	return publish.ErrSettings
}

// Err is the error of a kind, one of package publish or nil for a passing one,
// with a hint for the operator. A passing one keeps the wait that the service
// asks for, counted from now.
func (a Answer) Err(kind error, hint string, now time.Time) error {
	said := strings.TrimSpace(fmt.Sprintf("the service answered %d %s", a.Status, a.Code))
	if a.Message != "" {
		said += fmt.Sprintf(" %q", a.Message)
	}
	if hint != "" {
		said += ": " + hint
	}
	if kind != nil {
		return fmt.Errorf("%w: %s", kind, said)
	}
	return Later(errors.New(said), a.RetryAfter, now)
}

// Later makes a storage.Backoff of a passing error if header, a Retry-After, asks
// for a wait, counted from now.
func Later(err error, header string, now time.Time) error {
	if after := retryAfter(header, now); after > 0 {
		return &storage.Backoff{After: after, Err: err}
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

// NoAnswer is the passing error for a request with records that got none. It does
// not wrap err: the time limit of one request would look like the end of the run, which
// nobody retries. Endpoint is the setting to look at if the host is unknown.
func NoAnswer(err error, endpoint string, hide ...secret.Text) error {
	return Unsure(Silent(err, endpoint, hide...))
}

// Unsure says of a request with records which Silent is about what that means.
func Unsure(silent error) error {
	return fmt.Errorf("%w; the records may have been stored", silent)
}

// Silent is NoAnswer for a request without records.
func Silent(err error, endpoint string, hide ...secret.Text) error {
	text := OneLine(err.Error(), hide...)
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		text += ": check " + endpoint
	}
	return errors.New("no answer: " + text)
}

// OneLine makes foreign text fit for a message: no line breaks or characters
// that steer a terminal, at most 300 characters, and nothing secret that it echoes.
func OneLine(text string, hide ...secret.Text) string {
	const longest = 300
	text = strings.ToValidUTF8(text, "\uFFFD")
	for _, s := range hide {
		text = s.Hide(text)
	}
	text = strings.Map(func(c rune) rune {
		if !printable.Rune(c) {
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
