package masquerade

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/windows"
	"sparkless/publish"
	"sparkless/storage/event"
)

// truth checks what a finding says in words against the events.
type truth struct {
	*testing.T
	*judge
	seed    uint64
	f       Finding
	events  []happened      // that it is about
	origins map[string]bool // theirs, if only some are odd
	told    int             // sentences that were checked
}

func (c *truth) lie(format string, args ...any) {
	c.Helper()
	c.Errorf("seed %d: %q: %s", c.seed, c.f.PotentiallyMaliciousProcess, fmt.Sprintf(format, args...))
}

// of returns the submatches of an expression that must fit the whole text.
func (c *truth) of(expression, text string) []string {
	c.Helper()
	m := regexp.MustCompile(`^(?s:` + expression + `)$`).FindStringSubmatch(text)
	if m == nil {
		c.lie("%q is not what is said there", text)
		return make([]string, 20)
	}
	c.told++
	return m
}

func (c *truth) number(what, text string, want int) {
	c.Helper()
	text = strings.TrimPrefix(text, "about ")
	if n, err := strconv.Atoi(strings.ReplaceAll(text, ",", "")); err != nil || n != want {
		c.lie("%s: %q, and it is %d", what, text, want)
	}
}

// timesOf is a number with its unit in the right number.
func timesOf(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprint(n, " ", unit, "s")
}

// hostCounts checks "3 of 12 hosts".
func (c *truth) hostCounts(some, all string) {
	c.Helper()
	exact := map[string]bool{}
	for _, h := range c.events {
		exact[h.host] = h.host != "" && h.host != none
	}
	delete(exact, "")
	delete(exact, none)
	n, about := len(exact), strings.HasPrefix(some, "about ")
	got, _ := strconv.Atoi(strings.TrimPrefix(some, "about "))
	if about != (n > 8) || !about && got != n || got > len(c.hosts) || float64(got) < 0.7*float64(n) || float64(got) > 1.3*float64(n) {
		c.lie("%s hosts, and it is %d", some, n)
	}
	c.number("hosts", strings.TrimSuffix(strings.TrimSuffix(all, " hosts"), " host"), len(c.hosts))
}

// folderIn reports whether some of the events lie in a folder, as it is written.
func folderIn(events []happened, folder string) bool {
	return slices.ContainsFunc(events, func(h happened) bool {
		at := strings.LastIndexAny(h.path, `\/`)
		return at == 0 && h.path[:1] == folder || at > 0 && h.path[:at] == folder
	})
}

// folders checks a list of folders, which is complete if it says so.
func (c *truth) folders(text string, events []happened, only bool) {
	c.Helper()
	all := map[string]bool{}
	for _, h := range events {
		if p := windows.Normalise(h.path); h.path != none && p.Dir != "" {
			drive := ""
			if len(h.path) > 1 && h.path[1] == ':' {
				drive = strings.ToLower(h.path[:1])
			}
			all[drive+p.Dir] = true
		}
	}
	rest, more := text, 0
	if m := regexp.MustCompile(`^(.*) and (\d+) other folders$`).FindStringSubmatch(text); m != nil {
		rest = m[1]
		more, _ = strconv.Atoi(m[2])
	}
	told := strings.Split(rest, ", ")
	for _, folder := range told {
		if !folderIn(events, folder) {
			c.lie("it never ran from %q (in %q)", folder, text)
		}
	}
	if only && len(told)+more != len(all) || len(told)+more > len(all) {
		c.lie("%q, and there are %d folders: %v", text, len(all), all)
	}
}

// context checks the sentence on how often, where and since when.
func (c *truth) context(text string) {
	c.Helper()
	target := c.f.NormalProcess
	m := c.of(`seen (.*?)(?: on ((?:about )?[\d,]+) of ([\d,]+ hosts?))?(, first seen [^;]*? before are kept\)|, first seen [^;]*? before that are kept)?(?:, runs from ([^;]*))?(; .*)?`, text)
	if m[1] != timesOf(len(c.events), "time") {
		c.lie("seen %s, and it was %d times", m[1], len(c.events))
	}
	if m[2] != "" {
		c.hostCounts(m[2], m[3])
	}
	if m[4] != "" || len(c.days) > 0 {
		c.firstSeen(m[4])
	}
	if m[5] != "" {
		c.folders(m[5], c.events, false)
	}
	rest := strings.TrimPrefix(m[6], "; "+target+" ")
	switch folders, only := strings.CutPrefix(rest, "only runs from "); {
	case m[6] == "":
	case only:
		c.folders(folders, c.names[target], true)
	case strings.HasPrefix(rest, "runs from "):
		c.folders(rest[len("runs from "):], c.names[target], false)
	default:
		facts, _ := c.facts.Name(target)
		if rest != "was not seen and belongs in "+facts.Where() || c.count(target) > 0 {
			c.lie("%q", m[6])
		}
	}
}

