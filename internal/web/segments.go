package web

import (
	"bytes"
	"strings"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

// How much of a file a page shows: a segment is cut where it is longer than a
// line that anybody reads, and a file shows this many segments around a place.
const (
	segmentShown  = 400 // bytes
	segmentsAbove = 6
	segmentsShown = 30
	windowAbove   = 2 << 10 // bytes read before the place
	windowBelow   = 8 << 10 // bytes read behind it
)

// segments reads the source text behind entries and events, each once.
type segments struct {
	r           *request
	terminators map[int64]byte
	texts       map[segmentPlace]string
}

type segmentPlace struct{ file, offset int64 }

func newSegments(r *request) *segments {
	return &segments{r: r, terminators: map[int64]byte{}, texts: map[segmentPlace]string{}}
}

// at returns the segment that begins at a byte of a file, or "" where there is
// none.
func (s *segments) at(file, offset int64) (string, error) {
	if file == 0 || offset < 0 {
		return "", nil
	}
	if text, ok := s.texts[segmentPlace{file, offset}]; ok {
		return text, nil
	}
	end, err := s.terminator(file)
	if err != nil {
		return "", err
	}
	b, err := s.read(file, offset, segmentShown+1)
	if err != nil {
		return "", err
	}
	text := printable(b)
	if i := bytes.IndexByte(b, end); i >= 0 {
		text = printable(b[:i])
		if end > ' ' {
			text += string(rune(end))
		}
	} else if len(b) > segmentShown {
		text = printable(b[:segmentShown]) + "…"
	}
	s.texts[segmentPlace{file, offset}] = text
	return text, nil
}

// around returns the segments near a byte of a file, or its first ones for -1.
// A file that is no X12 is shown by its lines.
func (s *segments) around(file, at int64) ([]segmentView, error) {
	from := max(0, at-windowAbove)
	if at < 0 {
		from = 0
	}
	b, err := s.read(file, from, windowAbove+windowBelow)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	end, err := s.terminator(file)
	if err != nil {
		return nil, err
	}
	var list []segmentView
	here, offset := 0, from
	for len(b) > 0 {
		n := bytes.IndexByte(b, end) + 1
		if n == 0 {
			n = len(b)
		}
		lead := len(b[:n]) - len(bytes.TrimLeft(b[:n], "\r\n"))
		if text := printable(b[lead:n]); text != "" {
			v := segmentView{offset: offset + int64(lead), text: text}
			if len(v.text) > segmentShown {
				v.text = v.text[:segmentShown] + "…"
			}
			if at >= 0 && at >= offset && at < offset+int64(n) {
				v.here, here = true, len(list)
			}
			list = append(list, v)
		}
		b, offset = b[n:], offset+int64(n)
	}
	first := max(0, here-segmentsAbove)
	if first == 0 && from > 0 && len(list) > 1 && here > 0 {
		first = 1 // the window begins in the middle of it
	}
	return list[first:min(len(list), first+segmentsShown)], nil
}

// terminator is the byte that ends the segments of a file: the 106th of its
// ISA. A file without one ends its lines by a newline.
func (s *segments) terminator(file int64) (byte, error) {
	if end, ok := s.terminators[file]; ok {
		return end, nil
	}
	head, err := s.read(file, 0, 512)
	if err != nil {
		return 0, err
	}
	end := byte('\n')
	if i := bytes.Index(head, []byte("ISA")); i >= 0 && len(head) >= i+106 {
		end = head[i+105]
	}
	s.terminators[file] = end
	return end, nil
}

func (s *segments) read(file, offset int64, n int) ([]byte, error) {
	return exchangedb.ReadRange(s.r.Context(), s.r.tx, s.r.viewer.PracticeID, file, offset, n)
}

// printable replaces what is no character, so that a page stays a page.
func printable(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '·'
		}
		return r
	}, strings.ToValidUTF8(strings.TrimRight(string(b), "\r\n"), "�")))
}

// entries groups transfers by their entry and reads the segment behind each.
// lineNos tells the claim's line of a service line; nil leaves it out.
func (s *segments) entries(transfers []webdb.Transfer, lineNos map[int64]int16) ([]entryView, error) {
	var entries []entryView
	for _, t := range transfers {
		if n := len(entries); n == 0 || entries[n-1].EntryID != t.EntryID {
			entries = append(entries, entryView{Transfer: t})
		}
		text, err := s.at(t.FileID, t.ByteOffset)
		if err != nil {
			return nil, err
		}
		e := &entries[len(entries)-1]
		e.lines = append(e.lines, transferView{Transfer: t, segment: text, lineNo: lineNos[t.ServiceLineID()]})
	}
	return entries, nil
}
