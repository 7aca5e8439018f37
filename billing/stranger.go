package billing

import (
	"fmt"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// stranger is an answer of a payer that was not asked and is not behind the one
// that was: an administrator that pays for the plan, another name of it, or a
// mistake. The cash is real and names our claim: it posts against what the asked
// payer owes, and a person looks at it.
type stranger struct {
	seq    int
	number string
	paid   money.Cents
}

func (p *Poster) isStranger(ours *Claim, asked NextPayer) bool {
	return p.payment.PayerID != 0 && p.payment.PayerID != ours.PayerID && p.payment.PayerID != asked.PayerID
}

// noteStranger remembers an answer of a payer that was not asked, unless a person
// said that it is for this claim.
func (p *Poster) noteStranger(c *remit835.Claim, ours *Claim, asked NextPayer) {
	if p.isStranger(ours, asked) && p.payment.Identified == (ledger.Key{}) {
		p.strange = append(p.strange, stranger{c.Number, ours.Number, c.Paid})
	}
}

// Strangers opens one item about all claims of the payment that another payer was
// asked about: whoever pays for a plan answers many of them at once.
func (p *Poster) Strangers() {
	if len(p.strange) == 0 {
		return
	}
	first, total := p.strange[0], money.Cents(0)
	for _, s := range p.strange {
		total += s.paid
	}
	which := "claim " + first.number
	if more := len(p.strange) - 1; more > 0 {
		which = fmt.Sprintf("%s and %d more", which, more)
	}
	p.out.Items = append(p.out.Items, p.item(claims.WorkUnmatched, fmt.Sprintf("%s|CLP|%d|payer", p.payment.Key, first.seq), total.Abs(),
		fmt.Sprintf("%s answered %s, of which it was not asked and which was not forwarded to it: %s posted to what the payer owes that was asked", p.payer(), which, total.Dollars()),
		"If it pays for that plan, dismiss this; if the patient is insured with it, correct the coverages; if it paid by mistake, the money goes back to it"))
	p.strange = nil
}

// openedBy returns the keys of the work items that an answer may have opened and
// that say nothing any more once it is taken back.
func openedBy(key string) []string {
	return []string{
		string(claims.WorkDenied) + "|" + key,
		string(claims.WorkAdjustment) + "|" + key,
		string(claims.WorkAdjustment) + "|" + key + "|protected",
		string(claims.WorkUnderpaid) + "|" + key,
		string(claims.WorkSecondary) + "|" + key,
		string(claims.WorkUnmatched) + "|" + key + "|lines",
	}
}
