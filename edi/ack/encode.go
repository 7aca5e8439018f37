package ack

import (
	"io"
	"iter"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// Encode writes interchanges of acknowledgments in canonical form. It refuses
// what it could not read back (a delimiter inside data, a missing required
// element) with the segment and element.
func Encode(w io.Writer, interchanges ...Interchange) error {
	for i := range interchanges {
		x := &interchanges[i]
		e := &encoder{w: segment.NewWriter(w, x.Delimiters)}
		_ = e.w.BeginInterchange(x.Header)
		for k := range x.Envelopes {
			e.envelope(&x.Envelopes[k])
		}
		for g := range x.Groups {
			group := &x.Groups[g]
			_ = e.w.BeginGroup(group.Header)
			for k := range group.Implementations {
				e.implementation(&group.Implementations[k], nil)
			}
			for k := range group.Claims {
				e.claimAck(&group.Claims[k], nil)
			}
			_ = e.w.EndGroup()
		}
		_ = e.w.EndInterchange()
		if err := e.w.Finish(); err != nil {
			return err
		}
	}
	return nil
}

// EncodeClaims writes one interchange with a group of 277CAs that are made while
// they are written: they answer files with hundreds of thousands of claims, which
// need not stand in memory. Beside a 277CA stand further patients of its last
// receiver, or nil: those with the same provider, by pointer, form one loop.
func EncodeClaims(w io.Writer, isa x12.Interchange, gs x12.Group, claims iter.Seq2[*ClaimAck, iter.Seq2[*Provider, *Patient]]) error {
	e := &encoder{w: segment.NewWriter(w, x12.Delimiters{})}
	_ = e.w.BeginInterchange(isa)
	_ = e.w.BeginGroup(gs)
	for v, patients := range claims {
		e.claimAck(v, patients)
	}
	_ = e.w.EndGroup()
	_ = e.w.EndInterchange()
	return e.w.Finish()
}

// EncodeImplementations writes one interchange with a group of 999s that are made
// while they are written. The answers to the transaction sets stand beside each;
// its Result need be right only when they have been iterated over.
func EncodeImplementations(w io.Writer, isa x12.Interchange, gs x12.Group, list iter.Seq2[*Implementation, iter.Seq[*SetResponse]]) error {
	e := &encoder{w: segment.NewWriter(w, x12.Delimiters{})}
	_ = e.w.BeginInterchange(isa)
	_ = e.w.BeginGroup(gs)
	for v, sets := range list {
		e.implementation(v, sets)
	}
	_ = e.w.EndGroup()
	_ = e.w.EndInterchange()
	return e.w.Finish()
}

type encoder struct{ w *segment.Writer }

func (e *encoder) envelope(v *Envelope) {
	w := e.w
	w.Loop(nil)
	w.Need("TA1", 1, v.Control)
	w.NeedDate("TA1", 2, v.Date)
	w.Need("TA1", 4, v.Code)
	w.Need("TA1", 5, v.Note)
	var day string
	if !v.Date.IsZero() {
		day = string(segment.AppendDay(nil, v.Date.Year, int(v.Date.Month), v.Date.Day)[2:])
	}
	_ = w.Seg("TA1").Elem(v.Control).Elem(day).Elem(v.Time).Elem(v.Code).Elem(v.Note).End()
}
