package ack

import (
	"iter"

	"github.com/claimbook/claimbook/edi/segment"
)

// claimAck writes a 277CA, and the patients beside it under its last receiver.
func (e *encoder) claimAck(v *ClaimAck, patients iter.Seq2[*Provider, *Patient]) {
	w := e.w
	w.Loop(v.Unknown)
	_ = w.BeginTransaction("277", v.Header.Control, v.Header.Version)
	w.Opened()
	w.Beginning(&v.Beginning)
	n, last := 0, 0 // level, the last receiver's
	for s := range v.Sources {
		source := &v.Sources[s]
		n++
		sid := n
		w.Loop(source.Unknown)
		w.Hierarchy(source.Hierarchy, "20", n, 0, child(len(source.Receivers)))
		e.name(&source.Name)
		e.trace(&source.Trace)
		w.Periods(source.Periods)
		for r := range source.Receivers {
			receiver := &source.Receivers[r]
			n++
			rid := n
			w.Loop(receiver.Unknown)
			below := child(len(receiver.Providers))
			if patients != nil && s == len(v.Sources)-1 && r == len(source.Receivers)-1 {
				below = "1"
			}
			w.Hierarchy(receiver.Hierarchy, "21", n, sid, below)
			e.name(&receiver.Name)
			e.trace(&receiver.Trace)
			e.statuses(receiver.Statuses)
			w.Quantities(receiver.Quantities)
			w.Amounts(receiver.Amounts)
			for p := range receiver.Providers {
				provider := &receiver.Providers[p]
				n++
				e.provider(provider, n, rid, child(len(provider.Patients)))
				n = e.patients(provider.Patients, n, n)
			}
			last = rid
		}
	}
	if patients != nil {
		e.stream(patients, n, last)
	}
	w.Loop(nil)
	_ = w.EndTransaction()
}

// stream writes patients as they come, under a receiver.
func (e *encoder) stream(patients iter.Seq2[*Provider, *Patient], n, receiver int) {
	var open *Provider
	under := 0
	for provider, patient := range patients {
		if provider != open {
			open = provider
			n++
			under = n
			e.provider(provider, n, receiver, "1")
		}
		n++
		e.patient(patient, n, under)
	}
}

func (e *encoder) provider(v *Provider, n, parent int, below string) {
	w := e.w
	w.Loop(v.Unknown)
	w.Hierarchy(v.Hierarchy, "19", n, parent, below)
	e.name(&v.Name)
	e.trace(&v.Trace)
	e.statuses(v.Statuses)
	w.References(v.References)
	w.Quantities(v.Quantities)
	w.Amounts(v.Amounts)
}

func child(n int) string {
	if n > 0 {
		return "1"
	}
	return "0"
}

func (e *encoder) name(v *segment.Name) {
	if !v.IsZero() {
		e.w.Name(v)
	}
}

func (e *encoder) trace(v *segment.Trace) {
	if v.Type != "" || v.Number != "" {
		e.w.Trace(v)
	}
}

func (e *encoder) patients(list []Patient, n, parent int) int {
	for i := range list {
		n++
		e.patient(&list[i], n, parent)
	}
	return n
}

func (e *encoder) patient(p *Patient, n, parent int) {
	w := e.w
	w.Loop(p.Unknown)
	w.Hierarchy(p.Hierarchy, "PT", n, parent, "")
	e.name(&p.Name)
	for k := range p.Claims {
		c := &p.Claims[k]
		w.Loop(c.Unknown)
		w.Trace(&c.Trace)
		e.statuses(c.Statuses)
		w.References(c.References)
		w.Periods(c.Periods)
		for l := range c.Lines {
			e.line(&c.Lines[l])
		}
	}
}

func (e *encoder) line(v *LineStatus) {
	w := e.w
	w.Loop(v.Unknown)
	if v.Procedure.IsZero() {
		w.Refuse("SVC", 1, "the guide requires the procedure, and there is none")
	}
	_ = segment.AppendProcedure(w.Seg("SVC"), &v.Procedure).Cents(v.Charge).Skip(1).Elem(v.RevenueCode).Skip(2).Elem(v.Units).End()
	e.statuses(v.Statuses)
	w.References(v.References)
	w.Periods(v.Periods)
}

func (e *encoder) statuses(list []Status) {
	w := e.w
	for i := range list {
		v := &list[i]
		if v.Reasons[0].Category == "" {
			w.Refuse("STC", 1, "a status has no category")
		}
		b := w.Seg("STC")
		reason := func(r Reason) { b.Comp(r.Category, r.Code, r.Entity, r.List) }
		reason(v.Reasons[0])
		segment.OptCents(b.Date(v.Date).Elem(v.Action), v.Amount).Skip(5)
		reason(v.Reasons[1])
		reason(v.Reasons[2])
		_ = b.Elem(v.Text).End()
	}
}
