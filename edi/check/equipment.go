package check

import (
	"github.com/claimbook/claimbook/edi/x12"
)

// Level 4 rules of a professional line's equipment, tests and transports.
var (
	ruleTherapy   = rule(4, bad, "837P", "837-THERAPY-DATE", "a line with an equipment certification (CR3) has the day on which therapy began (DTP*463)", "add DTP*463", "A6:187:", "I6").on("1", "2400/DTP")
	ruleRevised   = rule(4, bad, "837P", "837-CERTIFICATION-REVISED", "a renewed or revised certification (CR301 = R or S) has the day of the revision (DTP*607)", "add DTP*607", "A6:187:", "I6").on("1", "2400/DTP")
	ruleSigned    = rule(4, bad, "837P", "837-CERTIFICATION-SIGNED", "a line with an equipment certification (CR3) has the day on which it was signed (DTP*461)", "add DTP*461", "A6:187:", "I6").on("1", "2400/DTP")
	ruleForm      = rule(4, odd, "837P", "837-CERTIFICATION", "a line with a Medicare equipment form (LQ*UT) has its certification (CR3)", "add CR3", "A6:287:", "I6").on("1", "2400/CR3")
	ruleOrderer   = rule(4, odd, "837P", "837-ORDERING", "a line with an equipment certification (CR3) names the ordering provider (2420E)", "add NM1*DK", "A6:125:DK", "I6").on("1", "2420E/NM1")
	ruleEquipment = rule(4, bad, "837P", "837-SV5-PROCEDURE", "rental and purchase (SV5) are for the procedure of the line (SV101)", "repeat SV101-2 in SV501-2", "A7:454:", "8", "7")
	ruleTestDate  = rule(4, odd, "837P", "837-TEST-DATE", "a test result (MEA*TR) has its day: DTP*738 for R1 and R2, DTP*739 for R4", "add DTP*738 or DTP*739", "A6:187:", "I6").on("2", "2400/DTP")
	rulePurchased = rule(4, odd, "837P", "837-PURCHASED", "a purchased service (PS1) names who sold it (2420B)", "add NM1*QB", "A6:125:QB", "I6").on("1", "2420B/NM1")
	rulePatients  = rule(4, odd, "837P", "837-AMBULANCE-PATIENTS", "the number of ambulance patients (QTY*PT) is told where there is more than one", "remove QTY*PT", "A7:21:", "I9").on("2", "")
)

// lineSeen is a set of what the open line has.
type lineSeen uint32

const (
	lineReferred lineSeen = 1 << iota
	lineOrdered
	linePurchased     // PS1
	linePurchasedFrom // 2420B
	lineTherapy       // DTP*463
	lineRevised       // DTP*607
	lineSigned        // DTP*461
	lineCR3
	lineRevision  // CR301 = R or S
	lineForm      // LQ*UT
	lineBlood     // MEA*TR*R1 or R2
	lineCreatine  // MEA*TR*R4
	lineDTP738    // hemoglobin or hematocrit
	lineDTP739    // creatine
	lineHospice   // CRC*70
	lineLastSeen  // DTP*304
	lineLens      // DTP*471
	lineF4        // REF*F4
	linePlacement // DTP*139 or 441
	lineAppliance // DTP*452
	lineDated     // DTP*472
	lineTreated   // DTP*196 or 198
	lineReplaced  // SV305 = R
	lineProsthesis
	lineCavity
	lineEP // modifiers
	lineGV
	line55
	line90
	lineSurfaces
)

// lineDay takes the dates of a line that only a few lines have.
func (r *claimRules) lineDay(q []byte) {
	var bit lineSeen
	switch string(q) {
	case "463":
		bit = lineTherapy
	case "607":
		bit = lineRevised
	case "461":
		bit = lineSigned
	case "738":
		bit = lineDTP738
	case "739":
		bit = lineDTP739
	case "304":
		bit = lineLastSeen
	case "471":
		bit = lineLens
	case "139", "441":
		bit = linePlacement
	case "452":
		bit = lineAppliance
	case "196", "198":
		bit = lineTreated
	case "454":
		r.first454 = true
	}
	r.line.seen |= bit
}

// certification takes CR3.
func (r *claimRules) certification(s *x12.Segment) {
	l := &r.line
	l.seen |= lineCR3
	if c := first(s.Element(1)); c == 'R' || c == 'S' {
		l.seen |= lineRevision
	}
	r.certified = placeOf(s, "2400", 1)
}

func (r *claimRules) equipment(s *x12.Segment, role role) {
	l := &r.line
	switch role {
	case roleLinePWK:
		r.attachment(s)
	case roleLineCRC:
		if string(s.Element(1)) == "70" {
			l.seen |= lineHospice
		}
	case roleLineQTY:
		if string(s.Element(1)) == "PT" && atoi(s.Element(2)) < 2 {
			r.c.find(rulePatients, s, 2, 0, "the number of patients is told only when there is more than one")
		}
	case roleLineMEA:
		if string(s.Element(1)) == "TR" {
			switch string(s.Element(2)) {
			case "R1", "R2":
				l.seen |= lineBlood
			case "R4":
				l.seen |= lineCreatine
			}
			r.measured = placeOf(s, "2400", 2)
		}
	case roleSV5:
		if v := s.Component(1, 2); string(v) != string(l.code[:min(len(v), 5)]) {
			r.c.find(ruleEquipment, s, 1, 2, "SV5 is for another procedure than the line's")
		}
	case rolePS1:
		l.seen |= linePurchased
		r.purchased = placeOf(s, "2400", 1)
	case roleForm:
		if string(s.Element(1)) == "UT" {
			l.seen |= lineForm
			r.form = placeOf(s, "2440", 1)
		}
	}
}

// endEquipment checks the line as a whole.
func (r *claimRules) endEquipment() {
	has, c := r.line.seen, r.c
	const interesting = lineCR3 | lineForm | lineBlood | lineCreatine | linePurchased
	if has&interesting == 0 {
		return
	}
	lacks := func(what lineSeen) bool { return has&what == 0 }
	if !lacks(lineCR3) {
		if lacks(lineTherapy) {
			c.findAt(ruleTherapy, r.certified, "line %d: a certification without the day on which therapy began", r.lines)
		}
		if lacks(lineSigned) {
			c.findAt(ruleSigned, r.certified, "line %d: a certification without the day on which it was signed", r.lines)
		}
		if !lacks(lineRevision) && lacks(lineRevised) {
			c.findAt(ruleRevised, r.certified, "line %d: a renewed or revised certification without its day", r.lines)
		}
		if lacks(lineOrdered) {
			c.findAt(ruleOrderer, r.certified, "line %d: a certification without the provider who ordered", r.lines)
		}
	}
	if !lacks(lineForm) && lacks(lineCR3) {
		c.findAt(ruleForm, r.form, "line %d: an equipment form without its certification", r.lines)
	}
	if !lacks(lineBlood) && lacks(lineDTP738) || !lacks(lineCreatine) && lacks(lineDTP739) {
		c.findAt(ruleTestDate, r.measured, "line %d: a test result without its day", r.lines)
	}
	if !lacks(linePurchased) && lacks(linePurchasedFrom) {
		c.findAt(rulePurchased, r.purchased, "line %d: a purchased service without its seller", r.lines)
	}
}
