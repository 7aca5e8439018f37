package work

import (
	"context"
	"crypto/sha256"
	"io"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
)

// collector takes files out of partners' folders.
type collector struct {
	dataDir string
}

// inbox returns a partner's folder and the practice's day.
func (c *collector) inbox(ctx context.Context, tx pgx.Tx, practiceID, partnerID int64) (exchange.Folder, exchangedb.Inbox, error) {
	inbox, err := exchangedb.FindInbox(ctx, tx, practiceID, partnerID)
	if err != nil {
		return exchange.Folder{}, inbox, err
	}
	dir := inbox.Dir
	if dir == "" {
		dir = filepath.Join(c.dataDir, "inbound", inbox.Code)
	}
	return exchange.Folder{Dir: dir}, inbox, nil
}

// collect stores every file in one partner's folder and enqueues its routing.
// A file leaves the folder only when its bytes are committed: those stored now
// are moved by edi.route, those that were known before are moved at once. A
// kill in between costs nothing, because the content is what identifies a file.
func (c *collector) collect(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.ExchangeCollectArgs]) error {
	folder, inbox, err := c.inbox(ctx, tx, job.PracticeID, job.Args.PartnerID)
	if err != nil {
		return err
	}
	entries, err := folder.List(ctx)
	if err != nil {
		return err
	}
	// Where two names hold the same bytes, the second must not be mistaken for
	// one that was committed before.
	fresh := map[int64]bool{}
	runID := job.RunID
	for _, entry := range entries {
		file, existed, err := c.store(ctx, tx, job, folder, inbox, entry.Name)
		if err != nil {
			return err
		}
		if !existed {
			fresh[file.ID] = true
		}
		if !file.Done() {
			if runID == 0 { // nobody waits, but the payments of a round follow each other by their run
				if runID, err = jobs.StartRun(ctx, tx, job.PracticeID, "collect"); err != nil {
					return err
				}
			}
			job.Enqueue(jobs.EDIRouteArgs{PracticeID: job.PracticeID, RunID: runID, FileID: file.ID})
		}
		if existed && !fresh[file.ID] {
			if err := folder.Take(ctx, entry.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *collector) store(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.ExchangeCollectArgs], folder exchange.Folder, inbox exchangedb.Inbox, name string) (exchangedb.File, bool, error) {
	r, err := folder.Open(ctx, name)
	if err != nil {
		return exchangedb.File{}, false, err
	}
	defer func() { _ = r.Close() }()
	return exchangedb.StoreInbound(ctx, tx, job.PracticeID, job.Args.PartnerID, name, inbox.Today, job.Args.Kind(), r)
}

// takeAside moves a stored file out of its partner's folder, if it is still
// there with the same content under the same name.
func (c *collector) takeAside(ctx context.Context, tx pgx.Tx, practiceID int64, file exchangedb.File) error {
	if file.PartnerID == 0 || file.Direction != exchangedb.In || file.Name != filepath.Base(file.Name) {
		return nil
	}
	folder, _, err := c.inbox(ctx, tx, practiceID, file.PartnerID)
	if err != nil {
		return err
	}
	r, err := folder.Open(ctx, file.Name)
	if fault.CodeOf(err) == "CB-FILE-MISSING" || fault.CodeOf(err) == "CB-FILE-NAME" {
		return nil
	}
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(h, r)
	_ = r.Close()
	if err != nil {
		return exchange.DiskFault(err, filepath.Join(folder.Dir, file.Name))
	}
	if [32]byte(h.Sum(nil)) != file.SHA256 {
		return nil
	}
	return folder.Take(ctx, file.Name)
}
