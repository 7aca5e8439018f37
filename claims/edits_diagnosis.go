package claims

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/codeset"
)

// The lists that the edits ask for dates.
var (
	diagnosisList = codeset.Lists()["icd10cm"]
	placeList     = codeset.Lists()["pos"]
	hcpcsList     = codeset.Lists()["hcpcs"]
	cptList       = codeset.Lists()["cpt"]
)

// diagnosisEdits judge the diagnoses. The code list is a snapshot: a code that
// it does not know may be newer, which is a warning and never holds.
var diagnosisEdits = []Edit{
	{
		Code: "CB-DX-001", Severity: Hold, Types: professional, Field: "diagnoses",
		Rule: "There is at least one diagnosis, and at most twelve.",
		Hint: "Ask the provider for the diagnosis; beyond twelve, keep those that the lines point to.",
		Check: func(s *Subject) []Problem {
			n := len(s.Record.Diagnoses)
			return problems(n == 0 || n > 12, "the encounter has %d diagnoses; a claim carries 1 to 12", n)
		},
		Fails: Example{"no diagnosis", func(s *Subject) {
			s.Record.Diagnoses = nil
		}},
		Passes: Example{"one diagnosis", func(*Subject) {}},
	},
	{
		Code: "CB-DX-002", Severity: Hold, Types: professional, Field: "diagnoses",
		Rule: "Each diagnosis has the form of ICD-10-CM: a letter, a digit, then one to five letters or digits.",
		Hint: "Correct the code; ICD-9 codes ended on 2015-10-01.",
		Check: func(s *Subject) []Problem {
			return perDiagnosis(s, func(code string) string {
				if !codeset.DiagnosisForm([]byte(code)) {
					return "has not the form of an ICD-10-CM code"
				}
				return ""
			})
		},
		Fails:  Example{"401.9, an ICD-9 code", func(s *Subject) { s.Record.Diagnoses[0] = "4019" }},
		Passes: Example{"I10", func(s *Subject) { s.Record.Diagnoses[0] = "I10" }},
	},
	{
		Code: "CB-DX-003", Severity: Warn, Types: professional, Field: "diagnoses",
		Rule: "Each diagnosis is in the ICD-10-CM list, and valid on the last day of service where the list has effective dates.",
		Hint: "Look the code up; a code of a later year is right although this list does not have it. A newer list is imported with edi codes import.",
		Check: func(s *Subject) []Problem {
			last := s.Record.lastServiceDate()
			return perDiagnosis(s, func(code string) string {
				switch _, known := codeset.ICD10CM(code); {
				case !known && codeset.DiagnosisForm([]byte(code)):
					return "is not in the ICD-10-CM list of " + diagnosisList.AsOf()
				case !diagnosisList.Effective([]byte(code), codeset.Day(last)):
					return fmt.Sprintf("is not valid on %s by the ICD-10-CM list of %s", last, diagnosisList.AsOf())
				}
				return ""
			})
		},
		Fails:  Example{"I10.99, which does not exist", func(s *Subject) { s.Record.Diagnoses[0] = "I1099" }},
		Passes: Example{"I10", func(s *Subject) { s.Record.Diagnoses[0] = "I10" }},
	},
	{
		Code: "CB-DX-004", Severity: Hold, Types: professional, Field: "diagnoses",
		Rule: "Each diagnosis is billable, not the heading of more specific codes.",
		Hint: "Ask the provider for the more specific diagnosis.",
		Check: func(s *Subject) []Problem {
			return perDiagnosis(s, func(code string) string {
				if d, known := codeset.ICD10CM(code); known && !d.Billable {
					return "is a heading; payers take only the more specific codes below it"
				}
				return ""
			})
		},
		Fails:  Example{"E11, type 2 diabetes without its detail", func(s *Subject) { s.Record.Diagnoses[0] = "E11" }},
		Passes: Example{"E11.9", func(s *Subject) { s.Record.Diagnoses[0] = "E119" }},
	},
	{
		Code: "CB-DX-005", Severity: Hold, Types: professional, Field: "diagnoses",
		Rule: "No diagnosis is there twice.",
		Hint: "Remove one of them, and correct the pointers of the lines.",
		Check: func(s *Subject) []Problem {
			seen := map[string]bool{}
			return perDiagnosis(s, func(code string) string {
				if seen[code] {
					return "is there twice"
				}
				seen[code] = true
				return ""
			})
		},
		Fails:  Example{"I10 and I10", func(s *Subject) { s.Record.Diagnoses = []string{"I10", "I10"} }},
		Passes: Example{"I10 and E11.9", func(s *Subject) { s.Record.Diagnoses = []string{"I10", "E119"} }},
	},
	{
		Code: "CB-DX-006", Severity: Hold, Types: professional, Field: "diagnoses",
		Rule: "The first diagnosis is not an external cause (V00 to Y99).",
		Hint: "Put the injury or illness first and its cause behind it.",
		Check: func(s *Subject) []Problem {
			return problems(len(s.Record.Diagnoses) > 0 && externalCause(s.Record.Diagnoses[0]),
				"the first diagnosis, %s, is an external cause", firstOf(s.Record.Diagnoses))
		},
		Fails:  Example{"W01.0XXA, a fall, first", func(s *Subject) { s.Record.Diagnoses = []string{"W010XXA", "I10"} }},
		Passes: Example{"S93.401A, the sprain, before its fall", func(s *Subject) { s.Record.Diagnoses = []string{"S93401A", "W010XXA"} }},
	},
	{
		Code: "CB-DX-007", Severity: Hold, Types: professional, Field: "diagnoses",
		Rule: "The diagnosis fits the patient's sex where it can only be one: pregnancy and childbirth (O00 to O9A), female and male genital organs (N70 to N98, N40 to N53).",
		Hint: "Correct the diagnosis, or the patient's sex in the set-up.",
		Check: func(s *Subject) []Problem {
			if s.Patient == nil {
				return nil
			}
			return perDiagnosis(s, func(code string) string {
				sex := s.Patient.Person.Sex
				if (sex == "M" && femaleOnly(code)) || (sex == "F" && maleOnly(code)) {
					return "does not fit the patient's sex"
				}
				return ""
			})
		},
		Fails: Example{"N40.0, the prostate, of a woman", func(s *Subject) {
			s.Patient.Person.Sex, s.Record.Diagnoses[0] = "F", "N400"
		}},
		Passes: Example{"N40.0 of a man", func(s *Subject) { s.Patient.Person.Sex, s.Record.Diagnoses[0] = "M", "N400" }},
	},
	{
		Code: "CB-DX-008", Severity: Warn, Types: professional, Field: "diagnoses",
		Rule: "The diagnosis fits the patient's age: conditions of the newborn (P00 to P96) up to one year, pregnancy from 9 to 64 years.",
		Hint: "Correct the diagnosis, or the date of birth in the set-up.",
		Check: func(s *Subject) []Problem {
			if s.Patient == nil || s.Record.ServiceDate().IsZero() {
				return nil
			}
			days := s.Record.ServiceDate().DaysSince(s.Patient.Person.BirthDate)
			return perDiagnosis(s, func(code string) string {
				newborn := code >= "P00" && code < "P97"
				pregnancy := strings.HasPrefix(code, "O")
				if (newborn && days > 366) || (pregnancy && (days < 9*365 || days > 65*366)) {
					return "is unusual at the patient's age"
				}
				return ""
			})
		},
		Fails:  Example{"P59.9, jaundice of the newborn, at forty", func(s *Subject) { s.Record.Diagnoses[0] = "P599" }},
		Passes: Example{"I10 at forty", func(s *Subject) { s.Record.Diagnoses[0] = "I10" }},
	},
	{
		Code: "CB-PTR-001", Severity: Hold, Types: professional, Field: "lines pointers",
		Rule: "Each line points to one to four diagnoses.",
		Hint: "Say which diagnoses the service was for: their places in the list, from 1.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				if n := len(line.Pointers); n < 1 || n > 4 {
					return fmt.Sprintf("the line has %d diagnosis pointers; 1 to 4 are needed", n)
				}
				return ""
			})
		},
		Fails:  Example{"a line without a pointer", func(s *Subject) { s.Record.Lines[0].Pointers = nil }},
		Passes: Example{"a line that points to diagnosis 1", func(s *Subject) { s.Record.Lines[0].Pointers = []int{1} }},
	},
	{
		Code: "CB-PTR-002", Severity: Hold, Types: professional, Field: "lines pointers",
		Rule: "Each pointer hits a diagnosis of the encounter, and none is there twice.",
		Hint: "Correct the pointer, or add the diagnosis.",
		Check: func(s *Subject) []Problem {
			return perLine(s, func(_ int, line EncounterLine) string {
				seen := map[int]bool{}
				for _, p := range line.Pointers {
					if p < 1 || p > len(s.Record.Diagnoses) {
						return fmt.Sprintf("pointer %d hits no diagnosis; the encounter has %d", p, len(s.Record.Diagnoses))
					}
					if seen[p] {
						return fmt.Sprintf("pointer %d is there twice", p)
					}
					seen[p] = true
				}
				return ""
			})
		},
		Fails:  Example{"pointer 3 where there are fewer diagnoses", func(s *Subject) { s.Record.Lines[0].Pointers = []int{3} }},
		Passes: Example{"pointer 1", func(s *Subject) { s.Record.Lines[0].Pointers = []int{1} }},
	},
}

func perDiagnosis(s *Subject, check func(code string) string) []Problem {
	var found []Problem
	for _, code := range s.Record.Diagnoses {
		if message := check(code); message != "" {
			found = append(found, Problem{0, "diagnosis " + clip(code) + " " + message})
		}
	}
	return found
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return clip(list[0])
}

func externalCause(code string) bool { return code >= "V00" && code < "Z" }

func femaleOnly(code string) bool {
	return strings.HasPrefix(code, "O") || (code >= "N70" && code < "N99")
}

func maleOnly(code string) bool { return code >= "N40" && code < "N54" }
