package claims

import (
	"strings"
	"testing"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

const smallSetup = `practice:
  code: OAK
  name: Oak Street Family Practice
  npi: "1234567893"
  tin: "123456789"
  address1: 1 Oak St
  city: Springfield
  state: IL
  zip: 627010001
  fixed_date: 2022-03-14
partners:
  - {code: CH1, name: Clear House, sender_id: OAK1, receiver_id: CH1, contact_name: Ann, contact_phone: "2175550100"}
payers:
  - code: BLUE
    name: Blue Plan
    payer_id: "54321"
    filing_code: BL
    kind: blue
    partner: CH1
    rates: [{procedure: "99213", allowed: 80.00}]
guarantors:
  - {account: G1, last_name: Doe, first_name: Jo}
patients:
  - account: P1
    guarantor: G1
    last_name: Doe
    first_name: Jo
    birth_date: 1980-01-02
    sex: F
    coverages:
      - {payer: BLUE, rank: 1, member_id: A1, from: 2022-01-01}
fee_schedule:
  - {procedure: "99213", charge: 120, description: Office visit}
`

func TestReadSetup(t *testing.T) {
	setup, err := ReadSetup(strings.NewReader(smallSetup), "oak.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if setup.Practice.FixedDate != date.MustParse("2022-03-14") || setup.Practice.Address.ZIP != "627010001" {
		t.Errorf("practice read as %+v", setup.Practice)
	}
	if setup.FeeSchedule[0].Charge != 120_00 || setup.Payers[0].Rates[0].Allowed != 80_00 {
		t.Errorf("amounts read as %v, %v", setup.FeeSchedule[0].Charge, setup.Payers[0].Rates[0].Allowed)
	}
}

func TestReadSetupRefuses(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"empty":             {smallSetup, "", "oak.yaml: the set-up file is empty"},
		"misspelt key":      {"sex: F", "gender: F", "oak.yaml, line 29: this is not a set-up in YAML: field gender is not a key of SetupPatient"},
		"bad yaml":          {"partners:", "partners: [", "not a set-up in YAML"},
		"missing value":     {"    birth_date: 1980-01-02\n", "", "line 24, patients[0].birth_date: is required"},
		"unknown payer":     {"{payer: BLUE", "{payer: RED", `line 31, patients[0].coverages[0].payer: no payer has the code "RED"`},
		"unknown partner":   {"partner: CH1", "partner: CH2", `line 19, payers[0].partner: no partner has the code "CH2"`},
		"unknown guarantor": {"guarantor: G1", "guarantor: G2", `patients[0].guarantor: no guarantor has the account "G2"`},
		"bad zip":           {"627010001", "62701-0001", "line 9, practice.zip: must be 5 or 9 digits"},
		"bad choice":        {"kind: blue", "kind: green", "payers[0].kind: must be one of: commercial"},
		"a third decimal":   {"80.00", "80.005", "third one is not zero"},
		"subscriber":        {"rank: 1,", "rank: 1, relationship: '01',", "patients[0].coverages[0].subscriber: a patient who is not the subscriber needs one"},
		"twice":             {"guarantors:\n", "guarantors:\n  - {account: G1, last_name: Roe, first_name: Al}\n", "guarantors: two of them have the same account"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadSetup(strings.NewReader(strings.Replace(smallSetup, c.old, c.new, 1)), "oak.yaml")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if fault.ExitCode(err) != 1 {
				t.Errorf("exit code %d", fault.ExitCode(err))
			}
		})
	}
}
