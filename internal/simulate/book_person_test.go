package simulate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	billingwork "github.com/claimbook/claimbook/billing/work"
	"github.com/claimbook/claimbook/internal/fault"
)

// Items lists the worklist by key.
func (b *realBook) Items() (list []Item, err error) {
	err = b.read(func(ctx context.Context, tx pgx.Tx) error {
		waiting, err := billingdb.Worklist(ctx, tx, b.practice.ID, billingdb.WaitingFilter{})
		for i := range waiting {
			if w := &waiting[i]; w.Kind != "stuck" {
				list = append(list, itemOf(w.Kind, w.Key))
			}
		}
		return err
	})
	slices.SortFunc(list, func(a, b Item) int { return strings.Compare(a.Key, b.Key) })
	return list, err
}

// itemOf reads where an item comes from: kind|835|TRN03|TRN02|CLP|n|about, or
// PLB|n|m instead.
func itemOf(kind, key string) Item {
	item := Item{Key: key, Kind: kind}
	parts := strings.Split(key, "|")
	if len(parts) < 4 || parts[1] != "835" {
		return item
	}
	trace, _, accepted := strings.Cut(parts[3], "~")
	if item.Payment = trace; accepted {
		item.Payment += "~"
	}
	for i, word := range parts {
		switch word {
		case "CLP":
			item.Seq, _ = strconv.Atoi(parts[i+1])
		case "PLB": // six pairs fit a segment
			segment, _ := strconv.Atoi(parts[i+1])
			pair, _ := strconv.Atoi(parts[i+2])
			item.Seq = 6*(segment-1) + pair
		case "lines", "protected", "payee", "twice", "difference":
			item.About = word
		}
	}
	return item
}

// Decide carries out a decision as `claimbook decide` does.
func (b *realBook) Decide(d Decision) (sources []string, err error) {
	err = b.run("decide", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		sources = nil
		if refund := (billingdb.PatientRefund{Key: d.Key, Account: d.Patient, Amount: d.Amount, Sent: d.Sent, Reason: "overpaid", On: d.On, Actor: "simulation"}); d.Kind == "refund-patient" {
			_, err := billingdb.RefundPatient(ctx, tx, b.practice.ID, refund)
			return err
		}
		if d.Kind == "returned" {
			_, err := billingdb.ReturnPayment(ctx, tx, b.practice.ID, billingdb.ReturnedPayment{Key: d.Key, Deposited: d.Deposited, BankFee: d.Fee, Charge: d.Charge, Reason: "no funds", On: d.On, Actor: "simulation"})
			return err
		}
		desk := billingwork.NewDesk(ctx, tx, ofRun{b.jobs, runID}, b.practice.ID, billingwork.By{Reason: "the simulation says so", Actor: "simulation", On: d.On})
		done, err := decide(desk, d)
		sources = done.Sources
		return err
	})
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Environment {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return sources, err
}

func decide(desk *billingwork.Desk, d Decision) (billingwork.Decided, error) {
	switch d.Kind {
	case "match":
		return desk.MatchItem(d.Item, d.Claim)
	case "return":
		return desk.ReturnCash(d.Item)
	case "accept":
		return desk.Accept(d.Item)
	case "dismiss":
		return desk.Dismiss(d.Item)
	case "classify":
		return desk.Classify(billingwork.Classify{Item: d.Item, Account: d.Account, Reference: d.Reference, Remember: d.Remember})
	case "treat":
		return desk.Treat(billingwork.Treat{Item: d.Item, As: billing.Treatment(d.As), Code: d.Code, Remember: d.Remember})
	case "assign":
		return desk.AssignLine(d.Item, d.Line)
	case "stand":
		return desk.Stand(d.Key)
	case "refund-payer":
		return desk.RefundPayer(billingwork.RefundPayer{Payer: d.Payer, Reference: d.Reference, Claim: d.Claim, Amount: d.Amount})
	case "refund-paid":
		return desk.RefundPaid(billingwork.RefundPayer{Payer: d.Payer, Reference: d.Reference, Amount: d.Amount})
	case "write-off":
		return desk.WriteOffPatient(billingwork.PatientWriteOff{Key: d.Key, Account: d.Patient, As: d.As, Amount: d.Amount, Visit: d.Visit})
	case "apply":
		return desk.ApplyCredit(billingwork.CreditToApply{Key: d.Key, Account: d.Patient, Reserved: d.Reserved, Visit: d.Visit})
	}
	return billingwork.Decided{}, fmt.Errorf("nobody decides %q", d.Kind)
}
