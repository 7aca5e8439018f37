package claims_test

import (
	"testing"

	"github.com/claimbook/claimbook/claims"
)

func TestNumberOfLine(t *testing.T) {
	for control, want := range map[string]string{
		claims.LineControlNumber("C00000012", 3): "C00000012",
		claims.LineControlNumber("L1", 10):       "L1",
		"":                                       "",
		"L1":                                     "",
		"C1L":                                    "",
		"C1L2X":                                  "",
		"6R-PAYERS-OWN":                          "",
	} {
		if got := claims.NumberOfLine(control); got != want {
			t.Errorf("the claim of line %q is %q, want %q", control, got, want)
		}
	}
}
