package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// Step is one step of the day as the summary tells it.
type Step struct {
	Title  string
	Result string      // the main counts
	Amount money.Cents // 0: none is shown
	Notes  []string    // a line each, below
	Took   time.Duration
}

// Waiting is a group of open work items.
type Waiting struct {
	Kind    string
	Count   int
	Amount  money.Cents
	Example string // the reason of the largest one
}

// Pointer says where to look next.
type Pointer struct{ What, Where string }

// Summary is what the demo tells a person at its end.
type Summary struct {
	Practice  string
	Subtitle  string
	Steps     []Step
	Took      time.Duration
	Aging     ledger.Aging
	Book      ledger.TrialBalance
	Proof     string
	Waiting   []Waiting
	Pointers  []Pointer
	Emphasise bool // bold headings and a touch of colour: the reader is a terminal
}

// width of the summary in columns.
const width = 100

// Print writes the summary.
func (s Summary) Print(w io.Writer) {
	p := printer{w, s.Emphasise}
	p.line("")
	p.line("%s", p.bold(s.Practice))
	p.line("%s", s.Subtitle)
	p.heading("The day", fmt.Sprintf("%.1f s", s.Took.Seconds()))
	for i, step := range s.Steps {
		amount := ""
		if step.Amount != 0 {
			amount = step.Amount.Dollars()
		}
		p.line("%2d  %s %s%14s%8.1f s", i+1, p.bold(pad(step.Title, 24)), pad(step.Result, 47), amount, step.Took.Seconds())
		for _, note := range step.Notes {
			for _, part := range wrap(note, width-32) {
				p.line("    %24s %s", "", p.faint(part))
			}
		}
	}
	s.aging(p)
	p.heading("Trial balance", s.Book.AsOf.Format("January 2, 2006"))
	p.line("    %s%20s%20s", pad("account", 50), "debit", "credit")
	for _, row := range s.Book.Rows {
		debit, credit := "", ""
		if row.Debit != 0 {
			debit = row.Debit.Dollars()
		}
		if row.Credit != 0 {
			credit = row.Credit.Dollars()
		}
		p.line("    %s%20s%20s", pad(row.Account+"  "+row.Name, 50), debit, credit)
	}
	p.line("    %s%20s%20s", p.bold(pad("", 50)), s.Book.Debit.Dollars(), s.Book.Credit.Dollars())
	if s.Proof != "" {
		p.line("    %s", p.faint(s.Proof))
	}
	if len(s.Waiting) > 0 {
		p.heading("What waits for a person", "")
		for _, item := range s.Waiting {
			p.line("    %s%5d%16s   %s", pad(item.Kind, 14), item.Count, item.Amount.Dollars(), p.faint(cut(item.Example, width-41)))
		}
	}
	p.heading("Where to look next", "")
	for _, pointer := range s.Pointers {
		p.line("    %s%s", pad(pointer.What, 26), pointer.Where)
	}
	p.line("")
}

// aging draws the receivables by age, with a bar a row.
func (s Summary) aging(p printer) {
	a := s.Aging
	p.heading("Receivables by age (days since the service)", a.AsOf.Format("January 2, 2006"))
	header := "    " + pad("", 22)
	for _, bucket := range a.Buckets {
		header += fmt.Sprintf("%13s", bucket)
	}
	p.line("%s%13s", header, "total")
	most := money.Cents(1)
	for _, row := range a.Insurance {
		most = max(most, row.Total)
	}
	most = max(most, a.PatientTotal.Total)
	rows := append([]ledger.AgingRow{}, a.Insurance...)
	patients := a.PatientTotal
	patients.Name = fmt.Sprintf("Patients (%d accounts)", len(a.Patient))
	for _, row := range append(rows, patients) {
		p.line("    %s%s  %s", pad(cut(row.Name, 22), 22), amounts(row), p.accent(bar(row.Total, most, 6)))
	}
	total := a.Total
	p.line("    %s%s", pad("", 22), p.bold(amounts(total)))
}

func amounts(row ledger.AgingRow) string {
	var b strings.Builder
	for _, amount := range append(row.Amounts[:], row.Total) {
		text := ""
		if amount != 0 {
			text = amount.Dollars()
		}
		fmt.Fprintf(&b, "%13s", text)
	}
	return b.String()
}

// bar draws an eighth-exact bar of at most n columns.
func bar(amount, most money.Cents, n int) string {
	if amount <= 0 {
		return ""
	}
	eighths := int(int64(amount) * int64(n*8) / int64(most))
	out := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		out += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	if out == "" {
		out = "▏"
	}
	return out
}

type printer struct {
	w         io.Writer
	emphasise bool
}

func (p printer) line(format string, args ...any) {
	fmt.Fprintln(p.w, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

func (p printer) heading(title, right string) {
	p.line("")
	rule := strings.Repeat("─", max(width-utf8.RuneCountInString(title)-utf8.RuneCountInString(right)-4, 2))
	p.line("%s %s %s", p.bold(title), p.faint(rule), right)
}

func (p printer) bold(s string) string   { return p.style("1", s) }
func (p printer) faint(s string) string  { return p.style("2", s) }
func (p printer) accent(s string) string { return p.style("36", s) }

func (p printer) style(code, s string) string {
	if !p.emphasise || strings.TrimSpace(s) == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func pad(s string, n int) string {
	if gap := n - utf8.RuneCountInString(s); gap > 0 {
		return s + strings.Repeat(" ", gap)
	}
	return s
}

func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// wrap breaks a text into lines of at most n columns at spaces.
func wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > n {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
