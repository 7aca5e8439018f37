package claim837

import (
	"errors"
	"io"
	"strconv"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// ReadAll reads the 837s of a file into memory, for small files and round
// trips. A transaction set with a fault is left out; the faults come back
// joined.
func ReadAll(r io.Reader) ([]Interchange, error) {
	d := NewDecoder(x12.NewReader(r))
	d.tree = new(tree)
	var faults []error
	for {
		c, err := d.Next()
		if err == io.EOF {
			return d.tree.out, errors.Join(faults...)
		}
		if err != nil {
			faults = append(faults, err)
			d.tree.spoiled = true
			if d.fatal {
				return d.tree.out, errors.Join(faults...)
			}
			continue
		}
		d.tree.claims[d.tree.owner()] = append(d.tree.claims[d.tree.owner()], *c.Claim)
	}
}

// tree collects the levels of a transaction set, flat and in the order of the
// file, and builds the hierarchy when its SE is reached.
type tree struct {
	out     []Interchange
	spoiled bool
	levels  []any // *BillingProvider, *Subscriber, *Patient
	claims  map[int][]Claim
}

func (t *tree) begin(*Decoder) {
	t.spoiled, t.levels, t.claims = false, nil, map[int][]Claim{}
}

func (t *tree) level(d *Decoder) {
	switch {
	case d.patient != nil:
		t.levels = append(t.levels, d.patient)
	case d.subscriber != nil:
		t.levels = append(t.levels, d.subscriber)
	default:
		t.levels = append(t.levels, d.billing)
	}
}

// owner is the index of the level that the next claim stands under.
func (t *tree) owner() int { return len(t.levels) - 1 }

func (t *tree) close(d *Decoder) {
	if t.spoiled {
		return
	}
	set := *d.set
	for i, l := range t.levels {
		switch v := l.(type) {
		case *BillingProvider:
			set.Billing = append(set.Billing, *v)
		case *Subscriber:
			b := &set.Billing[len(set.Billing)-1]
			s := *v
			s.Claims = t.claims[i]
			b.Subscribers = append(b.Subscribers, s)
		case *Patient:
			b := &set.Billing[len(set.Billing)-1]
			s := &b.Subscribers[len(b.Subscribers)-1]
			p := *v
			p.Claims = t.claims[i]
			s.Patients = append(s.Patients, p)
		}
	}
	renumber(&set)
	if n := len(t.out); n == 0 || t.out[n-1].Header != d.interchange {
		t.out = append(t.out, Interchange{Header: d.interchange, Delimiters: d.in.Delimiters()})
	}
	x := &t.out[len(t.out)-1]
	if n := len(x.Groups); n == 0 || x.Groups[n-1].Header != d.group {
		x.Groups = append(x.Groups, Group{Header: d.group})
	}
	g := &x.Groups[len(x.Groups)-1]
	g.Transactions = append(g.Transactions, set)
}

// renumber clears the hierarchy of levels where the writer would number them
// the same.
func renumber(t *Transaction) {
	n := 0
	clear := func(h *segment.Hierarchy, parent int, children bool) {
		if n++; h.ID == strconv.Itoa(n) {
			h.ID = ""
		}
		if parent == 0 && h.Parent == "" || parent > 0 && h.Parent == strconv.Itoa(parent) {
			h.Parent = ""
		}
		if h.Child == childCode(children) {
			h.Child = ""
		}
	}
	for b := range t.Billing {
		billing := &t.Billing[b]
		clear(&billing.Hierarchy, 0, len(billing.Subscribers) > 0)
		bid := n
		for s := range billing.Subscribers {
			subscriber := &billing.Subscribers[s]
			clear(&subscriber.Hierarchy, bid, len(subscriber.Patients) > 0)
			sid := n
			for p := range subscriber.Patients {
				clear(&subscriber.Patients[p].Hierarchy, sid, false)
			}
		}
	}
}

func childCode(children bool) string {
	if children {
		return "1"
	}
	return "0"
}
