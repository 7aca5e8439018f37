package ledger

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// ReasonedActivity is a sum of transfers of one kind between two accounts for
// one reason of one payer.
type ReasonedActivity struct {
	Activity
	Payer     string // code of the payer whose receivable moved; "" for a patient's
	GroupCode string
	CARC      string
}

// AdjustmentRow is what one reason took off the receivables, or gave back
// (below zero).
type AdjustmentRow struct {
	Account   string      `json:"account"`
	Name      string      `json:"name"`
	GroupCode string      `json:"group,omitempty"`
	CARC      string      `json:"carc,omitempty"`
	Payer     string      `json:"payer,omitempty"`
	Kind      string      `json:"kind"` // of the entries
	Count     int         `json:"count"`
	Amount    money.Cents `json:"amount"`
}

// AdjustmentReport is what reduced receivables between two days without being paid.
// Its total is the adjustments of the day sheet of these days.
type AdjustmentReport struct {
	From  date.Date       `json:"from"`
	To    date.Date       `json:"to"`
	Rows  []AdjustmentRow `json:"rows"` // by account, largest reason first
	Total money.Cents     `json:"total"`
}

// NewAdjustmentReport picks the adjustments out of a span's activity, by the rule
// that the day sheet sorts by.
func NewAdjustmentReport(from, to date.Date, chart Chart, activity []ReasonedActivity) AdjustmentReport {
	r := AdjustmentReport{From: from, To: to, Rows: []AdjustmentRow{}}
	at := map[AdjustmentRow]int{}
	for _, a := range activity {
		section, account, amount := classify(a.Activity)
		if section != Adjustments {
			continue
		}
		row := AdjustmentRow{Account: account, Name: chart.Name(account), GroupCode: a.GroupCode, CARC: a.CARC, Payer: a.Payer, Kind: a.Kind}
		i, seen := at[row]
		if !seen {
			i, at[row] = len(r.Rows), len(r.Rows)
			r.Rows = append(r.Rows, row)
		}
		r.Rows[i].Count += a.Count
		r.Rows[i].Amount += amount
		r.Total += amount
	}
	slices.SortFunc(r.Rows, func(x, y AdjustmentRow) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(y.Amount, x.Amount), cmp.Compare(x.GroupCode, y.GroupCode),
			cmp.Compare(x.CARC, y.CARC), cmp.Compare(x.Payer, y.Payer), cmp.Compare(x.Kind, y.Kind))
	})
	return r
}
