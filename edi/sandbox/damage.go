package sandbox

import (
	"bytes"
	"io"
	"time"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/internal/fault"
)

// A file that is damaged is answered as a clearinghouse answers it: by the TA1
// and the 999 of one validation run, which say what is rejected and where. What
// they accept is adjudicated; what they reject the payer never sees.

// setKey names a transaction set: ISA13, GS06, ST02.
type setKey struct{ interchange, group, set string }

// accept reads one file of claims and finds out what of it is taken in. A file
// that holds no interchange, or something else than claims, is refused.
func (o *Options) accept(name string, file io.Reader) ([]*interchange, error) {
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, fault.Environmentf("CB-FILE-READ", "%s cannot be read to its end", name).Because(err)
	}
	list, refused := readSubmission(name, raw, nil)
	switch fault.CodeOf(refused) {
	case "CB-SANDBOX-EMPTY", "CB-SANDBOX-TYPE", "CB-SANDBOX-VERSION", "CB-SANDBOX-CHARACTER":
		return nil, refused
	}
	// The syntax is everybody's; the guide is asked only about what cannot be read.
	report, err := check.Run(bytes.NewReader(raw), name, check.Options{Levels: []int{1}})
	if err == nil && report.Valid() && refused != nil {
		report, err = check.Run(bytes.NewReader(raw), name, check.Options{Levels: []int{1, 2}})
	}
	if err != nil {
		return nil, err
	}
	if report.Valid() || len(report.Interchanges) == 0 {
		return list, refused
	}
	return o.acceptPart(name, raw, report, refused)
}

// acceptPart takes in what a report does not reject, and answers the damaged
// interchanges.
func (o *Options) acceptPart(name string, raw []byte, report *check.Report, refused error) ([]*interchange, error) {
	bad := map[setKey]bool{}
	for i := range report.Interchanges {
		x := &report.Interchanges[i]
		whole := !x.Complete || anyError(x.Errors)
		for j := range x.Groups {
			g := &x.Groups[j]
			group := whole || anyError(g.Errors)
			for t := range g.Sets() {
				key := setKey{x.Header.Control, g.Control, t.Control}
				bad[key] = bad[key] || group || t.Invalid
			}
		}
	}
	read, err := readSubmission(name, raw, bad)
	if err != nil {
		if refused != nil {
			err = refused
		}
		return nil, err
	}
	var list []*interchange
	for i := range report.Interchanges {
		x := &report.Interchanges[i]
		var in *interchange
		for n, r := range read {
			if r != nil && r.header.Control == x.Header.Control {
				in, read[n] = r, nil
				break
			}
		}
		if in == nil {
			in = &interchange{header: x.Header}
		}
		if damaged(x) {
			in.damage = &check.Report{Interchanges: report.Interchanges[i : i+1]}
		}
		list = append(list, in)
	}
	return list, nil
}

func anyError(list []guide.Finding) bool {
	for i := range list {
		if list[i].Severity == guide.Error {
			return true
		}
	}
	return false
}

// damaged reports whether the validation run rejects something of an interchange.
func damaged(x *check.Interchange) bool {
	if !x.Complete || anyError(x.Errors) {
		return true
	}
	for j := range x.Groups {
		g := &x.Groups[j]
		if anyError(g.Errors) {
			return true
		}
		for t := range g.Sets() {
			if t.Invalid {
				return true
			}
		}
	}
	return false
}

// answerDamage writes the acknowledgments of a damaged interchange: its TA1,
// and its 999 where the TA1 does not reject it whole. rejected are the
// transaction sets that the 999 does not take.
func (r *run) answerDamage(x *interchange) error {
	day := r.Today.Time().Add(9 * time.Hour) // clock
	r.numbers++
	var ta1 bytes.Buffer
	if err := x.damage.TA1(&ta1, check.Answer{Now: day, Control: int(r.numbers)}); err != nil {
		return err
	}
	whole := bytes.Contains(ta1.Bytes(), []byte("*R*"))
	a := Answer{Kind: KindTA1, Bytes: ta1.Bytes()}
	if whole {
		a.Rejected = 1
	}
	r.add(a, x, x.header.Control)
	if whole {
		return nil
	}
	r.numbers++
	var functional bytes.Buffer
	if err := x.damage.Implementation(&functional, check.Answer{Now: day, Control: int(r.numbers)}); err != nil {
		return err
	}
	if functional.Len() == 0 {
		return nil // no functional group
	}
	r.add(Answer{Kind: Kind999, Bytes: functional.Bytes(), Rejected: bytes.Count(functional.Bytes(), []byte("IK5*R"))}, x, x.header.Control)
	return nil
}
