package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// decides carries out a decision, and then the same again, which must do nothing.
func (w *world) decides(decide func(d *Desk) (Decided, error)) Decided {
	w.t.Helper()
	out, err := w.tries(decide)
	if err != nil {
		w.t.Fatal(err)
	}
	if out.Known || out.Message == "" {
		w.t.Errorf("the first time it says %+v", out)
	}
	before := w.book()
	again, err := w.tries(decide)
	if err != nil || !again.Known || !strings.Contains(again.Message, "nothing changed") {
		w.t.Errorf("the same decision again: %+v, %v", again, err)
	}
	if after := w.book(); after != before {
		w.t.Errorf("the same decision again changed the book:\n%s\n%s", before, after)
	}
	w.verify()
	w.prove()
	return out
}

func (w *world) tries(decide func(d *Desk) (Decided, error)) (out Decided, err error) {
	ctx := context.Background()
	err = w.db.Tx(ctx, postgres.RoleWork, w.practice, func(tx pgx.Tx) (err error) {
		out, err = decide(NewDesk(ctx, tx, nil, w.practice, By{Reason: "a good reason", Actor: "ann", On: w.today}))
		return err
	})
	return out, err
}

// refuses requires a fault of the code, and that nothing is left behind.
func (w *world) refuses(code string, decide func(d *Desk) (Decided, error)) error {
	w.t.Helper()
	before := w.book()
	_, err := w.tries(decide)
	if fault.CodeOf(err) != code {
		w.t.Errorf("want %s, got %v", code, err)
	}
	if after := w.book(); after != before {
		w.t.Errorf("a refused decision changed the book:\n%s\n%s", before, after)
	}
	return err
}

// book is what a decision could change, in short.
func (w *world) book() string {
	w.t.Helper()
	return w.text(`SELECT concat_ws(' ', (SELECT count(*) FROM decision), (SELECT count(*) FROM input_log), (SELECT count(*) FROM journal_entry), (SELECT count(*) FROM claim_event),
		(SELECT count(*) FROM payer_rule), (SELECT count(*) FROM remittance), (SELECT count(*) FROM work_item WHERE state = 'open')) FROM practice WHERE id = $1`)
}

// key returns the key of the only open item of a kind.
func (w *world) key(kind string) string {
	w.t.Helper()
	return w.text(`SELECT dedupe_key FROM work_item WHERE practice_id = $1 AND kind = $2 AND state = 'open'`, kind)
}

func (w *world) rule(kind, code string) string {
	w.t.Helper()
	return w.text(`SELECT coalesce((SELECT group_code || ' ' || treatment || CASE WHEN decision_id IS NULL THEN '' ELSE ' by decision' END FROM payer_rule WHERE practice_id = $1 AND kind = $2 AND code = $3), 'none')`, kind, code)
}

const unknown60 = `CLP*OLD9*1*100*60*20*12*ICN1~SVC*HC:99213*100*60~DTM*472*20220205~CAS*CO*45*20~CAS*PR*2*20`

