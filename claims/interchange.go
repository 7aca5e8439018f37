package claims

import (
	"fmt"
	"io"
	"strings"

	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
)

// Envelope is what an interchange to a trading partner says beside its claims.
type Envelope struct {
	PracticeCode                     string
	PracticeName                     string
	SenderQualifier, SenderID        string
	ReceiverQualifier, ReceiverID    string
	ReceiverName                     string
	ContactName, ContactPhone        string
	Usage                            string // P or T
	Batch                            int64  // the practice's own number
	InterchangeControl, GroupControl int64
	FirstSetControl                  int64 // ST02 of the first transaction set
	MaxClaims                        int   // per transaction set
	On                               date.Date
}

// noon is the time of day of every batch: only its date carries meaning, and a
// fixed time makes the file reproducible.
const noon = "1200"

// SetCount is how many transaction sets so many claims need.
func (e Envelope) SetCount(claims int) int { return (claims + e.MaxClaims - 1) / e.MaxClaims }

// SetControl is ST02 of the transaction set that carries the claim at an index.
func (e Envelope) SetControl(index int) string {
	return fmt.Sprintf("%04d", e.FirstSetControl+int64(index/e.MaxClaims))
}

// Write writes one interchange of count professional claims, one transaction set
// after the other. set returns the claims of the nth set, MaxClaims of them or the
// rest; it is asked once for each, so that only one set is in memory. wrote, which may
// be nil, is told where each claim begins in the file.
func (e Envelope) Write(w io.Writer, count int, set func(n int) ([]Claim, error), wrote func(number string, offset int64)) error {
	out := claim837.NewEncoder(w, x12.Delimiters{})
	out.BeginInterchange(x12.Interchange{
		SenderQualifier: e.SenderQualifier, Sender: e.SenderID, ReceiverQualifier: e.ReceiverQualifier, Receiver: e.ReceiverID,
		Date: e.On.Format("060102"), Time: noon, Control: fmt.Sprintf("%09d", e.InterchangeControl), AckRequested: true, Usage: e.Usage,
	})
	out.BeginGroup(x12.Group{
		FunctionalID: "HC", Sender: e.SenderID, Receiver: e.ReceiverID, Date: e.On.X12(), Time: noon,
		Control: fmt.Sprint(e.GroupControl), Version: claim837.Professional,
	})
	for n := range e.SetCount(count) {
		list, err := set(n)
		if err != nil {
			return err
		}
		t := transaction(e, e.SetControl(n*e.MaxClaims), list)
		writeTransaction(out, &t, wrote)
	}
	out.EndGroup()
	out.EndInterchange()
	return out.Close()
}

func writeTransaction(out *claim837.Encoder, t *claim837.Transaction, wrote func(number string, offset int64)) {
	claim := func(c *claim837.Claim) {
		if wrote != nil {
			wrote(c.ControlNumber, out.Offset())
		}
		out.Claim(c)
	}
	out.BeginTransaction(t)
	for b := range t.Billing {
		billing := &t.Billing[b]
		out.BillingProvider(billing, true)
		for s := range billing.Subscribers {
			subscriber := &billing.Subscribers[s]
			out.Subscriber(subscriber, len(subscriber.Patients) > 0)
			for c := range subscriber.Claims {
				claim(&subscriber.Claims[c])
			}
			for p := range subscriber.Patients {
				out.Patient(&subscriber.Patients[p])
				for c := range subscriber.Patients[p].Claims {
					claim(&subscriber.Patients[p].Claims[c])
				}
			}
		}
	}
	out.EndTransaction()
}

