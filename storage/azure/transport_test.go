package azure

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"sparkless/storage"
	"sparkless/storage/secret"
)

// Without an answer the error may pass, and shows nothing of the request.
func TestNoAnswer(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"dropped": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(conn, "no HTTP here\r\n\r\n")
				conn.Close()
			}
		},
		"no XML":    func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "welcome to the guest network") },
		"other XML": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html></html>") },
		"no list": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<EnumerationResults></EnumerationResults>")
		},
		"broken list": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, listing("<Blob><Name>x</Name></Blob>", ""))
		},
	} {
		s := fake(t, handler)
		_, read := storage.ReadBlob(t.Context(), s, ten)
		for op, err := range map[string]error{"list": listError(t.Context(), s), "read": read} {
			if err == nil || storage.Permanent(err) {
				t.Errorf("%s: %s: error %v, want a passing one", name, op, err)
			}
			wantNoSecret(t, err, someSig)
		}
	}
	s := connect(t, Config{Endpoint: nobody + "/acct", SAS: secret.New(someSAS), Container: "am-securityevent"})
	for op, err := range everyOperation(t.Context(), s) {
		if err == nil || storage.Permanent(err) || !strings.Contains(err.Error(), "refused") {
			t.Errorf("nobody listens: %s: error %v, want a passing one", op, err)
		}
		wantNoSecret(t, err, someSig)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for op, err := range everyOperation(ctx, s) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %s: error %v", op, err)
		}
		wantNoSecret(t, err, someSig)
	}
}

// Accounts with a hierarchical namespace list folder by folder, and the folders.
func TestHierarchicalNamespace(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("include") != "metadata" {
			t.Errorf("asked with include=%s", r.URL.Query().Get("include"))
		}
		if r.URL.Query().Get("marker") == "" {
			io.WriteString(w, listing(listed("a", "<ResourceType>directory</ResourceType>")+listed("a/b", "<ResourceType>file</ResourceType>")+listed("a/c", ""), "more"))
			return
		}
		io.WriteString(w, listing(listed("a-b", "")+listed("a.b", "<BlobType>AppendBlob</BlobType><Creation-Time>Fri, 20 Nov 2026 07:05:00 GMT</Creation-Time>"), ""))
	})
	var got []string
	for b, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b.Name+" "+b.ETag)
	}
	if want := []string{"a-b 0x1", fmt.Sprint("a.b 0x1;append;", created), "a/b 0x1", "a/c 0x1"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
}

// A signature is not taken along to wherever a redirect leads.
func TestNoRedirect(t *testing.T) {
	var visits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer other.Close()
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	})
	for op, err := range everyOperation(t.Context(), s) {
		if err == nil {
			t.Errorf("%s succeeds", op)
		}
		wantNoSecret(t, err, someSig)
	}
	if visits.Load() > 0 {
		t.Errorf("a redirect was followed")
	}
}

// The bytes are sent again from their beginning when a connection breaks, and
// are not touched once Put has returned: the race detector would see it.
func TestPutAgain(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 400_000)
	var tries atomic.Int32
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) <= 2 {
			io.CopyN(io.Discard, r.Body, 100_000)
			panic(http.ErrAbortHandler)
		}
		if got, err := io.ReadAll(r.Body); err != nil || !bytes.Equal(got, data) {
			t.Errorf("the last try sends %d bytes, error %v", len(got), err)
		}
		w.WriteHeader(http.StatusCreated)
	})
	atOnce := storage.Policy{Attempts: 4, Base: 1, Max: 1}
	if err := storage.RetryStore(s, atOnce).Put(t.Context(), "x", data); err != nil || tries.Load() != 3 {
		t.Errorf("after %d tries: %v", tries.Load(), err)
	}
	for name, handler := range map[string]http.HandlerFunc{
		"refused before it was read": func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "AuthorizationFailure") },
		"dropped":                    func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
	} {
		mine := bytes.Clone(data)
		if err := storage.RetryStore(fake(t, handler), atOnce).Put(t.Context(), "x", mine); err == nil {
			t.Errorf("%s: no error", name)
		}
		clear(mine)
	}
}

func TestUploadReleased(t *testing.T) {
	u := &upload{r: bytes.NewReader([]byte("data"))}
	if n, err := u.Read(make([]byte, 2)); n != 2 || err != nil {
		t.Errorf("Read: %d, %v", n, err)
	}
	u.release()
	if n, err := u.Read(make([]byte, 2)); n != 0 || err == nil {
		t.Errorf("Read after release: %d bytes, error %v", n, err)
	}
	if _, err := u.Seek(0, io.SeekStart); err == nil {
		t.Error("Seek after release succeeds")
	}
}

// Over TLS the store speaks HTTP/1.1 also to a server that offers HTTP/2, asks
// for no compression, and refuses old TLS. New sends nothing.
func TestTransport(t *testing.T) {
	var seen []string
	serve := func(most uint16) *Store {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Proto+r.Header.Get("Accept-Encoding"))
			sendPart(w, []byte("0123456789"), 0, 10, nil)
		}))
		server.EnableHTTP2 = true
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: most}
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		s := connect(t, Config{Endpoint: server.URL + "/acct", SAS: secret.New(someSAS), Container: "am-securityevent"})
		s.transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		return s
	}
	s := serve(tls.VersionTLS13)
	if len(seen) > 0 {
		t.Errorf("New sends requests: %q", seen)
	}
	if data, err := storage.ReadBlob(t.Context(), s, ten); err != nil || string(data) != "0123456789" {
		t.Errorf("%q, error %v", data, err)
	}
	if !slices.Equal(seen, []string{"HTTP/1.1"}) {
		t.Errorf("the server sees %q", seen)
	}
	if _, err := storage.ReadBlob(t.Context(), serve(tls.VersionTLS11), ten); err == nil {
		t.Error("reads over TLS 1.1")
	}
}

// A server that cannot prove who it is gets no request, and so no signature.
func TestUnknownCertificate(t *testing.T) {
	var asked atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	s := connect(t, Config{Endpoint: server.URL + "/acct", SAS: secret.New(someSAS), Container: "am-securityevent"})
	for op, err := range everyOperation(t.Context(), s) {
		if err == nil || !strings.Contains(err.Error(), "certificate") || !storage.Permanent(err) {
			t.Errorf("%s: error %v", op, err)
		}
		wantNoSecret(t, err)
	}
	if asked.Load() {
		t.Error("a request was sent")
	}
}

// A store that is closed leaves nothing running, whatever became of its requests.
func TestCloseLeavesNothing(t *testing.T) {
	c := byKey(t)
	owner := open(t, c)
	if err := owner.Put(t.Context(), "x", make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	b, err := owner.Find(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		body, err := s.Open(ctx, b, 0, b.Size)
		if err != nil {
			t.Fatal(err)
		}
		body.Read(make([]byte, 100))
		defer body.Close()
	}
	if data, err := storage.ReadBlob(t.Context(), s, b); err != nil || len(data) != 1<<20 {
		t.Error(err)
	}
	_, unlock, err := quick(s).Lock(ctx, "l")
	if err != nil {
		t.Fatal(err)
	}
	cancel() // the bodies are left open
	if err := unlock(); err != nil {
		t.Error(err)
	}
	s.Close()
	goleak.VerifyNone(t, before)
}
