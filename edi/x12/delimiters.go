// Package x12 turns bytes into X12 segments and back. It streams, keeps memory
// flat however large the file, never guesses, and says where every fault is.
//
// It knows the interchange syntax (ISA, GS, ST and their trailers) and nothing
// of any transaction: loops and elements are the business of package guide and
// of the typed transactions.
package x12

// Delimiters are the four bytes that an interchange declares in its ISA. Any
// single byte may serve, newline and 0x1D included. Repetition is zero when the
// interchange has none (ISA11 is a letter, a digit or a space, as in 4010).
type Delimiters struct{ Element, Repetition, Component, Terminator byte }

// DefaultDelimiters are the ones that the field expects: * ^ : ~
func DefaultDelimiters() Delimiters { return Delimiters{'*', '^', ':', '~'} }

// valid reports whether the four bytes can be told apart from each other and
// from data.
func (d Delimiters) valid() bool {
	if isData(d.Element) || isData(d.Component) || isData(d.Terminator) {
		return false
	}
	if d.Element == d.Component || d.Element == d.Terminator || d.Component == d.Terminator {
		return false
	}
	return d.Repetition == 0 ||
		d.Repetition != d.Element && d.Repetition != d.Component && d.Repetition != d.Terminator
}

// isData reports whether c is a byte that ordinary data cannot do without, so
// that it can never be a delimiter.
func isData(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == ' ' || c == 0
}

// isBlank reports whether c is white space that senders put between segments.
func isBlank(c byte) bool { return c == '\n' || c == '\r' || c == ' ' || c == '\t' }
