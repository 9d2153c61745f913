package variant

import (
	"bytes"
	"fmt"
)

// poisons are values that a reader may trip over.
var poisons = []string{
	`"cmd.exe /c \"\"C:\\Program Files\\a\\b.exe\" \\\\\\\\server\\share\\\\\""`,
	`"{\"EventID\":4688,\"Process\":\"fake.exe\",\"TimeGenerated\":\"2000-01-01T00:00:00Z\"}"`,
	`"\",\"EventID\":4688,\"Process\":\"fake.exe\",\"x\":\""`,
	`"\u007b\u0022\u0045\u0076\u0065\u006e\u0074\u0049\u0044\u0022\u003a\u0034\u0036\u0038\u0038\u007d"`,
	`"\ud83d\ude00 \u00e9\u4e2d\u6587 \b\f\n\r\t\/ é中文😀"`,
	`"\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"`,
	`""`,
}

// poison replaces the command line and puts a nested record, blanks and escapes
// into some of the lines.
func (w *Rewriter) poison(columns [][]byte) [][]byte {
	out := make([][]byte, 0, len(columns)+2)
	if w.rng.IntN(20) == 0 {
		out = append(out, []byte(`"Nested":{"EventID":4688,"Process":"fake.exe","TimeGenerated":["2000-01-01T00:00:00Z"]}`))
	}
	for _, c := range columns {
		key, value, _ := bytes.Cut(c, []byte(":"))
		switch string(key) {
		case `"CommandLine"`:
			value = w.commandLine()
		case `"Process"`:
			value = w.name(value)
		}
		if w.rng.IntN(2000) == 0 {
			key = escape(key)
		}
		separator := ":"
		if w.rng.IntN(500) == 0 {
			separator = " :\t"
		}
		out = append(out, fmt.Appendf(nil, "%s%s%s", key, separator, value))
	}
	return append(out, fmt.Appendf(nil, `"EventData":%s`, poisons[w.rng.IntN(len(poisons))]))
}

func (w *Rewriter) commandLine() []byte {
	value := []byte(poisons[w.rng.IntN(len(poisons))])
	if w.rng.IntN(100) == 0 { // a long one
		value = fmt.Appendf(nil, `"%s"`, bytes.Repeat(value[1:len(value)-1], 200))
	}
	if w.kind == Broken && w.rng.IntN(50) == 0 {
		value = append(append([]byte("\"\xff\xc3("), value[1:len(value)-1]...), "\xed\xa0\x80\""...)
	}
	return value
}

// name spells some names with an escape. It takes one with others in it as it is.
func (w *Rewriter) name(value []byte) []byte {
	if w.kind == Broken && w.rng.IntN(1000) == 0 {
		return append(value[:len(value)-1:len(value)-1], "\xff\""...)
	}
	if w.rng.IntN(100) > 0 {
		return value
	}
	return escape(value)
}

// escape spells the first character of a JSON string with an escape.
func escape(text []byte) []byte {
	if len(text) < 3 || text[1] == '\\' || text[1] >= 0x80 {
		return text
	}
	return fmt.Appendf(nil, `"\u%04x%s`, text[1], text[2:])
}
