package bank

import (
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// readBAI2 reads a BAI2 report: file 01, group 02 with its day, account 03,
// transactions 16, continuations 88, and the trailers 49, 98 and 99, whose
// counts show a file that was cut off.
func readBAI2(content []byte) (File, error) {
	f := File{Format: "bai2"}
	var day date.Date
	records, ended := 0, false
	last := "" // the code of the record that an 88 continues
	for i, raw := range strings.Split(string(content), "\n") {
		number := i + 1
		text := strings.TrimRight(raw, "\r \x1a")
		if text == "" {
			continue
		}
		if ended {
			return f, wrong(number, "something follows the file's trailer (record 99)")
		}
		records++
		code, rest, _ := strings.Cut(text, ",")
		fields := strings.Split(strings.TrimSuffix(rest, "/"), ",")
		switch code {
		case "01", "03", "49", "98":
		case "02": // receiver, originator, status, as-of date, …
			if len(fields) < 4 {
				return f, wrong(number, "the group header (02) has no as-of date")
			}
			var err error
			if day, err = date.ParseLayout("060102", fields[3]); err != nil {
				return f, wrong(number, "the group's as-of date: %v", err)
			}
		case "16":
			if day.IsZero() {
				return f, wrong(number, "a transaction (16) stands before any group header (02)")
			}
			l, err := bai2Transaction(fields)
			if err != nil {
				return f, wrong(number, "the transaction (16): %v", err)
			}
			l.Number, l.BookedOn = number, day
			f.Lines = append(f.Lines, l)
		case "88":
			if last == "16" {
				l := &f.Lines[len(f.Lines)-1]
				l.Description = squeeze(l.Description + " " + strings.TrimSuffix(rest, "/"))
			}
		case "99":
			ended = true
			if n, err := strconv.Atoi(fields[len(fields)-1]); err != nil || n != records {
				return f, wrong(number, "the file's trailer counts %s records, there are %d: the file is damaged", fields[len(fields)-1], records)
			}
		default:
			return f, wrong(number, "%q is not the code of a BAI2 record", code)
		}
		if code != "88" {
			last = code
		}
	}
	if !ended {
		return f, fault.Invalidf("CB-BANK-CUT", "the file ends before its trailer (record 99): it was cut off").WithFix("fetch it again")
	}
	return f, nil
}

// bai2Transaction reads type, amount in cents, funds type with what belongs to
// it, bank reference, customer reference, and text to the end.
func bai2Transaction(fields []string) (Line, error) {
	var l Line
	if len(fields) < 3 {
		return l, strconv.ErrSyntax
	}
	kind, err := strconv.Atoi(fields[0])
	if err != nil {
		return l, err
	}
	cents, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || money.Cents(cents).Abs() > money.Max {
		return l, money.ErrSyntax
	}
	l.Amount = money.Cents(cents)
	if kind >= 400 && kind <= 699 { // 100 to 399 are credits
		l.Amount = -l.Amount
	}
	skip := 3
	switch fields[2] {
	case "S": // immediate, one-day and two-day availability
		skip += 3
	case "V": // value date and time
		skip += 2
	case "D": // a count, and so many pairs of days and amount
		if len(fields) > 3 {
			if pairs, err := strconv.Atoi(fields[3]); err == nil && pairs >= 0 && pairs < 100 {
				skip += 1 + 2*pairs
			}
		}
	}
	rest := fields[min(skip, len(fields)):]
	var refs []string
	for i := 0; i < 2 && i < len(rest); i++ {
		if rest[i] != "" {
			refs = append(refs, squeeze(rest[i]))
		}
	}
	l.Reference = strings.Join(refs, " ")
	if len(rest) > 2 {
		l.Description = squeeze(strings.Join(rest[2:], ","))
	}
	return l, nil
}
