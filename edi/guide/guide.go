// Package guide holds the implementation guides as data and walks a
// transaction set along them: it gives every segment its loop and its
// definition, and reports everything that syntax (SNIP level 1) and guide
// (level 2) have against it.
//
// The guides are compact texts of our own under data. segments.txt gives the
// segments and composites of the X12 005010 standard; each guide lists its
// loops by indentation and in each loop the segments with usage (R required, S
// situational, M required by the standard too), repeat and elements:
//
//	@2010AA R1 Billing provider
//	  NM1 R1 Billing provider: 01=85 02=1,2 03 04? 08?=XX 09?
//	  SV1 R1 Professional service: 01(01=HC,WK 02 03?) 02 03=MJ,UN 04
//
// An element is required, with ? situational, and not used when it is not
// listed, and may repeat with *; [30] is a length that the guide allows where
// the standard allows more, [8.3] digits and decimals of a number; =A,B are the
// codes the guide allows; parentheses hold the components of a composite. %name
// inserts a fragment, &name a code list, and use repeats a loop that was defined
// before. "amounts 10" says that a guide lets amounts (data element 782) have
// ten digits, two of them cents, whether the cents are written or not.
package guide

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/claimbook/claimbook/edi/x12"
)

//go:embed data/*.txt
var data embed.FS

// Usage of a loop, segment, element or component.
type Usage uint8

// The usages.
const (
	NotUsed Usage = iota
	Situational
	Required
)

// String returns the usage as guides abbreviate it.
func (u Usage) String() string { return [...]string{"not used", "situational", "required"}[u] }

// Guide is one implementation guide.
type Guide struct {
	Name         string   // "837P"
	Title        string   // in our own words
	Set          string   // ST01
	FunctionalID string   // GS01
	Versions     []string // as in GS08 and ST03, the one we write first
	Root         *Loop    // header segments and outermost loops
	segments     []*Segment
	ids          map[string]bool
}

// Loop is a loop of a guide.
type Loop struct {
	ID       string
	Name     string
	Usage    Usage
	Standard bool // required by the standard, not only by the guide
	Max      int  // iterations in its parent; 0 = any number
	Children []Child
	Parent   *Loop // of the place where it was first defined

	byID     [][]uint8 // children by the number of the identifier that starts them
	required []int
}

// Child is a segment or a loop inside a loop; one of the two is nil.
type Child struct {
	Segment *Segment
	Loop    *Loop
	// order is the place in the loop. Neighbours of one segment identifier
	// share it: they stand in any order.
	order int
	start *Segment // what trigger returns
	most  int      // repeats or iterations; 0 = any number
}

func (c *Child) usage() Usage {
	if c.Loop != nil {
		return c.Loop.Usage
	}
	return c.Segment.Usage
}

// trigger returns the segment that is, or that starts, the child.
func (c *Child) trigger() *Segment {
	if c.Loop != nil {
		return c.Loop.Children[0].Segment
	}
	return c.Segment
}

// Segment is the definition of a segment at its place in a guide.
type Segment struct {
	ID       string
	Name     string // in our own words: "Billing provider tax number"
	Title    string // of the segment as such: "Reference number"
	Usage    Usage
	Standard bool
	Max      int
	Elements []Element // Elements[0] is element 1
	Loop     string    // id of the loop; HEADER or SUMMARY outside of loops
	Index    int       // its number in the guide, for tables beside it

	notes []note
	need  int    // the last element that is required
	match *Codes // values of the qualifier that tells it from its neighbours; nil matches all
	qe    int    // element of the qualifier
	qc    int    // component of the qualifier; 0 for a simple element
}

// Element is an element or component at its place in a guide.
type Element struct {
	Name       string
	Usage      Usage
	Mandatory  bool // by the standard
	Type       Type
	Min, Max   int
	Codes      *Codes    // the guide's code list; nil for none
	Limit      *Limit    // what the guide allows where the standard allows more; nil for nothing narrower
	Components []Element // of a composite; nil for a simple element
	Composite  string    // "C003"
	notes      []note
	Repeats    bool // it may occur several times, between repetition separators
	dateBy     int  // 1-based neighbour that holds the date format; 0 for none
}

// Limit is how long a guide lets a value be, where that is less than the
// standard's length. Zero is no limit.
type Limit struct {
	Length int // characters, or digits of a number
	Places int // digits after the decimal point
	Whole  int // digits before it

	free int // a value of so many bytes keeps the limit, whatever it holds
}

// Type of a data element.
type Type uint8

