package claims

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/ack"
	"github.com/claimbook/claimbook/edi/codeset"
)

// Answer is what an acknowledgment says of one claim, in plain words.
type Answer struct {
	State    State  // where the claim stands now
	Rejected bool   // it never was in adjudication: fix and send again as an original
	Message  string // what was decided and why
	Field    string // what to correct; empty when the answer does not say
	Action   string // what usually helps
}

// AnswerOf reads the statuses of one claim of a 277CA, with those of its lines.
func AnswerOf(c *ack.ClaimStatus) Answer {
	a := Answer{State: AcceptedClearinghouse, Rejected: c.Rejected()}
	for i := range c.Lines {
		for k := range c.Lines[i].Statuses {
			a.Rejected = a.Rejected || c.Lines[i].Statuses[k].Rejected()
		}
	}
	var reasons []string
	add := func(place string, statuses []ack.Status) {
		for i := range statuses {
			s := &statuses[i]
			for _, r := range s.Reasons {
				if r == (ack.Reason{}) {
					continue
				}
				if r.Category == "A2" {
					a.State = Accepted
				}
				if a.Rejected && !s.Rejected() {
					continue // a claim that is rejected for one reason may be told of others that are fine
				}
				reasons = append(reasons, place+explainReason(r))
				if fix := fixOf(r); a.Field == "" {
					a.Field, a.Action = fix.field, fix.action
				}
			}
			if s.Text != "" {
				reasons = append(reasons, place+"\""+s.Text+"\"")
			}
		}
	}
	add("", c.Statuses)
	for i, line := range c.Lines {
		add(fmt.Sprintf("line %d: ", i+1), line.Statuses)
	}
	if a.Rejected {
		a.State = Rejected
	} else {
		a.Field, a.Action = "", ""
	}
	a.Message = strings.Join(reasons, "; ")
	if a.Rejected && a.Action == "" {
		a.Action = "Correct what the reason names, in the set-up or by sending the encounter again, then release the claim."
	}
	return a
}

// explainReason says a health care claim status in plain words, with its codes
// for those who look them up.
func explainReason(r ack.Reason) string {
	var parts []string
	if label, known := codeset.ClaimStatusCategory(r.Category); known && label != "" {
		parts = append(parts, label)
	}
	if label, known := codeset.ClaimStatus(r.Code); known && label != "" {
		if who := whom(r.Entity); who != "" {
			label = strings.NewReplacer("Entity's", "the "+who+"'s", "Entity", "the "+who, "the entity", "the "+who).Replace(label)
		}
		parts = append(parts, label)
	} else {
		parts = append(parts, "status "+r.Code)
	}
	codes := r.Category + ":" + r.Code
	if r.Entity != "" {
		codes += ":" + r.Entity
	}
	return fmt.Sprintf("%s (%s)", strings.Join(parts, ": "), codes)
}

// whom names whom a status is about, inside of a sentence.
func whom(entity string) string {
	if who := entities[entity]; who != "" {
		return who
	}
	label, _ := codeset.Entity(entity)
	if len(label) > 1 && strings.ToUpper(label[1:2]) == label[1:2] { // HMO
		return label
	}
	return strings.ToLower(label[:min(1, len(label))]) + label[min(1, len(label)):]
}

// entities are whom a status is mostly about (STC01-3), in the practice's words.
var entities = map[string]string{
	"85": "billing provider", "87": "pay-to provider", "82": "rendering provider", "DN": "referring provider", "77": "facility",
	"DK": "ordering provider", "DQ": "supervising provider", "IL": "subscriber", "QC": "patient", "PR": "payer", "41": "submitter",
	"40": "receiver", "AY": "clearinghouse", "03": "dependent", "GB": "other insured",
}

type fix struct{ field, action string }

