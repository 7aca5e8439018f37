package work

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// many makes n claims of two lines of 100 and 50 in one go, as sent.
func (w *world) many(n int) {
	w.t.Helper()
	w.partial = true
	w.claim("A0", []coverage{{payer: "PPO"}}, "100", "50") // the pattern
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		// Nothing is analyzed yet: the planner believes the tables to be empty.
		if _, err := tx.Exec(ctx, `SET LOCAL enable_nestloop = off`); err != nil {
			return err
		}
		for _, q := range []string{
			`INSERT INTO encounter (practice_id, external_id, content_hash, content, state, patient_id, rendering_provider_id, service_date, received_on)
			 SELECT practice_id, 'VM' || n, content_hash, content, state, patient_id, rendering_provider_id, service_date, received_on
			 FROM encounter, generate_series(1, $2) n WHERE practice_id = $1 AND external_id = 'VA0'`,
			`INSERT INTO service_line (practice_id, encounter_id, line_no, procedure_code, units, charge, service_date, description, charge_version)
			 SELECT e.practice_id, e.id, l.line_no, l.procedure_code, 1, l.charge, l.service_date, l.description, 1
			 FROM encounter e JOIN encounter p ON p.practice_id = e.practice_id AND p.external_id = 'VA0'
			 JOIN service_line l ON l.practice_id = p.practice_id AND l.encounter_id = p.id WHERE e.practice_id = $1 AND e.external_id LIKE 'VM%' AND $2 > 0`,
			`INSERT INTO claim (practice_id, number, encounter_id, patient_id, payer_id, coverage_id, payer_rank, state, charge, service_date, rendering_provider_id, snapshot)
			 SELECT c.practice_id, 'M' || substr(e.external_id, 3), e.id, c.patient_id, c.payer_id, c.coverage_id, 1, 'accepted', c.charge, c.service_date, c.rendering_provider_id, '{}'
			 FROM claim c, encounter e WHERE c.practice_id = $1 AND e.practice_id = $1 AND c.number = 'A0' AND e.external_id LIKE 'VM%' AND $2 > 0`,
			`INSERT INTO claim_line (practice_id, claim_id, line_no, service_line_id, control_number, procedure_code, units, charge, service_date)
			 SELECT c.practice_id, c.id, l.line_no, l.id, c.number || 'L' || l.line_no, l.procedure_code, 1, l.charge, l.service_date
			 FROM claim c JOIN service_line l ON l.practice_id = c.practice_id AND l.encounter_id = c.encounter_id WHERE c.practice_id = $1 AND c.number LIKE 'M%' AND $2 > 0`,
			`INSERT INTO subledger_balance (practice_id, account, service_line_id, payer_id, payer_rank, amount)
			 SELECT l.practice_id, '1100', l.service_line_id, c.payer_id, 1, l.charge FROM claim_line l JOIN claim c ON c.practice_id = l.practice_id AND c.id = l.claim_id
			 WHERE l.practice_id = $1 AND c.number LIKE 'M%' AND $2 > 0`,
		} {
			if _, err := tx.Exec(ctx, q, w.practice, n); err != nil {
				return fmt.Errorf("%s: %w", q[:40], err)
			}
		}
		return nil
	})
	if _, err := w.db.Pool.Exec(context.Background(), `ANALYZE`); err != nil {
		w.t.Fatal(err)
	}
}

// How many claims TestLargePayment posts at once; 50,000 take a minute or two:
//
//	go test ./billing/work -run LargePayment -v -claims 50000
var largeClaims = flag.Int("claims", 3000, "claims of the large payment")

// A payment of some thousand claims posts in slices, whole, with one odd claim
// in it.
func TestLargePayment(t *testing.T) {
	claims := *largeClaims
	w := newWorld(t)
	w.many(claims)
	var body strings.Builder
	for n := 1; n <= claims; n++ {
		number := fmt.Sprint("M", n)
		if n == 1717 {
			number = "ODD1"
		}
		fmt.Fprintf(&body, "CLP*%s*1*150*90*30*12*ICN%d~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*%sL1~SVC*HC:81002*50*30~CAS*CO*45*10~CAS*PR*1*10~REF*6R*%sL2~", number, n, number, number)
	}
	start := time.Now()
	content := w.file(payment{payer: "PPO", trace: "T1", amount: fmt.Sprint(90 * claims), body: body.String()})
	w.tx(func(ctx context.Context, tx pgx.Tx) error { return w.post(ctx, tx, content) })
	t.Logf("%d claims in %s", claims, time.Since(start).Round(time.Millisecond))
	w.expect("posted", map[string]string{"1050": fmt.Sprint(90 * claims), "1110": fmt.Sprint(30 * (claims - 1)), "2010": "-90"})
	if got := w.text(`SELECT claims || ' ' || posted || ' ' || unmatched FROM remittance WHERE practice_id = $1`); got != fmt.Sprintf("%d %d 1", claims, claims-1) {
		t.Errorf("claims, posted, unmatched: %s", got)
	}
}
