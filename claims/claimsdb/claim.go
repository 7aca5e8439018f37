package claimsdb

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
)

// NewClaim is a claim to be added: its snapshot and what it belongs to.
type NewClaim struct {
	ID              int64 // set by AddClaims
	EncounterID     int64
	PatientID       int64
	CoverageID      int64
	RenderingID     int64
	PreviousClaimID int64 // the prior payer's claim, for a secondary
	ServiceDate     date.Date
	TimelyBy        date.Date
	Snapshot        claims.Claim
	ServiceLineIDs  []int64 // of the snapshot's lines, in order
	Event, Message  string  // of the timeline
	Actor           string
}

// AddClaims adds claims as ready, with their lines and the first event of their
// timelines; it fills in their ids.
func AddClaims(ctx context.Context, tx pgx.Tx, practiceID int64, list []NewClaim, on date.Date) error {
	if len(list) == 0 {
		return nil
	}
	fresh, err := ids(ctx, tx, len(list))
	if err != nil {
		return err
	}
	var claimIDs, encounters, patients, payers, coverages, charges, renderings, previous []int64
	var ranks []int32
	var numbers, frequencies, types, snapshots []string
	var services, timely []date.Date
	moves := make([]claims.Move, 0, len(list))
	for i := range list {
		c := &list[i]
		c.ID = fresh[i]
		snapshot, err := json.Marshal(c.Snapshot)
		if err != nil {
			return err
		}
		claimIDs, encounters, patients = append(claimIDs, c.ID), append(encounters, c.EncounterID), append(patients, c.PatientID)
		payers, coverages = append(payers, c.Snapshot.Payer.ID), append(coverages, c.CoverageID)
		charges, renderings = append(charges, int64(c.Snapshot.Charge)), append(renderings, c.RenderingID)
		previous, ranks = append(previous, c.PreviousClaimID), append(ranks, int32(c.Snapshot.Rank))
		numbers, frequencies = append(numbers, c.Snapshot.Number), append(frequencies, c.Snapshot.Frequency)
		types, snapshots = append(types, c.Snapshot.Type), append(snapshots, string(snapshot))
		services, timely = append(services, c.ServiceDate), append(timely, c.TimelyBy)
		moves = append(moves, claims.Move{ClaimID: c.ID, To: claims.Ready, Event: c.Event, Message: c.Message, Actor: c.Actor, On: on})
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO claim (practice_id, id, number, encounter_id, patient_id, payer_id, coverage_id, payer_rank, frequency, claim_type,
		                   state, charge, service_date, rendering_provider_id, snapshot, previous_claim_id, ready_on, timely_by)
		SELECT $1, u.id, u.number, u.encounter, u.patient, u.payer, u.coverage, u.rank, u.frequency, u.type, 'draft', u.charge,
		       u.service_date, u.rendering, u.snapshot::jsonb, nullif(u.previous, 0), $17, u.timely_by
		FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::int[], $9::text[], $10::text[],
		            $11::bigint[], $12::date[], $13::bigint[], $14::text[], $15::bigint[], $16::date[])
		     AS u (id, number, encounter, patient, payer, coverage, rank, frequency, type, charge, service_date, rendering, snapshot,
		           previous, timely_by)`,
		practiceID, claimIDs, numbers, encounters, patients, payers, coverages, ranks, frequencies, types, charges, services, renderings,
		snapshots, previous, timely, on); err != nil {
		return err
	}
	if err := addClaimLines(ctx, tx, practiceID, list); err != nil {
		return err
	}
	return Transition(ctx, tx, practiceID, moves)
}

func addClaimLines(ctx context.Context, tx pgx.Tx, practiceID int64, list []NewClaim) error {
	var claimIDs, serviceLines, charges []int64
	var numbers []int32
	var controls, procedures, modifiers, units []string
	var days []date.Date
	for _, c := range list {
		for i, line := range c.Snapshot.Lines {
			claimIDs, serviceLines = append(claimIDs, c.ID), append(serviceLines, c.ServiceLineIDs[i])
			numbers, controls = append(numbers, int32(line.Number)), append(controls, line.ControlNumber)
			procedures, modifiers = append(procedures, line.Procedure), append(modifiers, textArray(line.Modifiers))
			units, charges = append(units, line.Units.String()), append(charges, int64(line.Charge))
			days = append(days, line.ServiceDate)
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO claim_line (practice_id, claim_id, line_no, service_line_id, control_number, procedure_code, modifiers, units, charge, service_date)
		SELECT $1, u.claim, u.line_no, u.service_line, u.control, u.procedure_code, u.modifiers::text[], u.units::numeric, u.charge, u.service_date
		FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::date[])
		     AS u (claim, line_no, service_line, control, procedure_code, modifiers, units, charge, service_date)`,
		practiceID, claimIDs, numbers, serviceLines, controls, procedures, modifiers, units, charges, days)
	return err
}

// textArray writes a list as PostgreSQL's array literal: unnest takes no arrays
// of arrays of different lengths.
func textArray(list []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, text := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(text)) // codes of letters and digits: Go's quoting is PostgreSQL's
	}
	b.WriteByte('}')
	return b.String()
}

func numberArray(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return "{" + strings.Join(texts, ",") + "}"
}
