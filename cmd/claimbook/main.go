// Command claimbook is the one binary: a complete insurance-claims and
// patient-billing engine. This package only wires: each file is a command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

func main() {
	postgres.RunSupervisorIfAsked()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code: 0 done, 1 the input
// or the book has a problem that the output describes, 2 wrong usage, 3 the
// environment failed.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var cmds commands
	exited := -1 // set by --help and --version
	parser, err := kong.New(&cmds,
		kong.Name("claimbook"),
		kong.Description("Insurance claims and patient billing: encounters in, X12 claims out, remittances posted to a double-entry ledger, statements from what remains."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "claimbook:", err)
		return 3
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "claimbook: %v (see claimbook --help)\n", err)
		return 2
	}
	app := &App{Settings: cmds.Settings, Stdin: stdin, Stdout: stdout, Stderr: stderr}
	kctx.BindTo(ctx, (*context.Context)(nil))
	err = kctx.Run(app)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "claimbook: interrupted; what was begun goes on with the next command")
		return 3
	}
	fmt.Fprintln(stderr, "claimbook:", err)
	return fault.ExitCode(err)
}

// errReported ends a command with exit code 1 when its output has already said
// everything: findings of a check, quarantined payments, a failed proof.
var errReported = errors.New("the output describes the problem")
