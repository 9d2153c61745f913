// Package scene is what the real program meets where it is run as a process: Azurite
// with an export in it, reached through proxies that see every request, and both
// ingestion APIs as servers.
package scene

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"sparkless/storage/storagetest/azurite"
)

// Export is the container that Azure Monitor writes SecurityEvent to.
const Export = "am-securityevent"

// Storage is an Azurite.
type Storage struct{ server *azurite.Server }

// Open starts Azurite. It ends with Close, or with ctx.
func Open(ctx context.Context) (*Storage, error) {
	server, err := azurite.Run(ctx)
	if err != nil {
		return nil, err
	}
	return &Storage{server}, nil
}

// Close ends Azurite and all that it holds.
func (s *Storage) Close() { s.server.Stop() }

// Container makes a container.
func (s *Storage) Container(ctx context.Context, name string) (*container.Client, error) {
	c, err := container.NewClientFromConnectionString(s.server.Endpoint.ConnectionString(), name, nil)
	if err == nil {
		_, err = c.Create(ctx, nil)
	}
	return c, err
}

// Endpoint is the URL of the account, without a proxy.
func (s *Storage) Endpoint() string { return string(s.server.Endpoint) }

// block is how much Append writes at a time, as Azure Monitor writes blobs in blocks.
const block = 128 << 10

// Append makes an append blob.
func Append(ctx context.Context, c *container.Client, name string, data []byte) error {
	client := c.NewAppendBlobClient(name)
	if _, err := client.Create(ctx, nil); err != nil {
		return err
	}
	for part := range slices.Chunk(data, block) {
		if _, err := client.AppendBlock(ctx, streaming.NopCloser(bytes.NewReader(part)), nil); err != nil {
			return err
		}
	}
	return nil
}

// Proxy is a way to Azurite for processes. It serves them as the service itself, at
// URL, and as a proxy in HTTP_PROXY.
type Proxy struct {
	server *http.Server
	// Address is where it listens, http://127.0.0.1:<port>.
	Address string
	// URL is that of the account.
	URL string
}

// Proxy starts one. Watch is called with each request before it is passed on, on
// several goroutines, and may hold it up until ctx ends.
func (s *Storage) Proxy(watch func(ctx context.Context, r Request)) (*Proxy, error) {
	target, err := url.Parse(string(s.server.Endpoint))
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, target.Host
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		// The client was killed: there is nobody to tell.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {},
	}
	p := &Proxy{Address: "http://" + l.Addr().String()}
	p.URL = p.Address + target.Path
	p.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watch(r.Context(), requestOf(r, target.Path))
		forward.ServeHTTP(w, r)
	})}
	go func() { _ = p.server.Serve(l) }() // ends with Close
	return p, nil
}

// Close ends the proxy.
func (p *Proxy) Close() error { return p.server.Close() }

// Kind is what a request to the blob service is for, as it is charged.
type Kind string

// Kinds of requests.
const (
	Read  Kind = "read"  // of a blob, or of what is known of it
	List  Kind = "list"  // of a container's blobs
	Write Kind = "write" // of a blob, of a part of it, or of its lease
	Other Kind = "other" // such as a deletion, which costs nothing
)

// Request is one to the blob service.
type Request struct {
	Kind      Kind
	Container string
	Blob      string // "" of the container itself
	Content   bool   // of a blob is asked for
}

// requestOf says what a request below the path of an account is for.
func requestOf(r *http.Request, account string) Request {
	container, blob, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, account), "/"), "/")
	req := Request{Kind: Other, Container: container, Blob: blob}
	comp := r.URL.Query().Get("comp")
	switch {
	case comp == "list":
		req.Kind = List
	case r.Method == http.MethodPut:
		req.Kind = Write
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		req.Kind = Read
		req.Content = r.Method == http.MethodGet && blob != "" && comp == ""
	}
	return req
}

// Environ is the environment of this process without what settings of the program,
// Azure credentials and proxies come from.
func Environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(v), "=")
		for _, prefix := range []string{"SPARKLESS_", "AZURE_", "IDENTITY_", "TEMPORAL_", "OTEL_"} {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		return strings.HasSuffix(name, "_PROXY")
	})
}

// ConnectionString is that of the emulator's account at a URL.
func ConnectionString(url string) string { return azurite.Endpoint(url).ConnectionString() }
