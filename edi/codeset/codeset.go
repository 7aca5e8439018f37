// Package codeset knows which codes exist in the reference lists that claims
// and remittances use, as of the date of each list, and gives short labels of
// our own for them.
//
// A list is a snapshot. A code that it does not know may be newer than the
// list: that is worth a warning that names the list's date, never a hold. Sets
// whose content is licensed (CPT, CDT, NUBC, taxonomy) are checked by form
// only, see form.go, unless a licensed list is loaded with Load.
package codeset

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed data
var data embed.FS

// List is one code list. Its zero value is empty.
type List struct {
	Name string // "CARC", "ICD-10-CM"
	Date string // what the snapshot is as of, for messages: "fiscal year 2022"

	file    string
	once    sync.Once
	text    []byte   // lines "code[\tfield…]\n" sorted by code
	rows    []uint32 // where each line begins
	mu      sync.RWMutex
	shipped string           // Date of the snapshot while over replaces it
	over    map[string]entry // from Load; replaces the snapshot when not nil
}

// entry is a code of a list that was loaded.
type entry struct {
	label    string
	from, to int // effective days CCYYMMDD, both included; 0 for no bound
}

// The embedded lists.
var (
	adjustmentReasons = &List{Name: "claim adjustment reason code", Date: "2025", file: "carc.txt"}
	remarks           = &List{Name: "remittance advice remark code", Date: "2025", file: "rarc.txt"}
	statusCategories  = &List{Name: "claim status category", Date: "2025", file: "claim-status-category.txt"}
	statuses          = &List{Name: "claim status code", Date: "2025", file: "claim-status.txt"}
	entities          = &List{Name: "entity identifier", Date: "005010", file: "entity.txt"}
	placesOfService   = &List{Name: "place of service", Date: "2024-05-02", file: "place-of-service.txt"}
	states            = &List{Name: "state or province", Date: "005010", file: "state.txt"}
	countries         = &List{Name: "ISO 3166 country", Date: "2011", file: "country.txt"}
	currencies        = &List{Name: "ISO 4217 currency", Date: "005010", file: "currency.txt"}
	diagnoses         = &List{Name: "ICD-10-CM", Date: "fiscal year 2022", file: "icd10cm.gz"}
	procedures        = &List{Name: "HCPCS level II", Date: "2019", file: "hcpcs.gz"}
)

// Lists returns every list by its short key, the one that Load takes.
func Lists() map[string]*List {
	return map[string]*List{
		"carc": adjustmentReasons, "rarc": remarks, "claim-status-category": statusCategories, "claim-status": statuses,
		"entity": entities, "pos": placesOfService, "state": states, "country": countries, "currency": currencies,
		"icd10cm": diagnoses, "hcpcs": procedures, "cpt": cpt, "cdt": cdt, "taxonomy": taxonomy, "revenue": revenue,
	}
}

// Licensed lists, empty until Load fills them.
var (
	cpt      = &List{Name: "CPT"}
	cdt      = &List{Name: "CDT"}
	taxonomy = &List{Name: "provider taxonomy"}
	revenue  = &List{Name: "NUBC revenue code"}
)

// Load replaces the content of a list by lines
// "code<TAB>label<TAB>first day<TAB>last day", for a newer snapshot or one that
// the user has a licence for. Label and days (CCYY-MM-DD) may be left out. A
// first line "# as of DATE" gives the list's date unless asOf does.
func (l *List) Load(r io.Reader, asOf string) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := map[string]entry{}
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.TrimRight(line, "\r")
		if rest, ok := strings.CutPrefix(line, "# as of "); ok && asOf == "" {
			asOf = rest
		}
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		if fields[0] == "" || strings.ContainsAny(fields[0], " ,;") || len(fields) > 4 {
			return fmt.Errorf("line %d: a code is expected at the start of the line, then, after tabs, its label, first day and last day", n+1)
		}
		var e entry
		if len(fields) > 1 {
			e.label = fields[1]
		}
		for i, day := range []*int{&e.from, &e.to} {
			if len(fields) <= i+2 || fields[i+2] == "" {
				continue
			}
			t, err := time.Parse("2006-01-02", fields[i+2])
			if err != nil {
				return fmt.Errorf("line %d: %q is not a day of the form 2026-01-31", n+1, fields[i+2])
			}
			*day = t.Year()*10000 + int(t.Month())*100 + t.Day()
		}
		m[fields[0]] = e
	}
	if len(m) == 0 {
		return errors.New("there is no code in it")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over == nil {
		l.shipped = l.Date
	}
	l.over, l.Date = m, asOf
	return nil
}

