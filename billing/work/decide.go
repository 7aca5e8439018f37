package work

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Kinds of decisions about money. A subject (a work item, a refund's reference,
// a key) is decided once; the same decision again does nothing.
const (
	DecideMatch       = "match"             // unidentified cash belongs to a claim
	DecideReturnCash  = "return-cash"       // unidentified cash is not ours
	DecideClassify    = "classify-plb"      // what a provider-level adjustment is for
	DecideTreat       = "treat"             // what an adjustment that stayed in A/R means
	DecideAssignLine  = "assign-line"       // an answer for no line of ours belongs to a line
	DecideAccept      = "accept-payment"    // a payment in quarantine is a payment of its own
	DecideRefundPayer = "payer-refund"      // we owe a payer money back
	DecideRefundPaid  = "payer-refund-paid" // and have sent it
	DecideOffset      = "payer-offset"      // and it stands for what the payer has announced to recover
	DecideWriteOff    = "patient-write-off" // a patient's balance is given up
	DecideApply       = "apply-credit"      // a patient's credit pays a balance
	DecideClose       = "close-claim"       // nothing more is expected for a claim
	DecideStand       = "stand"             // an entry stands although its premise was taken back
	DecideDismiss     = "dismiss"           // a work item needs no entry

	DecideCoverageEnded = "coverage-ended" // an insurance was not in force any more
	DecideCoverageFound = "coverage-found" // an insurance was found later
	DecideUndo          = "undo"           // a decision was wrong
)

// itemKinds are the decisions that settle a work item: one of them, once.
var itemKinds = []string{DecideReturnCash, DecideClassify, DecideTreat, DecideAssignLine, DecideAccept, DecideDismiss}

// By says who decided, why, and on which business day.
type By struct {
	Reason, Actor string
	On            date.Date
}

// Decided says what a decision did.
type Decided struct {
	Known   bool        `json:"known"` // the same decision was made before: nothing was done
	Message string      `json:"message"`
	Amount  money.Cents `json:"amount"`
	Sources []string    `json:"sources"` // source keys of what was posted
	// PostingDate is the first day of the next open period where the decision's
	// own day is closed.
	PostingDate date.Date `json:"posting_date"`
}

// Desk carries out what a person decides, in the caller's transaction: the
// decision's row, its entries, the item's end and the claim's timeline, or a
// fault and nothing.
type Desk struct {
	ctx        context.Context
	tx         pgx.Tx
	enqueue    jobs.Enqueuer // nil: what it would cause is left to a later run
	practiceID int64
	by         By
	out        Decided
}

// NewDesk returns the desk of one decision.
func NewDesk(ctx context.Context, tx pgx.Tx, enqueue jobs.Enqueuer, practiceID int64, by By) *Desk {
	return &Desk{ctx: ctx, tx: tx, enqueue: enqueue, practiceID: practiceID, by: by, out: Decided{Sources: []string{}}}
}

// known looks whether the subject was decided before. The same decision is a
// no-op; another one about the same subject is refused.
func (d *Desk) known(kind, subject string, payload any, among ...string) (bool, error) {
	if err := d.reasoned(); err != nil {
		return false, err
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return false, err
	}
	before, err := billingdb.DecisionOn(d.ctx, d.tx, d.practiceID, subject, append(among, kind), kind, text)
	if err != nil || before == nil {
		return false, err
	}
	if !before.Same {
		return false, fault.Invalidf("CB-DECIDE-002", "it was decided otherwise on %s by %s: %s", before.On, before.Actor, strings.ReplaceAll(before.Kind, "-", " ")).
			At(subject).WithFix("nothing was changed; an entry is corrected by a new decision about what it left")
	}
	d.out.Known = true
	d.out.Message = fmt.Sprintf("decided so on %s by %s: nothing changed", before.On, before.Actor)
	return true, nil
}

func (d *Desk) reasoned() error {
	if strings.TrimSpace(d.by.Reason) == "" {
		return fault.Usagef("CB-DECIDE-REASON", "a decision needs a reason: it is kept").WithFix("give --reason")
	}
	return nil
}

// record writes the decision among the book's inputs.
func (d *Desk) record(kind, subject string, payload any) (int64, error) {
	return exchangedb.Decide(d.ctx, d.tx, d.practiceID, exchangedb.Decision{Kind: kind, Subject: subject, Payload: payload,
		Reason: d.by.Reason, Actor: d.by.Actor, On: d.by.On})
}

// post posts the decision's entry under its source key.
func (d *Desk) post(kind, subject string, e ledger.Entry) error {
	if len(e.Transfers) == 0 {
		return nil
	}
	var err error
	if e.PostingDate, err = ledgerdb.PostingDate(d.ctx, d.tx, d.practiceID, d.by.On); err != nil {
		return err
	}
	if e.SourceKey, err = d.source(kind, subject); err != nil {
		return err
	}
	e.Actor, e.Memo = d.by.Actor, d.by.Reason
	d.out.PostingDate = e.PostingDate
	d.out.Sources = append(d.out.Sources, e.SourceKey)
	for _, t := range e.Transfers {
		d.out.Amount += t.Amount
	}
	_, err = ledgerdb.Post(d.ctx, d.tx, d.practiceID, []ledger.Entry{e})
	return err
}

// source is the source key of a decision's entry: "decision|kind|subject", with
// "|~2" behind it when the first one was taken back.
func (d *Desk) source(kind, subject string) (string, error) {
	n, err := billingdb.UndoneTimes(d.ctx, d.tx, d.practiceID, kind, subject)
	if n > 0 {
		subject += fmt.Sprintf("|~%d", n+1)
	}
	return "decision|" + kind + "|" + subject, err
}

// item finds a work item of one of the kinds.
func (d *Desk) item(ref string, kinds ...claims.WorkItemKind) (billingdb.Waiting, error) {
	w, err := billingdb.LockWaiting(d.ctx, d.tx, d.practiceID, ref)
	if err != nil {
		return w, err
	}
	if len(kinds) > 0 && !slices.Contains(kinds, claims.WorkItemKind(w.Kind)) {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = string(k)
		}
		return w, fault.Invalidf("CB-DECIDE-003", "work item %d is of the kind %s: this decides about %s", w.ID, w.Kind, strings.Join(names, " or ")).
			WithFix("what usually helps: " + w.Action)
	}
	return w, nil
}

