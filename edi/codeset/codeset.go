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
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
)

//go:embed data
var data embed.FS

// List is one code list. Its zero value is empty.
type List struct {
	Name string // "CARC", "ICD-10-CM"
	Date string // what the snapshot is as of, for messages: "fiscal year 2022"

	file string
	once sync.Once
	text []byte   // lines "code[\tfield…]\n" sorted by code
	rows []uint32 // where each line begins
	mu   sync.RWMutex
	over map[string]string // from Load; replaces the snapshot when not nil
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

// Load replaces the content of a list by lines "code<TAB>label", for a newer
// snapshot or one that the user has a licence for.
func (l *List) Load(r io.Reader, date string) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := map[string]string{}
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" {
			continue
		}
		code, rest, _ := strings.Cut(line, "\t")
		if code == "" || strings.ContainsAny(code, " ,;") {
			return fmt.Errorf("line %d: a code is expected at the start of the line, then a tab and its label", n+1)
		}
		m[code] = rest
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over, l.Date = m, date
	return nil
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
		label, known = over[code]
		return label, known
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
