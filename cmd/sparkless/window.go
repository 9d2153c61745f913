package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sparkless/storage/event"
)

// windowFlags are what a command was asked for in time.
type windowFlags struct {
	day, from, to, last string
	all                 bool
	names               map[string]string // what told them, by flag, where no flag did
}

// addWindowFlags gives a command the flags that say which window of time it is
// about.
func addWindowFlags(cmd *cobra.Command) *windowFlags {
	var f windowFlags
	flags := cmd.Flags()
	flags.StringVar(&f.day, "day", "", "the UTC day, like 2026-11-20; yesterday unless told")
	flags.StringVar(&f.from, "from", "", "the start of the time, a UTC day or like 2026-11-20T06:00:00+01:00")
	flags.StringVar(&f.to, "to", "", "its end, which is not included; now unless told")
	return &f
}

// addLast adds the flag of time that ends now.
func (f *windowFlags) addLast(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.last, "last", "", "the time up to now, like 24h, 90m or 7d")
}

// addAll adds the flag of all the time that there is something of.
func (f *windowFlags) addAll(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.all, "all", false, "all days of plain files, from the first event to the last")
}

// given reports whether any of the flags is set.
func (f *windowFlags) given() bool { return f.all || f.tells() }

// tells reports whether any of them names a time.
func (f *windowFlags) tells() bool { return f.day+f.from+f.to+f.last != "" }

// window resolves what a command was asked for, yesterday if nothing, to UTC. It is
// the one place that does.
func (a *app) window(f *windowFlags) (event.Window, error) {
	if err := f.check(); err != nil {
		return event.Window{}, usageError{err}
	}
	now := a.now().UTC().Truncate(time.Second)
	w := event.Day(now.AddDate(0, 0, -1))
	var err error
	switch {
	case f.day != "":
		w.From, err = parseDay("--day", f.day)
		w = event.Day(w.From)
	case f.last != "":
		w, err = f.lastUpTo(now)
	case f.from != "":
		w, err = fromTo(f, now)
	}
	if err == nil && (!f.given() || f.all) {
		return w, nil
	}
	if err == nil && (w.From.Year() < firstYear || w.To.Add(-1).Year() > lastYear) {
		err = usageError{fmt.Errorf("%s is not within the years %d to %d", w, firstYear, lastYear)}
	}
	return w, err
}

// The years that a count of nanoseconds since 1970 can hold.
const firstYear, lastYear = 1678, 2261

// check refuses flags that contradict each other, by their names.
func (f *windowFlags) check() error {
	flags := []struct{ name, text, against string }{
		{"--day", f.day, "--from --to --last"}, {"--from", f.from, "--day --last"}, {"--to", f.to, "--day --last"}, {"--last", f.last, "--day --from --to"},
	}
	for i, one := range flags {
		for _, other := range flags[i+1:] {
			if one.text != "" && other.text != "" && strings.Contains(one.against, other.name) {
				return fmt.Errorf("%s and %s contradict each other: leave one out", f.name(one.name), f.name(other.name))
			}
		}
	}
	if f.all && f.tells() {
		return errors.New("--all is without --day, --from, --to and --last: leave it out, or those")
	}
	if f.to != "" && f.from == "" {
		return fmt.Errorf("%s %q is without --from: say where the time starts", f.name("--to"), f.to)
	}
	return nil
}

// fromTo is the window between two moments.
func fromTo(f *windowFlags, now time.Time) (w event.Window, err error) {
	if w.From, err = parseMoment(f.name("--from"), f.from); err != nil {
		return w, err
	}
	end := "now, " + now.Format(time.RFC3339)
	if w.To = now; f.to != "" {
		end = f.name("--to") + " " + f.to
		if w.To, err = parseMoment(f.name("--to"), f.to); err != nil {
			return w, err
		}
	}
	if !w.From.Before(w.To) {
		return w, usageError{fmt.Errorf("%s %s is not before %s, where the time ends", f.name("--from"), f.from, end)}
	}
	return w, nil
}

