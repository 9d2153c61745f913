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
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"sparkless/storage"
)

// idleConnections is how many connections are kept for the next requests: more
// than anyone makes at once. Their number is not bounded here, since whoever reads
// several bodies side by side could wait for himself; callers bound it.
const idleConnections = 1024

// maxPut is the most that the service takes in one request, which is what makes
// Put atomic. (Microsoft Learn, "Put Blob", service version 2019-12-12 and later.)
const maxPut = 5000 << 20

// Bounds of one request. One that is over its bound counts as failed for a
// passing reason.
const (
	// answerTime is from the beginning of a request, signing in included, until
	// the head of its answer is there; and until all of it is, where that is short.
	// A page of a listing, some megabytes, may take twice that.
	answerTime = 30 * time.Second
	// slowestPut is how many bytes a second an upload has to make.
	slowestPut = 128 << 10
)

// Store is a container. It may be used from many goroutines.
type Store struct {
	client    *container.Client
	transport *http.Transport
	account   string
	container string
	pageSize  *int32 // of listings; nil for the service's own

	patience time.Duration // bound of a request: answerTime
	times    leaseTimes
	mu       sync.Mutex
	locks    map[string]bool              // names that are held, or being taken
	leases   map[string]*lease.BlobClient // theirs, and those of tries without an answer
}

// New returns the Store that c describes. It sends nothing yet: a wrong account
// or a missing right shows at the first use.
func New(c Config) (*Store, error) {
	t, err := c.resolve()
	if err != nil {
		return nil, err
	}
	s := &Store{account: t.account, container: c.Container, transport: newTransport(),
		patience: answerTime, times: defaultLease(), locks: map[string]bool{}, leases: map[string]*lease.BlobClient{}}
	s.client, err = newClient(t, c, s.options(c))
	return s, err
}

func (s *Store) options(c Config) *container.ClientOptions {
	options := &container.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: Guard(s.transport, bound),
		// storage.Retry repeats from outside, and resumes bodies as well: retries
		// in retries would be as many as the product of both.
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Telemetry: policy.TelemetryOptions{ApplicationID: "sparkless"},
	}}
	withSpans(&options.ClientOptions, c.Tracing)
	return options
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
	token, err := TracedCredential(c.ClientID, c.Tracing)
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
	return TracedCredential(clientID, tracing.Provider{})
}

// TracedCredential is Credential with spans of signing in.
func TracedCredential(clientID string, spans tracing.Provider) (azcore.TokenCredential, error) {
	if err := checkClientID(clientID); err != nil {
		return nil, err
	}
	options := policy.ClientOptions{TracingProvider: spans}
	if clientID != "" {
		token, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: options, ID: azidentity.ClientID(clientID)})
		if err != nil {
			return nil, invalid("storage.client-id: %s", oneLine(err.Error()))
		}
		return credential{token}, nil
	}
	token, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: options})
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
		ResponseHeaderTimeout: answerTime,
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
			yield(storage.Blob{}, err)
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
	err := s.eachPage(ctx, func(ctx context.Context, marker *string) (next *string, err error) {
		page, err := s.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
			Prefix: &prefix, MaxResults: s.pageSize, Marker: marker,
			Include: container.ListBlobsInclude{Metadata: true}, // where folders are marked
		}).NextPage(ctx)
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
		return page.NextMarker, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(blobs, func(a, b storage.Blob) int { return cmp.Compare(a.Name, b.Name) })
	// A page that broke in the middle was asked for again.
	return slices.CompactFunc(blobs, func(a, b storage.Blob) bool { return a.Name == b.Name }), nil
}

// eachPage calls page with the marker of each page of a listing, the first being
// nil. Whoever repeats a listing begins with its first page, so the others are
// asked for more than once here: of hundreds of pages one is likely to fail.
func (s *Store) eachPage(ctx context.Context, page func(ctx context.Context, marker *string) (next *string, err error)) error {
	var marker *string
	again := storage.Policy{Attempts: 1, Base: time.Second, Max: 4 * time.Second, Total: 20 * time.Second}
	for {
		err := again.Do(ctx, func() error {
			bounded, cancel := context.WithTimeout(ctx, 2*s.patience)
			defer cancel()
			next, err := page(bounded, marker)
			if err == nil {
				marker = next
			}
			return s.failure(ctx, "listing", "", err)
		})
		if err != nil || marker == nil || *marker == "" {
			return err
		}
		again.Attempts = 4
	}
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
	err := s.eachPage(ctx, func(ctx context.Context, marker *string) (next *string, err error) {
		page, err := s.client.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{
			Prefix: &prefix, MaxResults: s.pageSize, Marker: marker,
		}).NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if page.Segment == nil {
			return nil, errors.New("the answer holds no list of folders")
		}
		for _, p := range page.Segment.BlobPrefixes {
			if p.Name != nil {
				folders = append(folders, *p.Name)
			}
		}
		return page.NextMarker, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(folders)
	return slices.Compact(folders), nil
}

// Put implements storage.Store with a block blob, made in one request.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	if err := s.checkPut(name, data); err != nil {
		return err
	}
	return s.failure(ctx, "writing", name, s.upload(ctx, name, data, nil))
}

// upload makes a block blob in one request, in the time that its size allows.
func (s *Store) upload(ctx context.Context, name string, data []byte, options *blockblob.UploadOptions) error {
	body := &upload{r: bytes.NewReader(data)}
	defer body.release()
	bounded, cancel := context.WithTimeout(ctx, s.patience+time.Duration(len(data)/slowestPut)*time.Second)
	defer cancel()
	_, err := s.client.NewBlockBlobClient(name).Upload(bounded, body, options)
	return err
}

// checkPut refuses what can never be put.
func (s *Store) checkPut(name string, data []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if len(data) > maxPut {
		return invalid("writing %s: %d bytes are more than one request holds", s.place(name), len(data))
	}
	return nil
}

// checkName refuses names that another kind of store could not hold.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return invalid("%q is no object name", name)
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
	bounded, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	one := int32(1)
	_, err := s.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{MaxResults: &one}).NextPage(bounded)
	if !bloberror.HasCode(err, bloberror.ContainerNotFound) {
		return s.failure(ctx, "preparing", "", err)
	}
	_, err = s.client.Create(bounded, nil)
	if bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return nil // someone else was quicker
	}
	err = s.failure(ctx, "creating", "", err)
	if errors.Is(err, storage.ErrDenied) {
		return fmt.Errorf("%w; or create the container beforehand and give that role on it", err)
	}
	return err
}
