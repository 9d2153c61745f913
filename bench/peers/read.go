package main

import (
	"encoding/json"
	"errors"
	"unsafe"

	"github.com/bytedance/sonic"
	"github.com/bytedance/sonic/ast"
)

// lineReader reads one line and counts it if it is a process creation.
type lineReader func(line []byte, t *table) error

// newLineReader returns the reader of that name, nil if there is none.
func newLineReader(name string) lineReader {
	switch name {
	case "encoding-json":
		return intoStruct(json.Unmarshal)
	case "sonic-struct":
		return intoStruct(fastSonic().Unmarshal)
	case "sonic-get":
		return sonicGet
	}
	return nil
}

// fastSonic matches keys by case: without that, every key that the struct lacks
// is lower-cased and looked up again.
func fastSonic() sonic.API {
	return sonic.Config{CaseSensitive: true, NoValidateJSONMarshaler: true, NoQuoteTextMarshaler: true}.Froze()
}

// record is what the job needs of a line. encoding/json has no way to ask for
// exact keys; the files hold none that differ by case only.
type record struct {
	EventID        int
	TimeGenerated  string
	NewProcessName string
	Process        *string
}

func intoStruct(unmarshal func([]byte, any) error) lineReader {
	return func(line []byte, t *table) error {
		var r record
		if err := unmarshal(line, &r); err != nil {
			return err
		}
		if r.EventID != processCreated {
			return nil
		}
		t.add(r.Process, r.TimeGenerated, r.NewProcessName)
		return nil
	}
}

// sonicGet asks for one key after the other, the event ID first: most lines that
// are no process creation end there. Each search starts at the line's start.
func sonicGet(line []byte, t *table) error {
	text := unsafe.String(&line[0], len(line)) // nothing of it is kept beyond this call
	id, err := get(text, "EventID").Int64()
	if err != nil && !errors.Is(err, ast.ErrNotExist) {
		return err
	}
	if id != processCreated {
		return nil
	}
	at, err := get(text, "TimeGenerated").String()
	if err != nil {
		return err
	}
	path, err := get(text, "NewProcessName").String()
	if err != nil {
		return err
	}
	name, err := get(text, "Process").String()
	if errors.Is(err, ast.ErrNotExist) {
		t.add(nil, at, path)
		return nil
	}
	t.add(&name, at, path)
	return err
}

func get(text, key string) *ast.Node {
	s := ast.NewSearcher(text)
	s.ValidateJSON, s.CopyReturn = false, false
	node, err := s.GetByPath(key)
	if err != nil {
		return nil
	}
	return &node
}
