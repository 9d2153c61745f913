package azure

import (
	"errors"
	"strings"
	"testing"

	"sparkless/storage"
	"sparkless/storage/secret"
)

const (
	someKey  = "c29tZSBzZWNyZXQga2V5IHRoYXQgbm9ib2R5IG1heSBzZWU="
	someSAS  = "sv=2026-06-06&sp=rl&sig=c29tZSBzZWNyZXQgc2lnbmF0dXJl%3D"
	someSig  = "c29tZSBzZWNyZXQgc2lnbmF0dXJl"
	someGUID = "01234567-89ab-cdef-0123-456789abcdef"
)

func TestValid(t *testing.T) {
	for _, test := range []struct {
		config           Config
		service, account string
	}{
		{Config{Account: "acct"}, "https://acct.blob.core.windows.net", "acct"},
		{Config{Account: "acct", ClientID: someGUID}, "https://acct.blob.core.windows.net", "acct"},
		{Config{Account: "acct", AccountKey: secret.New(someKey)}, "https://acct.blob.core.windows.net", "acct"},
		{Config{Account: "acct", SAS: secret.New("?" + someSAS)}, "https://acct.blob.core.windows.net", "acct"},
		{Config{Endpoint: "https://acct.blob.core.usgovcloudapi.net/"}, "https://acct.blob.core.usgovcloudapi.net", "acct"},
		{Config{Account: "acct", Endpoint: "https://10.0.0.1/acct"}, "https://10.0.0.1/acct", "acct"},
		{Config{Endpoint: "http://localhost:10000/dev", SAS: secret.New(someSAS)}, "http://localhost:10000/dev", "dev"},
		{Config{Endpoint: "http://[::1]:10000/dev", SAS: secret.New(someSAS)}, "http://[::1]:10000/dev", "dev"},
		{Config{Emulator: true}, "http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1"},
		{Config{Emulator: true, Endpoint: "http://azurite:10000"}, "http://azurite:10000/devstoreaccount1", "devstoreaccount1"},
		{Config{Emulator: true, Endpoint: "https://azurite:10000/devstoreaccount1/"}, "https://azurite:10000/devstoreaccount1", "devstoreaccount1"},
		{Config{ConnectionString: secret.New("UseDevelopmentStorage=true")}, "http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1"},
		{Config{ConnectionString: secret.New("usedevelopmentstorage=TRUE;DevelopmentStorageProxyUri=http://azurite;")}, "http://azurite:10000/devstoreaccount1", "devstoreaccount1"},
		{Config{ConnectionString: secret.New("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite:7000/")}, "http://azurite:7000/devstoreaccount1", "devstoreaccount1"},
		{Config{ConnectionString: secret.New("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=" + someKey + ";EndpointSuffix=core.windows.net")}, "https://acct.blob.core.windows.net", "acct"},
		{Config{ConnectionString: secret.New(" AccountName = acct ; accountkey=" + someKey + "\n")}, "https://acct.blob.core.windows.net", "acct"},
		{Config{ConnectionString: secret.New("AccountName=acct;AccountKey=" + someKey + ";EndpointSuffix=core.chinacloudapi.cn")}, "https://acct.blob.core.chinacloudapi.cn", "acct"},
		{Config{ConnectionString: secret.New("BlobEndpoint=https://acct.blob.core.windows.net/;QueueEndpoint=https://acct.queue.core.windows.net/;SharedAccessSignature=" + someSAS)}, "https://acct.blob.core.windows.net", "acct"},
		{Config{ConnectionString: secret.New("AccountName=acct;SharedAccessSignature=?" + someSAS)}, "https://acct.blob.core.windows.net", "acct"},
		{Config{ConnectionString: secret.New("DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" + emulatorKey + ";BlobEndpoint=http://azurite:10000/devstoreaccount1;")}, "http://azurite:10000/devstoreaccount1", "devstoreaccount1"},
	} {
		test.config.Container = "am-securityevent"
		got, err := test.config.resolve()
		if err != nil {
			t.Errorf("%+v: %v", test.config, err)
			continue
		}
		if got.service != test.service || got.account != test.account {
			t.Errorf("%+v leads to %s, account %q, want %s, %q", test.config, got.service, got.account, test.service, test.account)
		}
		if ways := count(!got.key.Empty(), !got.sas.Empty(), got.token); ways != 1 {
			t.Errorf("%+v signs in in %d ways", test.config, ways)
		}
		if s, err := New(test.config); err != nil {
			t.Errorf("%+v: New: %v", test.config, err)
		} else {
			s.Close()
		}
	}
}

