//go:build unix

package postgres

import (
	"os/user"
	"strconv"
	"syscall"

	"github.com/claimbook/claimbook/internal/fault"
)

// unprivilegedAccount is who the server runs as under root.
func unprivilegedAccount() (account, error) {
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{Switch: true, UID: uint32(uid), GID: uint32(gid)}, nil
		}
	}
	return account{}, fault.Environmentf("CB-PG-ACCOUNT", "PostgreSQL refuses to run as root, and the machine has neither an account postgres nor nobody").
		WithFix("run as an ordinary user")
}

func accountName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if found, err := user.LookupId(id); err == nil {
		return found.Username
	}
	return "uid " + id
}

// attributes make a child run as the account.
func (a account) attributes() *syscall.SysProcAttr {
	if !a.Switch {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.UID, Gid: a.GID}}
}
