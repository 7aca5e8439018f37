package statementpdf

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/money"
)

// firstPage sets everything that has a fixed place: windows, the box with what
// is owed, the message, and the coupon.
func (d *document) firstPage() {
	s := d.s
	d.AddPage()
	d.window(returnTop, 10, address(s.Practice.Name, s.Practice.Address))
	d.window(recipientTop, 11, address(s.Recipient.Name, s.Recipient.Address))
	d.amountBox()
	d.coupon()

	d.font("", 10.5, ink)
	d.y = d.paragraph(left, bodyTop+14, right-left, 14.5, s.Message) + 4
	d.summary()
	d.bottom = couponTop - 26
}

// amountBox is the upper right: what this is, and what is owed by when.
func (d *document) amountBox() {
	s := d.s
	const x = 342.0
	d.font("B", 20, accent)
	d.text(x, 54, 0, "Statement")
	d.font("", 9, muted)
	y := 74.0
	for _, row := range [][2]string{{"Statement date", longDate(s.Date)}, {"Statement number", s.Number}, {"Account number", s.Account}} {
		d.font("", 9, muted)
		d.text(x, y, 0, row[0])
		d.font("", 9, ink)
		d.textRight(right, y, row[1])
		y += 13.5
	}
	d.box(x, 122, right-x, 74, tint)
	d.SetFillColor(accent.r, accent.g, accent.b)
	d.Rect(x, 122, 3, 74, "F")
	d.font("", 9.5, muted)
	d.text(x+16, 142, 0, "You owe now")
	d.font("B", 24, accent)
	d.text(x+16, 170, 0, s.Balance.Dollars())
	d.font("", 9.5, ink)
	d.text(x+16, 187, 0, "Please pay by "+longDate(s.DueDate))
	if d.s.Level > billing.FirstNotice {
		d.font("B", 9.5, accent)
		d.textRight(right-12, 142, billing.LevelName(s.Level))
	}
}

// summary is the strip of five figures that leads from the charges to what is
// owed.
func (d *document) summary() {
	t := d.s.Totals
	cells := []struct {
		label  string
		figure string
		strong bool
	}{
		{"Charges", t.Charge.Dollars(), false},
		{"Insurance paid", minus(t.InsurancePaid), false},
		{"Adjustments", minus(t.Adjustments), false},
		{"You paid", minus(t.PatientPaid + d.s.Credits), false},
		{"You owe now", d.s.Balance.Dollars(), true},
	}
	if t.Pending != 0 {
		cells = append(cells[:4:4], append([]struct {
			label  string
			figure string
			strong bool
		}{{"With insurance", minus(t.Pending), false}}, cells[4])...)
	}
	width := (right - left) / float64(len(cells))
	d.line(d.y, rule)
	for i, c := range cells {
		x := left + float64(i)*width
		d.font("", 8.5, muted)
		d.text(x, d.y+15, width-6, c.label)
		if c.strong {
			d.font("B", 13, accent)
		} else {
			d.font("", 13, ink)
		}
		d.text(x, d.y+32, width-4, c.figure)
	}
	d.y += 44
	d.line(d.y, rule)
	d.y += 8
}

func minus(c money.Cents) string { return amount(-c) }

// coupon is the part that comes back with the payment.
func (d *document) coupon() {
	s := d.s
	d.SetDashPattern([]float64{3, 3}, 0)
	d.line(couponTop, muted)
	d.SetDashPattern(nil, 0)
	d.font("", 7.5, muted)
	label := "Please detach and return this part with your payment"
	w := d.GetStringWidth(label)
	d.box((pageWidth-w)/2-8, couponTop-6, w+16, 12, colour{255, 255, 255})
	d.text((pageWidth-w)/2, couponTop+2.5, 0, label)

	y := couponTop + 30
	d.font("", 8.5, muted)
	d.text(left, y, 0, "Make checks payable to")
	d.font("", 10, ink)
	ty := y + 16
	for i, l := range address(s.Practice.Name, s.Practice.Address) {
		if i == 0 {
			d.font("B", 10, ink)
		} else {
			d.font("", 10, ink)
		}
		d.text(left, ty, windowWidth, l)
		ty += 13.5
	}
	d.font("", 8.5, muted)
	d.text(left, couponTop+116, windowWidth, "Please write your account number on your check.")
	d.text(left, couponTop+129, windowWidth, "For a change of address or insurance, please call us.")

	const x = 270.0
	rows := [][2]string{{"Name", spoken(s.Recipient.Name)}, {"Account number", s.Account}, {"Statement number", s.Number},
		{"Due date", longDate(s.DueDate)}, {"You owe now", s.Balance.Dollars()}}
	qrSize := 0.0
	if s.Practice.PaymentURL != "" {
		qrSize = 72
	}
	edge := right - qrSize
	if qrSize > 0 {
		edge -= 18
		d.payOnline(right-qrSize, couponTop+24, qrSize)
	}
	ry := y
	for i, row := range rows {
		d.font("", 8.5, muted)
		d.text(x, ry, 0, row[0])
		style, c := "", ink
		if i == len(rows)-1 {
			style, c = "B", accent
		}
		d.font(style, 9.5, c)
		value := d.fit(printable(row[1]), edge-x-84)
		d.Text(edge-d.GetStringWidth(value), ry, value)
		ry += 15
	}
	d.font("", 8.5, muted)
	d.text(x, ry+13, 0, "Amount enclosed")
	d.SetDrawColor(ink.r, ink.g, ink.b)
	d.SetLineWidth(0.8)
	d.Rect(x+84, ry-1, edge-x-84, 21, "D")
	d.font("", 11, ink)
	d.text(x+90, ry+13.5, 0, "$")

	d.SetFont("mono", "", 11)
	d.SetTextColor(ink.r, ink.g, ink.b)
	line := billing.ScanLine(s)
	d.Text(right-d.GetStringWidth(line), pageHeight-40, line)
}

