package check

import (
	"bytes"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// Level 3 and 4 rules of the parts of an 835.
var (
	rule835Provider  = rule(3, odd, "835", "835-TS3", "a provider summary (TS304, TS305) counts the claims below it and adds up their charges", "ask the payer which claims are missing", "")
	rule835Format    = rule(4, bad, "835", "835-FORMAT", "the format of the payment (BPR05) is told for ACH only", "put CCP or CTX with ACH, nothing with another method", "", "8", "I9").on("4", "")
	rule835Banks     = rule(4, bad, "835", "835-BANK-UNUSED", "banks and accounts (BPR06 to BPR09, BPR12 to BPR15) are for electronic payments (ACH, BOP, FWT)", "leave them empty", "", "8", "I13").on("4", "")
	rule835Company   = rule(4, odd, "835", "835-TRN03", "the payer's company number in the trace (TRN03, TRN04) is that of the payment (BPR10, BPR11)", "repeat BPR10 and BPR11", "", "8", "7")
	rule835Summary   = rule(4, bad, "835", "835-TS2", "a supplemental summary (TS2) follows a provider summary (TS3)", "add TS3", "", "I6").on("", "2000/TS3")
	rule835Crossover = rule(4, bad, "835", "835-CROSSOVER", "a claim that was passed on (CLP02 = 19, 20, 21 or 23) names to whom (NM1*TT)", "ask the payer where the claim went", "", "I6").on("2", "2100/NM1")
	rule835Priority  = rule(4, bad, "835", "835-PRIORITY", "a claim is passed on (NM1*TT) or sent back for another payer (NM1*PR), not both", "ask the payer for a corrected remittance", "", "I9").on("1", "")
	rule835Other     = rule(4, bad, "835", "835-OTHER-SUBSCRIBER", "the other subscriber (NM1*GB) stands where the payer that comes first is named (NM1*PR)", "ask the payer for a corrected remittance", "", "I9").on("1", "")
	rule835Corrected = rule(4, bad, "835", "835-CORRECTED", "a correction of the patient or insured (NM1*74) says what is corrected", "ask the payer for the corrected name or number", "", "8", "I9").on("1", "")
	rule835Rendering = rule(4, odd, "835", "835-RENDERING", "the rendering provider (NM1*82) is named where it is not the payee", "nothing: the name is only repeated", "", "I9").on("9", "")
	rule835Inpatient = rule(4, bad, "835", "835-MIA-MOA", "a claim has inpatient (MIA) or outpatient (MOA) adjudication, not both", "ask the payer for a corrected remittance", "", "I9").on("", "")
	rule835Dates     = rule(4, bad, "835", "835-DATES", "each service has its date: at the line (DTM*472, or 150 and 151) or at the claim (DTM*232)", "ask the payer for a corrected remittance", "", "I6").on("", "2100/DTM")
	rule835Period    = rule(4, bad, "835", "835-SERVICE-PERIOD", "a line has one day (DTM*472), or begin and end (150 and 151)", "ask the payer for a corrected remittance", "", "8", "7")
	rule835Coverage  = rule(4, odd, "835", "835-COVERAGE-END", "a claim denied because coverage has ended (reason 27) has the day (DTM*036)", "ask the payer since when", "", "I6").on("", "2100/DTM")
	rule835Submitted = rule(4, odd, "835", "835-SVC06", "the submitted procedure (SVC06) is told where it differs from the adjudicated one (SVC01)", "nothing: the procedure is only repeated", "", "8", "I13").on("1", "")
	rule835Units     = rule(4, odd, "835", "835-SVC07", "the submitted quantity (SVC07) is told where it differs from the paid one (SVC05)", "nothing: the quantity is only repeated", "", "8", "I13").on("5", "")
	rule835Remark    = rule(4, odd, "835", "835-REMARK", "an adjustment reason that asks for a remark (16, 96, 129, 148, 226, 227, 234, 237, 251, 252, A1) has one: LQ*HE, MIA or MOA", "ask the payer what is meant", "", "I6").on("2", "2110/LQ")
	rule835Reversal  = rule(4, odd, "835", "835-REVERSAL", "a reversal (CLP02 = 22) takes amounts back: CLP03 and CLP04 are not above zero", "ask the payer for a corrected remittance", "", "8", "7")
	rule835Owed      = rule(4, odd, "835", "835-PLB-REFERENCE", "money that is taken back (PLB WO) or carried forward (FB) has the number it belongs to", "ask the payer which claim or remittance is meant", "", "8", "I9").on("", "")
)

// claimSeen is a set of what the open claim or line of an 835 has.
type claimSeen uint32

const (
	paidCrossover claimSeen = 1 << iota
	paidPriority
	paidMIA
	paidMOA
	paidFrom     // DTM*232
	paidEnded    // DTM*036
	paidReason27 // CAS
	paidWants    // a reason that asks for a remark
	paidRemark
	paidDay   // DTM*472
	paidBegin // DTM*150
	paidEnd   // DTM*151
	paidLoose // a line without its date
)

// remitSeen is what the rules keep of the payment and the open provider summary.
type remitSeen struct {
	company, supplement []byte // BPR10, BPR11
	payee               []byte // NPI
	ts3                 bool
	ts3At               place
	told, claims        int // TS304, CLP below
	toldSum, sum        money.Cents
	wants               place // CAS whose reason asks for a remark
	loose               place
}

// banks checks what the method of the payment asks for.
func (r *remitRules) banks(s *x12.Segment, method string) {
	r.at.company = append(r.at.company[:0], s.Element(10)...)
	r.at.supplement = append(r.at.supplement[:0], s.Element(11)...)
	if ach := method == "ACH"; ach != (len(s.Element(5)) > 0) {
		if ach {
			r.c.find(rule835Format, s, 5, 0, "an ACH payment without its format")
		} else {
			r.c.find(rule835Format, s, 5, 0, "a format for a payment by %s", method)
		}
	}
	switch method {
	case "ACH", "BOP", "FWT":
		for _, n := range [...]int{6, 7, 8, 9, 10, 12, 13, 14, 15} {
			if len(s.Element(n)) == 0 {
				r.c.find(rule835ACH, s, n, 0, "an electronic payment without BPR%02d", n)
				return
			}
		}
	default:
		for _, n := range [...]int{6, 7, 8, 9, 12, 13, 14, 15} {
			if len(s.Element(n)) > 0 {
				r.c.find(rule835Banks, s, n, 0, "a bank or account for a payment by %s", method)
				return
			}
		}
	}
}

// beginClaim takes CLP.
func (r *remitRules) beginClaim(s *x12.Segment) {
	v := &r.claim
	v.has, v.status = 0, [2]byte{}
	copy(v.status[:], s.Element(2))
	r.at.claims++
	charge, _ := money.Parse(s.Element(3))
	r.at.sum += charge
	if v.status == [2]byte{'2', '2'} {
		if paid, _ := money.Parse(s.Element(4)); charge > 0 || paid > 0 {
			r.c.find(rule835Reversal, s, 3, 0, "a reversal with a charge of %s and a payment of %s", charge, paid)
		}
	}
}

// beginLine takes SVC.
func (r *remitRules) beginLine(s *x12.Segment) {
	r.line.has = 0
	if v := s.Element(6); len(v) > 0 && bytes.Equal(v, s.Element(1)) {
		r.c.find(rule835Submitted, s, 6, 0, "the submitted procedure is the adjudicated one")
	}
	if v := s.Element(7); len(v) > 0 {
		if paid := s.Element(5); bytes.Equal(v, paid) || len(paid) == 0 && string(v) == "1" {
			r.c.find(rule835Units, s, 7, 0, "the submitted quantity is the paid one")
		}
	}
}

func (r *remitRules) detail(s *x12.Segment, role role) {
	v := &r.claim
	switch role {
	case roleTRN:
		if len(r.at.company) > 0 && (!bytes.Equal(s.Element(3), r.at.company) || !bytes.Equal(s.Element(4), r.at.supplement)) {
			r.c.find(rule835Company, s, 3, 0, "TRN03 and TRN04 are not BPR10 and BPR11")
		}
	case rolePayee:
		r.at.payee = r.at.payee[:0]
		if string(s.Element(3)) == "XX" {
			r.at.payee = append(r.at.payee, s.Element(4)...)
		}
	case rolePaidLX:
		r.endProvider()
	case roleTS3:
		r.at.ts3, r.at.ts3At = true, placeOf(s, "2000", 4)
		r.at.told = whole(s.Element(4))
		r.at.toldSum, _ = money.Parse(s.Element(5))
	case roleTS2:
		if !r.at.ts3 {
			r.c.find(rule835Summary, s, 0, 0, "a supplemental summary without the provider summary")
		}
	case roleCLPName:
		r.name(s)
	case roleCLPMIA, roleCLPMOA:
		r.adjudicated(s, role)
	case roleCLPDTM:
		switch string(s.Element(1)) {
		case "232":
			v.has |= paidFrom
		case "036":
			v.has |= paidEnded
		}
	case roleSVCDTM:
		switch string(s.Element(1)) {
		case "472":
			r.line.has |= paidDay
		case "150":
			r.line.has |= paidBegin
		case "151":
			r.line.has |= paidEnd
		}
	case roleSVCLQ:
		r.line.has |= paidRemark
	}
}

// name takes the names of a claim.
func (r *remitRules) name(s *x12.Segment) {
	v := &r.claim
	switch string(s.Element(1)) {
	case "TT":
		v.has |= paidCrossover
	case "PR":
		v.has |= paidPriority
		if v.has&paidCrossover != 0 {
			r.c.find(rule835Priority, s, 1, 0, "the claim is passed on, and sent back for another payer")
		}
	case "GB":
		if v.has&paidPriority == 0 {
			r.c.find(rule835Other, s, 1, 0, "the other subscriber without the other payer")
		}
	case "74":
		if len(s.Element(3)) == 0 && len(s.Element(4)) == 0 && len(s.Element(5)) == 0 && len(s.Element(7)) == 0 && len(s.Element(9)) == 0 {
			r.c.find(rule835Corrected, s, 3, 0, "a correction without what is corrected")
		}
	case "82":
		if len(r.at.payee) > 0 && bytes.Equal(s.Element(9), r.at.payee) {
			r.c.find(rule835Rendering, s, 9, 0, "the rendering provider is the payee")
		}
	}
}

// adjudicated takes MIA and MOA.
func (r *remitRules) adjudicated(s *x12.Segment, role role) {
	v := &r.claim
	remarks := [...]int{3, 4, 5, 6, 7}
	bit := paidMOA
	if role == roleCLPMIA {
		remarks, bit = [...]int{5, 20, 21, 22, 23}, paidMIA
	}
	v.has |= bit
	for _, n := range remarks {
		if len(s.Element(n)) > 0 {
			v.has |= paidRemark
		}
	}
	if v.has&(paidMIA|paidMOA) == paidMIA|paidMOA {
		r.c.find(rule835Inpatient, s, 0, 0, "inpatient and outpatient adjudication of one claim")
	}
}

// reasons looks at the reasons of a CAS.
func (r *remitRules) reasons(s *x12.Segment, line bool) {
	has := &r.claim.has
	if line {
		has = &r.line.has
	}
	for n := 2; n <= s.Len(); n += 3 {
		switch string(s.Element(n)) {
		case "27":
			r.claim.has |= paidReason27
		case "16", "96", "129", "148", "226", "227", "234", "237", "251", "252", "A1":
			if *has&paidWants == 0 {
				*has |= paidWants
				r.at.wants = placeOf(s, "", n)
			}
		}
	}
}

// endLine checks a service as a whole.
func (r *remitRules) endLine() {
	l, v := &r.line, &r.claim
	day, begin, end := l.has&paidDay != 0, l.has&paidBegin != 0, l.has&paidEnd != 0
	if begin != end || day && begin {
		r.c.findAt(rule835Period, l.at.of(0), "the line's dates do not fit each other")
	}
	if !day && !begin && v.has&paidLoose == 0 {
		v.has |= paidLoose
		r.at.loose = l.at.of(0)
	}
	// A remark on the claim answers for its lines too.
	if l.has&(paidWants|paidRemark) == paidWants && v.has&paidRemark == 0 {
		p := r.at.wants
		p.loop = "2110"
		r.c.findAt(rule835Remark, p, "the reason asks for a remark, and there is none")
	}
}

// endClaimDetail checks a claim as a whole.
func (r *remitRules) endClaimDetail() {
	v, c := &r.claim, r.c
	switch v.status {
	case [2]byte{'1', '9'}, [2]byte{'2', '0'}, [2]byte{'2', '1'}, [2]byte{'2', '3'}:
		if v.has&paidCrossover == 0 {
			c.findAt(rule835Crossover, v.at.of(2), "the claim was passed on, but the payer is not named")
		}
	}
	if v.has&paidFrom == 0 {
		switch {
		case v.has&paidLoose != 0:
			c.findAt(rule835Dates, r.at.loose, "neither the line nor its claim has a date of service")
		case v.lines == 0:
			c.findAt(rule835Dates, v.at.of(0), "the claim has neither lines nor a date of service")
		}
	}
	if v.has&(paidReason27|paidEnded) == paidReason27 {
		c.findAt(rule835Coverage, v.at.of(0), "the claim is denied because coverage has ended, and the day is missing")
	}
	if v.lines == 0 && v.has&(paidWants|paidRemark) == paidWants {
		p := r.at.wants
		p.loop = "2100"
		c.findAt(rule835Remark, p, "the reason asks for a remark, and there is none")
	}
}

// owed checks pair n of a PLB.
func (r *remitRules) owed(s *x12.Segment, n int) {
	switch string(s.Component(n-1, 1)) {
	case "WO", "FB":
		if len(s.Component(n-1, 2)) == 0 {
			r.c.find(rule835Owed, s, n-1, 2, "no number says what the amount belongs to")
		}
	}
}

// endProvider compares a provider summary with the claims below it.
func (r *remitRules) endProvider() {
	v := &r.at
	if v.ts3 && (v.told != v.claims || v.toldSum != v.sum) {
		r.c.findAt(rule835Provider, v.ts3At, "the summary says %d claims of %s, but there are %d of %s", v.told, v.toldSum, v.claims, v.sum)
	}
	v.ts3, v.claims, v.sum = false, 0, 0
}
