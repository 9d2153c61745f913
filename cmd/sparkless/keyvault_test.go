package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"

	"sparkless/storage"
	"sparkless/storage/azure"
)

// bearer is an identity with one token, for vaults alone.
type bearer string

func (b bearer) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if !slices.Equal(o.Scopes, []string{"https://vault.azure.net/.default"}) {
		return azcore.AccessToken{}, fmt.Errorf("a token for %v", o.Scopes)
	}
	return azcore.AccessToken{Token: string(b), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func openTestVault(t *testing.T, k *vaultServer, identity azcore.TokenCredential) *vault {
	t.Helper()
	transport := k.transport()
	t.Cleanup(transport.CloseIdleConnections)
	v, err := openVault("https://"+vaultHost, identity, transport, tracing.Provider{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVaultSecrets(t *testing.T) {
	k := startVault(t, map[string]string{"plain": "hush", "line": "AccountKey=hush==;x \r\n", "blank": "\n"})
	v := openTestVault(t, k, bearer(vaultToken))
	for name, want := range map[string]string{"plain": "hush", "line": "AccountKey=hush==;x", "blank": "", "missing": ""} {
		got, err := v.read(t.Context(), name)
		if err != nil || got.Reveal() != want {
			t.Errorf("%s is %q, error %v, want %q", name, got.Reveal(), err, want)
		}
	}
}

// What a vault refuses is ErrDenied and says what to do; what may pass is not; and
// nothing of an answer's body shows.
func TestVaultRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		denied bool
		want   string
	}{
		"role":      {refusal(403, "Forbidden", "ForbiddenByRbac"), true, "Key Vault Secrets User"},
		"policy":    {refusal(403, "Forbidden", "AccessDenied"), true, "permission to get secrets"},
		"firewall":  {refusal(403, "Forbidden", "ForbiddenByFirewall"), true, "network rules refuse"},
		"private":   {refusal(403, "Forbidden", "ForbiddenByConnection"), true, "private endpoint"},
		"disabled":  {refusal(403, "Forbidden", "SecretDisabled"), true, "is disabled"},
		"unknown":   {refusal(403, "Forbidden", ""), true, "network rules"},
		"tenant":    {refusal(401, "Unauthorized", ""), true, "tenant"},
		"throttled": {refusal(429, "Throttled", ""), false, "429 Throttled"},
		"broken":    {refusal(500, "InternalServerError", ""), false, "500 InternalServerError"},
		"other 404": {refusal(404, "ResourceNotFound", ""), false, "404 ResourceNotFound"},
		"no vault":  {func(w http.ResponseWriter, r *http.Request) { http.Error(w, "hush", 404) }, false, "is this a key vault?"},
		"elsewhere": {http.RedirectHandler("https://elsewhere.example/", http.StatusFound).ServeHTTP, false, "302"},
		"no JSON":   {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<hush>") }, false, "invalid character"},
		"cut off":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, "EOF"},
	} {
		k := startVault(t, nil)
		k.change(func() { k.answer = test.answer })
		_, err := openTestVault(t, k, bearer(vaultToken)).read(once(t), "x")
		if err == nil || errors.Is(err, storage.ErrDenied) != test.denied || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want it to say %q, denied %v", name, err, test.want, test.denied)
			continue
		}
		for _, hidden := range []string{"hush", vaultToken, "\n", "api-version"} {
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("%s: the error shows %q: %v", name, hidden, err)
			}
		}
	}
}

func refusal(status int, code, inner string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuseVault(w, status, code, inner) }
}

// once makes the SDK try only once.
func once(t *testing.T) context.Context {
	return policy.WithRetryOptions(t.Context(), policy.RetryOptions{MaxRetries: -1})
}

