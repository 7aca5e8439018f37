package claims

import (
	"fmt"
	"slices"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/internal/money"
)

// recordEdits judge the record as a whole.
var recordEdits = []Edit{
	{
		Code: "CB-LIN-001", Severity: Hold, Types: professional, SelfPay: true, Field: "lines",
		Rule: "An encounter has 1 to 50 service lines.",
		Hint: "Split an encounter with more than 50 lines in two.",
		Check: func(s *Subject) []Problem {
			n := len(s.Record.Lines)
			return problems(n < 1 || n > 50, "the encounter has %d service lines; a claim carries 1 to 50", n)
		},
		Fails: Example{"51 lines", func(s *Subject) {
			for len(s.Record.Lines) < 51 {
				s.Record.Lines = append(s.Record.Lines, s.Record.Lines[0])
			}
		}},
		Passes: Example{"one line", func(*Subject) {}},
	},
	{
		Code: "CB-CHG-003", Severity: Hold, Types: professional, SelfPay: true, Field: "total",
		Rule: "The total, where there is one, is the sum of the lines' charges.",
		Hint: "Find the line that is missing or wrong in the sending system.",
		Check: func(s *Subject) []Problem {
			if s.Record.Total == nil {
				return nil
			}
			sum, err := s.Record.Charge()
			return problems(err != nil || sum != *s.Record.Total, "the total is %s and the lines add up to %s", s.Record.Total.Dollars(), sum.Dollars())
		},
		Fails: Example{"a total one cent higher than its line", func(s *Subject) {
			total := s.Record.Lines[0].Charge + 1
			s.Record.Total = &total
		}},
		Passes: Example{"a total equal to its line", func(s *Subject) {
			total := s.Record.Lines[0].Charge
			s.Record.Total = &total
		}},
	},
	{
		Code: "CB-POS-001", Severity: Hold, Types: professional, SelfPay: true, Field: "place_of_service",
		Rule: "The place of service is two digits.",
		Hint: "Use a code of the CMS list, such as 11 for the office or 10 for telehealth at home.",
		Check: func(s *Subject) []Problem {
			pos := s.PlaceOfService()
			return problems(len(pos) != 2 || !digits(pos), "the place of service %q is not two digits", clip(pos))
		},
		Fails:  Example{"the place of service OFFICE", func(s *Subject) { s.Record.PlaceOfService = "OFFICE" }},
		Passes: Example{"the place of service 11", func(s *Subject) { s.Record.PlaceOfService = "11" }},
	},
	{
		Code: "CB-POS-002", Severity: Warn, Types: professional, SelfPay: true, Field: "place_of_service",
		Rule: "The place of service is in the list of CMS.",
		Hint: "Use a code of the CMS list; one that CMS has added since is right although this list does not have it. With an imported list this edit may be switched to hold.",
		Check: func(s *Subject) []Problem {
			pos := s.PlaceOfService()
			_, known := codeset.PlaceOfService(pos)
			return problems(len(pos) == 2 && digits(pos) && !known, "the place of service %s is not in the list of CMS of %s", pos, placeList.AsOf())
		},
		Fails:  Example{"the place of service 98", func(s *Subject) { s.Record.PlaceOfService = "98" }},
		Passes: Example{"the place of service 22", func(s *Subject) { s.Record.PlaceOfService = "22" }},
	},
	{
		Code: "CB-AUTH-001", Severity: Hold, Types: professional, Field: "authorization",
		Rule: "The authorization number has at most 50 characters and no spaces at its ends.",
		Hint: "Enter the number alone, as the payer gave it.",
		Check: func(s *Subject) []Problem {
			a := s.Record.Authorization
			return problems(len(a) > 50 || (a != "" && (a[0] == ' ' || a[len(a)-1] == ' ')), "the authorization number is too long or has spaces around it")
		},
		Fails:  Example{"the number with a space behind it", func(s *Subject) { s.Record.Authorization = "A12345 " }},
		Passes: Example{"the number A12345", func(s *Subject) { s.Record.Authorization = "A12345" }},
	},
}

