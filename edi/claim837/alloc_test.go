package claim837

import (
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/guide/guidetest"
	"github.com/claimbook/claimbook/edi/x12"
)

// Writing a claim allocates nothing, whatever segments and composites it has.
func TestEncodeAllocatesNothing(t *testing.T) {
	for _, name := range []string{"837P", "837I", "837D"} {
		read, err := ReadAll(strings.NewReader(guidetest.File(guide.ByName(name), 0)))
		if err != nil {
			t.Fatal(err)
		}
		set := &read[0].Groups[0].Transactions[0]
		claim := &set.Billing[0].Subscribers[0].Claims[0]
		e := NewEncoder(io.Discard, x12.DefaultDelimiters())
		e.BeginInterchange(isa)
		e.BeginGroup(group(set.Header.Version))
		e.BeginTransaction(set)
		if n := testing.AllocsPerRun(100, func() { e.Claim(claim) }); n > 0 {
			t.Errorf("%s: %.1f allocations for a claim with everything", name, n)
		}
		e.EndTransaction()
		e.EndGroup()
		e.EndInterchange()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
