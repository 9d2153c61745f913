package simjoin

import (
	"math"
	"strings"
	"testing"

	"github.com/hbollon/go-edlib"
)

func TestSimilarity(t *testing.T) {
	tests := []struct {
		a, b     string
		score    float32
		distance int
	}{
		{"svchost.exe", "svchost.exe", 1, 0},
		{"svchost.exe", "scvhost.exe", float32(6) / 7, 1},
		{"svchost.exe", "svch0st.exe", float32(6) / 7, 1},
		{"svchost.exe", "svchost.ex", float32(10) / 11, 1}, // compared whole
		{"svchost.exe", "svchost.com", float32(8) / 11, 3},
		{"svchost", "svchost", 0, 7}, // no dot
		{"svchost.exe", "svchost", 0, 11},
		{"", "", 0, 0},
		{".exe", ".exe", 1, 0},  // two empty stems
		{".exe", "a.exe", 0, 1}, // one empty stem
		{".", ".", 1, 0},        // the empty extension is one
		{"a.", "a.exe", 0.4, 3}, // and differs from others
		{"a.b.exe", "a.exe", float32(1) / 3, 2},
		{"ca.exe", "abc.exe", float32(1) / 3, 2}, // unrestricted: optimal string alignment has 3
		{"оutlook.exe", "outlook.exe", float32(6) / 7, 1},
		{"𝒂𝒃.exe", "𝒃𝒂.exe", 0.5, 1},                                      // one code point each
		{"e\u0301.exe", "é.exe", 0, 2},                                    // no normalisation
		{"aaaaaaaaaaaaaaaaaaaa.exe", "aaaaaaaaaaaaaaaaabcd.exe", 0.85, 3}, // 17/20
		{"\xff.exe", "\xfe.exe", 1, 0},                                    // both are U+FFFD
		{"a.\xff", "a.\xfe", 1, 0},                                        // extensions differ as bytes
		{strings.Repeat("ab", 700) + ".exe", strings.Repeat("ba", 700) + ".exe", float32(1398) / 1400, 2}, // beyond go-edlib's table
	}
	for _, tt := range tests {
		for range 2 {
			if got := Similarity(tt.a, tt.b); got != tt.score {
				t.Errorf("Similarity(%.30q, %.30q) = %v, want %v", tt.a, tt.b, got, tt.score)
			}
			if got := Distance(tt.a, tt.b); got != tt.distance {
				t.Errorf("Distance(%.30q, %.30q) = %v, want %v", tt.a, tt.b, got, tt.distance)
			}
			tt.a, tt.b = tt.b, tt.a
		}
	}
}

// Which score the budgets are built from must be go-edlib's to the last bit. Its
// Hamming distance has the same arithmetic and takes linear time.
func TestScoreIsThatOfTheLibrary(t *testing.T) {
	for longer := 1; longer <= 300; longer++ {
		a := strings.Repeat("a", longer)
		for d := 0; d <= longer; d++ {
			want, err := edlib.StringsSimilarity(a, a[d:]+strings.Repeat("b", d), edlib.Hamming)
			if err != nil {
				t.Fatal(err)
			}
			if got := score(longer, d); got != want {
				t.Fatalf("score(%d, %d) = %v, want %v", longer, d, got, want)
			}
		}
	}
}

func TestBudgets(t *testing.T) {
	// The integer rule at 0.85: 20 d <= 3 L, with 17/20 passing.
	for length, k := range budgets(200, 0.85) {
		if want := 3 * length / 20; int(k) != want {
			t.Errorf("0.85: k[%d] = %d, want %d", length, k, want)
		}
	}
	// 0.75 and 0.5 are exact in float32, so equality does not pass.
	for length, k := range budgets(200, 0.75) {
		if want := max(0, (length+3)/4-1); int(k) != want {
			t.Errorf("0.75: k[%d] = %d, want %d", length, k, want)
		}
	}
	for length, k := range budgets(200, 0) {
		if want := max(0, length-1); int(k) != want {
			t.Errorf("0: k[%d] = %d, want %d", length, k, want)
		}
	}
	for step := range 1000 {
		checkBudgets(t, float64(step)/1000)
		checkBudgets(t, float64(float32(step)/1000))
		checkBudgets(t, math.Nextafter(float64(float32(step)/1000), 0))
	}
}

// checkBudgets compares with the definition, and checks what plan relies on.
func checkBudgets(t *testing.T, threshold float64) {
	t.Helper()
	k := budgets(120, max(threshold, 0))
	for length := 1; length < len(k); length++ {
		want := 0
		for d := range length + 1 {
			if float64(score(length, d)) > threshold {
				want = d
			}
		}
		if int(k[length]) != want {
			t.Fatalf("%v: k[%d] = %d, want %d", threshold, length, k[length], want)
		}
		if step := k[length] - k[length-1]; step < 0 || step > 1 {
			t.Fatalf("%v: k[%d] - k[%d] = %d", threshold, length, length-1, step)
		}
	}
}

func TestQuadratic(t *testing.T) {
	for threshold, want := range map[float64]bool{0: true, 0.5: true, 0.6: true, 0.65: true, 2.0 / 3: true, 0.67: false, 0.85: false, 1: false} {
		if got := Quadratic(threshold); got != want {
			t.Errorf("Quadratic(%v) = %v", threshold, got)
		}
	}
}