// open refuses an item that is done.
func open(w *billingdb.Waiting) error {
	if w.State != "open" {
		return fault.Invalidf("CB-DECIDE-004", "work item %d is done since %s: %s", w.ID, w.ClosedOn, w.ClosedWhy).WithFix("nothing was changed")
	}
	return nil
}

func (d *Desk) closeItem(w *billingdb.Waiting, why string) error {
	return claimsdb.CloseWorkItems(d.ctx, d.tx, d.practiceID, []string{w.Key}, d.by.On, why)
}

// tell puts the decision on a claim's timeline.
func (d *Desk) tell(claimID int64, message string) error {
	return claimsdb.Transition(d.ctx, d.tx, d.practiceID, []claims.Move{{ClaimID: claimID, Event: "decision", Message: message + ": " + d.by.Reason, Actor: d.by.Actor, On: d.by.On}})
}

// claim loads one claim as posting sees it.
func (d *Desk) claim(number string) (*billing.Claim, error) {
	found, err := claimsdb.ClaimsByNumber(d.ctx, d.tx, d.practiceID, []string{number})
	if err != nil {
		return nil, err
	}
	if found[number] == nil {
		return nil, fault.NotFoundf("CB-CLAIM-002", "no claim has the number %s", number).WithFix("list them with: claimbook claims list")
	}
	return claimOf(found[number], nil), nil
}

// settle applies the patients' credits to what the decision left them, and closes
// claims for which nothing is owed any more.
func (d *Desk) settle(kind, subject string, patientIDs ...int64) error {
	if d.out.PostingDate.IsZero() {
		return nil
	}
	source, err := d.source(kind, subject)
	if err != nil {
		return err
	}
	if _, err := billingdb.SettleAccounts(d.ctx, d.tx, d.practiceID, patientIDs, d.out.PostingDate, d.by.Actor,
		func(account string) string { return source + "|APPLY|" + account }); err != nil {
		return err
	}
	return billingdb.CloseSettledClaims(d.ctx, d.tx, d.practiceID, patientIDs, d.by.On, d.by.Actor)
}

// place is where in a payment a work item comes from.
type place struct {
	seq    int    // of the CLP; 0: none
	pair   string // PLB|n|m; "": none
	suffix string // lines, protected, difference, payee
}

var (
	clpPlace = regexp.MustCompile(`\|CLP\|(\d+)(?:\|MATCH)?(?:\|([a-z]+))?$`)
	plbPlace = regexp.MustCompile(`\|(PLB\|\d+\|\d+)$`)
)

