// Package statementpdf sets a frozen statement on US Letter paper: return and
// recipient address in the windows of a #10 double-window envelope, a coupon at
// the foot of the first page, the visits on as many pages as they need. The same
// statement gives the same bytes, so that a reprint is the original.
package statementpdf

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// The page in points (72 to the inch): US Letter, and the windows of the
// envelope, which show an address and nothing else.
const (
	pageWidth, pageHeight = 612.0, 792.0
	left, right           = 36.0, 576.0

	returnTop      = 36.0  // 0.5 in
	recipientTop   = 147.0 // 2.04 in
	windowWidth    = 252.0 // 3.5 in
	bodyTop        = 243.0 // 3 3/8 in
	couponTop      = 604.0
	continuedTop   = 74.0
	continuedFoot  = 744.0
	windowLineStep = 13.0
)

// The one accent, the inks and the tints.
var (
	accent = colour{15, 87, 112}
	ink    = colour{28, 33, 38}
	muted  = colour{96, 106, 115}
	rule   = colour{205, 211, 216}
	tint   = colour{238, 244, 246}
)

type colour struct{ r, g, b int }

// Render sets the statement and returns the PDF and its number of pages.
func Render(s *billing.Statement) (pdf []byte, pages int, err error) {
	d := newDocument(s)
	d.firstPage()
	d.visits()
	d.closing()
	pages = d.PageCount()
	for page := 1; page <= pages; page++ {
		d.SetPage(page)
		d.foot(page, pages)
	}
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		return nil, 0, fmt.Errorf("statement %s: %w", s.Number, err)
	}
	return out.Bytes(), pages, nil
}

// document is a PDF being set; y is where the next block goes, bottom how far
// blocks may go on this page.
type document struct {
	*fpdf.Fpdf
	s         *billing.Statement
	y, bottom float64
	inVisit   *billing.Visit // whose heading is repeated on a new page
}

func newDocument(s *billing.Statement) *document {
	pdf := fpdf.New("P", "pt", "Letter", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(s.Date.Time())
	pdf.SetModificationDate(s.Date.Time())
	pdf.SetTitle("Statement "+s.Number, true)
	pdf.SetAuthor(s.Practice.Name, true)
	pdf.SetProducer("Claimbook", true)
	pdf.SetLang("en-US")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCellMargin(0)
	// The library writes into the font that it is given while it cuts out what is
	// used: each document gets a copy of its own, for the sake of the next one.
	pdf.AddUTF8FontFromBytes("go", "", bytes.Clone(goregular.TTF))
	pdf.AddUTF8FontFromBytes("go", "B", bytes.Clone(gobold.TTF))
	pdf.AddUTF8FontFromBytes("mono", "", bytes.Clone(gomono.TTF))
	return &document{Fpdf: pdf, s: s}
}

// font sets face, size and ink.
func (d *document) font(style string, size float64, c colour) {
	d.SetFont("go", style, size)
	d.SetTextColor(c.r, c.g, c.b)
}

// text sets one line with its baseline at y; what does not fit in width ends in
// an ellipsis. Width 0 is no bound.
func (d *document) text(x, y, width float64, s string) {
	d.Text(x, y, d.fit(printable(s), width))
}

// textRight is text that ends at x.
func (d *document) textRight(x, y float64, s string) {
	s = printable(s)
	d.Text(x-d.GetStringWidth(s), y, s)
}

func (d *document) fit(s string, width float64) string {
	if width == 0 || d.GetStringWidth(s) <= width {
		return s
	}
	for len(s) > 0 && d.GetStringWidth(s+"…") > width {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimRight(s, " ") + "…"
}

// paragraph sets wrapped text and returns the baseline after it.
func (d *document) paragraph(x, y, width, step float64, s string) float64 {
	for _, line := range d.wrap(s, width) {
		d.Text(x, y, line)
		y += step
	}
	return y
}

func (d *document) wrap(s string, width float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(printable(s)) {
		switch {
		case line == "":
			line = word
		case d.GetStringWidth(line+" "+word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// printable replaces what the fonts have no glyph for: a statement is better
// with a mark in a name than with a hole.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < 0x20 || r == utf8.RuneError:
			return -1
		case r > 0x2fff: // scripts beyond Latin, Greek, Cyrillic and signs
			return '□'
		}
		return r
	}, s)
}

func (d *document) line(y float64, c colour) {
	d.SetDrawColor(c.r, c.g, c.b)
	d.SetLineWidth(0.6)
	d.Line(left, y, right, y)
}

func (d *document) box(x, y, w, h float64, c colour) {
	d.SetFillColor(c.r, c.g, c.b)
	d.Rect(x, y, w, h, "F")
}

// address returns the lines of an address block.
func address(name string, a claims.Address) []string {
	lines := []string{name}
	for _, l := range []string{a.Line1, a.Line2} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	zip := a.ZIP
	if len(zip) == 9 {
		zip = zip[:5] + "-" + zip[5:]
	}
	city := strings.TrimSpace(a.City + " " + a.State + " " + zip)
	if city != "" {
		lines = append(lines, city)
	}
	return lines
}

// window sets an address inside a window of the envelope, in capitals as the
// post office reads them best.
func (d *document) window(top float64, size float64, lines []string) {
	d.font("", size, ink)
	y := top + size
	for _, l := range lines {
		d.text(left, y, windowWidth, strings.ToUpper(l))
		y += windowLineStep
	}
}

// foot numbers the page.
func (d *document) foot(page, pages int) {
	d.font("", 8, muted)
	d.textRight(right, pageHeight-20, fmt.Sprintf("Page %d of %d", page, pages))
	if page > 1 {
		d.text(left, pageHeight-20, 0, d.s.Practice.Name)
	}
}

// spoken writes a name that a system keeps in capitals as people write it.
func spoken(name string) string {
	if name != strings.ToUpper(name) {
		return name
	}
	words := strings.Fields(strings.ToLower(name))
	for i, w := range words {
		first, size := utf8.DecodeRuneInString(w)
		words[i] = strings.ToUpper(string(first)) + w[size:]
	}
	return strings.Join(words, " ")
}

func longDate(on date.Date) string { return on.Format("January 2, 2006") }

func shortDate(on date.Date) string { return on.Format("01/02/2006") }

// amount is a figure in a column: what is nothing is a dash, what lowers the
// balance carries a minus.
func amount(c money.Cents) string {
	switch {
	case c == 0:
		return "–"
	case c < 0:
		return "−" + (-c).Dollars()
	}
	return c.Dollars()
}
