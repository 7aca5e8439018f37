package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/postgres"
)

// browser is a person at the pages: it keeps cookies and follows redirects.
type browser struct {
	t      testing.TB
	base   string
	client *http.Client
}

func serveFixture(t testing.TB, f *fixture, change ...func(*Config)) string {
	t.Helper()
	cfg := Config{DB: f.db}
	for _, c := range change {
		c(&cfg)
	}
	server := httptest.NewServer(New(cfg))
	t.Cleanup(server.Close)
	return server.URL
}

func newBrowser(t testing.TB, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, client: &http.Client{Jar: jar}}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
	path string // where the redirects ended
}

func (b *browser) do(req *http.Request) answer {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, string(body), resp.Request.URL.RequestURI()}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

func (b *browser) signIn(user, password string) answer {
	b.t.Helper()
	return b.post("/login", url.Values{"username": {user}, "password": {password}})
}

// pagePaths is every kind of page, on records that the fixture has.
func (f *fixture) pagePaths() map[string]string {
	return map[string]string{
		"today": "/", "yesterday": "/?date=2026-03-01", "work": "/work", "work-denied": "/work?kind=denied",
		"claims": "/claims", "claims-filtered": "/claims?state=paid&from=2025-01-01&to=2026-12-31", "claims-page-2": "/claims?page=2",
		"claim": "/claims/" + id(f.claim), "encounter": "/encounters/" + id(f.heldEncounter),
		"remittances": "/remittances", "remittance": "/remittances/" + id(f.remittance),
		"patients": "/patients", "patient": "/patients/" + id(f.patient),
		"statements": "/statements", "statement": "/statements/" + id(f.statement),
		"trial-balance": "/reports/trial-balance", "aging": "/reports/aging", "aging-responsibility": "/reports/aging?by=responsibility",
		"account": "/accounts/1100", "entry": "/entries/" + id(f.entry),
		"files": "/files", "file": "/files/" + id(f.inFile), "file-at": "/files/" + id(f.inFile) + "?at=300", "batch": "/batches/" + id(f.batch), "help": "/help",
	}
}

func TestEveryPageAnswers(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f))
	if a := b.signIn(fixtureUser, fixturePassword); a.path != "/" || a.StatusCode != http.StatusOK {
		t.Fatalf("signing in ended at %s with %d", a.path, a.StatusCode)
	}
	wants := map[string][]string{
		"today":         {"Maple Grove Family Medicine", "What waits for you", "Needs fixing", "$290.00"},
		"work":          {"is not ours", "fails its check digit", "Correct the provider", "$50.00"},
		"claims":        {"MG000001", "Lindqvist, Ada", "1–50 of 66"},
		"claims-page-2": {"51–66 of 66"},
		"claim":         {"MG000001", "Prairie Mutual PPO", "4100", "Contractual", "CO-45", "era-prairie-20260302-0042317.835", "SVC*HC:99213*", "charge|E-2026-00001|1|1"},
		"encounter":     {"CB-DX-004", "points to diagnosis 3", "99214-25", "Office visit, longer", "J02.0"},
		"remittance":    {"EFT0042317", "Balances", "ZZ999", "Unmatched", "WO Overpayment recovery", "CLP*MG000001"},
		"patient":       {"Ada Lindqvist", "Lindqvist", "S000001", "1001", "$25.00"},
		"statement":     {"S000001", "Office visit", "Open the document"},
		"trial-balance": {"Balances", "1100", "Gross charges"},
		"aging":         {"0–30 days", "Prairie Mutual PPO", "<svg"},
		"entry":         {"835|1512345678|EFT0042317|CLP|1"},
		"file-at":       {"Around byte 300"},
		"batch":         {"Prairie Clearinghouse", "agrees on 60 of 60", "Partly accepted"},
	}
	for name, path := range f.pagePaths() {
		a := b.get(path)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s (%s): %d\n%s", name, path, a.StatusCode, a.body)
			continue
		}
		for _, want := range wants[name] {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s (%s) does not show %q", name, path, want)
			}
		}
		for _, never := range []string{"<script", " style=", "javascript:", "onclick", "%!", "&lt;nil&gt;"} {
			if strings.Contains(a.body, never) {
				t.Errorf("%s (%s) contains %q", name, path, never)
			}
		}
	}
}

