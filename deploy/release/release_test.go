package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// made stands for the toolchain: small files that tell what they are.
type made struct {
	fails system
	mode  os.FileMode // of what it writes, which must not matter
}

func (m made) build(_ context.Context, s system, binary string) error {
	if s == m.fails {
		return errors.New("no such compiler")
	}
	return os.WriteFile(binary, []byte("binary of "+s.os+" "+s.arch), m.mode)
}

func (m made) bill(_ context.Context, s system, binary, file string) error {
	text, err := os.ReadFile(binary)
	return errors.Join(err, os.WriteFile(file, []byte("bill of the "+string(text)), m.mode))
}

func (m made) texts(_ context.Context, folder string) error {
	for _, name := range []string{"completion/sparkless.bash", "completion/_sparkless", "man/sparkless.1", "man/sparkless-formats.7"} {
		if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), m.mode); err != nil {
			return err
		}
	}
	return nil
}

func newRelease(t *testing.T, m made) *release {
	t.Helper()
	if _, err := os.Stat("go.mod"); err != nil { // a test may have two
		t.Chdir("../..")
	}
	all, err := systems("")
	if err != nil {
		t.Fatal(err)
	}
	return &release{version: "v1.2.3", date: time.Date(2026, 11, 20, 12, 34, 56, 0, time.FixedZone("", 3600)), out: t.TempDir(), systems: all, parts: m}
}

