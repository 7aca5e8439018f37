package postgres_test

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// What the server says becomes what a person can do.
func ExampleExplain() {
	err := postgres.Explain(&pgconn.PgError{Code: "53100", Message: "could not extend file"})
	fmt.Println(err)
	fmt.Println("exit code", fault.ExitCode(err))
	// Output:
	// the database's disk is full; nothing of this step was kept (free space and run the command again)
	// exit code 3
}
