package main

import "testing"

func TestShareOf(t *testing.T) {
	for _, test := range []struct {
		index    int
		told     bool
		variable string
		of       int
		want     int // -1 is an error
	}{
		{2, true, "", 3, 2}, {0, true, "2", 3, 0}, {-1, false, "2", 3, 2}, {-1, false, "0", 1, 0},
		{3, true, "", 3, -1}, {-1, true, "0", 3, -1}, {-1, false, "", 3, -1}, {-1, false, "3", 3, -1}, {-1, false, "one", 3, -1}, {-1, false, "-1", 3, -1}, {0, true, "", 0, -1}, {0, true, "", -3, -1},
	} {
		t.Setenv(indexVariable, test.variable)
		got, err := shareOf(test.index, test.told, test.of)
		if err == nil != (test.want >= 0) || err == nil && got != (share{test.want, test.of}) {
			t.Errorf("%+v: %+v, error %v", test, got, err)
		}
	}
}

func TestRanges(t *testing.T) {
	for want, numbers := range map[string][]int{"": nil, "3": {3}, "3-5": {3, 4, 5}, "0, 2-3, 9": {0, 2, 3, 9}, "1, 3, 5": {1, 3, 5}} {
		if got := ranges(numbers); got != want {
			t.Errorf("%v: %q, want %q", numbers, got, want)
		}
	}
}
