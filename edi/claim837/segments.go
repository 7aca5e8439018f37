package claim837

import (
	"github.com/claimbook/claimbook/edi/x12"
)

// dispatch reads a segment into the loop in force.
func (d *Decoder) dispatch(s *x12.Segment) error {
	if d.id == "NM1" {
		d.startParty(s)
		return nil
	}
	switch d.at {
	case atClaim, atOther, atLine, atDrug, atAdjudication, atForm:
		switch d.id {
		case "SBR":
			d.startOther(s)
			return nil
		case "LX":
			return d.startLine()
		}
	default: // above the claim neither opens a loop of it
	}
	if d.lost {
		d.keep(s, "")
		return nil
	}
	if d.party != nil && d.partySegment(s, d.party) {
		return nil
	}
	switch d.at {
	case atSet:
		d.setSegment(s)
	case atBilling:
		d.billingSegment(s)
	case atSubscriber, atPatient:
		d.personSegment(s)
	case atClaim:
		return d.claimSegment(s)
	case atOther:
		return d.otherSegment(s)
	case atLine, atDrug, atAdjudication, atForm:
		return d.lineSegment(s)
	case atNowhere: // passed over with the level that could not be read
	}
	return nil
}

func (d *Decoder) setSegment(s *x12.Segment) {
	r := &d.scan
	if d.id == "BHT" && d.set.Beginning.Structure == "" {
		if v := r.Beginning(); d.settle(s) {
			d.set.Beginning = v
		}
		return
	}
	d.keep(s, "")
}

func (d *Decoder) billingSegment(s *x12.Segment) {
	b, r := d.billing, &d.scan
	switch {
	case d.party != nil:
		d.keep(s, "")
	case d.id == "PRV" && b.Specialty.IsZero():
		if v := readSpecialty(r); d.settle(s) {
			b.Specialty = v
		}
	case d.id == "CUR" && b.Currency == "" && string(s.Element(1)) == "85":
		r.Most(2)
		if v := r.Need(2); d.settle(s) {
			b.Currency = v
		}
	default:
		d.keep(s, "")
	}
}

// personSegment reads SBR and PAT of a subscriber or patient.
func (d *Decoder) personSegment(s *x12.Segment) {
	r := &d.scan
	var detail *PatientDetail
	if d.at == atPatient {
		detail = &d.patient.Detail
	} else {
		detail = &d.subscriber.Patient
	}
	switch {
	case d.party != nil:
		d.keep(s, "")
	case d.id == "SBR" && d.at == atSubscriber && d.subscriber.Coverage == Coverage{}:
		if v := readCoverage(r); d.settle(s) {
			d.subscriber.Coverage = v
		}
	case d.id == "PAT" && detail.IsZero():
		v := readPatientDetail(r)
		if v.IsZero() {
			r.Fail(0, 0, "the segment is empty", "")
		}
		if d.settle(s) {
			*detail = v
		}
	default:
		d.keep(s, "")
	}
}

// startParty reads NM1 and finds its place.
func (d *Decoder) startParty(s *x12.Segment) {
	r := &d.scan
	v := Party{Position: r.Position(), Name: r.Name()}
	if r.Fault() != nil || v.Name.IsZero() {
		d.lose(s)
		return
	}
	switch d.at {
	case atSet:
		d.place(s, v, slot{RoleSubmitter, &d.set.Submitter}, slot{RoleReceiver, &d.set.Receiver})
	case atBilling:
		d.place(s, v, slot{RoleBilling, &d.billing.Provider}, slot{RolePayTo, &d.billing.PayTo}, slot{RolePayToPlan, &d.billing.PayToPlan})
	case atSubscriber:
		d.place(s, v, slot{RoleSubscriber, &d.subscriber.Subscriber}, slot{RolePayer, &d.subscriber.Payer})
	case atPatient:
		d.place(s, v, slot{RolePatient, &d.patient.Patient})
	case atClaim:
		d.claim.Providers = d.parties.Add(d.claim.Providers, v)
		d.standIn(&d.claim.Providers[len(d.claim.Providers)-1])
	case atOther:
		o := d.other
		switch {
		case v.Role == RoleSubscriber && o.Subscriber.IsZero() && o.Payer.IsZero() && len(o.Providers) == 0:
			o.Subscriber = v
			d.standIn(&o.Subscriber)
		case v.Role == RolePayer && o.Payer.IsZero() && len(o.Providers) == 0:
			o.Payer = v
			d.standIn(&o.Payer)
		default:
			o.Providers = d.parties.Add(o.Providers, v)
			d.standIn(&o.Providers[len(o.Providers)-1])
		}
	case atLine, atDrug, atAdjudication, atForm:
		if d.at == atAdjudication || d.at == atForm {
			d.lose(s)
			return
		}
		d.line.Providers = d.parties.Add(d.line.Providers, v)
		d.at = atLine
		d.standIn(&d.line.Providers[len(d.line.Providers)-1])
	case atNowhere: // passed over with the level that could not be read
	}
}

