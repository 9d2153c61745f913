package ingest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClientFollowsNoRedirectAndReadsNoBook(t *testing.T) {
	status := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			t.Error("a redirect was followed")
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		fmt.Fprint(w, strings.Repeat("x", 1<<20))
	}))
	defer server.Close()
	given := server.Client()
	transport := given.Transport
	for _, c := range []*http.Client{nil, given, {}} {
		for _, status = range []int{301, 302, 303, 307, 308} {
			resp, err := Client(c).Post(server.URL, "text/plain", strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			if resp.StatusCode != status || len(text) != 64<<10 || err != nil || resp.Body.Close() != nil {
				t.Errorf("%d: %d, %d bytes, %v", status, resp.StatusCode, len(text), err)
			}
		}
	}
	if given.Transport != transport {
		t.Error("the caller's client was changed")
	}
}

func TestCheckEndpoint(t *testing.T) {
	for endpoint, ok := range map[string]bool{
		"https://h.example.org": true, "https://h.example.org/": true, "HTTPS://h:8443": true,
		"http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost": true,
		"http://localhost.example.org": false, "http://192.0.2.1": false, "ftp://127.0.0.1": false,
		"https://h/api/logs": false, "https://h?x": false, "https://h?": false, "https://h#x": false, "https://u:hunter2@h": false,
		"h:443": false, "https://": false, "https://:443": false, "https://h\x00": false, "": false, "//h": false, "h": false,
	} {
		err := CheckEndpoint(endpoint, "https://example.org")
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

// TestDigestStays: it is part of the names of receipts.
func TestDigestStays(t *testing.T) {
	for _, endpoint := range []string{"https://h.example.org", "https://h.example.org/"} {
		if got := Digest(endpoint); got != "a6892e7f" {
			t.Errorf("%s: %s", endpoint, got)
		}
	}
}
