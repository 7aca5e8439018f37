package demo

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/codeset"
)

func TestSameSeedSameBytes(t *testing.T) {
	for _, seed := range []uint64{1, 2, 20} {
		a, b := NewWorld(Options{seed, 300, 2}), NewWorld(Options{seed, 300, 2})
		for _, f := range []func(*World) ([]byte, error){
			(*World).PracticeYAML,
			func(w *World) ([]byte, error) { return w.Days[1].CSV() },
			func(w *World) ([]byte, error) { return w.Days[1].JSON() },
		} {
			x, err := f(a)
			if err != nil {
				t.Fatal(err)
			}
			if y, err := f(b); err != nil || !bytes.Equal(x, y) {
				t.Fatalf("seed %d draws different worlds (%v)", seed, err)
			}
		}
	}
}

func TestWorldIsWhatTheDesignAsks(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		w := NewWorld(Options{seed, 300, 1})
		if err := w.Setup.Validate(); err != nil {
			t.Fatalf("seed %d: the set-up is refused: %v", seed, err)
		}
		billing, rendering, second := 0, 0, 0
		for _, p := range w.Setup.Providers {
			if !codeset.NPI([]byte(p.NPI)) {
				t.Errorf("seed %d: NPI %s fails its check digit", seed, p.NPI)
			}
			if p.Role == "billing" {
				billing++
			} else {
				rendering++
			}
		}
		for _, p := range w.Setup.Patients {
			if len(p.Coverages) > 1 {
				second++
			}
		}
		if billing != 2 || rendering != 3 || len(w.Setup.Facilities) != 1 || len(w.Setup.Payers) != 5 || len(w.Setup.Patients) != 120 || second < 5 {
			t.Errorf("seed %d: %d billing and %d rendering providers, %d payers, %d patients, %d with a second coverage", seed, billing, rendering, len(w.Setup.Payers), len(w.Setup.Patients), second)
		}
		d := w.Days[0]
		if len(d.Encounters) != 300 || len(d.Flaws) < 10 || len(d.Copays) == 0 || d.Repeats != 3 {
			t.Errorf("seed %d: %d encounters, %d flaws, %d copays, %d repeats", seed, len(d.Encounters), len(d.Flaws), len(d.Copays), d.Repeats)
		}
		for _, v := range visits {
			for _, dx := range v.diagnoses {
				if c, known := codeset.ICD10CM(dx); !known || !c.Billable {
					t.Errorf("diagnosis %s is not billable", dx)
				}
			}
		}
	}
}

func TestSetupSurvivesYAML(t *testing.T) {
	w := NewWorld(Options{1, 10, 1})
	raw, err := w.PracticeYAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := claims.ReadSetup(bytes.NewReader(raw), "practice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	again, err := (&World{Setup: back}).PracticeYAML()
	if err != nil || !bytes.Equal(raw, again) {
		t.Fatalf("the set-up changed on its way through YAML: %v", err)
	}
}
