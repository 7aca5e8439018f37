package main

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// What a workbook can hold: rows of a sheet, letters of its name, and digits of
// a number, beyond which spreadsheets round.
const (
	sheetRows    = 1 << 20
	sheetName    = 31
	sheetDigits  = 15
	widestColumn = 60
)

// writeXLSX writes the rows and the totals as a workbook of one sheet, row by
// row: amounts are numbers with two decimals, days are days, and the header
// stays in sight.
func (t *table) writeXLSX(w io.Writer, title string) (err error) {
	if len(t.rows) >= sheetRows {
		return fault.Invalidf("CB-REPORT-ROWS", "a sheet holds %d rows, this report has %d", sheetRows-1, len(t.rows)).
			WithFix("narrow it with --from and --to, or take --format csv")
	}
	book := excelize.NewFile()
	defer func() {
		if closed := book.Close(); err == nil {
			err = closed
		}
	}()
	title = strings.TrimSpace(title)
	name := sheetTitle(title)
	if err := book.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	if err := book.SetDocProps(&excelize.DocProperties{Title: title, Creator: "Claimbook"}); err != nil {
		return err
	}
	styles, err := newSheetStyles(book)
	if err != nil {
		return err
	}
	sheet, err := book.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i := range t.columns {
		if err := sheet.SetColWidth(i+1, i+1, t.sheetWidth(i)); err != nil {
			return err
		}
	}
	if err := sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(t.columns))
	for i := range t.columns {
		heading, _ := t.column(i)
		cells[i] = excelize.Cell{StyleID: styles.header, Value: heading}
	}
	if err := sheet.SetRow("A1", cells); err != nil {
		return err
	}
	for n, row := range t.rows {
		for i := range row {
			_, holds := t.column(i)
			cells[i] = excelize.Cell{StyleID: styles.of(holds, t.totals[n]), Value: sheetValue(holds, t.bare(row, i))}
		}
		if err := sheet.SetRow("A"+strconv.Itoa(n+2), cells); err != nil {
			return err
		}
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	return book.Write(w)
}

// sheetValue is a cell as its sheet keeps it. A number goes through floating
// point in the library alone: of up to 15 digits it comes out in the very
// digits that went in; one with more stays text rather than be rounded.
func sheetValue(holds byte, bare string) any {
	switch {
	case bare == "":
		return nil
	case holds == holdsDays:
		if day, err := date.Parse(bare); err == nil {
			return day.Time()
		}
	case holds != holdsText && len(bare) <= sheetDigits:
		if number, err := strconv.ParseFloat(bare, 64); err == nil {
			return number
		}
	}
	return bare
}

// sheetTitle is a title as the name of a sheet, which some characters may not
// be in.
func sheetTitle(title string) string {
	title, _, _ = strings.Cut(title, "\n")
	title = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, title)
	if short := []rune(title); len(short) > sheetName {
		title = string(short[:sheetName])
	}
	return strings.TrimSpace(title)
}

// sheetWidth is how many characters of a column are seen without widening it.
func (t *table) sheetWidth(i int) float64 {
	heading, _ := t.column(i)
	width := utf8.RuneCountInString(heading)
	for _, row := range t.rows {
		width = max(width, utf8.RuneCountInString(row[i]))
	}
	return float64(min(width, widestColumn) + 2)
}

// sheetStyles are the looks of a workbook's cells, by what they hold.
type sheetStyles struct {
	header       int
	rows, totals map[byte]int
}

func newSheetStyles(book *excelize.File) (s sheetStyles, err error) {
	bold := &excelize.Font{Bold: true}
	if s.header, err = book.NewStyle(&excelize.Style{Font: bold, Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "000000"}}}); err != nil {
		return s, err
	}
	s.rows, s.totals = map[byte]int{}, map[byte]int{}
	for holds, format := range map[byte]string{holdsAmounts: "#,##0.00", holdsCounts: "#,##0", holdsNumbers: "General", holdsDays: "yyyy-mm-dd", holdsText: "@"} {
		if s.rows[holds], err = book.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return s, err
		}
		if s.totals[holds], err = book.NewStyle(&excelize.Style{CustomNumFmt: &format, Font: bold}); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s sheetStyles) of(holds byte, total bool) int {
	if total {
		return s.totals[holds]
	}
	return s.rows[holds]
}
