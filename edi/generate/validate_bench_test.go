package generate

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
)

// Full validation, all levels, on one core; goal 0.3.
func benchmarkValidate(b *testing.B, write writer) {
	raw, claims, baseline := file(b, write)
	measure(b, raw, claims, baseline, func() {
		r, err := check.Run(bytes.NewReader(raw), "bench", check.Options{})
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
