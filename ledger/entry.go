// Package ledger is the double-entry book of a practice: what an entry is, the
// chart of accounts, and the accountant's reports as plain data.
//
// An entry is made of transfers, each of one amount from a credit account to a
// debit account, so an entry that does not balance cannot be written down.
// Nothing in the book is ever changed; a correction is a new entry. Ids of
// claims, service lines and patients are plain numbers here: the ledger knows
// nothing of claims.
package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// Key names one balance: an account and what divides it. Which of the other
// fields an account takes is its KeyedBy in the chart; the rest stay zero.
type Key struct {
	Account       string // "1100"
	ServiceLineID int64  // 0: a remainder of the whole claim or account
	PayerID       int64  // 0: a payer unknown to the practice
	PayerRank     int16  // 1 primary, 2 secondary, 3 tertiary
	PatientID     int64
	Reference     string // a trace (TRN02), a claim number, a PLB reference, a visit's external id
}

// Compare orders keys by account, line, payer, rank, patient and reference: the
// order in which balances are locked, so that two posters never wait for each
// other in a circle.
func (k Key) Compare(o Key) int {
	return cmp.Or(strings.Compare(k.Account, o.Account), cmp.Compare(k.ServiceLineID, o.ServiceLineID),
		cmp.Compare(k.PayerID, o.PayerID), cmp.Compare(k.PayerRank, o.PayerRank),
		cmp.Compare(k.PatientID, o.PatientID), strings.Compare(k.Reference, o.Reference))
}

// Dimensions say what an amount is about and where it comes from; they divide
// no balance.
type Dimensions struct {
	ClaimID     int64
	GuarantorID int64
	ProviderID  int64     // rendering provider
	ServiceDate date.Date // date of service; zero where none applies
	GroupCode   string    // CAS01: CO, PR, OA, PI
	CARC        string    // CAS02, claim adjustment reason code; for a PLB its code
	RARCs       []string  // remittance advice remark codes
	EDIFileID   int64     // 0: not from a file
	ByteOffset  int64     // of the source segment in that file; -1: none
}

// Transfer moves one amount from Credit to Debit. It is the only kind of line.
type Transfer struct {
	Debit, Credit Key
	Amount        money.Cents // always more than zero
	ClaimID       int64
	GuarantorID   int64
	ProviderID    int64 // rendering provider
	ServiceDate   date.Date
	GroupCode     string
	CARC          string
	RARCs         []string
	EDIFileID     int64 // 0: not from a file
	ByteOffset    int64 // of the source segment in that file; -1: none
}

// Entry is one event of the book: a charge, one claim of a remittance, one
// patient payment.
type Entry struct {
	PostingDate date.Date
	Kind        string // charge, remittance, plb, patient-payment, apply, reversal …: a lower-case word with dashes
	// SourceKey names what the entry comes from, for people and machines alike:
	// "charge|E1001|2|1", "835|1123456789|TRACE9|CLP|3". It carries no surrogate
	// id, because exports are reproducible, and it posts at most once.
	SourceKey string
	// RequestHash tells the same request from another one under the same key.
	// Zero: computed from the kind and the transfers.
	RequestHash [32]byte
	Reverses    int64 // the id of the entry that this one takes back; 0: none
	Memo        string
	Actor       string // a job kind or a person
	Transfers   []Transfer
}

// Move adds a transfer of amount from credit to debit. A negative amount is the
// mirror, as a reversal or a negative CAS has it; zero adds nothing.
func (e *Entry) Move(debit, credit Key, amount money.Cents, d Dimensions) {
	if amount == 0 {
		return
	}
	if amount < 0 {
		debit, credit, amount = credit, debit, -amount
	}
	e.Transfers = append(e.Transfers, Transfer{Debit: debit, Credit: credit, Amount: amount,
		ClaimID: d.ClaimID, GuarantorID: d.GuarantorID, ProviderID: d.ProviderID, ServiceDate: d.ServiceDate,
		GroupCode: d.GroupCode, CARC: d.CARC, RARCs: d.RARCs, EDIFileID: d.EDIFileID, ByteOffset: d.ByteOffset})
}

// Dimensions returns what the transfer is about and where it comes from.
func (t Transfer) Dimensions() Dimensions {
	return Dimensions{ClaimID: t.ClaimID, GuarantorID: t.GuarantorID, ProviderID: t.ProviderID, ServiceDate: t.ServiceDate,
		GroupCode: t.GroupCode, CARC: t.CARC, RARCs: t.RARCs, EDIFileID: t.EDIFileID, ByteOffset: t.ByteOffset}
}

