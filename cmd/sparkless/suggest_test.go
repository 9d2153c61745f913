package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Equally near words are all named, far ones are not.
func TestNearest(t *testing.T) {
	for _, test := range []struct{ word, among, want string }{
		{"rnu", "run backfill report", "[run]"},
		{"--worksapce", "--workspace --workers --work-folder", "[--workspace]"},
		{"--fats", "--facts --fast --out", "[--facts --fast]"},
		{"nonsense", "run backfill report", "[]"},
		{"x", "a b c", "[]"},
		{"", "a", "[]"}, {"ab", "ab cd", "[]"}, {"é", "e", "[]"},
		{"aaaa", "bbbb", "[]"},
		{"repotr", "report", "[report]"},
		{strings.Repeat("x", 100), strings.Repeat("x", 99), "[]"},
		{"SPARKLESS_STORAGE_FOLDR", "SPARKLESS_STORAGE_FOLDER SPARKLESS_WORK_FOLDER", "[SPARKLESS_STORAGE_FOLDER]"},
	} {
		if got := fmt.Sprint(nearest(test.word, strings.Fields(test.among))); got != test.want {
			t.Errorf("%q: %s, want %s", test.word, got, test.want)
		}
	}
	for key, want := range map[string]string{
		"masquerade.similarty": "[masquerade.similarity]", "job.similarity": "[masquerade.similarity]", "similarity": "[masquerade.similarity]",
		"folder": "[storage.folder work.folder]", "job.url": "[key-vault.url]", "zzz.qqq": "[]", "": "[]", "storage": "[]", "endpoint": "[]",
	} {
		if got := fmt.Sprint(nearKeys(key)); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
}

// FuzzNearest: what is offered is known, no word twice, and never the word itself.
func FuzzNearest(f *testing.F) {
	f.Add("storage.foldr")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, word string) {
		near := nearKeys(word)
		for i, key := range near {
			if !slices.ContainsFunc(settings(), func(s setting) bool { return s.key == key }) || slices.Contains(near[:i], key) || key == word {
				text, _ := json.Marshal(near)
				t.Errorf("%q: %s", word, text)
			}
		}
	})
}
