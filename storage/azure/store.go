package azure

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"sparkless/storage"
)

// idleConnections is how many connections are kept for the next requests: more
// than anyone makes at once. Their number is not bounded here, since whoever reads
// several bodies side by side could wait for himself; callers bound it.
const idleConnections = 1024

// maxPut is the most that the service takes in one request, which is what makes
// Put atomic. (Microsoft Learn, "Put Blob", service version 2019-12-12 and later.)
const maxPut = 5000 << 20

// Store is a container. It may be used from many goroutines.
type Store struct {
	client    *container.Client
	transport *http.Transport
	account   string
	container string
	pageSize  *int32 // of listings; nil for the service's own
}

// New returns the Store that c describes. It sends nothing yet: a wrong account
// or a missing right shows at the first use.
func New(c Config) (*Store, error) {
	t, err := c.resolve()
	if err != nil {
		return nil, err
	}
	s := &Store{account: t.account, container: c.Container, transport: newTransport()}
	options := &container.ClientOptions{ClientOptions: policy.ClientOptions{
		// Redirects are not followed: a signature must not travel to another host.
		Transport: &http.Client{Transport: s.transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
		// storage.Retry repeats from outside, and resumes bodies as well.
		Retry:     policy.RetryOptions{MaxRetries: 3, MaxRetryDelay: 20 * time.Second},
		Telemetry: policy.TelemetryOptions{ApplicationID: "sparkless"},
	}}
	s.client, err = newClient(t, c, options)
	return s, err
}

func newClient(t target, c Config, options *container.ClientOptions) (*container.Client, error) {
	address := t.service + "/" + c.Container
	switch {
	case !t.key.Empty():
		key, err := container.NewSharedKeyCredential(t.account, t.key.Reveal())
		if err != nil {
			return nil, invalid("storage.account-key is not in base64")
		}
		return container.NewClientWithSharedKeyCredential(address, key, options)
	case !t.sas.Empty():
		return container.NewClientWithNoCredential(address+"?"+t.sas.Reveal(), options)
	}
	token, err := Credential(c.ClientID)
	if err != nil {
		return nil, err
	}
	return container.NewClient(address, token, options)
}

// Credential finds the identity to sign in with at any service of Azure: the
// user-assigned managed identity with this client ID, or where that is empty
// whatever azidentity.DefaultAzureCredential finds. It sends nothing yet. Errors
// of GetToken fit into one line, and are storage.ErrDenied unless they may pass.
func Credential(clientID string) (azcore.TokenCredential, error) {
	if err := checkClientID(clientID); err != nil {
		return nil, err
	}
	if clientID != "" {
		token, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(clientID)})
		if err != nil {
			return nil, invalid("storage.client-id: %s", oneLine(err.Error()))
		}
		return credential{token}, nil
	}
	token, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, invalid("signing in: %s", oneLine(err.Error()))
	}
	return credential{token}, nil
}

// newTransport is made for many range reads at once from one host. HTTP/2 would
// put them all on one connection, and compression would change the bytes of
// blobs that are stored compressed.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   15 * time.Second,
		ResponseHeaderTimeout: 90 * time.Second, // more than the service's own limit for small requests
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   idleConnections,
		DisableCompression:    true,
		Protocols:             protocols,
	}
}

// Close drops idle connections. Bodies that are open stay readable.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// List implements storage.Reader. It keeps the whole list (about 0.3 kB for each
// blob) before it yields the first one: accounts with a hierarchical namespace
// list "a/b" before "a-b", and only all of them can be put into byte order.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		blobs, err := s.list(ctx, prefix)
		if err != nil {
			yield(storage.Blob{}, s.failure(ctx, "listing", "", err))
			return
		}
		for _, b := range blobs {
			if !yield(b, nil) {
				return
			}
		}
	}
}

