// Package fault is the one error type of Claimbook: what is wrong, where, and
// what to do about it. It is mapped to exit codes, HTTP statuses and pages in
// one place, so that a person meets the same words everywhere.
//
// No patient data belongs in a fault: errors travel into logs, job records and
// metrics. Name the record by its line, segment or number instead.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kind says whose problem an error is. It decides the exit code.
type Kind uint8

const (
	// Environment: no database, no disk, no partner. The zero value, because
	// an error nobody classified is not the user's fault. Exit code 3.
	Environment Kind = iota
	// Invalid: the input or the book has a problem that the message describes. Exit code 1.
	Invalid
	// Usage: the command was called wrongly. Exit code 2.
	Usage
	// NotFound: what was asked for is not there. Exit code 1, HTTP 404.
	NotFound
	// Denied: the caller may not do this. Exit code 1, HTTP 403.
	Denied
)

// Error is a problem that a person can act on.
type Error struct {
	Kind    Kind
	Code    string // stable, for scripts and tests: "CB-INTAKE-COLUMN"
	Where   string // file and line, segment and byte offset, or field; may be empty
	Message string // what is wrong, in plain words
	Fix     string // what to do; may be empty
	Err     error  // the cause; may be nil
}

// Error returns "where: message: cause (fix)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	if e.Fix != "" {
		b.WriteString(" (")
		b.WriteString(e.Fix)
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// At returns a copy of e with its place filled in.
func (e *Error) At(where string) *Error { c := *e; c.Where = where; return &c }

// WithFix returns a copy of e with its remedy filled in.
func (e *Error) WithFix(fix string) *Error { c := *e; c.Fix = fix; return &c }

// Because returns a copy of e with its cause filled in.
func (e *Error) Because(err error) *Error { c := *e; c.Err = err; return &c }

// New makes an error of the kind with a stable code and a message.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalidf is New(Invalid, …).
func Invalidf(code, format string, args ...any) *Error { return New(Invalid, code, format, args...) }

// Usagef is New(Usage, …).
func Usagef(code, format string, args ...any) *Error { return New(Usage, code, format, args...) }

// Environmentf is New(Environment, …).
func Environmentf(code, format string, args ...any) *Error {
	return New(Environment, code, format, args...)
}

// NotFoundf is New(NotFound, …).
func NotFoundf(code, format string, args ...any) *Error { return New(NotFound, code, format, args...) }

// KindOf returns the kind of the outermost fault in err's chain; an error
// that is none is Environment.
func KindOf(err error) Kind {
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Environment
}

// CodeOf returns the stable code of the outermost fault in err's chain, or "".
func CodeOf(err error) string {
	var f *Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// ExitCode maps err to the process's exit code: 0 done, 1 the input or the book
// has a problem, 2 wrong usage, 3 the environment failed.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	switch KindOf(err) {
	case Invalid, NotFound, Denied:
		return 1
	case Usage:
		return 2
	default:
		return 3
	}
}

// HTTPStatus maps err to a status code.
func HTTPStatus(err error) int {
	if err == nil {
		return http.StatusOK
	}
	switch KindOf(err) {
	case Invalid:
		return http.StatusUnprocessableEntity
	case Usage:
		return http.StatusBadRequest
	case NotFound:
		return http.StatusNotFound
	case Denied:
		return http.StatusForbidden
	default:
		return http.StatusInternalServerError
	}
}
