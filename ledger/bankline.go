package ledger

import (
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// ByHand is what a person says that bank lines are: some of what waits, and a
// named account for what is less or more than that, never absorbed. Without
// anything that waits the lines belong to the account whole.
type ByHand struct {
	Lines   []BankLine
	Waiting []Waiting
	Other   Key // takes the difference; zero: there is none
}

// Split says which part of what waits came by which line. over is what the last
// line has more than waits for it; where no line belongs to anything that waits,
// each is over whole. A difference without an account for it, and an account
// without a difference, are refused: so is a withdrawal that should be a payment.
func (h *ByHand) Split() (deposits []Deposit, over []money.Cents, err error) {
	over = make([]money.Cents, len(h.Lines))
	var came, awaited money.Cents
	withdrawal := false
	for i := range h.Lines {
		came += h.Lines[i].Amount
		withdrawal = withdrawal || h.Lines[i].Amount < 0
	}
	book := false
	for i := range h.Waiting {
		awaited += h.Waiting[i].Amount
		book = book || h.Waiting[i].Kind == WaitingBook
	}
	named := h.Other != (Key{})
	switch difference := came - awaited; {
	case len(h.Waiting) == 0 && !named:
		return nil, nil, fault.Usagef("CB-DEPOSIT-WHAT", "say what the bank line is").
			WithFix("give --trace, --slip, --day or --entry, or --account for what the book does not await")
	case difference != 0 && !named:
		return nil, nil, fault.Invalidf("CB-DEPOSIT-DIFFERENCE", "the bank has %s and the book awaits %s: %s is a difference", came.Dollars(), awaited.Dollars(), difference.Dollars()).
			WithFix("say to which account it belongs: --difference-account")
	case difference == 0 && named:
		return nil, nil, fault.Usagef("CB-DEPOSIT-NO-DIFFERENCE", "the bank has what the book awaits, %s: there is no difference", came.Dollars()).
			WithFix("leave --difference-account out")
	case withdrawal && len(h.Waiting) > 0 && !book:
		return nil, nil, fault.Invalidf("CB-DEPOSIT-WITHDRAWAL", "a withdrawal is no payment that reached the bank").
			WithFix("say what the book has posted of it (--entry), or its --account")
	case book && named:
		return nil, nil, fault.Invalidf("CB-DEPOSIT-BOOKED", "what the book has posted already is the bank's line to the cent, or another one's").
			WithFix("give all the entries that the line holds, or correct the entry first")
	case book && len(h.Lines) > 1:
		return nil, nil, fault.Usagef("CB-DEPOSIT-BOOKED", "match one line at a time with what the book has posted already")
	}
	if len(h.Waiting) == 0 {
		for i := range h.Lines {
			over[i] = h.Lines[i].Amount
		}
		return nil, over, nil
	}
	return h.allocate(over), over, nil
}

// allocate fills what waits from the lines in their order.
func (h *ByHand) allocate(over []money.Cents) (deposits []Deposit) {
	const reason = "a person"
	last := len(h.Lines) - 1
	n, left := 0, h.Waiting[0].Amount // of what waits
	fee := h.Waiting[0].Fee
	for i := range h.Lines {
		cash := h.Lines[i].Amount
		for n < len(h.Waiting) {
			w := &h.Waiting[n]
			part := min(cash, left)
			if w.Kind == WaitingBook {
				part = left // its one line holds all of them, withdrawals too
			}
			short := money.Cents(0)
			if i == last {
				short = left - part
			}
			if part != 0 || short != 0 {
				deposits = append(deposits, Deposit{Line: i, Waiting: n, Amount: part, Fee: fee, Short: short, Reason: reason})
				fee = 0
			}
			cash -= part
			if left -= part; left != 0 && i != last {
				break // the rest comes by the next line
			}
			if n++; n < len(h.Waiting) {
				left, fee = h.Waiting[n].Amount, h.Waiting[n].Fee
			}
		}
		over[i] = cash
	}
	return deposits
}

// DepositEntry is the entry of one bank line: what came of what waited, what did
// not come of it, and what came beside it; other takes the last two. It has no
// transfers when the book has posted all of the line already.
func DepositEntry(waiting []Waiting, deposits []Deposit, over money.Cents, other Key) Entry {
	e := Entry{Kind: "deposit"}
	bank, none := Key{Account: Bank}, Dimensions{ByteOffset: -1}
	for _, d := range deposits {
		w := &waiting[d.Waiting]
		if w.Kind == WaitingBook {
			continue
		}
		e.Move(bank, w.from(), d.Amount, none)
		e.Move(Key{Account: BankFees}, w.from(), d.Fee, none)
		e.Move(other, w.from(), d.Short, none)
	}
	e.Move(bank, other, over, none)
	return e
}
