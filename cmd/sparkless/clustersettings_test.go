package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
)

// Temporal's own variables are read where ours are not, before the settings file, and
// are named as the origin.
func TestStandardVariablesOfTemporal(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile(defaultConfig, []byte("temporal:\n  address: file:1\n  namespace: file\n  api-key: hush-file\n  tls-ca: file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func(args ...string) *values {
		t.Helper()
		cmd := newApp(t.Output(), t.Output()).runCommand()
		if err := cmd.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		v, err := loadSettings(cmd.Flags())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := load()
	for key := range standardVariables() {
		if strings.HasPrefix(v.origin[key], "environment") {
			t.Errorf("%s comes from %s", key, v.origin[key])
		}
	}
	for key, name := range standardVariables() {
		t.Setenv(name, "standard-"+name)
		v := load()
		got := v.text(key)
		if key == "temporal.api-key" {
			got = v.secret(key).Reveal()
		}
		if got != "standard-"+name || v.origin[key] != "environment "+name || envShown(key, v.origin[key]) != name {
			t.Errorf("%s is %q from %s, shown as %s", key, got, v.origin[key], envShown(key, v.origin[key]))
		}
		t.Setenv(envName(key), "ours-"+name)
		if v := load(); v.origin[key] != "environment "+envName(key) {
			t.Errorf("%s: ours does not go first, but %s", key, v.origin[key])
		}
	}
	if v := load("--temporal-address", "flag:1"); v.text("temporal.address") != "flag:1" || v.origin["temporal.address"] != "flag --temporal-address" {
		t.Errorf("the flag does not go first, but %s", v.origin["temporal.address"])
	}
	if dump := spell(load().v.AllSettings(), load().secrets); strings.Contains(dump, "hush") || strings.Contains(dump, "standard-TEMPORAL_API_KEY") {
		t.Errorf("the key shows in %s", dump)
	}
}

// What is wrong with the settings of Temporal is named by setting where Temporal has a
// part, and nowhere else.
func TestTemporalSettingsAreChecked(t *testing.T) {
	for _, test := range []struct {
		name, value, want string
	}{
		{"job.engine", "spark", "job.engine (environment SPARKLESS_JOB_ENGINE): spark is none of local, temporal"},
		{"temporal.address", "", "temporal.address: it is not set"},
		{"temporal.address", "host", "temporal.address"},
		{"temporal.address", "http://host:7233", "temporal.address"},
		{"temporal.address", "host:port", "temporal.address"},
		{"temporal.namespace", "a b", "temporal.namespace"},
		{"temporal.tls", "perhaps", "temporal.tls"},
		{"temporal.tls-cert", "a.pem", "temporal.tls-key"},
		{"temporal.tls-key", "a.pem", "temporal.tls-cert"},
	} {
		t.Run(test.name+"="+test.value, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv("SPARKLESS_TEMPORAL_ADDRESS", "host:7233")
			t.Setenv(envName(test.name), test.value)
			for _, engine := range engines() {
				if test.name != "job.engine" {
					t.Setenv("SPARKLESS_JOB_ENGINE", engine)
				}
				v, err := loadSettings(newApp(t.Output(), t.Output()).runCommand().Flags())
				if err != nil {
					t.Fatal(err)
				}
				err = checkEngine(v)
				if engine == engineLocal && test.name != "job.engine" {
					if err != nil {
						t.Errorf("local: %v", err)
					}
				} else if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
			}
		})
	}
}

// listenFor counts who connects to an address, and calls heard for each.
func listenFor(t *testing.T, heard func()) (address string, count func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan int)
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				ended <- n
				return
			}
			heard()
			_ = c.Close()
		}
	}()
	return l.Addr().String(), func() int {
		_ = l.Close()
		return <-ended
	}
}

// Without --engine temporal nobody asks a Temporal server for anything, whoever names
// one. With it somebody does: the listener hears it.
func TestLocalRunLeavesTemporalAlone(t *testing.T) {
	day := newTogether(t)
	address, count := listenFor(t, func() {})
	t.Setenv("TEMPORAL_ADDRESS", address)
	t.Setenv("SPARKLESS_TEMPORAL_ADDRESS", address)
	t.Setenv("TEMPORAL_API_KEY", "hush")
	for _, args := range [][]string{
		{"run", "--day", day}, {"backfill", "--from", day, "--to", day[:8] + "30"}, {"doctor"}, {"status", "--queue"}, {"config", "show"}, {"config", "validate"}, {"publish"},
		{"shard", "--day", day, "--plan", "p", "--of", "1", "--index", "0"}, {"merge", "--day", day, "--plan", "p"}, {"report", "--day", day},
	} {
		var out, log bytes.Buffer
		if code := newApp(&out, &log).execute(t.Context(), args); code == exitUsage && args[0] != "backfill" {
			t.Errorf("%q: exit code %d\n%s", args, code, log.String())
		}
	}
	if n := count(); n > 0 {
		t.Errorf("%d connections", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	address, count = listenFor(t, cancel)
	var out, log bytes.Buffer
	code := newApp(&out, &log).execute(ctx, []string{"run", "--day", day, "--engine", "temporal", "--temporal-address", address})
	if n := count(); n == 0 || code != exitInterrupted {
		t.Errorf("%d connections, exit code %d\n%s", n, code, log.String())
	}
}

// A key vault is asked for the key of Temporal where Temporal has a part, and no
// certificate is shown in its place.
func TestVaultHasTheKeyOfTemporal(t *testing.T) {
	for _, test := range []struct {
		args []string
		want bool
	}{
		{nil, false}, {[]string{"--engine", "temporal"}, true}, {[]string{"--engine", "temporal", "--temporal-tls-cert", "c.pem"}, false},
	} {
		v, err := valuesOf(t, append([]string{"--folder", "x", "--key-vault", "https://" + vaultHost}, test.args...))
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(v.fromVault(), vaultSecret{"temporalApiKey", "temporal.api-key"}); got != test.want {
			t.Errorf("%v: asked for it %v", test.args, got)
		}
	}
}
