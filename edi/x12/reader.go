package x12

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxSegment is the largest segment that is read, in bytes. The guides' longest
// stays far below; the bound keeps memory flat on input that never terminates.
const MaxSegment = 64 << 10

const bufferSize = 4 * MaxSegment

// Reader streams the segments of any number of interchanges. It holds one
// buffer of a fixed size.
//
// It tolerates what the field sends: a byte-order mark, line breaks and
// indentation between segments, several interchanges in a file with different
// delimiters, an IEA without terminator at the very end. Everything else that
// is wrong with bytes or envelopes is a *SyntaxError with its position.
type Reader struct {
	src  io.Reader
	buf  []byte
	i, n int   // unread bytes are buf[i:n]
	base int64 // file offset of buf[0]
	eof  bool
	err  error // sticky

	d      Delimiters
	seg    Segment
	ready  bool // seg waits behind faults, or was unread
	faults []*SyntaxError

	pos                 Position
	inInterchange       bool
	inGroup, inSet      bool
	groups, sets, count int
	isaControl          []byte
	gsControl           []byte
	stControl           []byte

	resume *Position // set by NewReaderAt until the envelope has been read
	rest   io.Reader
}

// NewReader returns a reader of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{src: r, buf: make([]byte, bufferSize), seg: Segment{ends: make([]uint32, 0, 64)}}
}

// Reset makes the reader start over on another input and keeps its buffers.
func (r *Reader) Reset(src io.Reader) {
	buf, ends := r.buf, r.seg.ends
	*r = Reader{src: src, buf: buf, seg: Segment{ends: ends}}
}

// Delimiters returns those of the current interchange; all zero before the first.
func (r *Reader) Delimiters() Delimiters { return r.d }

// Unread makes the next call of Next return the current segment once more. It
// serves decoders that stop at the first segment of the next claim.
func (r *Reader) Unread() { r.ready = true }

// Next returns the next segment, valid until the following call. At the end it
// returns io.EOF; a fault is a *SyntaxError, after which Next may be called
// again unless the fault is Fatal; any other error is that of the input.
func (r *Reader) Next() (*Segment, error) {
	if len(r.faults) == 0 && !r.ready && r.err == nil {
		r.advance()
	}
	if len(r.faults) > 0 {
		f := r.faults[0]
		r.faults = r.faults[1:]
		return nil, f
	}
	if r.ready {
		r.ready = false
		return &r.seg, nil
	}
	return nil, r.err
}

// advance reads until a segment is ready, a fault is queued, or the input ends.
func (r *Reader) advance() {
	for !r.ready && len(r.faults) == 0 && r.err == nil {
		if r.inInterchange {
			r.readSegment()
		} else {
			r.readISA()
		}
	}
}

// fill moves the unread bytes to the front and reads more. It reports whether
// more bytes came.
func (r *Reader) fill() bool {
	if r.eof || r.err != nil {
		return false
	}
	if r.i > 0 {
		copy(r.buf, r.buf[r.i:r.n])
		r.base += int64(r.i)
		r.n -= r.i
		r.i = 0
	}
	for tries := 0; r.n < len(r.buf); tries++ {
		k, err := r.src.Read(r.buf[r.n:])
		r.n += k
		if err != nil {
			r.eof = true
			if !errors.Is(err, io.EOF) {
				r.err = fmt.Errorf("reading after byte %d: %w", r.base+int64(r.n), err)
			}
			return k > 0
		}
		if k > 0 {
			return true
		}
		if tries == 100 {
			r.eof, r.err = true, io.ErrNoProgress
			return false
		}
	}
	return false
}

// need makes at least k unread bytes available, if the input has them.
func (r *Reader) need(k int) bool {
	for r.n-r.i < k {
		if !r.fill() {
			return false
		}
	}
	return true
}

func (r *Reader) offset() int64 { return r.base + int64(r.i) }

