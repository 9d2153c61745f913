package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"sparkless/storage"
)

// transporter is a network that does what the function says.
type transporter func(*http.Request) (*http.Response, error)

func (f transporter) Do(r *http.Request) (*http.Response, error) { return f(r) }

// over is a store whose requests go to f.
func over(t *testing.T, f transporter) *Store {
	t.Helper()
	return (&leases{before: func(r *http.Request, _ string) (*http.Response, error) { return f(r) }}).store(t)
}

func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A request that is never answered ends in time, as one that may be repeated,
// and all repetitions together end, too.
func TestSilenceIsBounded(t *testing.T) {
	p := storage.DefaultPolicy()
	for op := range everyOperation(t.Context(), over(t, func(r *http.Request) (*http.Response, error) { return response(r, 403, "X"), nil })) {
		synctest.Test(t, func(t *testing.T) {
			s := over(t, silent)
			run := func(ctx context.Context, s storage.Store) error { return oneOperation(ctx, s, op) }
			if op == "ensure" {
				run = func(ctx context.Context, _ storage.Store) error { return s.EnsureContainer(ctx) }
			}
			start := time.Now()
			err := run(t.Context(), s)
			if spent := time.Since(start); err == nil || storage.Permanent(err) || spent > 2*answerTime {
				t.Errorf("%s: after %v: %v", op, spent, err)
			}
			one := time.Since(start)
			start = time.Now()
			if op == "ensure" {
				err = p.Do(t.Context(), func() error { return s.EnsureContainer(t.Context()) })
			} else {
				err = run(t.Context(), storage.RetryStore(s, p))
			}
			if spent := time.Since(start); err == nil || spent > p.Total+one {
				t.Errorf("%s, repeated: after %v: %v", op, spent, err)
			}
			wantNoSecret(t, err, someSig)
		})
	}
}

// oneOperation is one of everyOperation's, on any store.
func oneOperation(ctx context.Context, s storage.Store, op string) error {
	switch op {
	case "get", "head":
		length := map[string]int64{"get": 10}[op]
		_, err := s.Open(ctx, ten, 0, length)
		return err
	case "find":
		_, err := storage.Find(ctx, s, "x")
		return err
	case "folders":
		_, err := s.(storage.FolderLister).Folders(ctx, "")
		return err
	case "put":
		return s.Put(ctx, "x", []byte("y"))
	case "create":
		return s.(storage.Creator).Create(ctx, "x", []byte("y"))
	}
	for _, err := range s.List(ctx, "x") {
		return err
	}
	return nil
}

// An upload may take longer the more there is of it.
func TestPutIsBoundedBySize(t *testing.T) {
	for _, size := range []int{0, 1 << 20, 64 << 20} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			err := over(t, silent).Put(t.Context(), "x", make([]byte, size))
			least := time.Duration(size/slowestPut) * time.Second
			spent := time.Since(start)
			if err == nil || storage.Permanent(err) || spent < least || spent > least+answerTime {
				t.Errorf("%d bytes: after %v: %v", size, spent, err)
			}
			start = time.Now()
			if err := over(t, silent).Create(t.Context(), "x", make([]byte, size)); err == nil || storage.Permanent(err) || time.Since(start) != spent {
				t.Errorf("Create of %d bytes: after %v: %v", size, time.Since(start), err)
			}
		})
	}
}

// A body takes as long as it takes: only the way to its first byte is bounded.
func TestBodyIsNotBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := over(t, func(r *http.Request) (*http.Response, error) {
			answer := response(r, http.StatusPartialContent, "")
			answer.Header.Set("Content-Range", "bytes 0-9/10")
			answer.Body = io.NopCloser(&drip{ctx: r.Context(), left: 10})
			return answer, nil
		})
		if data, err := storage.ReadBlob(t.Context(), s, ten); err != nil || len(data) != 10 {
			t.Errorf("%q, %v", data, err)
		}
	})
}

