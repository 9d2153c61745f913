package main

import "testing"

func TestDistance(t *testing.T) {
	var m matrix // shared, so that what one pair leaves behind is seen
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "", 3}, {"", "abc", 3}, {"ca", "abc", 2}, {"svchost", "scvhost", 1}, {"winlogon", "winl0gin", 2},
		{"kitten", "sitting", 3}, {"a cat", "an act", 2}, {"\u043egonui", "logonui", 2}, {"rcse", "cress", 3},
	} {
		for _, p := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := m.distance([]rune(p[0]), []rune(p[1])); got != c.want {
				t.Errorf("distance(%q, %q) = %d, not %d", p[0], p[1], got, c.want)
			}
		}
	}
}

func TestSimilarity(t *testing.T) {
	var m matrix
	for _, c := range []struct {
		a, b string
		want float32
	}{
		{"svchost.exe", "scvhost.exe", 1 - 1.0/7}, {"svchost.exe", "svchost.ex", 10.0 / 11}, {".exe", ".exe", 1}, {"lsass.exe", "isass.exe", 0},
		{"abcdefghijklmnopqrst.exe", "xbcdxfghixklmnopqrst.exe", 0.85},
	} {
		a, b := newText(c.a), newText(c.b)
		if got := similarity(&a, &b, &m); got != c.want {
			t.Errorf("%s, %s: %v, not %v", c.a, c.b, got, c.want)
		}
	}
}
