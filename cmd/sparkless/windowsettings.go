package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/storage/event"
)

// told is a window of time, and who has told it.
type told struct {
	event.Window
	by string
}

// load reads the settings of a command and resolves the time it is about: its flags
// tell it, else the environment, else the settings file. Flags are looked at first,
// since what is wrong with them needs nobody else.
func (f *windowFlags) load(a *app, cmd *cobra.Command, resolve func(*windowFlags) (event.Window, error)) (*values, told, error) {
	var w event.Window
	var err error
	if f.given() {
		if w, err = resolve(f); err != nil {
			return nil, told{}, err
		}
	}
	v, err := a.load(cmd)
	if err != nil {
		return nil, told{}, err
	}
	if !f.given() {
		f = v.windowSettings()
		w, err = resolve(f)
	}
	return v, told{w, f.by()}, err
}

// windowSettings is the time that the environment tells, or else the settings file:
// one of them tells all of it, as a command line does.
func (v *values) windowSettings() *windowFlags {
	for _, place := range []string{"environment ", ""} {
		f := windowFlags{names: map[string]string{}}
		for flag, text := range map[string]*string{"--from": &f.from, "--to": &f.to, "--last": &f.last} {
			key := "window." + strings.TrimPrefix(flag, "--")
			if origin := v.origin[key]; origin != "default" && strings.HasPrefix(origin, place) {
				*text = v.moment(key)
				f.names[flag] = key + " (" + origin + ")"
			}
		}
		if f.given() {
			return &f
		}
	}
	return &windowFlags{}
}

// moment is a setting's text. A day or a time that stands in a YAML file without
// quotes is no text there.
func (v *values) moment(key string) string {
	t, ok := v.v.Get(key).(time.Time)
	if !ok {
		return v.text(key)
	}
	if t.Equal(midnight(t)) {
		return t.UTC().Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

// name is what a flag of time was told by.
func (f *windowFlags) name(flag string) string {
	if name := f.names[flag]; name != "" {
		return name
	}
	return flag
}

// by says who has told the time.
func (f *windowFlags) by() string {
	var by []string
	for _, one := range []struct{ flag, text string }{{"--day", f.day}, {"--from", f.from}, {"--to", f.to}, {"--last", f.last}} {
		if one.text != "" {
			by = append(by, f.name(one.flag))
		}
	}
	if len(by) == 0 {
		return "default"
	}
	return strings.Join(by, ", ")
}

// moves refuses a time that stands still and was not told by a flag. A variable that
// stays set would have a job of every night hunt through the same time again and
// again, and nobody through the nights that pass.
func (f *windowFlags) moves() error {
	if len(f.names) == 0 || f.from == "" && f.to == "" {
		return nil
	}
	return usageError{fmt.Errorf("%s: `sparkless run` takes a time that stands still from its flags alone, since a job that runs every night would hunt through the same one each time: leave it out, or set window.last, or say --from and --to, or use `sparkless backfill`", f.by())}
}

// checkWindow finds what is wrong with the time that settings tell, whichever
// command is to take it.
func (a *app) checkWindow(v *values) error {
	f := v.windowSettings()
	if !f.given() {
		return nil
	}
	if f.last != "" {
		_, err := a.window(f)
		return err
	}
	_, err := a.days(f)
	return err
}
