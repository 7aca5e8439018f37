package work

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
)

// interchangeClaims bounds an interchange: it is put together in memory.
const interchangeClaims = 10_000

// Selection says which ready claims are submitted.
type Selection struct {
	PayerID int64     // 0: every payer
	Service date.Date // only this day of service; zero: every day
	Numbers []string  // only these claims; none: every claim
}

// only leaves the claims that the selection names.
func (s Selection) only(ready []claimsdb.ReadyClaim) []claimsdb.ReadyClaim {
	if len(s.Numbers) == 0 {
		return ready
	}
	named := make(map[string]bool, len(s.Numbers))
	for _, number := range s.Numbers {
		named[number] = true
	}
	return slices.DeleteFunc(ready, func(c claimsdb.ReadyClaim) bool { return !named[c.Number] })
}

// buildBatches is the job batch.build. Batches that an earlier run built and
// could not deliver are delivered with it, and a submission is the moment of the
// day to look for what nobody answered.
func buildBatches(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.BatchBuildArgs]) error {
	if _, err := BuildBatches(ctx, tx, job.PracticeID, job.RunID, Selection{PayerID: job.Args.PayerID, Service: job.Args.Service}, job.Args.Today); err != nil {
		return err
	}
	unsent, err := claimsdb.UnsentBatches(ctx, tx, job.PracticeID)
	if err != nil {
		return err
	}
	for _, b := range unsent {
		job.Enqueue(jobs.ExchangeSendArgs{PracticeID: job.PracticeID, RunID: job.RunID, BatchID: b.ID, Today: job.Args.Today})
	}
	job.Enqueue(jobs.DeadlineSweepArgs{PracticeID: job.PracticeID, RunID: job.RunID, Today: job.Args.Today})
	return nil
}

// BuildBatches groups the ready claims by trading partner and claim type,
// numbers and writes their interchanges, stores the bytes, and freezes the
// claims in them: all in the caller's transaction, so that a preview is the
// same with the transaction rolled back.
func BuildBatches(ctx context.Context, tx pgx.Tx, practiceID, runID int64, s Selection, today date.Date) ([]claimsdb.Batch, error) {
	if err := claimsdb.LockSubmission(ctx, tx, practiceID); err != nil {
		return nil, err
	}
	ready, err := claimsdb.ReadyClaims(ctx, tx, practiceID, s.PayerID, s.Service)
	if ready = s.only(ready); err != nil || len(ready) == 0 {
		return nil, err
	}
	practice, err := claimsdb.PracticeByID(ctx, tx, practiceID)
	if err != nil {
		return nil, err
	}
	if err := codesetdb.Use(ctx, tx); err != nil {
		return nil, err
	}
	type group struct {
		partnerID int64
		claimType string
	}
	groups, order := map[group][]claimsdb.ReadyClaim{}, []group(nil)
	for _, c := range ready {
		g := group{c.PartnerID, c.ClaimType}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], c)
	}
	var built []claimsdb.Batch
	for _, g := range order {
		partner, err := claimsdb.FindPartner(ctx, tx, practiceID, g.partnerID)
		if err != nil {
			return nil, err
		}
		list := groups[g]
		for len(list) > 0 {
			n := min(len(list), interchangeClaims)
			b := &batchBuilder{practice: practice, partner: partner, runID: runID, today: today, list: list[:n]}
			if err := b.build(ctx, tx); err != nil {
				return nil, err
			}
			if list = list[n:]; b.batch.ID != 0 { // 0: all of its claims are held
				built = append(built, b.batch)
			}
		}
	}
	if len(built) == 0 { // all were held: that moved claims too, and a rebuild does it again
		err = exchangedb.LogInput(ctx, tx, practiceID, exchangedb.InputBatch, 0, today, "batch.build")
	}
	return built, err
}

// batchBuilder makes one interchange.
type batchBuilder struct {
	practice claims.Practice
	partner  claimsdb.Partner
	runID    int64
	today    date.Date
	list     []claimsdb.ReadyClaim
	batch    claimsdb.Batch
}

