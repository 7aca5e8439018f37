package remit835

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/x12"
)

// Claims that reuse memory say the same as those that do not.
func TestReuse(t *testing.T) {
	want := encodeClaims(t, false)
	if got := encodeClaims(t, true); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// encodeClaims writes each claim while it is valid.
func encodeClaims(t *testing.T, reuse bool) string {
	d := NewDecoder(x12.NewReader(strings.NewReader(vector() + vector())))
	if reuse {
		d.Reuse()
	}
	var out bytes.Buffer
	e := NewEncoder(&out, x12.Delimiters{})
	for {
		_, err := d.NextPayment()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for {
			c, err := d.NextClaim()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			e.Claim(c)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
