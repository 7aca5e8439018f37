package billing

import (
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/shopspring/decimal"
)

// Payment is the frame of one payment that is being posted.
type Payment struct {
	Key          string // source key: 835|TRN03|TRN02, with a hash behind it where traces are reused
	Trace        string // TRN02
	PayerID      int64  // 0: a payer that this practice does not know
	PayerName    string // N102 of the payer, for people
	RemittanceID int64
	EDIFileID    int64
	ReceivedOn   date.Date // the practice's local day when the file came in
	DecidedOn    date.Date // BPR16: appeal deadlines count from it; zero: ReceivedOn
	PostingDate  date.Date // ReceivedOn, or the first day of the next open period
	// Identified is the unidentified cash that a person has found the claim of; then
	// the claim posts from there, not from the payment. Zero: it posts as received.
	Identified ledger.Key
	// PayeeUnknown means that the payment names a payee that is not this
	// practice: all its cash is unidentified.
	PayeeUnknown bool
}

// Posting is what a part of a payment does to the book, ready to be saved in
// one transaction.
type Posting struct {
	Entries     []ledger.Entry
	Moves       []claims.Move
	Items       []claims.WorkItem
	Answered    []int64  // claims whose payer answered: nobody waits for it any more
	Resolved    []int64  // claims whose earlier denial no longer stands
	Gone        []string // keys of work items that fall with the answer which opened them
	Claims      []ClaimRow
	Lines       []LineRow
	Adjustments []AdjustmentRow
	Provider    []ProviderRow
	NextPayer   []int64 // claims whose balance moved to a payer that has to be billed
	// Later are adjustments of earlier answers that had waited and have posted now.
	Later []LaterRow
	// Cleared are balances of PLB suspense (2190) that hold nothing any more.
	Cleared []ledger.Key
}

// ClaimRow is a CLP as it was reported, and what became of it.
type ClaimRow struct {
	Seq                int
	ClaimNumber        string
	Status             string
	Charge, Paid       money.Cents
	PatientShare       money.Cents
	PayerClaimNumber   string
	ClaimID            int64
	MatchReason        string
	Outcome            string
	ServiceDate        date.Date
	Remarks            []string
	ByteOffset         int64
	SegmentNumber      int
	ReversesRemittance int64 // the remittance and its CLP that this reversal takes back
	ReversesSeq        int
}

// Outcomes of a CLP.
const (
	OutcomePaid          = "paid"
	OutcomePartlyPaid    = "partly-paid"
	OutcomeDenied        = "denied"
	OutcomeReversed      = "reversed"
	OutcomeForwarded     = "forwarded"
	OutcomeUnmatched     = "unmatched"
	OutcomeReturned      = "returned" // not ours: its cash goes back to the payer
	OutcomeInformational = "informational"
)

// LineRow is an SVC as it was reported, and the line of ours that it speaks for.
type LineRow struct {
	ClaimSeq, Seq int
	Procedure     string
	Modifiers     []string
	Charge, Paid  money.Cents
	Units         decimal.NullDecimal
	Allowed       money.Cents
	HasAllowed    bool
	ServiceDate   date.Date
	ControlNumber string
	Remarks       []string
	ServiceLineID int64
	MatchReason   string
	ByteOffset    int64
}

// AdjustmentRow is one reason of a CAS as it was reported, with what the book
// did with it and how much of it moved.
type AdjustmentRow struct {
	ClaimSeq, LineSeq, Seq int
	Group, CARC            string
	Amount                 money.Cents
	Quantity               decimal.NullDecimal
	Treatment              Treatment
	Posted                 money.Cents
	ByteOffset             int64
}

// ProviderRow is one pair of a PLB as it was reported, and what the book did
// with it.
type ProviderRow struct {
	Seq          int
	ProviderNPI  string
	FiscalPeriod date.Date
	Code         string
	Reference    string
	Amount       money.Cents
	Treatment    string
	ByteOffset   int64
}

// Adjudication is an earlier CLP of a claim as it was recorded: what a reversal
// takes back.
type Adjudication struct {
	RemittanceID     int64
	Seq              int
	Key              string // source key of its entry
	EntryID          int64  // 0: nothing moved
	PayerID          int64  // of the payment; 0: a payer that the practice does not know
	PayerName        string
	EDIFileID        int64
	PayerClaimNumber string
	Status           string
	Outcome          string
	Charge, Paid     money.Cents
	Remarks          []string
	Reversed         bool
	// The reversal that took it back.
	ReversedByRemittance int64
	ReversedBySeq        int
	Lines                []RecordedLine
	Adjustments          []RecordedAdjustment
	Transfers            []ledger.Transfer // also of adjustments that had waited
}

