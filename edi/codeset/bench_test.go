package codeset_test

import (
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/codeset"
)

// BenchmarkHas asks one list from one goroutine and from all processors at
// once: what every line of a claim costs where several transaction sets are
// checked at the same time. ns/op at two processors should be half of that at one.
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
			for b.Loop() {
				c.list.Has(c.code)
			}
		})
		b.Run(c.name+"/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					c.list.Has(c.code)
				}
			})
		})
	}
}
