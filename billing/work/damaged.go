package work

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// glimpse is what the segments of a payment say that cannot be read as one: who
// seems to pay what, for a person, and a hash that knows it again.
type glimpse struct {
	payment remit835.Payment
	amount  bool // BPR02 could be read
	hash    [32]byte
}

// glimpse looks at the segments of the job's payment one by one. It never fails
// for what the file says: what cannot be read stays empty.
func (p *poster) glimpse() (*glimpse, error) {
	reader, err := exchangedb.OpenSet(p.ctx, p.tx, p.args.PracticeID, p.args.FileID, p.args.ByteOffset)
	if err != nil {
		return nil, err
	}
	g := &glimpse{payment: remit835.Payment{Position: segment.Position{ByteOffset: p.args.ByteOffset}}}
	content := sha256.New()
	began := false
	for {
		s, err := reader.Next()
		var damage *x12.SyntaxError
		switch {
		case errors.As(err, &damage) && !damage.Fatal:
			continue
		case err == nil && s.Position().Offset < p.args.ByteOffset:
			continue
		case err == nil && !began && s.Is("ST"):
			began = true
			g.payment.Header.Control = s.String(2)
			continue
		case err == nil && began && !s.Is("SE") && !s.Is("ST") && !s.Is("GE") && !s.Is("GS") && !s.Is("IEA") && !s.Is("ISA"):
			g.take(s, content)
			continue
		case err != nil && offsetOf(err) < 0 && !errors.Is(err, io.EOF):
			return nil, err
		}
		break
	}
	if g.payment.Trace.Number != "" && g.payment.Financial.Handling != "" {
		content.Sum(g.hash[:0])
		return g, nil
	}
	// Without a trace nothing tells one payment from another but its place, in
	// these very bytes: ids of files differ from one copy of the book to the next.
	file, err := exchangedb.FindFile(p.ctx, p.tx, p.args.PracticeID, p.args.FileID)
	g.hash = sha256.Sum256(fmt.Appendf(nil, "%x byte %d", file.SHA256, p.args.ByteOffset))
	return g, err
}

// take notes a segment between ST and SE.
func (g *glimpse) take(s *x12.Segment, content hash.Hash) {
	if !s.Is("DTM") || s.String(1) != "405" { // changes when the same payment is sent again
		for n := 0; n <= s.Len(); n++ {
			content.Write(s.Element(n))
			content.Write([]byte{0x1D})
		}
		content.Write([]byte{0x1C})
	}
	f, party := &g.payment.Financial, &g.payment.Payer
	switch {
	case s.Is("BPR") && f.Handling == "":
		f.Handling, f.Method, f.Originator = s.String(1), s.String(4), s.String(10)
		if amount, err := money.ParseString(s.String(2)); err == nil {
			f.Amount, g.amount = amount, true
		}
	case s.Is("TRN") && g.payment.Trace.Number == "":
		g.payment.Trace.Number, g.payment.Trace.Originator = s.String(2), s.String(3)
	case s.Is("N1") && s.String(1) == "PE":
		party = &g.payment.Payee
		fallthrough
	case s.Is("N1") && s.String(1) == "PR":
		if party.IsZero() {
			party.Role, party.Name, party.IDQualifier, party.ID = s.String(1), s.String(2), s.String(3), s.String(4)
		}
	}
}

// String names the payment for a person.
func (g *glimpse) String() string {
	text := "a payment"
	if name := clean(g.payment.Payer.Name); name != "" {
		text += " of " + name
	}
	var parts []string
	if trace := clean(g.payment.Trace.Number); trace != "" {
		parts = append(parts, "trace "+trace)
	}
	if g.amount {
		parts = append(parts, g.payment.Financial.Amount.Dollars())
	}
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}
