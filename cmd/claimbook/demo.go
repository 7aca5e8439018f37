package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/demo"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/web"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type demoCmd struct {
	Encounters int    `default:"300" help:"Encounters a day."`
	Days       int    `default:"1" help:"Days of encounters, from a Monday on."`
	Seed       uint64 `default:"1" help:"The same seed gives the same day, byte for byte."`
	Out        string `default:"demo" placeholder:"DIR" help:"Folder for the files that a person looks at (default ./demo)."`
	Keep       bool   `help:"Go on in the book that an earlier demo with the same seed left here, also one that was interrupted, instead of refusing."`
}

// Help shows an example.
func (demoCmd) Help() string {
	return `A complete practice in one command: a private PostgreSQL, a synthetic practice, a day of
encounters, claims out, the sandbox payer's answers in, remittances posted, secondary
claims, patient payments, statements as PDF, and a summary of where to look. The book stays
in --data-dir for the other commands. Every person in it is made up.

Examples:
  claimbook demo
  claimbook demo --seed 7 --encounters 1000 --days 3 --out demo7 --data-dir demo7/book`
}

func (c demoCmd) Run(ctx context.Context, app *App) error {
	if err := checkWorld(c.Encounters, c.Days); err != nil {
		return err
	}
	began := time.Now()
	d := &demoDay{cmd: c, app: app, world: demo.NewWorld(demo.Options{Seed: c.Seed, Encounters: c.Encounters, Days: c.Days})}
	defer d.close()
	for _, step := range []func(context.Context) error{
		d.setUp, d.copays, d.takeIn, d.send, d.acknowledged, d.paid, d.secondaries, d.patients, d.statements, d.analyze, d.prove,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return d.tell(ctx, time.Since(began))
}

// demoDay is a demo as it goes.
type demoDay struct {
	cmd   demoCmd
	app   *App
	world *demo.World
	book  *Book

	password string
	steps    []demo.Step
	sent     [][]string // the interchanges of each submission
	inbound  []string   // what the payer answered
}

func (d *demoDay) close() {
	if d.book != nil {
		d.book.Close()
	}
}

// step runs one step of the day and remembers what the summary says of it.
func (d *demoDay) step(title string, run func(s *demo.Step) error) error {
	fmt.Fprintf(d.app.Stderr, "%s …\n", title)
	began := time.Now()
	s := demo.Step{Title: title}
	if err := run(&s); err != nil {
		return err
	}
	s.Took = time.Since(began)
	d.steps = append(d.steps, s)
	return nil
}

// on moves the practice's day forward: what follows happens on that day.
func (d *demoDay) on(ctx context.Context, day date.Date) error {
	d.book.Today = day
	return d.book.DB.Tx(ctx, postgres.RoleWork, d.book.Practice.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update practice set fixed_date = $2 where id = $1", d.book.Practice.ID, day)
		return err
	})
}

func (d *demoDay) path(parts ...string) string {
	return filepath.Join(append([]string{d.cmd.Out}, parts...)...)
}

func (d *demoDay) setUp(ctx context.Context) error {
	return d.step("Set up", func(s *demo.Step) error {
		url, release, err := d.app.Database(ctx)
		if err != nil {
			return err
		}
		defer release()
		if err := postgres.Migrate(ctx, url); err != nil {
			return err
		}
		counts, err := d.importPractice(ctx, url)
		if err != nil {
			return err
		}
		if d.book, err = d.app.Open(ctx); err != nil {
			return err
		}
		if err := d.book.Work(ctx); err != nil {
			return err
		}
		if err := d.addUser(ctx); err != nil {
			return err
		}
		s.Result = fmt.Sprintf("%s, %s, %s", count(counts.Patients, "patient"), count(counts.Payers, "payer"), count(counts.Providers, "provider"))
		return nil
	})
}

func (d *demoDay) importPractice(ctx context.Context, url string) (claimsdb.Counts, error) {
	var counts claimsdb.Counts
	db, err := postgres.Open(ctx, url)
	if err != nil {
		return counts, err
	}
	defer db.Close()
	err = db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
		var there int
		if err := tx.QueryRow(ctx, "select count(*) from practice").Scan(&there); err != nil {
			return err
		}
		if there > 0 && !d.cmd.Keep {
			return fault.Invalidf("CB-DEMO-AGAIN", "a demo has run here before: its book is in %s", d.app.DataDir).
				WithFix("choose other folders with --out and --data-dir, go on in that book with --keep, or remove " + d.cmd.Out + " and " + d.app.DataDir)
		}
		if there > 0 {
			if err := d.sameWorld(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := d.world.Write(d.path("input")); err != nil {
			return fault.Environmentf("CB-DEMO-WRITE", "the demo's files cannot be written").Because(err).
				WithFix("choose another folder with --out, or make room")
		}
		_, counts, err = claimsdb.ImportSetup(ctx, tx, d.world.Setup, "demo")
		return err
	})
	return counts, err
}

