package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// maxForm bounds what a form may send, in bytes.
const maxForm = 64 << 10

// contentPolicy lets a page load our stylesheet and pictures and send forms to
// us, and nothing else: no script runs, whatever slips into a page.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'"

// wrap puts around every answer what holds for all of them.
func (s *Server) wrap(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, nil, fault.New(fault.Denied, "CB-WEB-ORIGIN", "the form was sent from another site").
			WithFix("open the page here and send it again"))
	}))
	return s.logged(s.recovered(s.headers(origin.Handler(next))))
}

func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		// Not no-referrer: the Origin of our own forms would become "null".
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store") // patient data stays out of shared caches and of the back button after signing out
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// logged writes one line a request. The route pattern stands for the address:
// it carries no id and nothing that anybody typed.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		route := new(string)
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), routeKey{}, route)))
		s.log.LogAttrs(r.Context(), levelOf(rec.status), "request", slog.String("method", r.Method), slog.String("route", *route),
			slog.Int("status", rec.status), slog.Duration("took", time.Since(began).Round(time.Microsecond)))
	})
}

type routeKey struct{}

// routed notes which pattern answered, where logged finds it: the session
// middleware between them works on a copy of the request.
func routed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r)
		if route, ok := r.Context().Value(routeKey{}).(*string); ok && r.Pattern != "" && *route == "" {
			*route = r.Pattern
		}
	})
}

func levelOf(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				// The stack names our functions; the value could name a patient.
				s.log.Error("panic", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
				s.fail(w, r, nil, fault.Environmentf("CB-WEB-PANIC", "the page failed"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// health answers a load balancer: the process runs and its database answers.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	err := s.db.Tx(r.Context(), postgres.RoleWeb, 0, func(tx pgx.Tx) error { return tx.Conn().Ping(r.Context()) })
	if err != nil {
		http.Error(w, "no database", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}
