package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// The fixture's day, and the two who sign in.
var fixtureDay = date.MustParse("2026-03-02")

const (
	fixtureUser     = "rosa"
	fixturePassword = "ledger-and-quill"
)

// fixture is a book of two practices. The first has a day behind it; the second
// has one claim of its own, which nobody of the first may see.
type fixture struct {
	t        testing.TB
	db       *postgres.DB
	tx       pgx.Tx
	practice int64

	payers     []int64
	patients   []int64
	guarantors []int64
	provider   int64
	partner    int64
	claims     []fixtureClaim

	claim, heldEncounter, patient, remittance, statement, entry, inFile, outFile, batch int64
	otherClaim, otherPractice                                                           int64
}

type fixtureClaim struct {
	id, encounter, payer, patient, guarantor int64
	number                                   string
	lines                                    []int64
	charges                                  []money.Cents
	service                                  date.Date
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, db: pgtest.New(t)}
	err := f.db.Tx(context.Background(), postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		*f = fixture{t: t, db: f.db, tx: tx}
		f.fill()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) id(sql string, args ...any) (id int64) {
	f.t.Helper()
	if err := f.tx.QueryRow(context.Background(), sql, args...).Scan(&id); err != nil {
		f.t.Fatalf("%v\n%s", err, sql)
	}
	return id
}

func (f *fixture) exec(sql string, args ...any) {
	f.t.Helper()
	if _, err := f.tx.Exec(context.Background(), sql, args...); err != nil {
		f.t.Fatalf("%v\n%s", err, sql)
	}
}

func hash(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }

func (f *fixture) fill() {
	f.otherPractice = f.openPractice("OTHER", "Harbor Street Clinic")
	f.setUp()
	f.visit(0, 0, fixtureDay.AddDays(-3), "accepted", 120_00)
	f.otherClaim = f.claims[0].id

	f.claims, f.payers, f.patients, f.guarantors = nil, nil, nil, nil
	f.practice = f.openPractice("MAPLE", "Maple Grove Family Medicine")
	f.setUp()
	states := []string{"paid", "paid", "paid", "accepted", "denied", "paid", "sent", "partly-paid", "accepted", "rejected", "ready", "paid"}
	for i := range 66 {
		f.visit(i%len(f.patients), i%len(f.payers), fixtureDay.AddDays(-i*3), states[i%len(states)], money.Cents(95_00+i*1_25), money.Cents(30_00+i*75))
	}
	f.send()
	f.remit()
	f.hold()
	f.bill()
	f.users()
}

