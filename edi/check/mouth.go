package check

import (
	"github.com/claimbook/claimbook/edi/x12"
)

// Level 4 to 6 rules of dental claims.
var (
	ruleDentalDate   = rule(4, bad, "837D", "837D-SERVICE-DATE", "a predetermination (CLM19 = PB) has no date of service (DTP*472)", "remove DTP*472, or CLM19 where the service has been given", "A7:187:", "I9").on("19", "")
	ruleTreatment    = rule(4, bad, "837D", "837D-TREATMENT-MONTHS", "the months of orthodontic treatment that remain (DN102) are at most all months (DN101)", "correct DN101 or DN102", "A7:239:", "8", "7")
	ruleMissingTooth = rule(4, odd, "837D", "837D-TOOTH-TWICE", "a tooth's status (DN2) is told once", "remove the second", "A7:244:", "8", "7")
	rulePlacement    = rule(4, bad, "837D", "837D-PRIOR-PLACEMENT", "a replaced prosthesis (SV305 = R) has the day of the earlier one (DTP*441, or 139 when it is estimated)", "add DTP*441 or DTP*139", "A6:187:", "I6").on("5", "2400/DTP")
	ruleToothForm    = rule(5, bad, "837D", "TOOTH-FORM", "a tooth (DN201, TOO02) is numbered 1 to 32 or A to T, a supernumerary one 51 to 82 or AS to TS", "use the universal numbering, without a leading zero", "A7:244:", "8", "7")
	ruleOrthodontics = rule(6, odd, "837D", "LINE-ORTHODONTICS", "a claim for orthodontic treatment (D8010 to D8090, D8670) tells of it (DN1)", "add DN1", "A6:239:", "I6").on("1-2", "2300/DN1")
	ruleSurfaces     = rule(6, odd, "837D", "LINE-SURFACES", "a filling (D2140 to D2394) names as many surfaces (TOO03) as its procedure says", "correct the surfaces or the procedure", "A7:240:", "8", "7")
	ruleSurface      = rule(6, odd, "837D", "LINE-SURFACE-KIND", "front teeth have incisal and facial surfaces (I, F), back teeth occlusal and buccal ones (O, B); each stands once", "correct the surface or the tooth", "A7:240:", "8", "7")
	ruleQuadrant     = rule(6, odd, "837D", "LINE-QUADRANT", "a procedure by quadrant (D4341, D4342, D7310 to D7321) names the quadrant (SV304)", "put 10, 20, 30 or 40", "A6:245:", "8", "I9").on("1-2", "")
	ruleLineDay      = rule(6, odd, "837D", "LINE-DENTAL-DATE", "a service that was given has its date: DTP*472 at claim or line, or the day of the appliance (452) or of the treatment (196, 198)", "add DTP*472", "A6:187:", "I6")
	ruleProsthesis   = rule(6, odd, "837D", "LINE-PROSTHESIS", "a crown, bridge or denture (D2710 to D2799, D5110 to D5214, D6205 to D6794) says whether it is the first (SV305)", "put I for an initial placement, R for a replacement", "A6:239:", "8", "I9").on("1-2", "")
)

// mouth is what the rules keep of one dental claim.
type mouth struct {
	dn1         bool
	orthodontic bool
	lineAt      place
	teeth       [2]uint64 // of DN2
}

// reset begins a claim.
func (m *mouth) reset() { m.dn1, m.orthodontic, m.teeth = false, false, [2]uint64{} }

// dental takes DN1 and DN2.
func (r *claimRules) dental(s *x12.Segment, role role) {
	m := &r.mouth
	if role == roleDN1 {
		m.dn1 = true
		if all, left := s.Element(1), s.Element(2); len(all) > 0 && len(left) > 0 && whole(left) > whole(all) {
			r.c.find(ruleTreatment, s, 2, 0, "%d months of %d remain", whole(left), whole(all))
		}
		return
	}
	k := tooth(s.Element(1))
	if k < 0 {
		return // level 5 says so
	}
	if bit := uint64(1) << (k % 64); m.teeth[k/64]&bit != 0 {
		r.c.find(ruleMissingTooth, s, 1, 0, "this tooth has its status already")
	} else {
		m.teeth[k/64] |= bit
	}
}

