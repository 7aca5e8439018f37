package remit835

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/money"
)

// Level says which of the three equations of an 835 is meant.
type Level string

// The equations. A payment that fails one of them is refused whole.
const (
	LevelLine    Level = "line"    // SVC02 − SVC03 = Σ line CAS
	LevelClaim   Level = "claim"   // CLP03 − CLP04 = Σ CAS of the claim and its lines
	LevelPayment Level = "payment" // BPR02 = Σ CLP04 − Σ PLB
)

// Imbalance is an equation that does not hold, with its numbers and the place
// of the segment on its left side. It names claims and lines by their order in
// the payment, not by their numbers.
type Imbalance struct {
	segment.Position
	Level Level
	Claim int // the claim's order in the payment, from 1; 0 at payment level
	Line  int // the line's order in the claim, from 1; 0 above line level
	// Terms are the numbers in the order of the equation.
	Charge      money.Cents // SVC02 or CLP03; zero at payment level
	Paid        money.Cents // SVC03, CLP04 or BPR02
	Adjustments money.Cents // Σ CAS; at payment level Σ PLB
	Claims      money.Cents // Σ CLP04, at payment level
	Difference  money.Cents // left side minus right side
	Overflow    bool        // the sums leave the range of amounts; the numbers are not meaningful
}

// Equation returns the equation with its numbers.
func (i Imbalance) Equation() string {
	switch i.Level {
	case LevelLine:
		return fmt.Sprintf("SVC02 %s − SVC03 %s = %s, but the line's CAS add up to %s", i.Charge, i.Paid, i.Charge-i.Paid, i.Adjustments)
	case LevelClaim:
		return fmt.Sprintf("CLP03 %s − CLP04 %s = %s, but the CAS of the claim and its lines add up to %s", i.Charge, i.Paid, i.Charge-i.Paid, i.Adjustments)
	default:
		return fmt.Sprintf("ΣCLP04 %s − ΣPLB %s = %s, but BPR02 is %s", i.Claims, i.Adjustments, i.Claims-i.Adjustments, i.Paid)
	}
}

// Error returns the place, the equation with its numbers, and the difference.
func (i Imbalance) Error() string {
	var b strings.Builder
	switch i.Level {
	case LevelLine:
		fmt.Fprintf(&b, "line %d of claim %d", i.Line, i.Claim)
	case LevelClaim:
		fmt.Fprintf(&b, "claim %d", i.Claim)
	default:
		b.WriteString("the payment")
	}
	fmt.Fprintf(&b, " (segment %d, byte %d)", i.SegmentNumber, i.ByteOffset)
	if i.Overflow {
		b.WriteString(": its amounts add up to more than an amount can be")
		return b.String()
	}
	fmt.Fprintf(&b, " does not balance: %s (difference %s)", i.Equation(), i.Difference)
	return b.String()
}

// Finding is something odd in a balanced payment. It never stops posting.
type Finding struct {
	segment.Position
	Code    string // stable: "835-CLP05", "835-L6", "835-90", "835-BPR16"
	Message string
}

// Codes of findings.
const (
	FindingPatientShare = "835-CLP05" // CLP05 is not the sum of the PR adjustments
	FindingInterest     = "835-L6"    // PLB L6 is not the negative of the claims' interest (AMT*I)
	FindingDate         = "835-BPR16" // the payment's date cannot be read
	FindingDiscount     = "835-90"    // PLB 90 is not the negative of the claims' discount (AMT*D8)
)

// Balance checks the equations of a whole payment. It returns nil when all hold.
func Balance(p *Payment) []Imbalance {
	var b Balancer
	var out []Imbalance
	for g := range p.Groups {
		for c := range p.Groups[g].Claims {
			out = append(out, b.Claim(&p.Groups[g].Claims[c])...)
		}
	}
	return append(out, b.Payment(p)...)
}

// Findings returns what is odd in a whole payment without unbalancing it.
func Findings(p *Payment) []Finding {
	var b Balancer
	for c := range p.Claims() {
		b.Claim(c)
	}
	b.Payment(p)
	return b.Findings()
}

// Balancer checks a payment's equations claim by claim, as a Decoder returns
// them. Its zero value is ready for one payment.
type Balancer struct {
	claims   int
	paid     sum // Σ CLP04
	interest sum // Σ AMT*I
	discount sum // Σ AMT*D8
	findings []Finding
}

// maxFindings bounds what a Balancer remembers of a payment of any size.
const maxFindings = 1000