// payOnline sets the code that leads to the payment page. It names the
// statement and nothing about the patient.
func (d *document) payOnline(x, y, size float64) {
	separator := "?"
	if strings.Contains(d.s.Practice.PaymentURL, "?") {
		separator = "&"
	}
	code, err := qr.Encode(d.s.Practice.PaymentURL+separator+"statement="+d.s.Number, qr.M, qr.Auto)
	if err != nil { // a link too long for a code: it is in the text all the same
		return
	}
	n := code.Bounds().Dx()
	module := size / float64(n)
	d.SetFillColor(ink.r, ink.g, ink.b)
	for row := range n {
		for col := 0; col < n; col++ {
			run := 0
			for col+run < n {
				if r, _, _, _ := code.At(col+run, row).RGBA(); r != 0 {
					break
				}
				run++
			}
			if run > 0 {
				d.Rect(x+float64(col)*module, y+float64(row)*module, float64(run)*module+0.02, module+0.02, "F")
				col += run
			}
		}
	}
	d.font("", 7.5, muted)
	label := "Scan to pay online"
	d.text(x+(size-d.GetStringWidth(label))/2, y+size+11, 0, label)
}

// columns of the table of services: the right edges of the figures.
var columns = [...]struct {
	label string
	x     float64
}{{"Charge", 322}, {"Insurance", 388}, {"Adjusted", 450}, {"You paid", 510}, {"You owe", right}}

const (
	dateWidth = 58.0
	lineStep  = 13.0
)

// visits sets the table, visit by visit; a visit's heading is never left alone
// at the foot of a page.
func (d *document) visits() {
	d.tableHead()
	for i := range d.s.Visits {
		v := &d.s.Visits[i]
		d.need(20 + d.lineHeight(&v.Lines[0]))
		d.visitHead(v, false)
		d.inVisit = v
		for j := range v.Lines {
			d.need(d.lineHeight(&v.Lines[j]))
			d.service(&v.Lines[j])
		}
		d.inVisit = nil
		d.y += 5
	}
}

// need makes room for a block of the height, on a new page if it must.
func (d *document) need(height float64) {
	if d.y+height <= d.bottom {
		return
	}
	d.font("", 8.5, muted)
	d.textRight(right, d.bottom+12, "continued on the next page")
	d.newPage()
	d.tableHead()
	if d.inVisit != nil {
		d.visitHead(d.inVisit, true)
	}
}

func (d *document) newPage() {
	d.AddPage()
	d.font("B", 12, accent)
	d.text(left, 46, 0, "Statement "+d.s.Number)
	d.font("", 9, muted)
	d.textRight(right, 46, "Account "+d.s.Account+"  ·  "+longDate(d.s.Date))
	d.line(56, rule)
	d.y, d.bottom = continuedTop, continuedFoot
}

func (d *document) tableHead() {
	d.font("", 8, muted)
	d.text(left, d.y+10, 0, "Date")
	d.text(left+dateWidth, d.y+10, 0, "Service")
	for _, c := range columns {
		d.textRight(c.x, d.y+10, c.label)
	}
	d.y += 16
	d.line(d.y, rule)
	d.y += 2
}

func (d *document) visitHead(v *billing.Visit, again bool) {
	d.y += 4
	title := spoken(v.Patient)
	if v.Provider != "" {
		title += "  ·  seen by " + spoken(v.Provider)
	}
	if again {
		title += "  (continued)"
	}
	notice := ""
	if v.Level > billing.FirstNotice {
		notice = billing.LevelName(v.Level)
	}
	d.font("B", 9, accent)
	noticeWidth := d.GetStringWidth(notice)
	d.text(left, d.y+10, right-left-noticeWidth-12, title)
	if notice != "" {
		d.textRight(right, d.y+10, notice)
	}
	d.y += 15
}

