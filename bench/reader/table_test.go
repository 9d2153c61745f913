package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A name that ran from several places is one row of the counts, as it is for those
// who count by names alone.
func TestOneRowForEachName(t *testing.T) {
	folder, out := t.TempDir(), filepath.Join(t.TempDir(), "out.jsonl")
	lines := `{"TimeGenerated":"2026-11-20T02:00:00Z","EventID":4688,"Process":"svchost.exe","NewProcessName":"C:\\Windows\\System32\\svchost.exe"}
{"TimeGenerated":"2026-11-20T01:00:00Z","EventID":4688,"Process":"svchost.exe","NewProcessName":"C:\\Users\\Public\\svchost.exe"}
{"TimeGenerated":"2026-11-20T03:00:00Z","EventID":4688,"Process":"SVCHOST.EXE","NewProcessName":"C:\\Program Files\\x\\svchost.exe","ParentProcessName":"C:\\x.exe"}
{"TimeGenerated":"2026-11-20T03:00:00Z","EventID":4688}
{"TimeGenerated":"2026-11-20T04:00:00Z","EventID":4688,"ParentProcessName":"C:\\x.exe"}
{"TimeGenerated":"2026-11-20T05:00:00Z","EventID":4688,"Process":"a.exe"}
`
	if err := os.WriteFile(filepath.Join(folder, "PT05M.json"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("context", "2026-11-20", false, task{folder: folder, threads: 1, out: out, table: true}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":null,"count":2,"first":"2026-11-20T03:00:00.0000000Z","last":"2026-11-20T04:00:00.0000000Z"}
{"name":"a.exe","count":1,"first":"2026-11-20T05:00:00.0000000Z","last":"2026-11-20T05:00:00.0000000Z"}
{"name":"svchost.exe","count":3,"first":"2026-11-20T01:00:00.0000000Z","last":"2026-11-20T03:00:00.0000000Z"}
`
	if string(got) != want {
		t.Errorf("\n%swant\n%s", got, want)
	}
}
