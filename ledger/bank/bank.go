// Package bank reads what a bank says about an account: its lines, from CSV,
// BAI2 or OFX. The format is detected by content. A file is read whole or
// refused with the line that is wrong; nothing is guessed.
package bank

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// Line is one movement of the account.
type Line struct {
	Number      int         // of the line or record in the file, from 1
	BookedOn    date.Date   // the day on which the bank booked it
	Amount      money.Cents // a withdrawal is negative
	Reference   string      // the bank's or customer's reference, a check number; may be empty
	Description string      // what else the bank says: for an EFT, the payer and its trace
}

// File is what a bank's file says.
type File struct {
	Format  string // "csv", "bai2" or "ofx"
	Lines   []Line
	Notices []string // columns that nobody asked for
}

// MaxSize bounds a bank file: a year of lines of a large practice is a few MB.
const MaxSize = 64 << 20

// Read detects the format and reads the file.
func Read(content []byte) (File, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	head := bytes.TrimSpace(content[:min(len(content), 4096)])
	switch {
	case len(head) == 0:
		return File{}, fault.Invalidf("CB-BANK-EMPTY", "the file is empty").WithFix("export it again from the bank's site")
	case len(content) > MaxSize:
		return File{}, fault.Invalidf("CB-BANK-SIZE", "the file is larger than %d MB", MaxSize>>20).WithFix("export a shorter span of days")
	case bytes.IndexByte(content, 0) >= 0:
		return File{}, fault.Invalidf("CB-BANK-BINARY", "the file is not text").WithFix("export it from the bank's site as CSV, BAI2 or OFX")
	case bytes.HasPrefix(head, []byte("01,")):
		return readBAI2(content)
	case bytes.HasPrefix(head, []byte("OFXHEADER")), bytes.Contains(head, []byte("<OFX>")), bytes.Contains(head, []byte("<?OFX")):
		return readOFX(content)
	}
	return readCSV(content)
}

func wrong(line int, format string, args ...any) error {
	return fault.Invalidf("CB-BANK-LINE", format, args...).At(fmt.Sprintf("line %d", line)).WithFix("export the file again; nothing was taken from it")
}

// parseDay reads the ways in which banks write a day.
func parseDay(s string) (date.Date, error) {
	for _, layout := range [...]string{"2006-01-02", "01/02/2006", "1/2/2006", "01/02/06", "20060102", "01-02-2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return date.Of(t), nil
		}
	}
	return date.Date{}, fmt.Errorf("%q is not a date", s)
}

// parseAmount reads 1,234.50, $12, -5.00, (5.00) and +5.00.
func parseAmount(s string) (money.Cents, error) {
	text := strings.NewReplacer("$", "", ",", "", " ", "").Replace(s)
	negative := false
	if inner, ok := strings.CutPrefix(text, "("); ok && strings.HasSuffix(inner, ")") {
		negative, text = true, strings.TrimSuffix(inner, ")")
	}
	amount, err := money.ParseString(strings.TrimPrefix(text, "+"))
	if err != nil {
		return 0, err
	}
	if negative {
		amount = -amount
	}
	return amount, nil
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
