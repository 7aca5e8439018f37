package claims

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

func readAll(t testing.TB, content string) (list []*ReadEncounter) {
	t.Helper()
	r, err := OpenEncounters(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for {
		read, err := r.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, read)
	}
}

const header = "encounter_id,patient,service_date,rendering_provider,diagnoses,procedure,modifiers,pointers,units,charge,self_pay,total\n"

func TestCSV(t *testing.T) {
	list := readAll(t, "\xef\xbb\xbf"+header+
		"E1,P1,2022-03-11,DR1,I10 e11.9,99213,25 lt,1|2,1,120.00,,150\n"+
		"E1,P1,20220312,DR1,,85025,,2,1.50,$30,,\n"+
		"\n"+
		"E2,P2,3/11/2022,DR1,J02.9,99213,,1,1,120,yes,\n")
	if len(list) != 2 || len(list[0].Problems)+len(list[1].Problems) > 0 {
		t.Fatalf("read %+v", list)
	}
	e := list[0].Record
	if fmt.Sprint(e.Diagnoses, e.Lines[0].Modifiers, e.Lines[0].Pointers, e.Lines[1].Units, e.Lines[1].Charge, *e.Total) != "[I10 E119] [25 LT] [1 2] 1.5 30.00 150.00" {
		t.Errorf("E1 read as %+v", e)
	}
	if e.Lines[1].ServiceDate != date.MustParse("2022-03-12") || e.ServiceDate() != date.MustParse("2022-03-11") {
		t.Errorf("dates %v, %v", e.Lines[1].ServiceDate, e.ServiceDate())
	}
	if list[1].Line != 5 || !list[1].Record.SelfPay || list[1].Record.Lines[0].ServiceDate != date.MustParse("2022-03-11") {
		t.Errorf("E2 read as %+v", list[1])
	}
}

func TestBadRecords(t *testing.T) {
	good := "E9,P1,2022-03-11,DR1,I10,99213,,1,1,120.00,,\n"
	for row, want := range map[string]string{
		"E1,P1,2022-02-30,DR1,I10,99213,,1,1,120.00,,\n": `line 2: service_date "2022-02-30" is not a date such as 2022-03-14`,
		"E1,P1,2022-03-11,DR1,I10,99213,,a,1,120.00,,\n": `line 2: pointer "a" is not a number`,
		"E1,P1,2022-03-11,DR1,I10,99213,,1,many,1,,\n":   `line 2: units "many" is not a number with at most three decimals`,
		"E1,P1,2022-03-11,DR1,I10,99213,,1,1e9,1,,\n":    `line 2: units "1e9" is not a number with at most three decimals`,
		"E1,P1,2022-03-11,DR1,I10,99213,,1,1,1.005,,\n":  `line 2: charge "1.005" is not an amount such as 125.00`,
		"E1,P1,2022-03-11,DR1,I10,99213,,1,1,1,maybe,\n": `line 2: self_pay "maybe" is neither yes nor no`,
		",P1,2022-03-11,DR1,I10,99213,,1,1,1,,\n":        `line 2: encounter_id is empty`,
		"E\xe9,P1,2022-03-11,DR1,I10,99213,,1,1,1,,\n":   `line 2: the encounter has characters that are not UTF-8, or control characters: save the file as UTF-8`,
		"E1,P1\n": `line 2: the row has 2 values, the header 12 columns`,
		"E1,P1,2022-03-11,DR1,I10,99213,,1,1,1,,\nE1,P2,2022-03-11,DR1,I10,85025,,1,1,1,,\n": `line 3: patient differs from the first row of the encounter (line 2)`,
		"E1,P\"1,2022-03-11,DR1,I10,99213,,1,1,1,,\n":                                        `line 2: a quotation mark is out of place`,
		strings.Repeat("x", 60) + ",P1,2022-03-11,DR1,I10,99213,,1,1,1,,\n":                  `line 2: encounter_id is longer than 50 characters`,
	} {
		list := readAll(t, header+row+good)
		if len(list) != 2 || len(list[0].Problems) != 1 || list[0].Problems[0] != want {
			t.Errorf("%q: %+v, want %s", row, list[0].Problems, want)
			continue
		}
		if len(list[1].Problems) != 0 || list[1].Record.ExternalID != "E9" {
			t.Errorf("%q stops the record behind it: %+v", row, list[1])
		}
	}
}

func TestJSONGoesOnUntilItsSyntaxBreaks(t *testing.T) {
	list := readAll(t, `[
{"encounter_id": "E1", "patient": "P1", "rendering_provider": "DR1", "diagnoses": ["I10"],
 "lines": [{"service_date": "2022-03-11", "procedure": "99213", "pointers": [1], "units": "1", "charge": 120.00}]},
{"encounter_id": "E2", "lines": "none"},
{"encounter_id": "E3", "lines": [
`)
	if len(list) != 3 || len(list[0].Problems) != 0 || list[0].Record.Lines[0].Charge != 120_00 {
		t.Fatalf("read %+v", list)
	}
	if got := list[1].Problems[0]; got != "line 4: lines is a string, which it cannot be" {
		t.Error(got)
	}
	if got := list[2].Problems[0]; !strings.HasSuffix(got, "the file ends in the middle of an encounter") {
		t.Error(got)
	}
}

