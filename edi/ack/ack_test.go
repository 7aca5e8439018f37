package ack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
	"pgregory.net/rapid"
)

const response = `
	ST*999*0001*005010X231A1
	AK1*HC*77*005010X222A1
	AK2*837*0001*005010X222A1
	IK5*A
	AK2*837*0002*005010X222A1
	IK3*CLM*22**8
	CTX*CLM01:A1
	IK4*5:3*1325*7*X
	CTX*SITUATIONAL TRIGGER*CLM*22**5:3*C023:1325
	IK4*2*782*1
	IK3*REF*57*2300*3
	CTX*SITUATIONAL TRIGGER^CLM01:A2*CLM*43
	IK5*R*5*I6
	AK9*P*2*2*1*
	`

const claims = `
	ST*277*0001*005010X214
	BHT*0085*08*B1*20260314*0930*TH
	HL*1**20*1
	NM1*PR*2*EXAMPLE PLAN*****PI*11111
	TRN*1*R1
	DTP*050*D8*20260314
	DTP*009*D8*20260314
	HL*2*1*21*1
	NM1*41*2*EXAMPLE CLINIC*****46*ETIN1
	TRN*2*B1
	STC*A1:20*20260314*WQ*250
	QTY*90*1
	QTY*AA*1
	AMT*YU*100
	AMT*YY*150
	HL*3*2*19*1
	NM1*85*2*EXAMPLE CLINIC*****XX*1234567893
	TRN*1*0
	STC*A1:19**WQ*250
	REF*TJ*123456789
	QTY*QA*1
	AMT*YU*100
	HL*4*3*PT
	NM1*QC*1*SAMPLE*ANNA****MI*M1
	TRN*2*A1
	STC*A2:20*20260314*WQ*100
	REF*1K*P1
	DTP*472*D8*20260301
	HL*5*3*PT
	NM1*QC*1*SAMPLE*BORIS****MI*M2
	TRN*2*A2
	STC*A7:562:85*20260314*U*150******A7:21*A3:507:IL*CHECK THE NPI
	DTP*472*RD8*20260301-20260302
	SVC*HC:99213:25*150****1
	STC*A7:454*20260314*U
	REF*FJ*L1
	DTP*472*D8*20260301
	`

func vectors() map[string]string {
	return map[string]string{
		"TA1": "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260314*0930*^*00501*000000001*0*T*:~" +
			"TA1*000000050*260313*1200*R*020~IEA*0*000000001~",
		"999":   segmenttest.Wrap("FA", VersionImplementation, strings.Replace(response, "*1*\n", "*1\n", 1)),
		"277CA": segmenttest.Wrap("HN", VersionClaim, strings.Replace(claims, "150****1", "150*****1", 1)),
	}
}

func readOne(t testing.TB, file string) *Response {
	t.Helper()
	r, err := NewDecoder(x12.NewReader(strings.NewReader(file))).Next()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDecode(t *testing.T) {
	check := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s = %v; want %v", what, got, want)
		}
	}
	e := readOne(t, vectors()["TA1"]).Envelope
	check("TA1", fmt.Sprint(e.Control, e.Date, e.Time, e.Code, e.Note), "0000000502026-03-131200R020")

	v := readOne(t, vectors()["999"]).Implementation
	check("group", v.FunctionalID+v.GroupControl, "HC77")
	check("result", fmt.Sprint(v.Result.Code, v.Result.Included, v.Result.Received, v.Result.Accepted), "P2 2 1")
	check("first set", v.Transactions[0].Accepted(), true)
	bad := v.Transactions[1]
	check("second set", bad.Accepted(), false)
	check("its errors", bad.Errors, "[5 I6]")
	seg := bad.Segments[0]
	check("segment", fmt.Sprint(seg.SegmentID, seg.Number, seg.Code), "CLM228")
	check("context", seg.Contexts[0].Names[0], "{CLM01 A1}")
	el := seg.Elements[0]
	check("element", fmt.Sprint(el.Element, el.Component, " ", el.DataID, el.Code, el.Value), "5 3 13257X")
	check("trigger", fmt.Sprint(el.Contexts[0].Element, el.Contexts[0].Component, el.Contexts[0].DataIDs), "5 3 [C023 1325]")
	check("two names", bad.Segments[1].Contexts[0].Names[1].Value, "A2")

	a := readOne(t, vectors()["277CA"]).Claims
	var got []string
	for c, path := range a.Claims() {
		got = append(got, fmt.Sprint(c.ControlNumber(), c.Rejected(), c.PayerControlNumber(), path.Patient.Name.First, path.Provider.Name.ID))
	}
	check("claims", strings.Join(got, " "), "A1falseP1ANNA1234567893 A2trueBORIS1234567893")
	s := a.Sources[0].Receivers[0].Providers[0].Patients[1].Claims[0].Statuses[0]
	check("reasons", s.Reasons, "[{A7 562 85 } {A7 21  } {A3 507 IL }]")
	check("text", s.Text, "CHECK THE NPI")
	check("accepted", a.Sources[0].Receivers[0].Quantities[0].Quantity, "1")
}

