package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

type claimsCmd struct {
	List    claimsListCmd    `cmd:"" help:"List claims."`
	Show    claimsShowCmd    `cmd:"" help:"Show one claim: its lines, its timeline, what waits."`
	Hold    claimsHoldCmd    `cmd:"" help:"Keep ready claims from being sent."`
	Release claimsReleaseCmd `cmd:"" help:"Make held and rejected claims, and held encounters, ready."`
}

type claimsListCmd struct {
	State   []string  `placeholder:"STATE" help:"Only claims in these states, such as rejected,denied."`
	Payer   string    `placeholder:"CODE" help:"Only claims to this payer."`
	Patient string    `placeholder:"ACCOUNT" help:"Only claims of this patient."`
	From    date.Date `placeholder:"YYYY-MM-DD" help:"Only services from this day on."`
	To      date.Date `placeholder:"YYYY-MM-DD" help:"Only services up to this day."`
}

// Help shows an example.
func (claimsListCmd) Help() string {
	return "States: " + strings.Join(stateNames(), ", ") + ". With held, the encounters that the edits hold are listed too, with what to correct.\n\nExample:\n  claimbook claims list --state rejected,denied --payer BLUE"
}

func stateNames() []string {
	names := make([]string, len(claims.States))
	for i, state := range claims.States {
		names[i] = string(state)
	}
	return names
}

