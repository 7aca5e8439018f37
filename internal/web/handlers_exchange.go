package web

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

func remittancePage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := remittanceView{today: r.today, query: r.URL.Query()}
	if v.remittance, err = webdb.FindRemittance(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	segments := newSegments(r)
	file := v.remittance.FileID
	if v.segment, err = segments.at(file, v.remittance.ByteOffset); err != nil {
		return view{}, err
	}
	if v.sums, err = webdb.FindRemittanceSums(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	claims, page, err := webdb.RemittanceClaims(ctx, r.tx, practice, n, pageOf(r.Request))
	if err != nil {
		return view{}, err
	}
	v.page = page
	if v.claims, err = remittanceClaims(r, segments, n, file, claims); err != nil {
		return view{}, err
	}
	adjustments, err := webdb.ProviderAdjustments(ctx, r.tx, practice, n)
	if err != nil {
		return view{}, err
	}
	for _, a := range adjustments {
		text, err := segments.at(file, a.ByteOffset)
		if err != nil {
			return view{}, err
		}
		v.plb = append(v.plb, plbView{a, text})
	}
	if v.remittance.State == "posted" {
		if v.entries, err = webdb.EntriesBySource(ctx, r.tx, practice, v.remittance.SourceKey); err != nil {
			return view{}, err
		}
	}
	if v.work, err = webdb.RemittanceWork(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	return view{title: "Remittance " + v.remittance.Trace, section: "remittances", body: remittanceBody(v), looked: "remittance/" + id(n)}, nil
}

// remittanceClaims puts lines and adjustments under the claims of a page.
func remittanceClaims(r *request, segments *segments, remittance, file int64, claims []webdb.RemittanceClaim) ([]remittanceClaimView, error) {
	ctx, practice := r.Context(), r.viewer.PracticeID
	views, at, seqs := make([]remittanceClaimView, len(claims)), map[int32]int{}, make([]int32, len(claims))
	for i, c := range claims {
		text, err := segments.at(file, c.ByteOffset)
		if err != nil {
			return nil, err
		}
		views[i], at[c.Seq], seqs[i] = remittanceClaimView{RemittanceClaim: c, segment: text}, i, c.Seq
	}
	lines, err := webdb.RemittanceLines(ctx, r.tx, practice, remittance, seqs)
	if err != nil {
		return nil, err
	}
	adjustments, err := webdb.Adjustments(ctx, r.tx, practice, remittance, seqs)
	if err != nil {
		return nil, err
	}
	type linePlace struct{ claim, line int32 }
	ofLine := map[linePlace][]webdb.Adjustment{}
	for _, a := range adjustments {
		if a.LineSeq == 0 {
			views[at[a.ClaimSeq]].adjustments = append(views[at[a.ClaimSeq]].adjustments, a)
		} else {
			ofLine[linePlace{a.ClaimSeq, a.LineSeq}] = append(ofLine[linePlace{a.ClaimSeq, a.LineSeq}], a)
		}
	}
	for _, l := range lines {
		c := &views[at[l.ClaimSeq]]
		c.lines = append(c.lines, remittanceLineView{l, ofLine[linePlace{l.ClaimSeq, l.LineSeq}]})
	}
	return views, nil
}

// statementPage shows a statement; /statements/12.pdf is its document.
func statementPage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	v := statementView{today: r.today}
	if v.statement, err = webdb.FindStatement(r.Context(), r.tx, r.viewer.PracticeID, n); err != nil {
		return view{}, err
	}
	v.lines, err = webdb.StatementLines(r.Context(), r.tx, r.viewer.PracticeID, n)
	return view{title: "Statement " + v.statement.Number, section: "statements", body: statementBody(v), looked: "statement/" + id(n)}, err
}

// statement tells the page from the document by the end of the address: a
// pattern cannot have text behind a wildcard.
func (s *Server) statement(w http.ResponseWriter, r *http.Request) {
	number, ok := strings.CutSuffix(r.PathValue("id"), ".pdf")
	if !ok {
		s.page(statementPage).ServeHTTP(w, r)
		return
	}
	s.member(func(w http.ResponseWriter, r *http.Request, viewer webdb.Viewer) {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			err = errNoPage
		}
		var doc webdb.StatementPDF
		if err == nil {
			err = s.db.TxReadOnly(r.Context(), postgres.RoleWeb, viewer.PracticeID, func(tx pgx.Tx) (err error) {
				doc, err = webdb.FindStatementPDF(r.Context(), tx, viewer.PracticeID, n)
				return err
			})
		}
		if err == nil {
			err = s.audit(r.Context(), viewer, "view", fmt.Sprintf("statement/%d.pdf", n))
		}
		if err != nil {
			s.fail(w, r, &frame{viewer: viewer, today: s.day(viewer)}, err)
			return
		}
		h := w.Header()
		// The browser's own viewer is a plugin page that inherits this policy.
		h.Set("Content-Security-Policy", "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		h.Set("Content-Type", "application/pdf")
		h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": "statement-" + doc.Number + ".pdf"}))
		h.Set("Content-Length", strconv.Itoa(len(doc.PDF)))
		_, _ = w.Write(doc.PDF)
	}).ServeHTTP(w, r)
}

func filesPage(r *request) (view, error) {
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := filesView{direction: r.URL.Query().Get("direction"), query: r.URL.Query()}
	if v.direction != exchangedb.In && v.direction != exchangedb.Out {
		v.direction = ""
	}
	var err error
	if v.files, v.page, err = webdb.Files(ctx, r.tx, practice, v.direction, pageOf(r.Request)); err != nil {
		return view{}, err
	}
	if v.page.Number == 1 && v.direction == "" {
		v.batches, v.batchPage, err = webdb.Batches(ctx, r.tx, practice, webdb.Page{Number: 1})
	}
	return view{title: "Files and batches", section: "files", body: filesBody(v)}, err
}

func filePage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	ctx, practice := r.Context(), r.viewer.PracticeID
	v := fileView{at: -1, query: r.URL.Query()}
	if v.file, err = webdb.FindFile(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if r.URL.Query().Get("at") != "" {
		v.at = r.number("at")
	}
	if v.segments, err = newSegments(r).around(n, v.at); err != nil {
		return view{}, err
	}
	if v.acks, err = webdb.Acknowledgments(ctx, r.tx, practice, n, 0); err != nil {
		return view{}, err
	}
	if v.remittances, err = webdb.FileRemittances(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.batches, err = webdb.FileBatches(ctx, r.tx, practice, n); err != nil {
		return view{}, err
	}
	if v.records, v.page, err = webdb.IntakeRecords(ctx, r.tx, practice, n, pageOf(r.Request)); err != nil {
		return view{}, err
	}
	return view{title: "File", section: "files", body: fileBody(v), looked: "file/" + id(n)}, nil
}

// fileBytes sends a file as it was stored.
func (s *Server) fileBytes(w http.ResponseWriter, r *http.Request, viewer webdb.Viewer) {
	ctx := r.Context()
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		s.fail(w, r, &frame{viewer: viewer, today: s.day(viewer)}, errNoPage)
		return
	}
	began := false
	err = s.db.TxReadOnly(ctx, postgres.RoleWeb, viewer.PracticeID, func(tx pgx.Tx) error {
		f, err := webdb.FindFile(ctx, tx, viewer.PracticeID, n)
		if err != nil {
			return err
		}
		if err := s.audit(ctx, viewer, "download", "file/"+id(n)); err != nil {
			return err
		}
		content, err := exchangedb.OpenFile(ctx, tx, viewer.PracticeID, n)
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		h.Set("Content-Length", id(f.Size))
		began = true
		_, err = io.Copy(w, content)
		return err
	})
	if err != nil && began {
		if ctx.Err() == nil { // else the reader has gone
			s.log.Error("download broke off", "file", n)
		}
		panic(http.ErrAbortHandler) // the reader must not take half a file for a whole one
	}
	if err != nil {
		s.fail(w, r, &frame{viewer: viewer, today: s.day(viewer)}, err)
	}
}

func batchPage(r *request) (view, error) {
	n, err := r.id()
	if err != nil {
		return view{}, err
	}
	var v batchView
	if v.batch, err = webdb.FindBatch(r.Context(), r.tx, r.viewer.PracticeID, n); err != nil {
		return view{}, err
	}
	v.acks, err = webdb.Acknowledgments(r.Context(), r.tx, r.viewer.PracticeID, 0, n)
	return view{title: "Batch", section: "files", body: batchBody(v)}, err
}