func TestVaultOutOfReach(t *testing.T) {
	k := startVault(t, nil)
	transport := k.transport()
	transport.TLSClientConfig = nil // a certificate that nobody vouches for
	v, err := openVault("https://"+vaultHost, bearer(vaultToken), transport, tracing.Provider{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.read(once(t), "x"); err == nil || !strings.Contains(err.Error(), "certificate") || errors.Is(err, storage.ErrDenied) {
		t.Errorf("an unknown certificate: error %v", err)
	}
	k.change(func() { k.resource = "https://elsewhere.example" }) // as a false vault would, to get a token of use there
	if _, err := openTestVault(t, k, bearer(vaultToken)).read(once(t), "x"); err == nil || !strings.Contains(err.Error(), "doesn't match") {
		t.Errorf("a token for another service: error %v", err)
	}
	k.change(func() { k.address = "127.0.0.1:1" })
	if _, err := openTestVault(t, k, bearer(vaultToken)).read(once(t), "x"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: error %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("not done in time"))
	if _, err := v.read(ctx, "x"); err == nil || !strings.Contains(err.Error(), "not done in time") {
		t.Errorf("out of time: error %v", err)
	}
}

// An identity that gets no token is ErrDenied through the vault's client as well.
func TestVaultWithoutToken(t *testing.T) {
	identity := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error":"invalid_request","error_description":"Identity not found"}`, http.StatusBadRequest)
	}))
	defer identity.Close()
	t.Setenv("IDENTITY_ENDPOINT", identity.URL)
	t.Setenv("IDENTITY_HEADER", "header")
	credential, err := azure.Credential("33333333-89ab-cdef-0123-456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	_, err = openTestVault(t, startVault(t, nil), credential).read(once(t), "x")
	if !errors.Is(err, storage.ErrDenied) || !strings.Contains(err.Error(), "Identity not found") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want ErrDenied", err)
	}
}

// valuesOf are the settings of a run with these arguments and environment variables
// (in pairs), and without a settings file.
func valuesOf(t *testing.T, args []string, environment ...string) (*values, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for i := 0; i < len(environment); i += 2 {
		t.Setenv(environment[i], environment[i+1])
	}
	cmd := newApp(t.Output(), t.Output()).runCommand()
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return loadSettings(cmd.Flags())
}

// Whatever is set goes before the vault, and what is not needed is not fetched.
func TestFromVault(t *testing.T) {
	const connection, workspace, id, key = "saConnectionString", "wsResourceId", "wsId", "wsSharedKey"
	at := []string{"--key-vault", "https://" + vaultHost}
	for name, test := range map[string]struct {
		args        []string
		environment []string
		want        []string
	}{
		"no vault":              {nil, nil, nil},
		"all":                   {at, nil, []string{connection, workspace, id, key}},
		"identity of the vault": {append(at, "--client-id", "x"), nil, []string{connection, workspace, id, key}},
		"not the emulator":      {append(at, "--emulator=false"), nil, []string{connection, workspace, id, key}},
		"folder":                {append(at, "--folder", "x"), nil, []string{id, key}},
		"emulator":              {append(at, "--emulator"), nil, []string{id, key}},
		"account":               {append(at, "--account", "x"), nil, []string{workspace, id, key}},
		"endpoint":              {append(at, "--endpoint", "x"), nil, []string{workspace, id, key}},
		"every workspace":       {append(at, "--workspace", ""), nil, []string{connection, id, key}},
		"connection string":     {at, []string{"SPARKLESS_STORAGE_CONNECTION_STRING", "x"}, []string{workspace, id, key}},
		"signature":             {at, []string{"SPARKLESS_STORAGE_SAS", "x"}, []string{workspace, id, key}},
		"account key":           {at, []string{"SPARKLESS_STORAGE_ACCOUNT_KEY", "x"}, []string{workspace, id, key}},
		"workspace key":         {at, []string{"SPARKLESS_DATACOLLECTOR_SHARED_KEY", "x"}, []string{connection, workspace, id}},
		"empty variable":        {at, []string{"SPARKLESS_STORAGE_SAS", ""}, []string{connection, workspace, id, key}},
		"vault in environment":  {nil, []string{"SPARKLESS_KEY_VAULT_URL", "https://" + vaultHost}, []string{connection, workspace, id, key}},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := valuesOf(t, slices.Clone(test.args), test.environment...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range v.fromVault() {
				got = append(got, s.name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("asks for %v, want %v", got, test.want)
			}
		})
	}
}

