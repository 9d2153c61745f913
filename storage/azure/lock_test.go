package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"sparkless/storage"
	"sparkless/storage/secret"
)

// leases is a service of one blob that only knows leases, with the clock of the
// test's bubble. It counts its requests by what they ask for.
type leases struct {
	mu      sync.Mutex // not held while before and after are called
	made    bool
	id      string
	expires time.Time
	seen    map[string]int
	// before may answer in its place, or fail; after is told what it did.
	before func(r *http.Request, action string) (*http.Response, error)
	after  func(action string) error
}

func response(r *http.Request, status int, code string) *http.Response {
	h := http.Header{"X-Ms-Error-Code": {code}}
	if code == "" {
		h = http.Header{"Etag": {`"0x1"`}}
	}
	return &http.Response{StatusCode: status, Header: h, Body: http.NoBody, Request: r}
}

// header reads a header as the SDK writes it.
func header(r *http.Request, name string) string { return strings.Join(r.Header[name], "") }

// Do implements policy.Transporter.
func (l *leases) Do(r *http.Request) (*http.Response, error) {
	action := header(r, "x-ms-lease-action")
	if action == "" {
		action = r.Method + r.URL.Query().Get("comp")
	}
	l.mu.Lock()
	if l.seen == nil {
		l.seen = map[string]int{}
	}
	l.seen[action]++
	before, after := l.before, l.after
	l.mu.Unlock()
	if before != nil {
		if answer, err := before(r, action); answer != nil || err != nil {
			return answer, err
		}
	}
	answer := l.answer(r, action)
	if after != nil {
		if err := after(action); err != nil {
			return nil, err
		}
	}
	return answer, r.Context().Err()
}

