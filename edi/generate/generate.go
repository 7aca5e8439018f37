// Package generate writes large synthetic X12 files, the same bytes for the
// same seed, for benchmarks and memory tests. Nobody in them exists.
package generate

import (
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Stats says what was written.
type Stats struct {
	Bytes        int64
	Transactions int
	Claims       int
	Lines        int
	Total        money.Cents // charges of claims, or payments of remittances
}

// setSize is the number of claims of a transaction set, the limit that the 837
// guides recommend.
const setSize = 5000

var (
	firstNames = []string{"ANNA", "BORIS", "CARLA", "DAVID", "ELENA", "FRANK", "GRACE", "HENRY", "IRIS", "JONAS", "KLARA", "LUCAS"}
	lastNames  = []string{"SAMPLE", "TESTER", "EXAMPLE", "PROOF", "MODEL", "PATTERN", "SPECIMEN", "FIXTURE"}
	streets    = []string{"MAIN ST", "OAK AVE", "ELM RD", "RIVER LN", "HILL DR"}
	diagnoses  = []string{"I10", "E119", "J0190", "M5450", "R079", "Z0000", "K219", "N390"}
	procedures = []string{"99213", "99214", "99203", "36415", "80053", "93000", "71046", "85025"}
	firstDay   = date.Date{Year: 2026, Month: 3, Day: 2}
	lastDay    = firstDay.AddDays(100) // the files are made when all services have been given
)

type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 0x835837))} }

func (r source) of(list []string) string { return list[r.IntN(len(list))] }
func (r source) day() date.Date          { return firstDay.AddDays(r.IntN(90)) }

// some returns n different ones of a list.
func (r source) some(list []string, n int) []string {
	picked := make([]string, n)
	for i, k := range r.Perm(len(list))[:n] {
		picked[i] = list[k]
	}
	return picked
}

func (r source) cents(from, to int64) money.Cents {
	return money.Cents(from*100 + r.Int64N((to-from)*100))
}
func (r source) id(prefix string, digits int) string {
	n := int64(1)
	for range digits {
		n *= 10
	}
	return fmt.Sprintf("%s%0*d", prefix, digits, r.Int64N(n))
}