// serviceEdits judge the lines.
var serviceEdits = []Edit{
	{
		Code: "CB-DATE-001", Severity: Hold, Types: professional, SelfPay: true, Field: "lines service_date",
		Rule: "No service lies in the future.",
		Hint: "Correct the date of service; an appointment is not billed before it took place.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				if line.ServiceDate.After(s.Today) {
					return fmt.Sprintf("the date of service, %s, lies in the future", line.ServiceDate)
				}
				return ""
			})
		},
		Fails:  Example{"a service tomorrow", func(s *Subject) { s.Record.Lines[0].ServiceDate = s.Today.AddDays(1) }},
		Passes: Example{"a service today", func(s *Subject) { s.Record.Lines[0].ServiceDate = s.Today }},
	},
	{
		Code: "CB-PROC-001", Severity: Hold, Types: professional, SelfPay: true, Field: "lines procedure",
		Rule: "The procedure has the form of a CPT or HCPCS code: five characters, the middle three digits.",
		Hint: "Correct the procedure code.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				if !codeset.ProcedureForm([]byte(line.Procedure)) {
					return fmt.Sprintf("%q has not the form of a CPT or HCPCS code", clip(line.Procedure))
				}
				return ""
			})
		},
		Fails:  Example{"the procedure 9921", func(s *Subject) { s.Record.Lines[0].Procedure = "9921" }},
		Passes: Example{"the procedure 99213", func(s *Subject) { s.Record.Lines[0].Procedure = "99213" }},
	},
	{
		Code: "CB-PROC-002", Severity: Warn, Types: professional, Field: "lines procedure",
		Rule: "A HCPCS level II code is in the list of CMS, a CPT code in an imported list, and valid on its day where the list has effective dates.",
		Hint: "Look the code up; a code of a later year is right although this list does not have it. A newer list is imported with edi codes import.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				code, list, name := []byte(line.Procedure), cptList, "CPT"
				if codeset.LevelII(code) {
					list, name = hcpcsList, "HCPCS"
				}
				switch {
				case list.Empty() || !codeset.ProcedureForm(code) || codeset.DentalProcedureForm(code):
				case !list.Has(code):
					return fmt.Sprintf("%s is not in the %s list of %s", line.Procedure, name, list.AsOf())
				case !list.Effective(code, codeset.Day(line.ServiceDate)):
					return fmt.Sprintf("%s is not valid on %s by the %s list of %s", line.Procedure, line.ServiceDate, name, list.AsOf())
				}
				return ""
			})
		},
		Fails:  Example{"the procedure J9998", func(s *Subject) { s.Record.Lines[0].Procedure = "J9998" }},
		Passes: Example{"the procedure J1100", func(s *Subject) { s.Record.Lines[0].Procedure = "J1100" }},
	},
	{
		Code: "CB-MOD-001", Severity: Hold, Types: professional, SelfPay: true, Field: "lines modifiers",
		Rule: "Each line has at most four modifiers, each two letters or digits.",
		Hint: "Correct the modifier.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				if len(line.Modifiers) > 4 {
					return fmt.Sprintf("the line has %d modifiers; a claim carries four", len(line.Modifiers))
				}
				for _, m := range line.Modifiers {
					if !codeset.ModifierForm([]byte(m)) {
						return fmt.Sprintf("modifier %q is not two letters or digits", clip(m))
					}
				}
				return ""
			})
		},
		Fails:  Example{"the modifier 255", func(s *Subject) { s.Record.Lines[0].Modifiers = []string{"255"} }},
		Passes: Example{"the modifiers 25 and LT", func(s *Subject) { s.Record.Lines[0].Modifiers = []string{"25", "LT"} }},
	},
	{
		Code: "CB-MOD-002", Severity: Hold, Types: professional, SelfPay: true, Field: "lines modifiers",
		Rule: "No modifier is on a line twice.",
		Hint: "Remove one of them.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				sorted := slices.Sorted(slices.Values(line.Modifiers))
				if len(slices.Compact(sorted)) != len(line.Modifiers) {
					return "a modifier is on the line twice"
				}
				return ""
			})
		},
		Fails:  Example{"the modifiers 25 and 25", func(s *Subject) { s.Record.Lines[0].Modifiers = []string{"25", "25"} }},
		Passes: Example{"the modifiers 25 and 59", func(s *Subject) { s.Record.Lines[0].Modifiers = []string{"25", "59"} }},
	},
	{
		Code: "CB-UNIT-001", Severity: Hold, Types: professional, SelfPay: true, Field: "lines units",
		Rule: "The units are more than zero.",
		Hint: "Enter how often the service was rendered, or the minutes of anesthesia.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				if !line.Units.IsPositive() {
					return fmt.Sprintf("the units are %s", line.Units)
				}
				return ""
			})
		},
		Fails:  Example{"no units", func(s *Subject) { s.Record.Lines[0].Units = s.Record.Lines[0].Units.Sub(s.Record.Lines[0].Units) }},
		Passes: Example{"one unit", func(*Subject) {}},
	},
	{
		Code: "CB-CHG-001", Severity: Hold, Types: professional, SelfPay: true, Field: "lines charge",
		Rule: "The charge is more than zero.",
		Hint: "Enter the charge of the line; the fee schedule has it.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				if line.Charge <= 0 {
					return "the charge is " + line.Charge.Dollars()
				}
				return ""
			})
		},
		Fails:  Example{"a charge of 0.00", func(s *Subject) { s.Record.Lines[0].Charge = 0 }},
		Passes: Example{"a charge of 0.01", func(s *Subject) { s.Record.Lines[0].Charge = 1 }},
	},
	{
		Code: "CB-CHG-002", Severity: Warn, Types: professional, SelfPay: true, Field: "lines charge",
		Rule: "The charge is the fee schedule's, times the units.",
		Hint: "Compare the charge with the fee schedule; correct whichever is wrong.",
		Check: func(s *Subject) []Problem {
			if s.Fee == nil {
				return nil
			}
			return perLine(s, func(_ int, line EncounterLine) string {
				fee, known := lineFee(s, line)
				if known && fee != line.Charge {
					return fmt.Sprintf("the charge is %s, the fee schedule says %s", line.Charge.Dollars(), fee.Dollars())
				}
				return ""
			})
		},
		Fails:  Example{"one dollar more than the fee schedule", func(s *Subject) { s.Record.Lines[0].Charge += 100 }},
		Passes: Example{"a procedure that the fee schedule does not have", func(s *Subject) { s.Record.Lines[0].Procedure = "99499" }},
	},
}

