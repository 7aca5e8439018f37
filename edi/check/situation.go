package check

import (
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// Level 3 and 4 rules of the claim as a whole.
var (
	rulePatientPaid   = rule(3, odd, "837P 837D", "837-PATIENT-PAID", "what the patient has paid (AMT*F5) is not more than the claim's charge", "correct AMT*F5", "A7:400:", "8", "I12")
	ruleNegative      = rule(4, bad, any837, "837-NEGATIVE", "charges and the patient's payment are not negative", "send a void (frequency 8) to take a claim back", "A7:402:", "8", "I12")
	ruleQuantity      = rule(4, bad, any837, "837-QUANTITY", "a line's quantity is above zero, on an institutional claim not below", "put the units given", "A7:476:", "8", "I12")
	ruleAccidentCause = rule(4, bad, "837P 837D", "837-ACCIDENT-CAUSE", "an accident date (DTP*439) stands where CLM11 names the accident (AA, OA) or the employment (EM)", "name the cause in CLM11, or remove DTP*439", "A7:248:", "I9").on("11", "")
	ruleStateUnused   = rule(4, bad, "837P 837D", "837-AUTO-STATE-UNUSED", "the accident's state (CLM11-4, -5) is only for an automobile accident (AA)", "put AA in CLM11, or leave the state out", "A7:248:", "8", "I13").on("11-1", "")
	ruleAttachUnused  = rule(4, bad, any837, "837-PWK-UNUSED", "an attachment that is only available on request (PWK02 = AA) has no control number (PWK05 and PWK06)", "leave PWK05 and PWK06 empty", "A7:294:", "8", "I13").on("2", "")
	ruleException     = rule(4, odd, any837, "837-AUTHORIZATION-EXCEPTION", "a claim with the reason why it has no authorization (REF*4N) has no authorization (REF*G1)", "remove one of the two", "A7:252:", "I9").on("5", "")
	ruleContract      = rule(4, odd, any837, "837-CONTRACT", "a contract by percentage (CN101 = 06) says the percentage (CN103), one of a flat amount (04) the amount (CN102)", "fill in CN102 or CN103", "A6:21:", "8", "I9").on("1", "")
	ruleRepricer      = rule(4, odd, any837, "837-REPRICER-DATE", "the day on which a repricer received the claim (DTP*050) stands on a repriced claim (HCP)", "add HCP, or remove DTP*050", "A7:21:", "I9").on("", "")
	ruleDxTwice       = rule(4, odd, any837, "837-DIAGNOSIS-TWICE", "a diagnosis stands once on a claim", "remove the second", "A7:255:", "8", "7")
	rulePointerTwice  = rule(4, odd, "837P 837D", "837-POINTER-TWICE", "a line points to a diagnosis once", "remove the second pointer", "A7:477:", "8", "7")
	ruleAcute         = rule(4, bad, "837P", "837-ACUTE-DATE", "spinal manipulation of an acute condition (CR208 = A or M) for Medicare has the day on which it appeared (DTP*453)", "add DTP*453", "A6:192:", "I6").on("8", "2300/DTP")
	ruleDisability    = rule(4, bad, "837P", "837-DISABILITY-DATE", "a disability's begin (DTP*360) and end (361) are days (D8), begin and end together (314) a period (RD8)", "choose the qualifier that fits", "A7:195:", "8", "I12")
	ruleAdmitOrder    = rule(4, bad, "837P 837I", "837-ADMISSION-ORDER", "the admission (DTP*435) is no later than the discharge (DTP*096) or the end of the statement period", "correct the dates", "A7:189:", "8", "7")
	ruleConditions    = rule(4, bad, "837P", "837-AMBULANCE-CONDITIONS", "ambulance conditions (CRC*07) go with an ambulance transport (CR1)", "add CR1, or remove CRC", "A7:21:", "I9").on("1", "")
	ruleEPSDT         = rule(4, bad, "837P 837I", "837-EPSDT", "screening (CRC*ZZ): CRC03 is NU exactly when no referral was given (CRC02 = N)", "put NU with N, and AV, S2 or ST with Y", "A7:21:", "8", "7")
	ruleSurgeryHI     = rule(4, odd, "837P", "837-ANESTHESIA-SURGERY", "the surgical procedure (HI*BP) stands on a claim for anesthesia", "remove HI*BP, or bill the anesthesia procedure", "A7:454:", "I9").on("", "")
)

// seen is a set of the segments that the claim at hand has.
type seen uint32

const (
	seenAcute seen = 1 << iota // DTP*453
	seenLastSeen
	seenCare         // DTP*090 or 091
	seenPrescription // DTP*471
	seenRepricer     // DTP*050
	seenHCP
	seenException // REF*4N
	seenAnesthesiaHI
	seenAnesthesia // a line of the anesthesia section
	seenReferrer   // NM1*DN
	seenTransport  // CRC*07
	seenScreening  // CRC*ZZ
	seenHomebound  // CRC*75
	seenManipulation
	seenVision    // CRC*E1 to E3
	seenAppliance // DTP*452
	seenServiceDate
)

// situation is what else the rules keep of one claim.
type situation struct {
	has       seen
	rendering [10]byte // NPI of 2310B
	facility  [10]byte // NPI of 2310C
	codes     [64]uint64
	n         int // of codes
	// where segments stood that have asked for others
	surgery, transport, manipulation, repricer place
}

// reset begins a claim. The places hold nothing that is read without has.
func (x *situation) reset() {
	x.has, x.n, x.rendering, x.facility = 0, 0, [10]byte{}, [10]byte{}
}

// situationDate takes the dates of the claim that only a few claims have.
func (r *claimRules) situationDate(s *x12.Segment) {
	x := &r.situation
	q := s.Element(1)
	switch string(q) {
	case "453":
		x.has |= seenAcute
	case "304":
		x.has |= seenLastSeen
	case "090", "091":
		x.has |= seenCare
	case "471":
		x.has |= seenPrescription
	case "452":
		x.has |= seenAppliance
	case "050":
		x.has |= seenRepricer
		x.repricer = placeOf(s, "2300", 1)
	case "484":
		if r.sex() == 'M' {
			r.c.find(rulePregnancy, s, 1, 0, "the date of a last menstrual period, and DMG03 says male")
		}
	case "314", "360", "361":
		if both := string(q) == "314"; both != (string(s.Element(2)) == "RD8") {
			r.c.find(ruleDisability, s, 2, 0, "the format does not fit DTP*%s", s.String(1))
		}
	}
}

// attachment takes a PWK of claim or line.
func (r *claimRules) attachment(s *x12.Segment) {
	number := len(s.Element(6)) > 0
	switch string(s.Element(2)) {
	case "BM", "EL", "EM", "FT", "FX":
		if !number {
			r.c.find(ruleAttachment, s, 6, 0, "the attachment is sent by %s but has no control number to match it by", s.String(2))
		}
	case "AA":
		if number {
			r.c.find(ruleAttachUnused, s, 6, 0, "a control number for an attachment that is not sent")
		}
	}
}

// manipulation takes CR2.
func (r *claimRules) manipulation(s *x12.Segment) {
	if c := first(s.Element(8)); c == 'A' || c == 'M' {
		r.situation.has |= seenManipulation
		r.situation.manipulation = placeOf(s, "2300", 8)
	}
}

func (r *claimRules) claimDetail(s *x12.Segment, role role) {
	x := &r.situation
	switch role {
	case roleClaimHCP:
		x.has |= seenHCP
	case roleClaimAMT:
		if paid := r.amount(s, 2); string(s.Element(1)) == "F5" && paid > r.charge {
			r.c.find(rulePatientPaid, s, 2, 0, "the patient has paid %s of a charge of %s", paid, r.charge)
		}
	case roleCN1:
		switch kind := string(s.Element(1)); {
		case kind == "06" && len(s.Element(3)) == 0:
			r.c.find(ruleContract, s, 3, 0, "a contract by percentage without the percentage")
		case kind == "04" && len(s.Element(2)) == 0:
			r.c.find(ruleContract, s, 2, 0, "a contract of a flat amount without the amount")
		}
	case roleClaimCRC:
		switch string(s.Element(1)) {
		case "07":
			x.has |= seenTransport
			x.transport = placeOf(s, "2300", 1)
		case "75":
			x.has |= seenHomebound
		case "E1", "E2", "E3":
			x.has |= seenVision
		case "ZZ":
			x.has |= seenScreening
			if given, none := first(s.Element(2)) == 'Y', string(s.Element(3)) == "NU"; given == none {
				r.c.find(ruleEPSDT, s, 3, 0, "CRC02 and CRC03 contradict each other about the referral")
			}
		}
	}
}

// distinct reports diagnoses that an HI segment repeats.
func (r *claimRules) distinct(s *x12.Segment) {
	x := &r.situation
	for n := 1; n <= s.Len(); n++ {
		code := s.Component(n, 2)
		var key uint64
		for _, b := range code {
			key = key<<8 | uint64(b)
		}
		if key == 0 || len(code) > 8 {
			continue
		}
		for _, other := range x.codes[:x.n] {
			if other == key {
				r.c.find(ruleDxTwice, s, n, 2, "the claim has this diagnosis already")
				break
			}
		}
		if x.n < len(x.codes) {
			x.codes[x.n] = key
			x.n++
		}
	}
}

// endSituation checks the claim as a whole.
func (r *claimRules) endSituation() {
	x, c := &r.situation, r.c
	if x.has&(seenException) != 0 && len(r.authorized) > 0 {
		c.findAt(ruleException, r.at05, "the claim says why it has no authorization, and has one")
	}
	if x.has&(seenRepricer|seenHCP) == seenRepricer {
		c.findAt(ruleRepricer, x.repricer, "a repricer's date on a claim that is not repriced")
	}
	if x.has&(seenManipulation|seenAcute) == seenManipulation && r.filing == [2]byte{'M', 'B'} {
		c.findAt(ruleAcute, x.manipulation, "an acute condition without the day on which it appeared")
	}
	if x.has&seenTransport != 0 && !r.hasCR1 {
		c.findAt(ruleConditions, x.transport, "ambulance conditions on a claim without an ambulance transport")
	}
	if x.has&(seenAnesthesiaHI|seenAnesthesia) == seenAnesthesiaHI {
		c.findAt(ruleSurgeryHI, x.surgery, "the procedure for which anesthesia was given, but no line is for anesthesia")
	}
	if d := &r.dates; d.admitted > 0 {
		switch {
		case d.discharged > 0 && d.admitted > d.discharged:
			c.findAt(ruleAdmitOrder, r.at05, "the patient was admitted on %s and discharged on %s", day(d.admitted), day(d.discharged))
		case r.kind == 'I' && d.to > 0 && d.admitted > d.to:
			c.findAt(ruleAdmitOrder, r.at05, "the patient was admitted on %s, after the statement period's end on %s", day(d.admitted), day(d.to))
		}
	}
	r.endParties()
}

// quantity checks the units of a line.
func (r *claimRules) quantity(s *x12.Segment, n int) {
	v := s.Element(n)
	if yes, ok := positive(v); ok && !yes && (r.kind != 'I' || v[0] == '-') { // a rate line of an institution counts nothing
		r.c.find(ruleQuantity, s, n, 0, "the quantity is not above zero")
	}
}

// noncovered is the part of an institutional line's charge that SV207 leaves out.
func (r *claimRules) noncovered(s *x12.Segment) {
	if v, err := money.Parse(s.Element(7)); err == nil && v > r.line.charge {
		r.c.find(ruleNoncovered, s, 7, 0, "%s of a charge of %s is called not covered", v, r.line.charge)
	}
}