// RecordedLine is an SVC of an earlier CLP.
type RecordedLine struct {
	Seq           int
	ServiceLineID int64 // 0: it matched none
	Charge, Paid  money.Cents
	Remarks       []string
}

// RecordedAdjustment is an adjustment of an earlier CLP.
type RecordedAdjustment struct {
	ServiceLineID  int64 // 0: of the claim, or of an unmatched line
	LineSeq, Seq   int   // LineSeq 0: of the claim
	Group, CARC    string
	Amount, Posted money.Cents
	ByteOffset     int64
}

// Disposition is a later entry that disposed of what an adjudication left: a
// write-off, a transfer to the patient, bad debt.
type Disposition struct {
	EntryID   int64
	Key       string
	Kind      string
	Transfers []ledger.Transfer // only those that touch the claim
	Whole     bool              // Transfers are all that the entry has
}

// History is what the book knows of a claim's earlier answers.
type History struct {
	Adjudications []Adjudication // in the order in which they were posted
	Dispositions  []Disposition  // still standing; a person may have marked one to stand: then it is not here
}

// Poster turns the claims of one payment, in the order of the file, into what
// the book has to record. It keeps the sub-ledger balances that it was given up
// to date, so that one claim sees what an earlier one of the payment did.
type Poster struct {
	payment    Payment
	treatments Treatments
	balances   map[ledger.Key]money.Cents
	credits    map[ledger.Key]int64       // receivables that were below zero after an answer, and their encounters
	answered   map[int64]bool             // encounters of which the payment says something
	strange    []stranger                 // answers of a payer that was not asked
	references map[string]bool            // under which a refund to the payer may have been paid twice
	overtaken  map[ledger.Key]money.Cents // refunds to the payer of which it had recovered so much before it announced to
	suspended  map[ledger.Key][]string    // suspense that the payment touched, and its work items about it
	raised     map[ledger.Key]int64       // receivables of later payers that the payment may have raised, and their encounters
	now        map[int]bool               // CLPs of the payment that may have raised one
	mayBe      map[int]string             // by the number of the CLP: claims that it may be for
	foundBy    map[int]string             // by the number of the CLP: how its claim was found, where its own number is not ours
	out        Posting
	// Counts of the payment so far.
	Posted, Unmatched int
}

// NewPoster returns a poster for the payment.
func NewPoster(p Payment, t Treatments) *Poster {
	return &Poster{payment: p, treatments: t, balances: map[ledger.Key]money.Cents{}, credits: map[ledger.Key]int64{}, answered: map[int64]bool{}, references: map[string]bool{}, overtaken: map[ledger.Key]money.Cents{},
		suspended: map[ledger.Key][]string{}, foundBy: map[int]string{}, mayBe: map[int]string{}, raised: map[ledger.Key]int64{}, now: map[int]bool{}}
}

// MayBe says which claims an answer may be for that nobody can be sure of.
func (p *Poster) MayBe(seq int, numbers string) { p.mayBe[seq] = numbers }

// FoundBy says how the claim of a CLP was found whose number is not ours.
func (p *Poster) FoundBy(seq int, why string) { p.foundBy[seq] = why }

// Know tells the poster what the sub-ledger holds under the keys. A key that
// it was never told of holds nothing.
func (p *Poster) Know(balances map[ledger.Key]money.Cents) {
	for key, amount := range balances {
		p.balances[key] = amount
	}
}

// Keys returns the sub-ledger keys that posting the claim may read: what the
// asked payer owes for its lines, and what the next one does.
func (p *Poster) Keys(c *Claim) []ledger.Key {
	asked, next := c.asked(p.payment.PayerID)
	keys := make([]ledger.Key, 0, 2*len(c.Lines)+2)
	for i := -1; i < len(c.Lines); i++ {
		var line *ClaimLine
		if i >= 0 {
			line = &c.Lines[i]
		}
		keys = append(keys, receivable(c, line, asked.PayerID, asked.Rank))
		if next != nil {
			keys = append(keys, receivable(c, line, next.PayerID, next.Rank))
		}
		if c.Rank != asked.Rank { // crossover: the first payer's part is a key of its own
			keys = append(keys, receivable(c, line, c.PayerID, c.Rank))
		}
	}
	return keys
}

