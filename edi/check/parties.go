package check

import (
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// Level 4 rules of who is named: provider, subscriber, patient.
var (
	ruleOrganization = rule(4, bad, any837, "837-ORGANIZATION-NAME", "an organization (NM102 = 2) has no first name, middle name or suffix", "leave NM104, NM105 and NM107 empty, or put 1 in NM102", "A7:505:", "8", "I13").on("2", "")
	ruleMemberID     = rule(4, bad, any837, "837-MEMBER-ID", "a subscriber who is a person (NM102 = 1 in 2010BA) has a member number (NM108 and NM109)", "fill in MI and the number on the insurance card", "A6:164:IL", "8", "I9").on("2", "")
	ruleGroupName    = rule(4, odd, any837, "837-GROUP-NAME", "the group's name (SBR04) stands only where its number (SBR03) does not", "leave SBR04 empty", "A7:164:IL", "8", "I13").on("3", "")
	ruleBillingID    = rule(4, odd, any837, "837-BILLING-ID", "the billing provider has an NPI, or the number that the payer gave (REF*G2 or LU)", "add the NPI in NM108 and NM109 of 2010AA", "A6:153:85", "8", "I9").on("", "")
	ruleMSPUnused    = rule(4, bad, "837P", "837-MSP-UNUSED", "SBR05 is only for claims to Medicare (SBR09 = MA or MB, or 16 for a plan in its place) that is not primary", "leave SBR05 empty", "A7:171:", "8", "I13").on("9", "")
	rulePatPlace     = rule(4, bad, "837P", "837-PAT-PLACE", "patient facts (PAT) stand at the subscriber (2000B) only where the subscriber is the patient (SBR02 = 18)", "move PAT to 2000C", "A7:156:", "I9").on("2", "")
	rulePregnancy    = rule(4, odd, "837P", "837-PREGNANCY", "pregnancy (PAT09, DTP*484) is not told of a male patient", "correct the gender in DMG03, or remove it", "A7:157:QC", "8", "7")
	ruleBirth        = rule(4, bad, any837, "837-BIRTH-DATE", "the patient was born by the first day of service", "correct DMG02 or the dates of service", "A7:158:QC", "8", "7")
	ruleDeath        = rule(4, odd, "837P", "837-AFTER-DEATH", "services begin no later than the patient's death (PAT06)", "correct PAT06 or the dates of service", "A7:159:QC", "8", "7")
	ruleFuture       = rule(4, odd, any837, "837-FUTURE-DATE", "services begin no later than the day on which the file was made (BHT04)", "send the claim when the service has been given", "A7:510:", "8", "7")
	ruleY4           = rule(4, odd, "837P 837I", "837-PROPERTY-NUMBER", "a claim to workers' compensation (SBR09 = WC) has the insurer's claim number (REF*Y4)", "add REF*Y4 at the patient", "A6:153:", "I6").on("9", "2010BA/REF")
	ruleY4Place      = rule(4, bad, any837, "837-PROPERTY-PLACE", "the property and casualty claim number (REF*Y4) stands at the patient, once: in 2010CA where there is one", "move it to 2010CA", "A7:153:", "I9").on("", "")
	rulePayToPlan    = rule(4, odd, any837, "837-PAY-TO-PLAN", "a pay-to plan (2010AC) is for a subrogation demand (BHT06 = 31)", "put 31 in BHT06, or remove 2010AC", "A7:21:", "I9").on("1", "")
	ruleSameProvider = rule(4, odd, any837, "837-PROVIDER-SAME", "a provider is named again only where it differs: a line's provider or facility from its claim's, an institutional claim's other providers from the attending one", "remove the second loop", "A7:21:", "I9").on("9", "")
	ruleReferrer     = rule(4, bad, "837P 837D", "837-REFERRING-ORDER", "the primary care provider (NM1*P3) stands second, behind the referring provider (NM1*DN)", "name the referring provider as DN first", "A7:21:", "8", "7")
)

// parties is what the rules keep of the open provider, subscriber and patient.
type parties struct {
	made         int // BHT04, CCYYMMDD
	subrogation  bool
	npi          [10]byte // of the billing provider
	payerNumber  bool     // REF*G2 or LU of the billing provider
	told         bool     // that the billing provider has no number
	sex          [2]byte  // of subscriber and patient
	born         [2]int   // CCYYMMDD
	died         int
	pregnant     bool
	y4, patient4 bool // REF*Y4 at subscriber, at patient
	y4At         place
}

// billing takes the NM1 of the billing provider.
func (r *claimRules) billing(s *x12.Segment) {
	p := &r.parties
	p.npi, p.payerNumber = [10]byte{}, false // of 2010AA; 2010BB may add to it
	copy(p.npi[:], s.Element(9))
	r.organization(s)
}

// taxNumber takes the billing provider's REF: a 277CA names a provider without an
// NPI by the tax number.
func (r *claimRules) taxNumber(s *x12.Segment) {
	switch string(s.Element(1)) {
	case "G2", "LU":
		r.parties.payerNumber = true
	case "EI", "SY":
		if b := &r.recorder.billing; r.c.o.Claims && b.ID == "" && !r.recorder.told {
			b.IDQualifier, b.ID = "FI", clean(s.String(2))
		}
	}
}

// organization refuses the names of a person where an organization is named.
func (r *claimRules) organization(s *x12.Segment) {
	if first(s.Element(2)) != '2' {
		return
	}
	for _, n := range [...]int{4, 5, 7} {
		if len(s.Element(n)) > 0 {
			r.c.find(ruleOrganization, s, n, 0, "an organization with the name of a person")
			return
		}
	}
}

// newLevel forgets the facts of the level that ended.
func (r *claimRules) newLevel(code []byte) {
	p := &r.parties
	switch string(code) {
	case "22":
		p.sex, p.born, p.y4, p.told = [2]byte{}, [2]int{}, false, false
	case "23":
		p.sex[1], p.born[1] = 0, 0
	}
	p.died, p.pregnant, p.patient4 = 0, false, false
}

// subscriber checks what SBR says for itself.
func (r *claimRules) subscriber(s *x12.Segment) {
	medicare := r.filing == [2]byte{'M', 'B'} || r.filing == [2]byte{'M', 'A'}
	advantage := r.filing == [2]byte{'1', '6'} // a plan in Medicare's place: it may ask why, or not
	if r.kind == 'P' {
		switch why := len(s.Element(5)) > 0; {
		case !why && medicare && r.rank != 'P':
			r.c.find(ruleMSP, s, 5, 0, "the claim goes to Medicare as a payer of rank %c, but SBR05 does not say why Medicare is not first", r.rank)
		case why && (!medicare && !advantage || r.rank == 'P'):
			r.c.find(ruleMSPUnused, s, 5, 0, "SBR05 says why Medicare is not first, but the claim goes to a payer of rank %c and kind %s", r.rank, show(s.String(9)))
		}
	}
	if len(s.Element(3)) > 0 && len(s.Element(4)) > 0 {
		r.c.find(ruleGroupName, s, 4, 0, "the group has a number, so its name is not used")
	}
}

// identified checks the name of subscriber or patient.
func (r *claimRules) identified(s *x12.Segment, role role) {
	r.organization(s)
	if role == roleSubscriber && first(s.Element(2)) == '1' && len(s.Element(9)) == 0 {
		r.c.find(ruleMemberID, s, 9, 0, "the subscriber has no member number")
	}
}

// person takes birth date and gender: of the subscriber (0) or the patient (1).
func (r *claimRules) person(s *x12.Segment, who int) {
	r.parties.born[who], _ = period(s.Element(2))
	r.parties.sex[who] = first(s.Element(3))
}

func (r *claimRules) partyDetail(s *x12.Segment, role role) {
	p := &r.parties
	switch role {
	case rolePAT:
		p.died, _ = period(s.Element(6))
		p.pregnant = first(s.Element(9)) == 'Y'
		if r.under == 'B' && !r.self {
			at := placeOf(s, "2000B", 0)
			at.trigger = &r.sbr
			r.c.findAt(rulePatPlace, at, "patient facts at the subscriber, who is not the patient")
		}
	case roleSubscriberREF:
		if string(s.Element(1)) == "Y4" {
			p.y4, p.y4At = true, placeOf(s, "2010BA", 2)
		}
	case rolePatientREF:
		p.patient4 = p.patient4 || string(s.Element(1)) == "Y4"
	case roleBillingREF:
		q := string(s.Element(1))
		p.payerNumber = p.payerNumber || q == "G2" || q == "LU"
	case rolePayToPlan:
		if !p.subrogation {
			r.c.find(rulePayToPlan, s, 1, 0, "a pay-to plan, but BHT06 does not announce a subrogation demand")
		}
	}
}

// patient checks, as a claim begins, what is known of its patient.
func (r *claimRules) patient() {
	p := &r.parties
	if p.npi[0] == 0 && !p.payerNumber && !p.told {
		p.told = true
		r.c.findAt(ruleBillingID, r.at.of(0), "the billing provider of this claim has neither an NPI nor the payer's number")
	}
	if p.pregnant && r.sex() == 'M' {
		r.c.findAt(rulePregnancy, r.at.of(0), "PAT09 says pregnant, and DMG03 says male")
	}
	if r.under == 'C' && p.y4 {
		r.c.findAt(ruleY4Place, p.y4At, "the property and casualty claim number stands at the subscriber, who is not the patient")
	}
	if r.filing == [2]byte{'W', 'C'} && !p.y4 && !p.patient4 && r.kind != 'D' {
		r.c.findAt(ruleY4, r.sbr.of(9), "a claim to workers' compensation without the insurer's claim number")
	}
}

// sex returns the gender of the claim's patient.
func (r *claimRules) sex() byte {
	if r.under == 'C' {
		return r.parties.sex[1]
	}
	return r.parties.sex[0]
}

// endParties compares the dates of service with the patient's life.
func (r *claimRules) endParties() {
	p, from := &r.parties, r.dates.from
	if from == 0 {
		return
	}
	born := p.born[0]
	if r.under == 'C' {
		born = p.born[1]
	}
	if born > from {
		r.c.findAt(ruleBirth, r.at.of(0), "the claim's services begin on %s, before the patient's birth", day(from))
	}
	if p.died > 0 && from > p.died {
		r.c.findAt(ruleDeath, r.at.of(0), "the claim's services begin on %s, after the patient's death", day(from))
	}
	if p.made > 0 && from > p.made && !r.predetermined {
		r.c.findAt(ruleFuture, r.at.of(0), "the claim's services begin on %s, after the file was made", day(from))
	}
}

// named takes the NM1 of a claim's or line's provider or ambulance stop.
func (r *claimRules) named(s *x12.Segment) {
	r.organization(s)
	x := &r.situation
	switch string(s.Element(1)) {
	case "DN":
		r.referred = true
		if r.line.on {
			r.line.seen |= lineReferred
		} else {
			x.has |= seenReferrer
			if r.kind == 'I' {
				r.sameAs(s, &r.hospital.attending, "the attending provider")
			}
		}
	case "P3":
		r.referred = true
		if r.line.on && r.line.seen&lineReferred == 0 || !r.line.on && x.has&seenReferrer == 0 {
			r.c.find(ruleReferrer, s, 1, 0, "a primary care provider without the referring provider before")
		}
	case "82":
		switch {
		case r.line.on:
			r.sameAs(s, &x.rendering, "the claim's rendering provider")
		case r.kind == 'I':
			r.sameAs(s, &r.hospital.attending, "the attending provider")
		default:
			copy(x.rendering[:], s.Element(9))
		}
	case "77":
		if !r.line.on {
			copy(x.facility[:], s.Element(9))
		} else {
			r.sameAs(s, &x.facility, "the claim's service facility")
		}
	case "PW":
		r.stops |= 1
	case "45":
		r.stops |= 2
	case "71":
		r.hospital.has |= hasAttending
		copy(r.hospital.attending[:], s.Element(9))
	case "72":
		r.hospital.has |= hasOperating
	case "ZZ":
		if !r.line.on && r.kind == 'I' && r.hospital.has&hasOperating == 0 {
			r.c.find(ruleOtherOperating, s, 1, 0, "another operating physician, but the operating physician is not named")
		}
	case "DK":
		r.line.seen |= lineOrdered
	case "QB":
		r.line.seen |= linePurchasedFrom
	}
}

// sameAs reports a provider who has the NPI of one who is named already.
func (r *claimRules) sameAs(s *x12.Segment, npi *[10]byte, who string) {
	if npi[0] != 0 && string(s.Element(9)) == string(npi[:]) {
		r.c.find(ruleSameProvider, s, 9, 0, "this is %s again", who)
	}
}

// amount reads an amount of the claim, which is never negative.
func (r *claimRules) amount(s *x12.Segment, n int) money.Cents {
	v, _ := money.Parse(s.Element(n))
	if v < 0 {
		r.c.find(ruleNegative, s, n, 0, "a negative amount")
	}
	return v
}
