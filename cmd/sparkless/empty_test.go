package main

import (
	"fmt"
	"strings"
	"testing"

	"sparkless/masquerade"
)

// The profile that is advised shows the best finding, and is the strictest of those
// that do; where none does, the score alone is advised.
func TestAdvisedProfileShowsTheBest(t *testing.T) {
	for least := 1; least <= 100; least++ {
		for best := range least {
			advice := wouldShow(best, least)
			if !strings.Contains(advice, fmt.Sprintf("--min-score %d would", best)) {
				t.Fatalf("%d of %d: %s", best, least, advice)
			}
			strictest := -1
			for _, name := range masquerade.Profiles() {
				p, err := masquerade.ParamsOf(name)
				if err != nil {
					t.Fatal(err)
				}
				if !p.Evidence {
					continue
				}
				if strings.Contains(advice, "--profile "+name+" or") && (p.MinScore > best || strictest >= 0) {
					t.Fatalf("%d of %d: %s", best, least, advice)
				}
				if p.MinScore <= best {
					strictest = max(strictest, p.MinScore)
				}
			}
			if (strictest >= 0) != strings.Contains(advice, "--profile") {
				t.Fatalf("%d of %d: %s", best, least, advice)
			}
		}
	}
}