// Mirror returns the entry that takes e back: every transfer with its sides
// exchanged. The caller fills in the date, the source key, the actor and what
// it reverses.
func (e *Entry) Mirror() Entry {
	m := Entry{Kind: "reversal", Transfers: slices.Clone(e.Transfers)}
	for i := range m.Transfers {
		t := &m.Transfers[i]
		t.Debit, t.Credit = t.Credit, t.Debit
	}
	return m
}

// Changes returns what e does to each balance, debits less credits, without
// the keys whose change is zero.
func (e *Entry) Changes() map[Key]money.Cents {
	changes := map[Key]money.Cents{}
	for _, t := range e.Transfers {
		changes[t.Debit] += t.Amount
		changes[t.Credit] -= t.Amount
	}
	for k, amount := range changes {
		if amount == 0 {
			delete(changes, k)
		}
	}
	return changes
}

// Hash is the request hash of e: its kind, and of each transfer in order what
// moves where and why. The posting date, the actor and the source segment stay
// out: the same request seen again on another day, or in another envelope, is
// the same request.
func (e *Entry) Hash() [32]byte {
	h := hasher{sha: sha256.New()}
	h.text(e.Kind)
	h.number(e.Reverses)
	for _, t := range e.Transfers {
		h.key(t.Debit)
		h.key(t.Credit)
		h.number(int64(t.Amount))
		h.number(t.ClaimID)
		h.text(t.ServiceDate.String())
		h.text(t.GroupCode)
		h.text(t.CARC)
		h.number(int64(len(t.RARCs)))
		for _, r := range t.RARCs {
			h.text(r)
		}
	}
	return h.sum()
}

// Check refuses an entry that the book could not hold, before anything is
// written: no source key, a kind that is no word, an amount that is not more
// than zero, a transfer from a balance to itself, or a key that the account is
// not divided by.
func (e *Entry) Check(chart Chart) error {
	if e.SourceKey == "" {
		return fault.Invalidf("CB-LEDGER-SOURCE-KEY", "an entry of kind %q has no source key", e.Kind)
	}
	if !isKind(e.Kind) {
		return fault.Invalidf("CB-LEDGER-KIND", "%q is not a kind of entry: a lower-case word with dashes is", e.Kind).At("entry " + e.SourceKey)
	}
	if e.PostingDate.IsZero() {
		return fault.Invalidf("CB-LEDGER-DATE", "the entry has no posting date").At("entry " + e.SourceKey)
	}
	for i, t := range e.Transfers {
		err := t.check(chart)
		if err != nil {
			return err.At(whereLine(e.SourceKey, i+1))
		}
	}
	return nil
}

func (t *Transfer) check(chart Chart) *fault.Error {
	if t.Amount <= 0 || t.Amount > money.Max {
		return fault.Invalidf("CB-LEDGER-AMOUNT", "the amount of a transfer is more than zero and at most %s", money.Max)
	}
	if t.Debit == t.Credit {
		return fault.Invalidf("CB-LEDGER-SAME-SIDE", "a transfer from account %s to the same balance moves nothing", t.Debit.Account)
	}
	if err := chart.check(t.Debit); err != nil {
		return err
	}
	return chart.check(t.Credit)
}

func isKind(s string) bool {
	for i, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c != '-' || i == 0) {
			return false
		}
	}
	return s != ""
}

// hasher writes values with their lengths, so that no two sequences of values
// share a form.
type hasher struct {
	sha hash.Hash
	buf []byte
}

func (h *hasher) number(n int64) { h.buf = binary.AppendVarint(h.buf, n) }

func (h *hasher) text(s string) {
	h.number(int64(len(s)))
	h.buf = append(h.buf, s...)
	if len(h.buf) > 4096 {
		h.flush()
	}
}

func (h *hasher) key(k Key) {
	h.text(k.Account)
	h.number(k.ServiceLineID)
	h.number(k.PayerID)
	h.number(int64(k.PayerRank))
	h.number(k.PatientID)
	h.text(k.Reference)
}

func (h *hasher) flush() { h.sha.Write(h.buf); h.buf = h.buf[:0] }

func (h *hasher) sum() (sum [32]byte) {
	h.flush()
	h.sha.Sum(sum[:0])
	return sum
}
