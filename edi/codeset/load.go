package codeset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
)

// entry is a code of a list that was loaded.
type entry struct {
	label string
	period
	more []period // where a code was retired and taken up again
}

// period holds effective days CCYYMMDD, both included; 0 for no bound.
type period struct{ from, to int32 }

func (p period) holds(day int) bool {
	return (p.from == 0 || day >= int(p.from)) && (p.to == 0 || day <= int(p.to))
}

func (e entry) effective(day int) bool {
	if e.holds(day) {
		return true
	}
	for _, p := range e.more {
		if p.holds(day) {
			return true
		}
	}
	return false
}

// maxList bounds a list that is read: ICD-10-CM has 6 MB.
const maxList = 64 << 20

// Load replaces the content of a list by lines
// "code<TAB>label<TAB>first day<TAB>last day", for a newer snapshot or one that
// the user has a licence for. Label and days (CCYY-MM-DD) may be left out; a
// code that stands on several lines may be used in each of their periods. A
// first line "# as of DATE" gives the list's date unless asOf does. A list that
// is refused leaves the content as it was.
func (l *List) Load(r io.Reader, asOf string) error {
	c, err := read(r, asOf)
	if err != nil {
		return err
	}
	l.current.Store(c)
	return nil
}

// Unload goes back to the embedded snapshot, or to nothing.
func (l *List) Unload() { l.current.Store(l.snapshot()) }

func read(r io.Reader, asOf string) (*content, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxList+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxList {
		return nil, fmt.Errorf("the list is longer than %d MB", maxList>>20)
	}
	c := &content{loaded: map[string]entry{}}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(b), "\uFEFF")) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if rest, ok := strings.CutPrefix(line, "# as of "); ok && asOf == "" {
			asOf = rest
		}
		if line == "" || line[0] == '#' {
			continue
		}
		code, e, err := readEntry(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if before, twice := c.loaded[code]; twice {
			before.more = append(before.more, e.period)
			e = before
		}
		c.loaded[code] = e
	}
	if len(c.loaded) == 0 {
		return nil, errors.New("there is no code in it")
	}
	c.date = asOf
	return c, nil
}

func readEntry(line string) (code string, e entry, err error) {
	fields := strings.Split(line, "\t")
	if fields[0] == "" || strings.ContainsAny(fields[0], " ,;") || len(fields) > 4 {
		return "", e, errors.New("a code is expected at the start of the line, then, after tabs, its label, first day and last day")
	}
	if len(fields) > 1 {
		e.label = fields[1]
	}
	for i, day := range []*int32{&e.from, &e.to} {
		if len(fields) <= i+2 || fields[i+2] == "" {
			continue
		}
		d, err := date.Parse(fields[i+2])
		if err != nil {
			return "", e, fmt.Errorf("%.12q is not a day of the form 2026-01-31", fields[i+2])
		}
		*day = int32(Day(d))
	}
	if e.to != 0 && e.to < e.from {
		return "", e, errors.New("the last day comes before the first")
	}
	return fields[0], e, nil
}

// Day writes a date as Effective takes it: CCYYMMDD, 0 for none.
func Day(d date.Date) int {
	if d.IsZero() {
		return 0
	}
	return d.Year*10000 + int(d.Month)*100 + d.Day
}

// LoadDir loads every file KEY.tsv of a folder into the list of that key. A
// folder that is not there holds no lists.
func LoadDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		key, isList := strings.CutSuffix(e.Name(), ".tsv")
		l := byKey[key]
		if l == nil || !isList {
			continue
		}
		path := filepath.Join(dir, e.Name())
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = l.Load(f, "")
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
