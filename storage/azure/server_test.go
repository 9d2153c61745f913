package azure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sparkless/storage"
	"sparkless/storage/secret"
)

// nobody listens at this port, which no server is given: that of a server that was closed
// may be another's at once.
const nobody = "http://127.0.0.1:1"

// What Azurite does not do is tested with a small server that does. The store
// signs in with a signature, so that every URL holds a secret.
func fake(t *testing.T, handler http.HandlerFunc) *Store {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return connect(t, Config{Endpoint: server.URL + "/acct", SAS: secret.New(someSAS), Container: "am-securityevent"})
}

// refuse answers as the service does, with more in the body than may be shown.
func refuse(w http.ResponseWriter, status int, code string) {
	if code != "" {
		w.Header().Set("x-ms-error-code", code)
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>Signature did not match.\nString to sign: %s</Message></Error>", code, someSAS)
}

// part answers a range request for a blob of total bytes; edit may change the
// headers before they are sent.
func sendPart(w http.ResponseWriter, data []byte, offset, total int, edit func(http.Header)) {
	h := w.Header()
	h.Set("Content-Length", fmt.Sprint(len(data)))
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, offset+len(data)-1, total))
	h.Set("ETag", `"0x1"`)
	h.Set("x-ms-blob-type", "BlockBlob")
	h.Set("x-ms-creation-time", "Fri, 20 Nov 2026 07:05:00 GMT")
	if edit != nil {
		edit(h)
	}
	w.WriteHeader(http.StatusPartialContent)
	w.Write(data)
}

// created is the time in sendPart.
const created = 1795158300

var ten = storage.Blob{Name: "x", Size: 10, ETag: "0x1"}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   error  // nil: a passing one
		hint   string // in every message
	}{
		{403, "AuthorizationPermissionMismatch", storage.ErrDenied, "Storage Blob Data"},
		{403, "AuthorizationFailure", storage.ErrDenied, "network rules"},
		{403, "AuthenticationFailed", storage.ErrDenied, "expired"},
		{401, "InvalidAuthenticationInfo", storage.ErrDenied, "tenant"},
		{400, "InvalidAuthenticationInfo", storage.ErrDenied, "tenant"},
		{401, "NoAuthenticationInformation", storage.ErrDenied, "credentials"},
		{403, "AuthorizationSourceIPMismatch", storage.ErrDenied, "address"},
		{403, "AuthorizationProtocolMismatch", storage.ErrDenied, "https"},
		{403, "KeyBasedAuthenticationNotPermitted", storage.ErrDenied, "storage.account-key"},
		{403, "SomethingNew", storage.ErrDenied, "role Storage Blob Data"},
		{403, "", storage.ErrDenied, "without an error code"},
		{409, "PublicAccessNotPermitted", storage.ErrDenied, "credentials"},
		{409, "BlobImmutableDueToPolicy", storage.ErrDenied, "immutability"},
		{404, "BlobNotFound", storage.ErrNotExist, ""},
		{404, "ResourceNotFound", storage.ErrNotExist, ""},
		{404, "", nil, "is this a blob service?"},
		{412, "ConditionNotMet", storage.ErrChanged, ""},
		{416, "InvalidRange", storage.ErrChanged, ""},
		{412, "LeaseIdMissing", nil, "LeaseIdMissing"},
		{400, "InvalidResourceName", storage.ErrInvalid, ""},
		{400, "InvalidUri", storage.ErrInvalid, ""},
		{400, "Md5Mismatch", nil, "Md5Mismatch"},
		{409, "BlobArchived", nil, "rehydrate"},
		{409, "ContainerBeingDeleted", nil, "ContainerBeingDeleted"},
		{302, "", nil, "is this a blob service?"},
		{500, "InternalError", nil, "500"},
		{503, "ServerBusy", nil, "503"},
	} {
		s := fake(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, test.status, test.code) })
		for op, err := range everyOperation(t.Context(), s) {
			if op == "create" && test.status == http.StatusPreconditionFailed {
				continue // its condition is that there is no blob: see TestCreateAnswers
			}
			switch {
			case err == nil:
				t.Errorf("%d %s: %s succeeds", test.status, test.code, op)
				continue
			case test.want != nil && !errors.Is(err, test.want):
				t.Errorf("%d %s: %s: error %v, want %v", test.status, test.code, op, err, test.want)
			case test.want == nil && storage.Permanent(err):
				t.Errorf("%d %s: %s: permanent error %v", test.status, test.code, op, err)
			case !strings.Contains(err.Error(), test.hint):
				t.Errorf("%d %s: %s: error %v, want it to say %q", test.status, test.code, op, err, test.hint)
			case !strings.Contains(err.Error(), `"am-securityevent"`) || !strings.Contains(err.Error(), `"acct"`):
				t.Errorf("%d %s: %s: error %v does not name container and account", test.status, test.code, op, err)
			}
			wantNoSecret(t, err, someSig, "String to sign")
		}
	}
}

