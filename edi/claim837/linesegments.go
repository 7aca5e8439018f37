package claim837

import (
	"github.com/claimbook/claimbook/edi/x12"
)

// startLine reads LX of loop 2400.
func (d *Decoder) startLine() error {
	r := &d.scan
	r.Most(1)
	c := d.claim
	c.Lines = d.lines.New(c.Lines)
	l := &c.Lines[len(c.Lines)-1]
	l.Position, l.Number = r.Position(), r.Int(1)
	if l.Number == 0 {
		r.Fail(1, 0, "a service line has no number", "")
	}
	d.enter(atLine, &l.Unknown)
	d.line = l
	return d.hard()
}

// lineSegment reads a segment of loop 2400 or of a loop below it.
func (d *Decoder) lineSegment(s *x12.Segment) error {
	l, r := d.line, &d.scan
	switch d.id {
	case "LIN":
		d.startDrug(s)
		return nil
	case "SVD":
		v := readAdjudication(r)
		l.Adjudications = d.decisions.Add(l.Adjudications, v)
		d.decided = &l.Adjudications[len(l.Adjudications)-1]
		d.sub(atAdjudication)
		d.unknown, d.known = &d.decided.Unknown, 1
		return d.hard()
	case "LQ":
		r.Most(2)
		l.Forms = d.forms.Add(l.Forms, Form{Position: r.Position(), Qualifier: r.Need(1), Code: r.Need(2)})
		d.form = &l.Forms[len(l.Forms)-1]
		d.sub(atForm)
		d.unknown, d.known = &d.form.Unknown, 1
		return d.hard()
	}
	switch {
	case d.at == atDrug:
		d.drugSegment(s)
	case d.at == atAdjudication:
		return d.decidedSegment(s)
	case d.at == atForm:
		if d.id == "FRM" {
			if v := readAnswer(r); d.settle(s) {
				d.form.Answers = d.answers.Add(d.form.Answers, v)
			}
			return nil
		}
		d.keep(s, "")
	case d.party != nil:
		d.keep(s, "")
	default:
		return d.serviceSegment(s)
	}
	return nil
}

func (d *Decoder) sub(at level) { d.at, d.party, d.lost = at, nil, false }

func (d *Decoder) startDrug(s *x12.Segment) {
	l, r := d.line, &d.scan
	r.Most(3)
	r.Unused(1)
	v := &Drug{Position: r.Position(), Qualifier: r.Need(2), Code: r.Need(3)}
	if l.Drug != nil || r.Fault() != nil || d.at != atLine || d.party != nil {
		d.keep(s, "a drug identification that cannot be read in this place")
		return
	}
	l.Drug = v
	d.sub(atDrug)
	d.unknown, d.known = &v.Unknown, 1
}

func (d *Decoder) drugSegment(s *x12.Segment) {
	v, r := d.line.Drug, &d.scan
	switch {
	case d.id == "CTP" && !v.Quantity.Present:
		r.Most(5)
		r.Unused(1, 2, 3)
		r.MostComponents(5, 1)
		q, unit := r.OptDecimal(4), r.Comp(5, 1)
		if !q.Present {
			r.Fail(4, 0, "the guide requires a quantity, and there is none", "")
		}
		if d.settle(s) {
			v.Quantity, v.Unit = q, unit
		}
	case d.id == "REF":
		if ref := r.Reference(); d.settle(s) {
			v.References = d.references.Add(v.References, ref)
		}
	default:
		d.keep(s, "")
	}
}

func (d *Decoder) decidedSegment(s *x12.Segment) error {
	v, r := d.decided, &d.scan
	switch d.id {
	case "CAS":
		d.known++
		v.Adjustments = r.Adjustments(&d.adjustments, v.Adjustments)
		return d.hard()
	case "DTP":
		p := r.Period()
		if p.Qualifier != "573" || p.Format != "D8" || !v.Decided.IsZero() {
			r.Fail(1, 0, "the date of the other payer's decision is DTP*573*D8, once", "")
		}
		if d.settle(s) {
			v.Decided = p.From
		}
	case "AMT":
		if a := r.Amount(); d.settle(s) {
			v.Amounts = d.amounts.Add(v.Amounts, a)
		}
	default:
		d.keep(s, "")
	}
	return nil
}

// serviceSegment reads a segment of loop 2400 itself.
func (d *Decoder) serviceSegment(s *x12.Segment) error {
	l, r := d.line, &d.scan
	switch d.id {
	case "SV1", "SV2", "SV3":
		if !l.Procedure.IsZero() || l.RevenueCode != "" {
			r.Fail(0, 0, "a second service in one line", "")
			return d.hard()
		}
		if own := d.kind.service(); own != "" && d.id != own {
			r.Fail(0, 0, "the service of another guide than the one that the version names", "a line of this version has "+own)
			return d.hard()
		}
		switch d.id {
		case "SV1":
			readProfessional(r, l)
		case "SV2":
			readInstitutional(r, l)
		case "SV3":
			readDental(r, l)
		}
		d.known++
		return d.hard()
	case "SV5":
		v := readEquipment(r)
		if d.once(s, l.Equipment == nil, true) {
			l.Equipment = v
		}
	case "TOO":
		if v := readTooth(r); d.settle(s) {
			l.Teeth = d.teeth.Add(l.Teeth, v)
		}
	case "PWK":
		if v := readAttachment(r); d.settle(s) {
			l.Attachments = d.attachments.Add(l.Attachments, v)
		}
	case "CR1":
		v := readAmbulance(r)
		if d.once(s, l.Ambulance == nil, true) {
			l.Ambulance = v
		}
	case "CR3":
		r.Most(3)
		v := &DurableEquipment{Type: r.Need(1), Months: r.Decimal(3)}
		if string(s.Element(2)) != "MO" {
			r.Fail(2, 0, "the unit is months (MO)", "")
		}
		if d.once(s, l.Certificate == nil, true) {
			l.Certificate = v
		}
	case "CRC":
		if v := readCondition(r); d.settle(s) {
			l.Conditions = d.conditions.Add(l.Conditions, v)
		}
	case "DTP":
		if v := r.Period(); d.settle(s) {
			l.Periods = d.periods.Add(l.Periods, v)
		}
	case "QTY":
		if v := r.Quantity(); d.settle(s) {
			l.Quantities = d.quantities.Add(l.Quantities, v)
		}
	case "MEA":
		r.Most(3)
		if v := (Measurement{r.Need(1), r.Need(2), r.Decimal(3)}); d.settle(s) {
			l.Measurements = append(l.Measurements, v)
		}
	case "CN1":
		v := readContract(r)
		if d.once(s, l.Contract.IsZero(), !v.IsZero()) {
			l.Contract = v
		}
	case "REF":
		if v := r.Reference(); d.settle(s) {
			l.References = d.references.Add(l.References, v)
		}
	case "AMT":
		if v := r.Amount(); d.settle(s) {
			l.Amounts = d.amounts.Add(l.Amounts, v)
		}
	case "K3":
		r.Most(1)
		if v := r.Need(1); d.settle(s) {
			l.Fixed = append(l.Fixed, v)
		}
	case "NTE":
		if v := readNote(r); d.settle(s) {
			l.Notes = d.notes.Add(l.Notes, v)
		}
	case "PS1":
		r.Most(2)
		v := &PurchasedService{r.Need(1), r.Cents(2)}
		if d.once(s, l.Purchased == nil, true) {
			l.Purchased = v
		}
	case "HCP":
		v := readPricing(r)
		if d.once(s, l.Pricing == nil, true) {
			l.Pricing = v
		}
	default:
		d.keep(s, "")
	}
	return nil
}
