package logon

import (
	"bytes"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"sparkless/storage/event"
)

// longest is how many bytes of a text are kept.
const longest = 256

// nameOf is the name of an account as it is kept among the users of a source, in buf.
func nameOf(buf, domain, user []byte) []byte {
	if len(domain)+1+len(user) > longest {
		return append(buf, shortened(accountName(string(domain), string(user)))...)
	}
	return append(append(append(buf, domain...), '\\'), user...)
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

// isLocal reports whether an address is one of the computer itself, which tells less of
// where a logon came from than a name.
func isLocal(address []byte) bool {
	switch {
	case bytes.HasPrefix(address, []byte("127.")):
		return isIPv4(address)
	case bytes.IndexByte(address, ':') >= 0:
		a, err := netip.ParseAddr(string(address))
		return err == nil && a.IsLoopback()
	}
	return false
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

// dayOf is the UTC day of a time, counted from 1970.
func dayOf(nanos int64) int32 {
	const day = int64(24 * time.Hour)
	n := nanos / day
	if nanos%day < 0 {
		n--
	}
	return int32(n)
}

// code is what the status of a failed logon says.
type code uint32

const (
	noCode code = iota
	noSuchUser
	wrongPassword // or one that a computer does not tell from no such user
	otherCode
)

// codeOf reads a status. The codes are NTSTATUS values ([MS-ERREF] 2.3.1); Microsoft Learn
// lists those of event 4625.
func codeOf(status []byte) code {
	switch string(lower(status)) {
	case "", "0x0":
		return noCode
	case "0xc0000064":
		return noSuchUser
	case "0xc000006a", "0xc000006d":
		return wrongPassword
	}
	return otherCode
}

// outcomeOf tells how a failed logon went. SubStatus, where it is not 0, says more than
// Status.
func outcomeOf(status, sub code) outcome {
	if sub == noCode {
		sub = status
	}
	switch {
	case sub == noSuchUser || status == noSuchUser:
		return unknownUser
	case sub == wrongPassword:
		return guessed
	}
	return refused
}
