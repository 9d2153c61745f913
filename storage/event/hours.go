package event

import "time"

// Hours are numbers by the hour of the day, 0 to 23, UTC.
type Hours [24]int64

func (h *Hours) add(o *Hours) {
	for i, n := range o {
		h[i] += n
	}
}

// Sum is all of them.
func (h *Hours) Sum() (n int64) {
	for _, of := range h {
		n += of
	}
	return n
}

// Hour is the hour of the day, 0 to 23, UTC, of nanoseconds since 1970.
func Hour(nanos int64) int {
	if nanos < 0 { // division rounds towards 1970
		nanos = int64(24*time.Hour) - 1 + (nanos+1)%int64(24*time.Hour)
	}
	return int(uint64(nanos) / uint64(time.Hour) % 24)
}

// timeHour is one hour of time. Neighbours often share theirs, so a scanner remembers
// that of the last record.
type timeHour struct {
	from int64 // nanoseconds since 1970, UTC
	of   int   // the day
}

// at returns the hour of the day of a time.
func (h *timeHour) at(nanos int64) int {
	if uint64(nanos-h.from) >= uint64(time.Hour) {
		h.of = Hour(nanos)
		past := nanos % int64(time.Hour)
		if past < 0 {
			past += int64(time.Hour)
		}
		h.from = nanos - past
	}
	return h.of
}
