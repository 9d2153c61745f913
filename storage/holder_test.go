package storage_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"sparkless/storage"
)

// What others wrote beside a lock is shown, but bounded and printable.
func TestHolderInMessages(t *testing.T) {
	evil := "\x1b[31m\u202e\r\n\x00\xff" + strings.Repeat("x", 10_000)
	for _, h := range []storage.Holder{{}, storage.ThisProcess(), {Host: evil, PID: evil, Since: evil}, {Host: "only"}} {
		err := h.Locked("locks/x")
		text := err.Error()
		if !errors.Is(err, storage.ErrLocked) || !strings.Contains(text, `"locks/x"`) || len(text) > 400 {
			t.Errorf("%+v: %q", h, text)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("byte %d of %q", i, text)
		}
		if !strings.Contains(text, strings.Trim(h.Host[:min(len(h.Host), 3)], "\x1b")) {
			t.Errorf("%q does not name %q", text, h.Host)
		}
	}
	if h := storage.ThisProcess(); h.Host == "" || h.PID == "" || h.Since == "" {
		t.Errorf("%+v", h)
	}
}