// placeOf reads where a work item comes from out of its key.
func placeOf(key string) place {
	if m := clpPlace.FindStringSubmatch(key); m != nil {
		seq, err := strconv.Atoi(m[1])
		if err == nil {
			return place{seq: seq, suffix: m[2]}
		}
	}
	if m := plbPlace.FindStringSubmatch(key); m != nil {
		return place{pair: m[1]}
	}
	if strings.HasSuffix(key, "|payee") {
		return place{suffix: "payee"}
	}
	return place{}
}

// Dismiss takes a work item off the list without any entry: it was settled
// elsewhere, or it needs nothing.
func (d *Desk) Dismiss(ref string) (Decided, error) {
	w, err := d.item(ref)
	if err != nil {
		return d.out, err
	}
	payload := struct{}{}
	if known, err := d.known(DecideDismiss, w.Key, payload, itemKinds...); known || err != nil {
		return d.out, err
	}
	if err := open(&w); err != nil {
		return d.out, err
	}
	if _, err := d.record(DecideDismiss, w.Key, payload); err != nil {
		return d.out, err
	}
	if w.ClaimID != 0 {
		if err := d.tell(w.ClaimID, "A work item ("+w.Kind+") was dismissed"); err != nil {
			return d.out, err
		}
	}
	d.out.Message = fmt.Sprintf("work item %d is done without an entry", w.ID)
	return d.out, d.closeItem(&w, d.by.Reason)
}

// Stand lets an entry stand that would be taken back with the answer that it
// relied on.
func (d *Desk) Stand(source string) (Decided, error) {
	payload := struct{}{}
	if known, err := d.known(DecideStand, source, payload); known || err != nil {
		return d.out, err
	}
	entries, err := ledgerdb.EntriesBySource(d.ctx, d.tx, d.practiceID, source)
	if err != nil {
		return d.out, err
	}
	i := slices.IndexFunc(entries, func(e ledgerdb.StoredEntry) bool { return e.SourceKey == source })
	switch {
	case i < 0:
		return d.out, fault.NotFoundf("CB-DECIDE-ENTRY", "no entry has the source %s", source).WithFix("find it with: claimbook explain claim")
	case !billingdb.Disposes(entries[i].Kind):
		return d.out, fault.Invalidf("CB-DECIDE-STAND", "an entry of the kind %s is not taken back with an answer: it stands anyway", entries[i].Kind).At(source)
	case entries[i].ReversedBy != 0:
		return d.out, fault.Invalidf("CB-DECIDE-STAND", "the entry was taken back already").At(source).WithFix("decide about the balance anew")
	}
	d.out.Message = "the entry stands, whatever becomes of the answer that it relied on"
	_, err = d.record(DecideStand, source, payload)
	return d.out, err
}

// CloseClaim closes a claim from whose payer nothing more is expected. A claim
// with an insurance balance is refused.
func (d *Desk) CloseClaim(number string) (Decided, error) {
	c, err := d.claim(number)
	if err != nil {
		return d.out, err
	}
	if c.State == claims.Closed {
		d.out.Known, d.out.Message = true, "claim "+number+" is closed: nothing changed"
		return d.out, nil
	}
	if err := d.reasoned(); err != nil {
		return d.out, err
	}
	balances, err := billingdb.InsuranceBalances(d.ctx, d.tx, d.practiceID, c)
	if err != nil {
		return d.out, err
	}
	if len(balances) > 0 {
		var total money.Cents
		parts := make([]string, len(balances))
		for i, b := range balances {
			total += b.Amount
			parts[i] = lineName(c, b.Key) + " " + b.Amount.Dollars()
		}
		return d.out, fault.Invalidf("CB-DECIDE-OPEN", "the payer still owes %s for claim %s: %s", total.Dollars(), number, strings.Join(parts, ", ")).
			WithFix("decide what becomes of it first: claimbook worklist --claim " + number)
	}
	if !c.State.May(claims.Closed) {
		return d.out, fault.Invalidf("CB-STATE-001", "a claim that is %s cannot become closed: its payer has not answered", c.State).At("claim " + number)
	}
	if _, err := d.record(DecideClose, number, struct{}{}); err != nil {
		return d.out, err
	}
	d.out.Message = "claim " + number + " is closed"
	return d.out, claimsdb.Transition(d.ctx, d.tx, d.practiceID, []claims.Move{{ClaimID: c.ID, To: claims.Closed, Event: "closed", Message: "Closed: " + d.by.Reason, Actor: d.by.Actor, On: d.by.On}})
}

func lineName(c *billing.Claim, key ledger.Key) string {
	for i := range c.Lines {
		if c.Lines[i].ServiceLineID == key.ServiceLineID {
			return fmt.Sprintf("line %d", c.Lines[i].LineNo)
		}
	}
	return "no line"
}
