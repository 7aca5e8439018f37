package ledger

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// JournalEntry is an entry in the words of people: every id is replaced by the
// practice's own code, so that two books made from the same input export the
// same bytes.
type JournalEntry struct {
	ID       int64         `json:"-"`
	Date     date.Date     `json:"date"`
	Source   string        `json:"source"`
	Kind     string        `json:"kind"`
	Memo     string        `json:"memo,omitempty"`
	Actor    string        `json:"actor,omitempty"`
	Reverses string        `json:"reverses,omitempty"` // the source of the entry that this one takes back
	Lines    []JournalLine `json:"lines"`
	// LineCount is how many lines the entry has; a selection by claim or
	// patient shows only those that are about it.
	LineCount int `json:"-"`
}

// JournalLine is a transfer in the words of people.
type JournalLine struct {
	LineNo      int         `json:"line"`
	Debit       JournalSide `json:"debit"`
	Credit      JournalSide `json:"credit"`
	Amount      money.Cents `json:"amount"`
	Claim       string      `json:"claim,omitempty"`     // claim number
	Guarantor   string      `json:"guarantor,omitempty"` // account number
	Provider    string      `json:"provider,omitempty"`  // rendering provider's code
	ServiceDate date.Date   `json:"service_date,omitzero"`
	GroupCode   string      `json:"group,omitempty"`
	CARC        string      `json:"carc,omitempty"`
	RARCs       []string    `json:"rarcs,omitempty"`
	File        string      `json:"file,omitempty"`        // name of the file that says so
	FileSHA256  string      `json:"file_sha256,omitempty"` // in hex
	ByteOffset  int64       `json:"byte_offset"`           // of the segment in that file; -1: none
	EDIFileID   int64       `json:"-"`
}

// JournalSide is one side of a transfer.
type JournalSide struct {
	Account   string `json:"account"`
	Name      string `json:"name"`
	Line      string `json:"service_line,omitempty"` // encounter id "/" line number
	Payer     string `json:"payer,omitempty"`        // the payer's code
	Rank      int16  `json:"rank,omitempty"`
	Patient   string `json:"patient,omitempty"` // the patient's account number
	Reference string `json:"reference,omitempty"`
	Key       Key    `json:"-"`
}
