package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"sparkless/job"
	"sparkless/storage"
	"sparkless/storage/secret"
)

const apiKey = "temporal-key-that-nobody-may-see"

func config(address string) Config {
	return Config{Address: address, Namespace: "default", Queue: "sparkless-0123", Scope: "all", Detector: "fake", Identity: "worker"}
}

// dialled connects, checks what was logged, and returns the error.
func dialled(t testing.TB, c Config) error {
	t.Helper()
	var logged bytes.Buffer
	c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	client, err := Dial(ctx, c)
	if err == nil {
		client.Close()
	}
	for _, text := range []string{logged.String(), fmt.Sprintf("%v %+v %q", err, err, err)} {
		if strings.Contains(text, apiKey) {
			t.Errorf("the key is in %s", text)
		}
	}
	return err
}

// Who has the right authority, certificate and name of the server gets through, and who
// has not is told which setting to look at, at once.
func TestTLS(t *testing.T) {
	right, other := newAuthority(t), newAuthority(t)
	cert, key := right.issue("replica", "replica.test")
	strange, strangeKey := other.issue("stranger", "replica.test")
	one := serve(t, right.server("127.0.0.1"))
	named := serve(t, right.server("temporal.test"))
	both := right.server("127.0.0.1")
	both.ClientAuth, both.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	both.ClientCAs.AddCert(right.cert)
	mutual := serve(t, both)
	open := serve(t, nil)
	for _, c := range []struct {
		name   string
		server *frontend
		set    func(*Config)
		wrong  string // in the error; "" if there is none
	}{
		{"plain text", open, func(*Config) {}, ""},
		{"off", open, func(c *Config) { c.TLS = TLSOff }, ""},
		{"right authority", one, func(c *Config) { c.CA = right.file }, ""},
		{"wrong authority", one, func(c *Config) { c.CA = other.file }, "temporal.tls-ca"},
		{"authorities of the system", one, func(c *Config) { c.TLS = TLSOn }, "temporal.tls-ca"},
		{"wrong name", named, func(c *Config) { c.CA = right.file }, "temporal.tls-server-name"},
		{"right name", named, func(c *Config) { c.CA, c.ServerName = right.file, "temporal.test" }, ""},
		{"certificate", mutual, func(c *Config) { c.CA, c.Cert, c.Key = right.file, cert, key }, ""},
		{"no certificate", mutual, func(c *Config) { c.CA = right.file }, "temporal.tls-cert"},
		{"certificate of a stranger", mutual, func(c *Config) { c.CA, c.Cert, c.Key = right.file, strange, strangeKey }, "temporal.tls-cert"},
		{"TLS to plain text", open, func(c *Config) { c.CA = right.file }, "temporal.tls"},
		{"plain text to TLS", one, func(*Config) {}, "temporal.tls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := config(c.server.address)
			c.set(&x)
			err := dialled(t, x)
			if c.wrong == "" && err != nil {
				t.Fatal(err)
			}
			if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
				t.Fatalf("%v, want %s", err, c.wrong)
			}
			// The server's refusal may get lost when the client writes on meanwhile.
			if refused := c.wrong == "temporal.tls-cert" && !strings.Contains(err.Error(), "hangs up"); errors.Is(err, storage.ErrDenied) != refused {
				t.Errorf("%v", err)
			}
		})
	}
	if got := mutual.clients; len(got) == 0 || got[0] != "replica" {
		t.Errorf("clients %q", got)
	}
}

// A client's certificate that is renewed is used at the next connection.
func TestRenewedCertificate(t *testing.T) {
	a := newAuthority(t)
	c := config("127.0.0.1:7233")
	c.CA = a.file
	c.Cert, c.Key = a.issue("old", "replica.test")
	encryption, err := c.tlsConfig()
	if err != nil {
		t.Fatal(err)
	}
	cert, key := a.issue("new", "replica.test")
	if err := errors.Join(os.Rename(cert, c.Cert), os.Rename(key, c.Key)); err != nil {
		t.Fatal(err)
	}
	pair, err := encryption.GetClientCertificate(nil)
	if err != nil || pair.Leaf.Subject.CommonName != "new" {
		t.Errorf("%v, %v", pair, err)
	}
}

// The API key goes into one header, over TLS alone, and into nothing that people see,
// even if the server repeats it.
func TestAPIKey(t *testing.T) {
	a := newAuthority(t)
	s := serve(t, a.server("127.0.0.1"))
	c := config(s.address)
	c.CA, c.APIKey = a.file, secret.New(apiKey)
	if err := dialled(t, c); err != nil {
		t.Fatal(err)
	}
	for _, h := range s.headers {
		if h != "Bearer "+apiKey {
			t.Errorf("authorization: %s", h)
		}
	}
	if len(s.headers) != s.calls || s.calls < 2 {
		t.Errorf("%d headers of %d calls", len(s.headers), s.calls)
	}
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unauthenticated} {
		s.refuse = func(string) error { return status.Error(code, "no: Bearer "+apiKey) }
		if err := dialled(t, c); !errors.Is(err, storage.ErrDenied) || !strings.Contains(err.Error(), "temporal.api-key") {
			t.Errorf("%v: %v", code, err)
		}
	}
	open := serve(t, nil)
	c = config(open.address)
	c.TLS, c.APIKey = TLSOff, secret.New(apiKey)
	if err := dialled(t, c); err == nil || !strings.Contains(err.Error(), "temporal.tls: off") || open.calls > 0 {
		t.Errorf("in plain text: %v after %d calls", err, open.calls)
	}
	c.TLS = TLSAuto
	if err := dialled(t, c); err == nil || len(open.headers) > 0 {
		t.Errorf("in plain text: %v, headers %q", err, open.headers)
	}
}

