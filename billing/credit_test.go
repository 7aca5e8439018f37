package billing

import "testing"

func TestOverpaid(t *testing.T) {
	for name, test := range map[string]struct {
		held Held
		want int64
	}{
		"a line paid twice beside one that is owed":             {Held{Below: 60, Above: 60}, 60},
		"all of it under the claim's number":                    {Held{Above: 100, Whole: -100}, 0},
		"more under the claim's number than the lines hold":     {Held{Above: 100, Whole: -130}, 30},
		"a reduction under the claim's number, lines paid full": {Held{Below: 20, Whole: 20}, 0},
		"the same, and a line paid twice":                       {Held{Below: 60, Whole: 20}, 40},
		"a line paid twice, and the claim once more":            {Held{Below: 60, Above: 40, Whole: -50}, 70},
		"owed": {Held{Above: 10, Whole: 5}, 0},
	} {
		if got := test.held.Overpaid(); int64(got) != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
