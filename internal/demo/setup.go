package demo

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// contract is what a payer allows, as a share of the charge.
type contract struct {
	payer   claims.SetupPayer
	percent int
	members int // of 120 patients
	prefix  string
}

func contracts() []contract {
	address := func(line, zip string) claims.Address {
		return claims.Address{Line1: line, City: "EXAMPLETON", State: "IL", ZIP: zip}
	}
	return []contract{
		{claims.SetupPayer{Code: "MERIDIAN", Name: "MERIDIAN SAMPLE PPO", PayerID: "SMPL1", TIN: "990000011", FilingCode: "CI", Kind: "commercial", Partner: "CLEARWAY",
			TimelyFilingDays: 180, AppealDays: 180, MemberIDPattern: `^MSP[0-9]{9}$`, Address: address("PO BOX 1001", "627990001")}, 72, 46, "MSP"},
		{claims.SetupPayer{Code: "MEDICARE", Name: "MEDICARE PART B SAMPLE", PayerID: "SMPL2", TIN: "990000022", FilingCode: "MB", Kind: "medicare", Partner: "PARTB",
			TimelyFilingDays: 365, AppealDays: 120, MemberIDPattern: `^[1-9][A-Z][A-Z0-9][0-9][A-Z][A-Z0-9][0-9][A-Z]{2}[0-9]{2}$`, Address: address("PO BOX 2002", "627990002")}, 55, 26, ""},
		{claims.SetupPayer{Code: "MEDICAID", Name: "STATE MEDICAID SAMPLE", PayerID: "SMPL3", TIN: "990000033", FilingCode: "MC", Kind: "medicaid", Partner: "CLEARWAY",
			TimelyFilingDays: 180, AppealDays: 60, MemberIDPattern: `^[0-9]{9}$`, Address: address("PO BOX 3003", "627990003")}, 42, 16, ""},
		{claims.SetupPayer{Code: "BLUE", Name: "BLUE SAMPLE PLAN", PayerID: "SMPL4", TIN: "990000044", FilingCode: "BL", Kind: "blue", Partner: "CLEARWAY",
			TimelyFilingDays: 365, AppealDays: 180, MemberIDPattern: `^[A-Z]{3}[0-9]{9}$`, Address: address("PO BOX 4004", "627990004")}, 68, 18, "XSB"},
		{claims.SetupPayer{Code: "HARBOR", Name: "HARBOR SAMPLE HMO", PayerID: "SMPL5", TIN: "990000055", FilingCode: "HM", Kind: "hmo", Partner: "CLEARWAY",
			TimelyFilingDays: 90, AppealDays: 90, MemberIDPattern: `^H[0-9]{8}$`, Address: address("PO BOX 5005", "627990005")}, 64, 10, "H"},
	}
}

// Patients is how many people the practice treats.
const patientCount = 120

