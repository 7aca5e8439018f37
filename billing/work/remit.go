// Package work has the jobs of billing: they load, call package billing, save
// and enqueue, in one transaction.
package work

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	exchangework "github.com/claimbook/claimbook/edi/exchange/work"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// slice bounds how many claims are loaded, posted and saved at once. Tests make
// it small.
var slice = 2000

// cobChunk is how many claims one job asks the next payers for.
const cobChunk = 500

// PostRemittance works remit.post: one payment, whole or not at all. It reads
// the payment twice, first to balance and identify it, then to post it.
func PostRemittance(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.RemitPostArgs]) error {
	if err := exchangework.AwaitTurn(ctx, tx, job.PracticeID, job.Args.FileID); err != nil {
		return err
	}
	p := poster{ctx: ctx, tx: tx, args: job.Args, runID: job.RunID, enqueue: job.Enqueue}
	return p.run()
}

// PostPayment is PostRemittance outside of a job, for a dry run: what it would
// enqueue is dropped.
func PostPayment(ctx context.Context, tx pgx.Tx, args jobs.RemitPostArgs) error {
	p := poster{ctx: ctx, tx: tx, args: args, runID: args.RunID, enqueue: func(...jobs.Args) {}}
	return p.run()
}

type poster struct {
	ctx     context.Context
	tx      pgx.Tx
	args    jobs.RemitPostArgs
	runID   int64
	enqueue func(...jobs.Args)

	row        billingdb.Remittance
	poster     *billing.Poster
	provider   []billing.ProviderRule
	appealDays map[int64]int
	patients   map[int64]bool
	// Service lines and claim numbers whose balances the poster knows for good.
	locked       map[int64]bool
	lockedClaims map[string]bool
	cob          []int64
	again        bool // the payment is here already
	matching     bool // a person has found the claim of a CLP that was recorded before
	// payeeUnknown: no claim of the payment can be ours.
	payeeUnknown bool
	aliases      map[alias]billingdb.Alias // what numbers that are not ours were found to mean
	newAliases   []billingdb.Alias
	odd          faults // about a payment that posts all the same
}

// run posts the payment and then tells the file what became of it.
func (p *poster) run() error {
	if err := p.work(); err != nil {
		return err
	}
	return exchangedb.FinishTransaction(p.ctx, p.tx, p.args.PracticeID, p.args.FileID, p.args.ByteOffset, exchangedb.Done, p.outcome())
}

// outcome says in a sentence what became of the payment.
func (p *poster) outcome() (outcome string) {
	switch {
	case p.again && p.row.State == billingdb.Informational && strings.HasPrefix(p.row.Reason, accepted):
		outcome = fmt.Sprintf("payment %s was received before and %s: nothing to do", p.row.Trace, accepted)
	case p.again && p.row.State == billingdb.Quarantined:
		outcome = fmt.Sprintf("payment %s came before and waits in quarantine: %s", p.row.Trace, p.row.Reason)
	case p.again:
		outcome = fmt.Sprintf("payment %s was received before: nothing to do", p.row.Trace)
	case p.row.State == billingdb.Quarantined:
		outcome = "quarantined: " + p.row.Reason
	case p.row.State == billingdb.Informational:
		outcome = p.row.Reason
	default:
		outcome = fmt.Sprintf("payment %s posted: %d claims", p.row.Trace, p.row.Claims)
		if p.row.Unmatched > 0 {
			outcome += fmt.Sprintf(", %d of them unidentified", p.row.Unmatched)
		}
		if odd := p.odd.String(); odd != "" {
			outcome += "; odd about it: " + odd
		}
	}
	return outcome
}

func (p *poster) work() error {
	audit, err := p.audit()
	if err != nil {
		return err
	}
	if err := p.identify(audit); err != nil {
		return err
	}
	p.odd = audit.odd
	if reason := audit.reason; reason != "" {
		return p.quarantine(reason, audit)
	}
	mine, other, err := billingdb.FindPayee(p.ctx, p.tx, p.args.PracticeID, audit.npis(), audit.tins())
	if err != nil {
		return err
	}
	if !mine && other != "" {
		return p.quarantine(fmt.Sprintf("the payee is practice %s of this book, not this one: receive the file there", other), audit)
	}
	p.payeeUnknown = !mine
	return p.post(audit)
}

