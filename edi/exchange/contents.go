package exchange

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/claimbook/claimbook/edi/x12"
)

// Kinds of what a partner sends, as Part.Kind says them.
const (
	KindTA1   = "TA1"
	Kind999   = "999"
	Kind277CA = "277CA"
	Kind835   = "835"
)

// Part is a TA1 or a transaction set of a file.
type Part struct {
	Kind       string // KindTA1, Kind999, Kind277CA, Kind835, or the ST01 of another transaction
	Version    string // ST03, or GS08 where the set does not say
	Control    string // ST02; TA101 of a TA1
	ByteOffset int64  // of the ST, or of the TA1 segment
	Seq        int    // in the file, from 1
	Set        int    // of transaction sets only, from 1; 0 for a TA1
	Position   x12.Position
	ISA, GS    int64            // byte offsets of the envelopes around it; -1 where there is none
	Damage     *x12.SyntaxError // the first fault within the set; nil: it is whole
}

// Refusal says in plain words why nobody here takes the part; "" means that it
// is taken. An 835 with damage is taken: whoever posts quarantines it whole, so
// that its payment stays visible.
func (p *Part) Refusal() string {
	switch p.Kind {
	case Kind835:
		return ""
	case KindTA1, Kind999, Kind277CA:
		if p.Damage != nil {
			return fmt.Sprintf("the %s is damaged and was not applied: %s", p.Kind, p.Damage.Error())
		}
		return ""
	case "837":
		return fmt.Sprintf("%s: an 837 holds claims, which this book sends and does not receive", p.Position)
	case "277":
		return fmt.Sprintf("%s: this 277 (%s) is a status response, not a claim acknowledgment (005010X214)", p.Position, p.Version)
	default:
		return fmt.Sprintf("%s: a transaction of type %q is not one that this book receives (TA1, 999, 277CA, 835)", p.Position, p.Kind)
	}
}

// Contents is what a file holds.
type Contents struct {
	Interchanges int
	Parts        []Part
	Notes        []string // faults of the envelopes and of what lies between, with their positions
	moreNotes    int
}

// maxNotes bounds how many faults of a file are told; noise has thousands.
const maxNotes = 5

// Note returns the faults outside of transaction sets as one text, or "".
func (c *Contents) Note() string {
	text := strings.Join(c.Notes, "; ")
	if c.moreNotes > 0 {
		text += fmt.Sprintf("; and %d more", c.moreNotes)
	}
	return text
}

// Survey reads the envelopes of a file of any size in flat memory and lists
// what is in it. Faults are part of the answer: what can be read is listed, the
// rest is told with its position. The error is that of the input itself.
func Survey(r io.Reader) (*Contents, error) {
	s := surveyor{contents: &Contents{}, isa: -1, gs: -1}
	x := x12.NewReader(r)
	for {
		segment, err := x.Next()
		var fault *x12.SyntaxError
		switch {
		case err == nil:
			s.take(segment)
		case errors.As(err, &fault):
			s.fault(fault)
			if fault.Fatal {
				return s.contents, nil
			}
		case err == io.EOF:
			return s.contents, nil
		default:
			return nil, err
		}
	}
}

type surveyor struct {
	contents *Contents
	version  string // GS08
	isa, gs  int64  // where the envelopes in force stand; -1: none is
	sets     int
	open     int   // index of the open set's part + 1; 0: none
	ended    int64 // where a GE was missing
}

func (s *surveyor) take(g *x12.Segment) {
	switch {
	case g.Is("ISA"):
		s.contents.Interchanges++
		s.open, s.version = 0, ""
		s.isa, s.gs = g.Position().Offset, -1
	case g.Is("GS"):
		s.open, s.version = 0, g.String(8)
		s.gs = g.Position().Offset
	case g.Is("TA1"):
		if s.open == 0 {
			s.add(Part{Kind: KindTA1, Control: g.String(1), ByteOffset: g.Position().Offset, Position: g.Position()})
		}
	case g.Is("ST"):
		s.sets++
		p := Part{Kind: g.String(1), Version: g.String(3), Control: g.String(2), ByteOffset: g.Position().Offset, Set: s.sets, Position: g.Position()}
		if p.Version == "" {
			p.Version = s.version
		}
		if p.Kind == "277" && strings.HasPrefix(p.Version, "005010X214") {
			p.Kind = Kind277CA
		}
		s.add(p)
		s.open = len(s.contents.Parts)
	case g.Is("GE"), g.Is("IEA"):
		s.open, s.gs = 0, -1
	case g.Is("SE"):
		s.open = 0
	}
}

func (s *surveyor) add(p Part) {
	p.Seq = len(s.contents.Parts) + 1
	p.ISA, p.GS = s.isa, s.gs
	s.contents.Parts = append(s.contents.Parts, p)
}

// fault belongs to the open set, if there is one; a missing SE is told where
// the next envelope begins, which still is before take sees it.
func (s *surveyor) fault(f *x12.SyntaxError) {
	if s.open > 0 && f.Code != x12.CodeEmptySegment {
		if p := &s.contents.Parts[s.open-1]; p.Damage == nil {
			p.Damage = f
		}
		switch f.Code {
		case x12.CodeGEMissing, x12.CodeIEAMissing: // also of the envelope around it
		default:
			return
		}
	}
	if f.Code == x12.CodeIEAMissing && s.ended == f.Position.Offset {
		return // where the group's end is missing, too: the file was cut once
	}
	if f.Code == x12.CodeGEMissing {
		s.ended = f.Position.Offset
	}
	if len(s.contents.Notes) < maxNotes {
		s.contents.Notes = append(s.contents.Notes, f.Error())
	} else {
		s.contents.moreNotes++
	}
}