// Credentials go to https URLs of a host alone, and what is wrong with another is
// not repeated: it may hold a password.
func TestVaultURL(t *testing.T) {
	for address, valid := range map[string]bool{
		"https://" + vaultHost: true, "https://" + vaultHost + "/": true, "https://my.vault.usgovcloudapi.net:443": true,
		"http://" + vaultHost: false, "http://127.0.0.1:8443": false, "http://localhost": false, vaultHost: false, "my-vault": false,
		"https://": false, "https:///x": false, "ftp://" + vaultHost: false, "https://u:hush@" + vaultHost: false,
		"https://" + vaultHost + "/secrets/hush": false, "https://" + vaultHost + "?hush": false, "https://%zzhush": false, "https://x#hush": false,
	} {
		t.Run(address, func(t *testing.T) {
			v, err := valuesOf(t, []string{"--key-vault", address})
			if (err == nil) != valid || err != nil && (!strings.Contains(err.Error(), "key-vault.url (flag --key-vault)") || strings.Contains(err.Error(), "hush")) {
				t.Errorf("error %v, want valid %v", err, valid)
			}
			if valid && v.vaultOrigin() == "key vault " {
				t.Errorf("the origin names no host")
			}
		})
	}
}

// A setting that is shown is not taken from a secret that is something else.
func TestVaultTakesWorkspace(t *testing.T) {
	for content, valid := range map[string]bool{
		"/subscriptions/x/resourcegroups/y/providers/microsoft.operationalinsights/workspaces/z":                                                                                true,
		"/subscriptions/12345678-89ab-cdef-0123-456789abcdef/resourceGroups/My-Resource-Group-2026/providers/Microsoft.OperationalInsights/workspaces/my-sentinel-workspace-01": true,
		"/Subscriptions/x": true, "c2VjcmV0": false, "AccountName=x;AccountKey=hush": false, "/subscriptions/x?sig=hush": false, "": false,
	} {
		k := startVault(t, map[string]string{"wsResourceId": content + "\n"})
		v, err := valuesOf(t, []string{"--key-vault", "https://" + vaultHost})
		if err != nil {
			t.Fatal(err)
		}
		found, err := openTestVault(t, k, bearer(vaultToken)).readAll(t.Context(), v, v.fromVault())
		switch {
		case content == "": // like a missing one
			if err != nil || len(found) > 0 || v.origin["storage.workspace"] != "default" {
				t.Errorf("an empty workspace: found %v, error %v", found, err)
			}
		case !valid:
			if err == nil || !errors.As(err, new(usageError)) || strings.Contains(err.Error(), content) || !strings.Contains(err.Error(), "wsResourceId") {
				t.Errorf("%s: error %v", content, err)
			}
		case err != nil || v.text("storage.workspace") != content || v.origin["storage.workspace"] != "key vault "+vaultHost:
			t.Errorf("%s: set to %q from %s, error %v", content, v.text("storage.workspace"), v.origin["storage.workspace"], err)
		}
	}
}

// Of an answer that does not end no more is read than a secret may have.
func TestVaultWithoutEnd(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		k := startVault(t, nil)
		sent := make(chan int, 1)
		k.change(func() {
			k.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				piece, n := []byte(strings.Repeat(" ", 1<<20)), 0
				for range 256 {
					if _, err := w.Write(piece); err != nil {
						break
					}
					n++
				}
				sent <- n
			}
		})
		_, err := openTestVault(t, k, bearer(vaultToken)).read(once(t), "x")
		if err == nil || errors.Is(err, storage.ErrDenied) != (status == http.StatusForbidden) || status == http.StatusOK && !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%d: error %v", status, err)
		}
		if n := <-sent; n > 64 {
			t.Errorf("%d: %d MiB were taken", status, n)
		}
	}
}
