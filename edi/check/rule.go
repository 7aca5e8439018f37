package check

import "github.com/claimbook/claimbook/edi/guide"

// Rule is one rule of levels 2 to 7. Its code is stable; docs/edi-rules.md and
// the test vectors are named by it.
type Rule struct {
	Code     string
	SNIP     int
	Severity guide.Severity
	Types    string // guides it applies to
	Title    string // what must hold
	Fix      string
	STC      guide.Status // how a 277CA reports it
	IK304    string       // how a 999 reports it
	IK403    string
	// Absent is the situational segment that is missing, "2300/REF"; Trigger the
	// element of the reported segment that asks for it, "5-3", or that makes an
	// element required.
	Absent, Trigger string
}

// situational reports whether a 999 tells of the rule too: it asks for presence
// or absence by the guide, not for agreement of values.
func (r *Rule) situational() bool {
	return r.SNIP == 4 && (r.IK304 == "I6" || r.IK304 == "I9" || r.IK403 == "I9" || r.IK403 == "I13")
}

// on says which element asks for the presence, and which segment that is.
func (r *Rule) on(trigger, absent string) *Rule {
	r.Trigger, r.Absent = trigger, absent
	return r
}

var allRules []*Rule

// Rules returns the table of rules, in the order of the documentation.
func Rules() []*Rule { return allRules }

func rule(snip int, severity guide.Severity, types, code, title, fix string, stc string, ik ...string) *Rule {
	r := &Rule{Code: code, SNIP: snip, Severity: severity, Types: types, Title: title, Fix: fix}
	if stc != "" {
		parts := [3]string{}
		k := 0
		for _, b := range stc {
			if b == ':' {
				k++
				continue
			}
			parts[k] += string(b)
		}
		r.STC = guide.Status{Category: parts[0], Code: parts[1], Entity: parts[2]}
	}
	if len(ik) > 0 {
		r.IK304 = ik[0]
	}
	if len(ik) > 1 {
		r.IK403 = ik[1]
	}
	allRules = append(allRules, r)
	return r
}

const (
	any837 = "837P 837I 837D"
	bad    = guide.Error
	odd    = guide.Warning
)

// Level 2 rules that are not in the guide's tables.
var (
	ruleGS01     = rule(2, bad, "all", "X12-GS01", "GS01 is the kind of group of its transaction sets", "correct GS01 or move the set", "", "8", "7")
	ruleST03     = rule(2, bad, "all", "X12-ST03", "ST03 is the version of GS08", "repeat GS08 in ST03", "", "8", "I12")
	ruleHLID     = rule(2, bad, any837+" 277CA", "X12-HL-NUMBER", "HL01 counts 1, 2, 3 through the transaction set", "number the levels without gaps", "", "8", "I12")
	ruleHLParent = rule(2, bad, any837+" 277CA", "X12-HL-PARENT", "HL02 names a level above that exists", "put the number of the level it stands under", "", "8", "I12")
	ruleHLChild  = rule(2, bad, any837+" 277CA", "X12-HL-CHILD", "HL04 says whether levels follow below", "put 1 when a level follows below it, else 0", "", "8", "7")
	ruleLX       = rule(2, bad, any837, "X12-LX", "LX01 counts 1, 2, 3 through the claim's lines", "number the lines without gaps", "A3:21:", "8", "I12")
	ruleCents    = rule(2, bad, "all", "X12-EL-CENTS", "an amount has at most two decimals, more only as zeros", "correct the amount where it comes from", "", "8", "I12")
	ruleClaims   = rule(2, odd, any837, "837-CLAIMS", "a transaction set holds at most 5,000 claims (recommended)", "split the transaction set", "")
)

