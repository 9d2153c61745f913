package event

import "time"

// clock reads timestamps. Those of a blob share their date, and neighbours often
// their second, so it remembers the last ones.
type clock struct {
	date     string // "2006-01-02"
	midnight int64  // of date, nanoseconds since 1970, UTC
	second   [19]byte
	at       int64 // of second
}

// nanos reads an ISO 8601 timestamp such as 2026-11-20T07:05:01.1234567Z: any
// number of fraction digits (nine count), a zone or none for UTC.
func (c *clock) nanos(b []byte) (int64, bool) {
	if len(b) < 19 {
		return 0, false
	}
	if ([19]byte(b) != c.second || c.date == "") && !c.setSecond(b) {
		return 0, false
	}
	fraction, n := fraction(b[19:])
	zone, ok := zone(b[19+n:])
	if n == 1 || !ok {
		return 0, false
	}
	return c.at - zone*int64(time.Second) + fraction, true
}

// setSecond reads "2006-01-02T15:04:05".
func (c *clock) setSecond(b []byte) bool {
	if b[10] != 'T' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return false
	}
	if string(b[:10]) != c.date && !c.setDate(string(b[:10])) {
		return false
	}
	h, ok1 := two(b[11:])
	m, ok2 := two(b[14:])
	s, ok3 := two(b[17:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || s > 59 {
		return false
	}
	c.second = [19]byte(b)
	c.at = c.midnight + (int64(h)*3600+int64(m)*60+int64(s))*int64(time.Second)
	return true
}

func (c *clock) setDate(date string) bool {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil || t.Year() < 1678 || t.Year() > 2261 { // the years that nanoseconds in an int64 can hold
		return false
	}
	c.date, c.midnight = date, t.UnixNano()
	return true
}

func two(b []byte) (int, bool) {
	tens, units := b[0]-'0', b[1]-'0'
	return int(tens)*10 + int(units), tens <= 9 && units <= 9
}

// fraction reads ".1234567" in nanoseconds and returns its length.
func fraction(b []byte) (nanos int64, n int) {
	if len(b) == 0 || b[0] != '.' {
		return 0, 0
	}
	for n = 1; n < len(b) && '0' <= b[n] && b[n] <= '9'; n++ {
		if n < 10 {
			nanos = 10*nanos + int64(b[n]-'0')
		}
	}
	for i := n; i < 10; i++ {
		nanos *= 10
	}
	return nanos, n
}

// zone reads "Z", "", "+hh:mm" or "+hhmm", likewise with "-", as seconds east of
// UTC.
func zone(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if b[0] != '+' && b[0] != '-' || len(b) != 5 && (len(b) != 6 || b[3] != ':') {
		return 0, false
	}
	h, ok1 := two(b[1:])
	m, ok2 := two(b[len(b)-2:])
	seconds := int64(h)*3600 + int64(m)*60
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok1 && ok2 && h < 24 && m < 60
}
