package generate

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/claimbook/claimbook/edi/check"
)

// Full validation, all levels, on one core; goal 0.3.
func benchmarkValidate(b *testing.B, write writer) {
	raw, claims, baseline := file(b, write)
	measure(b, raw, claims, baseline, func() {
		r, err := check.Run(bytes.NewReader(raw), "bench", check.Options{Workers: 1})
		if err != nil {
			b.Fatal(err)
		}
		if !r.Valid() {
			b.Fatal("the generated file is not valid")
		}
	})
}

func BenchmarkValidate837P(b *testing.B) { benchmarkValidate(b, Professional) }
func BenchmarkValidate837I(b *testing.B) { benchmarkValidate(b, Institutional) }
func BenchmarkValidate837D(b *testing.B) { benchmarkValidate(b, Dental) }
func BenchmarkValidate835(b *testing.B)  { benchmarkValidate(b, Remittance) }

// Two workers against one: two-to-one is the ratio of the wall clock, the best of
// some rounds in turns, so that both meet the same conditions; it says something
// on a quiet machine only. processor-time is what two workers spend against one,
// for the copies and a second reading of the segments: 2 divided by it is the
// most that two cores can give.
func BenchmarkValidateTwoCores(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	raw, _, _ := file(b, Professional)
	best := [3]time.Duration{1: time.Hour, 2: time.Hour}
	spent := best
	for b.Loop() {
		for workers := 1; workers <= 2; workers++ {
			begin, used := time.Now(), cpu()
			if _, err := check.Run(bytes.NewReader(raw), "bench", check.Options{Workers: workers}); err != nil {
				b.Fatal(err)
			}
			best[workers] = min(best[workers], time.Since(begin))
			spent[workers] = min(spent[workers], cpu()-used)
		}
	}
	b.ReportMetric(float64(best[1])/float64(best[2]), "two-to-one")
	b.ReportMetric(float64(spent[2])/float64(max(1, spent[1])), "processor-time")
}
