package simulate

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/claimbook/claimbook/ledger/ledgerdb/hledgertest"
)

var (
	seeds  = flag.Int("seeds", 0, "how many seeds to run; 0 runs for about a minute")
	first  = flag.Uint64("seed", 1, "the first seed")
	length = flag.Int("steps", 80, "how many steps a seed has")
	tries  = flag.Int("tries", 25, "how many times a failing seed is run again to leave steps out")
)

// TestSimulation runs seeds on both books. A seed that fails is shrunk and
// printed: go test ./internal/simulate -run TestSimulation -seed N -seeds 1
func TestSimulation(t *testing.T) {
	start := time.Now()
	ran := 0
	met := map[string]int{}
	for seed := *first; ; seed++ {
		if *seeds > 0 && ran == *seeds || *seeds == 0 && time.Since(start) > 45*time.Second {
			break
		}
		ran++
		steps := make([]int, *length)
		for i := range steps {
			steps[i] = i
		}
		if _, err := runSeed(t, seed, steps, met); err != nil {
			t.Logf("seed %d fails: %v", seed, err)
			steps = Shrink(steps, *tries, func(fewer []int) bool { _, err := runSeed(t, seed, fewer, nil); return err != nil })
			log, err := runSeed(t, seed, steps, nil)
			t.Fatalf("seed %d fails with the steps %v:\n%s\n%v", seed, steps, strings.Join(log, "\n"), err)
		}
	}
	var never []string
	for _, name := range Scenarios {
		t.Logf("%6d %s", met[name], name)
		if met[name] == 0 {
			never = append(never, name)
		}
	}
	if ran >= 100 && len(never) > 0 {
		t.Errorf("never met in %d seeds: %v", ran, never)
	}
	t.Logf("%d seeds of %d steps in %s", ran, *length, time.Since(start).Round(time.Second))
}

// runSeed runs steps of a seed on a database of its own.
func runSeed(t *testing.T, seed uint64, steps []int, met map[string]int) (log []string, failure error) {
	t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) {
		var book *realBook
		s, err := New(seed, func(w *World) (_ Book, err error) {
			book, err = newRealBook(t, w)
			return book, err
		})
		if err != nil {
			failure = err
			return
		}
		if failure = s.Run(steps); failure == nil {
			failure = hledgertest.Compare(t.Context(), book.db, book.practice.ID)
		}
		log = s.Log
		for name, n := range s.Met() {
			if met != nil {
				met[name] += n
			}
		}
	})
	return log, failure
}