func count(all ...bool) (n int) {
	for _, is := range all {
		if is {
			n++
		}
	}
	return n
}

// Each problem names its setting and says something of use, and shows no secret.
func TestInvalid(t *testing.T) {
	const account = "storage.account is empty"
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{}, account},
		{Config{ClientID: someGUID}, account},
		{Config{SAS: secret.New(someSAS)}, account},
		{Config{Endpoint: "https://acct.blob.core.windows.net", AccountKey: secret.New(someKey)}, account},
		{Config{Account: "Acct"}, `storage.account "Acct"`},
		{Config{Account: "acct.blob.core.windows.net"}, "without a domain"},
		{Config{Account: "https://acct.blob.core.windows.net"}, "without a domain"},
		{Config{Account: someKey}, "storage.account (not shown)"},
		{Config{Account: "acct", AccountKey: secret.New("not base64: " + someKey)}, "storage.account-key"},
		{Config{Account: "acct", AccountKey: secret.New(someKey[:len(someKey)-1])}, "= signs"},
		{Config{Account: "acct", SAS: secret.New(someSig)}, "storage.sas"},
		{Config{Account: "acct", SAS: secret.New("sig=%zz" + someSig)}, "storage.sas"},
		{Config{Account: "acct", SAS: secret.New("https://acct.blob.core.windows.net/c?" + someSAS)}, "storage.sas holds a URL"},
		{Config{Account: "acct", ClientID: "my-identity"}, "storage.client-id"},
		{Config{Endpoint: "acct.blob.core.windows.net"}, "storage.endpoint"},
		{Config{Endpoint: "ftp://acct"}, "storage.endpoint"},
		{Config{Endpoint: "https://%zz" + someSig}, "storage.endpoint"},
		{Config{Endpoint: "https://acct.blob.core.windows.net/am-securityevent"}, "storage.container"},
		{Config{Endpoint: "https://10.0.0.1/acct/am-securityevent"}, "storage.container"},
		{Config{Endpoint: "https://acct.blob.core.windows.net?" + someSAS}, "storage.sas"},
		{Config{Endpoint: "https://acct.blob.core.windows.net?"}, "more than an address"},
		{Config{Endpoint: "https://acct.blob.core.windows.net/?"}, "more than an address"},
		{Config{Endpoint: "https://acct.blob.core.windows.net#"}, "more than an address"},
		{Config{Endpoint: "https://acct.blob.core.windows.net/#?"}, "more than an address"},
		{Config{Endpoint: "https://acct:" + someSig + "@acct.blob.core.windows.net"}, "storage.endpoint"},
		{Config{Endpoint: "https://acct.dfs.core.windows.net"}, ".blob."},
		{Config{Endpoint: "http://acct.blob.core.windows.net"}, "use https"},
		{Config{Endpoint: "http://10.0.0.1/acct", Account: "acct", AccountKey: secret.New(someKey)}, "use https"},
		{Config{Endpoint: "HTTP://acct.blob.core.windows.net", SAS: secret.New(someSAS)}, "use https"},
		{Config{Endpoint: "http://localhost.example.org/acct", SAS: secret.New(someSAS)}, "use https"},
		{Config{Endpoint: "http://127.0.0.1.example.org/acct", SAS: secret.New(someSAS)}, "use https"},
		{Config{Endpoint: "http://0.0.0.0/acct", SAS: secret.New(someSAS)}, "use https"},
		{Config{Endpoint: "http://127.0.0.1@example.org/acct", SAS: secret.New(someSAS)}, "more than an address"},
		{Config{Endpoint: "//acct.blob.core.windows.net", SAS: secret.New(someSAS)}, "storage.endpoint"},
		{Config{Endpoint: "http://localhost:10000/acct"}, "token needs https"},
		{Config{Emulator: true, Endpoint: "azurite:10000"}, "storage.endpoint"},
		{Config{ConnectionString: secret.New(someKey)}, "storage.connection-string"},
		{Config{ConnectionString: secret.New("AccountName=acct;" + someSig)}, "malformed"},
		{Config{ConnectionString: secret.New("AccountName=acct;AccountName=acct2;AccountKey=" + someKey)}, "once"},
		{Config{ConnectionString: secret.New("AccountName=acct")}, "neither AccountKey nor"},
		{Config{ConnectionString: secret.New("AccountKey=" + someKey)}, "AccountName"},
		{Config{ConnectionString: secret.New("SharedAccessSignature=" + someSAS)}, "neither AccountName nor BlobEndpoint"},
		{Config{ConnectionString: secret.New("AccountName=acct;AccountKey=x" + someKey)}, "AccountKey is not in base64"},
		{Config{ConnectionString: secret.New("AccountName=acct;SharedAccessSignature=" + someSig)}, "SharedAccessSignature"},
		{Config{ConnectionString: secret.New("AccountName=acct;AccountKey=" + someKey + ";SharedAccessSignature=" + someSAS)}, "both"},
		{Config{ConnectionString: secret.New("AccountName=a/../b;AccountKey=" + someKey)}, "AccountName"},
		{Config{ConnectionString: secret.New("DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=" + someKey)}, "storage.connection-string (host acct.blob.core.windows.net) is plain http"},
		{Config{ConnectionString: secret.New("BlobEndpoint=http://acct.blob.core.windows.net;SharedAccessSignature=" + someSAS)}, "storage.connection-string (host acct.blob.core.windows.net) is plain http"},
		{Config{ConnectionString: secret.New("AccountName=devstoreaccount1;AccountKey=" + someKey + ";BlobEndpoint=http://azurite:10000/devstoreaccount1")}, "plain http"},
		{Config{ConnectionString: secret.New("UseDevelopmentStorage=true;AccountName=acct")}, "UseDevelopmentStorage"},
		{Config{ConnectionString: secret.New("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=azurite")}, "DevelopmentStorageProxyUri"},
		{Config{ConnectionString: secret.New("UseDevelopmentStorage=false")}, "neither AccountKey nor"},
	} {
		test.config.Container = "am-securityevent"
		wantInvalid(t, test.config, test.want)
	}
}