// The role in the hint is the one that the operation needs.
func TestRoleInHint(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "AuthorizationPermissionMismatch") })
	for op, err := range everyOperation(t.Context(), s) {
		role := "Storage Blob Data Reader"
		if op == "put" || op == "create" || op == "ensure" {
			role = "Storage Blob Data Contributor"
		}
		if !strings.Contains(err.Error(), role) {
			t.Errorf("%s: %v", op, err)
		}
	}
}

func TestEnsureContainerDenied(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			refuse(w, 404, "ContainerNotFound")
			return
		}
		refuse(w, 403, "AuthorizationPermissionMismatch")
	})
	err := s.EnsureContainer(t.Context())
	if !errors.Is(err, storage.ErrDenied) || !strings.Contains(err.Error(), "Contributor") || !strings.Contains(err.Error(), "create the container beforehand") {
		t.Errorf("got %v", err)
	}
}

// Bodies that end early, in every way a connection can do that.
func TestBodyEndsEarly(t *testing.T) {
	half := []byte("01234")
	for name, handler := range map[string]http.HandlerFunc{
		"dropped": func(w http.ResponseWriter, r *http.Request) {
			sendPart(w, half, 0, 10, func(h http.Header) {
				h.Set("Content-Length", "10")
				h.Set("Content-Range", "bytes 0-9/10")
			})
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"chunked": func(w http.ResponseWriter, r *http.Request) {
			sendPart(w, half, 0, 10, func(h http.Header) {
				h.Del("Content-Length")
				h.Set("Content-Range", "bytes 0-9/10")
			})
			w.(http.Flusher).Flush()
		},
		"reset": func(w http.ResponseWriter, r *http.Request) {
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(rw, "HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/10\r\n\r\n%s", half)
			rw.Flush()
			conn.Close()
		},
	} {
		body, err := fake(t, handler).Open(t.Context(), ten, 0, 10)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := io.ReadAll(body)
		if !bytes.Equal(got, half) || !errors.Is(err, io.ErrUnexpectedEOF) || storage.Permanent(err) {
			t.Errorf("%s: %q, error %v, want io.ErrUnexpectedEOF", name, got, err)
		}
		if _, again := body.Read(make([]byte, 1)); !errors.Is(again, err) {
			t.Errorf("%s: the next Read says %v", name, again)
		}
		wantNoSecret(t, err, someSig)
		body.Close()
	}
}

// A body that does not end is cut at the length asked for.
func TestBodyTooLong(t *testing.T) {
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		sendPart(w, []byte("0123456789 and more"), 0, 10, func(h http.Header) {
			h.Del("Content-Length")
			h.Set("Content-Range", "bytes 0-9/10")
		})
	})
	if data, err := storage.ReadBlob(t.Context(), s, ten); err != nil || string(data) != "0123456789" {
		t.Errorf("%q, error %v", data, err)
	}
}

// Answers that are not the range that was asked for give no bytes.
func TestOtherRange(t *testing.T) {
	for name, test := range map[string]struct {
		contentRange string
		want         error
	}{
		"ignored":       {"", nil},
		"nonsense":      {"bytes */10", nil},
		"another start": {"bytes 0-4/10", nil},
		"shorter":       {"bytes 5-8/9", storage.ErrChanged},
		"blob shrunk":   {"bytes 5-9/9", storage.ErrChanged},
	} {
		s := fake(t, func(w http.ResponseWriter, r *http.Request) {
			sendPart(w, []byte("56789"), 5, 10, func(h http.Header) {
				if h.Set("Content-Range", test.contentRange); test.contentRange == "" {
					h.Del("Content-Range")
				}
			})
		})
		body, err := s.Open(t.Context(), ten, 5, 5)
		if err == nil || test.want != nil && !errors.Is(err, test.want) || test.want == nil && storage.Permanent(err) {
			t.Errorf("%s: %v, error %v, want %v", name, body, err, test.want)
		}
	}
}

