package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type explainCmd struct {
	Claim   explainClaimCmd   `cmd:"" help:"A claim, by its number."`
	Line    explainLineCmd    `cmd:"" help:"A service line, by encounter and line number: E1001/2."`
	Patient explainPatientCmd `cmd:"" help:"A patient, by account number."`
	Account explainAccountCmd `cmd:"" help:"An account, such as 2010."`
	Posting explainPostingCmd `cmd:"" help:"Entries, by their source key or its beginning."`
}

// Help shows an example.
func (explainCmd) Help() string {
	return "Why a balance is what it is: every journal line with its reason, down to the file, the byte offset and the segment as the payer wrote it.\n\nExample:\n  claimbook explain claim C00000017"
}

// explain prints an explanation of what find selects.
func explain(ctx context.Context, app *App, find func(tx pgx.Tx, b *Book, e *explanation) (ledgerdb.JournalFilter, error)) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	var e explanation
	if err := b.read(ctx, func(tx pgx.Tx) error {
		e = explanation{Balances: []explainedBalance{}, Said: []unpostedReason{}, Entries: []explainedEntry{}}
		filter, err := find(tx, b, &e)
		if err != nil {
			return err
		}
		return e.read(ctx, tx, b.Practice.ID, filter)
	}); err != nil {
		return err
	}
	if app.JSON {
		return writeJSON(app.Stdout, e)
	}
	_, err = fmt.Fprint(app.Stdout, e.text())
	return err
}

type explainClaimCmd struct {
	Number string `arg:"" placeholder:"NUMBER" help:"Claim number (CLM01)."`
}

// Help shows an example.
func (explainClaimCmd) Help() string { return "Example:\n  claimbook explain claim C00000012" }

func (c explainClaimCmd) Run(ctx context.Context, app *App) error {
	return explain(ctx, app, func(tx pgx.Tx, b *Book, e *explanation) (ledgerdb.JournalFilter, error) {
		var f ledgerdb.JournalFilter
		var id int64
		var patient, payer, state string
		var rank int16
		var served date.Date
		var charge int64
		err := tx.QueryRow(ctx, `
			select c.id, n.account, p.code, c.payer_rank, c.state, c.service_date, c.charge,
				(select coalesce(array_agg(service_line_id order by line_no), '{}') from claim_line l where l.practice_id = c.practice_id and l.claim_id = c.id)
			from claim c join patient n on n.practice_id = c.practice_id and n.id = c.patient_id
			join payer p on p.practice_id = c.practice_id and p.id = c.payer_id
			where c.practice_id = $1 and c.number = $2`, b.Practice.ID, c.Number).
			Scan(&id, &patient, &payer, &rank, &state, &served, &charge, &f.ServiceLineIDs)
		if err != nil {
			return f, notFound(err, "claim", c.Number, "list them with: claimbook claims list")
		}
		f.ClaimIDs = []int64{id}
		e.Subject, e.ID = "claim", c.Number
		e.Title = fmt.Sprintf("Claim %s: patient %s, %s (%s payer), served %s, charge %s, %s", c.Number, patient, payer, ordinal(rank), served, cents(charge), state)
		open, err := ledgerdb.LineBalances(ctx, tx, b.Practice.ID, f.ServiceLineIDs)
		if err != nil {
			return f, err
		}
		rest, err := ledgerdb.ReferenceBalances(ctx, tx, b.Practice.ID, ledger.ARInsurance, []string{c.Number})
		if err != nil {
			return f, err
		}
		if e.Said, err = unposted(ctx, tx, b.Practice.ID, f.ClaimIDs, nil); err != nil {
			return f, err
		}
		return f, e.balances(ctx, tx, b.Practice.ID, append(open, rest...))
	})
}

type explainLineCmd struct {
	Line string `arg:"" placeholder:"ENCOUNTER/LINE" help:"Encounter id and line number, as the journal writes them."`
}

// Help shows an example.
func (explainLineCmd) Help() string { return "Example:\n  claimbook explain line E220110-0001/2" }

