package sample

import (
	"slices"
	"testing"
)

// Days of the same company have its machines and its lasting programs; who passes by
// differs. Some impostors are there for days, some are new, some are gone.
func TestEarlierDays(t *testing.T) {
	var days []Truth
	estates := map[string]bool{}
	for earlier := range 4 {
		cfg := small()
		cfg.Earlier, cfg.Day = earlier, cfg.Day.AddDate(0, 0, -earlier)
		_, truth := generate(t, cfg)
		days = append(days, truth)
		g := newGenerator(cfg)
		estates[g.tenant+g.estate.domainSID+g.estate.machines[len(g.estate.machines)-1].fqdn] = true
	}
	if len(estates) != 1 {
		t.Errorf("%d companies", len(estates))
	}
	last := days[0]
	for back, d := range days[1:] {
		shared, passing := 0, 0
		for name, n := range last.Processes {
			switch {
			case d.Processes[name] > 0:
				shared++
			case n < 3:
				passing++
			default:
				t.Errorf("%q was seen %d times, and never %d days before", name, n, back+1)
			}
		}
		if shared < len(last.Processes)/5 || passing < len(last.Processes)/3 {
			t.Errorf("%d days before: %d of %d names, %d are new", back+1, shared, len(last.Processes), passing)
		}
		same, gone := 0, 0
		for _, i := range d.Impostors {
			if slices.ContainsFunc(last.Impostors, func(l Impostor) bool { return l.Process == i.Process && l.Kind == i.Kind }) {
				same++
			} else {
				gone++
			}
		}
		if same == 0 || gone == 0 || same > len(last.Impostors)/2 {
			t.Errorf("%d days before: of %d impostors %d are still there, %d are gone", back+1, len(d.Impostors), same, gone)
		}
	}
}