// npi returns ten digits with the check digit of the 80840 prefix.
func (r source) npi() string {
	digits := fmt.Sprintf("1%08d", r.IntN(1e8))
	sum := 24
	for i := range 9 {
		d := int(digits[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}

func (r source) address() claim837.Address {
	return claim837.Address{Line1: fmt.Sprintf("%d %s", 1+r.IntN(9999), r.of(streets)), City: "SPRINGFIELD", State: "IL", PostalCode: r.id("627", 6)}
}

func (r source) person(role string) claim837.Name {
	return claim837.Name{Role: role, Type: "1", Last: r.of(lastNames), First: r.of(firstNames)}
}

func interchange(functional, version string) (x12.Interchange, x12.Group) {
	return x12.Interchange{SenderQualifier: "ZZ", Sender: "GENERATOR", ReceiverQualifier: "ZZ", Receiver: "READER",
			Date: lastDay.Format("060102"), Time: "0930", Control: "000000001", Usage: "T"},
		x12.Group{FunctionalID: functional, Sender: "GENERATOR", Receiver: "READER", Date: lastDay.Format("20060102"), Time: "0930", Control: "1", Version: version}
}

// Professional writes an 837P of at least size bytes.
func Professional(w io.Writer, seed uint64, size int64) (Stats, error) {
	return claims(w, seed, size, claim837.Professional, source.professional)
}

// Institutional writes an 837I of at least size bytes.
func Institutional(w io.Writer, seed uint64, size int64) (Stats, error) {
	return claims(w, seed, size, claim837.Institutional, source.institutional)
}

// Dental writes an 837D of at least size bytes.
func Dental(w io.Writer, seed uint64, size int64) (Stats, error) {
	return claims(w, seed, size, claim837.Dental, source.dental)
}

// claims writes transaction sets until the size is reached: a billing provider,
// and a subscriber for each claim, every fourth with a dependent.
func claims(w io.Writer, seed uint64, size int64, version string, build func(source, int) claim837.Claim) (Stats, error) {
	r := newSource(seed)
	var s Stats
	isa, gs := interchange("HC", version)
	e := claim837.NewEncoder(w, x12.Delimiters{})
	e.BeginInterchange(isa)
	e.BeginGroup(gs)
	for s.Claims == 0 || e.Offset() < size {
		s.Transactions++
		set := claim837.Transaction{
			Header: segment.Header{Type: "837", Control: fmt.Sprintf("%04d", s.Transactions), Version: version},
			Beginning: segment.Beginning{Structure: "0019", Purpose: "00", Reference: fmt.Sprintf("G%d", s.Transactions),
				Date: lastDay, Time: "0930", Kind: "CH"},
			Submitter: claim837.Party{Name: claim837.Name{Role: claim837.RoleSubmitter, Type: "2", Last: "EXAMPLE CLINIC", IDQualifier: "46", ID: "ETIN1"},
				Contacts: []claim837.Contact{{Function: "IC", Name: "BILLING", Numbers: []segment.CommunicationNumber{{Qualifier: "TE", Number: "5555550100"}}}}},
			Receiver: claim837.Party{Name: claim837.Name{Role: claim837.RoleReceiver, Type: "2", Last: "CLEARINGHOUSE", IDQualifier: "46", ID: "99999"}},
		}
		e.BeginTransaction(&set)
		billing := claim837.BillingProvider{Provider: claim837.Party{
			Name:    claim837.Name{Role: claim837.RoleBilling, Type: "2", Last: "EXAMPLE CLINIC", IDQualifier: "XX", ID: r.npi()},
			Address: r.address(), References: []claim837.Reference{{Qualifier: "EI", Value: r.id("", 9)}}}}
		e.BillingProvider(&billing, true)
		for n := 0; n < setSize && (s.Claims == 0 || e.Offset() < size); n++ {
			subscriber, patient := r.subscriber(n%4 == 3)
			e.Subscriber(&subscriber, patient != nil)
			if patient != nil {
				e.Patient(patient)
			}
			c := build(r, s.Claims+1)
			e.Claim(&c)
			s.Claims++
			s.Lines += len(c.Lines)
			s.Total += c.Charge
		}
		e.EndTransaction()
	}
	e.EndGroup()
	e.EndInterchange()
	err := e.Close()
	s.Bytes = e.Offset()
	return s, err
}

func (r source) subscriber(dependent bool) (claim837.Subscriber, *claim837.Patient) {
	s := claim837.Subscriber{
		Coverage:   claim837.Coverage{Rank: "P", Relationship: "18", FilingIndicator: "CI"},
		Subscriber: claim837.Party{Name: r.person(claim837.RoleSubscriber)},
		Payer:      claim837.Party{Name: claim837.Name{Role: claim837.RolePayer, Type: "2", Last: "EXAMPLE HEALTH PLAN", IDQualifier: "PI", ID: "12345"}},
	}
	s.Subscriber.IDQualifier, s.Subscriber.ID = "MI", r.id("M", 9)
	s.Subscriber.Address = r.address()
	s.Subscriber.Demographics = claim837.Demographics{Birth: date.New(1940+r.IntN(60), 1, 1+r.IntN(365)), Gender: []string{"F", "M"}[r.IntN(2)]}
	if !dependent {
		return s, nil
	}
	s.Coverage.Relationship = ""
	return s, &claim837.Patient{Detail: claim837.PatientDetail{Relationship: "19"},
		Patient: claim837.Party{Name: r.person(claim837.RolePatient), Address: s.Subscriber.Address,
			Demographics: claim837.Demographics{Birth: date.New(2010+r.IntN(15), 1, 1+r.IntN(365)), Gender: "U"}}}
}

func (r source) head(n int, facility, qualifier string) claim837.Claim {
	return claim837.Claim{ControlNumber: fmt.Sprintf("G%09d", n), PlaceOfService: facility, FacilityQualifier: qualifier, Frequency: "1",
		Assignment: "A", BenefitsAssigned: "Y", Release: "Y"}
}

func (r source) professional(n int) claim837.Claim {
	c := r.head(n, "11", "B")
	c.ProviderSignature = "Y"
	c.SetDiagnoses(r.some(diagnoses, 2)...)
	c.Providers = []claim837.Party{{Name: r.person(claim837.RoleRendering)}}
	c.Providers[0].IDQualifier, c.Providers[0].ID = "XX", r.npi()
	c.Providers[0].Specialty = claim837.Specialty{Role: "PE", Qualifier: "PXC", Code: "207Q00000X"}
	day := r.day()
	for i := range 1 + r.IntN(4) {
		l := claim837.Line{Number: i + 1, Procedure: claim837.Procedure{Qualifier: "HC", Code: r.of(procedures)}, Charge: r.cents(20, 300),
			Unit: "UN", Quantity: segment.Some(decimal.NewFromInt(int64(1 + r.IntN(3)))), Pointers: [4]int{1, 2},
			Periods:    []claim837.Period{segment.OnDay("472", day)},
			References: []claim837.Reference{{Qualifier: "6R", Value: fmt.Sprintf("G%09d-%d", n, i+1)}}}
		if i == 0 {
			l.Procedure.Modifiers[0] = "25"
		}
		c.Charge += l.Charge
		c.Lines = append(c.Lines, l)
	}
	return c
}

func (r source) institutional(n int) claim837.Claim {
	c := r.head(n, "11", "A")
	from := r.day()
	to := from.AddDays(1 + r.IntN(6))
	c.Periods = []claim837.Period{{Qualifier: "096", Format: "TM", Time: "1130"}, segment.OverDays("434", from, to), segment.AtTime("435", from, "0930")}
	c.Admission = claim837.Admission{Type: "1", Source: "7", Discharge: "01"}
	c.References = []claim837.Reference{{Qualifier: "EA", Value: r.id("MR", 7)}}
	dx := r.some(diagnoses, 3)
	c.Codes = []claim837.CodeList{
		{{Qualifier: claim837.PrincipalDiagnosis, Code: dx[0], Present: "Y"}},
		{{Qualifier: claim837.AdmittingDiagnosis, Code: r.of(diagnoses)}},
		{{Qualifier: claim837.OtherDiagnosis, Code: dx[1], Present: "Y"}, {Qualifier: claim837.OtherDiagnosis, Code: dx[2], Present: "N"}},
		{{Qualifier: claim837.Occurrence, Code: "11", From: from}},
		{{Qualifier: claim837.ValueCode, Code: "A1", Amount: segment.Some(r.cents(100, 1600))}},
	}
	c.Providers = []claim837.Party{{Name: r.person(claim837.RoleAttending)}}
	c.Providers[0].IDQualifier, c.Providers[0].ID = "XX", r.npi()
	for i, revenue := range []string{"0120", "0250", "0300"} {
		l := claim837.Line{Number: i + 1, RevenueCode: revenue, Charge: r.cents(100, 4000), Unit: "UN", Quantity: segment.Some(decimal.NewFromInt(int64(1 + r.IntN(9))))}
		if i > 0 {
			l.Procedure = claim837.Procedure{Qualifier: "HC", Code: r.of(procedures)}
			l.Periods = []claim837.Period{segment.OnDay("472", from)}
		} else {
			l.Unit = "DA"
		}
		c.Charge += l.Charge
		c.Lines = append(c.Lines, l)
	}
	return c
}

func (r source) dental(n int) claim837.Claim {
	c := r.head(n, "11", "B")
	c.ProviderSignature = "Y"
	day := r.day()
	c.Periods = []claim837.Period{segment.OnDay("472", day)}
	for i := range 1 + r.IntN(3) {
		l := claim837.Line{Number: i + 1, Procedure: claim837.Procedure{Qualifier: "AD", Code: fmt.Sprintf("D%04d", 100+r.IntN(1900))}, Charge: r.cents(40, 900),
			Quantity: segment.Some(decimal.NewFromInt(1)), Teeth: []claim837.Tooth{{System: "JP", Code: fmt.Sprint(1 + r.IntN(32))}}}
		c.Charge += l.Charge
		c.Lines = append(c.Lines, l)
	}
	return c
}
