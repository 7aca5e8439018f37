package ledgerdb

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
)

// explain turns what the database's own constraints refuse into a fault with
// the same words. Other errors, lost races among them, pass unchanged: the
// transaction decides whether it runs again.
func explain(err error) error {
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		return err
	}
	switch {
	case strings.HasPrefix(refusal.Message, "period "):
		return &fault.Error{Kind: fault.Invalid, Code: "CB-LEDGER-PERIOD", Message: refusal.Message}
	case strings.HasPrefix(refusal.Message, "account "):
		return &fault.Error{Kind: fault.Invalid, Code: "CB-LEDGER-ACCOUNT", Message: refusal.Message}
	case strings.Contains(refusal.Message, "append-only"):
		return &fault.Error{Kind: fault.Denied, Code: "CB-LEDGER-APPEND-ONLY", Message: refusal.Message}
	case strings.HasPrefix(refusal.Message, "an entry "):
		return &fault.Error{Kind: fault.Invalid, Code: "CB-LEDGER-LINES", Message: refusal.Message}
	case refusal.ConstraintName == "journal_entry_practice_id_reverses_key":
		return fault.Invalidf("CB-LEDGER-REVERSED", "an entry is reversed once: this one was reversed before")
	case refusal.ConstraintName == "journal_entry_practice_id_reverses_fkey":
		return fault.Invalidf("CB-LEDGER-REVERSED", "the entry to be reversed is not in this practice's book")
	case refusal.ConstraintName == "journal_entry_last_line":
		return fault.Invalidf("CB-LEDGER-LINES", "an entry does not have as many lines as it declares")
	}
	return err
}
