package claim837

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
)

// secondary is a professional claim for a dependent, billed to the second
// payer, with most of what the guide has.
const secondary = `
	ST*837*0001*005010X222A1
	BHT*0019*00*B1*20260314*0930*CH
	NM1*41*2*EXAMPLE CLINIC*****46*ETIN1
	PER*IC*BILLING*TE*5555550100
	NM1*40*2*CLEARINGHOUSE*****46*99999
	HL*1**20*1
	PRV*BI*PXC*207Q00000X
	CUR*85*USD
	NM1*85*2*EXAMPLE CLINIC*****XX*1234567893
	N3*2 MAIN ST*SUITE 4
	N4*SPRINGFIELD*IL*627010001
	REF*EI*123456789
	NM1*87*2
	N3*PO BOX 7
	N4*SPRINGFIELD*IL*627010007
	HL*2*1*22*1
	SBR*S**GROUP7*GROUP NAME*****CI
	NM1*IL*1*SAMPLE*ANNA****MI*M2
	N3*5 OAK ST
	N4*SPRINGFIELD*IL*62701
	DMG*D8*19800229*F
	NM1*PR*2*SECOND PLAN*****PI*22222
	REF*FY*99
	HL*3*2*23*0
	PAT*19******01*66*Y
	NM1*QC*1*SAMPLE*TIM
	N3*5 OAK ST
	N4*SPRINGFIELD*IL*62701
	DMG*D8*20160101*M
	CLM*A1*150.5***11:B:1*Y*A*Y*Y*P*AA:OA::IL*********8
	DTP*431*D8*20260301
	DTP*439*D8*20260301
	PWK*OZ*BM***AC*C77
	CN1*09*12.5*10*X*2*1
	AMT*F5*20
	REF*G1*AUTH1
	REF*F8*P1
	K3*FILE INFORMATION
	NTE*ADD*FELL FROM A LADDER
	CR1*LB*140*I*A*DH*12.5****STRETCHER
	CR2********A**BACK PAIN
	CRC*07*Y*01*05
	HI*ABK:S0101XA*ABF:W11XXXA
	HI*BG:17*BG:67
	HCP*03*100*50*REP1
	NM1*DN*1*REFERRER*RITA****XX*1234567893
	NM1*82*1*MEDIC*MAX****XX*1234567893
	PRV*PE*PXC*207Q00000X
	REF*G2*PV1
	NM1*77*2*EXAMPLE SITE*****XX*1234567893
	N3*9 ELM ST
	N4*SPRINGFIELD*IL*627010002
	SBR*P*01*GROUP1*FIRST PLAN*****CI
	CAS*CO*45*20.5
	CAS*PR*1*10**2*20
	AMT*D*100
	AMT*EAF*30
	OI***Y*P**Y
	MOA*0.8*100*MA01
	NM1*IL*1*SAMPLE*SAM****MI*M1
	N3*5 OAK ST
	N4*SPRINGFIELD*IL*62701
	NM1*PR*2*FIRST PLAN*****PI*11111
	DTP*573*D8*20260310
	REF*F8*P1
	LX*1
	SV1*HC:99213:25::::VISIT*100.5*UN*1***1:2**Y
	PWK*CT*AB
	CR1*LB*140**A*DH*3
	CR3*I*MO*12
	CRC*09*N*ZV
	DTP*472*RD8*20260301-20260302
	QTY*PT*2
	MEA*TR*R1*13.5
	CN1*01*5
	REF*6R*L1
	REF*9B*REP1**2U:11111
	AMT*T*1.5
	K3*LINE INFORMATION
	NTE*ADD*LINE NOTE
	PS1*PV2*30
	HCP*03*80
	LIN**N4*00000000001
	CTP****2.5*ML
	REF*XZ*RX1
	NM1*82*1*HELPER*HAL****XX*1234567893
	SVD*11111*70*HC:99213:25**1
	CAS*CO*45*20.5
	CAS*PR*1*10
	DTP*573*D8*20260310
	AMT*EAF*10
	LQ*UT*04.03
	FRM*1A**056
	FRM*4*Y
	LX*2
	SV1*HC:A9999*50*UN*2.5*12**1
	SV5*HC:A9999*DA*30*10*100*4
	DTP*472*D8*20260301
	SVD*11111*30*HC:A9999**2.5*1
	CAS*PR*2*20
	DTP*573*D8*20260310
	`

