package codeset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/codeset"
)

func TestLookups(t *testing.T) {
	for _, c := range []struct {
		list  string
		f     func(string) (string, bool)
		code  string
		label string
		known bool
	}{
		{"CARC", codeset.CARC, "45", "Above the fee schedule or contracted amount", true},
		{"CARC", codeset.CARC, "1", "Deductible", true},
		{"CARC", codeset.CARC, "P32", "Payment denied: apportionment", true},
		{"CARC", codeset.CARC, "A0", "Patient refund amount", true},
		{"CARC", codeset.CARC, "999", "", false},
		{"CARC", codeset.CARC, "", "", false},
		{"CARC", codeset.CARC, "4\t", "", false},
		{"RARC", codeset.RARC, "N657", "Bill with the right code for this service", true},
		{"RARC", codeset.RARC, "N907", "", true},
		{"RARC", codeset.RARC, "N908", "", false},
		{"category", codeset.ClaimStatusCategory, "A7", "Rejected: information invalid", true},
		{"status", codeset.ClaimStatus, "562", "Entity's national provider identifier", true},
		{"place of service", codeset.PlaceOfService, "11", "Office", true},
		{"place of service", codeset.PlaceOfService, "98", "", false},
		{"HCPCS", codeset.HCPCS, "V5364", "Dysphagia screening", true},
		{"HCPCS", codeset.HCPCS, "99213", "", false},
		{"group", codeset.GroupCode, "PR", "Patient responsibility", true},
		{"group", codeset.GroupCode, "XX", "", false},
		{"filing", codeset.ClaimFilingIndicator, "MB", "Medicare Part B", true},
		{"relationship", codeset.Relationship, "18", "Self", true},
		{"frequency", codeset.Frequency, "7", "Replacement", true},
		{"CLP02", codeset.ClaimStatusOfRemittance, "22", "Reversal of a previous payment", true},
		{"PLB", codeset.ProviderAdjustment, "WO", "Overpayment recovery", true},
	} {
		if label, known := c.f(c.code); label != c.label || known != c.known {
			t.Errorf("%s %q: got %q %v, want %q %v", c.list, c.code, label, known, c.label, c.known)
		}
	}
}

func TestDiagnosis(t *testing.T) {
	for _, c := range []struct {
		code            string
		known, billable bool
		exempt          bool
	}{
		{"A00", true, false, false}, {"A000", true, true, false}, {"A00.0", true, true, false}, {"a000", true, true, false},
		{"Z0000", true, true, true}, {"Q999Z", false, false, false},
	} {
		d, known := codeset.ICD10CM(c.code)
		if known != c.known || d.Billable != c.billable || d.POAExempt != c.exempt {
			t.Errorf("%s: got %+v %v", c.code, d, known)
		}
	}
}

// Every code of every embedded list is found, so that the lists are sorted the
// way the search expects.
func TestEveryCodeIsFound(t *testing.T) {
	for key, l := range codeset.Lists() {
		n := 0
		for code := range l.Codes() {
			n++
			if !l.Has([]byte(code)) {
				t.Errorf("%s: %q is not found", key, code)
			}
		}
		if (n == 0) != l.Empty() {
			t.Errorf("%s: %d codes but Empty is %v", key, n, l.Empty())
		}
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		what string
		f    func([]byte) bool
		yes  string
		no   string
	}{
		{"NPI", codeset.NPI, "1234567893 1245319599 2000000002", "1234567890 123456789 3234567891 12345678930 123456789X"},
		{"taxonomy", codeset.TaxonomyForm, "207Q00000X 2080P0216X", "207Q00000 207q00000X X07Q00000X"},
		{"diagnosis", codeset.DiagnosisForm, "J20 E1165 S72001A", "J2 72001 J20.9 S72001AAA"},
		{"procedure", codeset.ProcedureForm, "99213 J1885 0001F 0001U", "9921 99A13 992133"},
		{"CDT", codeset.DentalProcedureForm, "D2150", "2150D 99213"},
		{"level II", codeset.LevelII, "A0425 J1885 V5364", "D2150 99213 W1234 A042F"},
		{"modifier", codeset.ModifierForm, "25 LT", "2 2A5 a1"},
		{"revenue", codeset.RevenueForm, "0450", "450 045A"},
		{"ZIP", codeset.ZIPForm, "60601 606011234", "6060 60601-123 6060A"},
		{"NDC", codeset.NDCForm, "00002143380", "0002-1433-80 0002143380"},
		{"TIN", codeset.TINForm, "123456789", "12-3456789 12345678"},
	} {
		for _, s := range strings.Fields(c.yes) {
			if !c.f([]byte(s)) {
				t.Errorf("%s: %s is refused", c.what, s)
			}
		}
		for _, s := range strings.Fields(c.no) {
			if c.f([]byte(s)) {
				t.Errorf("%s: %s is taken", c.what, s)
			}
		}
	}
}

