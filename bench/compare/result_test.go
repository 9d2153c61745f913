package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func resultOf(t *testing.T, text string) result {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := readResult(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Findings of sparkless and of a peer are the same if their float32 scores are.
func TestFindingsCompare(t *testing.T) {
	ours := resultOf(t, `{"NormalProcess":"svchost.exe","PotentiallyMaliciousProcess":"scvhost.exe","AnomalyScore":0.85714287,"NormalCount":9}`)
	for text, same := range map[string]bool{
		`{"normal":"svchost.exe","rare":"scvhost.exe","score":0.85714287}`:         true,
		`{"normal":"svchost.exe","rare":"scvhost.exe","score":0.8571428656578064}`: true,
		`{"normal":"svchost.exe","rare":"scvhost.exe","score":0.8571429}`:          false,
		`{"normal":"svchost.exe","rare":"scvhost.exe","score":0.8571427}`:          false,
		`{"normal":"scvhost.exe","rare":"svchost.exe","score":0.85714287}`:         false,
		``: false,
		`{"normal":"svchost.exe","rare":"scvhost.exe","score":0.85714287}` + "\n" + `{"normal":"a.exe","rare":"b.exe","score":0.85714287}`: false,
	} {
		if err := compare(ours, resultOf(t, text)); (err == nil) != same {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCountsCompare(t *testing.T) {
	const with = `{"name":"a.exe","count":2,"first":"1","last":"2","path":"C:\\a.exe"}`
	want := resultOf(t, with)
	for text, same := range map[string]bool{
		with: true,
		`{"name":"a.exe","count":2,"first":"1","last":"2"}`:                      true, // the job's own counts keep no least path
		`{"name":"a.exe","count":2,"first":"1","last":"2","path":"C:\\b.exe"}`:   false,
		`{"name":"a.exe","count":3,"first":"1","last":"2","path":"C:\\a.exe"}`:   false,
		`{"name":"a.exe","count":2,"first":"0","last":"2","path":"C:\\a.exe"}`:   false,
		`{"name":"a.exe","count":2,"first":"1","last":"3","path":"C:\\a.exe"}`:   false,
		`{"name":null,"count":2,"first":"1","last":"2","path":"C:\\a.exe"}`:      false,
		`{"name":"no name","count":2,"first":"1","last":"2","path":"C:\\a.exe"}`: false,
		`{"name":"A.exe","count":2,"first":"1","last":"2","path":"C:\\a.exe"}`:   false,
	} {
		if err := compare(want, resultOf(t, text)); (err == nil) != same {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCompareShowsWhatDiffers(t *testing.T) {
	err := compare(resultOf(t, `{"name":"a","count":1}`), resultOf(t, `{"name":"b","count":1}`))
	if err == nil || !strings.Contains(err.Error(), `- "a"`) || !strings.Contains(err.Error(), `+ "b"`) {
		t.Error(err)
	}
}

func TestReadResultRefuses(t *testing.T) {
	for _, text := range []string{"{", `{"name":"a"}` + "\n" + `{"name":"a"}`} {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := readResult(path); err == nil {
			t.Errorf("%q gave %v", text, r)
		}
	}
	if _, err := readResult(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing file gave a result")
	}
}
