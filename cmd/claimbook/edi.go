package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/fault"
)

// EDICmd works on X12 files alone and needs no database.
type EDICmd struct {
	Check EDICheckCmd `cmd:"" help:"Validate X12 files against their guides."`
	Show  EDIShowCmd  `cmd:"" help:"Show a file as a tree with the names of loops and elements."`
	Fmt   EDIFmtCmd   `cmd:"" help:"Write a file one segment a line, compact, or in canonical form."`
	Split EDISplitCmd `cmd:"" help:"Write one file a transaction set."`
	Codes EDICodesCmd `cmd:"" help:"The code lists that codes are checked against."`
}

// EDICheckCmd is `claimbook edi check`.
type EDICheckCmd struct {
	Files   []string `arg:"" name:"file" help:"Files and directories; - reads standard input."`
	SNIP    string   `name:"snip" placeholder:"LEVELS" help:"Levels to check, such as 1-4 or 1,2,5; all by default."`
	Ack     string   `name:"ack" enum:",999,277ca,ta1" default:"" help:"Write the acknowledgment (999, 277ca or ta1) to standard output; the findings go to standard error."`
	Partner string   `name:"partner" placeholder:"FILE" help:"A partner's rules (JSON), checked as level 7."`
}

// Help shows examples.
func (EDICheckCmd) Help() string {
	return `Exit code 0: no errors (warnings do not count); 1: errors, listed with segment, byte offset and what to change. A file that cannot be read is told of at the end; the others are checked. What each rule means, and how a partner's rules are written, is in docs/edi-rules.md.

Examples:
  claimbook edi check claims.837
  claimbook edi check --json --snip 1-4 inbox/ more.837
  claimbook edi check --partner lakeside.json - < claims.837
  claimbook edi check --ack 999 claims.837 > answer.999`
}

// Run validates each file.
func (c EDICheckCmd) Run(app *App) error {
	levels, err := parseLevels(c.SNIP)
	if err != nil {
		return err
	}
	o := check.Options{Levels: levels, Claims: c.Ack == "277ca"}
	if c.Partner != "" {
		f, err := openInput(c.Partner)
		if err != nil {
			return err
		}
		o.Partner, err = check.ReadPartner(f)
		_ = f.Close()
		if err != nil {
			return fault.Usagef("CB-EDI-PARTNER", "the partner's rules cannot be used").Because(err).At(c.Partner)
		}
	}
	files, err := ediFiles(c.Files)
	if err != nil {
		return err
	}
	if err := loadCodes(app); err != nil {
		return err
	}
	// A file of any size goes through a small heap; half of what Go would let pile
	// up between collections keeps the whole program under 64 MB.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	valid, control := true, 1
	var unread error
	for _, name := range files {
		report, err := c.one(app, name, o)
		if err != nil { // the other files are checked all the same
			if unread != nil {
				fmt.Fprintln(app.Stderr, "claimbook:", unread)
			}
			unread = err
			continue
		}
		valid = valid && report.Valid()
		if err := errors.Join(c.print(app, report, control), report.Close()); err != nil {
			return err
		}
		control += max(1, len(report.Interchanges)) // acknowledgments of one run have numbers of their own
	}
	if unread != nil {
		return unread
	}
	if !valid {
		return errReported
	}
	return nil
}