func transaction(e Envelope, control string, list []Claim) claim837.Transaction {
	t := claim837.Transaction{
		Header: segment.Header{Type: "837", Control: control, Version: claim837.Professional},
		Beginning: segment.Beginning{Structure: "0019", Purpose: "00", Reference: fmt.Sprintf("%sB%dS%s", e.PracticeCode, e.Batch, control),
			Date: e.On, Time: noon, Kind: "CH"},
		Submitter: claim837.Party{
			Name: segment.Name{Role: claim837.RoleSubmitter, Type: "2", Last: text(e.PracticeName), IDQualifier: "46", ID: e.SenderID},
			Contacts: []segment.Contact{{Function: "IC", Name: text(e.ContactName),
				Numbers: []segment.CommunicationNumber{{Qualifier: "TE", Number: e.ContactPhone}}}},
		},
		Receiver: claim837.Party{Name: segment.Name{Role: claim837.RoleReceiver, Type: "2", Last: text(e.ReceiverName), IDQualifier: "46", ID: e.ReceiverID}},
	}
	providers := map[string]int{}
	subscribers := map[string]int{}
	patients := map[string]int{}
	for i := range list {
		c := &list[i]
		p, known := providers[billingKey(c)]
		if !known {
			p = len(t.Billing)
			providers[billingKey(c)] = p
			t.Billing = append(t.Billing, billingLoop(c))
		}
		billing := &t.Billing[p]
		key := fmt.Sprintf("%d|%s", p, subscriberKey(c))
		s, known := subscribers[key]
		if !known {
			s = len(billing.Subscribers)
			subscribers[key] = s
			billing.Subscribers = append(billing.Subscribers, subscriberLoop(c))
		}
		subscriber := &billing.Subscribers[s]
		if c.Policy.Relationship == "18" {
			subscriber.Claims = append(subscriber.Claims, claimLoop(c))
			continue
		}
		key += "|" + personKey(c.Patient) + "|" + c.Policy.Relationship
		d, known := patients[key]
		if !known {
			d = len(subscriber.Patients)
			patients[key] = d
			subscriber.Patients = append(subscriber.Patients, patientLoop(c))
		}
		subscriber.Patients[d].Claims = append(subscriber.Patients[d].Claims, claimLoop(c))
	}
	return t
}

func billingKey(c *Claim) string {
	b := c.Billing
	return strings.Join([]string{b.Code, b.NPI, b.TIN, b.Taxonomy, b.LastName, b.FirstName, b.Address.Line1, b.Address.Line2, b.Address.ZIP}, "|")
}

// subscriberKey tells loops 2000B apart: who is insured, by whom, as which
// payer, and whether the subscriber is the patient.
func subscriberKey(c *Claim) string {
	p := c.Policy
	return strings.Join([]string{fmt.Sprint(c.Rank), c.Payer.Identifier, c.Payer.Name, p.MemberID, p.GroupNumber, p.PlanName, p.InsuranceType,
		fmt.Sprint(p.Relationship == "18"), personKey(p.Subscriber)}, "|")
}

func personKey(p Person) string {
	return strings.Join([]string{p.LastName, p.FirstName, p.MiddleName, p.BirthDate.String(), p.Sex, p.Address.Line1, p.Address.ZIP}, "|")
}

func billingLoop(c *Claim) claim837.BillingProvider {
	b := claim837.BillingProvider{Provider: claim837.Party{
		Name: providerName(claim837.RoleBilling, c.Billing), Address: address(c.Billing.Address),
		References: []segment.Reference{{Qualifier: "EI", Value: c.Billing.TIN}},
	}}
	if c.Billing.Taxonomy != "" {
		b.Specialty = claim837.Specialty{Role: "BI", Qualifier: "PXC", Code: c.Billing.Taxonomy}
	}
	return b
}

func subscriberLoop(c *Claim) claim837.Subscriber {
	s := claim837.Subscriber{
		Coverage:   policyCoverage(c.Rank, c.Payer, c.Policy),
		Subscriber: claim837.Party{Name: personName(claim837.RoleSubscriber, c.Policy.Subscriber, c.Policy.MemberID)},
		Payer:      payerParty(c.Payer),
	}
	if c.Policy.Relationship == "18" {
		s.Subscriber.Address = address(c.Patient.Address)
		s.Subscriber.Demographics = claim837.Demographics{Birth: c.Patient.BirthDate, Gender: c.Patient.Sex}
	} else {
		s.Coverage.Relationship = "" // the patient's own loop says it
	}
	return s
}

