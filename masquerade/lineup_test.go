package masquerade

import "testing"

// The names of a large family are no targets, since nobody knows one of them by
// heart, and they are near each other by the million; those of a smaller one are.
func TestFamiliesAreNoTargets(t *testing.T) {
	for size, want := range map[int]int{largestFamily: largestFamily / 5, largestFamily + 1: 0} {
		c := NewCounts()
		for i := range size {
			random := []byte("setup_......")
			for at, n := 6, i; at < len(random); at, n = at+1, n/10 {
				random[at] = "abcdefghij"[n%10]
			}
			for range 1 + i%5/4 { // a fifth of them twice
				c.Add(record(1, string(random)+".exe", `C:\a`, "host"))
			}
		}
		c.Add(record(1, "other.exe", `C:\a`, "host")) // of no family
		l := newLineup(&estate{Detector: New(Params{Evidence: true, Frequent: 0.8, Rare: 0.2}, "s", 1), day: c, history: NewCounts(), room: &room{}})
		if got := len(l.targets) - l.known; got < want*9/10 || got > want*11/10 {
			t.Errorf("a family of %d: %d targets, want about %d", size, got, want)
		}
	}
}
