package remit835

import (
	"errors"
	"io"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/fault"
)

// Decoder streams the payments of a file, claim by claim:
//
//	for {
//		payment, err := d.NextPayment()
//		if err == io.EOF { break }
//		for {
//			claim, err := d.NextClaim()
//			if err == io.EOF { break }
//			…
//		}
//		// payment.Adjustments (PLB) are there now
//	}
//
// What it returns belongs to the caller. An error other than io.EOF names its
// place and does not end the stream unless Fatal says so: calling again goes
// on with what follows. A payment of which any part gave an error is not whole
// and must not be posted.
type Decoder struct {
	in   *x12.Reader
	scan segment.Scanner

	interchange x12.Interchange
	group       x12.Group

	payment *Payment
	current ClaimGroup // the LX in force, without its claims
	open    bool       // between ST and SE of payment
	done    error      // what NextClaim returns at the payment's end
	late    []error    // faults of the envelope, reported after the claim they follow
	claims  int
	plbs    int
	fatal   bool
	id      string // of the segment being read
	reuse   bool   // hand out the same memory for each claim
	collect bool   // keep the LX loops in the payment

	// The loop that the last segment belongs to.
	at      place
	unknown *[]segment.Unknown
	known   int

	claim *Claim
	line  *Line
	slabs
}

type slabs struct {
	claims      segment.Slab[Claim]
	lines       segment.Slab[Line]
	adjustments segment.Slab[Adjustment]
	names       segment.Slab[Name]
	references  segment.Slab[Reference]
	dates       segment.Slab[Date]
	amounts     segment.Slab[Amount]
	quantities  segment.Slab[Quantity]
	remarks     segment.Slab[Remark]
	unknowns    segment.Slab[segment.Unknown]
}

func (s *slabs) again() {
	s.claims.Reuse()
	s.lines.Reuse()
	s.adjustments.Reuse()
	s.names.Reuse()
	s.references.Reuse()
	s.dates.Reuse()
	s.amounts.Reuse()
	s.quantities.Reuse()
	s.remarks.Reuse()
}

// place is the loop in which the decoder stands.
type place uint8

const (
	atHeader place = iota
	atPayer
	atPayee
	atGroup
	atClaim
	atLine
	atTrailer
	atLost // inside a claim that was given up
)

// NewDecoder returns a decoder of what in reads.
func NewDecoder(in *x12.Reader) *Decoder { return &Decoder{in: in} }

// Reuse makes every claim that NextClaim returns valid until its next call only.
// It saves most of the memory traffic where claims are looked at and let go, as
// in balancing. Call it before the first claim; ReadAll cannot use it.
func (d *Decoder) Reuse() { d.reuse = true }

// Fatal reports whether the last error ended the stream.
func (d *Decoder) Fatal() bool { return d.fatal }

// NextPayment returns the next payment with everything that stands before its
// first claim. What remains of the payment before is skipped. At the end of the
// file it returns io.EOF.
func (d *Decoder) NextPayment() (*Payment, error) {
	for d.open {
		if _, err := d.NextClaim(); d.fatal {
			return nil, err
		}
	}
	for {
		s, err := d.next()
		if err != nil {
			return nil, err
		}
		switch d.id {
		case "ISA":
			d.interchange = x12.ParseInterchange(s)
		case "GS":
			d.group = x12.ParseGroup(s)
		case "ST":
			d.scan.Begin(s)
			if kind := s.Element(1); string(kind) != "835" {
				if err := d.skipSet(); err != nil {
					return nil, err
				}
				continue
			}
			return d.header(s)
		}
	}
}

// next reads a segment and notes what ends the stream.
func (d *Decoder) next() (*x12.Segment, error) {
	s, err := d.in.Next()
	if err == nil {
		d.id = segment.ID(s)
		return s, nil
	}
	var syntax *x12.SyntaxError
	if !errors.As(err, &syntax) || syntax.Fatal {
		d.fatal, d.open, d.done = true, false, io.EOF
	}
	return nil, err
}

// skipSet passes over a transaction set that is not an 835.
func (d *Decoder) skipSet() error {
	for {
		if _, err := d.next(); err != nil {
			return err
		}
		switch d.id {
		case "SE":
			return nil
		case "ST", "GS", "GE", "ISA", "IEA":
			d.in.Unread()
			return nil
		}
	}
}

