package crosscheck

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/generate"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
)

// The other reader accepts every professional claim that we write.
func TestProfessional(t *testing.T) {
	var out bytes.Buffer
	want, err := generate.Professional(&out, 1, 60_000)
	if err != nil {
		t.Fatal(err)
	}
	r, err := CheckBytes(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if r.Claims != want.Claims || r.Checked+r.Skipped != want.Claims || r.Checked < want.Claims*2/3 || !r.Agrees() {
		t.Errorf("%d claims written, report %d read, %d checked, complaints %+v", want.Claims, r.Claims, r.Checked, r.Complaints)
	}
}

func TestDental(t *testing.T) {
	var out bytes.Buffer
	want, err := generate.Dental(&out, 1, 30_000)
	if err != nil {
		t.Fatal(err)
	}
	r, err := CheckBytes(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if r.Checked != want.Claims || !r.Agrees() {
		t.Errorf("%d claims written, %d checked, complaints %+v", want.Claims, r.Checked, r.Complaints)
	}
}

// Institutional claims are out of its reach: skipped, and no agreement claimed.
func TestInstitutional(t *testing.T) {
	var out bytes.Buffer
	want, err := generate.Institutional(&out, 1, 20_000)
	if err != nil {
		t.Fatal(err)
	}
	r, err := CheckBytes(out.Bytes())
	if err != nil || r.Skipped != want.Claims || r.Checked != 0 || r.Agrees() {
		t.Errorf("report %+v, %v", r, err)
	}
}

// A claim that breaks the guide is complained about, with its place.
func TestComplaint(t *testing.T) {
	var out bytes.Buffer
	if _, err := generate.Professional(&out, 1, 3_000); err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(out.String(), "DMG*D8*", "DMG*D8*19500101*Q~ZZZ*", 1)
	bad = segmenttest.Recount(bad)
	r, err := CheckBytes([]byte(bad))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Complaints) != 1 || r.Complaints[0].Claim != 1 || !strings.HasPrefix(bad[r.Complaints[0].ByteOffset:], "CLM*G000000001") {
		t.Errorf("complaints %+v", r.Complaints)
	}
}

func TestSample(t *testing.T) {
	var out bytes.Buffer
	if _, err := generate.Professional(&out, 1, 60_000); err != nil {
		t.Fatal(err)
	}
	r, err := Check(func() (io.Reader, error) { return bytes.NewReader(out.Bytes()), nil }, 10)
	if err != nil || r.Checked+r.Skipped != 10 {
		t.Errorf("%d of %d claims checked, %v; want 10", r.Checked, r.Claims, err)
	}
}

// Over the public files the other reader never makes us panic or fail; how far
// it agrees is printed, since its rules are narrower than the guide.
func TestPublicSamples(t *testing.T) {
	agreed, checked := 0, 0
	for _, kind := range []string{"837p", "837d"} {
		for _, f := range segmenttest.Samples(t, kind) {
			if _, err := claim837.ReadAll(bytes.NewReader(f.Raw)); err != nil {
				continue
			}
			r, err := CheckBytes(f.Raw)
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
			checked++
			if r.Agrees() {
				agreed++
			} else {
				for _, c := range r.Complaints {
					t.Logf("%s, claim %d: %s", f.Name, c.Claim, c.Message)
				}
			}
		}
	}
	t.Logf("the other reader agrees on %d of %d files", agreed, checked)
}
