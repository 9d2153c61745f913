package masquerade

import (
	"math/bits"
	"time"

	"sparkless/storage/event"
)

// hours are the hours of the day, UTC, in which events were seen: a bit for each.
type hours uint32

// unsure marks hours of which some may be missing: a file of an earlier format does
// not tell them. Whatever such hours are merged with is unsure as well.
const unsure hours = 1 << 24

// hourOf is the hour of one event, in nanoseconds since 1970.
func hourOf(nanos int64) hours { return 1 << event.Hour(nanos) }

// hoursWithin are all hours from that of the first to that of the last event.
func hoursWithin(first, last int64) hours {
	const every = unsure - 1
	span := uint64(last - first) // which an int64 may not hold
	if span >= uint64(24*time.Hour) {
		return every
	}
	into := first % int64(time.Hour)
	if into < 0 {
		into += int64(time.Hour)
	}
	more := (span + uint64(into)) / uint64(time.Hour)
	if more > 23 {
		return every
	}
	all, at := hours(0), event.Hour(first)
	for i := range int(more) + 1 {
		all |= 1 << ((at + i) % 24)
	}
	return all
}

// hoursOfEarlier are those of a row of an earlier format, which knows the first event
// and the last.
func hoursOfEarlier(count, first, last int64) hours {
	seen := hourOf(first) | hourOf(last)
	if count > 2 && hoursWithin(first, last) != seen {
		seen |= unsure
	}
	return seen
}

// possible reports whether so many events, of which the first and the last are
// known, can have been seen in the hours.
func (h hours) possible(count, first, last int64) bool {
	ends := hourOf(first) | hourOf(last)
	return h&ends == ends && h&^(hoursWithin(first, last)|unsure) == 0 && int64(bits.OnesCount32(uint32(h&^unsure))) <= count
}

// list are the hours, 0 to 23, in order; nil if they are not known.
func (h hours) list() []int {
	if h&unsure != 0 {
		return nil
	}
	var all []int
	for left := uint32(h); left != 0; left &= left - 1 {
		all = append(all, bits.TrailingZeros32(left))
	}
	return all
}
