package sample

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// token is a placeholder of a template.
type token uint8

const (
	literal token = iota
	// Columns of a record.
	tokTime
	tokCollected
	tokComputer
	tokComputerID
	tokResource
	tokAccount
	tokAccountType
	tokSubject
	tokTarget
	tokLabel
	tokElevation
	tokPath
	tokDevicePath
	tokBase
	tokParent
	tokCommand
	tokLogon
	tokLogonName
	tokService
	tokIP
	tokHost
	tokSource
	tokWorkstation
	tokSubStatus
	// Words of a path or a command line.
	tokUser
	tokDocument
	tokServiceGroup
	tokSite
	tokDigit
	tokNumber
	tokHex
	tokGUID
	tokClassID
	tokPID
	tokPort
	tokLogonGUID
)

// segment is literal text, or a token with the text that came with it.
type segment struct {
	text string
	tok  token
}

// template is a text with placeholders in braces, cut up once so that a record
// is put together by appending only.
type template []segment

// compile cuts text up. Literal text goes through escape.
func compile(text string, escape func(string) string) template {
	var t template
	for text != "" {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			i = len(text)
		}
		if i > 0 {
			t = append(t, segment{text: escape(text[:i])})
			text = text[i:]
			continue
		}
		name, rest, _ := strings.Cut(text[1:], "}")
		tok := tokenOf(name)
		if tok == literal { // only our own tables are compiled, so this is a slip of the pen
			panic(fmt.Sprintf("sample: unknown placeholder {%s}", name))
		}
		_, field, _ := strings.Cut(name, ".")
		t = append(t, segment{text: field, tok: tok})
		text = rest
	}
	return t
}

// compileText makes a template of text that will stand inside a JSON string.
func compileText(text string) template { return compile(text, quote) }

