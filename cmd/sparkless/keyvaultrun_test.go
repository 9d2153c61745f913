package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparkless/publish/publishtest"
)

// program runs the built program in folder with environment variables beside the
// test's own.
func program(t *testing.T, folder string, environment []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command("sparkless", args...)
	var out, log strings.Builder
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &log
	cmd.Env = append(cmd.Environ(), "GORACE=atexit_sleep_ms=0") // the race detector's pause at the end
	cmd.Env = append(cmd.Env, environment...)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), log.String()
}

// The program signs in with its managed identity, takes what it needs from the
// vault and nothing else, and tells what is wrong by its exit code.
func TestRunWithKeyVault(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	day := smallDay(t, func(name string, data []byte) error {
		path := filepath.Join(folder, "export", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
	collector, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := collector.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = collector.Close() }()
	k := startVault(t, map[string]string{"wsId": testWorkspace + "\n", "wsSharedKey": testKey + "\r\n", "saConnectionString": "nonsense"})
	environment := append(k.environment(t), "SPARKLESS_KEY_VAULT_URL=https://"+vaultHost, "SPARKLESS_DATACOLLECTOR_ENDPOINT="+collector.URL())
	expect := func(what string, code int, says string, asked []string, args ...string) {
		t.Helper()
		got, stdout, log := program(t, folder, environment, args...)
		if names := k.names(); got != code || !strings.Contains(stdout+log, says) || !slices.Equal(names, asked) {
			t.Errorf("%s: exit code %d, want %d; asked for %v, want %v; want %q in\n%s%s", what, got, code, names, asked, says, stdout, log)
		}
	}
	run := []string{"run", "--day", day}
	exports := append(slices.Clone(run), "--folder", "export")

	expect("settings", 0, "key vault "+vaultHost, nil, "config", "show")
	expect("a run", 0, `"found":["datacollector.workspace-id","datacollector.shared-key"]`, []string{"wsId", "wsSharedKey"}, exports...)
	if len(collector.Rows()) == 0 {
		t.Error("nothing was sent with the key of the vault")
	}
	everything := []string{"saConnectionString", "wsId", "wsResourceId", "wsSharedKey"}
	expect("a wrong secret", 2, "storage.connection-string is malformed", everything, run...)
	// The identity of this machine gets tokens for the vault alone.
	expect("an account", 4, `account \"someone\"`, everything[1:], append(slices.Clone(run), "--account", "someone")...)
	k.change(func() { delete(k.secrets, "saConnectionString") })
	expect("nowhere to read", 2, "nothing to read", everything, run...)

	k.change(func() { k.answer = refusal(403, "Forbidden", "ForbiddenByRbac") })
	expect("no right", 4, `datacollector.workspace-id: reading secret wsId of key vault `+vaultHost+`: not authorised (403): give the identity the role`, []string{"wsId"}, exports...)
	expect("settings without a right", 0, "not fetched: secret wsId", nil, "config", "show")
	environment = append(environment, "SPARKLESS_KEY_VAULT_URL=http://"+vaultHost)
	expect("plain http", 2, "with https", nil, exports...)
}
