package sandbox_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/claimbook/claimbook/edi/sandbox"
	"github.com/claimbook/claimbook/internal/date"
)

const oneClaim = `ISA*00*          *00*          *ZZ*PRACTICE       *ZZ*CLEARHOUSE     *211115*0800*^*00501*000000417*0*T*:~
GS*HC*PRACTICE*CLEARHOUSE*20211115*0800*417*X*005010X222A1~
ST*837*0001*005010X222A1~
BHT*0019*00*B1*20211115*0800*CH~
NM1*41*2*TEST PRACTICE*****46*PRACTICE~
NM1*40*2*CLEAR HOUSE*****46*CLEARHOUSE~
HL*1**20*1~
NM1*85*2*CLINIC ONE*****XX*1234567893~
HL*2*1*22*0~
SBR*P*18*******CI~
NM1*IL*1*SAMPLE*ANN****MI*M000001~
NM1*PR*2*PRAIRIE PPO*****PI*60054~
CLM*C00000001*120***11:B:1*Y*A*Y*Y~
LX*1~
SV1*HC:99213*120*UN*1***1~
DTP*472*D8*20211101~
SE*15*0001~
GE*1*417~
IEA*1*000000417~`

func ExampleAdjudicate() {
	answers, err := sandbox.Adjudicate([]io.Reader{strings.NewReader(oneClaim)}, sandbox.Options{
		Scenario:  "copay",
		Today:     date.MustParse("2021-11-15"),
		Contracts: map[string]sandbox.Contract{"60054": {AllowedPercent: 75, Copay: 25_00}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range answers {
		fmt.Println(a.Name, a.Kind, a.Claims, a.Amount.Dollars())
	}
	// Output:
	// 001_TA1_000000417.edi TA1 0 $0.00
	// 002_999_000000417.edi 999 0 $0.00
	// 003_277CA_clearinghouse-000000417.edi 277CA 1 $0.00
	// 004_277CA_60054-000000417.edi 277CA 1 $0.00
	// 005_835_60054.edi 835 1 $65.00
}