// Unidentified cash: matched by its work item, or returned to the payer.
func TestDecideCash(t *testing.T) {
	t.Run("match", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: unknown60})
		item := w.key("unmatched")
		w.refuses("CB-MATCH-004", func(d *Desk) (Decided, error) { return d.MatchItem(item, "NOBODY") })
		w.refuses("CB-DECIDE-001", func(d *Desk) (Decided, error) { return d.MatchItem("unmatched|nothing", "A1") })
		w.decides(func(d *Desk) (Decided, error) { return d.MatchItem(item, "A1") })
		w.expect("matched", map[string]string{"1050": "60", "2010": "0", "1100": "0", "1110": "20", "4100": "20"})
		w.refuses("CB-DECIDE-002", func(d *Desk) (Decided, error) { return d.MatchItem(item, "A2") })
		w.refuses("CB-DECIDE-004", func(d *Desk) (Decided, error) { return d.ReturnCash(item) })
	})
	t.Run("return", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: unknown60})
		item := w.key("unmatched")
		out := w.decides(func(d *Desk) (Decided, error) { return d.ReturnCash(item) })
		if out.Amount != 60_00 || len(out.Sources) != 1 || out.Sources[0] != "decision|return-cash|unmatched|835|1411111111|T1|CLP|1" {
			t.Errorf("returned %+v", out)
		}
		w.expect("owed", map[string]string{"1050": "60", "2010": "0", "2210": "-60"})
		w.refuses("CB-DECIDE-004", func(d *Desk) (Decided, error) { return d.MatchItem(item, "A1") })
		w.refuses("CB-DECIDE-TOO-MUCH", func(d *Desk) (Decided, error) {
			return d.RefundPaid(RefundPayer{Payer: "PPO", Reference: "OLD9", Amount: 60_01})
		})
		w.decides(func(d *Desk) (Decided, error) { return d.RefundPaid(RefundPayer{Payer: "PPO", Reference: "OLD9"}) })
		w.expect("sent", map[string]string{"2210": "0", "1000": "-60"})
	})
	t.Run("a whole payment of an unknown payee", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "55", payee: "1777777778", body: paid60 + plb + "AH*5"})
		w.expect("waits", map[string]string{"2010": "-55"})
		item := w.key("unmatched")
		w.decides(func(d *Desk) (Decided, error) { return d.ReturnCash(item) })
		w.expect("owed", map[string]string{"2010": "0", "2210": "-55"})
	})
	t.Run("nothing to return", func(t *testing.T) {
		w := newWorld(t)
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", body: `CLP*OLD9*22*-100*-60**12*ICN1~SVC*HC:99213*-100*-60~CAS*CO*45*-40` + plb + "FB:T1*-60"})
		w.refuses("CB-DECIDE-NOTHING", func(d *Desk) (Decided, error) { return d.ReturnCash(w.key("unmatched")) })
	})
}

// A provider-level adjustment in suspense: classified, and the rule remembered.
func TestDecideClassify(t *testing.T) {
	w := newWorld(t)
	levy := payment{payer: "PPO", trace: "T1", amount: "0", body: "PLB*1234567893*20221231*LE:X*25*CT*-25"}
	w.receive(levy)
	item := w.key("plb")
	classify := func(k Classify) func(d *Desk) (Decided, error) {
		k.Item = item
		return func(d *Desk) (Decided, error) { return d.Classify(k) }
	}
	w.refuses("CB-DECIDE-ACCOUNT", classify(Classify{Account: "1100"}))
	w.refuses("CB-DECIDE-ACCOUNT", classify(Classify{Account: "1000"}))
	w.refuses("CB-DECIDE-ACCOUNT", classify(Classify{Account: "9999"}))
	w.refuses("CB-DECIDE-REFERENCE", classify(Classify{Account: "5110", Reference: "R"}))
	w.refuses("CB-DECIDE-TOO-MUCH", classify(Classify{Account: "2100", Reference: "R"}))
	w.decides(classify(Classify{Account: "5110", Remember: true}))
	w.expect("classified", map[string]string{"2190": "0", "5110": "25", "4210": "-25"})
	if got := w.rule("plb", "LE"); got != " 5110 by decision" {
		t.Errorf("rule: %q", got)
	}
	w.refuses("CB-DECIDE-002", classify(Classify{Account: "5100"}))
	levy.trace, levy.control = "T2", "000000002"
	w.receive(levy)
	w.expect("by rule", map[string]string{"2190": "0", "5110": "50"})
	if list := w.items("plb"); len(list) != 0 {
		t.Errorf("items %v", list)
	}
}

// A recovery that nobody had announced under its reference belongs to one that
// was announced under another.
func TestDecideClassifyToARecoupment(t *testing.T) {
	w := newWorld(t)
	w.receive(payment{payer: "PPO", trace: "T1", amount: "40", body: "PLB*1234567893*20221231*WO:R1*-40"})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", control: "000000002", body: "PLB*1234567893*20221231*WO:R9*40*CT*-40"})
	item := w.key("plb")
	w.refuses("CB-DECIDE-REMEMBER", func(d *Desk) (Decided, error) {
		return d.Classify(Classify{Item: item, Account: "5100", Remember: true})
	})
	w.decides(func(d *Desk) (Decided, error) {
		return d.Classify(Classify{Item: item, Account: "2100", Reference: "R1"})
	})
	w.expect("cleared", map[string]string{"2190": "0", "2100": "0"})
}

const denied = `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*97*60**29*40~REF*6R*A1L1`

