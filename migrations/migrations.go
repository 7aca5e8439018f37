// Package migrations holds the schema of the book: numbered SQL files that are
// embedded in the program and run in order by internal/postgres.
//
// A file that was released is never changed; a correction is a new file. Each
// file begins by saying why it exists.
package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// FS holds the SQL files, named <version>_<what it adds>.sql.
//
//go:embed *.sql
var FS embed.FS

// Source is one SQL file.
type Source struct {
	Version int64
	Name    string
}

// Sources lists the files by version.
func Sources() ([]Source, error) {
	entries, err := fs.ReadDir(FS, ".") // sorted by name, and names start with a padded version
	if err != nil {
		return nil, err
	}
	var list []Source
	for _, entry := range entries {
		number, _, found := strings.Cut(entry.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if !found || err != nil {
			return nil, fmt.Errorf("migration %s: the name must be <version>_<what it adds>.sql", entry.Name())
		}
		if len(list) > 0 && list[len(list)-1].Version >= version {
			return nil, fmt.Errorf("migration %s: version %d is used twice or out of order", entry.Name(), version)
		}
		list = append(list, Source{Version: version, Name: entry.Name()})
	}
	return list, nil
}

// Hash names the content of all files: a test database made from the same hash
// has the same schema.
func Hash() (string, error) {
	sources, err := Sources()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, source := range sources {
		content, err := fs.ReadFile(FS, source.Name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n", source.Name, len(content))
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
