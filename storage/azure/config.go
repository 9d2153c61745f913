// Package azure is a storage.Store in a container of Azure Blob Storage.
//
// It signs in with the first of these that is configured: the emulator's public
// key, a connection string, an account key, a shared access signature, the
// user-assigned managed identity ClientID, and otherwise whatever
// azidentity.DefaultAzureCredential finds. Two of them at once are an error.
package azure

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"

	"sparkless/storage"
	"sparkless/storage/secret"
)

// Config says which container to use and how to sign in. The name in the
// comment of each field is its name in messages.
type Config struct {
	// Account is the storage account's name (storage.account).
	Account string
	// Endpoint is the blob service's URL where it is not
	// https://<account>.blob.core.windows.net (storage.endpoint).
	Endpoint string
	// Container is the container's name (storage.container).
	Container string
	// ConnectionString is one of Azure Storage, with an account key or a shared
	// access signature, or UseDevelopmentStorage=true (storage.connection-string).
	ConnectionString secret.Text
	// AccountKey is one of the account's two keys, in base64 (storage.account-key).
	AccountKey secret.Text
	// SAS is a shared access signature, with or without the leading question
	// mark (storage.sas). The store needs its read, list and, to keep objects,
	// create and write permissions.
	SAS secret.Text
	// ClientID is the client ID of a user-assigned managed identity (storage.client-id).
	ClientID string
	// Emulator uses Azurite's well-known account, at Endpoint or else at
	// http://127.0.0.1:10000 (storage.emulator).
	Emulator bool
	// Tracing makes spans of requests, also of those that sign in. Optional.
	Tracing tracing.Provider `json:"-"`
}

// Validate reports every problem of c, each naming the setting and what to do,
// and none of them showing a secret. It asks nobody.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

// target is where a Config leads: exactly one of key, sas and token is set.
type target struct {
	service   string // the blob service's URL, without a slash at the end
	account   string
	key, sas  secret.Text
	token     bool
	plainHTTP bool // allowed: nothing worth hiding is sent
}

// The account of every emulator; the key is public.
// (Microsoft Learn, "Use the Azurite emulator for local Azure Storage development".)
const (
	emulatorAccount = "devstoreaccount1"
	emulatorKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	emulatorURL     = "http://127.0.0.1:10000"
)

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, storage.ErrInvalid)...)
}

// resolve turns c into a target, or all that is wrong with it into an error.
func (c Config) resolve() (target, error) {
	errs := append(c.conflicts(), checkContainer(c.Container))
	var t target
	var err error
	setting := "storage.endpoint"
	switch {
	case c.Emulator:
		t = emulator(c.Endpoint)
	case !c.ConnectionString.Empty():
		setting = "storage.connection-string"
		t, err = parseConnectionString(c.ConnectionString.Reveal())
	default:
		t, err = c.explicit()
	}
	if errs = append(errs, err); err == nil {
		t, err = t.checked(setting)
		errs = append(errs, err)
	}
	return t, errors.Join(errs...)
}

// conflicts names the pairs of settings that contradict each other.
func (c Config) conflicts() []error {
	const emulator, connection, key, sas = "storage.emulator", "storage.connection-string", "storage.account-key", "storage.sas"
	const client, account, endpoint = "storage.client-id", "storage.account", "storage.endpoint"
	set := map[string]bool{
		emulator: c.Emulator, connection: !c.ConnectionString.Empty(), key: !c.AccountKey.Empty(), sas: !c.SAS.Empty(),
		client: c.ClientID != "", account: c.Account != "", endpoint: c.Endpoint != "",
	}
	var errs []error
	for _, pair := range [][2]string{
		{emulator, connection}, {emulator, key}, {emulator, sas}, {emulator, client}, {emulator, account},
		{connection, key}, {connection, sas}, {connection, client}, {connection, account}, {connection, endpoint},
		{key, sas}, {key, client}, {sas, client},
	} {
		if set[pair[0]] && set[pair[1]] {
			errs = append(errs, invalid("%s and %s contradict each other: keep one of them", pair[0], pair[1]))
		}
	}
	return errs
}

// emulator is the target of the emulator switch.
func emulator(endpoint string) target {
	if endpoint == "" {
		endpoint = emulatorURL
	}
	if u, err := url.Parse(endpoint); err == nil && strings.Trim(u.Path, "/") == "" {
		endpoint = strings.TrimRight(endpoint, "/") + "/" + emulatorAccount
	}
	return target{service: endpoint, account: emulatorAccount, key: secret.New(emulatorKey), plainHTTP: true}
}

