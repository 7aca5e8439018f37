package codeset

import (
	"cmp"
	"strings"
)

// CARC returns our short label of a claim adjustment reason code (CAS, code
// set 139) and whether the list knows the code. The label is "" for a code
// that we have not described.
func CARC(code string) (label string, known bool) { return adjustmentReasons.Lookup(code) }

// RARC returns our short label of a remittance advice remark code (MOA, MIA,
// LQ; code set 411) and whether the list knows the code.
func RARC(code string) (label string, known bool) { return remarks.Lookup(code) }

// ClaimStatusCategory returns our short label of STC01-1 (code set 507).
func ClaimStatusCategory(code string) (label string, known bool) {
	return statusCategories.Lookup(code)
}

// ClaimStatus returns our short label of STC01-2 (code set 508).
func ClaimStatus(code string) (label string, known bool) { return statuses.Lookup(code) }

// Entity returns our label of whom a name or a status is about (NM101, STC01-3;
// data element 98).
func Entity(code string) (label string, known bool) {
	if label, known = entities.Lookup(code); !known {
		label, known = moreEntities[code]
	}
	return label, known
}

// moreEntities are those of the guides that the public list leaves out.
var moreEntities = map[string]string{
	"03": "Dependent", "41": "Submitter", "45": "Drop-off location", "AY": "Clearinghouse",
	"PE": "Payee", "PR": "Payer",
}

// PlaceOfService returns the name of a CMS place of service.
func PlaceOfService(code string) (label string, known bool) { return placesOfService.Lookup(code) }

// Diagnosis is what ICD-10-CM says of a code.
type Diagnosis struct {
	Description string
	Billable    bool // false for a category that has more specific codes
	POAExempt   bool // no present-on-admission indicator is reported
}

// ICD10CM looks up a diagnosis code, with or without its dot. A list that was
// loaded holds the codes that may be billed; which codes are headings or exempt
// from present-on-admission is then still known from the snapshot.
func ICD10CM(code string) (Diagnosis, bool) {
	code = strings.ToUpper(strings.Replace(code, ".", "", 1))
	var shipped Diagnosis
	line, inSnapshot := find(diagnoses.snapshot(), code)
	if inSnapshot {
		flags, description, _ := strings.Cut(string(line[len(code)+1:]), "\t")
		shipped = Diagnosis{description, flags[0] == 'B', strings.HasSuffix(flags, "P")}
	}
	if !diagnoses.Loaded() {
		return shipped, inSnapshot
	}
	e, known := diagnoses.now().loaded[code]
	switch {
	case known:
		return Diagnosis{cmp.Or(e.label, shipped.Description), true, shipped.POAExempt}, true
	case inSnapshot && !shipped.Billable:
		return shipped, true
	}
	return Diagnosis{}, false
}

// Billable reports whether ICD-10-CM knows a code, written without its dot, and
// whether it is specific enough to be billed. It does not allocate.
func Billable(code []byte) (known, billable bool) {
	if diagnoses.Loaded() && diagnoses.Has(code) {
		return true, true
	}
	line, known := find(diagnoses.snapshot(), code) // "code<TAB>B…", or H for a heading
	heading := known && line[len(code)+1] == 'H'
	if diagnoses.Loaded() {
		return heading, false
	}
	return known, known && !heading
}

// HCPCS returns the short description of a HCPCS level II code. CPT and CDT
// codes are not in the list.
func HCPCS(code string) (description string, known bool) { return procedures.Lookup(code) }

// State reports whether code is a US state, territory, military region or
// Canadian province.
func State(code string) bool { return states.Has([]byte(code)) }

// Country reports whether code is an ISO 3166 two-letter country.
func Country(code string) bool { return countries.Has([]byte(code)) }

// GroupCode returns our label of a claim adjustment group code (CAS01).
func GroupCode(code string) (label string, known bool) {
	label, known = groupCodes[code]
	return label, known
}

var groupCodes = map[string]string{
	"CO": "Contractual: the provider may not bill it",
	"OA": "Other adjustment",
	"PI": "Payer-initiated reduction",
	"PR": "Patient responsibility",
	"CR": "Correction or reversal of an earlier decision",
}

// ClaimFilingIndicator returns our label of SBR09 or CLP06.
func ClaimFilingIndicator(code string) (label string, known bool) {
	label, known = filingIndicators[code]
	return label, known
}

