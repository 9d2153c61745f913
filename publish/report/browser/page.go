package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// View is how a page is looked at.
type View struct {
	Width, Height int64 // of the window, in CSS pixels
	Dark          bool
	Print         bool // as on paper
	Phone         bool // with a finger
	NoScript      bool
}

// Page is an HTML file in a tab of its own.
type Page struct {
	t       testing.TB
	b       *Browser
	ctx     context.Context
	url     string
	told    lines
	started bool
}

// errorsToConsole makes the console tell of errors that Chromium tells the page alone,
// such as sizes that change while they are told.
const errorsToConsole = `addEventListener("error", (e) => console.error("error event", e.message))`

// Open shows a file. The tab is closed when the test t ends.
func (b *Browser) Open(t testing.TB, file string, v View) *Page {
	t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	p := &Page{t: t, b: b, ctx: ctx, url: "file://" + filepath.ToSlash(path)}
	p.run(emulation.SetFocusEmulationEnabled(true), emulation.SetScriptExecutionDisabled(v.NoScript))
	p.look(v)
	chromedp.ListenTarget(ctx, p.hear)
	p.run(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(errorsToConsole).Do(ctx)
		return err
	}), chromedp.Navigate(p.url))
	if !v.NoScript {
		p.settle()
	}
	return p
}

// Look changes how the page is looked at and waits until it is drawn anew.
func (p *Page) Look(v View) {
	p.t.Helper()
	p.look(v)
	p.settle()
}

func (p *Page) look(v View) {
	p.t.Helper()
	scheme, media := "light", "screen"
	if v.Dark {
		scheme = "dark"
	}
	if v.Print {
		media = "print"
	}
	p.run(emulation.SetDeviceMetricsOverride(v.Width, v.Height, 1, v.Phone),
		emulation.SetTouchEmulationEnabled(v.Phone),
		emulation.SetEmulatedMedia().WithMedia(media).WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}))
}

// settle waits for two pictures of the page: what a change of its size causes is
// drawn by then. Chromium draws the tab in front alone.
func (p *Page) settle() {
	p.t.Helper()
	p.run(page.BringToFront())
	p.Eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))", nil)
}

// Messages are what a page that behaves gives none of: lines in the console,
// violations of its policy, exceptions, alerts, requests, new windows, navigations.
func (p *Page) Messages() []string { return append(p.told.all(), p.b.faults.all()...) }

// hear keeps what is no good sign.
func (p *Page) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		text, _ := json.Marshal(e.Args)
		p.told.addf("console.%s: %s", e.Type, text)
	case *runtime.EventExceptionThrown:
		p.told.addf("exception: %s", e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		p.told.addf("log: %s: %s", e.Entry.Source, e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		p.told.addf("dialog: %s", e.Message)
		go chromedp.Run(p.ctx, page.HandleJavaScriptDialog(false)) //nolint:errcheck // the page may be gone by now
	case *page.EventWindowOpen:
		p.told.addf("a new window: %s", e.URL)
	case *page.EventFrameNavigated:
		if p.started || e.Frame.ParentID != "" {
			p.told.addf("navigated to %s", e.Frame.URL)
		}
		p.started = true
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; u != p.url && !strings.HasPrefix(u, "data:") {
			p.told.addf("asked for %s", u)
		}
	case *inspector.EventTargetCrashed:
		p.told.addf("the page crashed")
	}
}

func (p *Page) run(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", filepath.Base(p.url), err)
	}
}

// Eval computes a JavaScript expression in the page, waits for it if it is a promise,
// and reads its JSON into out unless that is nil.
func (p *Page) Eval(expression string, out any) {
	p.t.Helper()
	p.run(chromedp.ActionFunc(func(ctx context.Context) error {
		value, thrown, err := runtime.Evaluate(expression).WithAwaitPromise(true).WithReturnByValue(true).Do(ctx)
		if err != nil {
			return err
		}
		if thrown != nil {
			return fmt.Errorf("%s: %w", expression, thrown)
		}
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(value.Value, out); err != nil {
			return fmt.Errorf("%s gave %q: %w", expression, value.Value, err)
		}
		return nil
	}))
}

// Texts are the texts of all elements that a CSS selector finds, in their order.
func (p *Page) Texts(selector string) (texts []string) {
	p.t.Helper()
	p.Eval("[...document.querySelectorAll("+quoted(selector)+")].map((e) => e.textContent)", &texts)
	return texts
}

// Count is how many elements a CSS selector finds.
func (p *Page) Count(selector string) (n int) {
	p.t.Helper()
	p.Eval("document.querySelectorAll("+quoted(selector)+").length", &n)
	return n
}

// Click clicks the middle of the first element that a CSS selector finds, once it is
// in sight.
func (p *Page) Click(selector string) {
	p.t.Helper()
	if p.Count(selector) == 0 {
		p.t.Fatalf("there is no %s to click", selector)
	}
	p.run(chromedp.Click(selector, chromedp.ByQuery))
	p.settle()
}

// Press presses keys, one after the other: text, or the keys of chromedp's package kb.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.run(chromedp.KeyEvent(keys))
	p.settle()
}

// Screenshot writes a PNG of what is in the window, or of the whole page.
func (p *Page) Screenshot(file string, whole bool) {
	p.t.Helper()
	var picture []byte
	p.run(chromedp.ActionFunc(func(ctx context.Context) error {
		take := page.CaptureScreenshot()
		if whole {
			_, _, _, _, _, size, err := page.GetLayoutMetrics().Do(ctx)
			if err != nil {
				return err
			}
			take = take.WithCaptureBeyondViewport(true).WithClip(&page.Viewport{Width: size.Width, Height: size.Height, Scale: 1})
		}
		var err error
		picture, err = take.Do(ctx)
		return err
	}))
	p.write(file, picture)
}

// PDF prints the page and writes it to a file.
func (p *Page) PDF(file string) {
	p.t.Helper()
	var paper []byte
	p.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		paper, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).WithPrintBackground(true).Do(ctx)
		return err
	}))
	p.write(file, paper)
}

func (p *Page) write(file string, content []byte) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
