package jobs

import "github.com/claimbook/claimbook/internal/date"

// Arguments carry ids only: River keeps them, and the operations page shows them.

// IntakeParseArgs reads a stored intake file into encounters.
type IntakeParseArgs struct {
	PracticeID   int64     `json:"practice_id"`
	RunID        int64     `json:"run_id"`
	IntakeFileID int64     `json:"intake_file_id" river:"unique"`
	Today        date.Date `json:"today"` // the practice's business date when the file came in
}

// Kind implements river.JobArgs.
func (IntakeParseArgs) Kind() string { return "intake.parse" }

// EncounterValidateArgs runs the edits over the encounters of one intake file,
// from one record to another, in the file's order.
type EncounterValidateArgs struct {
	PracticeID   int64     `json:"practice_id"`
	RunID        int64     `json:"run_id"`
	IntakeFileID int64     `json:"intake_file_id" river:"unique"`
	FirstRecord  int       `json:"first_record" river:"unique"`
	Today        date.Date `json:"today"`
}

// Kind implements river.JobArgs.
func (EncounterValidateArgs) Kind() string { return "encounter.validate" }

// BatchBuildArgs groups what is ready into interchanges, numbers and writes them.
type BatchBuildArgs struct {
	PracticeID int64     `json:"practice_id"`
	RunID      int64     `json:"run_id" river:"unique"`
	PayerID    int64     `json:"payer_id,omitempty"` // 0: every payer
	Service    date.Date `json:"service"`            // only claims of that day of service; zero: every day
	Today      date.Date `json:"today"`
}

// Kind implements river.JobArgs.
func (BatchBuildArgs) Kind() string { return "batch.build" }

// ExchangeSendArgs delivers one built batch to its trading partner's folder.
type ExchangeSendArgs struct {
	PracticeID int64     `json:"practice_id"`
	RunID      int64     `json:"run_id"`
	BatchID    int64     `json:"batch_id" river:"unique"`
	Today      date.Date `json:"today"`
}

// Kind implements river.JobArgs.
func (ExchangeSendArgs) Kind() string { return "exchange.send" }

// AckApplyArgs applies one TA1, one 999 or one 277CA transaction set of a
// stored file to the claims that it answers.
type AckApplyArgs struct {
	PracticeID int64     `json:"practice_id"`
	RunID      int64     `json:"run_id"`
	FileID     int64     `json:"file_id" river:"unique"`
	AckKind    string    `json:"ack_kind" river:"unique"`    // TA1, 999 or 277CA
	ByteOffset int64     `json:"byte_offset" river:"unique"` // of the TA1 segment, or of the ST
	Today      date.Date `json:"today"`                      // the practice's business date when the file came in
}

// Kind implements river.JobArgs.
func (AckApplyArgs) Kind() string { return "ack.apply" }

// COBBuildArgs builds the claims of the next payer for claims whose balance a
// remittance moved there.
type COBBuildArgs struct {
	PracticeID   int64     `json:"practice_id"`
	RunID        int64     `json:"run_id"`
	RemittanceID int64     `json:"remittance_id"` // the payment that left something to the next payer
	ClaimIDs     []int64   `json:"claim_ids"`     // of the prior payer's claims
	Today        date.Date `json:"today"`
}

// Kind implements river.JobArgs.
func (COBBuildArgs) Kind() string { return "cob.build" }

// DeadlineSweepArgs opens work items for what nobody answered in time.
type DeadlineSweepArgs struct {
	PracticeID int64     `json:"practice_id"`
	RunID      int64     `json:"run_id"`
	Today      date.Date `json:"today"`
}

// Kind implements river.JobArgs.
func (DeadlineSweepArgs) Kind() string { return "deadline.sweep" }
