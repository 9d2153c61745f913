package logon

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sparkless/storage/event"
)

// longest is how many bytes of a text are kept.
const longest = 256

// decode makes out what an event is about, and puts it into l. It holds the values.
// Nearly all texts are short and plain ASCII, of which nothing is allocated.
func (s *State) decode(r *event.Record, l *logon) {
	*l = logon{span: never}
	buf := s.spelling[:0]
	defer func() { s.spelling = buf }()
	take := func(column int) (text []byte) {
		buf, text = appendText(buf, r.Value(column))
		return text
	}
	user, domain := take(colUser), upper(take(colDomain))
	if notAPerson(user, domain) {
		l.skip = true
		return
	}
	user = lower(user)
	l.outcome = outcomeOf(take(colEventID), take(colStatus), take(colSubStatus))
	computer, address, host := lower(take(colComputer)), addressOf(take(colAddress)), lower(take(colWorkstation))
	st := &s.store
	l.values[computers] = st.hold(computer)
	if _, domain, ok := bytes.Cut(computer, []byte{'.'}); ok {
		l.values[domains] = st.hold(domain)
	}
	l.values[addresses], l.values[hosts] = st.hold(address), st.hold(host)
	l.values[packages] = st.hold(take(colPackage))
	l.values[users] = st.hold(nameOf(&buf, domain, user))
	if l.outcome >= guessed {
		minute := minuteOf(r.Time)
		l.values[minutes] = st.hold(minute[:])
	}
	account := keyRefs{domain: st.hold(domain), user: st.hold(user), day: dayOf(r.Time), logonType: int32(typeOf(take(colType)))}
	source := keyRefs{source: st.hold(sourceOf(address, host, computer)), day: account.day}
	l.account, l.source = s.accounts.target(account, st), s.sources.target(source, st)
	for _, ref := range [...]uint32{account.domain, account.user, source.source} {
		st.release(ref)
	}
}

// nameOf is the name of an account as it is kept among the users of a source. It appends
// to buf.
func nameOf(buf *[]byte, domain, user []byte) []byte {
	if len(domain)+1+len(user) > longest {
		return []byte(shortened(accountName(string(domain), string(user))))
	}
	if len(domain) == 0 {
		return user
	}
	start := len(*buf)
	*buf = append(append(append(*buf, domain...), '\\'), user...)
	return (*buf)[start:]
}

// accountName is an account as people write it.
func accountName(domain, user string) string {
	if domain == "" {
		return user
	}
	return domain + `\` + user
}

// minuteOf is the minute of the day, such as 12:49.
func minuteOf(nanos int64) [5]byte {
	m := (nanos - int64(dayOf(nanos))*int64(24*time.Hour)) / int64(time.Minute)
	return [...]byte{byte('0' + m/600), byte('0' + m/60%10), ':', byte('0' + m%60/10), byte('0' + m%10)}
}

// sourceOf is where a logon came from: an address, else the name of a computer. An
// address of the computer itself tells less than its name.
func sourceOf(address, host, computer []byte) []byte {
	local := bytes.HasPrefix(address, []byte("127."))
	if !local && bytes.IndexByte(address, ':') >= 0 {
		if a, err := netip.ParseAddr(string(address)); err == nil {
			local = a.IsLoopback()
		}
	} else if local {
		local = isIPv4(address)
	}
	switch {
	case len(address) > 0 && !local:
		return address
	case len(host) > 0:
		return host
	case len(computer) > 0:
		return computer
	}
	return []byte("?")
}

// addressOf is an IP address in its one spelling, without the zone and the form of IPv4
// within IPv6; other texts stay.
func addressOf(text []byte) []byte {
	if isIPv4(text) {
		return text
	}
	if a, err := netip.ParseAddr(string(text)); err == nil {
		return []byte(a.Unmap().WithZone("").String())
	}
	return text
}

// isIPv4 reports whether text is four numbers below 256, without zeros before them.
func isIPv4(text []byte) bool {
	for part := range 4 {
		n, digits := 0, 0
		for ; digits < len(text) && digits < 4 && text[digits] >= '0' && text[digits] <= '9'; digits++ {
			n = 10*n + int(text[digits]-'0')
		}
		if digits == 0 || n > 255 || digits > 1 && text[0] == '0' {
			return false
		}
		text = text[digits:]
		if part == 3 {
			break
		}
		if len(text) == 0 || text[0] != '.' {
			return false
		}
		text = text[1:]
	}
	return len(text) == 0
}

// appendText appends a value as it is kept: valid, of bounded length, "" for the dash
// that stands for nothing. Text is what there is of it in buf.
func appendText(buf []byte, v event.Value) (all, text []byte) {
	start := len(buf)
	buf = v.AppendPrefix(buf, 4*longest)
	text = buf[start:]
	if len(text) > longest || !isASCII(text) {
		text = []byte(shortened(string(text)))
	}
	text = bytes.TrimSpace(text)
	if len(text) == 1 && text[0] == '-' {
		text = nil
	}
	return buf, text
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lower makes a text one of lower letters, in place if it can.
func lower(text []byte) []byte {
	if !isASCII(text) {
		return bytes.ToLower(text)
	}
	for i, c := range text {
		if c >= 'A' && c <= 'Z' {
			text[i] += 'a' - 'A'
		}
	}
	return text
}

// upper makes a text one of upper letters, in place if it can.
func upper(text []byte) []byte {
	if !isASCII(text) {
		return bytes.ToUpper(text)
	}
	for i, c := range text {
		if c >= 'a' && c <= 'z' {
			text[i] -= 'a' - 'A'
		}
	}
	return text
}

// shortened cuts a text to longest bytes, never inside a character.
func shortened(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= longest {
		return s
	}
	const mark = "…"
	end := longest - len(mark)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// typeOf is the logon type, -1 for none.
func typeOf(text []byte) int16 {
	n, err := strconv.ParseUint(string(text), 10, 8)
	if err != nil {
		return -1
	}
	return int16(n)
}

// dayOf is the UTC day of a time, counted from 1970.
func dayOf(nanos int64) int32 {
	const day = int64(24 * time.Hour)
	n := nanos / day
	if nanos%day < 0 {
		n--
	}
	return int32(n)
}

// outcomeOf tells how a logon went. The codes are NTSTATUS values ([MS-ERREF] 2.3.1);
// Microsoft Learn lists those of event 4625. SubStatus, where it is not 0, says more than
// Status.
func outcomeOf(event, status, sub []byte) outcome {
	if string(event) != "4625" {
		return succeeded
	}
	status, sub = lower(status), lower(sub)
	const noSuchUser, wrongPassword, logonFailure = "0xc0000064", "0xc000006a", "0xc000006d"
	if len(sub) == 0 || string(sub) == "0x0" {
		sub = status
	}
	switch {
	case string(sub) == noSuchUser || string(status) == noSuchUser:
		return unknownUser
	case string(sub) == wrongPassword || string(sub) == logonFailure:
		return guessed
	}
	return refused
}
