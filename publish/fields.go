package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Field is one member of a record's Body.
type Field struct {
	Name  string
	Value json.RawMessage // one JSON value as it was written
}

// Fields returns the members of Body in their order. A Body that is not exactly
// one JSON object, or has a name twice, is ErrRefused: no destination could say
// what it means.
func (r Record) Fields() ([]Field, error) {
	fields, err := objectFields(r.Body)
	if err != nil {
		return nil, fmt.Errorf("record %q: %w: %v", r.ID, ErrRefused, err)
	}
	return fields, nil
}

func objectFields(body []byte) ([]Field, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("its body is not a JSON object")
	}
	var fields []Field
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		f := Field{Name: name}
		if err := dec.Decode(&f.Value); err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("its body has the name %q twice", name)
		}
		seen[name] = true
		fields = append(fields, f)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("its body goes on after the JSON object")
	}
	return fields, nil
}
