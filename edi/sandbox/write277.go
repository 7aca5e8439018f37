package sandbox

import (
	"bytes"
	"fmt"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
)

// byClearinghouse reports whether the clearinghouse finds the fault. It looks
// at the data; whom the payer insures only the payer knows.
func (r *rejection) byClearinghouse() bool { return r.category != "A3" }

// acknowledgeClaims writes the 277CAs: the clearinghouse's for each
// interchange, then each payer's for the claims that reached it.
func (r *run) acknowledgeClaims(interchanges []*interchange, all []*decided) error {
	for _, x := range interchanges {
		var here, forwarded []*decided
		for _, d := range all {
			if d.envelope != x {
				continue
			}
			here = append(here, d)
			if d.reject == nil || !d.reject.byClearinghouse() {
				forwarded = append(forwarded, d)
			}
		}
		if len(here) == 0 {
			continue
		}
		house := here[0].set.receiver
		if house.last == "" {
			house.last = "SANDBOX CLEARINGHOUSE"
		}
		if err := r.add277(x, &source{entity: "AY", party: house, qualifier: "46"}, here, ""); err != nil {
			return err
		}
		byPayer := map[string][]*decided{}
		var order []string
		for _, d := range forwarded {
			if _, seen := byPayer[d.payer.id]; !seen {
				order = append(order, d.payer.id)
			}
			byPayer[d.payer.id] = append(byPayer[d.payer.id], d)
		}
		for _, id := range order {
			claims := byPayer[id]
			payer := claims[0].payer
			if k := r.Contracts[id]; k.Name != "" {
				payer.last = k.Name
			}
			if err := r.add277(x, &source{entity: "PR", party: payer, qualifier: "PI"}, claims, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) add277(x *interchange, s *source, claims []*decided, payer string) error {
	b, err := r.write277(x, s, claims)
	if err != nil {
		return fmt.Errorf("the 277CA cannot be written: %w", err)
	}
	about := payer
	if about == "" {
		about = "clearinghouse"
	}
	r.add(Answer{Kind: Kind277CA, Bytes: b, Payer: payer, Claims: len(claims), Rejected: len(s.tally(claims).rejected)},
		x, about+"-"+x.header.Control)
	return nil
}

// source is who answers: the clearinghouse (AY) or the payer (PR).
type source struct {
	entity    string
	party     party
	qualifier string
}

// status is the claim's STC: rejected is U, everything else WQ.
func (s *source) status(d *decided) (composite []string, action string) {
	switch {
	case d.reject != nil && d.reject.byClearinghouse() == (s.entity == "AY"):
		entity := d.reject.entity
		if entity == "82" && d.rendering.id == "" {
			entity = "85"
		}
		return []string{d.reject.category, d.reject.code, entity}, "U"
	case s.entity == "AY":
		return []string{"A1", "19", "AY"}, "WQ"
	default:
		return []string{"A2", "20", "PR"}, "WQ"
	}
}

// tally counts what was accepted and what rejected.
type tally struct{ accepted, rejected []*claim }

func (s *source) tally(claims []*decided) tally {
	var t tally
	for _, d := range claims {
		if _, action := s.status(d); action == "U" {
			t.rejected = append(t.rejected, d.claim)
		} else {
			t.accepted = append(t.accepted, d.claim)
		}
	}
	return t
}

func (t tally) write(w *x12.Writer, acceptedCode, rejectedCode string) {
	if n := len(t.accepted); n > 0 {
		w.Segment("QTY").Elem(acceptedCode).Int(int64(n)).End()
	}
	if n := len(t.rejected); n > 0 {
		w.Segment("QTY").Elem(rejectedCode).Int(int64(n)).End()
	}
	if len(t.accepted) > 0 {
		w.Segment("AMT").Elem("YU").Cents(total(t.accepted)).End()
	}
	if len(t.rejected) > 0 {
		w.Segment("AMT").Elem("YY").Cents(total(t.rejected)).End()
	}
}

func (r *run) write277(x *interchange, s *source, claims []*decided) ([]byte, error) {
	var out bytes.Buffer
	w := x12.NewWriter(&out, x12.DefaultDelimiters())
	control := r.control()
	w.BeginInterchange(answerHeader(x, r.Options, control))
	w.BeginGroup(x12.Group{FunctionalID: "HN", Sender: x.header.Receiver, Receiver: x.header.Sender, Date: r.Today.X12(), Time: clock,
		Control: groupControl(control), Version: "005010X214"})
	n := 0
	for _, part := range groupBy(claims, func(d *decided) any { return d.set }) {
		n++
		r.write277Set(w, s, part, control, n)
	}
	w.EndGroup()
	w.EndInterchange()
	err := w.Flush()
	return out.Bytes(), err
}

func (r *run) write277Set(w *x12.Writer, s *source, claims []*decided, control string, n int) {
	set := claims[0].set
	w.BeginTransaction("277", fmt.Sprintf("%04d", n), "005010X214")
	reference := fmt.Sprintf("%s%04d", control, n)
	w.Segment("BHT").Elem("0085").Elem("08").Elem(reference).Date(r.Today).Elem(clock).Elem("TH").End()
	w.Segment("HL").Elem("1").Skip(1).Elem("20").Elem("1").End()
	qualifier := s.qualifier
	if s.party.id == "" {
		qualifier = ""
	}
	w.Segment("NM1").Elem(s.entity).Elem("2").Elem(s.party.last).Skip(4).Elem(qualifier).Elem(s.party.id).End()
	w.Segment("TRN").Elem("1").Elem(reference).End()
	w.Segment("DTP").Elem("050").Elem("D8").Date(r.Today).End()
	w.Segment("DTP").Elem("009").Elem("D8").Date(r.Today).End()

	w.Segment("HL").Elem("2").Elem("1").Elem("21").Elem("1").End()
	writeName(w, "41", set.submitter, false)
	w.Segment("TRN").Elem("2").Elem(set.reference).End()
	all := s.tally(claims)
	code := []string{"A1", "19", s.entity}
	w.Segment("STC").Comp(code...).Date(r.Today).Elem("WQ").Cents(total(all.accepted) + total(all.rejected)).End()
	all.write(w, "90", "AA")

	hl := 2
	for _, byProvider := range groupBy(claims, func(d *decided) any { return d.provider }) {
		hl++
		provider := hl
		w.Segment("HL").Int(int64(hl)).Elem("2").Elem("19").Elem("1").End()
		provided := byProvider[0].provider
		if provided.last == "" {
			provided.last = "UNKNOWN"
		}
		writeName(w, "85", provided, false)
		w.Segment("TRN").Elem("1").Elem("0").End()
		s.tally(byProvider).write(w, "QA", "QC")
		for _, byPatient := range groupBy(byProvider, func(d *decided) any { return d.patient }) {
			hl++
			w.Segment("HL").Int(int64(hl)).Int(int64(provider)).Elem("PT").End()
			writeName(w, "QC", byPatient[0].patient, true)
			for _, d := range byPatient {
				r.write277Claim(w, s, d)
			}
		}
	}
	w.EndTransaction()
}

func (r *run) write277Claim(w *x12.Writer, s *source, d *decided) {
	composite, action := s.status(d)
	w.Segment("TRN").Elem("2").Elem(d.number).End()
	w.Segment("STC").Comp(composite...).Date(r.Today).Elem(action).Cents(d.charge).End()
	if s.entity == "PR" && action == "WQ" {
		w.Segment("REF").Elem("1K").Elem(r.controlNumber(d.claim, d.purpose())).End()
	}
	if d.trace != "" {
		w.Segment("REF").Elem("D9").Elem(d.trace).End()
	}
	if d.kind == institutional && d.facility != "" {
		w.Segment("REF").Elem("BLT").Elem(d.facility + d.frequency).End()
	}
	writeServicePeriod(w, d.from, d.to)
}

func writeServicePeriod(w *x12.Writer, from, to date.Date) {
	switch {
	case from.IsZero():
	case to.After(from):
		w.Segment("DTP").Elem("472").Elem("RD8").Elem(from.X12() + "-" + to.X12()).End()
	default:
		w.Segment("DTP").Elem("472").Elem("D8").Date(from).End()
	}
}

// groupBy splits claims by a key, in the order in which the keys first appear.
func groupBy(claims []*decided, key func(*decided) any) [][]*decided {
	var out [][]*decided
	at := map[any]int{}
	for _, d := range claims {
		k := key(d)
		i, seen := at[k]
		if !seen {
			i = len(out)
			at[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], d)
	}
	return out
}
