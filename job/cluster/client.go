package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc/codes"

	"sparkless/storage"
	"sparkless/storage/secret"
)

const (
	// dialTime is how long Dial tries: a server that starts is there within that.
	dialTime = 15 * time.Second
	// callTime is how long one call may take.
	callTime = 10 * time.Second
)

// Client is a connection to Temporal.
type Client struct {
	config Config
	sdk    client.Client
	logger *slog.Logger
}

// Dial connects, and sees whether the namespace is there. It gives up after 15 seconds. An
// error is of the kind storage.ErrDenied if Temporal refuses who asks.
func Dial(ctx context.Context, c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Queue == "" || c.Scope == "" || c.Detector == "" || c.Identity == "" {
		return nil, errors.New("a client of Temporal needs a queue, a scope, a detector and an identity")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	trying, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	var why error // that tells more than that time is up
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		sdk, err := connect(trying, options)
		if err == nil {
			return &Client{c, sdk, c.Logger}, nil
		}
		if why == nil || serviceerror.ToStatus(err).Code() != codes.DeadlineExceeded {
			why = err
		}
		if passing(err) && wait(trying, pause) {
			continue
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, context.Cause(ctx)
		}
		return nil, c.explain(why)
	}
}

// Close ends the connection. Stop workers before.
func (c *Client) Close() { c.sdk.Close() }

func (c Config) options() (client.Options, error) {
	encryption, err := c.tlsConfig()
	if err != nil {
		return client.Options{}, err
	}
	values := newConverter()
	o := client.Options{
		HostPort:         c.Address,
		Namespace:        c.Namespace,
		Identity:         c.Identity,
		Logger:           discreet{log.NewStructuredLogger(c.Logger), c.APIKey},
		DataConverter:    values,
		FailureConverter: newFailureConverter(values),
	}
	o.ConnectionOptions.TLS = encryption
	o.ConnectionOptions.TLSDisabled = encryption == nil
	o.ConnectionOptions.GetSystemInfoTimeout = callTime
	if !c.APIKey.Empty() {
		o.Credentials = client.NewAPIKeyStaticCredentials(c.APIKey.Reveal())
	}
	return o, nil
}

// connect reaches the server, and the namespace.
func connect(ctx context.Context, o client.Options) (client.Client, error) {
	sdk, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err = sdk.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: o.Namespace})
	if err != nil {
		sdk.Close()
		return nil, err
	}
	return sdk, nil
}

// passing reports whether the server may be about to start.
func passing(err error) bool {
	return serviceerror.ToStatus(err).Code() == codes.Unavailable && !badTLS(err)
}

// badTLS reports whether the two sides do not agree on TLS. gRPC says so in words alone.
func badTLS(err error) bool {
	text := err.Error()
	return strings.Contains(text, "tls: ") || strings.Contains(text, "x509: ")
}

// hungUp reports whether the other side ended the connection before it had answered.
func hungUp(text string) bool {
	return strings.Contains(text, "broken pipe") || strings.Contains(text, "connection reset") || strings.Contains(text, "server preface: EOF")
}

// explain says what an operator can do about an error of the connection.
func (c Config) explain(err error) error {
	text := c.APIKey.Hide(err.Error())
	code := serviceerror.ToStatus(err).Code()
	_, unknown := errors.AsType[*serviceerror.NamespaceNotFound](err)
	switch {
	case code == codes.PermissionDenied, code == codes.Unauthenticated:
		return fmt.Errorf("%w by Temporal at %s (temporal.address), namespace %q: see temporal.api-key or temporal.tls-cert: %s", storage.ErrDenied, c.Address, c.Namespace, text)
	case unknown, code == codes.NotFound:
		return fmt.Errorf("temporal.namespace: Temporal at %s has no namespace %q: %s", c.Address, c.Namespace, text)
	case strings.Contains(text, "remote error: tls: ") && strings.Contains(text, "certificate"):
		return fmt.Errorf("%w by Temporal at %s (temporal.address): see temporal.tls-cert and temporal.tls-key: %s", storage.ErrDenied, c.Address, text)
	case !c.encrypted() && strings.Contains(text, "server preface"):
		return fmt.Errorf("temporal.address: %s does not speak plain text: should temporal.tls be on? %s", c.Address, text)
	case c.encrypted() && hungUp(text):
		// Where a server refuses a client's certificate, what it says may be lost.
		return fmt.Errorf("temporal.address: %s hangs up: does it want another certificate of ours (temporal.tls-cert)? %s", c.Address, text)
	case badTLS(err):
		return fmt.Errorf("temporal.address: no TLS with %s: see temporal.tls, temporal.tls-ca and temporal.tls-server-name: %s", c.Address, text)
	}
	return fmt.Errorf("temporal.address: no answer from Temporal at %s: %s", c.Address, text)
}

// wait waits, and reports whether there is time left.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// discreet logs what the SDK has to say without the API key, should a server repeat it.
// What it says of its own parts is for who looks into them.
type discreet struct {
	log.Logger
	key secret.Text
}

func (d discreet) Debug(msg string, pairs ...any) { d.Logger.Debug(msg, d.hide(pairs)...) }
func (d discreet) Info(msg string, pairs ...any)  { d.Logger.Debug(msg, d.hide(pairs)...) }
func (d discreet) Error(msg string, pairs ...any) { d.Logger.Error(msg, d.hide(pairs)...) }

// Warn warns of what was not called off: a heartbeat of a step that is done meanwhile is.
func (d discreet) Warn(msg string, pairs ...any) {
	if slices.ContainsFunc(pairs, calledOff) {
		d.Debug(msg, pairs...)
		return
	}
	d.Logger.Warn(msg, d.hide(pairs)...)
}

func calledOff(v any) bool {
	err, ok := v.(error)
	if !ok {
		return false
	}
	_, there := errors.AsType[*serviceerror.Canceled](err)
	return there || errors.Is(err, context.Canceled)
}

// With implements log.WithLogger.
func (d discreet) With(pairs ...any) log.Logger {
	return discreet{log.With(d.Logger, d.hide(pairs)...), d.key}
}

func (d discreet) hide(pairs []any) []any {
	hidden := make([]any, len(pairs))
	for i, v := range pairs {
		hidden[i] = v
		switch v := v.(type) {
		case string:
			hidden[i] = d.key.Hide(v)
		case error:
			hidden[i] = d.key.Hide(v.Error())
		}
	}
	return hidden
}
