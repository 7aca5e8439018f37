package ledgerdb_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// The adjustments of a span are those of its day sheet, whatever the sign, and
// neither transfers nor money nor charges are among them.
func TestAdjustmentsByReason(t *testing.T) {
	w := quarter(t)
	write := ledger.Entry{PostingDate: monday.AddDays(2), Kind: "write-off", SourceKey: "decision|1", Actor: "casey"}
	write.Move(account(ledger.SmallBalance), ledger.Key{Account: ledger.ARPatient, ServiceLineID: 999, PatientID: w.ann}, 2_00, ledger.Dimensions{})
	back := ledger.Entry{PostingDate: monday.AddDays(40), Kind: "reversal", SourceKey: "835|x|CLP|1"}
	back.Move(account(ledger.Contractual), insurance(998, w.blue), -7_00, ledger.Dimensions{GroupCode: "CO", CARC: "45"})
	w.post(t, write, back)
	for _, test := range []struct {
		from, to string
		want     []ledger.AdjustmentRow
	}{
		{"2026-01-01", "2026-02-28", []ledger.AdjustmentRow{}},
		{"2026-03-01", "2026-03-31", []ledger.AdjustmentRow{
			{Account: "4100", Name: "Contractual adjustments", GroupCode: "CO", CARC: "45", Payer: "BLUE", Kind: "remittance", Count: 1, Amount: 20_00},
			{Account: "4130", Name: "Small-balance write-offs", Kind: "write-off", Count: 1, Amount: 2_00}}},
		{"2026-04-01", "2026-04-30", []ledger.AdjustmentRow{
			{Account: "4100", Name: "Contractual adjustments", GroupCode: "CO", CARC: "45", Payer: "BLUE", Kind: "reversal", Count: 1, Amount: -7_00}}},
	} {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			from, to := date.MustParse(test.from), date.MustParse(test.to)
			r, err := ledgerdb.Adjustments(ctx, tx, w.practice, from, to)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(test.want, r.Rows); diff != "" {
				t.Errorf("from %s to %s (-want +got):\n%s", from, to, diff)
			}
			sheet, err := ledgerdb.DaySheet(ctx, tx, w.practice, from, to)
			if r.Total != sheet.Adjustments {
				t.Errorf("from %s to %s the reasons add up to %s, the day sheet says %s", from, to, r.Total, sheet.Adjustments)
			}
			return err
		})
	}
}

// refuse adds a denial to the payer's answer to a visit's claim.
func (w *world) refuse(t testing.TB, v visit, on date.Date, trace, group, carc string, amount money.Cents) {
	t.Helper()
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		var remittance int64
		if err := tx.QueryRow(ctx, `insert into remittance (practice_id, edi_file_id, source_key, request_hash, trace, originator, payer_id, method, handling, amount, st_control, byte_offset, state, claims, posted, received_on, posting_date)
			values ($1, $2, $3, sha256('r'), $4, '1987654321', $5, 'NON', 'H', 0, '0001', 7, 'posted', 1, 1, $6, $6) returning id`,
			w.practice, w.file, "835|1987654321|"+trace, trace, v.payer, on).Scan(&remittance); err != nil {
			return err
		}
		for _, s := range []string{
			`insert into remittance_claim (practice_id, remittance_id, seq, claim_number, status, charge, paid, claim_id, outcome, byte_offset)
				select $1, $2, 1, number, '1', charge, 0, id, 'denied', 19 from claim where practice_id = $1 and id = $3 and $4::bigint > 0 and $5::text <> '' and $6::text <> ''`,
			`insert into remittance_line (practice_id, remittance_id, claim_seq, line_seq, procedure_code, charge, paid, service_line_id, byte_offset)
				select $1, $2, 1, 1, procedure_code, charge, 0, service_line_id, 25 from claim_line where practice_id = $1 and claim_id = $3 and $4::bigint > 0 and $5::text <> '' and $6::text <> ''`,
			`insert into remittance_adjustment (practice_id, remittance_id, claim_seq, line_seq, seq, group_code, carc, amount, treatment, posted, byte_offset)
				select $1, $2, 1, 1, 1, $5, $6, $4, 'denial', 0, 30 from claim where practice_id = $1 and id = $3`,
		} {
			if _, err := tx.Exec(ctx, s, w.practice, remittance, v.claim, amount, group, carc); err != nil {
				return err
			}
		}
		return nil
	})
}

