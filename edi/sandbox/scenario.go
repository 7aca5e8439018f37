package sandbox

import (
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
)

// Scenario is a story that the payer tells about every claim it is given, or
// the mix of all of them.
type Scenario struct {
	Name    string
	Summary string // what the payer does
	Expect  string // what the receiver's book must make of it

	fate      fate      // of every claim; empty: the mix
	denial    *denial   // where the fate is one
	back      *takeBack // reversals and corrections
	envelope  string    // TA1 note code with which the interchange is refused
	sets      string    // IK501 of the transaction sets that are not taken plainly
	someSets  bool      // only every second one
	advance   bool      // a prenotification comes too
	zeroApart bool      // what pays nothing travels apart

	severalPayments bool
}

// DefaultScenario is the mix.
const DefaultScenario = "mix"

// Scenarios lists every scenario, the default first.
func Scenarios() []Scenario { return append([]Scenario(nil), scenarios...) }

func findScenario(name string) (*Scenario, error) {
	if name == "" {
		name = DefaultScenario
	}
	var names []string
	for i := range scenarios {
		if scenarios[i].Name == name {
			return &scenarios[i], nil
		}
		names = append(names, scenarios[i].Name)
	}
	return nil, fault.Usagef("CB-SANDBOX-SCENARIO", "there is no scenario %q", name).
		WithFix("choose one of: " + strings.Join(names, ", "))
}

// ordinary claims are those that were paid without trouble.
func ordinary(s *settled) bool {
	return (s.fate == fateContract || s.fate == fatePaidInFull) && s.asksFirst() && s.paid() > 0
}

func anyPaid(s *settled) bool { return s.paid() > 0 }

func anyClaim(*settled) bool { return true }

