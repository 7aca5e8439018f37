package check

import (
	"bytes"
	"hash/maphash"
)

// numberSet holds the line control numbers of one claim. It keeps its memory
// from claim to claim, so that a number costs no allocation.
type numberSet struct {
	seed    maphash.Seed
	byHash  map[uint64]span
	content []byte
}

type span struct{ from, to int }

func (s *numberSet) reset() {
	clear(s.byHash)
	s.content = s.content[:0]
}

// add reports whether the number was new.
func (s *numberSet) add(number []byte) bool {
	if s.byHash == nil {
		s.seed, s.byHash = maphash.MakeSeed(), map[uint64]span{}
	}
	h := maphash.Bytes(s.seed, number)
	for {
		old, taken := s.byHash[h]
		if !taken {
			break
		}
		if bytes.Equal(s.content[old.from:old.to], number) {
			return false
		}
		h++ // two numbers of one hash
	}
	from := len(s.content)
	s.content = append(s.content, number...)
	s.byHash[h] = span{from, len(s.content)}
	return true
}
