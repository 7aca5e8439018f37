package remit835

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/guide/guidetest"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// remittance has every segment of the guide: 60.00 for claim A1 with a
// deductible and a contractual reduction, 80.00 for A2 adjusted at claim level,
// the reversal of A0 (−20.00), interest and a recoupment.
const remittance = `
	ST*835*0001
	BPR*I*105.5*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20260310
	TRN*1*EFT0001*1512345678
	CUR*PR*USD
	REF*EV*RECEIVER
	DTM*405*20260309
	N1*PR*EXAMPLE HEALTH PLAN*XV*12345
	N3*1 PLAZA
	N4*SPRINGFIELD*IL*62701
	REF*2U*98765
	PER*CX*CLAIMS*TE*5555550100
	PER*BL*EDI DESK*TE*5555550101*EX*12*EM*edi@example.test
	N1*PE*EXAMPLE CLINIC*XX*1234567893
	N3*2 MAIN ST*SUITE 4
	N4*SPRINGFIELD*IL*62702
	REF*TJ*123456789
	RDM*OL*PORTAL*WWW
	LX*1
	TS3*1234567893*11*20261231*3*280
	TS2*1.5*2
	CLP*A1*1*100*60*20*12*P1*11*1
	NM1*QC*1*SAMPLE*ANNA****MI*M1
	NM1*82*1*MEDIC*MAX****XX*1234567893
	REF*1L*GROUP
	DTM*232*20260301
	AMT*I*5.5
	QTY*CA*1
	SVC*HC:99213:25*100*60**1*HC:99214*2
	DTM*472*20260301
	CAS*CO*45*20
	CAS*PR*1*15**3*5*1
	REF*6R*L1
	AMT*B6*80
	QTY*ZK*1
	LQ*HE*N130
	CLP*A2*1*100*80*0*MB*P2
	CAS*CO*45*20
	NM1*QC*1*SAMPLE*BORIS
	MIA*1**3*500
	MOA*0.8*100*MA01
	SVC*HC:99213*100*100
	DTM*150*20260302
	DTM*151*20260303
	LX*2
	CLP*A0*22*-80*-20**12*P0
	CAS*CO*45*-60
	PLB*1234567893*20261231*L6*-5.5*WO:A0*20
	`

func vector() string { return segmenttest.Wrap("HP", Version, remittance) }

func read(t testing.TB, file string) *Payment {
	t.Helper()
	x, err := ReadAll(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return &x[0].Groups[0].Payments[0]
}

func TestDecode(t *testing.T) {
	p := read(t, vector())
	check := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s = %v; want %v", what, got, want)
		}
	}
	check("amount", p.Financial.Amount, "105.50")
	check("date", p.Financial.Date, "2026-03-10")
	check("receiver account", p.Financial.Receiver.Number, "98765")
	check("trace", p.Trace.Number, "EFT0001")
	check("payer", p.Payer.Name, "EXAMPLE HEALTH PLAN")
	check("payer contact", p.Payer.Contacts[1].Numbers[2].Number, "edi@example.test")
	check("payee", p.Payee.ID, "1234567893")
	check("payee tax id", p.Payee.References[0].Value, "123456789")
	check("groups", len(p.Groups), 2)
	check("summary", p.Groups[0].Summary.Charges, "280.00")
	c := p.Groups[0].Claims[0]
	check("claim number", c.ControlNumber, "A1")
	check("claim order", c.Number, 1)
	check("patient share", c.PatientResponsibility.Value, "20.00")
	check("patient", c.Name("QC").Last, "SAMPLE")
	if raw := vector()[c.ByteOffset:]; !strings.HasPrefix(raw, "CLP*A1*") {
		t.Errorf("the claim's offset points to %.20s", raw)
	}
	l := c.Lines[0]
	check("line procedure", l.Procedure.Code+l.Procedure.Modifiers[0], "9921325")
	check("submitted", l.Submitted.Code, "99214")
	check("service date", l.ServiceDate(), "2026-03-01")
	check("line control", l.ControlNumber(), "L1")
	check("adjustments", len(l.Adjustments), 3)
	check("third adjustment", l.Adjustments[2].Group+l.Adjustments[2].Reason+l.Adjustments[2].Amount.String(), "PR35.00")
	check("quantity", l.Adjustments[2].Quantity.Value, "1")
	if raw := vector()[l.Adjustments[2].ByteOffset:]; !strings.HasPrefix(raw, "CAS*PR*1*15") {
		t.Errorf("the adjustment's offset points to %.20s", raw)
	}
	check("remark", l.Remarks[0].Code, "N130")
	check("second line date", p.Groups[0].Claims[1].Lines[0].ServiceDate(), "2026-03-02")
	check("reversal", p.Groups[1].Claims[0].IsReversal(), true)
	check("interest", p.Adjustments[0].Amount, "-5.50")
	check("recoupment", p.Adjustments[1].Reason+p.Adjustments[1].Reference, "WOA0")
	check("pair", fmt.Sprint(p.Adjustments[1].PLB, p.Adjustments[1].Pair), "1 2")
	if raw := vector()[p.Adjustments[1].ByteOffset:]; !strings.HasPrefix(raw, "PLB*") {
		t.Errorf("the provider adjustment's offset points to %.20s", raw)
	}
	for c := range p.Claims() {
		if len(c.Unknown) > 0 {
			t.Errorf("claim %d has unknown segments %v", c.Number, c.Unknown)
		}
	}
}

