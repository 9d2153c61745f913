package datacollector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sparkless/publish"
	"sparkless/storage/secret"
)

var _ publish.Checker = (*Sink)(nil)

func TestCheckAgainstTheServer(t *testing.T) {
	server := start(t)
	seen, err := sinkAt(t, server.URL()).Check(t.Context())
	if err != nil || !strings.Contains(seen, "400 InvalidDataFormat, with another key 403 InvalidAuthorization") {
		t.Errorf("%q, error %v", seen, err)
	}
	wrong, err := New(Config{WorkspaceID: workspace, SharedKey: secret.New("bm90IHRoZSBrZXk="), Endpoint: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Check(t.Context()); !errors.Is(err, publish.ErrDenied) || !strings.Contains(err.Error(), "datacollector.shared-key") {
		t.Errorf("with a wrong key: %v", err)
	}
	elsewhere, err := New(Config{WorkspaceID: "00000000-0000-0000-0000-000000000000", SharedKey: secret.New(sharedKey), Endpoint: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Check(t.Context()); !errors.Is(err, publish.ErrDenied) {
		t.Errorf("with another workspace: %v", err)
	}
	for _, p := range server.Posts() {
		if p.Records > 0 || p.Status == http.StatusOK {
			t.Errorf("something was taken: %+v", p)
		}
	}
	if rows := server.Rows(); len(rows) > 0 {
		t.Errorf("stored: %v", rows)
	}
}

// A key counts as right only where a wrong one is answered otherwise.
func TestCheckAnswers(t *testing.T) {
	type answer struct {
		status int
		code   string
	}
	malformed, refused := answer{400, "InvalidDataFormat"}, answer{403, "InvalidAuthorization"}
	for name, test := range map[string]struct {
		right, wrong answer
		kind         error // nil with passing: one that may pass
		says         string
		passing      bool
	}{
		"both told apart":        {malformed, refused, nil, "the key is right", false},
		"taken and refused":      {answer{200, ""}, answer{401, ""}, nil, "200, with another key 401", false},
		"the body comes first":   {malformed, malformed, publish.ErrUntold, "400 InvalidDataFormat with a wrong key", false},
		"everything is taken":    {answer{200, ""}, answer{200, ""}, publish.ErrUntold, "200 with a wrong key", false},
		"refused":                {refused, refused, publish.ErrDenied, "datacollector.shared-key", false},
		"another 400":            {answer{400, "InactiveCustomer"}, refused, publish.ErrSettings, "closed", false},
		"not found":              {answer{404, ""}, refused, publish.ErrSettings, "datacollector.endpoint", false},
		"busy":                   {answer{503, ""}, refused, nil, "503", true},
		"busy the second time":   {malformed, answer{503, ""}, publish.ErrUntold, "503", false},
		"a page in its place":    {answer{302, ""}, refused, publish.ErrSettings, "proxy", false},
		"it echoes hostile text": {answer{403, "\u202e\x1b[31m" + sharedKey}, refused, publish.ErrDenied, "403", false},
	} {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			a := test.right
			if asked.Add(1) > 1 {
				a = test.wrong
			}
			w.WriteHeader(a.status)
			fmt.Fprintf(w, `{"Error":%q,"Message":""}`, a.code)
		}))
		seen, err := sinkAt(t, server.URL).Check(t.Context())
		server.Close()
		text := seen + fmt.Sprint(err)
		if !strings.Contains(text, test.says) || strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, sharedKey) || (err != nil) != (test.kind != nil || test.passing) || test.kind != nil && !errors.Is(err, test.kind) {
			t.Errorf("%s: %q, error %v", name, seen, err)
		}
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	asked, released := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-released
	}))
	defer server.Close()
	cause := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() { <-asked; cancel(cause) }()
	if _, err := sinkAt(t, server.URL).Check(ctx); !errors.Is(err, cause) || strings.Contains(err.Error(), "stored") {
		t.Errorf("error %v", err)
	}
	close(released)
	server.Close()
	if _, err := sinkAt(t, server.URL).Check(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "no answer: ") || strings.Contains(err.Error(), "stored") {
		t.Errorf("nobody there: %v", err)
	}
}
