package claims

import (
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Subject is an encounter together with what the practice knows of everyone it
// names: what the edits judge.
type Subject struct {
	Record    EncounterRecord
	Today     date.Date
	Patient   *Patient   // nil: the record names nobody we know
	Billing   *Provider  // nil: unknown, or not named where there are several
	Rendering *Provider  // nil: unknown
	Facility  *Facility  // nil: none named, or unknown
	Coverages []Coverage // of the patient, all of them, by rank
	Fee       func(procedure, modifier string, on date.Date) (money.Cents, bool)
	Earlier   []EarlierService // what the book already has of the patient's days
}

// EarlierService is a service that another encounter has charged.
type EarlierService struct {
	ExternalID  string // of that encounter
	ServiceDate date.Date
	Procedure   string
	Modifiers   []string
	RenderingID int64
}

// SelfPay reports whether nobody but the patient is billed: the record says so,
// or the patient has no coverage at all. A coverage that has ended is not none:
// that is an edit.
func (s *Subject) SelfPay() bool {
	return s.Record.SelfPay || (s.Patient != nil && len(s.Coverages) == 0)
}

// Primary returns the coverage that is asked first: the one of rank 1 that is
// active on the first day of service, or nil.
func (s *Subject) Primary() *Coverage {
	active := s.active()
	if len(active) == 0 || active[0].Rank != 1 {
		return nil
	}
	return active[0]
}

// active lists the coverages of the first day of service, by rank.
func (s *Subject) active() []*Coverage {
	var list []*Coverage
	day := s.Record.ServiceDate()
	for i := range s.Coverages {
		if s.Coverages[i].ActiveOn(day) {
			list = append(list, &s.Coverages[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *Coverage) int { return int(a.Rank) - int(b.Rank) })
	return list
}

// PlaceOfService is the record's, else the facility's, else the office.
func (s *Subject) PlaceOfService() string {
	switch {
	case s.Record.PlaceOfService != "":
		return s.Record.PlaceOfService
	case s.Facility != nil && s.Facility.PlaceOfService != "":
		return s.Facility.PlaceOfService
	default:
		return "11"
	}
}

// TimelyBy is the last day on which the primary payer takes the claim; zero
// when there is none.
func (s *Subject) TimelyBy() date.Date {
	primary := s.Primary()
	if primary == nil || len(s.Record.Lines) == 0 {
		return date.Date{}
	}
	return primary.Payer.TimelyBy(s.Record.ServiceDate())
}