// An unknown segment in any place is kept and written back in that place.
func TestUnknownSegments(t *testing.T) {
	segmenttest.EachInsertion(t, vector(), "ZZZ*A:B^C**D", func(name, file string) {
		x, err := ReadAll(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		var out bytes.Buffer
		if err := Encode(&out, x12.Delimiters{}, x...); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if out.String() != file {
			t.Errorf("%s: the file came back as\n%s", name, strings.ReplaceAll(out.String(), "~", "~\n"))
		}
	})
}

// A file cut at any byte is an error with a position, never a panic, and never
// a payment.
func TestTruncated(t *testing.T) {
	file := vector()
	end := strings.Index(file, "SE*")
	for n := range len(file) {
		x, err := ReadAll(strings.NewReader(file[:n]))
		if n < end && len(x) > 0 {
			t.Fatalf("a payment was read from %d of %d bytes", n, len(file))
		}
		if err == nil && n < len(file)-1 { // the last terminator may be missing
			t.Fatalf("no error for %d of %d bytes", n, len(file))
		}
	}
}

// A fault names its place and spoils its payment only.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"amount":          {"CLP*A1*1*100*60", "CLP*A1*1*1OO*60", "CLP03"},
		"cents":           {"SVC*HC:99213:25*100*60", "SVC*HC:99213:25*100*60.005", "SVC03"},
		"missing status":  {"CLP*A1*1", "CLP*A1*", "CLP02"},
		"no procedure":    {"SVC*HC:99213:25", "SVC*", "SVC01"},
		"adjustment":      {"CAS*CO*45*20", "CAS*CO*45", "CAS03"},
		"no reason":       {"CAS*PR*1*15", "CAS*PR**15", "CAS02"},
		"provider":        {"L6*-5.5", "L6*x", "PLB04"},
		"provider period": {"*20261231*L6", "*20261331*L6", "PLB02"},
		"payment":         {"BPR*I*105.5", "BPR*I*", "BPR02"},
		"no trace":        {"TRN*1*EFT0001", "TRN*1*", "TRN02"},
		"composite":       {"CLP*A1", "CLP*A:1", "CLP01"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(vector(), c.old, c.new, 1)
			if bad == vector() {
				t.Fatal("the vector does not hold the text to replace")
			}
			x, err := ReadAll(strings.NewReader(bad + vector()))
			var f *segment.Error
			if !errors.As(err, &f) {
				t.Fatalf("no positioned fault, but %v", err)
			}
			if got := fmt.Sprintf("%s%02d", f.SegmentID, f.Element); got != c.want {
				t.Errorf("the fault is at %s; want %s: %v", got, c.want, err)
			}
			if len(x) != 1 || x[0].Groups[0].Payments[0].ByteOffset < int64(len(bad)) {
				t.Errorf("the good payment that follows was not read, or the bad one was")
			}
		})
	}
}

