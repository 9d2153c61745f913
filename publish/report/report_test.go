package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"sparkless/publish/anomaly"
	"sparkless/publish/chart"
	"sparkless/publish/report"
)

// written is a report as a file.
func written(t testing.TB, d report.Data) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// between is what stands between two texts, the first of each.
func between(t testing.TB, page, start, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, start)
	inside, _, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("there is no %s … %s", start, end)
	}
	return inside
}

const dataStart = `<script type="application/json" id="data">`

// The data come back as they went in, whatever they hold.
func TestDataComeBack(t *testing.T) {
	for name, d := range reports(t) {
		var got report.Data
		if err := json.Unmarshal([]byte(between(t, written(t, d), dataStart, "</script>")), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(values(t, got), values(t, d)) {
			t.Errorf("%s: the data are others", name)
		}
	}
}

// values are data as JSON has them: invalid UTF-8 and the like become what JSON can
// hold, and how a character is escaped does not matter.
func values(t testing.TB, d report.Data) (all any) {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Nothing of the data ends an element, starts one, or cannot be seen in the file.
func TestDataAreInert(t *testing.T) {
	for name, d := range reports(t) {
		page := written(t, d)
		if n := strings.Count(strings.ToLower(page), "<script"); n != 2 {
			t.Errorf("%s: %d scripts", name, n)
		}
		data := between(t, page, dataStart, "</script>")
		at := strings.IndexFunc(data, func(r rune) bool {
			return r == '<' || r == '>' || r == '&' || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.IsControl(r)
		})
		if at >= 0 {
			t.Errorf("%s: %q stands in the file as it is", name, data[at:min(len(data), at+20)])
		}
	}
}

// The policy allows the script and the style that are in the file, and nothing else.
func TestPolicy(t *testing.T) {
	for name, d := range reports(t) {
		page := written(t, d)
		policy := between(t, page, `http-equiv="Content-Security-Policy" content="`, `"`)
		for directive, text := range map[string]string{
			"style-src":  between(t, page, "<style>", "</style>"),
			"script-src": between(t, page, `<script type="module">`, "</script>"),
		} {
			sum := sha256.Sum256([]byte(text))
			want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %s is not in %s", name, want, policy)
			}
		}
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(page, "style=") {
			t.Errorf("%s: %s", name, policy)
		}
	}
}

// The page's script makes no markup of text, and loads nothing.
func TestPageMakesNoMarkup(t *testing.T) {
	files, err := filepath.Glob("page/*.js")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(", "XMLHttpRequest", "import(", "src="} {
			if bytes.Contains(text, []byte(bad)) {
				t.Errorf("%s has %s", file, bad)
			}
		}
	}
}

func TestSameDataSameBytes(t *testing.T) {
	for name, d := range reports(t) {
		first, second := written(t, d), written(t, d)
		if first != second {
			t.Errorf("%s: two files", name)
		}
	}
}

// Thousands of findings do not make a file that a browser or a mail is slow with.
func TestSizeOfALargeReport(t *testing.T) {
	d := reports(t)["large"]
	page := written(t, d)
	if n := len(page) >> 20; len(d.Days[0].Findings) < 5000 || n < 5 || n >= 15 {
		t.Errorf("%d MiB of %d findings", n, len(d.Days[0].Findings))
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatIsNoReport(t *testing.T) {
	day := func(date string) report.Day { return report.Day{Date: date} }
	for _, days := range [][]report.Day{nil, {day("")}, {day("20.11.2026")}, {day("2026-11-20"), day("2026-11-20")}, {day("2026-11-20"), day("2026-11-19")}} {
		var b bytes.Buffer
		if err := report.Write(&b, report.Data{Days: days}); err == nil || b.Len() > 0 {
			t.Errorf("%v: %v, %d bytes", days, err, b.Len())
		}
	}
	if err := report.Write(fullDisk{}, quietReport(t)); err == nil {
		t.Error("a full disk went unnoticed")
	}
}

// A curve has the first and the last step and never more than fit on a screen; each
// point is a step of the counts.
func TestCurve(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		all := counts(rng.IntN(3000), rng.Uint64())
		before := slices.Clone(all)
		c := report.NewCurve(all, 0.8, 0.2)
		if !slices.Equal(all, before) || c.Names != len(all) || c.Frequent != 0.8 || c.Rare != 0.2 || len(c.Points) > c.Steps || len(c.Points) > 2000 {
			t.Fatalf("%d names: %d points of %d steps", len(all), len(c.Points), c.Steps)
		}
		slices.Sort(all)
		steps := len(slices.Compact(slices.Clone(all)))
		if c.Steps != steps || steps > 0 && (c.Points[0].Count != all[0] || c.Points[len(c.Points)-1].Count != all[len(all)-1]) {
			t.Fatalf("%d steps, want %d", c.Steps, steps)
		}
		for i, p := range c.Points {
			lowest, _ := slices.BinarySearch(all, p.Count)
			next, _ := slices.BinarySearch(all, p.Count+1)
			want := 0.0
			if len(all) > 1 {
				want = float64(lowest) / float64(len(all)-1)
			}
			if p.Names != next-lowest || p.Percent != want || i > 0 && p.Count <= c.Points[i-1].Count {
				t.Fatalf("point %d of %d: %+v, want %d names at %v", i, len(c.Points), p, next-lowest, want)
			}
		}
	}
}

// Scatters of as many points as there may be make no file that is slow to open or to
// send.
func TestSizeOfManyPoints(t *testing.T) {
	d := reports(t)["hunt-large"]
	points := 0
	for _, c := range d.Hunts[0].Days[0].Charts {
		points += len(c.Points)
	}
	if n := len(written(t, d)); points != 15000 || n > 2_000_000 {
		t.Errorf("%d bytes of %d points", n, points)
	}
}

// What cannot be shown is an error that names the hunt, and nothing is written.
func TestWhatIsNoHunt(t *testing.T) {
	day := func(date string, charts ...chart.Chart) report.HuntDay {
		return report.HuntDay{Date: date, Charts: charts}
	}
	one := []report.HuntDay{day("2026-11-20")}
	for _, c := range []struct {
		want  string
		hunts []report.Hunt
	}{
		{`"" is no name`, []report.Hunt{{Days: one}}},
		{`"A" is no name`, []report.Hunt{{Name: "A", Days: one}}},
		{"is no name", []report.Hunt{{Name: `x"><script>`, Days: one}}},
		{"is no name", []report.Hunt{{Name: strings.Repeat("x", 33), Days: one}}},
		{`two hunts have the name "a"`, []report.Hunt{{Name: "a", Days: one}, {Name: "b", Days: one}, {Name: "a", Days: one}}},
		{`two hunts have the name "names"`, []report.Hunt{{Name: "names", Days: one}}},
		{"a: there is no day", []report.Hunt{{Name: "a"}}},
		{`a: "20.11.2026" is no date`, []report.Hunt{{Name: "a", Days: []report.HuntDay{day("20.11.2026")}}}},
		{"a: the day 2026-11-20 comes after 2026-11-20", []report.Hunt{{Name: "a", Days: []report.HuntDay{day("2026-11-20"), day("2026-11-20")}}}},
		{`a: "2026-11-20": the chart "T": "pie" is no kind`, []report.Hunt{{Name: "a", Days: []report.HuntDay{day("2026-11-20", chart.Chart{Kind: "pie", Title: "T"})}}}},
		{"report: ", []report.Hunt{{Name: "a", Days: []report.HuntDay{{Date: "2026-11-20", Findings: []anomaly.Finding{{AnomalyDetails: json.RawMessage(`{"a":`)}}}}}}},
	} {
		var b bytes.Buffer
		err := report.Write(&b, report.Data{Hunts: c.hunts})
		if err == nil || !strings.Contains(err.Error(), c.want) || b.Len() > 0 {
			t.Errorf("%v, not %s; %d bytes", err, c.want, b.Len())
		}
	}
	if err := report.Write(io.Discard, report.Data{Name: "A", Hunts: []report.Hunt{{Name: "a", Days: one}}}); err == nil {
		t.Error("a tab has the name A")
	}
	if err := report.Write(io.Discard, report.Data{Name: "mine", Hunts: []report.Hunt{{Name: "names", Days: one}}}); err != nil {
		t.Error(err)
	}
}
