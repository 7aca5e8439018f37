package simulate

import (
	"bytes"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Reason is one reason of a CAS.
type Reason struct {
	Group, CARC string
	Amount      money.Cents
}

// Advice is one payment as its payer means it: which line of ours each answer
// speaks for is known here, however badly the 835 says it.
type Advice struct {
	Payer    *Payer
	Trace    string
	Method   string // ACH, CHK, NON
	Handling string // I, H, P
	Amount   money.Cents
	On       date.Date
	Answers  []*Answer
	Provider []ProviderAmount
	Foreign  bool // it names a payee that nobody knows
	Skewed   bool // it does not balance: nothing of it may post
}

// ProviderAmount is one PLB pair; a positive amount lowers the payment.
type ProviderAmount struct {
	Code, Reference string
	Amount          money.Cents
}

// Answer is one CLP.
type Answer struct {
	Claim   *Claim // nil: a claim that is not ours
	Number  string // CLP01
	Status  string
	ICN     string // CLP07
	Charge  money.Cents
	Paid    money.Cents
	Reasons []Reason // at claim level
	Lines   []*AnswerLine
	Garbled bool // Number is not the one that we sent
}

// AnswerLine is one SVC.
type AnswerLine struct {
	Line      *Line
	Charge    money.Cents
	Paid      money.Cents
	Reasons   []Reason
	Protected bool // RARC N781: the patient is a QMB
	// Style is how the line is named: "6R", "procedure", "no modifier", "changed",
	// "bundled" into the first line's procedure, "unknown".
	Style string
}

// Total returns Σ CLP04 − Σ PLB.
func (a *Advice) Total() (sum money.Cents) {
	for _, c := range a.Answers {
		sum += c.Paid
	}
	for _, p := range a.Provider {
		sum -= p.Amount
	}
	return sum
}

// touches names what posting the advice reads or changes: payments that touch
// nothing in common may post in any order.
func (a *Advice) touches() []string {
	list := []string{"trace " + a.Trace}
	for _, c := range a.Answers {
		list = append(list, "answer "+c.Number)
		if c.Claim != nil {
			list = append(list, "patient "+c.Claim.Visit.Patient.Account)
		}
	}
	for _, p := range a.Provider {
		list = append(list, "reference "+a.Payer.Code+" "+p.Reference)
	}
	return list
}

// String tells the advice in one line, for the list of steps.
func (a *Advice) String() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s %s", a.Payer.Code, a.Trace, a.Method, a.Amount)
	if a.Foreign {
		b.WriteString(" foreign")
	}
	if a.Skewed {
		b.WriteString(" unbalanced")
	}
	for _, c := range a.Answers {
		fmt.Fprintf(&b, " | %s %s #%s %s→%s%s", c.Number, c.Status, c.ICN, c.Charge, c.Paid, reasons(c.Reasons))
		for _, l := range c.Lines {
			id := "no line"
			if l.Line != nil {
				id = l.Line.ID
			}
			fmt.Fprintf(&b, " [%s %s %s→%s%s", id, l.Style, l.Charge, l.Paid, reasons(l.Reasons))
			if l.Protected {
				b.WriteString(" N781")
			}
			b.WriteString("]")
		}
	}
	for _, p := range a.Provider {
		fmt.Fprintf(&b, " | PLB %s:%s %s", p.Code, p.Reference, p.Amount)
	}
	return b.String()
}

func reasons(list []Reason) string {
	var b bytes.Buffer
	for _, r := range list {
		fmt.Fprintf(&b, " %s-%s %s", r.Group, r.CARC, r.Amount)
	}
	return b.String()
}

// Encode writes payments as one file. The number makes the envelopes differ.
func Encode(number int, on date.Date, list []*Advice) ([]byte, error) {
	in := remit835.Interchange{
		Header: x12.Interchange{SenderQualifier: "ZZ", Sender: "CLEARHOUSE", ReceiverQualifier: "ZZ", Receiver: "OAKSTREET", Date: on.Format("060102"), Time: "1200", Control: fmt.Sprintf("%09d", number)},
		Groups: []remit835.Group{{Header: x12.Group{FunctionalID: "HP", Sender: "CLEARHOUSE", Receiver: "OAKSTREET", Date: on.X12(), Time: "1200", Control: "1", Version: remit835.Version}}},
	}
	for i, a := range list {
		p := a.payment()
		p.Header.Control = fmt.Sprintf("%04d", i+1)
		in.Groups[0].Payments = append(in.Groups[0].Payments, p)
	}
	var b bytes.Buffer
	err := remit835.Encode(&b, x12.Delimiters{}, in)
	return b.Bytes(), err
}

