package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
	"pgregory.net/rapid"
)

// few makes a report hold only so many transaction sets in memory.
func few(t *testing.T, n int) {
	before := maxSets
	maxSets = n
	t.Cleanup(func() { maxSets = before })
}

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.ReplaceAll(string(b), "~\n", "~")
	_, set, _ := strings.Cut(s, "ST*")
	set, _, _ = strings.Cut(set, "GE*")
	return strings.Replace(s, "~SE*0*", fmt.Sprintf("~SE*%d*", strings.Count(set, "~")), 1)
}

// sets is a file whose only group holds n times the transaction set of a sample,
// numbered; every hundredth has a fault.
func sets(t *testing.T, name string, n int) io.Reader {
	t.Helper()
	head, rest, _ := strings.Cut(sample(t, name), "ST*")
	set, tail, _ := strings.Cut("ST*"+rest, "GE*")
	parts := strings.Split(set, "*0001")
	if len(parts) != 3 {
		t.Fatalf("the control number stands %d times in %s", len(parts)-1, name)
	}
	k := -1
	return readerFunc(func() string {
		switch k++; {
		case k == 0:
			return head
		case k <= n:
			body := parts[1]
			if k%100 == 0 {
				body = strings.Replace(body, "BHT*0019", "BHT*0018", 1)
			}
			return fmt.Sprintf("%s*%06d%s*%06d%s", parts[0], k, body, k, parts[2])
		case k == n+1:
			_, rest, _ := strings.Cut(tail, "*")
			return fmt.Sprintf("GE*%d*%s", n, rest)
		}
		return ""
	})
}

// readerFunc gives a file piece by piece, until a piece is empty.
func readerFunc(next func() string) io.Reader { return &pieces{next: next} }

type pieces struct {
	next func() string
	rest string
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		if p.rest = p.next(); p.rest == "" {
			return 0, io.EOF
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// What a report tells and how it is acknowledged does not depend on what it holds
// in memory and what it reads back.
func TestSpooledReport(t *testing.T) {
	answers := func(t *testing.T) string {
		r, err := Run(sets(t, "837p.edi", 250), "x", Options{Claims: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		j, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		out := bytes.NewBuffer(j)
		n := 0
		r.Findings(func(*guide.Finding) { n++ })
		fmt.Fprintln(out, n, r.Interchanges[0].Groups[0].Len())
		for _, write := range []func(io.Writer, Answer) error{r.Implementation, r.Claims, r.TA1} {
			if err := write(out, Answer{Control: 1}); err != nil {
				t.Fatal(err)
			}
		}
		return out.String()
	}
	want := answers(t)
	if strings.Count(want, "IK5*R") != 2 || strings.Count(want, "IK5*A") != 248 || strings.Count(want, "ST*277*") != 248 {
		t.Fatalf("%d sets rejected, %d accepted, %d answered", strings.Count(want, "IK5*R"), strings.Count(want, "IK5*A"), strings.Count(want, "ST*277*"))
	}
	few(t, 3)
	if got := answers(t); got != want {
		t.Errorf("spooled:\n%s\nin memory:\n%s", differ(got, want), differ(want, got))
	}
	t.Setenv("TMPDIR", "/does/not/exist") // all of it stays in memory
	if got := answers(t); got != want {
		t.Errorf("without a temporary folder:\n%s\nwith one:\n%s", differ(got, want), differ(want, got))
	}
}

// A set of which not every finding is kept is rejected all the same.
func TestManyFindingsReject(t *testing.T) {
	s := sample(t, "837p.edi")
	bad := strings.Replace(s, "BHT*0019", "BHT*0018", 1)
	r, err := Run(strings.NewReader(strings.Repeat(bad, maxFileFindings+5)), "x", Options{Claims: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var out bytes.Buffer
	if err := r.Implementation(&out, Answer{Control: 1}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "IK5*R"); n != maxFileFindings+5 || r.Unlisted == 0 {
		t.Errorf("%d of %d bad sets are rejected; %d findings are not listed", n, maxFileFindings+5, r.Unlisted)
	}
}

// The heap does not grow with the number of transaction sets and claims, neither
// while a file is checked nor while its report and acknowledgments are written.
func TestManySetsInFlatMemory(t *testing.T) {
	few(t, 100)
	measure := func(n int) (peak int64) {
		heap := func() int64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := heap()
		note := func() { peak = max(peak, heap()-before) }
		r, err := Run(sets(t, "837p.edi", n), "x", Options{Claims: true, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		note()
		w := &watched{every: 1 << 20, f: note}
		if err := r.WriteJSON(w); err != nil {
			t.Fatal(err)
		}
		for _, write := range []func(io.Writer, Answer) error{r.Implementation, r.Claims} {
			if err := write(w, Answer{Control: 1}); err != nil {
				t.Fatal(err)
			}
		}
		note()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		return peak
	}
	if small, large := measure(2000), measure(12000); large > small+3<<20 {
		t.Errorf("%d bytes of heap for 2,000 sets, %d for 12,000", small, large)
	}
}

// watched calls f now and then while it is written to.
type watched struct {
	n, every int
	f        func()
}

func (w *watched) Write(p []byte) (int, error) {
	if w.n += len(p); w.n > w.every {
		w.n = 0
		w.f()
	}
	return len(p), nil
}

// Property: what is put is read back, from the file, from memory and across both.
func TestSpool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &spool{}
		defer func() { _ = s.close() }()
		var want []byte
		for range rapid.IntRange(1, 12).Draw(t, "puts") {
			b := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, rapid.IntRange(0, spoolTail/3).Draw(t, "size"))
			if at := s.put(b); at != int64(len(want)) {
				t.Fatalf("put at %d, want %d", at, len(want))
			}
			want = append(want, b...)
		}
		from := rapid.IntRange(0, len(want)).Draw(t, "from")
		to := rapid.IntRange(from, len(want)).Draw(t, "to")
		got := make([]byte, to-from)
		if n, err := s.ReadAt(got, int64(from)); n != len(got) || err != nil || !bytes.Equal(got, want[from:to]) {
			t.Fatalf("%d of %d bytes are read back: %v", n, len(got), err)
		}
	})
}

// Property: a control number is new once, whatever it looks like.
func TestControlSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c controlSet
		seen := map[string]bool{}
		for range rapid.IntRange(1, 200).Draw(t, "numbers") {
			v := rapid.StringMatching(`[0-9]{0,10}|[0-9A]{1,4}|000[0-9]`).Draw(t, "control")
			if c.add([]byte(v)) == seen[v] {
				t.Fatalf("%q: new is %t", v, seen[v])
			}
			seen[v] = true
		}
	})
}
