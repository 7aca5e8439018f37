// Package web is the workbench in a browser: pages rendered on the server,
// complete without a script, behind a login.
//
// Every query of a page runs in one read-only snapshot as the role
// claimbook_web for the signed-in practice, so that the numbers on a page agree
// with each other and row-level security stands behind every WHERE. Pages name
// things by id in their addresses, never by anything that tells of a patient.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

//go:embed assets/*.css assets/*.svg
var assets embed.FS

// Config is what the pages need.
type Config struct {
	DB *postgres.DB
	// Today overrides every practice's own day; zero leaves it to the practice.
	Today date.Date
	// SecureCookie says that browsers reach this server by HTTPS only, through
	// a proxy that ends TLS: the session cookie is then never sent in the clear.
	SecureCookie bool
	// Log gets one line a request: method, route, status, duration. Never an
	// address as typed, a form, or a name. Nil is silence.
	Log *slog.Logger
	// Now is the clock of sessions and of the login limit; nil is time.Now.
	Now func() time.Time
}

// Server answers the pages.
type Server struct {
	db       *postgres.DB
	today    date.Date
	secure   bool
	log      *slog.Logger
	now      func() time.Time
	sessions *scs.SessionManager
	attempts *attempts
	hashing  chan struct{} // bounds how many password hashes run at once: each takes 64 MiB
	static   map[string]asset
	handler  http.Handler
}

type asset struct {
	body        []byte
	contentType string
}

// Sessions end an hour after the last page and half a day after signing in:
// long enough for a shift, short enough for a desk that is left.
const (
	idleTimeout = time.Hour
	lifetime    = 12 * time.Hour
)

// New returns the pages as a server that is ready to be mounted.
func New(cfg Config) *Server {
	s := &Server{
		db: cfg.DB, today: cfg.Today, secure: cfg.SecureCookie, log: cfg.Log, now: cfg.Now,
		hashing: make(chan struct{}, 2), static: map[string]asset{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.attempts = newAttempts(s.now)
	s.sessions = scs.New()
	s.sessions.Store = &sessionStore{db: cfg.DB}
	s.sessions.HashTokenInStore = true // a stolen table opens no session
	s.sessions.IdleTimeout, s.sessions.Lifetime = idleTimeout, lifetime
	s.sessions.Cookie.Name = "claimbook_session"
	s.sessions.Cookie.HttpOnly = true
	s.sessions.Cookie.Secure = cfg.SecureCookie
	s.sessions.Cookie.SameSite = http.SameSiteLaxMode
	s.sessions.Cookie.Persist = false
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, nil, err) }
	s.loadAssets()
	s.handler = s.wrap(s.routes())
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// stylesheet is the address of the stylesheet; it changes with its content, so
// that browsers may keep it for ever.
var stylesheet = assetPath("app.css")

func assetPath(name string) string {
	body, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // embedded above
	}
	sum := sha256.Sum256(body)
	base, ext, _ := strings.Cut(name, ".")
	return "/assets/" + base + "-" + hex.EncodeToString(sum[:6]) + "." + ext
}

func (s *Server) loadAssets() {
	types := map[string]string{"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
	files, err := fs.ReadDir(assets, "assets")
	if err != nil {
		panic(err) // embedded above
	}
	for _, f := range files {
		body, err := assets.ReadFile("assets/" + f.Name())
		if err != nil {
			panic(err)
		}
		_, ext, _ := strings.Cut(f.Name(), ".")
		s.static[assetPath(f.Name())] = asset{body, types[ext]}
	}
}

func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.static[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.body)
}

// routes lists every address. A pageFunc runs for a signed-in member only.
func (s *Server) routes() http.Handler {
	pages := http.NewServeMux()
	get := func(pattern string, f pageFunc) { pages.Handle("GET "+pattern, s.page(f)) }
	get("/{$}", todayPage)
	get("/work", workPage)
	get("/claims", claimsPage)
	get("/claims/{id}", claimPage)
	get("/encounters/{id}", encounterPage)
	get("/remittances", remittancesPage)
	get("/remittances/{id}", remittancePage)
	get("/patients", patientsPage)
	get("/patients/{id}", patientPage)
	get("/statements", statementsPage)
	pages.HandleFunc("GET /statements/{id}", s.statement)
	get("/reports/trial-balance", trialBalancePage)
	get("/reports/aging", agingPage)
	get("/accounts/{code}", accountPage)
	get("/entries/{id}", entryPage)
	get("/files", filesPage)
	get("/files/{id}", filePage)
	get("/batches/{id}", batchPage)
	get("/help", helpPage)
	pages.Handle("GET /files/{id}/bytes", s.member(s.fileBytes))
	pages.Handle("POST /find", s.page(findPage))
	pages.Handle("GET /find", http.RedirectHandler("/", http.StatusSeeOther))
	pages.HandleFunc("GET /login", s.loginForm)
	pages.HandleFunc("POST /login", s.login)
	pages.HandleFunc("POST /logout", s.logout)
	pages.Handle("GET /practices", s.page(s.practicesPage))
	pages.HandleFunc("POST /practices", s.switchPractice)
	pages.Handle("/", s.page(func(*request) (view, error) { return view{}, errNoPage }))

	root := http.NewServeMux()
	root.HandleFunc("GET /assets/", s.serveAsset)
	root.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, assetPath("icon.svg"), http.StatusFound)
	})
	root.HandleFunc("GET /healthz", s.health)
	root.Handle("/", s.sessions.LoadAndSave(routed(pages)))
	return routed(root)
}

// pageOf reads the number of the page of a list; what is no number is page 1.
func pageOf(r *http.Request) webdb.Page {
	n := 0
	for _, c := range r.URL.Query().Get("page") {
		if c < '0' || c > '9' || n > 100_000 {
			return webdb.Page{Number: 1}
		}
		n = n*10 + int(c-'0')
	}
	return webdb.Page{Number: max(1, n)}
}
