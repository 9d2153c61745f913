package main

import (
	"context"
	"fmt"
	"slices"

	"sparkless/cmd/sparkless/doctor"
	"sparkless/network"
	"sparkless/storage"
)

// networkExport lists the container that the hunt through connections reads.
func (x *exam) networkExport(ctx context.Context) doctor.Finding {
	hunts, err := chosen(x.v)
	if err != nil || !slices.Contains(hunts, network.Name) {
		return doctor.Skip("hunts.detect does not name network")
	}
	container := x.v.text("network.container")
	if container == mainContainer(x.v) {
		return doctor.Skip("it is the export that is looked at above")
	}
	input, err := x.openContainer(container)
	if err != nil {
		return doctor.Fail(usageError{err}, "name the container (network.container), or leave network out of hunts.detect")
	}
	if !fromAccount(x.v) && mayBePlain(x.v) {
		if layout, _, err := storage.FindLayout(ctx, input); err == nil && layout == storage.LayoutPlain {
			return doctor.Pass("%s can be listed: files in no folders of an export", address(container))
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
	return doctor.Pass("%s can be listed, with exports of %d workspace(s): %s", address(container), len(ids), quoted(ids))
}