func policyCoverage(rank int16, payer Payer, policy Policy) claim837.Coverage {
	c := claim837.Coverage{
		Rank: rankCode(rank), Relationship: policy.Relationship, Group: text(policy.GroupNumber),
		InsuranceType: policy.InsuranceType, FilingIndicator: payer.FilingCode,
	}
	if c.Group == "" {
		c.GroupName = text(policy.PlanName)
	}
	return c
}

func rankCode(rank int16) string {
	switch rank {
	case 1:
		return "P"
	case 2:
		return "S"
	default:
		return "T"
	}
}

func patientLoop(c *Claim) claim837.Patient {
	return claim837.Patient{
		Detail: claim837.PatientDetail{Relationship: c.Policy.Relationship},
		Patient: claim837.Party{
			Name: personName(claim837.RolePatient, c.Patient, ""), Address: address(c.Patient.Address),
			Demographics: claim837.Demographics{Birth: c.Patient.BirthDate, Gender: c.Patient.Sex},
		},
	}
}

// claimLoop is loop 2300. What the practice has on file of signatures and
// assignment is the same for all of its patients: they sign once.
func claimLoop(c *Claim) claim837.Claim {
	out := claim837.Claim{
		ControlNumber: c.Number, Charge: c.Charge, PlaceOfService: c.PlaceOfService, FacilityQualifier: "B", Frequency: c.Frequency,
		ProviderSignature: "Y", Assignment: "A", BenefitsAssigned: "Y", Release: "Y",
	}
	if c.Authorization != "" {
		out.References = append(out.References, segment.Reference{Qualifier: "G1", Value: c.Authorization})
	}
	if c.PayerClaimNumber != "" && c.Frequency != "1" {
		out.References = append(out.References, segment.Reference{Qualifier: "F8", Value: c.PayerClaimNumber})
	}
	out.SetDiagnoses(c.Diagnoses...)
	if c.Rendering.NPI != c.Billing.NPI {
		rendering := claim837.Party{Name: providerName(claim837.RoleRendering, c.Rendering)}
		if c.Rendering.Taxonomy != "" {
			rendering.Specialty = claim837.Specialty{Role: "PE", Qualifier: "PXC", Code: c.Rendering.Taxonomy}
		}
		out.Providers = append(out.Providers, rendering)
	}
	if f := c.Facility; f != nil && (f.Address.Line1 != c.Billing.Address.Line1 || f.Address.ZIP != c.Billing.Address.ZIP) {
		name := segment.Name{Role: claim837.RoleServiceFacility, Type: "2", Last: text(f.Name)}
		if f.NPI != "" {
			name.IDQualifier, name.ID = "XX", f.NPI
		}
		out.Providers = append(out.Providers, claim837.Party{Name: name, Address: address(f.Address)})
	}
	for i := range c.Others {
		out.Others = append(out.Others, otherLoop(c, &c.Others[i]))
	}
	for i := range c.Lines {
		out.Lines = append(out.Lines, lineLoop(&c.Lines[i]))
	}
	return out
}

func lineLoop(l *ClaimLine) claim837.Line {
	out := claim837.Line{
		Number: l.Number, Procedure: procedure(l.Procedure, l.Modifiers), Charge: l.Charge, Unit: l.Unit, Quantity: segment.Some(l.Units),
		Periods:    []segment.Period{segment.OnDay("472", l.ServiceDate)},
		References: []segment.Reference{{Qualifier: "6R", Value: l.ControlNumber}},
	}
	copy(out.Pointers[:], l.Pointers)
	for _, a := range l.Adjudications {
		out.Adjudications = append(out.Adjudications, claim837.LineAdjudication{
			Payer: a.PayerIdentifier, Paid: a.Paid, Procedure: procedure(a.Procedure, a.Modifiers), Units: segment.Some(a.Units),
			Adjustments: adjustments(a.Adjustments), Decided: a.DecidedOn,
		})
	}
	return out
}