// firstSeen checks what is said of earlier days.
func (c *truth) firstSeen(text string) {
	c.Helper()
	seen, first := 0, int64(0)
	for _, day := range c.days {
		found := false
		for _, h := range day[c.f.PotentiallyMaliciousProcess] {
			if c.about(h) {
				found = true
				if first == 0 || h.at < first {
					first = h.at
				}
			}
		}
		seen += btoi(found)
	}
	want := fmt.Sprintf(", first seen today (%s before are kept)", timesOf(len(c.days), "day"))
	if seen > 0 {
		want = fmt.Sprintf(", first seen on %s, on %d of the %s before that are kept", time.Unix(0, first).UTC().Format(time.DateOnly), seen, timesOf(len(c.days), "day"))
	}
	if at := strings.Index(want, ", on "); seen > 0 && c.windows(c.f.PotentiallyMaliciousProcess) && strings.HasPrefix(text, want[:at]) {
		return // of several ways to be odd the days of the commonest are counted
	}
	if text != want {
		c.lie("%q, want %q", text, want)
	}
}

// about reports whether an event is of those that the finding is about: of a Windows
// name those of the origins that are odd today.
func (c *truth) about(h happened) bool {
	return c.origins == nil || c.origins[originByHand(c.f.PotentiallyMaliciousProcess, h)]
}

// evidence checks the reason of one piece of evidence.
func (c *truth) evidence(p Point) {
	c.Helper()
	name, target := c.f.PotentiallyMaliciousProcess, c.f.NormalProcess
	quoted := regexp.QuoteMeta(target)
	switch p.Name {
	case "edits":
		c.of(`one (transposition|omission|repetition|insertion|replacement) from `+quoted+` \(.+\)`, p.Reason)
		c.number("edits", "1", oracleScore(target, name, 0).distance)
	case "more-edits":
		m := c.of(`(\d) edits from `+quoted+` \(.+\)`, p.Reason)
		c.number("edits", m[1], oracleScore(target, name, 0).distance)
	case "skeleton":
		if c.windows(name) {
			m := c.of(`looks like `+regexp.QuoteMeta(name)+` in (.*): [^:]+`, p.Reason)
			c.ran(m[1], func(h happened) (string, bool) {
				return h.path, lookalike.Explain(h.path[strings.LastIndexAny(h.path, `\/`)+1:], name) != nil
			})
			break
		}
		c.of(`looks like `+quoted+`(: .+|, which has .+)`, p.Reason)
	case "notebook":
		m := c.of(`similarity (.*) to `+quoted+`, above (.*); `+quoted+` is frequent \(percent rank (.*)\) and `+regexp.QuoteMeta(name)+` rare \((.*)\)`, p.Reason)
		want := []string{fmt.Sprintf("%.3f", oracleScore(target, name, 0).score), fmt.Sprint(c.p.Similarity), fmt.Sprintf("%.3f", c.percent[target]), fmt.Sprintf("%.3f", c.percent[name])}
		if !slices.Equal(m[1:5], want) {
			c.lie("%q, want %q", m[1:5], want)
		}
	case "extension":
		m := c.of(`the name of `+quoted+` with (?:the extension (\..*)|no extension)`, p.Reason)
		if name != target+m[1] && name != strings.TrimSuffix(target, ".exe")+m[1] {
			c.lie("%q", p.Reason)
		}
	case "addition":
		c.addition(p.Reason)
	case "folder", "common-folder":
		facts, _ := c.facts.Name(name)
		m := c.of(regexp.QuoteMeta(name)+` ran (\d+ times?) from (.*); it belongs in `+regexp.QuoteMeta(facts.Where()), p.Reason)
		c.times(m[1], c.ran(m[2], func(h happened) (string, bool) {
			return h.path, c.facts.Folder(name, windows.Normalise(h.path)) == map[string]windows.Folder{"folder": windows.Wrong, "common-folder": windows.Shared}[p.Name]
		}))
	case "parent":
		usual, _ := c.facts.Parents(name)
		m := c.of(regexp.QuoteMeta(name)+` was started (\d+ times?) by (.*); only `+regexp.QuoteMeta(either(usual))+` starts it`, p.Reason)
		c.times(m[1], c.ran(m[2], func(h happened) (string, bool) {
			return h.parent, h.parent != none && c.facts.OddParent(name, h.parent)
		}))
	default:
		c.told++
		if !slices.Contains(shapeNames(name), p.Name) {
			c.lie("it has no such shape: %+v", p)
		}
	}
}