// A denial is written off by a person, comes back when it is overturned, and
// stays where the person lets it stand.
func TestDecideDenial(t *testing.T) {
	overturn := payment{payer: "PPO", trace: "T2", amount: "80", control: "000000002",
		body: `CLP*A1*22*-100*0**12*ICN1~SVC*HC:99213*-100*0~CAS*CO*97*-60**29*-40~REF*6R*A1L1~CLP*A1*1*100*80**12*ICN2~SVC*HC:99213*100*80~CAS*CO*45*20~REF*6R*A1L1`}
	start := func(t *testing.T) *world {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: denied})
		return w
	}
	t.Run("one reason by contract, the other written off", func(t *testing.T) {
		w := start(t)
		item := w.key("denied")
		w.refuses("CB-DECIDE-CODE", func(d *Desk) (Decided, error) {
			return d.Treat(Treat{Item: item, As: billing.Contractual, Code: "CO-16"})
		})
		w.refuses("CB-DECIDE-PROTECTED", func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.PatientOwes}) })
		w.refuses("CB-DECIDE-REMEMBER", func(d *Desk) (Decided, error) {
			return d.Treat(Treat{Item: item, As: billing.Denial, Remember: true})
		})
		w.refuses("CB-DECIDE-OPEN", func(d *Desk) (Decided, error) { return d.CloseClaim("A1") })
		w.decides(func(d *Desk) (Decided, error) {
			return d.Treat(Treat{Item: item, As: billing.Contractual, Code: "CO-97", Remember: true})
		})
		w.expect("by contract", map[string]string{"1100": "40", "4100": "60"})
		if w.rule("treatment", "97") != "CO contractual by decision" || w.rule("treatment", "29") != "none" || len(w.items("denied")) != 1 {
			t.Errorf("rules %s, %s; items %v", w.rule("treatment", "97"), w.rule("treatment", "29"), w.items("denied"))
		}
		w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Denial, Code: "CO-29"}) })
		w.expect("written off", map[string]string{"1100": "0", "4100": "60", "4120": "40"})
		if w.state("A1") != "closed" || len(w.items("denied")) != 0 {
			t.Errorf("state %s, items %v", w.state("A1"), w.items("denied"))
		}
	})
	t.Run("overturned", func(t *testing.T) {
		w := start(t)
		item := w.key("denied")
		w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Denial}) })
		w.expect("written off", map[string]string{"1100": "0", "4120": "100"})
		w.receive(overturn)
		w.expect("overturned", map[string]string{"1100": "0", "4120": "0", "4100": "20", "1050": "80"})
		if w.state("A1") != "closed" {
			t.Errorf("state %s", w.state("A1"))
		}
	})
	t.Run("stands", func(t *testing.T) {
		w := start(t)
		item := w.key("denied")
		out := w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Denial}) })
		w.refuses("CB-DECIDE-ENTRY", func(d *Desk) (Decided, error) { return d.Stand("nothing") })
		w.refuses("CB-DECIDE-STAND", func(d *Desk) (Decided, error) { return d.Stand("charge|VA1|1|1") })
		w.decides(func(d *Desk) (Decided, error) { return d.Stand(out.Sources[0]) })
		w.receive(overturn)
		w.expect("stands", map[string]string{"1100": "-100", "4120": "100", "4100": "20", "1050": "80"})
	})
}

// What the patient may be billed for becomes theirs, or the next payer's.
func TestDecidePatientOwes(t *testing.T) {
	const notCovered = `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*PR*27*100~REF*6R*A1L1`
	bill := func(w *world) func(d *Desk) (Decided, error) {
		item := w.key("denied")
		return func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.PatientOwes}) }
	}
	t.Run("patient", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.pay(billingdb.PatientPayment{Key: "R1", Amount: 30_00, Account: "P001"})
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: notCovered})
		w.decides(bill(w))
		w.expect("billed, less the credit", map[string]string{"1100": "0", "1110": "70", "2000": "0"})
	})
	t.Run("next payer", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}, {payer: "CARE"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: notCovered})
		w.decides(bill(w))
		if w.owes("PPO", 1) != 0 || w.owes("CARE", 2) != 100_00 {
			t.Errorf("PPO owes %s, Medicare %s", w.owes("PPO", 1), w.owes("CARE", 2))
		}
	})
	t.Run("Medicaid patient", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "CAID"}}, "100")
		w.receive(payment{payer: "CAID", trace: "T1", amount: "0", method: "NON", body: notCovered})
		w.refuses("CB-DECIDE-PROTECTED", bill(w))
		item := w.key("denied")
		w.decides(func(d *Desk) (Decided, error) {
			return d.Treat(Treat{Item: item, As: billing.Reduction, Remember: true})
		})
		w.expect("by rule", map[string]string{"1100": "0", "4110": "100"})
	})
	t.Run("protected share", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "CARE", qmb: true}}, "100")
		w.receive(payment{payer: "CARE", trace: "T1", amount: "60", body: paid60})
		w.expect("stays", map[string]string{"1100": "20"})
		item := w.key("adjustment")
		w.refuses("CB-DECIDE-PROTECTED", func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.PatientOwes}) })
		w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Reduction}) })
		w.expect("written off", map[string]string{"1100": "0", "1110": "0", "4110": "20"})
	})
}