func (c claimsListCmd) Run(ctx context.Context, app *App) error {
	for _, state := range c.State {
		if !claims.State(state).Valid() {
			return fault.Usagef("CB-CLAIMS-STATE", "there is no state %q", state).WithFix("choose from: " + strings.Join(stateNames(), ", "))
		}
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	var rows []claimsdb.ClaimRow
	var held []claimsdb.HeldEncounter
	filter := claimsdb.ClaimFilter{States: c.State, Payer: c.Payer, Patient: c.Patient, From: c.From, To: c.To}
	err = book.read(ctx, func(tx pgx.Tx) (err error) {
		if rows, err = claimsdb.ListClaims(ctx, tx, book.Practice.ID, filter); err != nil {
			return err
		}
		// Who asks for what is held means encounters too: they have no claim yet.
		if slices.Contains(c.State, string(claims.Held)) && c.Payer == "" {
			held, err = claimsdb.ListHeld(ctx, tx, book.Practice.ID, filter)
		}
		return err
	})
	if err != nil {
		return err
	}
	if app.JSON {
		encoder := json.NewEncoder(app.Stdout)
		for _, row := range rows {
			if err := encoder.Encode(row); err != nil {
				return err
			}
		}
		for _, h := range held {
			if err := encoder.Encode(h); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.print(app, rows); err != nil {
		return err
	}
	for _, h := range held {
		fmt.Fprintln(app.Stdout)
		printHeld(app, h)
	}
	if len(held) > 0 {
		fmt.Fprintf(app.Stdout, "\n%s held.\n", count(len(held), "encounter"))
	}
	return nil
}

// printHeld says why an encounter has no claim and what to do about it.
func printHeld(app *App, h claimsdb.HeldEncounter) {
	fmt.Fprintf(app.Stdout, "Encounter %s (held, patient %s, %s, %s, by %s)\n", h.ExternalID, h.Patient, h.ServiceDate, h.Charge.Dollars(), orDash(h.DueOn.String()))
	for _, f := range claims.Holds(h.Findings) {
		fmt.Fprintf(app.Stdout, "  %s. %s\n", f, f.Hint)
	}
}

func (c claimsListCmd) print(app *App, rows []claimsdb.ClaimRow) error {
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "claim\tstate\tpayer\trank\tpatient\tservice\tcharge\tsent\tencounter")
	var charge money.Cents
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", r.Number, r.State, r.Payer, r.Rank, r.Patient, r.ServiceDate, r.Charge.Dollars(), orDash(r.SentOn.String()), r.Encounter)
		charge += r.Charge
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(app.Stdout, "%s, %s.\n", count(len(rows), "claim"), charge.Dollars())
	return nil
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

type claimsShowCmd struct {
	Number string `arg:"" placeholder:"CLAIM" help:"Number of the claim, such as C00000042, or id of its encounter."`
}

// Help shows an example.
func (claimsShowCmd) Help() string { return "Example:\n  claimbook claims show C00000042" }

func (c claimsShowCmd) Run(ctx context.Context, app *App) error {
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	var d claimsdb.ClaimDetail
	var held *claimsdb.HeldEncounter
	err = book.read(ctx, func(tx pgx.Tx) error {
		numbers, waiting, err := claimsdb.ClaimsOfEncounter(ctx, tx, book.Practice.ID, c.Number)
		switch {
		case err != nil:
			return err
		case waiting != nil:
			held = waiting
			return nil
		case len(numbers) > 1:
			return fault.Usagef("CB-CLAIMS-SEVERAL", "encounter %s has several claims", c.Number).WithFix("name one of " + strings.Join(numbers, ", "))
		case len(numbers) == 1:
			c.Number = numbers[0]
		}
		d, err = claimsdb.FindClaim(ctx, tx, book.Practice.ID, strings.ToUpper(c.Number))
		return err
	})
	if err != nil {
		return err
	}
	if held != nil {
		if app.JSON {
			return json.NewEncoder(app.Stdout).Encode(held)
		}
		printHeld(app, *held)
		return nil
	}
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(d)
	}
	return c.print(app, d)
}

func (c claimsShowCmd) print(app *App, d claimsdb.ClaimDetail) error {
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Claim\t%s (%s, rank %d, frequency %s)\n", d.Number, d.State, d.Rank, d.Frequency)
	fmt.Fprintf(w, "Payer\t%s %s\n", d.Payer, d.PayerName)
	fmt.Fprintf(w, "Patient\t%s %s\n", d.Patient, d.PatientName)
	fmt.Fprintf(w, "Encounter\t%s on %s, %s\n", d.Encounter, d.ServiceDate, d.Charge.Dollars())
	fmt.Fprintf(w, "Diagnoses\t%s\n", strings.Join(d.Snapshot.Diagnoses, " "))
	if d.PayerNumber != "" {
		fmt.Fprintf(w, "Payer's number\t%s\n", d.PayerNumber)
	}
	if d.Previous != "" {
		fmt.Fprintf(w, "After claim\t%s\n", d.Previous)
	}
	if !d.TimelyBy.IsZero() {
		fmt.Fprintf(w, "Timely filing\tuntil %s\n", d.TimelyBy)
	}
	if d.Batch != 0 {
		fmt.Fprintf(w, "Batch\t%d, transaction set %s\n", d.Batch, d.SetControl)
	}
	fmt.Fprintln(w, "\nline\tservice\tprocedure\tunits\tcharge\tinsurance owes\tpatient owes\twhat")
	for _, l := range d.Lines {
		code := strings.Join(append([]string{l.Procedure}, l.Modifiers...), "-")
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.LineNo, l.ServiceDate, code, l.Units, l.Charge.Dollars(), l.Insurance.Dollars(), l.PatientOwes.Dollars(), l.Description)
	}
	fmt.Fprintln(w, "\nday\tevent\tstate\tby\twhat")
	for _, e := range d.Events {
		state := e.To
		if e.From == e.To {
			state = "-"
		}
		place := ""
		if e.File != "" {
			place = fmt.Sprintf(" [%s, byte %d]", e.File, e.ByteOffset)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s%s\n", e.On, e.Event, state, e.Actor, e.Message, place)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range d.Findings {
		fmt.Fprintf(app.Stdout, "\nWarning %s. %s\n", f, f.Hint)
	}
	for _, item := range d.WorkItems {
		fmt.Fprintf(app.Stdout, "\nWaits (%s, %s, by %s): %s\n  %s\n", item.Kind, item.Amount.Dollars(), orDash(item.DueOn.String()), item.Reason, item.Action)
	}
	return nil
}

type claimsHoldCmd struct {
	Numbers []string `arg:"" placeholder:"CLAIM" help:"Numbers of ready claims."`
	Reason  string   `required:"" help:"Why, for the timeline."`
}

// Help shows an example.
func (claimsHoldCmd) Help() string {
	return "Example:\n  claimbook claims hold C00000042 --reason \"operative note is missing\""
}

func (c claimsHoldCmd) Run(ctx context.Context, app *App) error {
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	err = book.DB.Tx(ctx, postgres.RoleWork, book.Practice.ID, func(tx pgx.Tx) error {
		return work.HoldClaims(ctx, tx, book.Practice.ID, c.Numbers, c.Reason, book.Today, actor())
	})
	if err == nil {
		fmt.Fprintf(app.Stdout, "%s held.\n", count(len(c.Numbers), "claim"))
	}
	return err
}

type claimsReleaseCmd struct {
	Numbers    []string `arg:"" optional:"" placeholder:"CLAIM" help:"Numbers of held or rejected claims."`
	Batch      int64    `placeholder:"N" help:"All rejected claims of this batch."`
	Encounters []string `name:"encounter" placeholder:"ID" help:"Held encounters to judge again; their ids, or all."`
}

// Help shows an example.
func (claimsReleaseCmd) Help() string {
	return "A rejected claim is frozen anew from the set-up as it is now and goes out again under its own number; a held encounter is judged again. What the edits would hold stays, with its reasons. Exit code 1 when something stays.\n\nExample:\n  claimbook practice import practice.yaml\n  claimbook claims release C00000042\n  claimbook claims release --encounter all"
}

func (c claimsReleaseCmd) Run(ctx context.Context, app *App) error {
	if len(c.Numbers) == 0 && c.Batch == 0 && len(c.Encounters) == 0 {
		return fault.Usagef("CB-CLAIMS-RELEASE", "nothing is named").WithFix("name claims, --batch N or --encounter ID")
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	var report struct {
		Claims             []work.Released `json:"claims"`
		EncountersReleased int             `json:"encounters_released"`
		EncountersHeld     int             `json:"encounters_held"`
	}
	err = book.DB.Tx(ctx, postgres.RoleWork, book.Practice.ID, func(tx pgx.Tx) (err error) {
		if len(c.Numbers) > 0 || c.Batch != 0 {
			if report.Claims, err = work.ReleaseClaims(ctx, tx, book.Practice.ID, c.Numbers, c.Batch, book.Today, actor()); err != nil {
				return err
			}
		}
		encounters, err := c.heldEncounters(ctx, tx, book.Practice.ID)
		if err != nil {
			return err
		}
		report.EncountersReleased, report.EncountersHeld, err = work.Release(ctx, tx, book.Practice.ID, encounters, book.Today, actor())
		return err
	})
	if err != nil {
		return err
	}
	stays := report.EncountersHeld > 0
	for _, r := range report.Claims {
		stays = stays || !r.Ready
	}
	if app.JSON {
		err = json.NewEncoder(app.Stdout).Encode(report)
	} else {
		for _, r := range report.Claims {
			if r.Ready {
				fmt.Fprintf(app.Stdout, "%s is ready.\n", r.Number)
			} else {
				fmt.Fprintf(app.Stdout, "%s stays: %s\n", r.Number, strings.Join(r.Reasons, "; "))
			}
		}
		if len(c.Encounters) > 0 {
			fmt.Fprintf(app.Stdout, "%s released, %d still held.\n", count(report.EncountersReleased, "encounter"), report.EncountersHeld)
		}
	}
	if err == nil && stays {
		err = errReported
	}
	return err
}

// heldEncounters are the encounters that were named, all of which must be held.
func (c claimsReleaseCmd) heldEncounters(ctx context.Context, tx pgx.Tx, practiceID int64) ([]string, error) {
	if len(c.Encounters) == 0 {
		return nil, nil
	}
	held, err := claimsdb.HeldEncounters(ctx, tx, practiceID)
	if err != nil || len(c.Encounters) == 1 && c.Encounters[0] == "all" {
		return held, err
	}
	for _, id := range c.Encounters {
		if !slices.Contains(held, id) {
			return nil, fault.NotFoundf("CB-CLAIMS-ENCOUNTER", "no held encounter has the id %s; nothing was released", id).
				WithFix("list them with: claimbook claims list --state held")
		}
	}
	return c.Encounters, nil
}
