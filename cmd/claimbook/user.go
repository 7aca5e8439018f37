package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/web"
)

type userCmd struct {
	Add userAddCmd `cmd:"" help:"Add a person who may sign in to the practice."`
}

type userAddCmd struct {
	Name          string `arg:"" help:"User name: lower-case letters, digits, dots and dashes."`
	Display       string `help:"Name as the pages show it."`
	Role          string `enum:"owner,biller,accountant,viewer" default:"biller" help:"What the person may do: ${enum}."`
	PasswordStdin bool   `help:"Read the password from the standard input; otherwise one is made up and printed."`
}

// Help shows an example.
func (userAddCmd) Help() string {
	return "Example:\n  claimbook user add rosa --display 'Rosa Elm' --role biller"
}

func (c userAddCmd) Run(ctx context.Context, app *App) error {
	password := rand.Text()[:16]
	if c.PasswordStdin {
		line, err := bufio.NewReader(app.Stdin).ReadString('\n')
		if password = strings.TrimRight(line, "\r\n"); password == "" {
			return fault.Usagef("CB-USER-PASSWORD", "the standard input holds no password").Because(err)
		}
	}
	if c.Display == "" {
		c.Display = c.Name
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	existed := false
	err = book.DB.Tx(ctx, postgres.RoleWork, book.Practice.ID, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "select exists (select 1 from app_user where username = $1)", c.Name).Scan(&existed); err != nil {
			return err
		}
		_, err := web.CreateUser(ctx, tx, c.Name, c.Display, password, book.Practice.ID, c.Role)
		return err
	})
	if err != nil {
		return err
	}
	if c.PasswordStdin || existed {
		password = ""
	}
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(struct {
			User     string `json:"user"`
			Password string `json:"password,omitempty"`
			Existed  bool   `json:"existed"`
		}{c.Name, password, existed})
	}
	switch {
	case existed:
		fmt.Fprintf(app.Stdout, "%s, who has a password already, may now work in this practice as %s.\n", c.Name, c.Role)
	case password != "":
		fmt.Fprintf(app.Stdout, "%s may sign in with the password %s\n", c.Name, password)
	default:
		fmt.Fprintf(app.Stdout, "%s may sign in with the password given.\n", c.Name)
	}
	return nil
}
