// Package browser shows HTML files in a real headless Chromium, for tests.
//
// Chromium comes from the machine: Debian's package, which `make chromium` installs,
// or the program that the environment variable CHROMIUM names. chromedp drives it.
// All that it sends goes to a server of this package, which answers nothing and
// remembers who was asked for, so that nothing ever leaves the machine.
package browser

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// readyTimeout is generous: tests of other packages run at the same time.
const readyTimeout = 90 * time.Second

// Browser is a running Chromium.
type Browser struct {
	ctx    context.Context
	asked  *sink
	faults *lines // what chromedp could not make sense of
}

// Start runs Chromium for the duration of the test t. A missing Chromium fails the
// test: without it nothing of a page is tested. Starting takes seconds, so share one.
func Start(t testing.TB) *Browser {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Fatal(err)
	}
	asked, err := newSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(asked.close)
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options(program, asked.address())...)
	t.Cleanup(cancel)
	faults := &lines{}
	ctx, stop := chromedp.NewContext(alloc, chromedp.WithErrorf(faults.addf))
	t.Cleanup(stop)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	return &Browser{ctx: ctx, asked: asked, faults: faults}
}

// Asked is what the browser asked the network for: the first line of each request.
// What Chromium asks its maker for on its own account is left out; if a page did so,
// its Messages would tell.
func (b *Browser) Asked() []string {
	return slices.DeleteFunc(b.asked.all(), func(line string) bool {
		_, address, _ := strings.Cut(line, " ")
		host, _, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
		host, _, _ = strings.Cut(host, " ")
		host, _, _ = strings.Cut(host, ":")
		return strings.HasSuffix(host, ".google.com") || strings.HasSuffix(host, ".googleapis.com")
	})
}

// find is the path of Chromium.
func find() (string, error) {
	if named := os.Getenv("CHROMIUM"); named != "" {
		return exec.LookPath(named)
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no chromium in PATH; `make chromium` installs it, or CHROMIUM=/path names one")
}

// options are those of a browser that keeps nothing and whose only way out is proxy.
func options(program, proxy string) []chromedp.ExecAllocatorOption {
	all := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.WSURLReadTimeout(readyTimeout),
		chromedp.Flag("proxy-server", "http://"+proxy),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("hide-scrollbars", false),
	)
	if os.Geteuid() == 0 { // Chromium's sandbox refuses root
		all = append(all, chromedp.NoSandbox)
	}
	return all
}

// lines are collected by several goroutines.
type lines struct {
	mu   sync.Mutex
	list []string
}

func (l *lines) addf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, fmt.Sprintf(format, args...))
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.list...)
}

// sink takes connections, remembers the first line of each and answers nothing.
type sink struct {
	lines
	listener net.Listener
	done     sync.WaitGroup
}

func newSink() (*sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: listener}
	s.done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.done.Go(func() { s.take(conn) })
		}
	})
	return s, nil
}

func (s *sink) take(conn net.Conn) {
	defer conn.Close()
	start := make([]byte, 1024)
	n, _ := conn.Read(start)
	line, _, _ := strings.Cut(string(start[:n]), "\r\n")
	s.addf("%s", line)
}

func (s *sink) address() string { return s.listener.Addr().String() }

func (s *sink) close() {
	_ = s.listener.Close() // it can fail by being closed alone
	s.done.Wait()
}
