package claims

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/codeset"
)

// partyEdits judge who is named: the patient, who bills, who treats, and where.
var partyEdits = []Edit{
	{
		Code: "CB-PAT-001", Severity: Hold, Types: professional, SelfPay: true, Field: "patient",
		Rule: "The patient's account is known to the practice.",
		Hint: "Add the patient to the set-up, or correct the account number in the encounter.",
		Check: func(s *Subject) []Problem {
			return problems(s.Patient == nil, "no patient has the account %q", clip(s.Record.Patient))
		},
		Fails:  Example{"an account that nobody has", func(s *Subject) { s.Patient, s.Coverages, s.Record.Patient = nil, nil, "NOBODY" }},
		Passes: Example{"the account of a known patient", func(*Subject) {}},
	},
	{
		Code: "CB-PAT-002", Severity: Hold, Types: professional, SelfPay: true, Field: "service_date",
		Rule: "The patient was born on or before the first day of service.",
		Hint: "Correct the date of birth in the set-up, or the date of service.",
		Check: func(s *Subject) []Problem {
			day := s.Record.ServiceDate()
			return problems(s.Patient != nil && !day.IsZero() && day.Before(s.Patient.Person.BirthDate),
				"the service lies before the patient's birth")
		},
		Fails: Example{"a service on the day before the birth", func(s *Subject) {
			s.Patient.Person.BirthDate = s.Record.Lines[0].ServiceDate.AddDays(1)
		}},
		Passes: Example{"a service on the day of birth", func(s *Subject) { s.Patient.Person.BirthDate = s.Record.Lines[0].ServiceDate }},
	},
	{
		Code: "CB-PAT-003", Severity: Hold, Types: professional, SelfPay: true, Field: "service_date",
		Rule: "No service lies after the patient's death.",
		Hint: "Correct the date of service, or the date of death in the set-up.",
		Check: func(s *Subject) []Problem {
			if s.Patient == nil || s.Patient.DeceasedOn.IsZero() {
				return nil
			}
			return perLine(s, func(_ int, line EncounterLine) string {
				if line.ServiceDate.After(s.Patient.DeceasedOn) {
					return "the service lies after the patient's death"
				}
				return ""
			})
		},
		Fails:  Example{"a service on the day after the death", func(s *Subject) { s.Patient.DeceasedOn = s.Record.Lines[0].ServiceDate.AddDays(-1) }},
		Passes: Example{"a service on the day of death", func(s *Subject) { s.Patient.DeceasedOn = s.Record.Lines[0].ServiceDate }},
	},
	{
		Code: "CB-PAT-004", Severity: Hold, Types: professional, Field: "patient address",
		Rule: "The patient has a postal address: street, city, state and ZIP.",
		Hint: "Complete the patient's address in the set-up.",
		Check: func(s *Subject) []Problem {
			return problems(s.Patient != nil && !s.Patient.Person.Address.hasAddress(), "the patient's address is incomplete")
		},
		Fails:  Example{"an address without a city", func(s *Subject) { s.Patient.Person.Address.City = "" }},
		Passes: Example{"a complete address", func(*Subject) {}},
	},
	{
		Code: "CB-NAME-001", Severity: Hold, Types: professional, Field: "names",
		Rule: "Names, addresses and numbers have only characters that X12 can carry: no * : ^ ~, no control characters, no other alphabet. Accents are dropped by the program.",
		Hint: "Correct the spelling in the set-up or in the encounter.",
		Check: func(s *Subject) []Problem {
			var found []Problem
			for _, text := range subjectTexts(s) {
				if strings.ContainsFunc(plainLetters(text.value), func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("*:^~", r) }) {
					found = append(found, Problem{0, text.field + " has a character that X12 cannot carry"})
				}
			}
			return found
		},
		Fails:  Example{"the last name O*Neil", func(s *Subject) { s.Patient.Person.LastName = "O*Neil" }},
		Passes: Example{"the last name O'Neil-Müller", func(s *Subject) { s.Patient.Person.LastName = "O'Neil-Müller" }},
	},
	{
		Code: "CB-PRV-001", Severity: Hold, Types: professional, SelfPay: true, Field: "rendering_provider",
		Rule: "The rendering provider is known and treats patients.",
		Hint: "Add the provider to the set-up with the role rendering or both, or correct the code or NPI in the encounter.",
		Check: func(s *Subject) []Problem {
			switch {
			case s.Rendering == nil:
				return problems(true, "no provider has the code or NPI %q", clip(s.Record.RenderingProvider))
			case !s.Rendering.Renders():
				return problems(true, "provider %s bills and does not treat", s.Rendering.Code)
			}
			return nil
		},
		Fails:  Example{"a provider whose role is billing", func(s *Subject) { s.Rendering.Role = "billing" }},
		Passes: Example{"a provider whose role is rendering", func(*Subject) {}},
	},
	{
		Code: "CB-PRV-002", Severity: Hold, Types: professional, Field: "billing_provider",
		Rule: "The billing provider is known and bills.",
		Hint: "Name the billing provider by its code or NPI; it may be left out only when the practice has exactly one.",
		Check: func(s *Subject) []Problem {
			switch {
			case s.Billing == nil && s.Record.BillingProvider == "":
				return problems(true, "no billing provider is named, and the practice does not have exactly one")
			case s.Billing == nil:
				return problems(true, "no provider has the code or NPI %q", clip(s.Record.BillingProvider))
			case !s.Billing.Bills():
				return problems(true, "provider %s treats and does not bill", s.Billing.Code)
			}
			return nil
		},
		Fails:  Example{"a provider whose role is rendering", func(s *Subject) { s.Billing.Role = "rendering" }},
		Passes: Example{"a provider whose role is billing", func(*Subject) {}},
	},
	npiEdit("CB-NPI-001", "billing provider", func(s *Subject) *string {
		if s.Billing == nil {
			return nil
		}
		return &s.Billing.NPI
	}),
	npiEdit("CB-NPI-002", "rendering provider", func(s *Subject) *string {
		if s.Rendering == nil {
			return nil
		}
		return &s.Rendering.NPI
	}),
	npiEdit("CB-NPI-003", "facility", func(s *Subject) *string {
		if s.Facility == nil || s.Facility.NPI == "" {
			return nil // a facility without a number of its own is legal
		}
		return &s.Facility.NPI
	}),
	{
		Code: "CB-TIN-001", Severity: Hold, Types: professional, Field: "billing provider tin",
		Rule: "The billing provider has a tax number of nine digits.",
		Hint: "Enter the tax number (EIN) in the set-up, digits only.",
		Check: func(s *Subject) []Problem {
			return problems(s.Billing != nil && !codeset.TINForm([]byte(s.Billing.TIN)), "the billing provider's tax number is not nine digits")
		},
		Fails:  Example{"the tax number 12-345678", func(s *Subject) { s.Billing.TIN = "12-345678" }},
		Passes: Example{"the tax number 123456789", func(s *Subject) { s.Billing.TIN = "123456789" }},
	},
	{
		Code: "CB-TAX-001", Severity: Hold, Types: professional, Field: "provider taxonomy",
		Rule: "A provider's taxonomy, where there is one, is ten letters and digits that end in X.",
		Hint: "Correct the taxonomy in the set-up.",
		Check: func(s *Subject) []Problem {
			var found []Problem
			for _, p := range []*Provider{s.Billing, s.Rendering} {
				if p != nil && p.Taxonomy != "" && !codeset.TaxonomyForm([]byte(p.Taxonomy)) {
					found = append(found, Problem{0, "the taxonomy of provider " + p.Code + " is malformed"})
				}
			}
			return found
		},
		Fails:  Example{"the taxonomy 207Q00000", func(s *Subject) { s.Billing.Taxonomy = "207Q00000" }},
		Passes: Example{"the taxonomy 207Q00000X", func(s *Subject) { s.Billing.Taxonomy = "207Q00000X" }},
	},
	{
		Code: "CB-ADR-001", Severity: Hold, Types: professional, Field: "billing provider address",
		Rule: "The billing provider has a street address, not a P.O. box, with a ZIP code of nine digits.",
		Hint: "Complete the billing provider's address in the set-up; the ZIP code needs all nine digits.",
		Check: func(s *Subject) []Problem {
			if s.Billing == nil {
				return nil
			}
			a := s.Billing.Address
			switch {
			case !a.hasAddress():
				return problems(true, "the billing provider's address is incomplete")
			case len(a.ZIP) != 9:
				return problems(true, "the billing provider's ZIP code has %d digits, not nine", len(a.ZIP))
			case isBox(a.Line1):
				return problems(true, "the billing provider's address is a P.O. box")
			}
			return nil
		},
		Fails:  Example{"the ZIP code 62701", func(s *Subject) { s.Billing.Address.ZIP = "62701" }},
		Passes: Example{"the ZIP code 627010001", func(s *Subject) { s.Billing.Address.ZIP = "627010001" }},
	},
	{
		Code: "CB-FAC-001", Severity: Hold, Types: professional, SelfPay: true, Field: "facility",
		Rule: "The facility, where one is named, is known.",
		Hint: "Add the facility to the set-up, or correct its code in the encounter.",
		Check: func(s *Subject) []Problem {
			return problems(s.Record.Facility != "" && s.Facility == nil, "no facility has the code %q", clip(s.Record.Facility))
		},
		Fails:  Example{"a code that no facility has", func(s *Subject) { s.Record.Facility, s.Facility = "NOWHERE", nil }},
		Passes: Example{"no facility at all", func(s *Subject) { s.Record.Facility, s.Facility = "", nil }},
	},
	{
		Code: "CB-ADR-002", Severity: Hold, Types: professional, Field: "facility address",
		Rule: "The facility has a street address with a ZIP code of nine digits.",
		Hint: "Complete the facility's address in the set-up; the ZIP code needs all nine digits.",
		Check: func(s *Subject) []Problem {
			return problems(s.Facility != nil && (!s.Facility.Address.hasAddress() || len(s.Facility.Address.ZIP) != 9),
				"the facility's address is incomplete or its ZIP code has not nine digits")
		},
		Fails:  Example{"the ZIP code 62701", func(s *Subject) { s.Facility.Address.ZIP = "62701" }},
		Passes: Example{"the ZIP code 627010002", func(s *Subject) { s.Facility.Address.ZIP = "627010002" }},
	},
}