// sum adds amounts up and remembers whether they left the range.
type sum struct {
	total    money.Cents
	overflow bool
}

func (s *sum) add(c money.Cents) {
	// Amounts are below 10^15, so that one addition cannot wrap; the total is
	// kept within that range.
	if s.total += c; s.total > money.Max || s.total < -money.Max {
		s.total, s.overflow = 0, true
	}
}

// Claim checks a claim and its lines, and adds what it paid to the payment.
func (b *Balancer) Claim(c *Claim) []Imbalance {
	b.claims++
	b.paid.add(c.Paid)
	for i := range c.Amounts {
		switch c.Amounts[i].Qualifier {
		case "I":
			b.interest.add(c.Amounts[i].Amount)
		case "D8":
			b.discount.add(c.Amounts[i].Amount)
		}
	}
	var out []Imbalance
	var all, share sum
	adjust := func(list []Adjustment) (s sum) {
		for i := range list {
			s.add(list[i].Amount)
			if list[i].Group == "PR" {
				share.add(list[i].Amount)
			}
		}
		return s
	}
	s := adjust(c.Adjustments)
	all = s
	for i := range c.Lines {
		l := &c.Lines[i]
		s := adjust(l.Adjustments)
		all.add(s.total)
		all.overflow = all.overflow || s.overflow
		if s.overflow || l.Charge-l.Paid != s.total {
			out = append(out, Imbalance{Position: l.Position, Level: LevelLine, Claim: b.claims, Line: i + 1,
				Charge: l.Charge, Paid: l.Paid, Adjustments: s.total, Difference: l.Charge - l.Paid - s.total, Overflow: s.overflow})
		}
	}
	if all.overflow || c.Charge-c.Paid != all.total {
		out = append(out, Imbalance{Position: c.Position, Level: LevelClaim, Claim: b.claims,
			Charge: c.Charge, Paid: c.Paid, Adjustments: all.total, Difference: c.Charge - c.Paid - all.total, Overflow: all.overflow})
	}
	if !c.IsReversal() && c.Status != StatusPredetermination && c.PatientResponsibility.Value != share.total {
		b.find(c.Position, FindingPatientShare, "claim %d: CLP05 is %s, but its PR adjustments add up to %s", b.claims, c.PatientResponsibility.Value, share.total)
	}
	return out
}

func (b *Balancer) find(at segment.Position, code, format string, args ...any) {
	if len(b.findings) < maxFindings {
		b.findings = append(b.findings, Finding{Position: at, Code: code, Message: fmt.Sprintf(format, args...)})
	}
}

// Payment checks the payment's own equation, after its last claim and its
// provider adjustments were read.
func (b *Balancer) Payment(p *Payment) []Imbalance {
	var plb, interest, discount sum
	var l6, d90 *ProviderAdjustment
	for i := range p.Adjustments {
		a := &p.Adjustments[i]
		plb.add(a.Amount)
		switch a.Reason {
		case "L6":
			interest.add(a.Amount)
			l6 = a
		case "90":
			discount.add(a.Amount)
			d90 = a
		}
	}
	if l6 != nil && interest.total != -b.interest.total {
		b.find(l6.Position, FindingInterest, "the PLB pairs L6 add up to %s, but the claims' interest (AMT*I) to %s", interest.total, b.interest.total)
	}
	if d90 != nil && discount.total != -b.discount.total {
		b.find(d90.Position, FindingDiscount, "the PLB pairs 90 add up to %s, but the claims' discount (AMT*D8) to %s", discount.total, b.discount.total)
	}
	if p.Financial.DateText != "" {
		b.find(p.Financial.Position, FindingDate, "BPR16, the date of the payment, is not a day of the form CCYYMMDD; the payment is taken without a date")
	}
	overflow := plb.overflow || b.paid.overflow
	if paid := p.Financial.Amount; overflow || paid != b.paid.total-plb.total {
		return []Imbalance{{Position: p.Financial.Position, Level: LevelPayment, Paid: paid, Claims: b.paid.total, Adjustments: plb.total,
			Difference: paid - (b.paid.total - plb.total), Overflow: overflow}}
	}
	return nil
}

// Findings returns what was odd so far, at most a thousand.
func (b *Balancer) Findings() []Finding { return b.findings }

// Paid returns Σ CLP04 so far.
func (b *Balancer) Paid() money.Cents { return b.paid.total }

// Claims returns how many claims were added so far.
func (b *Balancer) Claims() int { return b.claims }
