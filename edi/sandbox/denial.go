package sandbox

// denial is a reason for paying nothing: the adjustment and the remark beside it.
type denial struct {
	group, carc string
	rarc        string // MOA or LQ; may be empty
}

// denials cover CORE's four scenarios (missing documentation, missing or wrong
// data, not covered, not separately payable) and what practices meet besides.
var denials = []denial{
	{"CO", "16", "N290"},  // data: rendering provider's identifier
	{"CO", "16", "M51"},   // data: procedure code
	{"CO", "252", "N706"}, // documentation is missing
	{"CO", "29", ""},      // timely filing
	{"CO", "197", ""},     // no authorization
	{"OA", "18", ""},      // exact duplicate
	{"CO", "50", "N115"},  // not medically necessary
	{"PR", "204", ""},     // not covered by the plan
	{"CO", "97", "M15"},   // not separately payable
	{"OA", "22", ""},      // another payer comes first
	{"CO", "11", ""},      // diagnosis does not fit the procedure
	{"PR", "27", ""},      // coverage had ended
	{"CO", "109", "N418"}, // sent to the wrong payer
}

// lineDenials are those that strike single lines.
var lineDenials = []denial{
	{"CO", "97", "M15"}, {"CO", "50", "N115"}, {"CO", "16", "M51"}, {"CO", "197", ""}, {"PR", "96", "N130"}, {"CO", "151", "N362"},
}

// rejection is a status by which a claim is sent back before adjudication: the
// category, the code and whom or what it concerns (STC01-1 to -3).
type rejection struct{ category, code, entity string }

var rejections = []rejection{
	{"A3", "33", "IL"},  // the member is not known here
	{"A7", "562", "82"}, // the provider's NPI
	{"A7", "164", "IL"}, // the member's identifier
	{"A7", "255", ""},   // a diagnosis code
	{"A6", "453", ""},   // a modifier is missing
	{"A8", "178", ""},   // submitted charges
	{"A3", "97", "QC"},  // the patient's eligibility
}

// lowerVisit is the next lower level of an office visit.
var lowerVisit = map[string]string{
	"99203": "99202", "99204": "99203", "99205": "99204",
	"99213": "99212", "99214": "99213", "99215": "99214",
}
