package billing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/money"
)

// share is what one CLP says of one line of our claim: cash and adjustments,
// with the claim's own adjustments already allocated to it.
type share struct {
	line        *ClaimLine // nil: the claim as such
	row         int        // index into the posting's rows of lines, -1: none
	paid        money.Cents
	offset      int64 // of SVC, or of CLP
	remarks     []string
	adjustments []shareAdjustment
}

// shareAdjustment is an adjustment's part in a share.
type shareAdjustment struct {
	group, carc string
	amount      money.Cents
	offset      int64
	row         int // index into the posting's rows of adjustments
}

// unreported returns the lines of the claim that no share speaks for.
func unreported(c *Claim, shares []share) []*ClaimLine {
	seen := map[int64]bool{}
	for _, s := range shares {
		if s.line != nil {
			seen[s.line.ServiceLineID] = true
		}
	}
	var rest []*ClaimLine
	for i := range c.Lines {
		if !seen[c.Lines[i].ServiceLineID] {
			rest = append(rest, &c.Lines[i])
		}
	}
	return rest
}

// shares splits a CLP over the lines of our claim. Adjustments of the claim are
// allocated by SVC02 and lower each line's posted payment, so that the cash of a
// claim is exactly CLP04.
func (p *Poster) shares(c *remit835.Claim, ours *Claim) []share {
	remarks := remarkCodes(c)
	var shares []share
	if len(c.Lines) == 0 {
		weights := make([]money.Cents, len(ours.Lines))
		for i := range ours.Lines {
			weights[i] = ours.Lines[i].Charge
		}
		// As if each line had been reported with its part of the charge and nothing
		// else: then every line closes to the cent, whatever the rounding.
		charge := c.Charge.Allocate(weights)
		for i := range ours.Lines {
			shares = append(shares, share{line: &ours.Lines[i], row: -1, paid: charge[i], offset: c.ByteOffset, remarks: remarks})
		}
		if len(shares) == 0 {
			shares = []share{{row: -1, paid: c.Charge, offset: c.ByteOffset, remarks: remarks}}
			weights = []money.Cents{0}
		}
		for n, a := range c.Adjustments {
			spread(shares, a, p.adjustmentRow(c, 0, n), weights)
		}
		return shares
	}

	matched, reasons := make([]*ClaimLine, len(c.Lines)), make([]string, len(c.Lines))
	taken := map[int64]bool{}
	for i := range c.Lines {
		if matched[i], reasons[i] = matchLine(&c.Lines[i], ours, taken); matched[i] != nil {
			taken[matched[i].ServiceLineID] = true
		}
	}
	bundle, together := bundled(c, ours, matched)
	var weights []money.Cents
	var left []string
	for i := range c.Lines {
		svc := &c.Lines[i]
		if i == bundle {
			parts := p.bundle(c, svc, i, together, remarks)
			for k := range parts {
				weights = append(weights, together[k].Charge)
			}
			shares = append(shares, parts...)
			continue
		}
		if matched[i] == nil {
			left = append(left, fmt.Sprintf("SVC %d (%s)", i+1, printable(svc.Procedure.Code)))
		}
		s := share{line: matched[i], row: p.lineRow(c, svc, matched[i], reasons[i]), paid: svc.Paid, offset: svc.ByteOffset, remarks: slices.Concat(remarks, lineRemarks(svc))}
		for n, a := range svc.Adjustments {
			s.adjustments = append(s.adjustments, shareAdjustment{a.Group, a.Reason, a.Amount, a.ByteOffset, p.adjustmentRow(c, i+1, n)})
		}
		weights, shares = append(weights, svc.Charge.Abs()), append(shares, s)
	}
	for n, a := range c.Adjustments {
		spread(shares, a, p.adjustmentRow(c, 0, n), weights)
	}
	rest := c.Paid
	for i := range shares {
		rest -= shares[i].paid
	}
	if rest != 0 {
		shares = append(shares, p.remainder(c, ours, shares, rest, remarks)...)
	}
	if len(left) > 0 {
		p.out.Items = append(p.out.Items, p.claimItem(claims.WorkUnmatched, fmt.Sprintf("%s|CLP|%d|lines", p.payment.Key, c.Number), ours, c.Paid.Abs(),
			fmt.Sprintf("claim %s: %s match no line that was sent; posted to the claim as a whole", ours.Number, strings.Join(left, ", ")),
			"compare the remittance with the claim as sent and move the amounts to the lines they belong to"))
	}
	return shares
}

// bundle splits an SVC over the lines that it stands for, as a claim without
// lines is split: each has its own charge less its part of the adjustments, so
// that every line closes to the cent.
func (p *Poster) bundle(c *remit835.Claim, svc *remit835.Line, i int, lines []*ClaimLine, remarks []string) []share {
	row := p.lineRow(c, svc, lines[0], matchBundle)
	remarks = slices.Concat(remarks, lineRemarks(svc))
	parts, weights := make([]share, len(lines)), make([]money.Cents, len(lines))
	for k, line := range lines {
		weights[k] = line.Charge
		parts[k] = share{line: line, row: row, paid: line.Charge, offset: svc.ByteOffset, remarks: remarks}
		if svc.Charge < 0 {
			parts[k].paid = -line.Charge
		}
	}
	for n, a := range svc.Adjustments {
		spread(parts, a, p.adjustmentRow(c, i+1, n), weights)
	}
	return parts
}

// spread allocates an adjustment to the shares by their weights; it lowers what
// was paid for each.
func spread(shares []share, a remit835.Adjustment, row int, weights []money.Cents) {
	for i, part := range a.Amount.Allocate(weights) {
		shares[i].paid -= part
		shares[i].adjustments = append(shares[i].adjustments, shareAdjustment{a.Group, a.Reason, part, a.ByteOffset, row})
	}
}

// remainder is the part of CLP04 that the lines do not account for (ΣSVC02 is
// not CLP03). When it is exactly the charge of lines that the payer left out, it
// is theirs; otherwise it belongs to the claim as a whole.
func (p *Poster) remainder(c *remit835.Claim, ours *Claim, shares []share, rest money.Cents, remarks []string) []share {
	missing := unreported(ours, shares)
	var charge money.Cents
	for _, line := range missing {
		charge += line.Charge
	}
	if len(missing) == 0 || charge.Abs() != rest.Abs() {
		return []share{{row: -1, paid: rest, offset: c.ByteOffset, remarks: remarks}}
	}
	var more []share
	for _, line := range missing {
		amount := line.Charge
		if rest < 0 {
			amount = -amount
		}
		more = append(more, share{line: line, row: -1, paid: amount, offset: c.ByteOffset, remarks: remarks})
	}
	return more
}