// HistoryKeys returns the sub-ledger keys that taking back what disposed of a
// claim's earlier answers reads.
func (p *Poster) HistoryKeys(h History) []ledger.Key {
	var keys []ledger.Key
	for _, d := range h.Dispositions {
		for _, t := range d.Transfers {
			if t.Credit.Account == ledger.PayerRefunds {
				announced := t.Credit
				announced.Account = ledger.PayerRecoupment
				keys = append(keys, t.Credit, announced)
			}
		}
	}
	return keys
}

// Take returns what has gathered since the last Take.
func (p *Poster) Take() Posting {
	out := p.out
	p.out = Posting{ // the next part is about as large
		Entries:     make([]ledger.Entry, 0, len(out.Entries)),
		Moves:       make([]claims.Move, 0, len(out.Moves)),
		Claims:      make([]ClaimRow, 0, len(out.Claims)),
		Lines:       make([]LineRow, 0, len(out.Lines)),
		Adjustments: make([]AdjustmentRow, 0, len(out.Adjustments)),
	}
	return out
}

// entry is an entry being made; it keeps the poster's balances up to date.
type entry struct {
	poster *Poster
	ledger.Entry
}

func (p *Poster) begin(kind, key, memo string) *entry {
	return &entry{p, ledger.Entry{PostingDate: p.payment.PostingDate, Kind: kind, SourceKey: key, Memo: memo, Actor: "remit.post"}}
}

// move debits one key and credits the other; a negative amount is the mirror.
func (e *entry) move(debit, credit ledger.Key, amount money.Cents, d ledger.Dimensions) {
	if amount == 0 || debit == credit {
		return
	}
	e.Move(debit, credit, amount, d)
	e.poster.balances[debit] += amount
	e.poster.balances[credit] -= amount
}

// finish hands the entry over, unless nothing moved.
func (e *entry) finish() {
	if len(e.Transfers) > 0 {
		e.poster.out.Entries = append(e.poster.out.Entries, e.Entry)
	}
}

// Unidentified is the key under which the cash of an unmatched CLP waits.
func (p *Payment) Unidentified(claimNumber string) ledger.Key {
	if p.PayeeUnknown || claimNumber == "" {
		claimNumber = p.Trace
	}
	return ledger.Key{Account: ledger.UnidentifiedCash, PayerID: p.PayerID, Reference: claimNumber}
}

// cash is the key of this payment's money on its way to the bank.
func (p *Poster) cash() ledger.Key {
	if p.payment.Identified != (ledger.Key{}) {
		return p.payment.Identified
	}
	return ledger.Key{Account: ledger.EFTClearing, PayerID: p.payment.PayerID, Reference: p.payment.Trace}
}

func (p *Poster) at(offset int64) ledger.Dimensions {
	return ledger.Dimensions{EDIFileID: p.payment.EDIFileID, ByteOffset: offset}
}

func (p *Poster) dimensions(c *Claim, s *share, offset int64) ledger.Dimensions {
	d := ledger.Dimensions{ClaimID: c.ID, GuarantorID: c.GuarantorID, ProviderID: c.ProviderID, ServiceDate: c.ServiceDate,
		RARCs: s.remarks, EDIFileID: p.payment.EDIFileID, ByteOffset: offset}
	if s.line != nil {
		d.ServiceDate = s.line.ServiceDate
	}
	return d
}

// item is a work item of this payment.
func (p *Poster) item(kind claims.WorkItemKind, key string, amount money.Cents, reason, action string) claims.WorkItem {
	return claims.WorkItem{Kind: kind, DedupeKey: string(kind) + "|" + key, PayerID: p.payment.PayerID, RemittanceID: p.payment.RemittanceID,
		EDIFileID: p.payment.EDIFileID, Reason: reason, Action: action, Amount: amount, OpenedOn: p.payment.ReceivedOn}
}

func (p *Poster) claimItem(kind claims.WorkItemKind, key string, c *Claim, amount money.Cents, reason, action string) claims.WorkItem {
	item := p.item(kind, key, amount, reason, action)
	item.ClaimID, item.PatientID, item.EncounterID = c.ID, c.PatientID, c.EncounterID
	return item
}

// decided is the day from which a payer counts the days for an appeal.
func (p *Payment) decided() date.Date {
	if p.DecidedOn.IsZero() {
		return p.ReceivedOn
	}
	return p.DecidedOn
}

// remarkCodes returns a claim's RARCs (MIA, MOA).
func remarkCodes(c *remit835.Claim) []string {
	codes := []string{}
	add := func(list [5]string) {
		for _, code := range list {
			if code != "" {
				codes = append(codes, code)
			}
		}
	}
	if c.Inpatient != nil {
		add(c.Inpatient.Remarks)
	}
	if c.Outpatient != nil {
		add(c.Outpatient.Remarks)
	}
	return codes
}
