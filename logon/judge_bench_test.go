package logon

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkJudge is a first day of many accounts, which are compared with each other.
func BenchmarkJudge(b *testing.B) {
	const accounts = 20_000
	var events []logonEvent
	for a := range accounts {
		e := alice(time.Duration(a%1440) * time.Minute)
		e.user = fmt.Sprint("user", a)
		events = append(events, repeat(1+a%7, time.Minute, e, func(i int, e *logonEvent) { e.computer = fmt.Sprintf("srv%d.contoso.com", (a+i)%200) })...)
	}
	day := stateOf(events)
	day.settle()
	d := New(DefaultParams(), "all", 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := d.judge(b.Context(), day, nil); err != nil {
			b.Fatal(err)
		}
	}
}
