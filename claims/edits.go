package claims

import "slices"

// Edits is the table of all rules, by family. Their order is the order of the
// findings that a person reads.
var Edits = slices.Concat(recordEdits, partyEdits, coverageEdits, diagnosisEdits, serviceEdits, timingEdits)

var professional = []string{"837P"}
