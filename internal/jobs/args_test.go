package jobs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/claimbook/claimbook/internal/jobs"
)

// Every kind has a queue, and its arguments carry the practice and the run under
// the names that taking over the jobs of a killed process reads.
func TestArgsOfEveryKind(t *testing.T) {
	all := []jobs.Args{
		jobs.IntakeParseArgs{PracticeID: 7, RunID: 8},
		jobs.EncounterValidateArgs{PracticeID: 7, RunID: 8},
		jobs.BatchBuildArgs{PracticeID: 7, RunID: 8},
		jobs.ExchangeSendArgs{PracticeID: 7, RunID: 8},
		jobs.ExchangeCollectArgs{PracticeID: 7, RunID: 8},
		jobs.EDIRouteArgs{PracticeID: 7, RunID: 8},
		jobs.AckApplyArgs{PracticeID: 7, RunID: 8},
		jobs.RemitPostArgs{PracticeID: 7, RunID: 8},
		jobs.COBBuildArgs{PracticeID: 7, RunID: 8},
		jobs.DepositMatchArgs{PracticeID: 7, RunID: 8},
		jobs.DeadlineSweepArgs{PracticeID: 7, RunID: 8},
		jobs.LedgerAuditArgs{PracticeID: 7, RunID: 8},
		jobs.StatementRunArgs{PracticeID: 7, RunID: 8},
		jobs.StatementRenderArgs{PracticeID: 7, RunID: 8},
		jobs.StatementDeliverArgs{PracticeID: 7, RunID: 8},
	}
	var kinds []string
	for _, a := range all {
		kinds = append(kinds, a.Kind())
		if practiceID, runID := a.Scope(); practiceID != 7 || runID != 8 {
			t.Errorf("the scope of %s is %d, %d", a.Kind(), practiceID, runID)
		}
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var named struct {
			PracticeID int64 `json:"practice_id"`
			RunID      int64 `json:"run_id"`
		}
		if err := json.Unmarshal(text, &named); err != nil || named.PracticeID != 7 || named.RunID != 8 {
			t.Errorf("%s is stored as %s: want practice_id and run_id", a.Kind(), text)
		}
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, jobs.Kinds()) {
		t.Errorf("kinds with arguments %v, kinds with a queue %v", kinds, jobs.Kinds())
	}
}

func ExampleQueues() {
	fmt.Println(jobs.Queues())
	// Output: [intake exchange posting statements]
}