func (c EDICheckCmd) one(app *App, name string, o check.Options) (*check.Report, error) {
	in, size, err := openEDI(app, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	if size > 8<<20 {
		progress := app.Progress("Checking " + name)
		o.Progress = func(read int64) { progress(int(read), int(size)) }
		defer progress(int(size), int(size))
	}
	report, err := check.Run(in, name, o)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return report, nil
}

func (c EDICheckCmd) print(app *App, r *check.Report, control int) error {
	a := check.Answer{Now: ediNow(app), Control: control}
	out := bufio.NewWriter(app.Stdout)
	answer := &counted{w: out}
	var err error
	var nothing string
	switch c.Ack {
	case "ta1":
		nothing = "there is no interchange to answer"
		err = r.TA1(answer, a)
	case "999":
		nothing = "there is no group to answer; an acknowledgment is not acknowledged"
		err = r.Implementation(answer, a)
	case "277ca":
		nothing = "there is no claim to answer: a 277CA is for the claims of an 837 that the 999 accepts"
		err = r.Claims(answer, a)
	default:
		if app.JSON {
			err = writeReport(out, r)
		} else {
			printReport(out, r)
		}
		return errors.Join(err, out.Flush())
	}
	if err == nil && answer.n == 0 {
		fmt.Fprintf(app.Stderr, "%s: %s\n", r.File, nothing)
	}
	if app.JSON {
		told := bufio.NewWriter(app.Stderr)
		err = errors.Join(err, writeReport(told, r), told.Flush())
	} else {
		printReport(app.Stderr, r)
	}
	return errors.Join(err, out.Flush())
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}

// ediNow is the moment on acknowledgments: the clock's time on the day that
// --today names.
func ediNow(app *App) time.Time {
	now := time.Now()
	if d := app.Today; !d.IsZero() {
		return time.Date(d.Year, d.Month, d.Day, now.Hour(), now.Minute(), now.Second(), 0, now.Location())
	}
	return now
}

// writeReport writes a report as one line of JSON, which may be as long as a file
// has transaction sets.
func writeReport(w io.Writer, r *check.Report) error {
	err := r.WriteJSON(w)
	_, newline := io.WriteString(w, "\n")
	return errors.Join(err, newline)
}

func printReport(w io.Writer, r *check.Report) {
	faults, warnings := r.Counts()
	sets, claims := 0, 0
	var kinds []string
	for _, x := range r.Interchanges {
		for _, g := range x.Groups {
			for t := range g.Sets() {
				sets++
				claims += t.Claims
				kind := t.Guide
				if kind == "" {
					kind = t.Type
				}
				if !slices.Contains(kinds, kind) {
					kinds = append(kinds, kind)
				}
			}
		}
	}
	verdict := "valid"
	if faults > 0 {
		verdict = "not valid"
	}
	fmt.Fprintf(w, "%s: %s, %s, %s", r.File, verdict, plural(faults, "error"), plural(warnings, "warning"))
	if sets > 0 {
		fmt.Fprintf(w, "; %s (%s), %s", plural(sets, "transaction set"), strings.Join(kinds, ", "), plural(claims, "claim"))
	}
	fmt.Fprintln(w)
	r.Findings(func(f *guide.Finding) {
		place := f.SegmentID
		if f.Element > 0 {
			place += fmt.Sprintf("%02d", f.Element)
		}
		if f.Component > 0 {
			place += fmt.Sprintf("-%d", f.Component)
		}
		where := strings.TrimSpace(f.Loop + " " + place)
		if f.Position.Segment > 0 {
			where += fmt.Sprintf(", segment %d", f.Position.Segment)
		}
		fmt.Fprintf(w, "  %-7s %s, byte %d  [%s, SNIP %d]\n", f.Severity, where, f.Offset, f.Code, f.SNIP)
		fmt.Fprintf(w, "          %s", f.Message)
		if f.Value != "" {
			fmt.Fprintf(w, ": %q", f.Value)
		}
		fmt.Fprintln(w)
		if f.Fix != "" {
			fmt.Fprintf(w, "          → %s\n", f.Fix)
		}
	})
	if r.Unlisted > 0 {
		fmt.Fprintf(w, "  and %s that are not listed\n", plural(r.Unlisted, "more finding"))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// parseLevels reads "1-4" or "1,2,5".
func parseLevels(s string) ([]int, error) {
	if s == "" {
		return nil, nil
	}
	wrong := fault.Usagef("CB-EDI-SNIP", "--snip takes levels from 1 to 7, such as 1-4 or 1,2,5, not %q", s)
	var levels []int
	for _, part := range strings.Split(s, ",") {
		lo, hi, ranged := strings.Cut(part, "-")
		if !ranged {
			hi = lo
		}
		from, err1 := strconv.Atoi(lo)
		to, err2 := strconv.Atoi(hi)
		if err1 != nil || err2 != nil || from < 1 || to > 7 || from > to {
			return nil, wrong
		}
		for l := from; l <= to; l++ {
			levels = append(levels, l)
		}
	}
	return levels, nil
}

// ediFiles lists the files that arguments name: directories give the files in
// them, in order, without hidden ones.
func ediFiles(args []string) ([]string, error) {
	var files []string
	for _, a := range args {
		if a == "-" {
			files = append(files, a)
			continue
		}
		if info, err := os.Stat(a); err != nil || !info.IsDir() {
			files = append(files, a) // opening it says what is wrong
			continue
		}
		var found []string
		err := filepath.WalkDir(a, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path != a && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.Type().IsRegular():
				found = append(found, path)
			}
			return nil
		})
		if err != nil {
			return nil, unreadable(a, err)
		}
		sort.Strings(found)
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fault.Invalidf("CB-EDI-NOFILES", "there is no file to read").At(strings.Join(args, " "))
	}
	return files, nil
}

func openEDI(app *App, name string) (in io.ReadCloser, size int64, err error) {
	if name == "-" {
		return io.NopCloser(app.Stdin), 0, nil
	}
	f, err := openInput(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, unreadable(name, err)
	}
	return f, info.Size(), nil
}

// EDIShowCmd is `claimbook edi show`.
type EDIShowCmd struct {
	File string `arg:"" help:"The file; - reads standard input."`
}

// Help shows an example.
func (EDIShowCmd) Help() string {
	return "Faults stand in the tree behind !! and give exit code 1; edi check says what to do about them.\n\nExample:\n  claimbook edi show remittance.835 | less"
}

// Run prints the tree.
func (c EDIShowCmd) Run(app *App) error {
	in, _, err := openEDI(app, c.File)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	show := guide.Show
	if app.JSON {
		show = func(w io.Writer, r io.Reader) (int, error) { return guide.ShowJSON(w, c.File, r) }
	}
	faults, err := show(app.Stdout, in)
	switch {
	case err != nil:
		return unreadable(c.File, err)
	case faults > 0:
		return errReported
	}
	return nil
}

// EDIFmtCmd is `claimbook edi fmt`.
type EDIFmtCmd struct {
	File      string `arg:"" help:"The file; - reads standard input."`
	Compact   bool   `help:"Nothing between segments."`
	Canonical bool   `help:"Also shorten numbers and drop trailing empty elements."`
}

// Help shows an example.
func (EDIFmtCmd) Help() string {
	return "Content stays as it is unless --canonical is given. Faults are reported on standard error and give exit code 1.\n\nExample:\n  claimbook edi fmt claims.837 > readable.837"
}

// Run copies the file in another form.
func (c EDIFmtCmd) Run(app *App) error {
	in, _, err := openEDI(app, c.File)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out := bufio.NewWriterSize(app.Stdout, 64<<10)
	wrong := false
	report := func(e *x12.SyntaxError) {
		wrong = true
		fmt.Fprintf(app.Stderr, "%s: %v\n", c.File, e)
	}
	if c.Canonical {
		err = x12.Canonical(out, in, c.Compact, guide.Decimal, report)
	} else {
		err = x12.Format(out, in, c.Compact, report)
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if wrong {
		return errReported
	}
	return nil
}

// EDISplitCmd is `claimbook edi split`.
type EDISplitCmd struct {
	File string `arg:"" help:"The file; - reads standard input."`
	Out  string `name:"out" default:"." placeholder:"DIR" help:"Folder for the parts (default: here)."`
}

// Help shows an example.
func (EDISplitCmd) Help() string {
	return "Each part is a whole interchange with one transaction set; its name says interchange, group and transaction set.\n\nExample:\n  claimbook edi split --out parts many.835"
}

// Run writes the parts and prints their names.
func (c EDISplitCmd) Run(app *App) error {
	in, _, err := openEDI(app, c.File)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fault.Environmentf("CB-FILE-WRITE", "the folder cannot be made").At(c.Out).Because(err)
	}
	base := strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File))
	if c.File == "-" {
		base = "stdin"
	}
	wrong := false
	err = x12.Split(in, func(p x12.Position, kind string) (io.WriteCloser, error) {
		name := filepath.Join(c.Out, fmt.Sprintf("%s-%d-%d-%d.%s", base, p.Interchange, p.Group, p.Transaction, kind))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return nil, fault.Usagef("CB-FILE-EXISTS", "the file exists already").At(name).WithFix("choose another folder with --out")
		}
		if err != nil {
			return nil, fault.Environmentf("CB-FILE-WRITE", "the file cannot be written").At(name).Because(err)
		}
		fmt.Fprintln(app.Stdout, name)
		return f, nil
	}, func(e *x12.SyntaxError) {
		wrong = true
		fmt.Fprintf(app.Stderr, "%s: %v\n", c.File, e)
	})
	if err != nil {
		return err
	}
	if wrong {
		return errReported
	}
	return nil
}
