package work

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// audit is the first reading of a payment: does it balance, and what is it.
type audit struct {
	payment *remit835.Payment // when its header could not be read, what its segments seem to say
	hash    [32]byte
	claims  int
	numbers []string // of the claims that it may answer
	reason  string   // why it must not post; empty: it may
	unread  bool     // not even its header could be read: reason says what the payment is
	odd     faults   // what is odd about it and stops nothing
}

// open decodes the job's payment from its place in the stored file. An error
// about what the file says (see offsetOf) belongs to that payment.
func (p *poster) open() (*remit835.Decoder, *remit835.Payment, error) {
	reader, err := exchangedb.OpenSet(p.ctx, p.tx, p.args.PracticeID, p.args.FileID, p.args.ByteOffset)
	if err != nil {
		return nil, nil, err
	}
	d := remit835.NewDecoder(reader)
	for {
		payment, err := d.NextPayment()
		switch {
		case err == nil && payment.ByteOffset == p.args.ByteOffset:
			return d, payment, nil
		case errors.Is(err, io.EOF):
			return nil, nil, fmt.Errorf("file %d has no payment at byte %d", p.args.FileID, p.args.ByteOffset)
		case err != nil && (offsetOf(err) < 0 || offsetOf(err) >= p.args.ByteOffset || d.Fatal()):
			return nil, nil, err
		}
	}
}

// offsetOf returns where in the file an error of the decoder is; -1 for one
// that is not about what the file says, so that the job is tried again.
func offsetOf(err error) int64 {
	var syntax *x12.SyntaxError
	var element *segment.Error
	switch {
	case errors.As(err, &syntax):
		return syntax.Position.Offset
	case errors.As(err, &element):
		return element.Position.Offset
	}
	return -1
}

// isCut reports whether the error says that the input ended too early.
func isCut(err error) bool {
	var syntax *x12.SyntaxError
	return errors.As(err, &syntax) && (syntax.Code == x12.CodeTruncated || syntax.Code == x12.CodeSEMissing)
}

// maxReasons bounds how many faults of a payment are listed.
const maxReasons = 5

// faults gathers what is wrong with a payment.
type faults struct {
	list []string
	more int
}

func (f *faults) note(text string) {
	if len(f.list) < maxReasons {
		f.list = append(f.list, text)
	} else {
		f.more++
	}
}

func (f *faults) String() string {
	text := strings.Join(f.list, "; ")
	if f.more > 0 {
		text += fmt.Sprintf("; and %d more", f.more)
	}
	return text
}

func (p *poster) audit() (*audit, error) {
	d, payment, err := p.open()
	if err != nil {
		if offsetOf(err) < 0 {
			return nil, err
		}
		g, lost := p.glimpse()
		if lost != nil {
			return nil, lost
		}
		return &audit{payment: &g.payment, hash: g.hash, unread: true, reason: clean(fmt.Sprintf("%s cannot be read: %s", g, err))}, nil
	}
	a := &audit{payment: payment}
	var balancer remit835.Balancer
	var bad faults
	hasher := remit835.NewHasher(payment)
	cut := false // the payment's end is missing: what follows from that is said once
	for last := error(nil); ; {
		c, err := d.NextClaim()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if offsetOf(err) < 0 {
				return nil, err
			}
			if errors.Is(err, last) { // the payment has ended for good
				break
			}
			last = err
			if !cut {
				bad.note(err.Error())
			}
			cut = cut || isCut(err)
			if d.Fatal() {
				break
			}
			continue
		}
		a.claims++
		a.numbers = append(a.numbers, clean(c.ControlNumber))
		if number := ourNumber(c); number != c.ControlNumber {
			a.numbers = append(a.numbers, clean(number))
		}
		if number := numberByLines(c); number != "" && number != c.ControlNumber {
			a.numbers = append(a.numbers, clean(number))
		}
		for _, i := range balancer.Claim(c) {
			bad.note(i.Error())
		}
		g := d.Group()
		hasher.Claim(&g, c)
	}
	if len(bad.list) == 0 { // of a payment that is not whole the sum says nothing
		for _, i := range balancer.Payment(payment) {
			bad.note(i.Error())
		}
	}
	if payment.Financial.Amount < 0 {
		bad.note(fmt.Sprintf("BPR02 is %s: a payment is never negative, the payer forwards such a balance by PLB FB", payment.Financial.Amount))
	}
	if payment.Financial.CreditDebit == "D" && payment.Financial.Amount > 0 {
		bad.note(fmt.Sprintf("BPR03 is D: the payer says that it takes %s from the account, which a remittance cannot do; what a payer recovers stands in the PLB", payment.Financial.Amount.Dollars()))
	}
	if payment.Currency != "" && payment.Currency != "USD" {
		bad.note("the payment is in " + printable(payment.Currency) + "; this book is in US dollars")
	}
	a.hash, err = hasher.Sum(payment)
	if err != nil {
		// What cannot be written in canonical form is known by its segments.
		g, lost := p.glimpse()
		if lost != nil {
			return nil, lost
		}
		a.hash = g.hash
		if len(bad.list) == 0 {
			bad.note(err.Error())
		}
	}
	a.reason = clean(bad.String())
	for _, f := range balancer.Findings() {
		a.odd.note(clean(fmt.Sprintf("segment %d: %s", f.SegmentNumber, f.Message)))
	}
	return a, nil
}

