// Package simulate proves the book against a second one. A practice with a
// world drawn from a seed (payers, patients, visits, and everything that an 835
// may say about them) works for some months on a real database, by the same
// functions that the workers call. Beside it runs Model, a book in memory that
// was written from the design's tables and never from the posting code. After
// every step both must hold the same balance under every key.
//
// A seed that fails prints itself with its steps, less those without which it
// fails too. docs/simulation.md tells how to read and rerun it.
package simulate

import (
	"fmt"
	"math/rand/v2"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Payer is who pays.
type Payer struct {
	Code, TIN, Kind string
	BillsPatient    bool // false: patients owe at most its own stated copay
}

// Coverage is a payer of a patient.
type Coverage struct {
	Payer *Payer
	QMB   bool // owes no Medicare cost sharing
}

// Patient is who is treated; Coverages are in the order of their rank.
type Patient struct {
	Account   string
	Coverages []Coverage
	days      map[date.Date]bool // of visits: the edits hold a service that was charged already
}

// Line is one service of a visit.
type Line struct {
	ID        string // "visit/line number"
	No        int
	Procedure string
	Modifier  string
	Charge    money.Cents
}

// Visit is an encounter that was accepted and charged.
type Visit struct {
	ID      string
	Patient *Patient
	Date    date.Date
	Lines   []*Line
	SelfPay bool
	sent    bool
}

// Charge returns what the visit costs.
func (v *Visit) Charge() (sum money.Cents) {
	for _, l := range v.Lines {
		sum += l.Charge
	}
	return sum
}

// Claim is what one payer is asked to pay for a visit.
type Claim struct {
	Number string
	Visit  *Visit
	Rank   int // 1 primary, 2 secondary
}

// Coverage returns the coverage that is asked.
func (c *Claim) Coverage() Coverage { return c.Visit.Patient.Coverages[c.Rank-1] }

// Payer returns who is asked.
func (c *Claim) Payer() *Payer { return c.Coverage().Payer }

// Next returns the coverage that is asked after this one, or nil.
func (c *Claim) Next() *Coverage {
	if list := c.Visit.Patient.Coverages; c.Rank < len(list) {
		return &list[c.Rank]
	}
	return nil
}

// World is who there is.
type World struct {
	Payers   []*Payer
	Patients []*Patient
	Setup    claims.Setup
	visits   int
}

var (
	firstDay = date.MustParse("2022-01-10")
	services = []struct {
		procedure, modifier string
		charge              money.Cents
	}{{"99213", "", 120_00}, {"85025", "", 31_50}, {"93000", "", 64_99}, {"36415", "", 17_03}, {"81002", "", 12_10}, {"99214", "25", 181_00}}
)

// NewWorld draws the payers and patients of a seed.
func NewWorld(seed uint64) *World {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &World{Payers: []*Payer{
		{Code: "PPO", TIN: "411111111", Kind: "commercial", BillsPatient: true},
		{Code: "CARE", TIN: "422222222", Kind: "medicare", BillsPatient: true},
		{Code: "CAID", TIN: "433333333", Kind: "medicaid"},
		{Code: "BLUE", TIN: "444444444", Kind: "blue", BillsPatient: true},
		{Code: "HMO", TIN: "455555555", Kind: "hmo", BillsPatient: true},
	}}
	ppo, care, caid, blue, hmo := w.Payers[0], w.Payers[1], w.Payers[2], w.Payers[3], w.Payers[4]
	households := [][]Coverage{
		{{Payer: ppo}}, {{Payer: care}}, {{Payer: hmo}}, {{Payer: blue}}, {},
		{{Payer: caid}}, {{Payer: care, QMB: true}}, {{Payer: care, QMB: true}, {Payer: caid}},
		{{Payer: care}, {Payer: blue}}, {{Payer: ppo}, {Payer: blue}}, {{Payer: blue}, {Payer: caid}}, {{Payer: hmo}, {Payer: ppo}},
		{{Payer: care, QMB: true}, {Payer: blue}}, {{Payer: care}, {Payer: blue}, {Payer: caid}}, {{Payer: ppo}, {Payer: hmo}, {Payer: blue}},
	}
	for i := range 4 + r.IntN(4) {
		from := 0
		switch i {
		case 0: // somebody with a second payer, and now and then with a third
			from = len(households) - 8
		case 1:
			from = (len(households) - 2) * r.IntN(2)
		}
		w.Patients = append(w.Patients, &Patient{Account: fmt.Sprintf("P%02d", i+1), Coverages: households[from+r.IntN(len(households)-from)], days: map[date.Date]bool{}})
	}
	w.Setup = w.setup()
	return w
}

func (w *World) setup() claims.Setup {
	home := claims.Address{Line1: "1 Oak Street", City: "Springfield", State: "IL", ZIP: "627010001"}
	s := claims.Setup{
		Practice: claims.SetupPractice{Code: "OAK", Name: "Oak Street Family Practice", NPI: "1234567893", TIN: "123456789", Address: home, TimeZone: "America/Chicago"},
		Partners: []claims.SetupPartner{{Code: "CLEAR", Name: "Clear House", SenderID: "OAKSTREET", ReceiverID: "CLEARHOUSE", ContactName: "Ann Example", ContactPhone: "2175550100"}},
		Providers: []claims.SetupProvider{
			{Code: "OAK", Role: "billing", Organization: true, LastName: "Oak Street Family Practice", NPI: "1234567893", TIN: "123456789", Taxonomy: "207Q00000X", Address: home},
			{Code: "DR1", Role: "rendering", LastName: "Roe", FirstName: "Alex", NPI: "1003000126", Taxonomy: "207Q00000X"},
		},
		Facilities: []claims.SetupFacility{{Code: "MAIN", Name: "Oak Street Office", Address: home}},
	}
	for _, p := range w.Payers {
		filing := map[string]string{"medicare": "MB", "medicaid": "MC", "blue": "BL", "hmo": "HM"}[p.Kind]
		if filing == "" {
			filing = "CI"
		}
		s.Payers = append(s.Payers, claims.SetupPayer{Code: p.Code, Name: p.Code + " SAMPLE PLAN", PayerID: "ID" + p.Code, TIN: p.TIN, FilingCode: filing, Kind: p.Kind, Partner: "CLEAR", TimelyFilingDays: 365, AppealDays: 90})
	}
	for _, f := range services {
		s.FeeSchedule = append(s.FeeSchedule, claims.SetupFee{Procedure: f.procedure, Charge: f.charge, Description: "Service " + f.procedure})
	}
	for _, p := range w.Patients {
		s.Guarantors = append(s.Guarantors, claims.SetupGuarantor{Account: "G" + p.Account, LastName: "Doe", FirstName: "Jo", Address: home})
		patient := claims.SetupPatient{Account: p.Account, Guarantor: "G" + p.Account, LastName: "Doe", FirstName: "Jo", BirthDate: date.MustParse("1950-01-02"), Sex: "F", Address: home}
		for i, c := range p.Coverages {
			member := map[string]string{"medicare": "1EG4TE5MK73", "medicaid": "987654321"}[c.Payer.Kind]
			if member == "" {
				member = "XYZ123456789"
			}
			patient.Coverages = append(patient.Coverages, claims.SetupCoverage{Payer: c.Payer.Code, Rank: int16(i + 1), MemberID: member, From: date.MustParse("2010-01-01"), QMB: c.QMB})
		}
		s.Patients = append(s.Patients, patient)
	}
	return s
}

// NewVisit draws a visit of a patient before the day.
func (w *World) NewVisit(r *rand.Rand, today date.Date) *Visit {
	p := w.Patients[r.IntN(len(w.Patients))]
	w.visits++
	day := today.AddDays(-r.IntN(10))
	for p.days[day] {
		day = day.AddDays(-1)
	}
	p.days[day] = true
	v := &Visit{ID: fmt.Sprintf("V%04d", w.visits), Patient: p, Date: day, SelfPay: len(p.Coverages) == 0 || r.IntN(20) == 0}
	first := r.IntN(len(services))
	for i := range 1 + r.IntN(3) {
		s := services[(first+i)%len(services)]
		v.Lines = append(v.Lines, &Line{ID: fmt.Sprintf("%s/%d", v.ID, i+1), No: i + 1, Procedure: s.procedure, Modifier: s.modifier, Charge: s.charge + money.Cents(r.IntN(3000))})
	}
	return v
}

// Record returns the visit as the practice's system exports it.
func (v *Visit) Record() claims.EncounterRecord {
	e := claims.EncounterRecord{ExternalID: v.ID, Patient: v.Patient.Account, BillingProvider: "OAK", RenderingProvider: "DR1", Facility: "MAIN", SelfPay: v.SelfPay, Diagnoses: []string{"I10", "E11.9"}}
	for _, l := range v.Lines {
		line := claims.EncounterLine{ServiceDate: v.Date, Procedure: l.Procedure, Pointers: []int{1}, Units: decimal.NewFromInt(1), Charge: l.Charge}
		if l.Modifier != "" {
			line.Modifiers = []string{l.Modifier}
		}
		e.Lines = append(e.Lines, line)
	}
	return e
}
