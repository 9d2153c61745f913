package ingest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestCut is visible and within the limit, for characters of every width at
// every offset.
func TestCut(t *testing.T) {
	for _, c := range []string{"a", "é", "語", "😀"} {
		for offset := range 4 {
			whole := strings.Repeat("x", offset) + strings.Repeat(c, 1_000)
			got := cut(whole, 500)
			if len(got) > 500 || len(got) < 497 || !utf8.ValidString(got) || !strings.HasSuffix(got, fmt.Sprintf(" [cut, %d bytes in all]", len(whole))) {
				t.Errorf("%q", got)
			}
		}
	}
	for _, s := range []string{"", "a", strings.Repeat("é", 250)} {
		if cut(s, 500) != s {
			t.Errorf("%d bytes were cut", len(s))
		}
	}
}

func tallies(n, size int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"value":"%d%s","count":%d}`, i, strings.Repeat("x", size), i))
	}
	return "[" + strings.Join(all, ",") + "]"
}

type tally struct {
	Value string
	Count int
}

// TestOutlineKeepsTheForm: eight long values stay eight, with their counts.
func TestOutlineKeepsTheForm(t *testing.T) {
	got, err := Outline([]byte(tallies(8, 30_000)), 64_000)
	var all []tally
	if json.Unmarshal(got, &all) != nil || err != nil || len(all) != 8 || len(got) > 64_000 || len(got) < 48_000 {
		t.Fatalf("%d bytes, %d of 8, %v: %.200s", len(got), len(all), err, got)
	}
	for i, one := range all {
		if one.Count != i || !strings.HasPrefix(one.Value, fmt.Sprint(i, "x")) || !strings.HasSuffix(one.Value, " [cut, 30001 bytes in all]") {
			t.Errorf("%d: %.100q", i, one.Value)
		}
	}
}

func TestOutlineAtItsLimit(t *testing.T) {
	whole := tallies(10, 3)
	for excess, changed := range map[int]bool{0: false, 1: true} {
		got, err := Outline([]byte(" "+whole+" "), len(whole)-excess)
		if err != nil || (string(got) != whole) != changed || len(got) > len(whole)-excess {
			t.Errorf("%+d: %s, %v", excess, got, err)
		}
	}
	for raw, want := range map[string]string{
		"[" + strings.Repeat("1000000,", 100) + "1]":                       "[" + strings.Repeat("1000000,", 11) + `"… [cut, 803 bytes in all]"]`,
		`{"a":{"b":[1,{"` + strings.Repeat("k", 300) + `":2,"c":3}]}}`:     `{"a":{"b":[1,{"…":"… [cut, 328 bytes in all]"}]}}`,
		strings.Repeat("[", 300) + strings.Repeat("]", 300):                strings.Repeat("[", 47) + `"… [cut, 600 bytes in all]"` + strings.Repeat("]", 47),
		`{"s":"` + strings.Repeat("y", 300) + `","n":-0e-7,"t":[true,{}]}`: `{"s":"` + strings.Repeat("y", 69) + ` … [cut, 300 bytes in all]","n":-0e-7,"t":[true,{}]}`,
	} {
		got, err := Outline([]byte(raw), 130)
		if err != nil || string(got) != want || len(got) > 130 {
			t.Errorf("%.60s…: %d bytes: %s, %v", raw, len(got), got, err)
		}
	}
}

// TestOutlineChangesNothingThatFits, whatever its form.
func TestOutlineChangesNothingThatFits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		value := []any{anything(r, 4)}
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		limit := 128 + r.IntN(600)
		got, err := Outline(raw, limit)
		var back []any
		if err != nil || len(got) > limit || json.Unmarshal(got, &back) != nil {
			t.Fatalf("%s: %d bytes for %d: %s, %v", raw, len(got), limit, got, err)
		}
		if same := reflect.DeepEqual(back, value); len(raw) <= limit && !same || !same && !strings.Contains(string(got), "[cut, ") {
			t.Fatalf("%s\nbecame in %d bytes\n%s", raw, limit, got)
		}
	}
}

func anything(r *rand.Rand, depth int) any {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch r.IntN(kinds) {
	case 0:
		return strings.Repeat([]string{"a", "é", "\x01", "<", `"`, "😀"}[r.IntN(6)], r.IntN(200))
	case 1:
		return float64(r.IntN(1_000_000))
	case 2:
		return r.IntN(2) == 0
	case 3:
		return nil
	case 4:
		list := make([]any, r.IntN(6))
		for i := range list {
			list[i] = anything(r, depth-1)
		}
		return list
	}
	object := map[string]any{}
	for i := range r.IntN(6) {
		object[strings.Repeat("k", r.IntN(30))+fmt.Sprint(i)] = anything(r, depth-1)
	}
	return object
}

func TestTextIsCutAsText(t *testing.T) {
	raw := tallies(10, 30)
	for limit, whole := range map[int]bool{len(raw): true, len(raw) - 1: false} {
		got, err := Text([]byte(" "+raw), limit)
		var s string
		if isText := json.Unmarshal(got, &s) == nil; err != nil || isText == whole || whole && string(got) != raw || len(s) > limit || !whole && !strings.HasPrefix(s, raw[:limit-40]) {
			t.Errorf("%d: %s, %v", limit, got, err)
		}
	}
}