// The same commit gives the same bytes, whatever the machine's clock and umask are, and
// what lies in the folder.
func TestReleaseIsReproducible(t *testing.T) {
	first, second := newRelease(t, made{mode: 0o644}), newRelease(t, made{mode: 0o700})
	for _, name := range []string{"sparkless_v0_plan9_mips.tar.gz", "sparkless_v0_plan9_mips.zip", sums, "mine.zip"} {
		if err := os.WriteFile(filepath.Join(second.out, name), []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names, err := first.write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := second.write(t.Context()); err != nil || !slices.Equal(names, again) {
		t.Fatalf("%v: %v, want %v", err, again, names)
	}
	want := []string{"sparkless_v1.2.3_linux_amd64.tar.gz", "sparkless_v1.2.3_linux_arm64.tar.gz", "sparkless_v1.2.3_darwin_amd64.tar.gz", "sparkless_v1.2.3_darwin_arm64.tar.gz",
		"sparkless_v1.2.3_windows_amd64.zip", "sparkless_v1.2.3_windows_arm64.zip", sums}
	if !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	for _, name := range names {
		if !bytes.Equal(read(t, first.out, name), read(t, second.out, name)) {
			t.Errorf("%s has other bytes the second time", name)
		}
	}
	left, err := os.ReadDir(second.out)
	if err != nil || len(left) != len(want)+1 || left[0].Name() != "SHA256SUMS" || left[1].Name() != "mine.zip" {
		t.Errorf("left are %v, %v", left, err)
	}
}

func read(t *testing.T, elements ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every archive holds its own binary, which can be started where it is unpacked, below
// one folder, and its sum is right.
func TestArchives(t *testing.T) {
	r := newRelease(t, made{mode: 0o600})
	names, err := r.write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := ""
	for _, name := range names[:len(names)-1] {
		data := read(t, r.out, name)
		lines += fmt.Sprintf("%x  %s\n", sha256.Sum256(data), name)
		unpack, program := untar, "sparkless"
		stem, isZip := strings.CutSuffix(name, ".zip")
		if isZip {
			unpack, program = unzip, "sparkless.exe"
		}
		stem = strings.TrimSuffix(stem, ".tar.gz")
		words := strings.Split(stem, "_")
		binary := "binary of " + words[2] + " " + words[3]
		want := map[string]string{program: "-rwxr-xr-x " + binary, "sbom.cdx.json": "-rw-r--r-- bill of the " + binary,
			"config.yaml":               "-rw-r--r-- " + string(read(t, "config.yaml")),
			"completion/sparkless.bash": "-rw-r--r-- completion/sparkless.bash", "completion/_sparkless": "-rw-r--r-- completion/_sparkless"}
		for _, page := range everyPage(t) {
			want[page] = "-rw-r--r-- " + string(read(t, page))
		}
		if !isZip {
			want["man/sparkless.1"], want["man/sparkless-formats.7"] = "-rw-r--r-- man/sparkless.1", "-rw-r--r-- man/sparkless-formats.7"
		}
		if got := unpack(t, data, stem+"/", r.date); !maps.Equal(got, want) {
			t.Errorf("%s holds %v, want %v", name, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
	if got := string(read(t, r.out, sums)); got != lines {
		t.Errorf("sums\n%swant\n%s", got, lines)
	}
}

// everyPage are the pages of the repository and their pictures: the README leads to all.
func everyPage(t *testing.T) []string {
	t.Helper()
	all := []string{"publish/report/screenshot.png"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if name := d.Name(); err == nil && d.IsDir() && path != "." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "out", "testdata"}, name)) {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			all = append(all, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil || len(all) < 15 {
		t.Fatal(all, err)
	}
	return all
}

// untar is the mode and content of every file below folder.
func untar(t *testing.T, data []byte, folder string, date time.Time) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		text, err2 := io.ReadAll(r)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(date) || h.Uid != 0 || h.Gid != 0 || h.Uname != "" {
			t.Errorf("%s is of %v and %d:%d %q", h.Name, h.ModTime, h.Uid, h.Gid, h.Uname)
		}
		files[strings.TrimPrefix(h.Name, folder)] = h.FileInfo().Mode().String() + " " + string(text)
	}
}

func unzip(t *testing.T, data []byte, folder string, date time.Time) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !f.Modified.Equal(date) {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		files[strings.TrimPrefix(f.Name, folder)] = f.Mode().String() + " " + string(text)
	}
	return files
}

// A system that cannot be built fails the release by its name, and no sums say that all
// is there.
func TestReleaseThatFails(t *testing.T) {
	r := newRelease(t, made{mode: 0o644, fails: system{"darwin", "arm64"}})
	if err := os.WriteFile(filepath.Join(r.out, sums), []byte("of an earlier one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := r.write(t.Context()); err == nil || !strings.Contains(err.Error(), "darwin/arm64: no such compiler") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(r.out, sums)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("sums: %v", err)
	}
	if _, err := systems("linux/mips"); err == nil {
		t.Error("linux/mips is a system")
	}
	if one, err := systems("windows/arm64"); err != nil || !slices.Equal(one, []system{{"windows", "arm64"}}) {
		t.Errorf("%v, %v", one, err)
	}
}

// The real binary's bill of materials names all that `go version -m` does; one that
// lacks a module, or has another version of it, is refused, and so is another system.
func TestBillOfMaterials(t *testing.T) {
	t.Chdir("../..")
	tool, err := filepath.Abs("out/tools/cyclonedx-gomod")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tool); err != nil {
		t.Fatalf("%v: run `make out/tools/cyclonedx-gomod`", err)
	}
	dir, here := t.TempDir(), system{runtime.GOOS, runtime.GOARCH}
	binary, file := filepath.Join(dir, "sparkless"), filepath.Join(dir, "bill")
	tools := &toolchain{version: "v1", commit: "c0ffee", date: "2026-11-20T00:00:00Z", sbom: tool}
	if err := tools.build(t.Context(), here, binary); err != nil {
		t.Fatal(err)
	}
	if err := tools.bill(t.Context(), here, binary, file); err != nil {
		t.Fatal(err)
	}
	if err := checkBill(system{"plan9", here.arch}, binary, file); err == nil {
		t.Error("a binary for plan9")
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil || len(info.Deps) < 20 {
		t.Fatalf("%v, %v", info, err)
	}
	bill := read(t, file)
	for _, m := range info.Deps {
		quoted, err := json.Marshal(m.Path)
		if err != nil {
			t.Fatal(err)
		}
		for _, changed := range [][]byte{
			bytes.ReplaceAll(bill, append([]byte(`"name": `), quoted...), []byte(`"name": "other"`)),
			bytes.ReplaceAll(bill, []byte(`"version": "`+m.Version+`"`), []byte(`"version": "v0"`)),
		} {
			if err := missing(info, changed); err == nil || !strings.Contains(err.Error(), m.Path+"@"+m.Version) {
				t.Errorf("without %s: %v", m.Path, err)
			}
		}
	}
	if err := missing(info, []byte("{}")); err == nil {
		t.Error("no bill at all")
	}
}