// What else can be wrong is said by the name of the setting.
func TestDialErrors(t *testing.T) {
	s := serve(t, nil)
	s.refuse = func(method string) error {
		if method == "DescribeNamespace" {
			return serviceerror.NewNamespaceNotFound("default")
		}
		return nil
	}
	if err := dialled(t, config(s.address)); err == nil || !strings.Contains(err.Error(), `temporal.namespace: Temporal at `+s.address+` has no namespace "default"`) {
		t.Errorf("no namespace: %v", err)
	}
	for _, set := range []func(*Config){func(c *Config) { c.Queue = "" }, func(c *Config) { c.Scope = "" }, func(c *Config) { c.Detector = "" }, func(c *Config) { c.Identity = "" }} {
		c := config(s.address)
		set(&c)
		if err := dialled(t, c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	a := newAuthority(t)
	cert, key := a.issue("x", "y")
	for want, set := range map[string]func(*Config){
		"temporal.tls-ca: open":                  func(c *Config) { c.CA = cert + "x" },
		"holds no certificate":                   func(c *Config) { c.CA = key },
		"temporal.tls-cert, temporal.tls-key: t": func(c *Config) { c.Cert, c.Key = a.file, key },
		"temporal.tls-cert, temporal.tls-key: o": func(c *Config) { c.Cert, c.Key = cert, key+"x" },
	} {
		c := config(s.address)
		set(&c)
		if err := dialled(t, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A server that nobody finds is looked for until time is up, and then named.
func TestNobodyThere(t *testing.T) {
	s := serve(t, nil)
	address := s.address[:strings.LastIndexByte(s.address, ':')] + ":1"
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	_, err := Dial(ctx, config(address))
	if err == nil || !strings.Contains(err.Error(), "temporal.address: no answer from Temporal at "+address) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v", err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	stop(enough)
	if _, err := Dial(ctx, config(address)); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
}

func TestValidate(t *testing.T) {
	good := config("temporal.example:7233")
	good.TLS = TLSAuto
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, set := range map[string]func(*Config){
		"temporal.address: it is not set":           func(c *Config) { c.Address = "" },
		"temporal.address: \"https://x:1\"":         func(c *Config) { c.Address = "https://x:1" },
		"temporal.address: \"x\" is not host:port;": func(c *Config) { c.Address = "x" },
		"temporal.address: \":7233\"":               func(c *Config) { c.Address = ":7233" },
		"temporal.address: \"x:0\"":                 func(c *Config) { c.Address = "x:0" },
		"temporal.address: \"x:http\"":              func(c *Config) { c.Address = "x:http" },
		"temporal.address: \"a@x:1\"":               func(c *Config) { c.Address = "a@x:1" },
		"temporal.namespace: \"\"":                  func(c *Config) { c.Namespace = "" },
		"temporal.namespace: \"a b\"":               func(c *Config) { c.Namespace = "a b" },
		"temporal.tls: \"yes\"":                     func(c *Config) { c.TLS = "yes" },
		"temporal.tls-key: there is no":             func(c *Config) { c.Key = "k" },
		"temporal.tls-cert: there is no":            func(c *Config) { c.Cert = "c" },
		"temporal.tls-ca: temporal.tls is off":      func(c *Config) { c.TLS, c.CA = TLSOff, "ca" },
		"temporal.tls-server-name: temporal.tls is": func(c *Config) { c.TLS, c.ServerName = TLSOff, "x" },
	} {
		c := good
		set(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	c := Config{TLS: TLSOff, APIKey: secret.New(apiKey), Cert: "x"}
	err := c.Validate()
	for _, name := range []string{"temporal.address", "temporal.namespace", "temporal.tls:", "temporal.tls-cert: temporal.tls is off", "temporal.tls-cert: there"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing in %v", name, err)
		}
	}
}

// What ended a workflow comes back as the error it was, with its kind.
func TestWait(t *testing.T) {
	s := serve(t, nil)
	s.histories = recorded(t, "day", "day-failed", "day-cancelled", "backfill")
	c, err := Dial(t.Context(), config(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if r, err := c.WaitDay(t.Context(), Execution{ID: "day"}); err != nil || r.Findings != 5 || r.By != "worker" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := c.WaitDay(t.Context(), Execution{ID: "day-failed"}); !errors.Is(err, job.ErrDamaged) || !strings.Contains(err.Error(), "the findings of") && !strings.Contains(err.Error(), "merging the batches 1 to 5 of 2026-11-23") {
		t.Errorf("%v", err)
	}
	if _, err := c.WaitDay(t.Context(), Execution{ID: "day-cancelled"}); !errors.Is(err, ErrCancelled) {
		t.Errorf("%v", err)
	}
	if _, err := c.WaitDay(t.Context(), Execution{ID: "gone"}); err == nil || !strings.Contains(err.Error(), "retention") {
		t.Errorf("%v", err)
	}
	all, err := c.WaitBackfill(t.Context(), Execution{ID: "backfill"})
	if err != nil || len(all) != 7 {
		t.Fatalf("%+v, %v", all, err)
	}
	if !errors.Is(all[1].Err, job.ErrNoBlobs) || all[0].Err == nil {
		t.Errorf("%+v", all) // the histories of its days are not there
	}
}

// While the server is away whoever waits goes on waiting, says so once, and gives up
// after half an hour.
func TestAway(t *testing.T) {
	var logged bytes.Buffer
	c := &Client{config: config("temporal:7233"), logger: slog.New(slog.NewTextHandler(&logged, nil))}
	gone := serviceerror.NewUnavailable("connection refused")
	for _, x := range []struct {
		name  string
		away  time.Duration
		fails bool
	}{{"a moment", time.Second, false}, {"minutes", 20 * time.Minute, false}, {"for good", 24 * time.Hour, true}} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				logged.Reset()
				begun := time.Now()
				err := c.patiently(t.Context(), func(context.Context) error {
					if time.Since(begun) < x.away {
						return gone
					}
					return nil
				})
				if (err != nil) != x.fails || time.Since(begun) > awayTime+time.Minute {
					t.Errorf("%v after %v", err, time.Since(begun))
				}
				if x.fails && !strings.Contains(err.Error(), "away for 30m") {
					t.Errorf("%v", err)
				}
				if n := strings.Count(logged.String(), "is away"); n != 1 {
					t.Errorf("said %d times that it is away", n)
				}
				if n := strings.Count(logged.String(), "is back"); (n == 1) == x.fails {
					t.Errorf("said %d times that it is back", n)
				}
			})
		})
	}
}

// Each time it is away counts for itself.
func TestAwayAgain(t *testing.T) {
	c := &Client{config: config("temporal:7233"), logger: quiet}
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		err := c.patiently(t.Context(), func(ctx context.Context) error {
			if calls++; calls == 40 {
				return nil
			}
			wait(ctx, 10*time.Minute) // a long poll that has an answer, and then breaks off
			return serviceerror.NewUnavailable("connection reset")
		})
		if err != nil || calls != 40 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
}

// Who is told to stop stops, and what no waiting helps is not waited for.
func TestNotAway(t *testing.T) {
	c := &Client{config: config("temporal:7233"), logger: quiet}
	enough := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	err := c.patiently(ctx, func(context.Context) error {
		stop(enough)
		return serviceerror.NewUnavailable("connection refused")
	})
	if !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	for _, final := range []error{serviceerror.NewPermissionDenied("no", ""), serviceerror.NewInvalidArgument("no"), errors.New("no")} {
		calls := 0
		err := c.patiently(t.Context(), func(context.Context) error { calls++; return final })
		if err == nil || calls != 1 {
			t.Errorf("%v after %d calls", err, calls)
		}
	}
}

// A worker that is stopped ends, with what it does.
func TestWorker(t *testing.T) {
	s := serve(t, nil)
	c, err := Dial(t.Context(), config(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	working, stop, err := c.Work(t.Context(), &fakeSteps{}, &fakeSteps{})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	<-working.Done()
	if !errors.Is(context.Cause(working), errStopped) {
		t.Errorf("%v", context.Cause(working))
	}
}

// A server that falls away between the start of a run and that of the worker is waited for.
func TestWorkerWaits(t *testing.T) {
	s := serve(t, nil)
	c, err := Dial(t.Context(), config(s.address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	refused := 0
	s.mu.Lock()
	s.refuse = func(method string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if refused++; refused == 1 {
			return serviceerror.NewDeadlineExceeded("its database is away")
		}
		return nil
	}
	s.mu.Unlock()
	_, stop, err := c.Work(t.Context(), &fakeSteps{}, &fakeSteps{})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused < 2 {
		t.Errorf("it was asked %d times", refused)
	}
}

// Who works for the queue is told when the server refuses the worker for good.
func TestFatal(t *testing.T) {
	c := &Client{config: config("temporal:7233"), logger: quiet}
	c.config.APIKey = secret.New(apiKey)
	working, end := context.WithCancelCause(t.Context())
	c.workerOptions(end).OnFatalError(serviceerror.NewInvalidArgument("not for " + apiKey))
	<-working.Done()
	if err := context.Cause(working); !strings.Contains(err.Error(), "task queue sparkless-0123 cannot go on") || strings.Contains(err.Error(), apiKey) {
		t.Errorf("%v", err)
	}
}
