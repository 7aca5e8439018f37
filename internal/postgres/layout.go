//go:build unix

package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/claimbook/claimbook/internal/fault"
)

// layout says where the parts of a private cluster are. The supervisor gets it
// as JSON.
type layout struct {
	// Base is the data directory that the user named: locks, log, location.
	Base string
	// Data is the server's own directory (PGDATA).
	Data string
	// Socket is the directory of the server's socket, closed to other users.
	Socket string
	// Bin is the directory of the server's programs; "" until known.
	Bin string
	// Account is the operating-system account of the server.
	Account account
	// Settings are extra name=value settings of the server.
	Settings []string
}

// account is who the server runs as. The server refuses root, so under root it
// is another account; otherwise it is the caller and Switch is false.
type account struct {
	Switch   bool
	UID, GID uint32
}

// longestSocket is the longest path of a socket that every system takes: 108
// bytes on Linux, 104 on macOS, one of them the terminating zero.
const longestSocket = 103

// outsideRoot holds clusters whose data directory cannot serve, because the
// server's account may not pass through a directory above it.
const outsideRoot = "/var/lib/claimbook"

func (l layout) supervisorLock() string { return filepath.Join(l.Base, "supervisor.lock") }
func (l layout) logFile() string        { return filepath.Join(l.Base, "postgres.log") }
func (l layout) locationFile() string   { return filepath.Join(l.Base, "location") }

