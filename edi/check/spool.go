package check

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/money"
)

// spool keeps what a run must remember of a file of any size: a little in memory,
// the rest in a temporary file. It holds patients' names, so the file is its
// owner's alone and has no name any more once it is open: nothing of it stays
// behind, however the process ends. Where no file can be made or written, all of
// it stays in memory. Workers share one.
type spool struct {
	mu      sync.Mutex
	tail    []byte // what stands behind the file's content
	file    *os.File
	flushed int64 // the length of the file
	failed  bool  // no file can be written: memory only
	err     error // of reading it back

	// late are the findings of spooled transaction sets, by offset. A report keeps
	// few enough for memory.
	late map[int64][]guide.Finding
}

// spoolTail is how much stays in memory.
const spoolTail = 1 << 20

// put appends b, which is read back by the offset returned.
func (s *spool) put(b []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tail)+len(b) > spoolTail && !s.failed {
		s.flush()
	}
	at := s.flushed + int64(len(s.tail))
	s.tail = append(s.tail, b...)
	return at
}

func (s *spool) flush() {
	if s.file == nil {
		f, err := os.CreateTemp("", "claimbook-check-*")
		if err != nil {
			s.failed = true
			return
		}
		_ = os.Remove(f.Name()) // open, it stays readable; where that is refused, close removes it
		s.file = f
	}
	if _, err := s.file.WriteAt(s.tail, s.flushed); err != nil {
		s.failed = true
		return
	}
	s.flushed += int64(len(s.tail))
	s.tail = s.tail[:0]
}

// ReadAt reads back what was put.
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	if off < s.flushed {
		var err error
		if n, err = s.file.ReadAt(p[:min(int64(len(p)), s.flushed-off)], off); err != nil {
			s.err = errors.Join(s.err, err)
			return n, err
		}
	}
	if from := off + int64(n) - s.flushed; from >= 0 && from < int64(len(s.tail)) {
		n += copy(p[n:], s.tail[from:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// close gives the file back.
func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file, s.flushed, s.tail = nil, 0, nil
	err := f.Close()
	if e := os.Remove(f.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

// extent is a run of entries in a spool, each behind its length.
type extent struct {
	spool    *spool
	from, to int64
	n        int
}

// add puts an entry behind those there are; nothing else may have been put since.
func (x *extent) add(s *spool, t *Transaction) {
	b := packSet(t)
	at := s.put(append(binary.AppendUvarint(nil, uint64(len(b))), b...))
	if len(t.Errors) > 0 {
		if s.late == nil {
			s.late = map[int64][]guide.Finding{}
		}
		s.late[at] = t.Errors
	}
	if x.n == 0 {
		x.spool, x.from = s, at
	}
	x.n++
	x.to = at + int64(len(b)) + int64(len(binary.AppendUvarint(nil, uint64(len(b)))))
}

// each calls yield for every entry until it says no.
func (x *extent) each(yield func(*Transaction) bool) {
	if x.n == 0 {
		return
	}
	in := bufio.NewReaderSize(io.NewSectionReader(x.spool, x.from, x.to-x.from), 32<<10)
	at := x.from
	var b []byte
	for range x.n {
		size, err := binary.ReadUvarint(in)
		if err != nil {
			return // the spool keeps the error
		}
		if uint64(cap(b)) < size {
			b = make([]byte, size)
		}
		b = b[:size]
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		t := unpackSet(b)
		t.Errors = x.spool.late[at]
		at += int64(size) + int64(len(binary.AppendUvarint(nil, size)))
		if !yield(&t) {
			return
		}
	}
}

// packing writes values behind each other, unpacking reads them in that order.
type packing []byte

func (p *packing) number(v int64) { *p = binary.AppendVarint(*p, v) }

func (p *packing) text(list ...string) {
	for _, s := range list {
		*p = append(binary.AppendUvarint(*p, uint64(len(s))), s...)
	}
}

func (p *packing) flag(v bool) {
	if v {
		*p = append(*p, 1)
	} else {
		*p = append(*p, 0)
	}
}

func (p *packing) name(n *segment.Name) {
	p.text(n.Role, n.Type, n.Last, n.First, n.Middle, n.Prefix, n.Suffix, n.IDQualifier, n.ID)
}

type unpacking []byte

func (u *unpacking) number() int64 {
	v, n := binary.Varint(*u)
	*u = (*u)[n:]
	return v
}

func (u *unpacking) text(list ...*string) {
	for _, s := range list {
		size, n := binary.Uvarint(*u)
		*s = string((*u)[n : n+int(size)])
		*u = (*u)[n+int(size):]
	}
}

func (u *unpacking) flag() bool {
	v := (*u)[0] == 1
	*u = (*u)[1:]
	return v
}

func (u *unpacking) name(n *segment.Name) {
	u.text(&n.Role, &n.Type, &n.Last, &n.First, &n.Middle, &n.Prefix, &n.Suffix, &n.IDQualifier, &n.ID)
}

func packSet(t *Transaction) []byte {
	var p packing
	p.text(t.Control, t.Type, t.Version, t.Guide, t.Reference)
	p.number(int64(t.Segments))
	p.number(int64(t.Claims))
	p.flag(t.Invalid)
	p.flag(t.refused)
	p.flag(t.noted)
	p.flag(t.claims != nil)
	if c := t.claims; c != nil {
		p.name(&c.submitter)
		p.name(&c.receiver)
		for k := range c.counts {
			p.number(c.counts[k])
			p.number(int64(c.sums[k]))
		}
		p.number(int64(len(c.blocks)))
		for _, b := range c.blocks {
			p.number(b.at)
			p.number(int64(b.size))
		}
	}
	return p
}

func unpackSet(b []byte) Transaction {
	u := unpacking(b)
	var t Transaction
	u.text(&t.Control, &t.Type, &t.Version, &t.Guide, &t.Reference)
	t.Segments, t.Claims = int(u.number()), int(u.number())
	t.Invalid, t.refused, t.noted = u.flag(), u.flag(), u.flag()
	if u.flag() {
		c := &claimAnswers{}
		u.name(&c.submitter)
		u.name(&c.receiver)
		for k := range c.counts {
			c.counts[k] = u.number()
			c.sums[k] = money.Cents(u.number())
		}
		c.blocks = make([]block, u.number())
		for k := range c.blocks {
			c.blocks[k] = block{u.number(), int(u.number())}
		}
		t.claims = c
	}
	return t
}
