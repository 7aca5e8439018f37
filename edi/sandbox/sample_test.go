package sandbox

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
)

// TestSamples answers the claims that others have published, where they are
// present: each file is answered or refused, every answer is clean at all
// levels, and every payment balances.
func TestSamples(t *testing.T) {
	dir := os.Getenv("CLAIMBOOK_SAMPLES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "samples")
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "837*", "*"))
	if len(paths) == 0 {
		t.Logf("no sample files in %s: nothing answered", dir)
		return
	}
	answered, paid := 0, 0
	for _, path := range paths {
		name := filepath.Base(path)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, scenario := range []string{DefaultScenario, "coinsurance", "claims-rejected", "reversal"} {
			answers, err := Adjudicate(readers(raw), Options{Seed: 3, Scenario: scenario, Today: today})
			if err != nil {
				if scenario == DefaultScenario {
					t.Logf("%s: %v", name, err)
				}
				continue
			}
			answered++
			for _, a := range answers {
				if a.Kind == Kind835 {
					paid++
					checkRemittance(t, name, a)
				}
				report, err := check.Run(bytes.NewReader(a.Bytes), a.Name, check.Options{})
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				report.Findings(func(f *guide.Finding) {
					if f.Code == "NPI" || f.Severity != guide.Error {
						return // the samples' NPIs are made up, and repeated
					}
					if n++; n <= 2 {
						t.Errorf("%s, %s, %s: %s %s in %s%02d, value %q", name, scenario, a.Name, f.Code, f.Message, f.SegmentID, f.Element, f.Value)
					}
				})
			}
		}
	}
	t.Logf("%d files, %d runs with answers, %d payments", len(paths), answered, paid)
}