// A date that cannot be read, in a segment that carries no money, is kept.
func TestOddDateIsKept(t *testing.T) {
	file := strings.Replace(vector(), "DTM*472*20260301", "DTM*472*00000000", 1)
	p := read(t, file)
	l := p.Groups[0].Claims[0].Lines[0]
	if !l.ServiceDate().IsZero() || len(l.Unknown) != 1 || l.Unknown[0].Reason == "" {
		t.Errorf("date %v, unknown %+v", l.ServiceDate(), l.Unknown)
	}
}

// A payment whose date cannot be read is still that payment: the date is kept as
// it stood, a finding tells of it, and it is written back.
func TestUnreadablePaymentDate(t *testing.T) {
	file := strings.Replace(vector(), "*20260310~TRN", "*2026-03-10~TRN", 1)
	if file == vector() {
		t.Fatal("the vector does not hold the date to replace")
	}
	p := read(t, file)
	if !p.Financial.Date.IsZero() || p.Financial.DateText != "2026-03-10" || p.Financial.Amount != 10550 {
		t.Errorf("read as %+v", p.Financial)
	}
	if b := Balance(p); b != nil {
		t.Error(b)
	}
	f := Findings(p)
	if len(f) != 1 || f[0].Code != FindingDate || f[0].Position != p.Financial.Position || strings.Contains(f[0].Message, "2026-03-10") {
		t.Errorf("findings %+v", f)
	}
	var out bytes.Buffer
	if err := Encode(&out, x12.Delimiters{}, envelope(*p)); err != nil || !strings.Contains(out.String(), "*2026-03-10~TRN") {
		t.Errorf("written as %v %s", err, out.String())
	}
	whole, err := ContentHash(read(t, vector()))
	if err != nil {
		t.Fatal(err)
	}
	if spoiled, err := ContentHash(p); err != nil || spoiled == whole {
		t.Errorf("it has the content of the payment with a date: %v", err)
	}
	p.Financial.Date = p.Groups[0].Claims[0].Lines[0].ServiceDate()
	if err := Encode(io.Discard, x12.Delimiters{}, envelope(*p)); err == nil {
		t.Error("two dates were written")
	}
}

func TestDecoderStreams(t *testing.T) {
	d := NewDecoder(x12.NewReader(strings.NewReader(vector() + vector())))
	var got []string
	for {
		p, err := d.NextPayment()
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
			got = append(got, d.Group().Number+"/"+c.ControlNumber)
			if len(p.Adjustments) > 0 {
				t.Error("provider adjustments came before the last claim")
			}
		}
		got = append(got, fmt.Sprint(len(p.Adjustments)))
	}
	if want := "1/A1 1/A2 2/A0 2 1/A1 1/A2 2/A0 2"; strings.Join(got, " ") != want {
		t.Errorf("got %s; want %s", strings.Join(got, " "), want)
	}
}

