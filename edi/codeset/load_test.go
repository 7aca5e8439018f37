package codeset_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/internal/date"
)

// load puts text into the shared list of a key until the test ends.
func load(t *testing.T, key, asOf, text string) *codeset.List {
	t.Helper()
	l := codeset.Lists()[key]
	t.Cleanup(l.Unload)
	if err := l.Load(strings.NewReader(text), asOf); err != nil {
		t.Fatal(err)
	}
	return l
}

// A code that was retired and taken up again is effective in both periods.
func TestSeveralPeriodsOfACode(t *testing.T) {
	l := &codeset.List{}
	if err := l.Load(strings.NewReader("J1234\tfirst\t2010-01-01\t2012-12-31\nJ1234\tagain\t2020-01-01\n"), "2026"); err != nil {
		t.Fatal(err)
	}
	for day, want := range map[int]bool{20091231: false, 20100101: true, 20121231: true, 20130101: false, 20191231: false, 20200101: true, 20990101: true} {
		if got := l.Effective([]byte("J1234"), day); got != want {
			t.Errorf("on %d: %v", day, got)
		}
	}
	if label, _ := l.Lookup("J1234"); label != "first" || l.Len() != 1 {
		t.Errorf("%q, %d codes", label, l.Len())
	}
	if !l.Effective([]byte("unknown"), 20200101) {
		t.Error("a code that the list does not know has no days")
	}
}

// What is refused changes nothing, and names the line.
func TestRefusedListLeavesTheOldOne(t *testing.T) {
	l := load(t, "cdt", "2026-01-01", "D0120\n")
	for _, c := range []struct{ text, want string }{
		{"D0120\tx\t2026-02-30\n", "line 1: \"2026-02-30\" is not a day"},
		{"D0120\nD0140\t\t2026-01-01\t2025-01-01\n", "line 2: the last day comes before the first"},
		{"# note\n\nD0120 D0140\n", "line 3: a code is expected"},
		{"\xEF\xBB\xBF# only a note\n", "there is no code in it"},
	} {
		if err := l.Load(strings.NewReader(c.text), "2027"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	if !l.Has([]byte("D0120")) || l.AsOf() != "2026-01-01" {
		t.Error("the list before it is gone")
	}
	l.Unload()
	if l.Loaded() || !l.Empty() || l.AsOf() != "" {
		t.Error("the list that does not ship is still there")
	}
}

// A loaded ICD-10-CM list knows what may be billed. What the snapshot calls a
// heading stays one, and its present-on-admission exemptions stay known.
func TestLoadedDiagnoses(t *testing.T) {
	load(t, "icd10cm", "2026-10-01", "Z0000\tour words\nU099\t\t2021-10-01\n")
	for _, c := range []struct {
		code                    string
		known, billable, exempt bool
	}{
		{"Z0000", true, true, true}, {"U09.9", true, true, false}, {"A00", true, false, false}, {"A000", false, false, false}, {"Q999Z", false, false, false},
	} {
		d, known := codeset.ICD10CM(c.code)
		if known != c.known || d.Billable != c.billable || d.POAExempt != c.exempt {
			t.Errorf("%s: %+v %v", c.code, d, known)
		}
		known, billable := codeset.Billable([]byte(strings.ReplaceAll(c.code, ".", "")))
		if known != c.known || billable != c.billable {
			t.Errorf("%s: known %v, billable %v", c.code, known, billable)
		}
	}
}

// Any number of goroutines look codes up while a list is replaced; each sees one
// content or the other, whole.
func TestLookUpsWhileLoading(t *testing.T) {
	l := &codeset.List{}
	old, fresh := "A1\told\n", "A1\tfresh\n"
	if err := l.Load(strings.NewReader(old), "1"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 2000 {
				if label, known := l.Lookup("A1"); !known || label != "old" && label != "fresh" {
					t.Errorf("%q %v", label, known)
					return
				}
			}
		})
	}
	for range 200 {
		for _, text := range []string{fresh, old} {
			if err := l.Load(strings.NewReader(text), "2"); err != nil {
				t.Fatal(err)
			}
		}
	}
	wg.Wait()
}

func TestDay(t *testing.T) {
	if got := codeset.Day(date.MustParse("2026-01-31")); got != 20260131 {
		t.Error(got)
	}
	if codeset.Day(date.Date{}) != 0 {
		t.Error("no date is no day")
	}
}
