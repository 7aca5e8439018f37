package check

import (
	"slices"
	"time"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/x12"
)

// Level 4 and 6 rules of institutional claims.
var (
	ruleAttending      = rule(4, bad, "837I", "837I-ATTENDING", "a claim for more than transport (revenue 0540 to 0549) names the attending provider (2310A)", "add NM1*71", "A6:125:71", "I6").on("5-1", "2310A/NM1")
	ruleOtherOperating = rule(4, bad, "837I", "837I-OTHER-OPERATING", "another operating physician (2310C) stands where the operating physician (2310B) is named", "add NM1*72", "A6:125:72", "8", "7")
	ruleOperating      = rule(4, odd, "837I", "837I-OPERATING", "a claim with a surgical procedure (HI*BBR or BBQ of section 0) names the operating physician (2310B)", "add NM1*72", "A6:125:72", "I6").on("1-2", "2310B/NM1")
	ruleSource         = rule(4, bad, "837I", "837I-SOURCE", "an inpatient bill (type 11, 12, 18, 21) says where the patient came from (CL102)", "fill in CL102", "A6:229:", "8", "I9").on("", "")
	ruleNewborn        = rule(4, odd, "837I", "837I-NEWBORN", "a newborn's admission (CL101 = 4) has a newborn's source (CL102 = 5 or 6)", "correct CL101 or CL102", "A7:229:", "8", "7")
	ruleReason         = rule(4, odd, "837I", "837I-REASON", "an unscheduled outpatient visit (bill type 13 or 85, CL101 = 1, 2 or 5, emergency, urgent care or observation) has the patient's reason (HI*APR)", "add HI*APR", "A6:673:", "I6").on("5-1", "2300/HI")
	rulePOA            = rule(4, odd, "837I", "837I-POA", "an inpatient bill to Medicare (type 11, SBR09 = MA) says which diagnoses were present on admission (HI, component 9)", "add Y, N, U or W to each diagnosis that is not exempt", "A6:255:", "8", "I9").on("5-1", "")
	ruleInpatientOnly  = rule(4, odd, "837I", "837I-OUTPATIENT", "admitting diagnosis (HI*ABJ), DRG (HI*DR) and ICD procedures (HI*BBR) are for inpatient bills", "remove it, or correct the bill type", "A7:228:", "I9").on("5-1", "")
	ruleProcedureDate  = rule(4, bad, "837I", "837I-PROCEDURE-DATE", "an ICD procedure has its date (HI*BBR or BBQ, component 4)", "add D8 and the date", "A6:465:", "8", "I9").on("1-1", "")
	ruleProcedureDay   = rule(4, odd, "837I", "837I-PROCEDURE-PERIOD", "an ICD procedure lies in the statement period or in the three days before", "correct its date or the statement period", "A7:465:", "8", "7")
	rulePrincipal      = rule(4, bad, "837I", "837I-PROCEDURE-PRINCIPAL", "other procedures (HI*BBQ) stand where there is a principal one (HI*BBR)", "send the first as principal procedure", "A7:465:", "8", "7")
	ruleStatus         = rule(4, odd, "837I", "837I-PATIENT-STATUS", "a patient who is still there (CL103 = 30) has an interim bill (frequency 2 or 3), and the final bill (4) another status", "correct CL103 or the frequency", "A7:234:", "8", "7")
	ruleMSPValue       = rule(4, odd, "837I", "837I-MSP", "a claim to Medicare that is not primary has the value code of who is (HI*BE 12 to 16, 41 to 43 or 47)", "add the value code", "A6:463:", "I6").on("1", "2300/HI")
	ruleLineDated      = rule(4, bad, "837I", "837I-LINE-DATED", "where an outpatient statement covers several days, each line but a drug's (LIN, or revenue 0250 to 0259 and 0630 to 0639) has its date (DTP*472)", "add DTP*472", "A6:187:", "I6").on("", "2400/DTP")
	ruleNoncovered     = rule(4, bad, "837I", "837I-NONCOVERED", "what is not covered (SV207) is at most the line's charge", "correct SV207", "A7:178:", "8", "I12")
	ruleCoveredDays    = rule(6, odd, "837I", "LINE-COVERED-DAYS", "covered and non-covered days (HI*BE 80 and 81) are the days of room and board (revenue 0100 to 0219)", "correct the value codes or the days", "A7:456:", "8", "7")
	ruleHIPPS          = rule(6, odd, "837I", "LINE-HIPPS", "a prospective payment line (revenue 0022, 0023, 0024) has a HIPPS code (SV202-1 = HP)", "put HP and the rate code", "A7:513:", "8", "7")
	ruleTotal          = rule(6, odd, "837I", "LINE-TOTAL", "the total (revenue 0001) is no line", "remove it: CLM02 is the total", "A7:455:", "8", "7")
)

