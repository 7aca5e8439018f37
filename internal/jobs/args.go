package jobs

// The arguments of the kinds that belong to neither claims nor billing.

// ExchangeCollectArgs fetches what one trading partner has left for us.
type ExchangeCollectArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id"`
	PartnerID  int64 `json:"partner_id" river:"unique"`
}

// Kind implements river.JobArgs.
func (ExchangeCollectArgs) Kind() string { return "exchange.collect" }

// Scope implements Args.
func (a ExchangeCollectArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// EDIRouteArgs reads the envelopes of one stored inbound file and enqueues a job
// for each transaction set in it.
type EDIRouteArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id"`
	FileID     int64 `json:"file_id" river:"unique"`
}

// Kind implements river.JobArgs.
func (EDIRouteArgs) Kind() string { return "edi.route" }

// Scope implements Args.
func (a EDIRouteArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// StatementDeliverArgs hands rendered statements to the practice's channel.
type StatementDeliverArgs struct {
	PracticeID   int64   `json:"practice_id"`
	RunID        int64   `json:"run_id"`
	StatementIDs []int64 `json:"statement_ids"`
}

// Kind implements river.JobArgs.
func (StatementDeliverArgs) Kind() string { return "statement.deliver" }

// Scope implements Args.
func (a StatementDeliverArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// DepositMatchArgs matches the open bank lines of a practice against its payments.
type DepositMatchArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id"`
}

// Kind implements river.JobArgs.
func (DepositMatchArgs) Kind() string { return "deposit.match" }

// Scope implements Args.
func (a DepositMatchArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// LedgerAuditArgs proves the ledger's invariants over the whole book.
type LedgerAuditArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id"`
}

// Kind implements river.JobArgs.
func (LedgerAuditArgs) Kind() string { return "ledger.audit" }

// Scope implements Args.
func (a LedgerAuditArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }
