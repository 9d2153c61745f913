package printable

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode"
)

// What JSON makes of a text means the same, and holds nothing that a terminal
// obeys.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"svchost.exe", "a\x00\x1b[2J\x7f\u0085\u009b\u202egpj.exe\u2028\ufeff", "<script>&\n", "\U000e0041\U0001f600é\xff", "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		for range 2 {
			if err := enc.Encode([]string{s}); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if n, err := JSONWriter(&out).Write(text.Bytes()); n != text.Len() || err != nil {
			t.Fatal(n, err)
		}
		for line := range bytes.Lines(out.Bytes()) {
			var got, want []string
			if err := json.Unmarshal(line, &got); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			plain, _ := json.Marshal([]string{s})
			if json.Unmarshal(plain, &want) != nil || got[0] != want[0] {
				t.Fatalf("%q reads as %q, want %q", line, got, want)
			}
			for _, r := range string(bytes.TrimSuffix(line, []byte("\n"))) {
				if !unicode.IsPrint(r) {
					t.Fatalf("%q holds %U", line, r)
				}
			}
		}
		if bytes.Count(out.Bytes(), []byte("\n")) != 2 {
			t.Fatalf("%q", out.Bytes())
		}
	})
}
