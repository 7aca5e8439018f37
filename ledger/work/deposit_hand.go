package work

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Kinds of decisions about the bank.
const (
	DecideMatchByHand = "deposit-by-hand"   // what a bank line is, with a difference to a named account
	DecideUndoMatch   = "deposit-undo"      // a match was wrong
	DecideSlip        = "deposit-slip"      // receipts leave the drawer together
	DecideVoidSlip    = "deposit-slip-void" // a slip was wrong
)

// By says who decided, why, and on which business day.
type By struct {
	Reason, Actor string
	On            date.Date
}

func (b By) reasoned() error {
	if strings.TrimSpace(b.Reason) == "" {
		return fault.Usagef("CB-DECIDE-REASON", "a decision needs a reason: it is kept").WithFix("give --reason")
	}
	return nil
}

// HandMatch is what a person says that bank lines are. Lines are named by their
// id or by their source (the file's hash and its line), which is what is kept.
type HandMatch struct {
	Lines     []string    `json:"lines"`
	Traces    []string    `json:"traces,omitempty"`    // of payers' payments
	Payer     string      `json:"payer,omitempty"`     // code: of the traces where two payers have the same one, and of Account
	Slips     []string    `json:"slips,omitempty"`     // keys
	Days      []date.Date `json:"days,omitempty"`      // of the drawer
	Entries   []string    `json:"entries,omitempty"`   // sources of what the book has posted to the bank by itself
	Account   string      `json:"account,omitempty"`   // takes the difference, or the whole line
	Reference string      `json:"reference,omitempty"` // of Account, where it is divided by reference
}

// HandMatched says what a decision about the bank did.
type HandMatched struct {
	Known      bool        `json:"known"` // it was decided so before: nothing was done
	Amount     money.Cents `json:"amount"`
	Difference money.Cents `json:"difference"` // what the bank has more than the book awaited
	Sources    []string    `json:"sources"`    // of what was posted
}

// MatchByHand posts what a person says that bank lines are.
func MatchByHand(ctx context.Context, tx pgx.Tx, practiceID int64, m HandMatch, by By) (HandMatched, error) {
	out := HandMatched{Sources: []string{}}
	if err := by.reasoned(); err != nil {
		return out, err
	}
	r, err := ledgerdb.LoadReconciliation(ctx, tx, practiceID)
	if err != nil {
		return out, err
	}
	h, known, err := m.chosen(ctx, tx, practiceID, &r)
	if err != nil || known {
		out.Known = known
		return out, err
	}
	if h.Other, err = m.other(ctx, tx, practiceID); err != nil {
		return out, err
	}
	if _, _, err := h.Split(); err != nil {
		return out, err
	}
	id, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: DecideMatchByHand, Subject: h.Lines[0].Source, Payload: m, Reason: by.Reason, Actor: by.Actor, On: by.On})
	if err != nil {
		return out, err
	}
	entries, err := ledgerdb.PostByHand(ctx, tx, practiceID, h, id, by.Reason, by.Actor)
	if err != nil {
		return out, err
	}
	for i := range h.Lines {
		out.Amount += h.Lines[i].Amount
		out.Difference += h.Lines[i].Amount
	}
	for i := range h.Waiting {
		out.Difference -= h.Waiting[i].Amount
	}
	for i := range entries {
		out.Sources = append(out.Sources, entries[i].SourceKey)
	}
	if h.Other.Account == ledger.UnidentifiedCash && out.Difference > 0 {
		return out, ledgerdb.OpenUnidentified(ctx, tx, practiceID, &h.Lines[0], h.Other, out.Difference, by.On)
	}
	return out, nil
}

