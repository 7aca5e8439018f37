package claims

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/claimbook/claimbook/internal/fault"
)

// Formats of intake files, as intake_file.format in the schema.
const (
	FormatCSV  = "csv"
	FormatJSON = "json"
)

// EncounterReader streams the encounters of one file. A record that cannot be
// read is returned with its problems, and reading goes on behind it.
type EncounterReader interface {
	// Next returns the next encounter, or io.EOF. Any other error is of the
	// reader beneath, not of the content.
	Next() (*ReadEncounter, error)
	// Format is FormatCSV or FormatJSON.
	Format() string
	// Notices are what a person should know of the file as a whole: unknown
	// columns and keys. Complete only after io.EOF.
	Notices() []string
}

// ReadEncounter is one encounter of a file: the record, or why it is none.
type ReadEncounter struct {
	Line     int // 1-based, where it begins
	Record   EncounterRecord
	Problems []string // each with its line; not empty: the record is refused
}

// sniffLength is how much of a file decides its format.
const sniffLength = 4096

// OpenEncounters detects the format of a file of encounters by its content and
// returns a reader of it. A file that is no such file is refused with what it
// seems to be instead.
func OpenEncounters(r io.Reader) (EncounterReader, error) {
	in := bufio.NewReaderSize(r, sniffLength)
	head, err := in.Peek(sniffLength)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) { // byte order mark
		if _, err := in.Discard(3); err != nil {
			return nil, err
		}
		head = head[3:]
	}
	start := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(start) == 0:
		return nil, fault.Invalidf("CB-INTAKE-EMPTY", "the file is empty").
			WithFix("a CSV file needs a header and a row for each service line")
	case bytes.HasPrefix(start, []byte("ISA")):
		return nil, fault.Invalidf("CB-INTAKE-X12", "this is an X12 file, not a file of encounters").
			WithFix("take it in with: claimbook receive FILE")
	case bytes.HasPrefix(start, []byte("MSH|")):
		return nil, fault.Invalidf("CB-INTAKE-FORMAT", "this is an HL7 v2 message; encounters are read from CSV and JSON").
			WithFix("export the encounters as CSV or JSON; docs/claims.md describes both")
	case bytes.HasPrefix(start, []byte("%PDF")), bytes.HasPrefix(start, []byte("PK\x03\x04")), !isText(head):
		return nil, fault.Invalidf("CB-INTAKE-BINARY", "this is not a text file").
			WithFix("export the encounters as CSV (UTF-8) or JSON; a spreadsheet must be saved as CSV first")
	case start[0] == '{' || start[0] == '[':
		return newJSONReader(in)
	default:
		return newCSVReader(in)
	}
}

// isText reports whether the beginning of a file is free of control characters.
// Letters of another encoding than UTF-8 are each record's own problem.
func isText(head []byte) bool {
	for _, b := range head {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' {
			return false
		}
	}
	return true
}
