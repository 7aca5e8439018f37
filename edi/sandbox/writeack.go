package sandbox

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/claimbook/claimbook/edi/x12"
)

// writeTA1 answers one interchange: a file of an ISA, a TA1 and an IEA.
func (r *run) writeTA1(x *interchange) ([]byte, error) {
	code, note := "A", "000"
	if r.scenario.envelope != "" {
		code, note = "R", r.scenario.envelope
	}
	var out bytes.Buffer
	w := x12.NewWriter(&out, x12.DefaultDelimiters())
	w.BeginInterchange(answerHeader(x, r.Options, r.control()))
	w.Segment("TA1").Elem(x.header.Control).Elem(x.header.Date).Elem(x.header.Time).Elem(code).Elem(note).End()
	w.EndInterchange()
	err := w.Flush()
	return out.Bytes(), err
}

// write999 answers every functional group of one interchange, a transaction set each.
func (r *run) write999(x *interchange) ([]byte, error) {
	var out bytes.Buffer
	w := x12.NewWriter(&out, x12.DefaultDelimiters())
	control := r.control()
	w.BeginInterchange(answerHeader(x, r.Options, control))
	sender, receiver := x.header.Receiver, x.header.Sender
	if len(x.groups) > 0 {
		sender, receiver = x.groups[0].header.Receiver, x.groups[0].header.Sender
	}
	w.BeginGroup(x12.Group{FunctionalID: "FA", Sender: sender, Receiver: receiver, Date: r.Today.X12(), Time: clock,
		Control: groupControl(control), Version: "005010X231A1"})
	for i, g := range x.groups {
		w.BeginTransaction("999", fmt.Sprintf("%04d", i+1), "005010X231A1")
		w.Segment("AK1").Elem(g.header.FunctionalID).Elem(g.header.Control).Elem(g.header.Version).End()
		accepted := 0
		for _, t := range g.sets {
			w.Segment("AK2").Elem("837").Elem(t.control).Elem(t.version).End()
			if t.answer == "A" {
				w.Segment("IK5").Elem("A").End()
				accepted++
				continue
			}
			writeSetErrors(w, t)
			if t.taken() {
				accepted++
			}
		}
		sets := strconv.Itoa(len(g.sets))
		w.Segment("AK9").Elem(groupAnswer(g, accepted)).Elem(sets).Elem(sets).Elem(strconv.Itoa(accepted)).End()
		w.EndTransaction()
	}
	w.EndGroup()
	w.EndInterchange()
	err := w.Flush()
	return out.Bytes(), err
}

// writeSetErrors reports a fault in the set's first claim: its facility code is
// not one that is known (X12 data element 1331).
func writeSetErrors(w *x12.Writer, t *transaction) {
	at, number := 1, ""
	if len(t.claims) > 0 {
		at, number = t.claims[0].segment, t.claims[0].number
	}
	w.Segment("IK3").Elem("CLM").Int(int64(at)).Elem("2300").Elem("8").End()
	if number != "" {
		w.Segment("CTX").Comp("CLM01", number).End()
	}
	w.Segment("IK4").Comp("5", "1").Elem("1331").Elem("7").End()
	w.Segment("IK5").Elem(t.answer).Elem("5").End()
}

func groupAnswer(g *group, accepted int) string {
	switch {
	case accepted == 0:
		return "R"
	case accepted < len(g.sets):
		return "P"
	}
	for _, t := range g.sets {
		if t.answer == "E" {
			return "E"
		}
	}
	return "A"
}
