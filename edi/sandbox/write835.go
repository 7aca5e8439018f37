package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// clock is the hour at which the payer does everything: its answers must not
// depend on when they are made.
const clock = "0900"

// write835 writes one file of payments: one interchange, one group, a
// transaction set a payment.
func (o *Options) write835(payments []*payment, control string) ([]byte, error) {
	var out bytes.Buffer
	w := x12.NewWriter(&out, x12.DefaultDelimiters())
	x := payments[0].envelope
	w.BeginInterchange(answerHeader(x, o, control))
	w.BeginGroup(x12.Group{FunctionalID: "HP", Sender: x.header.Receiver, Receiver: x.header.Sender, Date: o.Today.X12(),
		Time: clock, Control: groupControl(control), Version: "005010X221A1"})
	for i, p := range payments {
		o.writePayment(w, p, i+1)
	}
	w.EndGroup()
	w.EndInterchange()
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// groupControl is GS06: the interchange's number without leading zeros.
func groupControl(control string) string {
	n, _ := strconv.Atoi(control)
	return strconv.Itoa(n)
}

func (o *Options) writePayment(w *x12.Writer, p *payment, n int) {
	w.BeginTransaction("835", fmt.Sprintf("%04d", n), "")
	o.writeFinancial(w, p)
	w.Segment("TRN").Elem("1").Elem(p.trace).Elem("1" + p.payerTIN).End()
	w.Segment("DTM").Elem("405").Date(o.Today).End()
	w.Segment("N1").Elem("PR").Elem(p.payer.last).End()
	writeAddress(w, p.payer, "1 SANDBOX PLAZA", [3]string{"SPRINGFIELD", "IL", "627010001"})
	w.Segment("REF").Elem("2U").Elem(p.identifier).End()
	w.Segment("PER").Elem("CX").Skip(1).Elem("TE").Elem("8005550100").End()
	w.Segment("PER").Elem("BL").Elem("SANDBOX EDI SUPPORT").Elem("TE").Elem("8005550101").End()
	if p.payee.id != "" {
		w.Segment("N1").Elem("PE").Elem(p.payee.fullName()).Elem("XX").Elem(p.payee.id).End()
	} else {
		w.Segment("N1").Elem("PE").Elem(p.payee.fullName()).Elem("FI").Elem(p.tin).End()
	}
	writeAddress(w, p.payee, "1 PRACTICE WAY", [3]string{"SPRINGFIELD", "IL", "627010002"})
	if p.payee.id != "" && p.tin != "" {
		w.Segment("REF").Elem("TJ").Elem(p.tin).End()
	}
	if len(p.claims) > 0 {
		w.Segment("LX").Int(1).End()
	}
	for _, c := range p.claims {
		o.writeClaim(w, c)
	}
	o.writeProviderAdjustments(w, p)
	w.EndTransaction()
}

func (o *Options) writeFinancial(w *x12.Writer, p *payment) {
	b := w.Segment("BPR")
	switch {
	case p.advance:
		b.Elem("P").Cents(0).Elem("C").Elem("ACH").Elem("CCP")
		o.accounts(b, p)
	case p.none:
		b.Elem("H").Cents(p.amount()).Elem("C").Elem("NON").Skip(11)
	case o.draw(p.identifier, "method", 4) == 0:
		b.Elem("I").Cents(p.amount()).Elem("C").Elem("CHK").Skip(11)
	default:
		b.Elem("I").Cents(p.amount()).Elem("C").Elem("ACH").Elem("CCP")
		o.accounts(b, p)
	}
	b.Date(o.Today).End()
}

// accounts adds BPR06 to BPR15. The routing number is a made-up one that passes
// its own check digit; no bank has it.
func (o *Options) accounts(b *x12.Builder, p *payment) {
	b.Elem("01").Elem("999999992").Elem("DA").Elem(digits("payer account|"+p.identifier, 9)).Elem("1" + p.payerTIN).Skip(1).
		Elem("01").Elem("999999992").Elem("DA").Elem(digits("payee account|"+p.payee.id, 9))
}

func writeAddress(w *x12.Writer, p party, street string, city [3]string) {
	if p.address[0] != "" {
		street = p.address[0]
	}
	if p.city[0] != "" {
		city = p.city
	}
	w.Segment("N3").Elem(street).Elem(p.address[1]).End()
	w.Segment("N4").Elem(city[0]).Elem(city[1]).Elem(city[2]).End()
}

func (o *Options) writeClaim(w *x12.Writer, c *settled) {
	paid, owes := c.paid(), c.patientOwes()
	b := w.Segment("CLP").Elem(c.number).Elem(c.status).Cents(c.charged()).Cents(paid)
	if owes > 0 && c.status != statusReversal {
		b.Cents(owes)
	} else {
		b.Skip(1)
	}
	b.Elem(filingOf835(c.filing)).Elem(c.icn).Elem(c.facility).Elem(c.frequency).End()
	writeAdjustments(w, c.atClaim)
	writeName(w, "QC", c.patient, true)
	if c.dependent {
		writeName(w, "IL", c.subscriber, true)
	}
	if c.rendering.id != "" {
		writeName(w, "82", c.rendering, false)
	}
	if c.crossover != nil {
		w.Segment("NM1").Elem("TT").Elem("2").Elem(c.crossover.last).Skip(4).Elem("PI").Elem(c.crossover.id).End()
	}
	if len(c.remarks) > 0 {
		o.writeRemarks(w, c)
	}
	if c.correctsID != "" {
		w.Segment("REF").Elem("F8").Elem(c.correctsID).End()
	}
	if c.group != "" {
		w.Segment("REF").Elem("1L").Elem(c.group).End()
	}
	if !c.from.IsZero() && (len(c.lines) == 0 || c.kind == institutional) {
		w.Segment("DTM").Elem("232").Date(c.from).End()
		if c.to.After(c.from) {
			w.Segment("DTM").Elem("233").Date(c.to).End()
		}
	}
	w.Segment("DTM").Elem("050").Date(o.receivedOn(c.claim)).End()
	if c.interest != 0 {
		w.Segment("AMT").Elem("I").Cents(c.interest).End()
	}
	for i := range c.lines {
		writeLine(w, c, &c.lines[i])
	}
}

// writeRemarks writes MIA for an inpatient stay, MOA for everything else.
func (o *Options) writeRemarks(w *x12.Writer, c *settled) {
	if c.kind == institutional && len(c.facility) == 2 && c.facility[1] == '1' {
		days := 0
		if c.to.After(c.from) {
			days = c.to.DaysSince(c.from)
		}
		w.Segment("MIA").Int(int64(days)).Skip(3).Elem(c.remarks[0]).End()
		return
	}
	b := w.Segment("MOA").Skip(2)
	for _, r := range c.remarks[:min(len(c.remarks), 5)] {
		b.Elem(r)
	}
	b.End()
}

func writeLine(w *x12.Writer, c *settled, l *settledLine) {
	b := w.Segment("SVC").Comp(procedureText(l.qualifier, l.code, l.modifiers)...).Cents(l.charge).Cents(l.paid)
	if l.qualifier != "NU" {
		b.Elem(l.line.revenue)
	} else {
		b.Skip(1)
	}
	b.Elem(l.units)
	if s := l.submitted; s != nil {
		if was := procedureText(s.qualifier, s.code, s.modifiers); slices.Equal(was, procedureText(l.qualifier, l.code, l.modifiers)) {
			b.Skip(1) // bundled into a line of its own procedure
		} else {
			b.Comp(was...)
		}
		if l.units != s.units && c.status != statusReversal {
			b.Elem(s.units)
		}
	}
	b.End()
	from, to := l.line.from, l.line.to
	if from.IsZero() {
		from, to = c.from, date.Date{}
	}
	switch {
	case from.IsZero():
	case to.After(from):
		w.Segment("DTM").Elem("150").Date(from).End()
		w.Segment("DTM").Elem("151").Date(to).End()
	default:
		w.Segment("DTM").Elem("472").Date(from).End()
	}
	writeAdjustments(w, l.adjustments)
	if l.line.control != "" {
		w.Segment("REF").Elem("6R").Elem(l.line.control).End()
	}
	if l.line.rendering.id != "" {
		w.Segment("REF").Elem("HPI").Elem(l.line.rendering.id).End()
	}
	if l.allowed != 0 {
		w.Segment("AMT").Elem("B6").Cents(l.allowed).End()
	}
	for _, r := range l.remarks {
		w.Segment("LQ").Elem("HE").Elem(r).End()
	}
}

// writeAdjustments writes CAS segments, neighbours of one group together, at
// most six reasons each.
func writeAdjustments(w *x12.Writer, list []adjustment) {
	for i := 0; i < len(list); {
		b, group := w.Segment("CAS").Elem(list[i].group), list[i].group
		for n := 0; i < len(list) && list[i].group == group && n < 6; n++ {
			b.Elem(list[i].reason).Cents(list[i].amount).Elem(list[i].units)
			i++
		}
		b.End()
	}
}

func (o *Options) writeProviderAdjustments(w *x12.Writer, p *payment) {
	id := p.payee.id
	if id == "" {
		id = p.tin
	}
	for i := 0; i < len(p.adjustments); {
		b := w.Segment("PLB").Elem(id).Date(date.New(o.Today.Year, 12, 31))
		for n := 0; i < len(p.adjustments) && n < 6; n++ {
			a := p.adjustments[i]
			b.Comp(a.reason, a.reference).Cents(a.amount)
			i++
		}
		b.End()
	}
}

func writeName(w *x12.Writer, role string, p party, member bool) {
	kind := "2"
	if p.person || member {
		kind = "1"
	}
	qualifier := p.idQualifier
	if p.id == "" {
		qualifier = ""
	}
	w.Segment("NM1").Elem(role).Elem(kind).Elem(p.last).Elem(p.first).Skip(3).Elem(qualifier).Elem(p.id).End()
}

func (p party) fullName() string {
	if p.person && p.first != "" {
		return p.first + " " + p.last
	}
	return p.last
}

// filingOf835 is CLP06: the 835 has other words for some of the 837's filing codes.
func filingOf835(filing string) string {
	switch filing {
	case "12", "13", "14", "15", "16", "17", "AM", "CH", "DS", "HM", "LM", "MA", "MB", "MC", "OF", "TV", "VA", "WC", "ZZ":
		return filing
	case "CI", "BL":
		return "12"
	default:
		return "ZZ"
	}
}

// digits makes n digits, the first not zero, of what they stand for.
func digits(of string, n int) string {
	h := sha256.Sum256([]byte(of))
	v := binary.BigEndian.Uint64(h[:8])
	low := uint64(1)
	for range n - 1 {
		low *= 10
	}
	return strconv.FormatUint(low+v%(9*low), 10)
}

// total adds amounts; the payer's sums stay far below the limit.
func total(claims []*claim) money.Cents {
	sum := money.Cents(0)
	for _, c := range claims {
		sum += c.charge
	}
	return sum
}