var scenarios = []Scenario{
	{Name: DefaultScenario,
		Summary: "A believable month: three quarters paid, one claim in eleven denied, one in thirty sent back, and a reversal, a recoupment, interest, a crossover and a zero payment among them.",
		Expect:  "Everything below, at once. From 60 claims on each kind happens at least once."},
	{Name: "paid-in-full", fate: fatePaidInFull,
		Summary: "Every charge is allowed and paid in full.",
		Expect:  "The claim closes; nothing is left to anybody."},
	{Name: "contract", fate: fateContract,
		Summary: "The contract's amount is paid, the rest is CO-45.",
		Expect:  "CO-45 goes to contractual adjustments; the claim closes."},
	{Name: "deductible", fate: fateDeductible,
		Summary: "What the member's deductible takes is PR-1; a small claim pays nothing.",
		Expect:  "PR-1 moves to the patient, or to the next payer where there is one."},
	{Name: "coinsurance", fate: fateCoinsurance,
		Summary: "The member's share of the allowed amount is PR-2.",
		Expect:  "PR-2 moves to the patient, or to the next payer where there is one."},
	{Name: "copay", fate: fateCopay,
		Summary: "A fixed amount of each claim is PR-3.",
		Expect:  "PR-3 moves to the patient; a copay taken at the desk covers it."},
	{Name: "underpaid", fate: fateUnderpaid,
		Summary: "The payer allows about an eighth less than its contract.",
		Expect:  "It posts as reported, and the difference to the contract is a work item."},
	{Name: "partly-paid", fate: fatePartial,
		Summary: "One line of each claim is denied, the others are paid.",
		Expect:  "The denied line stays in A/R with a work item; the rest closes."},
	{Name: "deny-documentation", fate: fateDeny, denial: &denial{"CO", "252", "N706"},
		Summary: "CO-252 with N706: documentation is missing.",
		Expect:  "No money moves; a work item asks for the records."},
	{Name: "deny-data", fate: fateDeny, denial: &denial{"CO", "16", "N290"},
		Summary: "CO-16 with N290: an identifier is missing or wrong.",
		Expect:  "No money moves; a work item names the field to correct."},
	{Name: "deny-not-covered", fate: fateDeny, denial: &denial{"PR", "204", ""},
		Summary: "PR-204: the plan does not cover the service.",
		Expect:  "No money moves; PR here is no patient balance until a person or a rule says so."},
	{Name: "deny-not-separate", fate: fateDeny, denial: &denial{"CO", "97", "M15"},
		Summary: "CO-97 with M15: included in another service.",
		Expect:  "No money moves; CO alone does not make it contractual."},
	{Name: "deny-timely", fate: fateDeny, denial: &denial{"CO", "29", ""},
		Summary: "CO-29: the time limit for filing had passed.",
		Expect:  "No money moves; a work item with the proof of filing to look for."},
	{Name: "deny-duplicate", fate: fateDeny, denial: &denial{"OA", "18", ""},
		Summary: "OA-18: an exact duplicate.",
		Expect:  "No money moves; a work item to compare with the original."},
	{Name: "deny-authorization", fate: fateDeny, denial: &denial{"CO", "197", ""},
		Summary: "CO-197: no authorization.",
		Expect:  "No money moves; a work item."},
	{Name: "deny-necessity", fate: fateDeny, denial: &denial{"CO", "50", "N115"},
		Summary: "CO-50 with N115: not considered necessary.",
		Expect:  "No money moves; a work item with its appeal deadline."},
	{Name: "deny-coordination", fate: fateDeny, denial: &denial{"OA", "22", ""},
		Summary: "OA-22: another payer comes first.",
		Expect:  "No money moves; a work item to find the other coverage."},
	{Name: "line-split", fate: fateSplit,
		Summary: "A line of several units comes back as two lines with the same control number.",
		Expect:  "Both are matched to the one line; together they settle it."},
	{Name: "line-bundle", fate: fateBundle,
		Summary: "The second line comes back under the first one's procedure (SVC06 has the one billed), with CO-97.",
		Expect:  "It is matched by its control number and treated as denied."},
	{Name: "modifier-dropped", fate: fateModifier,
		Summary: "The last modifier of a line is gone, half of the time without SVC06.",
		Expect:  "The line is matched all the same."},
	{Name: "downcoded", fate: fateDowncoded,
		Summary: "An office visit is paid as the next lower one.",
		Expect:  "It posts to the line that was billed, and the change is shown."},
	{Name: "claim-level", fate: fateClaimLevel,
		Summary: "The claim comes back without service lines, its adjustments at the claim.",
		Expect:  "Cash and adjustments are spread over the lines by their charges, to the cent."},
	{Name: "reversal", fate: fateContract, back: &takeBack{claims: 1, fate: fateCoinsurance, of: anyPaid},
		Summary: "A second file takes one claim of each payer back and corrects it at once.",
		Expect:  "The reversal is the mirror of the original; the correction stands alone."},
	{Name: "reversal-two-files", fate: fateContract, back: &takeBack{claims: 1, twoDays: true, fate: fateCoinsurance, of: anyPaid},
		Summary: "The reversal comes in one file, the correction in the next.",
		Expect:  "As reversal, in either order of the files."},
	{Name: "denied-then-paid", fate: fateDeny, denial: &denial{"CO", "197", ""}, back: &takeBack{claims: 2, fate: fateContract, of: anyClaim},
		Summary: "Everything is denied; a later file reverses two denials of each payer and pays.",
		Expect:  "The work items of those two close; the cash posts once."},
	{Name: "recoupment", fate: fateContract, back: &takeBack{claims: 1, fate: fateCoinsurance, recover: "WO", of: anyPaid},
		Summary: "An overpayment is noticed in one file (WO negative) and recovered in the next (WO positive).",
		Expect:  "2100 holds it in between and is zero at the end."},
	{Name: "forward-balance", fate: fateContract, back: &takeBack{claims: 1000, fate: fateDeny, denial: &denial{"CO", "50", "N115"}, recover: "FB", of: anyPaid},
		Summary: "More is taken back than paid: BPR02 is zero, FB carries the rest to the next payment.",
		Expect:  "2100 holds what is carried, under the trace of the payment that carried it."},
	{Name: "interest", fate: fateInterest,
		Summary: "Late payment: interest in AMT*I and PLB L6.",
		Expect:  "Interest is revenue of its own, no payment of a claim."},
	{Name: "withhold", fate: fateWithhold,
		Summary: "A tenth is withheld until year's end (CO-104).",
		Expect:  "It is receivable, not contractual."},
	{Name: "sequestration", fate: fateCoinsurance,
		Summary: "Medicare pays two percent less (CO-253); other payers pay with coinsurance.",
		Expect:  "It is a payer's reduction of its own, neither contractual nor the patient's."},
	{Name: "crossover", fate: fateCrossover,
		Summary: "Medicare forwards the claim to the next payer (CLP02 = 19); other payers pay by contract.",
		Expect:  "The balance waits for the next payer and nothing is billed there again."},
	{Name: "secondary", fate: fateCoinsurance,
		Summary: "The first payer leaves coinsurance; a claim to a second payer is paid from what the first left.",
		Expect:  "A secondary claim builds itself; the second payer's repeats (OA-23, Medicaid's CO-45) are not posted twice."},
	{Name: "capitation", fate: fateCapitation,
		Summary: "The claim pays nothing (CO-24), the PLB pays the members' capitation (CT).",
		Expect:  "CO-24 and the capitation have accounts of their own."},
	{Name: "zero-pay", fate: fateDeny, denial: &denial{"CO", "16", "M51"}, zeroApart: true,
		Summary: "Payments of nothing: BPR04 is NON.",
		Expect:  "Posts without cash; the same trace twice with other content is another remittance."},
	{Name: "several-payments", fate: fateContract, severalPayments: true,
		Summary: "One file with up to three payments of the same payer to the same payee.",
		Expect:  "Each is a payment of its own, posted whole or not at all."},
	{Name: "prenotification", fate: fateContract, advance: true,
		Summary: "A test of the bank account (BPR01 = P) comes with the payment.",
		Expect:  "It posts nothing."},
	{Name: "claims-rejected", fate: fateReject,
		Summary: "The 277CAs reject every claim, some by the clearinghouse, some by the payer.",
		Expect:  "Each is a work item with the field to fix; the claims were never adjudicated."},
	{Name: "ack-errors", fate: fateContract, sets: "E",
		Summary: "The 999 takes the transaction sets and notes an error (IK501 = E).",
		Expect:  "They are accepted: sending them again would duplicate the claims."},
	{Name: "ack-partial", fate: fateContract, sets: "R", someSets: true,
		Summary: "The 999 rejects every second transaction set (of one alone: that one).",
		Expect:  "Exactly those claims go back; the others go on."},
	{Name: "ack-rejected", fate: fateContract, sets: "R",
		Summary: "The 999 rejects every transaction set.",
		Expect:  "The claims never existed at the payer and go out again."},
	{Name: "interchange-rejected", envelope: "006",
		Summary: "The TA1 refuses the interchange (sender unknown). No other answer comes.",
		Expect:  "The whole batch goes out again after the set-up is corrected."},
}