// parseMoment reads a UTC day, as its midnight, or a time with a zone.
func parseMoment(flag, text string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !zonedTime().MatchString(text) {
		return t, usageError{fmt.Errorf("%s %q is neither a day like 2026-11-20 nor a time like 2026-11-20T06:00:00Z or 2026-11-20T07:00:00+01:00%s", flag, text, hintFor(text))}
	}
	if t.Nanosecond() != 0 {
		return t, usageError{fmt.Errorf("%s %q is not a whole second", flag, text)}
	}
	return t.UTC(), nil
}

// zonedTime is how RFC 3339 writes a time: time.Parse takes more.
func zonedTime() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
}

// hintFor says what of a time is often wrong.
func hintFor(text string) string {
	if _, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
		return ": add the zone, Z for UTC"
	}
	if strings.Contains(text, ":60") {
		return ": a leap second has no time of its own, take the second behind it"
	}
	return ""
}

// lastUpTo is the window of a length such as 24h, 90m or 7d that ends now.
func (f *windowFlags) lastUpTo(now time.Time) (event.Window, error) {
	length, err := time.ParseDuration(f.last)
	if number, ok := strings.CutSuffix(f.last, "d"); ok {
		var days uint64
		days, err = strconv.ParseUint(number, 10, 16)
		length = time.Duration(days) * 24 * time.Hour
	}
	if err != nil || length <= 0 || length%time.Second != 0 {
		return event.Window{}, usageError{fmt.Errorf("%s %q is no length of time such as 24h, 90m or 7d", f.name("--last"), f.last)}
	}
	return event.Window{From: now.Add(-length), To: now}, nil
}

// longestRun is how much one run analyses at a time.
const longestRun = 31 * 24 * time.Hour

// notTooLong refuses a window that is too long for one analysis.
func notTooLong(w event.Window) error {
	if w.To.Sub(w.From) <= longestRun {
		return nil
	}
	return usageError{fmt.Errorf("%s is more than 31 days, too long for one analysis: `sparkless backfill` hunts through each day of a range", w)}
}

// days resolves a range of whole days: both of its ends, or how many before today.
func (a *app) days(f *windowFlags) (event.Window, error) {
	if err := f.check(); err != nil {
		return event.Window{}, usageError{err}
	}
	if f.last != "" {
		return a.lastDays(f)
	}
	for _, end := range []struct{ flag, text string }{{"--from", f.from}, {"--to", f.to}} {
		name := f.name(end.flag)
		if end.text == "" {
			if key := "window." + strings.TrimPrefix(end.flag, "--"); len(f.names) > 0 {
				name = key // the other end is a setting, too
			}
			return event.Window{}, usageError{fmt.Errorf("%s is missing: a UTC day like 2026-11-20; in the environment it is %s", name, envName("window."+strings.TrimPrefix(end.flag, "--")))}
		}
		t, err := parseMoment(name, end.text)
		if err == nil && !t.Equal(midnight(t)) {
			err = usageError{fmt.Errorf("%s %s is not midnight, UTC: backfill goes day by day; `sparkless run` takes other times, too", name, end.text)}
		}
		if err != nil {
			return event.Window{}, err
		}
	}
	return a.window(f)
}

// lastDays are whole days up to today, which is not over.
func (a *app) lastDays(f *windowFlags) (event.Window, error) {
	w, err := f.lastUpTo(midnight(a.now()))
	if err == nil && !w.From.Equal(midnight(w.From)) {
		err = usageError{fmt.Errorf("%s %s is no number of days such as 7d: backfill goes day by day", f.name("--last"), f.last)}
	}
	return w, err
}

// named is a window as an attribute of the log.
func named(w event.Window) []any {
	if w.IsDay() {
		return []any{"day", w.Label()}
	}
	return []any{"window", w.Label()}
}