// quote escapes what our own tables hold that JSON does not take as it is.
func quote(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

func tokenOf(name string) token {
	name, _, _ = strings.Cut(name, ".")
	for i, n := range [...]string{
		tokTime: "time", tokCollected: "collected", tokComputer: "computer", tokComputerID: "computerid",
		tokResource: "resource", tokAccount: "account", tokAccountType: "accounttype", tokSubject: "subject",
		tokTarget: "target", tokLabel: "label", tokElevation: "elevation",
		tokPath: "path", tokDevicePath: "devicepath", tokBase: "base", tokParent: "parent",
		tokCommand: "command", tokLogon: "logon", tokLogonName: "logonname", tokService: "service", tokIP: "ip",
		tokHost: "host", tokSource: "source", tokWorkstation: "workstation", tokSubStatus: "substatus", tokUser: "user", tokDocument: "doc", tokServiceGroup: "svc", tokSite: "site",
		tokDigit: "d", tokNumber: "n", tokHex: "hex", tokGUID: "guid", tokClassID: "clsid", tokPID: "pid",
		tokPort: "port", tokLogonGUID: "logonguid",
	} {
		if n == name && n != "" {
			return token(i)
		}
	}
	return literal
}

// scene is what one record tells of.
type scene struct {
	rng             *rand.Rand
	at              int64 // time since the start of the day in 100 ns
	on              *machine
	subject, target *account
	account         *account // of the column Account
	person          *account // owner of the user folders
	logon           logon
	base            string // of path
	path, parent    []byte // escaped
	command         []byte // escaped
	// Of a logon with a habit, or of a case: where from, and why it failed.
	source, workstation, subStatus string
}

// expand appends t with its placeholders filled in from s.
func (g *generator) expand(dst []byte, t template, s *scene) []byte {
	for i := range t {
		seg := &t[i]
		switch {
		case seg.tok == literal:
			dst = append(dst, seg.text...)
		case seg.tok >= tokUser:
			dst = g.expandWord(dst, seg.tok, s)
		default:
			dst = g.expandColumn(dst, seg, s)
		}
	}
	return dst
}

func (g *generator) expandColumn(dst []byte, seg *segment, s *scene) []byte {
	switch seg.tok {
	case tokTime:
		return g.appendTime(dst, s.at)
	case tokCollected:
		return g.appendTime(dst, s.at+20_000_000+s.rng.Int64N(280_000_000))
	case tokComputer:
		return append(dst, s.on.fqdn...)
	case tokComputerID:
		return append(dst, s.on.id...)
	case tokResource:
		return append(dst, s.on.resource...)
	case tokAccount:
		return append(dst, s.account.full...)
	case tokAccountType:
		return append(dst, s.account.kind()...)
	case tokSubject:
		return append(dst, s.subject.field(seg.text)...)
	case tokTarget:
		return append(dst, s.target.field(seg.text)...)
	case tokLabel:
		return append(dst, g.estate.runsAs(s).label...)
	case tokElevation:
		return append(dst, g.estate.runsAs(s).elevation...)
	case tokPath:
		return append(dst, s.path...)
	case tokDevicePath:
		return appendDevicePath(dst, s.path)
	case tokBase:
		return append(dst, s.base...)
	case tokParent:
		return append(dst, s.parent...)
	case tokCommand:
		return append(dst, s.command...)
	case tokLogon:
		return append(dst, s.logon.number...)
	case tokLogonName:
		return append(dst, s.logon.name...)
	case tokService:
		return append(dst, g.estate.machines[s.rng.IntN(len(g.estate.machines))].account.name...)
	case tokIP:
		return append(dst, g.estate.machines[s.rng.IntN(len(g.estate.machines))].ip...)
	case tokSource:
		return append(dst, s.source...)
	case tokWorkstation:
		return append(dst, s.workstation...)
	case tokSubStatus:
		return append(dst, s.subStatus...)
	default: // tokHost
		return append(dst, s.on.name...)
	}
}

func (g *generator) expandWord(dst []byte, tok token, s *scene) []byte {
	switch tok {
	case tokUser:
		return append(dst, s.person.folder...)
	case tokDocument:
		return append(dst, pick(s.rng, g.documents)...)
	case tokServiceGroup:
		return append(dst, pick(s.rng, g.serviceGroups)...)
	case tokSite:
		return append(dst, pick(s.rng, g.sites)...)
	case tokDigit:
		return append(dst, byte('1'+s.rng.IntN(9)))
	case tokNumber:
		return appendDigits(dst, 1000+s.rng.IntN(9000), 4)
	case tokHex:
		return appendHex(dst, s.rng.Uint64(), 8)
	case tokGUID, tokLogonGUID:
		return appendGUID(dst, s.rng)
	case tokClassID:
		return append(appendGUID(append(dst, '{'), s.rng), '}')
	case tokPID: // Windows hands out multiples of four
		return appendHex(append(dst, "0x"...), uint64(0x200+4*s.rng.IntN(0x1f80)), 0)
	default: // tokPort
		return appendDigits(dst, 49152+s.rng.IntN(16384), 5)
	}
}

// appendDevicePath writes path as the filtering platform does: in lower case,
// below the device instead of the drive.
func appendDevicePath(dst, path []byte) []byte {
	dst = append(dst, `\\device\\harddiskvolume3`...)
	for _, c := range path[min(2, len(path)):] {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// appendTime writes a time of the day, up to the end of the next day.
func (g *generator) appendTime(dst []byte, ticks int64) []byte {
	const day = 24 * 3600 * ticksPerSecond
	dst = append(dst, g.dates[ticks/day]...)
	ticks %= day
	s := int(ticks / ticksPerSecond)
	dst = append(appendDigits(dst, s/3600, 2), ':')
	dst = append(appendDigits(dst, s/60%60, 2), ':')
	dst = append(appendDigits(dst, s%60, 2), '.')
	return append(appendDigits(dst, int(ticks%ticksPerSecond), 7), 'Z')
}

// appendDigits writes v in width decimal digits.
func appendDigits(dst []byte, v, width int) []byte {
	dst = append(dst, "0000000000"[:width]...)
	for i := len(dst) - 1; v > 0; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendHex writes the lowest width digits of v, or all of v without leading
// zeros if width is 0.
func appendHex(dst []byte, v uint64, width int) []byte {
	if width == 0 {
		for width = 1; v>>(4*width) != 0; width++ {
		}
	}
	for i := width - 1; i >= 0; i-- {
		dst = append(dst, hexDigits[v>>(4*i)&15])
	}
	return dst
}

func appendGUID(dst []byte, rng *rand.Rand) []byte {
	a, b := rng.Uint64(), rng.Uint64()
	dst = append(appendHex(dst, a>>32, 8), '-')
	dst = append(appendHex(dst, a>>16, 4), '-')
	dst = append(appendHex(dst, a&0xfff|0x4000, 4), '-')
	dst = append(appendHex(dst, b>>48&0x3fff|0x8000, 4), '-')
	return appendHex(dst, b, 12)
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
