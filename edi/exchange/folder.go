package exchange

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"github.com/claimbook/claimbook/internal/fault"
)

// Folder is a mailbox in a directory: the practice's own disk, a share, or what
// another program synchronises with the partner.
type Folder struct {
	Dir string // created when it is missing
}

// takenDir holds, inside an inbound folder, the files that were taken. They stay
// there: what a partner sent is the partner's word.
const takenDir = "done"

// List implements Mailbox. A directory that is missing is an empty mailbox.
// Hidden files and the endings by which transfer programs mark unfinished
// uploads (.tmp, .part, .filepart, .partial) are left alone.
func (f Folder) List(ctx context.Context) ([]Entry, error) {
	files, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, DiskFault(err, f.Dir)
	}
	var entries []Entry
	for _, file := range files {
		if !file.Type().IsRegular() || unfinished(file.Name()) {
			continue
		}
		info, err := file.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process took it
		}
		if err != nil {
			return nil, DiskFault(err, filepath.Join(f.Dir, file.Name()))
		}
		entries = append(entries, Entry{Name: file.Name(), Size: info.Size(), Modified: info.ModTime()})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name < entries[j].Name })
	return entries, nil
}

func unfinished(name string) bool {
	if strings.HasPrefix(name, ".") {
		return true
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".tmp", ".part", ".filepart", ".partial":
		return true
	}
	return false
}

// Open implements Mailbox.
func (f Folder) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, DiskFault(err, path)
	}
	return file, nil
}

// Take implements Mailbox: the file moves into the folder "done" beside it. A
// name that is taken there gets a number, and a file that another process has
// already moved is no error.
func (f Folder) Take(ctx context.Context, name string) error {
	from, err := f.path(name)
	if err != nil {
		return err
	}
	done := filepath.Join(f.Dir, takenDir)
	if err := os.MkdirAll(done, 0o770); err != nil {
		return DiskFault(err, done)
	}
	extension := filepath.Ext(name)
	for n := 1; ; n++ {
		to := filepath.Join(done, name)
		if n > 1 {
			to = filepath.Join(done, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, extension), n, extension))
		}
		// A link refuses a name that exists, where a rename would overwrite it.
		err := os.Link(from, to)
		switch {
		case errors.Is(err, fs.ErrExist):
			continue
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOSYS):
			// This file system has no links.
			if _, statErr := os.Lstat(to); statErr == nil {
				continue
			}
			err = os.Rename(from, to)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return diskFaultOrNil(err, to)
		case err != nil:
			return DiskFault(err, to)
		}
		if err := os.Remove(from); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return DiskFault(err, from)
		}
		return nil
	}
}

// Deliver implements Mailbox.
func (f Folder) Deliver(ctx context.Context, name string, content io.Reader, size int64) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Dir, 0o770); err != nil {
		return DiskFault(err, f.Dir)
	}
	var suffix [6]byte
	if _, err := rand.Read(suffix[:]); err != nil {
		return err
	}
	temporary := filepath.Join(f.Dir, "."+name+"."+hex.EncodeToString(suffix[:])+".tmp")
	sum, written, err := writeSynced(temporary, content)
	if err != nil {
		_ = os.Remove(temporary) // ours, unfinished, and perhaps the reason why the disk is full
		return DiskFault(err, path)
	}
	defer func() { _ = os.Remove(temporary) }() // gone already when it was renamed
	if written != size {
		return fault.Environmentf("CB-SEND-SIZE", "%s would be %d bytes long, but %d were to be sent", name, written, size).
			WithFix("send it again; nothing was left for the partner")
	}
	err = os.Link(temporary, path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return f.compare(path, name, sum)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOSYS):
		if _, statErr := os.Lstat(path); statErr == nil {
			return f.compare(path, name, sum)
		}
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return DiskFault(err, path)
	}
	if err := syncDir(f.Dir); err != nil {
		return DiskFault(err, f.Dir)
	}
	info, err := os.Stat(path)
	if err != nil {
		return DiskFault(err, path)
	}
	if info.Size() != size {
		return fault.Environmentf("CB-SEND-SIZE", "%s is %d bytes long after it was written, not %d", path, info.Size(), size).
			WithFix("check the disk, then send it again")
	}
	return nil
}

// compare decides about a name that is taken: the same content is the same
// delivery, made before.
func (f Folder) compare(path, name string, sum [32]byte) error {
	file, err := os.Open(path)
	if err != nil {
		return DiskFault(err, path)
	}
	defer func() { _ = file.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return DiskFault(err, path)
	}
	if !bytes.Equal(h.Sum(nil), sum[:]) {
		return fault.Environmentf("CB-SEND-TAKEN", "another file named %s already waits for the partner", name).At(path).
			WithFix("let the partner fetch it, or move it away, then send again")
	}
	return nil
}

func (f Folder) path(name string) (string, error) {
	if name == "" || name != filepath.Base(name) || name == "." || name == ".." {
		return "", fault.Invalidf("CB-FILE-NAME", "%q is not the name of a file in a mailbox", name)
	}
	return filepath.Join(f.Dir, name), nil
}

func writeSynced(path string, content io.Reader) (sum [32]byte, written int64, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o660)
	if err != nil {
		return sum, 0, err
	}
	h := sha256.New()
	written, err = io.Copy(io.MultiWriter(file, h), content)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	h.Sum(sum[:0])
	return sum, written, err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	// Some file systems cannot sync a directory; the rename is then as safe as they make it.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

func diskFaultOrNil(err error, path string) error {
	if err == nil {
		return nil
	}
	return DiskFault(err, path)
}

// DiskFault turns an error of the file system into one that a person can act
// on. An error that is a fault already is returned as it is.
func DiskFault(err error, path string) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // the path is said once, by us
	}
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		err = linkErr.Err
	}
	describe := func(code, message, fix string) error {
		return fault.Environmentf(code, "%s", message).At(path).WithFix(fix)
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return describe("CB-DISK-FULL", "the disk is full", "free some space, then try again; nothing was left half written")
	case errors.Is(err, syscall.EFBIG):
		return describe("CB-DISK-FULL", "the file is larger than is allowed here", "raise the limit of file sizes, then try again")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return describe("CB-DISK-PERMISSION", "this user may not read or write here", "give the user that runs claimbook access to it, then try again")
	case errors.Is(err, fs.ErrNotExist):
		return describe("CB-FILE-MISSING", "there is no such file or folder", "check the path")
	case errors.Is(err, syscall.ENOTDIR):
		return describe("CB-FILE-FOLDER", "a file stands where a folder is needed", "move it away, or name another folder")
	case errors.Is(err, syscall.ENAMETOOLONG):
		return describe("CB-FILE-NAME", "the name is too long for this disk", "use a shorter name")
	default:
		return fault.Environmentf("CB-DISK", "the disk answered with an error").At(path).WithFix("check the disk, then try again").Because(err)
	}
}
