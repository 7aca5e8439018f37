package web

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/claimbook/claimbook/edi/codeset"
)

// word is what the book's own word says to people, and in which tone: good,
// warn, bad, or none.
type word struct{ label, tone, help string }

// claimStates is in the order of a claim's life.
var claimStates = []string{"draft", "held", "ready", "batched", "sent", "received", "accepted-clearinghouse", "accepted", "rejected",
	"partly-paid", "denied", "forwarded", "paid", "closed", "replaced", "voided"}

var claimStateWords = map[string]word{
	"draft":                  {"Draft", "", "Being built; nothing was checked yet."},
	"held":                   {"Held", "warn", "Checks found something to fix, or a person holds it."},
	"ready":                  {"Ready", "", "Checked; goes out with the next submit."},
	"batched":                {"Batched", "", "In a file that is about to be sent."},
	"sent":                   {"Sent", "", "With the clearinghouse; no answer yet."},
	"received":               {"Received", "", "The clearinghouse could read the file (999)."},
	"accepted-clearinghouse": {"At clearinghouse", "", "The clearinghouse accepted it (277CA) and passes it on."},
	"accepted":               {"Accepted", "good", "The payer took it in for adjudication (277CA)."},
	"rejected":               {"Rejected", "bad", "It never reached adjudication: fix it and send it again as an original."},
	"paid":                   {"Paid", "good", "The payer paid what was allowed."},
	"partly-paid":            {"Partly paid", "warn", "The payer paid a part and refused some lines."},
	"denied":                 {"Denied", "bad", "The payer decided to pay nothing."},
	"forwarded":              {"Forwarded", "", "The payer passed it to the next payer."},
	"closed":                 {"Closed", "good", "No insurer owes anything for it any more."},
	"replaced":               {"Replaced", "", "A corrected claim took its place."},
	"voided":                 {"Voided", "", "Taken back."},
}

// workKinds is in the order in which a secretary meets them.
var workKinds = []string{"held", "rejected", "no-response", "denied", "underpaid", "adjustment", "secondary", "unmatched", "quarantine",
	"plb", "credit", "statement", "file", "job"}

var workKindWords = map[string]word{
	"held":        {"Needs fixing", "warn", "Encounters that the checks stopped before they became claims."},
	"rejected":    {"Rejected", "bad", "Claims that never reached adjudication."},
	"no-response": {"No response", "warn", "Sent and not answered in time."},
	"denied":      {"Denied", "bad", "Claims or lines that a payer refused to pay."},
	"underpaid":   {"Underpaid", "warn", "Paid below the contract."},
	"adjustment":  {"Adjustment to judge", "warn", "A payer's adjustment that no rule covers: the balance stays open."},
	"secondary":   {"Secondary claim", "", "The next payer's claim needs a hand."},
	"unmatched":   {"Unmatched payment", "bad", "Cash that came without a claim we know."},
	"quarantine":  {"Quarantined remittance", "bad", "A remittance that does not balance: nothing of it was posted."},
	"plb":         {"Provider adjustment", "warn", "Money moved by the payer outside of any claim."},
	"credit":      {"Credit balance", "warn", "More was paid than owed: it has to go back."},
	"statement":   {"Statement", "", "A statement that a person should look at."},
	"file":        {"File", "bad", "A file that could not be taken in."},
	"job":         {"Stopped job", "bad", "A step that gave up after several attempts."},
}

var encounterStateWords = map[string]word{
	"received": {"Received", "", "Taken in; not checked yet."},
	"held":     {"Held", "warn", "Checks found something to fix."},
	"ready":    {"Ready", "", "Checked."},
	"claimed":  {"Claimed", "good", "On its way to a payer."},
	"self-pay": {"Self-pay", "", "Billed to the patient."},
	"void":     {"Void", "", "Taken back."},
}

var remittanceStateWords = map[string]word{
	"posted":        {"Posted", "good", "Every cent of it is in the ledger."},
	"quarantined":   {"Quarantined", "bad", "It does not balance: nothing of it was posted."},
	"informational": {"Information only", "", "It moves no money."},
}

var outcomeWords = map[string]word{
	"paid":          {"Paid", "good", ""},
	"partly-paid":   {"Partly paid", "warn", ""},
	"denied":        {"Denied", "bad", ""},
	"reversed":      {"Reversed", "warn", ""},
	"forwarded":     {"Forwarded", "", ""},
	"unmatched":     {"Unmatched", "bad", ""},
	"informational": {"Information only", "", ""},
}

