package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/secret"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "-1": 0, "1.5": 0, "x": 0, "99999999999999999999": 0,
		"2000000000": 24 * time.Hour, "Fri, 20 Nov 2026 12:01:00 GMT": time.Minute,
		"Fri, 20 Nov 2026 11:00:00 GMT": 0, "Sat, 20 Nov 2027 11:00:00 GMT": 24 * time.Hour,
	} {
		cause := errors.New("busy")
		err := Later(cause, value, noon)
		b, ok := errors.AsType[*storage.Backoff](err)
		if ok != (want > 0) || ok && b.After != want || !errors.Is(err, cause) {
			t.Errorf("%q: %+v, want %v", value, err, want)
		}
	}
}

func TestKinds(t *testing.T) {
	for kind, all := range map[error][]int{
		nil:                 {408, 429, 500, 501, 502, 503, 504, 599},
		publish.ErrDenied:   {401, 403},
		publish.ErrRefused:  {400, 413},
		publish.ErrSettings: {101, 200, 202, 204, 301, 302, 307, 404, 405, 407, 410, 415, 418},
	} {
		for _, status := range all {
			a := Answer{Status: status, Code: "Code", Message: "why", RetryAfter: "7"}
			if got := a.Kind(); got != kind {
				t.Errorf("%d: %v, want %v", status, got, kind)
			}
			err := a.Err(kind, "look there", noon)
			b, passing := errors.AsType[*storage.Backoff](err)
			if want := fmt.Sprintf(`the service answered %d Code "why": look there`, status); !strings.HasSuffix(err.Error(), want) ||
				passing != (kind == nil) || kind != nil && !errors.Is(err, kind) || passing && b.After != 7*time.Second {
				t.Errorf("%d: %v", status, err)
			}
		}
	}
	if got := (Answer{Status: 502}).Err(nil, "", noon).Error(); got != "the service answered 502" {
		t.Errorf("%q", got)
	}
}

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		" a \r\n\t b\u2028c\u2029d ":         "a b c d",
		"\x1b[31mred\u202eder\x07\x7f\u200b": "[31mred der",
		"bad \xff\xfe utf8":                  "bad \uFFFD utf8",
		"the key is hunter2, and hunter2.":   "the key is [redacted], and [redacted].",
		strings.Repeat("é", 301):             strings.Repeat("é", 300) + "…",
		strings.Repeat("é", 300):             strings.Repeat("é", 300),
		strings.Repeat("a", 297) + "hunter2": strings.Repeat("a", 297) + "[re…", // no half secret
	} {
		if got := OneLine(text, secret.Text{}, secret.New("hunter2")); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	unknown := fmt.Errorf("dial: %w", &net.DNSError{Err: "no such host", Name: "h", IsNotFound: true})
	for _, err := range []error{unknown, fmt.Errorf("hunter2\n%w", context.DeadlineExceeded)} {
		got := NoAnswer(err, "x.endpoint", secret.New("hunter2"))
		if errors.Is(got, context.DeadlineExceeded) || strings.ContainsAny(got.Error(), "\n") || strings.Contains(got.Error(), "hunter2") ||
			strings.Contains(got.Error(), "check x.endpoint") != (err == unknown) {
			t.Errorf("%v", got)
		}
	}
}
