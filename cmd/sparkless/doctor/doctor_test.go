package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// gather runs checks and keeps what is shown.
func gather(ctx context.Context, checks []Check) (lines []Line, failures []Failure, err error) {
	failures, err = Run(ctx, checks, func(l Line) error {
		lines = append(lines, l)
		return nil
	})
	return lines, failures, err
}

func states(lines []Line) (all []State) {
	for _, l := range lines {
		all = append(all, l.State)
	}
	return all
}

func is(f Finding) func(context.Context) Finding {
	return func(context.Context) Finding { return f }
}

// What needs a check that failed is not looked at, nor what needs that; what was
// left out for another reason is in nobody's way.
func TestNeeds(t *testing.T) {
	broken := errors.New("broken")
	lines, failures, err := gather(t.Context(), []Check{
		{Name: "a", Run: is(Fail(broken, "mend it"))},
		{Name: "b", Needs: []string{"a"}, Run: is(Pass("never"))},
		{Name: "c", Needs: []string{"b"}, Run: is(Pass("never"))},
		{Name: "d", Run: is(Skip("not used"))},
		{Name: "e", Needs: []string{"d"}, Run: is(Warn("look"))},
		{Name: "f", Needs: []string{"e"}, Run: is(Pass("seen"))},
	})
	if want := []State{Failed, Unchecked, Unchecked, Unchecked, Warning, Passed}; !slices.Equal(states(lines), want) || err != nil {
		t.Errorf("%v, error %v; want %v", lines, err, want)
	}
	if len(failures) != 1 || failures[0].Name != "a" || !errors.Is(failures[0].Err, broken) {
		t.Errorf("failures %v", failures)
	}
	if lines[0].Advice != "mend it" || lines[1].Text != `"a" failed` || lines[2].Text != `"a" failed` {
		t.Errorf("%v", lines)
	}
}

// Whatever hangs, all of it ends in less than a minute, and every check has a line.
func TestEverythingHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var checks []Check
		woken, deaf := 0, make(chan struct{})
		for i := range 20 {
			c := Check{Name: string(rune('a' + i)), Slow: []string{"check the firewall"}, Run: func(ctx context.Context) Finding {
				<-ctx.Done()
				woken++
				return Fail(ctx.Err())
			}}
			if i%2 == 1 {
				c.Run = func(context.Context) Finding { <-deaf; return Pass("too late") }
			}
			checks = append(checks, c)
		}
		start := time.Now()
		lines, failures, err := gather(t.Context(), checks)
		if took := time.Since(start); took >= time.Minute || took < Total || err != nil {
			t.Errorf("took %v, error %v", took, err)
		}
		if len(lines) != len(checks) || woken == 0 {
			t.Errorf("%d lines, %d woken", len(lines), woken)
		}
		for i, l := range lines {
			slow := l.State == Failed && l.Text == "no answer within 8s" && l.Advice == "check the firewall"
			if i < 4 && !slow || i >= 8 && (l.State != Unchecked || !strings.Contains(l.Text, "no time left")) {
				t.Errorf("%d: %v", i, l)
			}
		}
		if len(failures) < 4 {
			t.Errorf("failures %v", failures)
		}
		close(deaf)
	})
}

// A check that ends on its own just when its time does is believed.
func TestLateAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines, _, _ := gather(t.Context(), []Check{{Name: "a", Limit: time.Second, Run: func(ctx context.Context) Finding {
			<-ctx.Done()
			return Pass("after all")
		}}})
		if lines[0].State != Passed {
			t.Errorf("%v", lines)
		}
	})
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	lines, failures, err := gather(ctx, []Check{
		{Name: "a", Run: is(Pass("seen"))},
		{Name: "b", Run: func(ctx context.Context) Finding {
			cancel()
			<-ctx.Done()
			return Fail(ctx.Err())
		}},
		{Name: "c", Run: is(Pass("never"))},
	})
	if len(lines) != 1 || len(failures) != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v, %v", lines, failures, err)
	}
}

func TestShowFails(t *testing.T) {
	full := errors.New("disk full")
	calls := 0
	_, err := Run(t.Context(), []Check{{Name: "a", Run: is(Pass("x"))}, {Name: "b", Run: is(Pass("y"))}}, func(Line) error {
		calls++
		return full
	})
	if calls != 1 || !errors.Is(err, full) {
		t.Errorf("%d calls, error %v", calls, err)
	}
}

