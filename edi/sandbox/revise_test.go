package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
)

// revise makes of a file of claims the one that replaces (7) or voids (8) them
// all: other control numbers and claim numbers, and REF*F8 with the payer's
// number of each, as its 835s say.
func revise(t failer, file []byte, paid []string, frequency string) []byte {
	t.Helper()
	icn := map[string]string{}
	for _, s := range paid {
		if e := strings.Split(s, "*"); e[0] == "CLP" && e[2] != statusReversal && icn[e[1]] == "" {
			icn[e[1]] = e[7]
		}
	}
	out := string(bytes.ReplaceAll(file, []byte("000000417"), []byte("000000418")))
	var b strings.Builder
	added := 0
	for _, s := range strings.SplitAfter(out, "~") {
		switch e := strings.Split(strings.TrimSuffix(s, "~"), "*"); e[0] {
		case "ST":
			added = 0
		case "CLM":
			number := icn[e[1]]
			s = strings.Replace(strings.Replace(s, "CLM*", "CLM*R", 1), ":1*", ":"+frequency+"*", 1)
			if number != "" {
				s += "REF*F8*" + number + "~"
				added++
			}
		case "SE":
			n, err := strconv.Atoi(e[1])
			if err != nil {
				t.Fatal(err)
			}
			s = fmt.Sprintf("SE*%d*%s~", n+added, e[2])
		}
		b.WriteString(s)
	}
	return []byte(b.String())
}

func remitsClean(t *testing.T, what string, answers []Answer) {
	t.Helper()
	for _, a := range answers {
		if a.Kind == Kind835 {
			checkRemittance(t, what, a)
		}
		report, err := check.Run(bytes.NewReader(a.Bytes), a.Name, check.Options{})
		if err != nil {
			t.Fatal(err)
		}
		report.Findings(func(f *guide.Finding) { t.Errorf("%s, %s: %s %s", what, a.Name, f.Code, f.Message) })
	}
}

// TestReplacementAndVoid: what the practice replaces or voids is taken back by
// reversals that mirror the originals, whether they were paid in the same run or
// in one before; a replacement is settled anew and names the number it corrects.
func TestReplacementAndVoid(t *testing.T) {
	const n = 6
	for _, kind := range []claimKind{professional, institutional, dental} {
		g := newWorld(7, n)
		g.kind = kind
		original := g.file(t)
		o := Options{Seed: 2, Scenario: "coinsurance"}
		paid := segments(t, adjudicate(t, o, original), Kind835)
		for _, c := range []struct {
			frequency            string
			reversals, corrected int
		}{{"7", n, n}, {"8", n, 0}} {
			later := revise(t, original, paid, c.frequency)
			for _, run := range []string{"one run", "a later run", "no earlier run"} {
				what := string(kind) + " " + c.frequency + " in " + run
				o := o
				files := [][]byte{later}
				originals, reversals, corrected := 0, c.reversals, c.corrected
				switch run {
				case "one run":
					files, originals = [][]byte{original, later}, n
				case "a later run":
					o.Earlier = []io.Reader{bytes.NewReader(original)}
				default:
					reversals, corrected, originals = 0, 0, c.corrected // paid like originals
				}
				answers := adjudicate(t, o, files...)
				remitsClean(t, what, answers)
				remit := segments(t, answers, Kind835)
				back := 0
				for _, s := range remit {
					if e := strings.Split(s, "*"); e[0] == "CLP" && e[2] == statusReversal {
						back++
						mirror := false
						for _, p := range paid {
							o := strings.Split(p, "*")
							mirror = mirror || o[0] == "CLP" && o[1] == e[1] && o[7] == e[7] && e[3] == "-"+o[3] && (e[4] == "-"+o[4] || o[4] == "0")
						}
						if !mirror {
							t.Errorf("%s: %s mirrors no original", what, s)
						}
					}
				}
				if f8 := count(remit, "REF*F8*"); back != reversals || f8 != corrected || count(remit, "CLP*") != originals+reversals+corrected {
					t.Errorf("%s: %d claims, %d reversals, %d corrections", what, count(remit, "CLP*"), back, f8)
				}
			}
		}
	}
}

// TestRevisedOnce: a number is taken back once, and only by its own payer.
func TestRevisedOnce(t *testing.T) {
	s := &settled{claim: &claim{payer: party{id: "A"}}, icn: "1"}
	h := history{}
	h.remember(s)
	ask := func(payer, number string) bool {
		return h.takeBack(&claim{payer: party{id: payer}, original: number}) != nil
	}
	if ask("B", "1") || ask("A", "2") || ask("A", "") || !ask("A", "1") || ask("A", "1") || !s.revised {
		t.Error("taken back by another payer, under another number, or twice")
	}
}

// TestRevisionsBalance: in any scenario, whatever is replaced or voided after
// whatever was paid, every 835 passes the payer's audit.
func TestRevisionsBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newWorld(rapid.Uint64Range(1, 1000).Draw(t, "world"), rapid.IntRange(1, 12).Draw(t, "claims"))
		g.kind = rapid.SampledFrom([]claimKind{professional, institutional, dental}).Draw(t, "kind")
		file := g.file(t)
		scenario := rapid.SampledFrom(Scenarios()).Draw(t, "scenario").Name
		o := Options{Seed: 1, Scenario: scenario, Today: today}
		first, err := Adjudicate(readers(file), o)
		if err != nil {
			t.Fatal(err)
		}
		var paid []string
		for _, a := range first {
			if a.Kind == Kind835 {
				paid = append(paid, strings.Split(string(a.Bytes), "~")...)
			}
		}
		later := revise(t, file, paid, rapid.SampledFrom([]string{"7", "8"}).Draw(t, "frequency"))
		if _, err := Adjudicate(readers(file, later), o); err != nil {
			t.Fatalf("%s in one run: %v", scenario, err)
		}
		o.Earlier = readers(file)
		if _, err := Adjudicate(readers(later), o); err != nil {
			t.Fatalf("%s in a later run: %v", scenario, err)
		}
	})
}
