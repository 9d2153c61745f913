package chart

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// digits are those of a number that a screen can show.
const digits = 6

// MarshalJSON writes the point as an array [x, y, group, count, label, finding], of
// which what is zero at the end is left out after y: thousands of points make a small
// file. X and Y are rounded to six digits.
func (p Point) MarshalJSON() ([]byte, error) {
	all := []any{short(p.X), short(p.Y), p.Group, p.Count, p.Label, p.Finding}
	n := len(all)
	switch {
	case p.Finding != "":
	case p.Label != "":
		n = 5
	case p.Count != 0:
		n = 4
	case p.Group != 0:
		n = 3
	default:
		n = 2
	}
	return json.Marshal(all[:n])
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Point) UnmarshalJSON(text []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return fmt.Errorf("a point: %w", err)
	}
	var read Point
	fields := []any{&read.X, &read.Y, &read.Group, &read.Count, &read.Label, &read.Finding}
	if len(parts) < 2 || len(parts) > len(fields) {
		return fmt.Errorf("a point of %d parts, not 2 to %d", len(parts), len(fields))
	}
	for i, part := range parts {
		if err := json.Unmarshal(part, fields[i]); err != nil {
			return fmt.Errorf("part %d of a point: %w", i, err)
		}
	}
	*p = read
	return nil
}

// short writes a number with few digits. JSON has no word for what is not finite.
func short(v float64) json.Number {
	return json.Number(strconv.FormatFloat(v, 'g', digits, 64))
}