// What an encoder refuses names the segment and the element.
func TestEncodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(p *Payment)
		want  string
	}{
		"delimiter in data":   {func(p *Payment) { p.Payer.Name = "A*B" }, "N102"},
		"component in data":   {func(p *Payment) { p.Groups[0].Claims[0].ControlNumber = "A:1" }, "CLP01"},
		"control character":   {func(p *Payment) { p.Trace.Number = "1\n2" }, "TRN02"},
		"negative payment":    {func(p *Payment) { p.Financial.Amount = -money.Cents(1) }, "BPR02"},
		"claim number":        {func(p *Payment) { p.Groups[0].Claims[0].ControlNumber = "" }, "CLP01"},
		"adjustment reason":   {func(p *Payment) { p.Groups[0].Claims[1].Adjustments[0].Reason = "" }, "CAS02"},
		"provider adjustment": {func(p *Payment) { p.Adjustments[1].Reason = "" }, "PLB05"},
		"procedure":           {func(p *Payment) { p.Groups[0].Claims[0].Lines[0].Procedure = Procedure{} }, "SVC01"},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, vector())
			c.spoil(p)
			err := Encode(io.Discard, x12.Delimiters{}, envelope(*p))
			var f *x12.DataError
			if !errors.As(err, &f) {
				t.Fatalf("no positioned refusal, but %v", err)
			}
			if got := fmt.Sprintf("%s%02d", f.SegmentID, f.Element); got != c.want || f.Segment == 0 {
				t.Errorf("refused at %s, segment %d; want %s", got, f.Segment, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(vector()))
	f.Add([]byte(strings.ReplaceAll(vector(), "~", "~\n")))
	f.Add([]byte(strings.Replace(vector(), "CAS*CO", "CAS*CO*", 1)))
	f.Add([]byte(guidetest.File(guide.ByName("835"), 0)))
	f.Add([]byte(guidetest.File(guide.ByName("835"), 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, _ := ReadAll(bytes.NewReader(raw))
		for i := range x {
			x[i].Header = isa // envelopes are tested with package x12
			for k, g := range x[i].Groups {
				x[i].Groups[k].Header = gs
				for p := range g.Payments {
					g.Payments[p].Header.Control = "0001"
					Balance(&g.Payments[p])
					Findings(&g.Payments[p])
					_, _ = ContentHash(&g.Payments[p])
				}
			}
		}
		// What was read and can be written is read again as the same.
		var out, again bytes.Buffer
		if err := Encode(&out, x12.Delimiters{}, x...); err != nil && segmenttest.Incomplete(err) {
			t.Fatalf("what was read cannot be written: %v", err)
		} else if err != nil || len(x) == 0 {
			return
		}
		back, err := ReadAll(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%q", err, out.String())
		}
		if err := Encode(&again, x12.Delimiters{}, back...); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatalf("written twice, it differs: %v\n%q\n%q", err, out.String(), again.String())
		}
	})
}

// A wrong count is reported, and the claims of the payment are still whole; the
// payment is not among what ReadAll returns.
func TestEnvelopeFault(t *testing.T) {
	file := vector()
	at := strings.Index(file, "SE*")
	bad := file[:at] + "SE*7*0001" + file[at+strings.Index(file[at:], "~"):]
	d := NewDecoder(x12.NewReader(strings.NewReader(bad)))
	if _, err := d.NextPayment(); err != nil {
		t.Fatal(err)
	}
	var claims, faults int
	for {
		_, err := d.NextClaim()
		if err == io.EOF {
			break
		}
		var f *x12.SyntaxError
		switch {
		case err == nil:
			claims++
		case errors.As(err, &f) && f.Code == x12.CodeSECount:
			faults++
		default:
			t.Error(err)
		}
	}
	if claims != 3 || faults != 1 {
		t.Errorf("%d claims and %d faults; want 3 and 1", claims, faults)
	}
	if x, err := ReadAll(strings.NewReader(bad + file)); err == nil || len(x) != 1 || x[0].Groups[0].Payments[0].ByteOffset < int64(len(bad)) {
		t.Errorf("the spoiled payment was returned, or the good one was not: %v", err)
	}
	// Without provider adjustments the fault follows a claim directly.
	short := segmenttest.Recount(strings.Replace(file, file[strings.Index(file, "PLB*"):at], "", 1))
	at = strings.Index(short, "SE*")
	short = short[:at] + "SE*7*0001" + short[at+strings.Index(short[at:], "~"):]
	d = NewDecoder(x12.NewReader(strings.NewReader(short)))
	if _, err := d.NextPayment(); err != nil {
		t.Fatal(err)
	}
	var order []string
	for {
		c, err := d.NextClaim()
		if err == io.EOF {
			break
		}
		if err != nil {
			order = append(order, "fault")
		} else {
			order = append(order, c.ControlNumber)
		}
	}
	if got := strings.Join(order, " "); got != "A1 A2 A0 fault" {
		t.Errorf("got %s", got)
	}
}