// Level 3: balancing.
var (
	ruleCharges  = rule(3, bad, any837, "837-CHARGES", "the claim's charge (CLM02) is the sum of its lines' charges", "correct CLM02 or the lines", "A7:400:", "8", "I12")
	ruleCOBClaim = rule(3, bad, any837, "837-COB-CLAIM", "for each payer that has decided, CLM02 is what it paid (AMT*D) and all its adjustments (CAS in 2320 and 2430)", "copy paid amount and adjustments from that payer's remittance", "A7:400:", "8", "I12")
	ruleCOBPaid  = rule(3, bad, any837, "837-COB-PAID", "with line adjudication, AMT*D is the sum of SVD02 less the CAS of 2320", "copy the line payments from that payer's remittance", "A7:400:", "8", "I12")
	ruleCOBA8    = rule(3, bad, any837, "837-COB-A8", "where another payer was not asked because it would not cover the claim (AMT*A8 without AMT*D), the amount is the whole charge and nothing is adjusted (CAS, SVD)", "put CLM02 into AMT*A8, or add what that payer paid", "A7:400:", "8", "I12")
	ruleCOBLine  = rule(3, bad, any837, "837-COB-LINE", "for each payer and line, the charge is the sum of SVD02 and CAS over all its 2430 loops", "copy the line's payment and adjustments from that payer's remittance", "A7:400:", "8", "I12")

	rule835Line     = rule(3, bad, "835", "835-LINE", "SVC02 less SVC03 is the sum of the line's CAS", "ask the payer for a corrected remittance; it must not be posted", "")
	rule835Claim    = rule(3, bad, "835", "835-CLAIM", "CLP03 less CLP04 is the sum of all CAS of the claim and its lines", "ask the payer for a corrected remittance; it must not be posted", "")
	rule835Payment  = rule(3, bad, "835", "835-PAYMENT", "BPR02 is the sum of CLP04 less the sum of PLB", "ask the payer for a corrected remittance; it must not be posted", "")
	rule835Negative = rule(3, bad, "835", "835-BPR02", "BPR02 is never negative", "a negative balance is carried forward by PLB FB", "")
	rule835Share    = rule(3, odd, "835", "835-CLP05", "CLP05 is the sum of the PR adjustments, except on reversals", "bill the patient by the PR adjustments", "")
	rule835Interest = rule(3, odd, "835", "835-L6", "PLB L6 is the negative of the sum of AMT*I", "ask the payer which claims the interest is for", "")
	rule835Discount = rule(3, odd, "835", "835-90", "PLB 90 is the negative of the sum of AMT*D8", "ask the payer which claims the discount is for", "")
)

