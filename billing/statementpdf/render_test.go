package statementpdf

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// sample is a statement with the given number of lines.
func sample(lines int) *billing.Statement {
	h := &billing.Household{GuarantorID: 1, Account: "G10442", Pending: 120_00, Credits: 15_00,
		Recipient: billing.Recipient{Name: "Þórunn Ågot Müller-Świątek", Address: claims.Address{Line1: "1408 North Harbor Avenue", Line2: "Apartment 12B", City: "Duluth", State: "MN", ZIP: "558021234"}}}
	on := date.MustParse("2022-03-07")
	h.History = map[int64]billing.VisitHistory{2: {First: on.AddDays(-40), LastLevel: 1}}
	names := []string{"Office visit, established patient", "Urine test", "Blood draw", "Electrocardiogram with interpretation and report, twelve leads, at rest and after exercise"}
	for n := 0; n < lines; {
		v := billing.Visit{EncounterID: int64(len(h.Visits) + 1), Visit: fmt.Sprint("E", len(h.Visits)), Patient: "Maja Lindqvist", Provider: "Dr. Chidi Okafor",
			Date: on.AddDays(-20 * (len(h.Visits) + 1))}
		for i := 0; i < 4 && n < lines; i, n = i+1, n+1 {
			l := billing.StatementLine{ServiceLineID: int64(n + 1), Date: v.Date, Description: names[n%len(names)]}
			l.Charge = money.Cents(12500 + 1000*n)
			l.InsurancePaid, l.Adjustments, l.PatientPaid = l.Charge/2, l.Charge/5, 5_00
			l.Owed = l.Charge - l.InsurancePaid - l.Adjustments - l.PatientPaid
			if n%2 == 0 {
				l.Shares = []billing.PatientShare{{Reason: "deductible", Amount: l.Owed / 2}, {Reason: "coinsurance", Amount: l.Owed - l.Owed/2}}
			}
			v.Lines = append(v.Lines, l)
		}
		h.Visits = append(h.Visits, v)
	}
	s := billing.Freeze(h, billing.Sender{Name: "Lakeside Family Medicine", Address: claims.Address{Line1: "12 Shore Road", City: "Duluth", State: "MN", ZIP: "55802"},
		Phone: "2185550142", Hours: "Monday to Friday, 8 am to 5 pm", PaymentURL: "https://pay.lakeside.example"}, billing.Policy{DueDays: 21}, "00000042", on)
	return &s
}

func TestRenderIsDeterministic(t *testing.T) {
	first, _, err := Render(sample(9))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, _, err := Render(sample(9))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatal("two renderings of one statement differ")
		}
	}
}

// What the page says, read back by another program; what stands in the windows
// is the address and nothing else.
func TestRenderText(t *testing.T) {
	for _, test := range []struct{ lines, pages int }{{1, 1}, {3, 1}, {9, 2}, {60, 4}, {150, 9}} {
		s := sample(test.lines)
		pdf, pages, err := Render(s)
		if err != nil {
			t.Fatal(err)
		}
		if pages != test.pages {
			t.Errorf("%d lines on %d pages, want %d", test.lines, pages, test.pages)
		}
		text := pdfText(t, pdf)
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{"ÞÓRUNN ÅGOT MÜLLER-ŚWIĄTEK", "1408 NORTH HARBOR AVENUE", "DULUTH MN 55802-1234", "LAKESIDE FAMILY MEDICINE",
			s.Balance.Dollars(), "Please pay by March 28, 2022", billing.ScanLine(s), fmt.Sprintf("Page %d of %d", pages, pages),
			"$120.00 is still with your insurance", "deductible", "Urine test", "(218) 555-0142"} {
			if test.lines == 1 && want == "Urine test" {
				continue
			}
			if !strings.Contains(flat, want) {
				t.Errorf("%d lines: the text lacks %q", test.lines, want)
			}
		}
		if got := strings.Count(text, "Dr. Chidi Okafor"); got < len(s.Visits) {
			t.Errorf("%d visits have %d headings", len(s.Visits), got)
		}
		window := pdfText(t, pdf, "-x", "36", "-y", "147", "-W", "252", "-H", "63", "-f", "1", "-l", "1")
		if got := strings.Join(strings.Fields(window), " "); got != "ÞÓRUNN ÅGOT MÜLLER-ŚWIĄTEK 1408 NORTH HARBOR AVENUE APARTMENT 12B DULUTH MN 55802-1234" {
			t.Errorf("the recipient's window shows %q", got)
		}
	}
}

func pdfText(t *testing.T, pdf []byte, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", append(append([]string{"-layout", "-r", "72"}, args...), file, "-")...).Output()
	if err != nil {
		t.Fatalf("pdftotext (Debian package poppler-utils): %v", err)
	}
	return string(out)
}
