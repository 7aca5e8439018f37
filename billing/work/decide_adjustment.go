package work

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Treat is what a person makes of adjustments that stayed in A/R.
type Treat struct {
	Item     string            // work item: denied or adjustment
	As       billing.Treatment // denial writes it off to 4120
	Code     string            // only this reason, such as CO-97; "": all of the item
	Remember bool              // so from now on for this payer
}

type treatPayload struct {
	As       billing.Treatment `json:"as"`
	Code     string            `json:"code,omitempty"`
	Remember bool              `json:"remember,omitempty"`
}

// Treat moves what adjustments left in a receivable to where the person says
// that it belongs.
func (d *Desk) Treat(t Treat) (Decided, error) {
	w, err := d.item(t.Item, claims.WorkDenied, claims.WorkAdjustment)
	if err != nil {
		return d.out, err
	}
	subject, payload := w.Key, treatPayload{t.As, t.Code, t.Remember}
	if t.Code != "" {
		subject += "|" + t.Code
	}
	if known, err := d.known(DecideTreat, subject, payload, itemKinds...); known || err != nil {
		return d.out, err
	}
	if err := open(&w); err != nil {
		return d.out, err
	}
	if t.Remember && t.As == billing.Denial {
		return d.out, fault.Usagef("CB-DECIDE-REMEMBER", "a denial is written off each time by a person: it is not remembered").
			WithFix("if the payer always means a reduction by it, say so: --as contractual or --as reduction")
	}
	row, err := billingdb.FindRemittance(d.ctx, d.tx, d.practiceID, w.RemittanceID)
	if err != nil {
		return d.out, err
	}
	c, err := d.claim(w.Claim)
	if err != nil {
		return d.out, err
	}
	all, err := d.left(&w, &row, c)
	if err != nil {
		return d.out, err
	}
	chosen := slices.DeleteFunc(slices.Clone(all), func(l billing.Left) bool { return t.Code != "" && l.Code() != t.Code })
	if len(chosen) == 0 {
		return d.out, fault.Invalidf("CB-DECIDE-CODE", "work item %d has no reason %s", w.ID, t.Code).WithFix("its reasons are: " + strings.Join(codesOf(all), ", "))
	}
	disposal, err := billing.DisposalOf(c, row.PayerID, t.As, chosen)
	if err != nil {
		return d.out, err
	}
	asked := c.Asked(row.PayerID)
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, receivables(c, asked, all))
	if err != nil {
		return d.out, err
	}
	e := billing.Dispose(c, row.PayerID, disposal, chosen, balances)
	if len(e.Transfers) == 0 {
		return d.out, fault.Invalidf("CB-DECIDE-NOTHING", "nothing of it is left in A/R of claim %s", c.Number).WithFix("if it is settled: claimbook decide dismiss")
	}
	id, err := d.record(DecideTreat, subject, payload)
	if err != nil {
		return d.out, err
	}
	if t.Remember {
		if err := d.rememberTreatment(id, asked.PayerID, placeOf(w.Key).suffix == "protected", t.As, chosen); err != nil {
			return d.out, err
		}
	}
	if err := d.post(DecideTreat, subject, e); err != nil {
		return d.out, err
	}
	d.out.Message = fmt.Sprintf("%s of claim %s (%s): %s", d.out.Amount.Dollars(), c.Number, strings.Join(codesOf(chosen), ", "), wordsFor(disposal))
	if err := d.tell(c.ID, d.out.Message); err != nil {
		return d.out, err
	}
	// The item ends with the last of its reasons that is still open.
	for _, tr := range e.Transfers {
		balances[tr.Credit] -= tr.Amount
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(l billing.Left) bool { return slices.Contains(codesOf(chosen), l.Code()) })
	if len(billing.Dispose(c, row.PayerID, billing.Disposal{Kind: billing.KindWriteOff, Account: ledger.DenialWriteOffs}, rest, balances).Transfers) == 0 {
		if err := d.closeItem(&w, wordsFor(disposal)+" by decision"); err != nil {
			return d.out, err
		}
	}
	if disposal.NextPayer && d.enqueue != nil {
		if err := d.enqueue.Enqueue(d.ctx, d.tx, jobs.COBBuildArgs{PracticeID: d.practiceID, RemittanceID: row.ID, ClaimIDs: []int64{c.ID}, Today: d.by.On}); err != nil {
			return d.out, err
		}
	}
	return d.out, d.settle(DecideTreat, subject, c.PatientID)
}