// sameWorld refuses to go on in a book that another seed has made: its patients
// would become other people.
func (d *demoDay) sameWorld(ctx context.Context, tx pgx.Tx) error {
	first := d.world.Setup.Patients[0]
	var same bool
	err := tx.QueryRow(ctx, `select exists (select 1 from patient p join practice on practice.id = p.practice_id
		where practice.code = $1 and p.account = $2 and p.last_name = $3 and p.first_name = $4 and p.birth_date = $5)`,
		d.world.Setup.Practice.Code, first.Account, first.LastName, first.FirstName, first.BirthDate).Scan(&same)
	if err == nil && !same {
		return fault.Invalidf("CB-DEMO-SEED", "the book in %s is not of seed %d", d.app.DataDir, d.cmd.Seed).
			WithFix("use the seed of its first demo, or other folders with --out and --data-dir")
	}
	return err
}

// addUser makes the login that the summary prints. An earlier demo's login
// keeps its password.
func (d *demoDay) addUser(ctx context.Context) error {
	return d.book.DB.Tx(ctx, postgres.RoleWork, d.book.Practice.ID, func(tx pgx.Tx) error {
		var existed bool
		if err := tx.QueryRow(ctx, "select exists (select 1 from app_user where username = 'demo')").Scan(&existed); err != nil {
			return err
		}
		if !existed {
			d.password = strings.ToLower(rand.Text()[:12])
		}
		_, err := web.CreateUser(ctx, tx, "demo", "Demo Secretary", d.password, d.book.Practice.ID, "owner")
		return err
	})
}

// tell prints the summary, and keeps a copy of it beside the files.
func (d *demoDay) tell(ctx context.Context, took time.Duration) error {
	w := d.world
	s := demo.Summary{
		Practice: w.Setup.Practice.Name + ", " + w.Setup.Practice.Address.City + " (synthetic: nobody in it exists)",
		Subtitle: fmt.Sprintf("%s, to %s · seed %d", d.first().Format("Monday, January 2, 2006"), d.book.Today.Format("January 2, 2006"), d.cmd.Seed),
		Steps:    d.steps, Took: took, Emphasise: terminal(d.app.Stdout),
	}
	err := d.book.read(ctx, func(tx pgx.Tx) (err error) {
		if s.Aging, err = ledgerdb.Aging(ctx, tx, d.book.Practice.ID, d.book.Today, ledger.ByService); err != nil {
			return err
		}
		if s.Book, err = ledgerdb.TrialBalance(ctx, tx, d.book.Practice.ID, d.book.Today); err != nil {
			return err
		}
		if s.Waiting, err = waiting(ctx, tx, d.book.Practice.ID); err != nil {
			return err
		}
		s.Pointers, err = d.pointers(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	s.Print(d.app.Stdout)
	s.Emphasise = false
	var copy bytes.Buffer
	s.Print(&copy)
	return os.WriteFile(d.path("SUMMARY.txt"), copy.Bytes(), 0o600) // it holds the login
}

// waiting groups the open work items.
func waiting(ctx context.Context, tx pgx.Tx, practiceID int64) ([]demo.Waiting, error) {
	rows, err := tx.Query(ctx, `select kind, count(*)::int, sum(amount)::bigint,
			(array_agg(reason order by amount desc, dedupe_key))[1]
		from work_item where practice_id = $1 and state = 'open' group by kind order by 3 desc, 1`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[demo.Waiting])
}

// pointers names the files, pages and commands that are worth a look.
func (d *demoDay) pointers(ctx context.Context, tx pgx.Tx) ([]demo.Pointer, error) {
	self := "claimbook"
	if !strings.ContainsRune(os.Args[0], os.PathSeparator) {
		self = os.Args[0]
	} else if path, err := filepath.Rel(".", os.Args[0]); err == nil {
		self = "./" + path
	}
	if d.app.DataDir != ".claimbook" {
		self += " --data-dir " + d.app.DataDir
	}
	var denied, paid string
	err := tx.QueryRow(ctx, `select coalesce((select number from claim where practice_id = $1 and state = 'denied' order by charge desc, number limit 1), ''),
		coalesce((select number from claim where practice_id = $1 and payer_rank = 1 and state in ('paid', 'closed', 'partly-paid') order by charge desc, number limit 1), '')`,
		d.book.Practice.ID).Scan(&denied, &paid)
	if err != nil {
		return nil, err
	}
	login := "user demo, password " + d.password
	if d.password == "" {
		login = "user demo, with the password of the first demo here"
	}
	list := []demo.Pointer{
		{What: "Look at it in a browser", Where: self + " serve      then http://127.0.0.1:8370"},
		{What: "", Where: login},
		{What: "Statements", Where: d.path("statements")},
		{What: "What went out, came in", Where: d.path("sent") + "   " + d.path("inbound")},
		{What: "Prove the book", Where: self + " verify"},
	}
	if paid != "" {
		list = append(list, demo.Pointer{What: "Every cent of a claim", Where: self + " explain claim " + paid})
	}
	if denied != "" {
		list = append(list, demo.Pointer{What: "A denied claim", Where: self + " claims show " + denied})
	}
	return append(list, demo.Pointer{What: "Receive it all again", Where: self + " receive " + d.path("inbound", "*", "*") + "      changes nothing"},
		demo.Pointer{What: "The journal for hledger", Where: self + " export journal"}), nil
}
