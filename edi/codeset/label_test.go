package codeset_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/claimbook/claimbook/edi/codeset"
)

// TestLabels holds our own labels: short, plain, no two codes of a list alike,
// and no fewer than there were. Codes whose meaning is not known for certain
// stay bare; docs/codesets.md counts them.
func TestLabels(t *testing.T) {
	for _, c := range []struct {
		key         string
		codes, bare int
	}{
		{"carc", 291, 0}, {"rarc", 1175, 170}, {"claim-status", 759, 16}, {"claim-status-category", 48, 0}, {"entity", 218, 0}, {"pos", 52, 0},
	} {
		l := codeset.Lists()[c.key]
		seen, bare := map[string]string{}, 0
		for code := range l.Codes() {
			label, known := l.Lookup(code)
			if !known {
				t.Errorf("%s %s is in the list and not known", c.key, code)
			}
			if label == "" {
				bare++
				continue
			}
			if twin, twice := seen[strings.ToLower(label)]; twice {
				t.Errorf("%s: %s and %s are both %q", c.key, twin, code, label)
			}
			seen[strings.ToLower(label)] = code
			first := rune(label[0])
			if len(label) > 60 && c.key != "pos" || strings.TrimSpace(label) != label || strings.ContainsAny(label, "\t~*") || !unicode.IsUpper(first) {
				t.Errorf("%s %s: %q is too long, blank or not plain", c.key, code, label)
			}
		}
		if l.Len() != c.codes || bare != c.bare {
			t.Errorf("%s: %d codes, %d without a label; want %d and %d (docs/codesets.md says so too)", c.key, l.Len(), bare, c.codes, c.bare)
		}
	}
	for _, code := range []string{"CO", "OA", "PI", "PR", "CR"} {
		if label, known := codeset.GroupCode(code); !known || label == "" || len(label) > 60 {
			t.Errorf("group %s: %q", code, label)
		}
	}
	for code, want := range map[string]string{"82": "Rendering provider", "PR": "Payer", "AY": "Clearinghouse", "41": "Submitter"} {
		if label, known := codeset.Entity(code); !known || label != want {
			t.Errorf("entity %s: %q", code, label)
		}
	}
	if _, known := codeset.Entity("@@"); known {
		t.Error("an entity that does not exist is known")
	}
}

// A list of bare numbers that is imported keeps our labels for the codes that
// we have labels for.
func TestImportedNumbersKeepOurLabels(t *testing.T) {
	l := load(t, "rarc", "2026-11-01", "N657\nN999\nM1\ttheir words\n")
	for code, want := range map[string]string{"N657": "Bill with the right code for this service", "N999": "", "M1": "their words"} {
		if label, known := l.Lookup(code); !known || label != want {
			t.Errorf("%s: %q %v", code, label, known)
		}
	}
}
