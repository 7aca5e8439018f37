package work

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
)

// route reads the envelopes of one stored file, records what is in it, and
// enqueues a job for each acknowledgment; the payments follow when all files of
// the run are routed (NextPayment). What was applied by
// an earlier attempt, or when the same bytes came before, is left alone, so
// running it again continues the file.
func route(c *collector) func(context.Context, pgx.Tx, *jobs.Job[jobs.EDIRouteArgs]) error {
	return func(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.EDIRouteArgs]) error {
		file, err := exchangedb.LockFile(ctx, tx, job.PracticeID, job.Args.FileID)
		if err != nil {
			return err
		}
		if err := c.takeAside(ctx, tx, job.PracticeID, file); err != nil {
			return err
		}
		if file.Done() {
			return nil
		}
		content, err := exchangedb.OpenFile(ctx, tx, job.PracticeID, file.ID)
		if err != nil {
			return err
		}
		contents, err := exchange.Survey(content)
		if err != nil {
			return err
		}
		if contents.Interchanges > 0 {
			if err := exchangedb.SetKind(ctx, tx, job.PracticeID, file.ID, exchangedb.X12); err != nil {
				return err
			}
		}
		if len(contents.Parts) == 0 {
			return refuse(ctx, tx, job.PracticeID, file, contents)
		}
		return dispatch(ctx, tx, job, file, contents)
	}
}

// refuse closes a file in which nothing can be read.
func refuse(ctx context.Context, tx pgx.Tx, practiceID int64, file exchangedb.File, contents *exchange.Contents) error {
	reason := contents.Note()
	if reason == "" {
		reason = "the file holds an envelope and no transaction"
	}
	if err := exchangedb.FinishFile(ctx, tx, practiceID, file.ID, exchangedb.Refused, reason); err != nil {
		return err
	}
	return openItem(ctx, tx, practiceID, file, "", reason)
}

func dispatch(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.EDIRouteArgs], file exchangedb.File, contents *exchange.Contents) error {
	rows := make([]exchangedb.Transaction, len(contents.Parts))
	parts := map[int64]*exchange.Part{}
	for i := range contents.Parts {
		p := &contents.Parts[i]
		parts[p.ByteOffset] = p
		rows[i] = exchangedb.Transaction{ByteOffset: p.ByteOffset, Seq: p.Seq, Kind: printable(p.Kind), Control: printable(p.Control), State: exchangedb.Waiting,
			ISA: p.ISA, GS: p.GS, Interchange: p.Position.Interchange, Group: p.Position.Group, Set: p.Position.Transaction}
		if why := p.Refusal(); why != "" {
			rows[i].State, rows[i].Outcome = exchangedb.Refused, why
			if err := openItem(ctx, tx, job.PracticeID, file, fmt.Sprintf("|%d", p.ByteOffset), why); err != nil {
				return err
			}
		}
	}
	rows, err := exchangedb.PutTransactions(ctx, tx, job.PracticeID, file.ID, rows)
	if err != nil {
		return err
	}
	note := contents.Note()
	if note != "" {
		if err := openItem(ctx, tx, job.PracticeID, file, "", note); err != nil {
			return err
		}
	}
	waiting := 0
	for _, row := range rows {
		p := parts[row.ByteOffset]
		if row.State != exchangedb.Waiting || p == nil {
			continue
		}
		waiting++
		if p.Kind != exchange.Kind835 { // payments follow each other: NextPayment
			job.Enqueue(jobs.AckApplyArgs{PracticeID: job.PracticeID, RunID: job.RunID, FileID: file.ID, AckKind: p.Kind,
				ByteOffset: p.ByteOffset, Today: file.ReceivedOn})
		}
	}
	if waiting == 0 {
		return exchangedb.FinishFileIfDone(ctx, tx, job.PracticeID, file.ID, note)
	}
	return exchangedb.NoteFile(ctx, tx, job.PracticeID, file.ID, note)
}

// openItem puts what cannot be applied on a person's list. The key is the
// file's content, so that the same bytes again make no second item.
func openItem(ctx context.Context, tx pgx.Tx, practiceID int64, file exchangedb.File, part, reason string) error {
	return exchangedb.OpenFileItem(ctx, tx, practiceID, file.ID, "file|"+hex.EncodeToString(file.SHA256[:8])+part,
		fmt.Sprintf("%s: %s", file.Name, reason), "Ask the partner to send it again; what could be read of the file has been applied.", file.ReceivedOn)
}

// printable keeps what a database column and a page can show of bytes that
// came from outside.
func printable(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s) && len(out) < 30; i++ {
		if c := s[i]; c >= ' ' && c < 0x7F {
			out = append(out, c)
		} else {
			out = append(out, '?')
		}
	}
	return string(out)
}