// An adjustment of the claim, and of a claim answered without lines, is written
// off line by line.
func TestDecideClaimLevel(t *testing.T) {
	for name, body := range map[string]string{
		"with lines":    `CLP*A1*1*150*60**12*ICN1~CAS*CO*B7*30~SVC*HC:99213*100*50~CAS*CO*45*50~REF*6R*A1L1~SVC*HC:81002*50*40~CAS*CO*45*10~REF*6R*A1L2`,
		"without lines": `CLP*A1*1*150*120**12*ICN1~CAS*CO*B7*30`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "100", "50")
			w.receive(payment{payer: "PPO", trace: "T1", amount: strings.Split(body, "*")[4], body: body})
			item := w.key("adjustment")
			w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Contractual}) })
			if open := w.count(`SELECT count(*) FROM subledger_balance WHERE practice_id = $1 AND account = '1100' AND amount <> 0`); open != 0 {
				t.Errorf("%d receivables are open", open)
			}
		})
	}
}

// The same trace with other content is accepted as a payment of its own; one
// that does not balance never is.
func TestDecideAccept(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	second := payment{payer: "PPO", trace: "T1", amount: "70", control: "000000002", body: strings.ReplaceAll(paid70, "A1", "A2")}
	w.receive(second)
	item := w.key("quarantine")
	out := w.decides(func(d *Desk) (Decided, error) { return d.Accept(item) })
	w.expect("accepted", map[string]string{"1050": "130", "1100": "0", "1110": "30", "4100": "40"})
	if out.Amount != 70_00 || !strings.HasPrefix(out.Sources[0], "835|1411111111|T1~") {
		t.Errorf("accepted %+v", out)
	}
	second.control = "000000003"
	w.receive(second) // in another envelope: known
	w.expect("again", map[string]string{"1050": "130"})
	if list := w.items("quarantine"); len(list) != 0 {
		t.Errorf("items %v", list)
	}
	w.receive(payment{payer: "PPO", trace: "T9", amount: "61", control: "000000004", body: paid60})
	unbalanced := w.key("quarantine")
	err := w.refuses("CB-DECIDE-NEVER", func(d *Desk) (Decided, error) { return d.Accept(unbalanced) })
	if err == nil || !strings.Contains(err.Error(), "BPR02") {
		t.Errorf("it does not name the equation: %v", err)
	}
	w.decides(func(d *Desk) (Decided, error) { return d.Dismiss(unbalanced) })
}

// A decision whose day is in a closed month posts on the first day of the next.
func TestDecideInAClosedPeriod(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: denied})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		for _, month := range []string{"2022-02-01", "2022-03-01"} {
			if _, err := tx.Exec(ctx, `INSERT INTO period (practice_id, month, state) VALUES ($1, $2, 'closed')
				ON CONFLICT (practice_id, month) DO UPDATE SET state = 'closed'`, w.practice, month); err != nil {
				return err
			}
		}
		return nil
	})
	item := w.key("denied")
	out := w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Denial}) })
	if out.PostingDate.String() != "2022-04-01" {
		t.Errorf("posted on %s", out.PostingDate)
	}
	if got := w.text(`SELECT decided_on::text FROM decision WHERE practice_id = $1`); got != day.String() {
		t.Errorf("decided on %s", got)
	}
}

// A line that fits none of ours is assigned, and taken back with its answer.
func TestDecideAssignLine(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100", "50")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "120", body: `CLP*A1*1*150*120**12*ICN1~SVC*HC:99213*100*100~REF*6R*A1L1~SVC*HC:G9999*50*20~CAS*CO*45*30~DTM*472*20200101`})
	item := w.key("unmatched")
	w.refuses("CB-DECIDE-LINE", func(d *Desk) (Decided, error) { return d.AssignLine(item, 7) })
	w.refuses("CB-DECIDE-005", func(d *Desk) (Decided, error) { return d.MatchItem(item, "A1") })
	w.decides(func(d *Desk) (Decided, error) { return d.AssignLine(item, 2) })
	if w.state("A1") != "closed" {
		t.Errorf("state %s", w.state("A1"))
	}
}

