package main

import (
	"context"
	"fmt"
	"time"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/storage"
)

// plainFiles looks for files that are in no folders of an export; plain says whether
// they are what a run would read.
func (x *exam) plainFiles(ctx context.Context) (found doctor.Finding, plain bool) {
	layout := x.draft.Layout
	if layout == storage.LayoutAuto && mayBePlain(x.v) {
		var err error
		if layout, _, err = storage.FindLayout(ctx, x.input); err != nil {
			return doctor.Fail(err, x.exportAdvice(ctx, err, mainContainer(x.v))...), true
		}
	}
	if layout != storage.LayoutPlain {
		return found, false
	}
	e, err := storage.ListPlain(ctx, x.input, time.Unix(0, 0), time.Unix(1<<33, 0))
	if err != nil {
		return doctor.Fail(err, x.exportAdvice(ctx, err, mainContainer(x.v))...), true
	}
	x.plain, x.sample = true, sampleOf(e.Blobs)
	if len(e.Blobs) == 0 {
		return doctor.Fail(fmt.Errorf("%s can be listed and holds no .json, .jsonl, .ndjson, .gz, .zst or .parquet file", address(x.draft.Source)), x.emptyAdvice()...), true
	}
	return doctor.Pass("%s can be listed: %s, in no folders of an export", address(x.draft.Source), blobsOf(e)), true
}