func setup(r *dice, monday date.Date) claims.Setup {
	office := claims.Address{Line1: "400 SAMPLE STREET", Line2: "SUITE 200", City: "EXAMPLETON", State: "IL", ZIP: "627990400"}
	s := claims.Setup{
		Practice: claims.SetupPractice{
			Code: "SAMPLE", Name: "Sample Family Medicine", NPI: npi(1001), TIN: "990001234", Address: office,
			Phone: "217-555-0100", BillingHours: "Monday to Friday, 8:30 am to 5:00 pm", PaymentURL: "https://pay.sample-practice.example",
			TimeZone: "America/Chicago", FixedDate: monday, StatementMinimum: 5_00, StatementDueDays: 21, StatementCycle: 28,
		},
		Partners: []claims.SetupPartner{
			{Code: "CLEARWAY", Name: "Clearway Sample Clearinghouse", Usage: "T", SenderID: "SAMPLEFM", ReceiverID: "CLEARWAY", ReceiverName: "CLEARWAY SAMPLE",
				ContactName: "BILLING OFFICE", ContactPhone: "2175550100", MaxClaims: 5000, Ack999Days: 1, Ack277CADays: 2, ResponseDays: 30},
			{Code: "PARTB", Name: "Part B Sample Contractor", Usage: "T", SenderID: "SAMPLEFM", ReceiverID: "PARTBSAMPLE", ReceiverName: "PART B SAMPLE",
				ContactName: "BILLING OFFICE", ContactPhone: "2175550100", MaxClaims: 5000, Ack999Days: 1, Ack277CADays: 2, ResponseDays: 30},
		},
		Providers: []claims.SetupProvider{
			{Code: "FAMILY", Role: "billing", Organization: true, LastName: "SAMPLE FAMILY MEDICINE", NPI: npi(1001), TIN: "990001234", Taxonomy: "261QP2300X", Address: office, Phone: "2175550100"},
			{Code: "JOINT", Role: "billing", Organization: true, LastName: "SAMPLE JOINT CARE", NPI: npi(1002), TIN: "990001235", Taxonomy: "207X00000X", Address: office, Phone: "2175550101"},
			{Code: "HEARTWOOD", Role: "rendering", LastName: "HEARTWOOD", FirstName: "IRIS", NPI: npi(2001), Taxonomy: "207Q00000X"},
			{Code: "SAPLING", Role: "rendering", LastName: "SAPLING", FirstName: "NILS", NPI: npi(2002), Taxonomy: "207R00000X"},
			{Code: "KNOTT", Role: "rendering", LastName: "KNOTT", FirstName: "RUTH", NPI: npi(2003), Taxonomy: "207X00000X"},
		},
		Facilities: []claims.SetupFacility{{Code: "MAIN", Name: "SAMPLE FAMILY MEDICINE MAIN OFFICE", NPI: npi(3001), PlaceOfService: "11", Address: office}},
		Rules:      []claims.SetupRule{{Kind: "treatment", Group: "CO", Code: "45", Treatment: "contractual"}},
	}
	for _, c := range contracts() {
		for _, f := range fees {
			c.payer.Rates = append(c.payer.Rates, claims.SetupRate{Procedure: f.code, Allowed: share(f.charge, c.percent)})
		}
		s.Payers = append(s.Payers, c.payer)
	}
	for _, f := range fees {
		s.FeeSchedule = append(s.FeeSchedule, claims.SetupFee{Procedure: f.code, Charge: f.charge, Description: f.description})
	}
	s.Guarantors, s.Patients = people(r, monday)
	return s
}

// share is a percentage of an amount, rounded half up to the cent.
func share(amount money.Cents, percent int) money.Cents {
	c, err := money.Round(amount.Decimal().Mul(decimal.New(int64(percent), -2)))
	if err != nil {
		panic(err) // amounts of the sample are small constants
	}
	return c
}

// people are 120 patients in households: a guarantor, often alone, sometimes
// with a spouse and children on the same account.
func people(r *dice, monday date.Date) ([]claims.SetupGuarantor, []claims.SetupPatient) {
	var guarantors []claims.SetupGuarantor
	var patients []claims.SetupPatient
	plans := planOrder(r)
	for len(patients) < patientCount {
		n := len(guarantors) + 1
		surname := pick(r, surnames)
		home := claims.Address{Line1: fmt.Sprintf("%d %s STREET", 100+n, pick(r, []string{"SAMPLE", "SPECIMEN", "MODEL", "PATTERN"})), City: "EXAMPLETON", State: "IL", ZIP: fmt.Sprintf("62799%04d", 1000+n)}
		g := claims.SetupGuarantor{Account: fmt.Sprintf("G%04d", n), LastName: surname, Address: home, Phone: fmt.Sprintf("217555%04d", 1000+n)}
		switch n { // one of each reason for not sending a statement
		case 7:
			g.Hold = "bad-address"
		case 19:
			g.Hold = "dispute"
		case 31:
			g.Hold = "bankruptcy"
		}
		plan := plans[len(patients)]
		head := person(r, surname, home)
		head.BirthDate = birth(r, monday, plan)
		g.FirstName, head.Guarantor = head.FirstName, g.Account
		guarantors = append(guarantors, g)
		family := []claims.SetupPatient{head}
		if plan != "MEDICARE" && plan != "" && r.chance(35) {
			for range r.between(1, 2) {
				child := person(r, surname, home)
				child.Guarantor = g.Account
				child.BirthDate = monday.AddDays(-365*r.between(2, 16) - r.n(365))
				family = append(family, child)
			}
		}
		for i := range family {
			if len(patients) == patientCount {
				break
			}
			p := &family[i]
			p.Account = fmt.Sprintf("P%04d", len(patients)+1)
			p.Coverages = coverages(plan, len(patients), monday, i > 0, family[0])
			patients = append(patients, *p)
		}
	}
	return guarantors, patients
}