// left returns the reasons that a work item is about.
func (d *Desk) left(w *billingdb.Waiting, row *billingdb.Remittance, c *billing.Claim) ([]billing.Left, error) {
	at := placeOf(w.Key)
	if at.seq == 0 || at.suffix != "" && at.suffix != "protected" {
		return nil, fault.Invalidf("CB-DECIDE-005", "work item %d is not about adjustments of one answer", w.ID).WithFix("what usually helps: " + w.Action)
	}
	list, err := billingdb.LeftInReceivable(d.ctx, d.tx, d.practiceID, row.ID, at.seq, c)
	if err != nil {
		return nil, err
	}
	// A share that may not be billed is an item of its own beside what is open for
	// other reasons.
	return slices.DeleteFunc(list, func(l billing.Left) bool {
		switch {
		case w.Kind == string(claims.WorkDenied):
			return !l.Denied
		case at.suffix == "protected":
			return l.Denied || !l.PatientShare()
		}
		return l.Denied || l.PatientShare()
	}), nil
}

// rememberTreatment keeps the rule. That of a share which may not be billed is
// for such shares alone: other patients of the payer owe theirs.
func (d *Desk) rememberTreatment(decisionID, payerID int64, protected bool, as billing.Treatment, list []billing.Left) error {
	kind := "treatment"
	if protected {
		kind = "protected"
	}
	for i := range list {
		if err := billingdb.Remember(d.ctx, d.tx, d.practiceID, billingdb.PayerRule{PayerID: payerID, Kind: kind, Group: list[i].Group, Code: list[i].CARC,
			Treatment: string(as), DecisionID: decisionID}); err != nil {
			return err
		}
	}
	return nil
}