func (b *batchBuilder) build(ctx context.Context, tx pgx.Tx) error {
	envelope, err := b.envelope(ctx, tx)
	if err != nil {
		return err
	}
	content, offsets, err := b.encode(ctx, tx, envelope)
	if err != nil {
		return err
	}
	found, err := guideFindings(content.Bytes())
	if err != nil {
		return err
	}
	if len(found) > 0 {
		if err := b.holdInvalid(ctx, tx, found); err != nil || len(b.list) == 0 {
			return err
		}
		if content, offsets, err = b.encode(ctx, tx, envelope); err != nil {
			return err
		}
	}
	b.batch = claimsdb.Batch{
		Number: envelope.Batch, PartnerID: b.partner.ID, PartnerCode: b.partner.Code, ClaimType: b.list[0].ClaimType, Usage: b.partner.Usage,
		ISAControl: envelope.InterchangeControl, GSControl: envelope.GroupControl, Claims: len(b.list), State: claimsdb.BatchBuilt,
		FileName: fmt.Sprintf("%s-%s-%s-%09d.x12", b.practice.Code, b.partner.Code, b.list[0].ClaimType, envelope.InterchangeControl),
		BuiltOn:  b.today, RunID: b.runID, SecondReader: secondReader(content.Bytes()), OutboundDir: b.partner.OutboundDir,
	}
	for _, c := range b.list {
		b.batch.Charge += c.Charge
	}
	file, _, err := exchangedb.StoreFile(ctx, tx, b.practice.ID, exchangedb.StoreParams{
		Direction: exchangedb.Out, Kind: exchangedb.X12, Name: b.batch.FileName, PartnerID: b.partner.ID, ReceivedOn: b.today,
	}, bytes.NewReader(content.Bytes()))
	if err != nil {
		return err
	}
	b.batch.EDIFileID = file.ID
	if err := b.save(ctx, tx, envelope, offsets); err != nil || len(found[""]) == 0 {
		return err
	}
	return claimsdb.OpenWorkItems(ctx, tx, b.practice.ID, []claims.WorkItem{{
		Kind: claims.WorkFile, DedupeKey: fmt.Sprintf("guide-batch|%d", b.batch.Number), BatchID: b.batch.ID, EDIFileID: file.ID, Amount: b.batch.Charge,
		OpenedOn: b.today, Reason: fmt.Sprintf("Batch %d breaks the implementation guide: %s.", b.batch.Number, strings.Join(found[""], "; ")),
		Action: "Expect a rejection of the file: correct the trading partner or the billing provider in the set-up, then release its claims.",
	}})
}

// encode writes the interchange, and where each claim begins in it.
func (b *batchBuilder) encode(ctx context.Context, tx pgx.Tx, envelope claims.Envelope) (*bytes.Buffer, map[string]int64, error) {
	var content bytes.Buffer
	offsets := map[string]int64{}
	err := envelope.Write(&content, len(b.list), func(n int) ([]claims.Claim, error) {
		first := n * envelope.MaxClaims
		part := b.list[first:min(first+envelope.MaxClaims, len(b.list))]
		claimIDs := make([]int64, len(part))
		for i, c := range part {
			claimIDs[i] = c.ID
		}
		return claimsdb.Snapshots(ctx, tx, b.practice.ID, claimIDs)
	}, func(number string, offset int64) { offsets[number] = offset })
	if err != nil {
		err = fault.Invalidf("CB-SUBMIT-ENCODE", "a claim cannot be written as X12; the edits should have held it").Because(err).
			At("batch to " + b.partner.Code)
	}
	return &content, offsets, err
}

// envelope takes the partner's next control numbers, in the transaction that
// freezes the batch.
func (b *batchBuilder) envelope(ctx context.Context, tx pgx.Tx) (claims.Envelope, error) {
	p := b.partner
	e := claims.Envelope{
		PracticeCode: b.practice.Code, PracticeName: b.practice.Name,
		SenderQualifier: p.SenderQualifier, SenderID: p.SenderID, ReceiverQualifier: p.ReceiverQualifier, ReceiverID: p.ReceiverID,
		ReceiverName: p.ReceiverName, ContactName: p.ContactName, ContactPhone: p.ContactPhone, Usage: p.Usage,
		MaxClaims: p.MaxClaims, On: b.today,
	}
	for _, number := range []struct {
		partnerID int64
		kind      string
		n         int
		to        *int64
	}{
		{0, exchangedb.NumberBatch, 1, &e.Batch},
		{p.ID, exchangedb.NumberISA, 1, &e.InterchangeControl},
		{p.ID, exchangedb.NumberGS, 1, &e.GroupControl},
		{p.ID, exchangedb.NumberST, e.SetCount(len(b.list)), &e.FirstSetControl},
	} {
		var err error
		if *number.to, err = exchangedb.NextNumbers(ctx, tx, b.practice.ID, number.partnerID, number.kind, number.n); err != nil {
			return e, err
		}
	}
	return e, nil
}

