package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// BankLine is money that reached the bank, as far as no deposit explains it.
type BankLine struct {
	ID          int64
	Source      string // names it in source keys: the file's hash and its line
	BookedOn    date.Date
	Amount      money.Cents // what is left of it to be matched
	Reference   string
	Description string
	Matches     int      // how often it was matched, matches that were taken back included
	Not         []string // what a person said that it is not, as Waiting.Name has it
}

// What waits for the bank.
const (
	WaitingEFT     = "eft"     // a payer's payment in EFT clearing, by trace
	WaitingSlip    = "slip"    // receipts that left the drawer on a slip, or that a card processor pays out
	WaitingCounter = "counter" // the other receipts of a day in the drawer
	WaitingBook    = "book"    // what the book has posted to the bank without it: a refund that was sent, a returned check
)

// Waiting is money that the book expects at the bank.
type Waiting struct {
	Kind      string      // WaitingEFT …
	PayerID   int64       // of an eft
	PayerCode string      // of an eft; "": a payer that the practice does not know
	Payer     string      // name, or what the money is
	Trace     string      // of an eft (TRN02); of a slip its key; of the drawer the day; of the book the entry's source
	Tokens    []string    // what else may name the payer in a bank line: its TRN03 and its name
	Since     date.Date   // check date, or the day of the receipts; zero: unknown
	Amount    money.Cents // that the bank should show; more than zero, or of the book a withdrawal
	Fee       money.Cents // what a card processor keeps of a slip, beside Amount
}

// Name tells what waits from everything else that does.
func (w *Waiting) Name() string {
	if w.Kind == WaitingEFT {
		return w.Kind + "|" + w.PayerCode + "|" + w.Trace
	}
	return w.Kind + "|" + w.Trace
}

// from is the balance that it leaves when it reaches the bank.
func (w *Waiting) from() Key {
	if w.Kind == WaitingEFT {
		return Key{Account: EFTClearing, PayerID: w.PayerID, Reference: w.Trace}
	}
	return Key{Account: Undeposited}
}

// Deposit explains one bank line, or a part of it, by money that waited.
type Deposit struct {
	Line    int // index of the bank line
	Waiting int // index of what it explains
	Amount  money.Cents
	Fee     money.Cents // that a card processor kept of it
	Short   money.Cents // of what waited and did not come: a difference that a person names
	Reason  string      // why the two belong together
}

// MatchDeposits finds which bank lines are which payments, to the cent: first
// by trace, then by amount, day and payer where only one pair fits. One line
// may hold several payments and one payment come in several lines. days is the
// tolerance in days; there is none in cents, a difference is a person's. What a
// person has taken apart is not put together again.
func MatchDeposits(lines []BankLine, waiting []Waiting, days int) []Deposit {
	m := matcher{lines: lines, waiting: waiting, days: days, lineDone: make([]bool, len(lines)), waitingDone: make([]bool, len(waiting))}
	named := make([][]int, len(lines)) // what each line names by its trace
	for i := range lines {
		for n := range waiting {
			if m.named(i, n) {
				named[i] = append(named[i], n)
			}
		}
	}
	m.byTrace(named)
	m.byAmount(named)
	slices.SortFunc(m.found, func(a, b Deposit) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Waiting - b.Waiting
	})
	return m.found
}

// named reports whether a line names the trace of a payment or the key of a slip.
func (m *matcher) named(i, n int) bool {
	w := &m.waiting[n]
	return (w.Kind == WaitingEFT || w.Kind == WaitingSlip) && names(&m.lines[i], w.Trace) && !slices.Contains(m.lines[i].Not, w.Name())
}

type matcher struct {
	lines                 []BankLine
	waiting               []Waiting
	days                  int
	lineDone, waitingDone []bool
	found                 []Deposit
}

// byTrace takes lines that name traces: one to one, one line for several
// payments, several lines for one payment. The sums must agree to the cent.
func (m *matcher) byTrace(named [][]int) {
	for i, list := range named {
		if len(list) == 0 || m.lines[i].Amount <= 0 {
			continue
		}
		var sum money.Cents
		for _, n := range list {
			sum += m.waiting[n].Amount
		}
		if sum != m.lines[i].Amount || slices.ContainsFunc(list, func(n int) bool { return m.waitingDone[n] }) {
			continue
		}
		reason := "trace"
		if len(list) > 1 {
			reason = fmt.Sprintf("the traces of %d payments", len(list))
		}
		for _, n := range list {
			m.take(i, n, m.waiting[n].Amount, reason)
		}
	}
	for n := range m.waiting {
		var parts []int
		var sum money.Cents
		for i, list := range named {
			if !m.lineDone[i] && len(list) == 1 && list[0] == n && m.lines[i].Amount > 0 {
				parts = append(parts, i)
				sum += m.lines[i].Amount
			}
		}
		if m.waitingDone[n] || len(parts) < 2 || sum != m.waiting[n].Amount {
			continue
		}
		for _, i := range parts {
			m.take(i, n, m.lines[i].Amount, fmt.Sprintf("trace, in %d lines", len(parts)))
		}
	}
}

// byAmount takes what is left: a line and a payment of the same amount within
// the days, when neither fits another one. A payer that the line names decides
// between several.
func (m *matcher) byAmount(named [][]int) {
	fits := func(i, n int) bool {
		age := m.lines[i].BookedOn.DaysSince(m.waiting[n].Since)
		return !m.waiting[n].Since.IsZero() && !m.lineDone[i] && !m.waitingDone[n] && m.lines[i].Amount == m.waiting[n].Amount && len(named[i]) == 0 &&
			age >= -1 && age <= m.days && !slices.Contains(m.lines[i].Not, m.waiting[n].Name())
	}
	for _, byName := range [...]bool{true, false} {
		suits := func(i, n int) bool {
			return fits(i, n) && (!byName || slices.ContainsFunc(m.waiting[n].Tokens, func(t string) bool { return names(&m.lines[i], t) }))
		}
		only := func(count int, fit func(int) bool) (which int, one bool) {
			which = -1
			for k := range count {
				if fit(k) {
					if which >= 0 {
						return 0, false
					}
					which = k
				}
			}
			return which, which >= 0
		}
		for i := range m.lines {
			n, one := only(len(m.waiting), func(n int) bool { return suits(i, n) })
			if !one {
				continue
			}
			if _, one := only(len(m.lines), func(k int) bool { return suits(k, n) }); !one {
				continue
			}
			reason := "the only one of this amount within the days"
			if byName {
				reason = "amount, day and payer"
			}
			m.take(i, n, m.waiting[n].Amount, reason)
		}
	}
}

func (m *matcher) take(line, n int, amount money.Cents, reason string) {
	d := Deposit{Line: line, Waiting: n, Amount: amount, Reason: reason}
	if !m.waitingDone[n] { // a slip that comes in two lines has one fee
		d.Fee = m.waiting[n].Fee
	}
	m.found = append(m.found, d)
	m.lineDone[line], m.waitingDone[n] = true, true
}

// names reports whether the line has the word among its own words, whatever
// the case: "TRN*1*T100*1987" names T100, "T1001" does not.
func names(l *BankLine, word string) bool {
	word = strings.ToUpper(strings.Join(strings.Fields(word), " "))
	if len(word) < 3 {
		return false // a trace as short as that is in every line
	}
	text := strings.ToUpper(l.Reference + " " + l.Description)
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(word)
		if (start == 0 || !isWord(text[start-1])) && (end == len(text) || !isWord(text[end])) {
			return true
		}
		from = start + 1
	}
}

func isWord(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 0x80 }
