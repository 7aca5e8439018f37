package claims

import (
	"slices"

	"github.com/claimbook/claimbook/internal/fault"
)

// State is where a claim stands in its life. The words are those of the
// database and of the screen.
type State string

// The states of a claim.
const (
	Draft                 State = "draft"                  // being put together
	Held                  State = "held"                   // a person holds it
	Ready                 State = "ready"                  // goes out with the next submission
	Batched               State = "batched"                // in an interchange that is built but not yet delivered
	Sent                  State = "sent"                   // delivered to the trading partner
	Received              State = "received"               // the partner read the file (999 accepted)
	AcceptedClearinghouse State = "accepted-clearinghouse" // 277CA A1: the partner took the claim and passes it on
	Accepted              State = "accepted"               // 277CA A2: the payer has it in adjudication
	Rejected              State = "rejected"               // 999, TA1 or 277CA: it never was in adjudication
	Paid                  State = "paid"                   // adjudicated, nothing more from this payer
	PartlyPaid            State = "partly-paid"            // adjudicated, some lines denied or open
	Denied                State = "denied"                 // adjudicated, nothing paid
	Forwarded             State = "forwarded"              // the payer sent it on to the next one
	Closed                State = "closed"                 // no insurance balance is left
	Replaced              State = "replaced"               // a frequency 7 took its place
	Voided                State = "voided"                 // a frequency 8 took it back, or it was withdrawn unsent
)

// States lists every state in the order of a claim's life.
var States = []State{Draft, Held, Ready, Batched, Sent, Received, AcceptedClearinghouse, Accepted, Rejected,
	Paid, PartlyPaid, Denied, Forwarded, Closed, Replaced, Voided}

// adjudicated are the answers of an 835. A payer may change its mind between
// any two of them: a reversal and its correction arrive as new remittances.
var adjudicated = []State{Paid, PartlyPaid, Denied, Forwarded}

// transitions is the one table of what may follow what. Files arrive in any
// order: an 835 may come before the 277CA and a 277CA before the 999, so
// everything that was batched may be answered by anything. docs/claim-states.md
// is drawn from it.
var transitions = map[State][]State{
	Draft:                 {Held, Ready, Voided},
	Held:                  {Ready, Voided},
	Ready:                 {Held, Batched, Voided},
	Batched:               append([]State{Ready, Sent, Received, AcceptedClearinghouse, Accepted, Rejected}, adjudicated...),
	Sent:                  append([]State{Ready, Received, AcceptedClearinghouse, Accepted, Rejected, Replaced, Voided}, adjudicated...),
	Received:              append([]State{AcceptedClearinghouse, Accepted, Rejected, Replaced, Voided}, adjudicated...),
	AcceptedClearinghouse: append([]State{Accepted, Rejected, Replaced, Voided}, adjudicated...),
	Accepted:              append([]State{Rejected, Replaced, Voided}, adjudicated...),
	Rejected:              append([]State{Held, Ready, AcceptedClearinghouse, Accepted, Replaced, Voided}, adjudicated...),
	Paid:                  {PartlyPaid, Denied, Forwarded, Accepted, Closed, Replaced, Voided},
	PartlyPaid:            {Paid, Denied, Forwarded, Accepted, Closed, Replaced, Voided},
	Denied:                {Paid, PartlyPaid, Forwarded, Accepted, Closed, Replaced, Voided},
	Forwarded:             {Paid, PartlyPaid, Denied, Accepted, Closed, Replaced, Voided},
	Closed:                {Paid, PartlyPaid, Denied, Forwarded, Accepted, Replaced, Voided}, // reopened by a reversal
	Replaced:              {},
	Voided:                {},
}

// Next lists the states that may follow s.
func (s State) Next() []State { return slices.Clone(transitions[s]) }

// May reports whether a claim in s may move to t. Staying is always allowed:
// the same answer may come twice.
func (s State) May(t State) bool { return s == t || slices.Contains(transitions[s], t) }

// Valid reports whether s is a state at all.
func (s State) Valid() bool { _, known := transitions[s]; return known }

// Adjudicated reports whether an 835 has answered the claim.
func (s State) Adjudicated() bool { return slices.Contains(adjudicated, s) || s == Closed }

// progress orders the acknowledgments of a claim that is under way, so that a
// late 999 does not move a claim back that the payer has already accepted.
var progress = map[State]int{Batched: 1, Sent: 2, Received: 3, AcceptedClearinghouse: 4, Accepted: 5}

// Advances reports whether moving from s to t is a step forward on the way to
// the payer; an answer that arrives late is an event on the timeline only.
func (s State) Advances(t State) bool {
	from, to := progress[s], progress[t]
	return from != 0 && to > from
}

// CheckMove refuses a transition that the table does not have.
func CheckMove(number string, from, to State) error {
	if from.May(to) {
		return nil
	}
	return fault.Invalidf("CB-STATE-001", "a claim that is %s cannot become %s", from, to).At("claim " + number).
		WithFix("look at the claim's timeline: its last event says what may follow")
}
