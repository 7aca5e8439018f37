package check

import (
	"slices"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/money"
)

// claimRecord is what a 277CA needs of a claim.
type claimRecord struct {
	number, charge      []byte // CLM01, CLM02
	last, first, member []byte // of the patient
	bill                []byte // CLM05-1 and -3 of an institutional claim
	from, to            int    // service dates, CCYYMMDD; 0 for none
	rejected            []guide.Status
}

// maxStatuses is how many reasons of a rejected claim a 277CA tells.
const maxStatuses = 4

// claimAnswers is what a 277CA needs of a transaction set: the parties, the
// totals, and where the spool holds the claims in the order of the file.
type claimAnswers struct {
	submitter, receiver segment.Name   // 1000A, 1000B
	counts              [2]int64       // claims accepted and rejected
	sums                [2]money.Cents // their charges
	blocks              []block
}

// block holds whole records.
type block struct {
	at   int64
	size int
}

// blockSize is how much of one transaction set a checker holds before it goes to
// the spool: a file has hundreds of thousands of claims.
const blockSize = 32 << 10

// recorder keeps the claims of the open transaction set for a 277CA.
type recorder struct {
	buffer  packing
	billing segment.Name // 2010AA
	told    bool         // it stands in the spool
	record  claimRecord
	open    bool
}

// begin starts the record of a claim.
func (k *recorder) begin() *claimRecord {
	r := &k.record
	*r = claimRecord{number: r.number[:0], charge: r.charge[:0], last: r.last[:0], first: r.first[:0], member: r.member[:0], bill: r.bill[:0],
		rejected: r.rejected[:0]}
	k.open = true
	return r
}

// end writes the record of the open claim.
func (k *recorder) end(t *claimAnswers, s *spool) {
	if !k.open {
		return
	}
	k.open = false
	r, p := &k.record, &k.buffer
	which := 0
	if len(r.rejected) > 0 {
		which = 1
	}
	charge, _ := money.Parse(r.charge)
	t.counts[which]++
	t.sums[which] += charge
	if !k.told {
		k.told = true
		if k.billing.IsZero() { // there is none: only a run without level 2 comes here
			k.billing = segment.Name{Role: "85", Type: "2", Last: "UNKNOWN"}
		}
		p.flag(true)
		p.name(&k.billing)
	}
	p.flag(false)
	for _, v := range [...][]byte{r.number, r.last, r.first, r.member, r.bill} {
		p.number(int64(len(v)))
		*p = append(*p, v...)
	}
	p.number(int64(charge))
	p.number(int64(r.from))
	p.number(int64(r.to))
	p.number(int64(len(r.rejected)))
	for i := range r.rejected {
		v := &r.rejected[i]
		p.text(v.Category, v.Code, v.Entity)
	}
	if len(*p) > blockSize {
		k.flush(t, s)
	}
}

// flush gives what is written to the spool.
func (k *recorder) flush(t *claimAnswers, s *spool) {
	if len(k.buffer) > 0 {
		t.blocks = append(t.blocks, block{s.put(k.buffer), len(k.buffer)})
		k.buffer = k.buffer[:0]
	}
}

// named takes the billing provider of the claims that follow.
func (k *recorder) named(n segment.Name) { k.billing, k.told = n, false }

// storedClaim is a record as the spool gives it back.
type storedClaim struct {
	number, last, first, member, bill string
	charge                            money.Cents
	from, to                          int
	rejected                          []guide.Status
}

// each calls yield for every claim with its billing provider, which is the same
// pointer for the claims of one loop.
func (t *claimAnswers) each(s *spool, yield func(*segment.Name, *storedClaim) bool) {
	var billing *segment.Name
	var raw []byte
	for _, b := range t.blocks {
		raw = slices.Grow(raw[:0], b.size)[:b.size]
		if _, err := s.ReadAt(raw, b.at); err != nil {
			return // the spool keeps the error
		}
		for u := unpacking(raw); len(u) > 0; {
			if u.flag() {
				billing = &segment.Name{}
				u.name(billing)
				continue
			}
			var c storedClaim
			for _, v := range [...]*string{&c.number, &c.last, &c.first, &c.member, &c.bill} {
				n := int(u.number())
				*v = string(u[:n])
				u = u[n:]
			}
			c.charge, c.from, c.to = money.Cents(u.number()), int(u.number()), int(u.number())
			for range u.number() {
				var v guide.Status
				u.text(&v.Category, &v.Code, &v.Entity)
				c.rejected = append(c.rejected, v)
			}
			if !yield(billing, &c) {
				return
			}
		}
	}
}

// addStatus keeps a reason once, and a few in all.
func addStatus(list []guide.Status, s guide.Status) []guide.Status {
	if s.IsZero() {
		s = guide.Status{Category: "A3", Code: "21"}
	}
	if len(list) >= maxStatuses || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
