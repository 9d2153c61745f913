package main

import (
	"fmt"
	"slices"
	"strings"
)

// failOn is how severe a finding has to be to show in the exit code; "" for never.
type failOn string

// failOnLevels are the settings of output.fail-on, the least severe first.
func failOnLevels() []failOn { return []failOn{"any", "low", "medium", "high"} }

// newFailOn reads the setting. Findings of the notebook's profile have no severity
// that could be asked for.
func newFailOn(v *values, judged bool) (failOn, error) {
	const key = "output.fail-on"
	f := failOn(strings.ToLower(v.text(key)))
	switch {
	case f == "":
	case !slices.Contains(failOnLevels(), f):
		return "", fmt.Errorf("%s (%s): %s is none of any, low, medium and high", key, v.origin[key], address(v.text(key)))
	case f != "any" && !judged:
		return "", fmt.Errorf("%s (%s): findings of the profile notebook have no severity: use any", key, v.origin[key])
	}
	return f, nil
}

// count is how many of the findings are as severe.
func (f failOn) count(c FindingCounts) int {
	if f == "any" {
		return c.Total
	}
	if f == "" || c.BySeverity == nil {
		return 0
	}
	n := c.BySeverity.High
	if f != "high" {
		n += c.BySeverity.Medium
	}
	if f == "low" {
		n += c.BySeverity.Low
	}
	return n
}

// foundError says that findings are as severe as output.fail-on asks for.
type foundError struct {
	findings int
	least    failOn
}

func (e foundError) Error() string {
	if e.least == "any" {
		return count(e.findings, "finding") + " (output.fail-on is any)"
	}
	return fmt.Sprintf("%s at or above %s (output.fail-on)", count(e.findings, "finding"), e.least)
}
