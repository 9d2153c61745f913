package logon

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

const header = "Date,DstDomain,DstUser,SuccessfulLogons,FailedLogons,ComputersSuccessfulAccess,ComputerDomainsSuccessfulAccess,SrcIpSuccessfulAccess,SrcHostNameSuccessfulAccess,MAX_TimeGenerated [UTC]\n"

func TestReadDays(t *testing.T) {
	t.Parallel()
	got, err := ReadDays(strings.NewReader("\ufeff" + header + `9/6/2022,CONTOSO,"A, B",20,1,2,,4,5,"9/6/2022, 11:26:20.940 PM"` + "\r\n" + "2022-09-07,CONTOSO,C,1,0,1,1,1,1,\n"))
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	want := UserDay{Date: time.Date(2022, 9, 6, 0, 0, 0, 0, time.UTC), DstDomain: "CONTOSO", DstUser: "A, B", SuccessfulLogons: 20, FailedLogons: 1,
		ComputersSuccessfulAccess: 2, SrcIpSuccessfulAccess: 4, SrcHostNameSuccessfulAccess: 5, Last: time.Date(2022, 9, 6, 23, 26, 20, 940e6, time.UTC)}
	if got[0] != want || got[1].Date.Day() != 7 {
		t.Errorf("%+v", got)
	}
	for text, want := range map[string]string{
		"":                                           "the names of the columns",
		"Date,DstUser\n":                             "without the columns DstDomain, FailedLogons",
		header + "9/6/2022,C,A,1\n":                  "line 2",
		header + "6.9.22,C,A,1,1,1,1,1,1,\n":         `line 2: Date: "6.9.22" is no date`,
		header + "9/6/2022,C,A,-1,1,1,1,1,1,\n":      `line 2: SuccessfulLogons: "-1" is no number of logons`,
		header + "9/6/2022,C,A,NaN,1,1,1,1,1,\n":     `"NaN" is no number`,
		header + "\n9/6/2022,C,A,1e300,1,1,1,1,1,\n": `line 3`,
	} {
		if _, err := ReadDays(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The notebook's z-score: dampened, of increases alone, with its fallback.
func TestDampened(t *testing.T) {
	t.Parallel()
	mean, deviation := meanAndDeviation([]float64{1, 2, 3, 10})
	if mean != 4 || math.Abs(deviation-4.0824829) > 1e-6 {
		t.Fatal(mean, deviation)
	}
	alone, none := meanAndDeviation([]float64{7})
	for _, c := range []struct{ v, mean, deviation, want float64 }{
		{10, mean, deviation, math.Log10(1 + 6/deviation)}, {1, mean, deviation, 0}, {7, alone, none, math.Log10(8)}, {0, 0, 0, 0}, {5, 5, 0, math.Log10(6)},
	} {
		if got := dampened(c.v, c.mean, c.deviation); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// The scores do not depend on the order of days nor on workers, and days without success
// are scored and not listed.
func TestScoreDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	var days []UserDay
	for i := range 300 {
		days = append(days, UserDay{Date: date.AddDate(0, 0, -i%30), DstUser: fmt.Sprint(i / 30), SuccessfulLogons: int64(rng.IntN(5)), FailedLogons: int64(rng.ExpFloat64() * 20), ComputersSuccessfulAccess: int64(rng.IntN(9))})
	}
	var want []ScoredDay
	for workers := 1; workers < 4; workers++ {
		got, err := DefaultParams().Score(days, workers)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		for i := range got {
			if got[i].UserDay != want[i].UserDay || got[i].Score != want[i].Score || got[i].SuccessfulLogons == 0 {
				t.Fatalf("%d: %+v, before %+v", i, got[i], want[i])
			}
		}
		rng.Shuffle(len(days), func(i, j int) { days[i], days[j] = days[j], days[i] })
	}
}

// The hunt in notebook mode finds what the notebook would in the same user-days, of all
// accounts of the history, and says why.
func TestNotebookHunt(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	p.Notebook = true
	d := New(p, "all", 2)
	work := func(back int) (events []logonEvent) {
		for a := range 12 {
			if back == 0 && a > 8 {
				continue // accounts of the history alone count as well
			}
			events = append(events, repeat(10+a+back%4, time.Minute, alice(0), func(i int, e *logonEvent) {
				e.user, e.computer = fmt.Sprint("user", a), fmt.Sprint("srv", i%2)
			})...)
		}
		return events
	}
	today := append(work(0), repeat(60, time.Minute, alice(0), func(i int, e *logonEvent) {
		e.user, e.computer, e.address, e.failed = "user3", fmt.Sprint("srv", i), fmt.Sprintf("10.1.1.%d", i), i%3 == 0
	})...)
	day := stateOf(today)
	history := pastOf(t, d, day, daysBefore(20, work)...)
	if got := len(history.networkDays(nil)); got != 240 {
		t.Fatalf("%d user-days of the history", got)
	}
	got := finish(t, d, day, history)
	if len(got) != 1 || got[0].Entity != `CONTOSO\user3` || got[0].Mode != "notebook" || got[0].HistoryDays != 20 || !strings.Contains(got[0].Description, "on 20 days") {
		t.Fatalf("%+v", got)
	}
}

// What the aggregates of a day are, counted by hand.
func TestUserDayOfEvents(t *testing.T) {
	t.Parallel()
	events := append(repeat(3, time.Hour, alice(time.Hour), func(i int, e *logonEvent) {
		e.computer = []string{"a.x.com", "b.y.com", "A.X.COM"}[i]
	}), repeat(2, time.Minute, failing(alice(0)), func(i int, e *logonEvent) {
		e.computer, e.address, e.host = "c.x.com", []string{"::ffff:10.0.0.1", "10.0.0.2"}[i], "-"
	})...)
	events = append(events, repeat(5, 0, alice(0), func(i int, e *logonEvent) {
		e.user = []string{"SRV$", "ANONYMOUS LOGON", "DWM-3", "UMFD-1", "-"}[i]
	})...)
	s := stateOf(events)
	s.Rest()
	if s.accounts.n != 1 {
		t.Fatalf("%d accounts", s.accounts.n)
	}
	got := s.accounts.sorted(&s.store)[0].userDay()
	want := UserDay{Date: date, DstDomain: "CONTOSO", DstUser: "alice", LogonTypeName: "3 - Network", AttemptedLogons: 5, First: date, Last: date.Add(3 * time.Hour),
		SuccessfulLogons: 3, FailedLogons: 2, ComputerDomainsAccessed: 2, DistinctAuthenticationPackage: 1, ComputersAccessed: 3, DistinctSrcIp: 2, DistinctSrcHostName: 1,
		ComputersSuccessfulAccess: 2, ComputerDomainsSuccessfulAccess: 2, SrcIpSuccessfulAccess: 1, SrcHostNameSuccessfulAccess: 1, ActiveMilliseconds: 3 * 3600_000}
	if got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	if err := DefaultParams().Validate(); err != nil {
		t.Error(err)
	}
	err := Params{MinScore: math.NaN(), MinDays: 1}.Validate()
	for _, name := range []string{"logon.min-score", "logon.min-days"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Trends show the days of the account, with that of the finding marked.
func TestTrends(t *testing.T) {
	t.Parallel()
	d := New(DefaultParams(), "all", 1)
	day := stateOf(repeat(30, time.Second, failing(alice(0)), nil))
	history := pastOf(t, d, day, daysBefore(6, func(back int) []logonEvent { return repeat(back%2, time.Minute, failing(alice(0)), nil) })...)
	found := finish(t, d, day, history)
	charts, err := d.Charts(event.Day(date), day, history, append(found, anomaly.Finding{Entity: "10.0.0.1", EntityKind: "ip"}))
	if err != nil || len(charts) == 0 {
		t.Fatal(charts, err)
	}
	c := charts[0]
	if !slices.Equal(c.Series[0].Values, []float64{1, 0, 1, 0, 1, 30}) || !slices.Equal(c.Series[0].Marks, []int{5}) || c.Labels[5] != "2026-11-20" || len(c.Series) != 1 {
		t.Errorf("%+v", c)
	}
}
