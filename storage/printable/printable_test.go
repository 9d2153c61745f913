package printable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// What JSON makes of a text means the same, and holds nothing that a terminal
// obeys.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"svchost.exe", "a\x00\x1b[2J\x7f\u0085\u009b\u202egpj.exe\u2028\ufeff", "<script>&\n", "\U000e0041\U0001f600é\xff", invisible, "\xed\xa0\x80"} {
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
				if !Rune(r) {
					t.Fatalf("%q holds %U", line, r)
				}
			}
		}
		if bytes.Count(out.Bytes(), []byte("\n")) != 2 {
			t.Fatalf("%q", out.Bytes())
		}
	})
}

// invisible are characters that unicode.IsPrint takes for printable.
const invisible = "\ufe00\ufe0f\U000e0100\U000e0101\U000e01ef\u034f\u180b\u180c\u180d\u180f\u3164\u115f\u1160\uffa0\u17b4\u17b5\u2800\U00013441\U00013442\U00016fe4\U0001d159"

// Whatever looks like nothing is spelled out; what is seen stays.
func TestInvisible(t *testing.T) {
	for _, r := range invisible + "\u200b\u200d\u00ad\ufeff\u180e\u2065\u00a0\u3000\u202e\x7f\ue000" {
		name := "svchost" + string(r) + ".exe"
		want := fmt.Sprintf("svchost<U+%04X>.exe", r)
		if got := Text(name); Rune(r) || got != want {
			t.Errorf("%U: %q, want %q", r, got, want)
		}
		if got := JSON([]byte(name)); bytes.ContainsRune(got, r) {
			t.Errorf("%U: JSON %q", r, got)
		}
	}
	for _, r := range "aZ~ é\u0301\u0489字😀\uff1d\ufffd" {
		if !Rune(r) {
			t.Errorf("%U counts as invisible", r)
		}
	}
}