// tooth numbers the teeth: 1 to 32, 33 to 52 for A to T, 53 and up for
// supernumerary ones; -1 when it is none.
func tooth(v []byte) int {
	switch {
	case len(v) == 1 && v[0] >= 'A' && v[0] <= 'T':
		return 33 + int(v[0]-'A')
	case len(v) == 2 && v[0] >= 'A' && v[0] <= 'T' && v[1] == 'S':
		return 85 + int(v[0]-'A')
	case len(v) == 0 || len(v) > 2 || v[0] == '0' || !digits(v):
		return -1
	}
	switch n := atoi(v); {
	case n <= 32:
		return n
	case n >= 51 && n <= 82:
		return n + 2
	}
	return -1
}

// front reports whether a tooth is an incisor or a canine.
func front(k int) bool {
	return k >= 6 && k <= 11 || k >= 22 && k <= 27 || k >= 33+2 && k <= 33+7 || k >= 33+12 && k <= 33+17
}

// dentalLine takes SV3.
func (r *claimRules) dentalLine(s *x12.Segment) {
	l := &r.line
	if len(s.Component(4, 1)) > 0 {
		l.seen |= lineCavity
	}
	switch first(s.Element(5)) {
	case 'R':
		l.seen |= lineReplaced | lineProsthesis
		r.replaced = placeOf(s, "2400", 5)
	case 'I':
		l.seen |= lineProsthesis
	}
	if code := string(l.code[:]); code >= "D8010" && code <= "D8090" || code == "D8670" {
		r.mouth.orthodontic = true
		r.mouth.lineAt = l.at
	}
}

// toothOf takes TOO.
func (r *claimRules) toothOf(s *x12.Segment) {
	l := &r.line
	l.tooth = true
	if !r.c.wants(6) {
		return
	}
	k := tooth(s.Element(2))
	var seen [256]bool
	for n := 1; n <= s.Components(3); n++ {
		b := first(s.Component(3, n))
		if b == 0 {
			continue
		}
		l.surfaces++
		if wrong := front(k) && (b == 'O' || b == 'B') || k >= 0 && !front(k) && (b == 'I' || b == 'F'); wrong || seen[b] {
			r.c.find(ruleSurface, s, 3, n, "surface %c does not go with this tooth, or stands twice", b)
		}
		seen[b] = true
	}
}

// fillings says how many surfaces a filling has: at least and at most.
func fillings(code string) (least, most int) {
	switch code {
	case "D2140", "D2330", "D2391":
		return 1, 1
	case "D2150", "D2331", "D2392":
		return 2, 2
	case "D2160", "D2332", "D2393":
		return 3, 3
	case "D2161", "D2335", "D2394":
		return 4, 5
	}
	return 0, 0
}

// endDentalLine checks a line as a whole.
func (r *claimRules) endDentalLine() {
	l, c := &r.line, r.c
	if l.seen&(lineReplaced|linePlacement) == lineReplaced {
		c.findAt(rulePlacement, r.replaced, "line %d: a replaced prosthesis without the day of the earlier one", r.lines)
	}
	if !c.wants(6) {
		return
	}
	if !r.predetermined && l.seen&(lineDated|lineAppliance|lineTreated) == 0 && r.situation.has&(seenServiceDate|seenAppliance) == 0 {
		c.findAt(ruleLineDay, l.at, "line %d: a service without its date", r.lines)
	}
	code := string(l.code[:])
	in := func(lo, hi string) bool { return code >= lo && code <= hi }
	least, most := fillings(code)
	if most > 0 && l.tooth && (l.surfaces < least || l.surfaces > most && most < 5) {
		c.findAt(ruleSurfaces, l.at, "line %d: surfaces: %d; the procedure has %d", r.lines, l.surfaces, least)
	}
	if (code == "D4341" || code == "D4342" || in("D7310", "D7321")) && l.seen&lineCavity == 0 {
		c.findAt(ruleQuadrant, l.at.of(4), "line %d: a procedure by quadrant without the quadrant", r.lines)
	}
	if (in("D2710", "D2799") || in("D5110", "D5214") || in("D6205", "D6794")) && l.seen&lineProsthesis == 0 {
		c.findAt(ruleProsthesis, l.at.of(5), "line %d: a prosthesis that does not say whether it is the first", r.lines)
	}
}

// endMouth checks the claim as a whole; p is the place of CLM05.
func (r *claimRules) endMouth(p place) {
	m := &r.mouth
	if r.predetermined && r.dates.from > 0 {
		r.c.findAt(ruleDentalDate, p.of(0), "a predetermination with a date of service")
	}
	if m.orthodontic && !m.dn1 {
		r.c.findAt(ruleOrthodontics, m.lineAt, "orthodontic treatment without DN1")
	}
}
