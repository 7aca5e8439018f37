package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/sandbox"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

type sandboxCmd struct {
	Adjudicate sandboxAdjudicateCmd `cmd:"" help:"Answer 837 files as a payer would: TA1, 999, 277CA and 835."`
	Scenarios  sandboxScenariosCmd  `cmd:"" help:"List the stories that the payer can tell."`
	World      worldCmd             `cmd:"" help:"Write a synthetic practice and its days of encounters as files."`
}

type sandboxAdjudicateCmd struct {
	Files    []string `arg:"" name:"file" help:"837 files."`
	Out      string   `default:"answers" placeholder:"DIR" help:"Folder for the answers (default ./answers)."`
	Seed     int64    `default:"1" help:"The same claims and seed give the same answers."`
	Scenario string   `default:"mix" help:"What happens to the claims: see claimbook sandbox scenarios."`
	Earlier  []string `placeholder:"FILE" help:"837 files that were answered before by the same --seed, --scenario and --setup: what replacements and voids among the files take back. Repeat the flag for several."`
	Setup    string   `placeholder:"FILE" help:"Practice set-up (YAML) whose contracts the payers keep to, and whose second coverages Medicare knows."`
}

// Help shows an example.
func (sandboxAdjudicateCmd) Help() string {
	return `An offline payer reads the claims and writes what it answers. It needs no
database and no network, and the same claims, seed and --today give the same bytes.

Examples:
  claimbook sandbox adjudicate .claimbook/outbound/*/* --setup practice.yaml --out answers
  claimbook sandbox adjudicate claims.837 --scenario recoupment --seed 7
  claimbook sandbox adjudicate replacements.837 --earlier claims.837`
}

// Run adjudicates.
func (c *sandboxAdjudicateCmd) Run(ctx context.Context, app *App) error {
	options := sandbox.Options{Seed: c.Seed, Scenario: c.Scenario, Today: app.Today}
	if c.Setup != "" {
		setup, err := readSetupFile(c.Setup)
		if err != nil {
			return err
		}
		if options.Today.IsZero() { // a training practice's payers live on its day
			options.Today = setup.Practice.FixedDate
		}
		options.Contracts = payerContracts(setup, cmp.Or(options.Today, date.Of(time.Now())))
	}
	options.Today = cmp.Or(options.Today, date.Of(time.Now()))
	var files []io.Reader
	for n, name := range append(slices.Clone(c.Files), c.Earlier...) {
		f, err := openInput(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if n < len(c.Files) {
			files = append(files, f)
		} else {
			options.Earlier = append(options.Earlier, f)
		}
	}
	answers, err := sandbox.Adjudicate(files, options)
	if err != nil {
		return err
	}
	folder := exchange.Folder{Dir: c.Out}
	for _, a := range answers {
		err := folder.Deliver(ctx, a.Name, bytes.NewReader(a.Bytes), int64(len(a.Bytes)))
		if fault.CodeOf(err) == "CB-SEND-TAKEN" {
			return fault.Environmentf("CB-SEND-TAKEN", "%s already holds another file named %s", c.Out, a.Name).
				WithFix("name another folder with --out, or empty this one")
		}
		if err != nil {
			return err
		}
	}
	return c.report(app, answers)
}

func (c *sandboxAdjudicateCmd) report(app *App, answers []sandbox.Answer) error {
	type row struct {
		File     string      `json:"file"`
		Kind     string      `json:"kind"`
		Payer    string      `json:"payer,omitempty"`
		Claims   int         `json:"claims"`
		Rejected int         `json:"rejected"`
		Payments int         `json:"payments"`
		Amount   money.Cents `json:"amount"`
	}
	rows := make([]row, len(answers))
	for i, a := range answers {
		rows[i] = row{filepath.Join(c.Out, a.Name), a.Kind, a.Payer, a.Claims, a.Rejected, a.Payments, a.Amount}
	}
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(rows)
	}
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "answer\tpayer\tclaims\trejected\tpayments\tpaid\tfile")
	for _, r := range rows {
		paid := ""
		if r.Payments > 0 {
			paid = r.Amount.Dollars()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Kind, r.Payer, orBlank(r.Claims), orBlank(r.Rejected), orBlank(r.Payments), paid, r.File)
	}
	return w.Flush()
}

func orBlank(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func readSetupFile(name string) (claims.Setup, error) {
	f, err := openInput(name)
	if err != nil {
		return claims.Setup{}, err
	}
	defer func() { _ = f.Close() }()
	return claims.ReadSetup(f, name)
}

// payerContracts are the contracts of a practice's set-up as the sandbox payer
// takes them, at the rates of the day.
func payerContracts(setup claims.Setup, today date.Date) map[string]sandbox.Contract {
	contracts := map[string]sandbox.Contract{}
	for _, p := range setup.Payers {
		c := sandbox.Contract{Name: p.Name, TIN: p.TIN, Fees: map[string]money.Cents{}}
		since := map[string]date.Date{}
		for _, rate := range p.Rates {
			key := rate.Procedure
			if rate.Modifier != "" {
				key += "-" + rate.Modifier
			}
			if _, known := c.Fees[key]; rate.From.After(today) || known && rate.From.Before(since[key]) {
				continue
			}
			c.Fees[key], since[key] = rate.Allowed, rate.From
		}
		contracts[p.PayerID] = c
	}
	return contracts
}

// payersBehind are the second payers of a practice's patients, by the member
// identifier of the first coverage: to whom Medicare forwards.
func payersBehind(setup claims.Setup) map[string]sandbox.Payer {
	payers := map[string]sandbox.Payer{}
	for _, p := range setup.Payers {
		payers[p.Code] = sandbox.Payer{ID: p.PayerID, Name: p.Name}
	}
	behind := map[string]sandbox.Payer{}
	for _, p := range setup.Patients {
		first, second := "", ""
		for _, c := range p.Coverages {
			switch c.Rank {
			case 1:
				first = c.MemberID
			case 2:
				second = c.Payer
			}
		}
		if payer, known := payers[second]; known && first != "" {
			behind[first] = payer
		}
	}
	return behind
}

type sandboxScenariosCmd struct{}

// Help shows an example.
func (sandboxScenariosCmd) Help() string { return "Example:\n  claimbook sandbox scenarios" }

// Run lists the scenarios.
func (sandboxScenariosCmd) Run(app *App) error {
	if app.JSON {
		type row struct {
			Name    string `json:"name"`
			Summary string `json:"summary"`
			Expect  string `json:"expect"`
		}
		var rows []row
		for _, s := range sandbox.Scenarios() {
			rows = append(rows, row{s.Name, s.Summary, s.Expect})
		}
		return json.NewEncoder(app.Stdout).Encode(rows)
	}
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range sandbox.Scenarios() {
		fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Summary)
	}
	return w.Flush()
}
