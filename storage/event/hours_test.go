package event_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sparkless/storage/event"
)

// wrongHours is an error unless what was counted by hour since before is what the
// records say, which start with their time.
func wrongHours(records []string, before, after event.Stats) error {
	want := before.Hours
	for _, r := range records {
		var nanos int64
		if _, err := fmt.Sscanf(r, "%d", &nanos); err != nil {
			return err
		}
		want[time.Unix(0, nanos).UTC().Hour()]++
	}
	if after.Hours != want || after.Hours.Sum() != after.Records {
		return fmt.Errorf("%d records by hour: %v, want %v", after.Records, after.Hours, want)
	}
	return nil
}

// The hour is that of the calendar, also before 1970 and at the ends of hours.
func TestHour(t *testing.T) {
	rng := rand.New(rand.NewPCG(24, 1))
	for _, base := range []int64{0, int64(time.Hour), -int64(time.Hour), 24 * int64(time.Hour), -24 * int64(time.Hour), day.From.UnixNano(), day.To.UnixNano(), math.MinInt64 + 1, math.MaxInt64 - 1} {
		for _, nanos := range []int64{base - 1, base, base + 1} {
			if got, want := event.Hour(nanos), time.Unix(0, nanos).UTC().Hour(); got != want {
				t.Errorf("%d: %d, want %d", nanos, got, want)
			}
		}
	}
	for range 10_000 {
		nanos := int64(rng.Uint64())
		if got, want := event.Hour(nanos), time.Unix(0, nanos).UTC().Hour(); got != want {
			t.Fatalf("%d: %d, want %d", nanos, got, want)
		}
	}
}

// Records go back and forth between hours, whose ends are told to the nanosecond.
func TestHoursOfRecords(t *testing.T) {
	var data strings.Builder
	var want event.Hours
	for i, c := range []struct {
		time string
		hour int
	}{{"00:00:00Z", 0}, {"00:59:59.999999999Z", 0}, {"01:00:00Z", 1}, {"00:59:59.9999999Z", 0}, {"23:59:59.999999999Z", 23}, {"00:30:00Z", 0},
		{"12:30:00+05:30", 7}, {"20:15:00-01:00", 21}} {
		data.WriteString(strings.Replace(line, "00:00:01.5Z", c.time, 1) + "\n")
		if want[c.hour]++; i%2 == 0 {
			data.WriteString(strings.Replace(line, "4688", "4624", 1) + "\n") // is no record
		}
	}
	for _, mode := range []event.Mode{event.Fast, event.Strict} {
		q := query
		q.Mode = mode
		_, stats, err := scanWith(event.NewScanner(q, day), blob{data: []byte(data.String())}, named("x.json", data.String()))
		if err != nil || stats.Hours != want {
			t.Errorf("mode %d: %v, want %v; %v", mode, stats.Hours, want, err)
		}
	}
}

// Hours go into files and come back; files that are older than they are can be read,
// and have none.
func TestHoursInFiles(t *testing.T) {
	var s, back event.Stats
	s.Hours[3], s.Hours[23], s.Records = 2, 1, 3
	if err := json.Unmarshal([]byte(asJSON(s)), &back); err != nil || back.Hours != s.Hours {
		t.Errorf("%v, %v", back.Hours, err)
	}
	var old event.Stats
	if err := json.Unmarshal([]byte(`{"lines":9,"records":9}`), &old); err != nil || old.Hours != (event.Hours{}) || old.Records != 9 {
		t.Errorf("%+v, %v", old, err)
	}
	old.Merge(s)
	if old.Hours != s.Hours || old.Hours.Sum() == old.Records {
		t.Errorf("%+v", old)
	}
}
