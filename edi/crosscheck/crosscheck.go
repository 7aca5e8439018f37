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
// control number (REF*6R) and no other ISA14 than 0; in professional claims it
// wants a dependent (loop 2000C) without a parent level and without a first
// name; and dental claims with another insurance (loop 2320) it cannot read.
// What is skipped for that is told as a limit of the reader.
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
	Skipped    int         // out of its reach
	Limits     []string    // what of the skipped ones it cannot read: "institutional claims"
	Complaints []Complaint // empty: it read everything that it was given
}

// Agrees reports whether the other reader read every claim it was given.
func (r Report) Agrees() bool { return r.Checked > 0 && len(r.Complaints) == 0 }

// Note says what came of it in one sentence, for the record on a batch.
func (r Report) Note() string {
	limit := "it cannot read " + strings.Join(r.Limits, " and ") + ", which is a limit of that reader"
	if r.Checked == 0 {
		if r.Claims == 0 {
			limit = "there is no claim"
		}
		return Reader + " was not asked: " + limit
	}
	var note string
	if len(r.Complaints) > 0 {
		first := r.Complaints[0]
		note = fmt.Sprintf("%s complains about %d of %d claims, first about claim %d at byte %d (its rules are narrower than the guide, and our own check has passed the file)",
			Reader, len(r.Complaints), r.Checked, first.Claim, first.ByteOffset)
	} else {
		sample := ""
		if r.Checked+r.Skipped < r.Claims {
			sample = ", an even sample,"
		}
		note = fmt.Sprintf("%s reads %d of %d claims%s and agrees", Reader, r.Checked, r.Claims, sample)
	}
	if r.Skipped > 0 {
		note += fmt.Sprintf("; %d not asked: %s", r.Skipped, limit)
	}
	return note
}

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
		if limit := outOfReach(c); limit != "" {
			report.Skipped++
			if !slices.Contains(report.Limits, limit) {
				report.Limits = append(report.Limits, limit)
			}
			return
		}
		rule := ruleOf(c.Kind)
		report.Checked++
		if err := ask(rule, c); err != nil {
			report.Complaints = append(report.Complaints, Complaint{Position: c.Claim.Position, Claim: n + 1, Message: err.Error()})
		}
	})
	return report, err
}

// CheckBytes is Check of a file in memory, with the default limit.
func CheckBytes(raw []byte) (Report, error) {
	return Check(openBytes(raw), DefaultLimit)
}

func openBytes(raw []byte) func() (io.Reader, error) {
	return func() (io.Reader, error) { return bytes.NewReader(raw), nil }
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

// outOfReach says what the other reader cannot read of a claim's kind, or "".
func outOfReach(c *claim837.ClaimContext) string {
	switch {
	case ruleOf(c.Kind) == nil:
		return "institutional claims"
	case c.Kind == claim837.KindProfessional && c.Patient != nil:
		return "professional claims of a dependent"
	case c.Kind == claim837.KindDental && len(c.Claim.Others) > 0:
		return "dental claims with another insurance"
	}
	return ""
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
