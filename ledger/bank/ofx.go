package bank

import (
	"html"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
)

// readOFX reads the transactions (STMTTRN) of an OFX document, in its SGML form
// (version 1, tags without end) or as XML (version 2).
func readOFX(content []byte) (File, error) {
	f := File{Format: "ofx"}
	text := string(content)
	var fields map[string]string // of the open transaction
	number, opened := 1, 0
	for at := 0; at < len(text); {
		start := strings.IndexByte(text[at:], '<')
		if start < 0 {
			break
		}
		number += strings.Count(text[at:at+start], "\n")
		at += start
		end := strings.IndexByte(text[at:], '>')
		if end < 0 {
			return f, wrong(number, "a tag has no end: the file was cut off")
		}
		tag := strings.ToUpper(strings.TrimSpace(text[at+1 : at+end]))
		number += strings.Count(text[at:at+end], "\n")
		at += end + 1
		switch tag {
		case "STMTTRN":
			if fields != nil {
				return f, wrong(number, "a transaction begins inside another one")
			}
			fields, opened = map[string]string{}, number
			continue
		case "/STMTTRN":
			if fields == nil {
				return f, wrong(number, "a transaction ends that did not begin")
			}
			l, err := ofxTransaction(fields, opened)
			if err != nil {
				return f, err
			}
			f.Lines = append(f.Lines, l)
			fields = nil
			continue
		}
		if fields != nil && !strings.HasPrefix(tag, "/") {
			value, _, _ := strings.Cut(text[at:], "<")
			fields[tag] = squeeze(html.UnescapeString(value))
		}
	}
	if fields != nil {
		return f, wrong(opened, "the transaction that begins here has no end: the file was cut off")
	}
	if !strings.Contains(strings.ToUpper(text), "</OFX>") {
		return f, fault.Invalidf("CB-BANK-CUT", "the document has no end (</OFX>): it was cut off").WithFix("fetch it again")
	}
	return f, nil
}

func ofxTransaction(fields map[string]string, number int) (Line, error) {
	l := Line{Number: number}
	day := fields["DTPOSTED"]
	var err error
	if l.BookedOn, err = parseDay(day[:min(8, len(day))]); err != nil {
		return l, wrong(number, "DTPOSTED: %v", err)
	}
	if l.Amount, err = parseAmount(fields["TRNAMT"]); err != nil {
		return l, wrong(number, "TRNAMT: %v", err)
	}
	var refs, words []string
	for _, name := range [...]string{"FITID", "CHECKNUM", "REFNUM"} {
		if fields[name] != "" {
			refs = append(refs, fields[name])
		}
	}
	for _, name := range [...]string{"NAME", "MEMO"} {
		if fields[name] != "" {
			words = append(words, fields[name])
		}
	}
	l.Reference, l.Description = strings.Join(refs, " "), strings.Join(words, " ")
	return l, nil
}
