package guide

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/x12"
)

// Node is one segment of a shown file, with the names of loop and elements.
type Node struct {
	Segment  string     `json:"segment"`
	Name     string     `json:"name"`
	Loop     string     `json:"loop,omitempty"`
	LoopName string     `json:"loop_name,omitempty"`
	Depth    int        `json:"depth"`              // nesting of loops, 0 for the envelope
	Number   int        `json:"position,omitempty"` // in the transaction set
	Offset   int64      `json:"byte_offset"`
	Elements []NodeItem `json:"elements"`
	Fault    string     `json:"fault,omitempty"`
	opens    []*Loop
}

// NodeItem is an element, or a component of one, that has a value.
type NodeItem struct {
	Element   int    `json:"element"`
	Component int    `json:"component,omitempty"`
	Name      string `json:"name"`
	Value     string `json:"value"`
	Meaning   string `json:"meaning,omitempty"` // of a code, in our own words
}

// meaning explains a code where a list of ours does.
func meaning(id string, element, component int, v string) (label string) {
	switch {
	case id == "CAS" && element == 1:
		label, _ = codeset.GroupCode(v)
	case id == "CAS" && element%3 == 2:
		label, _ = codeset.CARC(v)
	case id == "LQ" && element == 2, id == "MOA" && element >= 3 && element <= 7, id == "MIA" && (element == 5 || element >= 20 && element <= 23):
		label, _ = codeset.RARC(v)
	case id == "CLP" && element == 2:
		label, _ = codeset.ClaimStatusOfRemittance(v)
	case id == "PLB" && component == 1, id == "PLB" && component == 0 && element >= 3 && element%2 == 1:
		label, _ = codeset.ProviderAdjustment(v)
	case id == "STC" && (element == 1 || element >= 10) && component == 1:
		label, _ = codeset.ClaimStatusCategory(v)
	case id == "STC" && (element == 1 || element >= 10) && component == 2:
		label, _ = codeset.ClaimStatus(v)
	case id == "CLM" && element == 5 && component == 3:
		label, _ = codeset.Frequency(v)
	case id == "SBR" && element == 9, id == "CLP" && element == 6:
		label, _ = codeset.ClaimFilingIndicator(v)
	case id == "SBR" && element == 2, id == "PAT" && element == 1:
		label, _ = codeset.Relationship(v)
	}
	return label
}

// Nodes calls yield for every segment of a stream in order. Faults come as
// nodes without a segment. It stops at the first error of the input or of yield.
func Nodes(r io.Reader, yield func(*Node) error) error {
	in := x12.NewReader(r)
	var w Walker
	w.Report = func(*Finding) {}
	var g *Guide
	version := ""
	for {
		s, err := in.Next()
		var fault *x12.SyntaxError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &fault):
			if err := yield(&Node{Offset: fault.Position.Offset, Number: fault.Position.Segment, Fault: fault.Message}); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		n := Node{Segment: s.ID(), Offset: s.Position().Offset, Number: s.Position().Segment}
		def := Standard(n.Segment)
		switch n.Segment {
		case "GS":
			version = s.String(8)
		case "ST":
			v := s.String(3)
			if v == "" {
				v = version
			}
			if g = Nearest(s.Element(1), []byte(v)); g != nil {
				w.Start(g)
				n.Name = g.Title
			}
		}
		if g != nil && n.Number > 0 {
			if step := w.Segment(s); step.Segment != nil {
				def = step.Segment
				if step.Loop != g.Root {
					n.Loop, n.LoopName = step.Loop.ID, step.Loop.Name
				}
				if step.Opens {
					n.opens = append(n.opens, step.Loop)
				}
			} else {
				n.Fault = "the guide has no place for this segment"
			}
			n.Depth = w.Depth()
			if n.Segment == "SE" {
				w.End(s.Position())
				g, n.Depth = nil, 0
			}
		}
		if def != nil {
			if n.Name == "" {
				n.Name = def.Name
			} else {
				n.Name = def.Name + ": " + n.Name
			}
		}
		n.Elements = items(s, def)
		if err := yield(&n); err != nil {
			return err
		}
	}
}

// items lists the values of a segment with their names.
func items(s *x12.Segment, def *Segment) []NodeItem {
	var out []NodeItem
	for i := 1; i <= s.Len(); i++ {
		v := s.Element(i)
		if len(bytes.TrimRight(v, " ")) == 0 {
			continue
		}
		var e *Element
		if def != nil && i <= len(def.Elements) {
			e = &def.Elements[i-1]
		}
		name := ""
		if e != nil {
			name = e.Name
		}
		if s.Components(i) <= 1 || e == nil || e.Components == nil || s.Repetitions(i) > 1 {
			value := strings.TrimRight(string(v), " ")
			out = append(out, NodeItem{Element: i, Name: name, Value: value, Meaning: meaning(s.ID(), i, 0, value)})
			continue
		}
		for k := 1; k <= s.Components(i); k++ {
			if p := s.Component(i, k); len(p) > 0 {
				part := ""
				if k <= len(e.Components) {
					part = e.Components[k-1].Name
				}
				out = append(out, NodeItem{i, k, part, string(p), meaning(s.ID(), i, k, string(p))})
			}
		}
	}
	return out
}

// Show writes a readable tree of loops, segments and elements, and counts the
// faults in it.
func Show(w io.Writer, r io.Reader) (faults int, err error) {
	out := bufio.NewWriter(w)
	err = Nodes(r, func(n *Node) error {
		if n.Fault != "" {
			faults++
		}
		pad := strings.Repeat("  ", n.Depth)
		for _, l := range n.opens {
			fmt.Fprintf(out, "%s%s  %s\n", strings.Repeat("  ", n.Depth-1), l.ID, l.Name)
		}
		if n.Segment == "" {
			fmt.Fprintf(out, "%s!! byte %d: %s\n", pad, n.Offset, n.Fault)
			return nil
		}
		fmt.Fprintf(out, "%s%-3s  %s\n", pad, n.Segment, n.Name)
		if n.Fault != "" {
			fmt.Fprintf(out, "%s     !! %s\n", pad, n.Fault)
		}
		for _, e := range n.Elements {
			place := fmt.Sprintf("%02d", e.Element)
			if e.Component > 0 {
				place += fmt.Sprintf("-%d", e.Component)
			}
			fmt.Fprintf(out, "%s     %-5s %s: %s", pad, place, e.Name, e.Value)
			if e.Meaning != "" {
				fmt.Fprintf(out, "  (%s)", e.Meaning)
			}
			fmt.Fprintln(out)
		}
		return nil
	})
	if e := out.Flush(); err == nil {
		err = e
	}
	return faults, err
}

// ShowJSON writes the same as one JSON object: {"file", "segments": […]}.
func ShowJSON(w io.Writer, file string, r io.Reader) (faults int, err error) {
	out := bufio.NewWriter(w)
	name, err := json.Marshal(file)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "{\"file\":%s,\"segments\":[", name)
	comma := ""
	err = Nodes(r, func(n *Node) error {
		if n.Fault != "" {
			faults++
		}
		b, err := json.Marshal(n)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n%s", comma, b)
		comma = ","
		return err
	})
	fmt.Fprint(out, "\n]}\n")
	if e := out.Flush(); err == nil {
		err = e
	}
	return faults, err
}