// Hostile texts neither move a cursor nor begin a line of their own.
func TestHostileTexts(t *testing.T) {
	hostile := "a\x1b[2Jb\r\npassed       forged  line\u202e\u0085\u2028\xff"
	lines, _, _ := gather(t.Context(), []Check{{Name: "x", Run: is(Fail(errors.New(hostile), hostile, "next"))}})
	var text, list, one bytes.Buffer
	for _, p := range []func() (func(Line) error, func() error){
		func() (func(Line) error, func() error) { return Text(&text, 3, false) },
		func() (func(Line) error, func() error) { return JSON(&list) },
		func() (func(Line) error, func() error) { return JSONLines(&one) },
	} {
		show, end := p()
		if err := errors.Join(show(lines[0]), end()); err != nil {
			t.Fatal(err)
		}
	}
	for _, out := range []string{text.String(), list.String(), one.String()} {
		if strings.ContainsAny(out, "\x1b\r\u202e\u0085\u2028") || !utf8.ValidString(out) {
			t.Errorf("%q", out)
		}
	}
	if got := strings.Count(text.String(), "\n"); got != 3 || strings.Contains(text.String(), "\npassed") {
		t.Errorf("%d lines:\n%s", got, text.String())
	}
	var back []Line
	if err := json.Unmarshal(list.Bytes(), &back); err != nil || len(back) != 1 || back[0].State != Failed || strings.Count(back[0].Advice, "\n") != 1 {
		t.Errorf("%v, error %v", back, err)
	}
	if err := json.Unmarshal(one.Bytes(), new(Line)); err != nil {
		t.Error(err)
	}
}

func TestText(t *testing.T) {
	var all, quiet bytes.Buffer
	for _, w := range []*bytes.Buffer{&all, &quiet} {
		show, end := Text(w, 5, w == &quiet)
		for _, l := range []Line{{"a", Passed, "fine", ""}, {"bb", Unchecked, "no need", ""}, {"ccc", Warning, "hm", ""}, {"dddd", Failed, "no", "do this\nor that"}} {
			if err := show(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	want := "passed       a      fine\nnot checked  bb     no need\nwarning      ccc    hm\nfailed       dddd   no\n             -> do this\n             -> or that\n"
	if all.String() != want {
		t.Errorf("got\n%swant\n%s", all.String(), want)
	}
	if _, behind, _ := strings.Cut(want, "no need\n"); quiet.String() != behind {
		t.Errorf("quiet: got\n%swant\n%s", quiet.String(), behind)
	}
	var none bytes.Buffer
	if _, end := JSON(&none); end() != nil || strings.TrimSpace(none.String()) != "[]" {
		t.Errorf("without lines: %q", none.String())
	}
}

func TestReach(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://elsewhere.example/")
		if r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" {
			t.Errorf("asked with %v", r)
		}
		w.WriteHeader(http.StatusFound)
	})
	plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake is to fail
	secure.StartTLS()
	defer plain.Close()
	defer secure.Close()
	r, err := Reach(t.Context(), plain.URL+"/account?sig=secret", time.Now)
	if err != nil || r.Status != http.StatusFound || r.TLS != "" || !r.Address.IsLoopback() || !r.Dated || r.Skew.Abs() > time.Minute {
		t.Errorf("%+v, error %v", r, err)
	}
	now := time.Now()
	ahead, err := Reach(t.Context(), plain.URL, func() time.Time { return now.Add(-time.Hour) })
	if err != nil || (ahead.Skew-time.Hour).Abs() > time.Minute {
		t.Errorf("%+v, error %v", ahead, err)
	}
	for address, says := range map[string]string{
		secure.URL:           "TLS with 127.0.0.1",
		"http://127.0.0.1:1": "no connection to 127.0.0.1:1",
		"http://no.invalid":  "DNS: ",
		"nonsense":           "no host",
		"http://a b/?sig=x":  "no host",
	} {
		if _, err := Reach(t.Context(), address, time.Now); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "sig=") {
			t.Errorf("%s: %v, want %q", address, err, says)
		}
	}
}
