package work

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// A person finds the claim of unidentified cash: it posts from 2010 by the same
// rules, its item closes, and a later reversal finds it.
func TestMatchLater(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*OLD9*1*100*60*20*12*ICN1~SVC*HC:99213*100*60~DTM*472*20220205~CAS*CO*45*20~CAS*PR*2*20`})
	w.expect("waits", map[string]string{"1050": "60", "2010": "-60", "1100": "100"})
	m := Match{Seq: 1, ClaimNumber: "A1", Reason: "same member, date and charge", Actor: "ann", On: day.AddDays(3)}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT id FROM remittance WHERE practice_id = $1`, w.practice).Scan(&m.RemittanceID)
	})
	match := func(m Match) error {
		return w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) error {
			return MatchClaim(context.Background(), tx, nil, w.practice, m)
		})
	}
	nobody := m
	nobody.ClaimNumber = "NOBODY"
	if err := match(nobody); fault.CodeOf(err) != "CB-MATCH-004" {
		t.Errorf("a claim that is not there: %v", err)
	}
	if err := match(m); err != nil {
		t.Fatal(err)
	}
	w.verify()
	w.expect("matched", map[string]string{"1050": "60", "2010": "0", "1100": "0", "1110": "20", "4100": "20"})
	if len(w.items("unmatched")) != 0 || w.state("A1") != "paid" {
		t.Errorf("items %v, state %s", w.items("unmatched"), w.state("A1"))
	}
	if got := w.text(`SELECT posted || ' ' || unmatched || ' ' || (SELECT count(*) FROM decision WHERE kind = 'match') FROM remittance WHERE practice_id = $1`); got != "1 0 1" {
		t.Errorf("posted, unmatched, decisions: %s", got)
	}
	if err := match(m); fault.CodeOf(err) != "CB-MATCH-002" {
		t.Errorf("matched twice: %v", err)
	}
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: reversal60 + "~" + paid70})
	w.expect("corrected", corrected)
	if got := w.reversedOf("835|1411111111|T2|CLP|1"); got != "835|1411111111|T1|CLP|1|MATCH" {
		t.Errorf("takes back %s", got)
	}
}

// Cash of a payee that nobody knew waits under the trace; adding the payee's
// number and matching puts it where it belongs.
func TestMatchLaterUnderTheTrace(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", payee: "1777777778", body: paid60})
	w.expect("waits", map[string]string{"2010": "-60", "1100": "100"})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		m := Match{Seq: 1, ClaimNumber: "A1", Reason: "our former number", Actor: "ann", On: day}
		if err := tx.QueryRow(ctx, `SELECT id FROM remittance WHERE practice_id = $1`, w.practice).Scan(&m.RemittanceID); err != nil {
			return err
		}
		return MatchClaim(ctx, tx, nil, w.practice, m)
	})
	w.expect("matched", map[string]string{"2010": "0", "1100": "0", "1110": "20", "4100": "20"})
}
