package remit835

import "github.com/claimbook/claimbook/edi/segment"

// readFinancial reads BPR.
func readFinancial(r *segment.Scanner) Financial {
	r.Most(16)
	v := Financial{Position: r.Position(), Handling: r.Need(1), Amount: r.Cents(2), CreditDebit: r.Need(3), Method: r.Need(4), Format: r.Str(5),
		Sender:     Account{r.Str(6), r.Str(7), r.Str(8), r.Str(9)},
		Originator: r.Str(10), Supplement: r.Str(11),
		Receiver: Account{r.Str(12), r.Str(13), r.Str(14), r.Str(15)}}
	// A date is neither money nor identity: without it the payment is still one.
	v.Date, v.DateText = r.DateOrText(16)
	return v
}

func writeFinancial(w *segment.Writer, v *Financial) {
	w.Need("BPR", 1, v.Handling)
	w.Need("BPR", 3, v.CreditDebit)
	w.Need("BPR", 4, v.Method)
	if v.Amount < 0 {
		w.Refuse("BPR", 2, "a payment is never negative; a balance owed to the payer is forwarded by a PLB with reason FB")
	}
	if !v.Date.IsZero() && v.DateText != "" {
		w.Refuse("BPR", 16, "the payment has a date and another one that cannot be read")
	}
	b := w.Seg("BPR").Elem(v.Handling).Cents(v.Amount).Elem(v.CreditDebit).Elem(v.Method).Elem(v.Format).
		Elem(v.Sender.BankQualifier).Elem(v.Sender.Bank).Elem(v.Sender.AccountQualifier).Elem(v.Sender.Number).
		Elem(v.Originator).Elem(v.Supplement).
		Elem(v.Receiver.BankQualifier).Elem(v.Receiver.Bank).Elem(v.Receiver.AccountQualifier).Elem(v.Receiver.Number)
	if v.DateText != "" {
		b.Elem(v.DateText)
	} else {
		b.Date(v.Date)
	}
	_ = b.End()
}

// readClaim reads CLP.
func readClaim(r *segment.Scanner, c *Claim) {
	r.Most(14)
	c.Position = r.Position()
	c.ControlNumber, c.Status = r.Need(1), r.Need(2)
	c.Charge, c.Paid, c.PatientResponsibility = r.Cents(3), r.Cents(4), r.OptCents(5)
	c.FilingIndicator, c.PayerControlNumber, c.FacilityCode, c.Frequency = r.Str(6), r.Str(7), r.Str(8), r.Str(9)
	c.PatientStatus, c.DRG = r.Str(10), r.Str(11)
	c.DRGWeight, c.DischargeFraction, c.Authorized = r.OptDecimal(12), r.OptDecimal(13), r.Str(14)
}

func writeClaimHead(w *segment.Writer, c *Claim) {
	w.Need("CLP", 1, c.ControlNumber)
	w.Need("CLP", 2, c.Status)
	b := w.Seg("CLP").Elem(c.ControlNumber).Elem(c.Status).Cents(c.Charge).Cents(c.Paid)
	segment.OptCents(b, c.PatientResponsibility).Elem(c.FilingIndicator).Elem(c.PayerControlNumber).
		Elem(c.FacilityCode).Elem(c.Frequency).Elem(c.PatientStatus).Elem(c.DRG)
	_ = w.OptDec(w.OptDec(b, c.DRGWeight), c.DischargeFraction).Elem(c.Authorized).End()
}

// readLine reads SVC.
func readLine(r *segment.Scanner, l *Line) {
	r.Most(7)
	l.Position = r.Position()
	l.Procedure = r.Procedure(1)
	if l.Procedure.IsZero() {
		r.Fail(1, 0, "the guide requires the adjudicated procedure, and there is none", "")
	}
	l.Charge, l.Paid, l.RevenueCode, l.Units = r.Cents(2), r.Cents(3), r.Str(4), r.OptDecimal(5)
	l.Submitted, l.SubmittedUnits = r.Procedure(6), r.OptDecimal(7)
}

