package logsingestion

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"sparkless/publish/publishtest"
)

func valid() Config {
	return Config{Endpoint: "https://name-1a2b.westeurope-1.ingest.monitor.azure.com", RuleID: rule, Stream: stream, Credential: fixed("x")}
}

func TestValidateReportsEverything(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Error(err)
	}
	bad := Config{Endpoint: "ftp://user:hunter2@h", RuleID: "my-rule", Stream: "Table_CL", Audience: "monitor"}
	err := bad.Validate()
	if _, fromNew := New(bad); fromNew == nil {
		t.Error("New took it")
	}
	for _, setting := range []string{"endpoint", "rule-id", "stream", "audience"} {
		if err == nil || strings.Count(err.Error(), "logsingestion."+setting+":") != 1 {
			t.Errorf("%s: %v", setting, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret: %v", err)
	}
	c := valid()
	c.Credential = nil
	if _, err := New(c); err == nil || c.Validate() != nil {
		t.Errorf("without a credential: %v, %v", err, c.Validate())
	}
}

func TestValidateEachSetting(t *testing.T) {
	for _, c := range []struct {
		set func(*Config)
		ok  bool
	}{
		{func(c *Config) { c.Endpoint = "" }, false},
		{func(c *Config) { c.Endpoint += "/" }, true},
		{func(c *Config) { c.Endpoint += "/dataCollectionRules/" + rule }, false},
		{func(c *Config) { c.Endpoint = "http://h" }, false},
		{func(c *Config) { c.Endpoint = "http://127.0.0.1:1" }, true},
		{func(c *Config) { c.RuleID = "" }, false},
		{func(c *Config) { c.RuleID = "dcr-" }, false},
		{func(c *Config) {
			c.RuleID = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Insights/dataCollectionRules/d"
		}, false},
		{func(c *Config) { c.RuleID = rule + "\n" }, false},
		{func(c *Config) { c.RuleID = rule + "/../x" }, false},
		{func(c *Config) { c.Stream = "" }, false},
		{func(c *Config) { c.Stream = "Custom-" }, false},
		{func(c *Config) { c.Stream = "Microsoft-SecurityEvent" }, false},
		{func(c *Config) { c.Stream = "Custom-a/b" }, false},
		{func(c *Config) { c.Stream = "Custom-A_CL" }, true},
		{func(c *Config) { c.Audience = "https://monitor.azure.us/" }, true},
		{func(c *Config) { c.Audience = "https://monitor.azure.us/.default" }, false},
	} {
		config := valid()
		c.set(&config)
		if err := config.Validate(); (err == nil) != c.ok {
			t.Errorf("%q %q %q: %v", config.Endpoint, config.RuleID, config.Stream, err)
		}
	}
}

// TestNamesAreOwn: what one destination took, no other has.
func TestNamesAreOwn(t *testing.T) {
	name := func(set func(*Config)) string {
		c := valid()
		set(&c)
		sink, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		return sink.Name()
	}
	seen := map[string]int{}
	for i, set := range []func(*Config){
		func(*Config) {},
		func(c *Config) { c.Endpoint = "https://other.westeurope-1.ingest.monitor.azure.com" },
		func(c *Config) { c.RuleID = "dcr-1" },
		func(c *Config) { c.Stream = "Custom-Other" },
	} {
		if before, twice := seen[name(set)]; twice {
			t.Errorf("%d and %d are both %s", before, i, name(set))
		}
		seen[name(set)] = i
	}
	first := name(func(*Config) {})
	if want := "logsingestion-" + rule + "-" + stream + "-"; !strings.HasPrefix(first, want) || len(first) != len(want)+8 {
		t.Error(first)
	}
	for _, same := range []func(*Config){
		func(c *Config) { c.Endpoint = strings.ToUpper(c.Endpoint) + "/" },
		func(c *Config) { c.RuleID = "dcr-" + strings.ToUpper(c.RuleID[4:]) },
		func(c *Config) { c.Audience = "https://monitor.azure.us" },
	} {
		if got := name(same); got != first {
			t.Errorf("%s is not %s", got, first)
		}
	}
}

// TestAudience is what the credential is asked for, in the form that the
// ingestion SDKs use.
func TestAudience(t *testing.T) {
	for audience, want := range map[string]string{
		"": "https://monitor.azure.com//.default", "https://monitor.azure.cn": "https://monitor.azure.cn//.default",
		"https://monitor.azure.us/": "https://monitor.azure.us//.default",
	} {
		server := start(t, func(c *publishtest.LogsIngestionConfig) { c.Audience = audience })
		var asked []string
		c := credential(func(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
			asked = o.Scopes
			return tokensOf(server)(ctx, o)
		})
		sink, err := New(Config{Endpoint: server.URL(), RuleID: rule, Stream: stream, Audience: audience, Credential: c})
		if err != nil {
			t.Fatal(err)
		}
		sendAll(t, sink, bodies(`{"a":"b"}`))
		if len(asked) != 1 || asked[0] != want {
			t.Errorf("%q: asked for %q", audience, asked)
		}
	}
}

func TestPrintingShowsNoCredential(t *testing.T) {
	text, err := json.Marshal(valid())
	if err != nil || strings.Contains(string(text), "Credential") {
		t.Errorf("%s, %v", text, err)
	}
}
