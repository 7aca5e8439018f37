package ack

import (
	"iter"
	"strconv"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// implementation reads a 999 from its ST to its SE.
func (d *Decoder) implementation(st *x12.Segment, v *Implementation) error {
	r := &d.scan
	r.Begin(st)
	v.Position, v.Header = r.Position(), r.Header()
	begin := st.Position()
	d.enter(&v.Unknown, 1)
	if err := d.hard(); err != nil {
		return err
	}
	var set *SetResponse
	var seg *SegmentError
	var elem *ElementError
	for {
		s, err := d.inSet(begin)
		if err != nil {
			return err
		}
		if s == nil {
			if v.FunctionalID == "" || v.Result.Code == "" {
				return &segment.Error{Position: begin, SegmentID: "ST", Message: "the acknowledgment has no AK1 or no AK9 segment", Fix: "ask the sender for the whole file"}
			}
			return nil
		}
		r.Begin(s)
		switch s.ID() {
		case "AK1":
			r.Most(3)
			v.FunctionalID, v.GroupControl, v.Version = r.Need(1), r.Need(2), r.Str(3)
			d.known++
			if err := d.hard(); err != nil {
				return err
			}
		case "AK2":
			r.Most(3)
			v.Transactions = append(v.Transactions, SetResponse{Position: r.Position(), Type: r.Need(1), Control: r.Need(2), Version: r.Str(3)})
			set, seg, elem = &v.Transactions[len(v.Transactions)-1], nil, nil
			d.enter(&set.Unknown, 1)
			if err := d.hard(); err != nil {
				return err
			}
		case "IK3":
			r.Most(4)
			e := SegmentError{Position: r.Position(), SegmentID: r.Need(1), Number: r.Int(2), Loop: r.Str(3), Code: r.Str(4)}
			if set == nil || r.Fault() != nil || set.Code != "" {
				d.misplaced(s)
				break
			}
			set.Segments = append(set.Segments, e)
			seg, elem = &set.Segments[len(set.Segments)-1], nil
			d.enter(&seg.Unknown, 1)
		case "IK4":
			r.Most(4)
			r.MostComponents(1, 3)
			e := ElementError{Position: r.Position(), Element: r.CompInt(1, 1), Component: r.CompInt(1, 2), Repetition: r.CompInt(1, 3),
				DataID: r.Str(2), Code: r.Need(3), Value: r.Text(s.Element(4))}
			if e.Element == 0 {
				r.Fail(1, 1, "the place of the element is missing", "")
			}
			if seg == nil || r.Fault() != nil || containsDelimiter(s, 4) {
				d.misplaced(s)
				break
			}
			seg.Elements = append(seg.Elements, e)
			elem = &seg.Elements[len(seg.Elements)-1]
			d.enter(&elem.Unknown, 1)
		case "CTX":
			c := readContext(r, s)
			if seg == nil {
				d.misplaced(s)
				break
			}
			if !d.settle(s) {
				break
			}
			if elem != nil {
				elem.Contexts = append(elem.Contexts, c)
			} else {
				seg.Contexts = append(seg.Contexts, c)
			}
		case "IK5":
			if set == nil || set.Code != "" {
				d.misplaced(s)
				break
			}
			r.Most(6)
			set.Code, set.Errors = r.Need(1), codes(r, s, 2, 6)
			seg, elem = nil, nil
			d.enter(&set.Unknown, 2)
			if err := d.hard(); err != nil {
				return err
			}
		case "AK9":
			r.Most(9)
			v.Result = GroupResult{Position: r.Position(), Code: r.Need(1), Included: r.Int(2), Received: r.Int(3), Accepted: r.Int(4), Errors: codes(r, s, 5, 9)}
			set, seg, elem = nil, nil, nil
			d.enter(&v.Unknown, 3)
			if err := d.hard(); err != nil {
				return err
			}
		default:
			d.keep(s, "")
		}
	}
}

// misplaced keeps a segment that has a fault or stands outside its loop.
func (d *Decoder) misplaced(s *x12.Segment) {
	reason := "it stands outside the loop it belongs to"
	if f := d.scan.Fault(); f != nil {
		reason = f.Message
	}
	d.keep(s, reason)
}

func containsDelimiter(s *x12.Segment, n int) bool {
	return s.Components(n) > 1 || s.Repetitions(n) > 1
}

// codes reads the elements from to last, without the trailing empty ones.
func codes(r *segment.Scanner, s *x12.Segment, from, last int) []string {
	last = min(last, s.Len())
	for last >= from && len(s.Element(last)) == 0 {
		last--
	}
	var out []string
	for n := from; n <= last; n++ {
		out = append(out, r.Str(n))
	}
	return out
}

func readContext(r *segment.Scanner, s *x12.Segment) Context {
	r.Most(6)
	c := Context{SegmentID: r.Str(2), Number: r.Int(3), Loop: r.Str(4), Element: r.CompInt(5, 1), Component: r.CompInt(5, 2), Repetition: r.CompInt(5, 3)}
	r.MostComponents(5, 3)
	r.MostComponents(6, 2)
	c.DataIDs = [2]string{r.Comp(6, 1), r.Comp(6, 2)}
	for k := 1; k <= s.Repetitions(1); k++ {
		n := ContextName{Name: r.Text(s.RepetitionComponent(1, k, 1)), Value: r.Text(s.RepetitionComponent(1, k, 2))}
		if len(s.RepetitionComponent(1, k, 3)) > 0 {
			r.Fail(1, 3, "a context has a name and a value", "")
		}
		if n == (ContextName{}) {
			continue // an empty repetition says nothing and is not in the canonical form
		}
		c.Names = append(c.Names, n)
	}
	if len(c.Names) == 0 {
		r.Fail(1, 0, "a context has no name", "")
	}
	return c
}

// implementation writes a 999, and after its own answers those of sets, if any.
func (e *encoder) implementation(v *Implementation, sets iter.Seq[*SetResponse]) {
	w := e.w
	w.Loop(before(v.Unknown, 3))
	_ = w.BeginTransaction("999", v.Header.Control, v.Header.Version)
	w.Opened()
	w.Need("AK1", 1, v.FunctionalID)
	w.Need("AK1", 2, v.GroupControl)
	_ = w.Seg("AK1").Elem(v.FunctionalID).Elem(v.GroupControl).Elem(v.Version).End()
	for i := range v.Transactions {
		e.setResponse(&v.Transactions[i])
	}
	if sets != nil {
		for s := range sets {
			e.setResponse(s)
		}
	}
	w.Resume(after(v.Unknown, 3), 2)
	w.Need("AK9", 1, v.Result.Code)
	b := w.Seg("AK9").Elem(v.Result.Code).Int(int64(v.Result.Included)).Int(int64(v.Result.Received)).Int(int64(v.Result.Accepted))
	for _, code := range v.Result.Errors {
		b.Elem(code)
	}
	if len(v.Result.Errors) > 5 {
		w.Refuse("AK9", 10, "a group result has at most five error codes")
	}
	_ = b.End()
	w.Loop(nil)
	_ = w.EndTransaction()
}

// before and after split the unknown segments of a loop that goes on after its
// subordinate loops: at its nth known segment.
func before(list []segment.Unknown, n int) []segment.Unknown {
	for i := range list {
		if list[i].After >= n {
			return list[:i]
		}
	}
	return list
}

func after(list []segment.Unknown, n int) []segment.Unknown { return list[len(before(list, n)):] }

func (e *encoder) setResponse(v *SetResponse) {
	w := e.w
	w.Loop(before(v.Unknown, 2))
	w.Need("AK2", 1, v.Type)
	w.Need("AK2", 2, v.Control)
	_ = w.Seg("AK2").Elem(v.Type).Elem(v.Control).Elem(v.Version).End()
	for i := range v.Segments {
		s := &v.Segments[i]
		w.Loop(s.Unknown)
		w.Need("IK3", 1, s.SegmentID)
		_ = number(w.Seg("IK3").Elem(s.SegmentID), s.Number).Elem(s.Loop).Elem(s.Code).End()
		e.contexts(s.Contexts)
		for k := range s.Elements {
			e.element(&s.Elements[k])
		}
	}
	w.Resume(after(v.Unknown, 2), 1)
	w.Need("IK5", 1, v.Code)
	if len(v.Errors) > 5 {
		w.Refuse("IK5", 7, "a transaction set response has at most five error codes")
	}
	b := w.Seg("IK5").Elem(v.Code)
	for _, code := range v.Errors {
		b.Elem(code)
	}
	_ = b.End()
}

func (e *encoder) element(v *ElementError) {
	w := e.w
	w.Loop(v.Unknown)
	if v.Element <= 0 {
		w.Refuse("IK4", 1, "the place of the element is missing")
	}
	w.Need("IK4", 3, v.Code)
	_ = w.Seg("IK4").Comp(place(v.Element), place(v.Component), place(v.Repetition)).Elem(v.DataID).Elem(v.Code).Elem(v.Value).End()
	e.contexts(v.Contexts)
}

func (e *encoder) contexts(list []Context) {
	w := e.w
	for i := range list {
		c := &list[i]
		if len(c.Names) == 0 {
			w.Refuse("CTX", 1, "a context has no name")
			return
		}
		b := w.Seg("CTX")
		for k, n := range c.Names {
			if n.Name == "" && n.Value == "" {
				w.Refuse("CTX", 1, "a context has no name")
			}
			if k == 0 {
				b.Comp(n.Name, n.Value)
			} else {
				b.Repeat(n.Name, n.Value)
			}
		}
		number(b.Elem(c.SegmentID), c.Number).Elem(c.Loop)
		_ = b.Comp(place(c.Element), place(c.Component), place(c.Repetition)).Comp(c.DataIDs[0], c.DataIDs[1]).End()
	}
}

// number adds a whole number, or an empty element for zero.
func number(b *x12.Builder, n int) *x12.Builder {
	if n == 0 {
		return b.Skip(1)
	}
	return b.Int(int64(n))
}

func place(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
