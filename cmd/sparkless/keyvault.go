package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"sparkless/storage"
	"sparkless/storage/azure"
	"sparkless/storage/printable"
	"sparkless/storage/secret"
)

// vaultTime bounds reading all of a vault's secrets, repetitions included.
const vaultTime = 45 * time.Second

// vaultSecret is a setting that a key vault may hold, under the name that the
// Synapse notebook gave it, if it knew of such a thing.
type vaultSecret struct{ name, key string }

func vaultSecrets() []vaultSecret {
	return []vaultSecret{
		{"saConnectionString", "storage.connection-string"},
		{"wsResourceId", "storage.workspace"},
		{"wsId", "datacollector.workspace-id"},
		{"wsSharedKey", "datacollector.shared-key"},
		{"temporalApiKey", "temporal.api-key"},
	}
}

// fromVault are the secrets to read from the vault: those that nothing else sets.
// Whatever says where exports are goes before the vault's connection string,
// the vault's workspace is not looked for where its account is not, and a key of
// Temporal where nobody asks for Temporal, or a certificate is shown to it.
func (v *values) fromVault() []vaultSecret {
	if v.text("key-vault.url") == "" {
		return nil
	}
	instead := map[string][]string{
		"storage.connection-string": {"storage.folder", "storage.account", "storage.endpoint", "storage.account-key", "storage.sas", "storage.emulator"},
		"storage.workspace":         {"storage.folder", "storage.emulator"},
		"temporal.api-key":          {"temporal.tls-cert"},
	}
	var wanted []vaultSecret
	for _, s := range vaultSecrets() {
		if s.key == "temporal.api-key" && !v.usesTemporal() {
			continue
		}
		if v.origin[s.key] == "default" && !v.any(instead[s.key]...) {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// any reports whether one of the settings, texts or switches, is set.
func (v *values) any(keys ...string) bool {
	for _, key := range keys {
		if text := v.text(key); text != "" && text != "false" {
			return true
		}
	}
	return false
}

// vaultOrigin is where a setting that the vault holds comes from.
func (v *values) vaultOrigin() string { return "key vault " + hostOf(v.text("key-vault.url")) }

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// checkVault keeps credentials from going anywhere but to a vault.
func (v *values) checkVault() error {
	address := v.text("key-vault.url")
	u, err := url.Parse(address)
	switch {
	case address == "":
		return nil
	case err != nil, u.Scheme != "https", u.Hostname() == "", u.User != nil, strings.ContainsAny(address, "?#"), strings.Trim(u.Path, "/") != "":
		return fmt.Errorf("key-vault.url (%s): not a URL of the form https://<name>.vault.azure.net, with https and nothing behind the host", v.origin["key-vault.url"])
	}
	return nil
}

// readVault fills in the settings that only the vault has. One that is not there
// either stays at its default.
func (a *app) readVault(ctx context.Context, v *values) error {
	wanted := v.fromVault()
	if len(wanted) == 0 {
		return nil
	}
	found, err := fetchVault(ctx, v, wanted)
	if err != nil {
		return err
	}
	a.log.Info("settings read from the key vault", "vault", hostOf(v.text("key-vault.url")), "found", found, "asked for", len(wanted))
	return nil
}

// fetchVault sets what the vault has of wanted and returns the names of those
// settings.
func fetchVault(ctx context.Context, v *values, wanted []vaultSecret) ([]string, error) {
	identity, err := azure.TracedCredential(v.text("storage.client-id"), v.tracing)
	if err != nil {
		return nil, usageError{err}
	}
	k, err := openVault(v.text("key-vault.url"), identity, newVaultTransport(), v.tracing)
	if err != nil {
		return nil, usageError{fmt.Errorf("key-vault.url (%s): %w", v.origin["key-vault.url"], err)}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, vaultTime, fmt.Errorf("not done after %v: is the vault within reach of this network?", vaultTime))
	defer cancel()
	return k.readAll(ctx, v, wanted)
}

// readAll sets what the vault holds of wanted and returns the names of those
// settings.
func (k *vault) readAll(ctx context.Context, v *values, wanted []vaultSecret) ([]string, error) {
	found := []string{}
	for _, s := range wanted {
		text, err := k.read(ctx, s.name)
		if err != nil {
			return nil, fmt.Errorf("%s: reading secret %s of key vault %s: %w", s.key, s.name, k.host, err)
		}
		if text.Empty() {
			continue
		}
		if err := v.take(s, text); err != nil {
			return nil, usageError{fmt.Errorf("%s: secret %s of key vault %s: %w", s.key, s.name, k.host, err)}
		}
		found = append(found, s.key)
	}
	return found, nil
}

// take sets what the vault gave. A setting that is shown is looked at first: it
// may hold a secret that was stored under the wrong name.
func (v *values) take(s vaultSecret, text secret.Text) error {
	switch content := text.Reveal(); s.key {
	case "storage.workspace":
		if !strings.HasPrefix(strings.ToLower(content), "/subscriptions/") || address(content) != content {
			return errors.New("not a resource ID, which begins with /subscriptions/ (not shown)")
		}
		v.v.Set(s.key, content)
	case "datacollector.workspace-id":
		v.v.Set(s.key, content)
	default:
		v.keep(s.key, text, "")
	}
	v.origin[s.key] = v.vaultOrigin()
	return nil
}

// vault is a key vault that is signed in to.
type vault struct {
	client *azsecrets.Client
	host   string
}

// openVault sends nothing yet.
func openVault(address string, identity azcore.TokenCredential, transport http.RoundTripper, spans tracing.Provider) (*vault, error) {
	client, err := azsecrets.NewClient(address, identity, &azsecrets.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: azure.Guard(transport, func(*http.Response) int64 { return maxSecret }),
		Retry:     policy.RetryOptions{MaxRetries: 3, MaxRetryDelay: 5 * time.Second, TryTimeout: 15 * time.Second},
		Telemetry: policy.TelemetryOptions{ApplicationID: "sparkless"},

		TracingProvider: spans,
	}})
	if err != nil {
		return nil, errors.New("no client can be made of it") // the SDK's text may repeat the address
	}
	return &vault{client, hostOf(address)}, nil
}

func newVaultTransport() *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}
	t.TLSHandshakeTimeout = 10 * time.Second
	return t
}

