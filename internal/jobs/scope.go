package jobs

// Scope implements Args.
func (a IntakeParseArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a EncounterValidateArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a BatchBuildArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a ExchangeSendArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a AckApplyArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a COBBuildArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a DeadlineSweepArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a RemitPostArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a StatementRunArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// Scope implements Args.
func (a StatementRenderArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }
