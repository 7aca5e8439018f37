package work

import (
	"fmt"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
)

// Accept posts a payment that was quarantined although it balances: its trace
// was received before with other content, and a person says that it is a payment
// of its own. Its source key is the trace's with "~" and the content's hash. A
// payment that does not balance, or is another practice's, is never accepted.
func (d *Desk) Accept(ref string) (Decided, error) {
	w, err := d.item(ref, claims.WorkQuarantine)
	if err != nil {
		return d.out, err
	}
	payload := struct{}{}
	if known, err := d.known(DecideAccept, w.Key, payload, itemKinds...); known || err != nil {
		return d.out, err
	}
	if err := open(&w); err != nil {
		return d.out, err
	}
	quarantined, err := billingdb.FindRemittance(d.ctx, d.tx, d.practiceID, w.RemittanceID)
	if err != nil {
		return d.out, err
	}
	var next []jobs.Args
	p := &poster{ctx: d.ctx, tx: d.tx, enqueue: func(args ...jobs.Args) { next = append(next, args...) },
		args: jobs.RemitPostArgs{PracticeID: d.practiceID, FileID: quarantined.EDIFileID, ByteOffset: quarantined.ByteOffset, ReceivedOn: d.by.On}}
	audit, err := p.audit()
	if err != nil {
		return d.out, err
	}
	if audit.reason != "" {
		return d.out, neverAccepted(audit.reason)
	}
	if audit.payment.Financial.Handling == remit835.HandlingPrenotification {
		return d.out, neverAccepted("it is a prenotification: there is nothing to post")
	}
	if err := p.identify(audit); err != nil {
		return d.out, err
	}
	mine, other, err := billingdb.FindPayee(d.ctx, d.tx, d.practiceID, audit.npis(), audit.tins())
	if err != nil {
		return d.out, err
	}
	if !mine && other != "" {
		return d.out, neverAccepted("the payee is practice " + other + " of this book")
	}
	p.payeeUnknown = !mine
	if _, err := d.record(DecideAccept, w.Key, payload); err != nil {
		return d.out, err
	}
	row, inserted, err := billingdb.InsertRemittance(d.ctx, d.tx, d.practiceID, p.row)
	if err == nil && !inserted { // the trace is taken: what is there is not touched
		p.row.SourceKey += "~" + short(audit.hash) // no "|": what begins with the first payment's key is the first payment's
		row, inserted, err = billingdb.InsertRemittance(d.ctx, d.tx, d.practiceID, p.row)
	}
	if err != nil {
		return d.out, err
	}
	if !inserted {
		return d.out, fault.Invalidf("CB-DECIDE-POSTED", "this payment is posted already").At(row.SourceKey).WithFix("dismiss the work item")
	}
	p.row = row
	if err := p.postInserted(audit); err != nil {
		return d.out, err
	}
	quarantined.State, quarantined.Reason = billingdb.Informational, accepted+": "+p.row.SourceKey
	if err := billingdb.FinishRemittance(d.ctx, d.tx, d.practiceID, quarantined); err != nil {
		return d.out, err
	}
	if len(next) > 0 && d.enqueue != nil {
		if err := d.enqueue.Enqueue(d.ctx, d.tx, next...); err != nil {
			return d.out, err
		}
	}
	d.out.Amount, d.out.PostingDate, d.out.Sources = p.row.Amount, p.row.PostingDate, []string{p.row.SourceKey}
	d.out.Message = fmt.Sprintf("payment %s of %s is posted as a payment of its own: %d claims, %d of them unidentified", p.row.Trace, p.row.Amount.Dollars(), p.row.Claims, p.row.Unmatched)
	return d.out, d.closeItem(&w, accepted)
}

// accepted begins the reason of a quarantined payment that a person has accepted.
const accepted = "accepted as a payment of its own"

func neverAccepted(why string) error {
	return fault.Invalidf("CB-DECIDE-NEVER", "this payment can never be accepted: %s", why).
		WithFix("ask the payer for a corrected remittance; then dismiss the work item")
}