// otherLoop is loop 2320 of a payer that decided before.
func otherLoop(c *Claim, o *OtherPayer) claim837.OtherSubscriber {
	payer := payerParty(o.Payer)
	if o.PayerClaimNumber != "" {
		payer.References = append(payer.References, segment.Reference{Qualifier: "F8", Value: o.PayerClaimNumber})
	}
	lineDates := false
	for _, line := range c.Lines {
		for _, a := range line.Adjudications {
			lineDates = lineDates || a.PayerIdentifier == o.Payer.Identifier
		}
	}
	if !lineDates && !o.DecidedOn.IsZero() { // DTP*573 stands at the claim or at the lines, never at both
		payer.Dates = append(payer.Dates, segment.OnDay("573", o.DecidedOn))
	}
	return claim837.OtherSubscriber{
		Coverage:         policyCoverage(o.Rank, o.Payer, o.Policy),
		Adjustments:      adjustments(o.Adjustments),
		Amounts:          []segment.Amount{{Qualifier: "D", Amount: o.Paid}},
		BenefitsAssigned: "Y", Release: "Y",
		Subscriber: claim837.Party{Name: personName(claim837.RoleSubscriber, o.Policy.Subscriber, o.Policy.MemberID), Address: address(o.Policy.Subscriber.Address)},
		Payer:      payer,
	}
}

// adjustments keeps those of one group together, so that they share CAS segments.
func adjustments(list []Adjustment) []segment.Adjustment {
	var out []segment.Adjustment
	done := map[string]bool{}
	for _, first := range list {
		if done[first.Group] {
			continue
		}
		done[first.Group] = true
		for _, a := range list {
			if a.Group != first.Group {
				continue
			}
			adjustment := segment.Adjustment{Group: a.Group, Reason: a.CARC, Amount: a.Amount}
			if a.Quantity != nil {
				adjustment.Quantity = segment.Some(*a.Quantity)
			}
			out = append(out, adjustment)
		}
	}
	return out
}

func procedure(code string, modifiers []string) segment.Procedure {
	p := segment.Procedure{Qualifier: "HC", Code: code}
	copy(p.Modifiers[:], modifiers)
	return p
}

func payerParty(p Payer) claim837.Party {
	party := claim837.Party{Name: segment.Name{Role: claim837.RolePayer, Type: "2", Last: text(p.Name), IDQualifier: "PI", ID: p.Identifier}}
	if p.Address.hasAddress() {
		party.Address = address(p.Address)
	}
	return party
}

func providerName(role string, p Provider) segment.Name {
	name := segment.Name{Role: role, Type: "1", Last: text(p.LastName), First: text(p.FirstName), IDQualifier: "XX", ID: p.NPI}
	if p.Organization {
		name.Type, name.First = "2", ""
	}
	return name
}

func personName(role string, p Person, memberID string) segment.Name {
	name := segment.Name{Role: role, Type: "1", Last: text(p.LastName), First: text(p.FirstName), Middle: text(p.MiddleName)}
	if memberID != "" {
		name.IDQualifier, name.ID = "MI", text(memberID)
	}
	return name
}

func address(a Address) segment.Address {
	return segment.Address{Line1: text(a.Line1), Line2: text(a.Line2), City: text(a.City), State: a.State, PostalCode: a.ZIP}
}

// text writes a value as X12 takes it: without spaces at the ends, and in its
// character set, which has no letters with accents.
func text(value string) string { return plainLetters(strings.Join(strings.Fields(value), " ")) }
