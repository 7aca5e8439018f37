package work

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// NewSlip is a deposit slip as a person makes it: cash and checks that go to the
// bank together, or card receipts that their processor pays out at once.
type NewSlip struct {
	Key      string
	Receipts []int64     // numbers of patients' receipts
	Checks   []string    // traces (TRN02) of insurers' paper checks
	Fee      money.Cents // what the card processor keeps
}

type slipPayload struct {
	Receipts []int64     `json:"receipts,omitempty"`
	Checks   []string    `json:"checks,omitempty"`
	Fee      money.Cents `json:"fee,omitempty"`
}

// MadeSlip is a slip with what is on it.
type MadeSlip struct {
	Known    bool               `json:"known"` // it was made so before: nothing was done
	Key      string             `json:"key"`
	Kind     string             `json:"kind"`
	MadeOn   date.Date          `json:"made_on"`
	Receipts []ledgerdb.Receipt `json:"receipts"`
	Amount   money.Cents        `json:"amount"` // of the receipts
	Fee      money.Cents        `json:"fee"`
	Net      money.Cents        `json:"net"` // that the bank should show
}

// MakeSlip takes receipts out of what waits in the drawer day by day, so that
// one bank line can be all of them: Dr 1000 (and Dr 5100 for a card processor's
// fee) / Cr 1010 when it is there.
func MakeSlip(ctx context.Context, tx pgx.Tx, practiceID int64, s NewSlip, by By) (MadeSlip, error) {
	out := MadeSlip{Key: s.Key, MadeOn: by.On, Fee: s.Fee}
	switch {
	case s.Key == "":
		return out, fault.Usagef("CB-SLIP-KEY", "a slip needs a key of its own, so that it is made once").WithFix("give --key, for example the number that is printed on it")
	case len(s.Receipts)+len(s.Checks) == 0:
		return out, fault.Usagef("CB-SLIP-EMPTY", "a slip needs receipts").WithFix("give --receipt or --check; what lies in the drawer is listed by: claimbook deposit slip")
	case s.Fee < 0:
		return out, fault.Usagef("CB-SLIP-FEE", "a fee is not less than zero")
	}
	if err := ledgerdb.LockBank(ctx, tx, practiceID); err != nil {
		return out, err
	}
	sources, err := s.sources(ctx, tx, practiceID)
	if err != nil {
		return out, err
	}
	if out.Receipts, err = ledgerdb.ReceiptsBySource(ctx, tx, practiceID, sources); err != nil {
		return out, err
	}
	for i := range out.Receipts {
		out.Amount += out.Receipts[i].Amount
	}
	out.Net = out.Amount - out.Fee
	if out.Kind, err = s.kind(out.Receipts, out.Amount); err != nil {
		return out, err
	}
	before, err := ledgerdb.FindSlip(ctx, tx, practiceID, s.Key)
	if err != nil {
		return out, err
	}
	if before != nil {
		out.Known, out.MadeOn = true, before.MadeOn
		return out, s.sameAs(ctx, tx, practiceID, before, sources)
	}
	if err := inDrawer(out.Receipts); err != nil {
		return out, err
	}
	if _, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: DecideSlip, Subject: s.Key, Payload: slipPayload{s.Receipts, s.Checks, s.Fee},
		Reason: by.Reason, Actor: by.Actor, On: by.On}); err != nil {
		return out, err
	}
	return out, ledgerdb.InsertSlip(ctx, tx, practiceID, ledgerdb.Slip{Key: s.Key, Kind: out.Kind, MadeOn: by.On, Amount: out.Amount, Fee: s.Fee}, out.Receipts)
}