// Unload goes back to the embedded snapshot, or to nothing.
func (l *List) Unload() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over != nil {
		l.over, l.Date = nil, l.shipped
	}
}

// LoadDir loads every file KEY.tsv of a folder into the list of that key. A
// folder that is not there holds no lists.
func LoadDir(dir string) error {
	all := Lists()
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		l := all[strings.TrimSuffix(e.Name(), ".tsv")]
		if l == nil || !strings.HasSuffix(e.Name(), ".tsv") {
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

// Effective reports whether a known code may be used on a day, CCYYMMDD; the
// embedded snapshots bear no days, so that every code of theirs may.
func (l *List) Effective(code []byte, day int) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	e, ok := l.over[string(code)]
	return !ok || day == 0 || (e.from == 0 || day >= e.from) && (e.to == 0 || day <= e.to)
}

// Loaded reports whether Load has replaced the list's content.
func (l *List) Loaded() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.over != nil
}

// Empty reports whether the list has no content, so that codes can be checked
// by their form only.
func (l *List) Empty() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.file == "" && l.over == nil
}

// Lookup returns what the list says of a code beside the code itself: its label,
// which may be empty, and whether the list knows it.
func (l *List) Lookup(code string) (label string, known bool) {
	l.mu.RLock()
	over := l.over
	l.mu.RUnlock()
	if over != nil {
		e, known := over[code]
		return e.label, known
	}
	if l.file == "" {
		return "", false
	}
	l.once.Do(l.load)
	i, ok := slices.BinarySearchFunc(l.rows, code, func(row uint32, code string) int {
		return compare(l.text[row:], code)
	})
	if !ok {
		return "", false
	}
	_, rest, _ := bytes.Cut(l.line(l.rows[i]), []byte("\t"))
	return string(rest), true
}

// Has reports whether the list knows the code. It does not allocate.
func (l *List) Has(code []byte) bool {
	_, known := l.row(code)
	return known
}

// row returns the snapshot's line of a code; nil for one that Load brought.
func (l *List) row(code []byte) (line []byte, known bool) {
	l.mu.RLock()
	over := l.over
	l.mu.RUnlock()
	if over != nil {
		_, known := over[string(code)]
		return nil, known
	}
	if l.file == "" {
		return nil, false
	}
	l.once.Do(l.load)
	i, ok := slices.BinarySearchFunc(l.rows, code, func(row uint32, code []byte) int { return compare(l.text[row:], code) })
	if !ok {
		return nil, false
	}
	return l.line(l.rows[i]), true
}

func (l *List) line(row uint32) []byte {
	b := l.text[row:]
	return b[:bytes.IndexByte(b, '\n')]
}

// compare orders the line that text begins with against a code, by its first field.
func compare[T string | []byte](line []byte, code T) int {
	for i := 0; ; i++ {
		end := line[i] == '\t' || line[i] == '\n'
		switch {
		case end && i == len(code):
			return 0
		case end:
			return -1
		case i == len(code) || line[i] > code[i]:
			return 1
		case line[i] < code[i]:
			return -1
		}
	}
}

func (l *List) load() {
	b, err := data.ReadFile("data/" + l.file)
	if err == nil && strings.HasSuffix(l.file, ".gz") {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(z)
		}
	}
	if err != nil {
		panic("embedded code list " + l.file + ": " + err.Error()) // the program itself is broken
	}
	l.text = b
	for i := 0; i < len(b); i += bytes.IndexByte(b[i:], '\n') + 1 {
		l.rows = append(l.rows, uint32(i))
	}
}

// Codes yields every code of the list in order, or in any order after Load.
func (l *List) Codes() iter.Seq[string] {
	return func(yield func(string) bool) {
		l.mu.RLock()
		over := l.over
		l.mu.RUnlock()
		if over != nil {
			for code := range over {
				if !yield(code) {
					return
				}
			}
			return
		}
		if l.file == "" {
			return
		}
		l.once.Do(l.load)
		for _, row := range l.rows {
			code, _, _ := bytes.Cut(l.line(row), []byte("\t"))
			if !yield(string(code)) {
				return
			}
		}
	}
}
