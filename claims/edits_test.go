package claims

import (
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// cleanSubject is an encounter that passes every edit.
func cleanSubject() *Subject {
	address := Address{Line1: "1 Oak St", City: "Springfield", State: "IL", ZIP: "627010001"}
	payer := Payer{ID: 5, Code: "BLUE", Name: "Blue Plan", Identifier: "54321", FilingCode: "BL", Kind: "blue", FilingDays: 180,
		MemberIDPattern: `[A-Z]{3}[0-9]{9}`}
	return &Subject{
		Today: date.MustParse("2022-03-14"),
		Record: EncounterRecord{
			ExternalID: "E1", Patient: "P1", RenderingProvider: "DR1", BillingProvider: "OAK", Facility: "F1", Diagnoses: []string{"I10", "E119"},
			Lines: []EncounterLine{{ServiceDate: date.MustParse("2022-03-11"), Procedure: "99213", Pointers: []int{1},
				Units: decimal.NewFromInt(1), Charge: 120_00}},
		},
		Patient:   &Patient{ID: 1, Account: "P1", Person: Person{LastName: "Doe", FirstName: "Jo", BirthDate: date.MustParse("1982-01-02"), Sex: "U", Address: address}},
		Billing:   &Provider{ID: 2, Code: "OAK", Role: "billing", Organization: true, LastName: "Oak Street", NPI: "1234567893", TIN: "123456789", Address: address},
		Rendering: &Provider{ID: 3, Code: "DR1", Role: "rendering", LastName: "Roe", FirstName: "Al", NPI: "1234567893", Taxonomy: "207Q00000X"},
		Facility:  &Facility{ID: 4, Code: "F1", Name: "Oak Street Office", NPI: "1234567893", PlaceOfService: "11", Address: address},
		Coverages: []Coverage{{ID: 6, Payer: payer, Rank: 1, MemberID: "XYZ123456789", Relationship: "18", From: date.MustParse("2020-01-01")}},
		Fee: func(procedure, modifier string, _ date.Date) (money.Cents, bool) {
			return 120_00, procedure == "99213" && modifier == ""
		},
	}
}

func TestCleanEncounterHasNoFindings(t *testing.T) {
	s := cleanSubject()
	if findings := Scrub(s, nil); len(findings) != 0 {
		t.Errorf("findings %v", findings)
	}
}

// Every edit is tested by its own two examples: the failing one raises it, the
// passing one does not.
func TestEditsByTheirExamples(t *testing.T) {
	seen := map[string]bool{}
	for _, edit := range Edits {
		t.Run(edit.Code, func(t *testing.T) {
			if seen[edit.Code] {
				t.Errorf("the code is there twice")
			}
			seen[edit.Code] = true
			for _, text := range []string{edit.Rule, edit.Hint, edit.Field, edit.Fails.Text, edit.Passes.Text} {
				if strings.TrimSpace(text) == "" {
					t.Error("a text is missing")
				}
			}
			s := cleanSubject()
			edit.Fails.Apply(s)
			if len(edit.Check(s)) == 0 {
				t.Errorf("%s passes", edit.Fails.Text)
			}
			if !slices.ContainsFunc(Scrub(s, nil), func(f Finding) bool { return f.Code == edit.Code && f.Severity == edit.Severity }) {
				t.Errorf("Scrub does not report it")
			}
			s = cleanSubject()
			edit.Passes.Apply(s)
			if found := edit.Check(s); len(found) != 0 {
				t.Errorf("%s fails: %v", edit.Passes.Text, found)
			}
		})
	}
}

func TestSwitches(t *testing.T) {
	s := cleanSubject()
	s.Record.Lines[0].Charge += 100
	if found := Scrub(s, map[string]Severity{"CB-CHG-002": Off}); len(found) != 0 {
		t.Errorf("an edit that is off found %v", found)
	}
	if found := Holds(Scrub(s, map[string]Severity{"CB-CHG-002": Hold})); len(found) != 1 || found[0].Line != 1 {
		t.Errorf("an edit switched to hold gives %v", found)
	}
}

// An encounter that names nobody we know must not make an edit fail itself.
func TestEditsOnAnEmptyRecord(t *testing.T) {
	findings := Scrub(&Subject{Today: date.MustParse("2022-03-14")}, nil)
	for _, code := range []string{"CB-PAT-001", "CB-PRV-001", "CB-PRV-002", "CB-LIN-001", "CB-DX-001"} {
		if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == code }) {
			t.Errorf("%s is missing in %v", code, findings)
		}
	}
}

func TestSelfPay(t *testing.T) {
	s := cleanSubject()
	s.Coverages, s.Rendering.NPI, s.Billing.NPI = nil, "1", "1"
	if !s.SelfPay() || len(Holds(Scrub(s, nil))) != 0 {
		t.Errorf("a self-pay encounter is held: %v", Scrub(s, nil))
	}
	s.Record.Lines[0].Charge = 0
	if len(Holds(Scrub(s, nil))) != 1 {
		t.Error("a self-pay encounter without a charge is not held")
	}
}

func TestHeldItem(t *testing.T) {
	s := cleanSubject()
	s.Coverages[0].MemberID, s.Record.Lines[0].Pointers = "", nil
	item := HeldItem(s, 9, 1, Holds(Scrub(s, nil)))
	if item.Amount != 120_00 || item.DueOn != date.MustParse("2022-09-07") || item.DedupeKey != "held|E1|1" {
		t.Errorf("item %+v", item)
	}
	if want := "Encounter E1: the member id with Blue Plan is missing; Line 1: the line has 0 diagnosis pointers; 1 to 4 are needed"; item.Reason != want {
		t.Errorf("reason %q", item.Reason)
	}
}
