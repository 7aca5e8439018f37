package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The two widths at which people look: a desk and a telephone.
var widths = []int64{1280, 400}

// newChromium starts a browser of its own and returns what it complains about.
func newChromium(t *testing.T) (ctx context.Context, complaints func() []string) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no browser: install chromium (apt-get install chromium), the pages are tested in a real one")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-first-run", true),
		chromedp.UserDataDir(t.TempDir()))
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	ctx, cancelTime := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(func() { cancelTime(); cancel(); cancelAllocator() })

	var mu sync.Mutex
	var seen []string
	chromedp.ListenTarget(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *cdplog.EventEntryAdded:
			seen = append(seen, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		case *runtime.EventConsoleAPICalled:
			seen = append(seen, fmt.Sprintf("console %s", e.Type))
		case *runtime.EventExceptionThrown:
			seen = append(seen, "exception "+e.ExceptionDetails.Text)
		case *network.EventLoadingFailed:
			seen = append(seen, "load failed: "+e.ErrorText+" "+string(e.BlockedReason))
		}
	})
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		all := seen
		seen = nil
		return all
	}
}

func width(w int64) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(w, 900, 1, w < 600)
}

// signInByKeyboard uses nothing but keys: the field has the focus, Tab moves on.
func signInByKeyboard(t *testing.T, ctx context.Context, base string) {
	t.Helper()
	var at, heading string
	err := chromedp.Run(ctx, cdplog.Enable(), network.Enable(), runtime.Enable(), width(1280), chromedp.Navigate(base+"/"),
		chromedp.WaitVisible("#username"), chromedp.KeyEvent(fixtureUser+kb.Tab+fixturePassword+kb.Tab), chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible("nav[aria-label=Main]"), chromedp.Location(&at), chromedp.Text("h1", &heading))
	if err != nil {
		t.Fatal(err)
	}
	if at != base+"/" || heading != "Today" {
		t.Fatalf("signing in by keyboard ended at %s, %q", at, heading)
	}
}

// Every page, at both widths: nothing sticks out, nothing is blocked or
// complained about, and the page's frame is as a keyboard and a reader need it.
// With CLAIMBOOK_SHOTS=DIR it leaves a picture of each.
func TestPagesInABrowser(t *testing.T) {
	f := newFixture(t)
	base := serveFixture(t, f)
	ctx, complaints := newChromium(t)
	signInByKeyboard(t, ctx, base)
	axe := axeSource(t)
	paths := f.pagePaths()
	paths["find"] = "" // by the form of the last page, see below
	paths["not-found"] = "/claims/999999999"
	names := make([]string, 0, len(paths))
	for name := range paths {
		names = append(names, name)
	}
	slices.Sort(names)
	complaints()
	for _, w := range widths {
		if err := chromedp.Run(ctx, width(w)); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			open := chromedp.Tasks{chromedp.Navigate(base + paths[name])}
			if name == "find" {
				open = chromedp.Tasks{chromedp.Navigate(base + "/help"), chromedp.SendKeys("#find", "MG0000"), chromedp.Submit("#find"), chromedp.WaitVisible(".list, table")}
			}
			if err := chromedp.Run(ctx, open, chromedp.WaitReady("main")); err != nil {
				t.Fatalf("%s at %d: %v", name, w, err)
			}
			checkFrame(t, ctx, name, w)
			if axe != "" {
				checkAxe(t, ctx, axe, name, w)
			}
			for _, c := range complaints() {
				if name == "not-found" && strings.Contains(c, "404") {
					continue
				}
				t.Errorf("%s at %d: the browser complains: %s", name, w, c)
			}
			shoot(t, ctx, fmt.Sprintf("%s-%d", name, w))
		}
	}
}

// frame is what a page tells of itself.
type frameReport struct {
	Overflow   int64
	Widest     string
	Title      string
	Lang       string
	Headings   int
	Landmarks  []string
	BareHeads  int // header cells without a scope
	Unlabelled int
	Scripts    int
	Styles     int
	SkipFirst  bool
}