func writeLineHead(w *segment.Writer, l *Line) {
	if l.Procedure.IsZero() {
		w.Refuse("SVC", 1, "the guide requires the adjudicated procedure, and there is none")
	}
	b := segment.AppendProcedure(w.Seg("SVC"), &l.Procedure).Cents(l.Charge).Cents(l.Paid).Elem(l.RevenueCode)
	w.OptDec(b, l.Units)
	_ = w.OptDec(segment.AppendProcedure(b, &l.Submitted), l.SubmittedUnits).End()
}

// readProviderAdjustments reads PLB and appends its pairs to list.
func readProviderAdjustments(r *segment.Scanner, list []ProviderAdjustment, plb int) []ProviderAdjustment {
	r.Most(14)
	provider, period := r.Need(1), r.NeedDate(2)
	apart := false
	if n := len(list); n > 0 {
		last := &list[n-1]
		apart = last.Provider == provider && last.FiscalPeriod == period && pairsOf(list) < 6
	}
	first := true
	for n, pair := 3, 1; n <= 13; n, pair = n+2, pair+1 {
		if !r.Present(n) && !r.Present(n+1) {
			continue
		}
		r.MostComponents(n, 2)
		a := ProviderAdjustment{Position: r.Position(), PLB: plb, Pair: pair, Provider: provider, FiscalPeriod: period,
			Reason: r.Comp(n, 1), Reference: r.Comp(n, 2), Amount: r.Cents(n + 1), Apart: first && apart}
		if a.Reason == "" {
			r.Fail(n, 1, "a provider adjustment has no reason code", "")
		}
		first = false
		list = append(list, a)
	}
	if first {
		r.Fail(3, 0, "a provider adjustment has no reason and no amount", "")
	}
	return list
}

// pairsOf returns how many pairs the last PLB read into the list has.
func pairsOf(list []ProviderAdjustment) int {
	n, last := 0, list[len(list)-1].PLB
	for i := len(list) - 1; i >= 0 && list[i].PLB == last; i-- {
		n++
	}
	return n
}

// writeProviderAdjustments writes PLB segments: neighbours of the same provider
// and period share one, up to six.
func writeProviderAdjustments(w *segment.Writer, list []ProviderAdjustment) {
	for i := 0; i < len(list); {
		head := &list[i]
		w.Need("PLB", 1, head.Provider)
		w.NeedDate("PLB", 2, head.FiscalPeriod)
		b := w.Seg("PLB").Elem(head.Provider).Date(head.FiscalPeriod)
		for n := 0; ; n++ {
			a := &list[i]
			if a.Reason == "" {
				w.Refuse("PLB", 3+2*n, "a provider adjustment has no reason code")
			}
			b.Comp(a.Reason, a.Reference).Cents(a.Amount)
			i++
			if n == 5 || i == len(list) || list[i].Provider != head.Provider || list[i].FiscalPeriod != head.FiscalPeriod || list[i].Apart {
				break
			}
		}
		_ = b.End()
	}
}

// readSummary reads TS3.
func readSummary(r *segment.Scanner) *ProviderSummary {
	r.Most(24)
	v := &ProviderSummary{Provider: r.Need(1), FacilityType: r.Str(2), FiscalPeriod: r.NeedDate(3), Claims: r.Decimal(4), Charges: r.Cents(5)}
	for i := range v.Totals {
		v.Totals[i] = r.OptCents(6 + i)
	}
	return v
}

func writeSummary(w *segment.Writer, v *ProviderSummary) {
	w.Need("TS3", 1, v.Provider)
	w.NeedDate("TS3", 3, v.FiscalPeriod)
	b := w.Dec(w.Seg("TS3").Elem(v.Provider).Elem(v.FacilityType).Date(v.FiscalPeriod), v.Claims).Cents(v.Charges)
	for _, t := range v.Totals {
		segment.OptCents(b, t)
	}
	_ = b.End()
}

// readSupplement reads TS2.
func readSupplement(r *segment.Scanner) *ProviderSupplement {
	r.Most(19)
	v := new(ProviderSupplement)
	for i := range v.Totals {
		v.Totals[i] = r.OptDecimal(1 + i)
	}
	return v
}

func writeSupplement(w *segment.Writer, v *ProviderSupplement) {
	b := w.Seg("TS2")
	for _, t := range v.Totals {
		w.OptDec(b, t)
	}
	_ = b.End()
}
