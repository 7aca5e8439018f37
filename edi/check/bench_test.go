package check_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/x12"
)

// repeat makes a file of about size bytes by repeating the claims of a base.
func repeat(t testing.TB, name, from, to string, size int) []byte {
	t.Helper()
	s := strings.ReplaceAll(base(t, name), "~\n", "~")
	i, j := strings.Index(s, "~"+from)+1, strings.Index(s, "~"+to)+1
	head, body, tail := s[:i], s[i:j], s[j:]
	var b bytes.Buffer
	b.WriteString(head)
	_, set, _ := strings.Cut(head, "ST*")
	n := strings.Count(set, "~")
	for k := 0; b.Len() < size; k++ {
		c := strings.ReplaceAll(body, "CLM*A-", fmt.Sprintf("CLM*%d-", k))
		b.WriteString(c)
		n += strings.Count(c, "~")
	}
	se := strings.Index("~"+tail, "~SE*")
	rest := tail[se:]
	n += strings.Count(tail[:se], "~") + 1
	b.WriteString(tail[:se])
	b.WriteString("SE*" + fmt.Sprint(n) + rest[strings.Index(rest[3:], "*")+3:])
	return b.Bytes()
}

// baseline is what the project measures against: split the file in memory by
// terminator, then each segment by element separator. It returns bytes a second.
func baseline(in []byte) float64 {
	start := processor()
	total := 0
	for _, segment := range bytes.Split(in, []byte("~")) {
		total += len(bytes.Split(segment, []byte("*")))
	}
	runtime.KeepAlive(total)
	return float64(len(in)) / max(1e-9, (processor()-start).Seconds())
}

// processor returns the processor time that this process has used, which does not
// count what other processes do to a shared machine.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchmark compares the best run of work with the best run of the baseline, in
// processor time and in turns: on a busy machine the two then meet the same
// conditions.
func benchmark(b *testing.B, in []byte, work func(io.Reader)) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var base, rate float64
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		base = max(base, baseline(in), baseline(in))
		b.StartTimer()
		start := processor()
		work(bytes.NewReader(in))
		rate = max(rate, float64(len(in))/max(1e-9, (processor()-start).Seconds()))
	}
	b.ReportMetric(rate/base, "x-split")
}

const benchSize = 8 << 20

func files(b *testing.B) map[string][]byte {
	return map[string][]byte{
		"837P": repeat(b, "837p.edi", "CLM*A-1", "HL*3*1*22", benchSize),
		"837I": repeat(b, "837i.edi", "CLM*H-1", "SE*", benchSize),
		"835":  repeat(b, "835.edi", "CLP*A-1", "PLB*", benchSize),
	}
}

func BenchmarkReader(b *testing.B) {
	for name, in := range files(b) {
		b.Run(name, func(b *testing.B) {
			r := x12.NewReader(nil)
			benchmark(b, in, func(src io.Reader) {
				r.Reset(src)
				for {
					if _, err := r.Next(); err == io.EOF {
						return
					}
				}
			})
		})
	}
}

func BenchmarkValidation(b *testing.B) {
	for name, in := range files(b) {
		b.Run(name, func(b *testing.B) {
			benchmark(b, in, func(src io.Reader) {
				if _, err := check.Run(src, name, check.Options{}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// Memory stays flat however large the file: one goroutine needs next to nothing,
// several at most what their chunks hold.
func TestMemoryIsFlat(t *testing.T) {
	body := repeat(t, "835.edi", "CLP*A-1", "PLB*", 1<<20)
	measure := func(times, workers int) uint64 {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var peak uint64
		readers := make([]io.Reader, times)
		for i := range readers {
			readers[i] = bytes.NewReader(body)
		}
		o := check.Options{Levels: []int{1, 2, 3, 4, 5, 6}, Workers: workers, Progress: func(int64) {
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapInuse)
		}}
		if _, err := check.Run(io.MultiReader(readers...), "x", o); err != nil {
			t.Fatal(err)
		}
		return peak - min(peak, before.HeapInuse)
	}
	if small, large := measure(4, 1), measure(40, 1); large > small+8<<20 {
		t.Errorf("one worker: %d bytes of heap for 4 MB, %d for 40 MB", small, large)
	}
	if large := measure(60, 2); large > 48<<20 {
		t.Errorf("two workers: %d bytes of heap for 60 MB", large)
	}
}
