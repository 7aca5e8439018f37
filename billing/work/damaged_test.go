package work

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
)

// unrelated stores a file that has nothing to do with anything: ids of what
// comes after it differ from those of a book without it.
func (w *world) unrelated() {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "other", ReceivedOn: w.today}, strings.NewReader("another file"))
		return err
	})
}

// What is quarantined is known by what came in, never by ids: the book made
// again has the same keys, also of payments that cannot be read at all.
func TestQuarantineKeysFollowFromTheFile(t *testing.T) {
	good := w835("60", paid60)
	damaged := map[string]string{
		"no BPR":            strings.Replace(good, "BPR*I*60*", "BPX*I*60*", 1),
		"a BPR too long":    strings.Replace(good, "20220307~\nTRN", "20220307*X*Y~\nTRN", 1),
		"cut in the header": upTo(good, "TRN*1"),
		"not to be written": strings.Replace(good, "N1*PE", "N1*PR", 1),
		"cut in the claim":  upTo(good, "CAS*"),
	}
	for name, content := range damaged {
		t.Run(name, func(t *testing.T) {
			var keys []string
			for _, shift := range []bool{false, true} {
				w := newWorld(t)
				w.claim("A1", []coverage{{payer: "PPO"}}, "100")
				if shift {
					w.unrelated()
				}
				w.receiveFile(content)
				keys = append(keys, w.text(`SELECT coalesce(string_agg(source_key || ' ' || encode(request_hash, 'hex') || ' ' || state, E'\n'), '') FROM remittance WHERE practice_id = $1`)+
					w.text(`SELECT coalesce(string_agg(dedupe_key, E'\n'), '') FROM work_item WHERE practice_id = $1`))
			}
			if keys[0] != keys[1] || keys[0] == "" {
				t.Errorf("the same file is\n%s\nand in another copy of the book\n%s", keys[0], keys[1])
			}
		})
	}
}

// w835 is the file of a payment T1 of the PPO.
func w835(amount, body string) string {
	w := &world{today: day}
	return w.file(payment{payer: "PPO", trace: "T1", amount: amount, body: body})
}

// A payment whose header cannot be read says who paid what and what to do; it
// is the payer's, and the same one again, in another envelope, is one.
func TestUnreadableHeaderSaysWhoPaid(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	bad := strings.Replace(w835("60", paid60), "20220307~\nTRN", "20220307*X*Y~\nTRN", 1)
	w.receiveFile(bad)
	reason := w.text(`SELECT reason FROM remittance WHERE practice_id = $1`)
	for _, want := range []string{"PPO OF THE NORTH", "trace T1", "$60.00", "BPR", "segment 2"} {
		if !strings.Contains(reason, want) {
			t.Errorf("the reason does not say %s: %s", want, reason)
		}
	}
	if item := w.items("quarantine"); len(item) != 1 || !strings.HasPrefix(item[0], "60.00 a payment of PPO OF THE NORTH (trace T1, $60.00) cannot be read") || !strings.HasSuffix(item[0], "nothing of it was posted") {
		t.Errorf("item %v", item)
	}
	if got := w.text(`SELECT r.state || ' ' || p.code || ' ' || r.trace || ' ' || r.amount || ' ' || r.method FROM remittance r JOIN payer p ON p.practice_id = r.practice_id AND p.id = r.payer_id WHERE r.practice_id = $1`); got != "quarantined PPO T1 6000 ACH" {
		t.Errorf("recorded as %q", got)
	}
	if action := w.text(`SELECT action FROM work_item WHERE practice_id = $1 AND kind = 'quarantine'`); !strings.Contains(action, "corrected remittance") {
		t.Errorf("action %q", action)
	}
	again := strings.ReplaceAll(bad, "000000001", "000000009")
	w.receiveFile(again)
	if n := len(w.items("quarantine")); n != 1 {
		t.Errorf("%d items for one payment", n)
	}
	w.receiveFile(strings.ReplaceAll(w835("60", paid60), "000000001", "000000010"))
	w.expect("corrected", map[string]string{"1050": "60", "1110": "20", "1100": "0"})
}

// A date is neither money nor identity: a payment whose BPR16 is no day posts,
// what is odd about it is said, and days for an appeal count from its receipt.
func TestUnreadableDateOfAPayment(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receiveRouted(strings.Replace(w835("0", `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*50*100~REF*6R*A1L1`), "20220307~\nTRN", "00000000~\nTRN", 1))
	w.expect("denied", map[string]string{"1100": "100"})
	if got := w.text(`SELECT outcome FROM edi_transaction WHERE practice_id = $1`); !strings.Contains(got, "BPR16") {
		t.Errorf("said %q", got)
	}
	if got := w.text(`SELECT r.state || ' ' || coalesce(r.check_date::text, 'none') || ' ' || i.due_on FROM remittance r JOIN work_item i ON i.remittance_id = r.id WHERE r.practice_id = $1`); got != "posted none "+day.AddDays(120).String() {
		t.Errorf("recorded as %q", got)
	}
}

