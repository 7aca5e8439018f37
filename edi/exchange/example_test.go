package exchange_test

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/exchange"
)

func ExampleSurvey() {
	contents, err := exchange.Survey(strings.NewReader(isa +
		"TA1*000000009*211114*0800*A*000~" +
		"GS*HC*PAYER*PRACTICE*20211115*0900*1*X*005010X222A1~ST*837*0001*005010X222A1~SE*2*0001~GE*1*1~IEA*1*000000001~"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range contents.Parts {
		fmt.Printf("%s at byte %d: %q\n", p.Kind, p.ByteOffset, p.Refusal())
	}
	// Output:
	// TA1 at byte 106: ""
	// 837 at byte 190: "interchange 1, group 1, transaction 1, segment 1 (byte 190): an 837 holds claims, which this book sends and does not receive"
}