const hospital = `
	ST*837*0002*005010X223A2
	BHT*0019*00*B2*20260314*0930*CH
	NM1*41*2*EXAMPLE HOSPITAL*****46*ETIN1
	PER*IC*BILLING*TE*5555550100
	NM1*40*2*CLEARINGHOUSE*****46*99999
	HL*1**20*1
	NM1*85*2*EXAMPLE HOSPITAL*****XX*1234567893
	N3*2 MAIN ST
	N4*SPRINGFIELD*IL*627010001
	REF*EI*123456789
	HL*2*1*22*0
	SBR*P*18*******MA
	NM1*IL*1*SAMPLE*ANNA****MI*M2
	NM1*PR*2*MEDICARE*****PI*11111
	CLM*H1*1200***11:A:1**A*Y*Y
	DTP*096*TM*1130
	DTP*434*RD8*20260301-20260304
	DTP*435*DT*202603010930
	CL1*1*7*01
	AMT*F3*20
	REF*EA*MR1
	HI*ABK:I2510:::::::Y
	HI*ABJ:R079
	HI*ABF:E119:::::::N*ABF:I10:::::::W
	HI*BBR:02703ZZ:D8:20260302
	HI*BI:71:RD8:20260201-20260205
	HI*BH:11:D8:20260301
	HI*BE:80:::3*BE:A1:::100.5
	HI*BG:C1
	QTY*CA*3
	NM1*71*1*ATTEND*ALMA****XX*1234567893
	PRV*AT*PXC*207R00000X
	LX*1
	SV2*0120**900*DA*3*300
	LX*2
	SV2*0250*HC:J1885*300*UN*1**50
	DTP*472*D8*20260302
	`

const dental = `
	ST*837*0003*005010X224A2
	BHT*0019*00*B3*20260314*0930*CH
	NM1*41*2*EXAMPLE DENTAL*****46*ETIN1
	PER*IC*BILLING*TE*5555550100
	NM1*40*2*CLEARINGHOUSE*****46*99999
	HL*1**20*1
	NM1*85*1*TOOTH*TINA****XX*1234567893
	N3*2 MAIN ST
	N4*SPRINGFIELD*IL*627010001
	REF*EI*123456789
	HL*2*1*22*0
	SBR*P*18*******CI
	NM1*IL*1*SAMPLE*ANNA****MI*M2
	NM1*PR*2*DENTAL PLAN*****PI*11111
	CLM*D1*200***11:B:1*Y*A*Y*Y**********PB
	DTP*452*D8*20260301
	DN1*24*12**Y
	DN2*8*M****JP
	HI*ABK:K0263
	LX*1
	SV3*AD:D2392*200*11*10:20*I*1*****1
	TOO*JP*12*M:O
	TOO*JP*13*D
	DTP*472*D8*20260301
	`

func professionalVector() string { return segmenttest.Wrap("HC", Professional, secondary) }

func vectors() map[string]string {
	return map[string]string{
		"837P": professionalVector(),
		"837I": segmenttest.Wrap("HC", Institutional, hospital),
		"837D": segmenttest.Wrap("HC", Dental, dental),
	}
}

