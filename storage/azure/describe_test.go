package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"sparkless/storage"
	"sparkless/storage/secret"
)

func TestSignIn(t *testing.T) {
	const account = "https://mystorage.blob.core.windows.net"
	query := "?sv=2024-11-04&ss=bq&srt=co&sp=rl&st=2026-11-01&se=2026-12-01T00:30Z&spr=https&sig=" + strings.Repeat("A", 43) + "%3D"
	for name, test := range map[string]struct {
		c    Config
		way  string
		sign Signature
	}{
		"emulator":   {Config{Emulator: true}, WayEmulator, Signature{}},
		"key":        {Config{Account: "mystorage", AccountKey: secret.New("a2V5")}, WayKey, Signature{}},
		"connection": {Config{ConnectionString: secret.New("AccountName=mystorage;AccountKey=a2V5")}, WayKey, Signature{}},
		"identity":   {Config{Account: "mystorage", ClientID: "00000000-0000-0000-0000-00000000bbbb"}, WayIdentity, Signature{}},
		"any":        {Config{Account: "mystorage"}, WayAny, Signature{}},
		"account's": {Config{Account: "mystorage", SAS: secret.New(query)}, WaySignature, Signature{Account: true, Permissions: "rl", Services: "bq", Types: "co",
			Starts: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Expires: time.Date(2026, 12, 1, 0, 30, 0, 0, time.UTC)}},
		"container's": {Config{ConnectionString: secret.New("BlobEndpoint=" + account + ";SharedAccessSignature=sv=1&sr=c&si=policy&se=2026-12-01T00:30:00Z&sig=x")}, WaySignature,
			Signature{Resource: "c", Policy: true, Expires: time.Date(2026, 12, 1, 0, 30, 0, 0, time.UTC)}},
		"too many": {Config{Account: "mystorage", SAS: secret.New("sr=c&sig=x&sp=" + strings.Repeat("r", 27))}, WaySignature, Signature{Resource: "c"}},
		"nonsense": {Config{Account: "mystorage", SAS: secret.New("sp=SECRET-that-got-here&se=never&sr=c&sig=x")}, WaySignature, Signature{Resource: "c"}},
	} {
		c := test.c
		c.Container = "am-securityevent"
		s, err := c.SignIn()
		if err != nil || s.Way != test.way || (s.Signature != nil) != (test.way == WaySignature) || s.Signature != nil && *s.Signature != test.sign {
			t.Errorf("%s: %+v %+v, error %v", name, s, s.Signature, err)
		}
		if name != "emulator" && (s.Service != account || s.Account != "mystorage") {
			t.Errorf("%s: leads to %q, account %q", name, s.Service, s.Account)
		}
		if s.Token() != (name == "identity" || name == "any") {
			t.Errorf("%s: token %v", name, s.Token())
		}
	}
	if _, err := (Config{Account: "NO", Container: "x"}).SignIn(); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

func TestLacks(t *testing.T) {
	for _, test := range []struct{ has, wants, lacks string }{{"racwdl", "rl", ""}, {"r", "rl", "l"}, {"", "rl", "rl"}, {"rl", "rlcw", "cw"}} {
		if got := (&Signature{Permissions: test.has}).Lacks(test.wants); got != test.lacks {
			t.Errorf("%q lacks %q of %q", test.has, got, test.wants)
		}
	}
	if got := (&Signature{Policy: true}).Lacks("rl"); got != "" {
		t.Errorf("a policy lacks %q", got)
	}
}

// fixed gives one token, or none.
type fixed struct {
	token string
	err   error
	asked []string
}

func (f *fixed) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	f.asked = append(f.asked, o.Scopes...)
	return azcore.AccessToken{Token: f.token, ExpiresOn: time.Unix(1795158300, 0)}, f.err
}

func jwt(claims map[string]any) string {
	text, _ := json.Marshal(claims)
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(text) + "." + part([]byte("signature"))
}

func TestWhoIs(t *testing.T) {
	const oid, resource = "00000000-0000-0000-0000-00000000bbbb", "/subscriptions/0f0e/resourcegroups/soc/providers/Microsoft.ManagedIdentity/userAssignedIdentities/hunter"
	for name, test := range map[string]struct {
		token string
		want  Principal
	}{
		"managed":  {jwt(map[string]any{"oid": oid, "appid": oid, "idtyp": "app", "xms_mirid": resource}), Principal{ObjectID: oid, ClientID: oid, Resource: resource}},
		"person":   {jwt(map[string]any{"oid": oid, "upn": "a@b", "scp": "user_impersonation"}), Principal{ObjectID: oid, User: true}},
		"opaque":   {"eyJ.random.random", Principal{}},
		"nothing":  {"", Principal{}},
		"hostile":  {jwt(map[string]any{"oid": oid + "; rm -rf /", "appid": "\x1b[2J", "xms_mirid": "/subscriptions/$(reboot)"}), Principal{}},
		"no texts": {jwt(map[string]any{"oid": 7}), Principal{}},
	} {
		f := &fixed{token: test.token}
		got, err := WhoIs(t.Context(), f, "https://storage.azure.com/")
		test.want.Expires = time.Unix(1795158300, 0)
		if err != nil || got != test.want || !slices.Equal(f.asked, []string{"https://storage.azure.com/.default"}) {
			t.Errorf("%s: %+v, error %v, asked for %v", name, got, err, f.asked)
		}
	}
	if _, err := WhoIs(t.Context(), &fixed{err: storage.ErrDenied}, StorageAudience); !errors.Is(err, storage.ErrDenied) {
		t.Errorf("error %v", err)
	}
}

func TestContainers(t *testing.T) {
	c := byKey(t)
	open(t, c)
	for name, config := range map[string]Config{"key": c, "missing": {Endpoint: c.Endpoint, Account: c.Account, AccountKey: c.AccountKey, Container: "missing"}, "connection": {ConnectionString: secret.New(endpoint(t).ConnectionString()), Container: "x00"}} {
		got, err := config.Containers(t.Context())
		if err != nil || !slices.Contains(got, c.Container) {
			t.Errorf("%s: %v, error %v", name, got, err)
		}
	}
	one := Config{Endpoint: c.Endpoint, SAS: secret.New(containerSAS(t, c)), Container: c.Container}
	if _, err := one.Containers(t.Context()); !errors.Is(err, storage.ErrDenied) || RefusalCode(err) == "" {
		t.Errorf("with a container's signature: %v", err)
	}
	if code := RefusalCode(fmt.Errorf("else: %w", storage.ErrDenied)); code != "" {
		t.Errorf("code %q", code)
	}
}
