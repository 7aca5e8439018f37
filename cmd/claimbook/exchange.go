package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

type exchangeCmd struct {
	Run exchangeRunCmd `cmd:"" help:"One round with every trading partner: send what waits, fetch what is there."`
}

type exchangeRunCmd struct{}

// Help shows an example.
func (exchangeRunCmd) Help() string {
	return "Delivers batches that were built and could not be sent, and takes in every file that stands in the partners' inbound folders. A file that was taken moves into the folder done beside it. `claimbook serve` and `claimbook work` do the same every minute.\n\nExample:\n  claimbook exchange run"
}

// exchangedFile is a file that a round took in; --json prints it.
type exchangedFile struct {
	Partner string `json:"partner"`
	File    string `json:"file"`
	State   string `json:"state"`
	Outcome string `json:"outcome"`
}

func (exchangeRunCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	var last, runID int64
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		// Files of this round are those with a later id.
		if err = tx.QueryRow(ctx, "select coalesce(max(id), 0) from edi_file where practice_id = $1", b.Practice.ID).Scan(&last); err != nil {
			return err
		}
		if runID, err = jobs.StartRun(ctx, tx, b.Practice.ID, "exchange"); err != nil {
			return err
		}
		unsent, err := claimsdb.UnsentBatches(ctx, tx, b.Practice.ID)
		if err != nil {
			return err
		}
		var args []jobs.Args
		for _, batch := range unsent {
			args = append(args, jobs.ExchangeSendArgs{PracticeID: b.Practice.ID, RunID: runID, BatchID: batch.ID, Today: b.Today})
		}
		partners, err := partnerIDs(ctx, tx, b.Practice.ID)
		if err != nil {
			return err
		}
		for _, id := range partners {
			args = append(args, jobs.ExchangeCollectArgs{PracticeID: b.Practice.ID, RunID: runID, PartnerID: id})
		}
		return b.Jobs.Enqueue(ctx, tx, args...)
	})
	if err != nil {
		return err
	}
	if err := b.Wait(ctx, runID, app.Progress("exchange")); err != nil {
		return err
	}
	var files []exchangedFile
	err = b.read(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select coalesce(p.code, ''), f.name, f.state, f.outcome from edi_file f
			left join trading_partner p on p.practice_id = f.practice_id and p.id = f.partner_id
			where f.practice_id = $1 and f.id > $2 and f.direction = 'in' order by f.id`, b.Practice.ID, last)
		if err != nil {
			return err
		}
		files, err = pgx.CollectRows(rows, pgx.RowToStructByPos[exchangedFile])
		return err
	})
	if err != nil {
		return err
	}
	if app.JSON {
		for _, f := range files {
			if err := json.NewEncoder(app.Stdout).Encode(f); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	for _, f := range files {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Partner, f.File, f.State, f.Outcome)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(app.Stdout, "%s taken in\n", count(len(files), "new file"))
	return nil
}
