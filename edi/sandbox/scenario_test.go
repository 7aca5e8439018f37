package sandbox

import (
	"strings"
	"testing"

	"github.com/claimbook/claimbook/internal/money"
)

func TestScenarios(t *testing.T) {
	file := func(t *testing.T, change func(*world)) []byte {
		g := newWorld(3, 90)
		g.sets = 2
		if change != nil {
			change(g)
		}
		return g.file(t)
	}
	tests := map[string]struct {
		change func(*world)
		has    []string // in the 835s
		hasNot []string
		acks   []string // in TA1, 999 and 277CA
	}{
		"paid-in-full":       {has: []string{"CLP*"}, hasNot: []string{"*45*", "CAS*PR"}},
		"contract":           {has: []string{"CAS*CO*45*"}, hasNot: []string{"CAS*PR"}},
		"deductible":         {has: []string{"CAS*PR*1*"}},
		"coinsurance":        {has: []string{"CAS*PR*2*"}},
		"copay":              {has: []string{"CAS*PR*3*"}},
		"underpaid":          {has: []string{"CAS*CO*45*"}},
		"partly-paid":        {has: []string{"LQ*HE*"}},
		"deny-documentation": {has: []string{"CAS*CO*252*", "MOA***N706"}, hasNot: []string{"*45*"}},
		"deny-data":          {has: []string{"CAS*CO*16*", "LQ*HE*N290"}},
		"deny-not-covered":   {has: []string{"CAS*PR*204*"}},
		"deny-not-separate":  {has: []string{"CAS*CO*97*"}},
		"deny-timely":        {has: []string{"CAS*CO*29*"}},
		"deny-duplicate":     {has: []string{"CAS*OA*18*"}},
		"deny-authorization": {has: []string{"CAS*CO*197*"}},
		"deny-necessity":     {has: []string{"CAS*CO*50*"}},
		"deny-coordination":  {has: []string{"CAS*OA*22*"}},
		"line-bundle":        {has: []string{"CAS*CO*97*", "**0*HC:"}},
		"downcoded":          {has: []string{"SVC*HC:99213*", "*HC:99214", "LQ*HE*N22"}},
		"claim-level":        {has: []string{"CAS*CO*45*", "DTM*232*"}, hasNot: []string{"SVC*"}},
		"reversal":           {has: []string{"*22*-", "REF*F8*"}, hasNot: []string{"*FB:", "*WO:"}},
		"reversal-two-files": {has: []string{"*22*-", "REF*F8*"}, hasNot: []string{"*FB:", "*WO:"}},
		"denied-then-paid":   {has: []string{"*22*-", "CAS*CO*197*-", "REF*F8*"}},
		"recoupment":         {has: []string{"*WO:"}, hasNot: []string{"*FB:"}},
		"forward-balance":    {has: []string{"*FB:", "BPR*H*0*"}},
		"interest":           {has: []string{"AMT*I*", "*L6:"}},
		"withhold":           {has: []string{"*104*"}},
		"sequestration":      {has: []string{"*253*"}},
		"crossover":          {has: []string{"*19*", "NM1*TT*2*"}},
		"secondary":          {change: func(g *world) { g.secnd = 40 }, has: []string{"CAS*OA*23*", "*2*"}},
		"capitation":         {has: []string{"CAS*CO*24*", "*CT:"}},
		"zero-pay":           {has: []string{"BPR*H*0*C*NON"}, hasNot: []string{"BPR*I"}},
		"several-payments":   {has: []string{"ST*835*0006"}},
		"prenotification":    {has: []string{"BPR*P*0*"}},
		"claims-rejected":    {hasNot: []string{"CLP*"}, acks: []string{"STC*A3:33:IL", "STC*A7:562:82", "*U*"}},
		"ack-errors":         {has: []string{"CLP*"}, acks: []string{"IK5*E*5", "AK9*E*2*2*2"}},
		"ack-partial":        {has: []string{"CLP*"}, acks: []string{"IK5*R*5", "AK9*P*2*2*1"}},
		"ack-rejected":       {hasNot: []string{"CLP*"}, acks: []string{"AK9*R*2*2*0"}},
		"interchange-rejected": {hasNot: []string{"CLP*"},
			acks: []string{"TA1*000000417*211115*0800*R*006"}},
	}
	for _, s := range Scenarios() {
		test, ok := tests[s.Name]
		if !ok {
			switch s.Name {
			case DefaultScenario, "line-split", "modifier-dropped": // tested by themselves
			default:
				t.Errorf("scenario %s has no test", s.Name)
			}
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			answers := adjudicate(t, Options{Seed: 9, Scenario: s.Name}, file(t, test.change))
			remit := segments(t, answers, Kind835)
			for _, part := range test.has {
				if !contains(remit, part) {
					t.Errorf("no %s in the 835s", part)
				}
			}
			for _, part := range test.hasNot {
				if contains(remit, part) {
					t.Errorf("%s in the 835s", part)
				}
			}
			acks := append(append(segments(t, answers, KindTA1), segments(t, answers, Kind999)...), segments(t, answers, Kind277CA)...)
			for _, part := range test.acks {
				if !contains(acks, part) {
					t.Errorf("no %s in the acknowledgments", part)
				}
			}
			if s.Summary == "" || s.Expect == "" {
				t.Error("the scenario does not explain itself")
			}
		})
	}
}

