package x12

import (
	"bytes"
	"errors"
	"io"
)

// Format copies every segment of a stream with its content untouched, one a
// line or, compact, without anything between. What belongs to no segment
// (blanks, bytes outside of interchanges) is left out. Faults are passed to
// fault, which may be nil; only an error of the input or output stops it.
func Format(w io.Writer, r io.Reader, compact bool, fault func(*SyntaxError)) error {
	var line []byte
	return each(r, fault, func(in *Reader, s *Segment) error {
		line = ended(append(line[:0], s.Raw()...), in.Delimiters(), compact)
		_, err := w.Write(line)
		return err
	})
}

// Canonical copies every segment without trailing empty elements and
// components; amount reports whether an element holds a number, which is then
// written in its shortest form.
func Canonical(w io.Writer, r io.Reader, compact bool, amount func(s *Segment, element, component int) bool, fault func(*SyntaxError)) error {
	var line []byte
	return each(r, fault, func(in *Reader, s *Segment) error {
		d := in.Delimiters()
		line = ended(canonical(line[:0], s, d, amount), d, compact)
		_, err := w.Write(line)
		return err
	})
}

// ended appends the terminator and, unless that is a line break itself, a line break.
func ended(line []byte, d Delimiters, compact bool) []byte {
	line = append(line, d.Terminator)
	if !compact && d.Terminator != '\n' && d.Terminator != '\r' {
		line = append(line, '\n')
	}
	return line
}

func canonical(dst []byte, s *Segment, d Delimiters, amount func(*Segment, int, int) bool) []byte {
	if s.Is("ISA") {
		return append(dst, s.Raw()...)
	}
	dst = append(dst, s.ID()...)
	keep := len(dst)
	for n := 1; n <= s.Len(); n++ {
		dst = append(dst, d.Element)
		start := len(dst)
		repetitions := max(1, s.Repetitions(n))
		for k := 1; k <= repetitions; k++ {
			if k > 1 {
				dst = append(dst, d.Repetition)
			}
			rep := s.Repetition(n, k)
			last := len(dst)
			for c := 1; c <= count(rep, d.Component); c++ {
				if c > 1 {
					dst = append(dst, d.Component)
				}
				v := nth(rep, c, d.Component)
				if len(v) == 0 {
					continue
				}
				if amount != nil && amount(s, n, c) {
					dst = shortest(dst, v)
				} else {
					dst = append(dst, v...)
				}
				last = len(dst)
			}
			dst = dst[:last]
		}
		if len(dst) > start {
			keep = len(dst)
		}
	}
	return dst[:keep]
}

// shortest appends a number without needless zeros: "0100.50" as "100.5",
// "-0.00" as "0". What is no number is appended as it is.
func shortest(dst, v []byte) []byte {
	whole, frac, point := bytes.Cut(bytes.TrimPrefix(v, []byte("-")), []byte("."))
	for _, b := range [][]byte{whole, frac} {
		for _, c := range b {
			if c < '0' || c > '9' {
				return append(dst, v...)
			}
		}
	}
	if len(whole)+len(frac) == 0 || point && len(frac) == 0 && len(whole) == 0 {
		return append(dst, v...)
	}
	whole, frac = bytes.TrimLeft(whole, "0"), bytes.TrimRight(frac, "0")
	if len(whole)+len(frac) == 0 {
		return append(dst, '0')
	}
	if v[0] == '-' {
		dst = append(dst, '-')
	}
	if len(whole) == 0 {
		dst = append(dst, '0')
	}
	dst = append(dst, whole...)
	if len(frac) > 0 {
		dst = append(append(dst, '.'), frac...)
	}
	return dst
}

func each(r io.Reader, fault func(*SyntaxError), f func(*Reader, *Segment) error) error {
	in := NewReader(r)
	for {
		s, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				return err
			}
			if fault != nil {
				fault(syntax)
			}
			continue
		}
		if err := f(in, s); err != nil {
			return err
		}
	}
}
