package storage

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"
)

// Newest returns the day's newest blob, the last by name among those of its hour
// and minute, and the time that its name states: the beginning of five minutes, of
// an export job's blob of an hour. It reports false where there is none.
func (e Export) Newest(day time.Time) (newest Blob, at time.Time, ok bool) {
	for _, b := range e.Blobs {
		hour, timed := ExportHour(b.Name)
		if !timed {
			continue
		}
		minute, _ := partition(path.Base(path.Dir(b.Name)), "m")
		then := day.UTC().Truncate(24 * time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
		if !ok || !then.Before(at) {
			newest, at, ok = b, then, true
		}
	}
	return newest, at, ok
}

// NewestDay returns the newest day that has folders, of the workspaces that
// ListDay would look through; the zero time if there is none.
func NewestDay(ctx context.Context, r Reader, workspace string) (time.Time, error) {
	bases, err := Workspaces(ctx, r, workspace)
	if err != nil {
		return time.Time{}, err
	}
	var newest time.Time
	later := func(day time.Time, err error) error {
		if err == nil && day.After(newest) {
			newest = day
		}
		return err
	}
	for _, id := range bases {
		if !isGUID(id) {
			err = later(newestBelow(ctx, r, exportRoot+id+"/", "y", "m", "d"))
		} else {
			err = later(newestOfJobs(ctx, r, jobRoot+id+jobFolder))
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("looking for the newest day: %w", err)
		}
	}
	return newest, nil
}

// newestOfJobs looks through the folders of a workspace's export jobs.
func newestOfJobs(ctx context.Context, r Reader, base string) (newest time.Time, err error) {
	jobs, err := foldersBelow(ctx, r, base)
	if err != nil {
		return newest, err
	}
	for _, job := range jobs {
		day, err := newestBelow(ctx, r, job, "year", "month", "day")
		if err != nil {
			return newest, err
		}
		stamps, err := foldersBelow(ctx, r, job)
		if err != nil {
			return newest, err
		}
		for _, folder := range stamps {
			stamp, _, _ := strings.Cut(strings.TrimPrefix(path.Base(folder), jobStamped), "T")
			if t, bad := time.Parse(time.DateOnly, stamp); bad == nil && t.After(day) {
				day = t
			}
		}
		if day.After(newest) {
			newest = day
		}
	}
	return newest, nil
}

// newestBelow goes down the folders of year, month and day, each time into the
// last.
func newestBelow(ctx context.Context, r Reader, base string, keys ...string) (time.Time, error) {
	var date [3]int
	for i, key := range keys {
		folders, err := foldersBelow(ctx, r, base)
		if err != nil {
			return time.Time{}, err
		}
		date[i] = -1
		for _, f := range folders {
			if n, ok := partition(path.Base(f), key); ok && n > date[i] {
				date[i], base = n, f
			}
		}
		if date[i] < 0 {
			return time.Time{}, nil
		}
	}
	return time.Date(date[0], time.Month(date[1]), date[2], 0, 0, 0, 0, time.UTC), nil
}
