package suppress

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish"
)

func matches(pattern, text string) bool {
	return regexp.MustCompile(`(?s)` + pattern).MatchString(text)
}

var fields = Fields{Name: "Suspect", Target: "Normal", Paths: "Paths", Parents: "Parents", Hosts: "Hosts", Kinds: "Kinds",
	PathCount: "PathCount", HostCount: "HostCount", Events: "Events", Sample: 8, Cut: "…"}

type tally struct {
	Value string `json:"value"`
}

func tallies(values ...string) (out []tally) {
	for _, v := range values {
		out = append(out, tally{v})
	}
	return out
}

// many are n hosts h0, h1, …
func many(n int) (out []tally) {
	for i := range n {
		out = append(out, tally{fmt.Sprint("h", i)})
	}
	return out
}

type body map[string]any

func record(t testing.TB, b body) publish.Record {
	text, err := publish.Body(b)
	if err != nil {
		t.Fatal(err)
	}
	return publish.Record{ID: "mq-1", Day: "2026-11-20", Body: text}
}

// known is a finding of the updater, with changes.
func known(changes body) body {
	b := body{"Suspect": "acmeupdate1.exe", "Normal": "acmeupdater.exe", "Paths": tallies(`C:\Program Files\Acme\u.exe`), "Hosts": tallies("ws-1.corp.example")}
	for k, v := range changes {
		if v == nil {
			delete(b, k)
		} else {
			b[k] = v
		}
	}
	return b
}

var now = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

