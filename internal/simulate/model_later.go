package simulate

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// later posts what answers of later payers could not adjust because they came
// before what they speak of: the prior payer's first answer, or the reversal of
// the answer that they replace. Then the book is as if all had come in order.
func (m *Model) later() {
	var all []*posted
	for _, list := range m.posted {
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b *posted) int { return cmp.Compare(a.when, b.when) })
	for _, w := range all {
		if w.reversed || w.answer.Claim.Rank == 1 {
			continue
		}
		if m.overtookPrior(w, all) {
			m.postLater(w, all, "adjusted once the prior payer answered")
		} else if m.overtookReversal(w, all) {
			m.postLater(w, all, "adjusted once the reversal came")
		}
	}
}

// overtookPrior says that an answer came before the first one of the payer ahead
// of it, which has come now.
func (m *Model) overtookPrior(w *posted, all []*posted) bool {
	overtook := false
	for _, o := range all {
		if o.answer.Claim.Visit != w.answer.Claim.Visit || o.answer.Claim.Rank+1 != w.answer.Claim.Rank {
			continue
		}
		if o.when <= m.began {
			return false
		}
		overtook = overtook || o.when > w.when
	}
	return overtook
}

// overtookReversal says that an answer came while an earlier one of the same
// payer stood, which has been taken back now.
func (m *Model) overtookReversal(w *posted, all []*posted) bool {
	return slices.ContainsFunc(all, func(o *posted) bool {
		return sameAsked(o, w) && o.undone > m.began && o.when < w.when && w.when < o.undone
	})
}

func sameAsked(a, b *posted) bool {
	return a.answer.Claim.Number == b.answer.Claim.Number && a.answer.Claim.Rank == b.answer.Claim.Rank
}

// postLater posts of an answer's adjustments what the receivable holds now, less
// what stays there of the patient's share.
func (m *Model) postLater(w *posted, all []*posted, why string) {
	c := w.answer.Claim
	kept := map[*Line]money.Cents{}
	for _, o := range all {
		if o.reversed || !sameAsked(o, w) {
			continue
		}
		for _, s := range shares(o.answer) {
			for _, r := range s.reasons {
				if _, moves := m.treatment(o.answer, s, r); !moves && m.patientShare(c, r) {
					kept[s.line] += r.Amount
				}
			}
		}
	}
	type part struct {
		line *Line
		code string
	}
	moved := map[part]money.Cents{}
	for _, mv := range w.moves {
		moved[part{mv.line, mv.reason}] += mv.amount
	}
	for _, s := range shares(w.answer) {
		for _, r := range s.reasons {
			to, moves := m.treatment(w.answer, s, r)
			if !moves || m.patientShare(c, r) || r.Amount <= 0 {
				continue
			}
			code := r.Group + "-" + r.CARC
			before := min(moved[part{s.line, code}], r.Amount)
			moved[part{s.line, code}] -= before
			if amount := min(r.Amount-before, max(m.Balances[owed(c, s.line)]-kept[s.line], 0)); amount > 0 {
				m.note(why)
				m.record(w, s.line, code, to, amount)
			}
		}
	}
}
