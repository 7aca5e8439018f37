package web

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

// What a session holds: who and for which practice, nothing else.
const (
	sessionUser     = "user"
	sessionPractice = "practice"
	sessionOthers   = "others"
)

// memberFunc answers a signed-in member.
type memberFunc func(http.ResponseWriter, *http.Request, webdb.Viewer)

// member lets only members of the session's practice through; anybody else
// goes to the login, and comes back to the page they wanted.
func (s *Server) member(f memberFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		user, practice := s.sessions.GetInt64(ctx, sessionUser), s.sessions.GetInt64(ctx, sessionPractice)
		var viewer webdb.Viewer
		var found bool
		if user != 0 {
			err := s.db.TxReadOnly(ctx, postgres.RoleWeb, practice, func(tx pgx.Tx) (err error) {
				viewer, found, err = webdb.FindViewer(ctx, tx, practice, user)
				return err
			})
			if err != nil {
				s.fail(w, r, nil, err)
				return
			}
		}
		if !found {
			if user != 0 { // gone since: the session is worth nothing any more
				if err := s.sessions.Destroy(ctx); err != nil {
					s.fail(w, r, nil, err)
					return
				}
			}
			target := "/login"
			if r.Method == http.MethodGet && r.URL.Path != "/" {
				target += "?next=" + url.QueryEscape(r.URL.RequestURI())
			}
			http.Redirect(w, r, target, http.StatusSeeOther)
			return
		}
		f(w, r, viewer)
	})
}

func (s *Server) loginForm(w http.ResponseWriter, r *http.Request) {
	if s.sessions.GetInt64(r.Context(), sessionUser) != 0 {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.showLogin(w, r, http.StatusOK, loginState{next: localPath(r.URL.Query().Get("next"))})
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request, status int, state loginState) {
	var buf bytes.Buffer
	if err := layout(frame{title: "Sign in", bare: true}, loginBody(state)).Render(r.Context(), &buf); err != nil {
		s.fail(w, r, nil, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())
}

// login signs a person in. A wrong name and a wrong password answer alike and
// take alike long.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	username, password := strings.ToLower(strings.TrimSpace(r.PostFormValue("username"))), r.PostFormValue("password")
	state := loginState{username: username, next: localPath(r.PostFormValue("next"))}
	address := remoteHost(r)
	if wait := s.attempts.wait(username, address); wait > 0 {
		state.problem = "Too many failed attempts. Try again in " + minutes(wait) + "."
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		s.showLogin(w, r, http.StatusTooManyRequests, state)
		return
	}
	var known webdb.Login
	var found bool
	var practices []int64
	err := s.db.TxReadOnly(ctx, postgres.RoleWeb, 0, func(tx pgx.Tx) (err error) {
		if known, found, err = webdb.FindLogin(ctx, tx, username); err != nil || !found {
			return err
		}
		practices, err = webdb.Memberships(ctx, tx, known.ID)
		return err
	})
	if err != nil {
		s.fail(w, r, nil, err)
		return
	}
	if !found {
		known.PasswordHash = nobodysHash()
	}
	match, err := s.passwordMatches(ctx, password, known.PasswordHash)
	if err != nil {
		s.fail(w, r, nil, err)
		return
	}
	if !found || !match {
		s.attempts.failed(username, address)
		s.log.Info("sign-in refused") // no name: people type passwords into the wrong field
		state.problem = "The user name or the password is wrong."
		s.showLogin(w, r, http.StatusUnauthorized, state)
		return
	}
	if len(practices) == 0 {
		state.problem = "You are not a member of any practice yet. Ask the owner of the practice to add you."
		s.showLogin(w, r, http.StatusForbidden, state)
		return
	}
	s.attempts.succeeded(username, address)
	if err := s.sessions.RenewToken(ctx); err != nil {
		s.fail(w, r, nil, err)
		return
	}
	s.sessions.Put(ctx, sessionUser, known.ID)
	s.sessions.Put(ctx, sessionPractice, practices[0])
	s.sessions.Put(ctx, sessionOthers, len(practices) > 1)
	viewer := webdb.Viewer{PracticeID: practices[0], Username: known.Username}
	if err := s.audit(ctx, viewer, "sign-in", "user/"+strconv.FormatInt(known.ID, 10)); err != nil {
		s.fail(w, r, nil, err)
		return
	}
	target := state.next
	if target == "" {
		target = "/"
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.fail(w, r, nil, err)
		return
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// practicesPage lists the practices that the member may switch to. Each name
// is read in a transaction of its own practice: the policy shows no other way.
func (s *Server) practicesPage(r *request) (view, error) {
	ids, err := webdb.Memberships(r.Context(), r.tx, r.viewer.UserID)
	if err != nil {
		return view{}, err
	}
	var list []webdb.Viewer
	for _, id := range ids {
		err := s.db.TxReadOnly(r.Context(), postgres.RoleWeb, id, func(tx pgx.Tx) error {
			v, found, err := webdb.FindViewer(r.Context(), tx, id, r.viewer.UserID)
			if found {
				list = append(list, v)
			}
			return err
		})
		if err != nil {
			return view{}, err
		}
	}
	return view{title: "Practices", body: practicesBody(list, r.viewer.PracticeID)}, nil
}

func (s *Server) switchPractice(w http.ResponseWriter, r *http.Request) {
	ctx, user := r.Context(), s.sessions.GetInt64(r.Context(), sessionUser)
	id, _ := strconv.ParseInt(r.PostFormValue("practice"), 10, 64)
	var found bool
	if user != 0 {
		err := s.db.TxReadOnly(ctx, postgres.RoleWeb, id, func(tx pgx.Tx) (err error) {
			_, found, err = webdb.FindViewer(ctx, tx, id, user)
			return err
		})
		if err != nil {
			s.fail(w, r, nil, err)
			return
		}
	}
	if !found {
		s.fail(w, r, nil, fault.NotFoundf("CB-WEB-NOT-FOUND", "you are not a member of that practice"))
		return
	}
	s.sessions.Put(ctx, sessionPractice, id)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// passwordMatches compares without letting a crowd of attempts take the memory.
func (s *Server) passwordMatches(ctx context.Context, password, hash string) (bool, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return argon2id.ComparePasswordAndHash(password, hash)
}

// nobodysHash is compared with when the user is unknown, so that the answer
// takes as long.
var nobodysHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash("nobody", argon2id.DefaultParams)
	if err != nil {
		panic(err) // only without a source of randomness
	}
	return hash
})

// localPath returns the path if it leads to a page of ours, else "".
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return ""
	}
	if u, err := url.Parse(path); err != nil || u.Host != "" || u.Scheme != "" || u.Path == "/login" || u.Path == "/logout" {
		return ""
	}
	return path
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func minutes(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n == 1 {
		return "a minute"
	}
	return strconv.Itoa(n) + " minutes"
}