// A claim of whose payer nothing more is expected is closed while the patient
// still owes their share; it opens again when the payer takes its answer back.
func TestDecideClose(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.refuses("CB-DECIDE-OPEN", func(d *Desk) (Decided, error) { return d.CloseClaim("A1") })
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.decides(func(d *Desk) (Decided, error) { return d.CloseClaim("A1") })
	w.expect("closed", map[string]string{"1100": "0", "1110": "20"})
	if w.state("A1") != "closed" {
		t.Errorf("state %s", w.state("A1"))
	}
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", control: "000000002", body: reversal60 + "~PLB*1234567893*20221231*FB:T2*-60"})
	if w.state("A1") != "accepted" {
		t.Errorf("taken back, it is %s", w.state("A1"))
	}
}

// Every kind that a desk records can be replayed, and the payloads carry what
// the replay needs.
func TestDecisionsReplay(t *testing.T) {
	for _, kind := range []string{DecideReturnCash, DecideClassify, DecideTreat, DecideAssignLine, DecideAccept, DecideRefundPayer, DecideRefundPaid, DecideOffset,
		DecideWriteOff, DecideApply, DecideClose, DecideStand, DecideDismiss, DecideCoverageEnded, DecideCoverageFound, DecideUndo} {
		if !Replays(kind) {
			t.Errorf("%s cannot be replayed", kind)
		}
	}
	build := func(w *world) {
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: denied})
		w.receive(payment{payer: "PPO", trace: "T2", amount: "0", control: "000000002", body: "PLB*1234567893*20221231*LE:X*25*CT*-25"})
		w.receive(payment{payer: "PPO", trace: "T3", amount: "60", control: "000000003", body: unknown60})
	}
	live := newWorld(t)
	build(live)
	item := live.key("denied")
	live.decides(func(d *Desk) (Decided, error) {
		return d.Treat(Treat{Item: item, As: billing.Contractual, Code: "CO-97", Remember: true})
	})
	live.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Denial, Code: "CO-29"}) })
	plbItem, cash := live.key("plb"), live.key("unmatched")
	live.decides(func(d *Desk) (Decided, error) {
		return d.Classify(Classify{Item: plbItem, Account: "5110", Remember: true})
	})
	live.decides(func(d *Desk) (Decided, error) { return d.ReturnCash(cash) })
	live.decides(func(d *Desk) (Decided, error) { return d.RefundPaid(RefundPayer{Payer: "PPO", Reference: "OLD9"}) })

	rebuilt := newWorld(t)
	build(rebuilt)
	var rows []Recorded
	live.tx(func(ctx context.Context, tx pgx.Tx) error {
		found, err := tx.Query(ctx, `SELECT kind, subject, payload, reason, actor, decided_on FROM decision WHERE practice_id = $1 ORDER BY id`, live.practice)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (r Recorded, err error) {
			return r, row.Scan(&r.Kind, &r.Subject, &r.Payload, &r.Reason, &r.Actor, &r.On)
		})
		return err
	})
	for _, r := range rows {
		rebuilt.tx(func(ctx context.Context, tx pgx.Tx) error { return Replay(ctx, tx, nil, rebuilt.practice, r) })
	}
	journal := func(w *world) string {
		return w.text(`SELECT string_agg(concat_ws(' ', e.source_key, e.posting_date, e.actor, e.memo, t.debit_account, t.credit_account, t.amount), E'\n' ORDER BY e.source_key, t.line_no)
			FROM journal_entry e JOIN transfer t ON t.practice_id = e.practice_id AND t.entry_id = e.id WHERE e.practice_id = $1`)
	}
	if a, b := journal(live), journal(rebuilt); a != b || len(rows) != 5 {
		t.Errorf("%d decisions; live:\n%s\nrebuilt:\n%s", len(rows), a, b)
	}
	if a, b := live.rule("treatment", "97")+live.rule("plb", "LE"), rebuilt.rule("treatment", "97")+rebuilt.rule("plb", "LE"); a != b {
		t.Errorf("rules: live %s, rebuilt %s", a, b)
	}
}