// planOrder deals the primary payers out, in the proportions of the contracts,
// with a few patients who have none.
func planOrder(r *dice) []string {
	var plans []string
	for _, c := range contracts() {
		for range c.members {
			plans = append(plans, c.payer.Code)
		}
	}
	for len(plans) < patientCount {
		plans = append(plans, "")
	}
	r.Shuffle(len(plans), func(i, j int) { plans[i], plans[j] = plans[j], plans[i] })
	return plans
}

func person(r *dice, surname string, home claims.Address) claims.SetupPatient {
	p := claims.SetupPatient{LastName: surname, Address: home}
	if r.chance(52) {
		p.Sex, p.FirstName = "F", pick(r, women)
	} else {
		p.Sex, p.FirstName = "M", pick(r, men)
	}
	return p
}

func birth(r *dice, monday date.Date, plan string) date.Date {
	age := r.between(19, 63)
	if plan == "MEDICARE" {
		age = r.between(66, 91)
	}
	return monday.AddDays(-365*age - age/4 - 1 - r.n(364))
}

// coverages gives a patient the household's primary plan and some a second one:
// Medicare with a supplement or with Medicaid (a Qualified Medicare Beneficiary),
// and commercial plans coordinated with another.
func coverages(plan string, n int, monday date.Date, dependent bool, head claims.SetupPatient) []claims.SetupCoverage {
	if plan == "" {
		return nil
	}
	from := date.New(monday.Year-1, 1, 1)
	subscriber := func(c claims.SetupCoverage) claims.SetupCoverage {
		if dependent && c.Payer != "MEDICAID" { // Medicaid members are their own subscribers
			c.Relationship = "19"
			c.Subscriber = &claims.SetupSubscriber{LastName: head.LastName, FirstName: head.FirstName, BirthDate: head.BirthDate, Sex: head.Sex, Address: head.Address}
		}
		return c
	}
	member := func(payer string) string {
		switch payer {
		case "MEDICARE":
			return fmt.Sprintf("%dEG4TE5MK%02d", 1+n%9, n%100)
		case "MEDICAID":
			return fmt.Sprintf("9%08d", 40000+n)
		case "HARBOR":
			return fmt.Sprintf("H%08d", 500+n)
		case "BLUE":
			return fmt.Sprintf("XSB%09d", 7000+n)
		default:
			return fmt.Sprintf("MSP%09d", 3000+n)
		}
	}
	first := subscriber(claims.SetupCoverage{Payer: plan, Rank: 1, MemberID: member(plan), From: from})
	switch plan {
	case "HARBOR":
		first.Copay, first.GroupNumber = 25_00, "HARBOR-10"
	case "MERIDIAN":
		first.GroupNumber, first.PlanName = "MER-2200", "SAMPLE PPO 2200"
		if n%3 == 0 {
			first.Copay = 20_00
		}
	case "BLUE":
		first.GroupNumber = "BSP-77"
	}
	list := []claims.SetupCoverage{first}
	second := func(payer string) {
		list = append(list, subscriber(claims.SetupCoverage{Payer: payer, Rank: 2, MemberID: member(payer), From: from}))
	}
	switch {
	case plan == "MEDICARE" && n%3 == 0:
		second("BLUE")
	case plan == "MEDICARE" && n%5 == 1:
		list[0].QMB = true
		second("MEDICAID")
	case plan == "BLUE" && n%6 == 0:
		second("MERIDIAN")
	}
	return list
}