// hospitalSeen is a set of what an institutional claim has.
type hospitalSeen uint32

const (
	hasAttending hospitalSeen = 1 << iota
	hasOperating
	hasReason
	hasPOA
	hasProcedure // principal
	hasSurgery
	hasMSPValue
	hasDays  // value codes 80, 81
	hasVisit // a line of emergency, urgent care or observation
	hasOther // a line that is no transport
	hasRoom  // a line of room and board
	hasDRG
)

// hospital is what the rules keep of one institutional claim.
type hospital struct {
	has            hospitalSeen
	attending      [10]byte // NPI of 2310A
	kind, source   byte     // CL101, CL102
	status         [2]byte  // CL103
	days, roomDays int
	surgery        place
	drg            place
	procedure      place
}

// reset begins a claim. The places hold nothing that is read without has.
func (h *hospital) reset() {
	h.has, h.attending, h.kind, h.source, h.status, h.days, h.roomDays = 0, [10]byte{}, 0, 0, [2]byte{}, 0, 0
}

// institutional takes CL1.
func (r *claimRules) institutional(s *x12.Segment) {
	h := &r.hospital
	h.kind, h.source = first(s.Element(1)), first(s.Element(2))
	copy(h.status[:], s.Element(3))
	if h.source == 0 && inpatient(r.bill) {
		r.c.find(ruleSource, s, 2, 0, "the claim does not say where the patient came from")
	}
	if h.kind == '4' && h.source != 0 && h.source != '5' && h.source != '6' {
		r.c.find(ruleNewborn, s, 2, 0, "the admission is a newborn's, the source is not")
	}
	still := h.status == [2]byte{'3', '0'}
	if recurring(r.bill) {
		return
	}
	if interim := r.freq == '2' || r.freq == '3'; still && (r.freq == '1' || r.freq == '4') || !still && interim {
		r.c.find(ruleStatus, s, 3, 0, "frequency %c does not go with patient status %s", r.freq, string(h.status[:]))
	}
}

// presence notes whether a diagnosis says that it was present on admission.
func (r *claimRules) presence(s *x12.Segment) {
	if r.bill != [2]byte{'1', '1'} || r.hospital.has&hasPOA != 0 {
		return
	}
	for n := 1; n <= s.Len(); n++ {
		if len(s.Component(n, 9)) > 0 {
			r.hospital.has |= hasPOA
			return
		}
	}
}

// codes takes an HI segment that is not of diagnoses; q is its first qualifier.
func (r *claimRules) codes(s *x12.Segment, q string) {
	h := &r.hospital
	switch q {
	case "APR", "PR":
		h.has |= hasReason
	case "DR":
		h.has |= hasDRG
		h.drg = placeOf(s, "2300", 1)
	case "BBR", "BR", "CAH":
		h.has |= hasProcedure
		r.procedures(s)
	case "BBQ", "BQ":
		if h.has&hasProcedure == 0 {
			r.c.find(rulePrincipal, s, 1, 2, "other procedures without a principal one")
		}
		r.procedures(s)
	case "BE":
		for n := 1; n <= s.Len(); n++ {
			switch string(s.Component(n, 2)) {
			case "12", "13", "14", "15", "16", "41", "42", "43", "47":
				h.has |= hasMSPValue
			case "80", "81":
				h.has |= hasDays
				h.days += whole(s.Component(n, 5))
			}
		}
	}
}

