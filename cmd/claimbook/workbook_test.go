package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// A workbook holds numbers as numbers, to the cent, days as days and text as
// text, whatever the text looks like.
func TestWorkbook(t *testing.T) {
	table := newTable("Account", "Since@", "Items#", "Rate%", "Amount$")
	largest := money.Cents(9_999_999_999_999)
	table.add("1100", "2026-03-02", "1,234", "97.5", dollars(largest))
	table.add("=1+1", "", "", "", dollars(-5))
	table.add("1110", "2026-12-31", "0", "", dollars(0))
	table.total("", "", "", "", dollars(largest-5))
	var out bytes.Buffer
	if err := table.writeXLSX(&out, "Trial balance: 2026/03 [all]"); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	sheet := book.GetSheetName(0)
	if sheet != "Trial balance  2026 03  all" {
		t.Errorf("the sheet is called %q", sheet)
	}
	if panes, err := book.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not frozen: %+v, %v", panes, err)
	}
	for cell, want := range map[string]struct {
		kind       excelize.CellType
		raw, shown string
	}{
		"A1": {excelize.CellTypeInlineString, "Account", "Account"},
		"E1": {excelize.CellTypeInlineString, "Amount", "Amount"},
		"A2": {excelize.CellTypeInlineString, "1100", "1100"},
		"B2": {excelize.CellTypeUnset, "46083", "2026-03-02"},
		"C2": {excelize.CellTypeUnset, "1234", "1,234"},
		"D2": {excelize.CellTypeUnset, "97.5", "97.5"},
		"E2": {excelize.CellTypeUnset, "99999999999.99", "99,999,999,999.99"},
		"A3": {excelize.CellTypeInlineString, "=1+1", "=1+1"},
		"B3": {excelize.CellTypeUnset, "", ""},
		"E3": {excelize.CellTypeUnset, "-0.05", "-0.05"},
		"E4": {excelize.CellTypeUnset, "0", "0.00"},
		"E5": {excelize.CellTypeUnset, "99999999999.94", "99,999,999,999.94"},
	} {
		kind, err := book.GetCellType(sheet, cell)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := book.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
		shown, _ := book.GetCellValue(sheet, cell)
		if kind != want.kind || raw != want.raw || shown != want.shown {
			t.Errorf("%s is %q of type %d and shown as %q, want %q of type %d, shown as %q", cell, raw, kind, shown, want.raw, want.kind, want.shown)
		}
		if formula, _ := book.GetCellFormula(sheet, cell); formula != "" {
			t.Errorf("%s became the formula %s", cell, formula)
		}
	}
}

// What a sheet cannot hold is refused before a file is begun, and a number of
// more digits than a spreadsheet keeps stays text.
func TestWorkbookLimits(t *testing.T) {
	table := newTable("Amount$")
	table.rows = make([][]string, sheetRows)
	if err := table.writeXLSX(&bytes.Buffer{}, "Journal"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "a sheet holds 1048575 rows") {
		t.Errorf("too many rows: %v", err)
	}
	if v := sheetValue(holdsAmounts, "92233720368547758.07"); v != "92233720368547758.07" {
		t.Errorf("an amount beyond the digits of a spreadsheet became %v", v)
	}
}
