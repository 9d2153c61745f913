package sample

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// members reads the members of an object in their order.
func members(t *testing.T, line string) (keys []string, values map[string]any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(line))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	values = map[string]any{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		keys = append(keys, key.(string))
		values[key.(string)] = value
	}
	return keys, values
}

// columns are those of the SecurityEvent table that the records use.
const columns = ` AccessMask Account AccountType Activity AuthenticationPackageName CallerProcessId CallerProcessName Channel CommandLine
 Computer ElevatedToken EventData EventID EventOriginId EventSourceName FailureReason IpAddress IpPort KeyLength Level LmPackageName
 LogonGuid LogonProcessName LogonType LogonTypeName ManagementGroupName MandatoryLabel NewProcessId NewProcessName ObjectType
 PackageName ParentProcessName PrivilegeList Process ProcessId ProcessName RestrictedAdminMode ServiceName ShareLocalPath ShareName
 SourceComputerId SourceSystem Status SubStatus SubjectAccount SubjectDomainName SubjectLogonId SubjectUserName SubjectUserSid
 TargetAccount TargetDomainName TargetInfo TargetLinkedLogonId TargetLogonGuid TargetLogonId TargetOutboundDomainName
 TargetOutboundUserName TargetServerName TargetSid TargetUserName TargetUserSid Task TenantId TimeCollected TimeGenerated
 TokenElevationType TransmittedServices Type VirtualAccount Workstation WorkstationName _ResourceId `

const created4688 = "TenantId TimeGenerated SourceSystem Account AccountType Computer EventSourceName Channel Task Level EventID Activity " +
	"CommandLine MandatoryLabel NewProcessId NewProcessName ParentProcessName Process ProcessId SubjectAccount SubjectUserName " +
	"SubjectDomainName SubjectLogonId SubjectUserSid TargetAccount TargetUserName TargetDomainName TargetLogonId TargetUserSid " +
	"TokenElevationType SourceComputerId EventOriginId TimeCollected ManagementGroupName Type _ResourceId"

func TestRecords(t *testing.T) {
	cfg := small()
	cfg.Names, cfg.Events, cfg.Impostors = 300, 4_000, 30
	blobs, truth := generate(t, cfg)
	ids := map[string]int{}
	for _, b := range blobs {
		from := folderTime(t, b.name)
		for _, line := range lines(t, []blob{b}, Layout{}) {
			keys, r := members(t, line)
			id := r["EventID"].(json.Number).String()
			ids[id]++
			if len(r) != len(keys) {
				t.Fatalf("a column occurs twice in %s", line)
			}
			for _, key := range keys {
				if !strings.Contains(strings.ReplaceAll(columns, "\n", " "), " "+key+" ") {
					t.Errorf("%s is no column of the table: %s", key, line)
				}
			}
			if at, err := time.Parse("2006-01-02T15:04:05.0000000Z", r["TimeGenerated"].(string)); err != nil || at.Before(from) || !at.Before(from.Add(5*time.Minute)) {
				t.Errorf("%s: TimeGenerated %v (%v)", b.name, r["TimeGenerated"], err)
			}
			if _, err := time.Parse("2006-01-02T15:04:05.0000000Z", r["TimeCollected"].(string)); err != nil {
				t.Error(err)
			}
			if !strings.HasPrefix(r["Activity"].(string), id+" - ") || r["Type"] != "SecurityEvent" {
				t.Errorf("Activity %v, Type %v of %s", r["Activity"], r["Type"], id)
			}
			checkProcess(t, id, keys, r)
		}
	}
	if share := float64(ids["4688"]) / float64(truth.Lines); share < 0.4 || share > 0.6 || len(ids) < 12 {
		t.Errorf("%.2f of the lines are 4688; events are %v", share, ids)
	}
}

// folderTime reads the start of its five minutes from the name of a blob.
func folderTime(t *testing.T, name string) time.Time {
	t.Helper()
	from, err := time.Parse("y=2006/m=01/d=02/h=15/m=04", name[strings.Index(name, "/y=")+1:strings.LastIndexByte(name, '/')])
	if err != nil {
		t.Fatal(err)
	}
	return from
}

