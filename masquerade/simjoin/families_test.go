package simjoin

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// Members of a family within the budget share a key: every pair of texts over a
// tiny alphabet, of every length that the budget allows.
func TestFamilyKeysExhaustive(t *testing.T) {
	for budget := 2; budget <= 3; budget++ {
		for width := budget + 1; width <= 6; width++ {
			f := families{length: width + 3, budget: budget, from: 2, to: 2 + width}
			for _, right := range texts("ab", width, width) {
				indexed := map[uint64]bool{}
				for taken := range budget + 1 {
					for _, key := range f.rest.append(nil, []byte(right), taken, 7) {
						indexed[key] = true
					}
				}
				for _, left := range texts("ab", max(0, width-budget), width+budget) {
					found := slices.ContainsFunc(f.probed(nil, []byte("xx"+left+"y"), 7), func(key uint64) bool { return indexed[key] })
					if d := distanceOf(left, right); d <= budget && !found {
						t.Fatalf("width %d, budget %d: %q and %q share no key", width, budget, left, right)
					}
				}
			}
		}
	}
}

// Keys cost memory: no budget gives more of them than it may.
func TestWindowWidth(t *testing.T) {
	for budget := range 20 {
		width := windowWidth(budget)
		if budget > 7 != (width == 0) || width > widest || width > 0 && width <= budget {
			t.Errorf("budget %d: width %d", budget, width)
		}
		var f families
		keys := 0
		for taken := range budget + 1 {
			keys += len(f.rest.append(nil, []byte("abcdefghijkl")[:width], taken, 0))
		}
		if keys > mostKeys {
			t.Errorf("budget %d: %d keys", budget, keys)
		}
	}
}

// The part in which the names of a family differ may stand anywhere, and several
// families may share their lengths.
func TestJoinWindowAnywhere(t *testing.T) {
	var left, right []string
	for i, frame := range []string{"%s_vendorapp_setup.exe", "vendorapp_%s_setup.exe", "vendorapp_setup_%s.exe", "%s_vendorapp_sutup.exe", "vendor%sapp_setup_.exe"} {
		l, r := family(40, 4, "", uint64(i))
		for _, name := range l {
			left = append(left, fmt.Sprintf(frame, name[:4]), fmt.Sprintf(frame, name[:3]), fmt.Sprintf(frame, name[:4]+"7"))
		}
		for _, name := range r {
			right = append(right, fmt.Sprintf(frame, name[:4]))
		}
	}
	newAllPairs(left, right).check(t, 0.75, 0.85)
}

// A large family is joined without comparing all.
func TestFamilyIsNotScanned(t *testing.T) {
	left, right := family(4000, 8, "vendorapp_setup_", 3)
	c := new(control)
	c.room.Store(1 << 40)
	in := encode(left, right, c)
	tuning := tunings()["usual"]
	tasks := tuning.plan(in, rule{threshold: 0.85}, c)
	w := newWorker(in, tuning, c)
	for _, task := range tasks {
		w.run(task)
	}
	if w.crowded != yes || int(w.families.sizes[0]) != len(right) {
		t.Errorf("%v, families %v of %d names", w.crowded, w.families.sizes, len(right))
	}
	want, err := tunings()["scan"].join(context.Background(), left, right, rule{threshold: 0.85})
	if err != nil || len(want) == 0 || len(w.hits) != len(want) {
		t.Errorf("%d pairs, want %d, %v", len(w.hits), len(want), err)
	}
}