// identify fills in the header row.
func (p *poster) identify(a *audit) error {
	h := a.payment
	originator, trace := clean(h.Trace.Originator), clean(h.Trace.Number)
	p.row = billingdb.Remittance{EDIFileID: p.args.FileID, SourceKey: "835|" + originator + "|" + trace, RequestHash: a.hash, Trace: trace,
		Originator: originator, PayerName: clean(h.Payer.Name), Method: clean(h.Financial.Method), Handling: clean(h.Financial.Handling),
		Amount: max(h.Financial.Amount, 0), CheckDate: h.Financial.Date, Control: clean(h.Header.Control), ByteOffset: h.ByteOffset,
		State: billingdb.Posted, Claims: a.claims, ReceivedOn: p.args.ReceivedOn}
	if npis := a.npis(); len(npis) > 0 {
		p.row.PayeeNPI = npis[0]
	}
	if h.Financial.Method == remit835.MethodNone {
		p.row.SourceKey += "|" + short(a.hash) // zero payments reuse traces
	}
	tins := []string{}
	for _, id := range []string{originator, clean(h.Financial.Originator)} {
		if len(id) > 1 && id[0] == '1' {
			tins = append(tins, id[1:])
		}
	}
	identifiers := []string{}
	for _, id := range []string{h.Payer.ID, payerReference(h, "2U"), originator, strings.TrimPrefix(originator, "1")} {
		if id = clean(id); id != "" {
			identifiers = append(identifiers, id)
		}
	}
	var err error
	p.row.PayerID, err = billingdb.FindPayer(p.ctx, p.tx, p.args.PracticeID, tins, identifiers, p.row.PayerName)
	return err
}

func payerReference(h *remit835.Payment, qualifier string) string {
	for _, r := range h.Payer.References {
		if r.Qualifier == qualifier {
			return r.Value
		}
	}
	return ""
}

// quarantine keeps a payment out of the book, whole, with its reason and a work
// item. Its key has its hash behind it, so that the corrected payment posts.
func (p *poster) quarantine(reason string, a *audit) error {
	p.row.State, p.row.Reason = billingdb.Quarantined, reason
	p.row.SourceKey = fmt.Sprintf("835|%s|%s|quarantine|%s", p.row.Originator, p.row.Trace, short(a.hash))
	row, inserted, err := billingdb.InsertRemittance(p.ctx, p.tx, p.args.PracticeID, p.row)
	if err != nil {
		return err
	}
	if !inserted {
		if row.State == billingdb.Quarantined {
			row.Reason = reason // the same fault, at its place in this file
		}
		p.row, p.again = row, true
		return nil
	}
	what := fmt.Sprintf("payment %s of %s was not posted: %s", row.Trace, row.Amount.Dollars(), reason)
	if a.unread {
		what = reason + "; nothing of it was posted"
	}
	return claimsdb.OpenWorkItems(p.ctx, p.tx, p.args.PracticeID, []claims.WorkItem{{Kind: claims.WorkQuarantine,
		DedupeKey: "quarantine|" + row.SourceKey, PayerID: row.PayerID, RemittanceID: row.ID, EDIFileID: row.EDIFileID,
		Reason: what,
		Action: "Ask the payer for a corrected remittance; nothing of this one is in the book", Amount: row.Amount, OpenedOn: p.args.ReceivedOn}})
}

// post writes the gate and, behind it, everything that the payment does.
func (p *poster) post(a *audit) error {
	h := a.payment
	if h.Financial.Handling == remit835.HandlingPrenotification {
		p.row.State, p.row.Reason = billingdb.Informational, "a prenotification (BPR01 = P): a test of the account, nothing posts"
		p.row.SourceKey += "|P"
		_, inserted, err := billingdb.InsertRemittance(p.ctx, p.tx, p.args.PracticeID, p.row)
		p.again = !inserted
		return err
	}
	row, inserted, err := billingdb.InsertRemittance(p.ctx, p.tx, p.args.PracticeID, p.row)
	if err != nil {
		return err
	}
	if !inserted {
		if row.RequestHash == a.hash {
			p.again = true
			return nil
		}
		first := row.Amount
		return p.quarantine(fmt.Sprintf("trace %s of payer %s was already received with other content (%s then, %s now; content %s then, %s now)",
			row.Trace, row.Originator, first.Dollars(), p.row.Amount.Dollars(), short(row.RequestHash), short(a.hash)), a)
	}
	p.row = row
	return p.postInserted(a)
}

