// Package doctor runs checks one after the other, each bounded in time, and says
// what each of them found.
package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sparkless/storage/printable"
)

// State is how a check ended.
type State string

// The states.
const (
	Passed    State = "passed"
	Warning   State = "warning"
	Failed    State = "failed"
	Unchecked State = "not checked"
)

// Finding is what a check has found.
type Finding struct {
	State State
	// Text says what was seen, or why nothing was looked at.
	Text string
	// Advice is what to do, a step or a command each.
	Advice []string
	// Err, of what failed, is the error with which a run would end.
	Err error
}

// Pass is what went well, with what was seen.
func Pass(format string, args ...any) Finding {
	return Finding{State: Passed, Text: fmt.Sprintf(format, args...)}
}

// Warn is what works and should be looked at.
func Warn(text string, advice ...string) Finding {
	return Finding{State: Warning, Text: text, Advice: advice}
}

// Fail is what would end a run, or have it do nothing useful.
func Fail(err error, advice ...string) Finding {
	return Finding{State: Failed, Text: err.Error(), Advice: advice, Err: err}
}

// Skip is what was not looked at, and why. What needs it goes on.
func Skip(text string, advice ...string) Finding {
	return Finding{State: Unchecked, Text: text, Advice: advice}
}

// Check is one thing to look at.
type Check struct {
	Name string
	// Needs are the names of earlier checks without which this one means nothing.
	Needs []string
	// Limit bounds Run in time; 0 means DefaultLimit.
	Limit time.Duration
	// Slow is what to do if Run does not end in time.
	Slow []string
	// Run looks, and returns soon after ctx ends. It is called once, and alone
	// unless one before it did not end in time.
	Run func(ctx context.Context) Finding
}

// Bounds in time.
const (
	DefaultLimit = 8 * time.Second
	// Total is of all checks together.
	Total = 50 * time.Second
	// grace is how much longer than its context a check may take to say why it
	// ended. One that hangs in the file system is left alone then.
	grace = time.Second
)

// Line is what is shown of a check. Its texts are printable.
type Line struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Text   string `json:"text"`
	Advice string `json:"advice"` // lines, or empty
}

// Failure is a check that failed.
type Failure struct {
	Name string
	Err  error // Finding.Err
}

// Run runs the checks in their order and hands each line to show as soon as it is
// there. It returns those that failed, in that order. When ctx ends, or show fails,
// it returns at once, with the cause as its error.
func Run(ctx context.Context, checks []Check, show func(Line) error) (failures []Failure, err error) {
	whole, cancel := context.WithTimeout(ctx, Total)
	defer cancel()
	blocked := map[string]string{} // why what needs it cannot be looked at
	for _, c := range checks {
		f, reason := c.find(whole, blocked)
		if ctx.Err() != nil {
			return failures, context.Cause(ctx)
		}
		if reason != "" {
			blocked[c.Name] = reason
		}
		if f.State == Failed {
			failures = append(failures, Failure{c.Name, f.Err})
		}
		if err := show(f.line(c.Name)); err != nil {
			return failures, err
		}
	}
	return failures, nil
}

// find runs the check if it can. Reason is why those that need it cannot.
func (c Check) find(ctx context.Context, blocked map[string]string) (f Finding, reason string) {
	if i := slices.IndexFunc(c.Needs, func(name string) bool { return blocked[name] != "" }); i >= 0 {
		return Skip(blocked[c.Needs[i]]), blocked[c.Needs[i]]
	}
	if ctx.Err() != nil {
		return Skip(fmt.Sprintf("there was no time left within %v", Total)), fmt.Sprintf("there was no time left for %q", c.Name)
	}
	if f = c.run(ctx); f.State == Failed {
		reason = fmt.Sprintf("%q failed", c.Name)
	}
	return f, reason
}

func (c Check) run(ctx context.Context) Finding {
	limit := c.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	found := make(chan Finding, 1)
	go func() { found <- c.Run(bounded) }()
	slow := Fail(fmt.Errorf("no answer within %v", limit), c.Slow...)
	select {
	case f := <-found:
		return f
	case <-bounded.Done():
	}
	last := time.NewTimer(grace)
	defer last.Stop()
	select {
	case f := <-found:
		if f.State == Failed {
			return slow
		}
		return f
	case <-last.C:
		return slow
	}
}

func (f Finding) line(name string) Line {
	advice := make([]string, len(f.Advice))
	for i, step := range f.Advice {
		advice[i] = printable.Whole(step)
	}
	return Line{Name: name, State: f.State, Text: oneLine(f.Text), Advice: strings.Join(advice, "\n")}
}

// oneLine joins the lines of errors that were joined.
func oneLine(text string) string {
	return printable.Whole(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), "; "))
}
