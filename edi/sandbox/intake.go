package sandbox

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// readSubmission reads every interchange of one file. Where a validation run has
// found damage, bad names the transaction sets that are passed over, and what is
// no segment is passed over too; with nil the first fault ends it.
func readSubmission(name string, raw []byte, bad map[setKey]bool) ([]*interchange, error) {
	in := &intake{name: name, bad: bad}
	x := x12.NewReader(bytes.NewReader(raw))
	for {
		s, err := x.Next()
		if err == io.EOF {
			break
		}
		var syntax *x12.SyntaxError
		if errors.As(err, &syntax) && bad != nil {
			in.set = nil
			continue
		}
		if errors.As(err, &syntax) {
			return nil, fault.Invalidf(syntax.Code, "%s", syntax.Message).At(in.at(syntax.Position)).WithFix(syntax.Fix)
		}
		if err != nil {
			return nil, fault.Environmentf("CB-FILE-READ", "%s cannot be read to its end", name).Because(err)
		}
		if err := in.take(s); err != nil {
			return nil, err
		}
		if in.unwritable != nil {
			return nil, in.unwritable
		}
	}
	if len(in.interchanges) == 0 {
		return nil, fault.Invalidf("CB-SANDBOX-EMPTY", "there is no interchange in it").At(name).WithFix("give a file of 837 claims")
	}
	return in.interchanges, nil
}

// intake is the state of reading: the innermost things that are open.
type intake struct {
	name         string
	bad          map[setKey]bool
	interchanges []*interchange

	group *group
	set   *transaction

	provider, payer, subscriber, patient party
	tin                                  string
	rank, filing, groupNumber            string
	dependent                            bool

	claim  *claim
	line   *line
	other  *otherPayer
	prior  *priorLine
	last   *party // whose N3 and N4 follow
	lastID string // NM101 of it

	unwritable error // an identifier that no answer can repeat
}

// text is element n as an answer can repeat it.
func text(s *x12.Segment, n int) string { return clean(s.String(n)) }

// clean blanks what cannot be written with the answers' delimiters: control
// characters, and the delimiters themselves where the sender has others.
func clean(v string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7F || strings.ContainsRune("*^:~", c) {
			return ' '
		}
		return c
	}, v)
}

// id is element n where an answer must repeat it exactly.
func (in *intake) id(s *x12.Segment, n int) string {
	v := s.String(n)
	if clean(v) != v && in.unwritable == nil {
		in.unwritable = fault.Invalidf("CB-SANDBOX-CHARACTER", "%s%02d holds a character that the answer cannot repeat", s.ID(), n).
			At(in.at(s.Position())).WithFix("use letters, digits and hyphens in identifiers")
	}
	return v
}

func (in *intake) at(p x12.Position) string {
	if in.name == "" {
		return p.String()
	}
	return in.name + ", " + p.String()
}

func (in *intake) take(s *x12.Segment) error {
	switch s.ID() {
	case "ISA":
		for _, n := range []int{5, 6, 7, 8, 9, 10, 13, 15} {
			in.id(s, n)
		}
		in.interchanges = append(in.interchanges, &interchange{header: x12.ParseInterchange(s)})
		in.group, in.set = nil, nil
	case "GS":
		if len(in.interchanges) == 0 {
			return nil
		}
		in.group = &group{header: x12.ParseGroup(s)}
		for _, n := range []int{1, 2, 3, 6, 8} {
			in.id(s, n)
		}
		x := in.interchanges[len(in.interchanges)-1]
		x.groups = append(x.groups, in.group)
	case "ST":
		return in.beginSet(s)
	case "SE":
		if in.set == nil {
			return nil
		}
		in.set.segments = s.Position().Segment
		in.set, in.claim = nil, nil
	case "GE", "IEA", "TA1":
	default:
		if in.set != nil {
			return in.body(s)
		}
	}
	return nil
}

func (in *intake) beginSet(s *x12.Segment) error {
	if in.set = nil; in.bad != nil {
		if in.group == nil || in.bad[setKey{in.interchanges[len(in.interchanges)-1].header.Control, in.group.header.Control, s.String(2)}] {
			return nil
		}
	}
	if s.String(1) != "837" {
		return fault.Invalidf("CB-SANDBOX-TYPE", "the transaction is of type %s; a payer takes 837 claims", s.String(1)).At(in.at(s.Position())).
			WithFix("give the file that was sent to the payer")
	}
	version := in.id(s, 3)
	if version == "" {
		version = in.group.header.Version
	}
	set := &transaction{control: in.id(s, 2), version: version}
	if kindOf(version) == 0 {
		return fault.Invalidf("CB-SANDBOX-VERSION", "the version %q is none of 005010X222 (professional), X223 (institutional), X224 (dental)", version).
			At(in.at(s.Position()))
	}
	in.group.sets = append(in.group.sets, set)
	in.set = set
	in.provider, in.payer, in.subscriber, in.patient, in.tin = party{}, party{}, party{}, party{}, ""
	in.closeClaim()
	return nil
}

