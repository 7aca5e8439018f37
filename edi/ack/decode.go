package ack

import (
	"errors"
	"io"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// Response is one acknowledgment of a file with the envelope it came in.
// Exactly one of Envelope, Implementation and Claims is set.
type Response struct {
	Interchange    x12.Interchange
	Delimiters     x12.Delimiters
	Group          x12.Group       // zero for a TA1
	Envelope       *Envelope       // TA1
	Implementation *Implementation // 999
	Claims         *ClaimAck       // 277CA
}

// Decoder streams the acknowledgments of a file, one transaction set at a time.
type Decoder struct {
	in          *x12.Reader
	scan        segment.Scanner
	interchange x12.Interchange
	group       x12.Group
	fatal       bool

	// The loop that the last segment belongs to.
	unknown *[]segment.Unknown
	known   int
}

// NewDecoder returns a decoder of what in reads.
func NewDecoder(in *x12.Reader) *Decoder { return &Decoder{in: in} }

// Fatal reports whether the last error ended the stream.
func (d *Decoder) Fatal() bool { return d.fatal }

// Next returns the next acknowledgment, and io.EOF at the end. Any other error
// names its place; calling again goes on with what follows, unless Fatal.
func (d *Decoder) Next() (*Response, error) {
	for {
		s, err := d.next()
		if err != nil {
			return nil, err
		}
		switch s.ID() {
		case "ISA":
			d.interchange, d.group = x12.ParseInterchange(s), x12.Group{}
		case "GS":
			d.group = x12.ParseGroup(s)
		case "TA1":
			v, err := d.envelope(s)
			if err != nil {
				return nil, err
			}
			return &Response{Interchange: d.interchange, Delimiters: d.in.Delimiters(), Envelope: v}, nil
		case "ST":
			r := &Response{Interchange: d.interchange, Delimiters: d.in.Delimiters(), Group: d.group}
			var err error
			switch kind := s.String(1); kind {
			case "999":
				r.Implementation = new(Implementation)
				err = d.implementation(s, r.Implementation)
			case "277":
				r.Claims = new(ClaimAck)
				err = d.claimAck(s, r.Claims)
			default:
				continue // another transaction set: not an acknowledgment
			}
			if err != nil {
				return nil, err
			}
			return r, nil
		}
	}
}

func (d *Decoder) next() (*x12.Segment, error) {
	s, err := d.in.Next()
	if err != nil {
		var syntax *x12.SyntaxError
		if !errors.As(err, &syntax) || syntax.Fatal {
			d.fatal = true
		}
		return nil, err
	}
	return s, nil
}

// inSet returns the next segment of a transaction set, nil at its SE.
func (d *Decoder) inSet(st x12.Position) (*x12.Segment, error) {
	s, err := d.next()
	if err == io.EOF {
		return nil, truncated(st)
	}
	if err != nil {
		return nil, err
	}
	switch s.ID() {
	case "SE":
		return nil, nil
	case "ST", "GS", "GE", "ISA", "IEA":
		d.in.Unread()
		return nil, truncated(st)
	}
	return s, nil
}

func truncated(st x12.Position) error {
	return &segment.Error{Position: st, SegmentID: "ST", Message: "the transaction set has no SE segment: it is cut short",
		Fix: "ask the sender for the whole file"}
}

func (d *Decoder) enter(unknown *[]segment.Unknown, known int) { d.unknown, d.known = unknown, known }

func (d *Decoder) keep(s *x12.Segment, reason string) {
	*d.unknown = append(*d.unknown, segment.KeepUnknown(s, d.known, reason))
}

// settle reports whether the segment was read without a fault; else it is kept
// as it stands.
func (d *Decoder) settle(s *x12.Segment) bool {
	if f := d.scan.Fault(); f != nil {
		d.keep(s, f.Message)
		return false
	}
	d.known++
	return true
}

func (d *Decoder) hard() error {
	if f := d.scan.Fault(); f != nil {
		return f
	}
	return nil
}

func (d *Decoder) envelope(s *x12.Segment) (*Envelope, error) {
	r := &d.scan
	r.Begin(s)
	r.Most(5)
	v := &Envelope{Position: r.Position(), Control: r.Need(1), Time: r.Str(3), Code: r.Need(4), Note: r.Need(5)}
	if b := s.Element(2); len(b) == 6 {
		v.Date, _ = segment.ParseDay(append([]byte("20"), b...))
	}
	if v.Date.IsZero() {
		r.Fail(2, 0, "not a day of the form YYMMDD", "")
	}
	return v, d.hard()
}

// ReadAll reads every acknowledgment of a file. One with a fault is left out;
// the faults come back joined.
func ReadAll(r io.Reader) ([]Interchange, error) {
	d := NewDecoder(x12.NewReader(r))
	var out []Interchange
	var faults []error
	for {
		v, err := d.Next()
		if err == io.EOF {
			return out, errors.Join(faults...)
		}
		if err != nil {
			faults = append(faults, err)
			if d.fatal {
				return out, errors.Join(faults...)
			}
			continue
		}
		if n := len(out); n == 0 || out[n-1].Header != v.Interchange {
			out = append(out, Interchange{Header: v.Interchange, Delimiters: v.Delimiters})
		}
		x := &out[len(out)-1]
		if v.Envelope != nil {
			x.Envelopes = append(x.Envelopes, *v.Envelope)
			continue
		}
		if n := len(x.Groups); n == 0 || x.Groups[n-1].Header != v.Group {
			x.Groups = append(x.Groups, Group{Header: v.Group})
		}
		g := &x.Groups[len(x.Groups)-1]
		if v.Implementation != nil {
			g.Implementations = append(g.Implementations, *v.Implementation)
		} else {
			g.Claims = append(g.Claims, *v.Claims)
		}
	}
}
