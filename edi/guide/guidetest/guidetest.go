// Package guidetest makes transaction sets that hold everything a guide has, so
// that tests find what a walker or a decoder does not know of it.
package guidetest

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/guide"
)

// Segments returns a transaction set, from ST to SE and without the terminators,
// with every loop of the guide, every segment as often as twice, and every
// element that the guide uses. Where the guide has a list of codes, pick chooses
// among them: calling with pick 0, 1, 2 and on goes through the lists. Names,
// numbers and codes mean nothing; the set is right by syntax and guide, not by
// any rule beyond.
func Segments(g *guide.Guide, pick int) []string {
	m := &maker{guide: g, pick: pick}
	m.loop(g.Root)
	return m.out
}

// File returns the transaction set in an interchange, segments ended by "~".
func File(g *guide.Guide, pick int) string {
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*0800*^*00501*000000001*0*T*:~")
	fmt.Fprintf(&b, "GS*%s*S1*R1*20260105*0800*1*X*%s~", g.FunctionalID, g.Versions[0])
	for _, s := range Segments(g, pick) {
		b.WriteString(s + "~")
	}
	b.WriteString("GE*1*1~IEA*1*000000001~")
	return b.String()
}

type maker struct {
	guide  *guide.Guide
	pick   int
	out    []string
	levels []int // HL01 of the open levels
	count  int   // of HL
	lines  int   // LX of the claim
}

func (m *maker) loop(l *guide.Loop) {
	level := l.Children[0].Segment != nil && l.Children[0].Segment.ID == "HL"
	for _, c := range l.Children {
		if c.Loop != nil {
			m.loop(c.Loop)
			continue
		}
		s := c.Segment
		times := 1
		if s.Max != 1 && c.Segment != l.Children[0].Segment {
			times = 2
		}
		for n := range times {
			m.segment(s, below(l), m.pick+n)
		}
	}
	if level {
		m.levels = m.levels[:len(m.levels)-1]
	}
}

// below reports whether the loop has a level of the hierarchy below it.
func below(l *guide.Loop) bool {
	for _, c := range l.Children {
		if c.Loop != nil && c.Loop.Children[0].Segment.ID == "HL" {
			return true
		}
	}
	return false
}

func (m *maker) segment(s *guide.Segment, parent bool, pick int) {
	values := make([]string, len(s.Elements))
	for i := range s.Elements {
		if e := &s.Elements[i]; e.Usage != guide.NotUsed {
			values[i] = element(e, s.Elements, values, i, pick)
		}
	}
	switch s.ID {
	case "ST":
		values[1] = "0001"
		if values[2] != "" {
			values[2] = m.guide.Versions[0]
		}
	case "SE":
		values[0], values[1] = fmt.Sprint(len(m.out)+1), "0001"
	case "HL":
		m.count++
		values[0] = fmt.Sprint(m.count)
		if values[1] != "" {
			values[1] = fmt.Sprint(m.levels[len(m.levels)-1])
		}
		if values[3] != "" {
			values[3] = map[bool]string{true: "1", false: "0"}[parent]
		}
		m.levels = append(m.levels, m.count)
	case "CLM":
		m.lines = 0
	case "LX":
		m.lines++
		values[0] = fmt.Sprint(m.lines)
	case "N4": // state and country subdivision exclude each other
		if values[6] != "" {
			values[1+5*(pick%2)] = ""
		}
	}
	m.out = append(m.out, strings.TrimRight(s.ID+"*"+strings.Join(values, "*"), "*"))
}

// element makes the value of element i; its neighbours before it are in values.
func element(e *guide.Element, all []guide.Element, values []string, i, pick int) string {
	if len(e.Components) == 0 {
		format := ""
		if i > 0 && dated(&all[i-1]) && e.Max == 35 {
			format = values[i-1]
		}
		return value(e, format, pick)
	}
	parts := make([]string, len(e.Components))
	for k := range e.Components {
		if c := &e.Components[k]; c.Usage != guide.NotUsed {
			parts[k] = element(c, e.Components, parts, k, pick)
		}
	}
	return strings.TrimRight(strings.Join(parts, ":"), ":")
}

// dated reports whether the element says in which form the next one has a date.
func dated(e *guide.Element) bool {
	return e.Type == guide.ID && strings.Contains(strings.ToLower(e.Name), "format")
}

func value(e *guide.Element, format string, pick int) string {
	if e.Codes != nil {
		return e.Codes.List[pick%len(e.Codes.List)]
	}
	switch format {
	case "D8":
		return "20260105"
	case "RD8":
		return "20260105-20260106"
	case "DT":
		return "202601050930"
	case "TM":
		return "0930"
	}
	switch e.Type {
	case guide.DT:
		return "20260105"
	case guide.TM:
		return "0930"
	case guide.N0:
		return strings.Repeat("1", e.Min)
	case guide.R:
		return "12.5"
	default:
		return strings.Repeat("X", min(max(e.Min, 3), e.Max))
	}
}
