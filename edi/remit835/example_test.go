package remit835_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
)

const small = `ST*835*0001
BPR*I*60*C*CHK************20260310
TRN*1*4711*1512345678
N1*PR*EXAMPLE HEALTH PLAN
N1*PE*EXAMPLE CLINIC*XX*1234567893
LX*1
CLP*A1*1*100*60*15*12*P1
SVC*HC:99213*100*60
DTM*472*20260301
CAS*CO*45*20
CAS*PR*1*15`

// A payment that does not balance says which equation fails, with its numbers.
func ExampleDecoder() {
	file := segmenttest.Wrap("HP", remit835.Version, small)
	d := remit835.NewDecoder(x12.NewReader(strings.NewReader(file)))
	payment, err := d.NextPayment()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payment.Payer.Name, "pays", payment.Financial.Amount, "by", payment.Financial.Method, payment.Trace.Number)
	var balance remit835.Balancer
	for {
		claim, err := d.NextClaim()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("claim", claim.ControlNumber, "charged", claim.Charge, "paid", claim.Paid)
		for _, i := range balance.Claim(claim) {
			fmt.Println(i)
		}
	}
	for _, i := range balance.Payment(payment) {
		fmt.Println(i)
	}
	// Output:
	// EXAMPLE HEALTH PLAN pays 60.00 by CHK 4711
	// claim A1 charged 100.00 paid 60.00
	// line 1 of claim 1 (segment 8, byte 319) does not balance: SVC02 100.00 − SVC03 60.00 = 40.00, but the line's CAS add up to 35.00 (difference 5.00)
	// claim 1 (segment 7, byte 294) does not balance: CLP03 100.00 − CLP04 60.00 = 40.00, but the CAS of the claim and its lines add up to 35.00 (difference 5.00)
}
