package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// failedDays says at the end of a range which of its days failed, whatever hunts did so.
type failedDays struct {
	days  int
	dates []string // each once, in their order
	code  int      // the most serious exit code
}

func (f *failedDays) add(date time.Time, err error) {
	f.code = worst(f.code, exitCode(err))
	text := date.Format(time.DateOnly)
	if at, known := slices.BinarySearch(f.dates, text); !known {
		f.dates = slices.Insert(f.dates, at, text)
	}
}

func (f *failedDays) orNil() error {
	if len(f.dates) == 0 {
		return nil
	}
	return f
}

func (f *failedDays) Error() string {
	return fmt.Sprintf("%d of %d days did not go through: %s", len(f.dates), f.days, strings.Join(f.dates, ", "))
}
