package claim837

import (
	"strconv"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// readClaim reads CLM.
func readClaim(r *segment.Scanner, c *Claim) {
	r.Most(20)
	r.Unused(3, 4, 13, 14, 15, 16, 17, 18)
	r.MostComponents(5, 3)
	r.MostComponents(11, 5)
	c.Position = r.Position()
	c.ControlNumber, c.Charge = r.Need(1), r.Cents(2)
	c.PlaceOfService, c.FacilityQualifier, c.Frequency = r.Comp(5, 1), r.Comp(5, 2), r.Comp(5, 3)
	c.ProviderSignature, c.Assignment, c.BenefitsAssigned, c.Release = r.Str(6), r.Str(7), r.Str(8), r.Str(9)
	c.PatientSignature = r.Str(10)
	if r.Present(11) {
		c.Causes = [3]string{r.Comp(11, 1), r.Comp(11, 2), r.Comp(11, 3)}
		c.AccidentState, c.AccidentCountry = r.Comp(11, 4), r.Comp(11, 5)
	}
	c.SpecialProgram, c.Predetermination, c.DelayReason = r.Str(12), r.Str(19), r.Str(20)
}

func writeClaim(w *segment.Writer, c *Claim) {
	w.Need("CLM", 1, c.ControlNumber)
	_ = w.Seg("CLM").Elem(c.ControlNumber).Cents(c.Charge).Skip(2).Comp(c.PlaceOfService, c.FacilityQualifier, c.Frequency).
		Elem(c.ProviderSignature).Elem(c.Assignment).Elem(c.BenefitsAssigned).Elem(c.Release).Elem(c.PatientSignature).
		Comp(c.Causes[0], c.Causes[1], c.Causes[2], c.AccidentState, c.AccidentCountry).Elem(c.SpecialProgram).
		Skip(6).Elem(c.Predetermination).Elem(c.DelayReason).End()
}

// readCoverage reads SBR.
func readCoverage(r *segment.Scanner) Coverage {
	r.Most(9)
	r.Unused(6, 7, 8)
	return Coverage{Rank: r.Need(1), Relationship: r.Str(2), Group: r.Str(3), GroupName: r.Str(4), InsuranceType: r.Str(5), FilingIndicator: r.Str(9)}
}

func writeCoverage(w *segment.Writer, c *Coverage) {
	w.Need("SBR", 1, c.Rank)
	_ = w.Seg("SBR").Elem(c.Rank).Elem(c.Relationship).Elem(c.Group).Elem(c.GroupName).Elem(c.InsuranceType).
		Skip(3).Elem(c.FilingIndicator).End()
}

// readPatientDetail reads PAT.
func readPatientDetail(r *segment.Scanner) PatientDetail {
	r.Most(9)
	r.Unused(2, 3, 4)
	v := PatientDetail{Relationship: r.Str(1), Death: r.Date(6), Weight: r.OptDecimal(8), Pregnant: r.Str(9)}
	if f := r.Str(5); f != "" && f != "D8" || f == "" != v.Death.IsZero() {
		r.Fail(5, 0, "the date of death has the format D8", "")
	}
	if u := r.Str(7); u != "" && u != "01" || u == "" == v.Weight.Present {
		r.Fail(7, 0, "the weight is in pounds (01)", "")
	}
	return v
}

func writePatientDetail(w *segment.Writer, v *PatientDetail) {
	b := w.Seg("PAT").Elem(v.Relationship).Skip(3).Elem(given("D8", !v.Death.IsZero())).Date(v.Death).Elem(given("01", v.Weight.Present))
	_ = w.OptDec(b, v.Weight).Elem(v.Pregnant).End()
}

func given(v string, there bool) string {
	if there {
		return v
	}
	return ""
}

// readSpecialty reads PRV.
func readSpecialty(r *segment.Scanner) Specialty {
	r.Most(3)
	return Specialty{r.Need(1), r.Str(2), r.Str(3)}
}

func writeSpecialty(w *segment.Writer, v *Specialty) {
	if v.IsZero() {
		return
	}
	w.Need("PRV", 1, v.Role)
	_ = w.Seg("PRV").Elem(v.Role).Elem(v.Qualifier).Elem(v.Code).End()
}

// readDemographics reads DMG.
func readDemographics(r *segment.Scanner) Demographics {
	r.Most(3)
	v := Demographics{Birth: r.Date(2), Gender: r.Str(3)}
	if f := r.Str(1); f != "" && f != "D8" || f == "" != v.Birth.IsZero() {
		r.Fail(1, 0, "the date of birth has the format D8", "")
	}
	if v.IsZero() {
		r.Fail(0, 0, "the segment is empty", "")
	}
	return v
}

func writeDemographics(w *segment.Writer, v *Demographics) {
	if v.IsZero() {
		return
	}
	_ = w.Seg("DMG").Elem(given("D8", !v.Birth.IsZero())).Date(v.Birth).Elem(v.Gender).End()
}

// readOrthodontic reads DN1.
func readOrthodontic(r *segment.Scanner) Orthodontic {
	r.Most(4)
	return Orthodontic{r.OptDecimal(1), r.OptDecimal(2), r.Str(3), r.Str(4)}
}

func writeOrthodontic(w *segment.Writer, v *Orthodontic) {
	if v.IsZero() {
		return
	}
	_ = w.OptDec(w.OptDec(w.Seg("DN1"), v.Months), v.Remaining).Elem(v.Transfer).Elem(v.Services).End()
}

// readToothStatus reads DN2.
func readToothStatus(r *segment.Scanner) ToothStatus {
	r.Most(6)
	r.Unused(3, 4, 5)
	return ToothStatus{r.Need(1), r.Need(2), r.Str(6)}
}

func writeToothStatuses(w *segment.Writer, list []ToothStatus) {
	for _, v := range list {
		w.Need("DN2", 1, v.Tooth)
		w.Need("DN2", 2, v.Status)
		_ = w.Seg("DN2").Elem(v.Tooth).Elem(v.Status).Skip(3).Elem(v.System).End()
	}
}

// readAttachment reads PWK.
func readAttachment(r *segment.Scanner) Attachment {
	r.Most(7)
	r.Unused(3, 4)
	v := Attachment{Type: r.Need(1), Transmission: r.Str(2), Control: r.Str(6), Description: r.Str(7)}
	if q := r.Str(5); q != "" && q != "AC" || q == "" != (v.Control == "") {
		r.Fail(5, 0, "the attachment's control number has the qualifier AC", "")
	}
	return v
}

func writeAttachments(w *segment.Writer, list []Attachment) {
	for i := range list {
		v := &list[i]
		w.Need("PWK", 1, v.Type)
		_ = w.Seg("PWK").Elem(v.Type).Elem(v.Transmission).Skip(2).Elem(given("AC", v.Control != "")).Elem(v.Control).Elem(v.Description).End()
	}
}

// readContract reads CN1.
func readContract(r *segment.Scanner) Contract {
	r.Most(6)
	return Contract{r.Need(1), r.OptCents(2), r.OptDecimal(3), r.Str(4), r.OptDecimal(5), r.Str(6)}
}

func writeContract(w *segment.Writer, v *Contract) {
	if v.IsZero() {
		return
	}
	w.Need("CN1", 1, v.Type)
	b := w.OptDec(segment.OptCents(w.Seg("CN1").Elem(v.Type), v.Amount), v.Percent).Elem(v.Code)
	_ = w.OptDec(b, v.Discount).Elem(v.VersionID).End()
}

// readNote reads NTE.
func readNote(r *segment.Scanner) Note {
	r.Most(2)
	return Note{r.Str(1), r.Need(2)}
}

func writeNotes(w *segment.Writer, list []Note) {
	for _, v := range list {
		w.Need("NTE", 2, v.Text)
		_ = w.Seg("NTE").Elem(v.Code).Elem(v.Text).End()
	}
}

func writeFixed(w *segment.Writer, list []string) {
	for _, v := range list {
		w.Need("K3", 1, v)
		_ = w.Seg("K3").Elem(v).End()
	}
}

// readAmbulance reads CR1.
func readAmbulance(r *segment.Scanner) *Ambulance {
	r.Most(10)
	r.Unused(7, 8)
	v := &Ambulance{Weight: r.OptDecimal(2), Transport: r.Str(3), Reason: r.Str(4), Miles: r.Decimal(6), RoundTrip: r.Str(9), Stretcher: r.Str(10)}
	if u := r.Str(1); u != "" && u != "LB" || u == "" == v.Weight.Present {
		r.Fail(1, 0, "the weight is in pounds (LB)", "")
	}
	if r.Str(5) != "DH" {
		r.Fail(5, 0, "the distance is in miles (DH)", "")
	}
	return v
}

func writeAmbulance(w *segment.Writer, v *Ambulance) {
	if v == nil {
		return
	}
	b := w.OptDec(w.Seg("CR1").Elem(given("LB", v.Weight.Present)), v.Weight).Elem(v.Transport).Elem(v.Reason).Elem("DH")
	_ = w.Dec(b, v.Miles).Skip(2).Elem(v.RoundTrip).Elem(v.Stretcher).End()
}

// readSpinal reads CR2.
func readSpinal(r *segment.Scanner) *SpinalManipulation {
	r.Most(12)
	r.Unused(1, 2, 3, 4, 5, 6, 7)
	return &SpinalManipulation{r.Need(8), r.Str(9), [2]string{r.Str(10), r.Str(11)}, r.Str(12)}
}

func writeSpinal(w *segment.Writer, v *SpinalManipulation) {
	if v == nil {
		return
	}
	w.Need("CR2", 8, v.Nature)
	_ = w.Seg("CR2").Skip(7).Elem(v.Nature).Elem(v.Complicated).Elem(v.Descriptions[0]).Elem(v.Descriptions[1]).Elem(v.XRay).End()
}

// readCondition reads CRC.
func readCondition(r *segment.Scanner) Condition {
	r.Most(7)
	return Condition{r.Need(1), r.Str(2), [5]string{r.Str(3), r.Str(4), r.Str(5), r.Str(6), r.Str(7)}}
}

func writeConditions(w *segment.Writer, list []Condition) {
	for i := range list {
		v := &list[i]
		w.Need("CRC", 1, v.Category)
		b := w.Seg("CRC").Elem(v.Category).Elem(v.Applies)
		for _, code := range v.Codes {
			b.Elem(code)
		}
		_ = b.End()
	}
}

// readCode reads the composite of element n of HI.
func readCode(r *segment.Scanner, n int) Code {
	var parts [9][]byte
	k := r.Parts(n, 9, &parts)
	v := Code{Qualifier: r.Text(parts[0]), Code: r.Text(parts[1])}
	if v.Qualifier == "" || v.Code == "" {
		r.Fail(n, 2, "a code needs its qualifier and itself", "")
	}
	if k < 3 {
		return v
	}
	day := parts[3]
	var bad bool
	switch string(parts[2]) {
	case "":
		bad = len(day) > 0
	case "D8":
		var ok bool
		v.From, ok = segment.ParseDay(day)
		bad = !ok
	case "RD8":
		if bad = len(day) != 17 || day[8] != '-'; !bad {
			var a, b bool
			v.From, a = segment.ParseDay(day[:8])
			v.To, b = segment.ParseDay(day[9:])
			bad = !a || !b
		}
	default:
		bad = true
	}
	if bad {
		r.Fail(n, 4, "not a day (D8) or a range of days (RD8)", "")
	}
	v.Amount, v.Quantity, v.Version = r.OptCompCents(n, 5), r.OptCompDecimal(n, 6), r.Text(parts[6])
	v.CodeEnd, v.Present = r.Text(parts[7]), r.Text(parts[8])
	return v
}

func writeCodes(w *segment.Writer, lists []CodeList) {
	for _, list := range lists {
		if len(list) == 0 || len(list) > 12 {
			w.Refuse("HI", 1, "the segment holds one to twelve codes")
			return
		}
		b := w.Seg("HI")
		for i := range list {
			writeCode(w, b, i+1, &list[i])
		}
		_ = b.End()
	}
}

func writeCode(w *segment.Writer, b *x12.Builder, n int, v *Code) {
	if v.Qualifier == "" || v.Code == "" {
		w.Refuse("HI", n, "a code needs its qualifier and itself")
	}
	if v.From.IsZero() && !v.Amount.Present && !v.Quantity.Present && v.Version == "" && v.CodeEnd == "" && v.Present == "" {
		b.Comp(v.Qualifier, v.Code)
		return
	}
	if v.From.IsZero() && !v.To.IsZero() {
		w.Refuse("HI", n, "a range of days has no first day")
	}
	// Composed by bytes: nothing is allocated however many codes there are.
	var scratch [32]byte
	none, format, day := []byte(nil), []byte(nil), scratch[:0]
	if !v.From.IsZero() {
		format, day = formatDay, segment.AppendDay(day, v.From.Year, int(v.From.Month), v.From.Day)
		if !v.To.IsZero() {
			format, day = formatDays, segment.AppendDay(append(day, '-'), v.To.Year, int(v.To.Month), v.To.Day)
		}
	}
	b.Comp(v.Qualifier, v.Code).Component(format).Component(day)
	amount, quantity := none, none
	if v.Amount.Present {
		amount = v.Amount.Value.Append(scratch[:0])
	}
	b.Component(amount)
	if v.Quantity.Present {
		quantity = segment.AppendDecimal(scratch[:0], v.Quantity.Value)
	}
	b.Component(quantity)
	for _, part := range [...]string{v.Version, v.CodeEnd, v.Present} {
		b.Component(append(scratch[:0], part...))
	}
}

var formatDay, formatDays = []byte("D8"), []byte("RD8")

// readPricing reads HCP.
func readPricing(r *segment.Scanner) *Pricing {
	r.Most(15)
	return &Pricing{Method: r.Need(1), Allowed: r.Cents(2), Savings: r.OptCents(3), Organization: r.Str(4), Rate: r.OptDecimal(5),
		GroupCode: r.Str(6), GroupAmount: r.OptCents(7), RevenueCode: r.Str(8), Qualifier: r.Str(9), Procedure: r.Str(10),
		Unit: r.Str(11), Quantity: r.OptDecimal(12), Rejection: r.Str(13), Compliance: r.Str(14), Exception: r.Str(15)}
}

func writePricing(w *segment.Writer, v *Pricing) {
	if v == nil {
		return
	}
	w.Need("HCP", 1, v.Method)
	b := segment.OptCents(w.Seg("HCP").Elem(v.Method).Cents(v.Allowed), v.Savings).Elem(v.Organization)
	b = segment.OptCents(w.OptDec(b, v.Rate).Elem(v.GroupCode), v.GroupAmount).Elem(v.RevenueCode).Elem(v.Qualifier).Elem(v.Procedure).Elem(v.Unit)
	_ = w.OptDec(b, v.Quantity).Elem(v.Rejection).Elem(v.Compliance).Elem(v.Exception).End()
}

func itoa(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
