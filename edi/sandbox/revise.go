package sandbox

// A replacement (CLM05-3 = 7) or a void (8) names in REF*F8 the payer's number
// of a claim that was adjudicated before, in this run or in an earlier one of
// the same payer. What that claim was paid is taken back by a reversal; a
// replacement is then settled anew, beside it, as a correction. An original that
// the payer has never seen cannot be taken back: the replacement is then paid
// like an original, and the void has no remittance.

// history is what was adjudicated, by the payer's number of the claim.
type history map[string]*settled

// remember keeps a claim's outcome for what may revise it later.
func (h history) remember(s *settled) { h[s.icn] = s }

// takeBack returns the reversal of what a replacement or void names, or nil. It
// can be taken back once; the replacement's own number takes its place.
func (h history) takeBack(c *claim) *settled {
	original := h[c.original]
	if c.original == "" || original == nil || original.payer.id != c.payer.id {
		return nil
	}
	delete(h, c.original)
	original.revised = true
	return original.reverse()
}

// settleAll settles every claim that was accepted, in its order, and what
// replacements and voids do to claims before them. Revisions come apart, because
// they are paid after what they revise.
func (r *run) settleAll(all []*decided, h history) (ordinary, revisions []*settled) {
	for _, d := range all {
		if d.fate == fateReject {
			continue
		}
		var back *settled
		if d.frequency == "7" || d.frequency == "8" {
			back = h.takeBack(d.claim)
		}
		if back != nil {
			back.account = d.claim
			revisions = append(revisions, back)
		}
		if d.frequency == "8" {
			continue
		}
		s := r.settle(d)
		h.remember(s)
		if back == nil {
			ordinary = append(ordinary, s)
			continue
		}
		s.correctsID = back.icn
		revisions = append(revisions, s)
	}
	return ordinary, revisions
}

// recall settles again what the payer has adjudicated before: by the same seed
// and scenario it comes out as it did then.
func (r *run) recall(earlier []*interchange) history {
	h := history{}
	var claims []*claim
	for _, x := range earlier {
		r.judgeSets(x)
		for _, g := range x.groups {
			for _, t := range g.sets {
				if x.damage != nil || t.taken() {
					claims = append(claims, t.claims...)
				}
			}
		}
	}
	r.settleAll(r.decide(claims, r.scenario), h)
	return h
}