// A denial is followed to its end: what was paid, written off and moved on
// since, and each line counts once however often it was refused.
func TestDenialsAndWhatBecameOfThem(t *testing.T) {
	w := newWorld(t)
	day := monday.AddDays
	a, b, c := w.visit(t, w.blue, w.ann, monday, 100_00), w.visit(t, w.medicare, w.ben, monday, 80_00), w.visit(t, w.blue, w.ben, monday, 50_00)
	for _, v := range []visit{a, b, c} {
		w.charge(t, v, monday, map[visit]money.Cents{a: 100_00, b: 80_00, c: 50_00}[v])
	}
	w.refuse(t, a, day(1), "D1", "CO", "16", 100_00)
	w.refuse(t, b, day(1), "D2", "CO", "50", 80_00)
	w.refuse(t, c, day(1), "D3", "CO", "16", 50_00)
	w.refuse(t, c, day(2), "D4", "CO", "197", 50_00) // again, for another reason
	w.remit(t, a, day(10), "T1", 60_00, 20_00, 20_00)
	off := ledger.Entry{PostingDate: day(12), Kind: "decision", SourceKey: "decision|2"}
	off.Move(account(ledger.DenialWriteOffs), insurance(b.line, w.medicare), 30_00, w.dimensions(b))
	w.post(t, off)
	row := func(payer, name, carc string, n int, denied, recovered, off, moved, open money.Cents) ledger.DenialRow {
		return ledger.DenialRow{Payer: payer, Name: name, GroupCode: "CO", CARC: carc, Denials: n, Claims: n, Denied: denied, Recovered: recovered, WrittenOff: off, MovedOn: moved, Open: open}
	}
	for name, test := range map[string]struct {
		from, to, asOf int
		want           []ledger.DenialRow
		claims         int
	}{
		"the end": {0, 30, 30, []ledger.DenialRow{
			row("BLUE", "Blue Plan", "16", 2, 150_00, 60_00, 20_00, 20_00, 50_00),
			row("MCARE", "Medicare", "50", 1, 80_00, 0, 30_00, 0, 50_00),
			row("BLUE", "Blue Plan", "197", 1, 50_00, 0, 0, 0, 0)}, 3},
		"before anything was done": {0, 30, 9, []ledger.DenialRow{
			row("BLUE", "Blue Plan", "16", 2, 150_00, 0, 0, 0, 150_00),
			row("MCARE", "Medicare", "50", 1, 80_00, 0, 0, 0, 80_00),
			row("BLUE", "Blue Plan", "197", 1, 50_00, 0, 0, 0, 0)}, 3},
		"the second refusal alone": {2, 30, 30, []ledger.DenialRow{
			row("BLUE", "Blue Plan", "197", 1, 50_00, 0, 0, 0, 50_00)}, 1},
		"none": {3, 30, 30, []ledger.DenialRow{}, 0},
	} {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			r, err := ledgerdb.Denials(ctx, tx, w.practice, day(test.from), day(test.to), day(test.asOf))
			if diff := cmp.Diff(test.want, r.Rows); diff != "" || r.Total.Claims != test.claims {
				t.Errorf("%s: %d claims (-want +got):\n%s", name, r.Total.Claims, diff)
			}
			return err
		})
	}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error { // the payer takes an answer back
		_, err := tx.Exec(ctx, `with r as (
				insert into remittance (practice_id, edi_file_id, source_key, request_hash, trace, originator, method, handling, amount, st_control, byte_offset, state, received_on, posting_date)
				values ($1, $2, '835|1987654321|D5', sha256('r'), 'D5', '1987654321', 'NON', 'H', 0, '0001', 7, 'posted', $3, $3) returning id)
			insert into remittance_claim (practice_id, remittance_id, seq, claim_number, status, charge, paid, outcome, byte_offset, reverses_remittance_id, reverses_seq)
			select $1, r.id, 1, 'C2', '22', -80, 0, 'reversed', 19, o.id, 1 from r, remittance o where o.trace = 'D2'`, w.practice, w.file, day(15))
		if err != nil {
			return err
		}
		for asOf, want := range map[int]money.Cents{14: 0, 15: 80_00} {
			r, err := ledgerdb.Denials(ctx, tx, w.practice, monday, day(30), day(asOf))
			if err != nil {
				return err
			}
			if r.Total.TakenBack != want {
				t.Errorf("on day %d %s of the refusals are taken back, want %s", asOf, r.Total.TakenBack, want)
			}
		}
		return nil
	})
}

