package check

import (
	"bytes"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// serviceLine is the open 2400 loop.
type serviceLine struct {
	on        bool
	at        place
	charge    money.Cents
	day       int     // date of service, CCYYMMDD
	code      [5]byte // procedure
	revenue   [4]byte
	unit      [2]byte
	qw, noted bool
	described bool
	tooth     bool
	cr1, cr3  bool
	x4, ew    bool
	drug      bool
	seen      lineSeen
	surfaces  int // of its teeth
	payer     int // index of the payer of the open 2430, -1 for none
}

func (r *claimRules) lineDetail(s *x12.Segment, role role) {
	l := &r.line
	switch role {
	case roleLX:
		r.lines++
		*l = serviceLine{on: true, payer: -1}
		if n := atoi(s.Element(1)); n != r.lines {
			r.c.find(ruleLX, s, 1, 0, "LX01 is %s, but this is line %d of the claim", show(s.String(1)), r.lines)
		}
	case roleService:
		r.service(s)
	case roleLineDTP:
		if q := s.Element(1); string(q) == "472" {
			r.line.seen |= lineDated
			r.serviceDate(s)
		} else {
			r.lineDay(q)
		}
	case roleLineREF:
		r.lineReference(s)
	case roleLineCR1:
		l.cr1 = true
		if !r.hasCR1 {
			r.cr1, r.hasCR1 = placeOf(s, "2400", 0), true
		}
	case roleLineCR3:
		l.cr3 = true
		r.certification(s)
	case roleLineNTE:
		l.noted = true
	case roleTOO:
		r.toothOf(s)
	case roleLIN:
		l.drug = true
	case roleCTP:
		if q, ok := positive(s.Element(4)); ok && !q {
			r.c.find(ruleNDC, s, 4, 0, "the drug's quantity is not above zero")
		}
	}
}

// positive reports whether an R value is above zero; ok is false when it is no number.
func positive(b []byte) (yes, ok bool) {
	if len(b) == 0 {
		return false, false
	}
	if b[0] == '-' {
		return false, true
	}
	for _, c := range b {
		if c >= '1' && c <= '9' {
			return true, true
		}
		if c != '0' && c != '.' {
			return false, false
		}
	}
	return false, true
}

// service takes SV1, SV2 or SV3.
func (r *claimRules) service(s *x12.Segment) {
	l := &r.line
	procedure, charge, unit, quantity := 1, 2, 3, 4
	switch r.kind {
	case 'I':
		procedure, charge, unit, quantity = 2, 3, 4, 5
		copy(l.revenue[:], s.Element(1))
	case 'D':
		unit, quantity = 0, 6
	}
	l.at = placeOf(s, "2400", procedure)
	l.charge = r.amount(s, charge)
	r.sum += l.charge
	r.quantity(s, quantity)
	copy(l.code[:], s.Component(procedure, 2))
	l.described = len(s.Component(procedure, 7)) > 0
	r.modifiers(s, procedure)
	if unit > 0 {
		copy(l.unit[:], s.Element(unit))
	}
	pointers := 7
	if r.kind == 'D' {
		pointers = 11
	}
	if r.kind != 'I' {
		var pointed uint32
		for k := 1; k <= s.Components(pointers); k++ {
			n := atoi(s.Component(pointers, k))
			if n < 1 || n > r.dx {
				r.c.find(rulePointer, s, pointers, k, "the pointer says diagnosis %d; the claim has %d", n, r.dx)
			} else if bit := uint32(1) << (n & 31); pointed&bit != 0 {
				r.c.find(rulePointerTwice, s, pointers, k, "the line points to diagnosis %d twice", n)
			} else {
				pointed |= bit
			}
		}
	}
	switch r.kind {
	case 'P':
		if anesthesia(l.code) {
			r.situation.has |= seenAnesthesia
		} else if l.unit == [2]byte{'M', 'J'} {
			r.c.find(ruleMinutes, s, 3, 0, "minutes are billed for a procedure that is not anesthesia")
		}
	case 'I':
		r.hospitalLine(s)
	case 'D':
		r.dentalLine(s)
	}
}

// modifiers notes the modifiers that ask for something.
func (r *claimRules) modifiers(s *x12.Segment, procedure int) {
	l := &r.line
	for k := 3; k <= min(6, s.Components(procedure)); k++ {
		m := s.Component(procedure, k)
		if len(m) != 2 {
			continue
		}
		switch string(m) {
		case "QW":
			l.qw = true
		case "EP":
			l.seen |= lineEP
		case "GV":
			l.seen |= lineGV
		case "55":
			l.seen |= line55
		case "90":
			l.seen |= line90
		}
	}
}

// anesthesia reports whether a CPT code lies in the anesthesia section.
func anesthesia(code [5]byte) bool {
	return code[0] == '0' && code[4] >= '0' && code[4] <= '9' && string(code[:]) >= "00100" && string(code[:]) <= "01999"
}

func (r *claimRules) serviceDate(s *x12.Segment) {
	from, to := period(s.Element(3))
	r.line.day = from
	if r.kind == 'I' {
		if r.dates.from > 0 && from > 0 && (from < r.dates.from || to > r.dates.to) {
			r.c.find(ruleLineDate, s, 3, 0, "the line's date lies outside of the statement period")
		}
		return
	}
	if r.dates.from == 0 || from < r.dates.from {
		r.dates.from = from
	}
	r.dates.to = max(r.dates.to, to)
}

func (r *claimRules) lineReference(s *x12.Segment) {
	switch string(s.Element(1)) {
	case "6R":
		number := s.Element(2)
		if len(number) > 30 {
			r.c.find(ruleLong6R, s, 2, 0, "the line control number has %d characters; payers need not return more than 30", len(number))
		}
		if !r.refs.add(number) {
			r.c.find(ruleUnique6R, s, 2, 0, "another line of the claim has the same control number")
		}
	case "G1":
		r.lineAuthorization(s, r.authorized)
	case "9F":
		r.lineAuthorization(s, r.referredBy)
	case "X4":
		r.line.x4 = true
	case "EW":
		r.line.ew = true
	case "F4":
		r.line.seen |= lineF4
	}
}

// lineAuthorization compares a line's number with the claim's; one that another
// payer gave (REF04) is its own.
func (r *claimRules) lineAuthorization(s *x12.Segment, claims []byte) {
	if len(claims) > 0 && len(s.Element(4)) == 0 && bytes.Equal(s.Element(2), claims) {
		r.c.find(ruleSameNumber, s, 2, 0, "the line repeats the number that the claim states for all its lines")
	}
}

// endLine checks the line as a whole.
func (r *claimRules) endLine() {
	l := &r.line
	if !l.on {
		return
	}
	l.on = false
	for i := range r.others {
		o := &r.others[i]
		if o.this && o.thisPaid+o.thisCAS != l.charge {
			r.c.findAt(ruleCOBLine, l.at, "line %d: its charge is %s, but the other payer's payment %s and adjustments %s add up to %s",
				r.lines, l.charge, o.thisPaid, o.thisCAS, o.thisPaid+o.thisCAS)
		}
		o.this, o.thisPaid, o.thisCAS = false, 0, 0
	}
	switch r.kind {
	case 'P':
		r.endEquipment()
	case 'I':
		if l.seen&lineDated == 0 && !l.drug && !pharmacy(l.revenue) && r.dates.from != r.dates.to && outpatient(r.bill) {
			r.c.findAt(ruleLineDated, l.at, "line %d: the statement covers several days, and the line has no date", r.lines)
		}
	case 'D':
		r.endDentalLine()
	}
	if r.c.wants(5) && l.code[0] != 0 {
		r.effective()
	}
	if r.c.wants(6) {
		r.specialty()
	}
}

// effective checks the procedure's effective days, which only lists that the
// user has loaded bear.
func (r *claimRules) effective() {
	l := &r.line
	list, code := listCPT, l.code[:]
	switch {
	case codeset.DentalProcedureForm(code):
		list = listCDT
	case codeset.LevelII(code):
		list = listHCPCS
	}
	day := l.day
	if day == 0 {
		day = r.dates.from
	}
	if !list.Effective(code, day) {
		r.c.findAt(ruleEffective, l.at, "line %d: by the list of %s the procedure is not valid on its date of service", r.lines, list.AsOf())
	}
}

// specialty checks level 6.
func (r *claimRules) specialty() {
	l := &r.line
	code := string(l.code[:])
	medicare := r.filing == [2]byte{'M', 'B'}
	in := func(lo, hi string) bool { return code >= lo && code <= hi }
	switch r.kind {
	case 'P':
		if unlisted(code) && !l.described && !l.noted {
			r.c.findAt(ruleNOC, l.at, "line %d: the unlisted code %s is not described", r.lines, string(l.code[:]))
		}
		if in("A0425", "A0436") && !l.cr1 && !r.hasCR1 {
			r.c.findAt(ruleAmbulanceCR1, l.at, "line %d: an ambulance trip without CR1", r.lines)
		}
		switch code {
		case "01953", "01967", "01968", "01969", "01996":
		default:
			if anesthesia(l.code) && l.unit != [2]byte{'M', 'J'} {
				r.c.findAt(ruleAnesthesia, l.at, "line %d: an anesthesia procedure that is not billed in minutes", r.lines)
			}
		}
		if l.qw && !l.x4 && !r.hasX4 {
			r.c.findAt(ruleWaived, l.at, "line %d: a waived test (QW) without the laboratory's CLIA number", r.lines)
		}
		if in("98940", "98942") && medicare && !r.hasCR2 && !r.first454 {
			r.c.findAt(ruleChiropractic, l.at, "line %d: a spinal manipulation for Medicare without CR2 or the date of first treatment", r.lines)
		}
		if in("77065", "77067") && !l.ew && !r.hasEW {
			r.c.findAt(ruleMammogram, l.at, "line %d: a mammogram without the center's certification number", r.lines)
		}
		r.followUp(code, medicare)
		if code == "E1390" && medicare && !l.cr3 {
			r.c.findAt(ruleOxygen, l.at, "line %d: an oxygen concentrator for Medicare without its certification", r.lines)
		}
	case 'D':
		if (in("D2140", "D2394") || in("D7111", "D7250")) && !l.tooth {
			r.c.findAt(ruleTooth, l.at, "line %d: a filling or extraction without its tooth", r.lines)
		}
	case 'I':
		revenue := string(l.revenue[:])
		if revenue >= "0100" && revenue <= "0219" && l.unit != [2]byte{'D', 'A'} && l.unit[0] != 0 {
			r.c.findAt(ruleRoomRate, l.at, "line %d: room and board is not counted in days", r.lines)
		}
		hospital := r.bill == [2]byte{'1', '3'} || r.bill == [2]byte{'8', '3'} || r.bill == [2]byte{'8', '5'}
		if hospital && l.code[0] == 0 && (revenue[:3] >= "030" && revenue[:3] <= "036" || revenue[:3] == "040" || revenue[:3] == "051") {
			r.c.findAt(ruleOutpatientHC, l.at, "line %d: an outpatient revenue code %s without a procedure", r.lines, string(l.revenue[:]))
		}
	}
}

// followUp checks what modifiers, screenings and prescribed goods ask for.
func (r *claimRules) followUp(code string, medicare bool) {
	l, x := &r.line, &r.situation
	const asks = lineEP | lineGV | line55 | line90
	if has := l.seen; has&asks != 0 {
		if has&lineEP != 0 && x.has&seenScreening == 0 {
			r.c.findAt(ruleScreening, l.at, "line %d: a screening (EP) without its referral", r.lines)
		}
		if has&lineGV != 0 && medicare && has&lineHospice == 0 {
			r.c.findAt(ruleHospice, l.at, "line %d: care of a hospice patient (GV) without CRC*70", r.lines)
		}
		if has&line55 != 0 && x.has&seenCare == 0 {
			r.c.findAt(rulePostoperative, l.at, "line %d: postoperative care (55) without the day on which it was taken over or given up", r.lines)
		}
		if has&line90 != 0 && has&lineF4 == 0 && !l.x4 && !r.hasX4 {
			r.c.findAt(ruleReferredLab, l.at, "line %d: a test of another laboratory (90) without a CLIA number", r.lines)
		}
	}
	in := func(lo, hi string) bool { return code >= lo && code <= hi }
	switch code[0] {
	case '1', 'G':
		if medicare && (in("11719", "11721") || code == "G0127") && l.seen&lineLastSeen == 0 && x.has&seenLastSeen == 0 {
			r.c.findAt(ruleFootCare, l.at, "line %d: routine foot care for Medicare without the day of the last visit", r.lines)
		}
	case 'P':
		if medicare && (code == "P9603" || code == "P9604") && x.has&seenHomebound == 0 {
			r.c.findAt(ruleHomebound, l.at, "line %d: travel to a patient who cannot come, without CRC*75", r.lines)
		}
	case 'V':
		if in("V2020", "V2799") && l.seen&lineLens == 0 && x.has&(seenPrescription|seenVision) == 0 {
			r.c.findAt(ruleLens, l.at, "line %d: lenses or frames without prescription date or condition", r.lines)
		}
	case 'J':
		if r.filing == [2]byte{'M', 'C'} && in("J0120", "J9999") && !l.drug {
			r.c.findAt(ruleDrugCode, l.at, "line %d: a drug for Medicaid without its NDC", r.lines)
		}
	}
}

// unlisted reports whether a code stands for what has no code of its own. In
// CPT those end in 99; in its laboratory section only some of them.
func unlisted(code string) bool {
	switch code {
	case "J3490", "J3590", "J7999", "J8499", "J8999", "J9999", "E1399", "A4649", "84999", "85999", "86999", "88099", "88199", "88299", "88399":
		return true
	}
	return len(code) == 5 && code[3:] == "99" && digits([]byte(code)) && code[0] != '8'
}
