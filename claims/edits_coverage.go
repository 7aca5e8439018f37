package claims

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// coverageEdits judge who pays, and in which order.
var coverageEdits = []Edit{
	{
		Code: "CB-COV-001", Severity: Hold, Types: professional, Field: "coverages",
		Rule: "A coverage of the patient is active on the first day of service.",
		Hint: "Ask the patient for the insurance on that day and add it to the set-up, or mark the encounter self_pay.",
		Check: func(s *Subject) []Problem {
			return problems(s.Patient != nil && len(s.active()) == 0, "no coverage of the patient is active on %s", s.Record.ServiceDate())
		},
		Fails: Example{"a coverage that ended the day before", func(s *Subject) {
			s.Coverages[0].To = s.Record.Lines[0].ServiceDate.AddDays(-1)
		}},
		Passes: Example{"a coverage that ends on the day of service", func(s *Subject) { s.Coverages[0].To = s.Record.Lines[0].ServiceDate }},
	},
	{
		Code: "CB-COV-002", Severity: Hold, Types: professional, Field: "coverages rank",
		Rule: "The active coverages are ranked 1, 2, 3 without a gap and without a rank twice.",
		Hint: "Correct the ranks in the set-up: the primary coverage has rank 1.",
		Check: func(s *Subject) []Problem {
			for i, c := range s.active() {
				if int(c.Rank) != i+1 {
					return problems(true, "the active coverages do not rank 1, 2, 3: number %d of them has rank %d", i+1, c.Rank)
				}
			}
			return nil
		},
		Fails:  Example{"a secondary coverage without a primary one", func(s *Subject) { s.Coverages[0].Rank = 2 }},
		Passes: Example{"one primary coverage", func(*Subject) {}},
	},
	{
		Code: "CB-COV-003", Severity: Hold, Types: professional, Field: "coverages to",
		Rule: "Every line lies within the primary coverage.",
		Hint: "Split the encounter at the day on which the coverage changed.",
		Check: func(s *Subject) []Problem {
			primary := s.Primary()
			if primary == nil {
				return nil
			}
			return perLine(s, func(_ int, line EncounterLine) string {
				if !primary.ActiveOn(line.ServiceDate) {
					return fmt.Sprintf("%s lies outside the primary coverage", line.ServiceDate)
				}
				return ""
			})
		},
		Fails: Example{"a second line after the coverage ended", func(s *Subject) {
			s.Coverages[0].To = s.Record.Lines[0].ServiceDate
			second := s.Record.Lines[0]
			second.Procedure, second.ServiceDate = "85025", second.ServiceDate.AddDays(1)
			s.Record.Lines = append(s.Record.Lines, second)
		}},
		Passes: Example{"all lines on the last day of the coverage", func(s *Subject) { s.Coverages[0].To = s.Record.Lines[0].ServiceDate }},
	},
	{
		Code: "CB-MBR-001", Severity: Hold, Types: professional, Field: "coverages member_id",
		Rule: "Every active coverage has a member id.",
		Hint: "Copy the member id from the patient's card into the set-up.",
		Check: func(s *Subject) []Problem {
			var found []Problem
			for _, c := range s.active() {
				if strings.TrimSpace(c.MemberID) == "" {
					found = append(found, Problem{0, "the member id with " + c.Payer.Name + " is missing"})
				}
			}
			return found
		},
		Fails:  Example{"an empty member id", func(s *Subject) { s.Coverages[0].MemberID = "" }},
		Passes: Example{"a member id", func(*Subject) {}},
	},
	{
		Code: "CB-MBR-002", Severity: Hold, Types: professional, Field: "coverages member_id",
		Rule: "The member id has the form that its payer gives out.",
		Hint: "Compare the member id with the patient's card; the payer's form is member_id_pattern in the set-up.",
		Check: func(s *Subject) []Problem {
			var found []Problem
			for _, c := range s.active() {
				if c.MemberID != "" && !matches(c.Payer.MemberIDPattern, c.MemberID) {
					found = append(found, Problem{0, "the member id has not the form of those of " + c.Payer.Name})
				}
			}
			return found
		},
		Fails:  Example{"12AB where three letters and nine digits are given out", func(s *Subject) { s.Coverages[0].MemberID = "12AB" }},
		Passes: Example{"XYZ123456789", func(s *Subject) { s.Coverages[0].MemberID = "XYZ123456789" }},
	},
	{
		Code: "CB-COV-004", Severity: Hold, Types: professional, Field: "coverages subscriber",
		Rule: "Where the patient is not the subscriber, the subscriber's name and date of birth are there.",
		Hint: "Add the subscriber to the coverage in the set-up.",
		Check: func(s *Subject) []Problem {
			var found []Problem
			for _, c := range s.active() {
				if c.Relationship != "18" && (c.Subscriber.LastName == "" || c.Subscriber.BirthDate.IsZero()) {
					found = append(found, Problem{0, "the subscriber of the coverage with " + c.Payer.Name + " is not named"})
				}
			}
			return found
		},
		Fails:  Example{"a child without a subscriber", func(s *Subject) { s.Coverages[0].Relationship = "19" }},
		Passes: Example{"a patient who is the subscriber", func(*Subject) {}},
	},
	{
		Code: "CB-COV-005", Severity: Hold, Types: professional, Field: "coverages insurance_type",
		Rule: "Where Medicare is not the primary payer, the coverage says why (SBR05).",
		Hint: "Enter the insurance type of the Medicare coverage in the set-up: 12 working aged, 43 disability, 47 liability, 13 kidney disease.",
		Check: func(s *Subject) []Problem {
			for _, c := range s.active() {
				if c.Payer.Kind == "medicare" && c.Rank > 1 && c.InsuranceType == "" {
					return problems(true, "Medicare is not primary and the reason is missing")
				}
			}
			return nil
		},
		Fails: Example{"Medicare second without a reason", func(s *Subject) {
			second := s.Coverages[0]
			second.Rank, second.Payer.Kind = 2, "medicare"
			s.Coverages = append(s.Coverages, second)
		}},
		Passes: Example{"Medicare second with the reason 12, working aged", func(s *Subject) {
			second := s.Coverages[0]
			second.Rank, second.Payer.Kind, second.InsuranceType = 2, "medicare", "12"
			s.Coverages = append(s.Coverages, second)
		}},
	},
}

var patterns sync.Map // text → *regexp.Regexp, or nil for one that does not compile

// matches reports whether the whole value has the form; no form takes anything.
func matches(pattern, value string) bool {
	if pattern == "" {
		return true
	}
	compiled, known := patterns.Load(pattern)
	if !known {
		expression, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			expression = nil // set-up refuses such a pattern; one that slipped in holds nothing
		}
		compiled, _ = patterns.LoadOrStore(pattern, expression)
	}
	expression, ok := compiled.(*regexp.Regexp)
	return !ok || expression == nil || expression.MatchString(value)
}
