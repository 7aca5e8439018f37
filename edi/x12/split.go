package x12

import (
	"bufio"
	"fmt"
	"io"
)

// Split writes each transaction set of a stream into a writer of its own, with
// the envelopes of its interchange and group rebuilt around it; open makes the
// writer from the set's position and ST01. A set that the input cuts short is
// written as far as it goes, without SE, so that it is seen to be incomplete.
// Faults are passed to fault, which may be nil.
func Split(r io.Reader, open func(p Position, kind string) (io.WriteCloser, error), fault func(*SyntaxError)) error {
	var isa, gs Segment
	var control, groupControl string
	var current *part
	finish := func() error {
		if current == nil {
			return nil
		}
		err := current.close(groupControl, control)
		current = nil
		return err
	}
	err := each(r, fault, func(in *Reader, s *Segment) error {
		switch s.ID() {
		case "ISA":
			isa, control = s.Clone(), s.String(13)
			return finish()
		case "GS":
			gs, groupControl = s.Clone(), s.String(6)
			return finish()
		case "GE", "IEA", "TA1":
			return finish()
		case "ST":
			if err := finish(); err != nil {
				return err
			}
			w, err := open(s.Position(), s.String(1))
			if err != nil {
				return err
			}
			current = newPart(w, in.Delimiters())
			current.segment(&isa)
			if gs.Len() > 0 {
				current.segment(&gs)
			}
		}
		if current == nil {
			return nil
		}
		current.segment(s)
		if s.Is("SE") {
			return finish()
		}
		return nil
	})
	if e := finish(); err == nil {
		err = e
	}
	return err
}

type part struct {
	w   io.WriteCloser
	out *bufio.Writer
	d   Delimiters
}

func newPart(w io.WriteCloser, d Delimiters) *part { return &part{w, bufio.NewWriter(w), d} }

func (p *part) segment(s *Segment) { p.raw(s.Raw()) }

func (p *part) raw(b []byte) {
	p.out.Write(b) // the writer keeps its first error until Flush
	p.out.WriteByte(p.d.Terminator)
	if p.d.Terminator != '\n' && p.d.Terminator != '\r' {
		p.out.WriteByte('\n')
	}
}

func (p *part) close(group, interchange string) error {
	p.raw(fmt.Appendf(nil, "GE%c1%c%s", p.d.Element, p.d.Element, group))
	p.raw(fmt.Appendf(nil, "IEA%c1%c%s", p.d.Element, p.d.Element, interchange))
	err := p.out.Flush()
	if e := p.w.Close(); err == nil {
		err = e
	}
	return err
}
