package ledger

import (
	"time"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Period is an accounting month. Nothing posts into a closed one.
type Period struct {
	Month     date.Date `json:"month"` // its first day
	Closed    bool      `json:"closed"`
	ChangedBy string    `json:"changed_by,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	ChangedAt time.Time `json:"changed_at"`
	Entries   int64     `json:"entries"`
}

// Name is the month as people write it: 2026-03.
func (p Period) Name() string { return p.Month.Format("2006-01") }

// Point is something that is open at the end of a month, and that the person
// who closes it settles first or explains.
type Point struct {
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Count   int64       `json:"count"`
	Amount  money.Cents `json:"amount"`
}
