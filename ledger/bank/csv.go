package bank

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// Names that banks give to the columns, in lower case.
var csvColumns = map[string][]string{
	"date":        {"date", "posting date", "posted date", "post date", "transaction date", "booked on", "booked"},
	"amount":      {"amount", "transaction amount"},
	"credit":      {"credit", "credits", "deposit", "deposits", "credit amount"},
	"debit":       {"debit", "debits", "withdrawal", "withdrawals", "debit amount"},
	"description": {"description", "memo", "details", "name", "payee"},
	"reference":   {"reference", "reference number", "bank reference", "customer reference", "check number", "check or slip #", "trace", "transaction id"},
}

// readCSV reads a table with a header: a date, an amount or a credit and a debit
// column, and what describes the line.
func readCSV(content []byte) (File, error) {
	f := File{Format: "csv"}
	r := csv.NewReader(bytes.NewReader(content))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if err != nil {
		return f, broken(err)
	}
	at := map[string][]int{}
	for i, title := range header {
		name := columnNamed(strings.ToLower(squeeze(title)))
		if name == "" {
			f.Notices = append(f.Notices, "column "+squeeze(title)+" is not used")
			continue
		}
		at[name] = append(at[name], i)
	}
	if len(at["date"]) == 0 || len(at["amount"]) == 0 && len(at["credit"]) == 0 {
		return f, fault.Invalidf("CB-BANK-COLUMNS", "this is neither BAI2 nor OFX, and as CSV its first line names no date and amount").At("line 1").
			WithFix("the header needs a column date, and one of amount, or credit and debit; description and reference help to match")
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		} else if err != nil {
			return f, broken(err)
		}
		number, _ := r.FieldPos(0)
		cell := func(name string) string {
			var parts []string
			for _, i := range at[name] {
				if i < len(row) && strings.TrimSpace(row[i]) != "" && !slices.Contains(parts, squeeze(row[i])) {
					parts = append(parts, squeeze(row[i]))
				}
			}
			return strings.Join(parts, " ")
		}
		l := Line{Number: number, Reference: cell("reference"), Description: cell("description")}
		if l.BookedOn, err = parseDay(cell("date")); err != nil {
			return f, wrong(number, "%v", err)
		}
		if l.Amount, err = csvAmount(cell("amount"), cell("credit"), cell("debit")); err != nil {
			return f, wrong(number, "the amount is missing or no amount: %v", err)
		}
		f.Lines = append(f.Lines, l)
	}
}

func columnNamed(title string) string {
	for name, titles := range csvColumns {
		if slices.Contains(titles, title) {
			return name
		}
	}
	return ""
}

// csvAmount takes the signed amount, or the one of credit and debit that is
// filled; a debit counts as negative however it is signed.
func csvAmount(amount, credit, debit string) (money.Cents, error) {
	switch {
	case amount != "":
		return parseAmount(amount)
	case credit != "" && debit == "":
		return parseAmount(credit)
	case debit != "" && credit == "":
		cents, err := parseAmount(debit)
		return -cents.Abs(), err
	case credit != "": // both: one of them is zero
		in, err := parseAmount(credit)
		if err != nil {
			return 0, err
		}
		out, err := parseAmount(debit)
		if err == nil && in != 0 && out != 0 {
			err = errors.New("both a credit and a debit")
		}
		return in - out.Abs(), err
	}
	return 0, money.ErrSyntax
}

func broken(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return wrong(parse.Line, "the line is not CSV: %v", parse.Err)
	}
	return err
}
