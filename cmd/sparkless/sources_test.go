package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"sparkless/storage/storagetest/azurite"
)

// object is an event as JSON has it.
type object = map[string]any

// eventsOfDay are the events of a small sample day, to the millisecond, which is as
// exactly as other sources tell the time.
func eventsOfDay(t *testing.T) (day string, all []object) {
	t.Helper()
	day = smallDay(t, func(_ string, data []byte) error {
		for line := range bytes.Lines(data) {
			var o object
			if err := json.Unmarshal(line, &o); err != nil {
				return err
			}
			at, err := time.Parse(time.RFC3339Nano, o["TimeGenerated"].(string))
			if err != nil {
				return err
			}
			o["TimeGenerated"] = at.Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
			all = append(all, o)
		}
		return nil
	})
	return day, all
}

// text is a member of an event, "" if it is none.
func text(o object, key string) string { s, _ := o[key].(string); return s }

// isCreation reports whether the event is a process creation.
func isCreation(o object) bool { return fmt.Sprint(o["EventID"]) == "4688" }

const otherProvider = "Microsoft-Windows-Kernel-General"

// provider is who wrote the event; of an ID of Sysmon's that another source uses too,
// that one.
func provider(o object, of string) string {
	if isCreation(o) {
		return of
	}
	return otherProvider
}

// put sets what is there.
func put(o object, key, value string) {
	if value != "" {
		o[key] = value
	}
}

