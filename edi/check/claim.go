package check

import (
	"slices"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// claimRules follows the claims of an 837 and checks what their segments say
// of each other. It holds one claim at a time and reuses its memory.
type claimRules struct {
	c    *checker
	on   bool
	kind byte // P, I or D

	levels        []level // HL of the set, by number
	open          bool
	total         int
	charge        money.Cents
	number        []byte
	at            place // of CLM02
	at05          place // of CLM05
	bill          [2]byte
	freq          byte
	f8            place
	referral      place // of REF*9F
	hasReferral   bool
	referred      bool
	predetermined bool // CLM19 = PB
	hasF8         bool
	dates         claimDates
	causes        struct{ auto, other, work, state bool } // CLM11
	dx            int
	dxAt          place
	icd9          bool
	edition       byte // of its diagnoses: 9 or 0
	icd10         bool
	admit         bool
	lines         int
	sum           money.Cents
	others        []otherPayer
	rank          byte // of 2000B
	ranks         [256]uint8
	filing        [2]byte
	self          bool
	under         byte // B or C: which level the claim stands under
	facts         struct{ n3, n4, dmg bool }
	parties       parties
	situation     situation
	hospital      hospital
	mouth         mouth
	above         [4][]guide.Status // errors of header, 2000A, 2000B and 2000C, for their claims
	depth         int               // which of these is open
	stops         int
	cr1           place
	hasCR1        bool
	hasCR2        bool
	hasX4         bool
	hasEW         bool
	first454      bool
	refs          numberSet // REF*6R
	authorized    []byte    // REF*G1 of the claim
	referredBy    []byte    // REF*9F of the claim
	dated         []datedDiagnosis
	line          serviceLine
	// where segments of the open line stood that ask for others
	certified, form, measured, purchased, replaced place
	member                                         subscriber
	record                                         *claimRecord // of the open claim, with Options.Claims
	recorder                                       recorder
	sbr                                            place
	provider                                       int
}

// level is one HL.
type level struct {
	at       place
	code     byte // first character of HL03: 2 for 20, 22, 23, P for PT
	says     byte // HL04
	children int
}

type claimDates struct {
	accident, admission, discharge bool
	from, to                       int // statement period or first and last service date, CCYYMMDD
	admitted, discharged           int // CCYYMMDD, where the claim says the day
}

// otherPayer is one 2320 loop.
type otherPayer struct {
	id                    []byte
	at                    place
	paid                  money.Cents
	hasPaid               bool
	notCovered            money.Cents // AMT*A8
	hasA8, hasEAF, hasCAS bool
	cas                   money.Cents // claim level
	lineCAS               money.Cents
	linePaid              money.Cents
	lines                 bool // it has line adjudication
	decided               bool
	decidedAt             place
	// of the current line
	thisPaid, thisCAS money.Cents
	this              bool
}

type subscriber struct{ last, first, id []byte }

func (r *claimRules) start(c *checker) {
	m := subscriber{r.member.last[:0], r.member.first[:0], r.member.id[:0]}
	r.refs.reset()
	above := r.above
	for i := range above {
		above[i] = above[i][:0]
	}
	*r = claimRules{c: c, levels: r.levels[:0], others: r.others[:0], number: r.number[:0], refs: r.refs, member: m, provider: -1, above: above,
		authorized: r.authorized[:0], referredBy: r.referredBy[:0], dated: r.dated[:0], recorder: r.recorder}
	r.recorder.named(segment.Name{})
	switch c.g.Name {
	case "837P", "837I", "837D":
		r.on, r.kind = true, c.g.Name[3]
	}
}

// current returns the number of the open claim.
func (r *claimRules) current() string {
	if !r.open {
		return ""
	}
	return string(r.number)
}

// reject remembers an error against the open claim for the 277CA; one of a
// provider, subscriber or patient is against each of their claims.
func (r *claimRules) reject(f *guide.Finding) {
	if f.SNIP < 3 || !r.c.o.Claims || !r.on {
		return
	}
	list := &r.above[r.depth]
	if r.open {
		if r.record == nil {
			return
		}
		list = &r.record.rejected
	}
	*list = addStatus(*list, f.STC)
}

// descend notes which level the claims that follow stand under.
func (r *claimRules) descend(code []byte) {
	r.depth = 1
	switch string(code) {
	case "22":
		r.depth = 2
	case "23":
		r.depth = 3
	}
	for i := r.depth; i < len(r.above); i++ {
		r.above[i] = r.above[i][:0]
	}
}

func (r *claimRules) segment(s *x12.Segment, role role) {
	if role == noRole {
		return
	}
	switch role {
	case roleBHT:
		r.c.set.Reference = s.String(3)
		r.parties.made, r.parties.subrogation = atoi(s.Element(4)), string(s.Element(6)) == "31"
	case roleHL:
		r.level(s)
	case roleParty, roleBillingName:
		r.party(s, role)
	case roleSBR:
		r.rank, r.sbr = first(s.Element(1)), placeOf(s, "2000B", 2)
		r.self = string(s.Element(2)) == "18"
		r.filing = [2]byte{}
		copy(r.filing[:], s.Element(9))
		r.facts = struct{ n3, n4, dmg bool }{}
		r.subscriber(s)
	case roleSubscriber, rolePatientName:
		r.identified(s, role)
		if r.c.o.Claims {
			r.member.last = append(r.member.last[:0], s.Element(3)...)
			r.member.first = append(r.member.first[:0], s.Element(4)...)
			if role == roleSubscriber {
				r.member.id = append(r.member.id[:0], s.Element(9)...)
			}
		}
	case roleSubscriberN3:
		r.facts.n3 = true
	case roleSubscriberN4:
		r.facts.n4 = true
	case roleSubscriberDMG:
		r.facts.dmg = true
		r.person(s, 0)
	case rolePatientDMG:
		r.person(s, 1)
	case roleBillingTax:
		r.taxNumber(s)
	case rolePAT, roleSubscriberREF, rolePatientREF, roleBillingREF, rolePayToPlan:
		r.partyDetail(s, role)
	case roleCLM:
		r.claim(s)
	case rolePWK:
		r.attachment(s)
	case roleClaimDTP:
		r.claimDate(s)
	case roleClaimREF:
		r.claimReference(s)
	case roleClaimHI:
		r.diagnoses(s)
	case roleClaimCR1:
		r.cr1, r.hasCR1 = placeOf(s, "2300", 0), true
	case roleClaimCR2:
		r.hasCR2 = true
		r.manipulation(s)
	case roleProvider:
		r.named(s)
	case roleClaimCRC, roleClaimAMT, roleClaimHCP, roleCN1:
		r.claimDetail(s, role)
	case roleCL1:
		r.institutional(s)
	case roleDN1, roleDN2:
		r.dental(s, role)
	case roleOtherSBR:
		r.other(s)
	case roleOtherCAS, roleOtherAMT, roleOtherPayer, roleOtherDecided, roleOtherMIA:
		r.otherDetail(s, role)
	case roleLX, roleService, roleLineDTP, roleLineREF, roleLineCR1, roleLineCR3, roleLineNTE, roleTOO, roleLIN, roleCTP:
		r.lineDetail(s, role)
	case roleLineCRC, roleLinePWK, roleLineQTY, roleLineMEA, roleSV5, rolePS1, roleForm:
		r.equipment(s, role)
	case roleSVD, roleSVDCAS, roleSVDDecided, roleSVDAMT:
		r.adjudication(s, role)
	}
}

// party keeps the names that a 277CA repeats.
func (r *claimRules) party(s *x12.Segment, role role) {
	if role == roleBillingName {
		r.provider++
		r.billing(s)
	}
	if !r.c.o.Claims {
		return
	}
	at := func(n int) string { return clean(s.String(n)) }
	name := segment.Name{Role: at(1), Type: at(2), Last: orElse(at(3), "UNKNOWN"), First: at(4), Middle: at(5), Suffix: at(7), IDQualifier: at(8), ID: at(9)}
	p := r.c.set.claims
	switch {
	case role == roleBillingName:
		r.recorder.named(name)
	case name.Role == "41":
		p.submitter = name
	default:
		name.Role, name.IDQualifier = "PR", "46"
		p.receiver = name
	}
}

func first(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

// level checks numbering and parents of HL.
func (r *claimRules) level(s *x12.Segment) {
	n := atoi(s.Element(1))
	if n != len(r.levels)+1 {
		r.c.find(ruleHLID, s, 1, 0, "HL01 is %s, but this is level %d of the transaction set", show(s.String(1)), len(r.levels)+1)
	}
	l := level{at: placeOf(s, "", 4), code: last(s.Element(3)), says: first(s.Element(4))}
	if r.c.g.Set == "837" || len(s.Element(2)) > 0 {
		r.parent(s, l.code)
	}
	r.levels = append(r.levels, l)
	r.under = 'B'
	if string(s.Element(3)) == "23" {
		r.under = 'C'
	}
	r.descend(s.Element(3))
	r.newLevel(s.Element(3))
}

func last(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[len(b)-1]
}

func (r *claimRules) parent(s *x12.Segment, code byte) {
	if string(s.Element(3)) == "20" {
		return
	}
	p := atoi(s.Element(2))
	if p < 1 || p > len(r.levels) {
		r.c.find(ruleHLParent, s, 2, 0, "HL02 is %s, and no level before it has that number", show(s.String(2)))
		return
	}
	parent := &r.levels[p-1]
	parent.children++
	want := byte('0') // 20 over 22, 22 over 23
	if code == '3' {
		want = '2'
	}
	if parent.code != want {
		r.c.find(ruleHLParent, s, 2, 0, "HL02 is %s, which is not a level that stands above a level %s", show(s.String(2)), show(s.String(3)))
	}
}

// claim begins a claim.
func (r *claimRules) claim(s *x12.Segment) {
	r.open = true
	r.total++
	r.c.set.Claims++
	if r.total == 5001 {
		r.c.find(ruleClaims, s, 0, 0, "more than 5,000 claims in one transaction set")
	}
	r.number = append(r.number[:0], s.Element(1)...)
	if r.record = nil; r.c.o.Claims {
		r.keep(s)
	}
	r.at, r.at05 = placeOf(s, "2300", 2), placeOf(s, "2300", 5)
	r.charge = r.amount(s, 2)
	r.bill, r.freq = [2]byte{}, first(s.Component(5, 3))
	copy(r.bill[:], s.Component(5, 1))
	r.hasF8, r.dates, r.dx, r.admit, r.lines, r.sum = false, claimDates{}, 0, false, 0, 0
	r.others = r.others[:0]
	r.stops, r.hasCR1, r.hasCR2, r.hasX4, r.hasEW, r.first454 = 0, false, false, false, false, false
	r.refs.reset()
	r.authorized, r.referredBy, r.dated, r.hasReferral, r.referred = r.authorized[:0], r.referredBy[:0], r.dated[:0], false, false
	r.icd9, r.icd10, r.edition = false, false, 0
	r.ranks = [256]uint8{}
	r.ranks[r.rank]++
	r.line = serviceLine{}
	r.situation.reset()
	switch r.kind {
	case 'I':
		r.hospital.reset()
	case 'D':
		r.mouth.reset()
	}
	r.predetermined = string(s.Element(19)) == "PB"
	r.causes.auto, r.causes.other, r.causes.work = false, false, false
	for k := 1; k <= 3; k++ {
		switch string(s.Component(11, k)) {
		case "AA":
			r.causes.auto = true
		case "OA":
			r.causes.other = true
		case "EM":
			r.causes.work = true
		}
	}
	r.causes.state = len(s.Component(11, 4)) > 0 || len(s.Component(11, 5)) > 0
	if r.causes.auto && !r.causes.state && r.kind != 'I' {
		r.c.find(ruleAutoState, s, 11, 0, "an automobile accident without the state where it happened")
	}
	if !r.causes.auto && r.causes.state {
		r.c.find(ruleStateUnused, s, 11, 4, "the state of an automobile accident, but CLM11 names none")
	}
	if len(r.number) > 20 {
		r.c.find(ruleLong, s, 1, 0, "the claim number has %d characters; payers need not return more than 20", len(r.number))
	}
	if r.self != (r.under == 'B') {
		r.c.find(rulePatient, s, 0, 0, "the subscriber is %s the patient by SBR02, but the claim stands under the %s level", map[bool]string{true: "also", false: "not"}[r.self], map[byte]string{'B': "subscriber", 'C': "patient"}[r.under])
	}
	if r.self && (!r.facts.n3 || !r.facts.n4 || !r.facts.dmg) {
		p := r.sbr.of(0)
		r.c.findAt(ruleSelf, p, "the subscriber is the patient, but address, birth date or gender are missing in 2010BA")
	}
	r.patient()
}

// keep begins what a 277CA needs of the claim.
func (r *claimRules) keep(s *x12.Segment) {
	v := r.recorder.begin()
	v.number, v.charge = append(v.number, s.Element(1)...), append(v.charge, s.Element(2)...)
	v.last, v.first, v.member = append(v.last, r.member.last...), append(v.first, r.member.first...), append(v.member, r.member.id...)
	if r.kind == 'I' {
		place := s.Component(5, 1)
		v.bill = append(append(v.bill, place[:min(2, len(place))]...), first(s.Component(5, 3)))
	}
	for _, list := range r.above[:r.depth+1] {
		for _, status := range list {
			v.rejected = addStatus(v.rejected, status)
		}
	}
	r.record = v
}

func (r *claimRules) claimDate(s *x12.Segment) {
	switch string(s.Element(1)) {
	case "439":
		r.dates.accident = true
		if c := r.causes; !c.auto && !c.other && !c.work {
			p := placeOf(s, "2300", 1)
			p.trigger = &r.at05
			r.c.findAt(ruleAccidentCause, p, "the date of an accident, but CLM11 names none")
		}
	case "435":
		r.dates.admission = true
		r.dates.admitted, _ = period(s.Element(3))
	case "096":
		r.dates.discharge = true
		if r.kind == 'P' {
			r.dates.discharged, _ = period(s.Element(3))
		}
	case "454":
		r.first454 = true
	case "434", "472":
		r.dates.from, r.dates.to = period(s.Element(3))
		r.situation.has |= seenServiceDate
	default:
		r.situationDate(s)
	}
}

// period returns the ends of CCYYMMDD or CCYYMMDD-CCYYMMDD.
func period(v []byte) (from, to int) {
	if len(v) < 8 || v[0] < '0' || v[0] > '9' {
		return 0, 0
	}
	from = atoi(v[:8])
	if len(v) == 17 {
		return from, atoi(v[9:])
	}
	return from, from
}

func (r *claimRules) claimReference(s *x12.Segment) {
	switch string(s.Element(1)) {
	case "F8":
		r.f8, r.hasF8 = placeOf(s, "2300", 2), true
	case "G1":
		r.authorized = append(r.authorized[:0], s.Element(2)...)
	case "9F":
		r.referredBy = append(r.referredBy[:0], s.Element(2)...)
		r.referral, r.hasReferral = placeOf(s, "2300", 2), true
	case "X4":
		r.hasX4 = true
	case "EW":
		r.hasEW = true
	case "4N":
		r.situation.has |= seenException
	}
}

func (r *claimRules) diagnoses(s *x12.Segment) {
	switch q := string(s.Component(1, 1)); q {
	case "BK", "ABK", "BF", "ABF", "TQ":
		r.distinct(s)
		if r.kind == 'I' {
			r.presence(s)
		}
		r.dx += s.Len()
		r.icd10 = first(s.Component(1, 1)) == 'A'
		r.icd9 = !r.icd10
		r.dxAt = placeOf(s, "2300", 1)
	case "BJ", "ABJ":
		r.admit = true
	case "BP":
		r.situation.has |= seenAnesthesiaHI
		r.situation.surgery = placeOf(s, "2300", 1)
	default:
		if r.kind == 'I' {
			r.codes(s, q)
		}
	}
	r.keepDated(s)
}

// closed is told of each loop that ends.
func (r *claimRules) closed(l *guide.Loop) {
	if !r.on || !r.open {
		return
	}
	switch l.ID {
	case "2400":
		r.endLine()
	case "2300":
		r.endClaim()
	}
}

// endClaim checks the claim as a whole.
func (r *claimRules) endClaim() {
	defer func() {
		r.recorder.end(r.c.set.claims, r.c.o.spool)
		r.open, r.record = false, nil
	}()
	c := r.c
	if r.lines > 0 && r.sum != r.charge {
		c.findAt(ruleCharges, r.at, "CLM02 is %s, but the lines' charges add up to %s (difference %s)", r.charge, r.sum, r.charge-r.sum)
	}
	switch {
	case (r.freq == '7' || r.freq == '8') && !r.hasF8:
		p := r.at05
		p.component = 3
		c.findAt(ruleNeedsF8, p, "frequency %c replaces or voids a claim, but REF*F8 does not say which", r.freq)
	case r.freq == '1' && r.hasF8:
		p := r.f8
		p.trigger = &r.at05
		c.findAt(ruleNoF8, p, "an original claim carries the payer's number of an earlier one (REF*F8)")
	}
	r.checkRanks()
	if (r.causes.auto || r.causes.other) && !r.dates.accident && r.kind != 'I' {
		p := r.at.of(11)
		c.findAt(ruleAccident, p, "an accident is named in CLM11, but its date is missing")
	}
	r.endSituation()
	if r.hasCR1 && r.stops != 3 {
		c.findAt(ruleAmbulance, r.cr1, "an ambulance transport without its pick-up or drop-off loop")
	}
	if r.hasReferral && !r.referred && r.kind != 'I' {
		c.findAt(ruleReferral, r.referral, "a referral number without the provider who referred")
	}
	r.place()
	r.coordination()
	r.dateOfDiagnoses()
	r.effectiveDiagnoses()
	if from, to := r.dates.from, r.dates.to; r.record != nil {
		if from == 0 { // a predetermination: the 277CA needs a date all the same
			from, to = r.parties.made, r.parties.made
		}
		r.record.from, r.record.to = from, to
	}
}

func day(n int) string {
	b := make([]byte, 8)
	for i := 7; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

func (r *claimRules) checkRanks() {
	p := r.sbr.of(1)
	if r.ranks['P'] != 1 {
		r.c.findAt(ruleRank, p, "%d payers of the claim are primary (P); exactly one is", r.ranks['P'])
	}
	for _, k := range []byte("STABCDEFGH") {
		if r.ranks[k] > 1 {
			r.c.findAt(ruleRank, p, "%d payers of the claim have the rank %c", r.ranks[k], k)
		}
	}
}

// place checks what the place of service or the bill type asks for.
func (r *claimRules) place() {
	p := r.at05
	p.component = 1
	is := func(codes ...[2]byte) bool { return slices.Contains(codes, r.bill) }
	switch r.kind {
	case 'P':
		if is([2]byte{'2', '1'}, [2]byte{'5', '1'}, [2]byte{'6', '1'}) && !r.dates.admission {
			r.c.findAt(ruleInpatient21, p, "an inpatient place of service %s without the admission date", string(r.bill[:]))
		}
	case 'I':
		stay := inpatient(r.bill)
		if (stay || is([2]byte{'4', '1'})) && !r.dates.admission {
			r.c.findAt(ruleStatement, p, "an inpatient bill of type %s without the admission date and hour", string(r.bill[:]))
		}
		if stay && !r.admit {
			r.c.findAt(ruleAdmitting, p, "an inpatient bill of type %s without the admitting diagnosis", string(r.bill[:]))
		}
		r.endHospital(p)
		if is([2]byte{'1', '1'}, [2]byte{'1', '8'}) && (r.freq == '1' || r.freq == '4') && !r.dates.discharge {
			r.c.findAt(ruleDischarge, p, "a final inpatient bill without the discharge hour")
		}
	case 'D':
		r.endMouth(p)
	}
}

// endSet checks what only the whole set shows.
func (r *claimRules) endSet() {
	if !r.on {
		return
	}
	if r.c.o.Claims {
		r.recorder.flush(r.c.set.claims, r.c.o.spool)
	}
	for i := range r.levels {
		l := &r.levels[i]
		if l.says == '1' && l.children == 0 {
			r.c.findAt(ruleHLChild, l.at, "HL04 says that levels follow below, and none does")
		}
		if l.says == '0' && l.children > 0 {
			r.c.findAt(ruleHLChild, l.at, "HL04 says that no level follows below, and %d do", l.children)
		}
	}
}
