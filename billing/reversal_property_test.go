package billing

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// facts is what a payer decided of a claim, whatever shape it tells it in: the
// adjustments of each line, and those of the claim as a whole.
type facts struct {
	lines [][]remit835.Adjustment
	claim []remit835.Adjustment
	icn   string
}

func decided(t *rapid.T, c *Claim, icn string) facts {
	in := answer(t, c)
	f := facts{claim: in.Adjustments, icn: icn}
	for i := range in.Lines {
		list := in.Lines[i].Adjustments
		if rapid.IntRange(0, 4).Draw(t, "above the charge") == 0 {
			r := rapid.SampledFrom([][2]string{{"CO", "94"}, {"CO", "45"}, {"OA", "94"}}).Draw(t, "above")
			list = append(list, remit835.Adjustment{Group: r[0], Reason: r[1], Amount: -money.Cents(rapid.Int64Range(1, 5000).Draw(t, "negative"))})
		}
		f.lines = append(f.lines, list)
	}
	return f
}

// shape is how a payer tells it: by line or for the claim as a whole, the lines
// in any order, named by control number, by procedure, by the procedure that was
// submitted or by nothing but the charge, split, bundled or left out, with the
// adjustments of lines at either level.
func shape(t *rapid.T, c *Claim, f facts, sign money.Cents) *remit835.Claim {
	out := &remit835.Claim{Status: "1", ControlNumber: c.Number, PayerControlNumber: f.icn, Charge: sign * c.Charge}
	if sign < 0 {
		out.Status = remit835.StatusReversal
	}
	signed := func(list []remit835.Adjustment) (more []remit835.Adjustment) {
		for _, a := range list {
			a.Amount *= sign
			more = append(more, a)
		}
		return more
	}
	sum := func(list []remit835.Adjustment) (total money.Cents) {
		for _, a := range list {
			total += a.Amount
		}
		return total
	}
	out.Adjustments = signed(f.claim)
	if rapid.IntRange(0, 3).Draw(t, "for the claim") == 0 {
		for _, list := range f.lines {
			out.Adjustments = append(out.Adjustments, signed(list)...)
		}
		if rapid.Bool().Draw(t, "each reason once") {
			var merged []remit835.Adjustment
			for _, a := range out.Adjustments {
				i := slices.IndexFunc(merged, func(m remit835.Adjustment) bool { return m.Group == a.Group && m.Reason == a.Reason })
				if i < 0 {
					merged = append(merged, a)
				} else {
					merged[i].Amount += a.Amount
				}
			}
			out.Adjustments = merged
		}
		out.Paid = out.Charge - sum(out.Adjustments)
		return out
	}
	bundle := -1 // this line and the next are told as one
	if len(c.Lines) > 1 && rapid.IntRange(0, 3).Draw(t, "bundle") == 0 {
		bundle = rapid.IntRange(0, len(c.Lines)-2).Draw(t, "bundled")
	}
	upward := rapid.IntRange(0, 3).Draw(t, "upward") == 0 // adjustments of lines are told for the claim
	for i := 0; i < len(c.Lines); i++ {
		own := &c.Lines[i]
		svc := remit835.Line{Charge: sign * own.Charge, Adjustments: signed(f.lines[i])}
		svc.Procedure.Code = own.Procedure
		name := rapid.IntRange(0, 4).Draw(t, "name")
		switch name {
		case 0, 1:
			svc.References = []remit835.Reference{{Qualifier: "6R", Value: own.ControlNumber}}
		case 2:
			svc.Submitted.Code, svc.Procedure.Code = own.Procedure, "99299"
		case 3:
			svc.Procedure.Code = "77777"
		}
		if i == bundle {
			i++
			svc.Charge += sign * c.Lines[i].Charge
			svc.Adjustments = append(svc.Adjustments, signed(f.lines[i])...)
		} else if name < 2 && own.Charge > 1 && rapid.IntRange(0, 3).Draw(t, "split") == 0 {
			part := svc
			part.Charge = sign * money.Cents(rapid.Int64Range(1, int64(own.Charge)-1).Draw(t, "part"))
			part.Adjustments = nil
			svc.Charge -= part.Charge
			part.Paid = part.Charge
			out.Lines = append(out.Lines, part)
		}
		if upward {
			out.Adjustments = append(out.Adjustments, svc.Adjustments...)
			svc.Adjustments = nil
		}
		svc.Paid = svc.Charge - sum(svc.Adjustments)
		if len(svc.Adjustments) == 0 && len(out.Lines) > 0 && rapid.IntRange(0, 5).Draw(t, "left out") == 0 {
			out.Paid += svc.Paid // told by the claim's totals alone
			continue
		}
		out.Lines = append(out.Lines, svc)
	}
	out.Lines = rapid.Permutation(out.Lines).Draw(t, "order")
	for i := range out.Lines {
		out.Lines[i].Number = i + 1
		out.Paid += out.Lines[i].Paid
	}
	out.Paid -= sum(out.Adjustments)
	return out
}

