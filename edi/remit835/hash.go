package remit835

import (
	"crypto/sha256"
	"hash"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// hashDelimiters are bytes that data cannot hold, so that the same payment has
// the same content whatever delimiters its file uses.
var hashDelimiters = x12.Delimiters{Element: 0x1D, Repetition: 0x1E, Component: 0x1F, Terminator: 0x1C}

// ContentHash identifies what a payment says: its canonical content from BPR to
// the last PLB, without envelopes, ST02, delimiters and the production date
// (DTM*405), all of which change when the same payment is sent again.
func ContentHash(p *Payment) ([sha256.Size]byte, error) {
	h := NewHasher(p)
	for g := range p.Groups {
		h.enter(&p.Groups[g])
		for c := range p.Groups[g].Claims {
			h.e.Claim(&p.Groups[g].Claims[c])
		}
	}
	return h.Sum(p)
}

// Hasher computes the content hash claim by claim, as a Decoder returns them.
type Hasher struct {
	sha  hash.Hash
	e    *Encoder
	last segment.Position
	any  bool
}

// NewHasher begins with a payment's header.
func NewHasher(p *Payment) *Hasher {
	h := &Hasher{sha: sha256.New()}
	h.e = NewEncoder(h.sha, hashDelimiters)
	header := *p
	header.Header = segment.Header{Type: "835", Control: "0", Version: ""}
	header.Dates = nil
	for _, d := range p.Dates {
		if d.Qualifier != "405" {
			header.Dates = append(header.Dates, d)
		}
	}
	h.e.BeginPayment(&header)
	return h
}

// Claim adds a claim and, when it is the first of its group, the group's LX.
func (h *Hasher) Claim(g *ClaimGroup, c *Claim) {
	if !h.any || g.Position != h.last {
		h.enter(g)
	}
	h.e.Claim(c)
}

func (h *Hasher) enter(g *ClaimGroup) {
	h.any, h.last = true, g.Position
	h.e.BeginClaims(g)
}

// Sum adds the provider adjustments and returns the hash.
func (h *Hasher) Sum(p *Payment) (out [sha256.Size]byte, err error) {
	h.e.EndPayment(p)
	if err := h.e.Close(); err != nil {
		return out, err
	}
	h.sha.Sum(out[:0])
	return out, nil
}