// fault queues a recoverable fault at the current position with the offset off.
func (r *Reader) fault(off int64, code, fix, format string, args ...any) {
	p := r.pos
	p.Offset = off
	r.faults = append(r.faults, &SyntaxError{Code: code, Position: p, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// readISA finds the next interchange header.
func (r *Reader) readISA() {
	first := r.pos.Interchange == 0
	if first && r.base == 0 && r.i == 0 && r.need(3) && bytes.HasPrefix(r.buf, []byte("\xEF\xBB\xBF")) {
		r.i = 3
	}
	for { // blanks, and the fillers that some senders put after the last segment
		for r.i < r.n && (isBlank(r.buf[r.i]) || r.buf[r.i] == 0 || r.buf[r.i] == 0x1A) {
			r.i++
		}
		if r.i < r.n || !r.fill() {
			break
		}
	}
	if r.i == r.n {
		if r.err == nil {
			r.err = io.EOF
		}
		if first && errors.Is(r.err, io.EOF) {
			r.fault(0, CodeEmpty, "ask the sender for the file again", "the file is empty")
			r.faults[0].Fatal = true
		}
		return
	}
	r.need(isaLength)
	if d, ok := parseISAHeader(r.buf[r.i:r.n]); ok {
		r.startInterchange(d)
		return
	}
	off, looksISA := r.offset(), r.n-r.i > 3 && string(r.buf[r.i:r.i+3]) == "ISA" && !isData(r.buf[r.i+3])
	var why string
	if looksISA {
		why = explainISA(r.buf[r.i:r.n])
	}
	found := r.seekISA(first)
	p := Position{Offset: off}
	switch {
	case looksISA:
		p.Interchange = r.pos.Interchange + 1
		r.pos.Interchange++
		r.faults = append(r.faults, &SyntaxError{Code: CodeISA, Position: p, Fatal: !found, Message: why,
			Fix: "the ISA segment is 106 bytes: each element is padded to its fixed width"})
	case found || !first:
		r.faults = append(r.faults, &SyntaxError{Code: CodeGarbage, Position: p, Fatal: !found,
			Message: fmt.Sprintf("%d bytes here belong to no interchange", r.offset()-off),
			Fix:     "remove what is not X12 before, between or after the interchanges"})
	default:
		r.faults = append(r.faults, &SyntaxError{Code: CodeNotX12, Position: p, Fatal: true,
			Message: "this is not X12: the file does not begin with an ISA segment",
			Fix:     "an X12 file starts with ISA; an archive must be unpacked first, a scan or a PDF cannot be read"})
	}
	if !found && r.err == nil {
		r.err = io.EOF
	}
}

// seekISA skips at least one byte and goes to the next usable ISA header; in
// one that has had no interchange yet it gives up after MaxSegment bytes.
func (r *Reader) seekISA(bounded bool) bool {
	r.i++
	start := r.offset()
	for {
		if k := bytes.Index(r.buf[r.i:r.n], []byte("ISA")); k >= 0 {
			r.i += k
			r.need(isaLength)
			if _, ok := parseISAHeader(r.buf[r.i:r.n]); ok {
				return true
			}
			r.i++
			continue
		}
		r.i = max(r.i, r.n-2)
		if bounded && r.offset()-start > MaxSegment || !r.fill() {
			r.i = r.n
			return false
		}
	}
}

// startInterchange takes the ISA segment at the cursor.
func (r *Reader) startInterchange(d Delimiters) {
	off := r.offset()
	r.closeInterchange(off, "the next ISA begins")
	interchange := r.pos.Interchange + 1
	r.pos = Position{Offset: off, Interchange: interchange}
	r.d, r.inInterchange, r.groups = d, true, 0
	// ISA11 and ISA16 hold the delimiters themselves, so that nothing inside
	// the ISA is split by them.
	r.take(isaLength-1, Delimiters{Element: d.Element, Terminator: d.Terminator})
	r.i++ // the terminator
	r.isaControl = append(r.isaControl[:0], r.seg.Element(13)...)
}

// take makes the next k bytes the current segment.
func (r *Reader) take(k int, d Delimiters) {
	r.seg.raw, r.seg.d, r.seg.pos = r.buf[r.i:r.i+k:r.i+k], d, r.pos
	r.seg.split()
	r.i += k
	r.ready = true
}

// readSegment reads one segment inside an interchange.
func (r *Reader) readSegment() {
	for {
		for r.i < r.n && isBlank(r.buf[r.i]) && r.buf[r.i] != r.d.Element && r.buf[r.i] != r.d.Terminator {
			r.i++
		}
		if r.i < r.n && r.buf[r.i] == r.d.Terminator && isBlank(r.d.Terminator) {
			r.i++ // an empty line, where lines are segments
			continue
		}
		if r.i < r.n || !r.fill() {
			break
		}
	}
	if r.i == r.n {
		if !r.proceed() {
			r.end()
		}
		return
	}
	if r.buf[r.i] == 'I' && r.need(isaLength) {
		if d, ok := parseISAHeader(r.buf[r.i:r.n]); ok {
			r.startInterchange(d)
			return
		}
	}
	k := bytes.IndexByte(r.buf[r.i:r.n], r.d.Terminator)
	for k < 0 && r.n-r.i <= MaxSegment {
		have := r.n - r.i
		if !r.fill() {
			break
		}
		if k = bytes.IndexByte(r.buf[r.i+have:r.n], r.d.Terminator); k >= 0 {
			k += have
		}
	}
	if k > MaxSegment || k < 0 && r.n-r.i > MaxSegment {
		r.skipLong()
		return
	}
	if k < 0 {
		r.unterminated()
		return
	}
	if k == 0 {
		r.pos.Offset = r.offset()
		r.fault(r.pos.Offset, CodeEmptySegment, "remove the second terminator", "an empty segment: two segment terminators in a row")
		r.i++
		return
	}
	r.deliver(k)
	r.i++ // the terminator
}

// deliver takes the k bytes at the cursor as a segment and follows the envelope.
func (r *Reader) deliver(k int) {
	r.pos.Offset = r.offset()
	if r.inSet {
		r.count++
		r.pos.Segment = r.count
	}
	if r.d.Terminator == '\n' && r.buf[r.i+k-1] == '\r' && k > 1 {
		r.take(k-1, r.d)
		r.i++
	} else {
		r.take(k, r.d)
	}
	switch r.seg.raw[0] {
	case 'S', 'G', 'I':
		if r.seg.ends[0] <= 3 {
			r.envelope()
			return
		}
	}
	if !r.inSet && (!r.seg.Is("TA1") || r.inGroup) {
		r.fault(r.pos.Offset, CodeOutside, "a transaction set starts with ST", "segment %s stands outside any transaction set", printable(r.seg.raw[:r.seg.ends[0]]))
	}
}

// envelope follows ST, SE, GS, GE and IEA.
func (r *Reader) envelope() {
	s, off := &r.seg, r.pos.Offset
	switch string(s.raw[:s.ends[0]]) {
	case "ST":
		if r.inSet {
			r.count--
			r.closeSet(off, "the next ST begins")
		}
		if !r.inGroup {
			r.fault(off, CodeSTUnexpected, "put the transaction set between GS and GE", "ST stands outside a functional group")
		}
		r.sets++
		r.inSet, r.count = true, 1
		r.pos.Transaction, r.pos.Segment = r.sets, 1
		r.stControl = append(r.stControl[:0], s.Element(2)...)
	case "SE":
		if !r.inSet {
			r.fault(off, CodeSEUnexpected, "a transaction set ends once", "SE without an open ST")
			break
		}
		if n, ok := number(s.Element(1)); !ok || n != r.count {
			r.fault(off, CodeSECount, fmt.Sprintf("SE01 must be %d", r.count), "the transaction set has %d segments, ST and SE included, but SE01 says %s", r.count, printable(s.Element(1)))
		}
		if !bytes.Equal(s.Element(2), r.stControl) {
			r.fault(off, CodeSEControl, "SE02 must repeat ST02", "SE02 is %s but ST02 is %s", printable(s.Element(2)), printable(r.stControl))
		}
		r.inSet = false
		s.pos = r.pos
		r.pos.Transaction, r.pos.Segment = 0, 0
		return
	case "GS":
		if r.inSet {
			r.count--
		}
		r.closeSet(off, "the next GS begins")
		r.closeGroup(off, "the next GS begins")
		r.groups++
		r.inGroup, r.sets = true, 0
		r.pos.Group = r.groups
		r.gsControl = append(r.gsControl[:0], s.Element(6)...)
	case "GE":
		if r.inSet {
			r.count--
		}
		r.closeSet(off, "GE follows")
		if !r.inGroup {
			r.fault(off, CodeGEUnexpected, "a functional group ends once", "GE without an open GS")
			break
		}
		if n, ok := number(s.Element(1)); !ok || n != r.sets {
			r.fault(off, CodeGECount, fmt.Sprintf("GE01 must be %d", r.sets), "the functional group has %d transaction sets, but GE01 says %s", r.sets, printable(s.Element(1)))
		}
		if !sameNumber(s.Element(2), r.gsControl) {
			r.fault(off, CodeGEControl, "GE02 must repeat GS06", "GE02 is %s but GS06 is %s", printable(s.Element(2)), printable(r.gsControl))
		}
		r.inGroup = false
		s.pos = r.pos
		r.pos.Group = 0
		return
	case "IEA":
		if r.inSet {
			r.count--
		}
		r.closeSet(off, "IEA follows")
		r.closeGroup(off, "IEA follows")
		if n, ok := number(s.Element(1)); !ok || n != r.groups {
			r.fault(off, CodeIEACount, fmt.Sprintf("IEA01 must be %d", r.groups), "the interchange has %d functional groups, but IEA01 says %s", r.groups, printable(s.Element(1)))
		}
		if !sameNumber(s.Element(2), r.isaControl) {
			r.fault(off, CodeIEAControl, "IEA02 must repeat ISA13", "IEA02 is %s but ISA13 is %s", printable(s.Element(2)), printable(r.isaControl))
		}
		r.inInterchange = false
	default:
		if !r.inSet {
			r.fault(off, CodeOutside, "a transaction set starts with ST", "segment %s stands outside any transaction set", printable(s.raw[:s.ends[0]]))
		}
	}
	s.pos = r.pos
}

func (r *Reader) closeSet(off int64, why string) {
	if !r.inSet {
		return
	}
	r.fault(off, CodeSEMissing, "ask the sender for the whole file; nothing of this transaction set can be trusted to be complete",
		"transaction set %s has no SE: %s after %d segments", printable(r.stControl), why, r.count)
	r.inSet = false
	r.pos.Transaction, r.pos.Segment = 0, 0
}

func (r *Reader) closeGroup(off int64, why string) {
	if !r.inGroup {
		return
	}
	r.fault(off, CodeGEMissing, "ask the sender for the whole file", "functional group %s has no GE: %s", printable(r.gsControl), why)
	r.inGroup = false
	r.pos.Group = 0
}

func (r *Reader) closeInterchange(off int64, why string) {
	r.closeSet(off, why)
	r.closeGroup(off, why)
	if !r.inInterchange {
		return
	}
	r.fault(off, CodeIEAMissing, "ask the sender for the whole file", "interchange %s has no IEA: %s", printable(r.isaControl), why)
	r.inInterchange = false
}

// end closes what is still open when the input ends.
func (r *Reader) end() {
	if r.err != nil {
		return // the input failed: what is open says nothing about the file
	}
	r.closeInterchange(r.offset(), "the file ends")
	r.err = io.EOF
}

// unterminated handles the last segment of a file without its terminator. Only
// an IEA is taken as it stands: it ends the file anyway. A value in any other
// segment may be cut short, so that the segment is not delivered.
func (r *Reader) unterminated() {
	if r.err != nil {
		return
	}
	k := r.n - r.i
	for k > 0 && isBlank(r.buf[r.i+k-1]) {
		k--
	}
	if s := ParseSegment(r.buf[r.i:r.i+k], r.d); s.Is("IEA") && s.Len() == 2 && len(s.Element(2)) == len(r.isaControl) {
		r.deliver(k)
		r.i = r.n
		return
	}
	off := r.offset()
	r.fault(off, CodeTruncated, "ask the sender for the whole file", "the file ends inside a segment: no terminator in the last %d bytes", r.n-r.i)
	r.i = r.n
	r.end()
}

// skipLong leaves out a segment that is longer than MaxSegment.
func (r *Reader) skipLong() {
	off := r.offset()
	r.pos.Offset = off
	if r.inSet {
		r.count++
		r.pos.Segment = r.count
	}
	for {
		if k := bytes.IndexByte(r.buf[r.i:r.n], r.d.Terminator); k >= 0 {
			r.i += k
			break
		}
		r.i = r.n
		if !r.fill() {
			break
		}
	}
	r.fault(off, CodeSegmentLength, "look for a missing segment terminator", "a segment of %d bytes: more than %d are not read", r.offset()-off, MaxSegment)
	if r.i < r.n {
		r.i++
	}
}
