package azure

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Bounds of answers in bytes. A blob's content has none: its reader counts.
const (
	maxAnswer = 64 << 10 // error texts, and what answers a Put or a lease
	// maxPage is of a page of a listing, which has at most 5,000 blobs.
	maxPage = 32 << 20
)

// ErrTooLong is the error of an answer that goes on beyond its bound.
var ErrTooLong = errors.New("the answer is longer than this service's ever are")

// Guard makes a transport fit for the SDK. Its errors hold no URL, which may hold
// a signature: the SDK logs them as they are. It follows no redirect, so that no
// credential travels to another host. And it ends the body of an answer after most
// bytes: that of an error status as if there were no more, since what the status
// says stays true, and any other with ErrTooLong. Less than 0 means no bound.
func Guard(transport http.RoundTripper, most func(*http.Response) int64) policy.Transporter {
	return guard{transport, most}
}

type guard struct {
	http.RoundTripper
	most func(*http.Response) int64
}

// Do implements policy.Transporter. An http.Client would put the URL into errors,
// also one that a redirect leads to.
func (g guard) Do(r *http.Request) (*http.Response, error) {
	resp, err := g.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if most := g.most(resp); most >= 0 {
		b := &bounded{ReadCloser: resp.Body, left: most}
		if resp.StatusCode < http.StatusBadRequest {
			b.beyond = fmt.Errorf("%w: more than %d bytes", ErrTooLong, most)
		}
		resp.Body = b
	}
	return resp, nil
}

// bounded is a body that ends after left bytes, with the error beyond if there is
// more and that is not nil.
type bounded struct {
	io.ReadCloser
	left   int64
	beyond error
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 && b.beyond == nil {
		return 0, io.EOF
	}
	if b.left == 0 && len(p) > 0 {
		n, err := b.ReadCloser.Read(p[:1])
		if n > 0 {
			return 0, b.beyond
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// bound is how many bytes the answer of a blob service may have.
func bound(resp *http.Response) int64 {
	ok := resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent
	query := resp.Request.URL.Query()
	switch {
	case !ok || resp.Request.Method != http.MethodGet:
		return maxAnswer
	case query.Get("comp") == "list":
		return maxPage
	case query.Has("comp"):
		return maxAnswer
	}
	return -1
}
