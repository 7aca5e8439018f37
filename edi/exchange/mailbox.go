// Package exchange is how files pass between the practice and its trading
// partners: a mailbox per partner and direction, and what a file contains.
//
// Nothing depends on a file's name: what arrives is routed by its content, and
// what is sent is known by its bytes.
package exchange

import (
	"context"
	"io"
	"time"
)

// Mailbox is where a partner leaves files for us, or where we leave files for a
// partner. Folder is the one on disk.
type Mailbox interface {
	// List returns the files that wait, ordered by name. Files still being
	// written under a temporary name are not among them.
	List(ctx context.Context) ([]Entry, error)
	// Open reads a file that List returned.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Take moves a file aside once its bytes are stored. It never deletes.
	Take(ctx context.Context, name string) error
	// Deliver leaves a file of exactly size bytes: it is written under a
	// temporary name, brought to disk, renamed, and looked at again. Only a nil
	// error means that it is there, complete. Delivering the same content under
	// the same name again changes nothing, so a send that was cut short may be
	// repeated; other content under a name that is taken is refused.
	Deliver(ctx context.Context, name string, content io.Reader, size int64) error
}

// Entry is a file that waits in a mailbox.
type Entry struct {
	Name     string
	Size     int64 // bytes
	Modified time.Time
}
