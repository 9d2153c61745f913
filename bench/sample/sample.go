// Package sample generates a day of Azure Monitor exports of the SecurityEvent
// table as an invented company would have it: a few hundred machines, a load
// that follows the working day, process names by Zipf's law, and a few planted
// impostors whose truth is known.
//
// A Config stands for exactly one sequence of bytes, whatever the machine.
package sample

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Config describes a day. Start from Default.
type Config struct {
	Seed uint64
	// Day is the data day; only its date in UTC counts.
	Day time.Time
	// Events is the number of lines of all event IDs; every second one is a
	// process creation (4688). A line has about 1,400 bytes.
	Events int
	// Hosts is the number of machines: a few domain controllers, a fifth
	// servers, the rest workstations.
	Hosts int
	// Names is the number of distinct process names, about. Two thirds of them
	// are seen once or twice however many Events there are.
	Names int
	// Impostors is the number of planted masquerades.
	Impostors int
	// Earlier makes it a day so many days before the one of the same Seed: of the same
	// company, with the same lasting programs. Those that pass by are others, and of
	// the impostors some are there already, and a few that are gone later.
	Earlier int
	// Cases adds what the other hunts are to find, and what they are not to: people with
	// habits of logging on, and attacks among logons and processes. The other lines stay
	// as they are.
	Cases bool
	// Workspace is the resource ID of the Log Analytics workspace.
	Workspace string
	// BlobLines is the number of lines after which a five-minute folder goes on
	// in a sibling (PT05M_1.json); 0 stands for one and a half times the mean of
	// a folder, so that busy folders have siblings. A folder has at most ten
	// blobs, the last of which takes what is left.
	BlobLines int
	Layout    Layout
}

// Layout says how blobs deviate from the usual form. The zero value is plain:
// "\n" after every line, padded folders, EventID a number.
type Layout struct {
	CRLF     bool // "\r\n" after every line
	BOM      bool // a byte order mark before the first line of a blob
	Gzip     bool // blobs are gzip streams, their names end in .gz
	StringID bool // EventID is a string
	// Spark is what Microsoft's back-fill notebook leaves behind: unpadded
	// folders (m=4/d=1/h=0/m=5), one part-* file each, an empty _SUCCESS marker.
	Spark bool
}

// Default is a day of about 83 MB that is generated in less than a second.
func Default() Config {
	return Config{
		Seed: 1, Day: time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC),
		Events: 60_000, Hosts: 240, Names: 1_800, Impostors: 30,
		Workspace: "/subscriptions/5d2b7c1e-8f40-4a6d-9b3e-71c0a4e8d215/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-brackwater",
	}
}

const guidPattern = `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`

// Validate names every setting that cannot work.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	year := c.Day.UTC().Year()
	check(!c.Day.IsZero() && year >= 1 && year <= 9998, "Day: %v: give a date", c.Day)
	check(c.Names >= 300 && c.Names <= 5_000_000, "Names: %d: give 300 to 5,000,000", c.Names)
	check(c.Events >= 10*c.Names, "Events: %d: give at least ten times Names (%d), or fewer Names", c.Events, c.Names)
	check(c.Events <= 1_000_000_000, "Events: %d: give at most 1,000,000,000", c.Events)
	check(c.Hosts >= 3 && c.Hosts <= 100_000, "Hosts: %d: give 3 to 100,000", c.Hosts)
	check(c.Impostors >= 0 && c.Impostors <= min(c.Names/10, 1000), "Impostors: %d: give 0 to a tenth of Names, at most 1,000", c.Impostors)
	check(c.Earlier >= 0 && c.Earlier <= 10_000, "Earlier: %d: give 0 to 10,000", c.Earlier)
	check(c.BlobLines >= 0, "BlobLines: %d: give 0 or more", c.BlobLines)
	workspace := regexp.MustCompile(`^/subscriptions/` + guidPattern + `/resourcegroups/[^/]+/providers/microsoft\.operationalinsights/workspaces/[^/]+$`)
	check(workspace.MatchString(strings.ToLower(c.Workspace)),
		"Workspace: %q: give the resource ID, /subscriptions/<guid>/resourcegroups/<group>/providers/microsoft.operationalinsights/workspaces/<name>", c.Workspace)
	return errors.Join(errs...)
}

// Generate hands the blobs of the day to emit, one after the other in ascending
// byte order of their names, and returns what is in them. Names are those below
// the container. emit must not retain data; an error of emit ends the day and
// is returned. Memory holds one blob and the names of the processes.
func Generate(cfg Config, emit func(name string, data []byte) error) (Truth, error) {
	if err := cfg.Validate(); err != nil {
		return Truth{}, fmt.Errorf("sample: %w", err)
	}
	g := newGenerator(cfg)
	if err := g.run(emit); err != nil {
		return Truth{}, err
	}
	return g.truth(), nil
}