func TestPagesShowTheLedgersNumbers(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f))
	b.signIn(fixtureUser, fixturePassword)
	var insurance, patients int64
	err := f.db.Tx(context.Background(), postgres.RoleWork, f.practice, func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT sum(amount) FILTER (WHERE account = '1100')::bigint, sum(amount) FILTER (WHERE account = '1110')::bigint
			FROM posting WHERE practice_id = $1`, f.practice).Scan(&insurance, &patients)
	})
	if err != nil {
		t.Fatal(err)
	}
	// What the remittance says it paid is what was posted as paid.
	if body := b.get("/").body; strings.Count(body, "$3,720.00") != 2 {
		t.Errorf("today does not show the payment twice, as received and as posted")
	}
	for _, path := range []string{"/", "/reports/trial-balance?from=2020-01-01", "/reports/aging"} {
		body := b.get(path).body
		for _, amount := range []int64{insurance, patients} {
			if !strings.Contains(body, dollarsOf(amount)) {
				t.Errorf("%s does not show %s", path, dollarsOf(amount))
			}
		}
	}
}

func TestAnonymousGoesToLogin(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f))
	for name, path := range f.pagePaths() {
		a := b.get(path)
		if !strings.HasPrefix(a.path, "/login") || strings.Contains(a.body, "Maple Grove") {
			t.Errorf("%s: an anonymous reader ended at %s", name, a.path)
		}
	}
	for _, path := range []string{"/statements/" + id(f.statement) + ".pdf", "/files/" + id(f.inFile) + "/bytes", "/nothing-here"} {
		if a := b.get(path); !strings.HasPrefix(a.path, "/login") {
			t.Errorf("%s: an anonymous reader ended at %s", path, a.path)
		}
	}
	a := b.post("/login", url.Values{"username": {fixtureUser}, "password": {fixturePassword}, "next": {"/claims/" + id(f.claim)}})
	if a.path != "/claims/"+id(f.claim) {
		t.Errorf("after signing in: %s, not the page that was wanted", a.path)
	}
	for _, evil := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "/login"} {
		if got := localPath(evil); got != "" {
			t.Errorf("localPath(%q) = %q", evil, got)
		}
	}
}

func TestAnotherPracticeDoesNotExist(t *testing.T) {
	f := newFixture(t)
	base := serveFixture(t, f)
	b := newBrowser(t, base)
	b.signIn("otto", fixturePassword)
	if a := b.get("/claims/" + id(f.otherClaim)); a.StatusCode != http.StatusOK {
		t.Fatalf("the practice's own claim: %d", a.StatusCode)
	}
	for _, path := range []string{"/claims/" + id(f.claim), "/encounters/" + id(f.heldEncounter), "/patients/" + id(f.patient), "/remittances/" + id(f.remittance),
		"/statements/" + id(f.statement), "/statements/" + id(f.statement) + ".pdf", "/entries/" + id(f.entry), "/files/" + id(f.inFile),
		"/files/" + id(f.inFile) + "/bytes", "/batches/" + id(f.batch), "/claims?patient=" + id(f.patient), "/claims?batch=" + id(f.batch)} {
		a := b.get(path)
		if a.StatusCode != http.StatusNotFound || strings.Contains(a.body, "Lindqvist") || strings.Contains(a.body, "MG000") {
			t.Errorf("%s of another practice: %d", path, a.StatusCode)
		}
	}
	if a := b.get("/claims"); strings.Count(a.body, "/claims/") != 1 {
		t.Errorf("the list shows claims of another practice")
	}
	if a := b.post("/find", url.Values{"text": {"EFT0042317"}}); strings.Contains(a.body, "/remittances/"+id(f.remittance)) {
		t.Error("the search finds a remittance of another practice")
	}
	if a := b.post("/practices", url.Values{"practice": {id(f.practice)}}); a.StatusCode != http.StatusNotFound {
		t.Errorf("switching to a practice one is no member of: %d", a.StatusCode)
	}
}

func TestSigningIn(t *testing.T) {
	f := newFixture(t)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	base := serveFixture(t, f, func(c *Config) { c.Now = func() time.Time { return now } })
	b := newBrowser(t, base)
	for _, try := range []struct{ user, password string }{{fixtureUser, "wrong-password"}, {"nobody", fixturePassword}, {"", ""}, {"x' OR 1=1", "x"}} {
		a := b.signIn(try.user, try.password)
		if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, "user name or the password is wrong") {
			t.Errorf("%q: %d", try.user, a.StatusCode)
		}
		if strings.Contains(a.body, try.password) && try.password != "" && try.password != "x" {
			t.Errorf("the page repeats the password")
		}
	}
	for range attemptsPerPair {
		b.signIn(fixtureUser, "wrong-password")
	}
	a := b.signIn(fixtureUser, fixturePassword)
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("after too many attempts even the right password waits: got %d", a.StatusCode)
	}
	now = now.Add(attemptWindow + time.Second)
	if a = b.signIn(fixtureUser, fixturePassword); a.path != "/" {
		t.Fatalf("after the window: %s %d", a.path, a.StatusCode)
	}
	var plain int
	cookie := b.client.Jar.Cookies(a.Request.URL)[0]
	err := f.db.Tx(context.Background(), postgres.RoleWeb, 0, func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT count(*) FROM session WHERE token = $1`, cookie.Value).Scan(&plain)
	})
	if err != nil || plain != 0 {
		t.Errorf("the session's token stands in the table as it is: %d, %v", plain, err)
	}
	if a = b.post("/logout", nil); a.path != "/login" {
		t.Errorf("signing out ended at %s", a.path)
	}
	req, _ := http.NewRequest(http.MethodGet, base+"/claims", nil)
	req.AddCookie(cookie)
	if a = newBrowser(t, base).do(req); !strings.HasPrefix(a.path, "/login") {
		t.Error("the cookie still opens the book after signing out")
	}
}

