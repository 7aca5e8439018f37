package ledgerdb_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// verify proves the book and returns the invariants that do not hold.
func (b book) verify(t testing.TB) (broken []ledgerdb.Proof, all []ledgerdb.Proof) {
	t.Helper()
	ctx := context.Background()
	if err := b.TxReadOnly(ctx, postgres.RoleWork, b.practice, func(tx pgx.Tx) (err error) {
		all, err = ledgerdb.Verify(ctx, tx, b.practice, nil)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if !p.Holds() {
			broken = append(broken, p)
		}
	}
	if len(broken) == 0 {
		b.reconciles(t)
	}
	return broken, all
}

// reconciles requires that the deposit reconciliation explains 1050, 1010 and
// 1000 at the end of every day on which something was posted.
func (b book) reconciles(t testing.TB) {
	t.Helper()
	b.do(t, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select distinct posting_date from journal_entry where practice_id = $1 order by 1`, b.practice)
		if err != nil {
			return err
		}
		days, err := pgx.CollectRows(rows, pgx.RowTo[date.Date])
		if err != nil {
			return err
		}
		for _, day := range days {
			r, err := ledgerdb.ReconcileDeposits(ctx, tx, b.practice, day, day)
			if err != nil {
				return err
			}
			for _, a := range r.Accounts {
				if !a.Ties() {
					t.Errorf("as of %s account %s holds %s, the reconciliation explains %s: %+v", day, a.Account, a.Balance, a.Items, r.Items)
				}
			}
		}
		return nil
	})
}

// corrupted does what no program of ours can: it writes past every trigger and
// constraint, as the cluster's administrator, and takes it back after look.
func (b book) corrupted(t testing.TB, look func(ctx context.Context, tx pgx.Tx), statements ...string) {
	t.Helper()
	ctx := context.Background()
	tx, err := b.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	for _, s := range append([]string{"set local session_replication_role = replica"}, statements...) {
		tag, err := tx.Exec(ctx, s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if strings.HasPrefix(s, "update") && tag.RowsAffected() == 0 {
			t.Fatalf("%s: changed nothing", s)
		}
	}
	look(ctx, tx)
}

// broken proves the book as the transaction sees it.
func (b book) broken(ctx context.Context, t testing.TB, tx pgx.Tx) (broken []ledgerdb.Proof) {
	t.Helper()
	all, err := ledgerdb.Verify(ctx, tx, b.practice, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if !p.Holds() {
			broken = append(broken, p)
		}
	}
	return broken
}

func (b book) seal(t testing.TB, size int) (n int) {
	t.Helper()
	b.do(t, func(ctx context.Context, tx pgx.Tx) (err error) {
		n, err = ledgerdb.Seal(ctx, tx, b.practice, size)
		return err
	})
	return n
}

func TestVerifyHolds(t *testing.T) {
	w := quarter(t)
	for w.seal(t, 2) > 0 {
	}
	broken, all := w.verify(t)
	for _, p := range broken {
		t.Errorf("%s: %v", p.Name, p.Examples)
	}
	rows := map[string]int64{}
	for _, p := range all {
		rows[p.Name] = p.Rows
	}
	for name, want := range map[string]int64{"entries-complete": 5, "transfers-balance": 8, "sub-ledger": 6, "remittance-claims": 1,
		"remittance-totals": 1, "line-balances": 3, "seals": 5, "roll-forward": 3} {
		if rows[name] != want {
			t.Errorf("%s was proved over %d rows, want %d", name, rows[name], want)
		}
	}
	if broken, _ := newBook(t).verify(t); len(broken) != 0 {
		t.Errorf("an empty book: %+v", broken)
	}
}

// Every kind of damage done directly in the database is found, by the proof
// that speaks of it.
func TestVerifyFindsCorruptions(t *testing.T) {
	w := quarter(t)
	w.bankFile(t, "date,amount,description\n2026-03-04,60.00,BLUE T1\n2026-03-05,12.00,MYSTERY\n")
	w.reconcile(t)
	for w.seal(t, 2) > 0 {
	}
	found := map[string]bool{}
	const answer = `(select id from journal_entry where source_key = '835|1987654321|T1|CLP|1')`
	for name, test := range map[string]struct {
		statements []string
		finds      string // the name of a proof, then a word of its example
	}{
		"an amount raised":                {[]string{`update transfer set amount = amount + 1 where line_no = 1 and entry_id = ` + answer}, "sub-ledger: T1"},
		"an amount negated":               {[]string{`alter table transfer drop constraint transfer_amount_check`, `update transfer set amount = -amount where line_no = 2 and entry_id = ` + answer}, "transfers-balance: line 2"},
		"a line deleted":                  {[]string{`delete from transfer where line_no = 3 and entry_id = ` + answer}, "entries-complete: declares 3 lines and has 2"},
		"an entry deleted":                {[]string{`delete from journal_entry where id = ` + answer}, "entries-complete: has no entry"},
		"an entry and its lines deleted":  {[]string{`delete from transfer where entry_id = ` + answer, `delete from journal_entry where id = ` + answer}, "remittance-claims: T1|CLP|1 was paid 6000 cents, 0 are posted"},
		"a balance changed":               {[]string{`update subledger_balance set amount = amount - 100 where account = '1110'`}, "sub-ledger: account 1110"},
		"a balance lost":                  {[]string{`delete from subledger_balance where account = '2000'`}, "control-accounts: Patient credits"},
		"an account that is not there":    {[]string{`update transfer set debit_account = '4999' where line_no = 2 and entry_id = ` + answer}, "transfers-balance: account 4999 is not in the chart"},
		"another account":                 {[]string{`update transfer set debit_account = '5000' where line_no = 2 and entry_id = ` + answer}, "seals: block"},
		"a date moved into nowhere":       {[]string{`update journal_entry set posting_date = '2031-01-01' where id = ` + answer}, "periods: lies in no period"},
		"posted after closing":            {[]string{`update period set state = 'closed', changed_at = now() - interval '1 day' where month = '2026-03-01'`}, "periods: after its period was closed"},
		"reverses nothing":                {[]string{`update journal_entry set reverses = 1 where id = ` + answer}, "reversals: does not exist"},
		"a remittance taken away":         {[]string{`update remittance set state = 'quarantined'`}, "sources: remittance that is quarantined"},
		"a payment's total changed":       {[]string{`update remittance set amount = amount + 5`}, "remittance-totals: 1050 took 6000"},
		"a claim's payment changed":       {[]string{`update remittance_claim set paid = paid - 5`}, "remittance-claims: was paid 5995"},
		"a PLB forgotten":                 {[]string{`insert into provider_adjustment (practice_id, remittance_id, seq, provider_npi, code, amount, byte_offset) select practice_id, id, 1, '1', 'WO', 1, 1 from remittance`}, "remittance-totals: less its PLB make 5999"},
		"a claim closed too early":        {[]string{`update claim set state = 'closed' where number = 'C2'`}, "closed-claims: claim C2"},
		"a charge changed":                {[]string{`update service_line set charge = charge + 1 where id = (select service_line_id from claim_line l join claim c on c.id = l.claim_id where c.number = 'C3')`}, "line-balances: line E3/1 is charged 8001"},
		"a line's balance changed":        {[]string{`update subledger_balance set amount = amount + 1 where account = '1100' and amount = 8000`}, "line-balances: line E3/1"},
		"a patient that is not there":     {[]string{`update transfer set debit_patient_id = 5 where line_no = 3 and entry_id = ` + answer}, "ids-exist: patient 5"},
		"an offset behind the file's end": {[]string{`update transfer set byte_offset = 4000 where line_no = 1 and entry_id = ` + answer}, "ids-exist: byte"},
		"a memo changed":                  {[]string{`update journal_entry set memo = 'x' where id = ` + answer}, "seals: is not what was sealed"},
		"a remark changed":                {[]string{`update transfer set rarcs = '{N131}' where line_no = 3 and entry_id = ` + answer}, "seals: is not what was sealed"},
		"a seal changed":                  {[]string{`update seal_block set hash = sha256('x') where block_no = 1`}, "seals: block"},
		"a sealed entry left out":         {[]string{`delete from sealed_entry where entry_id = ` + answer}, "seals: are left"},
		"a block cut out":                 {[]string{`delete from sealed_entry where block_no = 2`, `delete from seal_block where block_no = 2`}, "seals: misses block 2"},
		"a trigger switched off":          {[]string{`alter table transfer disable trigger transfer_append_only`}, "append-only: table transfer"},
		"a check switched off":            {[]string{`alter table journal_entry disable trigger journal_entry_check`}, "append-only: journal_entry_check"},
		"a header alone":                  {[]string{`delete from transfer where entry_id = ` + answer}, "entries-complete: has 0"},
		"lines without a header":          {[]string{`delete from journal_entry where id = ` + answer}, "roll-forward: 2026-03"},
		"a source posted twice":           {[]string{`alter table journal_entry drop constraint journal_entry_practice_id_source_key_key`, `update journal_entry set source_key = 'charge|E1|1|1' where source_key = 'charge|E2|1|1'`}, "sources: posted 2 times"},
		"a remittance that is not there":  {[]string{`delete from remittance`}, "sources: belongs to no remittance"},
		"taken back twice":                {[]string{`alter table journal_entry drop constraint journal_entry_practice_id_reverses_key`, `update journal_entry set reverses = (select id from journal_entry where source_key = 'charge|E1|1|1') where source_key in ('charge|E2|1|1', 'charge|E3|1|1')`}, "reversals: is not the only one"},
		"a claim that is not there":       {[]string{`update transfer set claim_id = 5 where line_no = 1 and entry_id = ` + answer}, "ids-exist: claim 5"},
		"a file that is not there":        {[]string{`update transfer set edi_file_id = 5 where line_no = 1 and entry_id = ` + answer}, "ids-exist: file"},
		"a key that the chart has not":    {[]string{`update account set keyed_by = '{payer}' where code = '1050'`}, "transfers-balance: account 1050 is divided by a key"},
		"cash moved to another trace":     {[]string{`update transfer set debit_reference = 'T2' where line_no = 1 and entry_id = ` + answer}, "remittance-totals: 1050 took 0"},
		"a deposit forgotten":             {[]string{`delete from deposit`}, "deposits: 0 are matched and 6000 posted"},
		"a deposit changed":               {[]string{`update deposit set amount = amount + 1`}, "deposits: 6001 are matched"},
		"a bank line changed":             {[]string{`update bank_line set amount = amount + 1 where amount = 6000`}, "deposits: the bank has 6001 cents"},
		"a bank line lost":                {[]string{`delete from bank_line where amount = 6000`}, "deposits: 0 are matched"},
		"a deposit that posted otherwise": {[]string{`update transfer set credit_reference = 'T9' where debit_account = '1000'`}, "sub-ledger: reference T9"},
		"receipts that no day has":        {[]string{`insert into deposit_slip (practice_id, key, kind, made_on, amount) select id, 'S1', 'counter', '2026-03-03', 3500 from practice`}, "deposits: account 1010 Undeposited receipts holds 35.00"},
		"a role that may change the book": {[]string{`grant update on transfer to claimbook_work`}, "append-only: may update table transfer"},
	} {
		t.Run(name, func(t *testing.T) {
			w.corrupted(t, func(ctx context.Context, tx pgx.Tx) {
				broken := w.broken(ctx, t, tx)
				proof, word, _ := strings.Cut(test.finds, ": ")
				for _, p := range broken {
					found[p.Name] = true
					if p.Name == proof && strings.Contains(strings.Join(p.Examples, "\n"), word) {
						return
					}
				}
				t.Errorf("not found; broken are %+v", broken)
			}, test.statements...)
		})
	}
	_, all := w.verify(t)
	for _, p := range all {
		if !found[p.Name] {
			t.Errorf("no corruption is found by %s", p.Name)
		}
	}
}