func (c *truth) times(text string, n int) {
	c.Helper()
	if text != timesOf(n, "time") {
		c.lie("%s, and it was %d times", text, n)
	}
}

// ran checks a list of odd values and returns how many events had any.
func (c *truth) ran(text string, odd func(happened) (string, bool)) (n int) {
	c.Helper()
	values := map[string]int{}
	for _, h := range c.events {
		if v, ok := odd(h); ok && v != none {
			values[v]++
			n++
		}
	}
	told := regexp.MustCompile(`, | and `).Split(text, -1)
	if m := regexp.MustCompile(`^(.*), (.*) and (\d+) others?$`).FindStringSubmatch(text); m != nil {
		told = m[1:3]
		c.number("others", m[3], len(values)-2)
	} else if len(told) != len(values) {
		c.lie("%q, and there are %v", text, values)
	}
	for _, v := range told {
		if values[v] == 0 {
			c.lie("%q was not seen: %v", v, values)
		}
	}
	return n
}

// addition checks "svchost with 32 added at the end".
func (c *truth) addition(reason string) {
	c.Helper()
	target, name := c.f.NormalProcess, c.f.PotentiallyMaliciousProcess
	stem := target[:strings.LastIndexByte(target, '.')]
	before, after, _ := strings.Cut(name, stem)
	if at := strings.LastIndexByte(after, '.'); at >= 0 {
		after = after[:at]
	}
	before, after = lookalike.Printable(before), lookalike.Printable(after)
	want := []string{fmt.Sprintf("%s with %s added at the end", stem, after)}
	if before != "" {
		want = []string{fmt.Sprintf("%s with %s added at the start", stem, before), fmt.Sprintf("%s with %s added at the start and %s at the end", stem, before, after)}
	}
	if c.told++; !slices.Contains(want, reason) {
		c.lie("%q, want one of %q", reason, want)
	}
}

// modifier checks the reason of one modifier.
func (c *truth) modifier(p Point) {
	c.Helper()
	name, target := c.f.PotentiallyMaliciousProcess, c.f.NormalProcess
	quoted := regexp.QuoteMeta(target)
	in := func(folder string) {
		if !folderIn(c.events, folder) {
			c.lie("it never ran from %q: %+v", folder, p)
		}
	}
	switch p.Name {
	case "core-target":
		c.of(quoted+" is a core Windows process", p.Reason)
	case "lopsided":
		m := c.of(quoted+` was seen (\d+ times?), ([\d,]+) times as often`, p.Reason)
		c.times(m[1], len(c.names[target]))
		c.number("times", m[2], len(c.names[target])/len(c.names[name]))
	case "even":
		m := c.of(quoted+` was seen only (\d+ times?)`, p.Reason)
		c.times(m[1], len(c.names[target]))
	case "same-folder":
		m := c.of(`lies beside `+quoted+` in (.*)`, p.Reason)
		in(m[1])
	case "same-system-folder":
		m := c.of(`lies beside `+quoted+`, which is none of Windows either, in (.*)`, p.Reason)
		in(m[1])
	case "user-writable":
		in(c.of(`runs from (.*), which users can write to`, p.Reason)[1])
	case "windows-folder":
		in(c.of(`lies in (.*) among Windows' own files`, p.Reason)[1])
	case "elsewhere":
		in(c.of(`runs from (.*)`, p.Reason)[1])
	case "programs":
		in(c.of(`runs from (.*), where programs are installed`, p.Reason)[1])
	case "few-hosts", "many-hosts":
		m := c.of(`on ((?:about )?[\d,]+) of ([\d,]+ hosts?)`, p.Reason)
		c.hostCounts(m[1], m[2])
	case "first-seen":
		m := c.of(`not seen on any of the (\d+) days before that are kept`, p.Reason)
		c.number("days", m[1], len(c.days))
	case "long-known":
		m := c.of(`seen on (\d+) of the (\d+) days before that are kept`, p.Reason)
		c.number("days", m[1], c.f.DaysSeen)
		c.number("days", m[2], len(c.days))
	case "family":
		c.of(regexp.QuoteMeta(name)+` and `+quoted+` are of one family: the names differ only in .*`, p.Reason)
	case "corroborated":
		c.of(`(what the name looks like|the shape of the name|the folder|the parent) speaks for it too`, p.Reason)
	case "known-good":
		c.of(`known here|on the list of legitimate look-alikes|updates of Microsoft Defender`, p.Reason)
	default:
		c.lie("%+v is checked by nobody", p)
	}
}

