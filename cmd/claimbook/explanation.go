package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// explanation is why a balance is what it is.
type explanation struct {
	Subject  string             `json:"subject"` // claim, line, patient, account, posting
	ID       string             `json:"id"`
	Title    string             `json:"title"`
	AsOf     date.Date          `json:"as_of,omitzero"` // the end of the day of the balances; zero: now
	Balances []explainedBalance `json:"balances"`       // what is open
	Said     []unpostedReason   `json:"said"`           // what payers reported that moved nothing, or not all of it
	Entries  []explainedEntry   `json:"entries"`
}

type explainedBalance struct {
	Account   string      `json:"account"`
	Name      string      `json:"name"`
	Owner     string      `json:"owner"` // payer, patient and reference, as far as they apply
	Line      string      `json:"service_line,omitempty"`
	Reference string      `json:"reference,omitempty"`
	Amount    money.Cents `json:"amount"` // a credit is negative
}

type explainedEntry struct {
	*ledger.JournalEntry
	// Received is the day of what the entry posts, where its month was closed by
	// then and the entry stands in the next open one.
	Received date.Date       `json:"received,omitzero"`
	Lines    []explainedLine `json:"lines"`
	Others   int             `json:"other_lines"` // lines of the entry that are about something else
}

type explainedLine struct {
	ledger.JournalLine
	Reason  string `json:"reason,omitempty"`  // the group code and reason code in plain words
	Segment string `json:"segment,omitempty"` // as the payer wrote it
}

// read fills in the entries that the filter selects, oldest first.
func (e *explanation) read(ctx context.Context, tx pgx.Tx, practiceID int64, f ledgerdb.JournalFilter) error {
	if err := ledgerdb.Journal(ctx, tx, practiceID, f, func(entry *ledger.JournalEntry) error {
		explained := explainedEntry{JournalEntry: entry, Others: entry.LineCount - len(entry.Lines)}
		for _, l := range entry.Lines {
			explained.Lines = append(explained.Lines, explainedLine{JournalLine: l, Reason: reason(&l)})
		}
		e.Entries = append(e.Entries, explained)
		return nil
	}); err != nil {
		return err
	}
	if err := e.findLate(ctx, tx, practiceID); err != nil {
		return err
	}
	segments := segmentReader{tx: tx, practiceID: practiceID, terminators: map[int64]byte{}}
	for i := range e.Entries {
		for n := range e.Entries[i].Lines {
			l := &e.Entries[i].Lines[n]
			if l.EDIFileID == 0 || l.ByteOffset < 0 {
				continue
			}
			var err error
			if l.Segment, err = segments.read(ctx, l.EDIFileID, l.ByteOffset); err != nil {
				return err
			}
		}
	}
	return nil
}

// findLate finds the entries that stand in a later month than what they post.
func (e *explanation) findLate(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	at := make(map[string]*explainedEntry, len(e.Entries))
	sources := make([]string, len(e.Entries))
	for i := range e.Entries {
		sources[i], at[e.Entries[i].Source] = e.Entries[i].Source, &e.Entries[i]
	}
	received, err := ledgerdb.ReceivedOn(ctx, tx, practiceID, sources)
	if err != nil {
		return err
	}
	for source, day := range received {
		if entry := at[source]; day.FirstOfMonth().Before(entry.Date.FirstOfMonth()) {
			entry.Received = day
		}
	}
	return nil
}