func kindOf(version string) claimKind {
	switch {
	case strings.HasPrefix(version, "005010X222"):
		return professional
	case strings.HasPrefix(version, "005010X223"):
		return institutional
	case strings.HasPrefix(version, "005010X224"):
		return dental
	}
	return 0
}

func (in *intake) closeClaim() {
	in.claim, in.line, in.other, in.prior, in.last, in.lastID = nil, nil, nil, nil, nil, ""
}

func (in *intake) body(s *x12.Segment) error {
	switch s.ID() {
	case "BHT":
		in.set.reference = in.id(s, 3)
	case "HL":
		in.hierarchy(s.String(3))
	case "SBR":
		in.coverage(s)
	case "NM1":
		in.names(s)
	case "N3":
		if in.last != nil {
			in.last.address = [2]string{text(s, 1), text(s, 2)}
		}
	case "N4":
		if in.last != nil {
			in.last.city = [3]string{text(s, 1), text(s, 2), text(s, 3)}
		}
	case "REF":
		in.reference(s)
	case "CLM":
		return in.beginClaim(s)
	case "DTP":
		return in.period(s)
	case "AMT":
		if in.other != nil && in.line == nil && s.String(1) == "D" {
			in.other.hasPaid = true
			return in.amount(s, 2, &in.other.paid)
		}
	case "CAS":
		return in.adjustments(s)
	case "LX":
		if in.claim == nil {
			return fault.Invalidf("CB-SANDBOX-CLAIM", "a service line stands before any claim").At(in.at(s.Position()))
		}
		in.line, in.prior, in.last = &line{unit: "UN", units: "1"}, nil, nil
		in.claim.lines = append(in.claim.lines, in.line)
	case "SV1", "SV2", "SV3":
		return in.service(s)
	case "SVD":
		if in.line == nil {
			return nil
		}
		in.line.prior = append(in.line.prior, priorLine{payer: text(s, 1)})
		in.prior = &in.line.prior[len(in.line.prior)-1]
		return in.amount(s, 2, &in.prior.paid)
	}
	return nil
}

func (in *intake) hierarchy(level string) {
	in.closeClaim()
	switch level {
	case "20":
		in.provider, in.tin = party{}, ""
	case "22":
		in.subscriber, in.payer, in.patient, in.dependent = party{}, party{}, party{}, false
		in.rank, in.filing, in.groupNumber = "", "", ""
	case "23":
		in.patient, in.dependent = party{}, true
	}
}

func (in *intake) coverage(s *x12.Segment) {
	if in.claim == nil {
		in.rank, in.groupNumber, in.filing = text(s, 1), text(s, 3), text(s, 9)
		return
	}
	in.other = &otherPayer{rank: text(s, 1), filing: text(s, 9)}
	in.claim.others = append(in.claim.others, in.other)
}

func (in *intake) names(s *x12.Segment) {
	p := party{person: s.String(2) == "1", last: text(s, 3), first: text(s, 4), idQualifier: text(s, 8), id: in.id(s, 9)}
	role := s.String(1)
	in.last, in.lastID = nil, role
	switch {
	case in.line != nil:
		if role == "82" {
			in.line.rendering = p
		}
	case in.other != nil:
		if role == "PR" {
			in.other.id, in.other.name = p.id, p.last
		}
	case in.claim != nil:
		if role == "82" {
			in.claim.rendering = p
		}
	case role == "41":
		in.set.submitter = p
	case role == "40":
		in.set.receiver = p
	case role == "85":
		in.provider, in.last = p, &in.provider
	case role == "IL":
		in.subscriber, in.last = p, &in.subscriber
	case role == "PR":
		in.payer, in.last = p, &in.payer
	case role == "QC":
		in.patient = p
	}
}

func (in *intake) reference(s *x12.Segment) {
	value := in.id(s, 2)
	switch qualifier := s.String(1); {
	case in.claim == nil:
		if in.lastID == "85" && (qualifier == "EI" || qualifier == "SY") {
			in.tin = value
		}
	case in.line != nil:
		if qualifier == "6R" && in.prior == nil {
			in.line.control = value
		}
	case in.other == nil && qualifier == "F8":
		in.claim.original = value
	case in.other == nil && qualifier == "D9":
		in.claim.trace = value
	}
}