// finding checks all that a finding says.
func (c *truth) finding(r publish.Record) {
	c.Helper()
	c.f = Finding{}
	if err := json.Unmarshal(r.Body, &c.f); err != nil {
		c.Fatal(err)
	}
	name := c.f.PotentiallyMaliciousProcess
	c.events, c.origins = c.names[name], nil
	if c.windows(name) {
		c.events, c.origins = nil, map[string]bool{}
		for origin, group := range byOrigin(name, c.names[name]) {
			if len(c.oddKinds(name, group)) > 0 {
				c.events, c.origins[origin] = append(c.events, group...), true
			}
		}
	}
	for i, p := range c.f.Evidence {
		if c.f.Reasons[i] != p.Reason || p.Points != c.weights[p.Name] {
			c.lie("reason %q of %+v", c.f.Reasons[i], p)
		}
		c.evidence(p)
	}
	for _, p := range c.f.Modifiers {
		c.modifier(p)
	}
	if len(c.f.Reasons) != len(c.f.Evidence)+1 {
		c.lie("reasons %q", c.f.Reasons)
	}
	c.context(c.f.Reasons[len(c.f.Reasons)-1])
	c.numbers()
	for _, text := range slices.Concat(c.f.Reasons, []string{c.f.NormalProcess, name}) {
		if !utf8.ValidString(text) || strings.HasSuffix(text, ": ") || strings.Contains(text, "%!") {
			c.lie("%q", text)
		}
	}
}

// numbers checks a finding's fields.
func (c *truth) numbers() {
	c.Helper()
	f := c.f
	first, last := c.events[0].at, c.events[0].at
	var hours []int
	for _, h := range c.events {
		first, last = min(first, h.at), max(last, h.at)
		hours = append(hours, time.Unix(0, h.at).UTC().Hour())
	}
	slices.Sort(hours)
	if !slices.Equal(f.HoursSeen, slices.Compact(hours)) {
		c.lie("seen in the hours %d, not %d", f.HoursSeen, hours)
	}
	if f.MaliciousCount != int64(len(c.events)) || f.NormalCount != c.count(f.NormalProcess)*int64(btoi(f.NormalProcess != "")) ||
		f.FirstSeen != timestamp(first) || f.LastSeen != timestamp(last) || f.EstateHosts != len(c.hosts) || f.HostCount != c.numberOf(c.events) ||
		f.HistoryDays != len(c.days) || f.DaysSeen > len(c.days) || (f.DaysSeen > 0) != (f.FirstSeenEver != "") || f.HostCount > f.EstateHosts {
		c.lie("the numbers of %+v\nof %d events from %s to %s, the normal name has %d; %d hosts of %d", f, len(c.events), timestamp(first), timestamp(last),
			c.count(f.NormalProcess), c.numberOf(c.events), len(c.hosts))
	}
	for _, list := range []struct {
		got    []Tally
		column func(happened) string
		of     []happened
	}{{f.Paths, pathOf, c.events}, {f.Parents, parentOf, c.events}, {f.Hosts, func(h happened) string { return h.host }, c.events}, {f.NormalPaths, pathOf, c.names[f.NormalProcess]}} {
		if f.NormalProcess == "" && len(list.of) > 0 && &list.of[0] != &c.events[0] {
			continue
		}
		want := sampleOf(list.of, list.column)
		for _, v := range list.got {
			if want[v.Value] != v.Count {
				c.lie("%+v, want %v", list.got, want)
			}
		}
		if len(want) != len(list.got) {
			c.lie("%+v, want %v", list.got, want)
		}
	}
}

// Each number, name, folder and day that a finding states is that of the events.
func TestSentencesAreTrue(t *testing.T) {
	t.Parallel()
	known, told := newPairs(), 0
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 37))
		events := randomEstate(rng)
		before := randomPast(rng, events)
		p := randomParams(t, rng)
		p.MinScore = 0
		day := countsOf(events)
		records, err := New(p, "", 2).Finish(t.Context(), event.Day(november20), day, historyOf(t, day, before))
		if err != nil {
			t.Fatal(err)
		}
		c := &truth{T: t, judge: newJudge(p, events, before, known), seed: seed}
		for _, r := range records {
			c.finding(r)
		}
		told += c.told
	}
	if told < 1800 {
		t.Errorf("only %d sentences were checked", told)
	}
}