// U rejects whatever the category says.
func TestRejected(t *testing.T) {
	for _, c := range []struct {
		category, action string
		want             bool
	}{{"A2", "WQ", false}, {"A1", "WQ", false}, {"A2", "U", true}, {"A3", "WQ", true}, {"A6", "", true}, {"A7", "", true}, {"A8", "", true}, {"A0", "WQ", false}} {
		s := Status{Reasons: [3]Reason{{Category: c.category}}, Action: c.action}
		if s.Rejected() != c.want {
			t.Errorf("%s with %s: rejected %t", c.category, c.action, !c.want)
		}
	}
}

func TestVectorsRoundTrip(t *testing.T) {
	for name, file := range vectors() {
		roundTrip(t, name, file)
		if name == "TA1" {
			continue
		}
		// An unknown segment in any place is kept and written back in that place.
		segmenttest.EachInsertion(t, file, "ZZZ*A:B^C**D", func(place, changed string) { roundTrip(t, name+", "+place, changed) })
	}
}

func roundTrip(t *testing.T, name, file string) {
	t.Helper()
	x, err := ReadAll(strings.NewReader(file))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	var out bytes.Buffer
	if err := Encode(&out, x...); err != nil {
		t.Errorf("%s: %v", name, err)
	} else if out.String() != file {
		t.Errorf("%s: %s", name, segmenttest.Diff(strings.Split(file, "~"), strings.Split(out.String(), "~")))
	}
}

// A file cut at any byte is an error, never a panic and never an acknowledgment.
func TestTruncated(t *testing.T) {
	for name, file := range vectors() {
		end := strings.Index(file, "~SE*")
		for n := range len(file) - 1 {
			x, err := ReadAll(strings.NewReader(file[:n]))
			if n < end && len(x) > 0 {
				t.Fatalf("%s: read from %d of %d bytes", name, n, len(file))
			}
			if err == nil {
				t.Fatalf("%s: no error for %d of %d bytes", name, n, len(file))
			}
		}
	}
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct{ kind, old, new, want string }{
		"TA1 date":       {"TA1", "*260313*", "*261313*", "TA102"},
		"TA1 code":       {"TA1", "*R*020", "**020", "TA104"},
		"no group":       {"999", "AK1*HC", "AK1*", "AK101"},
		"no result":      {"999", "IK5*A", "IK5*", "IK501"},
		"count":          {"999", "AK9*P*2*2", "AK9*P*2*X", "AK903"},
		"status":         {"277CA", "STC*A2:20", "STC*:20", "STC01"},
		"status amount":  {"277CA", "STC*A2:20*20260314*WQ*100", "STC*A2:20*20260314*WQ*1OO", "STC04"},
		"trace":          {"277CA", "TRN*2*A1", "TRN*2*", "TRN02"},
		"level":          {"277CA", "HL*3*2*19", "HL*3*2*77", "HL03"},
		"level too deep": {"277CA", "HL*2*1*21", "HL*2*1*19", "HL03"},
	} {
		bad := strings.Replace(vectors()[c.kind], c.old, c.new, 1)
		if bad == vectors()[c.kind] {
			t.Fatalf("%s: the vector does not hold the text to replace", name)
		}
		_, err := ReadAll(strings.NewReader(bad))
		var f *segment.Error
		if !errors.As(err, &f) {
			t.Errorf("%s: no positioned fault, but %v", name, err)
		} else if got := fmt.Sprintf("%s%02d", f.SegmentID, f.Element); got != c.want {
			t.Errorf("%s: the fault is at %s; want %s: %v", name, got, c.want, err)
		}
	}
}