var filingIndicators = map[string]string{
	"11": "Other non-federal program", "12": "PPO", "13": "Point of service", "14": "EPO", "15": "Indemnity",
	"16": "Medicare HMO", "17": "Dental HMO", "AM": "Automobile medical", "BL": "Blue Cross Blue Shield",
	"CH": "TRICARE", "CI": "Commercial", "DS": "Disability", "FI": "Federal employees", "HM": "HMO",
	"LM": "Liability medical", "MA": "Medicare Part A", "MB": "Medicare Part B", "MC": "Medicaid",
	"OF": "Other federal program", "TV": "Title V", "VA": "Veterans affairs", "WC": "Workers' compensation",
	"ZZ": "Mutually defined",
}

// Relationship returns our label of the patient's relationship to the
// subscriber (SBR02, PAT01).
func Relationship(code string) (label string, known bool) {
	label, known = relationships[code]
	return label, known
}

var relationships = map[string]string{
	"01": "Spouse", "18": "Self", "19": "Child", "20": "Employee", "21": "Unknown", "39": "Organ donor",
	"40": "Cadaver donor", "53": "Life partner", "G8": "Other",
}

// Frequency returns our label of the claim frequency (CLM05-3, CLP09).
func Frequency(code string) (label string, known bool) {
	label, known = frequencies[code]
	return label, known
}

var frequencies = map[string]string{
	"0": "Non-payment", "1": "Original", "2": "Interim, first", "3": "Interim, continuing", "4": "Interim, last",
	"5": "Late charges", "7": "Replacement", "8": "Void", "9": "Final home health claim",
	"A": "Hospice or facility notice of admission", "B": "Hospice or facility notice of termination",
	"C": "Hospice change of provider", "D": "Hospice notice voided", "E": "Hospice change of ownership",
	"F": "Beneficiary-initiated adjustment", "G": "Common working file adjustment", "H": "CMS-initiated adjustment",
	"I": "Intermediary adjustment", "J": "Other initiated adjustment", "K": "Inspector general adjustment",
	"M": "Medicare secondary payer adjustment", "P": "Quality organization adjustment", "Q": "Reopening",
}

// ClaimStatusOfRemittance returns our label of CLP02.
func ClaimStatusOfRemittance(code string) (label string, known bool) {
	label, known = remittanceStatuses[code]
	return label, known
}

var remittanceStatuses = map[string]string{
	"1": "Processed as primary", "2": "Processed as secondary", "3": "Processed as tertiary", "4": "Denied",
	"19": "Processed as primary, forwarded to another payer", "20": "Processed as secondary, forwarded to another payer",
	"21": "Processed as tertiary, forwarded to another payer", "22": "Reversal of a previous payment",
	"23": "Not our claim, forwarded to another payer", "25": "Predetermination: no payment",
}

// ProviderAdjustment returns our label of a PLB reason.
func ProviderAdjustment(code string) (label string, known bool) {
	label, known = providerAdjustments[code]
	return label, known
}

var providerAdjustments = map[string]string{
	"50": "Late charge", "51": "Interest penalty", "72": "Authorized return of an overpayment", "90": "Early payment allowance",
	"AH": "Origination fee", "AM": "Applied to borrower's account", "AP": "Acceleration of benefits", "B2": "Rebate",
	"B3": "Recovery allowance", "BD": "Bad debt", "BN": "Bonus", "C5": "Temporary allowance", "CR": "Capitation interest",
	"CS": "Adjustment", "CT": "Capitation payment", "CV": "Capital pass-through", "CW": "Nursing anesthetist pass-through",
	"DM": "Direct medical education", "E3": "Withholding", "FB": "Balance carried forward", "FC": "Fund allocation",
	"GO": "Graduate medical education", "HM": "Hemophilia supplement", "IP": "Incentive premium",
	"IR": "Tax withholding", "IS": "Interim settlement", "J1": "Non-reimbursable", "L3": "Penalty", "L6": "Interest owed",
	"LE": "Levy", "LS": "Lump sum", "OA": "Organ acquisition", "OB": "Offset for affiliated providers",
	"PI": "Periodic interim payment", "PL": "Final payment", "RA": "Retroactive adjustment", "RE": "Return on equity",
	"SL": "Student loan repayment", "TL": "Third-party liability", "WO": "Overpayment recovery", "WU": "Unspecified recovery",
}

// DischargeStatus reports whether code has the form of a patient discharge
// status (CL103), whose list is NUBC's: two digits.
func DischargeStatus(code string) bool { return len(code) == 2 && digits([]byte(code)) }
