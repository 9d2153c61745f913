package publish_test

import (
	"encoding/json"
	"testing"
	"unicode"

	"sparkless/publish"
)

func FuzzBody(f *testing.F) {
	for _, s := range []string{"svchost.exe", "a\x00\x1b[2J\x7f\u0085\u202egpj.exe\u2028\ufeff", "<script>&", "\U000e0041\U0001f600é\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		body, err := publish.Body(map[string]string{"Name": s})
		if err != nil {
			t.Fatal(err)
		}
		var plain, ours map[string]string
		text, _ := json.Marshal(map[string]string{"Name": s})
		json.Unmarshal(text, &plain)
		if err := json.Unmarshal(body, &ours); err != nil || ours["Name"] != plain["Name"] {
			t.Fatalf("%s reads as %q, want %q (%v)", body, ours["Name"], plain["Name"], err)
		}
		for _, r := range string(body) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q holds %U", body, r)
			}
		}
	})
}
