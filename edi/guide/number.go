package guide

import "sync"

// idNumber numbers the segment identifiers of the standard, so that a loop finds
// the children that a segment may be in a table. 0 is an unknown identifier.
type idNumber uint8

// numbering finds the number of an identifier by one multiplication: the
// multiplier is chosen so that no two identifiers meet in one slot.
type numbering struct {
	multiplier uint32
	slots      [1 << numberBits]struct {
		id uint32
		n  idNumber
	}
	count int
}

const numberBits = 11

var idNumbers = sync.OnceValue(func() *numbering {
	var t numbering
	for t.multiplier = 0x9E3779B1; !t.fill(); t.multiplier += 2 {
	}
	return &t
})

func (t *numbering) fill() bool {
	clear(t.slots[:])
	t.count = 1
	for id, s := range standardSegments() {
		if s.composite {
			continue
		}
		p := pack([]byte(id))
		slot := &t.slots[p*t.multiplier>>(32-numberBits)]
		if slot.id != 0 {
			return false
		}
		slot.id, slot.n = p, idNumber(t.count)
		t.count++
	}
	return true
}

func (t *numbering) of(id []byte) idNumber {
	p := pack(id)
	if slot := &t.slots[p*t.multiplier>>(32-numberBits)]; slot.id == p {
		return slot.n
	}
	return 0
}

// pack packs a segment identifier; 0 when it cannot be one.
func pack(id []byte) uint32 {
	switch len(id) {
	case 2:
		return uint32(id[0])<<8 | uint32(id[1])
	case 3:
		return uint32(id[0])<<16 | uint32(id[1])<<8 | uint32(id[2])
	}
	return 0
}

// at returns the children that a segment of this identifier may be.
func (l *Loop) at(n idNumber) []uint8 { return l.byID[n] }