func (a *Advice) payment() remit835.Payment {
	payee := "1234567893"
	if a.Foreign {
		payee = "1659999999"
	}
	p := remit835.Payment{
		Financial: remit835.Financial{Handling: a.Handling, Amount: a.Amount, CreditDebit: "C", Method: a.Method, Originator: "1" + a.Payer.TIN, Date: a.On},
		Trace:     remit835.Trace{Type: "1", Number: a.Trace, Originator: "1" + a.Payer.TIN},
		Dates:     []remit835.Date{{Qualifier: "405", Date: a.On}},
		Payer:     remit835.Party{Role: "PR", Name: a.Payer.Code + " SAMPLE PLAN", Address: remit835.Address{Line1: "PO BOX 1", City: "SPRINGFIELD", State: "IL", PostalCode: "62701"}},
		Payee:     remit835.Party{Role: "PE", Name: "OAK STREET", IDQualifier: "XX", ID: payee},
	}
	p.Header.Type = "835"
	if len(a.Answers) > 0 {
		g := remit835.ClaimGroup{Number: "1"}
		for _, c := range a.Answers {
			g.Claims = append(g.Claims, c.claim())
		}
		p.Groups = []remit835.ClaimGroup{g}
	}
	for _, plb := range a.Provider {
		p.Adjustments = append(p.Adjustments, remit835.ProviderAdjustment{Provider: "1234567893", FiscalPeriod: date.New(a.On.Year, 12, 31), Reason: plb.Code, Reference: plb.Reference, Amount: plb.Amount})
	}
	return p
}

func (c *Answer) claim() remit835.Claim {
	out := remit835.Claim{ControlNumber: c.Number, Status: c.Status, Charge: c.Charge, Paid: c.Paid, FilingIndicator: "12", PayerControlNumber: c.ICN, FacilityCode: "11", Frequency: "1",
		Adjustments: adjustments(c.Reasons), Names: []remit835.Name{{Role: "QC", Type: "1", Last: "DOE", First: "JO"}}}
	share := money.Cents(0)
	for _, r := range c.Reasons {
		if r.Group == "PR" {
			share += r.Amount
		}
	}
	for _, l := range c.Lines {
		for _, r := range l.Reasons {
			if r.Group == "PR" {
				share += r.Amount
			}
		}
		out.Lines = append(out.Lines, l.line(c))
	}
	if c.Status != remit835.StatusReversal && share != 0 {
		out.PatientResponsibility = segment.Some(share)
	}
	return out
}

func (l *AnswerLine) line(c *Answer) remit835.Line {
	ours := remit835.Procedure{Qualifier: "HC", Code: "99199"}
	if l.Line != nil {
		ours.Code, ours.Modifiers = l.Line.Procedure, [4]string{l.Line.Modifier}
	}
	out := remit835.Line{Procedure: ours, Charge: l.Charge, Paid: l.Paid, Units: segment.Some(decimal.NewFromInt(1)), Adjustments: adjustments(l.Reasons)}
	if c.Claim != nil {
		out.Dates = []remit835.Date{{Qualifier: "472", Date: c.Claim.Visit.Date}}
	}
	switch l.Style {
	case "6R":
		out.References = []remit835.Reference{{Qualifier: "6R", Value: fmt.Sprintf("%sL%d", c.lineNumber(), l.Line.No)}}
	case "bundled":
		out.References = []remit835.Reference{{Qualifier: "6R", Value: fmt.Sprintf("%sL%d", c.lineNumber(), l.Line.No)}}
		out.Submitted, out.Procedure = ours, remit835.Procedure{Qualifier: "HC", Code: c.Lines[0].Line.Procedure}
	case "no modifier":
		out.Procedure.Modifiers = [4]string{}
	case "changed":
		out.Submitted, out.Procedure = ours, remit835.Procedure{Qualifier: "HC", Code: "99499"}
	}
	if l.Protected {
		out.Remarks = []remit835.Remark{{Qualifier: "HE", Code: "N781"}}
	}
	return out
}

// lineNumber is the claim number in REF*6R: a payer that garbles the one may
// return the other as we sent it, and then the claim is found all the same; here
// both are lost.
func (c *Answer) lineNumber() string { return c.Number }

func adjustments(list []Reason) []remit835.Adjustment {
	var out []remit835.Adjustment
	for _, r := range list {
		out = append(out, remit835.Adjustment{Group: r.Group, Reason: r.CARC, Amount: r.Amount})
	}
	return out
}