func TestLineSplitKeepsControlNumber(t *testing.T) {
	remit := segments(t, adjudicate(t, Options{Scenario: "line-split"}, newWorld(3, 60).file(t)), Kind835)
	seen, twice := map[string]bool{}, 0
	for _, s := range remit {
		if strings.HasPrefix(s, "REF*6R*") {
			if seen[s] {
				twice++
			}
			seen[s] = true
		}
	}
	if twice == 0 {
		t.Error("no line came back twice")
	}
}

func TestModifierDropped(t *testing.T) {
	g := newWorld(3, 60)
	file := g.file(t)
	before := strings.Count(string(file), ":25*")
	remit := segments(t, adjudicate(t, Options{Scenario: "modifier-dropped"}, file), Kind835)
	after, told := 0, 0
	for _, s := range remit {
		if strings.HasPrefix(s, "SVC*") {
			if strings.Contains(strings.Split(s, "*")[1], ":25") {
				after++
			}
			if strings.HasSuffix(s, ":25") {
				told++
			}
		}
	}
	if after >= before || told == 0 {
		t.Errorf("%d modifiers were billed, %d came back, %d drops were told", before, after, told)
	}
}

// TestRecoupmentClosesItself: what WO gives back in one payment it takes in the next.
func TestRecoupmentClosesItself(t *testing.T) {
	remit := segments(t, adjudicate(t, Options{Scenario: "recoupment"}, newWorld(3, 120).file(t)), Kind835)
	sums, pairs := map[string]string{}, 0
	for _, s := range remit {
		if !strings.HasPrefix(s, "PLB*") {
			continue
		}
		e := strings.Split(s, "*")
		for n := 3; n+1 < len(e); n += 2 {
			if before, ok := sums[e[n]]; ok {
				if "-"+e[n+1] != before && e[n+1] != "-"+before {
					t.Errorf("%s: %s and %s", e[n], before, e[n+1])
				}
				pairs++
			}
			sums[e[n]] = e[n+1]
		}
	}
	if pairs < 5 {
		t.Errorf("only %d recoupments", pairs)
	}
}

// TestOneClaimIsTakenBackAllTheSame: where no account has the money, the
// balance is carried forward.
func TestOneClaimIsTakenBackAllTheSame(t *testing.T) {
	remit := segments(t, adjudicate(t, Options{Scenario: "reversal"}, newWorld(3, 1).file(t)), Kind835)
	if count(remit, "CLP*") != 3 || !contains(remit, "*FB:") {
		t.Errorf("got %q", remit)
	}
}

func TestSecondaryPaysWhatIsLeft(t *testing.T) {
	g := newWorld(4, 40)
	g.secnd, g.payers = 100, fivePayers[:1]
	remit := segments(t, adjudicate(t, Options{Scenario: "secondary"}, g.file(t)), Kind835)
	if count(remit, "CLP*") != 40 || contains(remit, "CAS*CO*45*") {
		t.Errorf("%d claims, contractual adjustments: %v", count(remit, "CLP*"), contains(remit, "CAS*CO*45*"))
	}
	g = newWorld(4, 40)
	g.secnd, g.payers = 100, fivePayers[2:3]
	remit = segments(t, adjudicate(t, Options{Scenario: "secondary"}, g.file(t)), Kind835)
	if contains(remit, "CAS*OA*23*") || !contains(remit, "CAS*CO*45*") {
		t.Error("Medicaid reports one CO-45 for all the rest")
	}
}

func TestContractFeesAreUsed(t *testing.T) {
	g := newWorld(4, 40)
	g.payers = fivePayers[:1]
	o := Options{Scenario: "contract", Contracts: map[string]Contract{"60054": {Name: "OTHER NAME", TIN: "987654321",
		Fees: map[string]money.Cents{"85025": 123}}}}
	if got := times(500, "1e999999999"); got != 500 {
		t.Errorf("an astronomical quantity gives %s", got)
	}
	remit := segments(t, adjudicate(t, o, g.file(t)), Kind835)
	for _, want := range []string{"AMT*B6*1.23", "N1*PR*OTHER NAME", "*1987654321"} {
		if !contains(remit, want) {
			t.Errorf("no %s", want)
		}
	}
}