// explicit is the target of the settings that stand for themselves.
func (c Config) explicit() (target, error) {
	t := target{service: c.Endpoint, account: c.Account, key: c.AccountKey, token: c.AccountKey.Empty() && c.SAS.Empty()}
	var errs []error
	if c.Account == "" && c.Endpoint == "" {
		errs = append(errs, invalid("storage.account is empty: name the storage account, or set storage.endpoint, storage.connection-string or storage.emulator"))
	}
	if c.Account != "" {
		errs = append(errs, checkAccount("storage.account", c.Account))
	}
	if !c.AccountKey.Empty() && c.Account == "" {
		errs = append(errs, invalid("storage.account is empty: storage.account-key needs it"))
	}
	errs = append(errs, checkClientID(c.ClientID))
	errs = append(errs, checkKey("storage.account-key", c.AccountKey))
	var err error
	if !c.SAS.Empty() {
		t.sas, err = checkSAS("storage.sas", c.SAS)
	}
	if t.service == "" {
		t.service = "https://" + c.Account + ".blob.core.windows.net"
	}
	return t, errors.Join(append(errs, err)...)
}

func checkClientID(id string) error {
	if id != "" && !guidPattern.MatchString(id) {
		return invalid("storage.client-id is not a GUID: use the managed identity's client ID, not its name or resource ID")
	}
	return nil
}

// checkAccount applies the naming rules of storage accounts.
func checkAccount(setting, name string) error {
	if !regexp.MustCompile(`^[a-z0-9]{3,24}$`).MatchString(name) {
		return invalid("%s %s is no account name: use its 3 to 24 lower-case letters and digits, without a domain", setting, shown(name))
	}
	return nil
}

// shown quotes a value, unless it may be a secret that got into the wrong setting.
func shown(value string) string {
	if len(value) > 42 || strings.ContainsAny(value, "=;?&/+") {
		return "(not shown)"
	}
	return strconv.Quote(value)
}

// checkContainer applies the naming rules of containers.
// (Microsoft Learn, "Naming and Referencing Containers, Blobs, and Metadata".)
func checkContainer(name string) error {
	switch {
	case name == "":
		return invalid("storage.container is empty: name the container")
	case len(name) < 3 || len(name) > 63:
		return invalid("storage.container %s has %d characters: container names have 3 to 63", shown(name), len(name))
	case name != strings.ToLower(name):
		return invalid("storage.container %s has upper-case letters: write %s", shown(name), shown(strings.ToLower(name)))
	case !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name):
		return invalid("storage.container %s is no container name: use lower-case letters, digits, and single hyphens between them", shown(name))
	}
	return nil
}

func checkKey(setting string, key secret.Text) error {
	if _, err := base64.StdEncoding.DecodeString(key.Reveal()); err != nil {
		return invalid("%s is not in base64: copy the whole key, with the = signs at its end", setting)
	}
	return nil
}

// checkSAS returns the signature as the query of a URL.
func checkSAS(setting string, signature secret.Text) (secret.Text, error) {
	if strings.Contains(signature.Reveal(), "://") {
		return secret.Text{}, invalid("%s holds a URL: keep only what follows the question mark, and put the rest into storage.endpoint", setting)
	}
	sas := strings.TrimPrefix(signature.Reveal(), "?")
	query, err := url.ParseQuery(sas)
	if err != nil || query.Get("sig") == "" || strings.ContainsAny(sas, "?# \r\n") {
		return secret.Text{}, invalid("%s is no shared access signature: it is the list that begins with sv= and has a member sig", setting)
	}
	return secret.New(sas), nil
}

// checked returns t with a clean URL that its secrets may be sent to. It shows
// nothing of a URL but its host: a query may hold a signature.
func (t target) checked(setting string) (target, error) {
	u, err := url.Parse(t.service)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return t, invalid("%s is not a URL of the form https://<account>.blob.core.windows.net", setting)
	}
	path := strings.Trim(u.Path, "/")
	switch {
	case strings.ContainsAny(t.service, "?#") || u.User != nil: // also where nothing is behind them
		return t, invalid("%s (host %s) holds more than an address: put a signature into storage.sas", setting, u.Host)
	case strings.Contains(u.Host, ".dfs."):
		return t, invalid("%s leads to %s: use the blob endpoint of the account, .blob. in place of .dfs.", setting, u.Host)
	case strings.Contains(path, "/") || path != "" && strings.Contains(u.Host, ".blob."):
		return t, invalid("%s (host %s) holds a path: leave it out, the container is named by storage.container", setting, u.Host)
	case u.Scheme == "http" && !t.plainHTTP && !loopback(u.Hostname()):
		return t, invalid("%s (host %s) is plain http: use https", setting, u.Host)
	case u.Scheme == "http" && t.token:
		return t, invalid("%s (host %s) is plain http: signing in with a token needs https", setting, u.Host)
	}
	t.service = strings.TrimRight(t.service, "/")
	if t.account == "" {
		t.account = accountOf(u.Hostname(), path)
	}
	return t, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// accountOf reads the account's name off a URL: the path where there is one, as
// with the emulator, and else the first part of the host.
func accountOf(host, path string) string {
	if path != "" || net.ParseIP(host) != nil {
		return path
	}
	account, _, _ := strings.Cut(host, ".")
	return account
}
