package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/ledger/bank"
	ledgerwork "github.com/claimbook/claimbook/ledger/work"
)

// A payment of the same trace is accepted after the first one was deposited: it
// waits for a deposit of its own, and the proofs hold before and after that.
func TestDecideAcceptAfterTheDeposit(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	deposit := func(amount string) {
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			content := []byte("date,amount,description\n" + w.today.String() + "," + amount + ",EFT T1\n")
			file, err := bank.Read(content)
			if err != nil {
				return err
			}
			if _, err := ledgerwork.ImportBank(ctx, tx, w.practice, "bank.csv", content, file, w.today, "ann"); err != nil {
				return err
			}
			_, err = ledgerwork.MatchDeposits(ctx, tx, w.practice, 7, w.today, "ann")
			return err
		})
	}
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	deposit("60")
	w.expect("deposited", map[string]string{"1050": "0", "1000": "60"})
	w.receive(payment{payer: "PPO", trace: "T1", amount: "70", control: "000000002", body: strings.ReplaceAll(paid70, "A1", "A2")})
	item := w.key("quarantine")
	w.decides(func(d *Desk) (Decided, error) { return d.Accept(item) })
	w.expect("accepted", map[string]string{"1050": "70", "1000": "60"})
	deposit("70")
	w.expect("both deposited", map[string]string{"1050": "0", "1000": "130"})
}