// Level 4: situational rules.
var (
	ruleNeedsF8     = rule(4, bad, any837, "837-F8-MISSING", "a replacement or void (CLM05-3 = 7 or 8) carries the payer's claim number (REF*F8)", "add REF*F8 with the number from the 835 or 277CA", "A6:464:", "I6").on("5-3", "2300/REF")
	ruleNoF8        = rule(4, bad, any837, "837-F8-ORIGINAL", "an original (CLM05-3 = 1) carries no REF*F8", "remove REF*F8, or send frequency 7", "A7:464:", "I9").on("5-3", "")
	ruleRank        = rule(4, bad, any837, "837-SBR-RANK", "exactly one payer of a claim is primary (P); S, T and A to H stand at most once", "give each payer its own rank", "A7:21:", "8", "7")
	ruleSVDPayer    = rule(4, bad, any837, "837-SVD-PAYER", "SVD01 names a payer of loop 2330B", "repeat NM109 of that payer's 2330B", "A7:479:", "8", "7")
	ruleCOBDate     = rule(4, bad, any837, "837-COB-DATE", "a payer that has decided (AMT*D), but not line by line, has the date of the decision (DTP*573 in 2330B)", "add DTP*573 from that payer's remittance", "A6:516:", "I6").on("1", "2330B/DTP")
	ruleCOBAmount   = rule(4, bad, any837, "837-COB-AMOUNT", "a payer that has decided (CAS or SVD) has what it paid (AMT*D), even when that is zero", "add AMT*D from that payer's remittance", "A6:286:", "I6").on("", "2320/AMT")
	ruleCOBTwice    = rule(4, bad, any837, "837-COB-PAYER-TWICE", "the payers of 2330B have different numbers (NM109): the lines' adjudication names them by it", "give each payer its own number", "A7:479:", "8", "7")
	ruleCOBPatient  = rule(4, bad, any837, "837-COB-EAF", "what remains for the patient (AMT*EAF) is told at the claim or at its lines, not both", "remove AMT*EAF of 2320 where the lines carry it", "A7:286:", "I9").on("", "")
	ruleOtherMIA    = rule(4, odd, "837I", "837I-MIA", "inpatient adjudication (MIA) stands on an inpatient bill", "use MOA for outpatient bills", "A7:228:", "I9").on("", "")
	ruleDecided     = rule(4, bad, any837, "837-573-TWICE", "the date of the other payer's decision (DTP*573) stands at the claim or at its lines, not both", "remove DTP*573 of 2330B where the lines carry it", "A7:516:", "I9").on("", "")
	rulePointer     = rule(4, bad, "837P 837D", "837-POINTER", "a diagnosis pointer hits a diagnosis that is there", "point to one of the claim's diagnoses", "A7:477:", "8", "7")
	ruleNDC         = rule(4, bad, "837P 837I", "837-NDC-QUANTITY", "a drug (LIN) has a positive quantity (CTP04)", "put the quantity given", "A7:218:", "8", "7")
	ruleMinutes     = rule(4, bad, "837P", "837-MJ", "minutes (MJ) are for anesthesia procedures, 00100 to 01999", "bill units (UN), or the anesthesia procedure", "A7:476:", "8", "7")
	ruleAccident    = rule(4, bad, "837P 837D", "837-ACCIDENT-DATE", "an accident (CLM11 = AA or OA) has its date (DTP*439)", "add DTP*439", "A6:248:", "I6").on("11-1", "2300/DTP")
	ruleAutoState   = rule(4, bad, "837P 837D", "837-AUTO-STATE", "an automobile accident (AA) has its state (CLM11-4) or country (CLM11-5)", "fill in the state", "A6:248:", "8", "I9").on("11-1", "")
	ruleAmbulance   = rule(4, bad, "837P", "837-AMBULANCE", "an ambulance transport (CR1) has its pick-up and drop-off loops (2310E and F, or 2420G and H)", "add both addresses", "A6:21:", "I6").on("", "2310E/NM1")
	ruleAttachment  = rule(4, bad, any837, "837-PWK-NUMBER", "an attachment that is sent (PWK02 = BM, EL, EM, FT or FX) has its control number (PWK06)", "fill in PWK05 and PWK06", "A6:294:", "8", "I9").on("2", "")
	ruleReferral    = rule(4, bad, "837P 837D", "837-REFERRAL", "a claim with a referral number (REF*9F) names the referring provider (2310A or 2420F)", "add the referring provider, or remove the number", "A6:94:", "I6").on("1", "2310A/NM1")
	ruleSelf        = rule(4, bad, any837, "837-SELF-FACTS", "a subscriber who is the patient (SBR02 = 18) has address, birth date and gender", "add N3, N4 and DMG in 2010BA", "A6:126:IL", "I6").on("2", "2010BA/N3")
	rulePatient     = rule(4, bad, any837, "837-PATIENT-LEVEL", "claims stand under the subscriber when SBR02 is 18, else under a patient level (2000C)", "set SBR02 to 18 and leave 2000C out, or add 2000C", "A7:156:", "8", "7")
	ruleMSP         = rule(4, odd, "837P", "837-MSP", "a claim to Medicare that is not primary says why (SBR05)", "fill in SBR05 with the Medicare secondary reason", "A6:171:", "8", "I9").on("1", "")
	ruleInpatient21 = rule(4, odd, "837P", "837-ADMISSION", "a visit to an inpatient (place of service 21, 51 or 61) has the admission date (DTP*435)", "add DTP*435", "A6:189:", "I6").on("5-1", "2300/DTP")
	ruleStatement   = rule(4, bad, "837I", "837I-ADMISSION", "an inpatient bill (type 11, 12, 18, 21, 41) has the admission date and hour (DTP*435)", "add DTP*435", "A6:189:", "I6").on("5-1", "2300/DTP")
	ruleDischarge   = rule(4, bad, "837I", "837I-DISCHARGE", "the final inpatient bill (frequency 1 or 4, type 11 or 18) has the discharge hour (DTP*096)", "add DTP*096", "A6:233:", "I6").on("5-3", "2300/DTP")
	ruleAdmitting   = rule(4, bad, "837I", "837I-ADMITTING", "an inpatient bill (type 11, 12, 18, 21) has the admitting diagnosis (HI*BJ or ABJ)", "add the admitting diagnosis", "A6:232:", "I6").on("5-1", "2300/HI")
	ruleSameNumber  = rule(4, odd, "837P 837D", "837-LINE-AUTHORIZATION", "a line repeats no referral or authorization number of its claim (REF*9F, REF*G1): it states one only where it differs", "remove the line's number", "", "I9")
	ruleUnique6R    = rule(4, bad, any837, "837-6R", "line control numbers (REF*6R) are unique within the claim", "number the lines apart", "A7:584:", "8", "7")
	ruleLineDate    = rule(4, bad, "837I", "837I-LINE-DATE", "line dates lie within the statement period (DTP*434)", "correct the line or the statement dates", "A7:187:", "8", "7")
	ruleLong        = rule(4, odd, any837, "837-CLM01-LONG", "the claim number (CLM01) has at most 20 characters, which every payer returns", "use shorter claim numbers", "")
	ruleLong6R      = rule(4, odd, any837, "837-6R-LONG", "a line control number (REF*6R) has at most 30 characters", "use shorter numbers", "")

	rule835NON     = rule(4, bad, "835", "835-NON", "a remittance without a payment (BPR04 = NON) is of nothing (BPR02 = 0)", "ask the payer how the amount was paid", "", "8", "7")
	rule835ACH     = rule(4, bad, "835", "835-ACH", "an electronic payment (ACH, BOP, FWT) names both banks and accounts, and the payer (BPR10)", "fill in BPR06 to BPR10 and BPR12 to BPR15", "", "8", "I9").on("4", "")
	rule835Handle  = rule(4, odd, "835", "835-BPR01", "where nothing is paid (BPR02 = 0), the remittance is information only (BPR01 = I or H) without a payment (BPR04 = NON)", "nothing: the claims are answered all the same", "")
	rule999Count   = rule(4, bad, "999", "999-COUNT", "AK903 is at least AK904 and is the number of AK2 loops when any set is reported", "correct the counts", "", "8", "7")
	rule999Code    = rule(4, bad, "999", "999-AK901", "AK901 fits the answers: R when nothing is accepted, P when some, A or E when all", "correct AK901", "", "8", "7")
	rule999Segment = rule(4, bad, "999", "999-IK304", "a segment with element errors (IK304 = 8) names them (IK4), and no other does", "add IK4, or correct IK304", "", "8", "7")
	rule999Reason  = rule(4, bad, "999", "999-IK502", "a rejected set (IK501 = R) says why (IK502), an accepted one (A) names no error", "correct IK501 or IK502", "", "8", "7")
	rule277Count   = rule(4, odd, "277CA", "277CA-COUNT", "the claims accepted and rejected (QTY*90, QTY*AA) are those that follow", "count by the claims", "", "8", "7")
	rule277Sum     = rule(4, odd, "277CA", "277CA-AMOUNT", "the charges accepted and rejected (AMT*YU, AMT*YY) are those of the claims that follow", "add up by the claims", "", "8", "7")
	rule277Action  = rule(4, odd, "277CA", "277CA-ACTION", "a rejecting category (A3, A6, A7, A8) goes with U, an accepting one with WQ", "treat U as rejected whatever the category", "", "8", "7")
)