func TestUnknownKeysAreReported(t *testing.T) {
	r, err := OpenEncounters(strings.NewReader(`{"source": "x", "encounters": [{"encounter_id": "E1", "colour": "red", "lines": [{"size": 1}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := r.Next(); err == io.EOF {
			break
		}
	}
	if got := fmt.Sprint(r.Notices()); got != `[unknown keys, not read: "source", "colour", "size"]` {
		t.Error(got)
	}
}

// Property: the same encounter has the same hash from either format.
func TestFormatsAgree(t *testing.T) {
	word := rapid.StringMatching(`[A-Z0-9]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		e := EncounterRecord{
			ExternalID: word.Draw(t, "id"), Patient: word.Draw(t, "patient"), RenderingProvider: word.Draw(t, "provider"),
			Diagnoses: rapid.SliceOfN(rapid.StringMatching(`[A-Z][0-9][0-9A-Z]{1,5}`), 1, 12).Draw(t, "diagnoses"), SelfPay: rapid.Bool().Draw(t, "self pay"),
		}
		for range rapid.IntRange(1, 4).Draw(t, "lines") {
			e.Lines = append(e.Lines, EncounterLine{
				ServiceDate: date.MustParse("2022-01-01").AddDays(rapid.IntRange(0, 700).Draw(t, "day")), Procedure: word.Draw(t, "procedure"),
				Modifiers: nilIfEmpty(rapid.SliceOfN(rapid.StringMatching(`[A-Z0-9]{2}`), 0, 4).Draw(t, "modifiers")),
				Pointers:  rapid.SliceOfN(rapid.IntRange(1, 12), 1, 4).Draw(t, "pointers"),
				Units:     decimal.New(rapid.Int64Range(1, 9999).Draw(t, "units"), -int32(rapid.IntRange(0, 3).Draw(t, "places"))),
				Charge:    money.Cents(rapid.Int64Range(1, 999_999).Draw(t, "charge")),
			})
		}
		asJSON, err := json.Marshal([]EncounterRecord{e})
		if err != nil {
			t.Fatal(err)
		}
		var asCSV bytes.Buffer
		asCSV.WriteString(header)
		for _, l := range e.Lines {
			fmt.Fprintf(&asCSV, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%t,\n", e.ExternalID, e.Patient, l.ServiceDate, e.RenderingProvider, strings.Join(e.Diagnoses, " "),
				l.Procedure, strings.Join(l.Modifiers, " "), strings.Trim(fmt.Sprint(l.Pointers), "[]"), l.Units, l.Charge, e.SelfPay)
		}
		for format, content := range map[string]string{"csv": asCSV.String(), "json": string(asJSON)} {
			r, err := OpenEncounters(strings.NewReader(content))
			if err != nil || r.Format() != format {
				t.Fatalf("%s: %v", format, err)
			}
			read, err := r.Next()
			if err != nil || len(read.Problems) > 0 {
				t.Fatalf("%s: %v %v", format, err, read)
			}
			if read.Record.Hash() != e.Hash() {
				t.Fatalf("%s reads %+v\nwas %+v", format, read.Record, e)
			}
		}
	})
}

func nilIfEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// Whatever comes in, reading ends, and each record says where it is.
func FuzzOpenEncounters(f *testing.F) {
	for _, seed := range []string{"", header, header + "E1,P1,2022-03-11,DR1,I10,99213,,1,1,120.00,,\n", header + "\"E1\nE2,\"\"", `[{"encounter_id": "E1"}]`,
		`{"encounters": [1, "x", null, {"lines": [{}]}`, "ISA*00", "MSH|", "\x00", "a;b\n1;2", `{"resourceType": "Bundle"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := OpenEncounters(bytes.NewReader(content))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("a fault of the content is not said to be one: %v", err)
			}
			return
		}
		for n := 0; ; n++ {
			read, err := r.Next()
			if err == io.EOF {
				return
			}
			if err != nil || read.Line < 1 || n > len(content) {
				t.Fatalf("record %d: %+v, %v", n, read, err)
			}
			for _, problem := range read.Problems {
				if !strings.HasPrefix(problem, "line ") {
					t.Fatalf("a problem without its place: %s", problem)
				}
			}
			Scrub(&Subject{Record: read.Record, Today: date.MustParse("2022-03-14")}, nil)
		}
	})
}

func ExampleScrub() {
	subject := &Subject{
		Today: date.MustParse("2022-03-14"),
		Record: EncounterRecord{ExternalID: "E1", Patient: "P7", RenderingProvider: "DR1", SelfPay: true,
			Lines: []EncounterLine{{ServiceDate: date.MustParse("2022-03-15"), Procedure: "99213", Units: decimal.NewFromInt(1), Charge: 120_00}}},
		Rendering: &Provider{Code: "DR1", Role: "rendering"},
	}
	for _, finding := range Scrub(subject, nil) {
		fmt.Println(finding.Severity, finding)
	}
	// Output:
	// hold CB-PAT-001 no patient has the account "P7"
	// hold CB-DATE-001 line 1: the date of service, 2022-03-15, lies in the future
}
