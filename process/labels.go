package process

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Labels say of executions whether they were malicious.
type Labels struct{ rules []labelRule }

// labelRule is one line of a file of labels. What is empty matches all.
type labelRule struct {
	line                 int // of the file
	id, program, command string
	malicious            bool
	// looks are the features of a whole command line, without and with the space that
	// Windows leaves at its end; nil of a pattern, or where no program is named.
	looks []vector
}

// maxLabels is how many lines a file of labels may have.
const maxLabels = 100_000

// labelLine is a line as JSON.
type labelLine struct {
	FindingId   string
	Program     string
	CommandLine string
	Label       *int
}

// ReadLabels reads CSV with the columns FindingId, Program, CommandLine and Label, of
// which Label and one other are needed, or JSON lines with these names. Label is 1 for
// malicious and 0 for not. Program is compared with a program's path or name,
// CommandLine with a command line, each without regard to case; '*' stands for any text
// and '?' for any character. FindingId alone stands for those executions of the finding's
// program that are odd enough for a finding. Of several lines that match, the first
// counts.
func ReadLabels(r io.Reader) (Labels, error) {
	all, err := io.ReadAll(r)
	if err != nil {
		return Labels{}, err
	}
	all = bytes.TrimPrefix(all, []byte("\ufeff"))
	text := bytes.TrimLeft(all, " \t\r\n")
	above := bytes.Count(all[:len(all)-len(text)], []byte("\n"))
	var labels Labels
	switch {
	case len(text) == 0:
	case text[0] == '{':
		labels, err = readLabelLines(text, above+1)
	default:
		labels, err = readLabelTable(text, above)
	}
	if err == nil && labels.Len() == 0 {
		err = errors.New("the file of labels is empty: there is no label in it")
	}
	return labels, err
}

// readLabelLines reads JSON that starts in a line of the file.
func readLabelLines(text []byte, line int) (Labels, error) {
	var all Labels
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	for at := 0; ; {
		rest := text[at:]
		next := len(text) - len(bytes.TrimLeft(rest, " \t\r\n"))
		line += bytes.Count(text[at:next], []byte("\n"))
		var one labelLine
		err := d.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err == nil {
			err = all.add(line, one)
		}
		if err != nil {
			return Labels{}, fmt.Errorf("labels, line %d: %w", line, err)
		}
		at = int(d.InputOffset())
		line += bytes.Count(text[next:at], []byte("\n"))
	}
}

// readLabelTable reads CSV that has so many lines above it.
func readLabelTable(text []byte, above int) (Labels, error) {
	var all Labels
	c := csv.NewReader(bytes.NewReader(text))
	head, err := c.Read()
	if err != nil {
		return all, err
	}
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return Labels{}, fmt.Errorf("labels: %w", err)
		}
		line, _ := c.FieldPos(0)
		line += above
		var one labelLine
		for i := 0; i < len(fields) && err == nil; i++ {
			err = one.set(strings.TrimSpace(head[i]), fields[i])
		}
		if err == nil {
			err = all.add(line, one)
		}
		if err != nil {
			return Labels{}, fmt.Errorf("labels, line %d: %w", line, err)
		}
	}
}

func (l *labelLine) set(column, text string) error {
	switch strings.ToLower(column) {
	case "findingid":
		l.FindingId = text
	case "program":
		l.Program = text
	case "commandline":
		l.CommandLine = text
	case "label":
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("the Label %.40q is neither 0 nor 1", text)
		}
		l.Label = &n
	default:
		return fmt.Errorf("there is no column %.40q: there are FindingId, Program, CommandLine and Label", column)
	}
	return nil
}

func (l *Labels) add(at int, line labelLine) error {
	switch {
	case line.Label == nil:
		return errors.New("there is no Label")
	case *line.Label != 0 && *line.Label != 1:
		return errors.New("the Label is neither 0 nor 1")
	case line.FindingId+line.Program+line.CommandLine == "":
		return errors.New("it matches everything: FindingId, Program or CommandLine is needed")
	case len(l.rules) == maxLabels:
		return fmt.Errorf("there are more than %d", maxLabels)
	}
	r := labelRule{line: at, id: line.FindingId, program: strings.ToLower(line.Program), command: strings.ToLower(line.CommandLine), malicious: *line.Label == 1}
	if r.command != "" && !strings.ContainsAny(r.command, wildcards) && r.id+strings.Trim(r.program, wildcards) != "" {
		r.looks = []vector{looksOf(line.CommandLine), looksOf(line.CommandLine + " ")}
	}
	l.rules = append(l.rules, r)
	return nil
}

// wildcards stand for any text and for any character.
const wildcards = "*?"

// looksOf is a command line's part of a vector.
func looksOf(line string) vector {
	var c command
	c.scan([]byte(line[:min(len(line), longestScanned)]))
	return vectorOf(&c) | bit(fieldTemporary, c.temporary)
}

// Len is how many lines there are.
func (l Labels) Len() int { return len(l.rules) }

// like reports whether a pattern with '*' and '?' fits all of a text. It takes time by
// the product of their lengths at most.
func like(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
