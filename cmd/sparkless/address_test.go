package main

import (
	"encoding/base64"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"sparkless/storage/storagetest/azurite"
)

// No key of 32 or 64 bytes is shown, in any of its spellings; these are random, but
// always the same.
func TestAddressHidesKeys(t *testing.T) {
	random := rand.NewChaCha8([32]byte{7})
	for range 300 {
		for _, size := range []int{32, 64} {
			key := make([]byte, size)
			_, _ = random.Read(key)
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				text := encoding.EncodeToString(key)
				for _, value := range []string{text, "https://x/" + text, "/data/" + text + "/x", url.QueryEscape(text), url.QueryEscape(url.QueryEscape(text)), "a b " + text + "."} {
					if got := address(value); got != notShown {
						t.Fatalf("shows %q", got)
					}
				}
			}
		}
	}
}

func TestAddress(t *testing.T) {
	for _, hidden := range []string{
		azurite.Key, strings.Repeat("A", 43), strings.Repeat("ab", 22), "https://x/?%73ig=x", "https://x/?si%67%3Dx", "https://x/?%2573ig=x", "x?SIG=x",
		"AccountName=a;AccountKey=x", "AccountKey%3Dx", "SharedAccessKey=x", "https://u:x@host/", "https://u:x%40host/", "https%3A%2F%2Fu:x@host", "Password=x",
		"%2525252573ig=x", temporalKey, "host/" + temporalKey + ":7233", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
	} {
		if got := address(hidden); got != notShown {
			t.Errorf("%q is shown as %q", hidden, got)
		}
	}
	for _, shown := range []string{
		"", "auto", "64MiB", "many", "https://acct.blob.core.windows.net", "http://127.0.0.1:10000/devstoreaccount1", "100%", "a%zzb", "a@b", "found-{day}.csv",
		"/subscriptions/12345678-89ab-cdef-0123-456789abcdef/resourceGroups/My-Sentinel-RG-01/providers/Microsoft.OperationalInsights/workspaces/my-sentinel",
		"/subscriptions/12345678-89AB-CDEF-0123-456789ABCDEF/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/w",
		"/home/analyst/exports/2026/11/20/am-securityevent/WorkspaceResourceId=/subscriptions/s/y=2026",
		"/tmp/TestNoSecretIsLeftBehind2837465920/001/exports-of-the-security-team/work", "my-very-long-container-app-environment-name-2026-for-the-team",
		`C:\Users\Someone\Documents\Exports\SecurityEvents`, "https://my-endpoint-abcd.eastus-1.ingest.monitor.azure.com", "dcr-0123456789abcdef0123456789abcdef",
		"12345678-89ab-cdef-0123-456789abcdef", "Custom-MasqueradingProcessNameResult_CL",
	} {
		if got := address(shown); got != shown {
			t.Errorf("%q becomes %q", shown, got)
		}
	}
}

// A secret in a setting of another kind is not repeated, whichever it is: not in
// what is said of it, and not in what config show prints.
func TestMisplacedSecrets(t *testing.T) {
	connection := "AccountName=acct;AccountKey=" + azurite.Key
	t.Chdir(t.TempDir())
	for _, value := range []string{azurite.Key, connection, url.QueryEscape(connection), "https://acct.blob.core.windows.net/?sv=1&%73ig=" + url.QueryEscape(testKey)} {
		for _, s := range settings() {
			if s.secret {
				continue
			}
			t.Run(s.key, func(t *testing.T) {
				t.Setenv(envName(s.key), value)
				if s.key != "storage.folder" {
					t.Setenv(envName("storage.folder"), "missing")
				}
				secrets := searchFor(azurite.Key, testKey)
				for _, args := range [][]string{{"config", "show"}, {"run"}, {"backfill", "--from", "2026-11-01", "--to", "2026-11-03"}} {
					var out, log strings.Builder
					if code := run(t.Context(), args, &out, &log); code == exitDone && args[0] != "config" {
						t.Errorf("%v succeeds", args)
					}
					if piece := secrets.in(out.String() + log.String()); piece != "" {
						t.Errorf("%v shows %q: %s%s", args, piece, out.String(), log.String())
					}
				}
			})
		}
	}
}

// Instead of a file's name a variable holds the secret itself.
func TestSecretInPlaceOfItsFile(t *testing.T) {
	t.Chdir(t.TempDir())
	secrets := searchFor(azurite.Key)
	for _, value := range []string{azurite.Key, "AccountName=acct;AccountKey=" + azurite.Key, strings.Repeat(azurite.Key, 60)} {
		for _, env := range []string{"SPARKLESS_STORAGE_CONNECTION_STRING_FILE", "SPARKLESS_CONFIG"} {
			t.Run(env, func(t *testing.T) {
				t.Setenv(env, value)
				var out, log strings.Builder
				if code := run(t.Context(), []string{"config", "show"}, &out, &log); code != exitUsage {
					t.Errorf("exit code %d", code)
				}
				if piece := secrets.in(out.String() + log.String()); piece != "" || env != "SPARKLESS_CONFIG" && !strings.Contains(log.String(), env) {
					t.Errorf("shows %q: %s", piece, log.String())
				}
			})
		}
	}
}