// Level 5: code sets.
var (
	ruleNPI          = rule(5, bad, any837+" 835", "NPI", "an NPI has ten digits, begins with 1 or 2 and has a right check digit", "look the provider up in NPPES", "A7:562:", "8", "7")
	ruleTIN          = rule(5, bad, any837, "TIN", "a tax number (EI, SY) has nine digits, no hyphen", "write the nine digits", "A7:128:85", "8", "7")
	rulePOS          = rule(5, odd, "837P 837D", "POS", "the place of service is on the CMS list", "use a place of service of the list", "A7:249:", "8", "7")
	ruleDiagnosis    = rule(5, odd, any837, "ICD-10", "a diagnosis is a code of ICD-10-CM", "look the code up for the date of service", "A7:255:", "8", "7")
	ruleDxForm       = rule(5, bad, any837, "ICD-10-FORM", "a diagnosis code has a letter, a digit and up to five more, without a dot", "write the code without the dot", "A7:255:", "8", "7")
	ruleDxHeader     = rule(5, odd, any837, "ICD-10-HEADER", "a diagnosis is coded to the last character", "use a more specific code", "A7:255:", "8", "7")
	ruleDxDate       = rule(5, odd, any837, "ICD-10-DATE", "a diagnosis of a list with effective days is used within them", "use the code that was valid on the date of service", "A7:255:", "8", "7")
	ruleDxQualifier  = rule(5, bad, any837, "ICD-VERSION", "ICD-9 qualifiers are for dates before 2015-10-01, ICD-10 qualifiers from then on", "use ABK and ABF with ICD-10 codes, BK and BF with ICD-9", "A7:255:", "8", "7")
	ruleProcedure    = rule(5, bad, "837P 837I 835", "PROCEDURE-FORM", "a procedure code has the form of HCPCS: five characters", "correct the code", "A7:454:", "8", "7")
	ruleCDT          = rule(5, bad, "837D", "CDT-FORM", "a dental procedure has the form of CDT: D and four digits", "correct the code", "A7:454:", "8", "7")
	ruleHCPCS        = rule(5, odd, "837P 837I", "HCPCS", "a HCPCS level II code is on the list", "look the code up for the date of service", "A7:507:", "8", "7")
	ruleListed       = rule(5, odd, any837, "CODE-LISTED", "a code is on the licensed list that was imported (CPT, CDT, taxonomy, revenue codes)", "look the code up, or import a newer list", "A7:21:", "8", "7")
	ruleModifier     = rule(5, bad, any837+" 835", "MODIFIER-FORM", "a modifier has two letters or digits", "correct the modifier", "A7:453:", "8", "7")
	ruleTaxonomy     = rule(5, bad, any837, "TAXONOMY-FORM", "a taxonomy code has ten characters and ends in X", "look the provider up in NPPES", "A7:145:", "8", "7")
	ruleRevenue      = rule(5, bad, "837I", "REVENUE-FORM", "a revenue code has four digits", "write it with its leading zero", "A7:455:", "8", "7")
	ruleBillType     = rule(5, bad, "837I", "BILL-TYPE-FORM", "the bill type (CLM05-1) has two digits, the facility's and the care's", "write the bill type without its leading zero and frequency", "A7:228:", "8", "7")
	ruleState        = rule(5, bad, any837+" 835", "STATE", "a state of a US or Canadian address is a postal code of the list", "use the two-letter code", "A7:501:", "8", "7")
	ruleZIP          = rule(5, bad, any837+" 835", "ZIP", "a US ZIP code has five or nine digits", "write the digits without the hyphen", "A7:500:", "8", "7")
	ruleZIP9         = rule(5, odd, any837, "ZIP9", "billing provider and service facility have a ZIP code of nine digits", "add the last four digits", "A7:500:85", "8", "7")
	ruleCountry      = rule(5, bad, any837+" 835", "COUNTRY", "a country is a two-letter code of ISO 3166", "use the two-letter code", "A7:738:", "8", "7")
	ruleCurrency     = rule(5, bad, any837+" 835", "CURRENCY", "a currency is a code of ISO 4217", "use the three-letter code", "A7:21:", "8", "7")
	ruleCARC         = rule(5, odd, any837+" 835", "CARC", "an adjustment reason is on the list", "look the code up in the current list", "A7:521:", "8", "7")
	ruleRARC         = rule(5, odd, any837+" 835", "RARC", "a remark code is on the list", "look the code up in the current list", "A7:634:", "8", "7")
	ruleStatusCat    = rule(5, odd, "277CA", "CLAIM-STATUS-CATEGORY", "a claim status category is on the list", "look the code up in the current list", "", "8", "7")
	ruleStatusCode   = rule(5, odd, "277CA", "CLAIM-STATUS", "a claim status code is on the list", "look the code up in the current list", "", "8", "7")
	ruleEffective    = rule(5, odd, any837, "CODE-DATE", "a code of a list with effective days is used within them", "use the code that was valid on the date of service", "A7:454:", "8", "7")
	ruleNDCForm      = rule(5, bad, "837P 837I", "NDC-FORM", "an NDC has eleven digits, 5-4-2 without hyphens", "pad each part with leading zeros", "A7:218:", "8", "7")
	ruleCLIA         = rule(5, bad, "837P", "CLIA-FORM", "a CLIA number has ten characters: two digits, D, seven digits", "copy it from the laboratory's certificate", "A7:21:", "8", "7")
	ruleDxMixed      = rule(5, bad, any837, "ICD-MIXED", "a claim's diagnoses are all of one edition of the ICD", "code them all in ICD-10 for services from 2015-10-01", "A7:255:", "8", "7")
	ruleDx9Form      = rule(5, bad, any837, "ICD-9-FORM", "an ICD-9 diagnosis has three to five digits, the first of which may be V or E, without a dot", "write the code without the dot", "A7:255:", "8", "7")
	ruleDxExternal   = rule(5, odd, any837, "ICD-10-EXTERNAL", "an external cause (V00 to Y99) is not the principal diagnosis", "put the injury first", "A7:254:", "8", "7")
	ruleNUBC         = rule(5, bad, "837I", "NUBC-FORM", "condition, occurrence, span and value codes have two letters or digits; spans are 70 to 99 and M0 to Z9", "copy the code from the bill", "A7:21:", "8", "7")
	ruleDRG          = rule(5, bad, "837I", "DRG-FORM", "a DRG has three digits, or four with the severity", "write it with its leading zeros", "A7:256:", "8", "7")
	rulePCS          = rule(5, bad, "837I", "ICD-10-PCS-FORM", "an ICD-10 procedure has seven letters and digits, without I and O", "correct the code", "A7:465:", "8", "7")
	ruleDischargeCod = rule(5, bad, "837I", "DISCHARGE-FORM", "a patient status (CL103) has two digits", "write it with its leading zero", "A7:234:", "8", "7")
)

