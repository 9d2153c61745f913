package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"sparkless/storage"
)

const someToken = "eyJzZWNyZXQiOiJ0b2tlbiJ9.c2VjcmV0"

// nowhere is where no request may arrive in these tests: nobody listens there.
const nowhere = "https://127.0.0.1:1/acct"

// identity plays the endpoint from which Azure Container Apps and App Service
// hand out tokens of managed identities.
func identity(t *testing.T, handler http.HandlerFunc) {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	t.Setenv("IDENTITY_ENDPOINT", server.URL)
	t.Setenv("IDENTITY_HEADER", "header")
}

// The managed identity named by storage.client-id gives the token that the
// requests carry.
func TestManagedIdentity(t *testing.T) {
	asked := url.Values{}
	identity(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query()
		fmt.Fprintf(w, `{"access_token":%q,"expires_on":"%d","resource":"https://storage.azure.com","token_type":"Bearer"}`,
			someToken, time.Now().Add(time.Hour).Unix())
	})
	var carried string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		carried = r.Header.Get("Authorization")
		refuse(w, 403, "AuthorizationPermissionMismatch")
	}))
	defer server.Close()
	s := connect(t, Config{Endpoint: server.URL + "/acct", ClientID: someGUID, Container: "am-securityevent"})
	s.transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	_, err := s.Find(t.Context(), "x")
	if !errors.Is(err, storage.ErrDenied) || carried != "Bearer "+someToken {
		t.Errorf("the service sees %q, error %v", carried, err)
	}
	if asked.Get("client_id") != someGUID || !strings.HasPrefix(asked.Get("resource"), "https://storage.azure.com") {
		t.Errorf("a token was asked for with %v", asked)
	}
	wantNoSecret(t, err, someToken)
}

// An identity that is refused is ErrDenied, whatever is asked, and the blob
// service is not.
func TestNoToken(t *testing.T) {
	identity(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, `{"error":"invalid_request","error_description":"Identity not found"}`, http.StatusBadRequest)
	})
	// Tokens are kept by client ID for the whole process.
	s := connect(t, Config{Endpoint: nowhere, ClientID: "11111111" + someGUID[8:], Container: "am-securityevent"})
	for op, err := range everyOperation(t.Context(), s) {
		if !errors.Is(err, storage.ErrDenied) || !strings.Contains(err.Error(), "Identity not found") {
			t.Errorf("%s: error %v, want ErrDenied", op, err)
		}
		wantNoSecret(t, err)
	}
}

// Without storage.client-id the SDK's chain decides; what it says is in the error.
func TestDefaultCredential(t *testing.T) {
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
	t.Setenv("AZURE_TENANT_ID", "")
	c := Config{Endpoint: nowhere, Container: "am-securityevent"}
	for op, err := range everyOperation(t.Context(), connect(t, c)) {
		if !errors.Is(err, storage.ErrDenied) || !strings.Contains(err.Error(), "AZURE_TENANT_ID") {
			t.Errorf("%s: error %v", op, err)
		}
		wantNoSecret(t, err)
	}
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "NoSuchCredential")
	if _, err := New(c); !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), "AZURE_TOKEN_CREDENTIALS") {
		t.Errorf("New: %v", err)
	}
}

func TestCancelledSignIn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	identity(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	s := connect(t, Config{Endpoint: nowhere, ClientID: "22222222" + someGUID[8:], Container: "am-securityevent"})
	if _, err := s.Find(ctx, "x"); !errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrDenied) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// A token service that answers with a failure of its own may recover.
func TestSignInExplained(t *testing.T) {
	for status, denied := range map[int]bool{400: true, 401: true, 403: true, 429: false, 500: false, 503: false} {
		err := (&signInError{&azidentity.AuthenticationFailedError{RawResponse: &http.Response{
			StatusCode: status, Body: io.NopCloser(strings.NewReader("----\nlong\n\ttext --------- of the service")),
		}}}).explain("listing")
		if errors.Is(err, storage.ErrDenied) != denied || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "---") {
			t.Errorf("%d: %q", status, err)
		}
	}
}

func TestTransportText(t *testing.T) {
	request := "https://acct.blob.core.windows.net/c?" + someSAS
	for _, test := range []struct {
		err  error
		want string
	}{
		{&url.Error{Op: "Get", URL: request, Err: &net.DNSError{Err: "no such host", Name: "acct.blob.core.windows.net", IsNotFound: true}}, "storage.account"},
		{fmt.Errorf("trying: %w", &url.Error{Op: "Get", URL: request, Err: io.ErrUnexpectedEOF}), "unexpected EOF"},
		{errors.New("proxy said no to " + request + " twice"), "no to https://acct.blob.core.windows.net/c twice"},
		{errors.New("many\n\n\twords " + strings.Repeat("word ", 1000)), "many words word"},
	} {
		got := transportText(test.err)
		if !strings.Contains(got, test.want) || strings.Contains(got, "Get") || strings.Contains(got, someSig) || strings.Contains(got, "\n") || len(got) > 800 {
			t.Errorf("%v becomes %q, want it to say %q", test.err, got, test.want)
		}
	}
}

// What Blob.ETag holds survives; what others wrote there is an ETag.
func TestVersion(t *testing.T) {
	for _, v := range []version{{etag: "0x1"}, {etag: "0x1", append: true, created: 0}, {etag: "0x8DE", append: true, created: created}} {
		if got := parseVersion(v.String()); got != v {
			t.Errorf("%+v becomes %q and %+v", v, v, got)
		}
	}
	for _, s := range []string{"", ";append;", "0x1;append;x", "0x1;append;1;append;2"} {
		if got := parseVersion(s); got.append || got.String() != s {
			t.Errorf("%q is read as %+v", s, got)
		}
	}
}
