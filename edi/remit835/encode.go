package remit835

import (
	"io"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// Version is the 835's guide, as GS08 carries it.
const Version = "005010X221A1"

// Encode writes interchanges in canonical form: X12's shortest numbers, no
// trailing empty elements, segments in the guide's order, counts and trailers
// made here. It refuses what it could not read back (a delimiter inside data, a
// missing required element) with the segment and element, before the trailer
// is written. The zero Delimiters are the default ones.
func Encode(w io.Writer, delimiters x12.Delimiters, interchanges ...Interchange) error {
	e := NewEncoder(w, delimiters)
	for i := range interchanges {
		x := &interchanges[i]
		e.BeginInterchange(x.Header)
		for g := range x.Groups {
			group := &x.Groups[g]
			e.BeginGroup(group.Header)
			for p := range group.Payments {
				e.Payment(&group.Payments[p])
			}
			e.EndGroup()
		}
		e.EndInterchange()
	}
	return e.Close()
}

// Encoder writes payments one claim at a time, for files of any size. Its first
// error stays and Close returns it.
type Encoder struct{ w *segment.Writer }

// NewEncoder returns an encoder to w. The zero Delimiters are the default ones.
func NewEncoder(w io.Writer, delimiters x12.Delimiters) *Encoder {
	return &Encoder{w: segment.NewWriter(w, delimiters)}
}

// BeginInterchange writes ISA.
func (e *Encoder) BeginInterchange(h x12.Interchange) { _ = e.w.BeginInterchange(h) }

// BeginGroup writes GS.
func (e *Encoder) BeginGroup(h x12.Group) { _ = e.w.BeginGroup(h) }

// EndGroup writes GE.
func (e *Encoder) EndGroup() { _ = e.w.EndGroup() }

// EndInterchange writes IEA.
func (e *Encoder) EndInterchange() { _ = e.w.EndInterchange() }

// Offset returns the byte offset at which the next segment will stand.
func (e *Encoder) Offset() int64 { return e.w.Offset() }

// Close flushes and returns the first error.
func (e *Encoder) Close() error { return e.w.Finish() }

// Payment writes a whole payment.
func (e *Encoder) Payment(p *Payment) {
	e.BeginPayment(p)
	for g := range p.Groups {
		group := &p.Groups[g]
		e.BeginClaims(group)
		for c := range group.Claims {
			e.Claim(&group.Claims[c])
		}
	}
	e.EndPayment(p)
}

// BeginPayment writes a payment's header: ST, BPR, TRN, payer and payee.
func (e *Encoder) BeginPayment(p *Payment) {
	w := e.w
	w.Loop(p.Unknown)
	_ = w.BeginTransaction(or(p.Header.Type, "835"), p.Header.Control, p.Header.Version)
	w.Opened()
	writeFinancial(w, &p.Financial)
	w.Trace(&p.Trace)
	if p.Currency != "" {
		_ = w.Seg("CUR").Elem("PR").Elem(p.Currency).End()
	}
	w.References(p.References)
	w.Dates(p.Dates)
	writeParty(w, &p.Payer, "PR")
	writeParty(w, &p.Payee, "PE")
}

// BeginClaims writes LX, TS3 and TS2.
func (e *Encoder) BeginClaims(g *ClaimGroup) {
	w := e.w
	w.Loop(g.Unknown)
	if g.Number == "" {
		return
	}
	_ = w.Seg("LX").Elem(g.Number).End()
	if g.Summary != nil {
		writeSummary(w, g.Summary)
	}
	if g.Supplement != nil {
		writeSupplement(w, g.Supplement)
	}
}

// Claim writes a claim with its lines.
func (e *Encoder) Claim(c *Claim) {
	w := e.w
	w.Loop(c.Unknown)
	writeClaimHead(w, c)
	w.Adjustments(c.Adjustments)
	for i := range c.Names {
		w.Name(&c.Names[i])
	}
	if c.Inpatient != nil {
		w.Inpatient(c.Inpatient)
	}
	if c.Outpatient != nil {
		w.Outpatient(c.Outpatient)
	}
	w.References(c.References)
	w.Dates(c.Dates)
	w.Contacts(c.Contacts)
	w.Amounts(c.Amounts)
	w.Quantities(c.Quantities)
	for i := range c.Lines {
		writeLine(w, &c.Lines[i])
	}
}

func writeLine(w *segment.Writer, l *Line) {
	w.Loop(l.Unknown)
	writeLineHead(w, l)
	w.Dates(l.Dates)
	w.Adjustments(l.Adjustments)
	w.References(l.References)
	w.Amounts(l.Amounts)
	w.Quantities(l.Quantities)
	for i := range l.Remarks {
		w.Need("LQ", 1, l.Remarks[i].Qualifier)
		w.Need("LQ", 2, l.Remarks[i].Code)
		_ = w.Seg("LQ").Elem(l.Remarks[i].Qualifier).Elem(l.Remarks[i].Code).End()
	}
}

// EndPayment writes the provider adjustments (PLB) and SE.
func (e *Encoder) EndPayment(p *Payment) {
	w := e.w
	w.Loop(p.Trailing)
	writeProviderAdjustments(w, p.Adjustments)
	w.Loop(nil)
	_ = w.EndTransaction()
}

func writeParty(w *segment.Writer, p *Party, role string) {
	w.Loop(p.Unknown)
	if p.IsZero() {
		return
	}
	if p.Role != role {
		w.Refuse("N1", 1, "the payer's role is PR and the payee's is PE")
	}
	_ = w.Seg("N1").Elem(p.Role).Elem(p.Name).Elem(p.IDQualifier).Elem(p.ID).End()
	w.Address(&p.Address)
	w.References(p.References)
	w.Contacts(p.Contacts)
	if p.Delivery != nil {
		w.Need("RDM", 1, p.Delivery.Method)
		_ = w.Seg("RDM").Elem(p.Delivery.Method).Elem(p.Delivery.Name).Elem(p.Delivery.Number).End()
	}
}

func or(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}
