package sandbox

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/ack"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/x12"
)

// TestAnswersAreReadByTheCodecs holds the payer against the book's own readers:
// every 835 balances there too and comes back byte for byte, and every
// acknowledgment is whole.
func TestAnswersAreReadByTheCodecs(t *testing.T) {
	for _, kind := range []claimKind{professional, institutional, dental} {
		g := newWorld(11, 120)
		g.kind, g.sets, g.secnd = kind, 2, 20
		file := g.file(t)
		for _, s := range Scenarios() {
			for _, a := range adjudicate(t, Options{Seed: 11, Scenario: s.Name}, file) {
				if a.Kind == Kind835 {
					checkRemittance(t, s.Name, a)
				} else {
					checkAcknowledgment(t, s.Name, a)
				}
			}
		}
	}
}

func checkRemittance(t *testing.T, scenario string, a Answer) {
	t.Helper()
	read, err := remit835.ReadAll(bytes.NewReader(a.Bytes))
	if err != nil {
		t.Fatalf("%s %s: %v", scenario, a.Name, err)
	}
	for i := range read {
		for g := range read[i].Groups {
			for p := range read[i].Groups[g].Payments {
				payment := &read[i].Groups[g].Payments[p]
				for _, wrong := range remit835.Balance(payment) {
					t.Errorf("%s %s: %v", scenario, a.Name, wrong)
				}
				for _, odd := range remit835.Findings(payment) {
					t.Errorf("%s %s: %v", scenario, a.Name, odd)
				}
				if len(payment.Unknown)+len(payment.Trailing) > 0 {
					t.Errorf("%s %s: segments that the reader does not know", scenario, a.Name)
				}
				for c := range payment.Claims() {
					if len(c.Unknown) > 0 {
						t.Errorf("%s %s: in claim %d segments that the reader does not know: %+v", scenario, a.Name, c.Number, c.Unknown)
					}
				}
			}
		}
	}
	var out bytes.Buffer
	if err := remit835.Encode(&out, x12.Delimiters{}, read...); err != nil {
		t.Fatalf("%s %s: %v", scenario, a.Name, err)
	}
	if !bytes.Equal(out.Bytes(), a.Bytes) {
		t.Errorf("%s %s: written again it is another file\n%s\n%s", scenario, a.Name, a.Bytes, out.Bytes())
	}
}

func checkAcknowledgment(t *testing.T, scenario string, a Answer) {
	t.Helper()
	read, err := ack.ReadAll(bytes.NewReader(a.Bytes))
	if err != nil {
		t.Fatalf("%s %s: %v", scenario, a.Name, err)
	}
	var out bytes.Buffer
	if err := ack.Encode(&out, read...); err != nil {
		t.Fatalf("%s %s: %v", scenario, a.Name, err)
	}
	if !bytes.Equal(out.Bytes(), a.Bytes) {
		t.Errorf("%s %s: written again it is another file\n%s\n%s", scenario, a.Name, a.Bytes, out.Bytes())
	}
}