// timingEdits judge what is late or there already.
var timingEdits = []Edit{
	{
		Code: "CB-DUP-001", Severity: Hold, Types: professional, SelfPay: true, Field: "lines",
		Rule: "No other encounter has charged the same service: same patient, day, procedure, modifiers and rendering provider.",
		Hint: "Void one of the two encounters; a service that was really rendered twice takes modifier 76 or 77.",
		Check: func(s *Subject) []Problem {
			if s.Rendering == nil {
				return nil
			}
			return perLine(s, func(_ int, line EncounterLine) string {
				for _, e := range s.Earlier {
					if e.Procedure == line.Procedure && e.ServiceDate == line.ServiceDate && e.RenderingID == s.Rendering.ID &&
						slices.Equal(e.Modifiers, line.Modifiers) {
						return fmt.Sprintf("%s on %s was charged already by encounter %s", line.Procedure, line.ServiceDate, e.ExternalID)
					}
				}
				return ""
			})
		},
		Fails: Example{"the same service again under another encounter id", func(s *Subject) {
			line := s.Record.Lines[0]
			s.Earlier = []EarlierService{{ExternalID: "OTHER", ServiceDate: line.ServiceDate, Procedure: line.Procedure,
				Modifiers: line.Modifiers, RenderingID: s.Rendering.ID}}
		}},
		Passes: Example{"the same service by another provider", func(s *Subject) {
			line := s.Record.Lines[0]
			s.Earlier = []EarlierService{{ExternalID: "OTHER", ServiceDate: line.ServiceDate, Procedure: line.Procedure,
				Modifiers: line.Modifiers, RenderingID: s.Rendering.ID + 1}}
		}},
	},
	{
		Code: "CB-TIME-001", Severity: Hold, Types: professional, Field: "service_date",
		Rule: "The payer's days of timely filing have not run out.",
		Hint: "If an earlier submission was acknowledged in time, send the claim with its proof; otherwise decide about a write-off: the patient may not be billed.",
		Check: func(s *Subject) []Problem {
			by := s.TimelyBy()
			return problems(!by.IsZero() && s.Today.After(by), "timely filing ended on %s, %d days ago", by, daysBetween(s, -1))
		},
		Fails: Example{"a service one day older than the payer's days", func(s *Subject) {
			s.Record.Lines[0].ServiceDate = s.Today.AddDays(-s.Coverages[0].Payer.FilingDays - 1)
			s.Coverages[0].From = s.Record.Lines[0].ServiceDate
		}},
		Passes: Example{"a service exactly as old as the payer's days", func(s *Subject) {
			s.Record.Lines[0].ServiceDate = s.Today.AddDays(-s.Coverages[0].Payer.FilingDays)
			s.Coverages[0].From = s.Record.Lines[0].ServiceDate
		}},
	},
	{
		Code: "CB-TIME-002", Severity: Warn, Types: professional, Field: "service_date",
		Rule: "More than 14 days of timely filing are left.",
		Hint: "Send this claim today and watch its acknowledgments.",
		Check: func(s *Subject) []Problem {
			left := daysBetween(s, 1)
			return problems(!s.TimelyBy().IsZero() && left >= 0 && left <= 14, "timely filing ends on %s: %d days are left", s.TimelyBy(), left)
		},
		Fails: Example{"a service with 14 days left", func(s *Subject) {
			s.Record.Lines[0].ServiceDate = s.Today.AddDays(14 - s.Coverages[0].Payer.FilingDays)
			s.Coverages[0].From = s.Record.Lines[0].ServiceDate
		}},
		Passes: Example{"a service with 15 days left", func(s *Subject) {
			s.Record.Lines[0].ServiceDate = s.Today.AddDays(15 - s.Coverages[0].Payer.FilingDays)
			s.Coverages[0].From = s.Record.Lines[0].ServiceDate
		}},
	},
}

// daysBetween is how many days are left until timely filing ends; sign -1 turns it
// into the days since.
func daysBetween(s *Subject, sign int) int {
	by := s.TimelyBy()
	if by.IsZero() {
		return 0
	}
	return sign * by.DaysSince(s.Today)
}

// lineFee is the fee schedule's charge for a line: with its first modifier,
// else without one.
func lineFee(s *Subject, line EncounterLine) (money.Cents, bool) {
	fee, known := money.Cents(0), false
	if len(line.Modifiers) > 0 {
		fee, known = s.Fee(line.Procedure, line.Modifiers[0], line.ServiceDate)
	}
	if !known {
		if fee, known = s.Fee(line.Procedure, "", line.ServiceDate); !known {
			return 0, false
		}
	}
	total, err := money.Round(fee.Decimal().Mul(line.Units))
	return total, err == nil
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
