package billing

import (
	"slices"
	"strings"

	"github.com/claimbook/claimbook/ledger"
)

// restingOn returns those of a claim's dispositions that rest on the answer which
// is taken back. One claim number may have answers of two payers (crossover), or
// a correction that came before the reversal: what a person made of the one does
// not fall with the other.
func restingOn(list []Disposition, original *Adjudication, asked NextPayer) []Disposition {
	return slices.DeleteFunc(slices.Clone(list), func(d Disposition) bool { return !d.restsOn(original, asked) })
}

func (d *Disposition) restsOn(original *Adjudication, asked NextPayer) bool {
	switch d.Kind {
	case KindPayerRefund: // it took from what this payer had paid
		return slices.ContainsFunc(d.Transfers, func(t ledger.Transfer) bool {
			return t.Debit.PayerID == asked.PayerID && t.Debit.PayerRank == asked.Rank
		})
	case KindWriteOff, KindTransferToPatient, KindTransferToPayer, KindAssignLine: // decided about a work item, which names its answer
		return !strings.Contains(d.Key, "|835|") || strings.Contains(d.Key+"|", "|"+original.Key+"|")
	}
	return true // what the patient owed: by any answer to the claim
}
