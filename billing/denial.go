package billing

import "slices"

// Scenario is one of the business scenarios by which CORE groups denials, with
// four that practices work apart because they have a remedy of their own.
type Scenario struct {
	Name   string // plain words, the beginning of a work item's reason
	Action string // what usually helps
	carcs  []string
}

// notCovered is the scenario of denials after which the patient may owe what the
// payer does not, whatever the group code says.
const notCovered = "patient was not covered on the date of service"

// scenarios are looked through in order; the last one takes what is left.
var scenarios = []Scenario{
	{"filed too late", "find the clearinghouse's acceptance (277CA) of the first submission and appeal with it as proof of timely filing",
		[]string{"29"}},
	{"duplicate of a claim already processed", "find the earlier payment or denial in the claim's timeline; close this item if it was paid, else send a corrected claim (frequency 7)",
		[]string{"18"}},
	{"another payer must go first or has paid already", "check the patient's coverages and their order, then send the claim with the other payer's payment information",
		[]string{"19", "20", "21", "22", "109", "136", "275"}},
	{"authorization or referral is missing", "find the authorization number and send a corrected claim with it, or ask for a retroactive authorization",
		[]string{"15", "38", "197", "198", "243", "284", "302", "303", "304"}},
	{notCovered, "check eligibility for the date of service; correct the coverage and send again, or move the balance to the patient",
		[]string{"26", "27", "31", "32", "33", "34", "166", "177", "200"}},
	{"documentation is missing", "send the records that the remark codes name",
		[]string{"50", "55", "56", "57", "148", "150", "151", "152", "153", "154", "163", "164", "226", "227", "251", "252", "285", "286", "A1"}},
	{"data is missing or invalid", "correct the fields that the remark codes name and send a corrected claim (frequency 7)",
		[]string{"4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "16", "40", "110", "112", "125", "129", "140", "146", "147",
			"181", "182", "183", "185", "206", "207", "208", "236", "B7", "B16", "B18"}},
	{"not payable apart from another service", "check modifiers and bundling rules; where the service was distinct, correct the modifier and send again, else write it off",
		[]string{"97", "231", "234", "236", "B10", "B15", "P14"}},
	{"not covered by the plan", "check the plan's benefits and any signed notice; appeal with the medical reason, or write it off",
		[]string{"35", "39", "49", "51", "54", "58", "60", "78", "96", "107", "108", "111", "114", "116", "119", "138", "149", "157", "167",
			"170", "171", "172", "202", "204", "222", "242", "256", "272", "273", "B1", "B8", "B9", "B14", "B20"}},
	{"refused for another reason", "read the reason and remark codes, then correct, appeal or write off", nil},
}

// ScenarioOf returns the scenario of a denial by its CARC.
func ScenarioOf(carc string) Scenario {
	for _, s := range scenarios {
		if slices.Contains(s.carcs, carc) {
			return s
		}
	}
	return scenarios[len(scenarios)-1]
}
