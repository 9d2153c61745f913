package masquerade

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"sparkless/publish"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// find runs the default settings over counts.
func find(t testing.TB, d *Detector, date time.Time, c *Counts) []publish.Record {
	t.Helper()
	records, err := d.Finish(t.Context(), event.Day(date), c, d.New())
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// smallDay holds one pair: svch0st.exe seen once beside svchost.exe.
func smallDay() *Counts {
	c := NewCounts()
	at := november20.Add(7*time.Hour + 5*time.Minute).UnixNano()
	for i := range int64(20) {
		c.Add(record(at+i*1e9, "svchost.exe", `C:\Windows\System32\svchost.exe`, "host1", `C:\Windows\System32\services.exe`, `NT AUTHORITY\SYSTEM`, "svchost.exe -k netsvcs"))
	}
	c.Add(record(at+123_456_700, "Svch0st.exe", `C:\Users\Public\Svch0st.exe`, "host2", `C:\Windows\explorer.exe`, `CONTOSO\jo`, `"C:\Users\Public\Svch0st.exe" -x <1>`))
	for i := range int64(3) {
		c.Add(record(at+i, "notepad.exe", `C:\Windows\notepad.exe`))
	}
	return c
}

func TestFindingGolden(t *testing.T) {
	records := find(t, New(NotebookParams(), "contoso", 1), november20, smallDay())
	if len(records) != 1 {
		t.Fatalf("%d findings", len(records))
	}
	var got bytes.Buffer
	if err := json.Indent(&got, records[0].Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	const golden = "testdata/finding.json"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%v; got\n%s\nwant\n%s", err, got.Bytes(), want)
	}
	if r := records[0]; r.Day != "2026-11-20" || !strings.Contains(string(r.Body), `"`+r.ID+`"`) {
		t.Errorf("ID %s, day %s", r.ID, r.Day)
	} else if r.Revision != "251225afba33d27d" { // another would send old findings again
		t.Errorf("revision %s", r.Revision)
	}
}

// Existing rules query the notebook's four names; they stay, and stay first.
func TestNotebookNamesComeFirst(t *testing.T) {
	fields, err := find(t, New(NotebookParams(), "", 1), november20, smallDay())[0].Fields()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	want := []string{"TimeStamp", "NormalProcess", "PotentiallyMaliciousProcess", "AnomalyScore"}
	if !slices.Equal(names[:4], want) || slices.Contains(names, "Scope") {
		t.Errorf("names %q", names)
	}
	if got := string(fields[3].Value); got != "0.85714287" { // 6/7 as the shortest float32
		t.Errorf("score %s", got)
	}
}

func TestFindingIDSaysWhatNeverWhen(t *testing.T) {
	c := smallDay()
	first := find(t, New(NotebookParams(), "s", 1), november20, c)[0]
	later := find(t, New(NotebookParams(), "s", 4), november20.AddDate(0, 3, 5), c)[0]
	c.Add(record(0, "svchost.exe"))
	other := find(t, New(Params{Frequent: 0.7, Rare: 0.3, Similarity: 0.8}, "s", 1), november20, c)[0]
	if first.ID != later.ID || first.ID != other.ID || bytes.Equal(first.Body, later.Body) || later.Day != "2027-02-25" {
		t.Errorf("IDs %s, %s, %s", first.ID, later.ID, other.ID)
	}
	if again := find(t, New(NotebookParams(), "s", 2), november20, smallDay())[0]; !bytes.Equal(again.Body, first.Body) {
		t.Error("a second run gives another record")
	}
	ids := map[string]string{}
	parts := []string{"", "a", "b", "ab", "a.exe", "\x00", "a\x00", "\x00a", "a\x00b", "b\x00a", "2:ab"}
	for _, scope := range parts {
		for _, normal := range parts {
			for _, rare := range parts {
				what := fmt.Sprintf("%q %q %q", scope, normal, rare)
				id := findingID(scope, normal, rare)
				if before, ok := ids[id]; ok {
					t.Errorf("%s and %s have the same ID", before, what)
				}
				ids[id] = what
			}
		}
	}
}

func TestTimesOfAFinding(t *testing.T) {
	for _, date := range []time.Time{november20, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)} {
		r := find(t, New(NotebookParams(), "", 1), date, smallDay())[0]
		var f Finding
		if err := json.Unmarshal(r.Body, &f); err != nil {
			t.Fatal(err)
		}
		day, next := date.Format(time.DateOnly), date.AddDate(0, 0, 1).Format(time.DateOnly)
		if f.DataDay != day+"T00:00:00.0000000Z" || f.TimeStamp != next+"T00:00:00.0000000Z" || r.Day != day {
			t.Errorf("DataDay %s, TimeStamp %s, day %s", f.DataDay, f.TimeStamp, r.Day)
		}
		if f.FirstSeen != "2026-11-20T07:05:00.1234567Z" || f.LastSeen != f.FirstSeen {
			t.Errorf("seen %s to %s", f.FirstSeen, f.LastSeen)
		}
	}
}

