package datacollector

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sparkless/storage/secret"
)

func TestValidateReportsEverything(t *testing.T) {
	if err := (Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey)}).Validate(); err != nil {
		t.Error(err)
	}
	bad := Config{WorkspaceID: "x", SharedKey: secret.New("not base64, but secret"), LogType: "a b", Endpoint: "ftp://user:secret@h", ResourceID: "x\r\n", TimeGeneratedField: "a b"}
	err := bad.Validate()
	if _, fromNew := New(bad); fromNew == nil {
		t.Error("New took it")
	}
	for _, setting := range []string{"workspace-id", "shared-key", "log-type", "endpoint", "resource-id", "time-generated-field"} {
		if err == nil || strings.Count(err.Error(), "datacollector."+setting+":") != 1 {
			t.Errorf("%s: %v", setting, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret: %v", err)
	}
}

func TestValidateEachSetting(t *testing.T) {
	for _, c := range []struct {
		set func(*Config)
		ok  bool
	}{
		{func(c *Config) { c.WorkspaceID = "" }, false},
		{func(c *Config) { c.WorkspaceID = strings.ReplaceAll(workspace, "-", "") }, false},
		{func(c *Config) { c.WorkspaceID = workspace + "\n" }, false},
		{func(c *Config) { c.SharedKey = secret.Text{} }, false},
		{func(c *Config) { c.SharedKey = secret.New(sharedKey[:5]) }, false},
		{func(c *Config) { c.SharedKey = secret.New(sharedKey + "\n") }, true},
		{func(c *Config) { c.LogType = strings.Repeat("a", 100) }, true},
		{func(c *Config) { c.LogType = strings.Repeat("a", 101) }, false},
		{func(c *Config) { c.LogType = "A_CL" }, false},
		{func(c *Config) { c.LogType = "é" }, false},
		{func(c *Config) { c.Endpoint = "https://" + workspace + ".ods.opinsights.azure.cn/" }, true},
		{func(c *Config) { c.Endpoint = "http://127.0.0.1:8080" }, true},
		{func(c *Config) { c.Endpoint = "http://192.0.2.1" }, false},
		{func(c *Config) { c.ResourceID = "/subscriptions/s" }, true},
		{func(c *Config) { c.ResourceID = "/subscriptions/s\r\nX: y" }, false},
		{func(c *Config) { c.TimeGeneratedField = "TimeStamp" }, true},
	} {
		config := Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey)}
		c.set(&config)
		if err := config.Validate(); (err == nil) != c.ok {
			t.Errorf("%v %q %q: %v", config, config.Endpoint, config.LogType, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	sink, err := New(Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey)})
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://" + workspace + ".ods.opinsights.azure.com/api/logs?api-version=2016-04-01"; sink.url != want {
		t.Errorf("url %s", sink.url)
	}
	if want := "datacollector-" + strings.ToLower(workspace) + "-MasqueradingProcessNameResult"; sink.Name() != want {
		t.Errorf("name %s", sink.Name())
	}
}

func TestPrintingShowsNoKey(t *testing.T) {
	c := Config{WorkspaceID: workspace, SharedKey: secret.New(sharedKey)}
	nested := struct{ C Config }{c}
	text := fmt.Sprintf("%v %+v %#v %s %d %x %q %v %+v %#v", c, c, c, c, c, c, c, &c, nested, nested)
	data, err := json.Marshal(struct{ WorkspaceID, SharedKey string }{c.WorkspaceID, ""})
	if err != nil {
		t.Fatal(err)
	}
	real, err := json.Marshal(c)
	if err != nil || !strings.Contains(string(data), workspace) {
		t.Fatal(err)
	}
	text += string(real)
	if strings.Contains(text, sharedKey) || strings.Contains(text, fmt.Sprintf("%x", sharedKey)) || !strings.Contains(text, workspace) {
		t.Error(text)
	}
}