// postInserted does what the payment does, behind the gate that its row is.
func (p *poster) postInserted(a *audit) (err error) {
	h := a.payment
	if p.row.PostingDate, err = ledgerdb.PostingDate(p.ctx, p.tx, p.args.PracticeID, p.args.ReceivedOn); err != nil {
		return err
	}
	var treatments billing.Treatments
	if treatments, p.provider, err = billingdb.Rules(p.ctx, p.tx, p.args.PracticeID); err != nil {
		return err
	}
	if p.appealDays, err = billingdb.AppealDays(p.ctx, p.tx, p.args.PracticeID); err != nil {
		return err
	}
	p.patients = map[int64]bool{}
	p.poster = billing.NewPoster(billing.Payment{Key: p.row.SourceKey, Trace: p.row.Trace, PayerID: p.row.PayerID, PayerName: p.row.PayerName,
		RemittanceID: p.row.ID, EDIFileID: p.row.EDIFileID, ReceivedOn: p.args.ReceivedOn, DecidedOn: h.Financial.Date,
		PostingDate: p.row.PostingDate, PayeeUnknown: p.payeeUnknown}, treatments)
	if a.numbers, err = p.loadAliases(a.numbers); err != nil {
		return err
	}
	if err := p.lockAll(a.numbers); err != nil {
		return err
	}
	payment, err := p.postClaims()
	if err != nil {
		return err
	}
	return p.finish(payment)
}