type slot struct {
	role  string
	party *Party
}

// place puts a party into the slot of its role, when that is free and no later
// one is taken.
func (d *Decoder) place(s *x12.Segment, v Party, slots ...slot) {
	for i := range slots {
		if slots[i].role != v.Role {
			continue
		}
		for _, later := range slots[i:] {
			if !later.party.IsZero() {
				d.lose(s)
				return
			}
		}
		*slots[i].party = v
		d.standIn(slots[i].party)
		return
	}
	d.lose(s)
}

func (d *Decoder) standIn(p *Party) {
	d.party, d.lost, d.unknown, d.known = p, false, &p.Unknown, 1
}

// lose keeps an NM1 that has no place here, and what follows it in its loop.
func (d *Decoder) lose(s *x12.Segment) {
	reason := "a party that the guide does not have in this place"
	if f := d.scan.Fault(); f != nil {
		reason = f.Message
	}
	d.keep(s, reason)
	d.lost = true
}

// partySegment reads a segment of an NM1 loop; it reports false when the
// segment is none of these.
func (d *Decoder) partySegment(s *x12.Segment, p *Party) bool {
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
		r.N4(&a)
		if a.IsZero() {
			r.Fail(0, 0, "the segment is empty", "")
		}
		if p.Address.City != "" || p.Address.State != "" || p.Address.PostalCode != "" {
			r.Fail(0, 0, "a second city", "")
		}
		if d.settle(s) {
			a.Line1, a.Line2 = p.Address.Line1, p.Address.Line2
			p.Address = a
		}
	case "DMG":
		v := readDemographics(r)
		if !p.Demographics.IsZero() {
			r.Fail(0, 0, "a second DMG", "")
		}
		if d.settle(s) {
			p.Demographics = v
		}
	case "PRV":
		v := readSpecialty(r)
		if !p.Specialty.IsZero() {
			r.Fail(0, 0, "a second PRV", "")
		}
		if d.settle(s) {
			p.Specialty = v
		}
	case "REF":
		if v := r.Reference(); d.settle(s) {
			p.References = d.references.Add(p.References, v)
		}
	case "PER":
		if v := r.Contact(); d.settle(s) {
			p.Contacts = d.contacts.Add(p.Contacts, v)
		}
	case "DTP":
		if v := r.Period(); d.settle(s) {
			p.Dates = d.periods.Add(p.Dates, v)
		}
	default:
		return false
	}
	return true
}

