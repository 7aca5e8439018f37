package replay

import (
	"bytes"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	claimswork "github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger/bank"
	ledgerwork "github.com/claimbook/claimbook/ledger/work"
)

// file opens a stored file of the live book.
func (r *replayer) file(practiceID, fileID int64) (exchangedb.File, io.Reader, error) {
	file, err := exchangedb.FindFile(r.ctx, r.live, practiceID, fileID)
	if err != nil {
		return file, nil, err
	}
	content, err := exchangedb.OpenFile(r.ctx, r.live, practiceID, fileID)
	return file, content, err
}

// setup imports a set-up. Partners' own folders are left out: nothing that is
// rebuilt reaches a partner.
func (r *replayer) setup(in Input) error {
	_, content, err := r.file(in.PracticeID, in.RefID)
	if err != nil {
		return err
	}
	setup, err := claims.ReadSetup(content, "set-up")
	if err != nil {
		return err
	}
	err = r.write(func(tx pgx.Tx) error {
		if _, _, err := claimsdb.ImportSetup(r.ctx, tx, setup, in.Actor); err != nil {
			return err
		}
		_, err := tx.Exec(r.ctx, `update trading_partner set outbound_dir = '', inbound_dir = ''`)
		return err
	})
	if err != nil {
		return err
	}
	return r.findPractice()
}

// codes imports a code list, so that what follows is judged by it.
func (r *replayer) codes(in Input) error {
	list, err := codesetdb.Find(r.ctx, r.live, in.RefID)
	if err != nil {
		return err
	}
	return r.write(func(tx pgx.Tx) error {
		if _, err := codesetdb.Import(r.ctx, tx, list, in.On, in.Actor); err != nil {
			return err
		}
		return codesetdb.Use(r.ctx, tx)
	})
}

func (r *replayer) intake(in Input) error {
	file, _, err := r.file(in.PracticeID, in.RefID)
	if err != nil {
		return err
	}
	return r.run("intake", func(tx pgx.Tx, runID int64) error {
		_, content, err := r.file(in.PracticeID, in.RefID) // again, should the transaction run again
		if err != nil {
			return err
		}
		_, err = claimswork.Intake(r.ctx, tx, r.scratch.Jobs, r.practiceID, runID, file.Name, content, in.On, in.Actor)
		return err
	})
}

// batch builds the batches of one submission: of the claims that were in them,
// and of those that it held. The batches of a submission share a transaction,
// and with it the time at which they were recorded.
func (r *replayer) batch(in Input) error {
	if in.RecordedAt.Equal(r.batched) {
		return nil
	}
	r.batched = in.RecordedAt
	rows, err := r.live.Query(r.ctx, `select distinct c.number from claim_event e join claim c on c.practice_id = e.practice_id and c.id = e.claim_id
		where e.practice_id = $1 and e.recorded_at = $2 and e.actor = 'batch.build' and e.event in ('batched', 'held')`, in.PracticeID, in.RecordedAt)
	if err != nil {
		return err
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(numbers) == 0 {
		return err
	}
	if rows, err = r.live.Query(r.ctx, `select number, sent_on from batch where practice_id = $1 and recorded_at = $2 and sent_on is not null`, in.PracticeID, in.RecordedAt); err != nil {
		return err
	}
	sent := map[int64]date.Date{}
	var number int64
	var on date.Date
	if _, err := pgx.ForEachRow(rows, []any{&number, &on}, func() error { sent[number] = on; return nil }); err != nil {
		return err
	}
	return r.run("submit", func(tx pgx.Tx, runID int64) error {
		built, err := claimswork.BuildBatches(r.ctx, tx, r.practiceID, runID, claimswork.Selection{Numbers: numbers}, in.On)
		if err != nil {
			return err
		}
		for _, b := range built {
			if on, delivered := sent[b.Number]; delivered {
				if err := r.scratch.Jobs.Enqueue(r.ctx, tx, jobs.ExchangeSendArgs{PracticeID: r.practiceID, RunID: runID, BatchID: b.ID, Today: on}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (r *replayer) inbound(in Input) error {
	return r.run("receive", func(tx pgx.Tx, runID int64) error {
		file, content, err := r.file(in.PracticeID, in.RefID)
		if err != nil {
			return err
		}
		stored, _, err := exchangedb.StoreInbound(r.ctx, tx, r.practiceID, 0, file.Name, in.On, in.Actor, content)
		if err != nil {
			return err
		}
		return r.scratch.Jobs.Enqueue(r.ctx, tx, jobs.EDIRouteArgs{PracticeID: r.practiceID, RunID: runID, FileID: stored.ID})
	})
}

func (r *replayer) bank(in Input) error {
	file, content, err := r.file(in.PracticeID, in.RefID)
	if err != nil {
		return err
	}
	var all bytes.Buffer // it was bounded when it came in
	if _, err := io.Copy(&all, content); err != nil {
		return err
	}
	parsed, err := bank.Read(all.Bytes())
	if err != nil {
		return err
	}
	return r.write(func(tx pgx.Tx) error {
		_, err := ledgerwork.ImportBank(r.ctx, tx, r.practiceID, file.Name, all.Bytes(), parsed, in.On, in.Actor)
		return err
	})
}

func (r *replayer) payment(in Input) error {
	var p billingdb.PatientPayment
	var purpose string
	err := r.live.QueryRow(r.ctx, `select y.idempotency_key, p.account, y.amount, y.method, y.reference, y.purpose, y.visit, y.received_on, y.actor
		from patient_payment y join patient p on p.practice_id = y.practice_id and p.id = y.patient_id
		where y.practice_id = $1 and y.id = $2`, in.PracticeID, in.RefID).
		Scan(&p.Key, &p.Account, &p.Amount, &p.Method, &p.Reference, &purpose, &p.Visit, &p.ReceivedOn, &p.Actor)
	if err != nil {
		return err
	}
	p.Purpose = billing.Purpose(purpose)
	return r.write(func(tx pgx.Tx) error {
		_, err := billingdb.RecordPayment(r.ctx, tx, r.practiceID, p)
		return err
	})
}

func (r *replayer) statements(in Input) error {
	return r.run("statements", func(tx pgx.Tx, runID int64) error {
		if err := exchangedb.LogInput(r.ctx, tx, r.practiceID, exchangedb.InputStatement, runID, in.On, in.Actor); err != nil {
			return err
		}
		return r.scratch.Jobs.Enqueue(r.ctx, tx, jobs.StatementRunArgs{PracticeID: r.practiceID, RunID: runID, AsOf: in.On})
	})
}