// sources finds the entries that put the receipts into the drawer.
func (s *NewSlip) sources(ctx context.Context, tx pgx.Tx, practiceID int64) ([]string, error) {
	var sources []string
	find := func(what, sql string, arg any) error {
		rows, err := tx.Query(ctx, sql, practiceID, arg)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return fault.NotFoundf("CB-SLIP-RECEIPT", "there is no %s in the drawer", what).WithFix("what lies there is listed by: claimbook deposit slip")
		case slices.Contains(sources, list[0]):
			return fault.Usagef("CB-SLIP-TWICE", "the %s is named twice", what)
		}
		sources = append(sources, list[0])
		return nil
	}
	for _, n := range s.Receipts {
		if err := find(fmt.Sprintf("receipt %d", n), `select 'payment|' || idempotency_key from patient_payment where practice_id = $1 and receipt_number = $2 and state = 'recorded'`, n); err != nil {
			return nil, err
		}
	}
	for _, trace := range s.Checks {
		if err := find("check "+trace, `select e.source_key from remittance r join journal_entry e on e.practice_id = r.practice_id and e.source_key = r.source_key || '|CHK'
			where r.practice_id = $1 and r.trace = $2 and r.state = 'posted' order by r.id`, trace); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

func (s *NewSlip) kind(list []ledgerdb.Receipt, total money.Cents) (string, error) {
	cards := 0
	for i := range list {
		if list[i].Method == "card" {
			cards++
		}
	}
	switch {
	case cards != 0 && cards != len(list):
		return "", fault.Invalidf("CB-SLIP-MIXED", "card receipts and cash or checks reach the bank apart").WithFix(fmt.Sprintf("make one slip of the %d card receipts and one of the others", cards))
	case cards == 0 && s.Fee != 0:
		return "", fault.Usagef("CB-SLIP-FEE", "only a card processor keeps a fee").WithFix("leave --fee out")
	case s.Fee >= total:
		return "", fault.Invalidf("CB-SLIP-FEE", "the fee of %s is not less than the receipts of %s", s.Fee.Dollars(), total.Dollars())
	case cards != 0:
		return "card", nil
	}
	return "counter", nil
}

func (s *NewSlip) sameAs(ctx context.Context, tx pgx.Tx, practiceID int64, before *ledgerdb.Slip, sources []string) error {
	list, err := ledgerdb.Receipts(ctx, tx, practiceID, s.Key)
	if err != nil {
		return err
	}
	same := !before.Voided && before.Fee == s.Fee && len(list) == len(sources)
	for i := range list {
		same = same && slices.Contains(sources, list[i].Source)
	}
	if !same {
		state := ""
		if before.Voided {
			state = ", which was voided"
		}
		return fault.Invalidf("CB-SLIP-KNOWN", "the key %s belongs to another slip: of %s, %s%s", s.Key, before.MadeOn, before.Amount.Dollars(), state).WithFix("give this one a key of its own; nothing was changed")
	}
	return nil
}

// inDrawer refuses receipts that have left the drawer.
func inDrawer(list []ledgerdb.Receipt) error {
	of := map[date.Date]money.Cents{}
	for i := range list {
		r := &list[i]
		name := fmt.Sprintf("receipt %d", r.Number)
		if r.Number == 0 {
			name = "check " + r.Reference
		}
		of[r.Day] += r.Amount
		switch {
		case r.Slip != "":
			return fault.Invalidf("CB-SLIP-ON", "%s is on slip %s", name, r.Slip).WithFix("leave it out, or void that slip: claimbook deposit void-slip")
		case of[r.Day] > r.InDrawer:
			return fault.Invalidf("CB-SLIP-GONE", "%s is not in the drawer: of %s it holds %s", name, r.Day, max(r.InDrawer, 0).Dollars()).
				WithFix("the receipts of that day have been deposited; if that was wrong: claimbook deposit undo")
		}
	}
	return nil
}

// VoidSlip puts the receipts of a slip back into the drawer.
func VoidSlip(ctx context.Context, tx pgx.Tx, practiceID int64, key string, by By) (known bool, err error) {
	if err := by.reasoned(); err != nil {
		return false, err
	}
	if err := ledgerdb.LockBank(ctx, tx, practiceID); err != nil {
		return false, err
	}
	s, err := ledgerdb.FindSlip(ctx, tx, practiceID, key)
	switch {
	case err != nil:
		return false, err
	case s == nil:
		return false, fault.NotFoundf("CB-SLIP-NONE", "there is no slip %s", key)
	case s.Voided:
		return true, nil
	case s.Deposits > 0:
		return false, fault.Invalidf("CB-SLIP-DEPOSITED", "slip %s has reached the bank", key).WithFix("take the match of its bank line back first: claimbook deposit undo")
	}
	id, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: DecideVoidSlip, Subject: key, Payload: struct{}{}, Reason: strings.TrimSpace(by.Reason), Actor: by.Actor, On: by.On})
	if err != nil {
		return false, err
	}
	return false, ledgerdb.VoidSlip(ctx, tx, practiceID, s.ID, id)
}