// claimSegment reads a segment of loop 2300 itself.
func (d *Decoder) claimSegment(s *x12.Segment) error {
	c, r := d.claim, &d.scan
	if d.party != nil { // after the providers of 2310 nothing of 2300 may follow
		d.keep(s, "it stands after the claim's providers")
		return nil
	}
	switch d.id {
	case "DTP":
		if v := r.Period(); d.settle(s) {
			c.Periods = d.periods.Add(c.Periods, v)
		}
	case "CL1":
		r.Most(3)
		v := Admission{r.Str(1), r.Str(2), r.Str(3)}
		if d.once(s, c.Admission.IsZero(), !v.IsZero()) {
			c.Admission = v
		}
	case "DN1":
		v := readOrthodontic(r)
		if d.once(s, c.Orthodontic.IsZero(), !v.IsZero()) {
			c.Orthodontic = v
		}
	case "DN2":
		if v := readToothStatus(r); d.settle(s) {
			c.Teeth = append(c.Teeth, v)
		}
	case "PWK":
		if v := readAttachment(r); d.settle(s) {
			c.Attachments = d.attachments.Add(c.Attachments, v)
		}
	case "CN1":
		v := readContract(r)
		if d.once(s, c.Contract.IsZero(), !v.IsZero()) {
			c.Contract = v
		}
	case "AMT":
		if v := r.Amount(); d.settle(s) {
			c.Amounts = d.amounts.Add(c.Amounts, v)
		}
	case "REF":
		if v := r.Reference(); d.settle(s) {
			c.References = d.references.Add(c.References, v)
		}
	case "K3":
		r.Most(1)
		if v := r.Need(1); d.settle(s) {
			c.Fixed = append(c.Fixed, v)
		}
	case "NTE":
		if v := readNote(r); d.settle(s) {
			c.Notes = d.notes.Add(c.Notes, v)
		}
	case "CR1":
		v := readAmbulance(r)
		if d.once(s, c.Ambulance == nil, true) {
			c.Ambulance = v
		}
	case "CR2":
		v := readSpinal(r)
		if d.once(s, c.Spinal == nil, true) {
			c.Spinal = v
		}
	case "CRC":
		if v := readCondition(r); d.settle(s) {
			c.Conditions = d.conditions.Add(c.Conditions, v)
		}
	case "HI":
		if v := d.readCodes(s); d.settle(s) {
			c.Codes = d.lists.Add(c.Codes, v)
		}
	case "QTY":
		if v := r.Quantity(); d.settle(s) {
			c.Quantities = d.quantities.Add(c.Quantities, v)
		}
	case "HCP":
		v := readPricing(r)
		if d.once(s, c.Pricing == nil, true) {
			c.Pricing = v
		}
	default:
		d.keep(s, "")
	}
	return nil
}

// once settles a segment that a loop has at most once and that says something.
func (d *Decoder) once(s *x12.Segment, free, filled bool) bool {
	if !free {
		d.scan.Fail(0, 0, "a second one in a loop that has it once", "")
	}
	if !filled {
		d.scan.Fail(0, 0, "the segment is empty", "")
	}
	return d.settle(s)
}

// startOther reads SBR of loop 2320.
func (d *Decoder) startOther(s *x12.Segment) {
	r := &d.scan
	v := OtherSubscriber{Position: r.Position(), Coverage: readCoverage(r)}
	if f := r.Fault(); f != nil || d.at > atOther {
		d.keep(s, "another insurance that cannot be read in this place")
		d.lost = true
		return
	}
	d.claim.Others = d.others.Add(d.claim.Others, v)
	o := &d.claim.Others[len(d.claim.Others)-1]
	d.enter(atOther, &o.Unknown)
	d.other = o
}

// otherSegment reads a segment of loop 2320 itself.
func (d *Decoder) otherSegment(s *x12.Segment) error {
	o, r := d.other, &d.scan
	if d.party != nil {
		d.keep(s, "")
		return nil
	}
	switch d.id {
	case "CAS":
		d.known++
		o.Adjustments = r.Adjustments(&d.adjustments, o.Adjustments)
		return d.hard()
	case "AMT":
		if v := r.Amount(); d.settle(s) {
			o.Amounts = d.amounts.Add(o.Amounts, v)
		}
	case "OI":
		r.Most(6)
		r.Unused(1, 2, 5)
		a, b, c := r.Str(3), r.Str(4), r.Str(6)
		if d.once(s, o.BenefitsAssigned == "" && o.Release == "", a != "" || c != "") {
			o.BenefitsAssigned, o.PatientSignature, o.Release = a, b, c
		}
	case "MIA":
		v := r.Inpatient()
		if d.once(s, o.Inpatient == nil, true) {
			o.Inpatient = v
		}
	case "MOA":
		v := r.Outpatient()
		if d.once(s, o.Outpatient == nil, true) {
			o.Outpatient = v
		}
	default:
		d.keep(s, "")
	}
	return nil
}

// readCodes reads HI.
func (d *Decoder) readCodes(s *x12.Segment) CodeList {
	r := &d.scan
	r.Most(12)
	var list []Code
	for n := 1; n <= min(12, s.Len()); n++ {
		if len(s.Element(n)) == 0 {
			r.Fail(n, 0, "a code is missing before another one", "")
			break
		}
		list = d.codes.Add(list, readCode(r, n))
	}
	if len(list) == 0 {
		r.Fail(1, 0, "the segment has no code", "")
	}
	return list
}
