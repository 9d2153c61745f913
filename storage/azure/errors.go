package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"sparkless/storage"
	"sparkless/storage/printable"
)

// place names a blob, or the container if name is empty.
func (s *Store) place(name string) string {
	if name == "" {
		return fmt.Sprintf("container %q of account %q", s.container, s.account)
	}
	return fmt.Sprintf("blob %q in container %q of account %q", name, s.container, s.account)
}

// failure is the error to return for err, which came from the SDK while doing
// something with a blob or, if name is empty, with the container. Its text is
// made here and err is not wrapped: the SDK's errors hold whole requests, and a
// request's URL may hold a signature.
func (s *Store) failure(ctx context.Context, doing, name string, err error) error {
	if err == nil {
		return nil
	}
	what := doing + " " + s.place(name)
	var refused *azcore.ResponseError
	var noToken *signInError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, ctx.Err())
	case errors.As(err, &noToken):
		return noToken.explain(what)
	case errors.As(err, &refused):
		return backoff(s.answer(what, doing, refused), refused)
	case errors.Is(err, storage.ErrChanged):
		return fmt.Errorf("%s: %w", what, err) // made in this package
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: no answer in time", what) // the caller's context has not ended
	}
	if errors.As(err, new(*tls.CertificateVerificationError)) { // no later try will trust it
		return fmt.Errorf("%s: %w: %s: check storage.endpoint; of a proxy that reads TLS this machine has to trust the authority (SSL_CERT_FILE)", what, storage.ErrInvalid, transportText(err))
	}
	return fmt.Errorf("%s: %s", what, transportText(err))
}

// answer explains a status other than success.
func (s *Store) answer(what, doing string, r *azcore.ResponseError) error {
	code := fmt.Sprintf("%d %s", r.StatusCode, printable.Text(cut(r.ErrorCode, 60)))
	if r.ErrorCode == "" {
		code = fmt.Sprintf("%d without an error code: is this a blob service?", r.StatusCode)
	}
	switch kind := meaning(r); {
	case r.ErrorCode == string(bloberror.ContainerNotFound):
		return fmt.Errorf("%s: container %q %w (%s)", what, s.container, storage.ErrNotExist, code)
	case errors.Is(kind, storage.ErrDenied):
		return &refusal{fmt.Errorf("%s: %w (%s): %s", what, kind, code, denied(r.ErrorCode, doing)), r.ErrorCode}
	case kind != nil:
		return fmt.Errorf("%s: %w (%s)", what, kind, code)
	case r.ErrorCode == string(bloberror.BlobArchived):
		return fmt.Errorf("%s: %s: the blob is in the archive tier: rehydrate it first", what, code)
	}
	return fmt.Errorf("%s: the service answered %s", what, code)
}

// refusal is a storage.ErrDenied with the code that the service gave.
type refusal struct {
	error
	code string
}

func (r *refusal) Unwrap() error { return r.error }

// RefusalCode is the code with which the service refused what ended in err, such as
// AuthorizationFailure, or empty. It is foreign text.
func RefusalCode(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.code
	}
	return ""
}

// backoff adds how long a busy service asks to be left alone.
// (RFC 9110, section 10.2.3; azcore's own retries know the other two headers.)
func backoff(err error, r *azcore.ResponseError) error {
	if r.RawResponse == nil || r.StatusCode != http.StatusTooManyRequests && r.StatusCode != http.StatusServiceUnavailable {
		return err
	}
	h := r.RawResponse.Header
	for name, unit := range map[string]time.Duration{"retry-after-ms": time.Millisecond, "x-ms-retry-after-ms": time.Millisecond, "Retry-After": time.Second} {
		if n, bad := strconv.ParseInt(h.Get(name), 10, 32); bad == nil && n > 0 {
			return &storage.Backoff{After: time.Duration(n) * unit, Err: err}
		}
	}
	until, bad1 := http.ParseTime(h.Get("Retry-After"))
	now, bad2 := http.ParseTime(h.Get("Date")) // theirs: this machine's clock may be off
	if bad1 == nil && bad2 == nil && until.After(now) {
		return &storage.Backoff{After: until.Sub(now), Err: err}
	}
	return err
}

