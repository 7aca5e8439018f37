package bank_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger/bank"
)

const bai2 = `01,BANK,CLINIC,260302,0600,1,80,,2/
02,CLINIC,BANK,1,260302,,USD,2/
03,12345678,USD,010,500000,,/
16,142,6000,S,6000,0,0,FT100,,TRN*1*T100*1987654321/
88,BLUE PLAN HCCLAIMPMT
16,475,1250,,,1042,CHECK PAID
16,165,2500,V,260303,,REF9,,CARD, NET
49,509750,6/
98,509750,1,8/
99,509750,1,10/
`

const ofxSGML = `OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><BANKTRANLIST>
<STMTTRN>
<TRNTYPE>CREDIT
<DTPOSTED>20260302120000[-6:CST]
<TRNAMT>60.00
<FITID>20260302-1
<NAME>BLUE PLAN &amp; CO
<MEMO>HCCLAIMPMT TRN*1*T100*1987654321\
</STMTTRN>
<STMTTRN><TRNTYPE>FEE<DTPOSTED>20260303<TRNAMT>-12.50<FITID>2<NAME>SERVICE FEE</STMTTRN>
</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
`

const ofxXML = `<?xml version="1.0"?><?OFX OFXHEADER="200"?>
<OFX><STMTTRN><DTPOSTED>20260302</DTPOSTED><TRNAMT>60</TRNAMT><FITID>A</FITID><NAME>BLUE</NAME></STMTTRN></OFX>`

func line(number int, day string, amount money.Cents, reference, description string) bank.Line {
	return bank.Line{Number: number, BookedOn: date.MustParse(day), Amount: amount, Reference: reference, Description: description}
}

func TestRead(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		want    bank.File
	}{
		"BAI2": {bai2, bank.File{Format: "bai2", Lines: []bank.Line{
			line(4, "2026-03-02", 60_00, "FT100", "TRN*1*T100*1987654321 BLUE PLAN HCCLAIMPMT"),
			line(6, "2026-03-02", -12_50, "1042", "CHECK PAID"),
			line(7, "2026-03-02", 25_00, "REF9", "CARD, NET"),
		}}},
		"OFX 1": {ofxSGML, bank.File{Format: "ofx", Lines: []bank.Line{
			line(5, "2026-03-02", 60_00, "20260302-1", `BLUE PLAN & CO HCCLAIMPMT TRN*1*T100*1987654321\`),
			line(13, "2026-03-03", -12_50, "2", "SERVICE FEE"),
		}}},
		"OFX 2": {ofxXML, bank.File{Format: "ofx", Lines: []bank.Line{line(2, "2026-03-02", 60_00, "A", "BLUE")}}},
		"CSV with a signed amount": {"\ufeffPosting Date,Description,Amount,Balance\n3/2/2026,\"BLUE, EFT T100\",\"$1,060.00\",9\n03/03/2026,FEE,(12.50),8\n",
			bank.File{Format: "csv", Notices: []string{"column Balance is not used"}, Lines: []bank.Line{
				line(2, "2026-03-02", 1060_00, "", "BLUE, EFT T100"), line(3, "2026-03-03", -12_50, "", "FEE")}}},
		"CSV with credit and debit": {"date,credit,debit,description,reference\n2026-03-02,60,,A,T1\n2026-03-02,,12.5,B,\n2026-03-02,0.00,-3,C,\n",
			bank.File{Format: "csv", Lines: []bank.Line{line(2, "2026-03-02", 60_00, "T1", "A"), line(3, "2026-03-02", -12_50, "", "B"), line(4, "2026-03-02", -3_00, "", "C")}}},
		"CSV without lines": {"date,amount\n", bank.File{Format: "csv"}},
	} {
		got, err := bank.Read([]byte(test.content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A file that is wrong anywhere is refused whole, with the line.
func TestReadRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, code, says string }{
		"empty":                  {" \n ", "CB-BANK-EMPTY", "empty"},
		"binary":                 {"PK\x03\x04\x00\x00", "CB-BANK-BINARY", "not text"},
		"another table":          {"name,city\nA,B\n", "CB-BANK-COLUMNS", "line 1"},
		"no date":                {"date,amount\nyesterday,5\n", "CB-BANK-LINE", `line 2: "yesterday" is not a date`},
		"no amount":              {"date,amount\n2026-03-02,\n", "CB-BANK-LINE", "line 2"},
		"fraction of a cent":     {"date,amount\n2026-03-02,1.005\n", "CB-BANK-LINE", "line 2"},
		"credit and debit":       {"date,credit,debit\n2026-03-02,5,5\n", "CB-BANK-LINE", "both a credit and a debit"},
		"open quote":             {"date,amount\n2026-03-02,\"5\n", "CB-BANK-LINE", "not CSV"},
		"BAI2 cut off":           {strings.Split(bai2, "98,")[0], "CB-BANK-CUT", "record 99"},
		"BAI2 with a line less":  {strings.Replace(bai2, "16,475,1250,,,1042,CHECK PAID\n", "", 1), "CB-BANK-LINE", "counts 10 records, there are 9"},
		"BAI2 with bad amount":   {strings.Replace(bai2, "6000,S", "60.00,S", 1), "CB-BANK-LINE", "line 4"},
		"BAI2 unknown record":    {strings.Replace(bai2, "49,", "47,", 1), "CB-BANK-LINE", `"47"`},
		"BAI2 more after 99":     {bai2 + "16,142,1\n", "CB-BANK-LINE", "follows"},
		"BAI2 without its group": {"01,A/\n16,142,100,,,\n99,1,1,3/\n", "CB-BANK-LINE", "before any group"},
		"OFX cut in a line":      {strings.Split(ofxSGML, "<MEMO>")[0], "CB-BANK-LINE", "no end"},
		"OFX cut after a line":   {strings.Split(ofxSGML, "</BANKTRANLIST>")[0], "CB-BANK-CUT", "</OFX>"},
		"OFX with a bad day":     {strings.Replace(ofxXML, "20260302", "20261302", 1), "CB-BANK-LINE", "DTPOSTED"},
		"OFX without amount":     {strings.Replace(ofxXML, "<TRNAMT>60</TRNAMT>", "", 1), "CB-BANK-LINE", "TRNAMT"},
	} {
		got, err := bank.Read([]byte(test.content))
		if fault.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %+v, %v; want %s with %q", name, got, err, test.code, test.says)
		}
	}
}

// Whatever the bytes, Read ends with lines that have a day, or with a fault.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{bai2, ofxSGML, ofxXML, "date,amount,description\n2026-03-02,5,x\n", "", "01,", "<OFX>", "16,,,D,99999999999\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := bank.Read(content)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("not a fault of the input: %v", err)
			}
			return
		}
		for _, l := range file.Lines {
			if l.BookedOn.IsZero() || l.Number < 1 || l.Amount.Abs() > money.Max {
				t.Fatalf("%+v", l)
			}
		}
	})
}

func ExampleRead() {
	file, err := bank.Read([]byte("Date,Amount,Description\n2026-03-02,60.00,BLUE PLAN TRN*1*T100\n"))
	fmt.Println(file.Format, file.Lines[0].BookedOn, file.Lines[0].Amount, err)
	// Output: csv 2026-03-02 60.00 <nil>
}
