package demo

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// day draws the encounters that reach the billing office on one day: mostly
// yesterday's and last week's, some late, and a few with a flaw that a person
// must mend, one of each kind as long as the day is large enough.
func (w *World) day(r *dice, today date.Date, seen map[string]bool) Day {
	d := Day{Date: today, Flaws: map[string]string{}}
	for n := 1; n <= w.Encounters; n++ {
		id := fmt.Sprintf("E%s-%04d", today.X12()[2:], n)
		e := w.encounter(r, id, today, seen)
		if n%20 == 10 { // five in a hundred
			flaw := flaws[(n/20)%len(flaws)]
			if flaw.spoil(w, &e, today) {
				d.Flaws[id] = flaw.why
			}
		} else if c := w.copayOf(e); c.Amount > 0 && r.chance(40) {
			d.Copays = append(d.Copays, c)
		}
		d.Encounters = append(d.Encounters, e)
	}
	d.Repeats = min(3, len(d.Encounters)/40)
	return d
}

func (w *World) encounter(r *dice, id string, today date.Date, seen map[string]bool) claims.EncounterRecord {
	for {
		p := w.Setup.Patients[r.n(len(w.Setup.Patients))]
		age := today.DaysSince(p.BirthDate) / 365
		v := drawVisit(r, age >= 65 && len(p.Coverages) > 0 && p.Coverages[0].Payer == "MEDICARE")
		day := today.AddDays(-r.between(0, 4))
		switch n := r.n(100); {
		case n < 4:
			day = today.AddDays(-r.between(60, 85))
		case n < 16:
			day = today.AddDays(-r.between(5, 40))
		}
		key := p.Account + day.String()
		if seen[key] { // one visit a day and patient: a second one would be held as a duplicate
			continue
		}
		seen[key] = true
		e := claims.EncounterRecord{ExternalID: id, Patient: p.Account, BillingProvider: "FAMILY", RenderingProvider: pick(r, []string{"HEARTWOOD", "SAPLING"}),
			Facility: "MAIN", PlaceOfService: "11", SelfPay: len(p.Coverages) == 0}
		if v.telehealth {
			e.PlaceOfService, e.Facility = "10", ""
		}
		for _, dx := range v.diagnoses {
			e.Diagnoses = append(e.Diagnoses, dotted(dx))
		}
		for _, s := range v.lines {
			if s.code == "20610" {
				e.BillingProvider, e.RenderingProvider = "JOINT", "KNOTT"
			}
			e.Lines = append(e.Lines, claims.EncounterLine{ServiceDate: day, Procedure: s.code, Modifiers: s.modifiers, Pointers: s.pointers,
				Units: decimal.NewFromInt(int64(s.units)), Charge: feeOf(s.code)})
			if s.units > 1 { // the price list is per unit
				e.Lines[len(e.Lines)-1].Charge *= money.Cents(s.units)
			}
		}
		return e
	}
}

func (w *World) copayOf(e claims.EncounterRecord) Copay {
	for _, p := range w.Setup.Patients {
		if p.Account == e.Patient && len(p.Coverages) > 0 {
			return Copay{Patient: p.Account, Visit: e.ExternalID, Amount: p.Coverages[0].Copay}
		}
	}
	return Copay{}
}

// flaw is a mistake that front desks make, and how to make it.
type flaw struct {
	why   string
	spoil func(w *World, e *claims.EncounterRecord, today date.Date) bool
}

var flaws = []flaw{
	{"the diagnosis is a heading, not billable", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool { e.Diagnoses[0] = "E11"; return true }},
	{"a pointer hits no diagnosis", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool {
		e.Lines[0].Pointers = []int{1, 4}
		return true
	}},
	{"the service lies in the future", func(_ *World, e *claims.EncounterRecord, today date.Date) bool {
		for i := range e.Lines {
			e.Lines[i].ServiceDate = today.AddDays(30)
		}
		return true
	}},
	{"the patient is unknown", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool { e.Patient = "P9999"; return true }},
	{"the procedure is not a code", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool {
		e.Lines[0].Procedure = "9921"
		return true
	}},
	{"the place of service is unknown", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool { e.PlaceOfService = "98"; return true }},
	{"the rendering provider is unknown", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool {
		e.RenderingProvider = "NOBODY"
		return true
	}},
	{"the charge is zero", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool { e.Lines[0].Charge = 0; return true }},
	{"timely filing has passed", func(_ *World, e *claims.EncounterRecord, today date.Date) bool {
		for i := range e.Lines {
			e.Lines[i].ServiceDate = today.AddDays(-400)
		}
		return true
	}},
	{"a modifier stands twice", func(_ *World, e *claims.EncounterRecord, _ date.Date) bool {
		e.Lines[0].Modifiers = []string{"25", "25"}
		return true
	}},
}

// dotted writes an ICD-10-CM code as people do: J06.9.
func dotted(code string) string {
	if len(code) > 3 {
		return code[:3] + "." + code[3:]
	}
	return code
}