// checkProcess checks what a record says of programs.
func checkProcess(t *testing.T, id string, keys []string, r map[string]any) {
	t.Helper()
	path, ok := r["NewProcessName"].(string)
	if !ok {
		path, ok = r["ProcessName"].(string)
	}
	process, named := r["Process"].(string)
	if ok && path != "-" && process != path[strings.LastIndexByte(path, '\\')+1:] || named && process == "" {
		t.Errorf("%s: Process %q of %q", id, process, path)
	}
	if id != "4688" {
		return
	}
	if got := strings.Join(keys, " "); got != created4688 {
		t.Errorf("columns of 4688: %s", got)
	}
	parent := r["ParentProcessName"].(string)
	if !regexp.MustCompile(`^(C|D):\\([^\\]+\\)+[^\\]+$`).MatchString(parent) {
		t.Errorf("parent of %s: %q", path, parent)
	}
	command := r["CommandLine"].(string)
	for _, site := range regexp.MustCompile(`://([^/" ]*)`).FindAllStringSubmatch(command, -1) {
		if !regexp.MustCompile(`\.(example|invalid)$|^[0-9a-f]+$`).MatchString(site[1]) {
			t.Errorf("a command line names a real site: %s", command)
		}
	}
}

// Two thirds of the names are seen once or twice, a few fill the day.
func TestNamesFollowZipf(t *testing.T) {
	for _, cfg := range []Config{Default(), small()} {
		_, truth := generate(t, cfg)
		var counts []int64
		rare := 0
		for _, n := range truth.Processes {
			counts = append(counts, n)
			if n <= 2 {
				rare++
			}
		}
		slices.SortFunc(counts, func(a, b int64) int { return int(b - a) })
		if share := float64(rare) / float64(len(counts)); share < 0.62 || share > 0.72 {
			t.Errorf("%.3f of the names are seen once or twice", share)
		}
		var top int64
		for _, n := range counts[:10] {
			top += n
		}
		if share := float64(top) / float64(truth.ProcessEvents); share < 0.2 || share > 0.5 {
			t.Errorf("the ten commonest names make %.3f of the process events", share)
		}
		if off := len(counts) - cfg.Names; off > 0 || off < -cfg.Names/20 {
			t.Errorf("%d names, asked for %d", len(counts), cfg.Names)
		}
	}
}

