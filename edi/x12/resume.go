package x12

import "io"

// NewReaderAt returns a reader that begins in the middle of a file, with the
// transaction set whose ST stands at the position: the first of thousands of
// payments need not be read to reach the last. envelope is the ISA segment and
// the GS segment around the set, both with their terminators; rest yields the
// file's bytes from the ST on. The two envelope segments come first, with
// positions of no meaning; from the ST on the positions are those of the file.
func NewReaderAt(envelope []byte, rest io.Reader, at Position) *Reader {
	r := NewReader(rest)
	r.n = copy(r.buf, envelope)
	r.resume = &at
	r.src, r.rest = emptyReader{}, rest
	return r
}

// proceed goes on from the envelope to the transaction set. It reports false
// when there is nothing to proceed to.
func (r *Reader) proceed() bool {
	if r.resume == nil || !r.inGroup {
		return false
	}
	at := *r.resume
	r.src, r.resume, r.rest = r.rest, nil, nil
	r.i, r.n, r.base, r.eof = 0, 0, at.Offset, false
	r.groups, r.sets = at.Group, at.Transaction-1
	r.pos = Position{Offset: at.Offset, Interchange: at.Interchange, Group: at.Group}
	return true
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, io.EOF }
