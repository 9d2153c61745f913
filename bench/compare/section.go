package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sparkless/bench/record"
)

// section is contenders that do the same on the same files.
type section struct {
	id, title  string
	label      string // on the page
	day        day
	level      string
	threads    int
	contenders []contender
	// reference is which contender is ours: the results of the others must be
	// its, and its time is 1.
	reference int
	truth     map[string]int64 // what the generator says; nil if it says nothing of these files
	optional  bool             // what cannot be run yet is skipped, saying why
	notes     []string
}

// measured is a contender and its runs, in the order of the rounds.
type measured struct {
	contender
	runs   []cost
	refuse string // why it could not do it
}

func (m measured) walls() []float64 {
	return record.Each(m.runs, func(c cost) float64 { return c.Wall })
}

// bench is what all sections share.
type bench struct {
	tools
	work   string
	rounds int
	log    io.Writer
}

// run checks every contender's result and then runs them in turn, round by
// round. Nothing is printed of a section in which a result is wrong.
func (b *bench) run(ctx context.Context, s section) ([]measured, error) {
	var taking []measured
	for _, c := range s.contenders {
		taking = append(taking, measured{contender: c, refuse: c.missing})
	}
	want, err := b.expect(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.title, err)
	}
	for i := range taking {
		m := &taking[i]
		if m.refuse != "" {
			continue
		}
		fmt.Fprintf(b.log, "checking  %s: %s\n", s.id, m.name)
		_, err := b.once(ctx, s, m.contender, want, false)
		if err != nil && m.mayRefuse && !errors.Is(err, errWrong) {
			m.refuse = "refuses: " + b.reason(err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", s.title, m.name, err)
		}
	}
	for round := range b.rounds {
		fmt.Fprintf(b.log, "round %d/%d  %s\n", round+1, b.rounds, s.id)
		for i := range taking {
			m := &taking[i]
			if m.refuse != "" {
				continue
			}
			c, err := b.once(ctx, s, m.contender, want, true)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", s.title, m.name, err)
			}
			m.runs = append(m.runs, c)
		}
	}
	return taking, nil
}

// expect is the reference's result, which the generator's truth must bear out.
func (b *bench) expect(ctx context.Context, s section) (result, error) {
	reference := s.contenders[s.reference]
	if reference.missing != "" || reference.gives == nothing {
		return nil, errors.New("the reference gives no result")
	}
	j, err := b.prepare(s)
	if err != nil {
		return nil, err
	}
	argv, env := reference.command(j, false)
	if _, err := measure(ctx, argv, env); err != nil {
		return nil, err
	}
	want, err := readResult(j.out)
	if err != nil || s.truth == nil || reference.gives != counts {
		return want, err
	}
	if len(want) != len(s.truth) {
		return nil, fmt.Errorf("%w: %d names, but %d were generated", errWrong, len(want), len(s.truth))
	}
	for name, count := range s.truth {
		if v := want[fmt.Sprintf("%q", name)]; !strings.HasPrefix(v.text, fmt.Sprintf("%d, ", count)) {
			return nil, fmt.Errorf("%w: %q: %q, but %d were generated", errWrong, name, v.text, count)
		}
	}
	return want, nil
}

// errWrong: a contender's result is not the expected one.
var errWrong = errors.New("wrong result")

// prepare empties the place of a run.
func (b *bench) prepare(s section) (job, error) {
	place := filepath.Join(b.work, "run")
	j := job{day: s.day, threads: s.threads, level: s.level, out: filepath.Join(place, "out.jsonl"), work: filepath.Join(place, "work")}
	if err := os.RemoveAll(place); err != nil {
		return j, err
	}
	return j, os.MkdirAll(place, 0o755)
}

// once runs a contender and compares its result.
func (b *bench) once(ctx context.Context, s section, c contender, want result, timed bool) (cost, error) {
	j, err := b.prepare(s)
	if err != nil {
		return cost{}, err
	}
	argv, env := c.command(j, timed)
	took, err := measure(ctx, argv, env)
	if err != nil || c.gives == nothing || timed && len(c.quiet) > 0 {
		return took, err
	}
	got, err := readResult(j.out)
	if err != nil {
		return took, err
	}
	if err := compare(want, got); err != nil {
		return took, fmt.Errorf("%w: %w", errWrong, err)
	}
	return took, nil
}

// reason is the end of an error's text, where the reason stands, without the
// folder of the data.
func (b *bench) reason(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, "exit status"); i >= 0 {
		_, text, _ = strings.Cut(text[i:], ": ")
	}
	text = text[strings.LastIndexByte(text, '|')+1:]
	text = strings.ReplaceAll(strings.TrimSpace(text), b.work+string(filepath.Separator), "")
	return strings.ToValidUTF8(text[:min(len(text), 100)], "")
}

// keep leaves out all contenders but the reference and those that match.
func (s *section) keep(match func(name string) bool) {
	var kept []contender
	reference := s.reference
	for i, c := range s.contenders {
		if i == reference {
			s.reference = len(kept)
		} else if !match(c.name) {
			continue
		}
		kept = append(kept, c)
	}
	s.contenders = kept
}