func (c explainLineCmd) Run(ctx context.Context, app *App) error {
	encounter, number, found := cutLast(c.Line, "/")
	line, err := strconv.Atoi(number)
	if !found || err != nil {
		return fault.Usagef("CB-EXPLAIN-LINE", "%q is not a service line: write encounter/line, such as E1001/2", c.Line)
	}
	return explain(ctx, app, func(tx pgx.Tx, b *Book, e *explanation) (ledgerdb.JournalFilter, error) {
		var f ledgerdb.JournalFilter
		var id, charge int64
		var procedure string
		var served date.Date
		err := tx.QueryRow(ctx, `
			select l.id, l.procedure_code, l.service_date, l.charge from service_line l
			join encounter n on n.practice_id = l.practice_id and n.id = l.encounter_id
			where l.practice_id = $1 and n.external_id = $2 and l.line_no = $3`, b.Practice.ID, encounter, line).Scan(&id, &procedure, &served, &charge)
		if err != nil {
			return f, notFound(err, "service line", c.Line, "write encounter/line, such as E1001/2")
		}
		f.ServiceLineIDs = []int64{id}
		e.Subject, e.ID = "line", c.Line
		e.Title = fmt.Sprintf("Service line %s: %s, served %s, charge %s", c.Line, procedure, served, cents(charge))
		open, err := ledgerdb.LineBalances(ctx, tx, b.Practice.ID, f.ServiceLineIDs)
		if err != nil {
			return f, err
		}
		if e.Said, err = unposted(ctx, tx, b.Practice.ID, nil, f.ServiceLineIDs); err != nil {
			return f, err
		}
		return f, e.balances(ctx, tx, b.Practice.ID, open)
	})
}

type explainPatientCmd struct {
	Account string `arg:"" placeholder:"ACCOUNT" help:"The practice's number of the patient."`
}

// Help shows an example.
func (explainPatientCmd) Help() string { return "Example:\n  claimbook explain patient P0017" }

func (c explainPatientCmd) Run(ctx context.Context, app *App) error {
	return explain(ctx, app, func(tx pgx.Tx, b *Book, e *explanation) (ledgerdb.JournalFilter, error) {
		var f ledgerdb.JournalFilter
		var guarantor string
		err := tx.QueryRow(ctx, `
			select n.id, g.account from patient n join guarantor g on g.practice_id = n.practice_id and g.id = n.guarantor_id
			where n.practice_id = $1 and n.account = $2`, b.Practice.ID, c.Account).Scan(&f.PatientID, &guarantor)
		if err != nil {
			return f, notFound(err, "patient", c.Account, "give the practice's own number of the patient")
		}
		e.Subject, e.ID = "patient", c.Account
		e.Title = fmt.Sprintf("Patient %s, guarantor %s", c.Account, guarantor)
		open, err := ledgerdb.PatientBalances(ctx, tx, b.Practice.ID, []int64{f.PatientID})
		if err != nil {
			return f, err
		}
		for _, balance := range open { // of what is open, the whole story: charge and insurers too
			if balance.Key.ServiceLineID != 0 {
				f.ServiceLineIDs = append(f.ServiceLineIDs, balance.Key.ServiceLineID)
			}
		}
		return f, e.balances(ctx, tx, b.Practice.ID, open)
	})
}

type explainPostingCmd struct {
	Source string `arg:"" placeholder:"SOURCE" help:"Source key of an entry or its beginning: 835|1123456789|TRACE or charge|E1001."`
}

// Help shows an example.
func (explainPostingCmd) Help() string {
	return "Example:\n  claimbook explain posting '835|1990000011|TRACE'"
}

func (c explainPostingCmd) Run(ctx context.Context, app *App) error {
	return explain(ctx, app, func(tx pgx.Tx, b *Book, e *explanation) (ledgerdb.JournalFilter, error) {
		f := ledgerdb.JournalFilter{SourcePrefix: c.Source}
		var there bool
		err := tx.QueryRow(ctx, `select exists (select from journal_entry where practice_id = $1 and starts_with(source_key, $2))`, b.Practice.ID, c.Source).Scan(&there)
		if err == nil && (!there || c.Source == "") {
			err = fault.NotFoundf("CB-EXPLAIN-POSTING", "no entry has a source key that begins with %q", c.Source).
				WithFix("source keys stand in: claimbook export journal --format csv")
		}
		e.Subject, e.ID, e.Title = "posting", c.Source, "Entries from "+c.Source
		return f, err
	})
}

func notFound(err error, what, id, fix string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFoundf("CB-EXPLAIN-NOT-FOUND", "this practice has no %s %s", what, id).WithFix(fix)
	}
	return err
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func ordinal(rank int16) string {
	switch rank {
	case 1:
		return "primary"
	case 2:
		return "secondary"
	}
	return "tertiary"
}
