package process

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"sparkless/publish/chart"
)

func TestChartsCanBeDrawn(t *testing.T) {
	events, labels := labelled()
	for name, all := range map[string][]start{"a day": append(events, mixed(200, 3)...), "one event": {attack}, "none": nil} {
		for _, l := range []string{"", labels} {
			p := DefaultParams()
			if l != "" {
				p.Model = trained(t, p, l, events)
			}
			d := New(p, "all", 2)
			day := stateOf(all)
			found := finish(t, d, day, NewState())
			charts, err := d.Charts(fridayWindow, day, NewState(), found)
			if err != nil {
				t.Fatal(err)
			}
			kinds := map[chart.Kind]int{}
			marked := map[string]bool{}
			for _, c := range charts {
				kinds[c.Kind]++
				if err := c.Check(); err != nil {
					t.Errorf("%s: %s: %v", name, c.Title, err)
				}
				for _, q := range c.Points {
					if strings.ContainsAny(q.Label, "\x00\x1b\u202e\n") {
						t.Errorf("%s: %q", name, q.Label)
					}
					if q.Finding != "" {
						marked[q.Finding] = true
					}
				}
			}
			if len(all) > 1 && (kinds[chart.Scatter] != 2 || kinds[chart.Bars] != 1 || kinds[chart.Matrix] != 1 || kinds[chart.Histogram] < 5 || len(marked) != len(found)) {
				t.Errorf("%s: %v, %d of %d findings are marked", name, kinds, len(marked), len(found))
			}
			again, err := d.Charts(fridayWindow, day, NewState(), found)
			if err != nil || !reflect.DeepEqual(again, charts) {
				t.Errorf("%s: charts differ from one time to the next, %v", name, err)
			}
		}
	}
}

// Executions of equal features have no components: without a column that varies there is
// no plane of clusters, and the other charts are drawn.
func TestChartsOfEqualExecutions(t *testing.T) {
	for n := 1; n <= 30; n += 7 {
		for _, notebook := range []bool{false, true} {
			p := DefaultParams()
			p.Notebook, p.MinScore = notebook, 0
			var events []start
			for i := range n {
				one := attack
				one.path, one.host = fmt.Sprintf(`C:\Windows\Temp\x%c.exe`, 'a'+i), fmt.Sprint("HOST", i)
				events = append(events, one)
			}
			d, day := New(p, "all", 1), stateOf(events)
			charts, err := d.Charts(fridayWindow, day, NewState(), finish(t, d, day, NewState()))
			if err != nil {
				t.Fatalf("%d executions, notebook %v: %v", n, notebook, err)
			}
			titles := ""
			for _, c := range charts {
				titles += c.Title + "; "
				if err := c.Check(); err != nil {
					t.Errorf("%s: %v", c.Title, err)
				}
			}
			if strings.Contains(titles, "Clusters") || !strings.Contains(titles, "Risk") || !strings.Contains(titles, "Correlation") {
				t.Errorf("%d executions, notebook %v: %s", n, notebook, titles)
			}
		}
	}
}

// Names and lines of 32 KB, which grow when they are made harmless, fit the charts.
func TestChartsOfHostileNames(t *testing.T) {
	var events []start
	for _, c := range []string{"\x00", "\x1b", "\u202e", "ü", "\xff", "a", "<"} {
		long := strings.Repeat(c, 32<<10/len(c))
		events = append(events, start{at: friday, path: `C:\Temp\` + long, parent: long, host: long, account: long, command: "powershell -w hidden -enc iwr " + long})
	}
	p := DefaultParams()
	p.MinScore = 0
	d := New(p, "all", 1)
	day := stateOf(append(office(100), events...))
	charts, err := d.Charts(fridayWindow, day, NewState(), finish(t, d, day, NewState()))
	if err != nil || len(charts) == 0 {
		t.Fatal(len(charts), err)
	}
	for _, c := range charts {
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}

// The diagonal of correlations is 1, and a day's correlations are those of its events
// one by one.
func TestCorrelationWeighsEvents(t *testing.T) {
	v, err := detector().view(t.Context(), stateOf(office(500)), NewState())
	if err != nil {
		t.Fatal(err)
	}
	c, err := (&plot{view: v}).correlation()
	if err != nil {
		t.Fatal(err)
	}
	var x, y []float64
	a, b := 0, 4 // length and entropy
	for i := range v.all {
		for range v.all[i].group.count {
			x = append(x, v.judge.columns[a].of(&v.all[i].facts))
			y = append(y, v.judge.columns[b].of(&v.all[i].facts))
		}
	}
	mean := func(v []float64) (m float64) {
		for _, one := range v {
			m += one / float64(len(v))
		}
		return m
	}
	mx, my := mean(x), mean(y)
	var xy, xx, yy float64
	for i := range x {
		xy, xx, yy = xy+(x[i]-mx)*(y[i]-my), xx+(x[i]-mx)*(x[i]-mx), yy+(y[i]-my)*(y[i]-my)
	}
	if want := xy / math.Sqrt(xx*yy); math.Abs(c.Series[a].Values[b]-want) > 1e-9 || math.Abs(c.Series[a].Values[a]-1) > 1e-9 {
		t.Errorf("%v, want %v", c.Series[a].Values[b], want)
	}
}