func TestADisabledUserIsOutAtOnce(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f))
	b.signIn(fixtureUser, fixturePassword)
	err := f.db.Tx(context.Background(), postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), `UPDATE app_user SET disabled_at = now() WHERE username = $1`, fixtureUser)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := b.get("/claims"); !strings.HasPrefix(a.path, "/login") {
		t.Errorf("a disabled user still sees %s", a.path)
	}
	if a := b.signIn(fixtureUser, fixturePassword); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a disabled user signs in: %d", a.StatusCode)
	}
}

func TestStatementDocument(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f))
	b.signIn(fixtureUser, fixturePassword)
	a := b.get("/statements/" + id(f.statement) + ".pdf")
	if a.StatusCode != http.StatusOK || !bytes.Equal([]byte(a.body), fixturePDF) {
		t.Fatalf("%d, %d bytes; want the frozen %d", a.StatusCode, len(a.body), len(fixturePDF))
	}
	if got := a.Header.Get("Content-Type"); got != "application/pdf" {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.Header.Get("Content-Disposition"); got != "inline; filename=statement-S000001.pdf" {
		t.Errorf("Content-Disposition %q", got)
	}
	for path, want := range map[string]int{"/statements/0.pdf": 404, "/statements/x.pdf": 404, "/statements/999999999.pdf": 404, "/statements/99999999999999999999": 404} {
		if a := b.get(path); a.StatusCode != want {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	if a := b.get("/files/" + id(f.inFile) + "/bytes"); !strings.HasPrefix(a.body, "ISA*00*") || a.Header.Get("Content-Disposition") == "" {
		t.Errorf("the file as it is: %d, %q", a.StatusCode, a.Header.Get("Content-Disposition"))
	}
}

func TestFindKeepsPatientsOutOfAddresses(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f))
	b.signIn(fixtureUser, fixturePassword)
	for text, want := range map[string]string{
		"MG000001": "/claims/" + id(f.claim), "pcmg000001": "", "A000001": "/patients/" + id(f.patient), "lindqvist, a": "/patients/" + id(f.patient),
		"EFT0042317": "/remittances/" + id(f.remittance), "S000001": "/statements/" + id(f.statement), "E-2026-90001": "/encounters/" + id(f.heldEncounter)} {
		if a := b.post("/find", url.Values{"text": {text}}); want != "" && a.path != want {
			t.Errorf("%q leads to %s, not %s", text, a.path, want)
		}
	}
	if a := b.post("/find", url.Values{"text": {"A000001"}, "scope": {"claims"}}); a.path != "/claims?patient="+id(f.patient) || !strings.Contains(a.body, "Lindqvist") {
		t.Errorf("a patient account among claims leads to %s", a.path)
	}
	if a := b.post("/find", url.Values{"text": {"MG0000"}}); a.path != "/find" || !strings.Contains(a.body, "20 matches") {
		t.Errorf("many matches: %s", a.path)
	}
	if a := b.post("/find", url.Values{"text": {"100%_"}}); !strings.Contains(a.body, "Nothing matches") {
		t.Error("a wildcard matches everything")
	}
	if a := b.post("/find", url.Values{"text": {"\x00\xff"}}); a.StatusCode != http.StatusBadRequest {
		t.Errorf("bytes that are no text: %d", a.StatusCode)
	}
}

