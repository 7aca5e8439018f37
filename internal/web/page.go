package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

// request is a signed-in member's request inside its database snapshot.
type request struct {
	*http.Request
	tx     pgx.Tx
	viewer webdb.Viewer
	today  date.Date
	others bool // the member works for other practices too
}

// view is what a page shows, or where it sends the browser instead.
type view struct {
	title    string
	section  string // of the navigation
	body     templ.Component
	redirect string
	// looked names the patient record that was shown, for the audit trail:
	// "claim/1234". Empty for lists and reports.
	looked string
}

// pageFunc reads what a page shows. It must not write: the snapshot refuses it.
type pageFunc func(*request) (view, error)

var errNoPage = fault.NotFoundf("CB-WEB-NOT-FOUND", "there is no page at this address").
	WithFix("start from Today, or look the record up by its number")

// page turns a pageFunc into a handler: sign-in, snapshot, rendering, errors.
func (s *Server) page(f pageFunc) http.Handler {
	return s.member(func(w http.ResponseWriter, r *http.Request, viewer webdb.Viewer) {
		var v view
		var buf bytes.Buffer
		frame := frame{viewer: viewer, today: s.day(viewer), others: s.sessions.GetBool(r.Context(), sessionOthers)}
		err := s.db.TxReadOnly(r.Context(), postgres.RoleWeb, viewer.PracticeID, func(tx pgx.Tx) error {
			buf.Reset()
			err := codesetdb.Use(r.Context(), tx) // what codes mean, by the book's lists
			if err != nil {
				return err
			}
			v, err = f(&request{Request: r, tx: tx, viewer: viewer, today: frame.today, others: frame.others})
			return err
		})
		if err == nil && v.looked != "" {
			err = s.audit(r.Context(), viewer, "view", v.looked)
		}
		if err == nil && v.redirect != "" {
			http.Redirect(w, r, v.redirect, http.StatusSeeOther)
			return
		}
		if err == nil {
			frame.title, frame.section = v.title, v.section
			err = layout(frame, v.body).Render(r.Context(), &buf)
		}
		if err != nil {
			s.fail(w, r, &frame, err)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(buf.Bytes())
	})
}

// audit records that a member saw a patient's record. A page whose trail cannot
// be written is not shown.
func (s *Server) audit(ctx context.Context, viewer webdb.Viewer, action, subject string) error {
	return s.db.Tx(ctx, postgres.RoleWeb, viewer.PracticeID, func(tx pgx.Tx) error {
		return webdb.Audit(ctx, tx, viewer.PracticeID, viewer.Username, action, subject)
	})
}

// day is the practice's business day.
func (s *Server) day(v webdb.Viewer) date.Date {
	if !s.today.IsZero() {
		return s.today
	}
	if !v.FixedDate.IsZero() {
		return v.FixedDate
	}
	zone, err := time.LoadLocation(v.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return date.Of(s.now().In(zone))
}

// fail shows an error as a page in the same words as the command line. What is
// not the reader's fault is logged under a reference and shown without detail.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f *frame, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader has gone
	}
	status := fault.HTTPStatus(err)
	shown := problem{status: status, title: http.StatusText(status)}
	var known *fault.Error
	if errors.As(err, &known) && status < http.StatusInternalServerError {
		shown.message, shown.fix, shown.code = known.Message, known.Fix, known.Code
	} else {
		shown.reference = rand.Text()[:8]
		shown.title, shown.message = "This page failed", "Something on our side failed; nothing was changed."
		shown.fix = "try again; if it fails again, give this reference to whoever runs the server"
		if known != nil {
			shown.code = known.Code
		}
		s.log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.String("reference", shown.reference),
			slog.String("code", fault.CodeOf(err)), slog.String("route", r.Pattern), slog.String("error", err.Error()))
	}
	if f == nil {
		f = &frame{}
	}
	f.title, f.section = shown.title, ""
	var buf bytes.Buffer
	if err := layout(*f, problemBody(shown)).Render(r.Context(), &buf); err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())
}

// problem is an error as a page shows it.
type problem struct {
	status                               int
	title, message, fix, code, reference string
}

// id reads the id in the address; what is no id is nothing that we have.
func (r *request) id() (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errNoPage
	}
	return id, nil
}

// number reads a numeric filter; what is no number filters nothing.
func (r *request) number(name string) int64 {
	n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// date reads a day of a filter; empty is none, anything else that is no day is
// the reader's mistake.
func (r *request) date(name string) (date.Date, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return date.Date{}, nil
	}
	d, err := date.Parse(text)
	if err != nil {
		return d, fault.Usagef("CB-WEB-DATE", "a day of this page is not a date").WithFix("write it as 2026-03-31")
	}
	return d, nil
}

// with returns the query of the address with some values replaced; an empty
// value takes the name out.
func with(query url.Values, pairs ...string) string {
	q := url.Values{}
	for k, v := range query {
		if len(v) > 0 && v[0] != "" {
			q.Set(k, v[0])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return "?" + q.Encode()
}
