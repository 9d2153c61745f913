package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"sparkless/storage/storagetest/azurite"
)

const exportContainer = "am-securityevent"

// azurePlace keeps everything in Azurite, which processes reach through a proxy
// that counts.
type azurePlace struct {
	server *azurite.Server
	proxy  *http.Server
	url    string // of the account, through the proxy
	reads  atomic.Int64
	export *container.Client
	work   *container.Client
	name   string // of the work container
}

// newAzurePlace starts Azurite and uploads the blobs as Azure Monitor does.
func newAzurePlace(ctx context.Context, blobs []blob) (*azurePlace, error) {
	a := &azurePlace{}
	var err error
	if a.server, err = azurite.Run(ctx); err != nil {
		return nil, err
	}
	if err := a.startProxy(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	if a.export, err = a.container(ctx, exportContainer); err != nil {
		return nil, errors.Join(err, a.close())
	}
	for _, b := range blobs {
		if err := a.put(ctx, b); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

func (a *azurePlace) startProxy() error {
	target, err := url.Parse(string(a.server.Endpoint))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	a.url = "http://" + l.Addr().String() + target.Path
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host },
		ErrorLog: nil, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		// The client was killed: there is nobody to tell.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {},
	}
	blobs := target.Path + "/" + exportContainer + "/"
	a.proxy = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, blobs) {
			a.reads.Add(1)
		}
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = a.proxy.Serve(l) }() // ends with close
	return nil
}

// container makes a container.
func (a *azurePlace) container(ctx context.Context, name string) (*container.Client, error) {
	c, err := container.NewClientFromConnectionString(a.server.Endpoint.ConnectionString(), name, nil)
	if err == nil {
		_, err = c.Create(ctx, nil)
	}
	return c, err
}

func (a *azurePlace) begin(ctx context.Context, round int) ([]string, error) {
	a.name = fmt.Sprintf("work-%d", round)
	var err error
	a.work, err = a.container(ctx, a.name)
	return []string{
		"SPARKLESS_STORAGE_CONNECTION_STRING=" + azurite.Endpoint(a.url).ConnectionString(),
		"SPARKLESS_WORK_CONTAINER=" + a.name,
	}, err
}

func (a *azurePlace) end(ctx context.Context) error {
	_, err := a.work.Delete(ctx, nil)
	return err
}

func (a *azurePlace) put(ctx context.Context, b blob) error {
	client := a.export.NewAppendBlobClient(b.name)
	if _, err := client.Create(ctx, nil); err != nil {
		return err
	}
	_, err := client.AppendBlock(ctx, streaming.NopCloser(bytes.NewReader(b.data)), nil)
	return err
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
	a.server.Stop()
	return err
}
