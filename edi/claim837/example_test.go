package claim837_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// The least of a professional claim: hierarchy, counts and trailers are made by
// the encoder.
func ExampleEncode() {
	claim := claim837.Claim{ControlNumber: "A1", Charge: money.Cents(100_00), PlaceOfService: "11", FacilityQualifier: "B", Frequency: "1",
		ProviderSignature: "Y", Assignment: "A", BenefitsAssigned: "Y", Release: "Y",
		Lines: []claim837.Line{{Procedure: claim837.Procedure{Qualifier: "HC", Code: "99213"}, Charge: money.Cents(100_00), Unit: "UN",
			Quantity: segment.Some(decimal.NewFromInt(1)), Pointers: [4]int{1}, Periods: []claim837.Period{segment.OnDay("472", date.New(2026, 3, 2))}}}}
	claim.SetDiagnoses("I10")
	set := claim837.Transaction{
		Header:    segment.Header{Control: "0001", Version: claim837.Professional},
		Beginning: segment.Beginning{Structure: "0019", Purpose: "00", Reference: "B1", Date: date.New(2026, 3, 14), Time: "0930", Kind: "CH"},
		Submitter: claim837.Party{Name: claim837.Name{Role: claim837.RoleSubmitter, Type: "2", Last: "EXAMPLE CLINIC", IDQualifier: "46", ID: "ETIN1"}},
		Receiver:  claim837.Party{Name: claim837.Name{Role: claim837.RoleReceiver, Type: "2", Last: "CLEARINGHOUSE", IDQualifier: "46", ID: "99999"}},
		Billing: []claim837.BillingProvider{{
			Provider: claim837.Party{Name: claim837.Name{Role: claim837.RoleBilling, Type: "2", Last: "EXAMPLE CLINIC", IDQualifier: "XX", ID: "1234567893"}},
			Subscribers: []claim837.Subscriber{{
				Coverage:   claim837.Coverage{Rank: "P", Relationship: "18", FilingIndicator: "CI"},
				Subscriber: claim837.Party{Name: claim837.Name{Role: claim837.RoleSubscriber, Type: "1", Last: "SAMPLE", First: "ANNA", IDQualifier: "MI", ID: "M1"}},
				Payer:      claim837.Party{Name: claim837.Name{Role: claim837.RolePayer, Type: "2", Last: "EXAMPLE HEALTH PLAN", IDQualifier: "PI", ID: "12345"}},
				Claims:     []claim837.Claim{claim},
			}},
		}},
	}
	var out bytes.Buffer
	err := claim837.Encode(&out, claim837.Interchange{
		Header: x12.Interchange{SenderQualifier: "ZZ", Sender: "CLINIC", ReceiverQualifier: "ZZ", Receiver: "CLEARING", Date: "260314", Time: "0930",
			Control: "000000001", Usage: "T"},
		Groups: []claim837.Group{{Header: x12.Group{FunctionalID: "HC", Sender: "CLINIC", Receiver: "CLEARING", Date: "20260314", Time: "0930",
			Control: "1", Version: claim837.Professional}, Transactions: []claim837.Transaction{set}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(strings.ReplaceAll(out.String(), "~", "~\n"))
	// Output:
	// ISA*00*          *00*          *ZZ*CLINIC         *ZZ*CLEARING       *260314*0930*^*00501*000000001*0*T*:~
	// GS*HC*CLINIC*CLEARING*20260314*0930*1*X*005010X222A1~
	// ST*837*0001*005010X222A1~
	// BHT*0019*00*B1*20260314*0930*CH~
	// NM1*41*2*EXAMPLE CLINIC*****46*ETIN1~
	// NM1*40*2*CLEARINGHOUSE*****46*99999~
	// HL*1**20*1~
	// NM1*85*2*EXAMPLE CLINIC*****XX*1234567893~
	// HL*2*1*22*0~
	// SBR*P*18*******CI~
	// NM1*IL*1*SAMPLE*ANNA****MI*M1~
	// NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*12345~
	// CLM*A1*100***11:B:1*Y*A*Y*Y~
	// HI*ABK:I10~
	// LX*1~
	// SV1*HC:99213*100*UN*1***1~
	// DTP*472*D8*20260302~
	// SE*16*0001~
	// GE*1*1~
	// IEA*1*000000001~
}
