package main

import (
	"context"
	"fmt"

	"github.com/claimbook/claimbook/internal/demo"
	"github.com/claimbook/claimbook/internal/fault"
)

// worldCmd writes the files of a synthetic practice: what the demo runs on.
type worldCmd struct {
	Seed       uint64 `default:"1" help:"The same seed draws the same practice and the same day, byte for byte."`
	Encounters int    `default:"300" help:"Encounters a day."`
	Days       int    `default:"1" help:"Days, from a Monday on."`
	Out        string `default:"." type:"path" help:"Folder for practice.yaml and the encounter files."`
}

// Help shows an example.
func (worldCmd) Help() string {
	return "Every person in it is made up. The set-up goes into practice.yaml, each day's encounters into a CSV and a JSON file.\n\nExample:\n  claimbook sandbox world --seed 7 --encounters 80 --out day"
}

func (c worldCmd) Run(_ context.Context, app *App) error {
	if err := checkWorld(c.Encounters, c.Days); err != nil {
		return err
	}
	w := demo.NewWorld(demo.Options{Seed: c.Seed, Encounters: c.Encounters, Days: c.Days})
	files, err := w.Write(c.Out)
	if err != nil {
		return fault.Environmentf("CB-WORLD-WRITE", "the files cannot be written").Because(err)
	}
	fmt.Fprintln(app.Stdout, files.Practice)
	for _, day := range files.Days {
		for _, path := range day {
			fmt.Fprintln(app.Stdout, path)
		}
	}
	return nil
}

// checkWorld refuses a world that cannot be drawn: 120 patients have one visit
// a day each, within the last weeks.
func checkWorld(encounters, days int) error {
	if encounters < 1 || encounters > 2000 {
		return fault.Usagef("CB-WORLD-ENCOUNTERS", "--encounters must lie between 1 and 2000")
	}
	if days < 1 || days > 20 {
		return fault.Usagef("CB-WORLD-DAYS", "--days must lie between 1 and 20")
	}
	if encounters*days > 5000 {
		return fault.Usagef("CB-WORLD-ENCOUNTERS", "%d encounters on %d days are more than the synthetic practice can treat (5000 in all)", encounters, days)
	}
	return nil
}
