package publish

import (
	"encoding/json"
	"fmt"

	"sparkless/storage/printable"
)

// Body encodes a published record. Beside what JSON demands it escapes every
// character that is not printable (control and bidirectional characters), and
// <, > and &, so that showing the JSON text cannot move a cursor, turn text
// around or open a tag.
func Body(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a record: %w", err)
	}
	return printable.JSON(text), nil
}