// The notebook's rule at its own settings, all pairs: it finds the impostors
// that can be found, none of the others, and few benign pairs.
func TestNotebookFindsWhatItCan(t *testing.T) {
	for seed := range uint64(2) {
		cfg := Default()
		cfg.Seed = seed + 1
		truth, err := Generate(cfg, func(string, []byte) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		pairs := notebook(truth.Processes)
		catchable := 0
		for _, imp := range truth.Impostors {
			want := imp.Passes && imp.Count == 1
			if want {
				catchable++
			}
			if got := slices.Contains(pairs[imp.Process], strings.ToLower(imp.Imitates)); got != want {
				t.Errorf("seed %d: %v, found: %v", cfg.Seed, imp, got)
			}
			delete(pairs, imp.Process)
		}
		benign := 0
		for rare, frequent := range pairs {
			benign += len(frequent)
			t.Logf("benign: %s, %v", rare, frequent)
		}
		if catchable < cfg.Impostors*4/10 || catchable > cfg.Impostors*7/10 || benign < 3 || benign > 25 {
			t.Errorf("seed %d: %d of %d impostors can be found, among %d benign pairs", cfg.Seed, catchable, cfg.Impostors, benign)
		}
	}
}

// notebook compares all frequent with all rare names, as plainly as can be, and
// gives the frequent ones that each rare one resembles.
func notebook(counts map[string]int64) map[string][]string {
	var all []int64
	for _, n := range counts {
		all = append(all, n)
	}
	slices.Sort(all)
	var frequent, rare []string
	for name, n := range counts {
		below, _ := slices.BinarySearch(all, n)
		switch rank := float64(below) / float64(len(all)-1); {
		case rank >= 0.8:
			frequent = append(frequent, name)
		case rank < 0.2:
			rare = append(rare, name)
		}
	}
	pairs := map[string][]string{}
	for _, r := range rare {
		for _, f := range frequent {
			if score := notebookScore(f, r); float64(score) > 0.85 {
				pairs[r] = append(pairs[r], f)
			}
		}
	}
	return pairs
}

func notebookScore(a, b string) float32 {
	i, j := strings.LastIndex(a, "."), strings.LastIndex(b, ".")
	if i < 0 || j < 0 {
		return 0
	}
	if a[i:] == b[j:] {
		a, b = a[:i], b[:j]
	}
	x, y := []rune(a), []rune(b)
	longer := max(len(x), len(y))
	if 20*(longer-min(len(x), len(y))) > 3*longer { // that much is missing: below 0.85 in any case
		return 0
	}
	return float32(float64(longer-distance(x, y)) / float64(longer))
}

// distance is the Damerau-Levenshtein distance without restriction, after Lowrance and Wagner.
func distance(a, b []rune) int {
	far := len(a) + len(b)
	width := len(b) + 2
	d := make([]int, (len(a)+2)*width)
	at := func(i, j int) *int { return &d[(i+1)*width+j+1] }
	*at(-1, -1) = far
	for i := range len(a) + 1 {
		*at(i, -1), *at(i, 0) = far, i
	}
	for j := range len(b) + 1 {
		*at(-1, j), *at(0, j) = far, j
	}
	for i := 1; i <= len(a); i++ {
		match := 0
		for j := 1; j <= len(b); j++ {
			k, l, cost := i-1, match, 1
			for k > 0 && a[k-1] != b[j-1] {
				k--
			}
			if a[i-1] == b[j-1] {
				cost, match = 0, j
			}
			*at(i, j) = min(*at(i-1, j-1)+cost, *at(i, j-1)+1, *at(i-1, j)+1, *at(k-1, l-1)+(i-k-1)+1+(j-l-1))
		}
	}
	return *at(len(a), len(b))
}

func TestImpostorsAreWhatTheyClaim(t *testing.T) {
	cfg := Default()
	cfg.Impostors, cfg.Names = 150, 3_000
	_, truth := generate(t, cfg)
	kinds := map[string]int{}
	for _, imp := range truth.Impostors {
		kinds[imp.Kind]++
		imitated := strings.ToLower(imp.Imitates)
		if imp.Process != strings.ToLower(imp.Name) || truth.Processes[imp.Process] < int64(imp.Count) || truth.Processes[imitated] <= int64(imp.Count) {
			t.Errorf("%v: truth counts %d, and %d of the imitated", imp, truth.Processes[imp.Process], truth.Processes[imitated])
		}
		want := notebookScore(imp.Process, imitated)
		if want > 0 && imp.Similarity != want || imp.Passes != (want > 0.85 && imp.Kind != WrongFolder) {
			t.Errorf("%v: similarity %v, passes %v; recomputed %v", imp, imp.Similarity, imp.Passes, want)
		}
		if catchable := isOneEdit(imp.Kind) || imp.Kind == TrailingSpace || imp.Kind == Extension && len(imp.Imitates) >= 20; imp.Passes != catchable {
			t.Errorf("%v passes: %v", imp, imp.Passes)
		}
		if (imp.Kind == WrongFolder) != (imp.Process == imitated) {
			t.Errorf("%v", imp)
		}
		for _, path := range imp.Paths {
			if strings.HasPrefix(path, sys32) || !strings.HasSuffix(path, `\`+imp.Name) {
				t.Errorf("%v from %q", imp, path)
			}
		}
	}
	for _, kind := range planted() {
		if kinds[kind] == 0 {
			t.Errorf("none of kind %s", kind)
		}
	}
}

// A counter that forgets to look at the event ID must come out wrong.
func TestOtherEventsNameProgramsToo(t *testing.T) {
	blobs, truth := generate(t, small())
	var n int64
	for _, b := range blobs {
		n += int64(bytes.Count(b.data, []byte(`"Process":"`)))
	}
	if n < truth.ProcessEvents*11/10 {
		t.Errorf("%d lines have a Process, %d of them 4688", n, truth.ProcessEvents)
	}
}
