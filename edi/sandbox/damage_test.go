package sandbox

import (
	"bytes"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
)

// kinds returns what was answered, in order: "TA1 999 277CA 835".
func kinds(answers []Answer) string {
	var list []string
	for _, a := range answers {
		if len(list) == 0 || list[len(list)-1] != a.Kind {
			list = append(list, a.Kind)
		}
	}
	return strings.Join(list, " ")
}

// TestDamage: what is damaged is rejected by a TA1 or a 999 that names the fault
// and is clean itself; what is sound beside it is adjudicated.
func TestDamage(t *testing.T) {
	for _, kind := range []claimKind{professional, institutional, dental} {
		g := newWorld(1, 8)
		g.kind, g.sets = kind, 2
		good := g.file(t)
		second := newWorld(2, 4)
		second.kind, second.control = kind, "000000418"
		change := func(old, with string) []byte {
			out := bytes.Replace(good, []byte(old), []byte(with), 1)
			if bytes.Equal(out, good) {
				t.Fatalf("there is no %s to change", old)
			}
			return out
		}
		cut := bytes.Index(good, []byte("~SE*")) + 1
		for name, c := range map[string]struct {
			file     []byte
			kinds    string
			has      []string // in the acknowledgments
			rejected int      // claims and sets that are sent back
			claims   int      // in the 835s
		}{
			"sound":                  {good, "TA1 999 277CA 835", []string{"IK5*A"}, 0, 8},
			"a segment count wrong":  {change("~SE*", "~SE*9"), "TA1 999 277CA 835", []string{"IK5*R*4", "AK9*P*2*2*1"}, 1, 4},
			"cut in the second set":  {good[:len(good)-200], "TA1", []string{"*R*"}, 1, 0},
			"cut before the end":     {good[:cut], "TA1", []string{"*R*"}, 1, 0},
			"control numbers differ": {change("IEA*1*000000417", "IEA*1*000000999"), "TA1", []string{"TA1*000000417*211115*0800*R*001"}, 1, 0},
			"a charge is no amount":  {change("CLM*C100000*", "CLM*C100000*X"), "TA1 999 277CA 835", []string{"IK5*R", "IK4*2*782*6"}, 1, 4},
			"lines do not add up":    {change("CLM*C100000*", "CLM*C100000*1"), "TA1 999 277CA 835", []string{"STC*A8:178"}, 1, 7},
			"one of two interchanges": {append(bytes.Replace(good, []byte("IEA*1*000000417"), []byte("IEA*7*000000417"), 1), second.file(t)...),
				"TA1 999 277CA 835", []string{"TA1*000000417*211115*0800*R*021", "TA1*000000418*211115*0800*A*000"}, 1, 4},
		} {
			answers := adjudicate(t, Options{Scenario: "contract"}, c.file)
			if got := kinds(answers); got != c.kinds {
				t.Errorf("%c, %s: answered by %s, want %s", kind, name, got, c.kinds)
			}
			acks := append(append(segments(t, answers, KindTA1), segments(t, answers, Kind999)...), segments(t, answers, Kind277CA)...)
			for _, part := range c.has {
				if !contains(acks, part) {
					t.Errorf("%c, %s: no %s in %q", kind, name, part, acks)
				}
			}
			rejected := 0
			for _, a := range answers {
				rejected += a.Rejected
				report, err := check.Run(bytes.NewReader(a.Bytes), a.Name, check.Options{})
				if err != nil {
					t.Fatal(err)
				}
				report.Findings(func(f *guide.Finding) {
					t.Errorf("%c, %s: in its answer %s: %s %s", kind, name, a.Name, f.Code, f.Message)
				})
			}
			if n := count(segments(t, answers, Kind835), "CLP*"); n != c.claims || rejected != c.rejected {
				t.Errorf("%c, %s: %d claims are paid and %d rejected, want %d and %d", kind, name, n, rejected, c.claims, c.rejected)
			}
		}
	}
}

// TestQuantityIsRepeatedShort: 1.00 comes back as 1.
func TestQuantityIsRepeatedShort(t *testing.T) {
	for in, want := range map[string]string{"1.00": "1", ".5": "0.5", "2": "2", "1e999999999": "1e999999999", "x": "x"} {
		if got := shortest(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
