package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

type practiceCmd struct {
	Import practiceImportCmd `cmd:"" help:"Import a practice's set-up from YAML."`
}

type practiceImportCmd struct {
	File string `arg:"" placeholder:"FILE" help:"Set-up in YAML, or - for the standard input."`
}

// Help shows an example.
func (practiceImportCmd) Help() string {
	return "One file holds the practice, its trading partners, payers with contracts, providers, facilities, fee schedule, guarantors and patients with their coverages. Importing it again updates what it names by code; nothing is removed. docs/claims.md describes every key.\n\nExample:\n  claimbook practice import practice.yaml"
}

func (c practiceImportCmd) Run(ctx context.Context, app *App) error {
	setup, err := c.read(app)
	if err != nil {
		return err
	}
	url, release, err := app.Database(ctx)
	if err != nil {
		return err
	}
	defer release()
	db, err := postgres.Open(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := postgres.RequireMigrated(ctx, url); err != nil {
		return err
	}
	var practice claims.Practice
	var counts claimsdb.Counts
	err = db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) (err error) {
		practice, counts, err = claimsdb.ImportSetup(ctx, tx, setup, actor())
		return err
	})
	if err != nil {
		return err
	}
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(struct {
			Practice string `json:"practice"`
			claimsdb.Counts
		}{practice.Code, counts})
	}
	fmt.Fprintf(app.Stdout, "Practice %s, %s: %s, %s, %s, %s, %s, %s, %s, %s with %s.\n", practice.Code, practice.Name,
		count(counts.Partners, "trading partner"), count(counts.Payers, "payer"), count(counts.Rates, "contract rate"),
		count(counts.Providers, "provider"), countAs(counts.Facilities, "facility", "facilities"), count(counts.Fees, "fee"),
		count(counts.Guarantors, "guarantor"), count(counts.Patients, "patient"), count(counts.Coverages, "coverage"))
	return nil
}

func (c practiceImportCmd) read(app *App) (claims.Setup, error) {
	if c.File == "-" {
		return claims.ReadSetup(app.Stdin, "standard input")
	}
	file, err := openInput(c.File)
	if err != nil {
		return claims.Setup{}, err
	}
	defer func() { _ = file.Close() }()
	return claims.ReadSetup(file, c.File)
}

// openInput opens a file that a person named. A file that is missing or a
// folder is their mistake; one that may not be read is the environment's.
func openInput(path string) (*os.File, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, fault.Invalidf("CB-FILE-MISSING", "there is no such file").At(path).WithFix("check the name and the folder")
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, fault.Environmentf("CB-FILE-PERMISSION", "the file may not be read by this user").At(path).WithFix("change its permissions, or run as its owner")
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		_ = file.Close()
		return nil, fault.Invalidf("CB-FILE-FOLDER", "this is a folder, not a file").At(path).WithFix("name the files in it: " + path + "/*")
	}
	return file, nil
}

// unreadable is the fault of a file that opens but does not yield its content:
// a bad disk, a lost network folder. What is a fault already stays as it is.
func unreadable(path string, err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err // the path is said once, by us
	}
	return fault.Environmentf("CB-FILE-READ", "the file cannot be read").At(path).Because(err).WithFix("check the file and its disk, then try again")
}

// actor is the person at the keyboard, for the timelines and the input log.
func actor() string {
	for _, name := range []string{"USER", "LOGNAME"} {
		if user := os.Getenv(name); user != "" {
			return user
		}
	}
	return "operator"
}

func count(n int, what string) string { return countAs(n, what, what+"s") }

func countAs(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
