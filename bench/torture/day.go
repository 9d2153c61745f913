package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sparkless/bench/sample"
)

// blob is one file of the export.
type blob struct {
	name string
	data []byte
}

// day is an export and what is to be found in it.
type day struct {
	date  time.Time
	blobs []blob
	// late may arrive while the day is hunted through: new suspects, and more of
	// some that were there.
	late blob
	// What is right without the late blob and with it.
	early, whole *answer
}

// text is the date as flags and records have it.
func (d *day) text() string { return d.date.Format(time.DateOnly) }

const (
	frequentKin = 50 // members of the family that are seen often
	lateKin     = 30 // that the late blob has, as many of them new as known
)

// newDay makes a sample day with a family of names in it, each frequent one of
// which is imitated by each rare one: about so many findings, so that they do not
// fit into one batch.
func newDay(seed uint64, findings int) (*day, error) {
	d := &day{date: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}
	cfg := sample.Default()
	cfg.Seed, cfg.Day, cfg.Events, cfg.Names, cfg.Hosts = seed, d.date, 4_000, 400, 60
	_, err := sample.Generate(cfg, func(name string, data []byte) error {
		d.blobs = append(d.blobs, blob{name, bytes.Clone(data)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	rare := min(max(findings/frequentKin, lateKin), 676-frequentKin-lateKin)
	rng := rand.New(rand.NewPCG(seed, 1))
	var members []string
	for i := range frequentKin + rare {
		times := 1
		if i < frequentKin {
			times = 20
		}
		members = append(members, slices.Repeat([]string{kin(i)}, times)...)
	}
	rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	folder, _, _ := strings.Cut(d.blobs[0].name, "/h=")
	for hour := range 24 {
		part := members[len(members)*hour/24 : len(members)*(hour+1)/24]
		d.blobs = append(d.blobs, blob{fmt.Sprintf("%s/h=%02d/m=00/PT05M_20.json", folder, hour), creations(rng, d.date, part)})
	}
	var more []string
	for i := range 2 * lateKin {
		more = append(more, kin(frequentKin+rare-lateKin+i))
	}
	d.late = blob{folder + "/h=13/m=25/PT05M_20.json", creations(rng, d.date, more)}
	compared := map[pair]match{}
	if d.early, err = solve(d.blobs, compared); err != nil {
		return nil, err
	}
	d.whole, err = solve(append(slices.Clone(d.blobs), d.late), compared)
	return d, err
}

// kin is the i-th member of the family. Any two differ in at most two of eighteen
// letters.
func kin(i int) string { return fmt.Sprintf("updatescheduler-%c%c.exe", 'a'+i/26, 'a'+i%26) }

// creations are process creations of these names at times of the day.
func creations(rng *rand.Rand, date time.Time, names []string) []byte {
	var b bytes.Buffer
	for _, name := range names {
		at := date.Add(time.Duration(rng.Int64N(int64(24*time.Hour/100)) * 100))
		line, _ := json.Marshal(creation{
			TimeGenerated: at.Format("2006-01-02T15:04:05.0000000Z"), EventID: 4688,
			Computer: fmt.Sprintf("ws%03d.example", rng.IntN(40)), Account: fmt.Sprintf(`EXAMPLE\user%d`, rng.IntN(12)),
			CommandLine: fmt.Sprintf("%s --task %d", name, rng.IntN(1000)), NewProcessName: `C:\ProgramData\` + name,
			ParentProcessName: `C:\Windows\explorer.exe`, Process: name,
		})
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

// creation is what the hunt looks at of an event.
type creation struct {
	TimeGenerated, Computer, Account, CommandLine, NewProcessName, ParentProcessName, Process string

	EventID int
}