// adjudicated is an answer as the store would give it back.
func adjudicated(in *remit835.Claim, seq int, out *Posting) Adjudication {
	a := Adjudication{RemittanceID: int64(seq), Seq: seq, PayerID: 11, PayerClaimNumber: in.PayerControlNumber, Status: in.Status, Charge: in.Charge, Paid: in.Paid}
	lines := map[int]int64{}
	for _, l := range out.Lines {
		lines[l.Seq] = l.ServiceLineID
		a.Lines = append(a.Lines, RecordedLine{Seq: l.Seq, ServiceLineID: l.ServiceLineID, Charge: l.Charge, Paid: l.Paid})
	}
	for _, r := range out.Adjustments {
		a.Adjustments = append(a.Adjustments, RecordedAdjustment{ServiceLineID: lines[r.LineSeq], LineSeq: r.LineSeq, Seq: r.Seq, Group: r.Group, CARC: r.CARC, Amount: r.Amount, Posted: r.Posted})
	}
	for _, e := range out.Entries {
		a.EntryID = int64(90 + seq)
		a.Transfers = append(a.Transfers, e.Transfers...)
	}
	return a
}

// An answer, its reversal in any other shape, and a correction, before or after
// the reversal, leave what the correction alone would have left, to the cent and
// by key; the cash of each is its CLP04, and nobody is asked about a difference.
func TestReversalOfAnyShapeAndCorrection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := ours(t)
		for i := range c.Lines {
			c.Lines[i].Procedure = rapid.SampledFrom([]string{"99213", "81002", "36415"}).Draw(t, "procedure")
		}
		later := rapid.IntRange(0, 3).Draw(t, "later payer") == 0
		open := func() *Poster {
			p := NewPoster(Payment{Key: "835|1|T1", Trace: "T1", PayerID: 11, ReceivedOn: date.MustParse("2022-03-07"), PostingDate: date.MustParse("2022-03-07")}, NewTreatments(nil))
			held := map[ledger.Key]money.Cents{}
			for i := range c.Lines {
				held[receivable(c, &c.Lines[i], c.PayerID, c.Rank)] = c.Lines[i].Charge
				if later { // a prior payer has settled most of it
					held[receivable(c, &c.Lines[i], c.PayerID, c.Rank)] = c.Lines[i].Charge / 3
				}
			}
			p.Know(held)
			return p
		}
		if later {
			c.Rank, c.Next = 2, nil
		}
		first, last := decided(t, c, "ICN1"), decided(t, c, "ICN2")
		original, reversal, correction := shape(t, c, first, 1), shape(t, c, first, -1), shape(t, c, last, 1)
		original.Number, reversal.Number, correction.Number = 1, 2, 3

		p := open()
		var history History
		post := func(in *remit835.Claim) *Posting {
			before := p.balances[p.cash()]
			p.Claim(in, c, history)
			out := p.Take()
			if got := p.balances[p.cash()] - before; got != in.Paid {
				t.Fatalf("CLP %d: cash %s, CLP04 %s", in.Number, got, in.Paid)
			}
			if out.Claims[0].Outcome == OutcomeUnmatched {
				t.Fatalf("CLP %d: %s", in.Number, out.Claims[0].MatchReason)
			}
			history.Adjudications = append(history.Adjudications, adjudicated(in, in.Number, &out))
			return &out
		}
		order := []*remit835.Claim{original, reversal, correction}
		if !later && rapid.Bool().Draw(t, "correction first") {
			order = []*remit835.Claim{original, correction, reversal}
		}
		said := ""
		for _, in := range order {
			for _, item := range post(in).Items {
				if in == reversal && item.Kind == claims.WorkAdjustment {
					said += "\nitem: " + item.Reason
				}
			}
		}
		alone := open()
		alone.Claim(correction, c, History{})
		keys := map[ledger.Key]bool{}
		for key := range p.balances {
			keys[key] = true
		}
		for key := range alone.balances {
			keys[key] = true
		}
		for key := range keys {
			if p.balances[key] != alone.balances[key] {
				said += fmt.Sprintf("\n%+v holds %s, the correction alone leaves %s", key, p.balances[key], alone.balances[key])
			}
		}
		if said != "" {
			t.Fatalf("%s\noriginal %s\nreversal %s\ncorrection %s", said, told(original), told(reversal), told(correction))
		}
	})
}

// told prints an answer.
func told(c *remit835.Claim) string {
	s := fmt.Sprintf("CLP %s charge %s paid %s CAS %v", c.Status, c.Charge, c.Paid, brief(c.Adjustments))
	for i := range c.Lines {
		l := &c.Lines[i]
		s += fmt.Sprintf("\n  SVC %s (%s) %s paid %s REF %s CAS %v", l.Procedure.Code, l.Submitted.Code, l.Charge, l.Paid, l.ControlNumber(), brief(l.Adjustments))
	}
	return s
}

func brief(list []remit835.Adjustment) (texts []string) {
	for _, a := range list {
		texts = append(texts, fmt.Sprintf("%s-%s %s", a.Group, a.Reason, a.Amount))
	}
	return slices.Clip(texts)
}