func next(t testing.TB, file string) *ClaimContext {
	t.Helper()
	c, err := NewDecoder(x12.NewReader(strings.NewReader(file))).Next()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDecode(t *testing.T) {
	check := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s = %v; want %v", what, got, want)
		}
	}
	x := next(t, professionalVector())
	c := x.Claim
	check("kind", string(x.Kind), "P")
	check("submitter", x.Transaction.Submitter.ID, "ETIN1")
	check("taxonomy", x.Billing.Specialty.Code, "207Q00000X")
	check("tax id", x.Billing.Provider.Reference("EI"), "123456789")
	check("pay-to", x.Billing.PayTo.Address.Line1, "PO BOX 7")
	check("rank", x.Subscriber.Coverage.Rank, "S")
	check("payer", x.Payer().ID, "22222")
	check("person", x.Person().First, "TIM")
	check("born", x.Person().Demographics.Birth, "2016-01-01")
	check("relationship", x.Patient.Detail.Relationship, "19")
	check("weight", x.Patient.Detail.Weight.Value, "66")
	check("claim", c.ControlNumber, "A1")
	check("charge", c.Charge, "150.50")
	check("state", c.AccidentState, "IL")
	check("delay", c.DelayReason, "8")
	onset, _ := c.Period("431")
	check("onset", onset.From, "2026-03-01")
	check("authorization", c.Reference("G1"), "AUTH1")
	check("diagnoses", len(c.Diagnoses()), 2)
	check("second diagnosis", c.Diagnoses()[1].Code, "W11XXXA")
	check("conditions", c.Find(ConditionCode)[1].Code, "67")
	check("rendering", c.Provider(RoleRendering).Specialty.Code, "207Q00000X")
	check("miles", c.Ambulance.Miles, "12.5")
	o := c.Others[0]
	paid, _ := o.Paid()
	check("paid before", paid, "100.00")
	check("other adjustments", len(o.Adjustments), 3)
	check("other payer", o.Payer.Reference("F8"), "P1")
	check("decided", o.Payer.Dates[0].From, "2026-03-10")
	l := c.Lines[0]
	check("line", l.Procedure.Code+l.Procedure.Modifiers[0], "9921325")
	check("pointers", l.Pointers, "[1 2 0 0]")
	check("last day", l.ServiceDate().Last(), "2026-03-02")
	check("related payer", l.References[1].RelatedValue, "11111")
	check("drug", l.Drug.Code+l.Drug.Unit, "00000000001ML")
	check("drug quantity", l.Drug.Quantity.Value, "2.5")
	check("line provider", l.Provider(RoleRendering).Last, "HELPER")
	check("line paid", l.Adjudications[0].Paid, "70.00")
	check("line decided", l.Adjudications[0].Decided, "2026-03-10")
	check("form", l.Forms[0].Answers[0].Text, "056")
	check("equipment", c.Lines[1].Equipment.Rental.Value, "10.00")
	if raw := professionalVector()[c.ByteOffset:]; !strings.HasPrefix(raw, "CLM*A1") {
		t.Errorf("the claim's offset points to %.20s", raw)
	}

	h := next(t, vectors()["837I"])
	check("institutional", string(h.Kind), "I")
	check("person", h.Person().First, "ANNA")
	check("discharge status", h.Claim.Admission.Discharge, "01")
	admitted, _ := h.Claim.Period("435")
	check("admission hour", admitted.Time, "0930")
	check("present on admission", h.Claim.Find("ABF")[1].Present, "W")
	check("span", h.Claim.Find(OccurrenceSpan)[0].To, "2026-02-05")
	check("value code", h.Claim.Find(ValueCode)[1].Amount.Value, "100.50")
	check("non-covered", h.Claim.Lines[1].NonCovered.Value, "50.00")
	check("rate", h.Claim.Lines[0].UnitRate.Value, "300")

	d := next(t, vectors()["837D"]).Claim
	check("predetermination", d.Predetermination, "PB")
	check("months", d.Orthodontic.Months.Value, "24")
	check("missing tooth", d.Teeth[0].Tooth+d.Teeth[0].Status, "8M")
	check("quadrants", d.Lines[0].OralCavity[1], "20")
	check("surfaces", d.Lines[0].Teeth[0].Surfaces[1], "O")
	check("pointer", d.Lines[0].Pointers[0], 1)
}

