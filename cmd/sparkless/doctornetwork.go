package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/job"
	"sparkless/network"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/printable"
)

// networkExport lists the container that the hunt through connections reads, and looks for
// connections in it.
func (x *exam) networkExport(ctx context.Context) doctor.Finding {
	if !x.hunts(network.Name) {
		return doctor.Skip("hunts.detect does not name network")
	}
	container := x.v.text("network.container")
	if container == mainContainer(x.v) {
		return x.connections(ctx, "it is the export that is looked at above", x.input, x.sample, x.plain)
	}
	input, err := x.openContainer(container)
	if err != nil {
		return doctor.Fail(usageError{err}, "name the container (network.container), or leave network out of hunts.detect")
	}
	if !fromAccount(x.v) && mayBePlain(x.v) {
		if layout, _, err := storage.FindLayout(ctx, input); err == nil && layout == storage.LayoutPlain {
			e, err := storage.ListPlain(ctx, input, time.Unix(0, 0), time.Unix(1<<33, 0))
			if err != nil {
				return doctor.Fail(err, x.exportAdvice(ctx, err, container)...)
			}
			return x.connections(ctx, address(container)+" can be listed: files in no folders of an export", input, sampleOf(e.Blobs), true)
		}
	}
	ids, err := storage.Workspaces(ctx, input, x.v.text("storage.workspace"))
	switch {
	case err != nil:
		return doctor.Fail(err, x.exportAdvice(ctx, err, container)...)
	case len(ids) == 0:
		return doctor.Fail(fmt.Errorf("%s can be listed and holds no export of the workspace", address(container)),
			"the data export rule has to name the table DeviceNetworkEvents, too; its container is there about half an hour after it was made")
	}
	sample, err := x.newestSample(ctx, input)
	if err != nil {
		return doctor.Fail(err, x.exportAdvice(ctx, err, container)...)
	}
	return x.connections(ctx, fmt.Sprintf("%s can be listed, with exports of %d workspace(s): %s", address(container), len(ids), quoted(ids)), input, sample, false)
}

// newestSample is a blob of the newest day of an export, one without a name if there is
// none.
func (x *exam) newestSample(ctx context.Context, input storage.Reader) (b storage.Blob, err error) {
	workspace := x.v.text("storage.workspace")
	newest, err := storage.NewestDay(ctx, input, workspace)
	if err != nil || newest.IsZero() {
		return b, err
	}
	e, err := storage.ListDay(ctx, input, workspace, newest)
	return sampleOf(e.Blobs), err
}

// connections reads the beginning of one blob as the hunt through connections would.
// Listed is what is known of its container.
func (x *exam) connections(ctx context.Context, listed string, input storage.Reader, b storage.Blob, plain bool) doctor.Finding {
	if b.Name == "" {
		return doctor.Warn(listed+"; there is no blob to read", "a data export rule that was just made has written nothing yet: look again in half an hour")
	}
	query := network.New(network.DefaultParams(), job.DefaultConfig().Scope, 1).Spec().Query
	query.Mode, query.Arrays = event.Strict, plain
	found, other, stats, err := connectionsIn(ctx, input, query, b)
	blob := fmt.Sprintf("%q", printable.Whole(b.Name))
	if err != nil {
		return doctor.Fail(fmt.Errorf("%s: %w", blob, err), x.accessAdvice(ctx, err, x.v.text("network.container"), "Storage Blob Data Reader", "r")...)
	}
	text := fmt.Sprintf("%s; the beginning of %s has %d events, %d of them of the network, and %d malformed lines",
		listed, blob, found+other, found, stats.MalformedLines())
	switch {
	case found > 0:
		return doctor.Pass("%s", text)
	case other == 0:
		return hollow(text, stats.MalformedLines())
	}
	advice := []string{"name the container of the table DeviceNetworkEvents: network.container (--network-container)"}
	if looks := fieldsIn(ctx, input, []storage.Blob{b}); looks != "" {
		advice = append(advice, looks)
	}
	return doctor.Fail(errors.New(text), advice...)
}

// connectionsIn counts the events of the beginning of a blob, those that the hunt is about
// and others. So that a large blob of another table is not read to its end, all events are
// asked for: as they are, and if none is of the network, as they may be elsewhere.
func connectionsIn(ctx context.Context, r storage.Reader, q event.Query, b storage.Blob) (found, other int, stats event.Stats, err error) {
	needs, elsewhere := q.Needs, q.Elsewhere
	q.Needs, q.Elsewhere = nil, nil
	for _, q := range []event.Query{q, q.With(elsewhere)} {
		found, other = 0, 0
		stats, err = beginning(ctx, r, q, b, func(r *event.Record) {
			if slices.ContainsFunc(needs, func(column string) bool { return r.Value(slices.Index(q.Columns, column)).Absent() }) {
				other++
			} else {
				found++
			}
		})
		if found > 0 || err != nil {
			break
		}
	}
	return found, other, stats, err
}