// postClaims reads the payment again and posts its claims in slices. A slice
// ends before a reversal of a claim that it already has, because the reversal
// links to the earlier entry.
func (p *poster) postClaims() (*remit835.Payment, error) {
	d, payment, err := p.open()
	if err != nil {
		return nil, err
	}
	var part []*remit835.Claim
	seen := map[string]bool{}
	flush := func() error {
		err := p.postSlice(part)
		part = part[:0]
		clear(seen)
		return err
	}
	for {
		c, err := d.NextClaim()
		if err == io.EOF {
			return payment, flush()
		}
		if err != nil {
			return nil, err // it was readable a moment ago
		}
		cleanClaim(c)
		byLines := numberByLines(c)
		if len(part) == slice || c.IsReversal() && (seen[c.ControlNumber] || seen[byLines]) {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		part = append(part, c)
		seen[c.ControlNumber] = true
		if byLines != "" {
			seen[byLines] = true
		}
	}
}

func (p *poster) postSlice(part []*remit835.Claim) error {
	if len(part) == 0 {
		return nil
	}
	ours, err := p.match(part)
	if err != nil {
		return err
	}
	var keys []ledger.Key
	var reversed []int64
	for _, c := range part {
		if our := ours[c]; our != nil {
			keys = append(keys, p.poster.Keys(our)...)
			p.patients[our.PatientID] = true
			if c.IsReversal() {
				reversed = append(reversed, our.ID)
			}
		}
	}
	if err := p.know(keys); err != nil {
		return err
	}
	histories, err := billingdb.Histories(p.ctx, p.tx, p.args.PracticeID, reversed)
	if err != nil {
		return err
	}
	keys = nil
	for _, h := range histories {
		keys = append(keys, p.poster.HistoryKeys(h)...)
	}
	if err := p.know(keys); err != nil {
		return err
	}
	for _, c := range part {
		var history billing.History
		if our := ours[c]; our != nil && c.IsReversal() {
			history = histories[our.ID]
		}
		p.poster.Claim(c, ours[c], history)
	}
	return p.save()
}

// save writes what the poster has gathered.
func (p *poster) save() error {
	out := p.poster.Take()
	practiceID := p.args.PracticeID
	record := billingdb.SaveReported
	if p.matching && len(out.Claims) > 0 {
		record = billingdb.SaveMatch
	}
	if err := record(p.ctx, p.tx, practiceID, p.row.ID, &out); err != nil {
		return err
	}
	if len(out.Entries) > 0 {
		if _, err := ledgerdb.Post(p.ctx, p.tx, practiceID, out.Entries); err != nil {
			return err
		}
		if err := p.recovered(out.Entries); err != nil {
			return err
		}
	}
	if err := claimsdb.Transition(p.ctx, p.tx, practiceID, out.Moves); err != nil {
		return err
	}
	on := p.args.ReceivedOn
	for _, closed := range [...]struct {
		kind   claims.WorkItemKind
		claims []int64
		why    string
	}{
		{claims.WorkNoResponse, out.Answered, "the payer answered"},
		{claims.WorkDenied, out.Resolved, "the payer answered again"},
		{claims.WorkAdjustment, out.Resolved, "the payer answered again"},
	} {
		if err := claimsdb.CloseClaimItems(p.ctx, p.tx, practiceID, closed.kind, closed.claims, on, closed.why); err != nil {
			return err
		}
	}
	if err := claimsdb.CloseWorkItems(p.ctx, p.tx, practiceID, out.Gone, on, "the payer took back the answer that it was about"); err != nil {
		return err
	}
	if len(out.Later) > 0 {
		if err := billingdb.SaveLater(p.ctx, p.tx, practiceID, out.Later); err != nil {
			return err
		}
	}
	for _, key := range out.Cleared {
		items, err := billingdb.SuspenseItems(p.ctx, p.tx, practiceID, key.PayerID, key.Reference)
		if err != nil {
			return err
		}
		if err := claimsdb.CloseWorkItems(p.ctx, p.tx, practiceID, items, on, "nothing is in suspense under reference "+key.Reference+" any more"); err != nil {
			return err
		}
	}
	for _, a := range p.newAliases {
		if err := billingdb.SaveAlias(p.ctx, p.tx, practiceID, a, 0); err != nil {
			return err
		}
	}
	p.newAliases = p.newAliases[:0]
	p.cob = append(p.cob, out.NextPayer...)
	return claimsdb.OpenWorkItems(p.ctx, p.tx, practiceID, out.Items)
}

// finish posts the provider adjustments, puts the patients' accounts in order,
// and hands on what the next payers have to be asked for.
func (p *poster) finish(payment *remit835.Payment) error {
	for i := range payment.Adjustments {
		a := &payment.Adjustments[i]
		a.Provider, a.Reason, a.Reference = clean(a.Provider), clean(a.Reason), clean(a.Reference)
	}
	if err := p.later(p.row.SourceKey); err != nil {
		return err
	}
	keys := p.poster.ProviderKeys(payment.Adjustments)
	balances, err := ledgerdb.LockBalances(p.ctx, p.tx, p.args.PracticeID, keys)
	if err != nil {
		return err
	}
	p.poster.Know(balances)
	if refunds := p.poster.Overtaken(payment.Adjustments); len(refunds) > 0 {
		recouped, err := billingdb.Recouped(p.ctx, p.tx, p.args.PracticeID, refunds)
		if err != nil {
			return err
		}
		p.poster.KnowRecouped(recouped)
	}
	p.poster.ProviderAdjustments(payment.Adjustments, p.provider)
	p.poster.Strangers()
	if payment.Financial.Method == remit835.MethodCheck {
		p.poster.PaperCheck(payment.Financial.Amount, payment.Financial.ByteOffset)
	}
	if p.payeeUnknown {
		p.poster.UnknownPayee(payment.Financial.Amount)
	}
	if err := p.save(); err != nil {
		return err
	}
	if err := p.credits(p.row.SourceKey); err != nil {
		return err
	}
	if err := p.settle(); err != nil {
		return err
	}
	p.row.Posted, p.row.Unmatched = p.poster.Posted, p.poster.Unmatched
	if err := billingdb.FinishRemittance(p.ctx, p.tx, p.args.PracticeID, p.row); err != nil {
		return err
	}
	slices.Sort(p.cob)
	for chunk := range slices.Chunk(slices.Compact(p.cob), cobChunk) {
		p.enqueue(jobs.COBBuildArgs{PracticeID: p.args.PracticeID, RunID: p.runID, RemittanceID: p.row.ID, ClaimIDs: slices.Clone(chunk), Today: p.args.ReceivedOn})
	}
	return nil
}

func (p *poster) settle() error {
	ids := make([]int64, 0, len(p.patients))
	for id := range p.patients {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	_, err := billingdb.SettleAccounts(p.ctx, p.tx, p.args.PracticeID, ids, p.row.PostingDate, "remit.post",
		func(account string) string { return p.row.SourceKey + "|APPLY|" + account })
	if err != nil {
		return err
	}
	return billingdb.CloseSettledClaims(p.ctx, p.tx, p.args.PracticeID, ids, p.args.ReceivedOn, "remit.post")
}

func claimOf(f *claimsdb.PostingClaim, appealDays map[int64]int) *billing.Claim {
	c := &billing.Claim{ID: f.ID, Number: f.Number, State: f.State, Rank: f.Rank, PayerID: f.PayerID, PatientID: f.PatientID,
		GuarantorID: f.GuarantorID, EncounterID: f.EncounterID, Visit: f.EncounterExternalID, ProviderID: f.RenderingProviderID,
		Charge: f.Charge, ServiceDate: f.ServiceDate, BillsPatient: f.PayerBillsPatient, QMB: f.QMB,
		AppealDays: appealDays[f.PayerID]}
	for at, next := &c.Next, f.Next; next != nil; next = next.Next {
		*at = &billing.NextPayer{PayerID: next.PayerID, Rank: next.Rank, BillsPatient: next.BillsPatient}
		at = &(*at).Next
	}
	for _, l := range f.Lines {
		c.Lines = append(c.Lines, billing.ClaimLine{ServiceLineID: l.ServiceLineID, LineNo: l.LineNo, ControlNumber: l.ControlNumber,
			Procedure: l.Procedure, Modifiers: l.Modifiers, Charge: l.Charge, ServiceDate: l.ServiceDate})
	}
	return c
}