// An append blob with another ETag is read only if it is the same one, grown.
func TestGrownAppendBlob(t *testing.T) {
	b := storage.Blob{Name: "x", Size: 10, ETag: version{etag: "0x1", append: true, created: created}.String()}
	for name, test := range map[string]struct {
		second func(w http.ResponseWriter)
		want   error
	}{
		"grown": {func(w http.ResponseWriter) {
			sendPart(w, []byte("0123456789"), 0, 11, func(h http.Header) { h.Set("x-ms-blob-type", "AppendBlob") })
		}, nil},
		"as long": {func(w http.ResponseWriter) {
			sendPart(w, []byte("0123456789"), 0, 10, func(h http.Header) { h.Set("x-ms-blob-type", "AppendBlob") })
		}, storage.ErrChanged},
		"block blob": {func(w http.ResponseWriter) { sendPart(w, []byte("0123456789"), 0, 11, nil) }, storage.ErrChanged},
		"younger": {func(w http.ResponseWriter) {
			sendPart(w, []byte("0123456789"), 0, 11, func(h http.Header) {
				h.Set("x-ms-blob-type", "AppendBlob")
				h.Set("x-ms-creation-time", "Fri, 20 Nov 2026 07:05:01 GMT")
			})
		}, storage.ErrChanged},
		"no creation time": {func(w http.ResponseWriter) {
			sendPart(w, []byte("0123456789"), 0, 11, func(h http.Header) {
				h.Set("x-ms-blob-type", "AppendBlob")
				h.Del("x-ms-creation-time")
			})
		}, storage.ErrChanged},
		"shorter than the range": {func(w http.ResponseWriter) { refuse(w, 416, "InvalidRange") }, storage.ErrChanged},
		"gone":                   {func(w http.ResponseWriter) { refuse(w, 404, "BlobNotFound") }, storage.ErrNotExist},
		"refused":                {func(w http.ResponseWriter) { refuse(w, 403, "AuthorizationFailure") }, storage.ErrDenied},
	} {
		var matches []string
		s := fake(t, func(w http.ResponseWriter, r *http.Request) {
			if matches = append(matches, r.Header.Get("If-Match")); len(matches) == 1 {
				refuse(w, 412, "ConditionNotMet")
				return
			}
			test.second(w)
		})
		data, err := storage.ReadBlob(t.Context(), s, b)
		if !errors.Is(err, test.want) || test.want == nil && string(data) != "0123456789" {
			t.Errorf("%s: %q, error %v, want %v", name, data, err, test.want)
		}
		if !slices.Equal(matches, []string{`"0x1"`, ""}) {
			t.Errorf("%s: asked with If-Match %q", name, matches)
		}
	}
}

// Cancelling ends a Read that waits for the network.
func TestCancelWakesRead(t *testing.T) {
	release := make(chan struct{})
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		sendPart(w, []byte("0"), 0, 10, func(h http.Header) {
			h.Set("Content-Length", "10")
			h.Set("Content-Range", "bytes 0-9/10")
		})
		w.(http.Flusher).Flush()
		<-release
	})
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	body, err := s.Open(ctx, ten, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.ReadFull(body, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		_, err := body.Read(make([]byte, 1))
		read <- err
	}()
	cancel()
	if err := <-read; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// everyOperation returns what each method makes of the blob ten.
func everyOperation(ctx context.Context, s *Store) map[string]error {
	_, get := s.Open(ctx, ten, 0, 10)
	_, head := s.Open(ctx, ten, 0, 0)
	_, find := s.Find(ctx, "x")
	_, folders := s.Folders(ctx, "")
	return map[string]error{
		"get": get, "head": head, "find": find, "list": listError(ctx, s), "folders": folders,
		"put": s.Put(ctx, "x", []byte("y")), "create": s.Create(ctx, "x", []byte("y")), "ensure": s.EnsureContainer(ctx),
	}
}

// listError is the error at the end of a listing.
func listError(ctx context.Context, s *Store) error {
	for _, err := range s.List(ctx, "x") {
		if err != nil {
			return err
		}
	}
	return nil
}

func listing(blobs, next string) string {
	return `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>` + blobs + `</Blobs><NextMarker>` + next + `</NextMarker></EnumerationResults>`
}

func listed(name, properties string) string {
	return "<Blob><Name>" + name + "</Name><Properties><Etag>0x1</Etag><Content-Length>0</Content-Length>" + properties + "</Properties></Blob>"
}
