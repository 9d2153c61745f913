package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"sparkless/bench/scene"
)

// azurePlace keeps everything in Azurite, which processes reach through a proxy
// that counts.
type azurePlace struct {
	storage *scene.Storage
	proxy   *scene.Proxy
	reads   atomic.Int64
	export  *container.Client
	work    *container.Client
	name    string // of the work container
}

// newAzurePlace starts Azurite and uploads the blobs as Azure Monitor does.
func newAzurePlace(ctx context.Context, blobs []blob) (*azurePlace, error) {
	a := &azurePlace{}
	var err error
	if a.storage, err = scene.Open(ctx); err != nil {
		return nil, err
	}
	if a.proxy, err = a.storage.Proxy(a.watch); err != nil {
		return nil, errors.Join(err, a.close())
	}
	if a.export, err = a.storage.Container(ctx, scene.Export); err != nil {
		return nil, errors.Join(err, a.close())
	}
	for _, b := range blobs {
		if err := a.put(ctx, b); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

func (a *azurePlace) watch(_ context.Context, r scene.Request) {
	if r.Content && r.Container == scene.Export {
		a.reads.Add(1)
	}
}

func (a *azurePlace) begin(ctx context.Context, round int) ([]string, error) {
	a.name = fmt.Sprintf("work-%d", round)
	var err error
	a.work, err = a.storage.Container(ctx, a.name)
	return []string{
		"SPARKLESS_STORAGE_CONNECTION_STRING=" + scene.ConnectionString(a.proxy.URL),
		"SPARKLESS_WORK_CONTAINER=" + a.name,
	}, err
}

func (a *azurePlace) end(ctx context.Context) error {
	_, err := a.work.Delete(ctx, nil)
	return err
}

func (a *azurePlace) put(ctx context.Context, b blob) error {
	return scene.Append(ctx, a.export, b.name, b.data)
}

func (a *azurePlace) remove(ctx context.Context, b blob) error {
	_, err := a.export.NewBlobClient(b.name).Delete(ctx, nil)
	return err
}

// unlock ends the leases of locks that say that a dead process holds them.
func (a *azurePlace) unlock(ctx context.Context, dead map[int]bool) error {
	pages := a.work.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: to.Ptr("locks/"),
		Include: container.ListBlobsInclude{Metadata: true}})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Segment.BlobItems {
			if err := a.breakLease(ctx, item, dead); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *azurePlace) breakLease(ctx context.Context, lock *container.BlobItem, dead map[int]bool) error {
	state, holder := lock.Properties.LeaseState, lock.Metadata["pid"]
	if state == nil || *state != lease.StateTypeLeased || holder == nil {
		return nil
	}
	if pid, err := strconv.Atoi(*holder); err != nil || !dead[pid] {
		return err
	}
	held, err := lease.NewBlobClient(a.work.NewBlobClient(*lock.Name), nil)
	if err == nil {
		_, err = held.BreakLease(ctx, &lease.BlobBreakOptions{BreakPeriod: to.Ptr[int32](0)})
	}
	return err
}

func (a *azurePlace) opened() int64 { return a.reads.Load() }

func (a *azurePlace) leftovers() (int, error) { return 0, nil } // a blob is put whole

func (a *azurePlace) close() error {
	var err error
	if a.proxy != nil {
		err = a.proxy.Close()
	}
	a.storage.Close()
	return err
}
