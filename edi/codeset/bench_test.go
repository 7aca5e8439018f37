package codeset_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/claimbook/claimbook/edi/codeset"
)

// BenchmarkHas asks one list from one goroutine and from all processors at
// once: what every line of a claim costs where several transaction sets are
// checked at the same time. Processor time (cpu-ns/op) is what a busy machine can
// be compared by: it should be the same for one goroutine and for many.
func BenchmarkHas(b *testing.B) {
	shipped := codeset.Lists()["carc"]
	loaded := &codeset.List{Name: "loaded"}
	var text strings.Builder
	for code := range codeset.Lists()["icd10cm"].Codes() {
		text.WriteString(code + "\t\t2015-10-01\n")
	}
	if err := loaded.Load(strings.NewReader(text.String()), "2026-10-01"); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		list *codeset.List
		code []byte
	}{{"shipped", shipped, []byte("45")}, {"loaded", loaded, []byte("J209")}} {
		b.Run(c.name+"/one", func(b *testing.B) {
			defer processorTime(b)()
			for range b.N {
				c.list.Has(c.code)
			}
		})
		b.Run(c.name+"/parallel", func(b *testing.B) {
			defer processorTime(b)()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					c.list.Has(c.code)
				}
			})
		})
	}
}

// processorTime reports what a benchmark has used of all processors.
func processorTime(b *testing.B) func() {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}