// account takes DOMAIN\name apart.
func account(o object) (domain, name string) {
	domain, name, ok := strings.Cut(text(o, "Account"), `\`)
	if !ok {
		return "", domain
	}
	return domain, name
}

// loosened writes some keys of objects with dots.
func loosened(r *rand.Rand, o object) object {
	out := object{}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		below, ok := o[key].(object)
		if !ok {
			out[key] = o[key]
			continue
		}
		below = loosened(r, below)
		if r.IntN(2) == 0 {
			out[key] = below
			continue
		}
		for k, v := range below {
			out[key+"."+k] = v
		}
	}
	return out
}

// flattened writes all keys of objects with dots.
func flattened(prefix string, o, into object) object {
	for key, v := range o {
		if below, ok := v.(object); ok {
			flattened(prefix+key+".", below, into)
		} else {
			into[prefix+key] = v
		}
	}
	return into
}

// inFiles writes events as files of one kind, in folders of any depth.
func inFiles(t *testing.T, kind string, events []object) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for i, part := range [][]object{events[:len(events)/3], events[len(events)/3 : len(events)/2], events[len(events)/2:]} {
		name := strings.Repeat("more/", i) + "events"
		switch kind {
		case "array":
			data, err := json.MarshalIndent(part, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			files[name+".json"] = data
		case "parquet":
			files[name+".parquet"] = textRows(t, part)
		default:
			files[name+"."+kind] = jsonLines(t, part, strings.HasSuffix(kind, "gz"))
		}
	}
	return files
}

func jsonLines(t *testing.T, events []object, zipped bool) []byte {
	t.Helper()
	var b, packed bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, o := range events {
		if err := enc.Encode(o); err != nil {
			t.Fatal(err)
		}
	}
	if !zipped {
		return b.Bytes()
	}
	z := gzip.NewWriter(&packed)
	_, err := z.Write(b.Bytes())
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// textRows are rows of optional texts.
func textRows(t *testing.T, events []object) []byte {
	return parquetOf(t, events, parquet.Group{})
}

// parquetOf are rows of optional texts, but for the columns whose type is given.
func parquetOf(t *testing.T, events []object, types parquet.Group) []byte {
	t.Helper()
	group := parquet.Group{}
	flat := make([]object, len(events))
	for i, o := range events {
		flat[i] = flattened("", o, object{})
		for key := range flat[i] {
			if group[key] = parquet.Optional(parquet.String()); types[key] != nil {
				group[key] = parquet.Optional(types[key])
			}
		}
	}
	var b bytes.Buffer
	w := parquet.NewWriter(&b, parquet.NewSchema("spark_schema", group), parquet.Compression(&parquet.Snappy))
	columns := slices.Sorted(maps.Keys(group))
	for _, o := range flat {
		row := make(parquet.Row, len(columns))
		for i, key := range columns {
			v, level := parquet.NullValue(), 0
			if o[key] != nil {
				v, level = cellOf(o[key], types[key]), 1
			}
			row[i] = v.Level(0, level, i)
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func cellOf(v any, node parquet.Node) parquet.Value {
	switch x := v.(type) {
	case float64:
		v = int64(x)
	case []any:
		v = "[]"
	}
	if node == nil {
		return parquet.ValueOf(fmt.Sprint(v))
	}
	if node.Type().Kind() == parquet.Int32 {
		return parquet.ValueOf(int32(v.(int64)))
	}
	at, _ := time.Parse(time.RFC3339Nano, v.(string))
	if node.Type().Kind() == parquet.Int96 {
		var b [12]byte
		binary.LittleEndian.PutUint64(b[:], uint64(at.Sub(at.Truncate(24*time.Hour))))
		binary.LittleEndian.PutUint32(b[8:], uint32(at.Unix()/86400+2440588))
		return parquet.ValueOf(deprecated.Int96{binary.LittleEndian.Uint32(b[:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])})
	}
	return parquet.ValueOf(at.UnixMicro())
}

// store writes files below a folder.
func store(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// huntIn runs over a day, and returns the findings as they are published.
func huntIn(t *testing.T, code int, name string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "found.jsonl")
	inProcess(t, code, append([]string{"run", "--scope", "estate", "--self-test=false", "--work-folder", filepath.Join(dir, "work"), "--out", file}, args...)...)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(data)
}

// A day gives the same findings, byte for byte, from every source in every kind of
// file, keys nested or not.
func TestSameFindingsFromEverySource(t *testing.T) {
	t.Chdir(t.TempDir())
	day, events := eventsOfDay(t)
	store(t, "export", map[string][]byte{exportBlob(day): jsonLines(t, events, false)})
	want := huntIn(t, 3, "export", "--folder", "export", "--day", day)
	if strings.Count(want, "\n") < 3 {
		t.Fatalf("only these findings:\n%s", want)
	}
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"jsonl", "json.gz", "array", "parquet", "gz", "ndjson"}
	for i, s := range sourceShapes() {
		for k := range kinds {
			kind := kinds[k]
			if k%2 == i%2 && kind != "array" || s.name == "dump" && kind == "parquet" { // of each source half of them
				continue
			}
			converted := make([]object, len(events))
			for i, o := range events {
				if converted[i] = s.convert(o); s.name != "evtx" || r.IntN(2) == 0 {
					converted[i] = loosened(r, converted[i])
				}
			}
			r.Shuffle(len(converted), func(i, j int) { converted[i], converted[j] = converted[j], converted[i] })
			name := s.name + "-" + kind
			files := inFiles(t, kind, converted)
			files["readme.txt"], files["_SUCCESS"], files["more/.hidden.json"] = []byte("x"), nil, []byte("x")
			store(t, name, files)
			args := append([]string{"--folder", name, "--all"}, s.args...)
			if r.IntN(2) == 0 {
				args = append(args, "--workers", "3", "--shard-size", "20kB", "--strict")
			}
			if got := huntIn(t, 0, name, args...); got != want {
				t.Errorf("%s: %d findings, want %d", name, strings.Count(got, "\n"), strings.Count(want, "\n"))
			}
		}
	}
}

// exportBlob is the name of a blob of a continuous export.
func exportBlob(day string) string {
	at, _ := time.Parse(time.DateOnly, day)
	return "WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w/" + at.Format("y=2006/m=01/d=02/") + "h=07/m=00/PT05M.json"
}

// What export jobs and Spark write gives the same findings as the export does.
func TestSameFindingsFromExportJobsAndSpark(t *testing.T) {
	t.Chdir(t.TempDir())
	day, events := eventsOfDay(t)
	store(t, "export", map[string][]byte{exportBlob(day): jsonLines(t, events, false)})
	want := huntIn(t, 3, "export", "--folder", "export", "--day", day)
	at, _ := time.Parse(time.DateOnly, day)
	byHour := make([][]object, 24)
	for _, o := range events {
		t, _ := time.Parse(time.RFC3339Nano, text(o, "TimeGenerated"))
		byHour[t.Hour()] = append(byHour[t.Hour()], o)
	}
	micros, julian := parquet.Group{"TimeGenerated": parquet.Timestamp(parquet.Microsecond), "EventID": parquet.Int(32)}, parquet.Group{"TimeGenerated": parquet.Leaf(parquet.Int96Type)}
	const job = "workspaceId/0a1b2c3d-0000-4000-8000-00000000000f/jobId/7/"
	stamped, parted := map[string][]byte{}, map[string][]byte{}
	for hour, part := range byHour {
		of := at.Add(time.Duration(hour) * time.Hour)
		stamped[job+"timestamp="+of.Format("2006-01-02T15")+"/part-0.snappy.parquet"] = parquetOf(t, part, micros)
		parted[job+of.Format("year=2006/month=01/day=02/hour=15/")+"part-0.parquet"] = parquetOf(t, part, julian)
	}
	markers := func(files map[string][]byte) map[string][]byte {
		for name := range maps.Clone(files) {
			dir := name[:strings.LastIndex(name, "/")+1]
			files[dir+"_SUCCESS"], files[dir+"_committed_12"], files[dir+".part-0.parquet.crc"] = nil, []byte("{}"), []byte("crc")
		}
		return files
	}
	for name, files := range map[string]map[string][]byte{
		"stamped": stamped, "parted": parted,
		"spark": markers(map[string][]byte{at.Format("year=2006/month=1/day=2/") + "part-00000-x-c000.snappy.parquet": parquetOf(t, events, micros)}),
		"dated": markers(map[string][]byte{"date=" + day + "/part-00000.parquet": parquetOf(t, events, julian), "date=2020-01-01/part-0.parquet": []byte("never read")}),
		"flatly": markers(map[string][]byte{"part-00000.parquet": parquetOf(t, events[:100], micros), "part-00001.parquet": parquetOf(t, events[100:200], julian),
			"part-00002.parquet": textRows(t, events[200:300]), "part-00003.json": jsonLines(t, events[300:], false)}),
	} {
		store(t, name, files)
		if got := huntIn(t, 0, name, "--folder", name, "--day", day); got != want {
			t.Errorf("%s: %d findings, want %d", name, strings.Count(got, "\n"), strings.Count(want, "\n"))
		}
	}
	if err := os.Remove(filepath.Join("stamped", filepath.FromSlash(job+"timestamp="+day+"T03/part-0.snappy.parquet"))); err != nil {
		t.Fatal(err)
	}
	_, log := inProcess(t, 3, "run", "--folder", "stamped", "--day", day)
	if !strings.Contains(log, `"hours":"03"`) {
		t.Errorf("the missing hour is not named: %s", log)
	}
}

// Plain files and those of an export job are read from a container, too: the first only
// where that is said, since a mistyped name must not have all of a container read.
func TestOtherSourcesInAContainer(t *testing.T) {
	endpoint := azurite.Start(t)
	t.Chdir(t.TempDir())
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", "")
	day, events := eventsOfDay(t)
	store(t, "export", map[string][]byte{exportBlob(day): jsonLines(t, events, false)})
	want := huntIn(t, 3, "export", "--folder", "export", "--day", day)
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", endpoint.ConnectionString())
	converted := make([]object, len(events))
	for i, o := range events {
		converted[i] = toWinlogbeat(o)
	}
	for name, c := range map[string]struct {
		code  int
		files map[string][]byte
		args  []string
	}{
		"lines":  {0, inFiles(t, "jsonl", events), []string{"--layout", "plain", "--day", day}},
		"zipped": {0, inFiles(t, "gz", converted), []string{"--layout", "plain", "--all", "--fields", "winlogbeat"}},
		"arrays": {0, inFiles(t, "array", converted), []string{"--layout", "plain", "--all", "--fields", "winlogbeat"}},
		"job":    {3, map[string][]byte{"workspaceId/0a1b2c3d-0000-4000-8000-00000000000f/jobId/7/timestamp=" + day + "T07/part-0.parquet": textRows(t, events)}, []string{"--day", day}},
	} {
		client, err := container.NewClientFromConnectionString(endpoint.ConnectionString(), name, nil)
		if err == nil {
			_, err = client.Create(t.Context(), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		for blob, data := range c.files {
			if _, err := client.NewBlockBlobClient(blob).Upload(t.Context(), streaming.NopCloser(bytes.NewReader(data)), nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := huntIn(t, c.code, name, append([]string{"--container", name}, c.args...)...); got != want {
			t.Errorf("%s: %d findings, want %d", name, strings.Count(got, "\n"), strings.Count(want, "\n"))
		}
	}
	if _, log := inProcess(t, 3, "run", "--container", "lines", "--day", day); !strings.Contains(log, "storage.layout plain") {
		t.Errorf("the way to read plain files is not told: %s", log)
	}
	if _, log := inProcess(t, 2, "run", "--container", "lines", "--all"); !strings.Contains(log, "storage.layout") {
		t.Errorf("why not all is read is not told: %s", log)
	}
}
