package main

import (
	"strings"
	"testing"
)

// What is lost, comes twice, or is another is noticed.
func TestEqual(t *testing.T) {
	truth := func() *result {
		return &result{
			objects: map[string][]byte{"outbox/d": []byte("one\ntwo\n"), "profiles/d": []byte("p")},
			rows:    []string{"true\x00A a", "true\x00A a", "true\x00A b"},
			files:   map[string][]byte{"findings": []byte("f"), "stdout": []byte("s")},
		}
	}
	for what, c := range map[string]struct {
		change func(*result)
		bad    string
	}{
		"the same":             {func(*result) {}, ""},
		"in another order":     {func(r *result) { r.rows = []string{"true\x00A b", "true\x00A a", "true\x00A a"} }, ""},
		"a record too few":     {func(r *result) { r.rows = r.rows[1:] }, "did not come: true, A a"},
		"a record twice":       {func(r *result) { r.rows = append(r.rows, "true\x00A b") }, "too often: true, A b"},
		"one for another":      {func(r *result) { r.rows[0] = "true\x00A b" }, "3 records came, want 3"},
		"a byte of the outbox": {func(r *result) { r.objects["outbox/d"] = []byte("one\nTwo\n") }, `at byte 4: "one\nTwo\n"`},
		"a byte more":          {func(r *result) { r.objects["outbox/d"] = []byte("one\ntwo\n\n") }, "its 9 bytes are not the 8"},
		"no profile":           {func(r *result) { delete(r.objects, "profiles/d") }, "there are the objects"},
		"another profile":      {func(r *result) { r.objects["profiles/e"] = nil }, "there are the objects"},
		"another file":         {func(r *result) { r.files["findings"] = []byte("g") }, "file findings"},
		"silence":              {func(r *result) { r.files["stdout"] = nil }, "file stdout"},
	} {
		got := truth()
		c.change(got)
		err := got.equal(truth())
		if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%s: %v, want %q", what, err, c.bad)
		}
	}
}