// npiEdit is the check digit of one party's NPI. of returns nil where there is
// nothing to check.
func npiEdit(code, who string, of func(*Subject) *string) Edit {
	return Edit{
		Code: code, Severity: Hold, Types: professional, Field: who + " npi",
		Rule: fmt.Sprintf("The NPI of the %s is ten digits with the right check digit (Luhn over 80840 and the number).", who),
		Hint: fmt.Sprintf("Correct the NPI of the %s in the set-up; the NPI registry has it.", who),
		Check: func(s *Subject) []Problem {
			npi := of(s)
			return problems(npi != nil && !codeset.NPI([]byte(*npi)), "the NPI of the %s is wrong: its check digit does not fit", who)
		},
		Fails:  Example{"the NPI 1234567890", func(s *Subject) { *of(s) = "1234567890" }},
		Passes: Example{"the NPI 1234567893", func(s *Subject) { *of(s) = "1234567893" }},
	}
}

// isBox reports whether a street line is a post office box, which the 837 does
// not take as the billing provider's address.
func isBox(line string) bool {
	line = strings.ToUpper(strings.NewReplacer(".", "", " ", "").Replace(line))
	return strings.HasPrefix(line, "POBOX") || strings.HasPrefix(line, "POSTOFFICEBOX")
}

type fieldText struct{ field, value string }

