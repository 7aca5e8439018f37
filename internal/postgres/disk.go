//go:build unix

package postgres

import (
	"strings"
	"syscall"

	"github.com/claimbook/claimbook/internal/fault"
)

// nearlyFull is how little free space counts as a full disk: the server needs
// a whole log segment of 16 MiB to go on.
const nearlyFull = 17 << 20

// explain is Explain with what only a neighbour of the server can see: a full
// disk makes the server give up, and all that its clients notice is a lost
// connection.
func (db *DB) explain(err error) error {
	err = Explain(err)
	if code := fault.CodeOf(err); code != "CB-DB-LOST" && code != "CB-DB-UNREACHABLE" {
		return err
	}
	host := db.Pool.Config().ConnConfig.Host
	if !strings.HasPrefix(host, "/") || freeSpace(host) >= nearlyFull {
		return err
	}
	return diskFull(host).WithFix("free some space and run the command again; what was not committed was not done")
}

// freeSpace is what the file system of dir has left for ordinary users, in
// bytes; where it cannot be asked, as much as anyone needs.
func freeSpace(dir string) uint64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 1 << 62
	}
	return stat.Bavail * uint64(stat.Bsize)
}
