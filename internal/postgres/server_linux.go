package postgres

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// serverAttributes are those of the server itself: its own process group, so
// that a Ctrl-C in the terminal does not reach it, and a fast shutdown by the
// kernel when the supervisor is killed.
func serverAttributes(who account) *syscall.SysProcAttr {
	attributes := who.attributes()
	attributes.Setpgid = true
	attributes.Pdeathsig = syscall.SIGINT
	return attributes
}

// isServer reports whether the process is the PostgreSQL server of data: the
// number in an old pid file may by now be anyone's.
func isServer(pid int, data string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return false
	}
	return bytes.Contains(line, []byte("postgres\x00-D\x00"+data+"\x00"))
}
