package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"sparkless/storage/printable"
)

func logLevel(name string) (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return l, fmt.Errorf("log.level: %s is not debug, info, warn or error", address(name))
	}
	return l, nil
}

// newLogger writes text for people and JSON for machines, both harmless to show: a
// blob's name in it may be hostile. The text handler quotes such texts itself. Text on a terminal
// leaves the time out: who reads it is there.
func newLogger(w io.Writer, terminal bool, format string, level slog.Level) *slog.Logger {
	if logsJSON(terminal, format) {
		return slog.New(slog.NewJSONHandler(printable.JSONWriter(w), &slog.HandlerOptions{Level: level}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if terminal && len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// logsJSON reports whether a log is for machines.
func logsJSON(terminal bool, format string) bool {
	return format == "json" || format == "auto" && !terminal
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
