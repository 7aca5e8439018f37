package jobs

import "github.com/claimbook/claimbook/internal/date"

// RemitPostArgs posts one payment: one 835 transaction set of a stored file, in
// one transaction. Unique per file and ST.
type RemitPostArgs struct {
	PracticeID int64     `json:"practice_id"`
	RunID      int64     `json:"run_id"`                     // job_run that waits for it; 0: none
	FileID     int64     `json:"file_id" river:"unique"`     // edi_file
	ByteOffset int64     `json:"byte_offset" river:"unique"` // of its ST
	Index      int       `json:"index"`                      // 1 for the file's first transaction set
	ReceivedOn date.Date `json:"received_on"`
}

// Kind implements river.JobArgs.
func (RemitPostArgs) Kind() string { return "remit.post" }

// StatementRunArgs selects who gets a statement and freezes each one.
type StatementRunArgs struct {
	PracticeID int64     `json:"practice_id"`
	RunID      int64     `json:"run_id"`
	AsOf       date.Date `json:"as_of"`
}

// Kind implements river.JobArgs.
func (StatementRunArgs) Kind() string { return "statement.run" }

// StatementRenderArgs renders a chunk of frozen statements as PDF.
type StatementRenderArgs struct {
	PracticeID   int64   `json:"practice_id"`
	RunID        int64   `json:"run_id"`
	StatementIDs []int64 `json:"statement_ids"`
}

// Kind implements river.JobArgs.
func (StatementRenderArgs) Kind() string { return "statement.render" }
