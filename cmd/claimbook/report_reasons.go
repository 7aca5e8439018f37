package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type adjustmentsCmd struct {
	spanFlags
	formatFlag
}

// Help shows an example.
func (adjustmentsCmd) Help() string {
	return "What reduced receivables between two days without being paid, by account, reason, payer and kind of entry; below zero is what was given back. The total is the adjustments of the day sheet of these days. Without --from it begins with the month.\n\nExample:\n  claimbook report adjustments --from 2026-01-01 --to 2026-01-31 --out adjustments.xlsx"
}

func (c adjustmentsCmd) Run(ctx context.Context, app *App) error {
	r, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (r ledger.AdjustmentReport, err error) {
		from, to, err := c.span(b, date.Date.FirstOfMonth)
		if err != nil {
			return r, err
		}
		return ledgerdb.Adjustments(ctx, tx, b.Practice.ID, from, to)
	})
	if err != nil {
		return err
	}
	t := newTable("Account", "Name", "Reason", "Meaning", "Payer", "Kind", "Count#", "Amount$")
	for _, row := range r.Rows {
		t.add(row.Account, row.Name, reasonCode(row.GroupCode, row.CARC), meaning(row.GroupCode, row.CARC), row.Payer, row.Kind, strconv.Itoa(row.Count), dollars(row.Amount))
	}
	t.total("", "Total", "", "", "", "", "", dollars(r.Total))
	return c.print(app, fmt.Sprintf("Adjustments from %s to %s", r.From, r.To), t, r,
		fmt.Sprintf("Behind a row: claimbook explain account ACCOUNT --reason REASON --payer PAYER --from %s --to %s", r.From, r.To))
}

type denialsCmd struct {
	spanFlags
	asOfFlag
	formatFlag
}

// Help shows an example.
func (denialsCmd) Help() string {
	return "What payers refused in answers posted between two days, by payer and reason, and what became of it until --as-of: taken back by the payer in a reversal, paid since (recovered), written off, moved on to the next payer or the patient, still open. A line refused more than once has its outcome with the first refusal, so that nothing is counted twice; the open balance of a line may be more than what was refused of it. Without --from it covers 90 days.\n\nExample:\n  claimbook report denials --from 2026-01-01 --to 2026-03-31"
}

func (c denialsCmd) Run(ctx context.Context, app *App) error {
	r, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (r ledger.DenialReport, err error) {
		from, to, err := c.span(b, quarter)
		if err != nil {
			return r, err
		}
		return ledgerdb.Denials(ctx, tx, b.Practice.ID, from, to, c.day(b))
	})
	if err != nil {
		return err
	}
	t := newTable("Payer", "Name", "Reason", "Meaning", "Denials#", "Claims#", "Denied$", "Taken back$", "Recovered$", "Written off$", "Moved on$", "Open$")
	cells := func(payer, name, reason, meaning string, d *ledger.DenialRow) []string {
		return []string{payer, name, reason, meaning, strconv.Itoa(d.Denials), strconv.Itoa(d.Claims), dollars(d.Denied), dollars(d.TakenBack),
			dollars(d.Recovered), dollars(d.WrittenOff), dollars(d.MovedOn), dollars(d.Open)}
	}
	for i := range r.Rows {
		d := &r.Rows[i]
		t.add(cells(d.Payer, d.Name, reasonCode(d.GroupCode, d.CARC), meaning(d.GroupCode, d.CARC), d)...)
	}
	t.total(cells("", "Total", "", "", &r.Total)...)
	return c.print(app, fmt.Sprintf("Denials from %s to %s, and what became of them until %s", r.From, r.To, r.AsOf), t, r,
		"A claim is counted once in the total, whatever the reasons.",
		"What waits for a decision: claimbook worklist --kind denied; behind a claim: claimbook explain claim CLAIM")
}

type kpiCmd struct {
	spanFlags
	formatFlag
}

// Help shows an example.
func (kpiCmd) Help() string {
	return "Clean-claim rate, first-pass acceptance, denial rate, days in A/R, A/R over 90 days and net collection rate, each with the two numbers it is made of and its definition. Without --from it covers 90 days.\n\nExample:\n  claimbook report kpi --from 2026-01-01 --to 2026-03-31"
}

func (c kpiCmd) Run(ctx context.Context, app *App) error {
	r, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (r ledger.KPIReport, err error) {
		from, to, err := c.span(b, quarter)
		if err != nil {
			return r, err
		}
		return ledgerdb.KPI(ctx, tx, b.Practice.ID, from, to)
	})
	if err != nil {
		return err
	}
	t := newTable("Measure", "Value%", "Unit", "Of these%", "Of all%")
	if f := c.format(app); f == "csv" || f == "xlsx" {
		t = newTable("Measure", "Value%", "Unit", "Numerator%", "Denominator%", "Definition", "Behind")
	}
	var notes []string
	for _, m := range r.Measures {
		t.add([]string{m.Name, m.Value, m.Unit, m.Numerator, m.Denominator, m.Definition, m.Behind}[:len(t.columns)]...)
		notes = append(notes, fmt.Sprintf("%s\n    %s\n    Behind it: %s", m.Name, m.Definition, m.Behind))
	}
	return c.print(app, fmt.Sprintf("Key figures from %s to %s", r.From, r.To), t, r, notes...)
}

// reasonCode is a reason as people write it: CO-45.
func reasonCode(group, carc string) string { return strings.Trim(group+"-"+carc, "-") }

// meaning is our own label of a reason code, if it has one.
func meaning(group, carc string) string {
	if carc == "" {
		return ""
	}
	label, known := codeset.CARC(carc)
	if group == "" {
		label, known = codeset.ProviderAdjustment(carc)
	}
	if !known {
		return ""
	}
	return label
}