func (b *batchBuilder) save(ctx context.Context, tx pgx.Tx, envelope claims.Envelope, offsets map[string]int64) (err error) {
	placed, moves := make([]claimsdb.BatchedClaim, len(b.list)), make([]claims.Move, len(b.list))
	for i, c := range b.list {
		placed[i] = claimsdb.BatchedClaim{ID: c.ID, SetControl: envelope.SetControl(i)}
		moves[i] = claims.Move{
			ClaimID: c.ID, To: claims.Batched, Event: "batched", Actor: "batch.build", On: b.today,
			EDIFileID: b.batch.EDIFileID, ByteOffset: offsets[c.Number],
			Message: fmt.Sprintf("In batch %d to %s, interchange %09d, transaction set %s.", b.batch.Number, b.partner.Name, b.batch.ISAControl, envelope.SetControl(i)),
		}
	}
	if b.batch.ID, err = claimsdb.AddBatch(ctx, tx, b.practice.ID, b.batch, placed); err != nil {
		return err
	}
	if err := claimsdb.Transition(ctx, tx, b.practice.ID, moves); err != nil {
		return err
	}
	return exchangedb.LogInput(ctx, tx, b.practice.ID, exchangedb.InputBatch, b.batch.ID, b.today, "batch.build")
}

// sender delivers batches into the mailboxes of trading partners.
type sender struct{ dataDir string }

// Outbox is the folder into which a partner's files are delivered: its own, or
// one in the data directory.
func Outbox(dataDir, outboundDir, partnerCode string) string {
	if outboundDir != "" {
		return outboundDir
	}
	return filepath.Join(dataDir, "outbound", partnerCode)
}

// send is the job exchange.send. Only a file that is there, complete, is sent;
// delivering it again after a kill changes nothing, because the name and the
// bytes are the same.
func (s sender) send(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.ExchangeSendArgs]) error {
	b, err := claimsdb.FindBatch(ctx, tx, job.PracticeID, job.Args.BatchID)
	if err != nil {
		return err
	}
	if b.State != claimsdb.BatchBuilt {
		return nil
	}
	partner, err := claimsdb.FindPartner(ctx, tx, job.PracticeID, b.PartnerID)
	if err != nil {
		return err
	}
	file, err := exchangedb.FindFile(ctx, tx, job.PracticeID, b.EDIFileID)
	if err != nil {
		return err
	}
	content, err := exchangedb.OpenFile(ctx, tx, job.PracticeID, b.EDIFileID)
	if err != nil {
		return err
	}
	if err := (exchange.Folder{Dir: Outbox(s.dataDir, partner.OutboundDir, partner.Code)}).Deliver(ctx, b.FileName, content, file.Size); err != nil {
		return err
	}
	if err := exchangedb.FinishFile(ctx, tx, job.PracticeID, b.EDIFileID, exchangedb.Finished, "delivered to "+partner.Code); err != nil {
		return err
	}
	if err := claimsdb.MarkSent(ctx, tx, job.PracticeID, b.ID, job.Args.Today); err != nil {
		return err
	}
	list, err := claimsdb.ClaimsOfBatch(ctx, tx, job.PracticeID, b.ID)
	if err != nil {
		return err
	}
	moves := make([]claims.Move, 0, len(list))
	numbers := make([]int64, 0, len(list))
	for _, c := range list {
		if c.State != claims.Batched {
			continue
		}
		moves = append(moves, claims.Move{ClaimID: c.ID, To: claims.Sent, Event: "sent", Actor: "exchange.send", On: job.Args.Today,
			EDIFileID: b.EDIFileID, Message: fmt.Sprintf("Delivered to %s as %s.", partner.Name, b.FileName)})
		numbers = append(numbers, c.ID)
	}
	if err := claimsdb.Transition(ctx, tx, job.PracticeID, moves); err != nil {
		return err
	}
	return claimsdb.CloseClaimItems(ctx, tx, job.PracticeID, claims.WorkRejected, numbers, job.Args.Today, "the claim was sent again")
}
