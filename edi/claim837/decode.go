package claim837

import (
	"errors"
	"io"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// ClaimContext is a claim with everything that stands above it. The pointers
// are shared by the claims of the same transaction, provider, subscriber and
// patient; their lists of subordinate loops are empty. Nothing of it changes
// after Next returned it.
type ClaimContext struct {
	Interchange x12.Interchange
	Delimiters  x12.Delimiters
	Group       x12.Group
	Kind        Kind
	Transaction *Transaction     // ST, BHT, submitter, receiver
	Billing     *BillingProvider // 2000A
	Subscriber  *Subscriber      // 2000B, with the payer
	Patient     *Patient         // 2000C; nil when the subscriber is the patient
	Claim       *Claim           // 2300
}

// Person returns who was treated: the dependent, else the subscriber.
func (c *ClaimContext) Person() *Party {
	if c.Patient != nil {
		return &c.Patient.Patient
	}
	return &c.Subscriber.Subscriber
}

// Payer returns whom the claim is addressed to (2010BB).
func (c *ClaimContext) Payer() *Party { return &c.Subscriber.Payer }

// Decoder streams the claims of a file. Memory does not grow with the file.
type Decoder struct {
	in    *x12.Reader
	scan  segment.Scanner
	fatal bool
	id    string // of the segment being read

	interchange x12.Interchange
	group       x12.Group
	kind        Kind
	inSet       bool

	// What the next claim stands under. Each is replaced, never changed, once
	// a claim was returned with it.
	set        *Transaction
	billing    *BillingProvider
	subscriber *Subscriber
	patient    *Patient

	claim *Claim
	at    level
	cursor
	bad error // the first fault of the claim being read

	tree *tree // collects whole transactions for ReadAll; nil when streaming
	slabs
}

// level is the loop in which the decoder stands; a party loop is besides it.
type level uint8

const (
	atSet level = iota
	atBilling
	atSubscriber
	atPatient
	atClaim
	atOther
	atLine
	atDrug
	atAdjudication
	atForm
	atNowhere // inside a level that could not be read
)

// cursor is the loop that the last segment belongs to.
type cursor struct {
	party   *Party
	lost    bool // the party in force has no place: its segments are kept unread
	other   *OtherSubscriber
	line    *Line
	decided *LineAdjudication
	form    *Form
	unknown *[]segment.Unknown
	known   int
}

type slabs struct {
	claims      segment.Slab[Claim]
	lines       segment.Slab[Line]
	parties     segment.Slab[Party]
	others      segment.Slab[OtherSubscriber]
	decisions   segment.Slab[LineAdjudication]
	forms       segment.Slab[Form]
	answers     segment.Slab[Answer]
	adjustments segment.Slab[Adjustment]
	references  segment.Slab[Reference]
	periods     segment.Slab[Period]
	amounts     segment.Slab[Amount]
	quantities  segment.Slab[Quantity]
	contacts    segment.Slab[Contact]
	codes       segment.Slab[Code]
	lists       segment.Slab[CodeList]
	conditions  segment.Slab[Condition]
	notes       segment.Slab[Note]
	attachments segment.Slab[Attachment]
	teeth       segment.Slab[Tooth]
	unknowns    segment.Slab[segment.Unknown]
}

// NewDecoder returns a decoder of what in reads.
func NewDecoder(in *x12.Reader) *Decoder { return &Decoder{in: in} }

// Fatal reports whether the last error ended the stream.
func (d *Decoder) Fatal() bool { return d.fatal }

// Next returns the next claim, and io.EOF at the end of the file. Any other
// error names its place: the claim that it stands in is left out, and calling
// again goes on with what follows, unless Fatal.
func (d *Decoder) Next() (*ClaimContext, error) {
	for {
		s, err := d.in.Next()
		if err != nil {
			if err == io.EOF {
				if d.inSet {
					d.inSet = false
					d.claim = nil
					return nil, d.truncated()
				}
				return nil, io.EOF
			}
			var syntax *x12.SyntaxError
			if !errors.As(err, &syntax) || syntax.Fatal {
				d.fatal = true
			} else if segment.EnvelopeOnly(syntax) {
				return nil, d.spoil(err) // the claim being read is whole
			}
			d.drop()
			return nil, err
		}
		d.id = segment.ID(s)
		if d.claim != nil && endsClaim(d.id) {
			d.in.Unread()
			if c := d.finish(); c != nil {
				return c, nil
			}
			err := d.bad
			d.drop()
			return nil, err
		}
		if err := d.segment(s); err != nil {
			if d.claim == nil {
				return nil, err
			}
			if d.bad == nil {
				d.bad = err
			}
		}
	}
}

func endsClaim(id string) bool {
	switch id {
	case "CLM", "HL", "SE", "ST", "GS", "GE", "ISA", "IEA":
		return true
	}
	return false
}

// finish returns the claim that was read, or nil if it has a fault.
func (d *Decoder) finish() *ClaimContext {
	if d.bad != nil {
		return nil
	}
	c := &ClaimContext{Interchange: d.interchange, Delimiters: d.in.Delimiters(), Group: d.group, Kind: d.kind,
		Transaction: d.set, Billing: d.billing, Subscriber: d.subscriber, Patient: d.patient, Claim: d.claim}
	d.claim, d.cursor = nil, cursor{}
	return c
}

// drop gives the claim being read up.
func (d *Decoder) drop() {
	if d.tree != nil && (d.claim != nil || d.inSet) {
		d.tree.spoiled = true
	}
	d.claim, d.bad = nil, nil
	if d.at >= atClaim {
		d.at, d.cursor = atNowhere, cursor{}
	}
}

func (d *Decoder) truncated() error {
	p := x12.Position{}
	if d.set != nil {
		p.Offset, p.Segment = d.set.ByteOffset, d.set.SegmentNumber
	}
	return &segment.Error{Position: p, SegmentID: "ST", Message: "the transaction set has no SE segment: it is cut short", Fix: "ask the sender for the whole file"}
}

// segment reads one segment that does not end a claim.
func (d *Decoder) segment(s *x12.Segment) error {
	switch d.id {
	case "ISA":
		d.interchange, d.group = x12.ParseInterchange(s), x12.Group{}
	case "GS":
		d.group = x12.ParseGroup(s)
	case "GE", "IEA", "TA1":
	case "ST":
		return d.beginSet(s)
	case "SE":
		d.inSet = false
		if d.tree != nil && d.set != nil {
			d.tree.close(d)
		}
		d.set, d.at = nil, atNowhere
	default:
		if !d.inSet || d.set == nil {
			return nil // another transaction set's
		}
		d.scan.Begin(s)
		switch d.id {
		case "HL":
			return d.level(s)
		case "CLM":
			return d.beginClaim(s)
		}
		return d.dispatch(s)
	}
	if d.inSet && d.id != "TA1" && d.id != "ST" {
		d.inSet, d.set = false, nil
		return d.truncated()
	}
	return nil
}

func (d *Decoder) beginSet(s *x12.Segment) error {
	r := &d.scan
	cut := d.inSet
	d.inSet, d.set, d.billing, d.subscriber, d.patient = false, nil, nil, nil, nil
	if cut {
		d.in.Unread()
		return d.truncated()
	}
	if string(s.Element(1)) != "837" {
		return nil
	}
	r.Begin(s)
	d.set = &Transaction{Position: r.Position(), Header: r.Header()}
	d.kind = d.set.Kind()
	if d.kind == KindUnknown {
		d.kind = KindOf(d.group.Version)
	}
	d.inSet = true
	d.enter(atSet, &d.set.Unknown)
	if d.tree != nil {
		d.tree.begin(d)
	}
	return d.hard()
}

func (d *Decoder) enter(at level, unknown *[]segment.Unknown) {
	d.at = at
	d.cursor = cursor{unknown: unknown, known: 1}
}

// level reads HL.
func (d *Decoder) level(s *x12.Segment) error {
	r := &d.scan
	h, pos := r.Hierarchy(), r.Position()
	if err := d.hard(); err != nil {
		d.at, d.cursor = atNowhere, cursor{}
		return d.spoil(err)
	}
	refuse := func(message string) error {
		d.at, d.cursor = atNowhere, cursor{}
		return d.spoil(&segment.Error{Position: s.Position(), SegmentID: "HL", Element: 3, Message: message})
	}
	switch string(s.Element(3)) {
	case "20":
		d.billing, d.subscriber, d.patient = &BillingProvider{Position: pos, Hierarchy: h}, nil, nil
		d.enter(atBilling, &d.billing.Unknown)
	case "22":
		if d.billing == nil {
			return refuse("a subscriber without a billing provider above it")
		}
		d.subscriber, d.patient = &Subscriber{Position: pos, Hierarchy: h}, nil
		d.enter(atSubscriber, &d.subscriber.Unknown)
	case "23":
		if d.subscriber == nil {
			return refuse("a patient without a subscriber above it")
		}
		d.patient = &Patient{Position: pos, Hierarchy: h}
		d.enter(atPatient, &d.patient.Unknown)
	default:
		return refuse("not a level that an 837 has: 20, 22 and 23 are")
	}
	if d.tree != nil {
		d.tree.level(d)
	}
	return nil
}

func (d *Decoder) spoil(err error) error {
	if d.tree != nil {
		d.tree.spoiled = true
	}
	return err
}

func (d *Decoder) beginClaim(s *x12.Segment) error {
	if d.subscriber == nil {
		return d.spoil(&segment.Error{Position: s.Position(), SegmentID: "CLM", Message: "a claim without a subscriber above it"})
	}
	d.claim, d.bad = &d.claims.New(nil)[0], nil
	readClaim(&d.scan, d.claim)
	d.enter(atClaim, &d.claim.Unknown)
	return d.hard()
}

// keep puts a segment that has no place, or a fault, among the unknown ones of
// the loop in force.
func (d *Decoder) keep(s *x12.Segment, reason string) {
	if d.unknown == nil {
		return // inside what could not be read
	}
	*d.unknown = d.unknowns.Add(*d.unknown, segment.KeepUnknown(s, d.known, reason))
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

// hard returns the fault of a segment without which a claim cannot be read.
func (d *Decoder) hard() error {
	if f := d.scan.Fault(); f != nil {
		return f
	}
	return nil
}
