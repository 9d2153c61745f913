// Package image holds the image of sparkless. What can be known of it without an
// engine is tested here: what its Dockerfile says, and how its content behaves as the
// read-only root of a process.
package image

import (
	"bufio"
	"encoding/json"
	"errors"
	"go/version"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// repository is the root of the build's context.
const repository = "../.."

// userID is who runs the image, user and group.
const userID = 65532

// instruction is one of a Dockerfile, its lines joined.
type instruction struct {
	name, rest string
	stage      int // 0 before the first FROM
}

func readDockerfile(t *testing.T, path string) []instruction {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []instruction
	stage, joined := 0, ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if begin, more := strings.CutSuffix(line, `\`); more {
			joined += begin
			continue
		}
		name, rest, _ := strings.Cut(joined+line, " ")
		if joined = ""; name == "FROM" {
			stage++
		}
		all = append(all, instruction{name, strings.TrimSpace(rest), stage})
	}
	return all
}

// inStage are the arguments of the instructions of a name in a stage.
func inStage(all []instruction, stage int, name string) []string {
	var rests []string
	for _, i := range all {
		if i.stage == stage && i.name == name {
			rests = append(rests, i.rest)
		}
	}
	return rests
}

// The last stage is the image: of nothing but what the first one made, for a user whose
// number tells that he is not root, and without arguments it runs the job.
func TestImageIsEmptyAndNotRoot(t *testing.T) {
	all := readDockerfile(t, "Dockerfile")
	if from := inStage(all, 2, "FROM"); !slices.Equal(from, []string{"scratch"}) || len(inStage(all, 3, "FROM")) > 0 {
		t.Errorf("the last stage is from %v", from)
	}
	user := inStage(all, 2, "USER")
	if len(user) != 1 {
		t.Fatalf("USER %v", user)
	}
	for _, id := range strings.Split(user[0], ":") {
		if n, err := strconv.Atoi(id); err != nil || n < 1000 {
			t.Errorf("USER %s: %q is not the number of somebody who is not root", user[0], id)
		}
	}
	if user[0] != strconv.Itoa(userID)+":"+strconv.Itoa(userID) {
		t.Errorf("USER %s, but the proof runs as %d", user[0], userID)
	}
	for name, want := range map[string]string{"ENTRYPOINT": `["/sparkless"]`, "CMD": `["run"]`, "COPY": "--from=build /image /"} {
		if got := inStage(all, 2, name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"RUN", "SHELL", "ADD", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK"} {
		if got := inStage(all, 2, name); len(got) > 0 {
			t.Errorf("%s %q in the image", name, got)
		}
	}
}

// The binary and the certificates come from the Makefile's target alone, which is what
// the proof makes, too; so flags cannot be other ones. The builder's system is the
// machine's, the binary's is the one that is asked for.
func TestImageIsMadeByTheMakefile(t *testing.T) {
	all := readDockerfile(t, "Dockerfile")
	from := inStage(all, 1, "FROM")
	base := regexp.MustCompile(`^--platform=\$BUILDPLATFORM golang:(\d+\.\d+)\.(\d+)-trixie(@sha256:[0-9a-f]{64})? AS build$`).FindStringSubmatch(from[0])
	if base == nil {
		t.Fatalf("the base %q is not an exact version for the builder's machine", from[0])
	}
	has, wants := "go"+base[1]+"."+base[2], "go"+goOfModule(t)
	if version.Compare(has, wants) < 0 || version.Lang(has) != version.Lang(wants) {
		t.Errorf("the base has %s, go.mod asks for %s", has, wants)
	}
	want := []string{"go mod download", `make image-root ROOT=/image GOOS="$TARGETOS" GOARCH="$TARGETARCH" VERSION="$VERSION" COMMIT="$COMMIT" DATE="$DATE"`}
	if run := inStage(all, 1, "RUN"); !slices.Equal(run, want) {
		t.Errorf("RUN %q, want %q", run, want)
	}
	// A default of its own would go before the platform that is asked for.
	for _, arg := range []string{"TARGETOS", "TARGETARCH"} {
		if !slices.Contains(inStage(all, 1, "ARG"), arg) {
			t.Errorf("ARG %s is missing, or has a default", arg)
		}
	}
	if len(inStage(all, 0, "ARG")) > 0 {
		t.Error("an ARG before the first FROM goes before the builder's own")
	}
}

// goOfModule is the version that go.mod asks for.
func goOfModule(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.GoVersion}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// What the image is labelled with is what the binary is stamped with.
func TestImageIsLabelled(t *testing.T) {
	all := readDockerfile(t, "Dockerfile")
	labels := strings.Join(inStage(all, 2, "LABEL"), " ")
	for label, value := range map[string]string{"title": "sparkless", "version": "$VERSION", "revision": "$COMMIT", "created": "$DATE"} {
		if !strings.Contains(labels, `org.opencontainers.image.`+label+`="`+value+`"`) {
			t.Errorf("no label %s of %s in %s", label, value, labels)
		}
	}
	for stage := 1; stage <= 2; stage++ {
		for _, arg := range []string{"VERSION=dev", "COMMIT", "DATE"} {
			if !slices.Contains(inStage(all, stage, "ARG"), arg) {
				t.Errorf("stage %d has no ARG %s", stage, arg)
			}
		}
	}
	for _, target := range []string{"image", "image-acr"} {
		out := dryMake(t, target, "REGISTRY=soc", "VERSION=v9", "COMMIT=c0ffee", "DATE=2026-11-20T00:00:00Z")
		for _, arg := range []string{"VERSION=v9", "COMMIT=c0ffee", "DATE=2026-11-20T00:00:00Z"} {
			if !strings.Contains(out, "--build-arg "+arg) {
				t.Errorf("make %s hands on no %s: %s", target, arg, out)
			}
		}
	}
}

// The builder of an Azure registry knows no build platform: its scanner stops at
// options of FROM (Azure/acr-builder, scan/dependencies.go), and BuildKit's other options are
// unknown to it. What `make image-acr` hands to it must do without.
func TestRegistryBuildsIt(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile(`(?m)^sed '([^']+)'`).FindStringSubmatch(dryMake(t, "image-acr", "REGISTRY=soc"))
	if script == nil {
		t.Fatal("no sed in make image-acr")
	}
	sed := exec.Command("sed", script[1])
	sed.Stdin = strings.NewReader(string(text))
	plain, err := sed.Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(path, plain, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, i := range readDockerfile(t, path) {
		words := strings.Fields(i.rest)
		if i.name == "FROM" && len(words) != 1 && (len(words) != 3 || words[1] != "AS") {
			t.Errorf("FROM %s is not understood there", i.rest)
		}
		if strings.HasPrefix(i.rest, "--") && !strings.HasPrefix(i.rest, "--from=build ") || strings.Contains(i.rest, "<<") || strings.Contains(i.rest, "BUILDPLATFORM") {
			t.Errorf("%s %s needs BuildKit", i.name, i.rest)
		}
	}
}

// dryMake is what make would do.
func dryMake(t *testing.T, args ...string) string {
	t.Helper()
	out, err := makeCommand(append([]string{"-n"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("make -n %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// makeCommand runs make at the root, as nobody's child.
func makeCommand(args ...string) *exec.Cmd {
	cmd := exec.Command("make", append([]string{"-s", "-C", repository}, args...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "MAKE") || strings.HasPrefix(pair, "MFLAGS=")
	})
	return cmd
}

// The context holds every file that the binary is made of, on every system of the
// image, and none of what changes without it.
func TestContextHoldsWhatIsNeeded(t *testing.T) {
	ignored := ignoredBy(t)
	needed := map[string]bool{"go.mod": true, "go.sum": true, "Makefile": true}
	for _, arch := range []string{"amd64", "arm64"} {
		maps.Copy(needed, filesOfBinary(t, arch))
	}
	if len(needed) < 100 {
		t.Fatalf("the binary is made of %d files", len(needed))
	}
	for path := range needed {
		if ignored(path) {
			t.Errorf("%s is needed and not in the context", path)
		}
	}
	for _, path := range []string{".git/HEAD", ".git/objects/ab/cdef", "out/x", "bin/sparkless", "sparkless-work/locks/x", ".env", "README.md", "masquerade/README.md", "config.yaml", "deploy/image/Dockerfile",
		"storage/storagetest/azurite/node_modules/azurite/package.json", "cmd/sparkless/main_test.go", "cmd/sparkless/testdata/script/help.txtar", "bench/runs/x.txt"} {
		if !ignored(path) {
			t.Errorf("%s is in the context", path)
		}
	}
}

// ignoredBy reads .dockerignore as Docker does.
func ignoredBy(t *testing.T) func(path string) bool {
	t.Helper()
	f, err := os.Open(filepath.Join(repository, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	patterns, err := ignorefile.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) bool {
		yes, err := m.MatchesOrParentMatches(path)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
}

// filesOfBinary are our own files that the Go command reads for the binary.
func filesOfBinary(t *testing.T, arch string) map[string]bool {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-tags", "timetzdata", "-json=Dir,GoFiles,EmbedFiles,SFiles,Module", "./cmd/sparkless")
	cmd.Dir = repository
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir                         string
			GoFiles, EmbedFiles, SFiles []string
			Module                      *struct{ Main bool }
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return files
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.EmbedFiles, p.SFiles) {
			rel, err := filepath.Rel(root, filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.ToSlash(rel)] = true
		}
	}
}
