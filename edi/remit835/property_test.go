package remit835

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
	"pgregory.net/rapid"
)

// fix makes a drawn struct one that the guide allows.
func fix(p any) {
	must := segmenttest.Must
	switch v := p.(type) {
	case *Financial:
		must(&v.Handling, &v.CreditDebit, &v.Method)
		v.Amount = v.Amount.Abs()
		if !v.Date.IsZero() {
			v.DateText = ""
		}
	case *Party:
		must(&v.Role)
	case *Delivery:
		must(&v.Method)
	case *ClaimGroup:
		must(&v.Number)
	case *ProviderSummary:
		must(&v.Provider)
		segmenttest.MustDate(&v.FiscalPeriod)
	case *Claim:
		must(&v.ControlNumber, &v.Status)
		segmenttest.FixAdjustments(v.Adjustments)
	case *Line:
		must(&v.Procedure.Code)
		segmenttest.FixAdjustments(v.Adjustments)
	case *Remark:
		must(&v.Qualifier, &v.Code)
	case *ProviderAdjustment:
		must(&v.Provider, &v.Reason)
		segmenttest.MustDate(&v.FiscalPeriod)
	case *Payment:
		v.Header.Type = "835"
		must(&v.Header.Control)
		v.Payer.Role, v.Payee.Role = "PR", "PE"
		for i := range v.Adjustments {
			a := &v.Adjustments[i]
			a.Apart = a.Apart && i > 0 && a.Provider == v.Adjustments[i-1].Provider && a.FiscalPeriod == v.Adjustments[i-1].FiscalPeriod
		}
	}
}

var (
	isa = x12.Interchange{AuthorizationQualifier: "00", SecurityQualifier: "00", SenderQualifier: "ZZ", Sender: "PAYER", ReceiverQualifier: "ZZ",
		Receiver: "PRACTICE", Date: "260314", Time: "0930", Version: "00501", Control: "000000001", Usage: "T"}
	gs = x12.Group{FunctionalID: "HP", Sender: "PAYER", Receiver: "PRACTICE", Date: "20260314", Time: "0930", Control: "1", Version: Version}
)

func envelope(payments ...Payment) Interchange {
	return Interchange{Header: isa, Groups: []Group{{Header: gs, Payments: payments}}}
}

// Property: decode(encode(x)) = x.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payments := make([]Payment, rapid.IntRange(1, 2).Draw(t, "payments"))
		for i := range payments {
			segmenttest.Fill(t, &payments[i], fix)
		}
		x := envelope(payments...)
		var out bytes.Buffer
		if err := Encode(&out, x12.Delimiters{}, x); err != nil {
			t.Fatal(err)
		}
		back, err := ReadAll(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if d := segmenttest.Difference([]Interchange{x}, back, "Payment.Interchange", "Payment.Group", "Claim.Number", "Line.Number", "ProviderAdjustment.PLB", "ProviderAdjustment.Pair"); d != "" {
			t.Fatalf("%s\n%s", d, out.String())
		}
	})
}