func TestFindingsAreOrderedBySimilarity(t *testing.T) {
	c := NewCounts()
	addNames(c, map[string]int{"powershell.exe": 30, "svchost.exe": 30, "powersheII.exe": 1, "powershel1.exe": 1, "svch0st.exe": 1, "svhost.exe": 1,
		"a.exe": 5, "b.exe": 5, "c.exe": 5, "d.exe": 5, "e.exe": 5})
	got := published(t, find(t, New(Params{Frequent: 0.8, Rare: 0.2, Similarity: 0.7}, "", 3), november20, c))
	var order []string
	for _, m := range got {
		order = append(order, m.rare)
	}
	if want := []string{"powershel1.exe", "svch0st.exe", "svhost.exe", "powersheii.exe"}; !slices.Equal(order, want) {
		t.Errorf("order %q", order)
	}
}

func TestNothingToFind(t *testing.T) {
	one := NewCounts()
	addNames(one, map[string]int{"svchost.exe": 3})
	tied := NewCounts()
	addNames(tied, map[string]int{"svchost.exe": 3, "svch0st.exe": 3, "svchest.exe": 3})
	none := counted(randomRecords(rand.New(rand.NewPCG(0, 0)), 0))
	for i, c := range []*Counts{one, tied, none} {
		if records := find(t, New(NotebookParams(), "", 1), november20, c); records == nil || len(records) > 0 {
			t.Errorf("case %d: %d findings", i, len(records))
		}
	}
}

// hostile texts try to leave their JSON string, move a cursor, turn text around,
// open a tag, become a formula, or break a line-based format.
var hostile = []string{
	`"},{"x":"`, `\`, `\u0000`, "\x00", "\x1b[2J\x1b[31m", "\r\nInjected: 1", "\n{\"lines\":1}", "\u2028\u2029", "\u202efdp.exe", "\u2066\u2069\u200b\ufeff",
	"</script><img src=x onerror=alert(1)>", "=cmd|'/c calc'!A1", "\x7f\u0080\u009b31m", "\U000e0041\U000e007f", "\U0010ffff", "\ufffd\ufffe", "\xff\xc3(", "\xed\xa0\x80",
	"${jndi:ldap://x}", "%00%0a%s%n", "../../etc/passwd", "e\u0301\u0301\u0301\u0301", "'; DROP TABLE x;--", strings.Repeat("A", 900), strings.Repeat("\u202e", 300),
}

func TestHostileTextsStayInTheirField(t *testing.T) {
	for _, h := range hostile {
		c := NewCounts()
		normal, rare := "normalnormal"+h+".exe", "normalnormai"+h+".exe"
		for range 3 {
			c.Add(record(1, normal, normal, h, h, h, h))
		}
		c.Add(record(1, rare, rare, h, h, h, h))
		c.Add(record(1, "z", h, h, h, h, h))
		c.Add(record(1, "z", h, h, h, h, h))
		var copied Counts
		if _, err := copied.Decode(encoded(t, c)); err != nil {
			t.Fatal(err)
		}
		records := find(t, New(Params{Frequent: 0.8, Rare: 0.2, Similarity: 0.6}, h, 1), november20, &copied)
		if len(records) != 1 {
			t.Fatalf("%.40q: %d findings", h, len(records))
		}
		checkHarmless(t, records[0].Body)
		var f Finding
		if err := json.Unmarshal(records[0].Body, &f); err != nil {
			t.Fatal(err)
		}
		clean := string([]rune(h)) // each invalid byte becomes U+FFFD
		if f.PotentiallyMaliciousProcess != lower("normalnormai"+clean+".exe") || len(f.Hosts) != 1 || len(clean) <= longest && f.Hosts[0].Value != clean || f.Scope != clean {
			t.Errorf("%.40q became %.40q on %.80v", h, f.PotentiallyMaliciousProcess, f.Hosts)
		}
		store := storagetest.NewMem()
		if err := publish.WriteOutbox(t.Context(), store, "x", nil, records); err != nil {
			t.Fatal(err)
		}
		if back, err := publish.ReadOutbox(t.Context(), store, "x"); err != nil || len(back.Records) != 1 || !bytes.Equal(back.Records[0].Body, records[0].Body) {
			t.Errorf("%.40q: the outbox returns %d records, %v", h, len(back.Records), err)
		}
	}
}

// checkHarmless wants one JSON object of printable characters.
func checkHarmless(t *testing.T, body []byte) {
	t.Helper()
	if !json.Valid(body) || !utf8.Valid(body) {
		t.Fatalf("not JSON in UTF-8: %.200q", body)
	}
	for _, r := range string(body) {
		if !unicode.IsPrint(r) || unicode.In(r, unicode.Bidi_Control, unicode.Cf, unicode.Cc) || strings.ContainsRune("<>&", r) {
			t.Fatalf("a raw %U in %.200q", r, body)
		}
	}
	if _, err := (publish.Record{ID: "x", Body: body}).Fields(); err != nil {
		t.Error(err)
	}
}
