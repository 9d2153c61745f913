package event

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// AppendPrefix is held to AppendText, which the scanner's tests hold to
// encoding/json.
func checkPrefix(t *testing.T, kind kind, raw string, n int) {
	t.Helper()
	v := Value{kind: kind, raw: []byte(raw)}
	want := v.Text()
	got := string(v.AppendPrefix([]byte("before"), n))
	got, ok := strings.CutPrefix(got, "before")
	switch {
	case !ok:
		t.Errorf("%q: what was there before is lost", raw)
	case len(want) <= n && got != want:
		t.Errorf("%q as %q, want %q", raw, got, want)
	case len(want) > n && (len(got) <= n || got[:n] != want[:n]):
		t.Errorf("%q, %d bytes, as %q, want %q", raw, n, got, want[:n])
	}
}

func TestPrefix(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 12))
	pieces := []string{"a", "bcdefghijklmnop", `\\`, `\\`, `\"`, `\n`, `\u0041`, `\ud83d\ude00`, `\ud83d`, "é", "😀", "\xff", "\xf0\x9f", `\x`, `\`, `\u12`, "\x01", "/"}
	for range 20_000 {
		var raw strings.Builder
		for range rng.IntN(30) {
			raw.WriteString(pieces[rng.IntN(len(pieces))])
		}
		for _, kind := range []kind{kindString, kindToken} {
			checkPrefix(t, kind, raw.String(), rng.IntN(60))
			checkPrefix(t, kind, raw.String(), 512)
		}
	}
	for n := range 40 {
		checkPrefix(t, kindString, strings.Repeat(`\u0041`, 60), n)
		checkPrefix(t, kindString, strings.Repeat(`\ud83d\ude00`, 60), n)
		checkPrefix(t, kindString, strings.Repeat(`\u00e9x`, 60), n)
	}
	if long := (Value{kind: kindString, raw: make([]byte, 1<<20)}).AppendPrefix(nil, 512); len(long) > 5000 {
		t.Errorf("%d bytes decoded for the first 512", len(long))
	}
}

func FuzzPrefix(f *testing.F) {
	f.Add(`C:\\Windows\\System32\\cmd.exe \"é\u0041`, 20)
	f.Fuzz(func(t *testing.T, raw string, n int) {
		if n < 0 || n > 1<<20 || !utf8.ValidString(raw) && len(raw) > 1<<16 {
			return
		}
		checkPrefix(t, kindString, raw, n)
	})
}

func BenchmarkPrefix(b *testing.B) {
	v := Value{kind: kindString, raw: []byte(`\"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE\" /n \"C:\\Users\\adm-svensson\\Documents\\Drawing.docx\" /o`)}
	var dst []byte
	b.Run("prefix", func(b *testing.B) {
		for b.Loop() {
			dst = v.AppendPrefix(dst[:0], 512)
		}
	})
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			dst = v.AppendText(dst[:0])
		}
	})
}
