package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sparkless/bench/sample"
	"sparkless/masquerade"
	"sparkless/storage/storagetest/azurite"
)

// documents are the pages of the repository that are for people to read, by their paths
// there: the README, and those beside what they are about.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root := moduleRoot(t)
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "out", "testdata"}, name)):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		all[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fenced is a fenced block of a page.
type fenced struct {
	info string // what stands behind the fence, as in "sh exit=1"
	text string
}

func fencedBlocks(page string) (all []fenced) {
	for _, found := range regexp.MustCompile("(?ms)^```([^\n`]+)\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		all = append(all, fenced{found[1], found[2]})
	}
	return all
}

// Every command of the program on these pages works, in the order of the page, on an
// account with exports. Commands of Azure are read by a shell, and not run; those that
// need a Temporal server (```sh temporal) are read by the program as well.
func TestPagesRun(t *testing.T) {
	connection := accountWithDays(t, time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), time.Now().AddDate(0, 0, -1))
	for name, page := range documents(t) {
		var script strings.Builder
		for _, b := range fencedBlocks(page) {
			if !strings.HasPrefix(b.info, "sh") {
				continue
			}
			if text, err := shell(t, t.TempDir(), "-n").withInput(b.text); err != nil {
				t.Errorf("%s: %v\n%s\n%s", name, err, b.text, text)
			}
			switch {
			case strings.Contains(b.info, "temporal"):
				checkCommands(t, name, b.text)
			case !regexp.MustCompile(`\b(az|docker|kubectl) `).MatchString(b.text):
				script.WriteString(stepOf(b))
			}
		}
		if !strings.Contains(script.String(), "sparkless ") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := shell(t, t.TempDir(), "-eux").withInput(strings.ReplaceAll(script.String(),
				"SPARKLESS_STORAGE_ACCOUNT=mystorage", "SPARKLESS_STORAGE_CONNECTION_STRING='"+connection+"'"))
			if err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

// What pages only show, in indented blocks, is of the program as well.
func TestPagesShowCommands(t *testing.T) {
	found := 0
	for name, page := range documents(t) {
		commands := shownCommands(page)
		found += len(commands)
		checkCommands(t, name, strings.Join(commands, "\n"))
	}
	if found < 30 {
		t.Errorf("%d commands were found", found)
	}
}

// shownCommands are the commands of the program in the indented blocks of a page, each
// on one line.
func shownCommands(page string) (all []string) {
	page = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(page, "")
	page = strings.ReplaceAll(page, "\\\n", "")
	for _, line := range regexp.MustCompile(`(?m)^    (?:\$ )?(sparkless .*)$`).FindAllStringSubmatch(page, -1) {
		all = append(all, line[1])
	}
	return all
}

// checkCommands finds commands of the program that there are not, and flags that these
// have not.
func checkCommands(t *testing.T, page, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
		line, _, _ = strings.Cut(line, " | ")
		words := shellWords(line)
		if len(words) == 0 || words[0] != "sparkless" {
			continue
		}
		cmd, rest, err := testRoot(t).Find(words[1:])
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil {
			err = cmd.ValidateArgs(cmd.Flags().Args())
		}
		if err != nil || cmd.Name() == "sparkless" {
			t.Errorf("%s: %s: %v", page, line, err)
		}
	}
}

// shellWords are the words of a plain command: nothing but single quotes is special.
func shellWords(line string) (all []string) {
	for _, word := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(line, -1) {
		all = append(all, strings.ReplaceAll(word, "'", ""))
	}
	return all
}

// stepOf is a block as a part of a script that ends with the first failure.
func stepOf(b fenced) string {
	_, code, expected := strings.Cut(b.info, "exit=")
	if !expected {
		return b.text
	}
	return "(set +e\n" + b.text + "test $? -eq " + code + ")\n"
}

type shellCommand struct{ *exec.Cmd }

func shell(t *testing.T, dir string, flags string) shellCommand {
	cmd := exec.CommandContext(t.Context(), "bash", flags)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GORACE=atexit_sleep_ms=0"}
	return shellCommand{cmd}
}

func (c shellCommand) withInput(script string) (string, error) {
	c.Stdin = strings.NewReader(script)
	text, err := c.CombinedOutput()
	return string(text), err
}

// accountWithDays is the connection string of an Azurite with exports of these days.
func accountWithDays(t *testing.T, days ...time.Time) string {
	t.Helper()
	endpoint := azurite.Start(t)
	client, err := container.NewClientFromConnectionString(endpoint.ConnectionString(), masquerade.Container, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, day := range days {
		cfg := sample.Default()
		cfg.Day, cfg.Events, cfg.Names, cfg.Hosts = day, 3_000, 300, 10
		_, err := sample.Generate(cfg, func(name string, data []byte) error {
			_, err := client.NewBlockBlobClient(name).Upload(t.Context(), streaming.NopCloser(bytes.NewReader(data)), nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return endpoint.ConnectionString()
}

// What the pages call a setting or a flag is one.
func TestPagesNameWhatThereIs(t *testing.T) {
	keys := map[string]bool{}
	groups := []string{}
	for _, s := range settings() {
		keys[s.key] = true
		group, _, _ := strings.Cut(s.key, ".")
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	flags := map[string]bool{"--help": true, "--version": true}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { flags["--"+f.Name] = true })
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newApp(t.Output(), t.Output()).rootCommand())
	ours := regexp.MustCompile(`^(?:sparkless [a-z -]*)?(--[a-z-]+)`)
	azure := map[string]bool{"--yaml": true, "--image": true, "--template-file": true, "--output": true} // of az, on the pages about it
	for name, page := range documents(t) {
		page = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(page, "")
		for _, code := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(page, -1) {
			key, _, _ := strings.Cut(code[1], " ")
			if ok, _ := regexp.MatchString(`^(`+strings.Join(groups, "|")+`)\.[a-z-]+$`, key); ok && !keys[key] && !strings.HasSuffix(key, ".yaml") && !strings.HasSuffix(key, ".json") {
				t.Errorf("%s: there is no setting %s", name, key)
			}
			for _, flag := range ours.FindAllStringSubmatch(code[1], -1) {
				if !flags[flag[1]] && !azure[flag[1]] {
					t.Errorf("%s: no command has the flag %s", name, flag[1])
				}
			}
		}
	}
}

// A page begins with its name, and a sentence on what it is.
func TestPagesBegin(t *testing.T) {
	for name, page := range documents(t) {
		if !regexp.MustCompile("^# .+\n\n[a-zA-Z`].*\\w").MatchString(page) {
			first, _, _ := strings.Cut(page, "\n")
			t.Errorf("%s begins with %q, and does not say what it is", name, first)
		}
	}
}

// Links within the repository lead somewhere.
func TestPagesLink(t *testing.T) {
	all := documents(t)
	for name, page := range all {
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(page, -1) {
			target, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := name
			if target != "" {
				file = filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
			}
			if _, err := os.Stat(filepath.Join(moduleRoot(t), file)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, link[1])
			}
			if anchor != "" && !slices.Contains(anchorsOf(all[file]), anchor) {
				t.Errorf("%s: %s has no such heading", name, link[1])
			}
		}
	}
}

// anchorsOf are the names that GitHub gives the headings of a page.
func anchorsOf(page string) (all []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		text := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		all = append(all, strings.ReplaceAll(text, " ", "-"))
	}
	return all
}

// The messages that the page on troubles explains are the program's, but for those
// of the platform.
func TestTroublesAreTheProgramsOwn(t *testing.T) {
	page := documents(t)["deploy/troubleshooting.md"]
	ours, _, ok := strings.Cut(page, "## In Container Apps")
	if !ok {
		t.Fatal("where do the platform's messages begin?")
	}
	code := programText(t)
	checked := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|").FindAllStringSubmatch(ours, -1) {
		for _, message := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			checked++
			if !strings.Contains(code, message[1]) {
				t.Errorf("the program never says %q", message[1])
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d messages were found on the page", checked)
	}
}

// programText is the source of everything but tests.
func programText(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	root := moduleRoot(t)
	for _, folder := range []string{"cmd", "job", "storage", "masquerade", "publish"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// The rules of a lifecycle name folders that the work store has, and never those
// whose loss would deliver a day again.
func TestLifecycleSparesReceipts(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "deploy/lifecycle.json"))
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Rules []struct {
			Definition struct {
				Filters struct{ PrefixMatch []string }
			}
		}
	}
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	store := workTable()
	for _, rule := range policy.Rules {
		for _, prefix := range rule.Definition.Filters.PrefixMatch {
			folder, ok := strings.CutPrefix(prefix, defaultWork+"/")
			if !ok || !strings.Contains(store, "\n    "+folder) {
				t.Errorf("the work store has no folder %s", prefix)
			}
			if slices.Contains([]string{"outbox/", "receipts/", "refused/", "locks/"}, folder) {
				t.Errorf("without %s days are delivered again", prefix)
			}
		}
	}
	if len(policy.Rules) == 0 {
		t.Error("there is no rule")
	}
}
