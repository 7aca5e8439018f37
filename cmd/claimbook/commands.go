package main

import "github.com/claimbook/claimbook/internal/config"

// commands is the command line, in the order of a day. A command that does not exist is
// not listed.
type commands struct {
	config.Settings

	Demo demoCmd `cmd:"" help:"A practice's day in one command, from encounters to statements."`

	Migrate  migrateCmd  `cmd:"" help:"Create or update the database schema."`
	Practice practiceCmd `cmd:"" help:"Set-up data of the practice."`
	User     userCmd     `cmd:"" help:"Who may sign in."`

	Intake   intakeCmd   `cmd:"" help:"Take in encounters."`
	Claims   claimsCmd   `cmd:"" help:"Claims and their timelines: list, show, hold, release."`
	Submit   submitCmd   `cmd:"" help:"Build and send the batches that are ready."`
	Exchange exchangeCmd `cmd:"" help:"The trading partners' folders."`
	Receive  receiveCmd  `cmd:"" help:"Take in files that a partner sent: acknowledgments and payments."`

	Worklist   worklistCmd   `cmd:"" help:"What waits for a person."`
	Decide     decideCmd     `cmd:"" help:"Settle what waits for a person."`
	Payment    paymentCmd    `cmd:"" help:"What patients pay."`
	Statements statementsCmd `cmd:"" help:"What patients are told."`

	Deposit depositCmd `cmd:"" help:"What reached the bank: import its files, match them with payments."`
	Period  periodCmd  `cmd:"" help:"Accounting months: close, reopen, list."`
	Report  reportCmd  `cmd:"" help:"Aging, trial balance, day sheet and other reports."`
	Explain explainCmd `cmd:"" help:"Why a balance is what it is, down to the payer's segment."`
	Export  exportCmd  `cmd:"" help:"The journal for other programs."`
	Verify  verifyCmd  `cmd:"" help:"Prove that the book holds."`
	Rebuild rebuildCmd `cmd:"" help:"Make the book again from its inputs and compare."`

	EDI     EDICmd     `cmd:"" name:"edi" help:"Validate, show, format and split X12 files; needs no database."`
	Sandbox sandboxCmd `cmd:"" help:"A payer of our own that answers claims offline."`

	Serve serveCmd `cmd:"" help:"The workbench in a browser, and workers, in one process."`
	Work  workCmd  `cmd:"" help:"Workers only, as many processes as wanted."`
}
