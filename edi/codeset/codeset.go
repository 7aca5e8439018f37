// Package codeset knows which codes exist in the reference lists that claims
// and remittances use, as of the date of each list, and gives short labels of
// our own for them.
//
// A list is a snapshot. A code that it does not know may be newer than the
// list: that is worth a warning that names the list's date, never a hold. Sets
// whose content is licensed (CPT, CDT, NUBC, taxonomy) are checked by form
// only, see form.go, unless a licensed list is loaded with Load.
//
// What a list holds never changes; Load puts another content in its place. So
// any number of goroutines look codes up at once without waiting for each other.
package codeset

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

//go:embed data
var data embed.FS

// List is one code list. Its zero value is empty.
type List struct {
	Name string // "CARC", "ICD-10-CM"

	file    string // of the embedded snapshot; "" for a list that does not ship
	date    string // of the embedded snapshot
	once    sync.Once
	shipped *content                // set by once
	current atomic.Pointer[content] // nil until the first look-up
}

// content is what a list holds at one time. It is never changed.
type content struct {
	date   string           // what it is as of, for messages: "fiscal year 2022"
	text   []byte           // of a snapshot: lines "code[\tfield…]\n" sorted by code
	rows   []uint32         // where each line begins
	loaded map[string]entry // of a list that was loaded; nil for a snapshot
}

// The embedded lists.
var (
	adjustmentReasons = &List{Name: "claim adjustment reason code", date: "2025", file: "carc.txt"}
	remarks           = &List{Name: "remittance advice remark code", date: "2025", file: "rarc.txt"}
	statusCategories  = &List{Name: "claim status category", date: "2025", file: "claim-status-category.txt"}
	statuses          = &List{Name: "claim status code", date: "2025", file: "claim-status.txt"}
	entities          = &List{Name: "entity identifier", date: "005010", file: "entity.txt"}
	placesOfService   = &List{Name: "place of service", date: "2024-05-02", file: "place-of-service.txt"}
	states            = &List{Name: "state or province", date: "005010", file: "state.txt"}
	countries         = &List{Name: "ISO 3166 country", date: "2011", file: "country.txt"}
	currencies        = &List{Name: "ISO 4217 currency", date: "005010", file: "currency.txt"}
	diagnoses         = &List{Name: "ICD-10-CM", date: "fiscal year 2022", file: "icd10cm.gz"}
	procedures        = &List{Name: "HCPCS level II", date: "2019", file: "hcpcs.gz"}
)

// Licensed lists, empty until Load fills them.
var (
	cpt      = &List{Name: "CPT"}
	cdt      = &List{Name: "CDT"}
	taxonomy = &List{Name: "provider taxonomy"}
	revenue  = &List{Name: "NUBC revenue code"}
)

var byKey = map[string]*List{
	"carc": adjustmentReasons, "rarc": remarks, "claim-status-category": statusCategories, "claim-status": statuses,
	"entity": entities, "pos": placesOfService, "state": states, "country": countries, "currency": currencies,
	"icd10cm": diagnoses, "hcpcs": procedures, "cpt": cpt, "cdt": cdt, "taxonomy": taxonomy, "revenue": revenue,
}

// Lists returns every list by its short key, the one under which it is imported.
func Lists() map[string]*List { return maps.Clone(byKey) }

// now returns what the list holds.
func (l *List) now() *content {
	if c := l.current.Load(); c != nil {
		return c
	}
	l.current.CompareAndSwap(nil, l.snapshot())
	return l.current.Load()
}

// snapshot returns the embedded content, which is unpacked once.
func (l *List) snapshot() *content {
	l.once.Do(func() {
		l.shipped = &content{date: l.date}
		if l.file != "" {
			l.shipped.text = unpack(l.file)
			for i := 0; i < len(l.shipped.text); i += bytes.IndexByte(l.shipped.text[i:], '\n') + 1 {
				l.shipped.rows = append(l.shipped.rows, uint32(i))
			}
		}
	})
	return l.shipped
}

func unpack(file string) []byte {
	b, err := data.ReadFile("data/" + file)
	if err == nil && strings.HasSuffix(file, ".gz") {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(z)
		}
	}
	if err != nil {
		panic("embedded code list " + file + ": " + err.Error()) // the program itself is broken
	}
	return b
}

// AsOf says what the list's content is as of: "fiscal year 2022", or the date
// of a list that was loaded. It is empty for a list without content.
func (l *List) AsOf() string { return l.now().date }

// Loaded reports whether Load has replaced the list's content.
func (l *List) Loaded() bool {
	c := l.current.Load()
	return c != nil && c.loaded != nil
}

// Empty reports whether the list has no content, so that codes can be checked
// by their form only.
func (l *List) Empty() bool {
	c := l.now()
	return len(c.rows) == 0 && c.loaded == nil
}

// Len counts the list's codes.
func (l *List) Len() int {
	c := l.now()
	return len(c.rows) + len(c.loaded)
}

// Effective reports whether a code that the list knows may be used on a day,
// CCYYMMDD; the embedded snapshots bear no days, so that every code of theirs may.
func (l *List) Effective(code []byte, day int) bool {
	c := l.now()
	if c.loaded == nil || day == 0 {
		return true
	}
	e, known := c.loaded[string(code)]
	return !known || e.effective(day)
}

// Lookup returns what the list says of a code beside the code itself: its label,
// which may be empty, and whether the list knows it.
func (l *List) Lookup(code string) (label string, known bool) {
	c := l.now()
	if c.loaded != nil {
		e, known := c.loaded[code]
		if !known || e.label != "" {
			return e.label, known
		}
		label, _ = ours(l.snapshot(), code) // bare numbers keep our labels
		return label, true
	}
	return ours(c, code)
}

// ours is what the snapshot says of a code.
func ours(c *content, code string) (label string, known bool) {
	line, known := find(c, code)
	if !known {
		return "", false
	}
	_, rest, _ := bytes.Cut(line, []byte("\t"))
	return string(rest), true
}

// Has reports whether the list knows the code. It does not allocate.
func (l *List) Has(code []byte) bool {
	c := l.now()
	if c.loaded != nil {
		_, known := c.loaded[string(code)]
		return known
	}
	_, known := find(c, code)
	return known
}

// Codes yields every code of the list in order, or in any order after Load.
func (l *List) Codes() iter.Seq[string] {
	c := l.now()
	if c.loaded != nil {
		return maps.Keys(c.loaded)
	}
	return func(yield func(string) bool) {
		for _, row := range c.rows {
			code, _, _ := bytes.Cut(c.line(row), []byte("\t"))
			if !yield(string(code)) {
				return
			}
		}
	}
}

// find returns the snapshot's line of a code.
func find[T string | []byte](c *content, code T) (line []byte, known bool) {
	i, known := slices.BinarySearchFunc(c.rows, code, func(row uint32, code T) int { return compare(c.text[row:], code) })
	if !known {
		return nil, false
	}
	return c.line(c.rows[i]), true
}

func (c *content) line(row uint32) []byte {
	b := c.text[row:]
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