// chosen finds the lines and what waits, and names the lines in m by their
// sources. known means that they were matched so before.
func (m *HandMatch) chosen(ctx context.Context, tx pgx.Tx, practiceID int64, r *ledgerdb.Reconciliation) (h ledger.ByHand, known bool, err error) {
	m.Lines = slices.Clone(m.Lines)
	var matched []ledgerdb.MatchedLine
	for n, ref := range m.Lines {
		i := slices.IndexFunc(r.Lines, func(l ledger.BankLine) bool { return ref == l.Source || ref == strconv.FormatInt(l.ID, 10) })
		if i < 0 {
			l, err := ledgerdb.FindMatchedLine(ctx, tx, practiceID, ref)
			if err != nil {
				return h, false, fault.NotFoundf("CB-DEPOSIT-LINE", "there is no bank line %s", ref).WithFix("the lines that are open are listed by: claimbook deposit match")
			}
			matched, m.Lines[n] = append(matched, l), l.Source
			continue
		}
		if slices.Contains(m.Lines[:n], r.Lines[i].Source) {
			return h, false, fault.Usagef("CB-DEPOSIT-LINE", "bank line %s is named twice", ref)
		}
		m.Lines[n] = r.Lines[i].Source
		h.Lines = append(h.Lines, r.Lines[i])
	}
	if len(matched) > 0 {
		return h, true, m.sameAs(ctx, tx, practiceID, matched[0])
	}
	if len(h.Lines) == 0 {
		return h, false, fault.Usagef("CB-DEPOSIT-LINE", "name the bank line").WithFix("they are listed by: claimbook deposit match")
	}
	days := make([]string, len(m.Days))
	for i, d := range m.Days {
		days[i] = d.String()
	}
	for _, kind := range []struct {
		name   string
		traces []string
		fix    string
	}{
		{ledger.WaitingEFT, m.Traces, "payment"}, {ledger.WaitingSlip, m.Slips, "slip"},
		{ledger.WaitingCounter, days, "drawer"}, {ledger.WaitingBook, m.Entries, "entry"},
	} {
		for _, trace := range kind.traces {
			w, err := m.waiting(r, kind.name, trace)
			if err != nil {
				return h, false, err
			}
			if slices.ContainsFunc(h.Waiting, func(o ledger.Waiting) bool { return o.Name() == w.Name() }) {
				return h, false, fault.Usagef("CB-DEPOSIT-TWICE", "%s %s is named twice", kind.fix, trace)
			}
			h.Waiting = append(h.Waiting, w)
		}
	}
	return h, false, nil
}

func (m *HandMatch) waiting(r *ledgerdb.Reconciliation, kind, trace string) (ledger.Waiting, error) {
	var found []ledger.Waiting
	for _, w := range r.Waiting {
		if w.Kind == kind && w.Trace == trace && (kind != ledger.WaitingEFT || m.Payer == "" || w.PayerCode == m.Payer) {
			found = append(found, w)
		}
	}
	switch {
	case len(found) == 0:
		return ledger.Waiting{}, fault.NotFoundf("CB-DEPOSIT-WAITING", "nothing under %s waits for the bank", trace).At(kind).
			WithFix("what waits is listed by: claimbook deposit match")
	case len(found) > 1:
		return ledger.Waiting{}, fault.Usagef("CB-DEPOSIT-PAYER", "the payments of %d payers have the trace %s", len(found), trace).WithFix("say whose: --payer")
	}
	return found[0], nil
}

// sameAs refuses lines that are matched otherwise.
func (m *HandMatch) sameAs(ctx context.Context, tx pgx.Tx, practiceID int64, l ledgerdb.MatchedLine) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return err
	}
	var same bool
	if err := tx.QueryRow(ctx, `select exists (select from decision where practice_id = $1 and id = $2 and kind = $3 and payload = $4::jsonb)`,
		practiceID, l.DecisionID, DecideMatchByHand, payload).Scan(&same); err != nil || same {
		return err
	}
	return fault.Invalidf("CB-DEPOSIT-MATCHED", "bank line %s of %s is matched already: %s", l.Source, l.On, strings.Join(l.What, ", ")).
		WithFix("take that back first: claimbook deposit undo")
}

