package billing

import (
	"fmt"
	"testing"
)

func TestDefaultTreatments(t *testing.T) {
	for code, want := range map[string]Treatment{
		"CO-45": Contractual, "CO-59": Contractual, "CO-94": Contractual,
		"PI-45": Denial, "OA-45": Denial, "PR-45": Denial,
		"CO-253": Reduction, "CO-104": Withhold, "CO-105": Tax, "CO-24": Capitation, "PR-24": Stay,
		"PR-1": PatientOwes, "PR-2": PatientOwes, "PR-3": PatientOwes, "CO-1": Denial,
		"PR-22": Denial, "PR-27": Denial, "PR-204": Denial, "PR-96": Denial, // never the patient's by themselves
		"OA-23": PriorPayer, "CO-97": Denial, "CO-50": Denial, "CO-16": Denial, "XX-999": Denial,
	} {
		var group, carc string
		if _, err := fmt.Sscanf(code, "%2s-%s", &group, &carc); err != nil {
			t.Fatal(err)
		}
		if got := NewTreatments(nil).Of(7, group, carc); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
}

func TestRulesGoBeforeTheDefault(t *testing.T) {
	m := NewTreatments([]Rule{
		{PayerID: 0, Group: "CO", CARC: "97", Treatment: Contractual},
		{PayerID: 7, Group: "CO", CARC: "97", Treatment: Denial},
		{PayerID: 8, Group: "", CARC: "97", Treatment: Reduction},
	})
	for payer, want := range map[int64]Treatment{7: Denial, 8: Reduction, 9: Contractual} {
		if got := m.Of(payer, "CO", "97"); got != want {
			t.Errorf("payer %d: %s, want %s", payer, got, want)
		}
	}
}

func TestEveryScenarioHasARemedy(t *testing.T) {
	seen := map[string]string{}
	for _, s := range scenarios {
		if s.Name == "" || s.Action == "" {
			t.Errorf("%+v says nothing", s)
		}
		for _, carc := range s.carcs {
			if other, twice := seen[carc]; twice && other != s.Name && ScenarioOf(carc).Name != other {
				t.Errorf("%s is in %q and %q", carc, other, s.Name)
			}
			seen[carc] = s.Name
		}
	}
	for carc, want := range map[string]string{"29": "filed too late", "18": "duplicate of a claim already processed", "197": "authorization or referral is missing",
		"16": "data is missing or invalid", "97": "not payable apart from another service", "252": "documentation is missing", "204": "not covered by the plan",
		"27": "patient was not covered on the date of service", "22": "another payer must go first or has paid already", "Z99": "refused for another reason"} {
		if got := ScenarioOf(carc).Name; got != want {
			t.Errorf("%s: %q, want %q", carc, got, want)
		}
	}
}