// balances names open balances in the words of people.
func (e *explanation) balances(ctx context.Context, tx pgx.Tx, practiceID int64, open []ledger.Balance) error {
	var accounts, references []string
	var payers, ranks, patients, lines, amounts []int64
	for _, b := range open {
		accounts, references = append(accounts, b.Key.Account), append(references, b.Key.Reference)
		payers, ranks, patients = append(payers, b.Key.PayerID), append(ranks, int64(b.Key.PayerRank)), append(patients, b.Key.PatientID)
		lines, amounts = append(lines, b.Key.ServiceLineID), append(amounts, int64(b.Amount))
	}
	rows, err := tx.Query(ctx, `
		select b.account, coalesce(a.name, ''), concat_ws(', ', 'payer ' || p.code || coalesce(' (rank ' || nullif(b.rank, 0) || ')', ''), 'patient ' || n.account),
			coalesce(v.external_id || '/' || l.line_no, ''), b.reference, b.amount
		from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[]) with ordinality
			as b (account, payer_id, rank, patient_id, service_line_id, reference, amount, n)
		left join account a on a.practice_id = $1 and a.code = b.account
		left join payer p on p.practice_id = $1 and p.id = b.payer_id
		left join patient n on n.practice_id = $1 and n.id = b.patient_id
		left join service_line l on l.practice_id = $1 and l.id = b.service_line_id
		left join encounter v on v.practice_id = $1 and v.id = l.encounter_id
		order by b.n`, practiceID, accounts, payers, ranks, patients, lines, references, amounts)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x explainedBalance, err error) {
		return x, row.Scan(&x.Account, &x.Name, &x.Owner, &x.Line, &x.Reference, &x.Amount)
	})
	e.Balances = append(e.Balances, list...)
	return err
}

// reason says in plain words why a payer's line is what it is: our own label
// where the code has one.
func reason(l *ledger.JournalLine) string {
	if l.CARC == "" {
		return ""
	}
	label, known := codeset.CARC(l.CARC)
	code := l.GroupCode + "-" + l.CARC
	if l.GroupCode == "" {
		label, known = codeset.ProviderAdjustment(l.CARC)
		code = "PLB " + l.CARC
	} else if group, ok := codeset.GroupCode(l.GroupCode); ok && known {
		label = group + ": " + label
	}
	if known {
		code += " " + label
	}
	for _, remark := range l.RARCs {
		code += "; " + remark
		if label, known := codeset.RARC(remark); known {
			code += " " + label
		}
	}
	return code
}

// segmentReader reads raw segments of stored files.
type segmentReader struct {
	tx          pgx.Tx
	practiceID  int64
	terminators map[int64]byte // by file
}

// Shape of an ISA segment, which alone says how its interchange ends segments.
const (
	isaLength        = 106
	isaTerminatorAt  = 105
	longestSegment   = 64 << 10
	usuallyEnough    = 256
	leadingBytesRead = 512 // a byte order mark and line ends may stand before ISA
)

// read returns the segment that begins at the offset, without its terminator.
func (r *segmentReader) read(ctx context.Context, fileID, offset int64) (string, error) {
	end, known := r.terminators[fileID]
	if !known {
		head, err := exchangedb.ReadRange(ctx, r.tx, r.practiceID, fileID, 0, leadingBytesRead)
		if err != nil {
			return "", err
		}
		end = '~'
		if at := bytes.Index(head, []byte("ISA")); at >= 0 && at+isaLength <= len(head) {
			end = head[at+isaTerminatorAt]
		}
		r.terminators[fileID] = end
	}
	for n := usuallyEnough; ; n = longestSegment {
		raw, err := exchangedb.ReadRange(ctx, r.tx, r.practiceID, fileID, offset, n)
		if err != nil {
			return "", err
		}
		if at := bytes.IndexByte(raw, end); at >= 0 {
			return string(bytes.TrimSpace(raw[:at])), nil
		}
		if len(raw) < n || n == longestSegment {
			return string(bytes.TrimSpace(raw)), nil
		}
	}
}

