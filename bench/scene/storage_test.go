package scene

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestRequests(t *testing.T) {
	for _, c := range []struct {
		method, url string
		want        Request
	}{
		{http.MethodGet, "/acc/am-securityevent/a/b.json", Request{Read, Export, "a/b.json", true}},
		{http.MethodHead, "/acc/am-securityevent/a/b.json", Request{Read, Export, "a/b.json", false}},
		{http.MethodGet, "/acc/am-securityevent?restype=container&comp=list&prefix=x", Request{List, Export, "", false}},
		{http.MethodPut, "/acc/work/runs/x", Request{Write, "work", "runs/x", false}},
		{http.MethodPut, "/acc/work/locks/x?comp=lease", Request{Write, "work", "locks/x", false}},
		{http.MethodGet, "/acc/work/x?comp=metadata", Request{Read, "work", "x", false}},
		{http.MethodGet, "/acc/work?restype=container", Request{Read, "work", "", false}},
		{http.MethodDelete, "/acc/work/x", Request{Other, "work", "x", false}},
		// As a proxy is asked: with the whole URL.
		{http.MethodGet, "http://storage.test/acc/work/x", Request{Read, "work", "x", true}},
	} {
		if got := requestOf(httptest.NewRequest(c.method, c.url, nil), "/acc"); got != c.want {
			t.Errorf("%s %s: %+v, want %+v", c.method, c.url, got, c.want)
		}
	}
}

// What a developer has set does not reach the processes.
func TestEnviron(t *testing.T) {
	for _, name := range []string{"SPARKLESS_JOB_WORKERS", "AZURE_CLIENT_ID", "TEMPORAL_ADDRESS", "http_proxy", "HTTPS_PROXY", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		t.Setenv(name, "x")
	}
	t.Setenv("OF_NO_CONCERN", "x")
	env := Environ()
	if !slices.Contains(env, "OF_NO_CONCERN=x") {
		t.Error("what is of no concern is gone")
	}
	for _, v := range env {
		if strings.HasSuffix(v, "=x") && v != "OF_NO_CONCERN=x" {
			t.Errorf("%s is left", v)
		}
	}
}
