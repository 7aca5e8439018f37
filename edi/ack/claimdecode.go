package ack

import (
	"strconv"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// claimAck reads a 277CA from its ST to its SE.
func (d *Decoder) claimAck(st *x12.Segment, v *ClaimAck) error {
	r := &d.scan
	r.Begin(st)
	v.Position, v.Header = r.Position(), r.Header()
	begin := st.Position()
	d.enter(&v.Unknown, 1)
	if err := d.hard(); err != nil {
		return err
	}
	c := claimCursor{ack: v}
	for {
		s, err := d.inSet(begin)
		if err != nil {
			return err
		}
		if s == nil {
			renumber(v)
			return nil
		}
		r.Begin(s)
		switch s.ID() {
		case "BHT":
			v.Beginning = r.Beginning()
			d.known++
			err = d.hard()
		case "HL":
			err = d.level(s, &c)
		default:
			err = d.levelSegment(s, &c)
		}
		if err != nil {
			return err
		}
	}
}

// claimCursor is where in the hierarchy of a 277CA the decoder stands: the
// deepest pointer that is set.
type claimCursor struct {
	ack      *ClaimAck
	source   *Source
	receiver *Receiver
	provider *Provider
	patient  *Patient
	claim    *ClaimStatus
	line     *LineStatus
}

// level reads HL and begins the level that it names.
func (d *Decoder) level(s *x12.Segment, c *claimCursor) error {
	r := &d.scan
	h, pos := r.Hierarchy(), r.Position()
	if err := d.hard(); err != nil {
		return err
	}
	orphan := func(parent string) error {
		return &segment.Error{Position: s.Position(), SegmentID: "HL", Element: 3, Message: "a level without the " + parent + " level above it"}
	}
	c.claim, c.line = nil, nil
	switch s.String(3) {
	case "20":
		c.ack.Sources = append(c.ack.Sources, Source{Position: pos, Hierarchy: h})
		c.source, c.receiver, c.provider, c.patient = &c.ack.Sources[len(c.ack.Sources)-1], nil, nil, nil
		d.enter(&c.source.Unknown, 1)
	case "21":
		if c.source == nil {
			return orphan("information source")
		}
		c.source.Receivers = append(c.source.Receivers, Receiver{Position: pos, Hierarchy: h})
		c.receiver, c.provider, c.patient = &c.source.Receivers[len(c.source.Receivers)-1], nil, nil
		d.enter(&c.receiver.Unknown, 1)
	case "19":
		if c.receiver == nil {
			return orphan("receiver")
		}
		c.receiver.Providers = append(c.receiver.Providers, Provider{Position: pos, Hierarchy: h})
		c.provider, c.patient = &c.receiver.Providers[len(c.receiver.Providers)-1], nil
		d.enter(&c.provider.Unknown, 1)
	case "PT":
		if c.provider == nil {
			return orphan("provider")
		}
		c.provider.Patients = append(c.provider.Patients, Patient{Position: pos, Hierarchy: h})
		c.patient = &c.provider.Patients[len(c.provider.Patients)-1]
		d.enter(&c.patient.Unknown, 1)
	default:
		return &segment.Error{Position: s.Position(), SegmentID: "HL", Element: 3, Message: "not a level that a 277CA has: 20, 21, 19 and PT are"}
	}
	return nil
}

// fields are the lists of the level in force; nil where it has none.
type fields struct {
	name       *segment.Name
	trace      *segment.Trace
	statuses   *[]Status
	references *[]segment.Reference
	periods    *[]segment.Period
	quantities *[]segment.Quantity
	amounts    *[]segment.Amount
}

func (c *claimCursor) fields() fields {
	switch {
	case c.line != nil:
		return fields{statuses: &c.line.Statuses, references: &c.line.References, periods: &c.line.Periods}
	case c.claim != nil:
		return fields{statuses: &c.claim.Statuses, references: &c.claim.References, periods: &c.claim.Periods}
	case c.patient != nil:
		return fields{name: &c.patient.Name}
	case c.provider != nil:
		p := c.provider
		return fields{name: &p.Name, trace: &p.Trace, statuses: &p.Statuses, references: &p.References, quantities: &p.Quantities, amounts: &p.Amounts}
	case c.receiver != nil:
		p := c.receiver
		return fields{name: &p.Name, trace: &p.Trace, statuses: &p.Statuses, quantities: &p.Quantities, amounts: &p.Amounts}
	case c.source != nil:
		return fields{name: &c.source.Name, trace: &c.source.Trace, periods: &c.source.Periods}
	}
	return fields{}
}

func (d *Decoder) levelSegment(s *x12.Segment, c *claimCursor) error {
	r, f := &d.scan, c.fields()
	id := s.ID()
	switch {
	case id == "TRN" && c.patient != nil:
		c.patient.Claims = append(c.patient.Claims, ClaimStatus{Position: r.Position(), Trace: r.Trace()})
		c.claim, c.line = &c.patient.Claims[len(c.patient.Claims)-1], nil
		d.enter(&c.claim.Unknown, 1)
		return d.hard()
	case id == "SVC" && c.claim != nil:
		c.claim.Lines = append(c.claim.Lines, readLineStatus(r))
		c.line = &c.claim.Lines[len(c.claim.Lines)-1]
		d.enter(&c.line.Unknown, 1)
		return d.hard()
	case id == "STC" && f.statuses != nil:
		v := readStatus(r)
		d.known++
		*f.statuses = append(*f.statuses, v)
		return d.hard()
	case id == "NM1" && f.name != nil && f.name.IsZero():
		if v := r.Name(); d.settle(s) {
			*f.name = v
		}
	case id == "TRN" && f.trace != nil && f.trace.Number == "":
		if v := r.Trace(); d.settle(s) {
			*f.trace = v
		}
	case id == "REF" && f.references != nil:
		if v := r.Reference(); d.settle(s) {
			*f.references = append(*f.references, v)
		}
	case id == "DTP" && f.periods != nil:
		if v := r.Period(); d.settle(s) {
			*f.periods = append(*f.periods, v)
		}
	case id == "QTY" && f.quantities != nil:
		if v := r.Quantity(); d.settle(s) {
			*f.quantities = append(*f.quantities, v)
		}
	case id == "AMT" && f.amounts != nil:
		if v := r.Amount(); d.settle(s) {
			*f.amounts = append(*f.amounts, v)
		}
	default:
		d.keep(s, "")
	}
	return nil
}

func readStatus(r *segment.Scanner) Status {
	r.Most(12)
	r.Unused(5, 6, 7, 8, 9)
	v := Status{Position: r.Position(), Date: r.Date(2), Action: r.Str(3), Amount: r.OptCents(4), Text: r.Str(12)}
	for i, n := range [3]int{1, 10, 11} {
		r.MostComponents(n, 4)
		v.Reasons[i] = Reason{r.Comp(n, 1), r.Comp(n, 2), r.Comp(n, 3), r.Comp(n, 4)}
	}
	if v.Reasons[0].Category == "" {
		r.Fail(1, 1, "a status has no category", "")
	}
	return v
}

func readLineStatus(r *segment.Scanner) LineStatus {
	r.Most(7)
	r.Unused(3, 5, 6)
	v := LineStatus{Position: r.Position(), Procedure: r.Procedure(1), Charge: r.Cents(2), RevenueCode: r.Str(4), Units: r.Str(7)}
	if v.Procedure.IsZero() {
		r.Fail(1, 0, "the guide requires the procedure, and there is none", "")
	}
	return v
}

// renumber clears the hierarchy of levels where the writer would number them
// the same.
func renumber(v *ClaimAck) {
	walk(v, func(h *segment.Hierarchy, id, parent int, child string) {
		if h.ID == strconv.Itoa(id) {
			h.ID = ""
		}
		if parent == 0 && h.Parent == "" || parent > 0 && h.Parent == strconv.Itoa(parent) {
			h.Parent = ""
		}
		if h.Child == child {
			h.Child = ""
		}
	})
}

// walk visits the levels in the order of the file with the numbers and the
// child code that the structure gives them.
func walk(v *ClaimAck, visit func(h *segment.Hierarchy, id, parent int, child string)) {
	n := 0
	child := func(k int) string {
		if k > 0 {
			return "1"
		}
		return "0"
	}
	for s := range v.Sources {
		source := &v.Sources[s]
		n++
		sid := n
		visit(&source.Hierarchy, n, 0, child(len(source.Receivers)))
		for r := range source.Receivers {
			receiver := &source.Receivers[r]
			n++
			rid := n
			visit(&receiver.Hierarchy, n, sid, child(len(receiver.Providers)))
			for p := range receiver.Providers {
				provider := &receiver.Providers[p]
				n++
				pid := n
				visit(&provider.Hierarchy, n, rid, child(len(provider.Patients)))
				for q := range provider.Patients {
					n++
					visit(&provider.Patients[q].Hierarchy, n, pid, "")
				}
			}
		}
	}
}
