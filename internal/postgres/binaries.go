//go:build unix

package postgres

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"github.com/claimbook/claimbook/internal/fault"
)

// findServer returns the directory of the server's programs: PGBIN, else
// pg_config's, else PATH's, else the newest of the places where packages put
// them. An existing cluster in data (version not 0) needs its own major version.
func findServer(data string, version int) (string, error) {
	var other []string
	for _, dir := range serverDirs() {
		found := serverVersion(dir)
		switch {
		case found == 0:
		case version == 0 && found >= oldestServer, version == found:
			return dir, nil
		default:
			other = append(other, strconv.Itoa(found))
		}
	}
	named := os.Getenv("PGBIN")
	switch {
	case named != "" && len(other) == 0:
		return "", fault.Environmentf("CB-PG-MISSING", "PGBIN names a directory without PostgreSQL's server programs").At(named).
			WithFix("correct or unset PGBIN; if they are not installed, run: " + installCommand(version))
	case version != 0:
		return "", fault.Environmentf("CB-PG-VERSION", "the private database was made by PostgreSQL %d and this machine has %s", version, orNone(other)).At(data).
			WithFix("install PostgreSQL " + strconv.Itoa(version) + ": " + installCommand(version) + ", or set PGBIN to its bin directory")
	case len(other) > 0:
		return "", fault.Environmentf("CB-PG-VERSION", "this machine has PostgreSQL %s; Claimbook needs %d or newer", orNone(other), oldestServer).
			WithFix(installCommand(0) + ", or set PGBIN to the bin directory of a newer one")
	}
	return "", fault.Environmentf("CB-PG-MISSING", "PostgreSQL's server programs are not installed").
		WithFix("run: " + installCommand(0) + "; or set DATABASE_URL to a server of your own")
}

func orNone(versions []string) string {
	if len(versions) == 0 {
		return "none"
	}
	return strings.Join(versions, ", ")
}

func installCommand(version int) string {
	if runtime.GOOS == "darwin" {
		if version == 0 {
			version = 17
		}
		return "brew install postgresql@" + strconv.Itoa(version)
	}
	command := "apt-get install -y postgresql"
	if version != 0 {
		command += "-" + strconv.Itoa(version)
	}
	if os.Geteuid() != 0 {
		command = "sudo " + command
	}
	return command
}

func serverDirs() []string {
	if dir := os.Getenv("PGBIN"); dir != "" {
		return []string{dir} // what the user names is not second-guessed
	}
	var dirs []string
	if text, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(text)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	var packaged []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		packaged = append(packaged, found...)
	}
	sort.SliceStable(packaged, func(i, j int) bool { return numberIn(packaged[i]) > numberIn(packaged[j]) })
	return append(dirs, packaged...)
}

var digits = regexp.MustCompile(`\d+`)

func numberIn(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path)) // no digits: 0, sorted last
	return n
}

// serverVersion asks the server of dir for its major version; 0 where dir has
// no complete server.
func serverVersion(dir string) int {
	for _, program := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, program)); err != nil || info.IsDir() {
			return 0
		}
	}
	text, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	return numberIn(string(text)) // postgres (PostgreSQL) 15.7 (Debian …)
}

// clusterVersion reads which major version made the cluster in dir; 0 where
// there is none.
func clusterVersion(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, explainFile(dir, err)
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fault.Environmentf("CB-PG-NOT-A-CLUSTER", "PG_VERSION holds no version number").At(dir).
			WithFix("restore the directory from a backup, or move it away to begin anew")
	}
	return version, nil
}

// serverEnvironment is what the server's programs see: nothing of the user's
// PG variables, and messages in a language that we can recognise.
func serverEnvironment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "LANG=C.UTF-8", "TZ=UTC"}
}

// explainFile turns a file system's refusal into a fault with a remedy; nil
// stays nil.
func explainFile(path string, err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return diskFull(path)
	case errors.Is(err, os.ErrPermission):
		return fault.Environmentf("CB-PG-PERMISSION", "no permission in the data directory").At(path).
			WithFix("run as the user that owns it, or choose another --data-dir").Because(err)
	case errors.Is(err, syscall.EROFS):
		return fault.Environmentf("CB-PG-READ-ONLY", "the file system is read-only").At(path).WithFix("choose another --data-dir")
	case errors.Is(err, syscall.ENOTDIR):
		return fault.Usagef("CB-PG-DIR", "a part of the path is a file").At(path).WithFix("choose another --data-dir")
	case errors.Is(err, os.ErrNotExist):
		return fault.Usagef("CB-PG-DIR", "the data directory cannot be made there").At(path).WithFix("choose another --data-dir").Because(err)
	}
	return err
}

func diskFull(path string) *fault.Error {
	return fault.Environmentf("CB-DB-DISK-FULL", "the disk is full").At(path).
		WithFix("free some space (a new book needs about 100 MB), or choose another --data-dir")
}

// isFull finds out by writing a little: on a full disk the server's log, too,
// breaks off before it has said why.
func isFull(dir string) bool {
	f, err := os.CreateTemp(dir, ".space-*")
	if err == nil {
		defer func() { _ = os.Remove(f.Name()) }()
		_, err = f.Write(make([]byte, 64<<10))
		err = errors.Join(err, f.Close())
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// explainServerOutput makes a fault from what a server's program wrote before
// it gave up: the known causes by their own message, others with the last line.
func explainServerOutput(base, what, output string) error {
	switch {
	case strings.Contains(output, "No space left on device"), strings.Contains(output, "Disk quota exceeded"), isFull(base):
		return diskFull(base)
	case strings.Contains(output, "could not create shared memory segment"), strings.Contains(output, "could not map anonymous shared memory"):
		return fault.Environmentf("CB-PG-MEMORY", "the machine has too little shared memory for the private PostgreSQL").At(base).
			WithFix("free some memory, or set DATABASE_URL to a server of your own")
	case strings.Contains(output, "Permission denied"):
		return fault.Environmentf("CB-PG-PERMISSION", "the server's account may not use the data directory: %s", lastLine(output)).At(base).
			WithFix("choose another --data-dir")
	}
	return fault.Environmentf("CB-PG-START", "%s: %s", what, lastLine(output)).At(base).
		WithFix("look at " + filepath.Join(base, "postgres.log"))
}

// lastLine is the last line that names an error, else the last that says anything.
func lastLine(text string) string {
	last := "it said nothing"
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	for _, line := range lines {
		for _, mark := range []string{"FATAL:", "PANIC:", "error:"} {
			if at := strings.Index(line, mark); at >= 0 {
				last = strings.TrimSpace(line[at+len(mark):])
			}
		}
	}
	return last
}