// fixes lead from a claim status code to what usually was wrong. Codes about an
// entity are read with it.
var fixes = map[string]fix{
	"19":  {"", ""},
	"20":  {"", ""},
	"21":  {"", "Ask the payer which information is missing; correct it and release the claim."},
	"24":  {"enrollment", "Finish the electronic enrollment with this payer, then release the claim."},
	"25":  {"enrollment", "Enroll the provider with this payer, then release the claim."},
	"26":  {"entity id", "Check the name and number against the payer's records, correct the set-up, then release the claim."},
	"27":  {"coverage", "Check eligibility; the policy has ended. Correct the coverage and release the claim, or bill the patient."},
	"29":  {"subscriber name", "Compare name and member id with the card, correct the coverage in the set-up, then release the claim."},
	"30":  {"member id", "Compare the member id with the card, correct the coverage in the set-up, then release the claim."},
	"31":  {"subscriber name", "Compare the subscriber's name with the card, correct the coverage in the set-up, then release the claim."},
	"32":  {"member id", "Compare the member id with the card, correct the coverage in the set-up, then release the claim."},
	"33":  {"member id", "Check eligibility; compare name and member id with the card, correct the coverage in the set-up, then release the claim."},
	"88":  {"coverage", "Check eligibility on the day of service, correct the coverage, then release the claim."},
	"90":  {"coverage", "Check eligibility on the day of service, correct the coverage, then release the claim."},
	"97":  {"coverage", "Check eligibility on the day of service, correct the coverage, then release the claim."},
	"116": {"payer", "The claim went to the wrong payer: correct the patient's coverage, then release the claim."},
	"121": {"lines", "Split the encounter; this payer takes fewer lines."},
	"125": {"name", "Correct the name in the set-up, then release the claim."},
	"126": {"address", "Correct the address in the set-up, then release the claim."},
	"128": {"tax id", "Correct the tax number in the set-up, then release the claim."},
	"132": {"Medicaid id", "Enter the provider's number with this payer, then release the claim."},
	"145": {"taxonomy", "Correct the provider's taxonomy in the set-up, then release the claim."},
	"153": {"id", "Correct the number in the set-up, then release the claim."},
	"156": {"relationship", "Correct the patient's relationship to the subscriber, then release the claim."},
	"157": {"sex", "Correct the sex in the set-up, then release the claim."},
	"158": {"date of birth", "Correct the date of birth in the set-up, then release the claim."},
	"164": {"member id", "Compare the member id with the card, correct the coverage in the set-up, then release the claim."},
	"171": {"other coverage", "Ask the patient for the other insurance; add it to the set-up in its rank, then release the claim."},
	"178": {"charge", "Compare the charges of the lines with the total, then send the encounter again."},
	"187": {"date of service", "Correct the date of service and send the encounter again."},
	"247": {"lines", "Correct the line and send the encounter again."},
	"249": {"place of service", "Correct the place of service and send the encounter again."},
	"252": {"authorization", "Get the authorization from the payer, send the encounter again with its number."},
	"254": {"diagnoses", "Correct the principal diagnosis and send the encounter again."},
	"255": {"diagnoses", "Correct the diagnosis and send the encounter again."},
	"400": {"charge", "Compare the charges of the lines with the total, then send the encounter again."},
	"453": {"modifiers", "Correct the modifier and send the encounter again."},
	"454": {"procedure", "Correct the procedure code and send the encounter again."},
	"455": {"revenue code", "Correct the revenue code and send the encounter again."},
	"476": {"units", "Correct the units and send the encounter again."},
	"477": {"pointers", "Correct the diagnosis pointers and send the encounter again."},
	"500": {"address", "Correct the ZIP code in the set-up (nine digits for billing), then release the claim."},
	"507": {"procedure", "Correct the procedure code and send the encounter again."},
	"535": {"frequency", "Send the claim as an original, or add the payer's claim number."},
	"562": {"npi", "Correct the NPI in the set-up, then release the claim."},
	"673": {"patient status", "Correct the patient status, then release the claim."},
	"718": {"timely filing", "Look for proof of an earlier submission in time; otherwise decide about a write-off."},
	"746": {"duplicate", "The payer has this claim already: look for its answer before sending again."},
}

