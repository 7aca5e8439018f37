//go:build unix && !linux

package postgres

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// serverAttributes are those of the server itself: its own process group, so
// that a Ctrl-C in the terminal does not reach it.
func serverAttributes(who account) *syscall.SysProcAttr {
	attributes := who.attributes()
	attributes.Setpgid = true
	return attributes
}

// isServer reports whether the process is the PostgreSQL server of data: the
// number in an old pid file may by now be anyone's.
func isServer(pid int, data string) bool {
	line, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(line), "postgres -D "+data+" ")
}
