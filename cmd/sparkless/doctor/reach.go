package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Reached is what a server says to a request without credentials.
type Reached struct {
	Host    string     // that was asked
	Address netip.Addr // of the server, or of the proxy
	Proxy   string     // host of the proxy, or empty
	TLS     string     // version, empty for plain HTTP
	Status  int
	Header  http.Header
	// Skew is how far the server's clock is ahead of this machine's, to a second
	// and half the time of the request; Dated whether the answer has a date.
	Skew  time.Duration
	Dated bool
}

// String says how the server was reached.
func (r Reached) String() string {
	text := r.Host
	switch {
	case r.Proxy != "":
		text += " by the proxy " + r.Proxy
	case r.Address.IsValid() && private(r.Address):
		text += fmt.Sprintf(" at the private address %v", r.Address)
	case r.Address.IsValid():
		text += fmt.Sprintf(" at %v", r.Address)
	}
	if r.TLS != "" {
		text += ", " + r.TLS
	}
	return text
}

// Private reports whether the server has an address of a private network, as
// private endpoints have.
func (r Reached) Private() bool { return r.Proxy == "" && private(r.Address) }

func private(a netip.Addr) bool { return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() }

// Reach asks the server of a URL for its headers, whatever they are.
func Reach(ctx context.Context, address string, now func() time.Time) (Reached, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return Reached{}, errors.New("there is no host in the address")
	}
	r := Reached{Host: u.Host}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
		r.Proxy = proxy.Host
	}
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if at, ok := c.Conn.RemoteAddr().(*net.TCPAddr); ok {
			r.Address = at.AddrPort().Addr().Unmap()
		}
	}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodHead, u.Scheme+"://"+u.Host+"/", nil)
	if err != nil {
		return r, errors.New("the address makes no request")
	}
	sent := now()
	resp, err := transport().RoundTrip(req)
	if err != nil {
		return r, explain(ctx, err, r)
	}
	resp.Body.Close()
	r.Status, r.Header = resp.StatusCode, resp.Header
	if resp.TLS != nil {
		r.TLS = tls.VersionName(resp.TLS.Version)
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		done := now()
		half := done.Sub(sent) / 2
		// The date has whole seconds: on the average half of one is missing.
		r.Skew, r.Dated = date.Add(500*time.Millisecond).Sub(sent.Add(half)), true
	}
	return r, nil
}

// transport keeps no connection, follows no redirect and sends no credentials.
func transport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// explain says which part of the way was not passed.
func explain(ctx context.Context, err error, r Reached) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return fmt.Errorf("DNS: there is no host %s", dns.Name)
		}
		return fmt.Errorf("DNS: %s cannot be looked up: %s", dns.Name, dns.Err)
	}
	what := "no connection to " + r.Host
	if r.Proxy != "" {
		what += " by the proxy " + r.Proxy
	}
	if strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "x509: ") {
		what = "TLS with " + r.Host
	}
	return fmt.Errorf("%s: %s", what, strings.Join(strings.Fields(err.Error()), " "))
}