func TestHeadersAndOrigins(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f, func(c *Config) { c.SecureCookie = true }))
	a := b.get("/login")
	for name, want := range map[string]string{"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000"} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	req, _ := http.NewRequest(http.MethodPost, b.base+"/login", strings.NewReader("username=rosa&password="+fixturePassword))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := b.do(req); a.StatusCode != http.StatusForbidden || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("a form from another site: %d", a.StatusCode)
	}
	resp := b.signIn(fixtureUser, fixturePassword)
	if cookie := resp.Request.Response.Header.Get("Set-Cookie"); !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("the cookie: %q", cookie)
	}
	css := b.get(stylesheet)
	if css.StatusCode != http.StatusOK || !strings.Contains(css.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the stylesheet: %d %q", css.StatusCode, css.Header.Get("Cache-Control"))
	}
	if a := b.get("/healthz"); a.StatusCode != http.StatusOK || a.body != "ok\n" {
		t.Errorf("health: %d %q", a.StatusCode, a.body)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	f := newFixture(t)
	b := newBrowser(t, serveFixture(t, f))
	b.signIn(fixtureUser, fixturePassword)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/nothing":               {404, "no page at this address"},
		"/claims/abc":            {404, "no page at this address"},
		"/claims/999999999":      {404, "no such claim"},
		"/claims?from=yesterday": {400, "not a date"},
		"/reports/trial-balance?from=2026-03-02&to=2026-03-01": {400, "before the first"},
		"/accounts/9999":            {404, "no such account"},
		"/claims?page=-1":           {200, "Claims"},
		"/claims?page=999999999999": {200, "Claims"},
		"/claims?state=nonsense":    {200, "66 claims"},
	} {
		a := b.get(path)
		if a.StatusCode != want.status || !strings.Contains(strings.ToLower(a.body), strings.ToLower(want.text)) {
			t.Errorf("%s: %d, want %d with %q", path, a.StatusCode, want.status, want.text)
		}
	}
}

// What a page shows of a patient leaves a trail; what it logs tells nothing.
func TestTrailAndLog(t *testing.T) {
	f := newFixture(t)
	var log bytes.Buffer
	b := newBrowser(t, serveFixture(t, f, func(c *Config) { c.Log = textLog(&log) }))
	b.signIn(fixtureUser, fixturePassword)
	b.get("/patients/" + id(f.patient))
	b.get("/claims/" + id(f.claim))
	b.get("/statements/" + id(f.statement) + ".pdf")
	b.post("/find", url.Values{"text": {"Lindqvist"}})
	b.get("/claims/999999999")
	var trail []string
	err := f.db.Tx(context.Background(), postgres.RoleWork, f.practice, func(tx pgx.Tx) error {
		rows, err := tx.Query(context.Background(), `SELECT actor || ' ' || action || ' ' || subject FROM audit_event WHERE practice_id = $1 ORDER BY id`, f.practice)
		if err != nil {
			return err
		}
		trail, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(trail) < 5 || !strings.HasPrefix(trail[0], "rosa sign-in user/") {
		t.Fatalf("trail: %q", trail)
	}
	want := []string{"rosa view patient/" + id(f.patient), "rosa view claim/" + id(f.claim), "rosa view statement/" + id(f.statement) + ".pdf", "rosa view patient/" + id(f.patient)}
	if got := strings.Join(trail[1:], "\n"); got != strings.Join(want, "\n") {
		t.Errorf("trail:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	text := log.String()
	if !strings.Contains(text, `route="GET /patients/{id}"`) {
		t.Errorf("the log does not name the route:\n%s", text)
	}
	for _, never := range []string{"Lindqvist", "lindqvist", fixturePassword, "MG000001", "A000001", fixtureUser, "/" + id(f.patient)} {
		if strings.Contains(text, never) {
			t.Errorf("the log contains %q:\n%s", never, text)
		}
	}
}
