package claim837

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

var (
	isa = x12.Interchange{AuthorizationQualifier: "00", SecurityQualifier: "00", SenderQualifier: "ZZ", Sender: "PRACTICE", ReceiverQualifier: "ZZ",
		Receiver: "CLEARINGHOUSE", Date: "260314", Time: "0930", Version: "00501", Control: "000000001", Usage: "T"}
)

func group(version string) x12.Group {
	return x12.Group{FunctionalID: "HC", Sender: "PRACTICE", Receiver: "CLEARINGHOUSE", Date: "20260314", Time: "0930", Control: "1", Version: version}
}

// fixer makes drawn structs ones that the guide of a kind allows.
type fixer struct{ kind Kind }

func (f fixer) fix(p any) {
	must := segmenttest.Must
	switch v := p.(type) {
	case *Transaction:
		v.Header.Type = "837"
		must(&v.Header.Control)
		v.Header.Version = map[Kind]string{KindProfessional: Professional, KindInstitutional: Institutional, KindDental: Dental}[f.kind]
		v.Submitter.Role, v.Receiver.Role = RoleSubmitter, RoleReceiver
	case *BillingProvider:
		v.Provider.Role, v.PayTo.Role, v.PayToPlan.Role = RoleBilling, RolePayTo, RolePayToPlan
		if v.Currency != "" {
			v.PayTo = Party{}
		}
	case *Subscriber:
		v.Subscriber.Role, v.Payer.Role = RoleSubscriber, RolePayer
	case *Patient:
		v.Patient.Role = RolePatient
	case *Coverage:
		must(&v.Rank)
	case *Specialty:
		if !v.IsZero() {
			must(&v.Role)
		}
	case *Contract:
		if !v.IsZero() {
			must(&v.Type)
		}
	case *ToothStatus:
		must(&v.Tooth, &v.Status)
	case *Attachment:
		must(&v.Type)
	case *Note:
		must(&v.Text)
	case *SpinalManipulation:
		must(&v.Nature)
	case *Condition:
		must(&v.Category)
	case *Code:
		must(&v.Qualifier, &v.Code)
		if v.From.IsZero() {
			v.To = v.From
		}
	case *Pricing:
		must(&v.Method)
	case *Claim:
		must(&v.ControlNumber, &v.PlaceOfService)
		lists := v.Codes[:0]
		for _, list := range v.Codes {
			if len(list) > 0 {
				lists = append(lists, list)
			}
		}
		v.Codes = lists
	case *OtherSubscriber:
		v.Subscriber.Role, v.Payer.Role = RoleSubscriber, RolePayer
		if v.BenefitsAssigned == "" && v.Release == "" {
			v.PatientSignature = ""
		}
		segmenttest.FixAdjustments(v.Adjustments)
	case *Line:
		f.line(v)
	case *Tooth:
		must(&v.System)
	case *Measurement:
		must(&v.Category, &v.Qualifier)
	case *PurchasedService:
		must(&v.Provider)
	case *DurableEquipment:
		must(&v.Type)
	case *Drug:
		must(&v.Qualifier, &v.Code)
		if !v.Quantity.Present {
			v.Unit = ""
		}
	case *LineAdjudication:
		must(&v.Payer)
		segmenttest.FixAdjustments(v.Adjustments)
	case *Form:
		must(&v.Qualifier, &v.Code)
	case *Answer:
		must(&v.Question)
	}
}

// line keeps the fields that the service segment of the kind has.
func (f fixer) line(v *Line) {
	v.Number++
	segmenttest.Must(&v.Procedure.Code)
	for i := 1; i < 4; i++ {
		if v.Pointers[i-1] == 0 {
			v.Pointers[i] = 0
		}
	}
	if f.kind != KindProfessional {
		v.Emergency, v.EPSDT, v.FamilyPlanning, v.CopayExempt = "", "", "", ""
	}
	if f.kind != KindDental {
		v.OralCavity, v.Prosthesis = [5]string{}, ""
	}
	if f.kind == KindInstitutional {
		segmenttest.Must(&v.RevenueCode)
		v.PlaceOfService, v.Pointers = "", [4]int{}
	} else {
		v.RevenueCode = ""
		v.UnitRate, v.NonCovered = segment.Optional[decimal.Decimal]{}, segment.Optional[money.Cents]{}
	}
	if f.kind == KindDental {
		v.Unit = ""
	}
}

// Property: decode(encode(x)) = x, for each of the three guides.
func TestRoundTrip(t *testing.T) {
	for _, kind := range []Kind{KindProfessional, KindInstitutional, KindDental} {
		t.Run(string(kind), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				sets := make([]Transaction, rapid.IntRange(1, 2).Draw(t, "sets"))
				for i := range sets {
					segmenttest.Fill(t, &sets[i], fixer{kind}.fix)
				}
				x := Interchange{Header: isa, Delimiters: x12.DefaultDelimiters(),
					Groups: []Group{{Header: group(sets[0].Header.Version), Transactions: sets}}}
				var out bytes.Buffer
				if err := Encode(&out, x); err != nil {
					t.Fatal(err)
				}
				back, err := ReadAll(bytes.NewReader(out.Bytes()))
				if err != nil {
					t.Fatalf("%v\n%s", err, out.String())
				}
				if d := segmenttest.Difference([]Interchange{x}, back); d != "" {
					t.Fatalf("%s\n%s", d, out.String())
				}
			})
		})
	}
}