// drip gives a byte a minute while its request lasts.
type drip struct {
	ctx  context.Context
	left int
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(time.Minute):
		d.left--
		return copy(p[:1], "x"), nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

// Signing in counts as part of the request, and one that takes too long was not
// refused.
func TestSlowSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := over(t, silent)
		client, err := container.NewClient(nowhere+"/work", credential{never{}}, &container.ClientOptions{ClientOptions: policy.ClientOptions{
			Transport: transporter(silent), Retry: policy.RetryOptions{MaxRetries: -1}}})
		if err != nil {
			t.Fatal(err)
		}
		s.client = client
		start := time.Now()
		_, err = s.Find(t.Context(), "x")
		if spent := time.Since(start); err == nil || storage.Permanent(err) || spent > answerTime {
			t.Errorf("after %v: %v", spent, err)
		}
	})
}

// never is a credential that does not answer.
type never struct{}

func (never) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	<-ctx.Done()
	return azcore.AccessToken{}, ctx.Err()
}

// Each call is one request: repeating is for others.
func TestOneRequestEach(t *testing.T) {
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		var n atomic.Int32
		s := fake(t, func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			refuse(w, status, "ServerBusy")
		})
		calls := 0
		for range everyOperation(t.Context(), s) {
			calls++
		}
		if int(n.Load()) != calls {
			t.Errorf("%d: %d calls make %d requests", status, calls, n.Load())
		}
	}
}

// What a busy service asks for arrives with the error.
func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		status       int
		header, text string
		date         string
		want         time.Duration
	}{
		{503, "Retry-After", "7", "", 7 * time.Second},
		{429, "Retry-After", "7", "", 7 * time.Second},
		{503, "Retry-After-Ms", "1500", "", 1500 * time.Millisecond},
		{429, "X-Ms-Retry-After-Ms", "30", "", 30 * time.Millisecond},
		{503, "Retry-After", "Fri, 20 Nov 2026 07:05:30 GMT", "Fri, 20 Nov 2026 07:05:00 GMT", 30 * time.Second},
		{503, "Retry-After", "Fri, 20 Nov 2026 07:05:30 GMT", "", 0},
		{503, "Retry-After", "Fri, 20 Nov 2026 07:05:30 GMT", "Fri, 20 Nov 2026 08:05:30 GMT", 0},
		{503, "Retry-After", "-7", "", 0},
		{503, "Retry-After", "soon", "", 0},
		{503, "Retry-After", "99999999999999999999", "", 0},
		{500, "Retry-After", "7", "", 0},
		{403, "Retry-After", "7", "", 0},
	} {
		s := over(t, func(r *http.Request) (*http.Response, error) {
			answer := response(r, test.status, "ServerBusy")
			answer.Header.Set(test.header, test.text)
			answer.Header.Set("Date", test.date)
			return answer, nil
		})
		for op, err := range everyOperation(t.Context(), s) {
			var b *storage.Backoff
			if got := errors.As(err, &b); got != (test.want > 0) || got && b.After != test.want {
				t.Errorf("%+v: %s: %v, %+v", test, op, err, b)
			}
		}
	}
}

// In a long listing a page that fails is asked for again, and only that one;
// with the first page, and with what does not pass, that is for the caller.
func TestListRepeatsPages(t *testing.T) {
	for _, folders := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			asked := map[string]int{}
			status := 503
			s := over(t, func(r *http.Request) (*http.Response, error) {
				marker := r.URL.Query().Get("marker")
				if asked[marker]++; asked[marker] < 3 && marker != "" {
					return response(r, status, "ServerBusy"), nil
				}
				n, _ := fmt.Sscan(marker, new(int))
				next := map[string]string{"": "1", "1": "2", "2": "3"}[marker]
				answer := response(r, 200, "")
				answer.Body = io.NopCloser(strings.NewReader(listing(listed(fmt.Sprint("a", marker, n), ""), next)))
				return answer, nil
			})
			var err error
			if folders {
				_, err = s.Folders(t.Context(), "")
			} else {
				err = listError(t.Context(), s)
			}
			if fmt.Sprint(asked) != "map[:1 1:3 2:3 3:3]" || err != nil {
				t.Errorf("folders %v: asked for %v, %v", folders, asked, err)
			}
			clear(asked)
			if status = 403; !errors.Is(listError(t.Context(), s), storage.ErrDenied) || asked["1"] != 1 {
				t.Errorf("refused: asked for %v", asked)
			}
		})
	}
}
