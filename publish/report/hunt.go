package report

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
)

// Hunt is what a hunt gave whose findings have the shape that such hunts share. It is a
// tab of the page, or all of it where there is no other. The page knows none of them:
// what it is to be called comes with it.
type Hunt struct {
	Name  string    `json:"name"`            // of lower-case letters, digits and hyphens: #name leads to the tab
	Title string    `json:"title,omitempty"` // of the tab, in a few words; Name if empty
	Note  string    `json:"note,omitempty"`  // a sentence on what it looks for
	Days  []HuntDay `json:"days"`            // at least one, in order of their dates, each date once
}

// HuntDay is what a hunt gave on one UTC day.
type HuntDay struct {
	Date     string            `json:"date"`           // such as 2026-11-20
	From     string            `json:"from,omitempty"` // the window that was read, half-open, RFC 3339; the whole day if empty
	To       string            `json:"to,omitempty"`
	Partial  string            `json:"partial,omitempty"`  // what is missing, in words, if the result is partial
	Empty    string            `json:"empty,omitempty"`    // why there are no findings, and what to check
	Notes    []string          `json:"notes,omitempty"`    // what to know of the day when reading its findings, in sentences
	Findings []anomaly.Finding `json:"findings,omitempty"` // the highest score first; one on several days is shown once, with all its days
	Left     int               `json:"left,omitempty"`     // findings beyond the budget of the day
	Charts   []chart.Chart     `json:"charts,omitempty"`   // in the order in which they are shown
	// Hours are as those of a Day.
	Hours      []Hour        `json:"hours,omitempty"`
	Input      Input         `json:"input"`
	Suppressed []Suppression `json:"suppressed,omitempty"`
	Deliveries []Delivery    `json:"deliveries,omitempty"`
}

// huntName is what the name of a hunt may be: it is part of an address.
var huntName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// check names what makes the data no report.
func (d Data) check() error {
	if len(d.Days)+len(d.Hunts) == 0 {
		return errors.New("there is no day in it")
	}
	dates := make([]string, len(d.Days))
	for i, day := range d.Days {
		dates[i] = day.Date
	}
	if err := inOrder(dates); err != nil {
		return err
	}
	if d.Name != "" && !huntName.MatchString(d.Name) {
		return fmt.Errorf("%.40q is no name of a tab, such as %q", d.Name, "names")
	}
	names := map[string]bool{cmp.Or(d.Name, "names"): true}
	for _, h := range d.Hunts {
		if !huntName.MatchString(h.Name) {
			return fmt.Errorf("%.40q is no name of a hunt, such as %q", h.Name, "a-name")
		}
		if names[h.Name] {
			return fmt.Errorf("two hunts have the name %q", h.Name)
		}
		names[h.Name] = true
		if err := h.check(); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	return nil
}

// check looks at the days of a hunt and their charts.
func (h Hunt) check() error {
	if len(h.Days) == 0 {
		return errors.New("there is no day in it")
	}
	dates := make([]string, len(h.Days))
	for i, day := range h.Days {
		dates[i] = day.Date
		for _, c := range day.Charts {
			if err := c.Check(); err != nil {
				return fmt.Errorf("%.20q: %w", day.Date, err)
			}
		}
	}
	return inOrder(dates)
}

// inOrder makes sure that dates are dates, each after the one before.
func inOrder(dates []string) error {
	for i, date := range dates {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return fmt.Errorf("%.40q is no date like 2026-11-20", date)
		}
		if i > 0 && date <= dates[i-1] {
			return fmt.Errorf("the day %s comes after %s", date, dates[i-1])
		}
	}
	return nil
}