// from has before be called from now on.
func (l *leases) from(before func(r *http.Request, action string) (*http.Response, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = before
}

// look returns how often an action was asked for, and when the lease ends.
func (l *leases) look(action string) (times int, ends time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[action], l.expires
}

func (l *leases) answer(r *http.Request, action string) *http.Response {
	l.mu.Lock()
	defer l.mu.Unlock()
	leased := l.id != "" && time.Now().Before(l.expires)
	switch action {
	case "PUT":
		l.made = true
		return response(r, http.StatusCreated, "")
	case "acquire":
		id := header(r, "x-ms-proposed-lease-id")
		switch {
		case !l.made:
			return response(r, http.StatusNotFound, "BlobNotFound")
		case leased && id != l.id:
			return response(r, http.StatusConflict, "LeaseAlreadyPresent")
		}
		l.id, l.expires = id, time.Now().Add(time.Minute)
		return response(r, http.StatusCreated, "")
	case "renew", "release":
		if header(r, "x-ms-lease-id") != l.id {
			return response(r, http.StatusConflict, "LeaseIdMismatchWithLeaseOperation")
		}
		if l.expires = time.Now().Add(time.Minute); action == "release" {
			l.id = ""
		}
	case "PUTmetadata":
		if header(r, "x-ms-lease-id") != l.id {
			return response(r, http.StatusPreconditionFailed, "LeaseIdMismatchWithBlobOperation")
		}
	}
	return response(r, http.StatusOK, "")
}

// store is one of the service's clients.
func (l *leases) store(t *testing.T) *Store {
	t.Helper()
	s := connect(t, Config{Endpoint: nowhere, SAS: secret.New(someSAS), Container: "work"})
	client, err := container.NewClientWithNoCredential(nowhere+"/work?"+someSAS, &container.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: l, Retry: policy.RetryOptions{MaxRetries: -1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	return s
}

func take(t *testing.T, s *Store) (context.Context, func() error) {
	t.Helper()
	held, unlock, err := s.Lock(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	return held, unlock
}

func wantTaken(t *testing.T, l *leases) {
	t.Helper()
	if _, _, err := l.store(t).Lock(t.Context(), "x"); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("somebody else's Lock: %v", err)
	}
}

// A lock is kept for hours, four renewals a minute, and nothing goes on after.
func TestLockIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &leases{}
		held, unlock := take(t, l.store(t))
		for range 60 {
			time.Sleep(time.Minute)
			if held.Err() != nil {
				t.Fatal(context.Cause(held))
			}
			wantTaken(t, l)
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
		renewed, _ := l.look("renew")
		if renewed < 239 || renewed > 240 { // the last may be due at this very moment
			t.Errorf("%d renewals in an hour", renewed)
		}
		_, unlock = take(t, l.store(t))
		unlock()
		time.Sleep(time.Hour)
		if n, _ := l.look("renew"); n != renewed {
			t.Errorf("renewed after unlock")
		}
	})
}

// Failures that pass, and requests that are never answered, cost nothing while
// one renewal in time succeeds.
func TestLockOutlivesTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		l := &leases{before: func(r *http.Request, action string) (*http.Response, error) {
			if action != "renew" {
				return nil, nil
			}
			switch n++; n % 5 {
			case 0:
				return nil, nil
			case 1:
				return response(r, http.StatusServiceUnavailable, "ServerBusy"), nil
			case 2:
				return nil, errors.New("connection reset")
			case 3:
				return response(r, http.StatusForbidden, "AuthenticationFailed"), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		held, unlock := take(t, l.store(t))
		time.Sleep(time.Hour)
		if held.Err() != nil {
			t.Error(context.Cause(held))
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
}

// When no renewal succeeds any more the holder is told before somebody else can
// have the lock, counted from when the last good renewal was sent, not answered.
func TestLockEndsInTime(t *testing.T) {
	for name, trouble := range map[string]func(r *http.Request) (*http.Response, error){
		"reset":  func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") },
		"busy":   func(r *http.Request) (*http.Response, error) { return response(r, 503, "ServerBusy"), nil },
		"no XML": func(r *http.Request) (*http.Response, error) { return response(r, 404, ""), nil },
		"silent": func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
	} {
		synctest.Test(t, func(t *testing.T) {
			var broken atomic.Bool
			l := &leases{}
			l.before = func(r *http.Request, action string) (*http.Response, error) {
				if broken.Load() && action == "renew" {
					return trouble(r)
				}
				return nil, nil
			}
			l.after = func(action string) error {
				if action == "renew" {
					time.Sleep(7 * time.Second) // the answer is slow
				}
				return nil
			}
			held, unlock := take(t, l.store(t))
			time.Sleep(65 * time.Second)
			broken.Store(true)
			_, free := l.look("")
			<-held.Done()
			if early := time.Until(free); !errors.Is(context.Cause(held), storage.ErrLockLost) || early < 4*time.Second || early > 6*time.Second {
				t.Errorf("%s: ended %v before the lease with %v", name, early, context.Cause(held))
			}
			synctest.Wait()
			wantTaken(t, l)
			time.Sleep(time.Until(free))
			_, next := take(t, l.store(t))
			if err := unlock(); !errors.Is(err, storage.ErrLockLost) {
				t.Errorf("%s: unlock of a lost lock: %v", name, err)
			}
			wantTaken(t, l)
			if err := next(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What the service says of the lease counts at once.
func TestLockTakenAway(t *testing.T) {
	for _, code := range []string{"LeaseIdMismatchWithLeaseOperation", "LeaseIsBrokenAndCannotBeRenewed", "LeaseNotPresentWithLeaseOperation", "BlobNotFound", "ContainerBeingDeleted"} {
		synctest.Test(t, func(t *testing.T) {
			l := &leases{}
			held, unlock := take(t, l.store(t))
			l.from(func(r *http.Request, action string) (*http.Response, error) {
				if action != "renew" {
					return nil, nil
				}
				if code == "BlobNotFound" {
					return response(r, 404, code), nil
				}
				return response(r, 409, code), nil
			})
			start := time.Now()
			<-held.Done()
			if after := time.Since(start); !errors.Is(context.Cause(held), storage.ErrLockLost) || after > 15*time.Second {
				t.Errorf("%s: after %v: %v", code, after, context.Cause(held))
			}
			if err := unlock(); !errors.Is(err, storage.ErrLockLost) {
				t.Errorf("%s: unlock: %v", code, err)
			}
		})
	}
}

// A lock that was taken though no answer said so is the same caller's at the
// next try, and nobody else's; and one that nobody wants any more is given back.
func TestLockAnswerLost(t *testing.T) {
	for _, action := range []string{"acquire", "PUT", "PUTmetadata", "release"} {
		synctest.Test(t, func(t *testing.T) {
			lose := true
			l := &leases{made: action != "PUT", after: func(a string) error {
				if a == action && lose {
					lose = false
					return errors.New("connection reset")
				}
				return nil
			}}
			s := storage.RetryStore(l.store(t), storage.DefaultPolicy()).(storage.Locker)
			held, unlock, err := s.Lock(t.Context(), "x")
			if err != nil {
				t.Fatalf("%s: %v", action, err)
			}
			wantTaken(t, l)
			if err := unlock(); err != nil || held.Err() == nil {
				t.Errorf("%s: unlock: %v", action, err)
			}
			_, unlock = take(t, l.store(t))
			unlock()
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := &leases{made: true, after: func(string) error { cancel(); return nil }}
		if _, _, err := l.store(t).Lock(ctx, "x"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		_, unlock := take(t, l.store(t))
		unlock()
	})
}

// Whoever is told to stop keeps the lock until it is given back.
func TestLockIsKeptWhileStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &leases{}
		ctx, cancel := context.WithCancel(t.Context())
		_, unlock, err := l.store(t).Lock(ctx, "x")
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		time.Sleep(5 * time.Minute)
		wantTaken(t, l)
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
}

// Unlocking ends although nothing answers, also when the caller's context ended.
func TestUnlockIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &leases{}
		ctx, cancel := context.WithCancel(t.Context())
		_, unlock, err := l.store(t).Lock(ctx, "x")
		if err != nil {
			t.Fatal(err)
		}
		l.from(func(r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		time.Sleep(16 * time.Second) // in the middle of a renewal
		cancel()
		start := time.Now()
		if err := unlock(); err == nil || time.Since(start) > 21*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// quick has the store renew all the time.
func quick(s *Store) *Store {
	s.times.renew, s.times.again = time.Millisecond, time.Millisecond
	return s
}

// breaker ends the lease of the blob x from outside.
func breaker(t *testing.T, s *Store) {
	t.Helper()
	client, err := lease.NewBlobClient(s.client.NewBlobClient("x"), nil)
	if err == nil {
		_, err = client.BreakLease(t.Context(), &lease.BlobBreakOptions{BreakPeriod: to.Ptr(int32(0))})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// With the real service: a holder that stops renewing is followed by the next
// once its lease has ended, and one that is told so stops.
func TestLockBrokenFromOutside(t *testing.T) {
	c := byKey(t)
	dead := open(t, c) // renews too rarely to notice
	_, unlockDead := take(t, dead)
	s := quick(connect(t, c))
	if _, _, err := s.Lock(t.Context(), "x"); !errors.Is(err, storage.ErrLocked) {
		t.Fatal(err)
	}
	breaker(t, s)
	held, unlock := take(t, s)
	if err := unlockDead(); !errors.Is(err, storage.ErrLockLost) {
		t.Errorf("unlock of the lock that somebody else has: %v", err)
	}
	if _, _, err := connect(t, c).Lock(t.Context(), "x"); !errors.Is(err, storage.ErrLocked) {
		t.Error(err)
	}
	breaker(t, s)
	if <-held.Done(); !errors.Is(context.Cause(held), storage.ErrLockLost) {
		t.Errorf("cause %v", context.Cause(held))
	}
	_, next := take(t, connect(t, c))
	if err := unlock(); !errors.Is(err, storage.ErrLockLost) {
		t.Errorf("unlock: %v", err)
	}
	if err := next(); err != nil {
		t.Error(err)
	}
	held, unlock = take(t, s)
	if _, err := s.client.NewBlobClient("x").Delete(t.Context(), &blob.DeleteOptions{
		AccessConditions: &blob.AccessConditions{LeaseAccessConditions: &blob.LeaseAccessConditions{LeaseID: s.leases["x"].LeaseID()}},
	}); err != nil {
		t.Fatal(err)
	}
	if <-held.Done(); !errors.Is(context.Cause(held), storage.ErrLockLost) {
		t.Errorf("deleted: cause %v", context.Cause(held))
	}
	unlock()
}

// A signature that allows to read, list, create and write is enough, and what
// it lacks is said.
func TestLockRights(t *testing.T) {
	c := byKey(t)
	owner := open(t, c)
	for permissions, want := range map[string]error{"rlcw": nil, "rl": storage.ErrDenied} {
		s := connect(t, Config{Endpoint: c.Endpoint, Container: c.Container, SAS: secret.New(signed(t, owner, permissions))})
		_, unlock, err := s.Lock(t.Context(), "x")
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", permissions, err)
			continue
		}
		if err != nil {
			if wantNoSecret(t, err); !strings.Contains(err.Error(), "Contributor") {
				t.Errorf("%s: %v", permissions, err)
			}
		} else if err := unlock(); err != nil {
			t.Error(err)
		}
	}
}

// The holder is whatever stands there.
func TestLockHolderIsNotTrusted(t *testing.T) {
	evil := fmt.Sprint(strings.Repeat("x", 4000), "end")
	l := &leases{made: true, id: "other", expires: time.Now().Add(time.Hour), before: func(r *http.Request, action string) (*http.Response, error) {
		if action != "HEAD" {
			return nil, nil
		}
		answer := response(r, 200, "")
		answer.Header["X-Ms-Meta-Host"] = []string{evil}
		answer.Header["X-Ms-Meta-Pid"] = []string{"\x1b[2J"}
		return answer, nil
	}}
	_, _, err := l.store(t).Lock(t.Context(), "x")
	if !errors.Is(err, storage.ErrLocked) || strings.Contains(err.Error(), "end") || strings.Contains(err.Error(), "\x1b") || !strings.Contains(err.Error(), "xxx") {
		t.Errorf("got %q", err)
	}
	l.before = func(r *http.Request, action string) (*http.Response, error) {
		if action == "HEAD" {
			return nil, errors.New("connection reset")
		}
		return nil, nil
	}
	if _, _, err := l.store(t).Lock(t.Context(), "x"); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("without knowing who: %v", err)
	}
}
