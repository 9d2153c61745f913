package logsingestion

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"sparkless/publish"
	"sparkless/publish/ingest"
	"sparkless/storage/secret"
)

// signInTime bounds signing in, within requestTime: else it would look as if the
// service had not answered.
const signInTime = time.Minute

// signIn bounds a credential in time, marks its errors, whose own types are many
// and partly unexported, and remembers the last token, to keep it out of messages.
type signIn struct {
	azcore.TokenCredential
	limit time.Duration
	last  atomic.Pointer[secret.Text]
}

// GetToken implements azcore.TokenCredential.
func (s *signIn) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	token, err := s.TokenCredential.GetToken(ctx, o)
	if err != nil {
		return token, &signInError{err}
	}
	hide := secret.New(token.Token)
	s.last.Store(&hide)
	return token, nil
}

// token is the last one, or empty.
func (s *signIn) token() secret.Text {
	if last := s.last.Load(); last != nil {
		return *last
	}
	return secret.Text{}
}

// signInError says that there is no token. It wraps the credential's error for
// the SDK, which reads from it whether to repeat.
type signInError struct{ err error }

func (e *signInError) Error() string { return e.err.Error() }
func (e *signInError) Unwrap() error { return e.err }

// explain tells a token service that may recover from one that has refused.
func (e *signInError) explain(now time.Time) error {
	resp := e.response() //nolint:bodyclose // the SDK has read and closed it
	var hide []secret.Text
	if resp != nil && resp.Request != nil {
		// What the host of a managed identity tells its clients from others by.
		hide = append(hide, secret.New(resp.Request.Header.Get("X-Identity-Header")))
	}
	said := ingest.OneLine(rulers.ReplaceAllString(e.err.Error(), " "), hide...)
	if !e.passing(resp) {
		return fmt.Errorf("%w: signing in failed: %s: check the identity and what it signs in with; "+
			"it is asked for a token for logsingestion.audience", publish.ErrDenied, said)
	}
	wait := ""
	if resp != nil {
		wait = resp.Header.Get("Retry-After")
	}
	return ingest.Later(fmt.Errorf("signing in: %s", said), wait, now)
}

// rulers are the lines that the SDK draws in its messages.
var rulers = regexp.MustCompile(`-{4,}`)

// response is what the token service answered, if it is known.
func (e *signInError) response() *http.Response {
	if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](e.err); ok {
		return failed.RawResponse
	}
	if refused, ok := errors.AsType[*azcore.ResponseError](e.err); ok {
		return refused.RawResponse
	}
	return nil
}

// broken are the words of Go for connections that break, that take too long or
// that there are none of. Credentials give no more than the text.
var broken = regexp.MustCompile(`deadline exceeded|[Tt]imeout|timed out|connection re(fused|set)|broken pipe|\bEOF\b|` +
	`no such host|no route to host|network is unreachable|server misbehaving`)

func (e *signInError) passing(resp *http.Response) bool {
	if resp != nil {
		// 410: the metadata service of a machine is being updated.
		return resp.StatusCode == http.StatusGone || ingest.Answer{Status: resp.StatusCode}.Kind() == nil
	}
	if _, ok := errors.AsType[net.Error](e.err); ok || errors.Is(e.err, context.DeadlineExceeded) {
		return true
	}
	// A credential that is not available at all is of another type.
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](e.err)
	return ok && broken.MatchString(failed.Error())
}