// prepareBase makes the data directory and returns its absolute path without
// symbolic links, so that one directory has one name.
func prepareBase(dataDir string) (string, error) {
	base, err := filepath.Abs(dataDir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", explainFile(base, err)
	}
	if base, err = filepath.EvalSymlinks(base); err != nil {
		return "", explainFile(dataDir, err)
	}
	info, err := os.Stat(base)
	if err != nil {
		return "", explainFile(base, err)
	}
	if !info.IsDir() {
		return "", fault.Usagef("CB-PG-DIR", "the data directory is a file").At(base).WithFix("choose another --data-dir")
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; os.Geteuid() != 0 && owner != uint32(os.Geteuid()) {
		return "", fault.Environmentf("CB-PG-OWNER", "the data directory belongs to another user (%s)", accountName(owner)).At(base).
			WithFix("run as that user, or choose another --data-dir")
	}
	return base, nil
}

// findLayout decides where the cluster of base is, or will be.
func findLayout(base string) (layout, error) {
	l := layout{Base: base, Data: filepath.Join(base, "postgres")}
	home := base
	if text, err := os.ReadFile(l.locationFile()); err == nil {
		home = strings.TrimSpace(string(text))
		if !filepath.IsAbs(home) {
			return l, fault.Environmentf("CB-PG-LOCATION", "the file does not hold the absolute path of a directory").At(l.locationFile()).
				WithFix("write the directory of the database there, or remove the data directory to begin anew")
		}
		l.Data = filepath.Join(home, "postgres")
	}
	var err error
	if l.Account, err = serverAccount(l.Data); err != nil {
		return l, err
	}
	if home == base && l.Account.Switch {
		if err := openTo(l.Account, base); err != nil {
			if home, err = moveOutside(l, base); err != nil {
				return l, err
			}
			l.Data = filepath.Join(home, "postgres")
		}
	}
	l.Socket = filepath.Join(home, "socket")
	if len(l.Socket)+len("/.s.PGSQL.5432") > longestSocket {
		l.Socket = shortSocket(home)
	}
	return l, nil
}

// openTo reports whether the server's account can reach dir, by running a
// program there as that account: the only check that knows every rule of the
// file system.
func openTo(who account, dir string) error {
	cmd := exec.Command("/bin/sh", "-c", "cd . && test -x .")
	cmd.Dir = dir
	cmd.SysProcAttr = who.attributes()
	return cmd.Run()
}

// moveOutside picks the directory outside for a base that cannot serve and
// records it in the base.
func moveOutside(l layout, base string) (string, error) {
	sum := sha256.Sum256([]byte(base))
	home := filepath.Join(outsideRoot, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", explainFile(home, err)
	}
	if err := openTo(l.Account, home); err != nil {
		return "", fault.Environmentf("CB-PG-UNREACHABLE-DIR", "the account %s of the server can reach neither this directory nor %s",
			accountName(l.Account.UID), home).At(base).WithFix("choose a --data-dir that it can reach, or run as an ordinary user")
	}
	if err := os.WriteFile(l.locationFile(), []byte(home+"\n"), 0o644); err != nil {
		return "", explainFile(base, err)
	}
	return home, nil
}

// shortSocket is a socket directory with a short path, for data directories
// with a long one. It holds no data.
func shortSocket(home string) string {
	sum := sha256.Sum256([]byte(home))
	name := hex.EncodeToString(sum[:8])
	if os.Geteuid() == 0 {
		return filepath.Join(outsideRoot, "socket-"+name)
	}
	return filepath.Join("/tmp", fmt.Sprintf("claimbook-%d-%s", os.Geteuid(), name))
}

// serverAccount is the account that the server of data runs as: the owner of an
// existing cluster, else the caller, or under root postgres or nobody.
func serverAccount(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	var stat syscall.Stat_t
	if syscall.Stat(data, &stat) == nil && stat.Uid != 0 {
		return account{Switch: true, UID: stat.Uid, GID: stat.Gid}, nil
	}
	return unprivilegedAccount()
}

// initialize creates the cluster unless it is there. It is made under another
// name and renamed when whole, so that a kill in the middle leaves nothing that
// looks like a database.
func (l *layout) initialize(ctx context.Context) error {
	version, err := clusterVersion(l.Data)
	if err != nil {
		return err
	}
	if l.Bin, err = findServer(l.Data, version); err != nil {
		return err
	}
	if err := l.makeSocketDir(); err != nil {
		return err
	}
	if version != 0 {
		return nil
	}
	parent := filepath.Dir(l.Data)
	draft := filepath.Join(parent, "postgres.new")
	for _, leftover := range []string{draft, l.Data} { // without PG_VERSION: a broken start
		if err := removeDraft(leftover); err != nil {
			return err
		}
	}
	if err := os.Mkdir(draft, 0o700); err != nil {
		return explainFile(parent, err)
	}
	if l.Account.Switch {
		if err := os.Chown(draft, int(l.Account.UID), int(l.Account.GID)); err != nil {
			return explainFile(draft, err)
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(l.Bin, "initdb"), "-D", draft, "-U", superuser,
		"-A", "trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums")
	cmd.Dir = parent
	cmd.Env = serverEnvironment()
	cmd.SysProcAttr = l.Account.attributes()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		_ = os.RemoveAll(draft)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return explainServerOutput(l.Base, "initdb could not create the private database", output.String())
	}
	if err := os.Rename(draft, l.Data); err != nil {
		return explainFile(l.Data, err)
	}
	return nil
}

// removeDraft removes a directory that initdb did not finish. One with content
// that is not ours is left alone and reported.
func removeDraft(dir string) error {
	if strings.HasSuffix(dir, ".new") {
		if err := os.RemoveAll(dir); err != nil {
			return explainFile(dir, err)
		}
		return nil
	}
	err := os.Remove(dir) // only when empty
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fault.Environmentf("CB-PG-NOT-A-CLUSTER", "the directory is not empty and holds no database").At(dir).
		WithFix("restore it from a backup, or move it away to begin anew")
}

// makeSocketDir makes the directory that only the server's account may enter:
// it is what keeps other users out of a cluster without passwords.
func (l *layout) makeSocketDir() error {
	if err := os.MkdirAll(filepath.Dir(l.Socket), 0o755); err != nil {
		return explainFile(l.Socket, err)
	}
	if err := os.Mkdir(l.Socket, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return explainFile(l.Socket, err)
	}
	var stat syscall.Stat_t
	if err := syscall.Lstat(l.Socket, &stat); err != nil {
		return explainFile(l.Socket, err)
	}
	uid, gid := uint32(os.Geteuid()), uint32(os.Getegid())
	if l.Account.Switch {
		uid, gid = l.Account.UID, l.Account.GID
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFDIR || (stat.Uid != uid && stat.Uid != uint32(os.Geteuid())) {
		return fault.Environmentf("CB-PG-SOCKET", "the directory for the socket belongs to someone else").At(l.Socket).
			WithFix("remove it, or choose another --data-dir")
	}
	if l.Account.Switch {
		if err := os.Lchown(l.Socket, int(uid), int(gid)); err != nil {
			return explainFile(l.Socket, err)
		}
	}
	return explainFile(l.Socket, os.Chmod(l.Socket, 0o700))
}
