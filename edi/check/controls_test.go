package check_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
)

// A number that a file gives twice is found where it stands the second time: two
// interchanges between the same partners, two groups of one interchange. Between
// other partners, and in another interchange, it is another number.
func TestRepeatedControlNumbers(t *testing.T) {
	isa := func(sender, control, groups string, n int) string {
		return fmt.Sprintf("ISA*00*          *00*          *ZZ*%-15s*ZZ*RECEIVER       *260105*0800*^*00501*%s*0*T*:~%sIEA*%d*%s~", sender, control, groups, n, control)
	}
	group := func(control string) string {
		return fmt.Sprintf("GS*HC*SENDER*RECEIVER*20260105*0800*%s*X*005010X222A1~GE*0*%s~", control, control)
	}
	file := isa("FIRST", "000000001", group("1")+group("2")+group("1"), 3) +
		isa("FIRST", "000000002", group("1"), 1) +
		isa("OTHER", "000000001", group("1"), 1) +
		isa("FIRST", "000000001", group("1"), 1)
	var interchanges, groups []string
	run(t, file, check.Options{}).Findings(func(f *guide.Finding) {
		switch {
		case f.TA105 == "025":
			interchanges = append(interchanges, fmt.Sprint(f.Code, " ", f.Position.Interchange, " ", f.Severity))
		case f.AK905 == "19":
			groups = append(groups, fmt.Sprint(f.Code, " ", f.Position.Interchange, " ", f.Position.Group))
		}
	})
	if want := []string{"X12-ISA-CONTENT 4 error"}; !slices.Equal(interchanges, want) {
		t.Errorf("interchanges %v, want %v", interchanges, want)
	}
	if want := []string{"X12-GS-CONTENT 1 3"}; !slices.Equal(groups, want) {
		t.Errorf("groups %v, want %v", groups, want)
	}
}
