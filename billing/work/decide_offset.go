package work

import (
	"fmt"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// OffsetRefund sets a refund that we sent beyond what we owed (a debit in 2210)
// against what the payer has announced to recover under the same reference:
// Dr 2100 / Cr 2210. The payer's own WO and 72 do that; a person does it when the
// payer has said that they will not come.
func (d *Desk) OffsetRefund(payer, reference string) (Decided, error) {
	r := RefundPayer{Payer: payer, Reference: reference}
	sent, announced, err := d.refundKeys(&r)
	if err != nil {
		return d.out, err
	}
	payload := refundPayload{Payer: payer, Reference: reference}
	if known, err := d.known(DecideOffset, r.subject(), payload); known || err != nil {
		return d.out, err
	}
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, []ledger.Key{announced, sent})
	if err != nil {
		return d.out, err
	}
	amount := min(-balances[announced], balances[sent])
	if amount <= 0 {
		return d.out, fault.Invalidf("CB-DECIDE-NOTHING", "nothing stands on both sides of reference %s: %s is announced to be recovered, and %s was sent beyond what is owed", reference,
			max(-balances[announced], money.Cents(0)).Dollars(), max(balances[sent], money.Cents(0)).Dollars()).WithFix("see both in: claimbook report unapplied")
	}
	if _, err := d.record(DecideOffset, r.subject(), payload); err != nil {
		return d.out, err
	}
	e := ledger.Entry{Kind: "payer-offset"}
	e.Move(announced, sent, amount, ledger.Dimensions{ByteOffset: -1})
	d.out.Message = fmt.Sprintf("%s that was sent to %s stands for what it announced to recover under reference %s", amount.Dollars(), payer, reference)
	return d.out, d.post(DecideOffset, r.subject(), e)
}
