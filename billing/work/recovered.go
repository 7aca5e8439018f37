package work

import (
	"fmt"
	"slices"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// recovered tells a person when a reversal has taken back bad debt of which a part
// had come back as a recovery (5010): the answer to come asks the patient for all
// of it again, and no entry says that they have paid.
func (p *poster) recovered(entries []ledger.Entry) error {
	undone, sources := map[int64]money.Cents{}, map[int64]string{}
	var patients []int64
	for i := range entries {
		for _, t := range entries[i].Transfers {
			if t.Credit.Account != ledger.BadDebt || t.Debit.Account != ledger.ARPatient {
				continue
			}
			id := t.Debit.PatientID
			if undone[id] == 0 {
				patients, sources[id] = append(patients, id), entries[i].SourceKey
			}
			undone[id] += t.Amount
		}
	}
	slices.Sort(patients)
	for _, id := range patients {
		left, err := billingdb.BadDebtLeft(p.ctx, p.tx, p.args.PracticeID, id)
		if err != nil {
			return err
		}
		amount := min(-left, undone[id])
		if amount <= 0 {
			continue
		}
		account, err := billingdb.AccountNumber(p.ctx, p.tx, p.args.PracticeID, id)
		if err != nil {
			return err
		}
		if err := claimsdb.OpenWorkItems(p.ctx, p.tx, p.args.PracticeID, []claims.WorkItem{{Kind: claims.WorkCredit, DedupeKey: "recovered|" + sources[id], PatientID: id,
			RemittanceID: p.row.ID, Amount: amount, OpenedOn: p.args.ReceivedOn,
			Reason: fmt.Sprintf("The payer took back the answer on which bad debt was written off; %s that patient %s had paid of it stands as a recovery (5010).", amount.Dollars(), account),
			Action: fmt.Sprintf("When the payer has answered again: what the patient owes then was paid up to %s, so write that off as bad debt again (claimbook decide write-off --patient %s --as bad-debt). "+
				"What they do not owe goes back: take the receipt back (claimbook payment return), record it as an ordinary payment, and refund it.", amount.Dollars(), account)}}); err != nil {
			return err
		}
	}
	return nil
}
