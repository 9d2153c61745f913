package azure

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"

	"sparkless/storage"
	"sparkless/storage/secret"
)

// The SDK's own log, at its most talkative, shows no signature, whatever becomes
// of a request.
func TestLogOfTheSDKHidesSignatures(t *testing.T) {
	var mu sync.Mutex
	var said strings.Builder
	log.SetListener(func(_ log.Event, text string) {
		mu.Lock()
		defer mu.Unlock()
		said.WriteString(text + "\n")
	})
	defer log.SetListener(nil)
	away := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://%zz/?"+r.URL.RawQuery)
		w.WriteHeader(http.StatusFound)
	})
	for _, s := range []*Store{
		connect(t, Config{Endpoint: nobody + "/acct", SAS: secret.New(someSAS), Container: "am-securityevent"}),
		fake(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		fake(t, away),
		fake(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }),
	} {
		for op, err := range everyOperation(t.Context(), s) {
			if err == nil {
				t.Errorf("%s succeeds", op)
			}
			wantNoSecret(t, err, someSig)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if text := said.String(); strings.Contains(text, someSig) || strings.Contains(text, url.QueryEscape(someSig)) || !strings.Contains(text, "refused") {
		t.Errorf("the log says\n%s", text)
	}
}

// Of an answer that does not end no more is read than any answer has, and what its
// status says stays true.
func TestEndlessAnswers(t *testing.T) {
	for _, status := range []int{200, 201, 206, 302, 400, 403, 500} {
		var sent atomic.Int64
		s := fake(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			piece := []byte(strings.Repeat(" ", 1<<20))
			io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>`)
			for range 1 << 10 {
				if _, err := w.Write(piece); err != nil {
					return
				}
				sent.Add(int64(len(piece)))
			}
		})
		err := listError(t.Context(), s)
		if err == nil || status == 403 != storage.Permanent(err) {
			t.Errorf("%d: error %v", status, err)
		}
		if want := fmt.Sprint(status); status == 200 && !strings.Contains(err.Error(), ErrTooLong.Error()) || status >= 400 && !strings.Contains(err.Error(), want) {
			t.Errorf("%d: error %v", status, err)
		}
		// What buffers take is beyond what was read, by megabytes at most.
		if n := sent.Load(); n > maxPage+64<<20 {
			t.Errorf("%d: %d bytes were taken", status, n)
		}
	}
}

func TestBound(t *testing.T) {
	for _, test := range []struct {
		method, query string
		status        int
		want          int64
	}{
		{"GET", "", 200, -1}, {"GET", "sv=1&sig=x", 206, -1}, {"GET", "", 404, maxAnswer}, {"GET", "", 304, maxAnswer},
		{"GET", "restype=container&comp=list&prefix=x", 200, maxPage}, {"GET", "restype=container&comp=list", 400, maxAnswer},
		{"GET", "comp=metadata", 200, maxAnswer}, {"PUT", "", 200, maxAnswer}, {"PUT", "comp=lease", 201, maxAnswer}, {"PUT", "comp=list", 200, maxAnswer},
	} {
		r := &http.Request{Method: test.method, URL: &url.URL{RawQuery: test.query}}
		if got := bound(&http.Response{StatusCode: test.status, Request: r}); got != test.want {
			t.Errorf("%+v: %d bytes", test, got)
		}
	}
}

func TestGuard(t *testing.T) {
	for _, test := range []struct {
		size, status int
		want         string
		long         bool
	}{
		{0, 200, "", false}, {9, 200, "012345678", false}, {10, 200, "0123456789", false}, {11, 200, "0123456789", true},
		{0, 500, "", false}, {10, 500, "0123456789", false}, {11, 500, "0123456789", false}, {40, 500, "0123456789", false},
	} {
		for name, shape := range map[string]func(io.Reader) io.Reader{"whole": iotest.DataErrReader, "bytes": iotest.OneByteReader, "late": func(r io.Reader) io.Reader { return r }} {
			body := shape(strings.NewReader(strings.Repeat("0123456789", 4)[:test.size]))
			g := Guard(tripper(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: test.status, Request: r, Body: io.NopCloser(body)}, nil
			}), func(*http.Response) int64 { return 10 })
			resp, err := g.Do(&http.Request{Method: "GET"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(got) != test.want || (err != nil) != test.long || test.long && !strings.Contains(err.Error(), ErrTooLong.Error()) {
				t.Errorf("%s %+v: %q, error %v", name, test, got, err)
			}
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What an answer calls its error is shown without what a terminal obeys.
func TestErrorCodeIsHarmless(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-error-code", "Bad\u202e\u009b2J\ufe0f")
		w.WriteHeader(http.StatusBadRequest)
	})
	for op, err := range everyOperation(t.Context(), s) {
		if err == nil || strings.ContainsAny(err.Error(), "\u202e\u009b\ufe0f") || !strings.Contains(err.Error(), "Bad<U+202E>") {
			t.Errorf("%s: %q", op, err)
		}
	}
	if got := oneLine("a\x1b[2J\u202eb\ufe0f"); got != "a [2J b" {
		t.Errorf("%q", got)
	}
}
