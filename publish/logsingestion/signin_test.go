package logsingestion

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"sparkless/publish"
	"sparkless/publish/publishtest"
	"sparkless/storage"
)

// managed is the real credential for the managed identity of server, found by
// the variables that a container has. It does not repeat, and keeps no connection.
func managed(t *testing.T, server *publishtest.LogsIngestion, clientID string) azcore.TokenCredential {
	t.Helper()
	for _, variable := range server.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	transport := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	options := azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}, Transport: transport}}
	if clientID != "" {
		options.ID = azidentity.ClientID(clientID)
	}
	c, err := azidentity.NewManagedIdentityCredential(&options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// identityOf makes a server with an identity that is not in the cache of tokens
// which the SDK keeps for the whole process.
func identityOf(t *testing.T, change ...func(*publishtest.LogsIngestionConfig)) (*publishtest.LogsIngestion, azcore.TokenCredential) {
	t.Helper()
	id := rand.Text()
	server := start(t, append(change, func(c *publishtest.LogsIngestionConfig) { c.ClientID = id })...)
	return server, managed(t, server, id)
}

// TestManagedIdentity goes the whole way: the token endpoint of a container, the
// SDK's credential, the sink, the service. For the identity that the system
// assigns it is the audience that the cache does not know.
func TestManagedIdentity(t *testing.T) {
	own := "https://" + strings.ToLower(rand.Text()) + ".example.org"
	for _, c := range []struct{ clientID, audience string }{{rand.Text(), ""}, {"", own}} {
		server := start(t, func(config *publishtest.LogsIngestionConfig) {
			config.ClientID, config.Audience = c.clientID, c.audience
		})
		sink, err := New(Config{Endpoint: server.URL(), RuleID: rule, Stream: stream, Audience: c.audience, Credential: managed(t, server, c.clientID)})
		if err != nil {
			t.Fatal(err)
		}
		sendAll(t, sink, bodies(`{"a":"1"}`, `{"a":"2"}`))
		if len(server.Rows()) != 2 {
			t.Errorf("%+v: %+v", c, server.Posts())
		}
	}
}

// TestTokensExpire: one that is good for a minute is asked for anew each time;
// one that has expired is not authorised.
func TestTokensExpire(t *testing.T) {
	past := time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		now  func() time.Time
		kind error
	}{"short": {time.Now, nil}, "another clock": {func() time.Time { past = past.Add(time.Minute); return past }, publish.ErrDenied}} {
		t.Run(name, func(t *testing.T) {
			server := start(t, func(config *publishtest.LogsIngestionConfig) { config.Now, config.TokenLife = c.now, time.Minute })
			asked := 0
			sink := sinkAt(t, server.URL(), credential(func(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
				asked++
				return tokensOf(server)(ctx, o)
			}))
			for range 2 {
				_, err := sink.Send(t.Context(), bodies(`{"a":"1"}`))
				checkKind(t, err, c.kind, "401")
			}
			if c.kind != nil && asked != 2 {
				t.Errorf("asked for %d tokens", asked)
			}
		})
	}
}

// TestTokenServiceAnswers sorts them, and looks for what must not be in an error.
func TestTokenServiceAnswers(t *testing.T) {
	for _, c := range []struct {
		fault publishtest.Fault
		kind  error
		want  string
	}{
		{publishtest.Fault{Status: 400}, publish.ErrDenied, "400"},
		{publishtest.Fault{Status: 401}, publish.ErrDenied, "401"},
		{publishtest.Fault{Status: 403}, publish.ErrDenied, "403"},
		{publishtest.Fault{Status: 404}, publish.ErrDenied, "404"},
		{publishtest.Fault{Status: 410}, nil, "410"},
		{publishtest.Fault{Status: 429, RetryAfter: 7 * time.Second}, nil, "429"},
		{publishtest.Fault{Status: 500}, nil, "500"},
		{publishtest.Fault{Status: 503}, nil, "503"},
		{publishtest.Fault{}, nil, "EOF"},
	} {
		t.Run(fmt.Sprint(c.fault.Status), func(t *testing.T) {
			server, identity := identityOf(t)
			server.ScriptTokens(c.fault)
			sink := sinkAt(t, server.URL(), identity)
			n, err := sink.Send(t.Context(), bodies(`{"a":"1"}`))
			if n != 0 || err == nil || len(server.Posts()) != 0 {
				t.Fatalf("%d, %v", n, err)
			}
			checkKind(t, err, c.kind, c.want)
			checkKind(t, err, c.kind, "sign")
			b, ok := errors.AsType[*storage.Backoff](err)
			if ok != (c.fault.RetryAfter > 0) || ok && b.After != c.fault.RetryAfter {
				t.Errorf("%v", err)
			}
			if _, header, _ := strings.Cut(server.Environ()[1], "="); strings.Contains(err.Error(), header) {
				t.Errorf("a secret: %v", err)
			}
			sendAll(t, sink, bodies(`{"a":"1"}`)) // it comes back
		})
	}
}

// TestTokenServiceAway: nobody listens, or it takes for ever.
func TestTokenServiceAway(t *testing.T) {
	away := start(t)
	gone := managed(t, away, rand.Text())
	away.Close()
	hangs := credential(func(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
		<-ctx.Done()
		return azcore.AccessToken{}, fmt.Errorf("IMDS: %w", ctx.Err())
	})
	for _, c := range []azcore.TokenCredential{gone, hangs} {
		sink := sinkAt(t, "http://127.0.0.1:1", c)
		sink.signIn.limit = 50 * time.Millisecond
		_, err := sink.Send(t.Context(), bodies(`{"a":"1"}`))
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		checkKind(t, err, nil, "signing in")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancels := credential(func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
		cancel()
		return azcore.AccessToken{}, ctx.Err()
	})
	if _, err := sinkAt(t, "http://127.0.0.1:1", cancels).Send(ctx, bodies(`{"a":"1"}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestNoCredential: where there is nobody to sign in as, nothing passes.
func TestNoCredential(t *testing.T) {
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
	t.Setenv("AZURE_TENANT_ID", "")
	chain, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]azcore.TokenCredential{
		"AZURE_TENANT_ID": chain,
		"az login": credential(func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
			return azcore.AccessToken{}, errors.New("run\x1b[0m\naz login")
		}),
		"managed identity timed out": credential(func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
			return azcore.AccessToken{}, azidentity.NewCredentialUnavailableError("managed identity timed out")
		}),
	} {
		_, err := sinkAt(t, "http://127.0.0.1:1", c).Send(t.Context(), bodies(`{"a":"1"}`))
		checkKind(t, err, publish.ErrDenied, want)
	}
}

// TestHostsSecretIsHidden: the token service may echo what it was sent.
func TestHostsSecretIsHidden(t *testing.T) {
	server, identity := identityOf(t)
	_, secret, _ := strings.Cut(server.Environ()[1], "=")
	server.ScriptTokens(publishtest.Fault{Status: 403, Message: "not you, " + secret})
	_, err := sinkAt(t, server.URL(), identity).Send(t.Context(), bodies(`{"a":"1"}`))
	checkKind(t, err, publish.ErrDenied, "not you, [redacted]")
	if strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}
