package logon

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// What is an address to netip is the same address here, in its one spelling.
func TestAddresses(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	odd := []string{"0", "00", "7", "01", "255", "256", "1000", "", "x", ".", ":", "::1", "127", "::ffff:127", "fe80::1%eth0", " "}
	texts := append([]string{"127.0.0.1", "10.1.2.255", "::ffff:10.0.0.1", "::1", "fe80::1%3", "127.x", "1.2.3.4.", "1.2.3.4.5"}, odd...)
	for range 20_000 {
		any := func() string { return odd[rng.IntN(len(odd))] }
		texts = append(texts, fmt.Sprintf("%s.%s.%s.%s", any(), any(), any(), any()))
	}
	for _, text := range texts {
		want, local := text, false
		if a, err := netip.ParseAddr(text); err == nil {
			a = a.Unmap().WithZone("")
			want, local = a.String(), a.IsLoopback()
		}
		got := string(addressOf([]byte(text)))
		if got != want {
			t.Fatalf("%q becomes %q, want %q", text, got, want)
		}
		if isLocal([]byte(got)) != local {
			t.Fatalf("%q is of the computer itself: %v", text, !local)
		}
	}
}

func TestMinutes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		nanos := rng.Int64N(1<<62) - 1<<61
		if got, want := minuteOf(nanos), time.Unix(0, nanos).UTC().Format("15:04"); string(got[:]) != want {
			t.Fatalf("%d: %s, want %s", nanos, got, want)
		}
	}
}

// Texts that nobody holds are forgotten, and others stay as they are.
func TestForgottenTexts(t *testing.T) {
	t.Parallel()
	var all texts
	held := map[string]uint32{}
	for i := range 100_000 {
		text := fmt.Sprint("text ", i)
		ref := all.hold([]byte(text))
		if i%100 == 0 {
			held[text] = ref
		} else {
			all.release(ref)
		}
	}
	for text, ref := range held {
		if got, ok := all.find([]byte(text)); !ok || got != ref || string(all.at(ref)) != text {
			t.Fatalf("%q is %d %q, want %d", text, got, all.at(got), ref)
		}
	}
	if size := all.size(); size > 1<<18 {
		t.Errorf("%d bytes for %d texts", size, len(held))
	}
}