// other is the key of the account that takes a difference. Money of a payer that
// the book does not await waits as unidentified cash under a reference.
func (m *HandMatch) other(ctx context.Context, tx pgx.Tx, practiceID int64) (ledger.Key, error) {
	if m.Account == "" {
		if m.Reference != "" {
			return ledger.Key{}, fault.Usagef("CB-DEPOSIT-REFERENCE", "a reference belongs to an account").WithFix("give --account, or leave --reference out")
		}
		return ledger.Key{}, nil
	}
	chart, err := ledgerdb.Chart(ctx, tx, practiceID)
	if err != nil {
		return ledger.Key{}, err
	}
	account, known := chart[m.Account]
	key := ledger.Key{Account: m.Account}
	switch {
	case !known:
		return key, fault.Usagef("CB-DEPOSIT-ACCOUNT", "account %q is not in the chart", m.Account).WithFix("accounts are listed by: claimbook report trial-balance")
	case m.Account == ledger.UnidentifiedCash || m.Account == ledger.PayerRefunds:
		if m.Reference == "" {
			return key, fault.Usagef("CB-DEPOSIT-REFERENCE", "account %s (%s) needs the reference under which it waits", m.Account, account.Name).WithFix("give --reference, and --payer where it is known")
		}
		key.Reference = m.Reference
		if m.Payer != "" {
			err = tx.QueryRow(ctx, `select coalesce(max(id), 0) from payer where practice_id = $1 and code = $2`, practiceID, m.Payer).Scan(&key.PayerID)
			if err == nil && key.PayerID == 0 {
				err = fault.NotFoundf("CB-DEPOSIT-PAYER", "no payer has the code %s", m.Payer)
			}
		}
		return key, err
	case account.Keyed() || m.Account == ledger.Bank || m.Account == ledger.Undeposited || m.Account == ledger.GrossCharges:
		return key, fault.Usagef("CB-DEPOSIT-ACCOUNT", "account %s (%s) is nothing that a bank line can be a difference of", m.Account, account.Name).
			WithFix("give an account of revenue or expense, or 2010 with --reference")
	case m.Reference != "":
		return key, fault.Usagef("CB-DEPOSIT-REFERENCE", "account %s is not divided by reference", m.Account).WithFix("leave --reference out")
	}
	return key, nil
}

// UndoneMatch says what was taken back.
type UndoneMatch struct {
	Lines   []string    `json:"lines"` // sources of the lines that are open again
	Amount  money.Cents `json:"amount"`
	Sources []string    `json:"sources"` // of the entries that take it back
}

// UndoMatch takes the match of a bank line back, with those that hold together
// with it. The line and what it was matched with wait again; they are not put
// together by themselves any more.
func UndoMatch(ctx context.Context, tx pgx.Tx, practiceID int64, ref string, by By) (UndoneMatch, error) {
	out := UndoneMatch{Sources: []string{}}
	if err := by.reasoned(); err != nil {
		return out, err
	}
	if err := ledgerdb.LockBank(ctx, tx, practiceID); err != nil {
		return out, err
	}
	line, err := ledgerdb.FindMatchedLine(ctx, tx, practiceID, ref)
	if err != nil {
		return out, err
	}
	lines, err := ledgerdb.Together(ctx, tx, practiceID, line)
	if err != nil {
		return out, err
	}
	id, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: DecideUndoMatch, Subject: line.Source, Payload: struct{}{}, Reason: by.Reason, Actor: by.Actor, On: by.On})
	if err != nil {
		return out, err
	}
	entries, err := ledgerdb.UndoMatches(ctx, tx, practiceID, lines, id, by.On, by.Reason, by.Actor)
	if err != nil {
		return out, err
	}
	for _, l := range lines {
		out.Lines, out.Amount = append(out.Lines, l.Source), out.Amount+l.Amount
	}
	for i := range entries {
		out.Sources = append(out.Sources, entries[i].SourceKey)
	}
	return out, nil
}
