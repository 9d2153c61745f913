package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// result is what came of a run: what it kept, what it sent, and what it wrote.
type result struct {
	objects map[string][]byte // of the work store: outbox and profiles
	rows    []string          // that the destinations took, sorted
	files   map[string][]byte // of findings, and stdout
}

// result reads what came of the play, with the files of one process.
func (p *play) result(ctx context.Context, r *replica) (*result, error) {
	t := &result{objects: map[string][]byte{}, files: map[string][]byte{}}
	for _, prefix := range []string{"outbox/", "profiles/"} {
		if err := p.keep(ctx, prefix, t.objects); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	t.rows = slices.Sorted(slices.Values(p.rows))
	p.mu.Unlock()
	t.files["stdout"] = []byte(r.out.String())
	names, err := filepath.Glob(filepath.Join(r.folder, "findings-*"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if t.files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// keep reads the objects of the work store below a prefix.
func (p *play) keep(ctx context.Context, prefix string, into map[string][]byte) error {
	pages := p.work.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: to.Ptr(prefix)})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Segment.BlobItems {
			resp, err := p.work.NewBlobClient(*item.Name).DownloadStream(ctx, nil)
			if err != nil {
				return err
			}
			data, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				return err
			}
			into[*item.Name] = data
		}
	}
	return nil
}

// equal says how a result differs from the truth.
func (t *result) equal(truth *result) error {
	if err := sameFiles("object", t.objects, truth.objects); err != nil {
		return err
	}
	if err := sameFiles("file", t.files, truth.files); err != nil {
		return err
	}
	return sameRows(t.rows, truth.rows)
}

func sameFiles(what string, got, want map[string][]byte) error {
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		return fmt.Errorf("there are the %ss %v, want %v", what, g, w)
	}
	for name, data := range want {
		if !bytes.Equal(got[name], data) {
			return fmt.Errorf("%s %s: its %d bytes are not the %d of the local engine: %s", what, name, len(got[name]), len(data), difference(got[name], data))
		}
	}
	return nil
}

// difference shows where two texts part.
func difference(got, want []byte) string {
	const around = 60
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	cut := func(b []byte) []byte { return b[max(0, min(i-around, len(b))):min(i+around, len(b))] }
	return fmt.Sprintf("at byte %d: %q, want %q", i, cut(got), cut(want))
}

// sameRows: the destinations took the same records, each as often.
func sameRows(got, want []string) error {
	often := map[string]int{}
	for _, r := range want {
		often[r]++
	}
	for _, r := range got {
		often[r]--
	}
	for _, r := range slices.Sorted(maps.Keys(often)) {
		shown := strings.ReplaceAll(r, "\x00", ", ")
		switch n := often[r]; {
		case n > 0:
			return fmt.Errorf("%d records came, want %d: this one did not come: %s", len(got), len(want), shown)
		case n < 0:
			return fmt.Errorf("%d records came, want %d: this one came too often: %s", len(got), len(want), shown)
		}
	}
	return nil
}
