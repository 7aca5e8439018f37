package sandbox

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/internal/fault"
)

// FuzzAdjudicate: whatever the bytes, the payer answers (and then every 835
// passes its audit) or refuses with a fault that has a code.
func FuzzAdjudicate(f *testing.F) {
	for _, kind := range []claimKind{professional, institutional, dental} {
		g := newWorld(1, 4)
		g.kind, g.secnd = kind, 50
		file := g.file(f)
		f.Add(file, "mix", int64(1))
		f.Add(file[:len(file)/2], "recoupment", int64(2))
		f.Add(bytes.ReplaceAll(file, []byte("*P*"), []byte("*S*")), "forward-balance", int64(3))
	}
	f.Add([]byte("ISA*"), "claim-level", int64(0))
	f.Fuzz(func(t *testing.T, file []byte, scenario string, seed int64) {
		answers, err := Adjudicate(readers(file), Options{Seed: seed, Scenario: scenario, Today: today})
		if err == nil {
			if len(answers) == 0 {
				t.Error("neither an answer nor a refusal")
			}
			return
		}
		if fault.CodeOf(err) == "" {
			t.Errorf("refused without a code: %v", err)
		}
	})
}