func (f *fixture) users() {
	ctx := context.Background()
	for user, practice := range map[string]int64{fixtureUser: f.practice, "otto": f.otherPractice} {
		if _, err := CreateUser(ctx, f.tx, user, strings.ToUpper(user[:1])+user[1:]+" Alvarez", fixturePassword, practice, "biller"); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fixture) openPractice(code, name string) int64 {
	id := f.id(`INSERT INTO practice (code, name, npi, tin, address1, city, state, zip, phone, fixed_date)
		VALUES ($1, $2, '1234567893', '123456789', '12 Orchard Lane', 'Springfield', 'IL', '627010001', '2175550100', $3) RETURNING id`, code, name, fixtureDay)
	f.practice = id
	if err := ledgerdb.SeedAccounts(context.Background(), f.tx, id); err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *fixture) setUp() {
	f.partner = f.id(`INSERT INTO trading_partner (practice_id, code, name, sender_id, receiver_id, receiver_name, contact_name, contact_phone)
		VALUES ($1, 'CLEAR', 'Prairie Clearinghouse', 'MAPLE', 'PRAIRIE', 'PRAIRIE CLEARINGHOUSE', 'ROSA', '2175550100') RETURNING id`, f.practice)
	f.provider = f.id(`INSERT INTO provider (practice_id, code, role, organization, last_name, first_name, npi)
		VALUES ($1, 'DR1', 'rendering', false, 'Okafor', 'Ngozi', '1234567893') RETURNING id`, f.practice)
	for i, p := range []struct{ name, kind, filing string }{
		{"Prairie Mutual PPO", "commercial", "CI"}, {"Medicare Part B", "medicare", "MB"}, {"Illini Medicaid", "medicaid", "MC"},
		{"Blue Prairie", "blue", "BL"}, {"Lakeside HMO", "hmo", "HM"}} {
		f.payers = append(f.payers, f.id(`INSERT INTO payer (practice_id, code, name, payer_identifier, filing_code, kind, partner_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`, f.practice, fmt.Sprintf("P%d", i+1), p.name, fmt.Sprintf("8%04d", i), p.filing, p.kind, f.partner))
	}
	first := []string{"Ada", "Benedict", "Clara", "Dmitri", "Elena", "Farid", "Greta", "Hiro", "Imani", "Jonas", "Kiri", "Lucia"}
	last := []string{"Lindqvist", "Moreau", "Nakamura", "O’Brien", "Papadopoulos", "Quintero", "Rahman", "Sørensen", "Tadesse", "Ueda", "Vasquez", "Wolanski-Featherstonehaugh"}
	for i := range first {
		g := f.id(`INSERT INTO guarantor (practice_id, account, last_name, first_name, address1, city, state, zip)
			VALUES ($1, $2, $3, $4, $5, 'Springfield', 'IL', '627010001') RETURNING id`, f.practice, fmt.Sprintf("G%05d", i+1), last[i], first[i], fmt.Sprintf("%d Elm Street", 10+i))
		p := f.id(`INSERT INTO patient (practice_id, account, guarantor_id, last_name, first_name, birth_date, sex, address1, city, state, zip, phone)
			VALUES ($1, $2, $3, $4, $5, $6, 'F', $7, 'Springfield', 'IL', '627010001', '2175550199') RETURNING id`,
			f.practice, fmt.Sprintf("A%06d", i+1), g, last[i], first[i], date.New(1950+i*4, 5, 1+i), fmt.Sprintf("%d Elm Street", 10+i))
		f.exec(`INSERT INTO coverage (practice_id, patient_id, payer_id, rank, member_id, effective_from, copay) VALUES ($1, $2, $3, 1, $4, '2024-01-01', 2500)`,
			f.practice, p, f.payers[i%len(f.payers)], fmt.Sprintf("MBR%07d", i))
		f.guarantors, f.patients = append(f.guarantors, g), append(f.patients, p)
	}
}

// visit makes an encounter with its claim and posts its charges.
func (f *fixture) visit(patient, payer int, service date.Date, state string, charges ...money.Cents) {
	n := len(f.claims) + 1
	c := fixtureClaim{payer: f.payers[payer], patient: f.patients[patient], guarantor: f.guarantors[patient],
		number: fmt.Sprintf("MG%06d", n), charges: charges, service: service}
	total, err := money.Sum(charges...)
	if err != nil {
		f.t.Fatal(err)
	}
	received := min(0, 1-n/12) // most of them today
	c.encounter = f.id(`INSERT INTO encounter (practice_id, external_id, content_hash, content, state, patient_id, rendering_provider_id, place_of_service,
		service_date, charge, received_on) VALUES ($1, $2, $3, '{}', 'claimed', $4, $5, '11', $6, $7, $8) RETURNING id`,
		f.practice, fmt.Sprintf("E-2026-%05d", n), hash(fmt.Sprint(n)), c.patient, f.provider, service, total, fixtureDay.AddDays(received))
	for i, code := range []string{"E119", "I10"} {
		f.exec(`INSERT INTO encounter_diagnosis VALUES ($1, $2, $3, $4)`, f.practice, c.encounter, i+1, code)
	}
	coverage := f.id(`SELECT id FROM coverage WHERE practice_id = $1 AND patient_id = $2 LIMIT 1`, f.practice, c.patient)
	sent := any(fixtureDay.AddDays(received))
	if state == "ready" {
		sent = nil
	}
	c.id = f.id(`INSERT INTO claim (practice_id, number, encounter_id, patient_id, payer_id, coverage_id, payer_rank, state, charge, service_date,
		rendering_provider_id, snapshot, sent_on, ready_on, timely_by) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, '{}', $11, $12, $13) RETURNING id`,
		f.practice, c.number, c.encounter, c.patient, c.payer, coverage, state, total, service, f.provider, sent, fixtureDay.AddDays(received), service.AddDays(365))
	entries := []ledger.Entry{}
	for i, charge := range charges {
		code, words := "99213", "Office visit"
		if i > 0 {
			code, words = "36415", "Blood draw"
		}
		line := f.id(`INSERT INTO service_line (practice_id, encounter_id, line_no, procedure_code, modifiers, units, charge, service_date, description)
			VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8) RETURNING id`, f.practice, c.encounter, i+1, code, []string{"25"}[:1-min(i, 1)], charge, service, words)
		f.exec(`INSERT INTO claim_line (practice_id, claim_id, line_no, service_line_id, control_number, procedure_code, modifiers, units, charge, service_date)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)`, f.practice, c.id, i+1, line, fmt.Sprintf("%dL%d", n, i+1), code, []string{"25"}[:1-min(i, 1)], charge, service)
		c.lines = append(c.lines, line)
		e := ledger.Entry{PostingDate: fixtureDay.AddDays(received), Kind: "charge", SourceKey: fmt.Sprintf("charge|E-2026-%05d|%d|1", n, i+1), Actor: "encounter.validate"}
		e.Move(f.insurance(c, i), ledger.Key{Account: ledger.GrossCharges}, charge, ledger.Dimensions{ServiceDate: service, GuarantorID: c.guarantor, ByteOffset: -1})
		entries = append(entries, e)
	}
	f.post(entries...)
	f.event(c, "built", "", "ready", "All checks passed.", 0, -1)
	if state != "ready" {
		f.event(c, "sent", "ready", "sent", "Sent to Prairie Clearinghouse.", 0, -1)
		if state == "rejected" {
			f.event(c, "277ca", "sent", "rejected", "Returned: the member is not known to the payer.", 0, -1)
		} else if state != "sent" {
			f.event(c, "277ca", "sent", "accepted", "Accepted for processing.", 0, -1)
		}
	}
	f.claims = append(f.claims, c)
}

func (f *fixture) insurance(c fixtureClaim, line int) ledger.Key {
	return ledger.Key{Account: ledger.ARInsurance, ServiceLineID: c.lines[line], PayerID: c.payer, PayerRank: 1}
}

func (f *fixture) post(entries ...ledger.Entry) {
	f.t.Helper()
	if _, err := ledgerdb.Post(context.Background(), f.tx, f.practice, entries); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) event(c fixtureClaim, event, from, to, message string, file, offset int64) {
	var fileID, at any
	if file != 0 {
		fileID, at = file, offset
	}
	f.exec(`INSERT INTO claim_event (practice_id, claim_id, event, from_state, to_state, message, actor, occurred_on, edi_file_id, byte_offset)
		VALUES ($1, $2, $3, $4, $5, $6, 'exchange.send', $7, $8, $9)`, f.practice, c.id, event, from, to, message, fixtureDay, fileID, at)
}

// interchange writes segments and remembers where each begins.
type interchange struct {
	bytes.Buffer
}

func (x *interchange) segment(text string) (offset int64) {
	offset = int64(x.Len())
	x.WriteString(text + "~\n")
	return offset
}

func (x *interchange) isa() {
	x.segment("ISA*00*          *00*          *ZZ*PRAIRIE        *ZZ*MAPLE          *260302*0800*^*00501*000000001*0*P*:")
}

func (f *fixture) store(direction, name string, content []byte) int64 {
	f.t.Helper()
	file, _, err := exchangedb.StoreFile(context.Background(), f.tx, f.practice, exchangedb.StoreParams{Direction: direction, Kind: exchangedb.X12,
		Name: name, PartnerID: f.partner, ReceivedOn: fixtureDay}, bytes.NewReader(content))
	if err != nil {
		f.t.Fatal(err)
	}
	if err := exchangedb.FinishFile(context.Background(), f.tx, f.practice, file.ID, exchangedb.Finished, "1 payment posted, 1 claim unmatched"); err != nil {
		f.t.Fatal(err)
	}
	return file.ID
}

// send puts the claims that were sent into one batch, which is acknowledged.
func (f *fixture) send() {
	var out interchange
	out.isa()
	out.segment("GS*HC*MAPLE*PRAIRIE*20260302*0800*1*X*005010X222A1")
	f.outFile = f.store("out", "000000001.837", out.Bytes())
	f.batch = f.id(`INSERT INTO batch (practice_id, number, partner_id, claim_type, usage, isa_control, gs_control, claims, charge, state, edi_file_id,
		file_name, second_reader, built_on, sent_on) VALUES ($1, 1, $2, '837P', 'P', 1, 1, $3, 812500, 'acknowledged', $4, '000000001.837', 'agrees on 60 of 60', $5, $5) RETURNING id`,
		f.practice, f.partner, len(f.claims), f.outFile, fixtureDay)
	f.exec(`UPDATE claim SET batch_id = $2 WHERE practice_id = $1 AND state <> 'ready'`, f.practice, f.batch)
	var in interchange
	in.isa()
	in.segment("GS*HN*PRAIRIE*MAPLE*20260302*0900*1*X*005010X214")
	at := in.segment("ST*277*0001*005010X214")
	file := f.store("in", "277CA-000000001.x12", in.Bytes())
	f.exec(`INSERT INTO acknowledgment (practice_id, edi_file_id, kind, control, byte_offset, batch_id, outcome, accepted, rejected, message, received_on)
		VALUES ($1, $2, '277CA', '0001', $3, $4, 'partly accepted', 58, 5, '5 claims were rejected before adjudication', $5)`, f.practice, file, at, f.batch, fixtureDay)
}

// remit posts one payment for the claims that were paid, with every sort of
// line: paid, reduced, moved to the patient, denied, unmatched, and a PLB.
func (f *fixture) remit() {
	type paid struct {
		c               fixtureClaim
		clp             int64
		svc             []int64
		co, pr, payment []money.Cents
		cas             []int64
	}
	var x interchange
	x.isa()
	x.segment("GS*HP*PRAIRIE*MAPLE*20260302*0900*1*X*005010X221A1")
	st := x.segment("ST*835*0001")
	x.segment("BPR*I*0*C*ACH*CTX*01*999999999*DA*1*1512345678**01*999999999*DA*2*20260302")
	x.segment("TRN*1*EFT0042317*1512345678")
	var list []paid
	for _, c := range f.claims {
		state := f.stateOf(c.id)
		if state != "paid" && state != "denied" && state != "partly-paid" {
			continue
		}
		p := paid{c: c, clp: x.segment(fmt.Sprintf("CLP*%s*1*0*0**12*PC%s", c.number, c.number))}
		for i, charge := range c.charges {
			p.svc = append(p.svc, x.segment("SVC*HC:99213*"+charge.X12()+"*0**1"))
			co, pr, payment := charge*28/100, charge*12/100, money.Cents(0)
			if state == "denied" || state == "partly-paid" && i > 0 {
				co, pr = charge, 0
			} else {
				payment = charge - co - pr
			}
			p.cas = append(p.cas, x.segment(fmt.Sprintf("CAS*CO*45*%s", co.X12())))
			p.co, p.pr, p.payment = append(p.co, co), append(p.pr, pr), append(p.payment, payment)
		}
		list = append(list, p)
	}
	unmatched := x.segment("CLP*ZZ999*1*75*50**12*PCZZ999")
	plb := x.segment("PLB*1234567893*20261231*WO:PC00099*40*L6*-2.15")
	f.inFile = f.store("in", "era-prairie-20260302-0042317.835", x.Bytes())

	var total money.Cents
	key := "835|1512345678|EFT0042317"
	f.remittance = f.id(`INSERT INTO remittance (practice_id, edi_file_id, source_key, request_hash, trace, originator, payer_id, payer_name, payee_npi, method, handling,
		amount, check_date, st_control, byte_offset, state, claims, posted, unmatched, received_on, posting_date)
		VALUES ($1, $2, $3, $4, 'EFT0042317', '1512345678', $5, 'Prairie Mutual PPO', '1234567893', 'ACH', 'I', 0, $6, '0001', $7, 'posted', $8, $9, 1, $6, $6) RETURNING id`,
		f.practice, f.inFile, key, hash(key), f.payers[0], fixtureDay, st, len(list)+1, len(list))
	clearing := ledger.Key{Account: ledger.EFTClearing, PayerID: f.payers[0], Reference: "EFT0042317"}
	for n, p := range list {
		charge, _ := money.Sum(p.c.charges...)
		payment, _ := money.Sum(p.payment...)
		pr, _ := money.Sum(p.pr...)
		total += payment
		outcome, status := "paid", "1"
		if s := f.stateOf(p.c.id); s != "paid" {
			outcome = s
		}
		f.exec(`INSERT INTO remittance_claim (practice_id, remittance_id, seq, claim_number, status, charge, paid, patient_responsibility, payer_claim_number, claim_id, match_reason,
			outcome, service_date, byte_offset) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'claim number', $11, $12, $13)`,
			f.practice, f.remittance, n+1, p.c.number, status, charge, payment, pr, "PC"+p.c.number, p.c.id, outcome, p.c.service, p.clp)
		e := ledger.Entry{PostingDate: fixtureDay, Kind: "remittance", SourceKey: fmt.Sprintf("%s|CLP|%d", key, n+1), Actor: "remit.post"}
		for i := range p.c.lines {
			f.exec(`INSERT INTO remittance_line (practice_id, remittance_id, claim_seq, line_seq, procedure_code, charge, paid, service_date, remarks, service_line_id, match_reason, byte_offset)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'control number', $11)`, f.practice, f.remittance, n+1, i+1, []string{"99213", "36415"}[i], p.c.charges[i], p.payment[i],
				p.c.service, []string{"N115"}[:i%2], p.c.lines[i], p.svc[i])
			carc, treatment, account := "45", "contractual", ledger.Contractual
			if p.payment[i] == 0 {
				carc, treatment, account = "50", "denial", ""
			}
			f.exec(`INSERT INTO remittance_adjustment (practice_id, remittance_id, claim_seq, line_seq, seq, group_code, carc, amount, treatment, posted, byte_offset)
				VALUES ($1, $2, $3, $4, 1, 'CO', $5, $6, $7, $8, $9)`, f.practice, f.remittance, n+1, i+1, carc, p.co[i], treatment, p.co[i], p.cas[i])
			d := ledger.Dimensions{ClaimID: p.c.id, GuarantorID: p.c.guarantor, ServiceDate: p.c.service, EDIFileID: f.inFile, ByteOffset: p.svc[i]}
			e.Move(clearing, f.insurance(p.c, i), p.payment[i], d)
			if account != "" {
				d.GroupCode, d.CARC, d.ByteOffset = "CO", carc, p.cas[i]
				e.Move(ledger.Key{Account: account}, f.insurance(p.c, i), p.co[i], d)
			}
			if p.pr[i] != 0 {
				f.exec(`INSERT INTO remittance_adjustment (practice_id, remittance_id, claim_seq, line_seq, seq, group_code, carc, amount, treatment, posted, byte_offset)
					VALUES ($1, $2, $3, $4, 2, 'PR', '2', $5, 'patient', $5, $6)`, f.practice, f.remittance, n+1, i+1, p.pr[i], p.cas[i])
				d.GroupCode, d.CARC = "PR", "2"
				e.Move(ledger.Key{Account: ledger.ARPatient, ServiceLineID: p.c.lines[i], PatientID: p.c.patient}, f.insurance(p.c, i), p.pr[i], d)
			}
		}
		if len(e.Transfers) > 0 {
			f.post(e)
		}
		f.exec(`INSERT INTO claim_event (practice_id, claim_id, event, from_state, to_state, message, actor, occurred_on, edi_file_id, byte_offset, remittance_id)
			VALUES ($1, $2, '835', 'accepted', $3, 'Prairie Mutual PPO answered.', 'remit.post', $4, $5, $6, $7)`, f.practice, p.c.id, outcome, fixtureDay, f.inFile, p.clp, f.remittance)
		if outcome == "denied" {
			f.work("denied", fmt.Sprintf("denied|%s", p.c.number), "Prairie Mutual PPO denied the claim: not medically necessary (CO-50).",
				"Send the visit notes with an appeal, or bill the corrected diagnosis.", charge, fixtureDay.AddDays(n-4), "claim_id", p.c.id)
		}
		if outcome == "paid" && f.claim == 0 {
			f.claim, f.patient = p.c.id, p.c.patient
		}
	}
	f.exec(`INSERT INTO remittance_claim (practice_id, remittance_id, seq, claim_number, status, charge, paid, outcome, match_reason, byte_offset)
		VALUES ($1, $2, $3, 'ZZ999', '1', 7500, 5000, 'unmatched', 'no claim of this practice has this number', $4)`, f.practice, f.remittance, len(list)+1, unmatched)
	e := ledger.Entry{PostingDate: fixtureDay, Kind: "remittance", SourceKey: fmt.Sprintf("%s|CLP|%d", key, len(list)+1), Actor: "remit.post", Memo: "unmatched"}
	e.Move(clearing, ledger.Key{Account: ledger.UnidentifiedCash, PayerID: f.payers[0], Reference: "EFT0042317|ZZ999"}, 50_00, ledger.Dimensions{EDIFileID: f.inFile, ByteOffset: unmatched})
	f.post(e)
	for i, p := range []struct {
		code, reference string
		amount          money.Cents
		treatment       string
		account         ledger.Key
	}{{"WO", "PC00099", 40_00, "recoupment", ledger.Key{Account: ledger.PayerRecoupment, PayerID: f.payers[0], Reference: "PC00099"}},
		{"L6", "", -2_15, "interest", ledger.Key{Account: ledger.PayerInterest}}} {
		f.exec(`INSERT INTO provider_adjustment (practice_id, remittance_id, seq, provider_npi, fiscal_date, code, reference, amount, treatment, byte_offset)
			VALUES ($1, $2, $3, '1234567893', '2026-12-31', $4, $5, $6, $7, $8)`, f.practice, f.remittance, i+1, p.code, p.reference, p.amount, p.treatment, plb)
		e := ledger.Entry{PostingDate: fixtureDay, Kind: "plb", SourceKey: fmt.Sprintf("%s|PLB|1|%d", key, i+1), Actor: "remit.post"}
		e.Move(p.account, clearing, p.amount, ledger.Dimensions{CARC: p.code, EDIFileID: f.inFile, ByteOffset: plb})
		f.post(e)
	}
	f.exec(`UPDATE remittance SET amount = $3 WHERE practice_id = $1 AND id = $2`, f.practice, f.remittance, total+50_00-40_00+2_15)
	f.work("unmatched", "unmatched|ZZ999", "Prairie Mutual PPO paid $50.00 for claim ZZ999, which is not ours.", "Match it to a claim, or return it to the payer.", 50_00,
		fixtureDay.AddDays(30), "remittance_id", f.remittance)
	f.entry = f.id(`SELECT id FROM journal_entry WHERE practice_id = $1 AND source_key = $2`, f.practice, key+"|CLP|1")
}

func (f *fixture) stateOf(claim int64) (state string) {
	if err := f.tx.QueryRow(context.Background(), `SELECT state FROM claim WHERE practice_id = $1 AND id = $2`, f.practice, claim).Scan(&state); err != nil {
		f.t.Fatal(err)
	}
	return state
}

func (f *fixture) work(kind, key, reason, action string, amount money.Cents, due date.Date, column string, id int64) {
	f.exec(`INSERT INTO work_item (practice_id, kind, dedupe_key, reason, action, amount, due_on, opened_on, `+column+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		f.practice, kind, key, reason, action, amount, due, fixtureDay, id)
}

// hold adds encounters that the checks stopped.
func (f *fixture) hold() {
	for i, p := range []struct{ code, message, hint string }{
		{"CB-NPI-001", "The rendering provider’s NPI fails its check digit.", "Correct the provider’s NPI in the set-up."},
		{"CB-DX-004", "Service line 2 points to diagnosis 3, which the encounter does not have.", "Add the diagnosis or change the pointer."}} {
		e := f.id(`INSERT INTO encounter (practice_id, external_id, content_hash, content, state, patient_id, rendering_provider_id, place_of_service, service_date, charge, findings, received_on)
			VALUES ($1, $2, $3, '{}', 'held', $4, $5, '11', $6, 14500, jsonb_build_array(jsonb_build_object('code', $7::text, 'severity', 'hold', 'field', 'rendering_provider', 'message', $8::text, 'hint', $9::text)), $6) RETURNING id`,
			f.practice, fmt.Sprintf("E-2026-9%04d", i), hash(p.code), f.patients[i], f.provider, fixtureDay, p.code, p.message, p.hint)
		f.exec(`UPDATE encounter SET content = $3 WHERE practice_id = $1 AND id = $2`, f.practice, e, `{"encounter_id": "x", "diagnoses": ["J020"],
			"lines": [{"procedure": "99214", "modifiers": ["25"], "pointers": [1, 3], "units": "1", "charge": "145.00", "service_date": "2026-03-02", "description": "Office visit, longer"}]}`)
		f.work("held", "held|"+p.code, p.message, p.hint, 145_00, fixtureDay, "encounter_id", e)
		f.heldEncounter = e
	}
}

// fixturePDF is what the statement's document holds.
var fixturePDF = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

// bill takes a payment of the patient and states what remains.
func (f *fixture) bill() {
	c := f.claims[0]
	f.exec(`INSERT INTO patient_payment (practice_id, idempotency_key, request_hash, receipt_number, patient_id, amount, method, reference, purpose, visit, received_on, actor)
		VALUES ($1, 'copay-1', $2, 1001, $3, 2500, 'check', '2044', 'copay', 'E-2026-00001', $4, 'rosa')`, f.practice, hash("copay"), c.patient, fixtureDay)
	e := ledger.Entry{PostingDate: fixtureDay, Kind: "patient-payment", SourceKey: "payment|copay-1", Actor: "rosa", Memo: "copay, receipt 1001"}
	e.Move(ledger.Key{Account: ledger.Undeposited}, ledger.Key{Account: ledger.PatientCredits, PatientID: c.patient}, 25_00, ledger.Dimensions{GuarantorID: c.guarantor, ByteOffset: -1})
	f.post(e)
	for i := range 3 {
		c := f.claims[i]
		sum := sha256.Sum256(fixturePDF)
		id := f.id(`INSERT INTO statement (practice_id, number, run_id, guarantor_id, statement_date, due_date, balance, insurance_pending, dunning_level, content, state, pages, pdf, pdf_sha256)
			VALUES ($1, $2, 1, $3, $4, $5, 1500, 12000, 1, '{}', 'rendered', 1, $6, $7) RETURNING id`,
			f.practice, fmt.Sprintf("S%06d", i+1), c.guarantor, fixtureDay, fixtureDay.AddDays(21), fixturePDF, sum[:])
		f.exec(`INSERT INTO statement_line (practice_id, statement_id, line_no, encounter_id, service_line_id, patient_id, service_date, description, charge, insurance_paid, adjustments,
			patient_paid, owed, dunning_level) VALUES ($1, $2, 1, $3, $4, $5, $6, 'Office visit', 9500, 5700, 2660, 0, 1140, 1)`, f.practice, id, c.encounter, c.lines[0], c.patient, c.service)
		if i == 0 {
			f.statement = id
		}
	}
}
