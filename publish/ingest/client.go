package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer bounds what is read of an answer, which is a line, whatever a proxy
// makes of it.
const maxAnswer = 64 << 10

// Client returns a copy of given, or a new client for nil, that follows no
// redirect (credentials are for one host) and reads at most 64 KB of an answer.
// Unless given has a Transport, connections are not kept, so that no goroutine
// outlives a request and none meets a connection that the service has just closed.
func Client(given *http.Client) *http.Client {
	var c http.Client
	if given != nil {
		c = *given
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
		if t, ok := http.DefaultTransport.(*http.Transport); ok {
			t = t.Clone()
			t.DisableKeepAlives = true
			c.Transport = t
		}
	}
	c.Transport = plain{c.Transport}
	return &c
}

// plain answers once and for all, and ends every body after maxAnswer bytes. It
// takes from answers what asks for the same request again, elsewhere or with
// another token: http.Client and the SDK rewind the body of a request for it, in
// http.Client even before CheckRedirect, while that body may still be on its way.
type plain struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p plain) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := p.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Header.Del("Location")
		resp.Header.Del("WWW-Authenticate")
		resp.Body = body{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

type body struct {
	io.Reader
	io.Closer
}

// CheckEndpoint returns what is wrong with the base URL of a service, or nil: it
// is https, or http on this machine, and nothing but scheme and host. It does not
// repeat the endpoint, which may hold a password; example is shown instead.
func CheckEndpoint(endpoint, example string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return fmt.Errorf("set a URL such as %s", example)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(endpoint, "#") || strings.Trim(u.Path, "/") != "" {
		return errors.New("set scheme and host only, without user, path or query")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return errors.New("use https (http is for a server on this machine only)")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Digest tells endpoints apart in the names of sinks: what another server took,
// a test one perhaps, this one has not. It is 8 hexadecimal digits of the SHA-256
// of the endpoint without slashes at its end.
func Digest(endpoint string) string {
	sum := sha256.Sum256([]byte(strings.TrimRight(endpoint, "/")))
	return hex.EncodeToString(sum[:4])
}
