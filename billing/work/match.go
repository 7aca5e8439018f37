package work

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Match is a person's decision that an unmatched CLP speaks for a claim of ours.
type Match struct {
	RemittanceID int64
	Seq          int    // of the CLP in its payment
	ClaimNumber  string // ours
	Remember     bool   // the number that the payer wrote means this claim from now on, whatever CLP07 says
	Reason       string
	Actor        string
	On           date.Date
}

// MatchPayload is what the decision row of a match keeps.
type MatchPayload struct {
	Claim    string `json:"claim"`
	Remember bool   `json:"remember,omitempty"`
}

// MatchClaim posts a CLP that had been left unmatched, from where its cash waits
// (2010), by the same rules as if it had been matched at once.
func MatchClaim(ctx context.Context, tx pgx.Tx, enqueue jobs.Enqueuer, practiceID int64, m Match) error {
	reported, err := billingdb.LockUnmatched(ctx, tx, practiceID, m.RemittanceID, m.Seq)
	if err != nil {
		return err
	}
	row, err := billingdb.FindRemittance(ctx, tx, practiceID, m.RemittanceID)
	if err != nil {
		return err
	}
	if row.State != billingdb.Posted {
		return fault.Invalidf("CB-MATCH-003", "payment %s is %s: nothing of it can be matched", row.Trace, row.State)
	}
	decisionID, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: DecideMatch, Subject: fmt.Sprintf("%s|CLP|%d", row.SourceKey, m.Seq),
		Payload: MatchPayload{m.ClaimNumber, m.Remember}, Reason: m.Reason, Actor: m.Actor, On: m.On})
	if err != nil {
		return err
	}
	p := &poster{ctx: ctx, tx: tx, row: row, patients: map[int64]bool{}, matching: true,
		args: jobs.RemitPostArgs{PracticeID: practiceID, FileID: row.EDIFileID, ByteOffset: row.ByteOffset, ReceivedOn: m.On}}
	c, err := p.findClaim(m.Seq)
	if err != nil {
		return err
	}
	posting, err := ledgerdb.PostingDate(ctx, tx, practiceID, m.On)
	if err != nil {
		return err
	}
	treatments, _, err := billingdb.Rules(ctx, tx, practiceID)
	if err != nil {
		return err
	}
	if p.appealDays, err = billingdb.AppealDays(ctx, tx, practiceID); err != nil {
		return err
	}
	payment := billing.Payment{Key: row.SourceKey, Trace: row.Trace, PayerID: row.PayerID, PayerName: row.PayerName, RemittanceID: row.ID,
		EDIFileID: row.EDIFileID, ReceivedOn: m.On, DecidedOn: row.CheckDate, PostingDate: posting}
	if payment.Identified, err = p.waitsUnder(payment.Unidentified(reported), m.Seq); err != nil {
		return err
	}
	p.row.PostingDate = posting
	p.poster = billing.NewPoster(payment, treatments)
	if err := p.remember(m, c, decisionID); err != nil {
		return err
	}
	c.ControlNumber = m.ClaimNumber
	if err := p.postSlice([]*remit835.Claim{c}); err != nil {
		return err
	}
	if p.poster.Posted != 1 {
		return fault.Invalidf("CB-MATCH-004", "claim %s cannot take it: %s", m.ClaimNumber, "it is not in this book, or the reversal has no original there")
	}
	if err := p.later(fmt.Sprintf("%s|CLP|%d%s", row.SourceKey, m.Seq, billing.MatchSuffix)); err != nil {
		return err
	}
	if err := p.credits(fmt.Sprintf("%s|CLP|%d%s", row.SourceKey, m.Seq, billing.MatchSuffix)); err != nil {
		return err
	}
	if err := claimsdb.CloseWorkItems(ctx, tx, practiceID, []string{fmt.Sprintf("unmatched|%s|CLP|%d", row.SourceKey, m.Seq)}, m.On, "matched to claim "+m.ClaimNumber); err != nil {
		return err
	}
	ids := make([]int64, 0, len(p.patients))
	for id := range p.patients {
		ids = append(ids, id)
	}
	if _, err := billingdb.SettleAccounts(ctx, tx, practiceID, ids, posting, m.Actor,
		func(account string) string {
			return fmt.Sprintf("%s|CLP|%d%s|APPLY|%s", row.SourceKey, m.Seq, billing.MatchSuffix, account)
		}); err != nil {
		return err
	}
	if err := billingdb.CloseSettledClaims(ctx, tx, practiceID, ids, m.On, m.Actor); err != nil {
		return err
	}
	if len(p.cob) == 0 || enqueue == nil {
		return nil
	}
	return enqueue.Enqueue(ctx, tx, jobs.COBBuildArgs{PracticeID: practiceID, RemittanceID: row.ID, ClaimIDs: p.cob, Today: m.On})
}

// remember keeps what the person found out about the payer's numbers, so that a
// reversal of this answer, which carries the same, finds the claim by itself.
func (p *poster) remember(m Match, c *remit835.Claim, decisionID int64) error {
	numbers := []string{}
	if c.PayerControlNumber != "" {
		numbers = append(numbers, c.PayerControlNumber)
	}
	if m.Remember {
		numbers = append(numbers, "")
	}
	if c.ControlNumber == "" || c.ControlNumber == m.ClaimNumber {
		return nil
	}
	for _, number := range numbers {
		if err := billingdb.SaveAlias(p.ctx, p.tx, p.args.PracticeID, billingdb.Alias{PayerID: p.row.PayerID, ClaimNumber: c.ControlNumber,
			PayerClaimNumber: number, Claim: m.ClaimNumber}, decisionID); err != nil {
			return err
		}
	}
	return nil
}

// waitsUnder returns the key under which the cash of the CLP waits: the trace's
// when the payee was unknown, else the one given.
func (p *poster) waitsUnder(key ledger.Key, seq int) (ledger.Key, error) {
	source := fmt.Sprintf("%s|CLP|%d", p.row.SourceKey, seq)
	entries, err := ledgerdb.EntriesBySource(p.ctx, p.tx, p.args.PracticeID, source)
	for _, e := range entries {
		for _, t := range e.Transfers {
			if e.SourceKey != source {
				continue
			}
			if t.Credit.Account == ledger.UnidentifiedCash {
				key = t.Credit
			} else if t.Debit.Account == ledger.UnidentifiedCash {
				key = t.Debit
			}
		}
	}
	return key, err
}

// findClaim reads one CLP of the payment from the stored file.
func (p *poster) findClaim(seq int) (*remit835.Claim, error) {
	d, _, err := p.open()
	if err != nil {
		return nil, err
	}
	for {
		c, err := d.NextClaim()
		if errors.Is(err, io.EOF) {
			return nil, fault.NotFoundf("CB-MATCH-001", "the payment has no claim %d", seq)
		}
		if err != nil {
			return nil, err
		}
		if c.Number == seq {
			cleanClaim(c)
			return c, nil
		}
	}
}