// subjectTexts are the free texts that the 837 will carry.
func subjectTexts(s *Subject) []fieldText {
	texts := []fieldText{{"the authorization number", s.Record.Authorization}}
	person := func(who string, p Person) {
		texts = append(texts, fieldText{"the " + who + "'s name", p.LastName + p.FirstName + p.MiddleName},
			fieldText{"the " + who + "'s address", p.Address.Line1 + p.Address.Line2 + p.Address.City})
	}
	if s.Patient != nil {
		person("patient", s.Patient.Person)
	}
	for _, c := range s.active() {
		person("subscriber", c.Subscriber)
		texts = append(texts, fieldText{"the member id", c.MemberID}, fieldText{"the group number", c.GroupNumber + c.PlanName},
			fieldText{"the payer's name", c.Payer.Name + c.Payer.Identifier})
	}
	for _, p := range []*Provider{s.Billing, s.Rendering} {
		if p != nil {
			texts = append(texts, fieldText{"the name or address of provider " + p.Code,
				p.LastName + p.FirstName + p.Address.Line1 + p.Address.Line2 + p.Address.City})
		}
	}
	if s.Facility != nil {
		texts = append(texts, fieldText{"the facility's name or address", s.Facility.Name + s.Facility.Address.Line1 + s.Facility.Address.City})
	}
	return texts
}