func (in *intake) beginClaim(s *x12.Segment) error {
	in.closeClaim()
	c := &claim{
		kind: kindOf(in.set.version), number: in.id(s, 1), rank: in.rank, filing: in.filing, group: in.groupNumber,
		facility: clean(string(s.Component(5, 1))), frequency: clean(string(s.Component(5, 3))), estimate: s.String(19) == "PB",
		payer: in.payer, provider: in.provider, tin: in.tin, subscriber: in.subscriber, patient: in.subscriber,
		dependent: in.dependent, set: in.set, envelope: in.interchanges[len(in.interchanges)-1], segment: s.Position().Segment,
	}
	if in.dependent {
		c.patient = in.patient
		if c.patient.id == "" {
			c.patient.idQualifier, c.patient.id = in.subscriber.idQualifier, in.subscriber.id
		}
	}
	c.received, _ = date.ParseX12(in.group.header.Date) // no date: the day of the answer
	in.claim = c
	in.set.claims = append(in.set.claims, c)
	return in.amount(s, 2, &c.charge)
}

func (in *intake) service(s *x12.Segment) error {
	l := in.line
	if l == nil {
		return nil
	}
	// SV2 has the revenue code first; the procedure, the charge, the unit and
	// the units then stand one place further.
	shift, unitsAt := 0, 4
	switch s.ID() {
	case "SV2":
		shift, l.revenue, unitsAt = 1, text(s, 1), 5
	case "SV3":
		unitsAt = 6
	}
	if s.ID() != "SV3" && len(s.Element(3+shift)) > 0 {
		l.unit = text(s, 3+shift)
	}
	if u := text(s, unitsAt); u != "" {
		l.units = shortest(u)
	}
	l.qualifier, l.code = clean(string(s.Component(1+shift, 1))), clean(string(s.Component(1+shift, 2)))
	for n := 3; n <= 6; n++ {
		if m := s.Component(1+shift, n); len(m) > 0 {
			l.modifiers = append(l.modifiers, clean(string(m)))
		}
	}
	if l.code == "" {
		l.qualifier, l.code = "NU", l.revenue
	}
	return in.amount(s, 2+shift, &l.charge)
}

// shortest writes a quantity as X12 asks for: 1.00 is 1, .5 is 0.5.
func shortest(quantity string) string {
	n, err := decimal.NewFromString(quantity)
	if err != nil || len(quantity) > 15 || strings.ContainsAny(quantity, "eE") {
		return quantity
	}
	return n.String()
}

func (in *intake) period(s *x12.Segment) error {
	qualifier := s.String(1)
	if in.claim == nil || in.prior != nil || (qualifier != "472" && qualifier != "434") {
		return nil
	}
	first, second, _ := bytes.Cut(s.Element(3), []byte("-"))
	from, err := date.ParseX12(string(first))
	if err != nil {
		return fault.Invalidf("CB-SANDBOX-DATE", "DTP03 is no date: %v", err).At(in.at(s.Position()))
	}
	to := from
	if len(second) > 0 {
		if to, err = date.ParseX12(string(second)); err != nil {
			return fault.Invalidf("CB-SANDBOX-DATE", "DTP03 does not end in a date: %v", err).At(in.at(s.Position()))
		}
	}
	if in.line != nil {
		in.line.from, in.line.to = from, to
		if qualifier == "472" && (in.claim.from.IsZero() || from.Before(in.claim.from)) {
			in.claim.from = from
		}
		if to.After(in.claim.to) {
			in.claim.to = to
		}
		return nil
	}
	in.claim.from, in.claim.to = from, to
	return nil
}

func (in *intake) adjustments(s *x12.Segment) error {
	var into *[]adjustment
	switch {
	case in.prior != nil:
		into = &in.prior.adjustments
	case in.other != nil && in.line == nil:
		into = &in.other.adjustments
	default:
		return nil
	}
	for n := 2; n <= s.Len(); n += 3 {
		if len(s.Element(n)) == 0 {
			continue
		}
		a := adjustment{group: text(s, 1), reason: text(s, n), units: text(s, n+2)}
		if err := in.amount(s, n+1, &a.amount); err != nil {
			return err
		}
		*into = append(*into, a)
	}
	return nil
}

func (in *intake) amount(s *x12.Segment, n int, into *money.Cents) error {
	v, err := money.Parse(s.Element(n))
	if err != nil {
		return fault.Invalidf("CB-SANDBOX-AMOUNT", "%s%02d is not an amount", s.ID(), n).At(in.at(s.Position())).Because(err)
	}
	*into = v
	return nil
}