// The types of X12: string, identifier, whole number, decimal, date, time.
const (
	AN Type = iota
	ID
	N0
	R
	DT
	TM
)

// String returns the type as X12 names it.
func (t Type) String() string { return [...]string{"AN", "ID", "N0", "R", "DT", "TM"}[t] }

// Codes is a set of code values.
type Codes struct {
	List   []string // as the guide's text lists them
	packed []uint64 // sorted
}

// Has reports whether the set holds the value. It does not allocate.
func (c *Codes) Has(v []byte) bool {
	if len(v) > 8 {
		for _, s := range c.List {
			if s == string(v) {
				return true
			}
		}
		return false
	}
	p := pack8(v)
	if len(c.packed) <= 8 {
		return slices.Contains(c.packed, p)
	}
	_, ok := slices.BinarySearch(c.packed, p)
	return ok
}

func newCodes(list []string) *Codes {
	c := &Codes{List: list}
	for _, s := range list {
		if len(s) <= 8 {
			c.packed = append(c.packed, pack8([]byte(s)))
		}
	}
	slices.Sort(c.packed)
	return c
}

func pack8(v []byte) uint64 {
	var p uint64
	for _, c := range v {
		p = p<<8 | uint64(c)
	}
	return p
}

// Uses reports whether the guide has the segment identifier anywhere.
func (g *Guide) Uses(id string) bool { return g.ids[id] }

// Segments returns the definitions in order; a definition's Index is its place.
func (g *Guide) Segments() []*Segment { return g.segments }

// Find returns the definition of the n-th segment (from 0) of an identifier in
// a loop, or nil.
func (g *Guide) Find(loop, id string, n int) *Segment {
	for _, s := range g.segments {
		if s.Loop == loop && s.ID == id {
			if n == 0 {
				return s
			}
			n--
		}
	}
	return nil
}