// Level 6: service lines by specialty.
var (
	ruleNOC           = rule(6, bad, "837P", "LINE-NOC", "an unlisted drug or procedure is described (SV101-7, or a line note)", "say what was given or done", "A6:306:", "8", "I9")
	ruleAmbulanceCR1  = rule(6, bad, "837P", "LINE-AMBULANCE", "an ambulance trip (A0425 to A0436) has CR1 at the claim or line", "add CR1 with reason and distance", "A6:21:", "I6")
	ruleAnesthesia    = rule(6, odd, "837P", "LINE-ANESTHESIA", "an anesthesia procedure (00100 to 01999, but 01953, 01967 to 01969, 01996) is billed in minutes (MJ)", "bill the minutes", "A7:251:", "8", "7")
	ruleWaived        = rule(6, bad, "837P", "LINE-CLIA", "a waived laboratory test (modifier QW) has a CLIA number (REF*X4)", "add REF*X4 at the claim or line", "A6:21:", "I6")
	ruleChiropractic  = rule(6, odd, "837P", "LINE-SPINAL", "a spinal manipulation (98940 to 98942) for Medicare has CR2 or the date of first treatment (DTP*454)", "add CR2 or DTP*454", "A6:288:", "I6")
	ruleMammogram     = rule(6, odd, "837P", "LINE-MAMMOGRAPHY", "a mammogram (77065 to 77067) has the center's certification (REF*EW)", "add REF*EW", "A6:21:", "I6")
	ruleOxygen        = rule(6, odd, "837P", "LINE-OXYGEN", "an oxygen concentrator (E1390) for Medicare has its certification (CR3)", "add CR3", "A6:21:", "I6")
	ruleScreening     = rule(6, odd, "837P", "LINE-EPSDT", "a screening visit (modifier EP) says whether it led to a referral (CRC*ZZ)", "add CRC*ZZ", "A6:21:", "I6")
	ruleHospice       = rule(6, odd, "837P", "LINE-HOSPICE", "care of a hospice patient for Medicare (modifier GV) says whether the provider is the hospice's employee (CRC*70)", "add CRC*70", "A6:21:", "I6")
	ruleHomebound     = rule(6, odd, "837P", "LINE-HOMEBOUND", "travel for a specimen (P9603, P9604) for Medicare says that the patient cannot leave home (CRC*75)", "add CRC*75", "A6:21:", "I6")
	rulePostoperative = rule(6, odd, "837P", "LINE-POSTOPERATIVE", "postoperative care alone (modifier 55) has the day on which it was taken over or given up (DTP*090, 091)", "add DTP*090 or DTP*091", "A6:187:", "I6")
	ruleReferredLab   = rule(6, odd, "837P", "LINE-REFERRED-TEST", "a test that another laboratory did (modifier 90) has a CLIA number (REF*F4 or X4)", "add REF*F4", "A6:21:", "I6")
	ruleFootCare      = rule(6, odd, "837P", "LINE-FOOT-CARE", "routine foot care for Medicare (11719 to 11721, G0127) has the day of the last visit to the treating physician (DTP*304)", "add DTP*304", "A6:187:", "I6")
	ruleLens          = rule(6, odd, "837P", "LINE-VISION", "lenses and frames (V2020 to V2799) have the prescription's date (DTP*471) or their condition (CRC*E1 to E3)", "add DTP*471 or CRC", "A6:187:", "I6")
	ruleDrugCode      = rule(6, odd, "837P", "LINE-NDC", "a drug for Medicaid (SBR09 = MC, J0120 to J9999) has its NDC (LIN)", "add loop 2410", "A6:218:", "I6")
	ruleTooth         = rule(6, odd, "837D", "LINE-TOOTH", "a filling or extraction (D2140 to D2394, D7111 to D7250) names its tooth (TOO)", "add TOO", "A6:244:", "I6")
	ruleRoomRate      = rule(6, odd, "837I", "LINE-ROOM-DAYS", "room and board (revenue 0100 to 0219) counts days (DA)", "put DA and the days", "A7:258:", "8", "7")
	ruleOutpatientHC  = rule(6, odd, "837I", "LINE-OUTPATIENT-HCPCS", "an outpatient line (bill type 13, 83, 85) of a clinic, laboratory, imaging or surgery revenue code has a HCPCS code", "add the procedure in SV202", "A6:507:", "8", "I9")
)

// Level 7: partner rules, as data.
var rulePartner = rule(7, bad, "all", "PARTNER", "the rules that the partner's file lists", "see the partner's companion guide", "A7:21:", "8", "7")