func (s *Store) list(ctx context.Context, prefix string) ([]storage.Blob, error) {
	var blobs []storage.Blob
	if !utf8.ValidString(prefix) {
		return nil, ctx.Err() // no blob has such a name, and the service has no word for it
	}
	pager := s.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
		Prefix: &prefix, MaxResults: s.pageSize,
		Include: container.ListBlobsInclude{Metadata: true}, // where folders are marked
	})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if page.Segment == nil {
			return nil, errors.New("the answer holds no list of blobs")
		}
		for _, item := range page.Segment.BlobItems {
			b, isBlob, err := fromItem(item)
			if err != nil {
				return nil, err
			}
			if isBlob {
				blobs = append(blobs, b)
			}
		}
	}
	slices.SortFunc(blobs, func(a, b storage.Blob) int { return cmp.Compare(a.Name, b.Name) })
	return blobs, nil
}

// fromItem reports false for what stands for a folder.
func fromItem(item *container.BlobItem) (storage.Blob, bool, error) {
	if item.Name == nil || item.Properties == nil || item.Properties.ContentLength == nil || item.Properties.ETag == nil {
		return storage.Blob{}, false, errors.New("the answer lists a blob without name, length or ETag")
	}
	p := item.Properties
	b := storage.Blob{Name: *item.Name, Size: *p.ContentLength, ETag: newVersion(*p.ETag, p.BlobType, p.CreationTime).String()}
	directory := p.ResourceType != nil && *p.ResourceType == "directory"
	return b, !directory && !isFolder(b, item.Metadata), nil
}

// isFolder recognises the blobs with which tools mark folders.
func isFolder(b storage.Blob, metadata map[string]*string) bool {
	for key, value := range metadata {
		if strings.EqualFold(key, "hdi_isfolder") && value != nil && strings.EqualFold(*value, "true") {
			return true
		}
	}
	return b.Size == 0 && strings.HasSuffix(b.Name, "/")
}

// Folders implements storage.FolderLister. On accounts with a hierarchical
// namespace a folder without blobs counts as well.
func (s *Store) Folders(ctx context.Context, prefix string) ([]string, error) {
	var folders []string
	pager := s.client.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &prefix, MaxResults: s.pageSize})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, s.failure(ctx, "listing", "", err)
		}
		if page.Segment == nil {
			return nil, s.failure(ctx, "listing", "", errors.New("the answer holds no list of folders"))
		}
		for _, p := range page.Segment.BlobPrefixes {
			if p.Name != nil {
				folders = append(folders, *p.Name)
			}
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders), nil
}

// Put implements storage.Store with a block blob, made in one request.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return invalid("%q is no object name", name)
	}
	if len(data) > maxPut {
		return invalid("writing %s: %d bytes are more than one request holds", s.place(name), len(data))
	}
	body := &upload{r: bytes.NewReader(data)}
	defer body.release()
	if _, err := s.client.NewBlockBlobClient(name).Upload(ctx, body, nil); err != nil {
		return s.failure(ctx, "writing", name, err)
	}
	return nil
}

// upload is the body of a Put. After a failed request net/http may still read
// from it for a moment; release makes sure that the caller's bytes are not
// touched any more.
type upload struct {
	mu sync.Mutex
	r  *bytes.Reader
}

func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.r == nil {
		return 0, fs.ErrClosed
	}
	return u.r.Read(p)
}

func (u *upload) Seek(offset int64, whence int) (int64, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.r == nil {
		return 0, fs.ErrClosed
	}
	return u.r.Seek(offset, whence)
}

func (u *upload) Close() error { return nil }

func (u *upload) release() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.r = nil
}

var _ io.ReadSeekCloser = (*upload)(nil)

// URL is where the container is, without any signature.
func (s *Store) URL() string {
	bare, _, _ := strings.Cut(s.client.URL(), "?")
	return bare
}

// EnsureContainer creates the container if it is missing. It needs no right to
// create where the container is there.
func (s *Store) EnsureContainer(ctx context.Context) error {
	one := int32(1)
	_, err := s.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{MaxResults: &one}).NextPage(ctx)
	if !bloberror.HasCode(err, bloberror.ContainerNotFound) {
		return s.failure(ctx, "preparing", "", err)
	}
	_, err = s.client.Create(ctx, nil)
	if bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return nil // someone else was quicker
	}
	err = s.failure(ctx, "creating", "", err)
	if errors.Is(err, storage.ErrDenied) {
		return fmt.Errorf("%w; or create the container beforehand and give that role on it", err)
	}
	return err
}
