// Command pictures signs in to a served demo and saves its pages as pictures,
// for the README: pictures BASE USER PASSWORD DIR NAME=PATH…
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func main() {
	if len(os.Args) < 6 {
		fmt.Fprintln(os.Stderr, "usage: pictures BASE USER PASSWORD DIR NAME=PATH…")
		os.Exit(2)
	}
	if err := shoot(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5:]); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(3)
	}
}

func shoot(base, user, password, dir string, pages []string) error {
	profile, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.UserDataDir(profile))
	if path := os.Getenv("CHROME"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	ctx, leave := chromedp.NewContext(ctx)
	defer leave()
	err = chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(base+"/"), chromedp.WaitVisible(chromedp.CSS("#username")),
		chromedp.KeyEvent(user+kb.Tab+password+kb.Enter), chromedp.WaitVisible(chromedp.CSS("nav[aria-label=Main]")))
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	for _, page := range pages {
		name, path, _ := strings.Cut(page, "=")
		if err := chromedp.Do(ctx, chromedp.Navigate(base+path)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
			return err
		}
	}
	return nil
}
