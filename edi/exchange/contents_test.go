package exchange_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/claimbook/claimbook/edi/exchange"
)

const isa = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PRACTICE       *211115*0900*^*00501*000000001*0*T*:~"

func set(kind, version, control, body string) string {
	return fmt.Sprintf("ST*%s*%s%s~%sSE*%d*%s~", kind, control, version, body, 2+strings.Count(body, "~"), control)
}

func file(groups ...string) string {
	out := isa
	n := 0
	for _, g := range groups {
		if strings.HasPrefix(g, "TA1") {
			out += g
			continue
		}
		n++
		out += fmt.Sprintf("GS*XX*PAYER*PRACTICE*20211115*0900*%d*X*005010X214~%sGE*%d*%d~", n, g, strings.Count(g, "ST*")-strings.Count(g, "XST*"), n)
	}
	return out + fmt.Sprintf("IEA*%d*000000001~", n)
}

func survey(t *testing.T, content string) *exchange.Contents {
	t.Helper()
	c, err := exchange.Survey(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSurveyKnowsEveryKind(t *testing.T) {
	content := file("TA1*000000009*211114*0800*A*000~",
		set("999", "*005010X231A1", "0001", "AK1*HC*1~"), set("277", "", "0002", "BHT*0085~")+set("835", "", "0003", "BPR*I~")+
			set("837", "*005010X222A1", "0004", "BHT*0019~")+set("277", "*005010X212", "0005", "BHT*0010~")+set("824", "", "0006", "BGN*11~"))
	c := survey(t, content)
	want := []struct {
		kind, control string
		set           int
		taken         bool
	}{{"TA1", "000000009", 0, true}, {"999", "0001", 1, true}, {"277CA", "0002", 2, true}, {"835", "0003", 3, true},
		{"837", "0004", 4, false}, {"277", "0005", 5, false}, {"824", "0006", 6, false}}
	if len(c.Parts) != len(want) || c.Note() != "" || c.Interchanges != 1 {
		t.Fatalf("%+v", c)
	}
	for i, w := range want {
		p := c.Parts[i]
		if p.Kind != w.kind || p.Control != w.control || p.Set != w.set || p.Seq != i+1 || (p.Refusal() == "") != w.taken {
			t.Errorf("part %d: %+v, refusal %q", i+1, p, p.Refusal())
		}
		begins := map[bool]string{true: "TA1*", false: "ST*"}[w.kind == "TA1"]
		if !strings.HasPrefix(content[p.ByteOffset:], begins) {
			t.Errorf("part %d: at its offset stands %.10q", i+1, content[p.ByteOffset:])
		}
	}
	if why := c.Parts[4].Refusal(); !strings.Contains(why, "sends and does not receive") || !strings.Contains(why, "byte") {
		t.Errorf("an 837 is refused with %q", why)
	}
}

// TestSurveyGoesOnAfterDamage: the bad part is told with its position, what can
// be read around it is listed.
func TestSurveyGoesOnAfterDamage(t *testing.T) {
	good, ack := set("835", "", "0001", "BPR*I~"), set("999", "*005010X231A1", "0002", "AK1*HC*1~")
	whole := file(good + ack)
	tests := map[string]struct {
		content string
		kinds   []string // a ! before those that are damaged
		note    string
	}{
		"no SE before the next ST":   {file(strings.Replace(good, "SE*3*0001~", "", 1) + ack), []string{"!835", "999"}, ""},
		"wrong count in SE":          {file(good + strings.Replace(ack, "SE*3", "SE*7", 1)), []string{"835", "!999"}, ""},
		"wrong control in SE":        {file(good + strings.Replace(ack, "SE*3*0002", "SE*3*0009", 1)), []string{"835", "!999"}, ""},
		"wrong count in GE":          {strings.Replace(whole, "GE*2", "GE*5", 1), []string{"835", "999"}, "GE"},
		"no IEA":                     {strings.TrimSuffix(whole, "IEA*1*000000001~"), []string{"835", "999"}, "IEA"},
		"cut within a set":           {strings.Split(whole, "SE*3*0002")[0], []string{"835", "!999"}, ""},
		"cut within a segment":       {whole[:strings.Index(whole, "AK1*HC")+4], []string{"835", "!999"}, ""},
		"noise behind":               {whole + "and then some more that is no X12 at all", []string{"835", "999"}, "byte"},
		"not X12":                    {"this is a letter to the practice, not an interchange", nil, "ISA"},
		"empty":                      {"", nil, "byte 0"},
		"a JSON file":                {`{"encounters": []}`, nil, "ISA"},
		"two interchanges, one torn": {strings.TrimSuffix(whole, "GE*2*1~IEA*1*000000001~") + whole, []string{"835", "999", "835", "999"}, "no GE"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := survey(t, test.content)
			var kinds []string
			for _, p := range c.Parts {
				if p.Damage != nil {
					p.Kind = "!" + p.Kind
					if !strings.Contains(p.Damage.Error(), "byte") {
						t.Errorf("the damage has no position: %v", p.Damage)
					}
				}
				kinds = append(kinds, p.Kind)
			}
			if strings.Join(kinds, " ") != strings.Join(test.kinds, " ") {
				t.Errorf("got %v, want %v; note %q", kinds, test.kinds, c.Note())
			}
			if (test.note == "") != (c.Note() == "") && test.note != "" || !strings.Contains(c.Note(), test.note) {
				t.Errorf("the note is %q, expected something of %q", c.Note(), test.note)
			}
		})
	}
}

func TestSurveyBoundsItsNotes(t *testing.T) {
	content := strings.Repeat(isa+"IEA*7*000000002~", 50)
	if c := survey(t, content); len(c.Notes) != 5 || !strings.Contains(c.Note(), "more") || c.Interchanges != 50 {
		t.Errorf("%d interchanges, notes %q", c.Interchanges, c.Note())
	}
}

func TestSurveyReportsTheInputsOwnError(t *testing.T) {
	gone := errors.New("the disk is gone")
	if _, err := exchange.Survey(iotest.ErrReader(gone)); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

// Every prefix of a file is surveyed without a crash, and never more is found
// than the whole holds.
func TestSurveyOfEveryPrefix(t *testing.T) {
	whole := file("TA1*000000009*211114*0800*A*000~", set("835", "", "0001", "BPR*I~")+set("999", "", "0002", "AK1*HC*1~"))
	for n := range len(whole) - 1 { // the very last terminator may be missing
		if c := survey(t, whole[:n]); len(c.Parts) > 3 || len(c.Parts) == 3 && c.Note() == "" && c.Parts[2].Damage == nil {
			t.Errorf("%d bytes of %d: %d parts, nothing wrong", n, len(whole), len(c.Parts))
		}
	}
}