var batchStateWords = map[string]word{
	"built":        {"Built", "", ""},
	"sent":         {"Sent", "", ""},
	"acknowledged": {"Acknowledged", "good", ""},
	"rejected":     {"Rejected", "bad", ""},
}

var fileStateWords = map[string]word{
	"stored":   {"Being read", "", ""},
	"finished": {"Done", "good", ""},
	"refused":  {"Refused", "bad", ""},
}

var statementStateWords = map[string]word{
	"selected":  {"Being written", "", ""},
	"rendered":  {"Ready to mail", "good", ""},
	"delivered": {"Delivered", "good", ""},
}

var paymentStateWords = map[string]word{
	"recorded": {"Recorded", "good", ""},
	"returned": {"Returned", "bad", ""},
	"voided":   {"Voided", "", ""},
}

var recordOutcomeWords = map[string]word{
	"stored":    {"Being read", "", ""},
	"accepted":  {"Accepted", "good", ""},
	"held":      {"Held", "warn", ""},
	"duplicate": {"Duplicate", "", ""},
	"refused":   {"Refused", "bad", ""},
}

// say looks a word up; one that the book has and this table has not shows as it is.
func say(words map[string]word, name string) word {
	if w, ok := words[name]; ok {
		return w
	}
	return word{label: sentence(name)}
}

// sentence turns a word of the schema into one for people: "patient-payment"
// is "Patient payment".
func sentence(name string) string {
	return capital(strings.NewReplacer("-", " ", "_", " ").Replace(name))
}

// capital begins a text with a capital letter and changes nothing else.
func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[n:]
}

// eventLabel names a step of the timeline.
func eventLabel(event string) string {
	switch strings.ToLower(event) {
	case "ta1":
		return "Interchange acknowledged (TA1)"
	case "999":
		return "File read by the clearinghouse (999)"
	case "277ca":
		return "Claim acknowledged (277CA)"
	case "835":
		return "Adjudicated (835)"
	}
	return sentence(event)
}

// rank names a payer's place in the order of benefits.
func rank(r int16) string {
	switch r {
	case 1:
		return "primary"
	case 2:
		return "secondary"
	case 3:
		return "tertiary"
	}
	return ""
}

func described(code, label string, known bool) string {
	if !known || label == "" {
		return code
	}
	return code + " " + label
}

// groupLabel explains a group code: who bears the adjustment.
func groupLabel(code string) string {
	label, _ := codeset.GroupCode(code)
	return label
}

// carcLabel explains why a payer paid less.
func carcLabel(code string) string {
	label, _ := codeset.CARC(code)
	return label
}

func rarcLabel(code string) string {
	label, _ := codeset.RARC(code)
	return label
}

func placeLabel(code string) string {
	label, known := codeset.PlaceOfService(code)
	return described(code, label, known)
}

func diagnosisLabel(code string) string {
	d, _ := codeset.ICD10CM(code)
	return d.Description
}

func clpStatus(code string) string {
	label, known := codeset.ClaimStatusOfRemittance(code)
	return described(code, label, known)
}

func plbLabel(code string) string {
	label, known := codeset.ProviderAdjustment(code)
	return described(code, label, known)
}

// frequencyLabel names CLM05-3.
func frequencyLabel(code string) string {
	label, known := codeset.Frequency(code)
	return described(code, label, known)
}

// method names BPR04.
func method(code string) string {
	switch code {
	case "ACH":
		return "EFT"
	case "CHK":
		return "Check"
	case "NON":
		return "No payment"
	case "FWT":
		return "Wire"
	case "BOP":
		return "Payer's choice"
	}
	return code
}

// treatmentLabel says what the book did with an adjustment.
func treatmentLabel(treatment string) string {
	switch treatment {
	case "contractual":
		return "Contractual"
	case "reduction":
		return "Payer reduction"
	case "withhold":
		return "Withheld, to come"
	case "tax":
		return "Tax withheld"
	case "capitation":
		return "Capitation"
	case "patient":
		return "To the patient"
	case "next-payer", "next":
		return "To the next payer"
	case "denial":
		return "Denied, stays open"
	case "stay":
		return "Stays open"
	}
	return sentence(treatment)
}

// finding is what a check or an import says of a record.
type finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Field    string `json:"field"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
	Fix      string `json:"fix"`
}

// findings reads a list of findings; reasons that are bare texts are findings too.
func findings(raw []byte) []finding {
	var list []finding
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var texts []string
	if json.Unmarshal(raw, &texts) != nil {
		return nil
	}
	for _, t := range texts {
		list = append(list, finding{Message: t})
	}
	return list
}