func fixOf(r ack.Reason) fix {
	f := fixes[r.Code]
	if who, named := entities[r.Entity]; named && f.field != "" && f.field != "member id" {
		f.field = who + " " + f.field
	}
	return f
}

// ExplainSegmentError says one error of a 999 in plain words: which element of
// which segment, and what is wrong with it.
func ExplainSegmentError(e *ack.SegmentError) string {
	if len(e.Elements) == 0 {
		what, known := segmentErrors[e.Code]
		if !known {
			what = "has an error (IK304 " + e.Code + ")"
		}
		return fmt.Sprintf("segment %s, number %d of the transaction set%s, %s", e.SegmentID, e.Number, inLoop(e.Loop), what)
	}
	parts := make([]string, 0, len(e.Elements))
	for _, element := range e.Elements {
		what, known := elementErrors[element.Code]
		if !known {
			what = "has an error (IK403 " + element.Code + ")"
		}
		place := fmt.Sprintf("%s%02d", e.SegmentID, element.Element)
		if element.Component > 0 {
			place += fmt.Sprintf("-%d", element.Component)
		}
		parts = append(parts, fmt.Sprintf("%s%s %s", place, inLoop(e.Loop), what))
	}
	return strings.Join(parts, "; ")
}

func inLoop(loop string) string {
	if loop == "" {
		return ""
	}
	return " in loop " + loop
}

var segmentErrors = map[string]string{
	"1": "is not a segment of X12", "2": "stands where it may not", "3": "is required and missing",
	"4": "makes its loop occur too often", "5": "is there too often", "6": "is not a segment of this transaction set",
	"7": "is not in the right order", "8": "has errors in its elements", "I4": "is not used by the guide",
	"I6": "is missing although the situation needs it", "I7": "begins a loop that is there less often than the guide needs",
	"I8": "is there less often than the guide needs", "I9": "is there although the situation forbids it",
}

var elementErrors = map[string]string{
	"1": "is required and missing", "2": "is missing although another element needs it", "3": "is one element too many", "4": "is too short",
	"5": "is too long", "6": "has a character that is not allowed", "7": "is not a valid code", "8": "is not a valid date", "9": "is not a valid time",
	"10": "is there although another element excludes it", "12": "repeats too often", "13": "has one component too many",
	"I6": "has a code that the guide does not use here", "I9": "is missing although the situation needs it", "I10": "is not used by the guide",
	"I11": "repeats less often than the guide needs", "I12": "has not the form that the guide asks for", "I13": "is there although the situation forbids it",
}

// ExplainTA1 says the note of a TA1 in plain words.
func ExplainTA1(note string) string {
	if what, known := envelopeNotes[note]; known {
		return what
	}
	return "note " + note
}

var envelopeNotes = map[string]string{
	"000": "no error", "001": "the control numbers in ISA and IEA differ", "002": "the standard is not supported", "003": "the version is not supported",
	"004": "the segment terminator is invalid", "005": "the sender's qualifier is invalid", "006": "the sender's id is invalid or unknown",
	"007": "the receiver's qualifier is invalid", "008": "the receiver's id is invalid or unknown", "009": "the receiver is unknown",
	"010": "the authorization qualifier is invalid", "011": "the authorization is invalid", "012": "the security qualifier is invalid",
	"013": "the security information is invalid", "014": "the date is invalid", "015": "the time is invalid", "016": "the standards id is invalid",
	"017": "the version id is invalid", "018": "the control number is invalid", "019": "the acknowledgment request is invalid",
	"020": "the usage indicator is invalid", "021": "the number of groups is wrong", "022": "the control structure is invalid",
	"023": "the file ends too early", "024": "the content is invalid", "025": "this interchange was received before", "026": "the data element separator is invalid",
	"027": "the component separator is invalid", "028": "the file ends too early", "029": "a transmission is under way", "030": "the usage does not fit the partner",
	"031": "the interchange has more than one group where one is allowed",
}
