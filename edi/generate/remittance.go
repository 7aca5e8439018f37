package generate

import (
	"fmt"
	"io"

	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// paymentSize is the number of claims of a payment: it bounds the generator's
// memory, since BPR carries the total of what follows.
const paymentSize = 2000

// Remittance writes an 835 of at least size bytes. Every payment balances.
func Remittance(w io.Writer, seed uint64, size int64) (Stats, error) {
	r := newSource(seed)
	var s Stats
	isa, gs := interchange("HP", remit835.Version)
	e := remit835.NewEncoder(w, x12.Delimiters{})
	e.BeginInterchange(isa)
	e.BeginGroup(gs)
	for s.Claims == 0 || e.Offset() < size {
		s.Transactions++
		// A claim takes about 600 bytes: the last payment does not overshoot by much.
		n := min(paymentSize, int(max(1, (size-e.Offset())/600+1)))
		p := r.payment(s.Transactions, s.Claims, n)
		e.Payment(&p)
		s.Claims += n
		for c := range p.Claims() {
			s.Lines += len(c.Lines)
		}
		s.Total += p.Financial.Amount
	}
	e.EndGroup()
	e.EndInterchange()
	err := e.Close()
	s.Bytes = e.Offset()
	return s, err
}

func (r source) payment(number, before, claims int) remit835.Payment {
	day := r.day()
	p := remit835.Payment{
		Header: segment.Header{Type: "835", Control: fmt.Sprintf("%04d", number)},
		Financial: remit835.Financial{Handling: "I", CreditDebit: "C", Method: remit835.MethodACH, Format: "CCP",
			Sender:     remit835.Account{BankQualifier: "01", Bank: "999999992", AccountQualifier: "DA", Number: "123456"},
			Originator: "1512345678",
			Receiver:   remit835.Account{BankQualifier: "01", Bank: "999988880", AccountQualifier: "DA", Number: "98765"}, Date: day},
		Trace: remit835.Trace{Type: "1", Number: fmt.Sprintf("EFT%08d", number), Originator: "1512345678"},
		Dates: []remit835.Date{{Qualifier: "405", Date: day}},
		Payer: remit835.Party{Role: "PR", Name: "EXAMPLE HEALTH PLAN", Address: r.address(),
			Contacts: []remit835.Contact{{Function: "BL", Name: "EDI DESK", Numbers: []segment.CommunicationNumber{{Qualifier: "TE", Number: "5555550101"}}}}},
		Payee:  remit835.Party{Role: "PE", Name: "EXAMPLE CLINIC", IDQualifier: "XX", ID: r.npi()},
		Groups: []remit835.ClaimGroup{{Number: "1"}},
	}
	var total money.Cents
	list := make([]remit835.Claim, claims)
	for i := range list {
		list[i] = r.remittanceClaim(before + i + 1)
		total += list[i].Paid
	}
	p.Groups[0].Claims = list
	fee := money.Cents(r.Int64N(500))
	p.Adjustments = []remit835.ProviderAdjustment{{Provider: p.Payee.ID, FiscalPeriod: date.Date{Year: 2026, Month: 12, Day: 31}, Reason: "AH", Reference: "FEE", Amount: fee}}
	p.Financial.Amount = total - fee
	return p
}

func (r source) remittanceClaim(n int) remit835.Claim {
	patient := r.person("QC")
	patient.IDQualifier, patient.ID = "MI", r.id("M", 9)
	c := remit835.Claim{ControlNumber: fmt.Sprintf("G%09d", n), Status: remit835.StatusPrimary, FilingIndicator: "12", PayerControlNumber: r.id("P", 12),
		FacilityCode: "11", Frequency: "1",
		Names: []remit835.Name{patient, {Role: "82", Type: "1", Last: "MEDIC", First: "MAX", IDQualifier: "XX", ID: r.npi()}},
		Dates: []remit835.Date{{Qualifier: "050", Date: r.day()}}}
	day := r.day()
	var share money.Cents
	for i := range 1 + r.IntN(3) {
		l := remit835.Line{Procedure: remit835.Procedure{Qualifier: "HC", Code: r.of(procedures)}, Charge: r.cents(20, 300),
			Units:      segment.Some(decimal.NewFromInt(1)),
			Dates:      []remit835.Date{{Qualifier: "472", Date: day}},
			References: []remit835.Reference{{Qualifier: "6R", Value: fmt.Sprintf("G%09d-%d", n, i+1)}}}
		contractual, patient := l.Charge/4, money.Cents(0)
		l.Adjustments = append(l.Adjustments, remit835.Adjustment{Group: "CO", Reason: "45", Amount: contractual})
		switch r.IntN(4) {
		case 0:
			patient = l.Charge / 10
			l.Adjustments = append(l.Adjustments, remit835.Adjustment{Group: "PR", Reason: "1", Amount: patient})
		case 1:
			patient = 2500
			l.Adjustments = append(l.Adjustments, remit835.Adjustment{Group: "PR", Reason: "3", Amount: patient})
		}
		l.Paid = l.Charge - contractual - patient
		l.Amounts = []remit835.Amount{{Qualifier: "B6", Amount: l.Charge - contractual}}
		share += patient
		c.Charge += l.Charge
		c.Paid += l.Paid
		c.Lines = append(c.Lines, l)
	}
	c.PatientResponsibility = segment.Some(share)
	return c
}