func TestLoad(t *testing.T) {
	l := codeset.List{Name: "CDT"}
	if l.Has([]byte("D2150")) {
		t.Error("an empty list knows a code")
	}
	if err := l.Load(strings.NewReader("D2150\tone filling\r\nD0120\n"), "2026"); err != nil {
		t.Fatal(err)
	}
	if label, ok := l.Lookup("D2150"); !ok || label != "one filling" || l.AsOf() != "2026" {
		t.Errorf("got %q %v %s", label, ok, l.AsOf())
	}
	if err := l.Load(strings.NewReader("D2150\nno code here\n"), "2026"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
}

func TestEffectiveDays(t *testing.T) {
	l := codeset.List{Name: "CPT"}
	if err := l.Load(strings.NewReader("# as of 2026-01-01\n99213\tvisit\n99201\told visit\t\t2020-12-31\n0001U\tnew\t2026-01-01\n"), ""); err != nil {
		t.Fatal(err)
	}
	if l.AsOf() != "2026-01-01" {
		t.Errorf("as of %q", l.AsOf())
	}
	for _, c := range []struct {
		code string
		day  int
		want bool
	}{
		{"99213", 19990101, true}, {"99201", 20201231, true}, {"99201", 20210101, false}, {"0001U", 20251231, false}, {"0001U", 20260101, true}, {"0001U", 0, true},
	} {
		if got := l.Effective([]byte(c.code), c.day); got != c.want {
			t.Errorf("%s on %d: %v", c.code, c.day, got)
		}
	}
	for _, bad := range []string{"", "# nothing\n", "99213\tx\t2026-02-30\n", "1\t2\t\t\t5\n"} {
		if err := l.Load(strings.NewReader(bad), ""); err == nil {
			t.Errorf("%q is loaded", bad)
		}
	}
}

func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	if err := codeset.LoadDir(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{"cdt.tsv": "# as of 2026-01-01\nD2150\tour own words\n", "notes.txt": "not a list"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := codeset.Lists()["cdt"]
	t.Cleanup(l.Unload)
	if err := codeset.LoadDir(dir); err != nil || l.Empty() || !l.Has([]byte("D2150")) || l.Has([]byte("D9999")) {
		t.Errorf("the list is not loaded: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cdt.tsv"), []byte("a b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := codeset.LoadDir(dir); err == nil || !strings.Contains(err.Error(), "cdt.tsv: line 1") {
		t.Errorf("got %v", err)
	}
}

func TestHasAllocatesNothing(t *testing.T) {
	l, code := codeset.Lists()["icd10cm"], []byte("J209")
	l.Has(code)
	if n := testing.AllocsPerRun(100, func() { l.Has(code) }); n > 0 {
		t.Errorf("%.0f allocations", n)
	}
}

func ExampleCARC() {
	label, _ := codeset.CARC("97")
	fmt.Println(label)
	// Output: Included in the payment of another service
}
