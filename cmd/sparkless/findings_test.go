package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"sparkless/masquerade"
)

// A reason is cut between characters, spelled out where it cannot be seen, and does
// not end in a space.
func TestBrief(t *testing.T) {
	for _, c := range []struct{ reason, want string }{
		{"", ""},
		{strings.Repeat("x", 80), strings.Repeat("x", 80)},
		{strings.Repeat("x", 81), strings.Repeat("x", 79) + "…"},
		{strings.Repeat("ж", 80), strings.Repeat("ж", 80)},
		{strings.Repeat("ж", 200), strings.Repeat("ж", 79) + "…"},
		{strings.Repeat("x", 78) + " yz", strings.Repeat("x", 78) + "…"},
		{"a\u202eb\tc\n", "a<U+202E>b<U+0009>c<U+000A>"},
		{strings.Repeat("x", 78) + "\u202e" + "yz", strings.Repeat("x", 78) + "<U+202E>…"},
		{"\xff", "\ufffd"},
	} {
		if got := brief(c.reason); got != c.want || !utf8.ValidString(got) {
			t.Errorf("%q is cut to %q, want %q", c.reason, got, c.want)
		}
	}
}

// A finding without an imitated name, or with its own, looks like nothing; one
// without context has empty cells, not fewer.
func TestTableOfFindings(t *testing.T) {
	day := "2026-11-20T00:00:00.0000000Z"
	findings := []masquerade.Finding{
		{DataDay: day, Severity: "High", Score: 90, PotentiallyMaliciousProcess: "svch0st.exe", NormalProcess: "svchost.exe", MaliciousCount: 2, Reasons: []string{"looks like it", "and more"},
			Hosts: []masquerade.Tally{{Value: "a", Count: 2}, {Value: "b", Count: 1}}, Paths: []masquerade.Tally{{Value: `C:\x y`, Count: 3}}},
		{DataDay: day, Severity: "Low", Score: 5, PotentiallyMaliciousProcess: "csrss.exe", NormalProcess: "csrss.exe", MaliciousCount: 1},
		{DataDay: day, Severity: "Low", PotentiallyMaliciousProcess: "x\x1b", MaliciousCount: 1},
	}
	var out bytes.Buffer
	if err := writeJudged(&out, findings); err != nil {
		t.Fatal(err)
	}
	want := `DAY         SEVERITY  SCORE  SUSPECT      SEEN  LOOKS LIKE   WHY            HOST    PATH
2026-11-20  High      90     svch0st.exe  2     svchost.exe  looks like it  a (+1)  C:\x y
2026-11-20  Low       5      csrss.exe    1     -            -              -       -
2026-11-20  Low       0      x<U+001B>    1     -            -              -       -
`
	if out.String() != want {
		t.Errorf("\n%s\nwant\n%s", out.String(), want)
	}
}