func wantInvalid(t *testing.T, c Config, want ...string) {
	t.Helper()
	err := c.Validate()
	if !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("%+v: error %v, want ErrInvalid", c, err)
		return
	}
	for _, want := range want {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %q, want it to say %q", c, err, want)
		}
	}
	for _, hidden := range []string{someKey, someKey[:20], someSig, "sig="} {
		if strings.Contains(err.Error(), hidden) {
			t.Errorf("%+v: the error shows %q: %v", c, hidden, err)
		}
	}
	if s, err := New(c); err == nil {
		s.Close()
		t.Errorf("%+v: New accepts it", c)
	}
}

func TestContainerNames(t *testing.T) {
	for name, valid := range map[string]bool{
		"am-securityevent": true, "abc": true, "a1-2-b": true, "0ab": true, strings.Repeat("a", 63): true,
		"": false, "ab": false, strings.Repeat("a", 64): false, "am-SecurityEvent": false, "a--b": false, "-ab": false, "ab-": false,
		"a_b": false, "a.b": false, "a/b": false, "a b": false, "ünï": false, "$root": false, "abc\n": false, "..": false, "a?b": false,
	} {
		c := Config{Account: "acct", Container: name}
		if valid {
			if err := c.Validate(); err != nil {
				t.Errorf("%q: %v", name, err)
			}
			continue
		}
		wantInvalid(t, c, "storage.container")
	}
	wantInvalid(t, Config{Account: "acct", Container: "am-SecurityEvent"}, `write "am-securityevent"`)
}

