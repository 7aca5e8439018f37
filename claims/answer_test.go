package claims

import (
	"testing"

	"github.com/claimbook/claimbook/edi/ack"
)

func TestAnswerOf(t *testing.T) {
	status := func(action string, reasons ...ack.Reason) ack.Status {
		s := ack.Status{Action: action}
		copy(s.Reasons[:], reasons)
		return s
	}
	for name, c := range map[string]struct {
		claim ack.ClaimStatus
		want  Answer
	}{
		"clearinghouse took it": {ack.ClaimStatus{Statuses: []ack.Status{status("WQ", ack.Reason{Category: "A1", Code: "19", Entity: "AY"})}},
			Answer{State: AcceptedClearinghouse, Message: "Received, not yet accepted for processing: the clearinghouse acknowledges receipt (A1:19:AY)"}},
		"payer took it": {ack.ClaimStatus{Statuses: []ack.Status{status("WQ", ack.Reason{Category: "A2", Code: "20", Entity: "PR"})}},
			Answer{State: Accepted, Message: "Accepted into adjudication: Accepted for processing (A2:20:PR)"}},
		"wrong NPI": {ack.ClaimStatus{Statuses: []ack.Status{status("U", ack.Reason{Category: "A7", Code: "562", Entity: "85"})}},
			Answer{State: Rejected, Rejected: true, Field: "billing provider npi", Action: "Correct the NPI in the set-up, then release the claim.",
				Message: "Rejected: information invalid: the billing provider's national provider identifier (A7:562:85)"}},
		"a line rejects the claim": {ack.ClaimStatus{Statuses: []ack.Status{status("WQ", ack.Reason{Category: "A1", Code: "19"})},
			Lines: []ack.LineStatus{{Statuses: []ack.Status{status("U", ack.Reason{Category: "A7", Code: "454"})}}}},
			Answer{State: Rejected, Rejected: true, Field: "procedure", Action: "Correct the procedure code and send the encounter again.",
				Message: "line 1: Rejected: information invalid: Procedure code for the service (A7:454)"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := AnswerOf(&c.claim)
			if got.State != c.want.State || got.Rejected != c.want.Rejected || got.Field != c.want.Field || got.Action != c.want.Action {
				t.Errorf("answer %+v", got)
			}
			if c.want.Message != "" && got.Message != c.want.Message {
				t.Errorf("message %q", got.Message)
			}
		})
	}
}

func TestExplainSegmentError(t *testing.T) {
	for want, e := range map[string]ack.SegmentError{
		"segment NM1, number 12 of the transaction set in loop 2010, is required and missing": {SegmentID: "NM1", Number: 12, Loop: "2010", Code: "3"},
		"CLM05-3 in loop 2300 is not a valid code": {SegmentID: "CLM", Loop: "2300", Code: "8",
			Elements: []ack.ElementError{{Element: 5, Component: 3, Code: "7"}}},
	} {
		if got := ExplainSegmentError(&e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