func codesOf(list []billing.Left) []string {
	var codes []string
	for i := range list {
		if code := list[i].Code(); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

func receivables(c *billing.Claim, asked billing.NextPayer, list []billing.Left) []ledger.Key {
	keys := make([]ledger.Key, len(list))
	for i := range list {
		keys[i] = c.Receivable(list[i].Line, asked)
	}
	return keys
}

func wordsFor(p billing.Disposal) string {
	switch {
	case p.NextPayer:
		return "the next payer owes it"
	case p.Account == "":
		return "the patient owes it"
	}
	return "written off to " + p.Account
}

type linePayload struct {
	Line int `json:"line"` // LX01
}

// AssignLine moves what a payer answered for no line of ours, and so stands under
// the claim's number, to one of the claim's lines.
func (d *Desk) AssignLine(ref string, lineNo int) (Decided, error) {
	w, err := d.item(ref, claims.WorkUnmatched)
	if err != nil {
		return d.out, err
	}
	if at := placeOf(w.Key); at.suffix != "lines" {
		return d.out, fault.Invalidf("CB-DECIDE-005", "work item %d is not about lines that match nothing", w.ID).WithFix("what usually helps: " + w.Action)
	}
	payload := linePayload{lineNo}
	if known, err := d.known(DecideAssignLine, w.Key, payload, itemKinds...); known || err != nil {
		return d.out, err
	}
	if err := open(&w); err != nil {
		return d.out, err
	}
	row, err := billingdb.FindRemittance(d.ctx, d.tx, d.practiceID, w.RemittanceID)
	if err != nil {
		return d.out, err
	}
	c, err := d.claim(w.Claim)
	if err != nil {
		return d.out, err
	}
	i := slices.IndexFunc(c.Lines, func(l billing.ClaimLine) bool { return l.LineNo == lineNo })
	if i < 0 {
		return d.out, fault.Invalidf("CB-DECIDE-LINE", "claim %s has no line %d: it has %d", c.Number, lineNo, len(c.Lines))
	}
	answer, err := d.answer(&w)
	if err != nil {
		return d.out, err
	}
	e := billing.AssignLine(c, c.Asked(row.PayerID), &c.Lines[i], answer)
	if len(e.Transfers) == 0 {
		return d.out, fault.Invalidf("CB-DECIDE-NOTHING", "nothing stands under claim %s as a whole", c.Number).WithFix("if it is settled: claimbook decide dismiss")
	}
	if _, err := d.record(DecideAssignLine, w.Key, payload); err != nil {
		return d.out, err
	}
	if err := d.post(DecideAssignLine, w.Key, e); err != nil {
		return d.out, err
	}
	d.out.Amount /= 2 // each amount is taken back and made again
	d.out.Message = fmt.Sprintf("%s of claim %s belongs to line %d", d.out.Amount.Dollars(), c.Number, lineNo)
	if err := d.tell(c.ID, d.out.Message); err != nil {
		return d.out, err
	}
	if err := d.closeItem(&w, fmt.Sprintf("assigned to line %d", lineNo)); err != nil {
		return d.out, err
	}
	return d.out, d.settle(DecideAssignLine, w.Key, c.PatientID)
}

// answer returns the transfers of the answer that a work item comes from; none
// when it was taken back.
func (d *Desk) answer(w *billingdb.Waiting) ([]ledger.Transfer, error) {
	source, _ := strings.CutSuffix(strings.TrimPrefix(w.Key, w.Kind+"|"), "|lines")
	entries, err := ledgerdb.EntriesBySource(d.ctx, d.tx, d.practiceID, source)
	if err != nil {
		return nil, err
	}
	var list []ledger.Transfer
	for _, e := range entries {
		if (e.SourceKey == source || e.SourceKey == source+billing.MatchSuffix) && e.ReversedBy == 0 {
			list = append(list, e.Transfers...)
		}
	}
	return list, nil
}

// Classify is what a person takes a provider-level adjustment in suspense for.
type Classify struct {
	Item      string // work item: plb
	Account   string
	Reference string // for 2100 and 2210: what the payer and we have open; "": the adjustment's own
	Remember  bool   // so from now on for this payer's code
}

type classifyPayload struct {
	Account   string `json:"account"`
	Reference string `json:"reference,omitempty"`
	Remember  bool   `json:"remember,omitempty"`
}

// Classify moves a provider-level adjustment out of suspense (2190).
func (d *Desk) Classify(k Classify) (Decided, error) {
	w, err := d.item(k.Item, claims.WorkPLB)
	if err != nil {
		return d.out, err
	}
	payload := classifyPayload{k.Account, k.Reference, k.Remember}
	if known, err := d.known(DecideClassify, w.Key, payload, itemKinds...); known || err != nil {
		return d.out, err
	}
	if err := open(&w); err != nil {
		return d.out, err
	}
	source := strings.TrimPrefix(w.Key, "plb|")
	entries, err := ledgerdb.EntriesBySource(d.ctx, d.tx, d.practiceID, source)
	if err != nil {
		return d.out, err
	}
	var suspended *ledger.Transfer
	var code string
	for i := range entries {
		for n := range entries[i].Transfers {
			if t := &entries[i].Transfers[n]; entries[i].SourceKey == source && (t.Debit.Account == ledger.PLBSuspense || t.Credit.Account == ledger.PLBSuspense) {
				suspended, code = t, strings.TrimPrefix(entries[i].Memo, "PLB ")
			}
		}
	}
	if suspended == nil {
		return d.out, fault.Invalidf("CB-DECIDE-005", "work item %d is not an adjustment in suspense", w.ID).WithFix("what usually helps: " + w.Action)
	}
	key, amount := suspended.Debit, suspended.Amount
	if key.Account != ledger.PLBSuspense {
		key, amount = suspended.Credit, -amount
	}
	to, err := d.classifiedAs(k, key)
	if err != nil {
		return d.out, err
	}
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, []ledger.Key{key, to})
	if err != nil {
		return d.out, err
	}
	held := balances[key]
	if amount > 0 {
		amount = min(amount, max(held, 0))
	} else {
		amount = max(amount, min(held, 0))
	}
	if amount == 0 {
		return d.out, fault.Invalidf("CB-DECIDE-NOTHING", "nothing is left in suspense under reference %s", key.Reference).WithFix("a later payment has cleared it: claimbook decide dismiss")
	}
	if open := max(-balances[to], 0); to.Account == ledger.PayerRecoupment && amount > open {
		return d.out, tooMuch(amount, open, "what the payer has announced to recover", "reference "+to.Reference)
	}
	id, err := d.record(DecideClassify, w.Key, payload)
	if err != nil {
		return d.out, err
	}
	if err := d.rememberPLB(id, k, &w, code); err != nil {
		return d.out, err
	}
	e := ledger.Entry{Kind: "plb-classified"}
	e.Move(to, key, amount, ledger.Dimensions{EDIFileID: suspended.EDIFileID, ByteOffset: suspended.ByteOffset})
	if err := d.post(DecideClassify, w.Key, e); err != nil {
		return d.out, err
	}
	d.out.Message = fmt.Sprintf("%s of reference %s belongs to account %s", amount.Abs().Dollars(), key.Reference, k.Account)
	return d.out, d.closeItem(&w, "classified: "+k.Account)
}

// classifiedAs is the key of where the adjustment belongs. Cash, receivables and
// patients' money are never what a provider-level adjustment is for.
func (d *Desk) classifiedAs(k Classify, from ledger.Key) (ledger.Key, error) {
	chart, err := ledgerdb.Chart(d.ctx, d.tx, d.practiceID)
	if err != nil {
		return ledger.Key{}, err
	}
	account, known := chart[k.Account]
	switch {
	case !known:
		return ledger.Key{}, fault.Usagef("CB-DECIDE-ACCOUNT", "account %q is not in the chart", k.Account).WithFix("accounts are listed by: claimbook report trial-balance")
	case k.Account == ledger.PayerRecoupment || k.Account == ledger.PayerRefunds:
		to := ledger.Key{Account: k.Account, PayerID: from.PayerID, Reference: from.Reference}
		if k.Reference != "" {
			to.Reference = k.Reference
		}
		return to, nil
	case len(account.KeyedBy) > 0 || k.Account == ledger.Bank || k.Account == ledger.Undeposited || k.Account == ledger.PatientRefunds || k.Account == ledger.GrossCharges:
		return ledger.Key{}, fault.Usagef("CB-DECIDE-ACCOUNT", "account %s (%s) is nothing that a provider-level adjustment can be for", k.Account, account.Name).
			WithFix("give an account of revenue, expense, withholds or tax, or 2100 or 2210 with --reference")
	case k.Reference != "":
		return ledger.Key{}, fault.Usagef("CB-DECIDE-REFERENCE", "account %s is not divided by reference", k.Account).WithFix("leave --reference out")
	}
	return ledger.Key{Account: k.Account}, nil
}

func (d *Desk) rememberPLB(decisionID int64, k Classify, w *billingdb.Waiting, code string) error {
	if !k.Remember {
		return nil
	}
	if k.Reference != "" {
		return fault.Usagef("CB-DECIDE-REMEMBER", "a reference is of one recovery only: it is not remembered").WithFix("leave --remember or --reference out")
	}
	if code == "WO" || code == "FB" {
		return fault.Usagef("CB-DECIDE-REMEMBER", "%s clears what the payer has announced: another rule would lose that", code).WithFix("leave --remember out")
	}
	return billingdb.Remember(d.ctx, d.tx, d.practiceID, billingdb.PayerRule{PayerID: w.PayerID, Kind: "plb", Code: code, Treatment: k.Account, DecisionID: decisionID})
}
