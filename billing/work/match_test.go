package work

import (
	"context"
	"strings"
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

// matched lets a person match the n-th CLP of the payment with the trace.
func (w *world) matched(trace string, seq int, number string, remember bool) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		m := Match{Seq: seq, ClaimNumber: number, Remember: remember, Reason: "same member, date and charge", Actor: "ann", On: w.today}
		if err := tx.QueryRow(ctx, `SELECT id FROM remittance WHERE practice_id = $1 AND trace = $2`, w.practice, trace).Scan(&m.RemittanceID); err != nil {
			return err
		}
		return MatchClaim(ctx, tx, nil, w.practice, m)
	})
	w.verify()
}

// A payer that has lost our number keeps to its own: what a person matched once
// is followed by its reversal, and by whatever repeats both numbers.
func TestReversalFollowsAPersonsMatch(t *testing.T) {
	const (
		lost         = `CLP*LOST*1*100*60*20*12*ICN1~CAS*CO*45*20~CAS*PR*2*20`
		lostReversal = `CLP*LOST*22*-100*-60**12*ICN1~CAS*CO*45*-20~CAS*PR*2*-20`
	)
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: lost})
	w.matched("T1", 1, "A1", false)
	w.expect("matched", map[string]string{"2010": "0", "1100": "0", "1110": "20", "4100": "20"})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: lostReversal + `~CLP*LOST*1*100*70*10*12*ICN1~CAS*CO*45*20~CAS*PR*2*10`})
	w.expect("corrected", corrected)
	if got := w.reversedOf("835|1411111111|T2|CLP|1"); got != "835|1411111111|T1|CLP|1|MATCH" {
		t.Errorf("takes back %s", got)
	}
	if got := w.text(`SELECT match_reason FROM remittance_claim WHERE practice_id = $1 AND paid = 7000`); !strings.Contains(got, "a person matched") {
		t.Errorf("matched by %q", got)
	}
	// Another number of the payer, or another payer, says nothing.
	w.receive(payment{payer: "PPO", trace: "T3", amount: "5", body: `CLP*LOST*1*100*5**12*ICN8~CAS*CO*45*95`})
	w.receive(payment{payer: "CARE", trace: "T3", amount: "5", body: `CLP*LOST*1*100*5**MB*ICN1~CAS*CO*45*95`})
	w.expect("strangers", map[string]string{"2010": "-10", "1100": "0", "1110": "10"})
}

// A match that a person wants remembered holds for the number, whatever the
// payer's own number is.
func TestRememberedMatch(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*OLD9*1*100*60*20*12*ICN1~CAS*CO*45*20~CAS*PR*2*20`})
	w.matched("T1", 1, "A1", true)
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: `CLP*OLD9*22*-100*-60**12*ICN1~CAS*CO*45*-20~CAS*PR*2*-20~CLP*OLD9*1*100*70*10*12*ICN2~CAS*CO*45*20~CAS*PR*2*10`})
	w.expect("corrected", corrected)
	if got := w.text(`SELECT match_reason FROM remittance_claim WHERE practice_id = $1 AND paid = 7000`); !strings.Contains(got, "from now on") {
		t.Errorf("matched by %q", got)
	}
	if got := w.text(`SELECT payload::text FROM decision WHERE practice_id = $1 AND kind = 'match'`); got != `{"claim": "A1", "remember": true}` {
		t.Errorf("recorded %s", got)
	}
}

// What the lines' control numbers found is followed by a reversal that comes
// without lines.
func TestReversalWithoutLinesFollowsTheLines(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: strings.Replace(paid60, "CLP*A1", "CLP*LOST", 1)})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: `CLP*LOST*22*-100*-60**12*ICN1~CAS*CO*45*-20~CAS*PR*2*-20~` + paid70})
	w.expect("corrected", corrected)
	// In one payment as well.
	w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	other := strings.NewReplacer("A1", "A2", "ICN1", "ICN5")
	w.receive(payment{payer: "PPO", trace: "T3", amount: "0", method: "NON", body: strings.Replace(other.Replace(paid60), "CLP*A2", "CLP*GONE", 1) +
		`~CLP*GONE*22*-100*-60**12*ICN5~CAS*CO*45*-20~CAS*PR*2*-20`})
	w.expect("taken back", map[string]string{"2010": "0", "1100": "100", "1110": "10", "4100": "20"})
}
