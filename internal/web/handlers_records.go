package web

import (
	"encoding/json"
	"math"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

func claimPage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := claimView{today: r.today}
	if v.claim, err = webdb.FindClaim(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	lines, err := webdb.ClaimLines(ctx, r.tx, practice, n)
	if err != nil {
		return view{}, err
	}
	serviceLines, lineNos := make([]int64, len(lines)), map[int64]int16{}
	for i, l := range lines {
		serviceLines[i], lineNos[l.ServiceLineID] = l.ServiceLineID, l.LineNo
	}
	balances, err := webdb.LineBalances(ctx, r.tx, practice, serviceLines)
	if err != nil {
		return view{}, err
	}
	transfers, err := webdb.LineTransfers(ctx, r.tx, practice, n, serviceLines)
	if err != nil {
		return view{}, err
	}
	v.lines = lineViews(lines, balances, transfers)
	segments := newSegments(r)
	if v.entries, err = segments.entries(transfers, lineNos); err != nil {
		return view{}, err
	}
	events, err := webdb.ClaimEvents(ctx, r.tx, practice, n)
	if err != nil {
		return view{}, err
	}
	for _, e := range events {
		text, err := segments.at(e.FileID, e.ByteOffset)
		if err != nil {
			return view{}, err
		}
		v.events = append(v.events, eventView{e, text})
	}
	if v.answers, err = webdb.ClaimAnswers(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.work, err = webdb.ClaimWork(ctx, r.tx, practice, n, v.claim.EncounterID); err != nil {
		return view{}, err
	}
	if v.related, err = webdb.EncounterClaims(ctx, r.tx, practice, v.claim.EncounterID); err != nil {
		return view{}, err
	}
	return view{title: "Claim " + v.claim.Number, section: "claims", body: claimBody(v), looked: "claim/" + id(n)}, nil
}

// lineViews adds up, from the transfers, what became of each line's charge.
// For every line: charge − insurance paid − adjusted − patient paid = what is
// still owed, because a transfer between two receivables changes neither sum.
func lineViews(lines []webdb.ClaimLine, balances []webdb.LineBalance, transfers []webdb.Transfer) []lineView {
	views, at := make([]lineView, len(lines)), map[int64]int{}
	for i, l := range lines {
		views[i], at[l.ServiceLineID] = lineView{ClaimLine: l}, i
	}
	for _, b := range balances {
		if i, ok := at[b.ServiceLineID]; ok {
			views[i].owed = append(views[i].owed, b)
		}
	}
	for _, t := range transfers {
		debit, credit := receivable(t.DebitAccount), receivable(t.CreditAccount)
		if debit == credit {
			continue // both: it moved from one who owes to another; none: it is about no line
		}
		line, account, other, amount := t.CreditLineID, t.CreditAccount, t.DebitAccount, t.Amount
		if debit {
			line, account, other, amount = t.DebitLineID, t.DebitAccount, t.CreditAccount, -t.Amount
		}
		i, ok := at[line]
		if !ok {
			continue
		}
		if sum := views[i].became(account, other); sum != nil {
			*sum += amount
		}
	}
	return views
}

func receivable(account string) bool { return account == "1100" || account == "1110" }

// became returns the sum that a transfer between a receivable and another
// account belongs to; nil for the charge itself.
func (l *lineView) became(account, other string) *money.Cents {
	switch {
	case other == "4000" || other == "4220":
		return nil
	case other >= "4100" || other == "1160" || other == "1170":
		return &l.adjusted
	case account == "1110":
		return &l.patientPaid
	}
	return &l.insurancePaid
}

func encounterPage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := encounterView{today: r.today}
	if v.encounter, err = webdb.FindEncounter(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.lines, err = webdb.EncounterLines(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	asRead(&v)
	if v.claims, err = webdb.EncounterClaims(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.work, err = webdb.ClaimWork(ctx, r.tx, practice, 0, n); err != nil {
		return view{}, err
	}
	return view{title: "Encounter " + v.encounter.ExternalID, section: "claims", body: encounterBody(v), looked: "encounter/" + id(n)}, nil
}

// asRead fills in what a held encounter has only in the record as it was read:
// its lines and diagnoses become rows of their own when the checks pass.
func asRead(v *encounterView) {
	if len(v.lines) > 0 {
		return
	}
	var record claims.EncounterRecord
	if json.Unmarshal(v.encounter.Content, &record) != nil {
		return // an older form of the record; the findings still say what is wrong
	}
	v.encounter.Diagnoses = record.Diagnoses
	for i, l := range record.Lines {
		v.lines = append(v.lines, webdb.ClaimLine{LineNo: int16(min(i+1, math.MaxInt16)), Procedure: l.Procedure, Modifiers: l.Modifiers,
			Units: l.Units.String(), Charge: l.Charge, ServiceDate: l.ServiceDate, Description: l.Description})
	}
}

func patientPage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := patientView{today: r.today}
	if v.patient, err = webdb.FindPatient(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.coverages, err = webdb.Coverages(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.household, err = webdb.Household(ctx, r.tx, practice, v.patient.GuarantorID, n); err != nil {
		return view{}, err
	}
	if v.visits, err = webdb.Visits(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.payments, err = webdb.Payments(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.statements, err = webdb.GuarantorStatements(ctx, r.tx, practice, v.patient.GuarantorID); err != nil {
		return view{}, err
	}
	if v.work, err = webdb.PatientWork(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	transfers, err := webdb.PatientTransfers(ctx, r.tx, practice, n)
	if err != nil {
		return view{}, err
	}
	if v.entries, err = newSegments(r).entries(transfers, nil); err != nil {
		return view{}, err
	}
	// The title stays without the name: it goes into the browser's history.
	return view{title: "Patient " + v.patient.Account, section: "patients", body: patientBody(v), looked: "patient/" + id(n)}, nil
}
