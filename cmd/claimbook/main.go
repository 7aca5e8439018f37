// Command claimbook is the one binary: a complete insurance-claims and
// patient-billing engine. This package only wires: each file is a command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

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
	out := &output{Writer: stdout}
	app := &App{Settings: cmds.Settings, Stdin: stdin, Stdout: out, Stderr: stderr}
	kctx.BindTo(ctx, (*context.Context)(nil))
	err = kctx.Run(app)
	switch {
	case out.err != nil: // a report that is cut off must not pass for a whole one
		err = out.fault()
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

// output is a stream that remembers that it could not be written: reports are
// printed in many small pieces, whose errors nobody would look at one by one.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// fault says that the output is not whole.
func (o *output) fault() error {
	cause := o.err
	var path *fs.PathError
	if errors.As(cause, &path) {
		cause = path.Err // the name of a standard stream tells nobody anything
	}
	return fault.Environmentf("CB-OUTPUT", "the output could not be written to its end").Because(cause).
		WithFix("what the command had to do is done; print it again to a place with room")
}

// terminal reports whether a person reads the stream.
func terminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