// Any two settings that each say how to sign in, or which account it is, are
// named together; and all problems are reported at once.
func TestContradictions(t *testing.T) {
	all := Config{
		Container: "x", Account: "acct", Endpoint: "https://acct.blob.core.windows.net",
		ConnectionString: secret.New("AccountName=acct;AccountKey=" + someKey), AccountKey: secret.New(someKey), SAS: secret.New(someSAS), ClientID: someGUID, Emulator: true,
	}
	set := map[string]func(*Config){
		"storage.connection-string": func(c *Config) { c.ConnectionString = all.ConnectionString },
		"storage.account-key":       func(c *Config) { c.AccountKey = all.AccountKey },
		"storage.sas":               func(c *Config) { c.SAS = all.SAS },
		"storage.client-id":         func(c *Config) { c.ClientID = all.ClientID },
		"storage.emulator":          func(c *Config) { c.Emulator = true },
	}
	for one := range set {
		for other := range set {
			if one == other {
				continue
			}
			c := Config{Container: "am-securityevent"}
			set[one](&c)
			set[other](&c)
			wantInvalid(t, c, one, other, "contradict")
		}
	}
	wantInvalid(t, Config{Container: "abc", Account: "acct", ConnectionString: all.ConnectionString}, "storage.account ", "storage.connection-string")
	wantInvalid(t, Config{Container: "abc", Account: "acct", Emulator: true}, "storage.account ", "storage.emulator")
	wantInvalid(t, Config{Container: "abc", Endpoint: all.Endpoint, ConnectionString: all.ConnectionString}, "storage.endpoint", "storage.connection-string")
	wantInvalid(t, all, "storage.container", "storage.connection-string", "storage.account-key", "storage.sas", "storage.client-id", "storage.emulator", "storage.endpoint")
	wantInvalid(t, Config{Account: "A", AccountKey: secret.New("-"), Container: "B"}, "storage.account ", "storage.account-key", "storage.container")
}

// No input makes Validate panic, or show a secret that was put where it belongs
// or into another setting.
func FuzzValidate(f *testing.F) {
	f.Add("acct", "https://acct.blob.core.windows.net", "", "", someSAS, "abc")
	f.Add("", "", "AccountName=acct;AccountKey="+someKey, "", "", "abc")
	f.Add("", "", "BlobEndpoint=http://x?sig=abcdefghijkl;SharedAccessSignature="+someSAS, "", "", "abc")
	f.Add(someKey, someSAS, ";;=;", someKey, "?", someSAS)
	f.Add("", "http://[::1", "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=://", "", "", "")
	f.Fuzz(func(t *testing.T, account, endpoint, connection, key, sas, container string) {
		c := Config{Account: account, Endpoint: endpoint, ConnectionString: secret.New(connection), AccountKey: secret.New(key), SAS: secret.New(sas), Container: container}
		err := c.Validate()
		if err == nil {
			if s, err := New(c); err != nil {
				t.Errorf("valid, but New says %v", err)
			} else {
				s.Close()
			}
			return
		}
		for _, hidden := range []string{connection, key, sas} {
			if len(hidden) >= 40 && strings.Contains(err.Error(), hidden) && !strings.Contains(account+container+endpoint, hidden) {
				t.Errorf("the error shows %q: %v", hidden, err)
			}
		}
	})
}