// Each vector comes back byte for byte, so that no segment of it is lost, and
// none of it is unknown.
func TestVectorsRoundTrip(t *testing.T) {
	for name, file := range vectors() {
		x, err := ReadAll(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, after, found := strings.Cut(fmt.Sprintf("%+v", x), " After:"); found {
			t.Errorf("%s: a segment is unknown, after %.300s", name, after)
		}
		var out bytes.Buffer
		if err := Encode(&out, x...); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if out.String() != file {
			t.Errorf("%s: %s", name, segmenttest.Diff(strings.Split(file, "~"), strings.Split(out.String(), "~")))
		}
	}
}

// An unknown segment in any place is kept and written back in that place.
func TestUnknownSegments(t *testing.T) {
	for kind, vector := range vectors() {
		segmenttest.EachInsertion(t, vector, "ZZZ*A:B^C**D", func(name, file string) {
			x, err := ReadAll(strings.NewReader(file))
			if err != nil {
				t.Errorf("%s, %s: %v", kind, name, err)
				return
			}
			var out bytes.Buffer
			if err := Encode(&out, x...); err != nil {
				t.Errorf("%s, %s: %v", kind, name, err)
			} else if out.String() != file {
				t.Errorf("%s, %s: %s", kind, name, segmenttest.Diff(strings.Split(file, "~"), strings.Split(out.String(), "~")))
			}
		})
	}
}

// A file cut at any byte is an error with a position, never a panic, and never
// a transaction.
func TestTruncated(t *testing.T) {
	for name, file := range vectors() {
		end := strings.Index(file, "~SE*")
		for n := range len(file) - 1 {
			x, err := ReadAll(strings.NewReader(file[:n]))
			if n < end && len(x) > 0 {
				t.Fatalf("%s: a transaction was read from %d of %d bytes", name, n, len(file))
			}
			if err == nil {
				t.Fatalf("%s: no error for %d of %d bytes", name, n, len(file))
			}
		}
	}
}

// A bad claim is left out with its place; the others are read.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"charge":       {"CLM*A1*150.5", "CLM*A1*x", "CLM02"},
		"claim number": {"CLM*A1*", "CLM**", "CLM01"},
		"line charge":  {"25::::VISIT*100.5", "25::::VISIT*100.555", "SV102"},
		"pointer":      {"*1:2**Y", "*1:x**Y", "SV107"},
		"line number":  {"LX*2", "LX*", "LX01"},
		"paid before":  {"SVD*11111*70", "SVD*11111*", "SVD02"},
		"adjustment":   {"CAS*PR*2*20", "CAS*PR*2*", "CAS03"},
		"level":        {"HL*3*2*23*0", "HL*3*2*99*0", "HL03"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(professionalVector(), c.old, c.new, 1)
			if bad == professionalVector() {
				t.Fatal("the vector does not hold the text to replace")
			}
			d := NewDecoder(x12.NewReader(strings.NewReader(bad + professionalVector())))
			_, err := d.Next()
			var f *segment.Error
			if !errors.As(err, &f) {
				t.Fatalf("no positioned fault, but %v", err)
			}
			if got := fmt.Sprintf("%s%02d", f.SegmentID, f.Element); got != c.want {
				t.Errorf("the fault is at %s; want %s: %v", got, c.want, err)
			}
			var good *ClaimContext
			for {
				c, err := d.Next()
				if err == io.EOF {
					break
				}
				if err == nil {
					good = c
				}
			}
			if good == nil || good.Claim.ByteOffset < int64(len(bad)) {
				t.Error("the good claim that follows was not read, or the bad one was")
			}
		})
	}
}

