package segment

import (
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// Reference reads a REF segment.
func (r *Scanner) Reference() Reference {
	r.Most(4)
	v := Reference{Qualifier: r.Need(1), Value: r.Str(2), Description: r.Str(3)}
	if len(r.element(4)) > 0 {
		v.RelatedQualifier, v.RelatedValue = r.Comp(4, 1), r.Comp(4, 2)
		r.MostComponents(4, 2)
	}
	return v
}

// Reference writes a REF segment.
func (w *Writer) Reference(v *Reference) {
	w.Need("REF", 1, v.Qualifier)
	b := w.Seg("REF").Elem(v.Qualifier).Elem(v.Value).Elem(v.Description)
	if v.RelatedQualifier != "" || v.RelatedValue != "" {
		b.Comp(v.RelatedQualifier, v.RelatedValue)
	}
	_ = b.End()
}

// References writes REF segments.
func (w *Writer) References(list []Reference) {
	for i := range list {
		w.Reference(&list[i])
	}
}

// Amount reads an AMT segment.
func (r *Scanner) Amount() Amount {
	r.Most(2)
	return Amount{Qualifier: r.Need(1), Amount: r.Cents(2), Position: r.Position()}
}

// Amounts writes AMT segments.
func (w *Writer) Amounts(list []Amount) {
	for i := range list {
		w.Need("AMT", 1, list[i].Qualifier)
		_ = w.Seg("AMT").Elem(list[i].Qualifier).Cents(list[i].Amount).End()
	}
}

// Quantity reads a QTY segment.
func (r *Scanner) Quantity() Quantity {
	r.Most(2)
	return Quantity{Qualifier: r.Need(1), Quantity: r.Decimal(2), Position: r.Position()}
}

// Quantities writes QTY segments.
func (w *Writer) Quantities(list []Quantity) {
	for i := range list {
		w.Need("QTY", 1, list[i].Qualifier)
		_ = w.Dec(w.Seg("QTY").Elem(list[i].Qualifier), list[i].Quantity).End()
	}
}

// Period reads a DTP segment.
func (r *Scanner) Period() Period {
	r.Most(3)
	v := Period{Qualifier: r.Need(1), Format: r.Need(2)}
	b := r.element(3)
	switch v.Format {
	case "D8":
		v.From = r.NeedDate(3)
	case "RD8":
		if len(b) != 17 || b[8] != '-' {
			r.Fail(3, 0, "not a range of days of the form CCYYMMDD-CCYYMMDD", "")
			break
		}
		v.From, v.To = r.day(b[:8], 3), r.day(b[9:], 3)
	case "DT":
		if len(b) != 12 && len(b) != 14 || !digits(b) {
			r.Fail(3, 0, "not a day and time of the form CCYYMMDDHHMM", "")
			break
		}
		v.From, v.Time = r.day(b[:8], 3), r.Text(b[8:])
	case "TM":
		if len(b) < 4 || len(b) > 8 || !digits(b) {
			r.Fail(3, 0, "not a time of the form HHMM", "")
			break
		}
		v.Time = r.Text(b)
	default:
		r.Fail(2, 0, "not a date format that the guides use", "D8, RD8, DT and TM are")
	}
	return v
}

func digits[T string | []byte](b T) bool {
	for i := 0; i < len(b); i++ {
		if b[i] < '0' || b[i] > '9' {
			return false
		}
	}
	return true
}

// Periods writes DTP segments.
func (w *Writer) Periods(list []Period) {
	for i := range list {
		w.Period(&list[i])
	}
}

// Period writes a DTP segment.
func (w *Writer) Period(v *Period) {
	w.Need("DTP", 1, v.Qualifier)
	timeOK := v.Time == ""
	switch v.Format {
	case "D8":
		w.NeedDate("DTP", 3, v.From)
		if !v.To.IsZero() {
			w.Refuse("DTP", 3, "a day (D8) has no last day; a range is RD8")
		}
	case "RD8":
		w.NeedDate("DTP", 3, v.From)
		w.NeedDate("DTP", 3, v.To)
	case "DT":
		w.NeedDate("DTP", 3, v.From)
		timeOK = (len(v.Time) == 4 || len(v.Time) == 6) && digits(v.Time) && v.To.IsZero()
	case "TM":
		timeOK = len(v.Time) >= 4 && len(v.Time) <= 8 && digits(v.Time) && v.From.IsZero() && v.To.IsZero()
	default:
		w.Refuse("DTP", 2, "not a date format that the guides use: D8, RD8, DT and TM are")
	}
	if !timeOK {
		w.Refuse("DTP", 3, "the time does not fit the date format")
	}
	if w.err != nil {
		return
	}
	b := w.Seg("DTP").Elem(v.Qualifier).Elem(v.Format)
	dst := w.scratch[:0]
	switch v.Format {
	case "D8":
		dst = AppendDay(dst, v.From.Year, int(v.From.Month), v.From.Day)
	case "RD8":
		dst = AppendDay(dst, v.From.Year, int(v.From.Month), v.From.Day)
		dst = append(dst, '-')
		dst = AppendDay(dst, v.To.Year, int(v.To.Month), v.To.Day)
	case "DT":
		dst = AppendDay(dst, v.From.Year, int(v.From.Month), v.From.Day)
		dst = append(dst, v.Time...)
	case "TM":
		dst = append(dst, v.Time...)
	}
	_ = b.Bytes(dst).End()
}

// DTM reads a DTM segment.
func (r *Scanner) DTM() Date {
	r.Most(2)
	return Date{Qualifier: r.Need(1), Date: r.NeedDate(2)}
}

// Dates writes DTM segments.
func (w *Writer) Dates(list []Date) {
	for i := range list {
		w.Need("DTM", 1, list[i].Qualifier)
		w.NeedDate("DTM", 2, list[i].Date)
		_ = w.Seg("DTM").Elem(list[i].Qualifier).Date(list[i].Date).End()
	}
}

// N3 reads an N3 segment into a.
func (r *Scanner) N3(a *Address) {
	r.Most(2)
	a.Line1, a.Line2 = r.Need(1), r.Str(2)
}

// N4 reads an N4 segment into a.
func (r *Scanner) N4(a *Address) {
	r.Most(7)
	r.Unused(5, 6)
	a.City, a.State, a.PostalCode, a.Country, a.Subdivision = r.Str(1), r.Str(2), r.Str(3), r.Str(4), r.Str(7)
}

// Address writes the N3 and the N4 of an address, as far as it has them.
func (w *Writer) Address(a *Address) {
	if a.Line1 != "" || a.Line2 != "" {
		w.Need("N3", 1, a.Line1)
		_ = w.Seg("N3").Elem(a.Line1).Elem(a.Line2).End()
	}
	if a.City != "" || a.State != "" || a.PostalCode != "" || a.Country != "" || a.Subdivision != "" {
		_ = w.Seg("N4").Elem(a.City).Elem(a.State).Elem(a.PostalCode).Elem(a.Country).Skip(2).Elem(a.Subdivision).End()
	}
}

// Contact reads a PER segment.
func (r *Scanner) Contact() Contact {
	r.Most(8)
	v := Contact{Function: r.Need(1), Name: r.Str(2)}
	for n := 3; n <= 7; n += 2 {
		if len(r.element(n)) == 0 && len(r.element(n+1)) == 0 {
			if n+2 <= 7 && (len(r.element(n+2)) > 0 || len(r.element(n+3)) > 0) {
				r.Fail(n, 0, "a communication number is missing before another one", "")
			}
			break
		}
		v.Numbers = append(v.Numbers, CommunicationNumber{r.Str(n), r.Str(n + 1)})
	}
	return v
}

// Contacts writes PER segments.
func (w *Writer) Contacts(list []Contact) {
	for i := range list {
		v := &list[i]
		w.Need("PER", 1, v.Function)
		if len(v.Numbers) > 3 {
			w.Refuse("PER", 9, "a contact has at most three numbers")
			return
		}
		b := w.Seg("PER").Elem(v.Function).Elem(v.Name)
		for _, n := range v.Numbers {
			if n == (CommunicationNumber{}) {
				w.Refuse("PER", 3, "a communication number is empty")
			}
			b.Elem(n.Qualifier).Elem(n.Number)
		}
		_ = b.End()
	}
}

// Name reads an NM1 segment.
func (r *Scanner) Name() Name {
	r.Most(9)
	return Name{Role: r.Need(1), Type: r.Str(2), Last: r.Str(3), First: r.Str(4), Middle: r.Str(5),
		Prefix: r.Str(6), Suffix: r.Str(7), IDQualifier: r.Str(8), ID: r.Str(9)}
}

// Name writes an NM1 segment.
func (w *Writer) Name(v *Name) {
	w.Need("NM1", 1, v.Role)
	_ = w.Seg("NM1").Elem(v.Role).Elem(v.Type).Elem(v.Last).Elem(v.First).Elem(v.Middle).
		Elem(v.Prefix).Elem(v.Suffix).Elem(v.IDQualifier).Elem(v.ID).End()
}

// Trace reads a TRN segment.
func (r *Scanner) Trace() Trace {
	r.Most(4)
	return Trace{Position: r.Position(), Type: r.Need(1), Number: r.Need(2), Originator: r.Str(3), Supplement: r.Str(4)}
}

// Trace writes a TRN segment.
func (w *Writer) Trace(v *Trace) {
	w.Need("TRN", 1, v.Type)
	w.Need("TRN", 2, v.Number)
	_ = w.Seg("TRN").Elem(v.Type).Elem(v.Number).Elem(v.Originator).Elem(v.Supplement).End()
}

// Beginning reads a BHT segment.
func (r *Scanner) Beginning() Beginning {
	r.Most(6)
	return Beginning{Structure: r.Need(1), Purpose: r.Str(2), Reference: r.Str(3), Date: r.Date(4), Time: r.Str(5), Kind: r.Str(6)}
}

// Beginning writes a BHT segment.
func (w *Writer) Beginning(v *Beginning) {
	w.Need("BHT", 1, v.Structure)
	_ = w.Seg("BHT").Elem(v.Structure).Elem(v.Purpose).Elem(v.Reference).Date(v.Date).Elem(v.Time).Elem(v.Kind).End()
}

// Header reads an ST segment.
func (r *Scanner) Header() Header {
	r.Most(3)
	return Header{Type: r.Str(1), Control: r.Str(2), Version: r.Str(3)}
}

// Hierarchy reads an HL segment.
func (r *Scanner) Hierarchy() Hierarchy {
	r.Most(4)
	return Hierarchy{ID: r.Need(1), Parent: r.Str(2), Child: r.Str(4)}
}

// Hierarchy writes an HL segment with what it has, else with what the structure
// says.
func (w *Writer) Hierarchy(v Hierarchy, level string, id, parent int, child string) {
	if v.Child == "" {
		v.Child = child
	}
	b := w.Seg("HL")
	if v.ID != "" {
		b.Elem(v.ID)
	} else {
		b.Int(int64(id))
	}
	switch {
	case v.Parent != "":
		b.Elem(v.Parent)
	case parent == 0:
		b.Skip(1)
	default:
		b.Int(int64(parent))
	}
	_ = b.Elem(level).Elem(v.Child).End()
}

// Procedure reads the composite medical procedure of element n.
func (r *Scanner) Procedure(n int) Procedure {
	var parts [9][]byte
	k := r.Parts(n, 8, &parts)
	if k == 0 {
		return Procedure{}
	}
	v := Procedure{Qualifier: r.Text(parts[0]), Code: r.Text(parts[1])}
	for i := 2; i < k && i < 6; i++ {
		v.Modifiers[i-2] = r.Text(parts[i])
	}
	if k > 6 {
		v.Description, v.CodeEnd = r.Text(parts[6]), r.Text(parts[7])
	}
	return v
}

// AppendProcedure adds a composite medical procedure, or an empty element.
func AppendProcedure(b *x12.Builder, p *Procedure) *x12.Builder {
	if p.IsZero() {
		return b.Skip(1)
	}
	m := &p.Modifiers
	return b.Comp(p.Qualifier, p.Code, m[0], m[1], m[2], m[3], p.Description, p.CodeEnd)
}

// Adjustments reads a CAS segment and appends its reasons to list.
func (r *Scanner) Adjustments(slab *Slab[Adjustment], list []Adjustment) []Adjustment {
	r.Most(19)
	group, pos := r.Need(1), r.Position()
	apart := len(list) > 0 && list[len(list)-1].Group == group && casRun(list) < 6
	first := true
	for n := 2; n <= 17; n += 3 {
		if n > r.s.Len() {
			break
		}
		if len(r.element(n)) == 0 && len(r.element(n+1)) == 0 && len(r.element(n+2)) == 0 {
			continue
		}
		a := Adjustment{Position: pos, Group: group, Reason: r.Need(n), Amount: r.Cents(n + 1), Quantity: r.OptDecimal(n + 2)}
		a.Apart = first && apart
		first = false
		list = slab.Add(list, a)
	}
	if first {
		r.Fail(2, 0, "an adjustment has no reason and no amount", "")
	}
	return list
}

// casRun returns how many reasons the CAS segment last read into the list has.
func casRun(list []Adjustment) int {
	n, last := 0, list[len(list)-1].Position
	for i := len(list) - 1; i >= 0 && list[i].Position == last; i-- {
		n++
	}
	return n
}

// Adjustments writes CAS segments: neighbours of the same group share one.
func (w *Writer) Adjustments(list []Adjustment) {
	for i := 0; i < len(list); {
		w.Need("CAS", 1, list[i].Group)
		b := w.Seg("CAS").Elem(list[i].Group)
		for n := 0; ; n++ {
			a := &list[i]
			if a.Reason == "" {
				w.Refuse("CAS", 2+3*n, "an adjustment has no reason code")
			}
			w.OptDec(b.Elem(a.Reason).Cents(a.Amount), a.Quantity)
			i++
			if n == 5 || i == len(list) || list[i].Group != a.Group || list[i].Apart {
				break
			}
		}
		_ = b.End()
	}
}

// Inpatient reads a MIA segment.
func (r *Scanner) Inpatient() *InpatientAdjudication {
	r.Most(24)
	v := &InpatientAdjudication{CoveredDays: r.Decimal(1)}
	v.Remarks[0] = r.Str(5)
	for i := 1; i < 5; i++ {
		v.Remarks[i] = r.Str(19 + i)
	}
	v.LifetimePsychiatricDays, v.CostReportDays = r.OptDecimal(3), r.OptDecimal(15)
	for n, p := range v.amounts() {
		if p != nil {
			*p = r.OptCents(n)
		}
	}
	return v
}

// amounts are the amounts of MIA by element number.
func (v *InpatientAdjudication) amounts() [25]*Optional[money.Cents] {
	return [25]*Optional[money.Cents]{2: &v.PPSOperatingOutlier, 4: &v.DRGAmount, 6: &v.DisproportionateShare,
		7: &v.MSPPassThrough, 8: &v.PPSCapital, 9: &v.PPSCapitalFSPDRG, 10: &v.PPSCapitalHSPDRG, 11: &v.PPSCapitalDSHDRG,
		12: &v.OldCapital, 13: &v.PPSCapitalIME, 14: &v.PPSOperatingHospitalDRG, 16: &v.PPSOperatingFederalDRG,
		17: &v.PPSCapitalOutlier, 18: &v.IndirectTeaching, 19: &v.NonpayableProfessional, 24: &v.PPSCapitalException}
}

// Inpatient writes a MIA segment.
func (w *Writer) Inpatient(v *InpatientAdjudication) {
	b := w.Dec(w.Seg("MIA"), v.CoveredDays)
	amounts := v.amounts()
	for n := 2; n <= 24; n++ {
		switch n {
		case 3:
			w.OptDec(b, v.LifetimePsychiatricDays)
		case 5:
			b.Elem(v.Remarks[0])
		case 15:
			w.OptDec(b, v.CostReportDays)
		case 20, 21, 22, 23:
			b.Elem(v.Remarks[n-19])
		default:
			OptCents(b, *amounts[n])
		}
	}
	_ = b.End()
}

// Outpatient reads a MOA segment.
func (r *Scanner) Outpatient() *OutpatientAdjudication {
	r.Most(9)
	v := &OutpatientAdjudication{ReimbursementRate: r.OptDecimal(1), HCPCSPayable: r.OptCents(2), ESRDPayment: r.OptCents(8), NonpayableProfessional: r.OptCents(9)}
	for i := range v.Remarks {
		v.Remarks[i] = r.Str(3 + i)
	}
	return v
}

// Outpatient writes a MOA segment.
func (w *Writer) Outpatient(v *OutpatientAdjudication) {
	b := OptCents(w.OptDec(w.Seg("MOA"), v.ReimbursementRate), v.HCPCSPayable)
	for _, code := range v.Remarks {
		b.Elem(code)
	}
	_ = OptCents(OptCents(b, v.ESRDPayment), v.NonpayableProfessional).End()
}

// Present reports whether element n has a value.
func (r *Scanner) Present(n int) bool { return len(r.element(n)) > 0 }
