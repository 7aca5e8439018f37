package simulate

// Scenarios are what a run of many seeds must have met, each at least once.
var Scenarios = []string{
	"paid", "denied line", "denied claim", "claim level", "no lines", "split line", "modifier dropped", "procedure changed", "number lost",
	"withhold", "tax", "sequestration", "capitation", "negative adjustment", "adjustment for a person", "protected by remark", "protected by OA-209",
	"second payer", "third payer", "forwarded", "estimate", "claim of somebody else",
	"paper check", "nothing paid", "prenotification", "unknown payee", "unbalanced", "same trace, other content", "received again",
	"reversal", "reversal without its original", "reversed twice", "reversal in another month", "reversal after its correction", "reversal after the next payer",
	"billed too much becomes a credit", "posted after its month closed",
	"PLB WO", "PLB FB", "PLB 72", "PLB L6", "PLB IR", "PLB E3", "PLB AH", "PLB 50", "PLB 51", "PLB L3", "PLB CT", "PLB LE", "PLB CS", "PLB J1",
	"recovered as announced", "recovered before it was announced", "recovered with a refund acknowledged",
	"copay waits", "matched later", "deposited", "visit changed",
	"reversal of another reason", "reversal of another amount", "reversal matched later", "line bundled", "line of no claim", "line left out", "remainder of the claim",
	"adjusted once the prior payer answered", "adjusted once the reversal came", "number known from a match",
	"forwarded by the second payer", "not ours and forwarded",
	"treated as denial", "treated as contractual", "treated as reduction", "treated as withhold", "treated as tax", "treated as capitation", "treated as patient", "refused",
	"assigned to a line", "PLB classified", "PLB by rule", "treated by rule", "protected share by rule", "unidentified cash returned", "accepted from quarantine",
	"decision taken back with its answer", "let stand", "dismissed",
	"refund of what was announced", "refund of what was paid", "refund sent", "refund taken back with its answer", "refund acknowledged",
	"written off as small-balance", "written off as charity", "written off as discount", "written off as bad-debt", "credit applied",
	"patient refunded", "patient refund sent", "refund blocked by a returned check",
	"check returned", "check returned by the bank", "returned after its credit was applied", "returned after its credit was refunded", "returned while its refund waited",
	"returned check charged", "bad debt recovered", "drawer deposited", "card payout",
	"interrupted", "two files at once",
}

func (m *Model) note(scenario string) { m.Met[scenario]++ }

// noteAdvice counts what a payment that posts is about.
func (m *Model) noteAdvice(a *Advice) {
	if a.Method == "CHK" {
		m.note("paper check")
	}
	if a.Method == "NON" {
		m.note("nothing paid")
	}
	if m.today.Before(m.open) {
		m.note("posted after its month closed")
	}
	for _, p := range a.Provider {
		m.note("PLB " + p.Code)
	}
	for _, c := range a.Answers {
		m.noteAnswer(c)
	}
}

func (m *Model) noteAnswer(c *Answer) {
	switch {
	case c.Claim == nil:
		m.note("claim of somebody else")
		return
	case c.Status == "22":
		if c.Garbled && m.aliases[c.Claim.Payer().Code+"|"+c.Number+"|"+c.ICN] != nil {
			m.note("number known from a match")
		}
		return
	case c.Status == "25":
		m.note("estimate")
		return
	case c.Status == "19":
		m.note("forwarded")
	case c.Status == "20":
		m.note("forwarded by the second payer")
	case c.Status == "23":
		m.note("not ours and forwarded")
	case c.Status == "4":
		m.note("denied claim")
	}
	if c.Garbled {
		m.note("number lost")
	}
	if c.Garbled && m.aliases[c.Claim.Payer().Code+"|"+c.Number+"|"+c.ICN] != nil {
		m.note("number known from a match")
	}
	if c.Claim.Rank > 1 {
		m.note([]string{"second payer", "third payer"}[c.Claim.Rank-2])
	}
	if len(c.Reasons) > 0 {
		m.note("claim level")
	}
	if len(c.Lines) == 0 {
		m.note("no lines")
	}
	seen := map[*Line]bool{}
	for _, l := range c.Lines {
		if seen[l.Line] {
			m.note("split line")
		}
		seen[l.Line] = true
		m.noteLine(l)
	}
	for _, l := range remainder(c, sharesOfLines(c)) {
		if l.line == nil {
			m.note("remainder of the claim")
		} else {
			m.note("line left out")
		}
	}
	for _, s := range shares(c) {
		for _, r := range s.reasons {
			if m.rules[c.Claim.Payer().Code+"|"+r.Group+"-"+r.CARC] != "" {
				m.note("treated by rule")
			} else if to, moves := m.treatment(c, s, r); moves && m.means(c.Claim.Payer(), r) == "patient" && to.Account != "1110" && to.Account != "1100" {
				m.note("protected share by rule")
			}
		}
	}
}

func (m *Model) noteLine(l *AnswerLine) {
	switch {
	case l.Style == "no modifier" && l.Line.Modifier != "":
		m.note("modifier dropped")
	case l.Style == "changed":
		m.note("procedure changed")
	case l.Style == "bundled":
		m.note("line bundled")
	case l.Style == "unknown":
		m.note("line of no claim")
	}
	if l.Protected {
		m.note("protected by remark")
	}
	if l.Paid > 0 {
		m.note("paid")
	} else if len(l.Reasons) == 1 && l.Reasons[0].Amount == l.Charge && l.Reasons[0].CARC != "24" {
		m.note("denied line")
	}
	names := map[string]string{"104": "withhold", "105": "tax", "253": "sequestration", "24": "capitation", "209": "protected by OA-209"}
	for _, r := range l.Reasons {
		if name := names[r.CARC]; name != "" {
			m.note(name)
		}
		if r.Amount < 0 {
			m.note("negative adjustment")
		}
		if l.Paid > 0 && (r.CARC == "97" || r.CARC == "22") {
			m.note("adjustment for a person")
		}
	}
}

// noteReversal counts what a reversal meets in the book.
func (m *Model) noteReversal(a *Answer, original *posted) {
	c := a.Claim
	m.note("reversal")
	if original.month != m.postingMonth() {
		m.note("reversal in another month")
	}
	later := false
	for _, p := range m.posted[c.Number] {
		if p.reversed && p != original {
			m.note("reversed twice")
		}
		if later && p.answer.Claim == c {
			m.note("reversal after its correction")
		}
		later = later || p == original
	}
	for _, list := range m.posted {
		for _, p := range list {
			if p.answer.Claim.Visit == c.Visit && p.answer.Claim.Rank > c.Rank {
				m.note("reversal after the next payer")
				return
			}
		}
	}
}
