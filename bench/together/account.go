package main

import (
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// account answers over TLS as a storage account that is far away: containers are
// folders. All connections together carry so much a second, each of them no more than
// perConnection, and the first byte of an answer comes after firstByte.
type account struct {
	folder string
	server *httptest.Server
	line   *line
}

// What a connection to an account in the same region is like.
const (
	perConnection = 60e6 // bytes a second
	firstByte     = 25 * time.Millisecond
)

func openAccount(folder string, bytesPerSecond float64) *account {
	a := &account{folder: folder, line: &line{rate: bytesPerSecond}}
	a.server = httptest.NewTLSServer(http.HandlerFunc(a.answer))
	return a
}

// environ is that of a process which reads from the account. It trusts the server by a
// file in the folder work.
func (a *account) environ(work string) ([]string, error) {
	authority := filepath.Join(work, "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw})
	key := base64.StdEncoding.EncodeToString([]byte("nobody checks it"))
	return []string{
		"SSL_CERT_FILE=" + authority,
		"SPARKLESS_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=" + key + ";BlobEndpoint=" + a.server.URL + "/acct;",
	}, os.WriteFile(authority, text, 0o600)
}

func (a *account) answer(w http.ResponseWriter, r *http.Request) {
	time.Sleep(firstByte)
	container, blob, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/acct/"), "/")
	var err error
	switch {
	case r.Method != http.MethodGet:
		http.Error(w, "", http.StatusNotImplemented)
	case blob == "":
		err = a.list(w, container, r.FormValue("prefix"), r.FormValue("delimiter"))
	default:
		err = a.send(w, filepath.Join(a.folder, container, filepath.FromSlash(blob)), r.Header.Get("x-ms-range"))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.NotFound(w, r)
	case err != nil: // of an answer that has begun the client finds out by its length
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// listing is an answer to List Blobs.
type listing struct {
	XMLName  xml.Name `xml:"EnumerationResults"`
	Blobs    []listed `xml:"Blobs>Blob"`
	Prefixes []string `xml:"Blobs>BlobPrefix>Name"`
}

type listed struct {
	Name string
	ETag string `xml:"Properties>Etag"`
	Size int64  `xml:"Properties>Content-Length"`
	Type string `xml:"Properties>BlobType"`
}

func (a *account) list(w http.ResponseWriter, container, prefix, delimiter string) error {
	root := filepath.Join(a.folder, container)
	var all listing
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			return nil
		}
		if folder, _, ok := strings.Cut(rest, delimiter); ok && delimiter != "" {
			all.Prefixes = append(all.Prefixes, prefix+folder+delimiter)
			return nil
		}
		info, err := d.Info()
		if err == nil {
			all.Blobs = append(all.Blobs, listed{name, etag(info), info.Size(), "AppendBlob"})
		}
		return err
	})
	if err != nil {
		return err
	}
	all.Prefixes = slices.Compact(all.Prefixes) // as they come in order
	text, err := xml.Marshal(all)
	if err == nil {
		w.Header().Set("Content-Type", "application/xml")
		_, err = w.Write(text)
	}
	return err
}

func etag(info fs.FileInfo) string { return fmt.Sprintf(`"0x%X"`, info.ModTime().UnixNano()) }

func (a *account) send(w http.ResponseWriter, file, asked string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	first, last := int64(0), info.Size()-1
	if n, _ := fmt.Sscanf(asked, "bytes=%d-%d", &first, &last); n == 0 && asked != "" {
		return fmt.Errorf("range %q", asked)
	}
	last = min(last, info.Size()-1)
	h := w.Header()
	h.Set("ETag", etag(info))
	h.Set("Last-Modified", info.ModTime().UTC().Format(http.TimeFormat))
	h.Set("x-ms-blob-type", "AppendBlob")
	h.Set("Content-Length", fmt.Sprint(last-first+1))
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, info.Size()))
	w.WriteHeader(http.StatusPartialContent)
	own := &line{rate: perConnection}
	buf := make([]byte, 256<<10)
	part := io.NewSectionReader(f, first, last-first+1)
	for {
		n, err := part.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		own.wait(n)
		a.line.wait(n)
		if err == nil {
			_, err = w.Write(buf[:n])
		}
		if err != nil {
			return err
		}
	}
}

// line carries bytes at a rate.
type line struct {
	rate float64 // bytes a second; 0 for any

	mu   sync.Mutex
	next time.Time // when it is free
}

// wait returns when the line has taken n bytes more. What it did not carry while
// nothing was to be sent is lost.
func (l *line) wait(n int) {
	if l.rate == 0 {
		return
	}
	l.mu.Lock()
	now := time.Now()
	if l.next.Before(now) {
		l.next = now
	}
	l.next = l.next.Add(time.Duration(float64(n) / l.rate * 1e9))
	until := l.next
	l.mu.Unlock()
	time.Sleep(time.Until(until))
}
