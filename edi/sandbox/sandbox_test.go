package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/fault"
)

// segments returns the segments of all answers of a kind as text.
func segments(t testing.TB, answers []Answer, kind string) []string {
	t.Helper()
	var out []string
	for _, a := range answers {
		if a.Kind != kind {
			continue
		}
		r := x12.NewReader(bytes.NewReader(a.Bytes))
		for {
			s, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", a.Name, err)
			}
			out = append(out, string(s.Raw()))
		}
	}
	return out
}

func count(list []string, prefix string) int {
	n := 0
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}

func contains(list []string, part string) bool {
	for _, s := range list {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

func TestSameClaimsSameBytes(t *testing.T) {
	file := newWorld(1, 120).file(t)
	for _, s := range Scenarios() {
		a, b := adjudicate(t, Options{Seed: 5, Scenario: s.Name}, file), adjudicate(t, Options{Seed: 5, Scenario: s.Name}, file)
		if len(a) != len(b) {
			t.Fatalf("%s: %d and %d answers", s.Name, len(a), len(b))
		}
		for i := range a {
			if a[i].Name != b[i].Name || !bytes.Equal(a[i].Bytes, b[i].Bytes) {
				t.Errorf("%s: answer %s differs", s.Name, a[i].Name)
			}
		}
	}
	a, b := adjudicate(t, Options{Seed: 5}, file), adjudicate(t, Options{Seed: 6}, file)
	same := 0
	for i := range min(len(a), len(b)) {
		if bytes.Equal(a[i].Bytes, b[i].Bytes) {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d answers are the same for another seed", same)
	}
}

// TestMixHasEverything is the promise of the default scenario, for every seed.
func TestMixHasEverything(t *testing.T) {
	for seed := range int64(20) {
		for _, size := range []int{60, 250} {
			answers := adjudicate(t, Options{Seed: seed}, newWorld(uint64(seed), size).file(t))
			remit, acks := segments(t, answers, Kind835), segments(t, answers, Kind277CA)
			for _, part := range []string{
				"*CO*45*", "CAS*PR*1*", "CAS*PR*2*", "CAS*PR*3*", "CAS*CO*253*", "AMT*I*", "*L6:", "*WO:", "NM1*TT*", "*NON*",
			} {
				if !contains(remit, strings.TrimPrefix(part, "*CO")) && !contains(remit, part) {
					t.Errorf("seed %d, %d claims: no %s", seed, size, part)
				}
			}
			reversals := 0
			for _, s := range remit {
				if strings.HasPrefix(s, "CLP*") && strings.Split(s, "*")[2] == "22" {
					reversals++
				}
			}
			if reversals == 0 {
				t.Errorf("seed %d, %d claims: no reversal", seed, size)
			}
			if !contains(acks, "*U*") || !contains(acks, "STC*A2:20:PR") || !contains(acks, "STC*A1:19:AY") {
				t.Errorf("seed %d, %d claims: the 277CAs lack a kind", seed, size)
			}
			if size == 250 {
				checkShares(t, seed, remit, acks)
			}
		}
	}
}

func checkShares(t *testing.T, seed int64, remit, acks []string) {
	t.Helper()
	paid, unpaid, rejected := 0, 0, 0
	for _, s := range remit {
		if e := strings.Split(s, "*"); e[0] == "CLP" {
			switch {
			case e[4] == "0":
				unpaid++
			case !strings.HasPrefix(e[4], "-"):
				paid++
			}
		}
	}
	for _, s := range acks {
		if strings.HasPrefix(s, "STC*") && strings.Contains(s, "*U*") {
			rejected++
		}
	}
	// Unpaid are the denied ones and those whose deductible takes everything.
	if paid < 180 || unpaid < 8 || unpaid > 75 || rejected < 2 || rejected > 20 {
		t.Errorf("seed %d: of 250 claims %d are paid, %d unpaid, %d rejected", seed, paid, unpaid, rejected)
	}
}

// TestBalanced: whatever the claims, contracts, seed and scenario, each 835
// passes the audit (Adjudicate fails otherwise), and every accepted claim is
// answered.
func TestBalanced(t *testing.T) {
	names := Scenarios()
	rapid.Check(t, func(t *rapid.T) {
		g := newWorld(rapid.Uint64().Draw(t, "world"), rapid.IntRange(1, 40).Draw(t, "claims"))
		g.kind = rapid.SampledFrom([]claimKind{professional, institutional, dental}).Draw(t, "kind")
		g.sets = rapid.IntRange(1, 3).Draw(t, "sets")
		g.secnd = rapid.IntRange(0, 60).Draw(t, "secondary")
		file := g.file(t)
		o := Options{Seed: rapid.Int64().Draw(t, "seed"), Today: today,
			Scenario: rapid.SampledFrom(names).Draw(t, "scenario").Name,
			Contracts: map[string]Contract{"60054": {
				AllowedPercent:     rapid.IntRange(1, 100).Draw(t, "allowed"),
				CoinsurancePercent: rapid.IntRange(0, 100).Draw(t, "coinsurance"),
			}}}
		answers, err := Adjudicate(readers(file), o)
		if err != nil {
			t.Fatal(err)
		}
		answered := map[string]bool{}
		for _, a := range answers {
			r := x12.NewReader(bytes.NewReader(a.Bytes))
			for {
				s, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", a.Name, err)
				}
				switch {
				case s.Is("CLP"):
					answered[s.String(1)] = true
				case s.Is("STC") && s.String(3) == "U":
					answered["rejected"] = true
				}
			}
		}
		switch o.Scenario {
		case "interchange-rejected", "ack-rejected", "ack-partial", "claims-rejected", DefaultScenario:
			return
		}
		if len(answered) != g.claims {
			t.Fatalf("%d of %d claims are answered", len(answered), g.claims)
		}
	})
}

// TestCrossoverGoesToThePayerBehind: Medicare forwards to whom it knows, a third
// of the ordinary claims in the mix, and with certainty where the story says so.
func TestCrossoverGoesToThePayerBehind(t *testing.T) {
	g := newWorld(5, 200)
	g.payers = fivePayers[1:2]
	file := g.file(t)
	behind := map[string]Payer{}
	for i := range 100 {
		behind[fmt.Sprintf("M%06d", i)] = Payer{"00621", "BLUE PLAINS"}
	}
	remit := segments(t, adjudicate(t, Options{Seed: 3, Behind: behind}, file), Kind835)
	if n := count(remit, "NM1*TT*2*BLUE PLAINS*****PI*00621"); n < 10 || n > 60 || contains(remit, "SUPPLEMENT") {
		t.Errorf("%d of 100 claims with a payer behind are forwarded", n)
	}
	remit = segments(t, adjudicate(t, Options{Scenario: "crossover", Behind: behind}, file), Kind835)
	if n, other := count(remit, "NM1*TT*2*BLUE"), count(remit, "NM1*TT*2*SANDBOX"); n != 100 || other != 100 {
		t.Errorf("%d and %d are forwarded", n, other)
	}
}

func TestBadInput(t *testing.T) {
	good := newWorld(1, 3).file(t)
	isa := good[:106]
	for name, test := range map[string]struct {
		file []byte
		o    Options
		code string
	}{
		"empty":            {nil, Options{}, x12.CodeEmpty},
		"not X12":          {[]byte(strings.Repeat("hello ", 100)), Options{}, x12.CodeNotX12},
		"an 835":           {adjudicate(t, Options{}, good)[len(adjudicate(t, Options{}, good))-1].Bytes, Options{}, "CB-SANDBOX-TYPE"},
		"no claims":        {append(append([]byte{}, isa...), "IEA*0*000000417~"...), Options{}, ""},
		"unknown scenario": {good, Options{Scenario: "nonsense"}, "CB-SANDBOX-SCENARIO"},
		"wrong version":    {bytes.ReplaceAll(good, []byte("005010X222A1"), []byte("004010X098A1")), Options{}, "CB-SANDBOX-VERSION"},
	} {
		t.Run(name, func(t *testing.T) {
			test.o.Today = today
			answers, err := Adjudicate(readers(test.file), test.o)
			if name == "no claims" {
				if err != nil || len(answers) == 0 {
					t.Fatalf("an interchange without claims is still acknowledged: %v", err)
				}
				return
			}
			if err == nil || test.code != "" && fault.CodeOf(err) != test.code {
				t.Errorf("got %v, code %s", err, fault.CodeOf(err))
			}
			if len(answers) != 0 {
				t.Errorf("%d answers to what is refused", len(answers))
			}
		})
	}
}

// TestPaysLaterThanItAcknowledges: answers of two days tell the same story.
func TestPaysLaterThanItAcknowledges(t *testing.T) {
	file := newWorld(1, 80).file(t)
	now, err := Adjudicate(readers(file), Options{Seed: 1, Today: today})
	if err != nil {
		t.Fatal(err)
	}
	later, err := Adjudicate(readers(file), Options{Seed: 1, Today: today.AddDays(50)})
	if err != nil {
		t.Fatal(err)
	}
	paid := map[string]string{}
	for _, s := range segments(t, later, Kind835) {
		if e := strings.Split(s, "*"); e[0] == "CLP" && e[2] != "22" && paid[e[1]] == "" {
			paid[e[1]] = e[7]
		}
	}
	number, n := "", 0
	for _, s := range segments(t, now, Kind277CA) {
		switch e := strings.Split(s, "*"); {
		case e[0] == "TRN":
			number = e[2]
		case strings.HasPrefix(s, "REF*1K*"):
			n++
			if paid[number] != e[2] {
				t.Errorf("claim %s is %s in the 277CA and %s in the 835", number, e[2], paid[number])
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d claims are accepted", n)
	}
	if !contains(segments(t, later, Kind835), "DTM*050*20211115") {
		t.Error("the 835 does not know when the claims came")
	}
}

// TestOtherDelimiters: what the answers' own delimiters are is blanked in names
// and refused in identifiers.
func TestOtherDelimiters(t *testing.T) {
	swap := strings.NewReplacer("*", "|", ":", ">", "~", "\n")
	other := []byte(strings.Replace(swap.Replace(string(newWorld(1, 3).file(t))), "CLINIC 1", "A*B CLINIC", 1))
	remit := segments(t, adjudicate(t, Options{Scenario: "contract"}, other), Kind835)
	if !contains(remit, "N1*PE*A B CLINIC*") {
		t.Error("the payee's name is gone")
	}
	other = bytes.Replace(other, []byte("CLM|C1"), []byte("CLM|C*"), 1)
	_, err := Adjudicate(readers(other), Options{Today: today})
	if fault.CodeOf(err) != "CB-SANDBOX-CHARACTER" || !strings.Contains(err.Error(), "CLM01") || !strings.Contains(err.Error(), "byte") {
		t.Errorf("got %v", err)
	}
}

func TestAuditFindsEachEquation(t *testing.T) {
	answers := adjudicate(t, Options{Scenario: "interest"}, newWorld(1, 30).file(t))
	file := answers[len(answers)-1].Bytes
	if err := audit(file); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"BPR*I*", "CLP*", "SVC*", "CAS*CO*45*", "PLB*", "AMT*I*"} {
		at := bytes.Index(file, []byte(id))
		if at < 0 {
			t.Fatalf("no %s", id)
		}
		// The last digit before the next separator after an amount is changed.
		changed := bytes.Clone(file)
		place := map[string]int{"BPR*I*": 2, "CLP*": 4, "SVC*": 3, "CAS*CO*45*": 3, "PLB*": 4, "AMT*I*": 2}[id]
		end := at
		for n := 0; n <= place; n++ {
			next := bytes.IndexAny(changed[end+1:], "*~")
			end += next + 1
		}
		if changed[end-1] == '9' {
			changed[end-1] = '1'
		} else {
			changed[end-1]++
		}
		if err := audit(changed); err == nil {
			t.Errorf("a changed amount in %s passes the audit", id)
		}
	}
}

// TestPublicFiles: 837s that others wrote are answered or refused with a reason,
// and never crash anything. They are not part of this repository.
func TestPublicFiles(t *testing.T) {
	dir := os.Getenv("CLAIMBOOK_SAMPLES")
	if dir == "" {
		t.Log("CLAIMBOOK_SAMPLES names no folder of public files: only our own are tested")
		return
	}
	for _, kind := range []string{"837p", "837i", "837d", "835", "999"} {
		files, _ := os.ReadDir(dir + "/" + kind)
		for _, f := range files {
			b, err := os.ReadFile(dir + "/" + kind + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			answers, err := Adjudicate(readers(b), Options{Today: today})
			t.Logf("%s/%s: %d answers, %v", kind, f.Name(), len(answers), err)
		}
	}
}
