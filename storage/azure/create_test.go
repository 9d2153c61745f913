package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"sparkless/storage"
	"sparkless/storage/secret"
)

// A Create is a Put under a condition, and its answers mean what they mean there.
func TestCreateAnswers(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   error // nil: a passing one
	}{
		{409, "BlobAlreadyExists", storage.ErrExist},
		{412, "ConditionNotMet", storage.ErrExist},
		{412, "LeaseIdMissing", storage.ErrExist},
		{403, "UnauthorizedBlobOverwrite", storage.ErrExist},
		{409, "ContainerBeingDeleted", nil},
		{409, "BlobImmutableDueToPolicy", storage.ErrDenied},
		{403, "AuthorizationPermissionMismatch", storage.ErrDenied},
		{404, "ContainerNotFound", storage.ErrNotExist},
		{503, "ServerBusy", nil},
	} {
		s := fake(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPut || r.Header.Get("If-None-Match") != "*" {
				t.Errorf("%s, If-None-Match %q", r.Method, r.Header.Get("If-None-Match"))
			}
			refuse(w, test.status, test.code)
		})
		err := s.Create(t.Context(), "some/blob", []byte("x"))
		if err == nil || !errors.Is(err, test.want) && test.want != nil || storage.Permanent(err) != (test.want != nil) || !strings.Contains(err.Error(), `"some/blob"`) {
			t.Errorf("%d %s: %v", test.status, test.code, err)
		}
		wantNoSecret(t, err, someSig)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		refuse(w, 409, "BlobAlreadyExists")
	})
	if err := s.Create(ctx, "x", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("of a caller that has given up: %v", err)
	}
}

// A signature that allows to create and not to write does. How it is refused where
// there is a blob depends on the service.
func TestCreateWithTheRightToCreate(t *testing.T) {
	c := byKey(t)
	s := connect(t, Config{Endpoint: c.Endpoint, Container: c.Container, SAS: secret.New(signed(t, open(t, c), "rcl"))})
	if err := s.Create(t.Context(), "x", []byte("first")); err != nil {
		t.Error(err)
	}
	if err := s.Create(t.Context(), "x", []byte("second")); !errors.Is(err, storage.ErrExist) && !errors.Is(err, storage.ErrDenied) {
		t.Errorf("the second time: %v", err)
	}
	if data, err := storage.ReadAll(t.Context(), s, "x"); err != nil || string(data) != "first" {
		t.Errorf("%q, %v", data, err)
	}
	readOnly := connect(t, Config{Endpoint: c.Endpoint, Container: c.Container, SAS: secret.New(signed(t, open(t, c), "rl"))})
	for _, name := range []string{"x", "y"} {
		if err := readOnly.Create(t.Context(), name, nil); !errors.Is(err, storage.ErrDenied) {
			t.Errorf("without the right, %s: %v", name, err)
		}
	}
}
