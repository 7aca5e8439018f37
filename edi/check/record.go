package check

import (
	"slices"

	"github.com/claimbook/claimbook/edi/guide"
)

// ClaimRecord is what a 277CA needs of a claim. A file may have hundreds of
// thousands of them, so its texts stand behind each other in one string.
type ClaimRecord struct {
	text     string
	ends     [recordTexts]uint8
	bill     [3]byte // CLM05-1 and -3 of an institutional claim
	from, to int32   // service dates, CCYYMMDD; 0 for none
	provider int32   // index of the billing provider in the transaction set
	rejected []guide.Status
}

// The texts of a record.
const (
	recordNumber = iota // CLM01
	recordCharge        // CLM02
	recordLast          // the patient's name
	recordFirst
	recordMember
	recordTexts
)

// maxStatuses is how many reasons of a rejected claim a 277CA tells.
const maxStatuses = 4

func newRecord(provider int, texts ...[]byte) ClaimRecord {
	r := ClaimRecord{provider: int32(provider)}
	var all [255]byte
	n := 0
	for i, v := range texts {
		n += copy(all[n:], v)
		r.ends[i] = uint8(n)
	}
	r.text = string(all[:n])
	return r
}

func (r *ClaimRecord) get(k int) string {
	from := 0
	if k > 0 {
		from = int(r.ends[k-1])
	}
	return r.text[from:r.ends[k]]
}

// Number returns the claim's number, CLM01.
func (r *ClaimRecord) Number() string { return r.get(recordNumber) }

// Accepted reports whether nothing of levels 3 to 7 rejects the claim.
func (r *ClaimRecord) Accepted() bool { return len(r.rejected) == 0 }

// billType returns the bill type with its frequency; "" for other claims.
func (r *ClaimRecord) billType() string {
	if r.bill[0] == 0 {
		return ""
	}
	n := slices.Index(r.bill[:], 0)
	if n < 0 {
		n = len(r.bill)
	}
	return string(r.bill[:n])
}

// addStatus keeps a reason once, and a few in all.
func addStatus(list []guide.Status, s guide.Status) []guide.Status {
	if s.IsZero() {
		s = guide.Status{Category: "A3", Code: "21"}
	}
	if len(list) >= maxStatuses || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
