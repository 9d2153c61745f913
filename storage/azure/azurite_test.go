package azure

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"go.uber.org/goleak"

	"sparkless/storage"
	"sparkless/storage/secret"
	"sparkless/storage/storagetest"
	"sparkless/storage/storagetest/azurite"
)

// shared is one Azurite for all tests of this package, started by the first
// that needs it.
var shared struct {
	once sync.Once
	s    *azurite.Server
	err  error
}

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) != "" {
		blobServer()
		return
	}
	goleak.VerifyTestMain(withAzurite{m})
}

// withAzurite ends Azurite after the tests, before goroutines are counted.
type withAzurite struct{ m *testing.M }

func (w withAzurite) Run() int {
	defer func() {
		if shared.s != nil {
			shared.s.Stop()
		}
	}()
	return w.m.Run()
}

// endpoint is Azurite's address. Without an Azurite the test fails.
func endpoint(t *testing.T) azurite.Endpoint {
	t.Helper()
	shared.once.Do(func() { shared.s, shared.err = azurite.Run(context.Background()) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.s.Endpoint
}

// byKey is the configuration of a container that no other test uses.
func byKey(t *testing.T) Config {
	return Config{
		Endpoint: string(endpoint(t)), Account: azurite.Account, AccountKey: secret.New(azurite.Key),
		Container: "test-" + strings.ToLower(rand.Text()),
	}
}

// open returns the store of c, whose container is created.
func open(t *testing.T, c Config) *Store {
	t.Helper()
	s := connect(t, c)
	if err := s.EnsureContainer(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func connect(t *testing.T, c Config) *Store {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// containerSAS returns a signature for one container, which exists already: such
// a signature cannot create it.
func containerSAS(t *testing.T, c Config) string {
	t.Helper()
	return signed(t, open(t, c), "racwdl")
}

// signed returns a signature for the container of s that allows what the letters
// of permissions say.
func signed(t *testing.T, s *Store, permissions string) string {
	t.Helper()
	may := func(letter string) bool { return strings.Contains(permissions, letter) }
	p := sas.ContainerPermissions{Read: may("r"), Add: may("a"), Create: may("c"), Write: may("w"), Delete: may("d"), List: may("l")}
	u, err := s.client.GetSASURL(p, time.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(u, "?")
	return query
}

func harness(config func(t *testing.T) Config) storagetest.Harness {
	return storagetest.Harness{
		New: func(t *testing.T) storage.Store { return open(t, config(t)) },
		Remove: func(t *testing.T, s storage.Store, name string) {
			if _, err := s.(*Store).client.NewBlobClient(name).Delete(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		},
		Append: func(t *testing.T, s storage.Store, name string, data []byte) {
			client := s.(*Store).client.NewAppendBlobClient(name)
			_, err := client.Create(t.Context(), &appendblob.CreateOptions{AccessConditions: &blob.AccessConditions{
				ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)},
			}})
			if err != nil && !bloberror.HasCode(err, bloberror.BlobAlreadyExists) {
				t.Fatal(err)
			}
			appendBlocks(t, client, data)
		},
		Again: func(t *testing.T, s storage.Store) storage.Store {
			again := connect(t, Config{Emulator: true, Endpoint: string(endpoint(t)), Container: s.(*Store).container})
			again.client = s.(*Store).client
			return again
		},
	}
}

func appendBlocks(t *testing.T, client *appendblob.Client, data []byte) {
	t.Helper()
	for block := range slices.Chunk(data, 1<<20) {
		if _, err := client.AppendBlock(t.Context(), streaming.NopCloser(bytes.NewReader(block)), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStoreByKey(t *testing.T) { storagetest.TestStore(t, harness(byKey)) }

// The objects that are listed and read are append blobs, as in an export.
func TestStoreAppendBlobs(t *testing.T) {
	h := harness(byKey)
	h.Create = func(t *testing.T, s storage.Store, name string, data []byte) {
		client := s.(*Store).client.NewAppendBlobClient(name)
		if _, err := client.Create(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		appendBlocks(t, client, data)
	}
	storagetest.TestStore(t, h)
}

func TestStoreBySAS(t *testing.T) {
	storagetest.TestStore(t, harness(func(t *testing.T) Config {
		c := byKey(t)
		return Config{Endpoint: c.Endpoint, Container: c.Container, SAS: secret.New("?" + containerSAS(t, c))}
	}))
}

// The other ways to say the same thing lead to the same container.
func TestSignInForms(t *testing.T) {
	c := byKey(t)
	if err := open(t, c).Put(t.Context(), "x", []byte("content")); err != nil {
		t.Fatal(err)
	}
	signature := containerSAS(t, c)
	address, _, _ := strings.Cut(c.Endpoint, "/"+azurite.Account)
	for name, form := range map[string]Config{
		"SAS without question mark":  {Endpoint: c.Endpoint, SAS: secret.New(signature)},
		"SAS and account":            {Endpoint: c.Endpoint, Account: azurite.Account, SAS: secret.New(signature)},
		"SAS with line end":          {Endpoint: c.Endpoint, SAS: secret.New(signature + "\r\n")},
		"key with line end":          {Endpoint: c.Endpoint, Account: azurite.Account, AccountKey: secret.New(azurite.Key + "\n")},
		"slash at the end":           {Endpoint: c.Endpoint + "/", Account: azurite.Account, AccountKey: secret.New(azurite.Key)},
		"emulator with account path": {Endpoint: c.Endpoint, Emulator: true},
		"emulator with slash":        {Endpoint: address + "/", Emulator: true},
		"connection string with key": {ConnectionString: secret.New(endpoint(t).ConnectionString())},
		"emulator switch":            {Endpoint: address, Emulator: true},
		"connection string with SAS": {ConnectionString: secret.New("BlobEndpoint=" + c.Endpoint + ";SharedAccessSignature=" + signature)},
		"connection string with ?":   {ConnectionString: secret.New("BlobEndpoint=" + c.Endpoint + "/;SharedAccessSignature=?" + signature + ";")},
		"development storage":        {ConnectionString: secret.New("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=" + address)},
	} {
		form.Container = c.Container
		s := connect(t, form)
		data, err := storage.ReadAll(t.Context(), s, "x")
		if err != nil || string(data) != "content" {
			t.Errorf("%s: %q, error %v", name, data, err)
		}
		if s.account != azurite.Account {
			t.Errorf("%s: account %q in messages", name, s.account)
		}
	}
}

func TestEnsureContainer(t *testing.T) {
	c := byKey(t)
	s := connect(t, c)
	for name, do := range map[string]func() error{
		"list":    func() error { return listError(t.Context(), s) },
		"folders": func() error { _, err := s.Folders(t.Context(), ""); return err },
		"put":     func() error { return s.Put(t.Context(), "x", nil) },
		"open": func() error {
			_, err := s.Open(t.Context(), storage.Blob{Name: "x", Size: 1, ETag: "x"}, 0, 1)
			return err
		},
		"head": func() error {
			_, err := s.Open(t.Context(), storage.Blob{Name: "x", Size: 1, ETag: "x"}, 0, 0)
			return err
		},
	} {
		err := do()
		if !errors.Is(err, storage.ErrNotExist) || !strings.Contains(err.Error(), c.Container) {
			t.Errorf("%s without the container: %v", name, err)
		}
	}
	var wg sync.WaitGroup
	for range 4 { // replicas start at the same time
		wg.Go(func() {
			if err := s.EnsureContainer(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// A signature without the right to create does where the container is there.
	limited := connect(t, Config{Endpoint: c.Endpoint, Container: c.Container, SAS: secret.New(containerSAS(t, c))})
	if err := limited.EnsureContainer(t.Context()); err != nil {
		t.Error(err)
	}
}

// Pages of a few blobs give the same list as one page.
func TestPages(t *testing.T) {
	s := open(t, byKey(t))
	var want []string
	for _, folder := range []string{"a", "a-b", "b", "c"} {
		for _, name := range []string{"1", "2", "3"} {
			want = append(want, folder+"/"+name)
			if err := s.Put(t.Context(), folder+"/"+name, []byte(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(want)
	for _, size := range []int32{1, 2, 5, 12, 100} {
		s.pageSize = &size
		var got []string
		for b, err := range s.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %q", size, got)
		}
		folders, err := s.Folders(t.Context(), "")
		if err != nil || !slices.Equal(folders, []string{"a-b/", "a/", "b/", "c/"}) {
			t.Errorf("in pages of %d: folders %q, error %v", size, folders, err)
		}
	}
}

// What stands for a folder is not listed; what only looks a little like it is.
func TestFolderMarkers(t *testing.T) {
	s := open(t, byKey(t))
	for name, meta := range map[string]map[string]*string{
		"dir":        {"hdi_isfolder": to.Ptr("true")},
		"dir2":       {"Hdi_IsFolder": to.Ptr("True")},
		"slash/":     nil,
		"dir/file":   {"hdi_isfolder": to.Ptr("false")},
		"dir/file2":  {"other": to.Ptr("true")},
		"dir/_empty": nil,
	} {
		_, err := s.client.NewBlockBlobClient(name).UploadBuffer(t.Context(), nil, &blockblob.UploadBufferOptions{Metadata: meta})
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for b, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b.Name)
	}
	if want := []string{"dir/_empty", "dir/file", "dir/file2"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	for _, name := range []string{"dir", "dir2", "slash/"} {
		if b, err := s.Find(t.Context(), name); !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("found %+v, error %v", b, err)
		}
	}
}

// A blob that is stored compressed is delivered as it is stored.
func TestContentEncoding(t *testing.T) {
	s := open(t, byKey(t))
	var stored bytes.Buffer
	w := gzip.NewWriter(&stored)
	w.Write([]byte(strings.Repeat("line of an export\n", 1000)))
	w.Close()
	_, err := s.client.NewBlockBlobClient("x.json").UploadBuffer(t.Context(), stored.Bytes(), &blockblob.UploadBufferOptions{
		HTTPHeaders: &blob.HTTPHeaders{BlobContentEncoding: to.Ptr("gzip"), BlobContentType: to.Ptr("application/json")},
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := storage.ReadAll(t.Context(), s, "x.json")
	if err != nil || !bytes.Equal(data, stored.Bytes()) {
		t.Errorf("%d bytes, error %v, want the %d stored ones", len(data), err, stored.Len())
	}
}

// An append blob that grew is another one when its creation time is another, and
// when what grew is no append blob any more.
func TestAppendBlobIdentity(t *testing.T) {
	h := harness(byKey)
	s := h.New(t)
	h.Append(t, s, "x", []byte("first"))
	b, err := storage.Find(t.Context(), s, "x")
	if err != nil {
		t.Fatal(err)
	}
	v := parseVersion(b.ETag)
	if age := time.Since(time.Unix(v.created, 0)); !v.append || age < -time.Minute || age > time.Hour {
		t.Fatalf("the version %q of an append blob made just now", b.ETag)
	}
	h.Append(t, s, "x", []byte("second"))
	if data, err := storage.ReadBlob(t.Context(), s, b); err != nil || string(data) != "first" {
		t.Errorf("grown: %q, error %v", data, err)
	}
	for name, change := range map[string]func(*version, *storage.Blob){
		"made a second earlier":    func(v *version, _ *storage.Blob) { v.created-- },
		"not known as append blob": func(v *version, _ *storage.Blob) { v.append = false },
		"no longer than listed":    func(_ *version, b *storage.Blob) { b.Size += 6 },
		"shorter than listed":      func(_ *version, b *storage.Blob) { b.Size += 7 },
	} {
		v, b := v, b
		change(&v, &b)
		b.ETag = v.String()
		for _, length := range []int64{0, 1} {
			if body, err := s.Open(t.Context(), b, 0, length); !errors.Is(err, storage.ErrChanged) {
				t.Errorf("%s, %d bytes: %v, error %v, want ErrChanged", name, length, body, err)
			}
		}
	}
}

// Bad credentials are refused as such, whatever is asked, and the error does
// not show them.
func TestWrongCredentials(t *testing.T) {
	c := byKey(t)
	if err := open(t, c).Put(t.Context(), "x", []byte("x")); err != nil {
		t.Fatal(err)
	}
	good := containerSAS(t, c)
	const wrongKey = "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXkgd3Jvbmcga2V5IHdyb25nIGtleQ=="
	const forged = "Zm9yZ2VkIHNpZ25hdHVyZSBmb3JnZWQgc2lnbmF0dXJl"
	unsigned, _, _ := strings.Cut(good, "&sig=")
	for name, bad := range map[string]Config{
		"key":        {Endpoint: c.Endpoint, Account: c.Account, AccountKey: secret.New(wrongKey)},
		"signature":  {Endpoint: c.Endpoint, SAS: secret.New(unsigned + "&sig=" + forged)},
		"connection": {ConnectionString: secret.New("AccountName=" + c.Account + ";AccountKey=" + wrongKey + ";BlobEndpoint=" + c.Endpoint)},
	} {
		bad.Container = c.Container
		s := connect(t, bad)
		for op, err := range everyOperation(t.Context(), s) {
			if !errors.Is(err, storage.ErrDenied) {
				t.Errorf("%s: %s: error %v, want ErrDenied", name, op, err)
			}
			wantNoSecret(t, err, wrongKey, forged)
		}
	}
}

// wantNoSecret fails if the text of err holds one of the secrets, or looks like
// the SDK's own.
func wantNoSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	if err == nil {
		return
	}
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, secret := range append(secrets, "sig=", "AccountKey=") {
		if strings.Contains(text, secret) {
			t.Errorf("the error shows %q: %s", secret, text)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 900 {
		t.Errorf("the error is long: %s", err)
	}
}
