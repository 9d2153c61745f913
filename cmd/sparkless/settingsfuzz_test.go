package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzSettings: no settings file, no environment and no arguments make the
// program panic or end in any way but done and wrong settings; and what looks like
// a connection string is not shown, wherever in a file or the environment it
// stands. HUSH in an input stands for one.
func FuzzSettings(f *testing.F) {
	for _, seed := range []struct{ file, environment, args string }{
		{"", "", ""},
		{"", "", "x\ny"},
		{"storage:\n  connection-string: HUSH\n", "SPARKLESS_STORAGE_SAS=HUSH\nSPARKLESS_DATACOLLECTOR_SHARED_KEY= HUSH\r", "--similarity\n0.7"},
		{"storage: {account: HUSH, sas: [HUSH], emulator: HUSH}\njob: {workers: HUSH, shard-size: HUSH}", "", "--log-level\nloud"},
		{"storage:\n  sas: !!int HUSH\n  account-key: !!binary HUSH", "", ""},
		{"HUSH", "SPARKLESS_LOG_LEVEL=HUSH\nSPARKLESS_LOG_FORMAT=HUSH", "--nonsense"},
		{"? {HUSH: 1}\n: 2", "", ""},
		{"storage: &a\n  sas: *HUSH\n", "SPARKLESS_OUTPUT_FILES=HUSH,HUSH", "--workers\nx"},
		{"storage:\n  HUSH: x\nHUSH:\n  sas: x", "SPARKLESS_HUSH=HUSH", ""},
		{"storage:\n\tsas: HUSH", "SPARKLESS_STORAGE_SAS_FILE=HUSH", "--help"},
		{"job:\n  max-malformed: HUSH\nstorage:\n  sas: \"HUSH\\q\"", "SPARKLESS_KEY_VAULT_URL=https://x/?HUSH", "--key-vault\nhttp://x"},
		{"storage: HUSH", "SPARKLESS_KEY_VAULT_URL=https://HUSH@my.vault.azure.net", "--emulator=perhaps"},
		{"storage:\n  sas: HUSH\n  sas: HUSH", "", "--key-vault\nhttps://my.vault.azure.net\n--out\na.csv\n--out\nb"},
		{"a: &a [x,x]\nb: &b [*a,*a]\nstorage:\n  sas: *b", "SPARKLESS_MASQUERADE_RARE=NaN", ""},
		{"storage:\n  account: HUSH\n", "SPARKLESS_OUTPUT_FILES=HUSH", "--folder\nx"},
		{"", "", "--HUSH"},
		{"", "", "-HUSH"},
		{"", "", "HUSH"},
		{"", "", "--workers=HUSH\n--HUSH=HUSH"},
		{"storage:\nwork:\n  HUSH:", "", "--emulator=HUSH"},
		{"masquerade.rare: 0.1\nstorage.sas: HUSH", "SPARKLESS_JOB_WORKERS=99999999999999999999", "--shard-size\n9EiB"},
	} {
		f.Add(seed.file, seed.environment, seed.args)
	}
	folder := f.TempDir()
	file := filepath.Join(folder, "settings.yaml")
	const key = "aHVzaC1hLXNlY3JldC10aGF0LW5vYm9keS1tYXktc2Vl"
	secrets := searchFor(key, strings.ToUpper(key))
	secretive := strings.NewReplacer("HUSH", "AccountName=a;AccountKey="+key)
	f.Fuzz(func(t *testing.T, content, environment, args string) {
		if err := os.WriteFile(file, []byte(secretive.Replace(content)), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Chdir(folder)
		for line := range strings.Lines(environment) {
			name, value, _ := strings.Cut(secretive.Replace(strings.TrimSuffix(line, "\n")), "=")
			if strings.HasPrefix(name, envPrefix+"_") && name != envPrefix+"_CONFIG" && !strings.Contains(name+value, "\x00") {
				t.Setenv(name, value)
			}
		}
		var all []string
		for arg := range strings.SplitSeq(secretive.Replace(args), "\n") {
			if !strings.HasPrefix(arg, "--config") && arg != "" { // other files may never end
				all = append(all, arg)
			}
		}
		for _, command := range []string{"show", "validate"} {
			var out, log bytes.Buffer
			code := run(context.Background(), slices.Concat([]string{"config", command, "--config", file}, all), &out, &log)
			if code != exitDone && code != exitUsage {
				t.Errorf("%s: exit code %d\n%s", command, code, log.String())
			}
			if piece := secrets.in(out.String() + log.String()); piece != "" {
				t.Errorf("%s shows %q\n%s\n%s", command, piece, out.String(), log.String())
			}
		}
	})
}
