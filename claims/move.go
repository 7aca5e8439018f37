package claims

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Move is one event on a claim's timeline, with the state that it leads to.
type Move struct {
	ClaimID      int64
	To           State     // "" is an event that moves nothing
	Event        string    // short word: built, held, batched, sent, ta1, 999, 277ca, 835, secondary-built, statement …
	Message      string    // plain words
	Actor        string    // a job kind, a person, or a trading partner's code
	On           date.Date // business date
	EDIFileID    int64     // the file with the segment that says so; 0: none
	ByteOffset   int64     // of that segment; read only when EDIFileID is set
	RemittanceID int64     // 0: none
}

// WorkItemKind says which list of the workbench an item is on.
type WorkItemKind string

// The kinds of work items, as work_item.kind in the schema.
const (
	WorkHeld       WorkItemKind = "held"
	WorkRejected   WorkItemKind = "rejected"
	WorkNoResponse WorkItemKind = "no-response"
	WorkDenied     WorkItemKind = "denied"
	WorkUnderpaid  WorkItemKind = "underpaid"
	WorkAdjustment WorkItemKind = "adjustment"
	WorkUnmatched  WorkItemKind = "unmatched"
	WorkQuarantine WorkItemKind = "quarantine"
	WorkPLB        WorkItemKind = "plb"
	WorkCredit     WorkItemKind = "credit"
	WorkSecondary  WorkItemKind = "secondary"
	WorkJob        WorkItemKind = "job"
	WorkFile       WorkItemKind = "file"
	WorkStatement  WorkItemKind = "statement"
)

// WorkItem is something that waits for a person: what is wrong, what to do,
// what it is worth, and by when. Ids that do not apply are 0.
type WorkItem struct {
	Kind         WorkItemKind
	DedupeKey    string // one item per cause: the same cause twice is one item
	EncounterID  int64
	ClaimID      int64
	PatientID    int64
	PayerID      int64
	RemittanceID int64
	EDIFileID    int64
	BatchID      int64
	Reason       string // plain words; no patient names
	Action       string // what usually helps
	Amount       money.Cents
	DueOn        date.Date // zero: no deadline
	OpenedOn     date.Date
}