// fix makes a drawn struct one that the guide allows.
func fix(p any) {
	must := segmenttest.Must
	switch v := p.(type) {
	case *Envelope:
		must(&v.Control, &v.Code, &v.Note)
		v.Date.Year = 2026
		if v.Date.Month == 0 {
			v.Date.Month, v.Date.Day = 1, 2
		}
		v.Date.Day = min(v.Date.Day, 28)
	case *Implementation:
		v.Header.Type = "999"
		must(&v.Header.Control, &v.FunctionalID, &v.GroupControl)
	case *SetResponse:
		must(&v.Type, &v.Control, &v.Code)
	case *SegmentError:
		must(&v.SegmentID)
	case *ElementError:
		must(&v.Code)
		v.Element++
	case *Context:
		if len(v.Names) == 0 {
			v.Names = []ContextName{{Name: "CLM01", Value: "A1"}}
		}
	case *ContextName:
		must(&v.Name)
	case *GroupResult:
		must(&v.Code)
	case *ClaimAck:
		v.Header.Type = "277"
		must(&v.Header.Control)
	case *Reason:
		must(&v.Category)
	case *LineStatus:
		must(&v.Procedure.Code)
	}
}

// Property: decode(encode(x)) = x.
func TestRoundTrip(t *testing.T) {
	isa := x12.Interchange{AuthorizationQualifier: "00", SecurityQualifier: "00", SenderQualifier: "ZZ", Sender: "A", ReceiverQualifier: "ZZ",
		Receiver: "B", Date: "260314", Time: "0930", Version: "00501", Control: "000000001", Usage: "T"}
	rapid.Check(t, func(t *rapid.T) {
		var e Envelope
		var i Implementation
		var c ClaimAck
		segmenttest.Fill(t, &e, fix)
		segmenttest.Fill(t, &i, fix)
		segmenttest.Fill(t, &c, fix)
		x := Interchange{Header: isa, Delimiters: x12.DefaultDelimiters(), Envelopes: []Envelope{e}, Groups: []Group{
			{Header: x12.Group{FunctionalID: "FA", Control: "1", Version: VersionImplementation}, Implementations: []Implementation{i}},
			{Header: x12.Group{FunctionalID: "HN", Control: "2", Version: VersionClaim}, Claims: []ClaimAck{c}},
		}}
		var out bytes.Buffer
		if err := Encode(&out, x); err != nil {
			t.Fatal(err)
		}
		back, err := ReadAll(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if d := segmenttest.Difference([]Interchange{x}, back); d != "" {
			t.Fatalf("%s\n%s", d, out.String())
		}
	})
}

func TestEncodeRefuses(t *testing.T) {
	for want, spoil := range map[string]func(r *Response){
		"AK101": func(r *Response) { r.Implementation.FunctionalID = "" },
		"IK501": func(r *Response) { r.Implementation.Transactions[1].Code = "" },
		"IK403": func(r *Response) { r.Implementation.Transactions[1].Segments[0].Elements[0].Code = "" },
		"IK404": func(r *Response) { r.Implementation.Transactions[1].Segments[0].Elements[0].Value = "A*B" },
		"CTX01": func(r *Response) { r.Implementation.Transactions[1].Segments[0].Contexts[0].Names = nil },
	} {
		r := readOne(t, vectors()["999"])
		spoil(r)
		err := Encode(io.Discard, Interchange{Header: r.Interchange, Groups: []Group{{Header: r.Group, Implementations: []Implementation{*r.Implementation}}}})
		var f *x12.DataError
		if !errors.As(err, &f) {
			t.Errorf("%s: no positioned refusal, but %v", want, err)
		} else if got := fmt.Sprintf("%s%02d", f.SegmentID, f.Element); got != want {
			t.Errorf("refused at %s; want %s", got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range vectors() {
			if !yield(k) {
				return
			}
		}
	}) {
		f.Add([]byte(vectors()[name]))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, _ := ReadAll(bytes.NewReader(raw))
		for i := range x {
			x[i].Delimiters = x12.DefaultDelimiters() // envelopes are tested with package x12
			x[i].Header = x12.Interchange{Control: "000000001"}
			for g := range x[i].Groups {
				group := &x[i].Groups[g]
				group.Header.Control = "1"
				for k := range group.Implementations {
					group.Implementations[k].Header.Control = "0001"
				}
				for k := range group.Claims {
					group.Claims[k].Header.Control = "0001"
				}
			}
		}
		var out, again bytes.Buffer
		if Encode(&out, x...) != nil || len(x) == 0 {
			return
		}
		back, err := ReadAll(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%q", err, out.String())
		}
		if err := Encode(&again, back...); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatalf("written twice, it differs: %v\n%q\n%q", err, out.String(), again.String())
		}
	})
}