// whole reads the digits before a decimal point.
func whole(v []byte) int {
	n := 0
	for _, b := range v {
		if b < '0' || b > '9' || n > 1<<20 {
			break
		}
		n = n*10 + int(b-'0')
	}
	return n
}

// procedures takes the ICD procedures of an HI segment.
func (r *claimRules) procedures(s *x12.Segment) {
	h := &r.hospital
	h.procedure = placeOf(s, "2300", 1)
	for n := 1; n <= s.Len(); n++ {
		q, code := string(s.Component(n, 1)), s.Component(n, 2)
		if len(code) == 0 || q == "CAH" {
			continue
		}
		if (q == "BBR" || q == "BBQ") && code[0] == '0' && h.has&hasSurgery == 0 {
			h.has |= hasSurgery
			h.surgery = placeOf(s, "2300", n)
			h.surgery.component = 2
		}
		on, _ := period(s.Component(n, 4))
		d := &r.dates
		switch {
		case on == 0:
			r.c.find(ruleProcedureDate, s, n, 4, "a procedure without its date")
		case d.from > 0 && (on < daysBefore(d.from, 3) || on > d.to):
			r.c.find(ruleProcedureDay, s, n, 4, "the procedure's date lies outside of the statement period")
		}
	}
}

// daysBefore counts back from a day CCYYMMDD, by the calendar. A day that is
// none (month 0, day 40) counts as the one that it runs over to.
func daysBefore(day, n int) int {
	t := time.Date(day/10000, time.Month(day/100%100), day%100-n, 0, 0, 0, 0, time.UTC)
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

// hospitalLine takes SV2.
func (r *claimRules) hospitalLine(s *x12.Segment) {
	h, l := &r.hospital, &r.line
	v := l.revenue
	if transport := v[0] == '0' && v[1] == '5' && v[2] == '4'; !transport {
		h.has |= hasOther
	}
	switch {
	case v == [4]byte{'0', '5', '1', '6'}, v == [4]byte{'0', '5', '2', '6'}, v == [4]byte{'0', '7', '6', '2'}, v[0] == '0' && v[1] == '4' && v[2] == '5':
		h.has |= hasVisit
	case v[0] == '0' && (v[1] == '1' || v[1] == '2' && v[2] <= '1'):
		h.has |= hasRoom
		h.roomDays += whole(s.Element(5))
	}
	if len(s.Element(7)) > 0 {
		r.noncovered(s)
	}
	if r.c.wants(6) && v[0] == '0' && v[1] == '0' {
		switch {
		case v[2] == '2' && v[3] >= '2' && v[3] <= '4' && string(s.Component(2, 1)) != "HP":
			r.c.find(ruleHIPPS, s, 2, 1, "a prospective payment line without a HIPPS code")
		case v[2] == '0' && v[3] == '1':
			r.c.find(ruleTotal, s, 1, 0, "a line of the claim's total")
		}
	}
}

// inpatient reports whether a bill type is of a hospital's or nursing home's
// inpatients.
func inpatient(bill [2]byte) bool {
	switch bill {
	case [2]byte{'1', '1'}, [2]byte{'1', '2'}, [2]byte{'1', '8'}, [2]byte{'2', '1'}:
		return true
	}
	return false
}

// pharmacy reports whether a revenue code is of drugs.
func pharmacy(revenue [4]byte) bool {
	return revenue[0] == '0' && (revenue[1] == '2' && revenue[2] == '5' || revenue[1] == '6' && revenue[2] == '3')
}

// recurring reports whether a bill type is of services that are billed month by
// month, such as dialysis and therapy: each bill is whole (frequency 1), and
// the patient comes again (status 30).
func recurring(bill [2]byte) bool {
	return bill[0] == '7' || bill[1] == '3' || bill[1] == '4'
}

// outpatient reports whether a bill type is of a hospital's or clinic's
// outpatients.
func outpatient(bill [2]byte) bool {
	switch bill {
	case [2]byte{'1', '3'}, [2]byte{'1', '4'}, [2]byte{'7', '1'}, [2]byte{'7', '7'}, [2]byte{'8', '3'}, [2]byte{'8', '5'}:
		return true
	}
	return false
}

// endHospital checks the claim as a whole; p is the place of its bill type.
func (r *claimRules) endHospital(p place) {
	h, c := &r.hospital, r.c
	has := func(what hospitalSeen) bool { return h.has&what != 0 }
	if !has(hasAttending) && (has(hasOther) || r.lines == 0) {
		c.findAt(ruleAttending, p, "the claim does not name the attending provider")
	}
	if has(hasSurgery) && !has(hasOperating) {
		c.findAt(ruleOperating, h.surgery, "a surgical procedure without the operating physician")
	}
	unscheduled := h.kind == '1' || h.kind == '2' || h.kind == '5'
	if visit := r.bill == [2]byte{'1', '3'} || r.bill == [2]byte{'8', '5'}; visit && unscheduled && has(hasVisit) && !has(hasReason) {
		c.findAt(ruleReason, p, "an unscheduled visit without the patient's reason")
	}
	if r.bill == [2]byte{'1', '1'} && r.filing == [2]byte{'M', 'A'} && !has(hasPOA) {
		c.findAt(rulePOA, p, "no diagnosis says whether it was present on admission")
	}
	if outpatient(r.bill) {
		switch {
		case r.admit:
			c.findAt(ruleInpatientOnly, p, "an outpatient bill with an admitting diagnosis")
		case has(hasDRG):
			c.findAt(ruleInpatientOnly, h.drg, "an outpatient bill with a DRG")
		case has(hasProcedure):
			c.findAt(ruleInpatientOnly, h.procedure, "an outpatient bill with an ICD procedure")
		}
	}
	if r.filing == [2]byte{'M', 'A'} && r.rank != 'P' && !has(hasMSPValue) {
		c.findAt(ruleMSPValue, r.sbr.of(1), "the claim goes to Medicare as a payer of rank %c, but no value code says who is first", r.rank)
	}
	if has(hasDays) && has(hasRoom) && h.days != h.roomDays {
		c.findAt(ruleCoveredDays, p, "the value codes give %d days, room and board %d", h.days, h.roomDays)
	}
}

// codeForms checks level 5 of an HI segment's codes that are not diagnoses: the
// lists belong to others, so their form is what is checked.
func (c *checker) codeForms(s *x12.Segment) {
	for n := 1; n <= s.Len(); n++ {
		q, v := string(s.Component(n, 1)), s.Component(n, 2)
		if len(v) == 0 {
			continue
		}
		switch q {
		case "BG", "BE":
			if !codeset.ModifierForm(v) {
				c.find(ruleNUBC, s, n, 2, "not the form of a condition or value code")
			}
		case "BH", "BI":
			if !codeset.ModifierForm(v) || spanForm(v) != (q == "BI") {
				c.find(ruleNUBC, s, n, 2, "not the form of an occurrence (01 to 69, A0 to L9) or occurrence span (70 to 99, M0 to Z9)")
			}
		case "DR":
			if len(v) < 3 || len(v) > 4 || !digits(v) {
				c.find(ruleDRG, s, n, 2, "not the form of a DRG")
			}
		case "BBR", "BBQ":
			if !procedureForm(v) {
				c.find(rulePCS, s, n, 2, "not the form of an ICD-10 procedure")
			}
		}
	}
}

// spanForm reports whether an occurrence code is of the range of spans.
func spanForm(v []byte) bool {
	return v[0] >= '7' && v[0] <= '9' || v[0] >= 'M' && v[0] <= 'Z'
}

// procedureForm reports whether a code has the form of ICD-10-PCS: seven digits
// or letters without I and O.
func procedureForm(v []byte) bool {
	return len(v) == 7 && !slices.ContainsFunc(v, func(b byte) bool {
		return (b < '0' || b > '9') && (b < 'A' || b > 'Z' || b == 'I' || b == 'O')
	})
}
