package generate

import (
	"fmt"
	"io"
	"testing"
)

// A file of very many very small transaction sets takes no more memory than one
// of a few large ones: a decoder keeps nothing of a set that is over.
func TestManySmallSets(t *testing.T) {
	const isa = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*0800*^*00501*000000001*0*T*:~"
	for _, c := range []struct {
		name, head, set string
		drain           func(io.Reader) error
	}{
		{"835", isa + "GS*HP*A1*B1*20260105*0800*1*X*005010X221A1~",
			"ST*835*%[1]09d~BPR*H*0*C*NON************20260105~TRN*1*T%[1]d*1123456789~SE*4*%[1]09d~", drain835},
		{"837P", isa + "GS*HC*A1*B1*20260105*0800*1*X*005010X222A1~",
			"ST*837*%[1]09d*005010X222A1~HL*1**20*1~HL*2*1*22*0~SBR*P~CLM*A%[1]d*0***11:B:1~SE*6*%[1]09d~", drain837},
	} {
		watched := watching(t, &sets{head: c.head, set: c.set, left: 200_000})
		if err := c.drain(watched); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if watched.most > 12<<20 || watched.most == 0 {
			t.Errorf("%s: the heap grew to %d bytes", c.name, watched.most)
		}
	}
}

// sets is a file of small transaction sets that is written as it is read.
type sets struct {
	head, set  string
	left, done int
	buf        []byte
}

func (s *sets) Read(p []byte) (int, error) {
	for len(s.buf) < len(p) && s.left >= 0 {
		switch {
		case s.done == 0 && s.head != "":
			s.buf, s.head = append(s.buf, s.head...), ""
		case s.left > 0:
			s.done++
			s.left--
			s.buf = fmt.Appendf(s.buf, s.set, s.done)
		default:
			s.left--
			s.buf = fmt.Appendf(s.buf, "GE*%d*1~IEA*1*000000001~", s.done)
		}
	}
	if len(s.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.buf)
	s.buf = append(s.buf[:0], s.buf[n:]...)
	return n, nil
}
