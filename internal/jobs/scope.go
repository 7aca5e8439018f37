package jobs

// Scope implements Args for the kinds whose arguments claims and billing own.

func (a IntakeParseArgs) Scope() (practiceID, runID int64)       { return a.PracticeID, a.RunID }
func (a EncounterValidateArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }
func (a BatchBuildArgs) Scope() (practiceID, runID int64)        { return a.PracticeID, a.RunID }
func (a ExchangeSendArgs) Scope() (practiceID, runID int64)      { return a.PracticeID, a.RunID }
func (a AckApplyArgs) Scope() (practiceID, runID int64)          { return a.PracticeID, a.RunID }
func (a COBBuildArgs) Scope() (practiceID, runID int64)          { return a.PracticeID, a.RunID }
func (a DeadlineSweepArgs) Scope() (practiceID, runID int64)     { return a.PracticeID, a.RunID }
func (a RemitPostArgs) Scope() (practiceID, runID int64)         { return a.PracticeID, a.RunID }
func (a StatementRunArgs) Scope() (practiceID, runID int64)      { return a.PracticeID, a.RunID }
func (a StatementRenderArgs) Scope() (practiceID, runID int64)   { return a.PracticeID, a.RunID }
