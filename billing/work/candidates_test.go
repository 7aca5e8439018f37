package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// member gives a claim's coverage a member id of its own.
func (w *world) member(number, id string) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE coverage v SET member_id = $3 FROM claim c WHERE c.practice_id = $1 AND c.number = $2 AND v.id = c.coverage_id`, w.practice, number, id)
		return err
	})
}

// An answer without any number of ours is its claim's if the member, the
// services, the date and the charges say so and no other claim fits; whatever is
// not certain is a person's, with the claims that it may be.
func TestClaimFoundByItsServices(t *testing.T) {
	const lost = `CLP*LOST*1*140*100**12*ICN1~NM1*QC*1*LINDQVIST*MAJA****MI*W-1~SVC*HC:81002*40*40~DTM*472*20220205~SVC*HC:99213*100*60~DTM*472*20220205~CAS*CO*45*40`
	for name, test := range map[string]struct {
		body  string
		found bool
		item  string
	}{
		"the same":              {lost, true, ""},
		"case of the member id": {strings.Replace(lost, "W-1", "w-1", 1), true, ""},
		"another member":        {strings.Replace(lost, "W-1", "W-9", 1), false, "those of A1 or A2"},
		"no member":             {strings.Replace(lost, "****MI*W-1", "", 1), false, "those of A1 or A2"},
		"a member of two":       {strings.Replace(lost, "W-1", "W-3", 1), false, "those of A3 or A4"},
		"another procedure":     {strings.Replace(lost, "99213", "99214", 1), false, "no claim of this practice has that number"},
		"another modifier":      {strings.Replace(lost, "99213", "99213:25", 1), false, "no claim of this practice has that number"},
		"another day":           {strings.ReplaceAll(lost, "20220205", "20220206"), false, "no claim of this practice has that number"},
		"without lines":         {`CLP*LOST*1*140*100**12*ICN1~NM1*QC*1*LINDQVIST*MAJA****MI*W-1~CAS*CO*45*40~DTM*232*20220205`, false, "those of A1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "100", "40")
			w.member("A1", "W-1")
			w.claim("A2", []coverage{{payer: "PPO"}}, "100", "40")
			w.member("A2", "W-2")
			if strings.Contains(name, "two") {
				for _, number := range []string{"A3", "A4"} {
					w.claim(number, []coverage{{payer: "PPO"}}, "100", "40")
					w.member(number, "W-3")
				}
			}
			w.claim("B1", []coverage{{payer: "CARE"}}, "100", "40") // another payer's
			w.member("B1", "W-1")
			w.receive(payment{payer: "PPO", trace: "T1", amount: "100", body: test.body})
			if !test.found {
				w.expect(name, map[string]string{"2010": "-100"})
				if items := w.items("unmatched"); len(items) != 1 || !has(items, test.item) {
					t.Errorf("items %v, want %q", items, test.item)
				}
				return
			}
			w.expect(name, map[string]string{"1050": "100", "2010": "0", "4100": "40"})
			if got := w.text(`SELECT c.number || ': ' || m.match_reason FROM remittance_claim m JOIN claim c ON c.practice_id = m.practice_id AND c.id = m.claim_id WHERE m.practice_id = $1`); !strings.HasPrefix(got, "A1: member, procedures") {
				t.Errorf("found %q", got)
			}
			// The same answer under a new trace is not given a second time; its reversal
			// follows the numbers.
			again := strings.NewReplacer("ICN1", "ICN2").Replace(test.body)
			w.receive(payment{payer: "PPO", trace: "T2", amount: "100", body: again})
			w.expect("again", map[string]string{"2010": "-100", "4100": "40"})
			w.receive(payment{payer: "PPO", trace: "T3", amount: "0", body: `CLP*LOST*22*-140*-100**12*ICN1~SVC*HC:81002*-40*-40~SVC*HC:99213*-100*-60~CAS*CO*45*-40~PLB*1234567893*20221231*FB:T3*-100`})
			w.expect("taken back", map[string]string{"2010": "-100", "4100": "0"})
		})
	}
}

// A debit is no payment.
func TestDebitIsQuarantined(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receiveFile(strings.Replace(w835("60", paid60), "*60*C*ACH", "*60*D*ACH", 1))
	w.expect("nothing", map[string]string{"1050": "0", "1100": "100"})
	if items := w.items("quarantine"); !has(items, "BPR03 is D", "$60.00") {
		t.Errorf("items %v", items)
	}
}
