package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
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
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	tab, cancelTab := chromedp.NewContext(allocator)
	if err := chromedp.Do(tab, chromedp.Navigate("about:blank")); err != nil { // this call starts the browser
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tab, 8*time.Minute)
	t.Cleanup(func() { cancel(); cancelTab(); cancelAllocator() })

	var mu sync.Mutex
	var seen []string
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			mu.Lock()
			seen = append(seen, string(m.Type)+": "+m.Text)
			mu.Unlock()
		}
	}()
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		all := seen
		seen = nil
		return all
	}
}

func width(w int64) chromedp.Action[chromedp.Void] { return chromedp.EmulateViewport(w, 900) }

// theme asks for the dark theme or for the light one.
func theme(dark bool) chromedp.Action[chromedp.Void] {
	value := "light"
	if dark {
		value = "dark"
	}
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
		return err
	})
}

func evaluate[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// signInByKeyboard uses nothing but keys: the field has the focus, Tab moves on.
func signInByKeyboard(t *testing.T, ctx context.Context, base string) {
	t.Helper()
	err := chromedp.Do(ctx, width(1280), chromedp.Navigate(base+"/"), chromedp.WaitVisible(chromedp.CSS("#username")),
		chromedp.KeyEvent(fixtureUser+kb.Tab+fixturePassword+kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("nav[aria-label=Main]")))
	if err != nil {
		t.Fatal(err)
	}
	if got := evaluate[string](t, ctx, `location.pathname + " " + document.querySelector("h1").textContent`); got != "/ Today" {
		t.Fatalf("signing in by keyboard ended at %q", got)
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
		// By night on the narrow screen: contrast is checked in both themes.
		if err := chromedp.Do(ctx, width(w), theme(w < 600)); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			open := chromedp.Navigate(base + paths[name])
			if name == "find" {
				open = chromedp.Steps(chromedp.Navigate(base+"/help"), chromedp.SendKeys(chromedp.CSS("#find"), "MG0000"+kb.Enter),
					chromedp.WaitVisible(chromedp.CSS(".scroll[aria-label=Matches]")))
			}
			if err := chromedp.Do(ctx, open, chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
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
			if w < 600 && os.Getenv("CLAIMBOOK_SHOTS") != "" {
				if err := chromedp.Do(ctx, theme(false)); err != nil {
					t.Fatal(err)
				}
				shoot(t, ctx, fmt.Sprintf("%s-%d-light", name, w))
				if err := chromedp.Do(ctx, theme(true)); err != nil {
					t.Fatal(err)
				}
			}
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
	r := evaluate[frameReport](t, ctx, frameScript)
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
	if err := chromedp.Do(ctx, chromedp.Navigate(base+"/claims"), chromedp.KeyEvent(kb.Tab)); err != nil {
		t.Fatal(err)
	}
	if !evaluate[bool](t, ctx, `document.activeElement.classList.contains("skip") && document.activeElement.getBoundingClientRect().top >= 0`) {
		t.Error("the first Tab does not show the skip link")
	}
	if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	if !evaluate[bool](t, ctx, `location.hash === "#main"`) {
		t.Error("the skip link does not lead to the content")
	}
	invisible := evaluate[[]string](t, ctx, `(async () => {
		const bad = [];
		for (const e of document.querySelectorAll('a, button, input, select, summary, [tabindex="0"]')) {
			if (e.type === 'hidden') continue;
			e.focus({focusVisible: true});
			if (document.activeElement !== e || getComputedStyle(e).outlineStyle === 'none') bad.push(e.outerHTML.slice(0, 80));
		}
		return bad;
	})()`)
	if len(invisible) > 0 {
		t.Errorf("no visible focus on %q", invisible)
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
	// Evaluated by the debugger, which the page's own policy does not bind.
	violations := evaluate[[]string](t, ctx, source+`
		; axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.help + ' ' +
			v.nodes.slice(0, 3).map(n => n.html.slice(0, 120) + ' ' + (n.any[0] ? n.any[0].message : '')).join(' | ')))`)
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
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
