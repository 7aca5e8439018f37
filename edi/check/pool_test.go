package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// started makes even small sets go to workers.
func started(t *testing.T) {
	before := smallFile
	smallFile = 0
	t.Cleanup(func() { smallFile = before })
}

func reportOf(t interface{ Fatal(...any) }, in []byte, workers int) string {
	r, err := Run(bytes.NewReader(in), "x", Options{Workers: workers, Claims: true})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_ = r.Claims(&out, Answer{Control: 1}) // what cannot be written is the same too
	_ = r.Implementation(&out, Answer{Control: 1})
	b = append(b, out.Bytes()...)
	for _, x := range r.Interchanges {
		for _, g := range x.Groups {
			for s := range g.Sets() {
				b = fmt.Appendf(b, "\n%v %v", s.Reference, s.Invalid)
			}
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// differ returns the part of a where it differs from b.
func differ(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-100):min(len(a), i+200)]
}

// The report is the same however many workers check the sets: order, byte
// offsets, counts and what a 277CA needs.
func TestWorkersDoNotChangeTheReport(t *testing.T) {
	started(t)
	names, err := filepath.Glob("testdata/*.edi")
	if err != nil || len(names) < 6 {
		t.Fatal(names, err)
	}
	var files [][]byte
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	rapid.Check(t, func(t *rapid.T) {
		var in []byte
		for range rapid.IntRange(1, 5).Draw(t, "files") {
			in = append(in, files[rapid.IntRange(0, len(files)-1).Draw(t, "file")]...)
		}
		for range rapid.IntRange(0, 10).Draw(t, "faults") {
			i := rapid.IntRange(0, len(in)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				in[i] = rapid.SampledFrom([]byte("~*:^0AZ\x01\xff")).Draw(t, "byte")
			case 1:
				in = append(in[:i:i], in[min(len(in), i+40):]...)
			case 2:
				in = append(in[:i:i], append([]byte("~~SE*1*1~"), in[i:]...)...)
			}
			if len(in) == 0 {
				return
			}
		}
		one := reportOf(t, in, 1)
		for _, workers := range []int{2} {
			if many := reportOf(t, in, workers); many != one {
				t.Fatalf("%d workers report\n%s\none reports\n%s", workers, differ(many, one), differ(one, many))
			}
		}
	})
}

// A set of more bytes than all chunks hold goes through, and many sets with more
// findings than a report keeps are counted alike.
func TestWorkersOnLargeSets(t *testing.T) {
	started(t)
	b, err := os.ReadFile("testdata/835.edi")
	if err != nil {
		t.Fatal(err)
	}
	s := strings.ReplaceAll(string(b), "~\n", "~")
	head, rest, _ := strings.Cut(s, "CLP*")
	claim, _, _ := strings.Cut(rest, "CLP*")
	before, after, _ := strings.Cut(rest, "PLB*")
	_ = before
	wrong := "CLP*" + strings.Replace(claim, "*", "*X*", 1) // every claim has findings
	good := "CLP*" + claim
	large := head + strings.Repeat(wrong, 400) + strings.Repeat(good, (chunkSize*maxChunks+1<<20)/len(good)) + "PLB*" + after
	several := head + strings.Repeat(wrong, 400) + "PLB*" + after
	for name, in := range map[string]string{"large": large, "several": strings.Repeat(several, 15)} {
		if one, many := reportOf(t, []byte(in), 1), reportOf(t, []byte(in), 2); one != many {
			t.Errorf("%s: one worker reports %d bytes, two %d", name, len(one), len(many))
		} else if !strings.Contains(one, `"unlisted"`) {
			t.Errorf("%s: there are fewer findings than the report keeps", name)
		}
	}
}

// A repetition of nothing is reported like any other value that is not there.
func TestEmptyRepetition(t *testing.T) {
	b, err := os.ReadFile("testdata/837p.edi")
	if err != nil {
		t.Fatal(err)
	}
	in := strings.Replace(string(b), "NM1*IL*1*SAMPLE", "NM1*IL*1*^SAMPLE", 1)
	report := reportOf(t, []byte(in), 1)
	for _, code := range []string{"X12-EL-REPEAT", "X12-EL-BLANK"} {
		if !strings.Contains(report, code) {
			t.Errorf("%s is not reported: %s", code, report)
		}
	}
}
