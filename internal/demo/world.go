// Package demo is a synthetic practice and its day: who works there, who is
// treated, who pays, and what happened. Everything is drawn from a seed, so the
// same seed gives the same files byte for byte. Nobody in it exists: people are
// named after trees, live in Exampleton, and the NPIs begin with a digit that
// has never been issued.
package demo

import (
	"fmt"
	"math/rand/v2"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Options choose a world.
type Options struct {
	Seed       uint64
	Encounters int // a day
	Days       int
}

// World is a practice with its set-up and some days of encounters.
type World struct {
	Options
	Setup claims.Setup
	Days  []Day
}

// Day is what the front desk and the physicians did on one day.
type Day struct {
	Date       date.Date
	Encounters []claims.EncounterRecord
	Flaws      map[string]string // encounter id → why it must be held, for those planted
	Repeats    int               // encounters that stand in both files
	Copays     []Copay
}

// Copay is money taken at the front desk before the claim was billed.
type Copay struct {
	Patient string
	Visit   string // the encounter's id
	Amount  money.Cents
}

// NewWorld draws a world. The day is a Monday inside the year of the shipped
// diagnosis list, fixed by the seed.
func NewWorld(o Options) *World {
	w := &World{Options: o}
	r := &dice{rand.New(rand.NewPCG(o.Seed, 0x636c61696d626f6f))}
	monday := date.MustParse("2021-12-06").AddDays(7 * int(o.Seed*11%36))
	w.Setup = setup(r, monday)
	seen := map[string]bool{}
	for d, day := 0, monday; d < o.Days; d++ {
		w.Days = append(w.Days, w.day(r, day, seen))
		if day = day.AddDays(1); day.Weekday() == 6 {
			day = day.AddDays(2)
		}
	}
	return w
}

// dice is a stable source: its draws depend on the seed alone, not on how a
// library maps numbers to ranges.
type dice struct{ *rand.Rand }

func (d *dice) n(n int) int               { return int(d.Uint64() % uint64(n)) }
func (d *dice) chance(percent int) bool   { return d.n(100) < percent }
func pick[T any](d *dice, list []T) T     { return list[d.n(len(list))] }
func (d *dice) between(low, high int) int { return low + d.n(high-low+1) }

// npi completes nine digits with the check digit of the NPI (Luhn over the
// prefix 80840). The 2 in front marks numbers that were never issued.
func npi(n int) string {
	body := fmt.Sprintf("2%08d", n)
	sum := 24 // what the prefix 80840 contributes
	for i := len(body) - 1; i >= 0; i-- {
		d := int(body[i] - '0')
		if (len(body)-1-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return fmt.Sprintf("%s%d", body, (10-sum%10)%10)
}

var surnames = []string{"Alder", "Ash", "Aspen", "Beech", "Birch", "Boxwood", "Cedar", "Cypress", "Dogwood", "Ebony", "Elm", "Fir",
	"Ginkgo", "Hawthorn", "Hazel", "Hemlock", "Hickory", "Holly", "Juniper", "Larch", "Laurel", "Linden", "Magnolia", "Maple",
	"Mulberry", "Myrtle", "Oak", "Olive", "Palm", "Pine", "Poplar", "Redwood", "Rowan", "Sequoia", "Spruce", "Sumac", "Sycamore",
	"Tamarack", "Walnut", "Willow", "Yew", "Zelkova", "Núñez-Arce", "O'Ash"}
var women = []string{"Ada", "Beatriz", "Clara", "Dora", "Edith", "Flora", "Greta", "Hanna", "Ines", "Joan", "Karin", "Lena", "Maya",
	"Nora", "Olga", "Paula", "Rosa", "Sofía", "Tess", "Uma", "Vera", "Wanda", "Yara", "Zoë"}
var men = []string{"Abel", "Bruno", "Carl", "David", "Emil", "Felix", "Gus", "Hugo", "Ivan", "Jonas", "Karl", "Leo", "Max", "Noah",
	"Otto", "Paul", "René", "Sam", "Theo", "Uri", "Victor", "Walt", "Yann", "Zeno"}

// fee is one line of the practice's price list, in its own plain words, with
// what Medicare allows for it.
type fee struct {
	code, description string
	charge            money.Cents
}

var fees = []fee{
	{"99203", "Office visit, new patient", 235_00},
	{"99204", "Office visit, new patient, longer", 345_00},
	{"99212", "Office visit, short", 95_00},
	{"99213", "Office visit", 150_00},
	{"99214", "Office visit, longer", 220_00},
	{"99215", "Office visit, extended", 310_00},
	{"36415", "Blood draw", 18_50},
	{"80053", "Blood chemistry panel", 48_00},
	{"83036", "Blood sugar average (A1c)", 42_00},
	{"81002", "Urine test", 15_00},
	{"87880", "Rapid strep test", 38_25},
	{"93000", "Heart tracing (ECG)", 85_00},
	{"94010", "Breathing test", 92_75},
	{"20610", "Joint injection", 185_00},
	{"90471", "Giving a vaccine", 32_00},
	{"Q2035", "Flu vaccine", 36_40},
	{"G0008", "Giving a flu vaccine", 32_00},
	{"G0439", "Yearly wellness visit", 210_00},
	{"J1100", "Dexamethasone injection", 12_60},
	{"J3420", "Vitamin B12 injection", 21_00},
	{"99441", "Phone visit", 65_00},
}

// visit is a kind of encounter: why a person came and what was done.
type visit struct {
	diagnoses  []string
	lines      []service
	weight     int
	seniors    bool // only for patients of 65 and older
	telehealth bool
}

type service struct {
	code      string
	modifiers []string
	pointers  []int
	units     int
}

var visits = []visit{
	{[]string{"J069"}, []service{{"99213", nil, []int{1}, 1}}, 14, false, false},
	{[]string{"J0190", "R519"}, []service{{"99213", nil, []int{1, 2}, 1}}, 8, false, false},
	{[]string{"J209", "J45909"}, []service{{"99214", []string{"25"}, []int{1, 2}, 1}, {"94010", nil, []int{2}, 1}}, 6, false, false},
	{[]string{"I10", "E785"}, []service{{"99214", nil, []int{1, 2}, 1}, {"36415", nil, []int{1}, 1}, {"80053", nil, []int{1, 2}, 1}}, 14, false, false},
	{[]string{"E1165", "I10"}, []service{{"99214", nil, []int{1, 2}, 1}, {"36415", nil, []int{1}, 1}, {"83036", nil, []int{1}, 1}}, 12, false, false},
	{[]string{"E119"}, []service{{"99213", nil, []int{1}, 1}, {"83036", nil, []int{1}, 1}}, 8, false, false},
	{[]string{"M1711", "M25561"}, []service{{"99213", []string{"25"}, []int{1}, 1}, {"20610", []string{"RT"}, []int{1, 2}, 1}, {"J1100", nil, []int{1}, 4}}, 6, false, false},
	{[]string{"R079", "I2510"}, []service{{"99215", []string{"25"}, []int{1, 2}, 1}, {"93000", nil, []int{1}, 1}}, 5, false, false},
	{[]string{"N390"}, []service{{"99213", nil, []int{1}, 1}, {"81002", nil, []int{1}, 1}}, 7, false, false},
	{[]string{"B349"}, []service{{"99212", nil, []int{1}, 1}, {"87880", nil, []int{1}, 1}}, 7, false, false},
	{[]string{"F411"}, []service{{"99213", nil, []int{1}, 1}}, 6, false, false},
	{[]string{"K219", "R109"}, []service{{"99203", nil, []int{1, 2}, 1}}, 5, false, false},
	{[]string{"L309"}, []service{{"99212", nil, []int{1}, 1}}, 4, false, false},
	{[]string{"E039", "Z79899"}, []service{{"99213", nil, []int{1, 2}, 1}, {"J3420", nil, []int{1}, 1}}, 4, false, false},
	{[]string{"Z23"}, []service{{"Q2035", nil, []int{1}, 1}, {"G0008", nil, []int{1}, 1}}, 6, true, false},
	{[]string{"Z0000", "I10"}, []service{{"G0439", nil, []int{1}, 1}}, 6, true, false},
	{[]string{"F411"}, []service{{"99441", nil, []int{1}, 1}}, 3, false, true},
}

func feeOf(code string) money.Cents {
	for _, f := range fees {
		if f.code == code {
			return f.charge
		}
	}
	panic("no fee for " + code)
}

func drawVisit(r *dice, senior bool) visit {
	total := 0
	for _, v := range visits {
		if senior || !v.seniors {
			total += v.weight
		}
	}
	n := r.n(total)
	for _, v := range visits {
		if !senior && v.seniors {
			continue
		}
		if n -= v.weight; n < 0 {
			return v
		}
	}
	panic("weights do not add up")
}