// read returns the present version of a secret, or an empty one if the vault has
// none of that name.
func (k *vault) read(ctx context.Context, name string) (secret.Text, error) {
	answer, err := k.client.GetSecret(ctx, name, "", nil)
	if err != nil {
		return secret.Text{}, vaultFailure(ctx, err)
	}
	if answer.Value == nil {
		return secret.Text{}, nil
	}
	return secret.New(*answer.Value), nil
}

// vaultFailure is the error to return for err, and nil if it says that the secret
// is not there. It does not wrap the SDK's, which hold whole answers.
func vaultFailure(ctx context.Context, err error) error {
	var refused *azcore.ResponseError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, storage.ErrDenied): // signing in
		return err
	case !errors.As(err, &refused):
		return noVault(err)
	case refused.StatusCode == http.StatusNotFound && refused.ErrorCode == "SecretNotFound":
		return nil
	case refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w (%d): %s", storage.ErrDenied, refused.StatusCode, vaultHint(refused.Error()))
	case refused.ErrorCode == "":
		return fmt.Errorf("%d without an error code: is this a key vault?", refused.StatusCode)
	}
	return fmt.Errorf("the vault answered %d %s", refused.StatusCode, printable.Text(refused.ErrorCode))
}

// vaultHint says what an operator can do about a refusal, by what the answer says
// of its reason. (Microsoft Learn, "Azure Key Vault REST API error codes".)
func vaultHint(answer string) string {
	const role = `give the identity the role "Key Vault Secrets User" on the vault, or where it has access policies the permission to get secrets`
	const network = "the vault's network rules refuse this address: admit it, or use a private endpoint"
	switch {
	case strings.Contains(answer, "ForbiddenByFirewall"), strings.Contains(answer, "ForbiddenByConnection"):
		return network
	case strings.Contains(answer, "SecretDisabled"):
		return "the secret is disabled"
	case strings.Contains(answer, "ForbiddenByRbac"), strings.Contains(answer, "ForbiddenByPolicy"), strings.Contains(answer, "AccessDenied"):
		return role
	}
	return role + "; and look at its network rules, and whether the identity is of the vault's tenant"
}

// noVault describes a failure without an answer.
func noVault(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err // without the URL
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		text += ": check key-vault.url and the private DNS zone, if there is one"
	}
	return errors.New(printable.Text(text))
}
