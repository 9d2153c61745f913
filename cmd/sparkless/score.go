package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/job"
	"sparkless/process"
	"sparkless/publish/anomaly"
	"sparkless/storage/printable"
)

// score is what the command was asked for.
type score struct {
	model    string
	onlyHigh bool
}

func (a *app) scoreCommand() *cobra.Command {
	s := &score{}
	cmd := &cobra.Command{
		Use:   "score --model FILE",
		Short: "Judge executions from the standard input by a model",
		Long: `Score reads process creations as JSON lines, with the names of columns that the table
SecurityEvent has, and writes a line for each: its anomaly, with a model of labels the
probability that it is malicious, the risk of both, whether that is high (0.7 or more), and
from a risk of 0.4 on the reasons. sparkless train makes the model.

TimeGenerated is needed, and NewProcessName or Process; Computer, ParentProcessName, Account
and CommandLine make the judgement better. Lines of other events than 4688 are passed over.
A line that cannot be read is told and does not stop the others; the exit code is then 3.`,
		Example: `  sparkless score --model process.json < events.jsonl
  sparkless score --model process.json --only-high < events.jsonl > high.jsonl`,
	}
	cmd.Flags().StringVar(&s.model, "model", "", "model file that sparkless train wrote")
	cmd.Flags().BoolVar(&s.onlyHigh, "only-high", false, "write lines of a high risk alone")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if s.model == "" {
			return usageError{errors.New("--model FILE is missing: sparkless train makes one")}
		}
		m, err := readModel(s.model)
		if err != nil {
			return usageError{fmt.Errorf("--model %w", err)}
		}
		return a.score(cmd.Context(), cmd.InOrStdin(), m, s.onlyHigh)
	}
	return cmd
}

// scoredLine is what is written of an execution.
type scoredLine struct {
	Line           int64 // of the input, from 1
	TimeGenerated  time.Time
	Computer       string `json:",omitempty"`
	NewProcessName string `json:",omitempty"`
	Process        string `json:",omitempty"` // where there is no NewProcessName
	Anomaly        float64
	Probability    *float64 `json:",omitempty"`
	Risk           float64
	High           bool
	Reasons        []anomaly.Reason `json:",omitempty"`
}

// scoredEvent is a line of the input.
type scoredEvent struct {
	EventID json.RawMessage // 4688 or "4688"
	process.Execution
}

// other reports whether it is another event than the creation of a process.
func (e *scoredEvent) other() bool {
	id := strings.Trim(string(e.EventID), `"`)
	return id != "" && id != "null" && id != "4688"
}

// longestLine is the longest line that is read, as of an export.
const longestLine = 16 << 20

// toldLines is how many bad lines are told one by one.
const toldLines = 10

// incoming is a line of the input, or why there is none.
type incoming struct {
	text []byte
	last bool // nothing is to be read at this moment
	err  error
}

// incomingLines reads lines until the input ends or ctx does: a read that waits for somebody
// to type cannot be ended.
func incomingLines(ctx context.Context, in io.Reader) <-chan incoming {
	lines := make(chan incoming, 64)
	go func() {
		defer close(lines)
		r := bufio.NewReaderSize(in, 1<<16)
		for first := true; ; first = false {
			text, err := readLine(r)
			if first {
				text = bytes.TrimPrefix(text, []byte("\ufeff")) // as Windows begins a file
			}
			select {
			case lines <- incoming{text, r.Buffered() == 0, err}:
			case <-ctx.Done():
				return
			}
			if err != nil && !errors.Is(err, errLongLine) {
				return
			}
		}
	}()
	return lines
}

// score is the story of judging lines.
func (a *app) score(ctx context.Context, in io.Reader, m *process.Model, onlyHigh bool) error {
	out := bufio.NewWriter(a.stdout)
	lines := incomingLines(ctx, in)
	var number, bad, judged, high int64
	var waits bool
	for {
		if waits && out.Flush() != nil { // who feeds lines one by one wants to see what comes of them
			return out.Flush()
		}
		var line []byte
		var err error
		select {
		case one := <-lines:
			line, waits, err = one.text, one.last, one.err
		case <-ctx.Done():
			return join(ctx.Err(), out.Flush())
		}
		if errors.Is(err, io.EOF) {
			break
		}
		number++
		if err != nil && !errors.Is(err, errLongLine) {
			return join(err, out.Flush())
		}
		if err == nil && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e scoredEvent
		if err == nil {
			err = e.read(line)
		}
		if err != nil {
			if bad++; bad <= toldLines {
				a.log.Warn("a line cannot be read", "line", number, "why", err.Error())
			}
			continue
		}
		if e.other() {
			continue
		}
		s, err := m.Score(e.Execution)
		if err != nil {
			return join(err, out.Flush())
		}
		judged++
		if s.High {
			high++
		} else if onlyHigh {
			continue
		}
		if err := writeScored(out, number, e.Execution, s); err != nil {
			return err
		}
	}
	a.log.Info("judged", "executions", judged, "high", high, "bad lines", bad)
	var partial error
	if bad > 0 {
		partial = fmt.Errorf("%w: %d of %s could not be read", job.ErrPartial, bad, count(int(number), "line"))
	}
	return join(out.Flush(), partial)
}

// read reads a line.
func (e *scoredEvent) read(line []byte) error {
	if err := json.Unmarshal(line, e); err != nil {
		return errors.New(printable.Text(err.Error()))
	}
	if e.TimeGenerated.IsZero() {
		return errors.New("there is no TimeGenerated")
	}
	if e.other() {
		return nil
	}
	if e.NewProcessName == "" && e.Process == "" {
		return errors.New("there is neither NewProcessName nor Process")
	}
	return nil
}

var errLongLine = errors.New("it is longer than 16 MiB")

// readLine returns the next line without its end; io.EOF where there is none.
func readLine(r *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > longestLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(line) == 0 && len(part) == 0 && !long:
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, err
		case long:
			return nil, errLongLine
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
}

func writeScored(w io.Writer, number int64, e process.Execution, s process.Scored) error {
	const longest = 1024
	one := scoredLine{Line: number, TimeGenerated: e.TimeGenerated.UTC(), Computer: cutShown(e.Computer, longest), NewProcessName: cutShown(e.NewProcessName, longest),
		Anomaly: s.Anomaly, Probability: s.Probability, Risk: s.Risk, High: s.High, Reasons: s.Reasons}
	if e.NewProcessName == "" {
		one.Process = cutShown(e.Process, longest)
	}
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	_, err = w.Write(append(printable.JSON(line), '\n'))
	return err
}

// cutShown is the beginning of a text that may be of any length.
func cutShown(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