// meaning is the error of package storage that an answer stands for, or nil for
// what may pass.
func meaning(r *azcore.ResponseError) error {
	switch bloberror.Code(r.ErrorCode) {
	case bloberror.BlobNotFound, bloberror.ContainerNotFound, bloberror.ResourceNotFound:
		return storage.ErrNotExist
	case bloberror.ConditionNotMet, bloberror.InvalidRange:
		return storage.ErrChanged
	case bloberror.InvalidAuthenticationInfo, "NoAuthenticationInformation", "PublicAccessNotPermitted", bloberror.BlobImmutableDueToPolicy:
		return storage.ErrDenied
	case bloberror.InvalidResourceName, bloberror.InvalidURI, bloberror.OutOfRangeInput, bloberror.InvalidHeaderValue,
		bloberror.InvalidQueryParameterValue, bloberror.UnsupportedHeader, bloberror.RequestBodyTooLarge, "AccountRequiresHttps":
		return storage.ErrInvalid
	}
	if r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden {
		return storage.ErrDenied
	}
	return nil
}

// denied says what an operator can do about a refusal.
func denied(code, doing string) string {
	role := "Storage Blob Data Contributor"
	if doing == "reading" || doing == "listing" {
		role = "Storage Blob Data Reader"
	}
	switch bloberror.Code(code) {
	case bloberror.AuthorizationPermissionMismatch:
		return "give the identity the role " + role + " on the container, or the signature the permission; Owner and Contributor do not include it"
	case bloberror.AuthorizationFailure:
		return "the account's network rules may refuse this address, or the right is missing (role " + role + ")"
	case bloberror.AuthenticationFailed, bloberror.InvalidAuthenticationInfo:
		return "the key is wrong, the signature is wrong or has expired, the token is for another tenant, or this machine's clock is off"
	case bloberror.AuthorizationSourceIPMismatch:
		return "the shared access signature does not allow this address"
	case bloberror.AuthorizationProtocolMismatch:
		return "the shared access signature allows https only"
	case "KeyBasedAuthenticationNotPermitted":
		return "the account allows no keys: leave out storage.account-key, storage.sas and storage.connection-string to sign in with an identity"
	case bloberror.BlobImmutableDueToPolicy:
		return "an immutability policy protects the blob"
	}
	return "check the credentials, the role " + role + " and the account's network rules"
}

// transportText describes a failure without an answer.
func transportText(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err // without the URL
	}
	text := oneLine(err.Error())
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		text += ": check storage.account, storage.endpoint and the private DNS zone, if there is one"
	}
	return text
}

// oneLine makes the SDK's long texts fit for a message: one line, no rulers,
// bounded, nothing that a terminal obeys, and no query of a URL.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if !printable.Rune(r) {
			return ' '
		}
		return r
	}, text)
	text = regexp.MustCompile(`\?[^\s"']*`).ReplaceAllString(text, "")
	words := strings.Fields(regexp.MustCompile(`-{4,}`).ReplaceAllString(text, " "))
	return cut(strings.Join(words, " "), 600)
}

// cut shortens text to n characters.
func cut(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return text
}

// credential marks the errors of a token credential, whose own types are many
// and partly unexported.
type credential struct{ azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (c credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, o)
	switch {
	case ctx.Err() != nil:
		return token, fmt.Errorf("signing in: %w", ctx.Err())
	case err != nil:
		return token, &signInError{err}
	}
	return token, nil
}

// signInError says that there is no token. It wraps the credential's error for
// the SDK, which reads from it whether to repeat.
type signInError struct{ err error }

func (e *signInError) Error() string { return "signing in failed: " + oneLine(e.err.Error()) }
func (e *signInError) Unwrap() error { return e.err }

// Is makes it storage.ErrDenied, unless the token service was at fault: it may
// recover.
func (e *signInError) Is(target error) bool { return target == storage.ErrDenied && !e.mayPass() }

func (e *signInError) mayPass() bool {
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(e.err, &failed) || failed.RawResponse == nil {
		return false
	}
	status := failed.RawResponse.StatusCode
	return status == http.StatusTooManyRequests || status >= 500
}

func (e *signInError) explain(what string) error {
	if e.mayPass() {
		return fmt.Errorf("%s: %s", what, e.Error())
	}
	return fmt.Errorf("%s: %w: %s", what, storage.ErrDenied, e.Error())
}
