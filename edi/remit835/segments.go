package remit835

import (
	"io"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// headerSegment reads a segment before the first LX.
func (d *Decoder) headerSegment(s *x12.Segment) error {
	p, r := d.payment, &d.scan
	r.Begin(s)
	party := d.party()
	switch d.id {
	case "BPR":
		if p.Financial.Handling != "" {
			return &segment.Error{Position: s.Position(), SegmentID: "BPR", Message: "a second BPR in one payment"}
		}
		p.Financial = readFinancial(r)
		if f := r.Fault(); f != nil {
			return f
		}
		d.known++
	case "TRN":
		if p.Trace.Number != "" {
			return &segment.Error{Position: s.Position(), SegmentID: "TRN", Message: "a second TRN in one payment"}
		}
		p.Trace = r.Trace()
		if f := r.Fault(); f != nil {
			return f
		}
		d.known++
	case "CUR":
		r.Most(2)
		if v := r.Need(2); string(s.Element(1)) == "PR" && p.Currency == "" && party == nil && d.settle(s) {
			p.Currency = v
			return nil
		}
		d.keepOnce(s)
	case "N1":
		d.startParty(s)
	case "REF":
		if v := r.Reference(); d.settle(s) {
			if party != nil {
				party.References = append(party.References, v)
			} else {
				p.References = append(p.References, v)
			}
		}
	case "DTM":
		if v := r.DTM(); d.settle(s) {
			p.Dates = append(p.Dates, v)
		}
	case "N3", "N4", "PER", "RDM":
		if party == nil {
			d.keep(s, "it belongs to the payer or the payee, and none has been named")
			return nil
		}
		d.partySegment(s, party)
	default:
		d.keep(s, "")
	}
	return nil
}

// keepOnce keeps a segment whose content is not what the guide has here, unless
// settle did so already.
func (d *Decoder) keepOnce(s *x12.Segment) {
	if d.scan.Fault() == nil {
		d.keep(s, "its content is not what the guide has in this place")
	}
}

func (d *Decoder) party() *Party {
	switch d.at {
	case atPayer:
		return &d.payment.Payer
	case atPayee:
		return &d.payment.Payee
	default:
		return nil
	}
}

// startParty reads N1: the payer first, then the payee.
func (d *Decoder) startParty(s *x12.Segment) {
	p, r := d.payment, &d.scan
	r.Most(4)
	v := Party{Position: r.Position(), Role: r.Need(1), Name: r.Str(2), IDQualifier: r.Str(3), ID: r.Str(4)}
	if f := r.Fault(); f != nil {
		d.keep(s, f.Message)
		return
	}
	switch {
	case v.Role == "PR" && p.Payer.IsZero() && d.at == atHeader:
		p.Payer = v
		d.enter(atPayer, &p.Payer.Unknown)
	case v.Role == "PE" && p.Payee.IsZero():
		p.Payee = v
		d.enter(atPayee, &p.Payee.Unknown)
	default:
		d.keep(s, "a party that the guide does not have in this place")
	}
}

func (d *Decoder) partySegment(s *x12.Segment, p *Party) {
	r := &d.scan
	switch d.id {
	case "N3":
		var a Address
		if r.N3(&a); p.Address.Line1 != "" {
			r.Fail(0, 0, "a second street address", "")
		}
		if d.settle(s) {
			p.Address.Line1, p.Address.Line2 = a.Line1, a.Line2
		}
	case "N4":
		var a Address
		if r.N4(&a); p.Address.City != "" || p.Address.State != "" {
			r.Fail(0, 0, "a second city", "")
		}
		if d.settle(s) {
			a.Line1, a.Line2 = p.Address.Line1, p.Address.Line2
			p.Address = a
		}
	case "PER":
		if v := r.Contact(); d.settle(s) {
			p.Contacts = append(p.Contacts, v)
		}
	case "RDM":
		r.Most(3)
		v := &Delivery{Method: r.Need(1), Name: r.Str(2), Number: r.Str(3)}
		if p.Delivery != nil {
			r.Fail(0, 0, "a second RDM", "")
		}
		if d.settle(s) {
			p.Delivery = v
		}
	}
}

// claimSegment reads a segment from the first LX on. It reports the end of the
// payment: with io.EOF when SE is there.
func (d *Decoder) claimSegment(s *x12.Segment) (end bool, err error) {
	r := &d.scan
	switch d.id {
	case "SE":
		return true, io.EOF
	case "ST", "GS", "GE", "ISA", "IEA":
		d.in.Unread()
		return true, &segment.Error{Position: d.position(), SegmentID: "ST", Message: "the payment has no SE segment: it is cut short",
			Fix: "ask the payer for the whole remittance"}
	case "LX":
		r.Begin(s)
		r.Most(1)
		d.current = ClaimGroup{Position: r.Position(), Number: r.Need(1)}
		d.enter(atGroup, &d.current.Unknown)
		if d.collect {
			d.payment.Groups = append(d.payment.Groups, d.current)
		}
		return false, d.hard()
	case "CLP":
		r.Begin(s)
		d.claims++
		d.claim, d.line = &d.slabs.claims.New(nil)[0], nil
		d.claim.Number = d.claims
		readClaim(r, d.claim)
		d.enter(atClaim, &d.claim.Unknown)
		return false, d.hard()
	case "PLB":
		r.Begin(s)
		if d.at != atTrailer {
			d.enter(atTrailer, &d.payment.Trailing)
			d.known = 0
		}
		d.known++
		d.plbs++
		d.payment.Adjustments = readProviderAdjustments(r, d.payment.Adjustments, d.plbs)
		return false, d.hard()
	}
	switch d.at {
	case atClaim, atLine:
		return false, d.bodySegment(s)
	case atLost:
	case atGroup:
		d.summary(s)
		if d.collect {
			d.payment.Groups[len(d.payment.Groups)-1] = d.current
		}
	default:
		d.keep(s, "")
	}
	return false, nil
}

// position returns where the payment's ST stands.
func (d *Decoder) position() x12.Position {
	return x12.Position{Offset: d.payment.ByteOffset, Segment: d.payment.SegmentNumber}
}

// hard returns the fault of a segment that carries the money.
func (d *Decoder) hard() error {
	if f := d.scan.Fault(); f != nil {
		return f
	}
	return nil
}

func (d *Decoder) summary(s *x12.Segment) {
	r := &d.scan
	r.Begin(s)
	switch d.id {
	case "TS3":
		v := readSummary(r)
		if d.current.Summary != nil {
			r.Fail(0, 0, "a second TS3 in one LX loop", "")
		}
		if d.settle(s) {
			d.current.Summary = v
		}
	case "TS2":
		v := readSupplement(r)
		if d.current.Supplement != nil {
			r.Fail(0, 0, "a second TS2 in one LX loop", "")
		}
		if d.settle(s) {
			d.current.Supplement = v
		}
	default:
		d.keep(s, "")
	}
}

// bodySegment reads a segment of a claim or a line.
func (d *Decoder) bodySegment(s *x12.Segment) error {
	c, l, r := d.claim, d.line, &d.scan
	r.Begin(s)
	switch d.id {
	case "SVC":
		c.Lines = d.lines.New(c.Lines)
		d.line = &c.Lines[len(c.Lines)-1]
		d.line.Number = len(c.Lines)
		readLine(r, d.line)
		d.enter(atLine, &d.line.Unknown)
		return d.hard()
	case "CAS":
		d.known++
		if l != nil {
			l.Adjustments = r.Adjustments(&d.adjustments, l.Adjustments)
		} else {
			c.Adjustments = r.Adjustments(&d.adjustments, c.Adjustments)
		}
		return d.hard()
	case "DTM":
		if v := r.DTM(); d.settle(s) {
			if l != nil {
				l.Dates = d.dates.Add(l.Dates, v)
			} else {
				c.Dates = d.dates.Add(c.Dates, v)
			}
		}
	case "REF":
		if v := r.Reference(); d.settle(s) {
			if l != nil {
				l.References = d.references.Add(l.References, v)
			} else {
				c.References = d.references.Add(c.References, v)
			}
		}
	case "AMT":
		if v := r.Amount(); d.settle(s) {
			if l != nil {
				l.Amounts = d.amounts.Add(l.Amounts, v)
			} else {
				c.Amounts = d.amounts.Add(c.Amounts, v)
			}
		}
	case "QTY":
		if v := r.Quantity(); d.settle(s) {
			if l != nil {
				l.Quantities = d.quantities.Add(l.Quantities, v)
			} else {
				c.Quantities = d.quantities.Add(c.Quantities, v)
			}
		}
	case "LQ":
		if l == nil {
			d.keep(s, "a remark code stands outside a service line")
			return nil
		}
		r.Most(2)
		if v := (Remark{Qualifier: r.Need(1), Code: r.Need(2)}); d.settle(s) {
			l.Remarks = d.remarks.Add(l.Remarks, v)
		}
	case "NM1", "MIA", "MOA", "PER":
		if l != nil {
			d.keep(s, "it belongs to the claim and stands after its service lines")
			return nil
		}
		d.claimOnly(s)
	default:
		d.keep(s, "")
	}
	return nil
}

func (d *Decoder) claimOnly(s *x12.Segment) {
	c, r := d.claim, &d.scan
	switch d.id {
	case "NM1":
		if v := r.Name(); d.settle(s) {
			c.Names = d.names.Add(c.Names, v)
		}
	case "MIA":
		v := r.Inpatient()
		if c.Inpatient != nil {
			r.Fail(0, 0, "a second MIA in one claim", "")
		}
		if d.settle(s) {
			c.Inpatient = v
		}
	case "MOA":
		v := r.Outpatient()
		if c.Outpatient != nil {
			r.Fail(0, 0, "a second MOA in one claim", "")
		}
		if d.settle(s) {
			c.Outpatient = v
		}
	case "PER":
		if v := r.Contact(); d.settle(s) {
			c.Contacts = append(c.Contacts, v)
		}
	}
}