// A payment in the middle of a large file is read from its place: what stands
// before it, however much, is not looked at.
func TestPaymentIsReadFromItsPlace(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	whole := w835("60", paid60)
	garbage := strings.Repeat("this is no X12 at all ", 150_000) // more than three pieces of the store
	content := garbage + whole
	set := exchangedb.Transaction{ByteOffset: int64(len(garbage) + strings.Index(whole, "ST*835")), Seq: 7, Kind: "835", State: exchangedb.Waiting,
		ISA: int64(len(garbage)), GS: int64(len(garbage) + strings.Index(whole, "GS*")), Interchange: 2, Group: 1, Set: 1}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "large", ReceivedOn: w.today}, strings.NewReader(content))
		if err != nil {
			return err
		}
		if _, err := exchangedb.PutTransactions(ctx, tx, w.practice, f.ID, []exchangedb.Transaction{set}); err != nil {
			return err
		}
		return PostPayment(ctx, tx, jobs.RemitPostArgs{PracticeID: w.practice, FileID: f.ID, ByteOffset: set.ByteOffset, ReceivedOn: w.today})
	})
	w.expect("posted", map[string]string{"1050": "60", "1110": "20", "1100": "0"})
	place := w.count(`SELECT byte_offset FROM transfer WHERE practice_id = $1 AND group_code = 'CO'`)
	if place <= len(garbage) || !strings.HasPrefix(content[place:], "CAS*CO*45*20") {
		t.Errorf("the adjustment is said to stand at byte %d", place)
	}
}

// A file of many payments is read once, not once for each of its payments.
func TestManyPaymentsOfAFile(t *testing.T) {
	w := newWorld(t)
	const payments = 40
	var content strings.Builder
	content.WriteString("ISA*00*          *00*          *ZZ*CH             *ZZ*LAKE           *220307*1200*^*00501*000000001*0*P*:~GS*HP*CH*LAKE*20220307*1200*1*X*005010X221A1~")
	for i := range payments {
		number := fmt.Sprint("A", i)
		w.claim(number, []coverage{{payer: "PPO"}}, "100")
		fmt.Fprintf(&content, "ST*835*%04d~BPR*I*10*C*ACH************20220307~TRN*1*T%d*1411111111~N1*PR*PPO~N1*PE*LAKE*XX*1234567893~LX*1~CLP*%s*1*100*10**12*ICN%d~SVC*HC:99213*100*10~CAS*CO*45*90~REF*6R*%[3]sL1~SE*11*%04[1]d~", i+1, i, number, i)
	}
	fmt.Fprintf(&content, "GE*%d*1~IEA*1*000000001~", payments)
	w.receiveRouted(content.String())
	w.expect("all", map[string]string{"1050": fmt.Sprint(10 * payments), "1100": "0", "4100": fmt.Sprint(90 * payments)})
	if got := w.text(`SELECT string_agg(control, ' ' ORDER BY seq) FROM edi_transaction WHERE practice_id = $1 AND seq IN (1, 40) AND set_no = seq AND isa_offset = 0 AND gs_offset = 106`); got != "0001 0040" {
		t.Errorf("places of the first and last set: %q", got)
	}
}

// receiveRouted stores a file, records what is in it as the router does, and
// posts its payments.
func (w *world) receiveRouted(content string) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "routed", ReceivedOn: w.today}, strings.NewReader(content))
		if err != nil {
			return err
		}
		contents, err := exchange.Survey(strings.NewReader(content))
		if err != nil {
			return err
		}
		var list []exchangedb.Transaction
		for _, p := range contents.Parts {
			list = append(list, exchangedb.Transaction{ByteOffset: p.ByteOffset, Seq: p.Seq, Kind: p.Kind, Control: p.Control, State: exchangedb.Waiting,
				ISA: p.ISA, GS: p.GS, Interchange: p.Position.Interchange, Group: p.Position.Group, Set: p.Position.Transaction})
		}
		if _, err := exchangedb.PutTransactions(ctx, tx, w.practice, f.ID, list); err != nil {
			return err
		}
		for _, p := range list {
			if err := PostPayment(ctx, tx, jobs.RemitPostArgs{PracticeID: w.practice, FileID: f.ID, ByteOffset: p.ByteOffset, ReceivedOn: w.today}); err != nil {
				return err
			}
		}
		return nil
	})
	w.verify()
}

func upTo(s, mark string) string {
	head, _, _ := strings.Cut(s, mark)
	return head
}
