package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"sparkless/storage"
)

// version is what Blob.ETag says. An append blob gets another ETag with every
// append, although the bytes that were listed stay; its creation time tells
// whether it is still the same one. The service gives that time in whole
// seconds: an append blob that is deleted and written anew, longer, within the
// second in which it was made cannot be told from one that grew.
type version struct {
	etag    string // without quotes
	append  bool
	created int64 // Unix seconds; append blobs only
}

const appendMark = ";append;"

// newVersion reads the properties of a blob; listings write ETags without quotes.
func newVersion(etag azcore.ETag, kind *blob.BlobType, created *time.Time) version {
	v := version{etag: strings.Trim(string(etag), `"`)}
	if kind != nil && *kind == blob.BlobTypeAppendBlob && created != nil {
		v.append, v.created = true, created.Unix()
	}
	return v
}

// String is the inverse of parseVersion.
func (v version) String() string {
	if !v.append {
		return v.etag
	}
	return v.etag + appendMark + strconv.FormatInt(v.created, 10)
}

func parseVersion(s string) version {
	etag, created, ok := strings.Cut(s, appendMark)
	seconds, err := strconv.ParseInt(created, 10, 64)
	if !ok || err != nil {
		return version{etag: s}
	}
	return version{etag: etag, append: true, created: seconds}
}

// speakable reports whether a request for the name goes to a blob of the
// container. A blob that others made may have any such name.
func speakable(name string) bool {
	return name != "" && name != "." && name != ".." && utf8.ValidString(name)
}

// Open implements storage.Reader.
func (s *Store) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	if !speakable(b.Name) {
		return nil, invalid("%q is no object name", b.Name)
	}
	if offset < 0 || length < 0 || offset > b.Size-length {
		return nil, invalid("reading %s: bytes %d+%d of %d", s.place(b.Name), offset, length, b.Size)
	}
	v := parseVersion(b.ETag)
	p, err := s.get(ctx, b.Name, offset, length, v.etag)
	if bloberror.HasCode(err, bloberror.ConditionNotMet) {
		p, err = s.getGrown(ctx, b, v, offset, length)
	}
	if err == nil && p.total < b.Size {
		p.close()
		err = fmt.Errorf("holds %d bytes, listed with %d: %w", p.total, b.Size, storage.ErrChanged)
	}
	if err != nil {
		return nil, s.failure(ctx, "reading", b.Name, err)
	}
	return &body{ctx: ctx, s: s, name: b.Name, r: p.r, left: length}, nil
}

// getGrown is for a blob that no longer has the ETag it was listed with: an
// append blob that only grew still holds the version v. It also tells a changed
// blob from a missing one, which the condition does not everywhere.
func (s *Store) getGrown(ctx context.Context, b storage.Blob, v version, offset, length int64) (part, error) {
	if !v.append {
		offset, length = 0, 0 // only to see whether there is a blob
	}
	p, err := s.get(ctx, b.Name, offset, length, "")
	if err != nil {
		return part{}, err
	}
	if v.append && p.created == v.created && p.total > b.Size {
		return p, nil
	}
	p.close()
	return part{}, storage.ErrChanged
}

// part is an answer to get.
type part struct {
	r       io.ReadCloser // nil for a part without bytes
	created int64         // of an append blob, in Unix seconds
	total   int64         // bytes of the whole blob
}

func (p part) close() {
	if p.r != nil {
		p.r.Close()
	}
}

// get asks for a range, of the version etag unless that is empty. Of a range
// without bytes it asks for the properties only: the service refuses it as such.
func (s *Store) get(ctx context.Context, name string, offset, length int64, etag string) (part, error) {
	var access *blob.AccessConditions
	if etag != "" {
		quoted := azcore.ETag(`"` + etag + `"`)
		access = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &quoted}}
	}
	client := s.client.NewBlobClient(name)
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(s.patience, cancel)
	defer timer.Stop() // a body takes the time it takes
	if length == 0 {
		defer cancel()
		p, err := client.GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: access})
		if err != nil {
			return part{}, err
		}
		if p.ContentLength == nil {
			return part{}, errors.New("the answer holds no length")
		}
		return newPart(nil, p.BlobType, p.CreationTime, *p.ContentLength), nil
	}
	d, err := client.DownloadStream(ctx, &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: offset, Count: length}, AccessConditions: access,
	})
	if err != nil {
		cancel()
		return part{}, err
	}
	total, err := checkRange(d.ContentRange, offset, length)
	p := newPart(answered{d.Body, cancel}, d.BlobType, d.CreationTime, total)
	if err != nil {
		p.close()
		return part{}, err
	}
	return p, nil
}

// answered is a body whose request ends with it.
type answered struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (a answered) Close() error {
	defer a.cancel()
	return a.ReadCloser.Close()
}

func newPart(r io.ReadCloser, kind *blob.BlobType, created *time.Time, total int64) part {
	p := part{r: r, total: total}
	if kind != nil && *kind == blob.BlobTypeAppendBlob && created != nil {
		p.created = created.Unix()
	}
	return p
}

// checkRange reads a Content-Range header, makes sure that it is the range that
// was asked for, and returns the size of the whole blob.
func checkRange(header *string, offset, length int64) (total int64, err error) {
	if header == nil {
		return 0, errors.New("the answer is not the part of the blob that was asked for")
	}
	var first, last int64
	if _, err := fmt.Sscanf(*header, "bytes %d-%d/%d", &first, &last, &total); err != nil || first != offset {
		return 0, fmt.Errorf("asked for bytes %d+%d, answered %q", offset, length, *header)
	}
	if last != offset+length-1 {
		return 0, fmt.Errorf("holds %d bytes, not %d: %w", total, offset+length, storage.ErrChanged)
	}
	return total, nil
}

// body reads exactly left bytes.
type body struct {
	ctx  context.Context
	s    *Store
	name string
	r    io.ReadCloser // nil if there is nothing to read
	left int64
	err  error // of an earlier Read; it stays
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if err := b.ctx.Err(); err != nil {
		b.err = b.s.failure(b.ctx, "reading", b.name, err)
		return 0, b.err
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case err == nil || b.left == 0: // complete: what comes after does not matter
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		b.err = fmt.Errorf("reading %s: %w", b.s.place(b.name), io.ErrUnexpectedEOF)
	default:
		b.err = b.s.failure(b.ctx, "reading", b.name, err)
	}
	return n, b.err
}

// Close implements io.Closer.
func (b *body) Close() error {
	if b.r == nil {
		return nil
	}
	return b.r.Close()
}
