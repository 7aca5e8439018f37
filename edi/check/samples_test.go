package check_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// The public files of others, where they are present: the published examples of
// the guides are clean at levels 1 to 4, and nothing crashes.
func TestSamples(t *testing.T) {
	dir := os.Getenv("CLAIMBOOK_SAMPLES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "samples")
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
	if len(paths) == 0 {
		t.Logf("no sample files in %s: nothing compared", dir)
		return
	}
	// Published examples that are wrong themselves, and why.
	refused := map[string]string{
		"kputnam_stupidedi__005010_X221-HP835-Health-Care-Claim-Payment-Advice_2.edi":  "X12-GARBAGE X12-SEG-MISSING",                          // prose before ISA; no technical contact
		"kputnam_stupidedi__005010_X221-HP835-Health-Care-Claim-Payment-Advice_3a.edi": "X12-GARBAGE 835-PAYMENT X12-SEG-MISSING X12-SE-COUNT", // the same; the PLB does not add up
		"kputnam_stupidedi__005010_X222-HC837-Health-Care-Claim-Professional_1.edi":    "X12-GARBAGE",                                          // prose before ISA
		"kputnam_stupidedi__837-institutional-claim.edi":                               "X12-EL-DATE",                                          // DTP*434 says a period and gives a day
	}
	checked := 0
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(p)
		r := run(t, string(b), check.Options{Claims: true})
		r.Findings(func(f *guide.Finding) {
			if f.Message == "" || f.Offset < 0 || f.Offset > int64(len(b)) {
				t.Errorf("%s: a finding without message or place: %+v", name, f)
			}
		})
		roundTrip(t, name, string(b), codes(r))
		t.Run(name, func(t *testing.T) { answered(t, string(b), check.Options{}) })
		if !strings.HasPrefix(name, "kputnam_stupidedi") {
			continue
		}
		checked++
		r = run(t, string(b), check.Options{Levels: []int{1, 2, 3, 4}})
		if got := strings.Join(codes(r), " "); got != refused[name] {
			t.Errorf("%s: got %q, want %q:%s", name, got, refused[name], describe(r))
		}
	}
	t.Logf("%d files read, %d published examples compared", len(paths), checked)
}

// roundTrip formats a file and checks that it says the same, and that its
// canonical form is a fixed point.
func roundTrip(t *testing.T, name, in string, want []string) {
	t.Helper()
	var lines, compact, canonical, again bytes.Buffer
	for _, err := range []error{
		x12.Format(&lines, strings.NewReader(in), false, nil),
		x12.Format(&compact, strings.NewReader(in), true, nil),
		x12.Canonical(&canonical, strings.NewReader(in), true, guide.Decimal, nil),
	} {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	if err := x12.Canonical(&again, bytes.NewReader(canonical.Bytes()), true, guide.Decimal, nil); err != nil || again.String() != canonical.String() {
		t.Errorf("%s: its canonical form is not canonical: %v", name, err)
	}
	if _, err := guide.Show(io.Discard, strings.NewReader(in)); err != nil {
		t.Errorf("%s cannot be shown: %v", name, err)
	}
	if slices.ContainsFunc(want, func(c string) bool {
		return c == x12.CodeGarbage || c == x12.CodeEmpty || c == x12.CodeNotX12 || c == x12.CodeISA
	}) {
		return // formatting leaves out what belongs to no interchange
	}
	for _, form := range []string{lines.String(), compact.String()} {
		if d := cmp.Diff(want, codes(run(t, form, check.Options{}))); d != "" {
			t.Errorf("%s: formatted it has other findings: %s", name, d)
		}
	}
}
