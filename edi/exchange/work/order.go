package work

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/internal/jobs"
)

// NextPayment enqueues the payment that is posted next: the payments of a run
// follow each other in the order in which their files came in, and in each file
// in its order. What a payment does may depend on the one before it (a reversal
// on its original, a recovery on the promise that it was coming), so that the
// same files give the same book however many workers there are.
//
// It is the end of the stages edi.route and remit.post: a payment that was parked
// does not hold up those behind it.
func NextPayment(ctx context.Context, tx pgx.Tx, practiceID, runID int64, enqueue func(args ...jobs.Args)) error {
	left, err := jobs.Outstanding(ctx, tx, practiceID, runID, jobs.EDIRouteArgs{}.Kind(), jobs.RemitPostArgs{}.Kind())
	if err != nil || left > 0 {
		return err
	}
	rows, err := tx.Query(ctx, `
		with file as materialized (
			select distinct (args->>'file_id')::bigint as id from river_job
			where kind = 'edi.route' and args @> jsonb_build_object('practice_id', $1::bigint, 'run_id', $2::bigint)
		), busy as (
			select file.id as file_id, (j.args->>'byte_offset')::bigint as byte_offset
			from file join river_job j on j.kind = 'remit.post' and j.args @> jsonb_build_object('practice_id', $1::bigint, 'file_id', file.id)
				and j.state in ('available', 'pending', 'retryable', 'running', 'scheduled')
		), next as (
			select t.file_id, t.byte_offset from file join edi_transaction t on t.practice_id = $1 and t.file_id = file.id
			where t.kind = $3 and t.state = 'waiting' and not exists (select from busy where busy.file_id = t.file_id)
				and not exists (select from river_job j where j.kind = 'remit.post'
					and j.args @> jsonb_build_object('run_id', $2::bigint, 'file_id', t.file_id, 'byte_offset', t.byte_offset))
			order by t.file_id, t.seq limit 1
		)
		select t.file_id, t.byte_offset, f.received_on,
			(select count(*) from edi_transaction e where e.practice_id = t.practice_id and e.file_id = t.file_id and e.seq <= t.seq and e.kind <> 'TA1')
		from (select * from busy union all select * from next) n
		join edi_transaction t on t.practice_id = $1 and t.file_id = n.file_id and t.byte_offset = n.byte_offset
		join edi_file f on f.practice_id = t.practice_id and f.id = t.file_id`, practiceID, runID, exchange.Kind835)
	if err != nil {
		return err
	}
	// What another run has at work is that run's to finish, and named here so
	// that this run waits for it.
	next := jobs.RemitPostArgs{PracticeID: practiceID, RunID: runID}
	_, err = pgx.ForEachRow(rows, []any{&next.FileID, &next.ByteOffset, &next.ReceivedOn, &next.Index}, func() error {
		enqueue(next)
		return nil
	})
	return err
}

// turnPause is after how long a payment looks again whether its turn has come.
const turnPause = 100 * time.Millisecond

// AwaitTurn lets a payment wait for those of files that came in before its own
// and are being posted by another run: two commands at once post as one after
// the other, in the order of the input log. Payments whose jobs have been parked
// are not waited for, so that none waits for ever. It returns what a worker
// returns to come again later, or nil when it is the payment's turn.
func AwaitTurn(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) error {
	var wait bool
	err := tx.QueryRow(ctx, `
		select exists (
			select from river_job j
			join input_log o on o.practice_id = $1 and o.kind = 'inbound' and o.ref_id = (j.args->>'file_id')::bigint
			where j.kind in ('edi.route', 'remit.post') and j.state in ('available', 'pending', 'retryable', 'running', 'scheduled')
				and j.args @> jsonb_build_object('practice_id', $1::bigint)
				and o.seq < (select min(m.seq) from input_log m where m.practice_id = $1 and m.kind = 'inbound' and m.ref_id = $2))`, practiceID, fileID).Scan(&wait)
	if err == nil && wait {
		return jobs.Later(turnPause)
	}
	return err
}
