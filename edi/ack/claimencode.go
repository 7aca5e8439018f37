package ack

import (
	"github.com/claimbook/claimbook/edi/segment"
)

func (e *encoder) claimAck(v *ClaimAck) {
	w := e.w
	w.Loop(v.Unknown)
	_ = w.BeginTransaction("277", v.Header.Control, v.Header.Version)
	w.Opened()
	w.Beginning(&v.Beginning)
	n := 0
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
			w.Hierarchy(receiver.Hierarchy, "21", n, sid, child(len(receiver.Providers)))
			e.name(&receiver.Name)
			e.trace(&receiver.Trace)
			e.statuses(receiver.Statuses)
			w.Quantities(receiver.Quantities)
			w.Amounts(receiver.Amounts)
			for p := range receiver.Providers {
				provider := &receiver.Providers[p]
				n++
				w.Loop(provider.Unknown)
				w.Hierarchy(provider.Hierarchy, "19", n, rid, child(len(provider.Patients)))
				e.name(&provider.Name)
				e.trace(&provider.Trace)
				e.statuses(provider.Statuses)
				w.References(provider.References)
				w.Quantities(provider.Quantities)
				w.Amounts(provider.Amounts)
				n = e.patients(provider.Patients, n, n)
			}
		}
	}
	w.Loop(nil)
	_ = w.EndTransaction()
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
	w := e.w
	for i := range list {
		p := &list[i]
		n++
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
	return n
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
