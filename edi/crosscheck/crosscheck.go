// Package crosscheck asks an independent implementation, moov-io/x12, whether
// it can read what we wrote. Two readers that share no line of code and agree
// on a claim are better evidence than one that reads its own writing.
//
// It informs and never blocks: that library reads professional and dental
// claims only, at about a megabyte a second, names no position, and gives up on
// interchanges of some hundred claims. Each claim is therefore put to it alone,
// in an interchange of its own, and large files are sampled evenly.
//
// Where its rules are known to be narrower than the guide, the claim is fitted
// or skipped, so that a complaint means something: it has no rule for the line
// control number (REF*6R), no other ISA14 than 0, and in professional claims it
// wants a dependent (loop 2000C) without a parent level and without a first
// name.
package crosscheck

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/moov-io/x12/pkg/file"
	"github.com/moov-io/x12/pkg/rules"
	dental "github.com/moov-io/x12/rule_5010_837d"
	professional "github.com/moov-io/x12/rule_5010_837p"
)

// Reader names the library and its version, for the record on a batch.
const Reader = "moov-io/x12 v0.1.0"

// DefaultLimit is the number of claims up to which all are put to the other
// reader.
const DefaultLimit = 500

// Report is what the other reader made of a file.
type Report struct {
	Claims     int         // in the file
	Checked    int         // put to the other reader
	Skipped    int         // out of its reach: institutional claims, and professional ones of a dependent
	Complaints []Complaint // empty: it read everything that it was given
}

// Agrees reports whether the other reader read every claim it was given.
func (r Report) Agrees() bool { return r.Checked > 0 && len(r.Complaints) == 0 }

// Complaint is a claim that the other reader does not accept.
type Complaint struct {
	segment.Position        // of CLM in the file
	Claim            int    // its order in the file, from 1
	Message          string // in the other reader's words
}

// Check puts the claims of an outbound file to the other reader: all of them up
// to limit, else an even sample of that many. The file is given twice over: open
// must return it from its start each time.
func Check(open func() (io.Reader, error), limit int) (Report, error) {
	var report Report
	count, err := each(open, func(int, *claim837.ClaimContext) {})
	if err != nil {
		return report, err
	}
	report.Claims = count
	_, err = each(open, func(n int, c *claim837.ClaimContext) {
		if !sampled(n, count, limit) {
			return
		}
		rule := ruleOf(c.Kind)
		if rule == nil || c.Kind == claim837.KindProfessional && c.Patient != nil {
			report.Skipped++
			return
		}
		report.Checked++
		if err := ask(rule, c); err != nil {
			report.Complaints = append(report.Complaints, Complaint{Position: c.Claim.Position, Claim: n + 1, Message: err.Error()})
		}
	})
	return report, err
}

// CheckBytes is Check of a file in memory, with the default limit.
func CheckBytes(raw []byte) (Report, error) {
	return Check(func() (io.Reader, error) { return bytes.NewReader(raw), nil }, DefaultLimit)
}

// sampled reports whether the nth of count claims is among limit evenly chosen.
func sampled(n, count, limit int) bool {
	if count <= limit {
		return true
	}
	return n*limit/count != (n-1)*limit/count || n == 0
}

func each(open func() (io.Reader, error), visit func(n int, c *claim837.ClaimContext)) (int, error) {
	r, err := open()
	if err != nil {
		return 0, err
	}
	d := claim837.NewDecoder(x12.NewReader(r))
	for n := 0; ; n++ {
		c, err := d.Next()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		visit(n, c)
	}
}

func ruleOf(kind claim837.Kind) *rules.InterChangeRule {
	switch kind {
	case claim837.KindProfessional:
		return &professional.InterchangeRule
	case claim837.KindDental:
		return &dental.InterchangeRule
	default: // the other reader has no rule for it
		return nil
	}
}

// ask puts one claim to the other reader. It must take every byte and find the
// content valid by its own rules. What it writes back is not compared: it drops
// some of what it reads.
func ask(rule *rules.InterChangeRule, c *claim837.ClaimContext) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	raw, err := alone(c)
	if err != nil {
		return err
	}
	x := file.NewInterchange(rule)
	n, err := x.Parse(raw, ":")
	if err != nil {
		return err
	}
	if n != len(raw) {
		return fmt.Errorf("it stopped reading at %.30q", raw[n:])
	}
	return x.Validate(rule)
}

// alone writes the claim with what stands above it as an interchange of its own.
func alone(c *claim837.ClaimContext) (string, error) {
	var out strings.Builder
	e := claim837.NewEncoder(&out, x12.DefaultDelimiters())
	header := c.Interchange
	header.AckRequested = false // its rules know no other value of ISA14
	e.BeginInterchange(header)
	e.BeginGroup(c.Group)
	e.BeginTransaction(c.Transaction)
	billing, subscriber := *c.Billing, *c.Subscriber
	billing.Hierarchy, subscriber.Hierarchy = segment.Hierarchy{}, segment.Hierarchy{}
	e.BillingProvider(&billing, true)
	e.Subscriber(&subscriber, c.Patient != nil)
	if c.Patient != nil {
		patient := *c.Patient
		patient.Hierarchy = segment.Hierarchy{}
		e.Patient(&patient)
	}
	e.Claim(without6R(c.Claim))
	e.EndTransaction()
	e.EndGroup()
	e.EndInterchange()
	err := e.Close()
	return out.String(), err
}

// without6R returns a claim without its line control numbers: the other reader
// has no rule for REF*6R in loop 2400, which every guide has, and would refuse
// each claim for it.
func without6R(c *claim837.Claim) *claim837.Claim {
	out := *c
	out.Lines = slices.Clone(c.Lines)
	for i := range out.Lines {
		out.Lines[i].References = slices.DeleteFunc(slices.Clone(out.Lines[i].References),
			func(r claim837.Reference) bool { return r.Qualifier == "6R" })
	}
	return &out
}
