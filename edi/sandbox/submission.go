package sandbox

import (
	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// The payer reads claims by its own eyes, not by package claim837: two readers
// that share nothing cannot share a mistake, and a claim that our writer gets
// wrong shows up here as a wrong payment.

// interchange is one ISA…IEA that the practice sent.
type interchange struct {
	header x12.Interchange
	groups []*group
	damage *check.Report // what a validation run rejects of it; nil for a sound one
}

type group struct {
	header x12.Group
	sets   []*transaction
}

// transaction is one 837.
type transaction struct {
	control   string // ST02
	version   string // ST03, or GS08 where the sender leaves it out
	reference string // BHT03
	submitter party  // 1000A
	receiver  party  // 1000B
	segments  int
	claims    []*claim
	answer    string // IK501; a set that is not A or E was never seen by the payer
}

type party struct {
	person      bool
	last, first string // last is the organisation's name
	idQualifier string
	id          string
	address     [2]string // N301, N302
	city        [3]string // N401 to N403
}

// kind of claim, as the version of its guide says.
type claimKind byte

const (
	professional  claimKind = 'P'
	institutional claimKind = 'I'
	dental        claimKind = 'D'
)

type claim struct {
	kind      claimKind
	number    string // CLM01
	charge    money.Cents
	facility  string // CLM05-1: place of service, or the first two digits of the type of bill
	frequency string // CLM05-3
	estimate  bool   // CLM19 = PB: a predetermination, nothing is to be paid
	rank      string // SBR01 of the payer that is asked: P, S, T …
	filing    string // SBR09
	group     string // SBR03

	payer      party // 2010BB
	provider   party // 2010AA
	tin        string
	subscriber party // 2010BA
	patient    party // 2010CA, or the subscriber
	dependent  bool
	rendering  party
	original   string // REF*F8
	trace      string // REF*D9, the clearinghouse's number
	from, to   date.Date
	others     []*otherPayer
	lines      []*line

	set      *transaction
	envelope *interchange
	received date.Date // GS04: the day on which it was sent
	segment  int       // place of CLM in the transaction set
}

// otherPayer is loop 2320: another payer of the same patient.
type otherPayer struct {
	rank, filing string
	id, name     string // 2330B
	paid         money.Cents
	hasPaid      bool // AMT*D was there
	adjustments  []adjustment
}

type line struct {
	qualifier string // "HC", "AD", or "NU" where only a revenue code was billed
	code      string
	modifiers []string
	revenue   string
	charge    money.Cents
	unit      string
	units     string
	control   string // REF*6R
	from, to  date.Date
	rendering party
	prior     []priorLine
}

// priorLine is loop 2430: how another payer settled the line.
type priorLine struct {
	payer       string // SVD01
	paid        money.Cents
	adjustments []adjustment
}

type adjustment struct {
	group, reason string
	amount        money.Cents
	units         string
}

// fault is why no payer could adjudicate the claim: the clearinghouse sends it
// back. It is nil for a claim that can be adjudicated.
func (c *claim) fault() *rejection {
	if len(c.lines) == 0 {
		return &rejection{"A6", "247", ""}
	}
	total := money.Cents(0)
	for _, l := range c.lines {
		if l.code == "" {
			return &rejection{"A6", "454", ""}
		}
		total += l.charge
	}
	switch {
	case total != c.charge:
		return &rejection{"A8", "178", ""}
	case c.payer.id == "":
		return &rejection{"A6", "153", "PR"}
	case c.provider.last == "":
		return &rejection{"A6", "125", "85"}
	}
	return nil
}
