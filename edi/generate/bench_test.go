package generate

import (
	"bytes"
	"flag"
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/x12"
)

// megabytes is the size of the generated files: go test -bench . -mb 1000.
var megabytes = flag.Int64("mb", 50, "size of the benchmarks' files in MB")

// split is the baseline of every ratio: bytes.Split by terminator, then of each
// segment by element separator, over the whole file in memory.
func split(raw []byte) (elements int) {
	for _, s := range bytes.Split(raw, []byte{'~'}) {
		elements += len(bytes.Split(s, []byte{'*'}))
	}
	return elements
}

// cpu returns the processor time that this process has used, its garbage
// collection included. Unlike the wall clock it does not count what other
// processes do to a shared machine.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure runs the work on one core and reports its rate, its ratio in processor
// time to the baseline over the same bytes, and its allocations a claim.
func measure(b *testing.B, raw []byte, claims int, baseline time.Duration, work func()) {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	b.SetBytes(int64(len(raw)))
	var spent time.Duration
	var runs int
	for b.Loop() {
		begin := cpu()
		work()
		spent += cpu() - begin
		runs++
	}
	spent /= time.Duration(runs)
	b.ReportMetric(float64(baseline)/float64(max(1, spent)), "ratio-to-split")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(claims), "allocs/claim")
}

// file generates the bytes of a benchmark, and measures the baseline over them
// while nothing else is in memory, since its garbage collection would be charged
// for it.
func file(b *testing.B, write writer) (raw []byte, claims int, baseline time.Duration) {
	var out bytes.Buffer
	s, err := write(&out, 1, *megabytes*1_000_000)
	if err != nil {
		b.Fatal(err)
	}
	raw = out.Bytes()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const rounds = 4
	split(raw)
	begin := cpu()
	for range rounds {
		split(raw)
	}
	return raw, s.Claims, (cpu() - begin) / rounds
}

// The 835, typed, with all three equations; goal 1.0.
func BenchmarkDecode835Balanced(b *testing.B) {
	raw, claims, baseline := file(b, Remittance)
	measure(b, raw, claims, baseline, func() {
		if err := decodeBalanced(bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	})
}

func benchmarkDecode837(b *testing.B, write writer) {
	raw, claims, baseline := file(b, write)
	measure(b, raw, claims, baseline, func() {
		d := claim837.NewDecoder(x12.NewReader(bytes.NewReader(raw)))
		for {
			_, err := d.Next()
			if err == io.EOF {
				return
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecode837P(b *testing.B) { benchmarkDecode837(b, Professional) }
func BenchmarkDecode837I(b *testing.B) { benchmarkDecode837(b, Institutional) }

// The 837 written from structs in memory; goal 1.0.
func benchmarkEncode837(b *testing.B, write writer) {
	raw, claims, baseline := file(b, write)
	x, err := claim837.ReadAll(bytes.NewReader(raw))
	if err != nil {
		b.Fatal(err)
	}
	measure(b, raw, claims, baseline, func() {
		if err := claim837.Encode(io.Discard, x...); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkEncode837P(b *testing.B) { benchmarkEncode837(b, Professional) }
func BenchmarkEncode837I(b *testing.B) { benchmarkEncode837(b, Institutional) }

func BenchmarkEncode835(b *testing.B) {
	raw, claims, baseline := file(b, Remittance)
	x, err := remit835.ReadAll(bytes.NewReader(raw))
	if err != nil {
		b.Fatal(err)
	}
	measure(b, raw, claims, baseline, func() {
		if err := remit835.Encode(io.Discard, x12.Delimiters{}, x...); err != nil {
			b.Fatal(err)
		}
	})
}
