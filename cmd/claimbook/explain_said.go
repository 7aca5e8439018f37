package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// unpostedReason is an adjustment that a payer reported and that moved nothing,
// or less than it says: why a balance is still there.
type unpostedReason struct {
	Date       date.Date   `json:"date"` // posting date of the remittance
	Trace      string      `json:"trace"`
	Line       string      `json:"service_line,omitempty"` // "": the claim as a whole
	GroupCode  string      `json:"group"`
	CARC       string      `json:"carc"`
	RARCs      []string    `json:"rarcs,omitempty"`
	Amount     money.Cents `json:"amount"`
	Posted     money.Cents `json:"posted"`
	Treatment  string      `json:"treatment"`
	Reason     string      `json:"reason"` // the codes in plain words
	File       string      `json:"file"`
	ByteOffset int64       `json:"byte_offset"`
	Segment    string      `json:"segment"` // as the payer wrote it

	fileID int64
}

// unposted reads what payers said about claims, or about service lines, without
// moving all of it, oldest first.
func unposted(ctx context.Context, tx pgx.Tx, practiceID int64, claims, lines []int64) ([]unpostedReason, error) {
	rows, err := tx.Query(ctx, `
		with answer as materialized (
			select remittance_id, seq, 0 as line_seq from remittance_claim where practice_id = $1 and claim_id = any($2)
			union
			select remittance_id, claim_seq, line_seq from remittance_line where practice_id = $1 and service_line_id = any($3)
		)
		select coalesce(r.posting_date, r.received_on), r.trace, coalesce(n.external_id || '/' || v.line_no, ''), a.group_code, a.carc,
			coalesce(l.remarks, '{}'), a.amount, a.posted, a.treatment, f.id, f.name, a.byte_offset
		from answer s
		join remittance_adjustment a on a.practice_id = $1 and a.remittance_id = s.remittance_id and a.claim_seq = s.seq and (s.line_seq = 0 or a.line_seq in (0, s.line_seq))
		join remittance r on r.practice_id = $1 and r.id = a.remittance_id
		join edi_file f on f.practice_id = $1 and f.id = r.edi_file_id
		left join remittance_line l on l.practice_id = $1 and l.remittance_id = a.remittance_id and l.claim_seq = a.claim_seq and l.line_seq = a.line_seq
		left join service_line v on v.practice_id = $1 and v.id = l.service_line_id
		left join encounter n on n.practice_id = $1 and n.id = v.encounter_id
		where r.state = 'posted' and a.posted <> a.amount
		order by 1, r.id, a.byte_offset, a.seq`, practiceID, claims, lines)
	if err != nil {
		return nil, err
	}
	said, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u unpostedReason, err error) {
		err = row.Scan(&u.Date, &u.Trace, &u.Line, &u.GroupCode, &u.CARC, &u.RARCs, &u.Amount, &u.Posted, &u.Treatment, &u.fileID, &u.File, &u.ByteOffset)
		u.Reason = reason(&ledger.JournalLine{GroupCode: u.GroupCode, CARC: u.CARC, RARCs: u.RARCs})
		return u, err
	})
	if err != nil {
		return nil, err
	}
	segments := segmentReader{tx: tx, practiceID: practiceID, terminators: map[int64]byte{}}
	for i := range said {
		if said[i].Segment, err = segments.read(ctx, said[i].fileID, said[i].ByteOffset); err != nil {
			return nil, err
		}
	}
	return append([]unpostedReason{}, said...), nil
}

func (u *unpostedReason) write(out *strings.Builder) {
	about := u.Line
	if about == "" {
		about = "the claim as a whole"
	}
	fmt.Fprintf(out, "  %12s  %s, %s, payment %s: %s\n", u.Amount.Dollars(), u.Date, about, u.Trace, u.consequence())
	const indent = "                "
	fmt.Fprintf(out, "%s%s\n%s%s byte %d: %s\n", indent, u.Reason, indent, u.File, u.ByteOffset, u.Segment)
}

// consequence says what the book made of it.
func (u *unpostedReason) consequence() string {
	switch {
	case u.Treatment == "denial":
		return "a denial, stays with the payer until somebody decides"
	case u.Treatment == "prior-payer":
		return "repeats what an earlier payer paid or adjusted, recorded only"
	case u.Treatment == "":
		return "waits for its claim"
	case u.Posted == 0:
		return "stays with the payer until somebody decides"
	}
	return fmt.Sprintf("%s of it posted", u.Posted.Dollars())
}