// TestApplies has the whole rule of the README, and findings that differ a little.
func TestApplies(t *testing.T) {
	rules, err := Parse("f", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	rules.All = rules.All[:1]
	path, host := `C:\Program Files\Acme\`, "ws-1.corp.example"
	for _, c := range []struct {
		what            string
		changes         body
		applies, unsure bool
	}{
		{"as it is", nil, true, false},
		{"upper case", body{"Suspect": "ACMEUPDATE.EXE", "Hosts": tallies("WS-1.CORP.EXAMPLE")}, true, false},
		{"another name", body{"Suspect": "acmeupdat.exe"}, false, false},
		{"another target", body{"Normal": "acmeupdate.exe"}, false, false},
		{"no target", body{"Normal": nil}, false, false},
		{"one more folder", body{"Paths": tallies(path+"u.exe", `C:\Users\Public\u.exe`)}, false, false},
		{"one more host", body{"Hosts": tallies(host, "dc-1.corp.example")}, false, false},
		{"no paths", body{"Paths": nil}, false, false},
		{"an empty list", body{"Hosts": tallies()}, false, false},
		{"an empty host", body{"Hosts": tallies("")}, false, false},
		{"a path that goes up", body{"Paths": tallies(path + `..\..\Users\Public\u.exe`)}, false, false},
		{"a path that was cut", body{"Paths": tallies(path + `long…`)}, false, false},
		{"dots that go nowhere", body{"Paths": tallies(path + `a..b\...\u.exe`)}, true, false},
		{"texts in place of objects", body{"Hosts": []string{host}}, true, false},
		{"seven", body{"Hosts": slices.Repeat(tallies(host), 7)}, true, false},
		{"eight may be more", body{"Hosts": slices.Repeat(tallies(host), 8)}, false, true},
		{"eight folders may be more", body{"Paths": slices.Repeat(tallies(path+"u.exe"), 8)}, false, true},
		{"eight of eight", body{"Hosts": slices.Repeat(tallies(host), 8), "HostCount": 8}, true, false},
		{"eight of nine", body{"Hosts": slices.Repeat(tallies(host), 8), "HostCount": 9}, false, true},
		{"one of two", body{"HostCount": 2}, false, true},
		{"one folder of two", body{"PathCount": 2}, false, true},
		{"eight with another", body{"Hosts": append(slices.Repeat(tallies(host), 7), tally{"dc-1"})}, false, false},
		{"a name that hides", body{"Suspect": "acmeupdate\u202e.exe"}, false, false},
	} {
		o, err := rules.Apply(now, fields, []publish.Record{record(t, known(c.changes))})
		if err != nil || len(o.Suppressed) > 0 != c.applies || len(o.Kept) > 0 == c.applies || len(o.Unsure) > 0 != c.unsure || len(o.Expired) > 0 {
			t.Errorf("%s: %+v, %v", c.what, o, err)
		}
	}
}

// A rule without a pattern of hosts does not ask for hosts.
func TestWhatARuleDoesNotSay(t *testing.T) {
	rules := &Rules{All: []Rule{{Name: "acme*", Reason: "r", Expires: now}}}
	o, err := rules.Apply(now, fields, []publish.Record{record(t, known(body{"Hosts": many(8), "Paths": nil}))})
	if err != nil || len(o.Suppressed) != 1 || o.Suppressed[0].Rule.Name != "acme*" {
		t.Errorf("%+v, %v", o, err)
	}
}

// A rule about parents applies where each event is known to have one of them.
func TestParents(t *testing.T) {
	rules := &Rules{All: []Rule{{Name: "acme*", Parent: `C:\Program Files\EDR\*`, Reason: "r", Expires: now}}}
	type counted struct {
		Value string `json:"value"`
		Count int    `json:"count"`
	}
	edr, second := counted{`c:\program files\edr\sensor.exe`, 3}, counted{`C:\Program Files\EDR\b.exe`, 1}
	var eight, seven []counted
	for i := range 8 {
		eight = append(eight, counted{fmt.Sprintf(`C:\Program Files\EDR\%d.exe`, i), 1})
	}
	seven = eight[:7]
	for _, c := range []struct {
		what            string
		parents         any
		events          any
		applies, unsure bool
	}{
		{"one", []counted{edr}, 3, true, false},
		{"two", []counted{edr, second}, 4, true, false},
		{"one more", []counted{edr, {`C:\Users\Public\x.exe`, 1}}, 4, false, false},
		{"one that is not known", []counted{edr, {"-", 1}}, 4, false, false},
		{"one that is not there", []counted{edr}, 4, false, true},
		{"one that strays", []counted{{`C:\Program Files\EDR\..\..\x.exe`, 3}}, 3, false, false},
		{"one that was cut", []counted{{`C:\Program Files\EDR\x…`, 3}}, 3, false, false},
		{"eight of eight", eight, 8, true, false},
		{"eight of more", eight, 9, false, true},
		{"seven of eight", seven, 8, false, true},
		{"seven, of how many nobody knows", seven, nil, true, false},
		{"eight, of how many nobody knows", eight, nil, false, true},
		{"texts without counts", []string{edr.Value}, 1, false, true},
		{"none", nil, 3, false, false},
		{"an empty list", []counted{}, 0, false, false},
	} {
		o, err := rules.Apply(now, fields, []publish.Record{record(t, known(body{"Parents": c.parents, "Events": c.events}))})
		if err != nil || len(o.Suppressed) > 0 != c.applies || len(o.Unsure) > 0 != c.unsure {
			t.Errorf("%s: %+v, %v", c.what, o, err)
		}
	}
}

// evidence are points of these names.
func evidence(names ...string) (out []map[string]any) {
	for _, n := range names {
		out = append(out, map[string]any{"name": n, "points": 50, "reason": "score"})
	}
	return out
}

func TestKinds(t *testing.T) {
	rules := &Rules{All: []Rule{{Name: "acme*", Kinds: []string{"score", "Edit*"}, Reason: "r", Expires: now}}}
	for _, c := range []struct {
		kinds any
		want  int
	}{{[]string{"score"}, 1}, {[]string{"edits", "score"}, 1}, {[]string{"score", "skeleton"}, 0}, {nil, 0},
		{evidence("score"), 1}, {evidence("edits", "score"), 1}, {evidence("score", "folder"), 0}, {evidence("folder"), 0}, {evidence(), 0}} {
		o, err := rules.Apply(now, fields, []publish.Record{record(t, known(body{"Kinds": c.kinds}))})
		if err != nil || len(o.Suppressed) != c.want {
			t.Errorf("%v: %+v, %v", c.kinds, o, err)
		}
	}
}

// A rule is in force through the last second of its day, by UTC.
func TestExpiry(t *testing.T) {
	rules := &Rules{All: []Rule{{Name: "acme*", Reason: "r", Expires: date("2027-03-31")}}}
	west := time.FixedZone("west", -8*3600)
	for at, inForce := range map[time.Time]bool{
		date("2027-03-31"): true,
		time.Date(2027, 3, 31, 23, 59, 59, 999999999, time.UTC): true,
		time.Date(2027, 3, 31, 15, 59, 59, 0, west):             true,
		date("2027-04-01"):                        false,
		time.Date(2027, 3, 31, 16, 0, 0, 0, west): false,
	} {
		o, err := rules.Apply(at, fields, []publish.Record{record(t, known(nil)), record(t, known(body{"Suspect": "other"}))})
		kept, expired := 1, 0
		if !inForce {
			kept, expired = 2, 1
		}
		if err != nil || rules.All[0].InForce(at) != inForce || len(o.Kept) != kept || len(o.Expired) != expired || expired == 1 && o.Expired[0].Findings != 1 {
			t.Errorf("%v: %+v, %v", at, o, err)
		}
	}
	if rules.All[0].FarAhead(date("2025-03-31")) || !rules.All[0].FarAhead(date("2025-03-30")) {
		t.Error("far ahead")
	}
}

// An expired rule says nothing where another one is in force, and where it would
// not be known to apply.
func TestExpiredRulesAreSilent(t *testing.T) {
	old, fresh := Rule{Name: "acme*", Host: "h*", Reason: "old", Expires: date("2026-01-01")}, Rule{Name: "acme*", Reason: "new", Expires: now}
	r := []publish.Record{record(t, known(body{"Hosts": many(8)}))}
	for _, rules := range [][]Rule{{old, fresh}, {old}} {
		o, err := (&Rules{All: rules}).Apply(now, fields, r)
		if err != nil || len(o.Expired) > 0 || len(o.Suppressed) != len(rules)-1 {
			t.Errorf("%+v, %v", o, err)
		}
	}
}

// The first rule that applies is the one that is counted, and the order stays.
func TestOutcome(t *testing.T) {
	rules := &Rules{All: []Rule{{Name: "none", Reason: "r", Expires: now, Line: 1}, {Name: "a*", Reason: "r", Expires: now, Line: 2}, {Name: "*b", Reason: "r", Expires: now, Line: 3}}}
	var in []publish.Record
	for i, name := range []string{"x", "ab", "y", "b", "a"} {
		r := record(t, body{"Suspect": name})
		r.ID = fmt.Sprint(i)
		in = append(in, r)
	}
	o, err := rules.Apply(now, fields, in)
	if err != nil || fmt.Sprint(ids(o.Kept), ids(recordsOf(o.Suppressed))) != "[0 2] [1 3 4]" {
		t.Fatalf("%+v, %v", o, err)
	}
	if len(o.Applied) != 2 || o.Applied[0].Rule.Line != 2 || o.Applied[0].Findings != 2 || o.Applied[1].Findings != 1 {
		t.Errorf("%+v", o.Applied)
	}
}

func recordsOf(all []Suppressed) (out []publish.Record) {
	for _, s := range all {
		out = append(out, s.Record)
	}
	return out
}

func ids(records []publish.Record) (out []string) {
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}

// A record that is not as expected is no finding that may pass unlooked at.
func TestUnreadableFindings(t *testing.T) {
	rules := &Rules{All: []Rule{{Name: "acme*", Reason: "r", Expires: now}}}
	for _, b := range []string{`[]`, `{"Suspect":5}`, `{"Paths":"x"}`, `{"Hosts":[5]}`, `{"Hosts":[null]}`, `{"Hosts":[{"v":1}]}`, `{"HostCount":"x"}`, `{"Events":"x"}`, `{"Parents":[{"name":"x"}]}`, `{"Kinds":[{"value":"x"}]}`, `{"Kinds":[{"name":5}]}`,
		`{"Paths":[{"value":null}]}`, `{"Paths":[[]]}`} {
		if o, err := rules.Apply(now, fields, []publish.Record{{ID: "mq-7", Body: json.RawMessage(b)}}); err == nil || !strings.Contains(err.Error(), "mq-7") {
			t.Errorf("%s: %+v, %v", b, o, err)
		}
	}
}

func TestCovers(t *testing.T) {
	r := Rule{Name: "a\u202e*", Path: `C:\x`, Parent: "p*", Account: "u*", Address: "10.*", Kinds: []string{"k", "l"}}
	if got := r.Covers(); got != `the suspect is a<U+202E>*, all its paths are C:\x, all its parents are p*, all its accounts are u*, all its addresses are 10.*, all evidence is k or l` {
		t.Error(got)
	}
}

// A name may be a path, which is what it seems or matches nothing, and kinds may have
// their texts under another name.
func TestNamesThatArePaths(t *testing.T) {
	f := Fields{Name: "Entity", Target: "RuleName", Kinds: "Why", KindName: "Name"}
	rules := Rules{All: []Rule{{Name: `c:\acme\*`, Target: "process", Kinds: []string{"odd"}, Expires: now.AddDate(0, 0, 1)}}}
	why := func(names ...string) (all []map[string]string) {
		for _, n := range names {
			all = append(all, map[string]string{"Name": n})
		}
		return all
	}
	for what, c := range map[string]struct {
		body body
		kept int
	}{
		"as it is":       {body{"Entity": `C:\Acme\u.exe`, "RuleName": "process", "Why": why("odd")}, 0},
		"back and forth": {body{"Entity": `C:\Acme\..\Temp\u.exe`, "RuleName": "process", "Why": why("odd")}, 1},
		"more reasons":   {body{"Entity": `C:\Acme\u.exe`, "RuleName": "process", "Why": why("odd", "new")}, 1},
		"another hunt":   {body{"Entity": `C:\Acme\u.exe`, "RuleName": "logon", "Why": why("odd")}, 1},
	} {
		o, err := rules.Apply(now, f, []publish.Record{record(t, c.body)})
		if err != nil || len(o.Kept) != c.kept {
			t.Errorf("%s: %d kept, %v", what, len(o.Kept), err)
		}
	}
}

// Where one list names all, patterns are about the values of a kind, which are all there
// if their numbers add up to that of the first.
func TestEntities(t *testing.T) {
	f := Fields{Name: "Entity", Entities: "Named", Paths: "file", Parents: "parent", Hosts: "host", Accounts: "account", Addresses: "ip", Cut: "…", Spelled: "<U+"}
	type entity struct {
		Kind, Value string
		Count       int `json:",omitempty"`
	}
	of := func(more ...entity) []entity { return append([]entity{{"process", "p.exe", 3}}, more...) }
	for what, c := range map[string]struct {
		rule            Rule
		named           []entity
		applies, unsure bool
	}{
		"all of a kind":             {Rule{Host: "ws-*"}, of(entity{"host", "ws-1", 2}, entity{"host", "WS-2", 1}), true, false},
		"one of them is another":    {Rule{Host: "ws-*"}, of(entity{"host", "ws-1", 2}, entity{"host", "dc-2", 1}), false, false},
		"there may be more":         {Rule{Host: "ws-*"}, of(entity{"host", "ws-1", 2}), false, true},
		"it is not known how many":  {Rule{Host: "ws-*"}, of(entity{"host", "ws-1", 0}), false, true},
		"none of the kind":          {Rule{Host: "*ws*"}, of(entity{"account", "ws-1", 3}), false, false},
		"nobody is named":           {Rule{Host: "*ws*"}, nil, false, false},
		"a path":                    {Rule{Path: `c:\acme\*`}, of(entity{"file", `C:\Acme\p.exe`, 3}), true, false},
		"a path that leads away":    {Rule{Path: `c:\acme\*`}, of(entity{"file", `C:\Acme\..\p.exe`, 3}), false, false},
		"a path that is cut short":  {Rule{Path: `c:\acme\*`}, of(entity{"file", `C:\Acme\p…`, 3}), false, false},
		"what cannot be seen":       {Rule{Path: `c:\acme\*`}, of(entity{"file", `C:\Acme\p<U+202E>.exe`, 3}), false, false},
		"a parent":                  {Rule{Parent: "ccm*.exe"}, of(entity{"parent", "ccmexec.exe", 3}), true, false},
		"another parent":            {Rule{Parent: "ccm*.exe"}, of(entity{"parent", "ccmexec.exe", 2}, entity{"parent", "winword.exe", 1}), false, false},
		"an account":                {Rule{Account: `corp\svc-*`}, of(entity{"account", `CORP\svc-1`, 3}), true, false},
		"an account that is not it": {Rule{Account: `corp\svc-*`}, of(entity{"account", `CORP\ann`, 3}), false, false},
		"an address":                {Rule{Address: "10.1.?"}, of(entity{"ip", "10.1.2", 3}), true, false},
		"another address":           {Rule{Address: "10.1.?"}, of(entity{"ip", "10.1.22", 3}), false, false},
		"several patterns":          {Rule{Name: "p.exe", Parent: "x", Account: "y"}, of(entity{"parent", "x", 3}, entity{"account", "y", 3}), true, false},
		"one of several":            {Rule{Name: "p.exe", Parent: "x", Account: "z"}, of(entity{"parent", "x", 3}, entity{"account", "y", 3}), false, false},
	} {
		c.rule.Reason, c.rule.Expires = "r", now
		rules := &Rules{All: []Rule{c.rule}}
		o, err := rules.Apply(now, f, []publish.Record{record(t, body{"Entity": "p.exe", "Named": c.named})})
		if err != nil || len(o.Suppressed) > 0 != c.applies || len(o.Unsure) > 0 != c.unsure {
			t.Errorf("%s: %+v, %v", what, o, err)
		}
	}
	for _, b := range []string{`{"Named":5}`, `{"Named":["x"]}`, `{"Named":[{"Kind":"host"}]}`, `{"Named":[{"Value":"host"}]}`, `{"Named":[{"Kind":"host","Value":"h","Count":"1"}]}`} {
		rules := &Rules{All: []Rule{{Host: "h", Reason: "r", Expires: now}}}
		if o, err := rules.Apply(now, f, []publish.Record{{ID: "an-7", Body: json.RawMessage(b)}}); err == nil || !strings.Contains(err.Error(), "an-7") {
			t.Errorf("%s: %+v, %v", b, o, err)
		}
	}
}

// A rule about accounts applies where each event is known to have one of them.
func TestAccounts(t *testing.T) {
	f := fields
	f.Accounts = "Accounts"
	type counted struct {
		Value string `json:"value"`
		Count int    `json:"count"`
	}
	rules := &Rules{All: []Rule{{Account: `corp\svc-*`, Reason: "r", Expires: now}}}
	for what, c := range map[string]struct {
		accounts []counted
		applies  bool
	}{
		"all":     {[]counted{{`CORP\svc-a`, 2}, {`CORP\svc-b`, 3}}, true},
		"another": {[]counted{{`CORP\svc-a`, 2}, {`CORP\ann`, 3}}, false},
		"too few": {[]counted{{`CORP\svc-a`, 4}}, false},
		"none":    {nil, false},
	} {
		o, err := rules.Apply(now, f, []publish.Record{record(t, known(body{"Accounts": c.accounts, "Events": 5}))})
		if err != nil || len(o.Suppressed) > 0 != c.applies {
			t.Errorf("%s: %+v, %v", what, o, err)
		}
	}
}
