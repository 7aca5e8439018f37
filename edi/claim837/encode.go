package claim837

import (
	"io"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// Encode writes interchanges in canonical form: X12's shortest numbers, no
// trailing empty elements, segments in the guide's order, hierarchy, line
// numbers and counts made here. It refuses what it could not read back (a
// delimiter inside data, a missing required element) with the segment and
// element.
func Encode(w io.Writer, interchanges ...Interchange) error {
	for i := range interchanges {
		x := &interchanges[i]
		e := NewEncoder(w, x.Delimiters)
		e.BeginInterchange(x.Header)
		for g := range x.Groups {
			group := &x.Groups[g]
			e.BeginGroup(group.Header)
			for t := range group.Transactions {
				e.Transaction(&group.Transactions[t])
			}
			e.EndGroup()
		}
		e.EndInterchange()
		if err := e.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Encoder writes an interchange one billing provider, subscriber, patient and
// claim at a time, for files of any size. Its first error stays and Close
// returns it.
type Encoder struct {
	w                            *segment.Writer
	version                      string // of the group
	kind                         Kind
	levels                       int // HL loops of the transaction set so far
	billing, subscriber, patient int // their HL01
}

// NewEncoder returns an encoder to w. The zero Delimiters are the default ones.
func NewEncoder(w io.Writer, delimiters x12.Delimiters) *Encoder {
	return &Encoder{w: segment.NewWriter(w, delimiters)}
}

// BeginInterchange writes ISA.
func (e *Encoder) BeginInterchange(h x12.Interchange) { _ = e.w.BeginInterchange(h) }

// BeginGroup writes GS.
func (e *Encoder) BeginGroup(h x12.Group) {
	e.version = h.Version
	_ = e.w.BeginGroup(h)
}

// EndGroup writes GE.
func (e *Encoder) EndGroup() { _ = e.w.EndGroup() }

// EndInterchange writes IEA.
func (e *Encoder) EndInterchange() { _ = e.w.EndInterchange() }

// Offset returns the byte offset at which the next segment will stand, for
// those who record where each claim of a file is.
func (e *Encoder) Offset() int64 { return e.w.Offset() }

// Close flushes and returns the first error.
func (e *Encoder) Close() error { return e.w.Finish() }

// Transaction writes a whole transaction set.
func (e *Encoder) Transaction(t *Transaction) {
	e.BeginTransaction(t)
	for b := range t.Billing {
		billing := &t.Billing[b]
		e.BillingProvider(billing, len(billing.Subscribers) > 0)
		for s := range billing.Subscribers {
			subscriber := &billing.Subscribers[s]
			e.Subscriber(subscriber, len(subscriber.Patients) > 0)
			for c := range subscriber.Claims {
				e.Claim(&subscriber.Claims[c])
			}
			for p := range subscriber.Patients {
				patient := &subscriber.Patients[p]
				e.Patient(patient)
				for c := range patient.Claims {
					e.Claim(&patient.Claims[c])
				}
			}
		}
	}
	e.EndTransaction()
}

// BeginTransaction writes ST, BHT, submitter and receiver.
func (e *Encoder) BeginTransaction(t *Transaction) {
	w := e.w
	if e.kind = t.Kind(); e.kind == KindUnknown {
		e.kind = KindOf(e.version)
	}
	e.levels = 0
	w.Loop(t.Unknown)
	_ = w.BeginTransaction("837", t.Header.Control, t.Header.Version)
	w.Opened()
	if e.kind == KindUnknown {
		w.Refuse("ST", 3, "neither ST03 nor GS08 names a version of the 837 that is known")
	}
	if t.Beginning != (segment.Beginning{}) || !segment.Holds(t.Unknown, "BHT") {
		w.Beginning(&t.Beginning)
	}
	e.party(&t.Submitter, RoleSubmitter)
	e.party(&t.Receiver, RoleReceiver)
}

// EndTransaction writes SE.
func (e *Encoder) EndTransaction() {
	e.w.Loop(nil)
	_ = e.w.EndTransaction()
}

// BillingProvider writes loop 2000A without its subscribers; children says that
// subscribers follow.
func (e *Encoder) BillingProvider(v *BillingProvider, children bool) {
	w := e.w
	e.levels++
	e.billing, e.subscriber, e.patient = e.levels, 0, 0
	w.Loop(v.Unknown)
	w.Hierarchy(v.Hierarchy, "20", e.billing, 0, childCode(children))
	writeSpecialty(w, &v.Specialty)
	if v.Currency != "" {
		_ = w.Seg("CUR").Elem("85").Elem(v.Currency).End()
	}
	e.party(&v.Provider, RoleBilling)
	e.party(&v.PayTo, RolePayTo)
	e.party(&v.PayToPlan, RolePayToPlan)
}

// Subscriber writes loop 2000B without its claims and patients; children says
// that patients (2000C) follow.
func (e *Encoder) Subscriber(v *Subscriber, children bool) {
	w := e.w
	e.levels++
	e.subscriber, e.patient = e.levels, 0
	w.Loop(v.Unknown)
	w.Hierarchy(v.Hierarchy, "22", e.subscriber, e.billing, childCode(children))
	if v.Coverage != (Coverage{}) {
		writeCoverage(w, &v.Coverage)
	} else if !segment.Holds(v.Unknown, "SBR") {
		w.Refuse("SBR", 1, "a subscriber has no coverage")
	}
	if !v.Patient.IsZero() {
		writePatientDetail(w, &v.Patient)
	}
	e.party(&v.Subscriber, RoleSubscriber)
	e.party(&v.Payer, RolePayer)
}

// Patient writes loop 2000C without its claims.
func (e *Encoder) Patient(v *Patient) {
	w := e.w
	e.levels++
	e.patient = e.levels
	w.Loop(v.Unknown)
	w.Hierarchy(v.Hierarchy, "23", e.patient, e.subscriber, "0")
	if !v.Detail.IsZero() {
		writePatientDetail(w, &v.Detail)
	}
	e.party(&v.Patient, RolePatient)
}

// party writes an NM1 loop; role, unless empty, is the one it must have.
func (e *Encoder) party(p *Party, role string) {
	if p.IsZero() {
		return
	}
	w := e.w
	if role != "" && p.Role != role {
		w.Refuse("NM1", 1, "the role of this party must be "+role)
	}
	w.Loop(p.Unknown)
	w.Name(&p.Name)
	writeSpecialty(w, &p.Specialty)
	w.Address(&p.Address)
	writeDemographics(w, &p.Demographics)
	w.Periods(p.Dates)
	w.References(p.References)
	w.Contacts(p.Contacts)
}

func (e *Encoder) parties(list []Party) {
	for i := range list {
		if list[i].IsZero() {
			e.w.Refuse("NM1", 1, "a party without a name or role")
		}
		e.party(&list[i], "")
	}
}

// Claim writes loop 2300 with everything below it.
func (e *Encoder) Claim(c *Claim) {
	w := e.w
	w.Loop(c.Unknown)
	writeClaim(w, c)
	w.Periods(c.Periods)
	if !c.Admission.IsZero() {
		_ = w.Seg("CL1").Elem(c.Admission.Type).Elem(c.Admission.Source).Elem(c.Admission.Discharge).End()
	}
	writeOrthodontic(w, &c.Orthodontic)
	writeToothStatuses(w, c.Teeth)
	writeAttachments(w, c.Attachments)
	writeContract(w, &c.Contract)
	w.Amounts(c.Amounts)
	w.References(c.References)
	writeFixed(w, c.Fixed)
	writeNotes(w, c.Notes)
	writeAmbulance(w, c.Ambulance)
	writeSpinal(w, c.Spinal)
	writeConditions(w, c.Conditions)
	writeCodes(w, c.Codes)
	w.Quantities(c.Quantities)
	writePricing(w, c.Pricing)
	e.parties(c.Providers)
	for i := range c.Others {
		e.other(&c.Others[i])
	}
	for i := range c.Lines {
		e.line(&c.Lines[i], i+1)
	}
}

func (e *Encoder) other(o *OtherSubscriber) {
	w := e.w
	w.Loop(o.Unknown)
	writeCoverage(w, &o.Coverage)
	w.Adjustments(o.Adjustments)
	w.Amounts(o.Amounts)
	if o.BenefitsAssigned != "" || o.Release != "" {
		_ = w.Seg("OI").Skip(2).Elem(o.BenefitsAssigned).Elem(o.PatientSignature).Skip(1).Elem(o.Release).End()
	} else if o.PatientSignature != "" {
		w.Refuse("OI", 3, "the other insurance has a patient signature and no assignment of benefits")
	}
	if o.Inpatient != nil {
		w.Inpatient(o.Inpatient)
	}
	if o.Outpatient != nil {
		w.Outpatient(o.Outpatient)
	}
	e.party(&o.Subscriber, RoleSubscriber)
	e.party(&o.Payer, RolePayer)
	e.parties(o.Providers)
}

func (e *Encoder) line(l *Line, n int) {
	w := e.w
	if l.Number != 0 {
		n = l.Number
	}
	w.Loop(l.Unknown)
	_ = w.Seg("LX").Int(int64(n)).End()
	if !l.Procedure.IsZero() || l.RevenueCode != "" {
		writeService(w, l, e.kind)
	} else {
		w.Refuse("LX", 1, "a service line has no service")
	}
	writeEquipment(w, l.Equipment)
	writeTeeth(w, l.Teeth)
	writeAttachments(w, l.Attachments)
	writeAmbulance(w, l.Ambulance)
	if l.Certificate != nil {
		w.Need("CR3", 1, l.Certificate.Type)
		_ = w.Dec(w.Seg("CR3").Elem(l.Certificate.Type).Elem("MO"), l.Certificate.Months).End()
	}
	writeConditions(w, l.Conditions)
	w.Periods(l.Periods)
	w.Quantities(l.Quantities)
	for _, m := range l.Measurements {
		w.Need("MEA", 1, m.Category)
		w.Need("MEA", 2, m.Qualifier)
		_ = w.Dec(w.Seg("MEA").Elem(m.Category).Elem(m.Qualifier), m.Value).End()
	}
	writeContract(w, &l.Contract)
	w.References(l.References)
	w.Amounts(l.Amounts)
	writeFixed(w, l.Fixed)
	writeNotes(w, l.Notes)
	if l.Purchased != nil {
		w.Need("PS1", 1, l.Purchased.Provider)
		_ = w.Seg("PS1").Elem(l.Purchased.Provider).Cents(l.Purchased.Amount).End()
	}
	writePricing(w, l.Pricing)
	writeDrug(w, l.Drug)
	e.parties(l.Providers)
	for i := range l.Adjudications {
		writeAdjudication(w, &l.Adjudications[i])
	}
	for i := range l.Forms {
		writeForm(w, &l.Forms[i])
	}
}
