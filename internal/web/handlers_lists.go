package web

import (
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

func todayPage(r *request) (view, error) {
	ctx, practice := r.Context(), r.viewer.PracticeID
	on, err := r.date("date")
	if err != nil {
		return view{}, err
	}
	if on.IsZero() || on.After(r.today) {
		on = r.today
	}
	v := todayView{on: on, today: r.today}
	if v.day, err = webdb.FindDay(ctx, r.tx, practice, on); err != nil {
		return view{}, err
	}
	if v.moves, err = webdb.DayMoves(ctx, r.tx, practice, on); err != nil {
		return view{}, err
	}
	if v.work, err = webdb.WorkCounts(ctx, r.tx, practice, r.today); err != nil {
		return view{}, err
	}
	if v.states, err = webdb.ClaimStates(ctx, r.tx, practice); err != nil {
		return view{}, err
	}
	v.states = inLifeOrder(v.states)
	if v.owed, err = webdb.FindReceivables(ctx, r.tx, practice); err != nil {
		return view{}, err
	}
	if v.near, err = webdb.FindNeighbours(ctx, r.tx, practice, on); err != nil {
		return view{}, err
	}
	return view{title: v.heading(), section: "today", body: todayBody(v)}, nil
}

// inLifeOrder sorts states as a claim meets them.
func inLifeOrder(states []webdb.StateCount) []webdb.StateCount {
	sorted := make([]webdb.StateCount, 0, len(states))
	for _, name := range claimStates {
		for _, s := range states {
			if s.State == name {
				sorted = append(sorted, s)
			}
		}
	}
	return sorted
}

func workPage(r *request) (view, error) {
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := workView{kind: r.URL.Query().Get("kind"), today: r.today, query: r.URL.Query()}
	if _, known := workKindWords[v.kind]; !known {
		v.kind = ""
	}
	var err error
	if v.counts, err = webdb.WorkCounts(ctx, r.tx, practice, r.today); err != nil {
		return view{}, err
	}
	if v.items, v.page, err = webdb.WorkItems(ctx, r.tx, practice, v.kind, r.today, pageOf(r.Request)); err != nil {
		return view{}, err
	}
	return view{title: "Work", section: "work", body: workBody(v)}, nil
}

func claimsPage(r *request) (view, error) {
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := claimsView{query: r.URL.Query()}
	v.filter = webdb.ClaimFilter{State: r.URL.Query().Get("state"), PayerID: r.number("payer"), PatientID: r.number("patient"), BatchID: r.number("batch")}
	if _, known := claimStateWords[v.filter.State]; !known {
		v.filter.State = ""
	}
	var err error
	if v.filter.From, err = r.date("from"); err != nil {
		return view{}, err
	}
	if v.filter.To, err = r.date("to"); err != nil {
		return view{}, err
	}
	if v.filter.PatientID != 0 {
		if v.patient, err = webdb.PatientLabel(ctx, r.tx, practice, v.filter.PatientID); err != nil {
			return view{}, err
		}
	}
	if v.filter.BatchID != 0 {
		b, err := webdb.FindBatch(ctx, r.tx, practice, v.filter.BatchID)
		if err != nil {
			return view{}, err
		}
		v.batch = b.Number
	}
	if v.payers, err = webdb.Payers(ctx, r.tx, practice); err != nil {
		return view{}, err
	}
	if v.rows, v.totals, v.page, err = webdb.Claims(ctx, r.tx, practice, v.filter, pageOf(r.Request)); err != nil {
		return view{}, err
	}
	return view{title: "Claims", section: "claims", body: claimsBody(v)}, nil
}

// findPage takes what was typed by POST: it may name a patient, and what stands
// in an address ends up in histories and logs. One match leads straight to it.
func findPage(r *request) (view, error) {
	text := strings.TrimSpace(r.PostFormValue("text"))
	if len(text) > 80 || !isText(text) {
		return view{}, fault.Usagef("CB-WEB-FIND", "that is not something to look for").WithFix("type a number or a name of at most 80 characters")
	}
	hits, err := webdb.Find(r.Context(), r.tx, r.viewer.PracticeID, text)
	if err != nil {
		return view{}, err
	}
	ofClaims := r.PostFormValue("scope") == "claims"
	if len(hits) == 1 {
		if ofClaims && hits[0].Kind == "patient" {
			return view{redirect: "/claims?patient=" + id(hits[0].ID)}, nil
		}
		return view{redirect: string(hitPath(hits[0]))}, nil
	}
	return view{title: "Find", body: findBody(findView{text: text, hits: hits})}, nil
}

// isText reports whether PostgreSQL takes the text: valid UTF-8 without NUL.
func isText(s string) bool {
	return strings.ToValidUTF8(s, "") == s && !strings.ContainsRune(s, 0)
}

func remittancesPage(r *request) (view, error) {
	v := remittancesView{state: r.URL.Query().Get("state"), query: r.URL.Query()}
	if _, known := remittanceStateWords[v.state]; !known {
		v.state = ""
	}
	var err error
	v.rows, v.sum, v.page, err = webdb.Remittances(r.Context(), r.tx, r.viewer.PracticeID, v.state, pageOf(r.Request))
	return view{title: "Remittances", section: "remittances", body: remittancesBody(v)}, err
}

func patientsPage(r *request) (view, error) {
	v := patientsView{query: r.URL.Query()}
	var err error
	v.rows, v.page, err = webdb.Patients(r.Context(), r.tx, r.viewer.PracticeID, pageOf(r.Request))
	return view{title: "Patients", section: "patients", body: patientsBody(v)}, err
}

func statementsPage(r *request) (view, error) {
	v := statementsView{query: r.URL.Query()}
	var err error
	v.rows, v.sum, v.page, err = webdb.Statements(r.Context(), r.tx, r.viewer.PracticeID, pageOf(r.Request))
	return view{title: "Statements", section: "statements", body: statementsBody(v)}, err
}

func helpPage(*request) (view, error) {
	return view{title: "Help", section: "help", body: helpBody()}, nil
}