var guides = sync.OnceValue(func() []*Guide {
	standard, err := parseStandard(mustRead("segments.txt"))
	if err != nil {
		panic(err) // the program itself is broken; a test reads every guide
	}
	entries, err := data.ReadDir("data")
	if err != nil {
		panic(err)
	}
	var all []*Guide
	for _, e := range entries {
		if e.Name() == "segments.txt" {
			continue
		}
		g, err := parseGuide(standard, mustRead(e.Name()))
		if err != nil {
			panic(fmt.Errorf("%s: %w", e.Name(), err))
		}
		all = append(all, g)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
})

func mustRead(name string) string {
	b, err := data.ReadFile("data/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// All returns every guide, by name.
func All() []*Guide { return guides() }

// ByName returns the guide with the name, such as "837P", or nil.
func ByName(name string) *Guide {
	for _, g := range guides() {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// For returns the guide of a transaction set by ST01 and the version in ST03 or
// GS08, or nil. A version that no guide claims is no match: fields and rules
// differ between versions.
func For(set, version []byte) *Guide {
	for _, g := range guides() {
		if g.Set != string(set) {
			continue
		}
		for _, v := range g.Versions {
			if v == string(version) {
				return g
			}
		}
	}
	return nil
}

// Nearest returns a guide for a set whose version none claims, for a tree that
// is only shown: the one whose version shares the longest start, or nil.
func Nearest(set, version []byte) *Guide {
	var best *Guide
	score := -1
	for _, g := range guides() {
		if g.Set != string(set) {
			continue
		}
		for _, v := range g.Versions {
			n := 0
			for n < len(v) && n < len(version) && v[n] == version[n] {
				n++
			}
			if n > score {
				best, score = g, n
			}
		}
	}
	return best
}

// Known reports whether X12 has a segment of this identifier: one that a guide
// here uses, or one of the standard's claim, remittance and status sets that no
// guide uses.
func Known(id []byte) bool {
	if s, ok := standardSegments()[string(id)]; ok {
		return !s.composite
	}
	return slices.Contains(unused, string(id))
}

// unused are the segments of the standard's sets that no guide here uses.
var unused = []string{"CR4", "CR7", "CR8", "DSB", "HSD", "IMM", "SV4", "SV6", "SV7", "UR", "MSG", "III", "EQ", "EB", "AAA"}

var standardSegments = sync.OnceValue(func() map[string]*stdSegment {
	s, err := parseStandard(mustRead("segments.txt"))
	if err != nil {
		panic(err)
	}
	return s
})

// standard reports whether the X12 standard has the segment in the guide's
// transaction set, so that only the guide refuses it.
func (g *Guide) standard(id string) bool {
	return g.ids[id] || strings.Contains(" "+sets[g.Set]+" ", " "+id+" ")
}

// sets are the segments that X12 005010 has in each transaction set and that the
// guides of it leave out.
var sets = map[string]string{
	"837": "N2 CR4 CR5 CR6 CR7 CR8 DSB UR HSD IMM SV4 SV6 SV7 QTY MEA DMG PRV CUR NTE TOO DN1 DN2 CL1 SV1 SV2 SV3 SV5 PS1 LIN CTP FRM LQ CR1 CR2 CR3 CRC MIA MOA PAT K3 CN1",
	"835": "N2 NTE RDM TS2 TS3 CUR DTM",
	"277": "PER N1 N3 N4 DMG SBR PWK SVC DTP QTY AMT REF",
	"999": "",
}

// Standard returns the definition of a segment by the X12 standard alone, with
// every element situational unless the standard requires it; nil when unknown.
func Standard(id string) *Segment {
	std := standardSegments()[id]
	if std == nil || std.composite {
		return nil
	}
	s := &Segment{ID: id, Name: std.name, Title: std.name, Usage: Situational, notes: std.notes}
	for _, e := range std.elements {
		s.Elements = append(s.Elements, bare(standardSegments(), e))
	}
	return s
}

func bare(std map[string]*stdSegment, e stdElement) Element {
	el := Element{Name: e.name, Usage: Situational, Mandatory: e.mandatory, Type: e.typ, Min: e.min, Max: e.max, Composite: e.composite, dateBy: e.dateBy}
	if e.mandatory {
		el.Usage = Required
	}
	if e.composite != "" {
		c := std[e.composite]
		el.notes = c.notes
		for _, sub := range c.elements {
			el.Components = append(el.Components, bare(std, sub))
		}
	}
	return el
}

// qualifiers says which element tells neighbours of one identifier apart. A
// certificate (PWK01 = CT) is an attachment or the equipment supplier's
// statement about one: how it is sent (PWK02) says which.
var qualifiers = map[string][2]int{
	"NM1": {1, 0}, "N1": {1, 0}, "REF": {1, 0}, "DTP": {1, 0}, "DTM": {1, 0}, "AMT": {1, 0}, "QTY": {1, 0}, "CRC": {1, 0},
	"HI": {1, 1}, "HL": {3, 0}, "NTE": {1, 0}, "PWK": {2, 0}, "PER": {1, 0}, "CTX": {1, 1}, "TRN": {1, 0}, "PRV": {1, 0},
}

// describe names a definition for messages: "NM1 (Billing provider)".
func (s *Segment) describe() string { return s.ID + " (" + s.Name + ")" }

// noteKinds: P paired, R at least one, C conditional, L list conditional, E exclusive.
type note struct {
	kind  byte
	at    []int
	text  string
	mask  uint64 // of all elements
	first uint64 // of the first
}

// broken reports whether a segment with these elements present breaks the note.
func (n *note) broken(present uint64) bool {
	has := present & n.mask
	switch n.kind {
	case 'P':
		return has != 0 && has != n.mask
	case 'R':
		return has == 0
	case 'C':
		return present&n.first != 0 && has != n.mask
	case 'L':
		return present&n.first != 0 && has == n.first
	default: // E
		return has&(has-1) != 0
	}
}

func parseNotes(text string) ([]note, error) {
	var notes []note
	for _, f := range strings.Fields(text) {
		n := note{kind: f[0], text: f}
		if !bytes.ContainsRune([]byte("PRCLE"), rune(f[0])) || len(f)%2 != 1 {
			return nil, fmt.Errorf("%q is not a syntax note", f)
		}
		for i := 1; i < len(f); i += 2 {
			n.at = append(n.at, int(f[i]-'0')*10+int(f[i+1]-'0'))
			n.mask |= 1 << (n.at[len(n.at)-1] - 1)
		}
		n.first = 1 << (n.at[0] - 1)
		notes = append(notes, n)
	}
	return notes, nil
}

// Decimal reports whether an element (component 0) or component of a segment is
// a decimal number by the standard, for which shorter forms are equal.
func Decimal(s *x12.Segment, element, component int) bool {
	std := standardSegments()[s.ID()]
	if std == nil || element > len(std.elements) {
		return false
	}
	e := std.elements[element-1]
	if e.composite == "" {
		return e.typ == R && component <= 1
	}
	parts := standardSegments()[e.composite].elements
	return component >= 1 && component <= len(parts) && parts[component-1].typ == R
}