// descriptionWidth is the room left of the first column of figures.
const descriptionWidth = 322 - left - dateWidth - 50

func (d *document) description(l *billing.StatementLine) []string {
	d.font("", 9, ink)
	lines := d.wrap(l.Description, descriptionWidth)
	if len(lines) == 0 {
		return []string{"Service"}
	}
	return lines
}

func (d *document) lineHeight(l *billing.StatementLine) float64 {
	height := lineStep*float64(len(d.description(l))) + 1
	if reason(l) != "" {
		height += lineStep - 2
	}
	return height
}

func (d *document) service(l *billing.StatementLine) {
	description := d.description(l)
	base := d.y + 10
	d.text(left, base, 0, shortDate(l.Date))
	for i, part := range description {
		d.text(left+dateWidth, base+float64(i)*lineStep, descriptionWidth, part)
	}
	figures := []string{l.Charge.Dollars(), minus(l.InsurancePaid), minus(l.Adjustments), minus(l.PatientPaid)}
	for i, f := range figures {
		d.textRight(columns[i].x, base, f)
	}
	d.font("B", 9, ink)
	d.textRight(right, base, amount(l.Owed))
	if why := reason(l); why != "" {
		d.font("", 8, muted)
		d.text(left+dateWidth, base+float64(len(description))*lineStep-2, right-left-dateWidth, why)
	}
	d.y += d.lineHeight(l)
}

// reason says in words why something of a service is left to pay.
func reason(l *billing.StatementLine) string {
	var parts []string
	for _, s := range l.Shares {
		parts = append(parts, fmt.Sprintf("%s %s", s.Reason, s.Amount.Dollars()))
	}
	text := ""
	if len(parts) > 0 {
		text = "Your plan leaves to you: " + strings.Join(parts, ", ")
	}
	if l.Pending > 0 {
		if text != "" {
			text += ". "
		}
		text += "Still with your insurance: " + l.Pending.Dollars()
	}
	return text
}

// closing sets what follows the table: credits, what insurance still has, the
// ages, how to pay and how to ask.
func (d *document) closing() {
	s := d.s
	var notes []string
	if s.Credits > 0 {
		notes = append(notes, fmt.Sprintf("A credit of %s on your account has been taken off the amount you owe.", s.Credits.Dollars()))
	}
	if s.InsurancePending > 0 {
		notes = append(notes, fmt.Sprintf("%s is still with your insurance. It is not part of this bill; we will write again only if some of it remains for you.", s.InsurancePending.Dollars()))
	}
	ask := "Questions about this bill? "
	if s.Practice.Phone != "" {
		ask += "Call us at " + billing.Phone(s.Practice.Phone)
		if s.Practice.Hours != "" {
			ask += ", " + s.Practice.Hours
		}
		ask += "."
	} else {
		ask += "Please ask us at the desk."
	}
	pay := "How to pay: by check with the part below, or by card at the desk"
	if s.Practice.PaymentURL != "" {
		pay = "How to pay: online at " + strings.TrimPrefix(s.Practice.PaymentURL, "https://") + ", by check with the coupon on the first page, or by card at the desk"
	}
	notes = append(notes, pay+".", ask)
	notes = append(notes, s.Notices...)

	const size, step, gap = 8.5, 11.5, 2.5
	height := 6 + agingHeight + 13.0
	d.font("", size, ink)
	for _, n := range notes {
		height += step*float64(len(d.wrap(n, right-left))) + gap
	}
	height -= step // the last baseline is the end
	bottom := d.bottom
	if d.PageNo() == 1 {
		bottom = couponTop - 10 // no "continued" follows
	}
	if d.y+height > bottom {
		d.font("", 8.5, muted)
		d.textRight(right, d.bottom+12, "continued on the next page")
		d.newPage()
	}
	d.y += 6
	d.aging()
	d.y += 13
	for _, n := range notes {
		d.font("", size, ink)
		d.y = d.paragraph(left, d.y, right-left, step, n) + gap
	}
}

const agingHeight = 32.0

func (d *document) aging() {
	labels := [...]string{"0–30 days", "31–60 days", "61–90 days", "Over 90 days"}
	d.box(left, d.y, right-left, agingHeight, tint)
	d.font("", 8, muted)
	d.text(left+10, d.y+13, 0, "By age since")
	d.text(left+10, d.y+24, 0, "date of service")
	width := (right - left - 96) / float64(len(labels))
	for i, label := range labels {
		x := left + 96 + float64(i)*width
		d.font("", 8, muted)
		d.text(x, d.y+13, 0, label)
		d.font("", 9.5, ink)
		d.text(x, d.y+25, 0, amount(d.s.Aging[i]))
	}
	d.y += agingHeight
}