const frameScript = `(() => {
	const wide = document.documentElement.clientWidth;
	let widest = '';
	for (const e of document.body.querySelectorAll('*')) {
		if (e.getBoundingClientRect().right > wide + 1 && !e.closest('.scroll') && getComputedStyle(e).position !== 'absolute') { widest = e.tagName + '.' + e.className; break; }
	}
	const named = e => e.labels && e.labels.length || e.getAttribute('aria-label');
	return {
		Overflow: document.documentElement.scrollWidth - wide, Widest: widest, Title: document.title, Lang: document.documentElement.lang,
		Headings: document.querySelectorAll('h1').length,
		Landmarks: ['header', 'nav', 'main', 'footer'].filter(n => document.querySelector(n)),
		BareHeads: document.querySelectorAll('th:not([scope])').length,
		Unlabelled: [...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !named(e)).length,
		Scripts: document.scripts.length, Styles: document.querySelectorAll('[style], style').length,
		SkipFirst: document.querySelector('a') === document.querySelector('a.skip') && !!document.querySelector(document.querySelector('a.skip').getAttribute('href')),
	};
})()`

func checkFrame(t *testing.T, ctx context.Context, name string, w int64) {
	t.Helper()
	var r frameReport
	if err := chromedp.Run(ctx, chromedp.Evaluate(frameScript, &r)); err != nil {
		t.Fatalf("%s at %d: %v", name, w, err)
	}
	if r.Overflow > 0 || r.Widest != "" {
		t.Errorf("%s at %d: %d pixels stick out, by %s", name, w, r.Overflow, r.Widest)
	}
	if r.Headings != 1 || r.Lang != "en-US" || !strings.HasSuffix(r.Title, " · Claimbook") || !r.SkipFirst {
		t.Errorf("%s at %d: frame %+v", name, w, r)
	}
	if len(r.Landmarks) != 4 || r.BareHeads != 0 || r.Unlabelled != 0 || r.Scripts != 0 || r.Styles != 0 {
		t.Errorf("%s at %d: %+v", name, w, r)
	}
}

// The first Tab offers to skip to the content, and the focus is always seen.
func TestSkipLinkAndFocus(t *testing.T) {
	f := newFixture(t)
	base := serveFixture(t, f)
	ctx, _ := newChromium(t)
	signInByKeyboard(t, ctx, base)
	var skip, landed bool
	err := chromedp.Run(ctx, chromedp.Navigate(base+"/claims"), chromedp.KeyEvent(kb.Tab),
		chromedp.Evaluate(`document.activeElement.classList.contains('skip') && document.activeElement.getBoundingClientRect().top >= 0`, &skip),
		chromedp.KeyEvent(kb.Enter), chromedp.Evaluate(`location.hash === '#main'`, &landed))
	if err != nil || !skip || !landed {
		t.Errorf("skip link shown %v, lands %v, %v", skip, landed, err)
	}
	var invisible []string
	err = chromedp.Run(ctx, chromedp.Navigate(base+"/claims"), chromedp.Evaluate(`(async () => {
		const bad = [];
		for (const e of document.querySelectorAll('a, button, input, select, summary, [tabindex="0"]')) {
			if (e.type === 'hidden') continue;
			e.focus({focusVisible: true});
			if (document.activeElement !== e || getComputedStyle(e).outlineStyle === 'none') bad.push(e.outerHTML.slice(0, 80));
		}
		return bad;
	})()`, &invisible, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if err != nil || len(invisible) > 0 {
		t.Errorf("no visible focus on %q, %v", invisible, err)
	}
}

// axeSource returns axe-core where "make assets" fetched it, else "": the
// structural checks above run either way.
func axeSource(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"assets/dist/axe.min.js", "assets/dist/node_modules/axe-core/axe.min.js", "../../node_modules/axe-core/axe.min.js"} {
		if b, err := os.ReadFile(path); err == nil {
			return string(b)
		}
	}
	t.Log("axe-core is not here (make assets fetches it): its rules were not tried")
	return ""
}

func checkAxe(t *testing.T, ctx context.Context, source, name string, w int64) {
	t.Helper()
	var ignored any
	var found string
	// Evaluated by the debugger, which the page's own policy does not bind.
	err := chromedp.Run(ctx, chromedp.Evaluate(source+"; true", &ignored), chromedp.Evaluate(`axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(
		r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120) + ' ' + (n.any[0] ? n.any[0].message : '')).join(' | '))))`, &found,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if err != nil {
		t.Fatalf("%s at %d: axe: %v", name, w, err)
	}
	var violations []string
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s at %d: axe: %s", name, w, v)
	}
}

func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("CLAIMBOOK_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
