package ledger

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// DenialRow is what one payer refused for one reason, and what became of it.
// A line that was refused more than once, or for several reasons, has its
// outcome with the first and largest of them, so that the outcomes add up.
type DenialRow struct {
	Payer      string      `json:"payer"` // code
	Name       string      `json:"name"`
	GroupCode  string      `json:"group"`
	CARC       string      `json:"carc"`
	Denials    int         `json:"denials"` // adjustments (CAS) that refuse
	Claims     int         `json:"claims"`
	Denied     money.Cents `json:"denied"`
	TakenBack  money.Cents `json:"taken_back"`  // of Denied: in an answer that the payer reversed later
	Recovered  money.Cents `json:"recovered"`   // paid since, by this payer
	WrittenOff money.Cents `json:"written_off"` // adjusted since
	MovedOn    money.Cents `json:"moved_on"`    // to the next payer or the patient
	Open       money.Cents `json:"open"`        // what the payer still owes on the lines
}

// DenialReport is what payers refused in answers posted between two days, and
// what became of it until the end of another.
type DenialReport struct {
	From  date.Date   `json:"from"`
	To    date.Date   `json:"to"`
	AsOf  date.Date   `json:"as_of"`
	Rows  []DenialRow `json:"rows"`  // largest first
	Total DenialRow   `json:"total"` // its claims are counted once, whatever the reasons
}
