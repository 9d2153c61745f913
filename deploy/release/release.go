package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// system is an operating system and a processor, as Go names them.
type system struct{ os, arch string }

// systems are those of a release, or the one that only names.
func systems(only string) ([]system, error) {
	var all []system
	for _, os := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			if only == "" || only == os+"/"+arch {
				all = append(all, system{os, arch})
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("-only: %q is no system of a release; they are like linux/arm64", only)
	}
	return all, nil
}

// parts makes what archives are made of. What it writes must follow from the commit
// alone.
type parts interface {
	build(ctx context.Context, s system, binary string) error
	bill(ctx context.Context, s system, binary, file string) error
	texts(ctx context.Context, folder string) error
}

// release is a set of archives.
type release struct {
	version string
	date    time.Time // of the commit
	out     string    // the folder of archives and checksums
	systems []system
	parts   parts
}

// sums is the file of checksums, as sha256sum -c reads it.
const sums = "SHA256SUMS"

// write writes the archives and their checksums in place of earlier ones, and returns
// the names of the files.
func (r *release) write(ctx context.Context) (names []string, err error) {
	scratch, err := os.MkdirTemp("", "sparkless-release-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := r.clear(); err != nil {
		return nil, err
	}
	texts := filepath.Join(scratch, "texts")
	if err := os.Mkdir(texts, 0o755); err != nil {
		return nil, err
	}
	if err := r.parts.texts(ctx, texts); err != nil {
		return nil, err
	}
	var lines strings.Builder
	for _, s := range r.systems {
		name, err := r.archive(ctx, s, scratch, texts)
		if err != nil {
			return names, fmt.Errorf("%s/%s: %w", s.os, s.arch, err)
		}
		data, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return names, err
		}
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(data), name)
		names = append(names, name)
	}
	return append(names, sums), os.WriteFile(filepath.Join(r.out, sums), []byte(lines.String()), 0o644)
}

// clear takes away what an earlier release left, and nothing else.
func (r *release) clear() error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	for _, pattern := range []string{"sparkless_*.tar.gz", "sparkless_*.zip", sums} {
		old, err := filepath.Glob(filepath.Join(r.out, pattern))
		if err != nil {
			return err
		}
		for _, name := range old {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// archive makes the archive of one system and returns its name.
func (r *release) archive(ctx context.Context, s system, scratch, texts string) (string, error) {
	name := fmt.Sprintf("sparkless_%s_%s_%s", r.version, s.os, s.arch)
	program, ending, pack := "sparkless", ".tar.gz", packTar
	if s.os == "windows" {
		program, ending, pack = "sparkless.exe", ".zip", packZip
	}
	binary := filepath.Join(scratch, s.os+"-"+s.arch)
	bill := binary + ".cdx.json"
	if err := r.parts.build(ctx, s, binary); err != nil {
		return "", err
	}
	if err := r.parts.bill(ctx, s, binary, bill); err != nil {
		return "", err
	}
	files := []packed{{program, binary, 0o755}, {"sbom.cdx.json", bill, 0o644}}
	more, err := textFiles(s, texts)
	if err != nil {
		return "", err
	}
	return name + ending, write(filepath.Join(r.out, name+ending), func(f *os.File) error {
		return pack(f, name, append(files, more...), r.date)
	})
}

// textFiles are the files beside the binary: those of the repository, and what was
// written to texts. Windows has no man.
func textFiles(s system, texts string) ([]packed, error) {
	names, err := pages("README.md")
	if err != nil {
		return nil, err
	}
	for _, pattern := range []string{"config.yaml", "LICEN[CS]E*", "NOTICE*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	var files []packed
	for _, name := range names {
		files = append(files, packed{name, filepath.FromSlash(name), 0o644})
	}
	folders := []string{"completion", "man"}
	if s.os == "windows" {
		folders = folders[:1]
	}
	for _, folder := range folders {
		entries, err := os.ReadDir(filepath.Join(texts, folder))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			files = append(files, packed{folder + "/" + e.Name(), filepath.Join(texts, folder, e.Name()), 0o644})
		}
	}
	return files, nil
}

var pageLink = regexp.MustCompile(`\]\(([^)#\s]+)[^)\s]*\)`)

// pages are the first page and all that its links lead to, pictures included: in an
// archive they lead where they do in the repository.
func pages(first string) ([]string, error) {
	all := []string{first}
	for i := 0; i < len(all); i++ {
		if path.Ext(all[i]) != ".md" {
			continue
		}
		text, err := os.ReadFile(filepath.FromSlash(all[i]))
		if err != nil {
			return nil, err
		}
		for _, link := range pageLink.FindAllSubmatch(text, -1) {
			target := string(link[1])
			if strings.Contains(target, "://") {
				continue
			}
			if target = path.Join(path.Dir(all[i]), target); !slices.Contains(all, target) {
				all = append(all, target)
			}
		}
	}
	return all, nil
}