func short(hash [32]byte) string { return hex.EncodeToString(hash[:8]) }

func (a *audit) npis() []string {
	list := []string{}
	if a.payment.Payee.IDQualifier == "XX" && a.payment.Payee.ID != "" {
		list = append(list, clean(a.payment.Payee.ID))
	}
	return list
}

func (a *audit) tins() []string {
	list := []string{}
	if a.payment.Payee.IDQualifier == "FI" && a.payment.Payee.ID != "" {
		list = append(list, clean(a.payment.Payee.ID))
	}
	for _, r := range a.payment.Payee.References {
		if r.Qualifier == "TJ" && r.Value != "" {
			list = append(list, clean(r.Value))
		}
	}
	return list
}

// clean makes a value of a file fit for a text column: valid UTF-8 without
// control characters.
func clean(s string) string {
	for _, r := range s {
		if r == unicode.ReplacementChar || unicode.IsControl(r) {
			return strings.Map(func(r rune) rune {
				if unicode.IsControl(r) {
					return -1
				}
				return r
			}, strings.ToValidUTF8(s, "?"))
		}
	}
	return s
}

func printable(s string) string { return fmt.Sprintf("%q", clean(s)) }

// cleanClaim cleans what is stored of a claim.
func cleanClaim(c *remit835.Claim) {
	for _, s := range []*string{&c.ControlNumber, &c.Status, &c.PayerControlNumber} {
		*s = clean(*s)
	}
	cleanAdjustments(c.Adjustments)
	for i := range c.Lines {
		l := &c.Lines[i]
		for _, s := range []*string{&l.Procedure.Code, &l.Submitted.Code} {
			*s = clean(*s)
		}
		for m := range l.Procedure.Modifiers {
			l.Procedure.Modifiers[m] = clean(l.Procedure.Modifiers[m])
		}
		for r := range l.References {
			l.References[r].Value = clean(l.References[r].Value)
		}
		for r := range l.Remarks {
			l.Remarks[r].Code = clean(l.Remarks[r].Code)
		}
		cleanAdjustments(l.Adjustments)
	}
	for _, list := range []*[5]string{inpatientRemarks(c), outpatientRemarks(c)} {
		if list != nil {
			for i := range list {
				list[i] = clean(list[i])
			}
		}
	}
}

func inpatientRemarks(c *remit835.Claim) *[5]string {
	if c.Inpatient == nil {
		return nil
	}
	return &c.Inpatient.Remarks
}

func outpatientRemarks(c *remit835.Claim) *[5]string {
	if c.Outpatient == nil {
		return nil
	}
	return &c.Outpatient.Remarks
}

func cleanAdjustments(list []remit835.Adjustment) {
	for i := range list {
		list[i].Group, list[i].Reason = clean(list[i].Group), clean(list[i].Reason)
	}
}
