package check

import (
	"fmt"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

var lists = codeset.Lists()

// The lists that every line asks, without a look-up by name.
var (
	listCARC  = lists["carc"]
	listRARC  = lists["rarc"]
	listPOS   = lists["pos"]
	listHCPCS = lists["hcpcs"]
	listICD10 = lists["icd10cm"]
	listState = lists["state"]
	listCPT   = lists["cpt"]
	listCDT   = lists["cdt"]

	listTaxonomy = lists["taxonomy"]
	listRevenue  = lists["revenue"]
)

// icd10Day is the first date of service that is coded in ICD-10.
const icd10Day = 20151001

// codeSets checks level 5 of one segment.
func (c *checker) codeSets(s *x12.Segment, step guide.Step) {
	switch step.Segment.ID {
	case "NM1":
		if string(s.Element(8)) == "XX" {
			c.npi(s, 9)
		}
	case "N1":
		if string(s.Element(3)) == "XX" {
			c.npi(s, 4)
		}
	case "N4":
		c.address(s, step)
	case "PRV":
		if v := s.Element(3); len(v) > 0 && !codeset.TaxonomyForm(v) {
			c.find(ruleTaxonomy, s, 3, 0, "not the form of a taxonomy code")
		} else {
			c.licensed(listTaxonomy, s, 3, 0, v)
		}
	case "REF":
		c.reference(s)
	case "CUR":
		if v := s.Element(2); len(v) > 0 && !lists["currency"].Has(v) {
			c.find(ruleCurrency, s, 2, 0, "not a currency of ISO 4217")
		}
	case "CLM":
		c.placeOrBill(s)
	case "CL1":
		if v := s.Element(3); len(v) > 0 && !codeset.DischargeStatus(string(v)) {
			c.find(ruleDischargeCod, s, 3, 0, "not the form of a patient status")
		}
	case "HI":
		c.diagnosisCodes(s)
	case "SV1":
		c.procedure(s, 1)
		if v := s.Element(5); len(v) > 0 {
			c.placeOfService(s, 5, 0, v)
		}
	case "SV2":
		if v := s.Element(1); len(v) > 0 && !codeset.RevenueForm(v) {
			c.find(ruleRevenue, s, 1, 0, "not the form of a revenue code")
		} else {
			c.licensed(listRevenue, s, 1, 0, v)
		}
		c.procedure(s, 2)
	case "SV3":
		c.procedure(s, 1)
		if v := s.Element(3); len(v) > 0 {
			c.placeOfService(s, 3, 0, v)
		}
	case "SVC":
		if c.g.Set == "835" {
			c.procedure(s, 1)
		}
	case "LIN":
		if string(s.Element(2)) == "N4" && !codeset.NDCForm(s.Element(3)) {
			c.find(ruleNDCForm, s, 3, 0, "not the form of an NDC")
		}
	case "CAS":
		for n := 2; n <= s.Len(); n += 3 {
			if v := s.Element(n); len(v) > 0 && !listCARC.Has(v) {
				c.find(ruleCARC, s, n, 0, "the list of %s does not know this adjustment reason", listCARC.AsOf())
			}
		}
	case "MOA":
		c.remarks(s, 3, 4, 5, 6, 7)
	case "MIA":
		c.remarks(s, 5, 20, 21, 22, 23)
	case "LQ":
		if string(s.Element(1)) == "HE" {
			c.remarks(s, 2)
		}
	case "DN2":
		if v := s.Element(1); len(v) > 0 && tooth(v) < 0 {
			c.find(ruleToothForm, s, 1, 0, "not a tooth of the universal numbering")
		}
	case "TOO":
		if v := s.Element(2); len(v) > 0 && tooth(v) < 0 {
			c.find(ruleToothForm, s, 2, 0, "not a tooth of the universal numbering")
		}
	case "STC":
		for _, n := range []int{1, 10, 11} {
			c.status(s, n)
		}
	}
}

func (c *checker) npi(s *x12.Segment, n int) {
	if c.g.Name == "277CA" {
		return // it repeats what the claim said
	}
	if v := s.Element(n); len(v) > 0 && !codeset.NPI(v) {
		entity := s.String(1)
		before := ruleNPI.STC
		r := *ruleNPI
		r.STC = guide.Status{Category: before.Category, Code: before.Code, Entity: entity}
		c.find(&r, s, n, 0, "not a valid NPI: ten digits, the first 1 or 2, and a right check digit are expected")
	}
}

func (c *checker) address(s *x12.Segment, step guide.Step) {
	country := s.Element(4)
	us := len(country) == 0 || string(country) == "US"
	if len(country) > 0 && (len(country) != 2 || !lists["country"].Has(country)) {
		c.find(ruleCountry, s, 4, 0, "not a country of ISO 3166")
	}
	if v := s.Element(2); len(v) > 0 && (us || string(country) == "CA") && !listState.Has(v) {
		c.find(ruleState, s, 2, 0, "not a state or province")
	}
	zip := s.Element(3)
	if !us || len(zip) == 0 {
		return
	}
	if !codeset.ZIPForm(zip) {
		c.find(ruleZIP, s, 3, 0, "not a ZIP code of five or nine digits")
		return
	}
	switch step.Segment.Loop {
	case "2010AA", "2310C", "2420C", "2310E":
		if len(zip) == 5 && (step.Segment.Loop != "2310E" || c.g.Name == "837I") {
			c.find(ruleZIP9, s, 3, 0, "the ZIP code has five digits; the guide asks for nine here")
		}
	}
}

func (c *checker) reference(s *x12.Segment) {
	v := s.Element(2)
	switch string(s.Element(1)) {
	case "EI":
		if c.g.Set == "837" && !codeset.TINForm(v) {
			c.find(ruleTIN, s, 2, 0, "not a tax number of nine digits")
		}
	case "SY":
		if c.g.Set == "837" && !codeset.TINForm(v) {
			c.find(ruleTIN, s, 2, 0, "not a social security number of nine digits")
		}
	case "X4", "F4":
		if c.g.Name == "837P" && (len(v) != 10 || v[2] != 'D' || !digits(v[:2]) || !digits(v[3:])) {
			c.find(ruleCLIA, s, 2, 0, "not the form of a CLIA number")
		}
	}
}

func (c *checker) placeOrBill(s *x12.Segment) {
	v := s.Component(5, 1)
	if len(v) == 0 {
		return
	}
	if c.g.Name == "837I" {
		if len(v) != 2 || !digits(v) {
			c.find(ruleBillType, s, 5, 1, "not the form of a bill type")
		}
		return
	}
	c.placeOfService(s, 5, 1, v)
}

func (c *checker) placeOfService(s *x12.Segment, n, k int, v []byte) {
	if !listPOS.Has(v) {
		c.find(rulePOS, s, n, k, "the list of %s does not know this place of service", listPOS.AsOf())
	}
}

// diagnosisCodes checks the codes of an HI segment.
func (c *checker) diagnosisCodes(s *x12.Segment) {
	switch string(s.Component(1, 1)) {
	case "BG", "BE", "BH", "BI", "DR", "BBR", "BBQ":
		c.codeForms(s)
		return
	}
	for n := 1; n <= s.Len(); n++ {
		q, v := s.Component(n, 1), s.Component(n, 2)
		if len(v) == 0 {
			continue
		}
		switch string(q) {
		case "ABK", "ABF", "ABJ", "APR", "ABN":
			c.edition(s, n, '0')
			c.icd10(s, n, v)
			if n == 1 && string(q) == "ABK" && v[0] >= 'V' && v[0] <= 'Y' {
				c.find(ruleDxExternal, s, n, 2, "the principal diagnosis is an external cause")
			}
		case "BK", "BF", "BJ", "PR", "BN":
			c.edition(s, n, '9')
			if !icd9Form(v) {
				c.find(ruleDx9Form, s, n, 2, "not the form of an ICD-9 code")
			}
			if c.claims.dates.to >= icd10Day {
				c.find(ruleDxQualifier, s, n, 1, "an ICD-9 diagnosis for a statement date after 2015-09-30")
			}
		}
	}
}

// edition reports a diagnosis of another edition of the ICD than the claim's
// first one.
func (c *checker) edition(s *x12.Segment, n int, edition byte) {
	if e := &c.claims.edition; *e == 0 {
		*e = edition
	} else if *e != edition {
		c.find(ruleDxMixed, s, n, 1, "the claim has diagnoses of both editions of the ICD")
	}
}

// icd9Form reports whether a code has the form of an ICD-9 diagnosis.
func icd9Form(v []byte) bool {
	if v[0] == 'E' || v[0] == 'V' {
		return len(v) >= 3 && len(v) <= 5 && digits(v[1:])
	}
	return len(v) >= 3 && len(v) <= 5 && digits(v)
}

func (c *checker) icd10(s *x12.Segment, n int, v []byte) {
	if to := c.claims.dates.to; to > 0 && to < icd10Day {
		c.find(ruleDxQualifier, s, n, 1, "an ICD-10 diagnosis for a statement date before 2015-10-01")
	}
	if !codeset.DiagnosisForm(v) {
		c.find(ruleDxForm, s, n, 2, "not the form of an ICD-10-CM code")
		return
	}
	known, billable := codeset.Billable(v)
	if !known {
		c.find(ruleDiagnosis, s, n, 2, "the list of %s does not know this diagnosis", lists["icd10cm"].AsOf())
		return
	}
	if !billable {
		c.find(ruleDxHeader, s, n, 2, "by the list of %s there are more specific codes below this diagnosis", lists["icd10cm"].AsOf())
	}
}

func (c *checker) procedure(s *x12.Segment, n int) {
	code := s.Component(n, 2)
	if len(code) == 0 {
		return
	}
	switch string(s.Component(n, 1)) {
	case "HC":
		switch {
		case !codeset.ProcedureForm(code):
			c.find(ruleProcedure, s, n, 2, "not the form of a procedure code")
		case codeset.LevelII(code) && !listHCPCS.Has(code) && c.g.Set == "837":
			c.find(ruleHCPCS, s, n, 2, "the list of %s does not know this code", listHCPCS.AsOf())
		case codeset.DentalProcedureForm(code):
			c.licensed(listCDT, s, n, 2, code)
		case !codeset.LevelII(code):
			c.licensed(listCPT, s, n, 2, code)
		}
	case "AD":
		if !codeset.DentalProcedureForm(code) && c.g.Set == "837" {
			c.find(ruleCDT, s, n, 2, "not the form of a dental procedure code")
		} else {
			c.licensed(listCDT, s, n, 2, code)
		}
	}
	for k := 3; k <= min(6, s.Components(n)); k++ {
		if m := s.Component(n, k); len(m) > 0 && !codeset.ModifierForm(m) {
			c.find(ruleModifier, s, n, k, "not the form of a modifier")
		}
	}
}

// licensed checks a code of a claim against a list that the user has loaded.
func (c *checker) licensed(l *codeset.List, s *x12.Segment, n, component int, code []byte) {
	if c.g.Set == "837" && len(code) > 0 && !l.Empty() && !l.Has(code) {
		c.find(ruleListed, s, n, component, "the %s list of %s does not know this code", l.Name, l.AsOf())
	}
}

func (c *checker) remarks(s *x12.Segment, elements ...int) {
	for _, n := range elements {
		if v := s.Element(n); len(v) > 0 && !listRARC.Has(v) {
			c.find(ruleRARC, s, n, 0, "the list of %s does not know this remark", listRARC.AsOf())
		}
	}
}

func (c *checker) status(s *x12.Segment, n int) {
	if v := s.Component(n, 1); len(v) > 0 && !lists["claim-status-category"].Has(v) {
		c.find(ruleStatusCat, s, n, 1, "the list of %s does not know this category", lists["claim-status-category"].AsOf())
	}
	if v := s.Component(n, 2); len(v) > 0 && !lists["claim-status"].Has(v) {
		c.find(ruleStatusCode, s, n, 2, "the list of %s does not know this status", lists["claim-status"].AsOf())
	}
}

// datedDiagnosis is a diagnosis whose list bears effective days. It is checked
// when the claim's dates are known.
type datedDiagnosis struct {
	code [8]byte
	n    int
	at   place
}

// keepDated keeps the ICD-10-CM diagnoses of an HI segment, if the list of the
// user's has effective days.
func (r *claimRules) keepDated(s *x12.Segment) {
	if !r.c.wants(5) || !listICD10.Loaded() {
		return
	}
	for n := 1; n <= s.Len(); n++ {
		switch string(s.Component(n, 1)) {
		case "ABK", "ABF", "ABJ", "APR", "ABN":
			d := datedDiagnosis{at: placeOf(s, "2300", n)}
			d.at.component = 2
			d.n = copy(d.code[:], s.Component(n, 2))
			r.dated = append(r.dated, d)
		}
	}
}

// effectiveDiagnoses checks them against the last day of service.
func (r *claimRules) effectiveDiagnoses() {
	for i := range r.dated {
		d := &r.dated[i]
		if !listICD10.Effective(d.code[:d.n], r.dates.to) {
			r.c.findAt(ruleDxDate, d.at, "by the list of %s the diagnosis is not valid on the last day of service", listICD10.AsOf())
		}
	}
}

// dateOfDiagnoses reports codes of the wrong edition for a professional or
// dental claim, whose dates stand behind its diagnoses.
func (r *claimRules) dateOfDiagnoses() {
	if r.kind == 'I' || !r.c.wants(5) || r.dates.to == 0 {
		return
	}
	if r.icd9 && r.dates.to >= icd10Day {
		r.c.findAt(ruleDxQualifier, r.dxAt, "ICD-9 diagnoses for a service after 2015-09-30")
	}
	if r.icd10 && r.dates.to < icd10Day {
		r.c.findAt(ruleDxQualifier, r.dxAt, "%s", fmt.Sprintf("ICD-10 diagnoses for a service on %s", day(r.dates.to)))
	}
}
