package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

var today = date.MustParse("2021-11-15")

// world makes 837s of synthetic people for the tests.
type world struct {
	random  *rand.Rand
	kind    claimKind
	sets    int // transaction sets an interchange
	claims  int
	payers  []testPayer
	secnd   int // of a hundred claims, how many ask a second payer
	prefix  string
	control string
}

type testPayer struct{ id, name, filing string }

var fivePayers = []testPayer{
	{"60054", "PRAIRIE PPO", "CI"}, {"04402", "MEDICARE PART B", "MB"}, {"77027", "STATE MEDICAID", "MC"},
	{"00621", "BLUE PLAINS", "BL"}, {"95677", "LAKESIDE HMO", "HM"},
}

// failer is what both testing.T and rapid.T can do.
type failer interface {
	Helper()
	Fatal(...any)
}

func newWorld(seed uint64, claims int) *world {
	return &world{random: rand.New(rand.NewPCG(seed, 7)), kind: professional, sets: 1, claims: claims, payers: fivePayers,
		prefix: fmt.Sprintf("C%d", seed), control: "000000417"}
}

func (g *world) n(n int) int { return g.random.IntN(n) }

func (g *world) file(t failer) []byte {
	t.Helper()
	version := map[claimKind]string{professional: "005010X222A1", institutional: "005010X223A2", dental: "005010X224A2"}[g.kind]
	var out bytes.Buffer
	w := x12.NewWriter(&out, x12.DefaultDelimiters())
	w.BeginInterchange(x12.Interchange{SenderQualifier: "ZZ", Sender: "PRACTICE", ReceiverQualifier: "ZZ", Receiver: "CLEARHOUSE",
		Date: "211115", Time: "0800", Control: g.control, Usage: "T"})
	w.BeginGroup(x12.Group{FunctionalID: "HC", Sender: "PRACTICE", Receiver: "CLEARHOUSE", Date: "20211115", Time: "0800", Control: "417", Version: version})
	done := 0
	for set := range g.sets {
		w.BeginTransaction("837", fmt.Sprintf("%04d", set+1), version)
		w.Segment("BHT").Elem("0019").Elem("00").Elem(fmt.Sprintf("B%s%d", g.control, set+1)).Elem("20211115").Elem("0800").Elem("CH").End()
		w.Segment("NM1").Elem("41").Elem("2").Elem("TEST PRACTICE").Skip(4).Elem("46").Elem("PRACTICE").End()
		w.Segment("NM1").Elem("40").Elem("2").Elem("CLEAR HOUSE").Skip(4).Elem("46").Elem("CLEARHOUSE").End()
		hl := 0
		upTo := g.claims * (set + 1) / g.sets
		for provider := range 2 {
			hl++
			parent := hl
			w.Segment("HL").Int(int64(hl)).Skip(1).Elem("20").Elem("1").End()
			w.Segment("NM1").Elem("85").Elem("2").Elem(fmt.Sprintf("CLINIC %d", provider+1)).Skip(4).Elem("XX").Elem([]string{"1234567893", "1245319599"}[provider]).End()
			w.Segment("N3").Elem("12 ELM ST").End()
			w.Segment("N4").Elem("SPRINGFIELD").Elem("IL").Elem("627011234").End()
			w.Segment("REF").Elem("EI").Elem("123456789").End()
			for limit := done + (upTo-done)*(provider+1)/2; done < limit || provider == 1 && done < upTo; done++ {
				hl = g.claim(w, hl, parent, done)
			}
		}
		w.EndTransaction()
	}
	w.EndGroup()
	w.EndInterchange()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type testLine struct {
	code, modifier string
	units          int
	charge         money.Cents
}

func (g *world) claim(w *x12.Writer, hl, parent, index int) int {
	payer := g.payers[g.n(len(g.payers))]
	second := g.n(100) < g.secnd
	rank := "P"
	if second {
		rank = "S"
	}
	hl++
	w.Segment("HL").Int(int64(hl)).Int(int64(parent)).Elem("22").Elem("0").End()
	w.Segment("SBR").Elem(rank).Elem("18").Elem("GRP1").Skip(5).Elem(payer.filing).End()
	w.Segment("NM1").Elem("IL").Elem("1").Elem(fmt.Sprintf("LAST%d", index)).Elem("ANN").Skip(3).Elem("MI").Elem(fmt.Sprintf("M%06d", index)).End()
	w.Segment("NM1").Elem("PR").Elem("2").Elem(payer.name).Skip(4).Elem("PI").Elem(payer.id).End()
	codes := []string{"99213", "99214", "85025", "80053", "93000", "36415", "97110"}
	lines := make([]testLine, 1+g.n(4))
	total := money.Cents(0)
	for i := range lines {
		lines[i] = testLine{code: codes[g.n(len(codes))], units: 1 + g.n(3)*g.n(2), charge: money.Cents(500 + g.n(40000))}
		if g.n(4) == 0 {
			lines[i].modifier = "25"
		}
		total += lines[i].charge
	}
	facility, qualifier := "11", "B"
	if g.kind == institutional {
		facility, qualifier = "13", "A"
	}
	w.Segment("CLM").Elem(fmt.Sprintf("%s%05d", g.prefix, index)).Cents(total).Skip(2).Comp(facility, qualifier, "1").
		Elem("Y").Elem("A").Elem("Y").Elem("Y").End()
	if g.kind == institutional {
		w.Segment("DTP").Elem("434").Elem("RD8").Elem("20211101-20211103").End()
	}
	w.Segment("HI").Comp("ABK", "E119").End()
	if g.kind != institutional {
		w.Segment("NM1").Elem("82").Elem("1").Elem("DOE").Elem("PAT").Skip(3).Elem("XX").Elem("1679576722").End()
	}
	prior := make([]money.Cents, len(lines))
	if second {
		paid := money.Cents(0)
		for i, l := range lines {
			prior[i] = l.charge * 56 / 100
			paid += prior[i]
		}
		w.Segment("SBR").Elem("P").Elem("18").Skip(6).Elem("MB").End()
		w.Segment("AMT").Elem("D").Cents(paid).End()
		w.Segment("OI").Skip(2).Elem("Y").Skip(2).Elem("Y").End()
		w.Segment("NM1").Elem("IL").Elem("1").Elem("LAST").Elem("ANN").Skip(3).Elem("MI").Elem("1EG4TE5MK73").End()
		w.Segment("NM1").Elem("PR").Elem("2").Elem("MEDICARE PART B").Skip(4).Elem("PI").Elem("04402").End()
	}
	for i, l := range lines {
		w.Segment("LX").Int(int64(i + 1)).End()
		g.service(w, l)
		w.Segment("DTP").Elem("472").Elem("D8").Elem("20211101").End()
		w.Segment("REF").Elem("6R").Elem(fmt.Sprintf("%d-%d", index, i+1)).End()
		if second {
			patient := l.charge * 14 / 100
			w.Segment("SVD").Elem("04402").Cents(prior[i]).Comp("HC", l.code).Skip(1).Elem("1").End()
			w.Segment("CAS").Elem("CO").Elem("45").Cents(l.charge - prior[i] - patient).End()
			w.Segment("CAS").Elem("PR").Elem("2").Cents(patient).End()
			w.Segment("DTP").Elem("573").Elem("D8").Elem("20211110").End()
		}
	}
	return hl
}

func (g *world) service(w *x12.Writer, l testLine) {
	units := fmt.Sprint(l.units)
	switch g.kind {
	case professional:
		w.Segment("SV1").Comp("HC", l.code, l.modifier).Cents(l.charge).Elem("UN").Elem(units).Skip(2).Comp("1").End()
	case institutional:
		w.Segment("SV2").Elem("0300").Comp("HC", l.code, l.modifier).Cents(l.charge).Elem("UN").Elem(units).End()
	case dental:
		w.Segment("SV3").Comp("AD", "D0120", l.modifier).Cents(l.charge).Skip(3).Elem(units).End()
	}
}

func readers(files ...[]byte) []io.Reader {
	var out []io.Reader
	for _, f := range files {
		out = append(out, bytes.NewReader(f))
	}
	return out
}

func adjudicate(t testing.TB, o Options, files ...[]byte) []Answer {
	t.Helper()
	o.Today = today
	answers, err := Adjudicate(readers(files...), o)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}
