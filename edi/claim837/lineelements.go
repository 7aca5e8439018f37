package claim837

import (
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// readProfessional reads SV1.
func readProfessional(r *segment.Scanner, l *Line) {
	r.Most(15)
	r.Unused(6, 8, 10, 13, 14)
	l.Procedure, l.Charge, l.Unit, l.Quantity = r.Procedure(1), r.Cents(2), r.Str(3), r.OptDecimal(4)
	if l.Procedure.IsZero() {
		r.Fail(1, 0, "the guide requires a procedure, and there is none", "")
	}
	l.PlaceOfService = r.Str(5)
	readPointers(r, l, 7)
	l.Emergency, l.EPSDT, l.FamilyPlanning, l.CopayExempt = r.Str(9), r.Str(11), r.Str(12), r.Str(15)
}

func readPointers(r *segment.Scanner, l *Line, n int) {
	r.MostComponents(n, 4)
	if !r.Present(n) {
		return
	}
	for i := range l.Pointers {
		l.Pointers[i] = r.CompInt(n, i+1)
	}
	for i := 1; i < 4; i++ {
		if l.Pointers[i] != 0 && l.Pointers[i-1] == 0 {
			r.Fail(n, i, "a diagnosis pointer is missing before another one", "")
		}
	}
}

func pointers(b *x12.Builder, p *[4]int) *x12.Builder {
	if *p == ([4]int{}) {
		return b.Skip(1)
	}
	return b.Comp(itoa(p[0]), itoa(p[1]), itoa(p[2]), itoa(p[3]))
}

// readInstitutional reads SV2.
func readInstitutional(r *segment.Scanner, l *Line) {
	r.Most(7)
	l.RevenueCode, l.Procedure, l.Charge, l.Unit, l.Quantity = r.Need(1), r.Procedure(2), r.Cents(3), r.Str(4), r.OptDecimal(5)
	l.UnitRate, l.NonCovered = r.OptDecimal(6), r.OptCents(7)
}

// readDental reads SV3.
func readDental(r *segment.Scanner, l *Line) {
	r.Most(11)
	r.Unused(7, 8, 9, 10)
	r.MostComponents(4, 5)
	l.Procedure, l.Charge, l.PlaceOfService, l.Prosthesis, l.Quantity = r.Procedure(1), r.Cents(2), r.Str(3), r.Str(5), r.OptDecimal(6)
	if l.Procedure.IsZero() {
		r.Fail(1, 0, "the guide requires a procedure, and there is none", "")
	}
	for i := range l.OralCavity {
		l.OralCavity[i] = r.Comp(4, i+1)
	}
	readPointers(r, l, 11)
}

// writeService writes SV1, SV2 or SV3.
func writeService(w *segment.Writer, l *Line, kind Kind) {
	need := func(id string) {
		if l.Procedure.IsZero() {
			w.Refuse(id, 1, "the guide requires a procedure, and there is none")
		}
	}
	switch kind {
	case KindInstitutional:
		w.Need("SV2", 1, l.RevenueCode)
		b := segment.AppendProcedure(w.Seg("SV2").Elem(l.RevenueCode), &l.Procedure).Cents(l.Charge).Elem(l.Unit)
		_ = segment.OptCents(w.OptDec(w.OptDec(b, l.Quantity), l.UnitRate), l.NonCovered).End()
	case KindDental:
		need("SV3")
		o := &l.OralCavity
		b := segment.AppendProcedure(w.Seg("SV3"), &l.Procedure).Cents(l.Charge).Elem(l.PlaceOfService).
			Comp(o[0], o[1], o[2], o[3], o[4]).Elem(l.Prosthesis)
		_ = pointers(w.OptDec(b, l.Quantity).Skip(4), &l.Pointers).End()
	default:
		need("SV1")
		b := segment.AppendProcedure(w.Seg("SV1"), &l.Procedure).Cents(l.Charge).Elem(l.Unit)
		b = pointers(w.OptDec(b, l.Quantity).Elem(l.PlaceOfService).Skip(1), &l.Pointers)
		_ = b.Skip(1).Elem(l.Emergency).Skip(1).Elem(l.EPSDT).Elem(l.FamilyPlanning).Skip(2).Elem(l.CopayExempt).End()
	}
}

// readEquipment reads SV5.
func readEquipment(r *segment.Scanner) *Equipment {
	r.Most(6)
	v := &Equipment{Procedure: r.Procedure(1), Days: r.Decimal(3), Rental: r.OptCents(4), Purchase: r.OptCents(5), Frequency: r.Str(6)}
	if r.Str(2) != "DA" {
		r.Fail(2, 0, "the length of necessity is in days (DA)", "")
	}
	return v
}

func writeEquipment(w *segment.Writer, v *Equipment) {
	if v == nil {
		return
	}
	b := w.Dec(segment.AppendProcedure(w.Seg("SV5"), &v.Procedure).Elem("DA"), v.Days)
	_ = segment.OptCents(segment.OptCents(b, v.Rental), v.Purchase).Elem(v.Frequency).End()
}

// readTooth reads TOO.
func readTooth(r *segment.Scanner) Tooth {
	r.Most(3)
	r.MostComponents(3, 5)
	v := Tooth{System: r.Need(1), Code: r.Str(2)}
	for i := range v.Surfaces {
		v.Surfaces[i] = r.Comp(3, i+1)
	}
	return v
}

func writeTeeth(w *segment.Writer, list []Tooth) {
	for i := range list {
		v := &list[i]
		w.Need("TOO", 1, v.System)
		s := &v.Surfaces
		_ = w.Seg("TOO").Elem(v.System).Elem(v.Code).Comp(s[0], s[1], s[2], s[3], s[4]).End()
	}
}

// readAdjudication reads SVD.
func readAdjudication(r *segment.Scanner) LineAdjudication {
	r.Most(6)
	return LineAdjudication{Position: r.Position(), Payer: r.Need(1), Paid: r.Cents(2), Procedure: r.Procedure(3), RevenueCode: r.Str(4),
		Units: r.OptDecimal(5), BundledInto: r.Str(6)}
}

func writeAdjudication(w *segment.Writer, v *LineAdjudication) {
	w.Loop(v.Unknown)
	w.Need("SVD", 1, v.Payer)
	b := segment.AppendProcedure(w.Seg("SVD").Elem(v.Payer).Cents(v.Paid), &v.Procedure).Elem(v.RevenueCode)
	_ = w.OptDec(b, v.Units).Elem(v.BundledInto).End()
	w.Adjustments(v.Adjustments)
	if !v.Decided.IsZero() {
		d := segment.OnDay("573", v.Decided)
		w.Period(&d)
	}
	w.Amounts(v.Amounts)
}

// readAnswer reads FRM.
func readAnswer(r *segment.Scanner) Answer {
	r.Most(5)
	return Answer{r.Need(1), r.Str(2), r.Str(3), r.Date(4), r.OptDecimal(5)}
}

func writeForm(w *segment.Writer, v *Form) {
	w.Loop(v.Unknown)
	w.Need("LQ", 1, v.Qualifier)
	w.Need("LQ", 2, v.Code)
	_ = w.Seg("LQ").Elem(v.Qualifier).Elem(v.Code).End()
	for i := range v.Answers {
		a := &v.Answers[i]
		w.Need("FRM", 1, a.Question)
		_ = w.OptDec(w.Seg("FRM").Elem(a.Question).Elem(a.YesNo).Elem(a.Text).Date(a.Date), a.Percent).End()
	}
}

func writeDrug(w *segment.Writer, v *Drug) {
	if v == nil {
		return
	}
	w.Loop(v.Unknown)
	w.Need("LIN", 2, v.Qualifier)
	w.Need("LIN", 3, v.Code)
	_ = w.Seg("LIN").Skip(1).Elem(v.Qualifier).Elem(v.Code).End()
	if v.Quantity.Present {
		_ = w.OptDec(w.Seg("CTP").Skip(3), v.Quantity).Elem(v.Unit).End()
	} else if v.Unit != "" {
		w.Refuse("CTP", 4, "a drug has a unit and no quantity")
	}
	w.References(v.References)
}
