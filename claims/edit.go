package claims

import (
	"fmt"
	"strings"
)

// Severity says what an edit's finding does.
type Severity string

// Severities of edits. Off is a practice's own switch.
const (
	Hold Severity = "hold" // the encounter waits for a person
	Warn Severity = "warn" // the claim goes out; the finding stays with the encounter
	Off  Severity = "off"
)

// Edit is one rule about encounters. The table of all of them is Edits; the
// documentation and the tests are made from it.
type Edit struct {
	Code     string // stable: CB-NPI-001
	Severity Severity
	Types    []string // of claims it applies to
	SelfPay  bool     // applies where nobody but the patient is billed, too
	Field    string   // what to correct
	Rule     string   // what must hold, in plain words
	Hint     string   // how to fix it
	Check    func(*Subject) []Problem
	Fails    Example
	Passes   Example
}

// Problem is what an edit found: the message, and the line it is about.
type Problem struct {
	Line    int // 1-based service line; 0: the whole encounter
	Message string
}

// Example is a case of an edit, as the change that makes it of an encounter
// that passes everything.
type Example struct {
	Text  string
	Apply func(*Subject)
}

// Finding is a problem as it is kept with the encounter and shown to a person.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Field    string   `json:"field"`
	Line     int      `json:"line,omitempty"` // 1-based service line; 0: the whole encounter
	Message  string   `json:"message"`
	Hint     string   `json:"hint"`
}

// String is the finding in one line: code, place, message.
func (f Finding) String() string {
	if f.Line > 0 {
		return fmt.Sprintf("%s line %d: %s", f.Code, f.Line, f.Message)
	}
	return f.Code + " " + f.Message
}

// Scrub runs all edits over an encounter. switches are a practice's own
// severities by code of edit; nil has none.
func Scrub(s *Subject, switches map[string]Severity) []Finding {
	var findings []Finding
	for i := range Edits {
		edit := &Edits[i]
		severity := edit.Severity
		if own, switched := switches[edit.Code]; switched {
			severity = own
		}
		if severity == Off || (s.SelfPay() && !edit.SelfPay) {
			continue
		}
		for _, problem := range edit.Check(s) {
			findings = append(findings, Finding{
				Code: edit.Code, Severity: severity, Field: edit.Field, Line: problem.Line,
				Message: problem.Message, Hint: edit.Hint,
			})
		}
	}
	return findings
}

// Holds returns the findings that hold the encounter.
func Holds(findings []Finding) []Finding {
	var holds []Finding
	for _, f := range findings {
		if f.Severity == Hold {
			holds = append(holds, f)
		}
	}
	return holds
}

// HeldItem is the work item of an encounter that the edits hold. The action is
// the first finding's hint; the reason says all of them.
func HeldItem(s *Subject, encounterID int64, version int, holds []Finding) WorkItem {
	reasons := make([]string, 0, len(holds))
	var actions []string
	for _, f := range holds {
		place := ""
		if f.Line > 0 {
			place = fmt.Sprintf("Line %d: ", f.Line)
		}
		reasons = append(reasons, place+f.Message)
		if len(actions) == 0 || actions[len(actions)-1] != f.Hint {
			actions = append(actions, f.Hint)
		}
	}
	charge, err := s.Record.Charge()
	if err != nil {
		charge = 0 // a sum out of range is itself a finding
	}
	item := WorkItem{
		Kind: WorkHeld, DedupeKey: HeldKey(s.Record.ExternalID, version), EncounterID: encounterID,
		Reason: fmt.Sprintf("Encounter %s: %s", s.Record.ExternalID, strings.Join(reasons, "; ")),
		Action: strings.Join(actions, " "), Amount: charge, DueOn: s.TimelyBy(), OpenedOn: s.Today,
	}
	if s.Patient != nil {
		item.PatientID = s.Patient.ID
	}
	if primary := s.Primary(); primary != nil {
		item.PayerID = primary.Payer.ID
	}
	return item
}

// HeldKey is the dedupe key of the work item of a held encounter.
func HeldKey(externalID string, version int) string {
	return fmt.Sprintf("held|%s|%d", externalID, version)
}

// problems makes a list of one problem of the whole encounter, or none.
func problems(wrong bool, format string, args ...any) []Problem {
	if !wrong {
		return nil
	}
	return []Problem{{Message: fmt.Sprintf(format, args...)}}
}

// perLine collects the messages of a check of each line; "" is none.
func perLine(s *Subject, check func(n int, line EncounterLine) string) []Problem {
	var found []Problem
	for i, line := range s.Record.Lines {
		if message := check(i+1, line); message != "" {
			found = append(found, Problem{i + 1, message})
		}
	}
	return found
}