// Each key figure is the ratio of the two numbers beside it.
func TestKPI(t *testing.T) {
	w := newWorld(t)
	a, b, c, d := w.visit(t, w.blue, w.ann, monday.AddDays(-100), 100_00), w.visit(t, w.medicare, w.ben, monday, 80_00), w.visit(t, w.blue, w.ben, monday, 60_00), w.visit(t, w.blue, w.ben, monday, 60_00)
	event := func(v visit, day int, event, state string) {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `insert into claim_event (practice_id, claim_id, event, to_state, actor, occurred_on) values ($1, $2, $3, $4, 'test', $5)`,
				w.practice, v.claim, event, state, monday.AddDays(day))
			return err
		})
	}
	w.charge(t, a, monday, 100_00)
	w.charge(t, b, monday, 80_00)
	event(a, 0, "sent", "sent")
	event(a, 1, "277ca", "accepted")
	event(b, 0, "sent", "sent")
	event(b, 1, "277ca", "rejected")
	event(b, 2, "sent", "sent") // again
	event(b, 3, "277ca", "accepted")
	event(c, 0, "held", "held")
	event(c, 1, "sent", "sent")
	event(d, 40, "sent", "sent") // later
	w.remit(t, a, monday.AddDays(9), "T1", 30_00, 20_00, 10_00)
	w.refuse(t, b, monday.AddDays(9), "D1", "CO", "50", 80_00)
	read := func(from, to int) map[string][3]string {
		figures := map[string][3]string{}
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			r, err := ledgerdb.KPI(ctx, tx, w.practice, monday.AddDays(from), monday.AddDays(to))
			for _, m := range r.Measures {
				figures[m.Code] = [3]string{m.Value, m.Numerator, m.Denominator}
				if m.Definition == "" || m.Behind == "" || m.Name == "" {
					t.Errorf("%s is not explained", m.Code)
				}
			}
			return err
		})
		return figures
	}
	want := map[string][3]string{
		"clean-claims":    {"33.3", "1", "3"},
		"first-pass":      {"50.0", "1", "2"},
		"denials":         {"50.0", "1", "2"},
		"days-in-ar":      {"7.2", "130.00", "180.00"}, // over 10 days
		"ar-over-90":      {"38.5", "50.00", "130.00"},
		"net-collections": {"18.8", "30.00", "160.00"},
	}
	if diff := cmp.Diff(want, read(0, 9)); diff != "" {
		t.Errorf("the first days (-want +got):\n%s", diff)
	}
	if early := read(0, 0); early["first-pass"] != [3]string{"", "0", "0"} || early["clean-claims"][0] != "100.0" {
		t.Errorf("on the first day: %v", early)
	}
	if before := read(-20, -10); before["days-in-ar"] != [3]string{"", "0.00", "0.00"} || before["denials"][0] != "" {
		t.Errorf("before the book began: %v", before)
	}
}
