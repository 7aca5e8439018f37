package x12

import "bytes"

// Segment is one segment of an interchange. One that comes from a Reader
// borrows the reader's buffer and is valid until the next call of Next: copy
// what you keep, with String or Clone.
type Segment struct {
	raw  []byte   // without terminator
	ends []uint32 // ends[0] is the end of the id, ends[n] that of element n
	d    Delimiters
	pos  Position
}

// ParseSegment splits raw, which has no terminator, by the delimiters. The
// segment borrows raw.
func ParseSegment(raw []byte, d Delimiters) Segment {
	s := Segment{raw: raw, d: d}
	s.split()
	return s
}

// Reset makes s the segment raw, which has no terminator, at a position. The
// segment borrows raw and keeps its memory for the next Reset.
func (s *Segment) Reset(raw []byte, d Delimiters, at Position) {
	s.raw, s.d, s.pos = raw, d, at
	s.split()
}

func (s *Segment) split() {
	ends, sep := s.ends[:0], s.d.Element
	for i, c := range s.raw {
		if c == sep {
			ends = append(ends, uint32(i))
		}
	}
	ends = append(ends, uint32(len(s.raw)))
	s.ends = ends
}

// ID returns the segment's identifier, such as "CLP". Identifiers of the
// healthcare guides cost no allocation.
func (s *Segment) ID() string {
	if len(s.ends) == 0 {
		return ""
	}
	id := s.raw[:s.ends[0]]
	if known, ok := knownIDs[string(id)]; ok {
		return known
	}
	return string(id)
}

// Identifier returns the bytes of the segment's identifier; they borrow what the
// segment borrows.
func (s *Segment) Identifier() []byte {
	if len(s.ends) == 0 {
		return nil
	}
	return s.raw[:s.ends[0]]
}

// Is reports whether the segment's identifier is id.
func (s *Segment) Is(id string) bool {
	return len(s.ends) > 0 && string(s.raw[:s.ends[0]]) == id
}

// Len returns the number of elements, the identifier not counted:
// NM1*85*2 has 2.
func (s *Segment) Len() int {
	if len(s.ends) == 0 {
		return 0
	}
	return len(s.ends) - 1
}

// Element returns element n, counted from 1; nil when the segment is shorter.
func (s *Segment) Element(n int) []byte {
	if n < 1 || n >= len(s.ends) {
		return nil
	}
	return s.raw[s.ends[n-1]+1 : s.ends[n] : s.ends[n]]
}

// String returns a copy of element n; "" when it is absent or empty.
func (s *Segment) String(n int) string { return string(s.Element(n)) }

// Component returns component c of the first repetition of element n, both
// counted from 1; nil when absent.
func (s *Segment) Component(n, c int) []byte {
	return nth(s.Repetition(n, 1), c, s.d.Component)
}

// Components returns the number of components in the first repetition of
// element n; 0 when the element is absent or empty.
func (s *Segment) Components(n int) int { return count(s.Repetition(n, 1), s.d.Component) }

// Repetitions returns how often element n is repeated; 0 when it is absent or empty.
func (s *Segment) Repetitions(n int) int { return count(s.Element(n), s.d.Repetition) }

// Repetition returns the r-th repetition of element n, both counted from 1;
// nil when absent.
func (s *Segment) Repetition(n, r int) []byte { return nth(s.Element(n), r, s.d.Repetition) }

// RepetitionComponent returns component c of the r-th repetition of element n.
func (s *Segment) RepetitionComponent(n, r, c int) []byte {
	return nth(s.Repetition(n, r), c, s.d.Component)
}

// Raw returns the segment's bytes without its terminator.
func (s *Segment) Raw() []byte { return s.raw }

// Delimiters returns the delimiters by which the segment is split.
func (s *Segment) Delimiters() Delimiters { return s.d }

// Position returns where the segment stands.
func (s *Segment) Position() Position { return s.pos }

// ElementOffset returns the byte offset in the file of element n, or of the
// segment's end when the segment is shorter; 0 asks for the identifier.
func (s *Segment) ElementOffset(n int) int64 {
	switch {
	case n < 1:
		return s.pos.Offset
	case n >= len(s.ends):
		return s.pos.Offset + int64(len(s.raw))
	}
	return s.pos.Offset + int64(s.ends[n-1]) + 1
}

// Clone returns a copy that does not borrow the reader's buffer.
func (s *Segment) Clone() Segment {
	c := *s
	c.raw = bytes.Clone(s.raw)
	c.ends = append([]uint32(nil), s.ends...)
	return c
}

// nth returns the n-th part of b, counted from 1; nil when there is none. A
// zero separator does not split.
func nth(b []byte, n int, sep byte) []byte {
	if n < 1 || b == nil {
		return nil
	}
	if sep == 0 {
		if n == 1 {
			return b
		}
		return nil
	}
	for {
		i := indexByte(b, sep)
		if n == 1 {
			if i >= 0 {
				return b[:i:i]
			}
			return b
		}
		if i < 0 {
			return nil
		}
		b, n = b[i+1:], n-1
	}
}

func count(b []byte, sep byte) int {
	if len(b) == 0 {
		return 0
	}
	if sep == 0 {
		return 1
	}
	n := 1
	for _, c := range b {
		if c == sep {
			n++
		}
	}
	return n
}

// indexByte is bytes.IndexByte for the short slices that elements are, where
// the call costs more than the search.
func indexByte(b []byte, c byte) int {
	for i, x := range b {
		if x == c {
			return i
		}
	}
	return -1
}

// knownIDs interns the identifiers of the healthcare guides.
var knownIDs = func() map[string]string {
	m := map[string]string{}
	for _, id := range []string{
		"ISA", "GS", "ST", "SE", "GE", "IEA", "TA1", "BHT", "NM1", "N1", "N2", "N3", "N4", "PER", "PRV", "HL", "SBR", "PAT",
		"DMG", "REF", "CUR", "CLM", "DTP", "DTM", "CL1", "PWK", "CN1", "AMT", "K3", "NTE", "CR1", "CR2", "CR3", "CR4", "CR5",
		"CR6", "CR7", "CR8", "CRC", "HI", "HCP", "OI", "MOA", "MIA", "CAS", "LX", "SV1", "SV2", "SV3", "SV4", "SV5", "SVD",
		"TOO", "DN1", "DN2", "QTY", "MEA", "PS1", "LIN", "CTP", "LQ", "FRM", "BPR", "TRN", "RDM", "TS2", "TS3", "CLP", "SVC",
		"PLB", "AK1", "AK2", "AK3", "AK4", "AK5", "AK9", "IK3", "IK4", "IK5", "CTX", "STC", "DSB", "UR", "IMM", "INS", "EQ",
		"EB", "AAA", "III", "MSG", "HSD", "LS", "LE", "MPI", "UM", "HCR", "BGN", "ENT", "NX1", "ADX", "RMR", "OTI", "TED", "SLN",
	} {
		m[id] = id
	}
	return m
}()
