package logon

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// UserDay is the logons of an account by one logon type on a day, as the notebook
// summarises them. The names are its columns.
type UserDay struct {
	Date                            time.Time // midnight, UTC
	DstDomain, DstUser              string
	LogonTypeName                   string // such as 3 - Network
	AttemptedLogons                 int64
	First, Last                     time.Time // MIN_TimeGenerated and MAX_TimeGenerated
	SuccessfulLogons                int64
	FailedLogons                    int64
	ComputerDomainsAccessed         int64 // distinct, as all that follow
	DistinctAuthenticationPackage   int64
	ComputersAccessed               int64
	DistinctSrcIp                   int64
	DistinctSrcHostName             int64
	ComputersSuccessfulAccess       int64 // by successful logons, as those that follow
	ComputerDomainsSuccessfulAccess int64
	SrcIpSuccessfulAccess           int64
	SrcHostNameSuccessfulAccess     int64
	ActiveMilliseconds              int64 // from the first to the last logon
}

// userDay is what is known of a row.
func (r *row) userDay() UserDay {
	seen := r.seen()
	u := UserDay{
		Date: time.Unix(int64(r.day)*86400, 0).UTC(), DstDomain: r.domain, DstUser: r.user, LogonTypeName: typeName(r.logonType),
		AttemptedLogons: r.attempts(), SuccessfulLogons: r.ok, FailedLogons: r.failed,
		First: time.Unix(0, seen.first).UTC(), Last: time.Unix(0, seen.last).UTC(),
		ActiveMilliseconds: (seen.last - seen.first) / int64(time.Millisecond),
	}
	u.ComputersAccessed, u.ComputersSuccessfulAccess = r.kept(computers).distinct()
	u.ComputerDomainsAccessed, u.ComputerDomainsSuccessfulAccess = r.kept(domains).distinct()
	u.DistinctSrcIp, u.SrcIpSuccessfulAccess = r.kept(addresses).distinct()
	u.DistinctSrcHostName, u.SrcHostNameSuccessfulAccess = r.kept(hosts).distinct()
	u.DistinctAuthenticationPackage, _ = r.kept(packages).distinct()
	return u
}

// numbers are those of the user-day by the names of its columns.
func (u *UserDay) numbers() map[string]*int64 {
	return map[string]*int64{
		"AttemptedLogons": &u.AttemptedLogons, "SuccessfulLogons": &u.SuccessfulLogons, "FailedLogons": &u.FailedLogons,
		"ComputerDomainsAccessed": &u.ComputerDomainsAccessed, "DistinctAuthenticationPackage": &u.DistinctAuthenticationPackage,
		"ComputersAccessed": &u.ComputersAccessed, "DistinctSrcIp": &u.DistinctSrcIp, "DistinctSrcHostName": &u.DistinctSrcHostName,
		"ComputersSuccessfulAccess": &u.ComputersSuccessfulAccess, "ComputerDomainsSuccessfulAccess": &u.ComputerDomainsSuccessfulAccess,
		"SrcIpSuccessfulAccess": &u.SrcIpSuccessfulAccess, "SrcHostNameSuccessfulAccess": &u.SrcHostNameSuccessfulAccess,
		"ActiveMilliseconds": &u.ActiveMilliseconds,
	}
}

// mostDays is how many user-days ReadDays takes.
const mostDays = 5_000_000

// ReadDays reads user-days from CSV as Log Analytics exports the notebook's query: with
// the names of the columns first, dates such as 9/16/2022 and times such as "9/16/2022,
// 11:59:49.110 PM", both in UTC. A byte order mark may stand before it, columns may come
// in any order, and others are passed over. The notebook's own six columns, Date,
// DstDomain and DstUser must be there. Errors name the line.
func ReadDays(r io.Reader) ([]UserDay, error) {
	buffered := bufio.NewReader(r)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		if _, err := buffered.Discard(3); err != nil {
			return nil, err
		}
	}
	lines := csv.NewReader(buffered)
	lines.ReuseRecord = true
	header, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("the names of the columns: %w", err)
	}
	columns, err := columnsOf(header)
	if err != nil {
		return nil, err
	}
	var days []UserDay
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return days, nil
		}
		if err != nil {
			return nil, err
		}
		if len(days) == mostDays {
			return nil, fmt.Errorf("more than %d user-days", mostDays)
		}
		u, err := userDayOf(fields, columns)
		if err != nil {
			line, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		days = append(days, u)
	}
}

// columnsOf returns the places of the columns by their names.
func columnsOf(header []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range header {
		columns[strings.TrimSuffix(strings.TrimSpace(name), " [UTC]")] = i
	}
	var missing []string
	for _, name := range append([]string{"Date", "DstDomain", "DstUser"}, notebookFeatures[:]...) {
		if _, ok := columns[name]; !ok {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("without the columns %s", strings.Join(missing, ", "))
	}
	return columns, nil
}

func userDayOf(fields []string, columns map[string]int) (UserDay, error) {
	var u UserDay
	var errs []error
	field := func(name string) string {
		if i, ok := columns[name]; ok {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	u.DstDomain, u.DstUser, u.LogonTypeName = field("DstDomain"), field("DstUser"), field("LogonTypeName")
	for name, to := range map[string]*time.Time{"Date": &u.Date, "MIN_TimeGenerated": &u.First, "MAX_TimeGenerated": &u.Last} {
		if text := field(name); text != "" || name == "Date" {
			at, err := timeOf(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %q is no date such as 9/16/2022 or 2022-09-16", name, text))
			}
			*to = at
		}
	}
	for name, to := range u.numbers() {
		text := field(name)
		if text == "" {
			continue // the notebook takes what is missing for 0
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n >= 0 && n <= math.MaxInt32*1e3) {
			errs = append(errs, fmt.Errorf("%s: %q is no number of logons", name, text))
		}
		*to = int64(n)
	}
	return u, errors.Join(errs...)
}

// timeOf reads a date, or a time, as people in the United States write it, or as ISO
// 8601 has it.
func timeOf(text string) (time.Time, error) {
	for _, layout := range []string{"1/2/2006, 3:04:05.999999999 PM", "1/2/2006 3:04:05.999999999 PM", "1/2/2006", time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	at, err := time.Parse(time.DateOnly, text)
	return at, err
}
