package image

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"sparkless/storage/storagetest/azurite"
)

// The job with the environment of its container alone, over storage behind TLS, finds
// and delivers what a run over a folder finds on the same sample day. Both take
// yesterday, so where the day turns in between they are no match, and run again.
func findsWhatTheReadmeSays(t *testing.T, root string) {
	today := func() string { return time.Now().UTC().Format(time.DateOnly) }
	day := today()
	want, got, arrived := huntBothWays(t, root)
	if today() != day {
		want, got, arrived = huntBothWays(t, root)
	}
	if got != want {
		t.Fatalf("found in the empty root: %.3000s\nin a folder: %.3000s", got, want)
	}
	findings := decode(t, got)
	if arrived != len(findings) {
		t.Errorf("%d records arrived, want %d", arrived, len(findings))
	}
	for _, line := range readmeFindings(t) {
		if !slices.Contains(findings, line) {
			t.Errorf("the README shows %+v, which is not among %+v", line, findings)
		}
	}
}

// huntBothWays hunts through the sample day of yesterday, as `make run` does and in the
// empty root, and returns the findings of both as JSON lines, and how many records have
// arrived from there.
func huntBothWays(t *testing.T, root string) (folder, image string, arrived int) {
	t.Helper()
	dir := t.TempDir()
	outside(t, filepath.Join(root, "sparkless"), dir, "sample", "--out", "sample")
	folder = outside(t, filepath.Join(root, "sparkless"), dir, "run", "--folder", "sample", "--work-folder", "work", "--format", "jsonl")

	storage, rule := azurite.Start(t), ruleServer(t)
	upload(t, storage, os.DirFS(filepath.Join(dir, "sample", "am-securityevent")))
	front, api := tlsFront(t, string(storage)), tlsFront(t, rule.URL())
	args, env := nightlyJob(t, azurite.Endpoint(front.URL+"/"+azurite.Account), api.URL, rule)
	env = append(env, "SPARKLESS_OUTPUT_FORMAT=jsonl") // all of each finding, to compare
	var runs int
	code, image, text := inRoot{root, env}.run(t, append([]string{"/sparkless"}, args...)...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, text)
	}
	for _, row := range rule.Rows() {
		switch row.Table {
		case streamName:
			arrived++
		case healthStream:
			runs++
		}
	}
	if runs != 1 {
		t.Errorf("%d records of the run arrived: %s", runs, text)
	}
	return folder, image, arrived
}

// outside runs the binary as any other program, without any variable.
func outside(t *testing.T, binary, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = dir, []string{}
	var text strings.Builder
	cmd.Stderr = &text
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, text.String())
	}
	return string(out)
}

// upload puts the files of an export into the container of that name.
func upload(t *testing.T, storage azurite.Endpoint, export fs.FS) {
	t.Helper()
	client, err := container.NewClientFromConnectionString(storage.ConnectionString(), "am-securityevent", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(export, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(export, name)
		if err != nil {
			return err
		}
		_, err = client.NewBlockBlobClient(name).UploadBuffer(t.Context(), data, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// finding is what the README tells of one.
type finding struct {
	Severity string
	Score    int
	Name     string `json:"PotentiallyMaliciousProcess"`
}

func decode(t *testing.T, lines string) []finding {
	t.Helper()
	var all []finding
	for line := range strings.Lines(lines) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// readmeFindings are the lines of the README's first result, without the marks in the
// names.
func readmeFindings(t *testing.T) []finding {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, first, _ := strings.Cut(string(text), "## A first result")
	first, _, _ = strings.Cut(first, "\n## ")
	var all []finding
	for _, m := range regexp.MustCompile(`(?m)^    2026-\d\d-\d\d  (\w+) +(\d+)  (\S+) `).FindAllStringSubmatch(first, -1) {
		score, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, finding{m[1], score, strings.NewReplacer("[", "", "]", "", "<U+202E>", "\u202e").Replace(m[3])})
	}
	if len(all) < 3 {
		t.Fatalf("the README's first result shows %v", all)
	}
	return all
}
