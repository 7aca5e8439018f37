package generate

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/x12"
)

type writer func(io.Writer, uint64, int64) (Stats, error)

var writers = map[string]writer{"837P": Professional, "837I": Institutional, "837D": Dental, "835": Remittance}

// The same seed gives the same bytes, another seed others, and the size is met.
func TestDeterministic(t *testing.T) {
	for name, write := range writers {
		var a, b, c bytes.Buffer
		s, err := write(&a, 1, 200_000)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, _ = write(&b, 1, 200_000)
		_, _ = write(&c, 2, 200_000)
		if !bytes.Equal(a.Bytes(), b.Bytes()) || bytes.Equal(a.Bytes(), c.Bytes()) {
			t.Errorf("%s: the bytes do not follow the seed", name)
		}
		if n := int64(a.Len()); n != s.Bytes || n < 200_000 || n > 230_000 {
			t.Errorf("%s: %d bytes, said %d", name, n, s.Bytes)
		}
	}
}

// What is written is read without a fault, whole, and adds up.
func TestReadable(t *testing.T) {
	for _, name := range []string{"837P", "837I", "837D"} {
		var out bytes.Buffer
		want, err := writers[name](&out, 7, 300_000)
		if err != nil {
			t.Fatal(err)
		}
		var got Stats
		d := claim837.NewDecoder(x12.NewReader(&out))
		for {
			c, err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got.Claims++
			got.Total += c.Claim.Charge
			for i := range c.Claim.Lines {
				got.Lines++
				if len(c.Claim.Lines[i].Unknown) > 0 {
					t.Errorf("%s: unknown segments in claim %d", name, got.Claims)
				}
			}
		}
		if got.Claims != want.Claims || got.Lines != want.Lines || got.Total != want.Total {
			t.Errorf("%s: read %+v, written %+v", name, got, want)
		}
	}
	var out bytes.Buffer
	want, err := Remittance(&out, 7, 3_000_000)
	if err != nil {
		t.Fatal(err)
	}
	read, err := remit835.ReadAll(&out)
	if err != nil {
		t.Fatal(err)
	}
	var got Stats
	for _, p := range read[0].Groups[0].Payments {
		if b := remit835.Balance(&p); b != nil {
			t.Errorf("does not balance: %v", b[0])
		}
		if f := remit835.Findings(&p); f != nil {
			t.Errorf("finding: %v", f[0])
		}
		got.Transactions++
		got.Total += p.Financial.Amount
	}
	if got.Transactions != want.Transactions || got.Total != want.Total || want.Transactions < 2 {
		t.Errorf("read %+v, written %+v", got, want)
	}
}

// What is written has nothing for any level of the validation to find, so that
// its benchmarks measure clean files.
func TestClean(t *testing.T) {
	for name, write := range writers {
		var out bytes.Buffer
		if _, err := write(&out, 7, 300_000); err != nil {
			t.Fatal(err)
		}
		report, err := check.Run(&out, name, check.Options{})
		if err != nil {
			t.Fatal(err)
		}
		report.Findings(func(f *guide.Finding) { t.Errorf("%s: %s at %s: %s", name, f.Code, f.Position, f.Message) })
	}
}

// Streaming a file needs the same memory however large the file is: the heap
// grows by less than 12 MB while 16 MB of each kind are read from disk.
func TestFlatMemory(t *testing.T) {
	for name, drain := range map[string]func(r io.Reader) error{"835": drain835, "837P": drain837} {
		f, err := os.Create(filepath.Join(t.TempDir(), "large"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := writers[name](f, 3, 16<<20); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		watched := watching(t, f)
		if err := drain(watched); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if watched.most > 12<<20 || watched.most == 0 {
			t.Errorf("%s: the heap grew to %d bytes", name, watched.most)
		}
		_ = f.Close()
	}
}

// watch remembers how much the heap grew at most while a file is read through it.
type watch struct {
	r          io.Reader
	reads      int
	base, most uint64
}

// watching begins with what is on the heap, code lists among it, and lets little
// garbage stand beside it.
func watching(t *testing.T, r io.Reader) *watch {
	percent := debug.SetGCPercent(25)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	runtime.GC() // of what the generator and the tests before left
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return &watch{r: r, base: m.HeapAlloc}
}

func (w *watch) Read(p []byte) (int, error) {
	if w.reads++; w.reads%32 == 0 {
		runtime.GC() // how far behind the collector is says nothing about what is kept
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.most = max(w.most, m.HeapAlloc-min(m.HeapAlloc, w.base))
	}
	return w.r.Read(p)
}

func drain835(r io.Reader) error {
	d := remit835.NewDecoder(x12.NewReader(r))
	for {
		p, err := d.NextPayment()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var balance remit835.Balancer
		for {
			c, err := d.NextClaim()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			if out := balance.Claim(c); out != nil {
				return out[0]
			}
		}
		if out := balance.Payment(p); out != nil {
			return out[0]
		}
	}
}

func drain837(r io.Reader) error {
	d := claim837.NewDecoder(x12.NewReader(r))
	for {
		if _, err := d.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
