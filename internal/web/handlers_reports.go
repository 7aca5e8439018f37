package web

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/web/webdb"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// span reads the days of a report: the month so far when none are given.
func (r *request) span() (from, to date.Date, err error) {
	if from, err = r.date("from"); err != nil {
		return from, to, err
	}
	if to, err = r.date("to"); err != nil {
		return from, to, err
	}
	if to.IsZero() {
		to = r.today
	}
	if from.IsZero() {
		from = to.FirstOfMonth()
	}
	if to.Before(from) {
		return from, to, fault.Usagef("CB-WEB-DATE", "the last day is before the first").WithFix("exchange the two days")
	}
	return from, to, nil
}

func trialBalancePage(r *request) (view, error) {
	var v trialBalanceView
	var err error
	if v.from, v.to, err = r.span(); err != nil {
		return view{}, err
	}
	v.accounts, err = webdb.TrialBalance(r.Context(), r.tx, r.viewer.PracticeID, v.from, v.to)
	return view{title: "Trial balance", section: "trial-balance", body: trialBalanceBody(v)}, err
}

func agingPage(r *request) (view, error) {
	ctx, practice := r.Context(), r.viewer.PracticeID
	var v agingView
	var err error
	if v.asOf, err = r.date("as_of"); err != nil {
		return view{}, err
	}
	if v.asOf.IsZero() {
		v.asOf = r.today
	}
	v.by = ledger.ByService
	if r.URL.Query().Get("by") == string(ledger.ByResponsibility) {
		v.by = ledger.ByResponsibility
	}
	if v.aging, err = ledgerdb.Aging(ctx, r.tx, practice, v.asOf, v.by); err != nil {
		return view{}, err
	}
	guarantors := make([]int64, len(v.aging.Patient))
	for i, g := range v.aging.Patient {
		guarantors[i] = g.PartyID
	}
	v.patients, err = webdb.GuarantorPatients(ctx, r.tx, practice, guarantors)
	return view{title: "Aging", section: "aging", body: agingBody(v)}, err
}

func accountPage(r *request) (view, error) {
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := accountView{query: r.URL.Query()}
	var err error
	if v.account, err = webdb.FindAccount(ctx, r.tx, practice, r.PathValue("code")); err != nil {
		return view{}, err
	}
	if v.from, v.to, err = r.span(); err != nil {
		return view{}, err
	}
	v.lines, v.page, err = webdb.AccountLines(ctx, r.tx, practice, v.account.Code, v.from, v.to, pageOf(r.Request))
	return view{title: v.account.Code + " " + v.account.Name, section: "trial-balance", body: accountBody(v)}, err
}

func entryPage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	transfers, err := webdb.EntryTransfers(r.Context(), r.tx, r.viewer.PracticeID, n)
	if err != nil {
		return view{}, err
	}
	entries, err := newSegments(r).entries(transfers, nil)
	if err != nil {
		return view{}, err
	}
	return view{title: "Journal entry", section: "trial-balance", body: entryBody(entries[0]), looked: "entry/" + id(n)}, nil
}