// text is the explanation for a person.
func (e *explanation) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\n", e.Title)
	if e.Subject != "posting" {
		e.writeBalances(&out)
	}
	if len(e.Said) > 0 {
		out.WriteString("Reported by the payer and not posted, or not all of it\n")
		for i := range e.Said {
			e.Said[i].write(&out)
		}
		out.WriteString("\n")
	}
	for i := range e.Entries {
		entry := &e.Entries[i]
		fmt.Fprintf(&out, "%s  %s  %s", entry.Date, entry.Kind, entry.Source)
		if entry.Memo != "" {
			fmt.Fprintf(&out, "  (%s)", entry.Memo)
		}
		if entry.Actor != "" {
			fmt.Fprintf(&out, "  by %s", entry.Actor)
		}
		out.WriteString("\n")
		if entry.Reverses != "" {
			fmt.Fprintf(&out, "    takes back %s\n", entry.Reverses)
		}
		if !entry.Received.IsZero() {
			fmt.Fprintf(&out, "    of %s, whose month was closed: it posts into the next open one\n", entry.Received)
		}
		for n := range entry.Lines {
			entry.Lines[n].write(&out)
		}
		if entry.Others > 0 {
			fmt.Fprintf(&out, "    and %d more about something else\n", entry.Others)
		}
	}
	if len(e.Entries) == 0 {
		out.WriteString("Nothing was posted.\n")
	}
	if e.Subject == "account" {
		e.writeMovement(&out)
	}
	return out.String()
}

// writeBalances lists what is open, with its sum where there is more than one.
func (e *explanation) writeBalances(out *strings.Builder) {
	when := "now"
	if !e.AsOf.IsZero() {
		when = "at the end of " + e.AsOf.String()
	}
	fmt.Fprintf(out, "Open %s\n", when)
	if len(e.Balances) == 0 {
		out.WriteString("  nothing\n")
	}
	var total money.Cents
	for _, b := range e.Balances {
		about := strings.Join(nonEmpty(b.Owner, b.Reference, b.Line), ", ")
		fmt.Fprintf(out, "  %12s  %s %s  %s\n", b.Amount.Dollars(), b.Account, b.Name, about)
		total += b.Amount
	}
	if len(e.Balances) > 1 {
		fmt.Fprintf(out, "  %12s  in %d balances\n", total.Dollars(), len(e.Balances))
	}
	out.WriteString("\n")
}

// writeMovement sums up the lines of the account that are shown, as a report
// counts them.
func (e *explanation) writeMovement(out *strings.Builder) {
	var debit, credit money.Cents
	lines := 0
	for i := range e.Entries {
		for n := range e.Entries[i].Lines {
			l := &e.Entries[i].Lines[n]
			lines++
			if l.Debit.Account == e.ID {
				debit += l.Amount
			}
			if l.Credit.Account == e.ID {
				credit += l.Amount
			}
		}
	}
	fmt.Fprintf(out, "\nShown: %d lines with debits of %s and credits of %s, %s together.\n", lines, debit.Dollars(), credit.Dollars(), (debit - credit).Dollars())
}

func (l *explainedLine) write(out *strings.Builder) {
	fmt.Fprintf(out, "    %12s  Dr %s  /  Cr %s\n", l.Amount.Dollars(), sideText(&l.Debit), sideText(&l.Credit))
	const indent = "                  "
	if l.Reason != "" {
		fmt.Fprintf(out, "%s%s\n", indent, l.Reason)
	}
	if l.File != "" {
		fmt.Fprintf(out, "%s%s byte %d: %s\n", indent, l.File, l.ByteOffset, l.Segment)
	}
}

// sideText is an account with what divides it.
func sideText(s *ledger.JournalSide) string {
	payer := s.Payer
	if payer != "" && s.Rank > 1 {
		payer += " as " + ordinal(s.Rank)
	}
	patient := ""
	if s.Patient != "" {
		patient = "patient " + s.Patient
	}
	text := s.Account + " " + s.Name
	if about := nonEmpty(payer, patient, s.Line, s.Reference); len(about) > 0 {
		text += " [" + strings.Join(about, ", ") + "]"
	}
	return text
}

func nonEmpty(list ...string) []string {
	kept := list[:0]
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

func cents(n int64) string { return money.Cents(n).Dollars() }