// What an encoder refuses names the segment and the element.
func TestEncodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(b *BillingProvider, c *Claim)
		want  string
	}{
		"delimiter in data": {func(b *BillingProvider, c *Claim) { b.Provider.Last = "A~B" }, "NM103"},
		"claim number":      {func(b *BillingProvider, c *Claim) { c.ControlNumber = "" }, "CLM01"},
		"role":              {func(b *BillingProvider, c *Claim) { b.Provider.Role = "82" }, "NM101"},
		"coverage":          {func(b *BillingProvider, c *Claim) { b.Subscribers[0].Coverage = Coverage{} }, "SBR01"},
		"procedure":         {func(b *BillingProvider, c *Claim) { c.Lines[0].Procedure = Procedure{} }, "LX01"},
		"too many codes":    {func(b *BillingProvider, c *Claim) { c.Codes[0] = make(CodeList, 13) }, "HI01"},
		"date format":       {func(b *BillingProvider, c *Claim) { c.Periods[0].Format = "D6" }, "DTP02"},
		"date":              {func(b *BillingProvider, c *Claim) { c.Periods[0] = segment.OnDay("431", segment.Period{}.From) }, "DTP03"},
		"drug":              {func(b *BillingProvider, c *Claim) { c.Lines[0].Drug.Code = "" }, "LIN03"},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := ReadAll(strings.NewReader(professionalVector()))
			if err != nil {
				t.Fatal(err)
			}
			b := &x[0].Groups[0].Transactions[0].Billing[0]
			c.spoil(b, &b.Subscribers[0].Patients[0].Claims[0])
			err = Encode(io.Discard, x...)
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
	for _, file := range vectors() {
		f.Add([]byte(file))
	}
	f.Add([]byte(strings.ReplaceAll(professionalVector(), "~", "~\n")))
	for _, name := range []string{"837P", "837I", "837D"} {
		f.Add([]byte(guidetest.File(guide.ByName(name), 0)))
		f.Add([]byte(guidetest.File(guide.ByName(name), 1)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, _ := ReadAll(bytes.NewReader(raw))
		known := true // which guide the sets were read by
		for i := range x {
			x[i].Header, x[i].Delimiters = isa, x12.DefaultDelimiters() // envelopes are tested with package x12
			for g := range x[i].Groups {
				version := x[i].Groups[g].Header.Version
				x[i].Groups[g].Header = group(version)
				if KindOf(version) == KindUnknown {
					x[i].Groups[g].Header.Version = Professional
				}
				for k := range x[i].Groups[g].Transactions {
					set := &x[i].Groups[g].Transactions[k]
					known = known && (set.Kind() != KindUnknown || KindOf(version) != KindUnknown)
					set.Header.Control = "0001"
					if set.Beginning.Structure == "" { // a set without BHT is read and never written
						set.Beginning.Structure = "0019"
					}
				}
			}
		}
		// What was read and can be written is read again as the same.
		var out, again bytes.Buffer
		if err := Encode(&out, x...); err != nil && known && segmenttest.Incomplete(err) {
			t.Fatalf("what was read cannot be written: %v", err)
		} else if err != nil || len(x) == 0 {
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

// A wrong count is reported and the claim before it is still whole; a
// transaction set with any fault is left out of what ReadAll returns.
func TestEnvelopeFault(t *testing.T) {
	file := professionalVector()
	at := strings.Index(file, "~SE*") + 1
	bad := file[:at] + "SE*7*0001" + file[at+strings.Index(file[at:], "~"):]
	d := NewDecoder(x12.NewReader(strings.NewReader(bad)))
	var claims, faults int
	for {
		_, err := d.Next()
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
	if claims != 1 || faults != 1 {
		t.Errorf("%d claims and %d faults; want one of each", claims, faults)
	}
	for name, spoiled := range map[string]string{"count": bad, "claim": strings.Replace(file, "CLM*A1*150.5", "CLM*A1*x", 1),
		"level": strings.Replace(file, "HL*3*2*23", "HL*3*2*99", 1)} {
		x, err := ReadAll(strings.NewReader(spoiled + file))
		if err == nil || len(x) != 1 || len(x[0].Groups[0].Transactions) != 1 || x[0].Groups[0].Transactions[0].ByteOffset < int64(len(spoiled)) {
			t.Errorf("%s: the spoiled transaction set was returned, or the good one was not: %v", name, err)
		}
	}
}