// header reads from ST to the first claim or to the end of the payment.
func (d *Decoder) header(st *x12.Segment) (*Payment, error) {
	p := &Payment{Position: segment.At(st), Header: d.scan.Header(), Interchange: d.interchange, Group: d.group}
	d.payment, d.open, d.done = p, true, nil
	d.claims, d.plbs, d.claim, d.line = 0, 0, nil, nil
	d.current = ClaimGroup{}
	d.enter(atHeader, &p.Unknown)
	if f := d.scan.Fault(); f != nil {
		return nil, f
	}
	for {
		s, err := d.next()
		if err != nil {
			return nil, err
		}
		switch d.id {
		case "LX", "CLP", "PLB", "SE", "ST", "GS", "GE", "ISA", "IEA":
			d.in.Unread()
			if p.Financial.Handling == "" || p.Trace.Number == "" {
				return nil, &segment.Error{Position: st.Position(), SegmentID: "ST", Message: "the payment has no BPR or no TRN segment",
					Fix: "ask the payer for the whole remittance"}
			}
			return p, nil
		}
		if err := d.headerSegment(s); err != nil {
			return nil, err
		}
	}
}

// NextClaim returns the payment's next claim with its lines, and io.EOF when
// the payment is complete, its provider adjustments (PLB) included.
func (d *Decoder) NextClaim() (*Claim, error) {
	c, err := d.nextClaim()
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (d *Decoder) nextClaim() (*Claim, error) {
	if !d.open {
		if d.done != nil {
			return nil, d.done
		}
		return nil, fault.Usagef("CB-835-ORDER", "NextClaim was called before NextPayment")
	}
	if len(d.late) > 0 {
		err := d.late[0]
		d.late = d.late[1:]
		return nil, err
	}
	var bad error // the first fault of the claim being read
	d.claim, d.line = nil, nil
	if d.reuse {
		d.again()
	}
	for {
		s, err := d.next()
		if err != nil {
			var syntax *x12.SyntaxError
			if errors.As(err, &syntax) && segment.EnvelopeOnly(syntax) {
				d.late = append(d.late, err) // the claim being read is whole
				continue
			}
			if d.claim != nil { // its extent is not known any more
				d.claim, d.line, d.at = nil, nil, atLost
			}
			return nil, err
		}
		switch d.id {
		case "CLP", "LX", "PLB", "SE", "ST", "GS", "GE", "ISA", "IEA":
			if d.claim != nil || len(d.late) > 0 {
				d.in.Unread()
				c := d.claim
				d.claim, d.line = nil, nil
				if bad != nil {
					return nil, bad
				}
				if c == nil {
					return d.nextClaim()
				}
				return c, nil
			}
		}
		end, err := d.claimSegment(s)
		if end {
			d.open, d.done = false, io.EOF // a fault at the end is told once
			return nil, err
		}
		if err != nil && bad == nil {
			bad = err
			if d.claim == nil { // LX or PLB: no claim to attribute it to
				return nil, err
			}
		}
	}
}

// Group returns the LX loop of the claim that NextClaim returned last, without
// its claims.
func (d *Decoder) Group() ClaimGroup { return d.current }

func (d *Decoder) enter(at place, unknown *[]segment.Unknown) {
	d.at, d.unknown, d.known = at, unknown, 1
}

// keep puts a segment that has no place, or a fault, among the unknown ones.
func (d *Decoder) keep(s *x12.Segment, reason string) {
	*d.unknown = d.unknowns.Add(*d.unknown, segment.KeepUnknown(s, d.known, reason))
}

// settle takes over what was read: in a segment that carries no money of its
// own a fault leaves the segment unread, but kept.
func (d *Decoder) settle(s *x12.Segment) bool {
	if f := d.scan.Fault(); f != nil {
		d.keep(s, f.Message)
		return false
	}
	d.known++
	return true
}

// ReadAll reads every payment of a file into memory, for small files and tests.
// A payment with a fault is left out; the faults come back joined.
func ReadAll(r io.Reader) ([]Interchange, error) {
	d := NewDecoder(x12.NewReader(r))
	d.collect = true
	var out []Interchange
	var faults []error
	for {
		p, err := d.NextPayment()
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
		whole := true
		for {
			c, err := d.NextClaim()
			if err == io.EOF {
				break
			}
			if err != nil {
				whole = false
				faults = append(faults, err)
				if !d.open {
					break
				}
				continue
			}
			if len(p.Groups) == 0 {
				p.Groups = append(p.Groups, ClaimGroup{}) // claims without an LX
			}
			last := &p.Groups[len(p.Groups)-1]
			last.Claims = append(last.Claims, *c)
		}
		if whole {
			out = place835(out, *p)
		}
	}
}

// place835 puts a payment under its interchange and group.
func place835(out []Interchange, p Payment) []Interchange {
	if n := len(out); n == 0 || out[n-1].Header != p.Interchange {
		out = append(out, Interchange{Header: p.Interchange})
	}
	x := &out[len(out)-1]
	if n := len(x.Groups); n == 0 || x.Groups[n-1].Header != p.Group {
		x.Groups = append(x.Groups, Group{Header: p.Group})
	}
	g := &x.Groups[len(x.Groups)-1]
	g.Payments = append(g.Payments, p)
	return out
}
